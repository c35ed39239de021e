"""An object store that fails while files are written to it, and while they are removed again."""

import os

import lakes
from cli import Refused
from .bench import Wrong, drill, refused
from .http_proxy import HttpProxy

# Text that does not compress: more than two parts of a file, and less than one.
ROWS = "SELECT i, md5(i::VARCHAR) || md5((i + 1)::VARCHAR) AS what FROM range({}) r(i)"
MANY = "INSERT INTO t " + ROWS.format(220_000)
FEW = "INSERT INTO t " + ROWS.format(20)


def always(method, kind, fate):
    return lambda m, k, _: fate if (m, k) == (method, kind) else None


def once(method, kind, fate, at=1):
    return lambda m, k, number: fate if (m, k, number) == (method, kind, at) else None


class Store:
    """The lake, with a session that reaches its store through a proxy."""

    def __init__(self, bench):
        self.bench = bench
        with bench.session() as cli:
            cli.run("CREATE TABLE t (id BIGINT, what VARCHAR)")
            cli.run(FEW)

    def fails(self, what, sql, fails, *words, left=0):
        """A statement fails and leaves nothing; then it works."""
        bench = self.bench
        with HttpProxy(os.environ["QUACKLAKE_S3_ENDPOINT"], fails) as proxy:
            with bench.session(AWS_ENDPOINT_URL_S3=proxy.endpoint) as cli:
                with bench.unchanged(what, left=left):
                    refused(cli, sql, bench.data, ".parquet", *words)
                    no_uploads(bench, what)
                proxy.fails = lambda *_: None
                before = bench.facts()
                cli.run(FEW)
                bench.changed(f"after {what}", before, "main.t", 20)

    def passes(self, what, sql, count, fails, left=0):
        """A statement works all the same, once."""
        bench = self.bench
        before = bench.facts()
        with HttpProxy(os.environ["QUACKLAKE_S3_ENDPOINT"], fails) as proxy:
            with bench.session(AWS_ENDPOINT_URL_S3=proxy.endpoint) as cli:
                cli.run(sql)
            if not proxy.failed:
                raise Wrong(f"{what}: no request failed")
        bench.changed(what, before, "main.t", count, left=left)
        no_uploads(bench, what)


def no_uploads(bench, what):
    """No upload is left open: its parts cost money, and nobody sees them."""
    found = lakes.s3_client().list_multipart_uploads(Bucket=lakes.BUCKET, Prefix=bench.prefix).get("Uploads", [])
    if found:
        raise Wrong(f"{what}: uploads are left open: {[item['Key'] for item in found]}")


@drill("s3")
def put_refused(bench):
    """The store does not take a file, or not a part of one."""
    store = Store(bench)
    store.fails("PUT denied", FEW, always("PUT", "file", 403), "denied")
    store.fails("a part denied", MANY, once("PUT", "part", 403, at=2), "denied")
    store.fails("no upload begun", MANY, always("POST", "start", 403), "denied")
    store.fails("completion denied", MANY, always("POST", "complete", 403), "denied")
    store.fails("delete file denied", "DELETE FROM t WHERE id = 3", always("PUT", "file", 403), "denied")


@drill("s3")
def put_breaks(bench):
    """The store has a bad moment: it is asked again."""
    store = Store(bench)
    store.passes("PUT cut once", FEW, 20, once("PUT", "file", "cut"))
    store.passes("PUT busy once", FEW, 20, once("PUT", "file", 503))
    store.passes("reply to PUT lost", FEW, 20, once("PUT", "file", "lost"))
    store.passes("a part fails once", MANY, 220_000, once("PUT", "part", 500, at=2))
    store.passes("a part cut once", MANY, 220_000, once("PUT", "part", "cut", at=1))


@drill("s3")
def put_keeps_failing(bench):
    """The store fails for longer than it is asked."""
    Store(bench).fails("PUT fails", FEW, always("PUT", "file", 500), "500")


@drill("s3")
def part_keeps_failing(bench):
    """The connection breaks in the middle of a part, whenever it is sent."""
    fails = lambda m, k, number: "cut" if (m, k) == ("PUT", "part") and number > 1 else None  # noqa: E731
    Store(bench).fails("a part is cut", MANY, fails)


@drill("s3")
def completion_fails_inside(bench):
    """The store answers the end of an upload with status 200 and an error in the body, as S3 may."""
    Store(bench).fails("an error in 200", MANY, always("POST", "complete", "error in 200"))


@drill("s3")
def completion_reply_lost(bench):
    """The store has completed the file, and the answer is lost: either way there is no half of anything."""
    what = "the answer is lost"
    Store(bench)
    before = bench.facts()
    with HttpProxy(os.environ["QUACKLAKE_S3_ENDPOINT"], once("POST", "complete", "lost")) as proxy:
        with bench.session(AWS_ENDPOINT_URL_S3=proxy.endpoint) as cli:
            try:
                cli.run(MANY)
            except Refused:
                bench.same(what, before)
            else:
                bench.changed(what, before, "main.t", 220_000)
            no_uploads(bench, what)
            before = bench.facts()
            cli.run(FEW)
            bench.changed(f"after {what}", before, "main.t", 20)


@drill("s3")
def removal_fails(bench):
    """A failed statement's files cannot be removed: its own error is told, the files are left, and no row names them."""
    with bench.session() as cli:
        cli.run("CREATE TABLE t (id BIGINT, what VARCHAR NOT NULL)")
    fails = always("DELETE", "file", 403)
    with HttpProxy(os.environ["QUACKLAKE_S3_ENDPOINT"], fails) as proxy:
        with bench.session(AWS_ENDPOINT_URL_S3=proxy.endpoint) as cli:
            cli.run("SET ducklake_target_file_size = '2MB'")
            before = bench.facts()
            late_null = f"INSERT INTO t SELECT id, CASE WHEN id < 299000 THEN what END FROM ({ROWS.format(300_000)}) q(id, what)"
            refused(cli, late_null, "NOT NULL", "what")
            after = bench.facts()
            if (before.snapshots, before.tables) != (after.snapshots, after.tables) or not after.left:
                raise Wrong(f"snapshots {after.snapshots}, {len(after.left)} files are left")
            cli.run(FEW)
            bench.changed("after it", after, "main.t", 20)

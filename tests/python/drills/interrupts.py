"""Signals and lost input while rows are written."""

import os
import signal
import sqlite3
import subprocess
import time

import lakes
from cli import PROGRAM, Cli
from .bench import Wrong, drill
from .objects import no_uploads

ROWS = "SELECT i AS id, md5(i::VARCHAR) || md5((i + 1)::VARCHAR) AS what FROM range({}) r(i)"
# More than is ever written before the signal comes.
ENDLESS = ROWS.format(400_000_000)
SIGNALS = {signal.SIGINT: 130, signal.SIGTERM: 143}


def files_of(bench, known):
    """Waits until the engine has begun new files."""
    for _ in range(600):
        if bench.files() - known:
            return
        if bench.backend == "s3":
            open_ones = lakes.s3_client().list_multipart_uploads(Bucket=lakes.BUCKET, Prefix=bench.prefix)
            if open_ones.get("Uploads"):
                return
        time.sleep(0.05)
    raise Wrong("the engine writes no file")


def interrupted(bench, what, known, process, sign):
    """The process gets a signal in the middle of its files, and ends by it."""
    try:
        files_of(bench, known)
        process.send_signal(sign)
        code = process.wait(20)
    except subprocess.TimeoutExpired:
        raise Wrong(f"{what}: {sign.name} does not end it") from None
    finally:
        process.kill()
    if code != SIGNALS[sign]:
        raise Wrong(f"{what}: {sign.name} ends it with {code}")


@drill("sqlite", "postgres", "s3")
def statement(bench):
    """A statement is interrupted in the middle of its rows."""
    with bench.session() as cli:
        cli.run("CREATE TABLE t (id BIGINT, what VARCHAR)")
        cli.run("INSERT INTO t " + ROWS.format(20))
    for sign, settings in (
        (signal.SIGINT, []),
        (signal.SIGTERM, ["SET ducklake_target_file_size = '1MB'"]),
        (signal.SIGINT, ["BEGIN", "INSERT INTO t " + ROWS.format(1000)]),
    ):
        what = f"{settings} interrupted by {sign.name}"
        with bench.unchanged(what):
            cli = bench.session()
            for sql in settings:
                cli.run(sql)
            known = bench.files()
            cli.send("INSERT INTO t " + ENDLESS)
            interrupted(bench, what, known, cli.process, sign)
            cli.release()
    if bench.backend == "s3":
        no_uploads(bench, "interrupted")


@drill("sqlite", "postgres", "s3")
def transaction_left_open(bench):
    """The input ends, or a signal comes, between the statements of a transaction that has written files."""
    with bench.session() as cli:
        cli.run("CREATE TABLE t (id BIGINT, what VARCHAR)")
        cli.run("INSERT INTO t " + ROWS.format(20))
    for end in ("input", *SIGNALS):
        with bench.unchanged(f"a transaction ended by {end}"):
            cli = bench.session()
            for sql in ("BEGIN", "INSERT INTO t " + ROWS.format(1000), "CREATE TABLE u AS " + ROWS.format(20)):
                cli.run(sql)
            if end == "input":
                cli.close()
                continue
            cli.process.send_signal(end)
            if cli.process.wait(20) != SIGNALS[end]:
                raise Wrong(f"{end.name} ends the engine with {cli.process.returncode}")
            cli.release()


@drill("sqlite")
def commit_that_waits(bench):
    """A commit waits for a lock when the signal comes: its files are removed."""
    with bench.session() as cli:
        cli.run("CREATE TABLE t (id BIGINT, what VARCHAR)")
        cli.run("INSERT INTO t " + ROWS.format(20))
    for sign in SIGNALS:
        with bench.unchanged(f"a waiting commit ended by {sign.name}"):
            known = bench.files()
            cli = bench.session()
            other = sqlite3.connect(bench.uri.removeprefix("sqlite:"), isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            cli.send("DELETE FROM t WHERE id < 5")
            interrupted(bench, "a waiting commit", known, cli.process, sign)
            other.close()
            cli.release()


@drill("sqlite", "postgres", "s3")
def ingest(bench):
    """`ingest` is interrupted in the middle of a file."""
    with bench.session() as cli:
        cli.run("CREATE TABLE t (id BIGINT, what VARCHAR)")
        cli.run("INSERT INTO t " + ROWS.format(20))
    path = f"{bench.folder}/rows.csv"
    with open(path, "wb") as file:
        file.write(b"id,what\n")
        for number in range(1_000_000):
            file.write(b"%d," % number + os.urandom(60).hex().encode() + b"\n")
    for sign in SIGNALS:
        what = f"ingest interrupted by {sign.name}"
        with bench.unchanged(what):
            known = bench.files()
            process = subprocess.Popen(
                [PROGRAM, "--lake", bench.uri, "ingest", "t", path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            interrupted(bench, what, known, process, sign)
    os.remove(path)


@drill("sqlite")
def output_closed(bench):
    """Nobody reads the answers any more: the transaction that was open is given up."""
    with bench.session() as cli:
        cli.run("CREATE TABLE t (id BIGINT, what VARCHAR)")
    with bench.unchanged("nobody reads"):
        cli = Cli()
        for sql in (bench.attach(), "USE lk", "BEGIN", "INSERT INTO t " + ROWS.format(1000)):
            cli.run(sql)
        cli.process.stdout.close()
        cli.send("SELECT * FROM t")
        if cli.process.wait(20) not in (0, 1):
            raise Wrong(f"the engine ends with {cli.process.returncode}")
        cli.release()

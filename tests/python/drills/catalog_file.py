"""The file of a SQLite catalog is locked, read-only, gone, or on a full disk."""

import os
import sqlite3
import time
from contextlib import contextmanager

from cli import Cli

from .bench import Wrong, drill, refused, small_disk, with_files_up_to, without_privileges

MANY = "INSERT INTO t SELECT i, 'file' FROM range(30) r(i)"
FEW = "INSERT INTO t VALUES (1000, 'inlined')"


def file(bench):
    return bench.uri.removeprefix("sqlite:")


def move(source, target):
    """Moves a database: its log belongs to it."""
    for suffix in ("", "-wal", "-shm"):
        if os.path.exists(source + suffix):
            os.rename(source + suffix, target + suffix)


@contextmanager
def locked(bench):
    """Another process (this one) holds the catalog for itself."""
    other = sqlite3.connect(file(bench), isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        yield other
    finally:
        other.close()


def make(bench, by_duckdb):
    """The lake, with a table: made by DuckDB, without a write-ahead log, or by the engine, with one."""
    if by_duckdb:
        bench.lake.attach()
        bench.lake.detach()
    with bench.session() as cli:
        cli.run("CREATE TABLE t (id BIGINT, what VARCHAR)")
        cli.run(MANY)
    (mode,) = sqlite3.connect(file(bench)).execute("PRAGMA journal_mode").fetchone()
    if mode != ("delete" if by_duckdb else "wal"):
        raise Wrong(f"the catalog has journal mode {mode}")


def locked_for_long(bench, by_duckdb):
    make(bench, by_duckdb)
    with bench.session(options="BUSY_TIMEOUT 300") as cli:
        for sql in (MANY, FEW, "ALTER TABLE t ADD COLUMN c INTEGER", "CALL lk.set_option('target_file_size', '1MB')"):
            with bench.unchanged(f"locked: {sql}"):
                with locked(bench):
                    start = time.time()
                    refused(cli, sql, "locked")
                    if time.time() - start > 4:
                        raise Wrong(f"the engine waited {time.time() - start:.1f} s, and was to wait 0.3 s")
        for statements in ([MANY], ["BEGIN", FEW, MANY, "COMMIT"]):
            before = bench.facts()
            for sql in statements:
                cli.run(sql)
            bench.changed("after it was locked", before, "main.t", 30 if len(statements) == 1 else 31)
    with bench.session(options="BUSY_TIMEOUT 20000") as cli:
        before = bench.facts()
        with locked(bench):
            cli.send(MANY)
            time.sleep(0.6)
        cli.answer()
        bench.changed("released in time", before, "main.t", 30)


@drill("sqlite", inline=10)
def locked_with_a_log(bench):
    """Another process keeps the catalog locked, for longer than the engine waits, and for less."""
    locked_for_long(bench, by_duckdb=False)


@drill("sqlite", inline=10)
def locked_without_a_log(bench):
    """The same, where readers have to wait too."""
    locked_for_long(bench, by_duckdb=True)


@drill("sqlite", inline=10)
def locked_at_the_commit(bench):
    """The lock comes when the statements of a transaction are done: COMMIT fails, and leaves nothing."""
    make(bench, by_duckdb=False)
    with bench.session(options="BUSY_TIMEOUT 300") as cli:
        with bench.unchanged("locked at the commit"):
            for sql in ("BEGIN", MANY, "DELETE FROM t WHERE id < 5", "CREATE TABLE u AS SELECT * FROM t"):
                cli.run(sql)
            with locked(bench):
                refused(cli, "COMMIT", "locked")
        before = bench.facts()
        cli.run(MANY)
        bench.changed("after it was locked", before, "main.t", 30)


@drill("sqlite", inline=10)
def read_only_file(bench):
    """The catalog may be read and not written."""
    make(bench, by_duckdb=True)
    os.chmod(file(bench), 0o444)
    try:
        with bench.session(prepare=without_privileges) as cli:
            for sql in (MANY, FEW, "DELETE FROM t", "CREATE TABLE u (i INTEGER)", "DROP TABLE t"):
                with bench.unchanged(f"read-only: {sql}"):
                    refused(cli, sql, "readonly")
            with bench.unchanged("read-only: a transaction"):
                for sql in ("BEGIN", MANY, "DELETE FROM t WHERE id < 7"):
                    cli.run(sql)
                refused(cli, "COMMIT", "readonly")
            if int(cli.run("SELECT count(*) FROM t")[0][0]) != 30:
                raise Wrong("the lake cannot be read")
            os.chmod(file(bench), 0o644)
        with bench.session(prepare=without_privileges) as cli:
            before = bench.facts()
            cli.run(MANY)
            bench.changed("after it was read-only", before, "main.t", 30)
    finally:
        os.chmod(file(bench), 0o644)


@drill("sqlite", "postgres", inline=10)
def attached_read_only(bench):
    """READ_ONLY refuses all that writes, before it writes anything."""
    with bench.session() as cli:
        cli.run("CREATE TABLE t (id BIGINT, what VARCHAR)")
        cli.run(MANY)
    with bench.session(options="READ_ONLY") as cli, bench.unchanged("READ_ONLY"):
        refused(cli, MANY, "read-only")
        refused(cli, FEW, "read-only")
        refused(cli, "UPDATE t SET id = 1", "read-only")
        refused(cli, "DELETE FROM t", "read-only")
        refused(cli, "MERGE INTO t USING t s ON t.id = s.id WHEN MATCHED THEN DELETE", "read-only")
        refused(cli, "CREATE TABLE u (i INTEGER)", "read-only")
        refused(cli, "CREATE TABLE u AS SELECT * FROM t", "read-only")
        refused(cli, "ALTER TABLE t ADD COLUMN c INTEGER", "read-only")
        refused(cli, "DROP TABLE t", "read-only")
        refused(cli, "COMMENT ON TABLE t IS 'x'", "read-only")
        refused(cli, "CALL lk.set_option('target_file_size', '1MB')", "read-only")
        refused(cli, "CALL ducklake_flush_inlined_data('lk')", "read-only")


@drill("sqlite", inline=10)
def deleted_or_replaced(bench):
    """The file is deleted, or another lake's is in its place: what is written would be lost, so nothing is."""
    make(bench, by_duckdb=False)
    kept, other = f"{bench.folder}/kept.sqlite", f"{bench.folder}/other.sqlite"
    other_uri = f"sqlite:{other}"
    with bench.session(other_uri) as cli:
        cli.run("CREATE TABLE elsewhere (i INTEGER)")
    with bench.session() as cli:
        before = bench.facts()
        cli.run("SELECT * FROM t")
        move(file(bench), kept)
        for sql in (MANY, FEW, "CREATE TABLE u (i INTEGER)", "SELECT * FROM t"):
            refused(cli, sql, "was deleted", file(bench))
        move(kept, file(bench))
        bench.same("deleted", before)
        cli.run("BEGIN")
        cli.run(MANY)
        move(file(bench), kept)
        move(other, file(bench))
        refused(cli, "COMMIT", "replaced", file(bench))
        refused(cli, FEW, "replaced", file(bench))
        cli.run("DETACH lk")
        cli.run(bench.attach())
        cli.run("USE lk")
        if cli.run("SHOW TABLES") != [["elsewhere"]]:
            raise Wrong(f"the other lake has {cli.run('SHOW TABLES')}")
        move(file(bench), other)
        move(kept, file(bench))
    bench.same("replaced", before)


@drill("sqlite", inline=100000)
def no_room_for_the_catalog(bench):
    """The disk of the catalog is full, and there is room again later."""
    folder = f"{bench.folder}/disk"
    big = "INSERT INTO t SELECT i, repeat(md5(i::VARCHAR), 40) FROM range(8000) r(i)"
    small = "INSERT INTO t SELECT i, 'x' FROM range(5) r(i)"
    with small_disk(folder, 4) as is_mounted:
        bench.uri = bench.lake.uri = f"sqlite:{folder}/meta.sqlite"
        prepare = None if is_mounted else with_files_up_to(4 << 20)
        with bench.session(prepare=prepare) as cli:
            cli.run("CREATE TABLE t (id BIGINT, what VARCHAR)")
            cli.run(small)
            with bench.unchanged("no room"):
                refused(cli, big, "full" if is_mounted else "disk")
            with bench.unchanged("no room in a transaction"):
                for sql in ("BEGIN", small, big):
                    cli.run(sql)
                refused(cli, "COMMIT", "full" if is_mounted else "disk")
            before = bench.facts()
            cli.run(small)
            bench.changed("there is room again", before, "main.t", 5)
        (check,) = sqlite3.connect(file(bench)).execute("PRAGMA integrity_check").fetchone()
        if check != "ok":
            raise Wrong(f"the catalog is damaged: {check}")
        bench.lake.con.close()


@drill("sqlite", inline=10)
def no_room_for_a_new_lake(bench):
    """A lake cannot be made: no half of one is left that later cannot be opened."""
    folder = f"{bench.folder}/disk"
    with small_disk(folder, 1) as is_mounted:
        uri = f"sqlite:{folder}/meta.sqlite"
        if is_mounted:
            with open(f"{folder}/filler", "wb") as filler:
                filler.write(b"\0" * (1020 << 10))


        with Cli(prepare=None if is_mounted else with_files_up_to(20 << 10)) as cli:
            refused(cli, bench.attach(uri), "disk" if not is_mounted else "full")
        if is_mounted:
            os.remove(f"{folder}/filler")
        with bench.session(uri) as cli:
            cli.run("CREATE TABLE t (id BIGINT, what VARCHAR)")
            cli.run(FEW)
        lake = bench.judge(uri, bench.data)
        lake.attach()
        if lake.all("SELECT id FROM t") != [(1000,)]:
            raise Wrong("DuckDB does not read the new lake")
        lake.con.close()

"""The connection to a catalog in PostgreSQL breaks, at every step of a commit and between statements."""

import os
import subprocess
import time
from contextlib import contextmanager

from .bench import Wrong, drill, refused
from .pg_proxy import PgProxy

# Steps of a commit that the server has not been told to keep yet.
STEPS = [
    ("pg_advisory_xact_lock", "after"),
    ('INSERT INTO .*"ducklake_snapshot" ', "after"),
    ('INSERT INTO .*"ducklake_data_file"', "before"),
    ('INSERT INTO .*"ducklake_data_file"', "after"),
    ('INSERT INTO .*"ducklake_snapshot_changes"', "after"),
    ("^COMMIT", "before"),
]
MANY = "INSERT INTO t SELECT i, 'file' FROM range(30) r(i)"
FEW = "INSERT INTO t VALUES (1000, 'inlined')"


@contextmanager
def proxied(bench, options="BUSY_TIMEOUT 5000"):
    """A proxy, and a session of the engine that goes through it, in a lake with a table."""
    with PgProxy(os.environ["PGHOST"], int(os.environ["PGPORT"])) as proxy:
        uri = bench.uri.replace(f"port={os.environ['PGPORT']} ", f"port={proxy.port} sslmode=disable ")
        with bench.session(uri, options) as cli:
            cli.run("CREATE TABLE t (id BIGINT, what VARCHAR)")
            cli.run(MANY)
            yield proxy, cli


def psql(bench, sql):
    database = bench.uri.split("dbname=")[1]
    done = subprocess.run(["psql", "-qXAt", "-d", database, "-c", sql], check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout.strip()


def terminate(bench):
    """Ends all connections of the engine; how many."""
    mine = "application_name = 'quacklake' AND datname = current_database()"
    return int(psql(bench, f"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE {mine}"))


def gone(bench):
    """Waits until the server has noticed that the engine's connections are broken."""
    mine = "application_name = 'quacklake' AND datname = current_database() AND xact_start IS NOT NULL"
    for _ in range(100):
        if psql(bench, f"SELECT count(*) FROM pg_stat_activity WHERE {mine}") == "0":
            return
        time.sleep(0.05)
    raise Wrong("the server still has transactions of the engine")


@drill("postgres", inline=10)
def broken_before_commit(bench):
    """Nothing has happened, whatever step it was, and the next statement works."""
    with proxied(bench) as (proxy, cli):
        for step, when in STEPS:
            what = f"cut {when} {step}"
            with bench.unchanged(what):
                proxy.cut(step, when)
                if step == "^COMMIT":
                    refused(cli, MANY, "committing to the catalog", "nothing was committed")
                else:
                    refused(cli, MANY, "connection")
                gone(bench)
            before = bench.facts()
            cli.run(FEW)
            bench.changed(f"after {what}", before, "main.t", 1)


@drill("postgres", inline=10)
def broken_at_begin(bench):
    """Nothing was asked of the connection yet: another one takes its place."""
    with proxied(bench) as (proxy, cli):
        before = bench.facts()
        proxy.cut("BEGIN ISOLATION LEVEL READ COMMITTED", "before")
        cli.run(FEW)
        bench.changed("cut before BEGIN", before, "main.t", 1)


@drill("postgres", inline=10)
def broken_in_transaction(bench):
    """A transaction of several statements is lost as a whole."""
    with proxied(bench) as (proxy, cli):
        with bench.unchanged("cut in a transaction"):
            cli.run("BEGIN")
            cli.run(MANY)
            cli.run("DELETE FROM t WHERE id < 20")
            cli.run("CREATE TABLE u AS SELECT * FROM t")
            proxy.cut('INSERT INTO .*"ducklake_delete_file"', "after")
            refused(cli, "COMMIT", "connection")
            gone(bench)
            refused(cli, "COMMIT", "no transaction is open")
        before = bench.facts()
        for sql in ("BEGIN", MANY, FEW, "COMMIT"):
            cli.run(sql)
        bench.changed("the transaction after it", before, "main.t", 31)


@drill("postgres", inline=10)
def reply_lost(bench):
    """The server has committed, and a new connection finds that out: success, told once."""
    with proxied(bench) as (proxy, cli):
        for sql in (MANY, FEW, "UPDATE t SET what = 'new' WHERE id = 3", "ALTER TABLE t ADD COLUMN more INTEGER"):
            before = bench.facts()
            proxy.cut("^COMMIT", "after")
            cli.run(sql)
            added = {MANY: 30, FEW: 1}.get(sql, 0)
            bench.changed(f"reply lost: {sql}", before, "main.t", added)
            with bench.unchanged("a query"):
                cli.run("SELECT * FROM t")


@drill("postgres", inline=10)
def commit_on_its_way(bench):
    """The server gets a COMMIT only after the connection broke: asking it at once must not give the wrong answer."""
    with proxied(bench) as (proxy, cli):
        for sql, count in ((MANY, 30), (FEW, 1)):
            before = bench.facts()
            cut = proxy.cut("^COMMIT", "late")
            cli.run(sql)
            if not cut.done.wait(10):
                raise Wrong("the COMMIT did not come")
            bench.changed(f"late: {sql}", before, "main.t", count)


@drill("postgres", inline=10)
def outcome_unknown(bench):
    """Nobody can be asked about a COMMIT: the engine says so, keeps its files, and later finds what has happened."""
    with proxied(bench, "BUSY_TIMEOUT 1500") as (proxy, cli):
        for when, rows in (("after", 30), ("before", 0)):
            before = bench.facts()
            cut = proxy.cut("^COMMIT", when, unreachable=True)
            number = len(before.snapshots)
            refused(cli, MANY, f"not known whether snapshot {number} was committed", "connection")
            if not cut.done.wait(10):
                raise Wrong("the connection was not cut")
            gone(bench)
            # What was written is kept: it may belong to the lake.
            bench.changed(f"unknown, cut {when} COMMIT", before, "main.t", rows, commits=rows // 30, left=0 if rows else 1)
            refused(cli, "SELECT count(*) FROM t", "cannot be reached", "refused")
            proxy.listen()
            found = cli.run("SELECT count(*) FROM t")[0][0]
            total = before.tables["main.t"][1].total() + rows
            if int(found) != total:
                raise Wrong(f"after cut {when} COMMIT the engine reads {found} rows, not {total}")
        before = bench.facts()
        cli.run(MANY)
        bench.changed("after unknown outcomes", before, "main.t", 30)


@drill("postgres", inline=10)
def terminated_while_idle(bench):
    """The server ends idle connections: between statements nobody notices."""
    with bench.session() as cli:
        cli.run("CREATE TABLE t (id BIGINT, what VARCHAR)")
        before, ended = bench.facts(), 0
        for sql in (MANY, "SELECT * FROM t", "BEGIN", MANY, FEW, "DELETE FROM t WHERE id = 5", "SELECT * FROM t", "COMMIT"):
            ended += terminate(bench)
            cli.run(sql)
        if ended < 5:
            raise Wrong(f"only {ended} connections were there to end")
        bench.changed("ended while idle", before, "main.t", 59, commits=2)


@contextmanager
def held(bench):
    """Somebody else keeps writers waiting."""
    hold = "BEGIN; LOCK TABLE ducklake_snapshot IN SHARE MODE; SELECT pg_sleep(30)"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    holder = subprocess.Popen(["psql", "-qX", "-d", bench.uri.split("dbname=")[1], "-c", hold], **quiet)
    locks = "pg_locks WHERE relation = 'ducklake_snapshot'::regclass AND mode = 'ShareLock' AND granted"
    while psql(bench, f"SELECT count(*) FROM {locks}") == "0":
        time.sleep(0.02)
    try:
        yield
    finally:
        psql(bench, f"SELECT pg_terminate_backend(pid) FROM {locks} AND pid <> pg_backend_pid()")
        holder.wait(10)


@drill("postgres", inline=10)
def patience_at_its_end(bench):
    """Somebody else keeps the catalog locked for longer than the engine waits."""
    with proxied(bench, "BUSY_TIMEOUT 800") as (_, cli):
        with bench.unchanged("locked for long"):
            with held(bench):
                start = time.time()
                refused(cli, MANY, "lock timeout")
                if time.time() - start > 5:
                    raise Wrong(f"the engine waited {time.time() - start:.1f} s, and was to wait 0.8 s")
        before = bench.facts()
        cli.run(MANY)
        bench.changed("after it was locked", before, "main.t", 30)


@drill("postgres", inline=10)
def terminated_while_waiting(bench):
    """The server ends the connection of a commit that waits for a lock."""
    with proxied(bench, "BUSY_TIMEOUT 20000") as (_, cli):
        with bench.unchanged("ended while waiting"):
            with held(bench):
                cli.send(MANY)
                mine = "application_name = 'quacklake' AND wait_event_type = 'Lock' AND datname = current_database()"
                end = f"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE {mine}"
                while psql(bench, end) == "0":
                    time.sleep(0.02)
                refused(cli, None, "terminat")
            gone(bench)
        before = bench.facts()
        cli.run(MANY)
        bench.changed("after it was ended", before, "main.t", 30)

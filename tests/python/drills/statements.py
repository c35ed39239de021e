"""Statements that are wrong, at once or after many rows, and files that break in the middle."""

import os
import subprocess

import oracle
from cli import PROGRAM
from .bench import Wrong, drill, refused, says

# Enough rows for several files of the size below, the last one bad.
ROWS = 100_000
SMALL_FILES = "SET ducklake_target_file_size = '1MB'"


def table(cli):
    cli.run("CREATE SCHEMA s")
    cli.run("CREATE TABLE t (id BIGINT NOT NULL, name VARCHAR, day DATE)")
    cli.run("INSERT INTO t SELECT i, 'n' || i, DATE '2024-01-01' FROM range(30) r(i)")
    cli.run("CREATE TABLE parts (id INTEGER NOT NULL, part INTEGER)")
    cli.run("ALTER TABLE parts SET PARTITIONED BY (part)")
    cli.run("CREATE VIEW v AS SELECT * FROM t")


@drill("sqlite", "postgres", inline=10)
def wrong_at_once(bench):
    """Names, types and shapes that do not fit; outside of a transaction, and in one that then goes on or is lost."""
    cases = [
        ("INSERT INTO nowhere VALUES (1)", "nowhere", "does not exist"),
        ("INSERT INTO t VALUES (1, 'a')", "columns"),
        ("INSERT INTO t (id, nome) VALUES (1, 'a')", "nome"),
        ("INSERT INTO t (id, id) VALUES (1, 2)", "id"),
        ("INSERT INTO t (name) VALUES ('no id')", "NOT NULL", "t.id"),
        ("INSERT INTO t VALUES (NULL, 'a', NULL)", "NOT NULL", "t.id"),
        ("INSERT INTO t VALUES ('seven', 'a', NULL)", "seven"),
        ("INSERT INTO t VALUES (1, 'a', 'yesterday')", "yesterday"),
        ("INSERT INTO t SELECT id, name FROM t", "columns"),
        ("INSERT INTO t SELECT id, nome, day FROM t", "nome"),
        ("INSERT INTO v VALUES (1, 'a', NULL)", "v", "view"),
        ("UPDATE t SET nome = 1", "nome"),
        ("UPDATE t SET id = NULL WHERE id = 3", "NOT NULL", "t.id"),
        ("UPDATE t SET id = 'x' || id", "id", "'x"),
        ("DELETE FROM t WHERE nome = 1", "nome"),
        ("DELETE FROM nowhere", "nowhere"),
        ("MERGE INTO t USING (SELECT 1 AS id) u ON t.id = u.id WHEN MATCHED THEN UPDATE SET nome = 1", "nome"),
        ("CREATE TABLE t (i INTEGER)", "t", "exists"),
        ("CREATE TABLE u (i INTEGER, I INTEGER)", "i", "twice"),
        ("CREATE TABLE u (i NUMBERLESS)", "NUMBERLESS"),
        ("CREATE TABLE nowhere.u (i INTEGER)", "nowhere"),
        ("CREATE SCHEMA s", "s", "exists"),
        ("ALTER TABLE t ADD COLUMN name INTEGER", "name", "already"),
        ("ALTER TABLE t DROP COLUMN nome", "nome"),
        ("ALTER TABLE t RENAME COLUMN name TO day", "day", "already"),
        ("ALTER TABLE t ALTER COLUMN name TYPE INTEGER", "name"),
        ("ALTER TABLE t ALTER COLUMN day SET NOT NULL", "day"),
        ("ALTER TABLE t SET PARTITIONED BY (nome)", "nome"),
        ("ALTER TABLE t SET PARTITIONED BY (week(day))", "week"),
        ("ALTER TABLE parts DROP COLUMN part", "part", "partition"),
        ("DROP TABLE nowhere", "nowhere"),
        ("DROP TABLE v", "v", "view"),
        ("CALL lk.set_option('no_such_option', '1')", "no_such_option"),
        ("CALL lk.set_option('target_file_size', 'huge')", "huge"),
    ]
    with bench.session() as cli:
        table(cli)
        cli.run("INSERT INTO t VALUES (99, 'null day', NULL)")
        with bench.unchanged("wrong statements"):
            wrong = []
            for sql, *words in cases:
                try:
                    refused(cli, sql, *words)
                except Wrong as error:
                    wrong.append(str(error))
            if wrong:
                raise Wrong("\n  ".join(wrong))
            for sql, *words in cases:
                cli.run("BEGIN")
                cli.run("INSERT INTO t SELECT i, 'more', NULL FROM range(20) r(i)")
                refused(cli, sql, *words)
                cli.run("ROLLBACK")
        before = bench.facts()
        cli.run("INSERT INTO t VALUES (100, 'after', NULL)")
        bench.changed("after wrong statements", before, "main.t", 1)


@drill("sqlite", "postgres")
def wrong_at_last(bench):
    """The last of many rows is bad, when files of the statement were completed."""
    last = f"i = {ROWS - 1}"
    text = "md5(i::VARCHAR) || md5((i + 1)::VARCHAR)"
    rows = f"FROM range({ROWS}) r(i)"
    cases = [
        (f"INSERT INTO t SELECT CASE WHEN {last} THEN NULL ELSE i END, {text}, NULL {rows}", "NOT NULL", "t.id"),
        (f"INSERT INTO t SELECT i, {text}, CASE WHEN {last} THEN 'soon' ELSE '2024-05-06' END {rows}", "soon"),
        (f"INSERT INTO t SELECT CASE WHEN {last} THEN 'x' ELSE i::VARCHAR END, {text}, NULL {rows}", "x"),
        (f"INSERT INTO parts SELECT CASE WHEN {last} THEN NULL ELSE i END, i % 3 {rows}", "NOT NULL", "parts.id"),
        (f"INSERT INTO parts SELECT i * 21476, i % 3 {rows}", "id", "2147"),
        (f"CREATE TABLE u AS SELECT {text} AS a, CAST(CASE WHEN {last} THEN 'x' ELSE '1' END AS INTEGER) AS b {rows}", "x"),
    ]
    with bench.session() as cli:
        cli.run(SMALL_FILES)
        table(cli)
        for sql, *words in cases:
            with bench.unchanged(sql):
                refused(cli, sql, *words)
        sql, *words = cases[0]
        with bench.unchanged("in a transaction"):
            cli.run("BEGIN")
            cli.run("INSERT INTO t SELECT i, 'more', NULL FROM range(20) r(i)")
            refused(cli, sql, *words)
            cli.run("ROLLBACK")
        before = bench.facts()
        cli.run("INSERT INTO t VALUES (100, 'after', NULL)")
        bench.changed("after bad rows", before, "main.t", 1)


def broken_files(folder):
    """Files that are fine for long: (path, format, words of the error)."""
    rows = f"SELECT i AS id, md5(i::VARCHAR) || md5((i + 1)::VARCHAR) AS name, DATE '2024-01-01' AS day FROM range({ROWS}) r(i)"
    con = oracle.connect()
    for kind, options in (("csv", "HEADER"), ("json", ""), ("parquet", "FORMAT parquet, ROW_GROUP_SIZE 20000")):
        options = options if kind == "parquet" else f"FORMAT {kind}{', ' if options else ''}{options}"
        con.execute(f"COPY ({rows}) TO '{folder}/good.{kind}' ({options})")
        with open(f"{folder}/good.{kind}", "rb") as file:
            content = file.read()
        if kind == "csv":
            cases = [
                ("field_missing", content + b"1,short\n", ()),
                ("bad_date", content + b"1,x,never\n", ("never",)),
                ("bad_id", content + b"many,x,2024-01-01\n", ("many",)),
                ("null_id", content + b",x,2024-01-01\n", ("NOT NULL", "t.id")),
            ]
        elif kind == "json":
            cases = [
                ("cut", content[:-40], ()),
                ("bad_date", content + b'{"id":1,"name":"x","day":"never"}\n', ("never",)),
                ("no_json", content + b"nothing\n", ()),
                ("null_id", content + b'{"id":null,"name":"x","day":null}\n', ("NOT NULL", "t.id")),
            ]
        else:
            middle = len(content) * 3 // 4
            cases = [
                ("cut", content[:middle], ()),
                ("overwritten", content[:middle] + b"\xff" * 4000 + content[middle + 4000 :], ()),
                ("no_footer", content[:-8] + b"\0" * 8, ()),
            ]
        for name, bad, words in cases:
            path = f"{folder}/{name}.{kind}"
            with open(path, "wb") as file:
                file.write(bad)
            yield path, kind, words


@drill("sqlite", "postgres")
def files_that_break(bench):
    """COPY and `ingest` of files that are bad somewhere in the middle: nothing of them stays."""
    with bench.session() as cli:
        table(cli)
    lake = ["--lake", bench.uri, "ingest", "t"]
    with bench.session() as cli:
        cli.run(SMALL_FILES)
        with bench.unchanged("broken files"):
            for path, kind, words in broken_files(bench.folder):
                options = "FORMAT csv, HEADER" if kind == "csv" else f"FORMAT {kind}"
                refused(cli, f"COPY t FROM '{path}' ({options})", os.path.basename(path), *words)
                if bench.files() - (known := bench.facts().known):
                    raise Wrong(f"COPY of {path} leaves {bench.files() - known}")
                # A good file before it does not count either.
                done = subprocess.run([PROGRAM, *lake, f"{bench.folder}/good.{kind}", path], capture_output=True, text=True)
                if done.returncode != 1:
                    raise Wrong(f"ingest of {path} ends with {done.returncode}: {done.stderr}")
                says(f"ingest of {path}", done.stderr, os.path.basename(path), *words)
        before = bench.facts()
        cli.run(f"COPY t FROM '{bench.folder}/good.csv' (FORMAT csv, HEADER)")
        bench.changed("a good file", before, "main.t", ROWS)


@drill("sqlite", "postgres", inline=10)
def failed_in_transaction(bench):
    """What went before a failed statement is there or not, but not by half; COMMIT tells."""
    with bench.session() as cli:
        table(cli)
        before = bench.facts()
        cli.run("BEGIN")
        cli.run("INSERT INTO t SELECT i, 'kept', NULL FROM range(20) r(i)")
        refused(cli, "INSERT INTO t SELECT CASE WHEN i < 25 THEN i END, 'bad', NULL FROM range(30) r(i)", "NOT NULL")
        try:
            cli.run("INSERT INTO t VALUES (200, 'next', NULL)")
            cli.run("COMMIT")
        except Exception as error:
            says("the aborted transaction", str(error), "abort")
            refused(cli, "COMMIT", "rolled back")
            bench.same("an aborted transaction", before)
        else:
            bench.changed("a transaction that went on", before, "main.t", 21)

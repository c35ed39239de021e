#!/usr/bin/env python3
"""DuckDB as the benchmarks' other side: a process that answers one JSON request a line, and measures itself.

    duck.py serve                      requests on standard input, answers on standard output
    duck.py first-row LAKE TABLE       one query in a process of its own; its times as JSON
    duck.py lines LAKE                 statements on standard input, one a line; for each, a line of JSON
    duck.py plan-file CATALOG SQL      a statement over a lake whose catalog is a DuckDB file; its times as JSON
"""

import json
import os
import sys
import time

started = time.perf_counter()
import duckdb  # noqa: E402  (its time is measured)

imported = time.perf_counter()


def connect(*extensions, threads=None):
    """A connection with extensions of the installed packages; nothing is downloaded."""
    con = duckdb.connect(config={"allow_unsigned_extensions": "true", "autoinstall_known_extensions": "false"})
    if threads:
        con.execute(f"SET threads = {int(threads)}")
    for name in extensions:
        con.execute(f"LOAD {literal(extension(name))}")
    return con


def extension(name):
    root = os.path.dirname(os.path.dirname(duckdb.__file__))
    return f"{root}/duckdb_extension_{name}/extensions/v{duckdb.__version__}/{name}.duckdb_extension"


def literal(text):
    return "'" + str(text).replace("'", "''") + "'"


def attach(con, uri, *options):
    con.execute(f"ATTACH {literal('ducklake:' + uri)} AS lk" + (f" ({', '.join(options)})" if options else ""))
    con.execute("USE lk")


def scanner(uri):
    return "postgres_scanner" if uri.startswith("postgres:") else "sqlite_scanner"


class Timer:
    """Seconds since it was last asked."""

    def __init__(self, at=None):
        self.at = at or time.perf_counter()

    def lap(self):
        before, self.at = self.at, time.perf_counter()
        return self.at - before


class Server:
    def __init__(self):
        self.con = None

    def versions(self):
        con = connect("sqlite_scanner", "ducklake")
        found = con.execute("SELECT extension_version FROM duckdb_extensions() WHERE extension_name = 'ducklake'").fetchone()
        return {"duckdb": duckdb.__version__, "ducklake": found[0], "python": sys.version.split()[0]}

    def tpch_queries(self):
        return [text for _, text in connect("tpch").execute("SELECT query_nr, query FROM tpch_queries() ORDER BY query_nr").fetchall()]

    def make_tpch(self, folder, scale, threads):
        """The TPC-H tables as a lake in `folder`, each written by one statement, every row in a file."""
        con = connect("sqlite_scanner", "ducklake", "tpch", threads=threads)
        con.execute(f"CALL dbgen(sf = {float(scale)})")
        attach(con, f"sqlite:{folder}/meta.sqlite", f"DATA_PATH {literal(folder + '/data/')}", "DATA_INLINING_ROW_LIMIT 0")
        for (table,) in con.execute("SELECT table_name FROM duckdb_tables() WHERE database_name = 'memory'").fetchall():
            con.execute(f"CREATE TABLE lk.main.{table} AS FROM memory.main.{table}")
        con.close()

    def make_first_row(self, folder):
        """Two tables of ten rows: `t` in a Parquet file, `inlined` in the catalog."""
        con = connect("sqlite_scanner", "ducklake")
        attach(con, f"sqlite:{folder}/meta.sqlite", f"DATA_PATH {literal(folder + '/data/')}", "DATA_INLINING_ROW_LIMIT 10")
        con.execute("CREATE TABLE inlined AS SELECT i, 'row ' || i AS s, i / 4 AS d FROM range(10) r(i)")
        con.execute("CALL lk.set_option('data_inlining_row_limit', 0)")
        con.execute("CREATE TABLE t AS SELECT i, 'row ' || i AS s, i / 4 AS d FROM range(10) r(i)")
        con.close()

    def make_planning(self, uri, folder, files):
        """A lake with a table `t` of that many data files, of which only the first and the last exist. Gives the first
        ids of these two, and how many rows its catalog has by kind."""
        con = connect("sqlite_scanner", "postgres_scanner", "ducklake")
        firsts = 0, (files - 1) * ROWS
        for first in firsts:
            attach(con, uri, f"DATA_PATH {literal(folder + '/data/')}", "DATA_INLINING_ROW_LIMIT 0")
            con.execute("CREATE TABLE IF NOT EXISTS t (id BIGINT, name VARCHAR, price DOUBLE, day DATE)")
            con.execute(
                "INSERT INTO t SELECT i, 'name ' || i, i / 7, DATE '2024-01-01' + (i % 365)::INTEGER "
                f"FROM range({first}, {first + ROWS}) r(i)"
            )
            con.execute("USE memory")
            con.execute("DETACH lk")
            if first == 0:
                with Catalog(con, uri) as catalog:
                    multiply(catalog, files - 1)
        with Catalog(con, uri) as catalog:
            rows = {kind: catalog.count(f"ducklake_{kind}") for kind in ("data_file", "file_column_stats")}
        return {"ids": firsts, "rows": rows}

    def create_database(self, server, name):
        """A database, made anew, in the PostgreSQL server of that connection string."""
        con = connect("postgres_scanner")
        con.execute(f"ATTACH {literal('dbname=postgres ' + server)} AS pg (TYPE postgres)")
        for statement in (f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", f"CREATE DATABASE {name}"):
            con.execute(f"CALL postgres_execute('pg', {literal(statement)}, use_transaction = false)")
        con.close()

    def fresh(self, uri, threads):
        """A new DuckDB that can open that lake."""
        self.close()
        self.con = connect(scanner(uri), "ducklake", threads=threads)

    def close(self):
        if self.con:
            self.con.close()
        self.con = None

    def statements(self, sql):
        """Runs statements one by one; seconds of all."""
        timer = Timer()
        for statement in sql:
            self.con.execute(statement).fetchall()
        return timer.lap()

    def make_lineitem(self, path, scale):
        con = connect("tpch")
        con.execute(f"CALL dbgen(sf = {float(scale)})")
        con.execute(f"COPY lineitem TO {literal(path)} (FORMAT parquet)")
        con.close()

    def make_items(self, path, rows):
        """A table as of orders, with numbers, dates, few texts and many, in a DuckDB file."""
        con = duckdb.connect(path)
        con.execute(ITEMS.format(rows=int(rows)))
        con.close()

    def open_file(self, path, threads):
        """A new DuckDB with the file attached as `d`."""
        self.close()
        self.con = connect(threads=threads)
        self.con.execute(f"ATTACH {literal(path)} AS d (READ_ONLY)")

    def count(self, sql):
        """Seconds until all batches of a result are there in Arrow's form, and their rows."""
        timer = Timer()
        rows = sum(batch.num_rows for batch in self.con.execute(sql).to_arrow_reader(1 << 17))
        return {"seconds": timer.lap(), "rows": rows}

    def make_file_catalog(self, path, folder, files):
        """A lake with a table `t` of that many data files, of which one exists, and its catalog in a DuckDB file. Gives
        an id that is in that file."""
        con = connect("ducklake")
        attach(con, path, f"DATA_PATH {literal(folder + '/data/')}", "DATA_INLINING_ROW_LIMIT 0")
        con.execute("CREATE TABLE t (id BIGINT, name VARCHAR, price DOUBLE, day DATE)")
        con.execute(
            "INSERT INTO t SELECT i, 'name ' || i, i / 7, DATE '2024-01-01' + (i % 365)::INTEGER "
            f"FROM range({ROWS}) r(i)"
        )
        con.execute("USE memory")
        con.execute("DETACH lk")
        con.close()
        with FileCatalog(path) as catalog:
            multiply(catalog, files)
        return {"id": ROWS // 2}

    def drop_database(self, server, name):
        con = connect("postgres_scanner")
        con.execute(f"ATTACH {literal('dbname=postgres ' + server)} AS pg (TYPE postgres)")
        con.execute(f"CALL postgres_execute('pg', 'DROP DATABASE IF EXISTS {name} WITH (FORCE)', use_transaction = false)")
        con.close()

    def open(self, uri, threads):
        """A new DuckDB with the lake attached."""
        if self.con:
            self.con.close()
        timer = Timer()
        self.con = connect(threads=threads)
        times = {"connect": timer.lap()}
        for name in (scanner(uri), "ducklake"):
            self.con.execute(f"LOAD {literal(extension(name))}")
        times["load"] = timer.lap()
        attach(self.con, uri)
        times["attach"] = timer.lap()
        return times

    def run(self, sql):
        """Seconds until the whole result is there in Arrow's form, as it is for the other engines, and its rows as text."""
        timer = Timer()
        table = self.con.execute(sql).to_arrow_table()
        seconds = timer.lap()
        text = lambda value: None if value is None else str(value)  # noqa: E731
        rows = [[text(v) for v in row.values()] for row in table.rename_columns([str(i) for i in range(table.num_columns)]).to_pylist()]
        return {"seconds": seconds, "rows": rows}


# Rows of a file of the table with many files.
ROWS = 1000

ITEMS = """CREATE TABLE items AS SELECT i AS orderkey, (hash(i) % 200000)::INTEGER AS partkey,
    (hash(i + 7) % 10000)::INTEGER AS suppkey, (i % 7)::INTEGER AS linenumber,
    (hash(i + 1) % 50 + 1)::DECIMAL(15, 2) AS quantity, ((hash(i + 2) % 10000000) / 100)::DECIMAL(15, 2) AS extendedprice,
    ((hash(i + 3) % 11) / 100)::DECIMAL(15, 2) AS discount, ((hash(i + 4) % 9) / 100)::DECIMAL(15, 2) AS tax,
    (['A', 'N', 'R'])[1 + (hash(i + 5) % 3)::INTEGER] AS returnflag, (['F', 'O'])[1 + (hash(i + 6) % 2)::INTEGER] AS linestatus,
    DATE '1992-01-01' + (i // 4000)::INTEGER AS shipdate,
    (['DELIVER IN PERSON', 'COLLECT COD', 'NONE', 'TAKE BACK RETURN'])[1 + (hash(i + 8) % 4)::INTEGER] AS shipinstruct,
    'comment ' || hash(i + 9)::VARCHAR || ' of ' || (i % 1000) AS comment, (hash(i + 10) % 1000) / 7.0::DOUBLE AS ratio
    FROM range({rows}) t(i)"""


def multiply(catalog, files):
    """Adds copies of the one data file of table `t` with their statistics: file i holds the ids from i * ROWS on."""
    shift = f"i * {ROWS}"
    catalog.copy(
        "ducklake_data_file",
        files,
        {"data_file_id": "f.data_file_id + i", "path": "'file-' || i || '.parquet'", "row_id_start": f"f.row_id_start + {shift}"},
    )
    (column,) = catalog.one("SELECT column_id FROM ducklake_column WHERE column_name = 'id'")
    moved = lambda bound: (  # noqa: E731
        f"CASE WHEN f.column_id = {column} THEN CAST(CAST(f.{bound} AS BIGINT) + {shift} AS VARCHAR) ELSE f.{bound} END"
    )
    catalog.copy(
        "ducklake_file_column_stats",
        files,
        {"data_file_id": "f.data_file_id + i", "min_value": moved("min_value"), "max_value": moved("max_value")},
    )
    catalog.execute(
        f"UPDATE ducklake_table_stats SET record_count = record_count * {files}, next_row_id = next_row_id * {files}, "
        f"file_size_bytes = file_size_bytes * {files}"
    )
    catalog.execute(f"UPDATE ducklake_table_column_stats SET max_value = '{files * ROWS - 1}' WHERE column_id = {column}")
    catalog.execute(f"UPDATE ducklake_snapshot SET next_file_id = next_file_id + {files} WHERE next_file_id > 0")
    catalog.analyze()


class Catalog:
    """The tables of a lake's catalog, changed by statements in the database's own SQL."""

    def __init__(self, con, uri):
        self.con, self.target = con, uri.split(":", 1)[1]
        self.is_postgres = uri.startswith("postgres:")

    def __enter__(self):
        if self.is_postgres:
            self.con.execute(f"ATTACH {literal(self.target)} AS pg (TYPE postgres)")
        else:
            import sqlite3

            self.sqlite = sqlite3.connect(self.target)
        return self

    def __exit__(self, *_):
        if self.is_postgres:
            self.con.execute("DETACH pg")
        else:
            self.sqlite.commit()
            self.sqlite.close()

    def execute(self, sql):
        if self.is_postgres:
            self.con.execute(f"CALL postgres_execute('pg', {literal(sql)})")
        else:
            self.sqlite.execute(sql)

    def one(self, sql):
        if self.is_postgres:
            return self.con.execute(f"FROM postgres_query('pg', {literal(sql)})").fetchone()
        return self.sqlite.execute(sql).fetchone()

    def count(self, table):
        return self.one(f"SELECT count(*) FROM {table}")[0]

    def columns(self, table):
        if self.is_postgres:
            return [row[0] for row in self.con.execute(f"DESCRIBE pg.{table}").fetchall()]
        return [row[1] for row in self.sqlite.execute(f"PRAGMA table_info({table})")]

    def copy(self, table, times, changed):
        """Adds `times` - 1 copies of each row; in `changed` expressions over the row `f` and the copy's number `i`."""
        if self.is_postgres:
            numbers = f"generate_series(1, {times - 1}) AS n(i)"
        else:
            numbers = f"(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {times - 1}) SELECT i FROM n)"
        values = ", ".join(changed.get(name, f"f.{name}") for name in self.columns(table))
        self.execute(f"INSERT INTO {table} SELECT {values} FROM {table} f, {numbers}")

    def analyze(self):
        """What PostgreSQL does by itself soon after; SQLite never does."""
        if self.is_postgres:
            self.execute("ANALYZE")


class FileCatalog:
    """As `Catalog`, of a catalog in a DuckDB file."""

    def __init__(self, path):
        self.con = duckdb.connect(path)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.con.close()

    def execute(self, sql):
        self.con.execute(sql)

    def one(self, sql):
        return self.con.execute(sql).fetchone()

    def copy(self, table, times, changed):
        columns = [row[0] for row in self.con.execute(f"DESCRIBE {table}").fetchall()]
        values = ", ".join(changed.get(name, f"f.{name}") for name in columns)
        self.execute(f"INSERT INTO {table} SELECT {values} FROM {table} f, range(1, {times}) n(i)")

    def analyze(self):
        self.execute("CHECKPOINT")


def serve():
    import pyarrow  # noqa: F401  (so that no query pays for it)

    server = Server()
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = {"answer": getattr(server, request.pop("call"))(**request)}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


def first_row(uri, table):
    times = {"import": imported - started}
    timer = Timer()
    con = connect()
    times["connect"] = timer.lap()
    for name in (scanner(uri), "ducklake"):
        con.execute(f"LOAD {literal(extension(name))}")
    times["load"] = timer.lap()
    attach(con, uri)
    times["attach"] = timer.lap()
    row = con.execute(f"SELECT * FROM {table} LIMIT 1").fetchone()
    times["query"] = timer.lap()
    print(json.dumps({"times": times, "row": [str(value) for value in row]}), flush=True)
    # The process ends as it is: what comes after the first row is nobody's business here.
    os._exit(0)


def plan_file(path, sql):
    timer = Timer()
    con = connect()
    times = {"connect": timer.lap()}
    con.execute(f"LOAD {literal(extension('ducklake'))}")
    times["load"] = timer.lap()
    con.execute(f"ATTACH {literal('ducklake:' + path)} AS lk (READ_ONLY)")
    con.execute("USE lk")
    times["attach"] = timer.lap()
    con.execute(sql).fetchall()
    times["query"] = timer.lap()
    print(json.dumps({"times": times}), flush=True)
    os._exit(0)


def lines(uri):
    con = connect(scanner(uri), "ducklake")
    for line in sys.stdin:
        try:
            con.execute(line)
            print("{}", flush=True)
        except Exception as error:
            print(json.dumps({"error": str(error)}), flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve()
    elif sys.argv[1] == "lines":
        lines(sys.argv[2])
    elif sys.argv[1] == "plan-file":
        plan_file(*sys.argv[2:])
    else:
        first_row(*sys.argv[2:])

"""Every type, in files and inlined."""

from cases.types import SCALARS
from two_lakes import case

# Files hold these as doubles; what the texts of both engines are for them is tested where they are inlined.
LOSSY = {"int128", "uint128"}
# What DuckDB reads back of nested values that it has inlined.
READABLE = ("int32", "decimal_9_2", "varchar", "boolean")
NESTED = ("int32", "decimal_9_2", "varchar", "blob", "date", "timestamp", "timestamptz", "uuid", "boolean", "time")


def filled_by_duckdb(w, names, is_inlined):
    """A table `source` with a column for each type. DuckDB fills it, so that the values need not be written in SQL that
    both understand."""
    columns = ", ".join(f"v_{name} {SCALARS[name][0]}" for name in names)
    inserts, id = [], 0
    for name in names:
        kind, values, further = SCALARS[name]
        rows = []
        # In DuckDB's files a zero may take the sign of another.
        for value in values + further if is_inlined else [v for v in values if v != "'-0.0'"]:
            rows.append(f"({id}, CAST({value} AS {kind}))")
            id += 1
        inserts.append(f"INSERT INTO source (id, v_{name}) SELECT * FROM (VALUES {', '.join(rows)})")
    w.duckdb("BEGIN", f"CREATE TABLE source (id INTEGER, {columns})", *inserts, "COMMIT")
    w.run(
        f"CREATE TABLE t (id INTEGER, {columns})",
        "INSERT INTO t SELECT * FROM source ORDER BY id",
        "UPDATE t SET id = id + 1000 WHERE id % 5 = 0",
        "DELETE FROM t WHERE id % 7 = 1",
    )


@case()
def types_in_files(w):
    filled_by_duckdb(w, [name for name in SCALARS if name not in LOSSY], False)


@case(inline=1000)
def types_inlined(w):
    filled_by_duckdb(w, SCALARS, True)


def nested(w, names, setup=None):
    columns = ", ".join(f"s_{n} STRUCT(v {k}, l {k}[]), l_{n} {k}[], m_{n} MAP(INTEGER, {k})" for n, k in ((n, SCALARS[n][0]) for n in names))
    inserts = []
    for number, name in enumerate(names):
        kind, values, _ = SCALARS[name]
        value = lambda i: f"CAST({values[i % len(values)]} AS {kind})"  # noqa: E731, B023
        rows = [
            f"SELECT {number * 10 + i}, {{'v': {value(i)}, 'l': [{value(i + 1)}, NULL]}}, [{value(i)}, {value(i + 2)}], MAP {{{i}: {value(i)}}}"
            for i in range(3)
        ]
        rows.append(f"SELECT {number * 10 + 3}, {{'v': NULL, 'l': []}}, [], MAP {{}}")
        inserts.append(f"INSERT INTO source (id, s_{name}, l_{name}, m_{name}) {' UNION ALL '.join(rows)}")
    in_files = "CALL lk.set_option('data_inlining_row_limit', 0, table_name => '%s')"
    w.duckdb(f"CREATE TABLE source (id INTEGER, {columns})", in_files % "source", "BEGIN", *inserts, "COMMIT")
    w.run(f"CREATE TABLE t (id INTEGER, {columns})")
    if setup:
        w.theirs.con.execute(in_files % setup)
    w.run(
        "INSERT INTO t SELECT * FROM source ORDER BY id",
        "UPDATE t SET id = id + 1000 WHERE id % 5 = 0",
        "DELETE FROM t WHERE id % 7 = 1",
    )


@case()
def nested_types_in_files(w):
    nested(w, NESTED)


@case(inline=1000)
def nested_types_inlined(w):
    nested(w, READABLE)


@case(inline=1000, compare_catalogs=False, write_on=False)
def all_nested_types_inlined(w):
    """DuckDB's table is in files."""
    nested(w, NESTED, setup="t")


@case(inline=100)
def casts(w):
    """Values of other types than the columns'."""
    w.run(
        "CREATE TABLE t (a TINYINT, b DECIMAL(6,2), c VARCHAR, d DATE, e TIMESTAMP, f DOUBLE, g BOOLEAN, h TIMESTAMPTZ)",
        "INSERT INTO t VALUES (1.6, 2.345, 3, '2024-01-02', '2024-01-02', 1, 1, '2024-01-02 03:04:05+02')",
        "INSERT INTO t VALUES ('-5', '7.005', DATE '2024-02-03', TIMESTAMP '2024-02-03 04:05:06', DATE '2024-02-03', '1e3', 'true', TIMESTAMP '2024-01-02 03:04:05')",
        "INSERT INTO t SELECT i, i * 0.25, i, DATE '2024-01-01' + i::INTEGER, NULL, i, i % 2 = 0, NULL FROM range(5) r(i)",
        "UPDATE t SET b = a + 0.555, c = a, f = b",
    )
    w.run("INSERT INTO t (b) VALUES (1234.56), ('0.5'), (7)", "INSERT INTO t (f) VALUES ('nan'), (1), (0.1)")
    w.refused("INSERT INTO t (a) VALUES (128)", "INSERT INTO t (d) VALUES ('no date')", "INSERT INTO t (b) VALUES (10000)")


@case(inline=10)
def statistics(w):
    """Bounds that are not the values: long texts, NaN, only NULLs, NUL bytes."""
    w.run(
        "CREATE TABLE t (id INTEGER, s VARCHAR, d DOUBLE, n INTEGER)",
        "INSERT INTO t VALUES (1, repeat('long ', 100), 'nan'::DOUBLE, NULL), (2, '', 1, NULL)",
        "INSERT INTO t SELECT i, repeat('ü', 300), 'nan'::DOUBLE, NULL FROM range(20) r(i)",
        "INSERT INTO t SELECT i, 'nul' || chr(0), 'inf'::DOUBLE, NULL FROM range(20) r(i)",
        "INSERT INTO t SELECT i, NULL, NULL, NULL FROM range(20) r(i)",
        "INSERT INTO t SELECT i, 'b', 2, i FROM range(20) r(i)",
        "DELETE FROM t WHERE id = 3",
    )

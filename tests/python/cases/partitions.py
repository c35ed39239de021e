"""Partitioned tables: every transform, specifications that change, and filters that prune."""

from lakes import EVERYWHERE, case

IDENTITY = {
    "BOOLEAN": ["true", "false"],
    "INTEGER": ["1", "-2"],
    "UBIGINT": ["18446744073709551615", "0"],
    "DOUBLE": ["0.5", "'nan'", "'inf'", "'-0.0'"],
    "DECIMAL(9,2)": ["1.50", "-0.25"],
    "DATE": ["'2024-02-29'", "'0044-03-15 (BC)'"],
    "TIME": ["'12:30:00.5'"],
    "TIMESTAMP": ["'2024-02-29 12:30:00.5'", "'1969-12-31 23:59:59'"],
    "TIMESTAMPTZ": ["'2024-02-29 12:30:00+05:30'"],
    "UUID": ["'f79c3e09-677c-4bbd-a479-3f349cb785e7'"],
    "VARCHAR": ["'x'", "''", "'a b/c=é%'", "'NULL'", "'it''s'"],
}


@case(all_snapshots=False)
def identity_partitions(lake):
    for n, (sql_type, values) in enumerate(IDENTITY.items()):
        lake.sql(f"CREATE TABLE p{n} (id INTEGER, v {sql_type})", f"ALTER TABLE p{n} SET PARTITIONED BY (v)")
        rows = ", ".join(f"({i}, CAST({v} AS {sql_type}))" for i, v in enumerate(values + ["NULL"] + values))
        lake.sql(f"INSERT INTO p{n} VALUES {rows}")
        lake.query(f"SELECT id FROM p{n} WHERE v IS NULL")
        for value in values:
            if sql_type != "DOUBLE" and "BC" not in value:
                lake.query(f"SELECT id, v FROM p{n} WHERE v = CAST({value} AS {sql_type})", ours=f"SELECT id, v FROM p{n} WHERE v = " + spelled(value, sql_type))


def spelled(value, sql_type):
    """A typed literal both dialects know."""
    if sql_type in ("DATE", "TIME", "TIMESTAMP"):
        return f"{sql_type} {value}"
    if sql_type == "TIMESTAMPTZ":
        return "TIMESTAMP '2024-02-29 07:00:00+00:00'"
    return value


TRANSFORMS = ["year(ts)", "month(ts)", "day(ts)", "hour(ts)", "bucket(4, id)", "bucket(3, s)", "year(d)", "month(d)", "day(d)", "s"]


def events(first, count):
    """Rows spread over years, months, days and hours, with NULLs."""
    return f"""SELECT i::INTEGER AS id,
        CASE WHEN i % 13 = 5 THEN NULL ELSE TIMESTAMP '2022-11-30 20:00:00' + INTERVAL (i * 37) HOUR END AS ts,
        CASE WHEN i % 11 = 3 THEN NULL ELSE DATE '1969-12-25' + (i * 5)::INTEGER END AS d,
        CASE WHEN i % 7 = 1 THEN NULL ELSE 'k' || (i % 5) END AS s
        FROM range({first}, {first + count}) r(i)"""


FILTERS = [
    "ts = TIMESTAMP '2022-12-02 09:00:00'",
    "ts >= TIMESTAMP '2023-01-01 00:00:00'",
    "ts < TIMESTAMP '2022-12-05 00:00:00'",
    "d BETWEEN DATE '1969-12-30' AND DATE '1970-01-10'",
    "d > DATE '1970-02-01' AND s = 'k2'",
    "id = 7",
    "id IN (1, 2, 30)",
    "s = 'k3'",
    "s <> 'k3'",
    "s IS NULL",
    "ts IS NULL",
    "id > 20 OR s = 'k1'",
    "s LIKE 'k%' AND id < 5",
]


@case(backends=["sqlite"])
def partition_transforms(lake):
    for n, transform in enumerate(TRANSFORMS):
        lake.sql(f"CREATE TABLE p{n} (id INTEGER, ts TIMESTAMP, d DATE, s VARCHAR)", f"ALTER TABLE p{n} SET PARTITIONED BY ({transform})")
        lake.sql(f"INSERT INTO p{n} {events(0, 40)}")
        for predicate in FILTERS:
            lake.query(f"SELECT id, ts, d, s FROM p{n} WHERE {predicate}")
    lake.all_snapshots = False


@case(backends=EVERYWHERE)
def partition_changes(lake):
    lake.sql(
        "CREATE TABLE t (id INTEGER, ts TIMESTAMP, d DATE, s VARCHAR)",
        f"INSERT INTO t {events(0, 5)}",
        "ALTER TABLE t SET PARTITIONED BY (s)",
        f"INSERT INTO t {events(5, 10)}",
        "ALTER TABLE t SET PARTITIONED BY (year(ts), month(ts))",
        f"INSERT INTO t {events(15, 10)}",
        "ALTER TABLE t SET PARTITIONED BY (bucket(2, id), s)",
        f"INSERT INTO t {events(25, 10)}",
        "ALTER TABLE t RENAME COLUMN s TO label",
        "ALTER TABLE t RESET PARTITIONED BY",
        f"INSERT INTO t {events(35, 3)}",
        "DELETE FROM t WHERE id IN (6, 16, 26)",
        "ALTER TABLE t SET PARTITIONED BY (label)",
        f"INSERT INTO t {events(40, 10)}",
        "UPDATE t SET label = 'moved' WHERE id IN (7, 41)",
    )
    for predicate in FILTERS:
        lake.query(f"SELECT id, ts, d, label FROM t WHERE {predicate.replace('s ', 'label ') if predicate.startswith('s ') else predicate.replace(' s = ', ' label = ')}")


@case(all_snapshots=False, backends=["sqlite"])
def bucket_partitions(lake):
    types = {
        "BIGINT": ["34", "-1"],
        "UINTEGER": ["34"],
        "DOUBLE": ["1.0", "0.0", "'-0.0'"],
        "FLOAT": ["1.0"],
        "DECIMAL(9,2)": ["1.50"],
        "DECIMAL(38,10)": ["1.5"],
        "DATE": ["'2017-11-16'"],
        "TIME": ["'22:31:08'"],
        "TIMESTAMP": ["'2017-11-16 22:31:08'"],
        "VARCHAR": ["'iceberg'", "''"],
        "UUID": ["'f79c3e09-677c-4bbd-a479-3f349cb785e7'"],
        "BOOLEAN": ["true", "false"],
    }
    for n, (sql_type, values) in enumerate(types.items()):
        lake.sql(f"CREATE TABLE b{n} (id INTEGER, v {sql_type})", f"ALTER TABLE b{n} SET PARTITIONED BY (bucket(1000, v))")
        rows = ", ".join(f"({i}, CAST({v} AS {sql_type}))" for i, v in enumerate(values + ["NULL"]))
        lake.sql(f"INSERT INTO b{n} VALUES {rows}")
        for value in values:
            lake.query(f"SELECT id FROM b{n} WHERE v = CAST({value} AS {sql_type})", ours=f"SELECT id FROM b{n} WHERE v = " + (f"{sql_type} {value}" if sql_type in ("DATE", "TIME", "TIMESTAMP") else value))


@case(inline=10, backends=("sqlite", "postgres"))
def partitioned_inlined(lake):
    lake.sql("CREATE TABLE t (i INTEGER, s VARCHAR)", "ALTER TABLE t SET PARTITIONED BY (s)")
    lake.sql("INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, NULL)", "INSERT INTO t SELECT i, 'k' || (i % 3) FROM range(10, 40) r(i)", "DELETE FROM t WHERE i IN (2, 11)")
    lake.sql("CALL ducklake_flush_inlined_data('lk')", "INSERT INTO t VALUES (4, 'a')")
    lake.query("SELECT i FROM t WHERE s = 'a'")
    lake.query("SELECT i FROM t WHERE s = 'k1' AND i < 20")


@case(backends=EVERYWHERE)
def pruning(lake):
    """Filters on columns of every kind with statistics, over several files."""
    lake.sql("CREATE TABLE t (i INTEGER, u UBIGINT, f DOUBLE, d DECIMAL(9,2), s VARCHAR, b BOOLEAN, day DATE, ts TIMESTAMP, late INTEGER, l INTEGER[], st STRUCT(a INTEGER))")
    for n in range(4):
        lake.sql(f"""INSERT INTO t SELECT i, i, CASE WHEN i = 25 THEN 'nan'::DOUBLE ELSE i * 0.25::DOUBLE END, i * 0.5 - 5,
            CASE WHEN i % 10 = 9 THEN NULL ELSE chr((97 + {n})::INTEGER) || repeat('z', (i * 40)::INTEGER) END, {n} % 2 = 0,
            DATE '2024-01-01' + i::INTEGER, TIMESTAMP '2024-01-01 00:00:00' + INTERVAL (i) HOUR, NULL, [i, i + 1], {{'a': i}}
            FROM range({n * 10}, {n * 10 + 10}) r(i)""")
    lake.sql("INSERT INTO t (i) VALUES (NULL)", "DELETE FROM t WHERE i = 20")
    for predicate in (
        "i = 15", "i <> 15", "i > 33", "i <= 2", "i IN (1, 39)", "i NOT IN (1, 2)", "i IS NULL", "i IS NOT NULL", "i BETWEEN 9 AND 11",
        "u >= 35", "f = 2.5", "f > 9", "f < 0.3", "d < -4", "d = 0", "s >= 'd'", "s = 'a'", "s < 'b' AND i > 5", "s IS NULL", "s LIKE 'c%'",
        "b", "NOT b", "b IS NULL", "day = DATE '2024-01-15'", "day > DATE '2024-02-05'", "ts < TIMESTAMP '2024-01-01 03:00:00'",
        "late IS NULL", "late = 1", "i + 1 = 16", "i > 5 AND (s = 'a' OR u > 37)", "i = 100", "i = 20", "1 = 0", "i > 2.5 AND i < 4",
    ):
        lake.query(f"SELECT i, f, s FROM t WHERE {predicate}")
    lake.query("SELECT count(*), min(i), max(i), sum(i), min(s), max(day) FROM t")
    lake.query("SELECT b, count(*), avg(f) FROM t WHERE i < 25 GROUP BY b")
    lake.query("SELECT i FROM t ORDER BY i DESC NULLS LAST LIMIT 3")
    lake.query("SELECT x.i, y.i FROM t x JOIN t y ON x.i = y.i + 30")

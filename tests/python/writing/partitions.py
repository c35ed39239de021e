"""Partitioned and sorted tables."""

from two_lakes import case

# Rows that DuckDB makes, for both to insert.
SOURCE = (
    "CREATE TABLE source AS SELECT i AS id, TIMESTAMP '2023-11-05 10:00:00' + to_hours((i * 100)::INTEGER) AS ts, "
    "CASE WHEN i % 5 < 4 THEN 'k ' || i % 5 END AS key, (i * 0.25)::DECIMAL(10,2) AS price FROM range(100) r(i)"
)
ROWS = "SELECT * FROM source WHERE id < {} ORDER BY id"
MORE = "SELECT id + {}, ts, key, price FROM source WHERE id < 20 ORDER BY id"
TABLE = "CREATE TABLE t (id BIGINT, ts TIMESTAMP, key VARCHAR, price DECIMAL(10,2))"


def fill_and_change(w):
    w.run(
        "INSERT INTO t " + ROWS.format(100),
        "INSERT INTO t VALUES (1000, NULL, NULL, NULL), (1001, '1969-12-31 23:00:00', '', -1.5)",
        "INSERT INTO t VALUES (1002, '2024-02-29', 'a/b=c %ü', 0)",
        "UPDATE t SET key = 'moved', ts = ts + INTERVAL 1 YEAR, price = price + 1 WHERE id % 10 = 4",
        "DELETE FROM t WHERE id % 10 = 5",
        "DELETE FROM t WHERE key = 'k 1'",
    )
    w.query("SELECT count(*), sum(id), max(date_part('year', ts)), min(key) FROM t")
    w.query("SELECT count(*) FROM t WHERE key = 'k 2'")
    w.query("SELECT count(*) FROM t WHERE ts BETWEEN '2024-01-01' AND '2024-02-01'")


def partitioned(w, spec):
    w.run(TABLE)
    w.duckdb(SOURCE, f"ALTER TABLE t SET PARTITIONED BY ({spec})")
    fill_and_change(w)


@case(row_order=False)
def partitioned_by_identity(w):
    partitioned(w, "key")


@case(row_order=False)
def partitioned_by_bucket(w):
    partitioned(w, "bucket(4, id)")


@case(row_order=False)
def partitioned_by_text_bucket(w):
    partitioned(w, "bucket(3, key)")


@case(row_order=False)
def partitioned_by_time(w):
    partitioned(w, "year(ts), month(ts)")


@case(row_order=False)
def partitioned_by_day_and_hour(w):
    partitioned(w, "day(ts), hour(ts)")


@case(row_order=False)
def partitioned_by_several(w):
    partitioned(w, "key, bucket(2, price)")


@case(row_order=False, inline=10)
def partitioned_inlined(w):
    partitioned(w, "key")


@case(row_order=False)
def partitioned_here(w):
    """The engine sets and resets the keys."""
    w.duckdb(SOURCE)
    w.run(
        TABLE,
        "INSERT INTO t " + ROWS.format(20),
        "ALTER TABLE t SET PARTITIONED BY (key)",
        "INSERT INTO t " + MORE.format(20),
        "ALTER TABLE t SET PARTITIONED BY (key)",
        "ALTER TABLE t SET PARTITIONED BY (year(ts), bucket(2, id))",
        "INSERT INTO t " + MORE.format(40),
        # By a filter on the key DuckDB overlooks files that were written under other keys.
        "UPDATE t SET price = 0 WHERE price = 0.75",
        "ALTER TABLE t RESET PARTITIONED BY",
        "INSERT INTO t " + MORE.format(60),
        "DELETE FROM t WHERE price = 1",
    )
    w.refused("ALTER TABLE t SET PARTITIONED BY (nothing)")
    w.run("ALTER TABLE t SET PARTITIONED BY (key)")
    w.refused("ALTER TABLE t DROP COLUMN key")


@case(row_order=False)
def partitioned_flat(w):
    w.duckdb(SOURCE)
    w.run("CALL lk.set_option('hive_file_pattern', false)", TABLE, "ALTER TABLE t SET PARTITIONED BY (key)")
    w.reopen()
    w.run("INSERT INTO t " + ROWS.format(20))


@case()
def sorted_tables(w):
    w.run(
        "CREATE TABLE t (i INTEGER, s VARCHAR, d DOUBLE)",
        "ALTER TABLE t SET SORTED BY (s ASC NULLS FIRST, i DESC)",
        "INSERT INTO t SELECT (i * 37) % 101, 'k' || (i % 7), i FROM range(100) r(i)",
        "INSERT INTO t VALUES (NULL, 'z', 1), (5, NULL, NULL), (NULL, NULL, 2)",
        "ALTER TABLE t RENAME COLUMN s TO name",
        "INSERT INTO t SELECT (i * 37) % 101, 'k' || (i % 7), i FROM range(50) r(i)",
        "UPDATE t SET d = -1 WHERE i < 10",
        "DELETE FROM t WHERE i > 90",
        "ALTER TABLE t RESET SORTED BY",
        "INSERT INTO t SELECT 100 - i, 'unsorted', i FROM range(20) r(i)",
    )


@case()
def sorted_by_duckdb(w):
    w.run("CREATE TABLE t (i INTEGER, s VARCHAR)")
    w.duckdb("ALTER TABLE t SET SORTED BY (i DESC)")
    w.run("INSERT INTO t SELECT (i * 37) % 101, 'k' || i FROM range(100) r(i)", "CALL lk.set_option('sort_on_insert', false)")
    w.reopen()
    w.run("INSERT INTO t SELECT (i * 37) % 101, 'k' || i FROM range(100) r(i)")

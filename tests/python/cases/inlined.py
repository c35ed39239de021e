"""Rows kept in the catalog database."""

from lakes import case

IN_CATALOG = ("sqlite", "postgres")


@case(inline=10, backends=IN_CATALOG)
def inlined_rows(lake):
    lake.sql(
        "CREATE TABLE t (i INTEGER, s VARCHAR, f DOUBLE, b BLOB)",
        "INSERT INTO t VALUES (1, 'one', 1.5, 'b1'), (2, NULL, NULL, NULL)",
        "INSERT INTO t VALUES (3, 'three', 'nan', '')",
        "DELETE FROM t WHERE i = 2",
        "UPDATE t SET s = 'drei' WHERE i = 3",
        "UPDATE t SET s = 'trois' WHERE i = 3",
        # Too many rows to be inlined go to a file, beside the inlined ones.
        "INSERT INTO t SELECT i, 'file ' || i, i, NULL FROM range(10, 30) r(i)",
        "DELETE FROM t WHERE i IN (1, 12)",
        "BEGIN",
        "INSERT INTO t VALUES (50, 'never', 0, NULL)",
        "DELETE FROM t WHERE i = 50",
        "COMMIT",
    )
    for predicate in ("i < 12", "s LIKE 'file 2%'", "f > 1", "b IS NULL"):
        lake.query(f"SELECT i, s FROM t WHERE {predicate}")


@case(inline=10, backends=IN_CATALOG)
def inlined_schema_versions(lake):
    lake.sql(
        "CREATE TABLE t (a INTEGER, b VARCHAR)",
        "INSERT INTO t VALUES (1, 'one')",
        "ALTER TABLE t ADD COLUMN c INTEGER DEFAULT 7",
        "INSERT INTO t VALUES (2, 'two', 2)",
        "ALTER TABLE t RENAME COLUMN a TO aa",
        "INSERT INTO t VALUES (3, 'three', 3)",
        # Changes elsewhere raise the version too.
        "CREATE TABLE u (x INTEGER)",
        "COMMENT ON TABLE t IS 'a comment'",
        "INSERT INTO t VALUES (4, 'four', 4)",
        "ALTER TABLE t DROP COLUMN b",
        "INSERT INTO t VALUES (5, 5)",
        "ALTER TABLE t ALTER COLUMN c SET DATA TYPE DOUBLE",
        "INSERT INTO t VALUES (6, 6.5)",
        "UPDATE t SET c = 0.5 WHERE aa IN (1, 2)",
        "ALTER TABLE t RENAME COLUMN aa TO b",
        "DELETE FROM t WHERE b = 4",
        "INSERT INTO u VALUES (1)",
        "ALTER TABLE t RENAME TO tt",
        "INSERT INTO tt VALUES (7, 7.5)",
    )


@case(inline=10, backends=IN_CATALOG)
def flushed(lake):
    """The worked example of row versions in one flushed file, and what comes after it."""
    lake.sql(
        "CREATE TABLE t (a INTEGER, b VARCHAR)",
        "INSERT INTO t VALUES (1, 'one'), (2, 'two')",
        "INSERT INTO t VALUES (3, 'three')",
        "DELETE FROM t WHERE a = 1",
        "UPDATE t SET a = 33 WHERE a = 3",
        "CALL ducklake_flush_inlined_data('lk')",
        "INSERT INTO t VALUES (4, 'four')",
        "DELETE FROM t WHERE a = 2",
        "ALTER TABLE t ADD COLUMN c INTEGER DEFAULT 1",
        "UPDATE t SET b = 'vier' WHERE a = 4",
        "CALL ducklake_flush_inlined_data('lk')",
        "DELETE FROM t WHERE a = 33",
        "INSERT INTO t VALUES (5, 'five', 5)",
    )
    lake.query("SELECT count(*) FROM t")
    lake.query("SELECT count(*) FROM t AT (VERSION => 3)")
    lake.query("SELECT count(*) FROM t AT (VERSION => 5)")


@case(inline=10, backends=IN_CATALOG, all_snapshots=False)
def flushed_types(lake):
    """Files hold less than inlined rows of these types."""
    lake.sql(
        "CREATE TABLE t (id INTEGER, tz TIMETZ, h HUGEINT, i INTERVAL, s STRUCT(a INTEGER))",
        "INSERT INTO t VALUES (1, '12:30:00+05:30', 9007199254740993, '1 month 00:00:00.000001', {'a': 1}), (2, NULL, NULL, NULL, NULL)",
        "CALL ducklake_flush_inlined_data('lk')",
        "INSERT INTO t VALUES (3, '12:30:00+05:30', 9007199254740993, '1 month 00:00:00.000001', {'a': 3})",
    )


@case(inline=10, backends=IN_CATALOG)
def inlined_then_late(lake):
    """Inlining switched on later, the columns changed after: no row of the schema versions names its version."""
    lake.reattach(inline=0)
    lake.sql("CREATE TABLE t (a INTEGER, b VARCHAR)", "INSERT INTO t VALUES (1, 'file')")
    lake.reattach(inline=10)
    lake.sql("INSERT INTO t VALUES (2, 'inlined')", "ALTER TABLE t RENAME COLUMN b TO c", "ALTER TABLE t ADD COLUMN d INTEGER DEFAULT 9")
    lake.sql("INSERT INTO t VALUES (3, 'later', 3)")


@case(inline=10, backends=IN_CATALOG)
def inlined_odd_names(lake):
    lake.sql(
        'CREATE TABLE "select" ("order" INTEGER, "Mixed Case" VARCHAR, "quo""te" VARCHAR, "é🦆" INTEGER, "a.b" INTEGER)',
        """INSERT INTO "select" VALUES (1, 'x', 'y', 2, 3)""",
        """UPDATE "select" SET "quo""te" = 'z'""",
        'CREATE TABLE structs (s STRUCT("a b" INTEGER, "c""d" VARCHAR, "it\'s" INTEGER))',
    )
    lake.sql("""INSERT INTO structs VALUES ({'a b': 1, 'c"d': 'x', 'it''s': 2})""")
    # A DuckDB file holds structs as such.
    for at in range(lake.snapshot, lake.snapshot + 3) if lake.backend != "duckdb" else ():
        why = "DuckDB cannot read its own inlined text of a struct whose member names hold quotes"
        lake.right("structs", [["{'a b': 1, 'c\"d': x, 'it\\'s': 2}"]], why, snapshot=at)
    # Columns named like those of inlined tables keep a table out of the catalog.
    lake.reattach(inline=0)
    lake.sql("CREATE TABLE hidden (row_id INTEGER, begin_snapshot INTEGER)")
    lake.reattach(inline=10)
    lake.sql("INSERT INTO hidden VALUES (1, 2)")


@case(inline=1000, backends=IN_CATALOG, all_snapshots=False)
def inlined_many(lake):
    lake.sql("CREATE TABLE t AS SELECT i::INTEGER AS i, 'text ' || i AS s, i * 0.5 AS f, [i, i + 1] AS l FROM range(900) r(i)")
    lake.sql("DELETE FROM t WHERE i % 3 = 0")
    lake.query("SELECT count(*), sum(i) FROM t WHERE f > 100")

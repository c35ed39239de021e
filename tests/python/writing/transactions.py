"""Several statements in one transaction."""

from two_lakes import case

TABLE = "CREATE TABLE t (i INTEGER, s VARCHAR)"
FILL = "INSERT INTO t SELECT i, 'row ' || i FROM range({}, {}) r(i)"


def together(w):
    w.run(TABLE, FILL.format(0, 30), "BEGIN", FILL.format(30, 60), "INSERT INTO t VALUES (100, 'inlined')")
    w.query("SELECT count(*), sum(i) FROM t")
    w.run("DELETE FROM t WHERE i IN (5, 35, 100)")
    w.query("SELECT count(*), sum(i) FROM t")
    w.run("UPDATE t SET s = 'updated' WHERE i IN (6, 7)", "INSERT INTO t VALUES (101, 'x')", "UPDATE t SET s = 'again' WHERE i IN (6, 8)")
    w.query("SELECT i, s FROM t WHERE s NOT LIKE 'row%'")
    w.run("DELETE FROM t WHERE i IN (7, 9)", "CREATE TABLE u AS SELECT * FROM t WHERE i < 12 ORDER BY i")
    w.query("SELECT count(*), sum(i) FROM u")
    w.run("COMMIT")
    w.query("SELECT count(*), sum(i), count(DISTINCT rowid) FROM t")
    w.query("SELECT count(*), sum(i) FROM u")


@case()
def several_statements(w):
    together(w)


@case(inline=10)
def several_statements_inlined(w):
    together(w)


@case(inline=10)
def rolled_back(w):
    w.run(
        TABLE,
        FILL.format(0, 20),
        "BEGIN",
        FILL.format(20, 50),
        "INSERT INTO t VALUES (1, 'x')",
        "DELETE FROM t WHERE i < 10",
        "CREATE TABLE u (i INTEGER)",
        "ALTER TABLE t ADD COLUMN a INTEGER",
        "ROLLBACK",
    )
    w.query("SELECT count(*), sum(i) FROM t")
    w.refused("SELECT * FROM u", "COMMIT", "ROLLBACK")
    w.run("INSERT INTO t VALUES (2, 'after')")


@case(inline=10)
def nothing_left(w):
    """What cancels out makes no snapshot. (For inlined rows DuckDB makes an empty one.)"""
    w.run(
        TABLE,
        "BEGIN",
        FILL.format(0, 40),
        "DELETE FROM t",
        "COMMIT",
        "BEGIN",
        "CREATE TABLE u (i INTEGER)",
        "INSERT INTO u SELECT i FROM range(30) r(i)",
        "DROP TABLE u",
        "COMMIT",
        "BEGIN",
        "SELECT count(*) FROM t",
        "COMMIT",
        "INSERT INTO t VALUES (2, 'y')",
    )


def new_tables(w):
    w.run(
        "BEGIN",
        TABLE,
        FILL.format(0, 5),
        FILL.format(5, 40),
        "DELETE FROM t WHERE i IN (2, 20)",
        "ALTER TABLE t ADD COLUMN a INTEGER",
        "INSERT INTO t VALUES (100, 'wider', 1)",
        "UPDATE t SET s = 'updated' WHERE i IN (1, 21)",
        "ALTER TABLE t RENAME TO renamed",
        "COMMENT ON TABLE renamed IS 'new'",
        "COMMIT",
        "INSERT INTO renamed VALUES (101, 'later', 2)",
    )
    w.query("SELECT count(*), sum(i), count(DISTINCT rowid) FROM renamed")


@case(row_order=False)
def table_made_inside(w):
    new_tables(w)


@case(inline=10, row_order=False)
def table_made_inside_inlined(w):
    new_tables(w)


def alter_and_insert(w):
    w.run(
        TABLE,
        FILL.format(0, 5),
        FILL.format(5, 40),
        "BEGIN",
        "ALTER TABLE t ADD COLUMN a INTEGER DEFAULT 3",
        "INSERT INTO t VALUES (100, 'few', 1)",
        "INSERT INTO t SELECT i, 'many', i FROM range(20) r(i)",
        "ALTER TABLE t RENAME COLUMN s TO name",
        "INSERT INTO t VALUES (101, 'renamed', 2)",
        "DELETE FROM t WHERE i IN (1, 10, 100)",
        "COMMIT",
        "INSERT INTO t (i, name) VALUES (102, 'after')",
    )
    w.query("SELECT count(*), sum(i), sum(a), max(name) FROM t")


@case()
def altered_and_filled(w):
    alter_and_insert(w)


@case(inline=10)
def altered_and_filled_inlined(w):
    alter_and_insert(w)


@case(inline=10)
def many_tables(w):
    w.run(*(f"CREATE TABLE t{n} AS SELECT i, 'x' AS s FROM range({n * 7}) r(i)" for n in range(1, 4)))
    w.run(
        "BEGIN",
        "DELETE FROM t1 WHERE i = 1",
        "DROP TABLE t2",
        "UPDATE t3 SET s = 'y' WHERE i = 2",
        "CREATE SCHEMA s",
        "CREATE TABLE s.t2 (a INTEGER)",
        "INSERT INTO s.t2 VALUES (1)",
        "COMMIT",
    )


@case(inline=10)
def failed_statement(w):
    """After a statement that fails the transaction can only be given up."""
    w.run(TABLE, FILL.format(0, 5), "BEGIN", "INSERT INTO t VALUES (1, 'x')")
    w.refused("INSERT INTO nowhere VALUES (1)")
    w.run("ROLLBACK", "INSERT INTO t VALUES (2, 'y')")
    w.query("SELECT count(*), sum(i) FROM t")


@case(inline=10)
def taking_turns(w):
    """DuckDB changes what the engine has cached."""
    w.run(TABLE, FILL.format(0, 5), FILL.format(5, 40))
    w.duckdb("ALTER TABLE t ADD COLUMN a INTEGER", "INSERT INTO t VALUES (100, 'duck', 1)")
    w.run("INSERT INTO t VALUES (101, 'ours', 2)", "UPDATE t SET a = 5 WHERE i IN (1, 7, 100)")
    w.duckdb("DELETE FROM t WHERE i IN (2, 8)", "ALTER TABLE t RENAME TO u")
    w.run("INSERT INTO u SELECT i, 'ours', i FROM range(12) r(i)", "DELETE FROM u WHERE i = 3")
    w.duckdb("CALL ducklake_flush_inlined_data('lk')", "UPDATE u SET s = 'duck' WHERE i = 9")
    w.run("DELETE FROM u WHERE i IN (9, 10)", "INSERT INTO u VALUES (102, 'ours', 3)")
    w.query("SELECT count(*), sum(i), sum(a), count(DISTINCT rowid) FROM u")

"""Schemas, views, macros, comments, options, messages, encryption."""

from two_lakes import case


@case(inline=10)
def schemas(w):
    w.run(
        "CREATE SCHEMA s",
        "CREATE SCHEMA IF NOT EXISTS s",
        "CREATE TABLE s.t (i INTEGER)",
        "INSERT INTO s.t VALUES (1)",
        "CREATE TABLE lk.s.u AS SELECT i FROM range(30) r(i)",
        "CREATE VIEW s.v AS SELECT count(*) AS n FROM s.u",
        "CREATE SCHEMA other",
        "DROP SCHEMA other",
    )
    w.refused("DROP SCHEMA s", "CREATE SCHEMA s", "DROP SCHEMA other", "CREATE TABLE other.t (i INTEGER)")
    w.run("DROP SCHEMA s CASCADE", "DROP SCHEMA IF EXISTS s", "CREATE SCHEMA s", "CREATE TABLE s.t (j INTEGER)")


@case(inline=10)
def drop_tables(w):
    w.run(
        "CREATE TABLE t (i INTEGER)",
        "INSERT INTO t SELECT i FROM range(30) r(i)",
        "DELETE FROM t WHERE i < 20",
        "INSERT INTO t VALUES (1)",
        "DROP TABLE t",
        "DROP TABLE IF EXISTS t",
        "CREATE TABLE t (i INTEGER)",
        "INSERT INTO t VALUES (2)",
        "CREATE OR REPLACE TABLE t (j VARCHAR)",
    )
    w.refused("DROP TABLE nowhere", "CREATE TABLE t (k INTEGER)", "INSERT INTO t VALUES (1, 2)")
    w.query("SELECT count(*), sum(i) FROM t AT (VERSION => 4)")


@case(inline=10)
def views(w):
    w.run(
        "CREATE TABLE t (i INTEGER, s VARCHAR)",
        "INSERT INTO t VALUES (1, 'a'), (2, 'b')",
        "CREATE VIEW v AS SELECT i, s FROM t WHERE i > 1",
        "CREATE VIEW aliased (x, y) AS SELECT i, s FROM t",
        "CREATE OR REPLACE VIEW v AS SELECT i * 2 AS twice FROM t",
        "CREATE VIEW IF NOT EXISTS v AS SELECT 1",
        "ALTER VIEW aliased RENAME TO renamed",
        "CREATE VIEW gone AS SELECT 1 AS one",
        "DROP VIEW gone",
        "DROP VIEW IF EXISTS gone",
    )
    w.refused("CREATE VIEW v AS SELECT 1", "CREATE VIEW t AS SELECT 1", "DROP VIEW nowhere", "DROP TABLE v", "INSERT INTO v VALUES (1)")
    w.query("SELECT * FROM v")
    w.query("SELECT x, y FROM renamed")



@case(inline=10)
def comments(w):
    w.run(
        "CREATE TABLE t (i INTEGER, s VARCHAR)",
        "CREATE VIEW v AS SELECT i FROM t",
        "COMMENT ON TABLE t IS 'a table'",
        "COMMENT ON COLUMN t.s IS 'a column''s'",
        "COMMENT ON VIEW v IS 'a view'",
        "COMMENT ON TABLE t IS 'another'",
        "COMMENT ON TABLE t IS NULL",
        "INSERT INTO t VALUES (1, 'x')",
        "ALTER TABLE t RENAME TO u",
        "DROP VIEW v",
    )


@case(inline=10)
def messages(w):
    w.run(
        "CREATE TABLE t (i INTEGER)",
        "BEGIN",
        "CALL lk.set_commit_message('Ada', 'the first', extra_info => '{\"ticket\": 1}')",
        "INSERT INTO t VALUES (1)",
        "COMMIT",
        "INSERT INTO t VALUES (2)",
        "BEGIN",
        "INSERT INTO t VALUES (3)",
        "CALL lk.set_commit_message('Ada', 'it''s the second')",
        "COMMIT",
        "CALL lk.set_option('require_commit_message', true)",
    )
    w.reopen()
    w.refused("INSERT INTO t VALUES (4)")
    w.run("BEGIN", "CALL lk.set_commit_message('Ada', 'required')", "INSERT INTO t VALUES (5)", "COMMIT")
    w.run("CALL lk.set_option('require_commit_message', false)")


@case(inline=10)
def options(w):
    w.run(
        "CREATE SCHEMA s",
        "CREATE TABLE s.t (i INTEGER)",
        "CALL lk.set_option('parquet_compression', 'zstd')",
        "CALL lk.set_option('parquet_compression_level', 5)",
        "CALL lk.set_option('parquet_row_group_size', 50)",
        "CALL lk.set_option('target_file_size', '10MB')",
        "CALL lk.set_option('parquet_version', 2)",
        "CALL lk.set_option('data_inlining_row_limit', 2, schema => 's')",
        "CALL lk.set_option('data_inlining_row_limit', 3, schema => 's', table_name => 't')",
        "CALL lk.set_option('data_inlining_row_limit', 4, schema => 's', table_name => 't')",
        "INSERT INTO s.t SELECT i FROM range(4) r(i)",
        "INSERT INTO s.t SELECT i FROM range(500) r(i)",
    )
    w.refused("CALL lk.set_option('no_such_option', 1)", "CALL lk.set_option('data_path', 'x')")


@case(options=["ENCRYPTED"])
def encrypted(w):
    w.run(
        "CREATE TABLE t (i INTEGER, s VARCHAR)",
        "INSERT INTO t SELECT i, 'secret ' || i FROM range(100) r(i)",
        "DELETE FROM t WHERE i % 10 = 1",
        "UPDATE t SET s = 'new' WHERE i % 10 = 2",
        "DELETE FROM t WHERE i % 10 = 3",
        "CREATE TABLE parts (k INTEGER, v VARCHAR)",
        "ALTER TABLE parts SET PARTITIONED BY (k)",
        "INSERT INTO parts SELECT 1, 'x' || i FROM range(5) r(i)",
    )
    w.query("SELECT count(*), sum(i), max(s) FROM t")

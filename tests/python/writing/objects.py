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
def macros(w):
    w.run(
        "CREATE TABLE t (id INTEGER, name VARCHAR)",
        "INSERT INTO t VALUES (1, 'tom'), (2, 'dick'), (3, 'harry')",
        "CREATE MACRO plus(a, b) AS a + b * 2",
        "CREATE MACRO lk.main.twice(x) AS plus(x, 0) * 2",
        "CREATE FUNCTION label(x) AS CASE WHEN x > 1 THEN upper('many''s') WHEN x IS NULL THEN NULL ELSE 'one' END",
        "CREATE MACRO known(a) AS a IN (SELECT id FROM t) AND NOT a = 3 OR a NOT BETWEEN 0 AND 9",
        "CREATE MACRO like_it(s) AS s LIKE 't%' AND s NOT ILIKE '%X' OR s IS NOT NULL AND length(trim(s)) > 4",
        "CREATE MACRO dated(x) AS x::DATE >= DATE '2020-01-01'",
        "CREATE MACRO bigger(lim) AS TABLE SELECT * FROM t WHERE(id>=lim or name=lim::VARCHAR)",
        "CREATE MACRO counted() AS TABLE (SELECT name, count(*) AS n FROM t GROUP BY name HAVING count(*) > 0 ORDER BY name DESC LIMIT 2)",
        "CREATE MACRO joined() AS TABLE SELECT x.id, y.name FROM t x JOIN t y ON x.id = y.id LEFT JOIN t AS z ON (z.id = x.id AND z.id > 1)",
        "CREATE MACRO stacked() AS TABLE WITH c AS (SELECT 1 AS i) SELECT i FROM c UNION ALL SELECT 2",
        "CREATE MACRO IF NOT EXISTS plus(a) AS a",
        "CREATE OR REPLACE MACRO plus(a, b) AS a + b",
        "CREATE MACRO pair(x) AS x + 1",
        "CREATE MACRO pair(x, y) AS TABLE SELECT x AS a, y AS b",
        "CREATE MACRO \"it's\"(\"select\", \"My Name\") AS \"select\" || \"My Name\"",
        "CREATE MACRO gone() AS 1",
        "DROP MACRO gone",
        "DROP MACRO IF EXISTS gone",
        "CREATE MACRO gone() AS TABLE SELECT 1 AS one",
        "DROP MACRO gone",
        "DROP MACRO TABLE IF EXISTS gone",
    )
    w.query("SELECT plus(1, 2), twice(3), lk.main.plus(1, b := 1), label(2), label(NULL)")
    w.query("SELECT id, like_it(name), plus(id, 1) FROM t WHERE known(id)")
    w.query("SELECT dated('2020-01-02'), \"it's\"('a', 'b')")
    w.query("SELECT * FROM bigger(2)")
    w.query("SELECT * FROM counted()")
    w.query("SELECT * FROM joined()")
    w.query("SELECT sum(i) FROM stacked()")
    w.query("SELECT pair(41), (SELECT b FROM pair(1, 2))")
    w.refused(
        "CREATE MACRO plus(a) AS a",
        "CREATE MACRO bad(a) AS no_such_function(a)",
        "CREATE MACRO bad(a) AS b",
        "CREATE MACRO bad(a) AS (SELECT max(id) FROM nowhere)",
        "CREATE MACRO bad(a) AS TABLE SELECT nothing FROM t",
        "CREATE MACRO bad(a, a) AS a",
        "CREATE MACRO bad(a := 1, b) AS a",
        "CREATE MACRO bad(a) AS a, (b) AS b",
        "CREATE MACRO bad(a := id) AS a",
        "CREATE MACRO bad(a INTEGER := 'x') AS a",
        "CREATE MACRO nowhere.bad(a) AS a",
        "DROP MACRO nowhere",
        "DROP MACRO TABLE plus",
        "DROP TABLE plus",
        "SELECT plus(1)",
        "SELECT plus(1, 2, 3)",
        "SELECT plus(1, c := 2)",
        "SELECT gone()",
        "SELECT * FROM plus(1, 2)",
        "SELECT bigger(1)",
    )


@case(inline=10)
def macro_forms(w):
    """Several forms, defaults, types."""
    w.run(
        "CREATE MACRO add() AS 0, (a) AS a, (a, b) AS a + b, (a, b, c := 10) AS a + b + c",
        "CREATE OR REPLACE MACRO add() AS 0, (a) AS a, (a, b) AS a + b, (a, b, c) AS a + b + c",
        "CREATE MACRO tables() AS TABLE (SELECT 1 AS i), (n) AS TABLE (SELECT n AS i)",
        "CREATE MACRO default_int(a, b := 5) AS a + b",
        "CREATE MACRO default_text(who := 'it''s me', end_with := '!') AS who || end_with",
        "CREATE MACRO default_others(a := 1.5, b := true, c := DATE '2020-01-01', d := -3, e := 10000000000) AS concat(a, b, c, d, e)",
        "CREATE MACRO default_text_null(a := 'NULL') AS a",
        "CREATE MACRO typed(x BIGINT, y DECIMAL(10, 2) := 1) AS typeof(x) || typeof(y)",
        "CREATE MACRO kind(a INTEGER) AS 'int', (a VARCHAR) AS 'text', (a DOUBLE) AS 'double'",
        "CREATE MACRO any_kind(a) AS 'any', (a VARCHAR) AS 'text'",
    )
    w.query("SELECT add(), add(1), add(1, 2), add(1, 2, 3), add(b := 1, a := 2)")
    w.query("SELECT (SELECT i FROM tables()) + (SELECT i FROM tables(n := 4))")
    w.query("SELECT default_int(1), default_int(1, 3), default_int(1, b := 0), default_text(), default_text('y''all'), default_text(end_with := '?')")
    w.query("SELECT default_others(), default_text_null()")
    w.query("SELECT typed(1), typed(1::TINYINT, 2)")
    w.query("SELECT kind(1), kind('x'), kind(1.5), kind(1::DOUBLE), any_kind(5::TINYINT), any_kind('x')")
    w.refused("SELECT typed('x')", "SELECT kind(DATE '2020-01-01')", "SELECT default_int()", "SELECT default_int(1, a := 2)")


@case(inline=10)
def macro_schemas(w):
    """Macros end with their schema, and keep it from being dropped."""
    w.run(
        "CREATE SCHEMA s",
        "CREATE MACRO s.m(a) AS a + 1",
        "CREATE MACRO lk.s.t(n) AS TABLE SELECT n AS i",
        "CREATE MACRO s.own() AS 'in s'",
        "CREATE MACRO own() AS 'in main'",
    )
    w.query("SELECT s.m(1), lk.s.m(2), own(), s.own(), (SELECT i FROM s.t(3))")
    w.run("USE lk.s")
    w.query("SELECT own(), m(1)")
    w.run("USE lk")
    w.refused("DROP SCHEMA s", "SELECT m(1)")
    w.run("DROP SCHEMA s CASCADE", "CREATE SCHEMA s")
    w.refused("SELECT s.m(1)")
    w.run("CREATE MACRO s.m(a) AS a - 1", "DROP MACRO s.m", "DROP SCHEMA s")


@case(inline=10)
def macro_transactions(w):
    """Macros are there within their transaction, and gone with it."""
    w.run(
        "BEGIN",
        "CREATE MACRO one() AS 1",
    )
    w.query("SELECT one()")
    w.run("ROLLBACK")
    w.refused("SELECT one()")
    w.run(
        "BEGIN",
        "CREATE TABLE t (i INTEGER)",
        "INSERT INTO t SELECT i FROM range(30) r(i)",
        "CREATE MACRO above(n) AS TABLE SELECT i FROM t WHERE i > n",
        "CREATE MACRO next(n) AS n + 1",
    )
    w.query("SELECT count(*), next(max(i)) FROM above(10)")
    w.run("UPDATE t SET i = next(i) WHERE i = 1", "COMMIT")
    w.query("SELECT count(*), next(max(i)) FROM above(10)")
    w.run("BEGIN", "DROP MACRO next")
    w.refused("SELECT next(1)")
    w.run("ROLLBACK", "BEGIN", "DROP MACRO next", "CREATE MACRO next(n) AS n + 2")
    w.query("SELECT next(1)")
    w.run("COMMIT", "BEGIN", "CREATE MACRO passing() AS 1", "DROP MACRO passing", "COMMIT")
    w.duckdb(
        "CREATE MACRO later(a, b := 2) AS a::DATE + INTERVAL 3 DAY + INTERVAL (b) MONTH",
        "CREATE MACRO parts(a) AS {'x': a, 'y': [a, 2]}.y[1] + CASE a WHEN 1 THEN 10 ELSE 20 END",
        "CREATE MACRO seen(a) AS a IN (SELECT i FROM t) AND a::VARCHAR NOT LIKE '3%'",
        "CREATE MACRO first_of(a) AS [a, 2][1]",
        "CREATE MACRO spelt(s) AS s SIMILAR TO 'y+'",
    )
    w.query("SELECT later('2020-01-01')::DATE, later('2020-01-01', 1)::DATE, parts(1), parts(2)")
    w.query("SELECT i FROM t WHERE seen(i)")
    w.query("SELECT first_of(7), spelt('yy'), spelt('xyy')")
    w.run("CREATE MACRO last_of(a) AS [1, a][2]")
    w.query("SELECT last_of(7)")


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

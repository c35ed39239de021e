//! What DuckDB 1.5.5 stored for these bodies.

use datafusion::sql::sqlparser::parser::Parser;

use super::*;
use crate::sql::dialect::LakeDialect;

fn parser(sql: &str) -> Parser<'static> {
    Parser::new(&LakeDialect).try_with_sql(sql).unwrap()
}

fn printed(sql: &str) -> Option<String> {
    expression(&parser(sql).parse_expr().unwrap())
}

fn printed_query(sql: &str) -> Option<String> {
    query(&parser(sql).parse_query().unwrap())
}

#[test]
fn expressions_as_duckdb_stores_them() {
    for (sql, expected) in [
        ("a", "a"),
        ("((a))", "a"),
        ("\"My Name\" + name", "(\"My Name\" + \"name\")"),
        ("A.b.\"select\"", "A.b.\"select\""),
        ("42", "42"),
        ("-1.5", "-1.5"),
        ("-(-a)", "-(-(a))"),
        ("NULL", "NULL"),
        ("true", "CAST('t' AS BOOLEAN)"),
        ("'it''s'", "'it''s'"),
        ("a + b * 2", "(a + (b * 2))"),
        ("(1 + 2) * a - (3 - a) / 4", "(((1 + 2) * a) - ((3 - a) / 4))"),
        ("a || 'x' || 'y' = 'z'", "(((a || 'x') || 'y') = 'z')"),
        ("a == 1 AND (b <> 2 AND c >= 3)", "((a = 1) AND (b != 2) AND (c >= 3))"),
        ("a > 1 AND (a < 5 OR a < 6 OR a = 7)", "((a > 1) AND ((a < 5) OR (a < 6) OR (a = 7)))"),
        ("NOT a", "(NOT a)"),
        ("NOT (a = 1) AND NOT b < 2", "((a != 1) AND (b >= 2))"),
        ("NOT (a > 1 AND a < 3)", "(NOT ((a > 1) AND (a < 3)))"),
        ("a IS NULL OR b IS NOT NULL", "((a IS NULL) OR (b IS NOT NULL))"),
        (
            "a IS TRUE OR b IS NOT FALSE",
            "((CAST(a AS BOOLEAN) IS NOT DISTINCT FROM true) OR (CAST(b AS BOOLEAN) IS DISTINCT FROM false))",
        ),
        ("a IS DISTINCT FROM 1", "(a IS DISTINCT FROM 1)"),
        ("a IN (1, 2)", "(a IN (1, 2))"),
        ("a NOT IN (1)", "(a NOT IN (1))"),
        ("a IN (SELECT 1)", "(a = ANY(SELECT 1))"),
        ("a NOT IN (SELECT id FROM t)", "(NOT (a = ANY(SELECT id FROM t)))"),
        ("a BETWEEN 1 AND 2", "(a BETWEEN 1 AND 2)"),
        ("a NOT BETWEEN 1 AND 2", "(NOT (a BETWEEN 1 AND 2))"),
        ("a LIKE 'x%'", "(a ~~ 'x%')"),
        ("a NOT LIKE 'x%'", "(a !~~ 'x%')"),
        ("a ILIKE 'x%'", "(a ~~* 'x%')"),
        ("a NOT ILIKE 'x%'", "(a !~~* 'x%')"),
        ("cast(a AS DECIMAL(10,2)) + a::INT", "(CAST(a AS DECIMAL(10, 2)) + CAST(a AS INTEGER))"),
        ("try_cast(a AS double)", "TRY_CAST(a AS \"DOUBLE\")"),
        ("a::TEXT || a::TIMESTAMPTZ", "(CAST(a AS VARCHAR) || CAST(a AS \"TIMESTAMP WITH TIME ZONE\"))"),
        ("DATE '2020-01-01' + a", "(CAST('2020-01-01' AS \"DATE\") + a)"),
        ("CASE WHEN a > 1 THEN 'x' END", "CASE  WHEN ((a > 1)) THEN ('x') ELSE NULL END"),
        (
            "CASE a WHEN 1 THEN 'x' WHEN 2 THEN 'y' ELSE 'z' END",
            "CASE  WHEN ((a = 1)) THEN ('x') WHEN ((a = 2)) THEN ('y') ELSE 'z' END",
        ),
        ("if(a > 1, 2, 3)", "CASE  WHEN ((a > 1)) THEN (2) ELSE 3 END"),
        ("UPPER(a) || left(a, 1)", "(upper(a) || \"left\"(a, 1))"),
        ("coalesce(a, NULL)", "COALESCE(a, NULL)"),
        ("ifnull(a, 1)", "COALESCE(a, 1)"),
        ("nullif(a, 1)", "\"nullif\"(a, 1)"),
        ("COUNT(*) + count(DISTINCT a)", "(count_star() + count(DISTINCT a))"),
        ("count(*) FILTER (WHERE a > 1)", "count_star() FILTER (WHERE (a > 1))"),
        (
            "sum(a) OVER (PARTITION BY a, 1 ORDER BY a, -a DESC NULLS LAST)",
            "sum(a) OVER (PARTITION BY a, 1 ORDER BY a, -(a) DESC NULLS LAST)",
        ),
        ("m1(a, b := 2) + m1(b => 1, a => 2)", "(m1(a, b := 2) + m1(b := 1, a := 2))"),
        ("main.a51(a) AND lk.main.a51(a)", "(main.a51(a) AND lk.main.a51(a))"),
        ("a.upper()", "a.upper()"),
        ("[a, 1][1]", "main.list_value(a, 1)[1]"),
        ("a[1] + a[1:2]", "(a[1] + a[1:2])"),
        ("{'x': a, 'y': 2}", "main.struct_pack(x := a, y := 2)"),
        ("(1, a)", "main.\"row\"(1, a)"),
        ("extract(year FROM a)", "main.date_part('year', a)"),
        ("substring(a FROM 1 FOR 2)", "main.\"substring\"(a, 1, 2)"),
        ("position('a' IN a) + length(trim(a))", "(main.\"position\"(a, 'a') + length(main.\"trim\"(a)))"),
        ("list_transform(a, x -> x + 1)", "list_transform(a, (x -> (x + 1)))"),
        ("(SELECT max(id) FROM t WHERE id < a)", "(SELECT max(id) FROM t WHERE (id < a))"),
        ("NOT EXISTS(SELECT 1)", "(NOT EXISTS(SELECT 1))"),
    ] {
        assert_eq!(printed(sql).as_deref(), Some(expected), "{sql}");
    }
}

#[test]
fn queries_as_duckdb_stores_them() {
    for (sql, expected) in [
        ("SELECT * FROM t WHERE(id>=a or name=_name)", "SELECT * FROM t WHERE ((id >= a) OR (\"name\" = _name))"),
        ("FROM t", "SELECT * FROM t"),
        ("(SELECT * FROM t)", "SELECT * FROM t"),
        ("VALUES (1, 2), (3, 4)", "SELECT * FROM (VALUES (1, 2), (3, 4)) AS valueslist"),
        ("SELECT t.*, t.id AS \"x y\", id u FROM lk.main.t", "SELECT t.*, t.id AS \"x y\", id AS u FROM lk.main.t"),
        (
            "SELECT DISTINCT name, * EXCLUDE (id) FROM t, range(3) r(i) WHERE i = id",
            "SELECT DISTINCT \"name\", * EXCLUDE (id) FROM t , \"range\"(3) AS r(i) WHERE (i = id)",
        ),
        (
            "SELECT id FROM t GROUP BY id, 2+1 HAVING count(*) > 1 ORDER BY id ASC, count(*) DESC NULLS FIRST LIMIT 10 OFFSET 2",
            "SELECT id FROM t GROUP BY id, (2 + 1) HAVING (count_star() > 1) ORDER BY id ASC, count_star() DESC NULLS FIRST LIMIT 10 OFFSET 2",
        ),
        (
            "SELECT x.id FROM t x JOIN t y ON x.id = y.id LEFT OUTER JOIN u USING (id, name) CROSS JOIN v",
            "SELECT x.id FROM t AS x INNER JOIN t AS y ON ((x.id = y.id)) LEFT JOIN u USING (id, \"name\") CROSS JOIN v",
        ),
        ("SELECT 1 UNION SELECT 2 UNION ALL SELECT 3", "((SELECT 1) UNION (SELECT 2)) UNION ALL (SELECT 3)"),
        (
            "WITH c AS (SELECT 1 AS x) SELECT * FROM c UNION ALL SELECT 2",
            "WITH c AS (SELECT 1 AS x)(SELECT * FROM c) UNION ALL (SELECT 2)",
        ),
        (
            "WITH q AS (SELECT 1 AS x), r(z) AS (SELECT 2) SELECT * FROM q, r",
            "WITH q AS (SELECT 1 AS x), r (z) AS (SELECT 2)SELECT * FROM q , r",
        ),
        ("SELECT * FROM (SELECT 1 AS x) AS q(y)", "SELECT * FROM (SELECT 1 AS x) AS q(y)"),
        (
            "SELECT * FROM (VALUES (1,2)) AS v(x, y)",
            "SELECT * FROM (SELECT * FROM (VALUES (1, 2)) AS valueslist) AS v(x, y)",
        ),
        (
            "SELECT avg(val) OVER (PARTITION BY id) AS v FROM t QUALIFY row_number() OVER () = 1",
            "SELECT avg(val) OVER (PARTITION BY id) AS v FROM t QUALIFY (row_number() OVER () = 1)",
        ),
        ("SELECT DISTINCT ON (id) id FROM t LIMIT a", "SELECT DISTINCT ON (id) id FROM t LIMIT a"),
    ] {
        assert_eq!(printed_query(sql).as_deref(), Some(expected), "{sql}");
    }
}

#[test]
fn what_is_not_sure_is_not_printed() {
    // Ranks of operators differ between the parsers.
    for sql in ["1 + 2 || 'x'", "a & 1 | 2 << 3", "1e3", "INTERVAL 3 DAY", "-(-1)", "m(a = 1)"] {
        assert_eq!(printed(sql), None, "{sql}");
    }
    for sql in ["SELECT * FROM t AT (VERSION => 1)", "WITH RECURSIVE r AS (SELECT 1) FROM r", "SELECT 1 ORDER BY ALL"] {
        assert_eq!(printed_query(sql), None, "{sql}");
    }
}

/// The text is read back by the parser, and printed as it was.
#[test]
fn what_is_printed_is_read_again() {
    for sql in [
        "CASE a WHEN 1 THEN upper(b) ELSE 'z' END",
        "a NOT LIKE 'x%' AND b ILIKE 'y' OR NOT c",
        "count(*) FILTER (WHERE a > 1)",
        "a::DATE = DATE '2020-01-01' AND b IS DISTINCT FROM 1",
        "substring(a FROM 1 FOR 2) || left(b, 1)",
    ] {
        let once = printed(sql).unwrap();
        assert!(Parser::new(&LakeDialect).try_with_sql(&once).unwrap().parse_expr().is_ok(), "{once}");
    }
}

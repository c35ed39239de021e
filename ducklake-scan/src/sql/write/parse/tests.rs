use ducklake_format::LakeType;
use ducklake_format::partition::Transform;

use super::super::statement::*;
use super::parse;
use crate::error::{LakeError, Result};
use crate::sql::types::sql_name;

fn write(sql: &str) -> WriteStatement {
    match parse(sql) {
        Ok(Some(statement)) => statement,
        other => panic!("{sql}: {other:?}"),
    }
}

fn alter(action: &str) -> AlterAction {
    match write(&format!("ALTER TABLE lk.s.t {action}")) {
        WriteStatement::AlterTable { name, action, .. } if name == ["lk", "s", "t"] => *action,
        other => panic!("{other:?}"),
    }
}

fn create(sql: &str) -> CreateTable {
    match write(sql) {
        WriteStatement::CreateTable(table) => *table,
        other => panic!("{other:?}"),
    }
}

fn path(text: &str) -> Vec<String> {
    text.split('.').map(str::to_string).collect()
}

fn refused<T: std::fmt::Debug>(result: Result<T>) -> bool {
    matches!(result, Err(LakeError::NotSupported { .. }))
}

#[test]
fn transactions() {
    for (sql, wanted) in [
        ("BEGIN", "Begin"),
        ("begin transaction;", "Begin"),
        ("START TRANSACTION", "Begin"),
        ("BEGIN TRANSACTION READ WRITE", "Begin"),
        ("COMMIT", "Commit"),
        ("END TRANSACTION", "Commit"),
        ("ROLLBACK", "Rollback"),
        ("ABORT", "Rollback"),
        ("CHECKPOINT", "Checkpoint { lake: None }"),
        ("FORCE CHECKPOINT lk", "Checkpoint { lake: Some(\"lk\") }"),
    ] {
        assert_eq!(format!("{:?}", write(sql)), wanted, "{sql}");
    }
    assert!(parse("BEGIN; COMMIT").is_err());
    assert!(parse("START").is_err());
    assert!(refused(parse("ROLLBACK TO s")));
}

#[test]
fn other_statements_are_left_alone() {
    for sql in
        ["SELECT 1", "FROM t", "WITH a AS (SELECT 1) SELECT * FROM a", "WITH nonsense", "VALUES (1)", "(SELECT 1)", ""]
    {
        assert!(parse(sql).unwrap().is_none(), "{sql}");
    }
}

#[test]
fn schemas() {
    assert!(matches!(
        write("CREATE SCHEMA IF NOT EXISTS ducklake.\"asd/fgh\""),
        WriteStatement::CreateSchema { name, if_not_exists: true } if name == ["ducklake", "asd/fgh"]
    ));
    assert!(matches!(
        write("DROP SCHEMA IF EXISTS s1 CASCADE"),
        WriteStatement::DropSchema { if_exists: true, cascade: true, .. }
    ));
    assert!(matches!(write("DROP SCHEMA s1 RESTRICT"), WriteStatement::DropSchema { cascade: false, .. }));
}

#[test]
fn tables_with_columns() {
    let table = create(
        "CREATE OR REPLACE TABLE \"quoted 'table' \"\"name\"\"\"(i INTEGER DEFAULT 5 NOT NULL, \"B c\" VARCHAR NOT NULL \
         DEFAULT 'NULL', s STRUCT(a INT[], b MAP(INT, DATE)) DEFAULT NULL, d DECIMAL DEFAULT -1.5 NULL,)",
    );
    assert_eq!(table.name, ["quoted 'table' \"name\""]);
    assert!(table.or_replace && !table.if_not_exists && !table.temporary && table.query.is_none());
    let columns: Vec<String> = table
        .columns
        .iter()
        .map(|c| {
            let default = c.default.as_ref().map(ToString::to_string).unwrap_or_default();
            format!("{} {} {} {default}", c.name, sql_name(&c.lake_type), c.nullable)
        })
        .collect();
    assert_eq!(
        columns,
        [
            "i INTEGER false 5",
            "B c VARCHAR false 'NULL'",
            "s STRUCT(a INTEGER[], b MAP(INTEGER, DATE)) true NULL",
            "d DECIMAL(18,3) true -1.5"
        ]
    );
    let table = create("CREATE TEMP TABLE t (a INT) PARTITIONED BY (bucket(4, a)) SORTED BY (a DESC)");
    assert!(table.temporary);
    assert_eq!(table.partitioned_by, [PartitionExpr { column: "a".into(), transform: Transform::Bucket(4) }]);
    assert!(table.sorted_by[0].descending);
    for sql in [
        "CREATE TABLE ducklake.test(i INTEGER PRIMARY KEY, j INTEGER)",
        "CREATE TABLE test(i INTEGER UNIQUE)",
        "CREATE TABLE test(i INTEGER, j INTEGER, CHECK (i > j))",
        "CREATE TABLE test(i INTEGER, PRIMARY KEY (i))",
        "CREATE TABLE test(i INTEGER REFERENCES other(i))",
        "CREATE TABLE test(i INTEGER, CONSTRAINT c UNIQUE (i))",
        "CREATE TABLE test(c1 INT AS (1), c2 INT)",
        "CREATE TABLE test(c1 AS (1), c2 INT)",
        "CREATE TABLE test(c1 INT GENERATED ALWAYS AS (1))",
        "CREATE TABLE test(s VARCHAR COLLATE NOACCENT)",
        "CREATE TABLE test(s VARCHAR USING COMPRESSION ZSTD)",
        "CREATE TABLE test(ts INT[3])",
        "CREATE TABLE test(i INT) WITH (a = 1)",
    ] {
        assert!(refused(parse(sql)), "{sql}: {:?}", parse(sql));
    }
    for sql in [
        "CREATE TABLE t",
        "CREATE TABLE t (a, b)",
        "CREATE TABLE t (a INT, A INT)",
        "CREATE TABLE t (a int",
        "CREATE TABLE t ()",
    ] {
        assert!(matches!(parse(sql), Err(LakeError::Usage { .. })), "{sql}");
    }
}

#[test]
fn tables_from_queries() {
    let table = create("CREATE TABLE IF NOT EXISTS ducklake.test AS FROM (VALUES (1, 2), (2, 3)) t(i, j)");
    assert!(table.if_not_exists && table.columns.is_empty());
    assert_eq!(table.query.unwrap().to_string(), "SELECT * FROM (VALUES (1, 2), (2, 3)) t (i, j)");
    let table = create("CREATE TABLE t(a, b) AS SELECT 1, 2 WITH NO DATA;");
    assert_eq!((table.column_names, table.without_data), (path("a.b"), true));
    for sql in [
        "CREATE TABLE t AS FROM range(5)",
        "CREATE TABLE t AS (SELECT 1)",
        "CREATE TABLE t AS WITH x AS (SELECT 1) FROM x",
        "CREATE TABLE t AS VALUES (1)",
        "CREATE TABLE t AS SELECT 1 UNION ALL SELECT 2",
        "CREATE TABLE t PARTITIONED BY (year(a)) AS SELECT 1 a",
    ] {
        assert!(create(sql).query.is_some(), "{sql}");
    }
    assert!(parse("CREATE TABLE t(a INT) AS SELECT 1").is_err());
}

#[test]
fn views_and_macros_keep_their_text() {
    let WriteStatement::CreateView(view) =
        write("CREATE VIEW ä.v(\"x y\", z) AS\r\n SELECT 'ö; ü' AS a,  2 -- note\n FROM t ; -- end\n")
    else {
        panic!()
    };
    assert_eq!((view.name, view.columns), (path("ä.v"), path("x y.z")));
    assert_eq!(view.sql, "SELECT 'ö; ü' AS a,  2 -- note\n FROM t");
    let WriteStatement::CreateMacro(sum) = write("CREATE MACRO add(a, b INTEGER := 5) AS (a + b), (a,b,c) AS a+b+c")
    else {
        panic!()
    };
    assert_eq!(sum.overloads[0].sql, "(a + b)");
    assert_eq!(sum.overloads[0].parameters[1].lake_type, Some(LakeType::Int32));
    assert_eq!(sum.overloads[0].parameters[1].default.as_ref().unwrap().to_string(), "5");
    assert_eq!(sum.overloads[1].parameters.len(), 3);
    let WriteStatement::CreateMacro(table) = write("CREATE OR REPLACE MACRO t() AS TABLE SELECT * FROM x LIMIT 1;")
    else {
        panic!()
    };
    assert!(table.is_table && table.or_replace);
    assert_eq!(table.overloads[0].sql, "SELECT * FROM x LIMIT 1");
    assert!(matches!(write("DROP VIEW IF EXISTS v"), WriteStatement::DropView { if_exists: true, .. }));
    assert!(matches!(write("DROP MACRO TABLE s.m"), WriteStatement::DropMacro { is_table: true, .. }));
    assert!(matches!(
        write("ALTER VIEW ducklake.v RENAME TO v2"),
        WriteStatement::RenameView { new_name, .. } if new_name == "v2"
    ));
    assert!(parse("CREATE MACRO m(a, A) AS a").is_err());
    assert!(parse("CREATE MACRO m(a := 1, b) AS a").is_err());
    assert!(parse("CREATE MACRO m(a) AS a, (a, b) AS TABLE SELECT a").is_err());
    assert!(refused(parse("CREATE TEMP VIEW v AS SELECT 1")));
    assert!(refused(parse("CREATE SEQUENCE s")));
    assert!(refused(parse("DROP TABLE a, b")));
}

#[test]
fn alter_columns() {
    let AlterAction::AddColumn { if_not_exists: true, path: added, spec } =
        alter("ADD COLUMN IF NOT EXISTS col1.element.k STRUCT(a INT) DEFAULT NULL")
    else {
        panic!()
    };
    assert_eq!(added, path("col1.element.k"));
    assert_eq!((spec.name.as_str(), sql_name(&spec.lake_type).as_str()), ("k", "STRUCT(a INTEGER)"));
    assert!(matches!(alter("ADD j INTEGER DEFAULT 3"), AlterAction::AddColumn { if_not_exists: false, .. }));
    let dropped = AlterAction::DropColumn { if_exists: true, path: path("col1.value.i") };
    assert_eq!(alter("DROP COLUMN IF EXISTS col1.value.i"), dropped);
    let renamed = AlterAction::RenameColumn { path: path("col1.J"), new_name: "K".into() };
    assert_eq!(alter("RENAME col1.J TO K"), renamed);
    assert_eq!(alter("RENAME COLUMN col1.J TO \"K\""), renamed);
    assert_eq!(alter("RENAME TO t2"), AlterAction::RenameTable { new_name: "t2".into() });
    for sql in ["ALTER c SET DATA TYPE BIGINT", "ALTER COLUMN c TYPE BIGINT", "ALTER c SET TYPE INT8"] {
        assert_eq!(alter(sql), AlterAction::SetType { path: path("c"), lake_type: LakeType::Int64 }, "{sql}");
    }
    assert_eq!(alter("ALTER j DROP DEFAULT"), AlterAction::DropDefault { column: "j".into() });
    assert_eq!(alter("ALTER j SET NOT NULL;"), AlterAction::SetNotNull { column: "j".into() });
    assert_eq!(alter("ALTER COLUMN j DROP NOT NULL"), AlterAction::DropNotNull { column: "j".into() });
    let AlterAction::SetDefault { default, .. } = alter("ALTER id SET DEFAULT round(pi())") else { panic!() };
    assert_eq!(default.to_string(), "round(pi())");
    for sql in [
        "ADD CONSTRAINT x UNIQUE (a)",
        "ADD PRIMARY KEY (a)",
        "ADD COLUMN a INT NOT NULL",
        "ADD COLUMN a INT CHECK (a > 1)",
        "ALTER a TYPE INT USING a::INT",
        "ALTER a.b SET NOT NULL",
        "SET SCHEMA s",
        "DROP COLUMN a, DROP COLUMN b",
    ] {
        assert!(refused(parse(&format!("ALTER TABLE t {sql}"))), "{sql}");
    }
    assert!(parse("ALTER TABLE t FROB").is_err());
    assert!(refused(parse("ALTER SCHEMA s RENAME TO t")));
}

#[test]
fn alter_keys() {
    let AlterAction::SetPartitionedBy(keys) =
        alter("SET PARTITIONED BY (BUCKET(8, user_id), Year(ts), month(ts), part_key)")
    else {
        panic!()
    };
    let keys: Vec<String> = keys.iter().map(|k| format!("{} {}", k.column, k.transform)).collect();
    assert_eq!(keys, ["user_id bucket(8)", "ts year", "ts month", "part_key identity"]);
    // Names of columns, not functions.
    let AlterAction::SetPartitionedBy(keys) = alter("SET PARTITIONED BY (year, month, day, collection)") else {
        panic!()
    };
    assert!(keys.iter().all(|key| key.transform == Transform::Identity));
    let AlterAction::SetSortedBy(keys) =
        alter("SET SORTED BY (a DESC, b ASC NULLS FIRST, (id + 1), zip(i, j, num_chars := 6) ASC NULLS LAST)")
    else {
        panic!()
    };
    let keys: Vec<String> = keys.iter().map(|k| format!("{} {} {}", k.sql, k.descending, k.nulls_first)).collect();
    assert_eq!(keys, ["a true false", "b false true", "(id + 1) false false", "zip(i, j, num_chars := 6) false false"]);
    assert_eq!(alter("RESET PARTITIONED BY;"), AlterAction::ResetPartitionedBy);
    assert_eq!(alter("RESET SORTED BY"), AlterAction::ResetSortedBy);
    for key in [
        "bucket('abc', c)",
        "bucket(-1, c)",
        "bucket(0, c)",
        "bucket(2147483648, c)",
        "bucket(4, 'literal')",
        "bucket(4, c, d)",
        "bucket(c)",
        "frob(c)",
        "a + 1",
    ] {
        assert!(parse(&format!("ALTER TABLE t SET PARTITIONED BY ({key})")).is_err(), "{key}");
    }
}

#[test]
fn comments() {
    for (sql, wanted) in [
        ("COMMENT ON TABLE lk.t IS 'it''s'", "Comment { on: Table([\"lk\", \"t\"]), text: Some(\"it's\") }"),
        ("COMMENT ON VIEW v IS NULL", "Comment { on: View([\"v\"]), text: None }"),
        (
            "COMMENT ON COLUMN lk.t.c IS 'x';",
            "Comment { on: Column { table: [\"lk\", \"t\"], column: \"c\" }, text: Some(\"x\") }",
        ),
    ] {
        assert_eq!(format!("{:?}", write(sql)), wanted);
    }
    assert!(refused(parse("COMMENT ON SCHEMA s IS 'x'")));
    assert!(parse("COMMENT ON COLUMN c IS 'x'").is_err());
}

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
    assert_eq!(table.query.unwrap().to_string(), "FROM (VALUES (1, 2), (2, 3)) t (i, j)");
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

fn insert(sql: &str) -> Insert {
    match write(sql) {
        WriteStatement::Insert(insert) => *insert,
        other => panic!("{other:?}"),
    }
}

#[test]
fn inserts() {
    for (sql, columns, query) in [
        ("INSERT INTO t VALUES (1, DEFAULT), (2, 'x'),", "", "VALUES (1, DEFAULT), (2, 'x')"),
        ("INSERT INTO t (a, \"B\") SELECT 1, 2", "a.B", "SELECT 1, 2"),
        ("INSERT INTO t (SELECT 7, 8)", "", "(SELECT 7, 8)"),
        ("INSERT INTO t (FROM s)", "", "(FROM s)"),
        ("INSERT INTO t(id) (SELECT 9)", "id", "(SELECT 9)"),
        ("INSERT INTO t AS x (id) VALUES (5)", "id", "VALUES (5)"),
        ("INSERT INTO t FROM range(10) r(i)", "", "FROM range(10) r (i)"),
        ("INSERT INTO t BY POSITION SELECT 1", "", "SELECT 1"),
        ("WITH x AS (SELECT 3 a) INSERT INTO t SELECT a FROM x", "", "WITH x AS (SELECT 3 a) SELECT a FROM x"),
        (
            "WITH x AS (SELECT 3) INSERT INTO t WITH y AS (FROM x) FROM y",
            "",
            "WITH x AS (SELECT 3), y AS (FROM x) FROM y",
        ),
    ] {
        let insert = insert(sql);
        let InsertSource::Query(source) = insert.source else { panic!("{sql}") };
        assert_eq!(insert.columns.join("."), columns, "{sql}");
        assert_eq!(source.to_string().replace(" AS a", " a"), query, "{sql}");
    }
    assert!(insert("INSERT INTO t BY NAME SELECT 5 AS v").by_name);
    assert!(matches!(insert("INSERT INTO t DEFAULT VALUES").source, InsertSource::DefaultValues));
    for sql in [
        "INSERT OR REPLACE INTO t VALUES (1)",
        "INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING",
        "INSERT INTO t VALUES (1) RETURNING *",
        "INSERT INTO t SELECT 1 RETURNING a",
    ] {
        assert!(refused(parse(sql)), "{sql}: {:?}", parse(sql));
    }
    for sql in [
        "INSERT INTO t BY NAME (id) SELECT 5",
        "INSERT INTO t BY NAME VALUES (1)",
        "INSERT INTO t (a) DEFAULT VALUES",
        "INSERT INTO a.b.c.d VALUES (1)",
        "INSERT INTO t VALUES (1) garbage",
    ] {
        assert!(matches!(parse(sql), Err(LakeError::Usage { .. })), "{sql}");
    }
}

#[test]
fn copies() {
    let WriteStatement::Copy(copy) = write(
        "COPY lk.t (a, b) FROM 'dir/*.csv' (FORMAT csv, HEADER, delim '|', SKIP 2, NULLSTR ['a', 'b'], auto_detect = false);",
    ) else {
        panic!()
    };
    assert_eq!((copy.table, copy.columns, copy.path.as_str()), (path("lk.t"), path("a.b"), "dir/*.csv"));
    let options: Vec<String> = copy.options.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(options, ["FORMAT=csv", "HEADER=", "DELIM=|", "SKIP=2", "NULLSTR=['a', 'b']", "AUTO_DETECT=false"]);
    assert!(refused(parse("COPY t TO 'x'")));
    assert!(refused(parse("COPY (SELECT 1) TO 'x'")));
}

#[test]
fn deletes_and_updates() {
    let WriteStatement::Delete(delete) =
        write("WITH x AS (SELECT 1 i) DELETE FROM lk.t AS a USING s JOIN u ON s.i = u.i, x WHERE a.id = s.id;")
    else {
        panic!()
    };
    assert_eq!((delete.table.name, delete.table.alias.as_deref()), (path("lk.t"), Some("a")));
    assert_eq!((delete.using.len(), delete.with.is_some()), (2, true));
    assert_eq!(delete.filter.unwrap().to_string(), "a.id = s.id");
    let WriteStatement::Delete(delete) = write("DELETE FROM t") else { panic!() };
    assert!(delete.filter.is_none() && delete.table.alias.is_none());
    assert!(matches!(write("TRUNCATE lk.t"), WriteStatement::Truncate { table } if table == ["lk", "t"]));
    assert!(matches!(write("TRUNCATE TABLE t;"), WriteStatement::Truncate { .. }));
    let WriteStatement::Update(update) =
        write("UPDATE t a SET x = x + 1, \"Y\" = DEFAULT, (p, q) = (1, s.v) FROM s WHERE a.id = s.id")
    else {
        panic!()
    };
    let assignments: Vec<String> = update
        .assignments
        .iter()
        .map(|(column, value)| match value {
            NewValue::Expr(expr) => format!("{column}={expr}"),
            NewValue::Default => format!("{column}:"),
        })
        .collect();
    assert_eq!(assignments, ["x=x + 1", "Y:", "p=1", "q=s.v"]);
    assert_eq!((update.table.alias.as_deref(), update.from.len()), (Some("a"), 1));
    for sql in ["UPDATE t SET a.b = 1", "DELETE FROM t RETURNING a", "UPDATE t SET a = 1 WHERE b RETURNING *"] {
        assert!(refused(parse(sql)), "{sql}");
    }
    for sql in
        ["UPDATE t SET a = 1, A = 2", "UPDATE t SET (a, b) = (1, 2, 3)", "UPDATE t", "DELETE t", "DELETE FROM t a, s"]
    {
        assert!(matches!(parse(sql), Err(LakeError::Usage { .. })), "{sql}");
    }
}

fn merge(clauses: &str) -> Vec<String> {
    let WriteStatement::Merge(merge) = write(&format!("MERGE INTO Stock AS s USING Buy AS b ON s.id = b.id {clauses}"))
    else {
        panic!("{clauses}")
    };
    assert_eq!(merge.source.to_string(), "Buy AS b");
    merge
        .clauses
        .iter()
        .map(|clause| {
            let condition = clause.condition.as_ref().map(ToString::to_string).unwrap_or_default();
            let action = match &clause.action {
                MergeAction::Update(values) => format!("update {}", values_text(values)),
                MergeAction::Insert(values) => format!("insert {}", values_text(values)),
                MergeAction::Error(message) => format!("error {message:?}"),
                other => format!("{other:?}"),
            };
            format!("{:?} [{condition}] {action}", clause.when)
        })
        .collect()
}

fn values_text(values: &MergeValues) -> String {
    let value = |value: &NewValue| match value {
        NewValue::Expr(expr) => expr.to_string(),
        NewValue::Default => "DEFAULT".into(),
    };
    match values {
        MergeValues::Columns(columns) => {
            columns.iter().map(|(c, v)| format!("{c}={}", value(v))).collect::<Vec<_>>().join(" ")
        }
        MergeValues::Positional(values) => values.iter().map(value).collect::<Vec<_>>().join(" "),
        other => format!("{other:?}"),
    }
}

#[test]
fn merges() {
    for (clauses, wanted) in [
        (
            "WHEN MATCHED THEN UPDATE SET balance = balance + b.volume",
            vec!["Matched [] update balance=balance + b.volume"],
        ),
        (
            "WHEN MATCHED AND b.x > 1 THEN DELETE WHEN NOT MATCHED THEN INSERT VALUES (b.id, DEFAULT)",
            vec!["Matched [b.x > 1] Delete", "NotMatchedByTarget [] insert b.id DEFAULT"],
        ),
        ("WHEN MATCHED THEN UPDATE", vec!["Matched [] update SourceByPosition"]),
        ("WHEN MATCHED THEN UPDATE SET *", vec!["Matched [] update SourceByPosition"]),
        ("WHEN MATCHED THEN UPDATE BY NAME", vec!["Matched [] update SourceByName"]),
        ("WHEN NOT MATCHED THEN INSERT", vec!["NotMatchedByTarget [] insert SourceByPosition"]),
        ("WHEN NOT MATCHED BY TARGET THEN INSERT *", vec!["NotMatchedByTarget [] insert SourceByPosition"]),
        ("WHEN NOT MATCHED THEN INSERT BY NAME *", vec!["NotMatchedByTarget [] insert SourceByName"]),
        ("WHEN NOT MATCHED THEN INSERT DEFAULT VALUES", vec!["NotMatchedByTarget [] insert Defaults"]),
        (
            "WHEN NOT MATCHED THEN INSERT (id, ts) VALUES (b.id, b.ts);",
            vec!["NotMatchedByTarget [] insert id=b.id ts=b.ts"],
        ),
        (
            "WHEN NOT MATCHED BY SOURCE AND s.v > 5 THEN DO NOTHING WHEN NOT MATCHED BY SOURCE THEN ERROR",
            vec!["NotMatchedBySource [s.v > 5] DoNothing", "NotMatchedBySource [] error None"],
        ),
    ] {
        assert_eq!(merge(clauses), wanted, "{clauses}");
    }
    let WriteStatement::Merge(using) = write(
        "WITH n AS (SELECT 1 ts) MERGE INTO my_timeseries old USING my_timeseries_new new USING(ts) \
         WHEN MATCHED AND (old.x IS DISTINCT FROM new.y) THEN UPDATE",
    ) else {
        panic!()
    };
    assert!(matches!(&using.on, MergeOn::Using(columns) if columns == &["ts"]));
    assert_eq!(
        (using.table.alias.as_deref(), using.source.to_string().as_str()),
        (Some("old"), "my_timeseries_new new")
    );
    assert!(using.with.is_some());
    write(
        "MERGE INTO t USING (SELECT 2 as id, '2025-03-20'::TIMESTAMP as ts) AS src ON t.id = src.id WHEN NOT MATCHED THEN INSERT *;",
    );
    write(
        "MERGE INTO t USING s ON t.id = s.id WHEN MATCHED THEN ERROR 'bad ' || s.id WHEN NOT MATCHED THEN DO NOTHING",
    );
    assert!(refused(parse("MERGE INTO t USING s USING (a) WHEN MATCHED THEN DELETE RETURNING *")));
    for clauses in [
        "WHEN NOT MATCHED THEN DELETE",
        "WHEN NOT MATCHED THEN UPDATE SET a = 1",
        "WHEN NOT MATCHED BY SOURCE THEN UPDATE",
        "WHEN NOT MATCHED THEN INSERT (a, b)",
        "WHEN NOT MATCHED THEN INSERT (a, b) VALUES (1)",
        "WHEN MATCHED THEN UPDATE BY NAME SET *",
        "WHEN MATCHED UPDATE",
        "",
    ] {
        let sql = format!("MERGE INTO t USING s ON t.id = s.id {clauses}");
        assert!(matches!(parse(&sql), Err(LakeError::Usage { .. })), "{clauses}");
    }
}

#[test]
fn calls() {
    let WriteStatement::Call(call) = write("CALL lake.set_option('data_inlining_row_limit', 1, table_name => 't')")
    else {
        panic!()
    };
    assert_eq!((call.name, call.args.len()), (path("lake.set_option"), 2));
    assert_eq!(call.named[0].0, "table_name");
    let WriteStatement::Call(call) =
        write("CALL ducklake_expire_snapshots('lk', dry_run := false, versions => [1, 2])")
    else {
        panic!()
    };
    assert_eq!(call.named[1].1.to_string(), "[1, 2]");
    assert!(matches!(write("CALL f();"), WriteStatement::Call(call) if call.args.is_empty()));
    assert!(parse("CALL f").is_err());
}

use super::super::parse;
use super::super::statement::*;
use crate::error::{LakeError, Result};

fn write(sql: &str) -> WriteStatement {
    match parse(sql) {
        Ok(Some(statement)) => statement,
        other => panic!("{sql}: {other:?}"),
    }
}

fn path(text: &str) -> Vec<String> {
    text.split('.').map(str::to_string).collect()
}

fn refused<T: std::fmt::Debug>(result: Result<T>) -> bool {
    matches!(result, Err(LakeError::NotSupported { .. }))
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
        ("INSERT INTO t (FROM s)", "", "(SELECT * FROM s)"),
        ("INSERT INTO t(id) (SELECT 9)", "id", "(SELECT 9)"),
        ("INSERT INTO t AS x (id) VALUES (5)", "id", "VALUES (5)"),
        ("INSERT INTO t FROM range(10) r(i)", "", "SELECT * FROM range(10) r (i)"),
        ("INSERT INTO t BY POSITION SELECT 1", "", "SELECT 1"),
        ("WITH x AS (SELECT 3 a) INSERT INTO t SELECT a FROM x", "", "WITH x AS (SELECT 3 a) SELECT a FROM x"),
        (
            "WITH x AS (SELECT 3) INSERT INTO t WITH y AS (FROM x) FROM y",
            "",
            "WITH x AS (SELECT 3), y AS (SELECT * FROM x) SELECT * FROM y",
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
    let WriteStatement::CopyTo(copy) = write("COPY lk.t (a) TO 'x.csv' (HEADER)") else { panic!() };
    assert_eq!((copy.query.to_string().as_str(), copy.path.as_str()), ("SELECT \"a\" FROM \"lk\".\"t\"", "x.csv"));
    assert!(matches!(write("COPY (SELECT 1) TO 'x'"), WriteStatement::CopyTo(_)));
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

use std::str::FromStr;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int32Array, Int64Array, RecordBatch};
use arrow::datatypes::DataType;
use datafusion::prelude::SessionContext;
use datafusion::sql::sqlparser::ast::Query;
use ducklake_format::{Column, LakeType};

use super::super::{WriteStatement, parse};
use super::*;

fn column(name: &str, lake_type: LakeType) -> Column {
    Column {
        id: 1,
        name: name.into(),
        lake_type,
        initial_default: None,
        default_value: None,
        default_value_type: None,
        nulls_allowed: true,
        children: Vec::new(),
    }
}

fn with_default(mut column: Column, text: &str, kind: &str) -> Column {
    column.default_value = Some(text.into());
    column.default_value_type = Some(kind.into());
    column
}

/// `t(id INTEGER, v INTEGER DEFAULT 7)`.
fn columns() -> Vec<Column> {
    vec![column("id", LakeType::Int32), with_default(column("v", LakeType::Int32), "7", "literal")]
}

fn names(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_string).collect()
}

fn query_of(sql: &str, source: &str) -> Result<Query> {
    match parse(sql).unwrap().unwrap() {
        WriteStatement::Delete(delete) => Ok(delete_query(&delete)),
        WriteStatement::Update(update) => update_query(&update, &columns()),
        WriteStatement::Insert(insert) => insert_query(&insert, &columns(), &names(source)),
        WriteStatement::Merge(merge) => merge_query(&merge, &columns(), &names(source)),
        other => panic!("{other:?}"),
    }
}

/// The text of a query, its internal names shortened.
fn text(sql: &str, source: &str) -> String {
    let text = query_of(sql, source).unwrap().to_string();
    let shortened = text.replace("_ducklake_internal_", "_").replace("\"_value_", "\"_").replace("\"", "");
    shortened.replace("AS _file, t.file_row_number AS _position, t.rowid AS _row_id", "AS …")
}

#[test]
fn deletes() {
    assert_eq!(text("DELETE FROM lk.t", ""), "SELECT t._file_id AS … FROM lk.t");
    assert_eq!(
        text("WITH w AS (SELECT 1 AS x) DELETE FROM lk.s.old AS t USING s, w WHERE t.id = s.id AND v > x", ""),
        "WITH w AS (SELECT 1 AS x) SELECT t._file_id AS … FROM lk.s.old AS t, s, w WHERE t.id = s.id AND v > x"
    );
    assert!(query_of("DELETE FROM T", "").unwrap().to_string().starts_with(
        "SELECT \"T\".\"_ducklake_internal_file_id\" AS \"_ducklake_internal_file\", \"T\".\"file_row_number\" AS"
    ));
}

#[test]
fn updates() {
    assert_eq!(text("UPDATE t SET V = v + 1", ""), "SELECT t._file_id AS …, t.id AS _0, v + 1 AS _1 FROM t");
    assert_eq!(
        text("UPDATE t SET v = DEFAULT, id = s.id FROM s WHERE t.id = s.old", ""),
        "SELECT t._file_id AS …, s.id AS _0, arrow_cast('7', 'Int32') AS _1 FROM t, s WHERE t.id = s.old"
    );
    assert!(query_of("UPDATE t SET w = 1", "").unwrap_err().to_string().contains("no column 'w'"));
}

#[test]
fn inserts() {
    // Nothing to move: the query itself.
    assert_eq!(text("INSERT INTO t SELECT 1, 2", "a b"), "SELECT 1, 2");
    assert_eq!(
        text("INSERT INTO t VALUES (1, DEFAULT), (DEFAULT, 2)", "a b"),
        "VALUES (1, arrow_cast('7', 'Int32')), (NULL, 2)"
    );
    assert_eq!(
        text("INSERT INTO t (v, id) VALUES (DEFAULT, 1)", "a b"),
        "SELECT _source._source_1 AS _0, _source._source_0 AS _1 FROM (VALUES (arrow_cast('7', 'Int32'), 1)) \
         AS _source (_source_0, _source_1)"
    );
    assert_eq!(
        text("INSERT INTO t (id) SELECT x FROM s ORDER BY x", "x"),
        "SELECT _source._source_0 AS _0, arrow_cast('7', 'Int32') AS _1 FROM (SELECT x FROM s ORDER BY x) \
         AS _source (_source_0)"
    );
    assert_eq!(
        text("INSERT INTO t BY NAME SELECT 5 AS V, 6 AS id", "V id"),
        "SELECT _source._source_1 AS _0, _source._source_0 AS _1 FROM (SELECT 5 AS V, 6 AS id) \
         AS _source (_source_0, _source_1)"
    );
    assert_eq!(text("INSERT INTO t DEFAULT VALUES", "a b"), "SELECT NULL AS _0, arrow_cast('7', 'Int32') AS _1");
    for (sql, source) in [
        ("INSERT INTO t VALUES (1)", "a"),
        ("INSERT INTO t SELECT 1, 2, 3", "a b c"),
        ("INSERT INTO t (id) VALUES (1, 2)", "a b"),
        ("INSERT INTO t (id, ID) VALUES (1, 2)", "a b"),
        ("INSERT INTO t (x) VALUES (1)", "a"),
        ("INSERT INTO t BY NAME SELECT 5 AS x", "x"),
        ("INSERT INTO t BY NAME SELECT 5 AS v, 6 AS V", "v V"),
    ] {
        assert!(matches!(query_of(sql, source), Err(LakeError::Usage { .. })), "{sql}");
    }
}

#[test]
fn merges() {
    assert_eq!(
        text(
            "MERGE INTO t USING s ON t.id = s.id WHEN MATCHED AND s.v = 0 THEN DELETE \
             WHEN MATCHED THEN UPDATE SET v = t.v + s.v WHEN NOT MATCHED THEN INSERT VALUES (id, v)",
            "v id",
        ),
        "SELECT t._file_id AS …, CASE WHEN t.rowid IS NOT NULL AND (s.v = 0) THEN 0 WHEN t.rowid IS NOT NULL THEN 1 \
         WHEN t.rowid IS NULL THEN 2 END AS _action, \
         CASE WHEN t.rowid IS NOT NULL AND (s.v = 0) THEN NULL WHEN t.rowid IS NOT NULL THEN t.id \
         WHEN t.rowid IS NULL THEN arrow_cast(s.id, 'Int32') END AS _0, \
         CASE WHEN t.rowid IS NOT NULL AND (s.v = 0) THEN NULL \
         WHEN t.rowid IS NOT NULL THEN arrow_cast(t.v + s.v, 'Int32') \
         WHEN t.rowid IS NULL THEN arrow_cast(s.v, 'Int32') END AS _1 FROM t RIGHT JOIN s ON t.id = s.id"
    );
    assert_eq!(
        text("MERGE INTO lk.x AS t USING (SELECT 1 AS id) USING (id) WHEN MATCHED AND id > 0 THEN DELETE", "id"),
        "SELECT t._file_id AS …, CASE WHEN (t.id > 0) THEN 0 END AS _action, NULL AS _0, NULL AS _1 \
         FROM lk.x AS t INNER JOIN (SELECT 1 AS id) AS _source ON t.id = _source.id"
    );
    assert_eq!(
        text(
            "MERGE INTO t USING src AS s ON t.id = s.id WHEN NOT MATCHED BY SOURCE AND v > 1 THEN ERROR 'no ' || id \
             WHEN MATCHED THEN UPDATE BY NAME",
            "v",
        ),
        "SELECT t._file_id AS …, CASE WHEN s._matched IS NULL AND (t.v > 1) THEN 0 \
         WHEN s._matched IS NOT NULL THEN 1 END AS _action, \
         CASE WHEN s._matched IS NULL AND (t.v > 1) THEN NULL WHEN s._matched IS NOT NULL THEN t.id END AS _0, \
         CASE WHEN s._matched IS NULL AND (t.v > 1) THEN NULL WHEN s._matched IS NOT NULL THEN s.v END AS _1, \
         CASE WHEN s._matched IS NULL AND (t.v > 1) THEN arrow_cast('no ' || t.id, 'Utf8') \
         WHEN s._matched IS NOT NULL THEN NULL END AS _error \
         FROM t LEFT JOIN (SELECT *, 1 AS _matched FROM src AS s) AS s ON t.id = s.id"
    );
    let WriteStatement::Merge(merge) =
        parse("WITH s AS (FROM x) MERGE INTO t USING s USING (id) WHEN MATCHED THEN DELETE").unwrap().unwrap()
    else {
        panic!()
    };
    assert_eq!(merge_source_query(&merge).to_string(), "WITH s AS (SELECT * FROM x) SELECT * FROM s");
}

#[test]
fn merges_that_make_no_sense() {
    for (clauses, source) in [
        ("WHEN NOT MATCHED THEN INSERT VALUES (s.id, t.v)", "id v"),
        ("WHEN NOT MATCHED THEN INSERT VALUES (s.id, v)", "id"),
        ("WHEN NOT MATCHED BY SOURCE AND s.id > 1 THEN DELETE", "id"),
        ("WHEN NOT MATCHED BY SOURCE THEN UPDATE SET v = w", "id w"),
        ("WHEN NOT MATCHED THEN INSERT", "id"),
        ("WHEN NOT MATCHED THEN INSERT VALUES (1)", "id"),
        ("WHEN MATCHED THEN UPDATE BY NAME", "id w"),
        ("WHEN MATCHED THEN UPDATE SET w = 1", "id"),
        ("WHEN NOT MATCHED THEN INSERT (id, id) VALUES (1, 2)", "id"),
    ] {
        let query = query_of(&format!("MERGE INTO t USING s ON t.id = s.id {clauses}"), source);
        assert!(matches!(query, Err(LakeError::Usage { .. })), "{clauses}: {query:?}");
    }
    assert!(query_of("MERGE INTO t USING lk.t ON true WHEN MATCHED THEN DELETE", "id").is_err());
    assert!(query_of("MERGE INTO t USING (a JOIN b ON true) ON true WHEN MATCHED THEN DELETE", "id").is_err());
}

#[test]
fn defaults() {
    for (lake_type, text, kind, wanted) in [
        (LakeType::Int32, "5", "literal", "arrow_cast('5', 'Int32')"),
        (LakeType::Varchar, "it's", "literal", "'it''s'"),
        (LakeType::Boolean, "true", "literal", "true"),
        (LakeType::Blob, "\\x00a", "literal", "X'0061'"),
        (
            LakeType::Interval,
            "1 year 2 months",
            "literal",
            "arrow_cast('14 months 0 days 0 nanoseconds', 'Interval(MonthDayNano)')",
        ),
        (LakeType::Timestamp, "now()", "expression", "now()"),
        (LakeType::Varchar, "'random()'", "expression", "'random()'"),
    ] {
        let column = with_default(column("c", lake_type), text, kind);
        assert_eq!(default_expr(&column).unwrap().to_string(), wanted);
    }
    assert_eq!(default_expr(&column("c", LakeType::Int32)).unwrap().to_string(), "NULL");
    let broken = with_default(column("c", LakeType::Int32), "1 +", "expression");
    assert!(matches!(default_expr(&broken), Err(LakeError::Invalid(_))));
}

#[test]
fn casts_name_types_that_parse() {
    for name in [
        "BOOLEAN",
        "TINYINT",
        "HUGEINT",
        "UHUGEINT",
        "UBIGINT",
        "FLOAT",
        "DOUBLE",
        "DECIMAL(10,2)",
        "DATE",
        "TIME",
        "TIME_NS",
        "TIMESTAMP",
        "TIMESTAMP_S",
        "TIMESTAMP_MS",
        "TIMESTAMP_NS",
        "TIMESTAMPTZ",
        "INTERVAL",
        "VARCHAR",
        "BLOB",
        "UUID",
    ] {
        let arrow_type = super::super::types::lake_type(name).unwrap().arrow_type();
        assert_eq!(DataType::from_str(&arrow_type.to_string()).unwrap(), arrow_type, "{name}");
    }
}

/// `t` with rows (1, 10), (2, 20) and `s(v, id)` with rows (100, 1), (300, 3).
fn context() -> SessionContext {
    let ints = |values: [i32; 2]| Arc::new(Int32Array::from(values.to_vec())) as ArrayRef;
    let longs = |values: [i64; 2]| Arc::new(Int64Array::from(values.to_vec())) as ArrayRef;
    let target = RecordBatch::try_from_iter([
        ("id", ints([1, 2])),
        ("v", ints([10, 20])),
        (FILE_COLUMN, longs([4, 4])),
        (POSITION_COLUMN, longs([0, 1])),
        (ROW_ID_COLUMN, longs([50, 51])),
    ]);
    let source = RecordBatch::try_from_iter([("v", ints([100, 300])), ("id", ints([1, 3]))]);
    let context = SessionContext::new();
    context.register_batch("t", target.unwrap()).unwrap();
    context.register_batch("s", source.unwrap()).unwrap();
    context
}

/// Row id, and everything from the fourth column, of each result row.
async fn rows(sql: &str, source: &str) -> Vec<String> {
    let query = query_of(sql, source).unwrap().to_string();
    let batches = context().sql(&query).await.unwrap().collect().await.unwrap();
    let mut rows = Vec::new();
    for batch in &batches {
        let text = |column: &ArrayRef, row| {
            let text = arrow::util::display::array_value_to_string(column, row).unwrap();
            if text.is_empty() { "-".to_string() } else { text }
        };
        for row in 0..batch.num_rows() {
            let cells: Vec<String> = batch.columns()[2..].iter().map(|column| text(column, row)).collect();
            rows.push(cells.join(" "));
        }
    }
    rows.sort();
    rows
}

#[tokio::test]
async fn queries_find_their_rows() {
    assert_eq!(rows("DELETE FROM t USING s WHERE t.id = s.id", "").await, ["50"]);
    assert_eq!(rows("UPDATE t SET v = v + 1", "").await, ["50 1 11", "51 2 21"]);
    assert_eq!(rows("UPDATE t AS a SET v = s.v FROM s WHERE a.id = s.id", "").await, ["50 1 100"]);
    assert_eq!(rows("UPDATE t SET id = v, v = id", "").await, ["50 10 1", "51 20 2"]);
}

#[tokio::test]
async fn merges_choose_their_actions() {
    let on = "MERGE INTO t USING s ON t.id = s.id";
    for (clauses, wanted) in [
        ("WHEN MATCHED THEN UPDATE SET v = t.v + s.v", vec!["50 0 1 110"]),
        ("WHEN NOT MATCHED THEN INSERT BY NAME", vec!["- 0 3 300", "50 - - -"]),
        ("WHEN NOT MATCHED THEN INSERT (id) VALUES (id)", vec!["- 0 3 7", "50 - - -"]),
        (
            "WHEN MATCHED THEN UPDATE WHEN NOT MATCHED THEN INSERT (v, id) VALUES (v + 1, DEFAULT)",
            vec!["- 1 - 301", "50 0 100 1"],
        ),
        (
            "WHEN NOT MATCHED BY SOURCE THEN UPDATE SET v = v + 1 WHEN MATCHED THEN DELETE \
             WHEN NOT MATCHED AND v > 300 THEN INSERT *",
            vec!["- - - -", "50 1 - -", "51 0 2 21"],
        ),
        ("WHEN MATCHED AND s.v > 500 THEN DELETE WHEN MATCHED THEN DO NOTHING", vec!["50 1 - -"]),
        ("WHEN MATCHED THEN ERROR 'bad ' || t.id", vec!["50 0 - - bad 1"]),
        ("WHEN NOT MATCHED BY SOURCE THEN INSERT VALUES (id + 10, v)", vec!["50 - - -", "51 0 12 20"]),
    ] {
        assert_eq!(rows(&format!("{on} {clauses}"), "v id").await, wanted, "{clauses}");
    }
    let using = "MERGE INTO t USING s USING (id) WHEN MATCHED AND id > 0 THEN UPDATE SET v = id \
                 WHEN NOT MATCHED THEN INSERT VALUES (id, '5')";
    assert_eq!(rows(using, "v id").await, ["- 1 3 5", "50 0 1 1"]);
}

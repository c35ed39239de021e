//! Definitions of indexes in lakes: statements, transactions, time travel, and what others may do meanwhile.

use arrow::util::display::array_value_to_string;
use futures::TryStreamExt;
use tempfile::TempDir;

use super::*;
use crate::error::{ErrorKind, LakeError};
use crate::lake::{CreateLake, Lake, LakeOptions, SnapshotSelector};
use crate::session::Session;

struct Fixture {
    _folder: TempDir,
    lake: Lake,
    session: Session,
}

async fn fixture(encrypted: bool) -> Fixture {
    let folder = TempDir::new().unwrap();
    let uri = format!("sqlite:{}", folder.path().join("meta.sqlite").display());
    let data_path = folder.path().join("data").to_str().unwrap().to_string();
    let lake = Lake::create(&uri, &CreateLake { data_path, encrypted }, LakeOptions::default()).await.unwrap();
    let session = Session::new();
    session.attach("lake", lake.clone()).await.unwrap();
    let fixture = Fixture { _folder: folder, lake, session };
    for sql in [
        "CREATE TABLE docs (id INTEGER, title VARCHAR, body VARCHAR, v FLOAT[], d DOUBLE[])",
        "INSERT INTO docs VALUES (1, 'a', 'b', [1, 2], [1])",
        "CREATE SCHEMA s",
        "CREATE TABLE s.docs (v FLOAT[])",
        "CREATE VIEW seen AS SELECT * FROM docs",
    ] {
        fixture.run(sql).await;
    }
    fixture
}

impl Fixture {
    async fn try_run(&self, sql: &str) -> Result<Vec<String>, LakeError> {
        let batches: Vec<_> = self.session.execute(sql).await?.stream.try_collect().await?;
        let mut rows = Vec::new();
        for batch in &batches {
            for row in 0..batch.num_rows() {
                let cells = batch.columns().iter().map(|column| array_value_to_string(column, row).unwrap());
                rows.push(cells.collect::<Vec<_>>().join("|"));
            }
        }
        Ok(rows)
    }

    async fn run(&self, sql: &str) -> Vec<String> {
        self.try_run(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    async fn error(&self, sql: &str) -> String {
        match self.try_run(sql).await {
            Ok(rows) => panic!("{sql} gave {rows:?}"),
            Err(error) => format!("{error} ({})", error.hint().unwrap_or_default()),
        }
    }

    /// Names and kinds of the indexes that searches of a table can use.
    async fn usable(&self, at: &SnapshotSelector) -> Vec<String> {
        let view = self.lake.view(at).await.unwrap();
        let schema = view.schema("main").unwrap();
        let Some(table) = view.table(schema, "docs") else { return Vec::new() };
        let known = self.lake.table_indexes(&view, table.table_id).await.unwrap();
        known.iter().map(|index| format!("{} {}", index.name, index.kind.name())).collect()
    }

    async fn head(&self) -> i64 {
        self.lake.view(&SnapshotSelector::Latest).await.unwrap().snapshot.id
    }
}

const SHOW: &str = "SHOW INDEXES";
const HNSW: &str = "CREATE INDEX near ON docs USING HNSW (v) WITH (metric = 'cosine', m = 8)";
const FTS: &str = "CREATE INDEX words ON docs USING FTS (title AS name BOOST 2, body) WITH (refresh = 'manual')";
const LATEST: SnapshotSelector = SnapshotSelector::Latest;

#[tokio::test]
async fn indexes_are_shown_and_follow_their_columns() {
    let lake = fixture(false).await;
    lake.run(HNSW).await;
    lake.run(FTS).await;
    lake.run("ALTER TABLE docs RENAME COLUMN title TO \"the title\"").await;
    lake.run("ALTER TABLE docs RENAME TO papers").await;
    let shown = lake.run(SHOW).await;
    let near = "lake|main|papers|near|HNSW|v|metric = 'cosine', m = 8, ef_construction = 128, refresh = 'commit'|";
    let words = "lake|main|papers|words|FTS|\"the title\" AS name BOOST 2, body AS text|refresh = 'manual'|";
    assert!(shown.len() == 2 && shown[0].starts_with(near) && shown[1].starts_with(words), "{shown:?}");
    assert_eq!(lake.run("SHOW INDEXES FROM papers").await, shown);
    assert!(lake.run("SHOW INDEXES FROM s.docs").await.is_empty());
    let listed = lake.run("SELECT index_name, table_name, expressions, sql FROM duckdb_indexes() ORDER BY ALL").await;
    let sql = "CREATE INDEX near ON main.papers USING HNSW (v) WITH (metric = 'cosine', m = 8, ef_construction = 128, refresh = 'commit');";
    assert_eq!(listed[0], format!("near|papers|[v]|{sql}"));
    assert_eq!(lake.run("SELECT index_count FROM duckdb_tables() WHERE table_name = 'papers'").await, ["2"]);
    // What is shown makes the same again.
    lake.run("DROP INDEX near").await;
    lake.run(sql).await;
    assert_eq!(lake.run(SHOW).await, shown);
}

#[tokio::test]
async fn names_are_unique_in_a_schema() {
    let lake = fixture(false).await;
    lake.run(HNSW).await;
    let taken = lake.error("CREATE INDEX NEAR ON docs USING FTS (body)").await;
    assert!(taken.contains("index 'NEAR' exists already, on table 'docs'"), "{taken}");
    let before = lake.head().await;
    lake.run("CREATE INDEX IF NOT EXISTS near ON docs USING FTS (body)").await;
    assert_eq!(lake.head().await, before);
    lake.run("CREATE INDEX near ON s.docs USING HNSW (v)").await;
    lake.run("DROP INDEX s.near").await;
    assert_eq!(lake.usable(&LATEST).await, ["near HNSW"]);
    let missing = lake.error("DROP INDEX nera").await;
    assert!(missing.contains("index 'nera' does not exist"), "{missing}");
    assert!(lake.error("DROP INDEX near ON s.docs").await.contains("does not exist"));
    lake.run("DROP INDEX IF EXISTS near ON s.docs").await;
    lake.run("DROP INDEX IF EXISTS nobody.near").await;
    lake.run("DROP INDEX near ON docs").await;
    assert!(lake.usable(&LATEST).await.is_empty());
}

#[tokio::test]
async fn what_cannot_be_indexed_is_refused() {
    let lake = fixture(false).await;
    for (sql, expected) in [
        ("CREATE INDEX i ON docs USING HNSW (vv)", "table 'docs' has no column 'vv'"),
        ("CREATE INDEX i ON docs USING HNSW (d)", "column 'd' is DOUBLE[], and has to be FLOAT[]"),
        ("CREATE INDEX i ON docs USING FTS (id)", "column 'id' is INTEGER, and has to be VARCHAR"),
        ("CREATE INDEX i ON docs USING HNSW (v) WITH (m = 1000)", "m must be from 2 to 128, not 1000"),
        ("CREATE INDEX i ON docs USING FTS (body AS text BOOST 0)", "a boost must be greater than 0"),
        ("CREATE INDEX i ON seen USING FTS (body)", "'seen' is a view, not a table"),
        ("CREATE INDEX i ON nothing USING FTS (body)", "table 'nothing' does not exist"),
        ("CREATE INDEX \"\" ON docs USING FTS (body)", "an index needs a name"),
        ("CREATE INDEX i ON docs (id)", "USING HNSW"),
    ] {
        let error = lake.error(sql).await;
        assert!(error.contains(expected), "{sql}: {error}");
    }
    lake.run("CREATE TEMPORARY TABLE t AS SELECT 'a' AS a").await;
    assert!(lake.error("CREATE INDEX i ON t USING FTS (a)").await.contains("a table in memory"));
    assert!(lake.run(SHOW).await.is_empty());
}

#[tokio::test]
async fn a_definition_changes_neither_the_schema_version_nor_the_change_list() {
    let lake = fixture(false).await;
    let before = lake.lake.view(&LATEST).await.unwrap();
    lake.run(HNSW).await;
    let after = lake.lake.view(&LATEST).await.unwrap();
    assert_eq!(
        (after.snapshot.id, after.snapshot.schema_version),
        (before.snapshot.id + 1, before.snapshot.schema_version)
    );
    let changes = format!(
        "SELECT changes_made IS NULL FROM __ducklake_metadata_lake.ducklake_snapshot_changes WHERE snapshot_id = {}",
        after.snapshot.id
    );
    assert_eq!(lake.run(&changes).await, ["true"]);
    // Both snapshots are remembered by the version that they share.
    assert!(lake.usable(&SnapshotSelector::Version(before.snapshot.id)).await.is_empty());
    assert_eq!(lake.usable(&LATEST).await, ["near HNSW"]);
    lake.run("DROP INDEX near").await;
    assert_eq!(lake.usable(&SnapshotSelector::Version(after.snapshot.id)).await, ["near HNSW"]);
    assert!(lake.usable(&LATEST).await.is_empty());
}

#[tokio::test]
async fn a_transaction_sees_its_own_indexes() {
    let lake = fixture(false).await;
    lake.run(FTS).await;
    let before = lake.head().await;
    lake.run("BEGIN").await;
    lake.run(HNSW).await;
    lake.run("DROP INDEX words").await;
    lake.run("CREATE TABLE fresh (w FLOAT[])").await;
    lake.run("CREATE INDEX other ON fresh USING HNSW (w)").await;
    let count = "SELECT string_agg(index_name, ' ' ORDER BY index_name) FROM duckdb_indexes()";
    assert_eq!(lake.run(count).await, ["near other"]);
    assert_eq!(lake.usable(&LATEST).await, ["words FTS"]);
    lake.run("ROLLBACK").await;
    assert_eq!(lake.run(count).await, ["words"]);

    lake.run("BEGIN").await;
    lake.run(HNSW).await;
    lake.run("DROP INDEX near").await;
    lake.run("COMMIT").await;
    assert_eq!(lake.head().await, before, "nothing is left to commit");

    lake.run("BEGIN").await;
    lake.run("DROP INDEX words").await;
    lake.run("CREATE INDEX words ON docs USING FTS (body)").await;
    lake.run("CREATE TABLE fresh (w FLOAT[])").await;
    lake.run("CREATE INDEX other ON fresh USING HNSW (w)").await;
    lake.run("INSERT INTO docs (id) VALUES (2)").await;
    lake.run("COMMIT").await;
    assert_eq!(lake.run("SHOW INDEXES FROM docs").await.len(), 1);
    assert!(lake.run("SHOW INDEXES FROM docs").await[0].contains("|body AS text|"));
    assert!(lake.run("SHOW INDEXES FROM fresh").await[0].contains("|other|HNSW|w|"));
}

#[tokio::test]
async fn indexed_columns_stay() {
    let lake = fixture(false).await;
    lake.run(HNSW).await;
    for sql in ["ALTER TABLE docs DROP COLUMN V", "ALTER TABLE docs ALTER COLUMN v SET DATA TYPE DOUBLE[]"] {
        let error = lake.error(sql).await;
        assert!(error.contains("index 'near' depends on it") && error.contains("DROP INDEX near first"), "{error}");
    }
    lake.run("ALTER TABLE docs DROP COLUMN d").await;
    lake.run("COMMENT ON TABLE docs IS 'more'").await;
    lake.run("COMMENT ON TABLE docs IS NULL").await;
    assert_eq!(lake.usable(&LATEST).await, ["near HNSW"]);
    lake.run("DROP TABLE docs").await;
    lake.run("CREATE TABLE docs (v FLOAT[])").await;
    assert!(lake.run(SHOW).await.is_empty());
    lake.run("CREATE INDEX near ON docs USING HNSW (v)").await;
    lake.run("DROP INDEX near").await;
    lake.run("ALTER TABLE docs ADD COLUMN w INTEGER").await;
    lake.run("ALTER TABLE docs DROP COLUMN v").await;
}

#[tokio::test]
async fn others_may_write_while_an_index_is_made() {
    let index = NewIndex::fts("words", [TextColumn::new("body", TextKind::Text)]);
    for sql in [
        "INSERT INTO docs (id) VALUES (9)",
        "UPDATE docs SET body = 'c' WHERE id = 1",
        "DELETE FROM docs WHERE id = 1",
        "ALTER TABLE docs ADD COLUMN more INTEGER",
        "ALTER TABLE docs RENAME COLUMN body TO text",
        "ALTER TABLE docs RENAME TO papers",
        "COMMENT ON TABLE docs IS 'x'",
        "CREATE INDEX near ON docs USING HNSW (v)",
        "CREATE INDEX words ON s.docs USING HNSW (v)",
    ] {
        for index_first in [true, false] {
            let lake = fixture(false).await;
            let mut making = lake.lake.begin().await.unwrap();
            making.create_index("docs", &index, false).await.unwrap();
            lake.run("BEGIN").await;
            lake.run(sql).await;
            if index_first {
                making.commit().await.unwrap();
                lake.run("COMMIT").await;
            } else {
                lake.run("COMMIT").await;
                making.commit().await.unwrap_or_else(|error| panic!("after {sql}: {error}"));
            }
            let all = lake.lake.indexes().await.unwrap();
            assert!(
                all.iter().any(|i| i.schema == "main" && i.name == "words" && i.definition.is_ok()),
                "{sql}: {all:?}"
            );
        }
    }
}

#[tokio::test]
async fn an_index_is_not_made_of_what_is_gone() {
    let index = NewIndex::fts("words", [TextColumn::new("body", TextKind::Text)]);
    for sql in [
        "DROP TABLE docs",
        "ALTER TABLE docs DROP COLUMN body",
        "CREATE INDEX words ON docs USING HNSW (v)",
        "CREATE INDEX words ON twin USING HNSW (v)",
    ] {
        let lake = fixture(false).await;
        lake.run("CREATE TABLE twin (v FLOAT[])").await;
        let mut making = lake.lake.begin().await.unwrap();
        assert!(making.create_index("docs", &index, false).await.unwrap());
        assert!(!making.create_index("docs", &index, true).await.unwrap());
        lake.run(sql).await;
        let error = making.commit().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict, "{sql}: {error}");
    }
    let lake = fixture(false).await;
    // Of two that drop an index, the later has nothing to do.
    lake.lake.create_index("docs", &index).await.unwrap();
    let mut dropping = lake.lake.begin().await.unwrap();
    dropping.drop_index("words").await.unwrap();
    assert!(dropping.indexes().await.unwrap().is_empty());
    lake.run("DROP INDEX words").await;
    dropping.commit().await.unwrap();
    assert!(lake.lake.indexes().await.unwrap().is_empty());
}

#[tokio::test]
async fn definitions_that_are_not_understood_are_shown_and_not_used() {
    let lake = fixture(false).await;
    lake.run(HNSW).await;
    let table = lake.lake.indexes().await.unwrap()[0].table_id;
    let attached = lake.session.names().attached[0].clone();
    lake.run("BEGIN").await;
    for (name, json) in [("newer", r#"{"version":7,"kind":"hnsw"}"#), ("broken", "{")] {
        let set = async |open: &mut crate::write::OpenLake| {
            let key = format!("{TAG_PREFIX}{name}");
            open.transaction.set_tag(ducklake_transact::Tagged::Table(table), &key, Some(json.to_string()));
            Ok(())
        };
        lake.session.open().with(&attached, set).await.unwrap();
    }
    lake.run("COMMIT").await;
    assert_eq!(lake.usable(&LATEST).await, ["near HNSW"]);
    let notes = lake.run(SHOW).await;
    assert!(
        notes.iter().any(|row| row.contains("|newer|") && row.contains("made by a newer version: version 7")),
        "{notes:?}"
    );
    assert!(
        notes.iter().any(|row| row.contains("|broken|") && row.contains("not a definition of an index")),
        "{notes:?}"
    );
    lake.run("ALTER TABLE docs DROP COLUMN d").await;
    lake.run("DROP INDEX newer").await;
    lake.run("DROP INDEX broken").await;
    assert_eq!(lake.run(SHOW).await.len(), 1);
}

#[tokio::test]
async fn indexes_of_encrypted_lakes_have_keys() {
    for encrypted in [true, false] {
        let lake = fixture(encrypted).await;
        lake.run(HNSW).await;
        let indexes = lake.lake.indexes().await.unwrap();
        assert_eq!(indexes[0].definition.as_ref().unwrap().key.is_some(), encrypted);
    }
}

#[tokio::test]
async fn calls_to_refresh_are_checked() {
    let lake = fixture(false).await;
    for (sql, expected) in [
        ("CALL ducklake_refresh_indexes()", "takes the lake's name"),
        ("CALL ducklake_refresh_indexes('nothing')", "lake 'nothing' does not exist"),
        ("CALL ducklake_refresh_indexes('lake', tabel => 'docs')", "did you mean table?"),
        ("CALL ducklake_refresh_indexes('lake', table => 'doc')", "table 'doc' does not exist"),
        ("CALL ducklake_refresh_indexes('lake', table => 'docs', schema => 't')", "schema 't' does not exist"),
    ] {
        let error = lake.error(sql).await;
        assert!(error.contains(expected), "{sql}: {error}");
    }
}

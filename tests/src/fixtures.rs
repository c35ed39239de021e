//! Lakes kept in this repository, copied so that tests may change them.

use std::fs;
use std::path::{Path, PathBuf};

use sqlx::ConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use tempfile::TempDir;

/// The folder of a kept lake, such as `golden/v0.4` or `demo`.
pub fn kept(name: &str) -> PathBuf {
    here().join(name)
}

/// This crate's folder. Asked for when it runs: clones may share a target folder, and with it what one of them built.
pub fn here() -> PathBuf {
    PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").into()))
}

/// A copy of a kept lake, gone when dropped.
pub struct Copy {
    folder: TempDir,
    catalog: &'static str,
}

impl Copy {
    /// The lake of format 1.0: Parquet files, deletes of both kinds, a changed and a partitioned table, inlined rows.
    pub fn golden() -> Self {
        Self::new("golden/v1.0", "meta.sqlite")
    }

    /// Copies a kept lake.
    ///
    /// # Panics
    /// If the files cannot be copied.
    pub fn new(name: &str, catalog: &'static str) -> Self {
        let folder = TempDir::with_prefix("quacklake-test-").expect("a folder");
        copy(&kept(name), folder.path());
        Self { folder, catalog }
    }

    /// Address of the catalog.
    pub fn uri(&self) -> String {
        format!("sqlite:{}", self.folder.path().join(self.catalog).display())
    }

    /// The data path, to be given as the override of the recorded one.
    pub fn data_path(&self) -> String {
        format!("{}/data/", self.folder.path().display())
    }

    /// A path in the copy.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Changes the catalog's tables.
    ///
    /// # Panics
    /// If the statement fails or changes nothing: the test would then test nothing.
    pub async fn edit(&self, sql: &str) {
        let options = SqliteConnectOptions::new().filename(self.path(self.catalog));
        let mut connection = options.connect().await.expect("the catalog opens");
        let done = sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_string())).execute(&mut connection).await;
        let done = done.unwrap_or_else(|error| panic!("{sql}: {error}"));
        assert!(done.rows_affected() > 0 || sql.starts_with("DROP"), "{sql} changes nothing");
    }

    /// Path of the first data or delete file that the catalog lists for a table, by `kind`.
    ///
    /// # Panics
    /// If there is none.
    pub async fn file(&self, kind: &str, table: &str) -> PathBuf {
        let options = SqliteConnectOptions::new().filename(self.path(self.catalog));
        let mut connection = options.connect().await.expect("the catalog opens");
        let sql = format!(
            "SELECT s.path || t.path || f.path FROM ducklake_{kind}_file f JOIN ducklake_table t USING (table_id) \
             JOIN ducklake_schema s USING (schema_id) WHERE t.table_name = ? AND f.end_snapshot IS NULL ORDER BY f.path"
        );
        let query = sqlx::query_scalar::<_, String>(sqlx::AssertSqlSafe(sql)).bind(table);
        let path = query.fetch_one(&mut connection).await.expect("a file of the table");
        self.path("data").join(path)
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).unwrap_or_else(|error| panic!("{}: {error}", from.display())) {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a type").is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), &target).expect("a copy");
        }
    }
}

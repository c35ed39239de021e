//! Secondary indexes on the catalog, which DuckDB ignores and which make planning over many files quick.

use crate::catalog::Catalog;
use crate::error::{CatalogError, FailureKind};
use crate::sql::quote;

/// Index name, table, columns.
const INDEXES: [(&str, &str, &[&str]); 6] = [
    ("quacklake_data_file_table", "ducklake_data_file", &["table_id", "begin_snapshot", "end_snapshot"]),
    ("quacklake_delete_file_data_file", "ducklake_delete_file", &["data_file_id"]),
    (
        "quacklake_file_column_stats_column",
        "ducklake_file_column_stats",
        &["table_id", "column_id", "data_file_id", "min_value", "max_value", "contains_nan"],
    ),
    ("quacklake_file_column_stats_file", "ducklake_file_column_stats", &["data_file_id", "column_id"]),
    ("quacklake_file_partition_value_file", "ducklake_file_partition_value", &["data_file_id"]),
    ("quacklake_column_table", "ducklake_column", &["table_id"]),
];

impl Catalog {
    /// Creates the secondary indexes that are not there yet; gives the names of all. The lake's
    /// contents do not change.
    ///
    /// # Errors
    /// `Denied` for a catalog that may not be written, other database failures.
    pub async fn create_indexes(&self) -> Result<Vec<String>, CatalogError> {
        let mut names = Vec::new();
        for (name, table, columns) in INDEXES {
            if !columns.iter().all(|c| self.layout().has(table, c)) {
                continue;
            }
            let columns: Vec<String> = columns.iter().map(|c| quote(c)).collect();
            let columns = columns.join(", ");
            let schema = quote(self.schema());
            let mut sql = self.sql();
            // SQLite wants the schema on the index, PostgreSQL on the table.
            match sql.dialect.name {
                "sqlite" => sql.push(&format!(
                    "CREATE INDEX IF NOT EXISTS {schema}.{} ON {} ({columns})",
                    quote(name),
                    quote(table)
                )),
                _ => sql.push(&format!(
                    "CREATE INDEX IF NOT EXISTS {} ON {schema}.{} ({columns})",
                    quote(name),
                    quote(table)
                )),
            };
            self.execute("creating a catalog index", sql.text()).await.map_err(|e| match e.kind() {
                FailureKind::Denied => e.with_hint("the catalog is read-only for this user"),
                _ => e,
            })?;
            names.push(name.to_string());
        }
        Ok(names)
    }
}

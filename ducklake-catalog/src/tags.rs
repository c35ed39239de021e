//! Tags of tables and views: texts by keys, which programs other than DuckDB may set as well.

use crate::catalog::Catalog;
use crate::error::CatalogError;

/// A tag that is visible at a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagRow {
    /// The table or view.
    pub object_id: i64,
    /// Its name.
    pub key: String,
    /// Its text.
    pub value: String,
}

impl Catalog {
    /// Tags at `snapshot` whose keys begin with `prefix`, by object and key: one statement. Objects may be gone.
    ///
    /// # Errors
    /// Database failures.
    pub async fn tags(&self, snapshot: i64, prefix: &str) -> Result<Vec<TagRow>, CatalogError> {
        if !self.layout().has_table("ducklake_tag") {
            return Ok(Vec::new());
        }
        let mut sql = self.sql();
        sql.push("SELECT g.object_id, g.key, g.value FROM ").table("ducklake_tag").push(" g WHERE ");
        sql.visible_at("g", snapshot).push(" AND g.value IS NOT NULL AND substr(g.key, 1, ");
        // A number as text: PostgreSQL has no `substr` of BIGINT.
        sql.push(&prefix.chars().count().to_string()).push(") = ").bind(prefix);
        sql.push(" ORDER BY g.object_id, g.key, g.begin_snapshot");
        let mut tx = self.begin().await?;
        let rows = tx.query("reading tags", sql).await?;
        tx.finish().await;
        rows.into_iter()
            .map(|mut row| {
                Ok(TagRow { object_id: row.i64("object_id")?, key: row.text("key")?, value: row.text("value")? })
            })
            .collect()
    }

    /// Values of all tags whose keys begin with `prefix`, those that ended included: one statement.
    ///
    /// # Errors
    /// Database failures.
    pub async fn known_tags(&self, prefix: &str) -> Result<Vec<String>, CatalogError> {
        if !self.layout().has_table("ducklake_tag") {
            return Ok(Vec::new());
        }
        let mut sql = self.sql();
        sql.push("SELECT g.value FROM ")
            .table("ducklake_tag")
            .push(" g WHERE g.value IS NOT NULL AND substr(g.key, 1, ");
        sql.push(&prefix.chars().count().to_string()).push(") = ").bind(prefix);
        let rows = self.database().query("reading tags", sql).await?;
        rows.into_iter().map(|mut row| row.text("value")).collect()
    }
}

//! Schemas, tables, views and macros visible at a snapshot.

use crate::catalog::Catalog;
use crate::error::CatalogError;
use crate::macros::MacroRow;

/// A visible row of `ducklake_schema`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaRow {
    /// Id.
    pub schema_id: i64,
    /// Name.
    pub name: String,
    /// Folder, `None` for the data path itself.
    pub path: Option<String>,
    /// Whether `path` is relative to the data path.
    pub path_is_relative: bool,
}

/// A visible row of `ducklake_table`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableRow {
    /// Id.
    pub table_id: i64,
    /// UUID as text.
    pub uuid: Option<String>,
    /// Schema.
    pub schema_id: i64,
    /// Name.
    pub name: String,
    /// Folder, `None` for that of the schema.
    pub path: Option<String>,
    /// Whether `path` is relative to the schema's folder.
    pub path_is_relative: bool,
    /// First snapshot of this row (a rename starts a new row).
    pub begin_snapshot: i64,
    /// Comment.
    pub comment: Option<String>,
}

/// A visible row of `ducklake_view`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewRow {
    /// Id.
    pub view_id: i64,
    /// Schema.
    pub schema_id: i64,
    /// Name.
    pub name: String,
    /// SQL dialect of `sql`.
    pub dialect: Option<String>,
    /// SELECT text with `{DUCKLAKE_CATALOG}.` for the lake's own name.
    pub sql: String,
    /// Comma list of quoted names, or empty.
    pub column_aliases: Option<String>,
}

/// All names at one snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Names {
    /// Schemas by id.
    pub schemas: Vec<SchemaRow>,
    /// Tables of all schemas.
    pub tables: Vec<TableRow>,
    /// Views of all schemas.
    pub views: Vec<ViewRow>,
    /// Macros of all schemas.
    pub macros: Vec<MacroRow>,
}

impl Catalog {
    /// All schemas, tables, views and macros visible at `snapshot`: four statements.
    ///
    /// # Errors
    /// Database failures, or rows without names.
    pub async fn names_at(&self, snapshot: i64) -> Result<Names, CatalogError> {
        let mut tx = self.begin().await?;
        let layout = self.layout();

        let mut sql = self.sql();
        sql.push("SELECT ");
        layout.select(&mut sql, "ducklake_schema", "s", &["schema_id", "schema_name", "path", "path_is_relative"]);
        sql.push(" FROM ")
            .table("ducklake_schema")
            .push(" s WHERE ")
            .visible_at("s", snapshot)
            .push(" ORDER BY s.schema_id");
        let schemas = tx.query("reading schemas", sql).await?;
        let schemas = schemas
            .into_iter()
            .map(|mut row| {
                Ok(SchemaRow {
                    schema_id: row.i64("schema_id")?,
                    name: row.text("schema_name")?,
                    path: row.opt_text(),
                    path_is_relative: row.opt_bool().unwrap_or(true),
                })
            })
            .collect::<Result<Vec<_>, CatalogError>>()?;

        let mut sql = self.sql();
        sql.push("SELECT ");
        let columns = ["table_id", "schema_id", "table_name", "path", "path_is_relative", "begin_snapshot"];
        layout.select(&mut sql, "ducklake_table", "t", &columns);
        let uuid = (sql.dialect.as_text)(&layout.column("ducklake_table", "t", "table_uuid"));
        sql.push(", ").push(&uuid);
        if layout.has_table("ducklake_tag") {
            sql.push(", (SELECT max(g.value) FROM ").table("ducklake_tag");
            sql.push(" g WHERE g.object_id = t.table_id AND g.key = 'comment' AND ")
                .visible_at("g", snapshot)
                .push(")");
        } else {
            sql.push(", NULL");
        }
        sql.push(" FROM ")
            .table("ducklake_table")
            .push(" t WHERE ")
            .visible_at("t", snapshot)
            .push(" ORDER BY t.table_id");
        let tables = tx.query("reading tables", sql).await?;
        let tables = tables
            .into_iter()
            .map(|mut row| {
                Ok(TableRow {
                    table_id: row.i64("table_id")?,
                    schema_id: row.i64("schema_id")?,
                    name: row.text("table_name")?,
                    path: row.opt_text(),
                    path_is_relative: row.opt_bool().unwrap_or(true),
                    begin_snapshot: row.opt_i64()?.unwrap_or_default(),
                    uuid: row.opt_text(),
                    comment: row.opt_text(),
                })
            })
            .collect::<Result<Vec<_>, CatalogError>>()?;

        let mut views = Vec::new();
        if layout.has_table("ducklake_view") {
            let mut sql = self.sql();
            sql.push("SELECT ");
            let columns = ["view_id", "schema_id", "view_name", "dialect", "sql", "column_aliases"];
            layout.select(&mut sql, "ducklake_view", "v", &columns);
            sql.push(" FROM ")
                .table("ducklake_view")
                .push(" v WHERE ")
                .visible_at("v", snapshot)
                .push(" ORDER BY v.view_id");
            for mut row in tx.query("reading views", sql).await? {
                views.push(ViewRow {
                    view_id: row.i64("view_id")?,
                    schema_id: row.i64("schema_id")?,
                    name: row.text("view_name")?,
                    dialect: row.opt_text(),
                    sql: row.opt_text().unwrap_or_default(),
                    column_aliases: row.opt_text(),
                });
            }
        }
        let macros = self.macros_in(&mut tx, snapshot).await?;
        tx.finish().await;
        Ok(Names { schemas, tables, views, macros })
    }
}

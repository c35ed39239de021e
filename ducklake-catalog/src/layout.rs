//! Which metadata tables and columns a catalog really has.
//!
//! Formats 0.1 to 1.1-dev differ in tables and columns; so do lakes migrated half-way. Everything is probed once at
//! open, and a statement asks for `NULL` where a column is absent.

use std::collections::{BTreeMap, HashMap};

use crate::driver::{DbTransaction, Row};
use crate::error::CatalogError;
use crate::sql::{Sql, quote};

/// Physical columns of tables: table name to (column, declared type) in column order.
pub(crate) type PhysicalTables = BTreeMap<String, Vec<(String, String)>>;

/// The fixed metadata tables of one catalog.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    tables: HashMap<String, Vec<String>>,
}

impl Layout {
    /// Probes all metadata tables but those of inlined data, in one statement.
    pub(crate) async fn probe(tx: &mut DbTransaction, sql: Sql<'_>, schema: &str) -> Result<Self, CatalogError> {
        let mut sql = sql;
        probe_select(&mut sql, schema);
        let name = sql.dialect.probe_name;
        sql.push(" AND ")
            .push(name)
            .push(" LIKE 'ducklake%' AND ")
            .push(name)
            .push(" NOT LIKE 'ducklake_inlined_delete%' AND (");
        sql.push(name)
            .push(" = 'ducklake_inlined_data_tables' OR ")
            .push(name)
            .push(" NOT LIKE 'ducklake_inlined_data%')");
        sql.push(sql.dialect.probe_order);
        let tables = collect(tx.query("looking for DuckLake tables", sql).await?)?;
        let tables = tables.into_iter().map(|(t, cols)| (t, cols.into_iter().map(|(c, _)| c).collect())).collect();
        Ok(Self { tables })
    }

    pub(crate) fn has_table(&self, table: &str) -> bool {
        self.tables.contains_key(table)
    }

    pub(crate) fn has(&self, table: &str, column: &str) -> bool {
        self.tables.get(table).is_some_and(|columns| columns.iter().any(|c| c == column))
    }

    /// `alias.column`, or `NULL` where the catalog's version lacks the column.
    pub(crate) fn column(&self, table: &str, alias: &str, column: &str) -> String {
        if self.has(table, column) { format!("{alias}.{}", quote(column)) } else { "NULL".to_string() }
    }

    /// Appends a select list of columns that may be absent.
    pub(crate) fn select(&self, sql: &mut Sql<'_>, table: &str, alias: &str, columns: &[&str]) {
        for (i, column) in columns.iter().enumerate() {
            if i > 0 {
                sql.push(", ");
            }
            sql.push(&self.column(table, alias, column));
        }
    }

    /// Name of the table of per-file column statistics (0.1 and 0.2 call it otherwise).
    pub(crate) fn file_stats_table(&self) -> Option<&'static str> {
        ["ducklake_file_column_stats", "ducklake_file_column_statistics"].into_iter().find(|t| self.has_table(t))
    }
}

fn probe_select(sql: &mut Sql<'_>, schema: &str) {
    sql.push(sql.dialect.probe);
    if sql.dialect.probe_binds_schema {
        // The dialect's text already holds the first placeholder.
        let _ = sql.placeholder(schema);
    }
}

/// Physical columns of the named tables; absent tables are absent from the result.
pub(crate) async fn probe_tables(
    tx: &mut DbTransaction,
    mut sql: Sql<'_>,
    schema: &str,
    names: impl IntoIterator<Item = String>,
) -> Result<PhysicalTables, CatalogError> {
    let dialect = sql.dialect;
    probe_select(&mut sql, schema);
    sql.push(" AND ").push(dialect.probe_name).push(" IN ").list(names).push(dialect.probe_order);
    collect(tx.query("looking for inlined tables", sql).await?)
}

/// Physical columns of all tables that are DuckLake's.
pub(crate) async fn probe_all(
    tx: &mut DbTransaction,
    mut sql: Sql<'_>,
    schema: &str,
) -> Result<PhysicalTables, CatalogError> {
    let dialect = sql.dialect;
    probe_select(&mut sql, schema);
    sql.push(" AND ").push(dialect.probe_name).push(" LIKE 'ducklake%'").push(dialect.probe_order);
    collect(tx.query("looking for DuckLake tables", sql).await?)
}

fn collect(rows: Vec<Row>) -> Result<PhysicalTables, CatalogError> {
    let mut tables = PhysicalTables::new();
    for mut row in rows {
        let table = row.text("a table name")?;
        let column = row.text("a column name")?;
        let declared = row.opt_text().unwrap_or_default();
        tables.entry(table).or_default().push((column, declared));
    }
    Ok(tables)
}

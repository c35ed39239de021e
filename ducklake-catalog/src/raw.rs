//! The metadata tables as they are, for those who want to look at the catalog itself.

use crate::catalog::Catalog;
use crate::driver::Cell;
use crate::error::CatalogError;
use crate::inlined::PhysicalColumn;
use crate::layout;
use crate::sql::quote;

/// A metadata table with its rows.
#[derive(Debug, Clone, PartialEq)]
pub struct RawTable {
    /// Name as it exists.
    pub name: String,
    /// Columns in the database's order.
    pub columns: Vec<PhysicalColumn>,
    /// Cells of each row, in the order of `columns`.
    pub rows: Vec<Vec<Cell>>,
}

impl Catalog {
    /// The tables of the metadata schema that exist now, by name, each with its columns: inlined data tables too, but
    /// nothing that is not DuckLake's.
    ///
    /// # Errors
    /// Database failures.
    pub async fn raw_tables(&self) -> Result<Vec<(String, Vec<PhysicalColumn>)>, CatalogError> {
        let mut tx = self.begin().await?;
        let physical = layout::probe_all(&mut tx, self.sql(), self.schema()).await?;
        tx.finish().await;
        let columns = |columns: Vec<(String, String)>| {
            columns.into_iter().map(|(name, declared)| PhysicalColumn { name, declared }).collect()
        };
        Ok(physical.into_iter().map(|(name, found)| (name, columns(found))).collect())
    }

    /// All rows of one metadata table, its name in any case; `None` where there is none. Always fresh.
    ///
    /// # Errors
    /// Database failures.
    pub async fn raw_table(&self, name: &str) -> Result<Option<RawTable>, CatalogError> {
        let tables = self.raw_tables().await?;
        let Some((name, columns)) = tables.into_iter().find(|(n, _)| n.eq_ignore_ascii_case(name)) else {
            return Ok(None);
        };
        let mut sql = self.sql();
        sql.push("SELECT ");
        for (i, column) in columns.iter().enumerate() {
            let expr = (sql.dialect.inlined_value)(&quote(&column.name), &column.declared);
            sql.push(if i > 0 { ", " } else { "" }).push(&expr);
        }
        sql.push(" FROM ").table(&name);
        let mut tx = self.begin().await?;
        let rows = tx.query("reading a metadata table", sql).await?.into_iter().map(|row| row.rest()).collect();
        tx.finish().await;
        Ok(Some(RawTable { name, columns, rows }))
    }
}

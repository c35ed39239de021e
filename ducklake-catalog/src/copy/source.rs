//! All rows of one table, some at a time.

use futures::StreamExt;
use futures::stream::BoxStream;

use super::CellRow;
use crate::driver::{DbTransaction, Row};
use crate::duckdb::TableRows;
use crate::error::CatalogError;
use crate::inlined::PhysicalColumn;
use crate::sql::{Sql, quote};

/// Rows that are read at once.
const ROWS: usize = 2_048;

/// The rows of a table in a transaction.
pub(super) enum RowSource<'a> {
    /// From a statement that runs.
    Statement(BoxStream<'a, Result<Row, CatalogError>>),
    /// From a DuckDB file.
    File(Box<TableRows>),
}

impl<'a> RowSource<'a> {
    /// Starts to read the columns of a table.
    pub(super) fn open(
        tx: &'a mut DbTransaction,
        mut sql: Sql<'_>,
        table: &str,
        columns: &[PhysicalColumn],
    ) -> Result<Self, CatalogError> {
        if let DbTransaction::DuckDb(mirror) = tx {
            let columns = columns.iter().map(|column| column.name.clone()).collect();
            return Ok(Self::File(Box::new(mirror.rows(sql.schema(), table, Some(columns))?)));
        }
        sql.push("SELECT ");
        for (i, column) in columns.iter().enumerate() {
            let expr = (sql.dialect.inlined_value)(&quote(&column.name), &column.declared);
            sql.push(if i > 0 { ", " } else { "" }).push(&expr);
        }
        sql.push(" FROM ").table(table);
        Ok(Self::Statement(tx.stream("reading a table of the catalog", sql)))
    }

    /// The next rows, `None` at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<CellRow>>, CatalogError> {
        match self {
            Self::File(rows) => rows.next().await,
            Self::Statement(stream) => {
                let mut rows = Vec::new();
                while rows.len() < ROWS {
                    match stream.next().await {
                        Some(row) => rows.push(row?.rest()),
                        None => break,
                    }
                }
                Ok((!rows.is_empty()).then_some(rows))
            }
        }
    }
}

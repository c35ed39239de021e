//! Inlined rows in the form of another database.

use ducklake_format::{Column, DisplayOptions, ValueDisplay};

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use std::sync::Arc;

use super::CellRow;
use super::checksum::Checksums;
use super::plan::{InlinedColumns, cannot_inline};
use crate::driver::Cell;
use crate::error::CatalogError;
use crate::inline::{Backend, encode_rows};
use crate::inlined::InlinedRows;

/// Converts the rows of one inlined data table.
pub(super) struct InlinedConversion<'a> {
    inlined: &'a InlinedColumns,
    backend: Backend,
}

impl<'a> InlinedConversion<'a> {
    /// For rows of this table on their way to `backend`.
    pub(super) fn new(inlined: &'a InlinedColumns, backend: Backend) -> Self {
        Self { inlined, backend }
    }

    /// The rows as the target has them; adds them to the checksums.
    pub(super) fn convert(&self, rows: Vec<CellRow>, sums: &mut Checksums) -> Result<Vec<CellRow>, CatalogError> {
        let (bookkeeping, arrays) = self.decode(rows)?;
        self.sum(&bookkeeping, &arrays, sums)?;
        let options = RecordBatchOptions::new().with_row_count(Some(bookkeeping.len()));
        let schema = Arc::new(Column::schema(&self.inlined.columns));
        let batch = RecordBatch::try_new_with_options(schema, arrays, &options)
            .map_err(|e| CatalogError::invalid(format!("the rows of {} do not fit together: {e}", self.name())))?;
        let encoded = encode_rows(&self.inlined.columns, &batch, self.backend)?;
        let encoded = encoded.ok_or_else(|| cannot_inline(self.name(), self.backend))?;
        Ok(bookkeeping.into_iter().zip(encoded).map(|(ids, cells)| ids.into_iter().chain(cells).collect()).collect())
    }

    /// Adds rows to the checksums.
    pub(super) fn add(&self, rows: Vec<CellRow>, sums: &mut Checksums) -> Result<(), CatalogError> {
        let (bookkeeping, arrays) = self.decode(rows)?;
        self.sum(&bookkeeping, &arrays, sums)
    }

    fn name(&self) -> &str {
        &self.inlined.table.name
    }

    /// Row ids and snapshots of each row, and the values of each column.
    fn decode(&self, rows: Vec<CellRow>) -> Result<(Vec<CellRow>, Vec<ArrayRef>), CatalogError> {
        let mut decoded = InlinedRows { table: self.inlined.table.clone(), ids: Vec::new(), cells: Vec::new() };
        let mut bookkeeping = Vec::with_capacity(rows.len());
        for mut ids in rows {
            decoded.cells.push(ids.split_off(ids.len().min(3)));
            decoded.ids.push((ids.first().and_then(Cell::as_i64).unwrap_or_default(), 0));
            bookkeeping.push(ids);
        }
        let columns = self.inlined.columns.iter().enumerate();
        let arrays = columns.map(|(index, column)| decoded.decode(index, column)).collect::<Result<_, _>>()?;
        Ok((bookkeeping, arrays))
    }

    fn sum(&self, bookkeeping: &[CellRow], arrays: &[ArrayRef], sums: &mut Checksums) -> Result<(), CatalogError> {
        let options = DisplayOptions::default();
        let fields: Vec<_> = self.inlined.columns.iter().map(|column| column.lake_type.field("")).collect();
        let displays = arrays.iter().zip(&fields);
        let displays = displays.map(|(array, field)| ValueDisplay::try_new(array.as_ref(), field, &options));
        let displays = displays.collect::<Result<Vec<_>, _>>()?;
        for (row, ids) in bookkeeping.iter().enumerate() {
            let ids = ids.iter().map(|cell| cell.as_i64().map(|id| id.to_string()));
            let values = displays.iter().map(|display| {
                let mut text = String::new();
                display.write(row, &mut text);
                (!display.is_null(row)).then_some(text)
            });
            let cells: Vec<Option<String>> = ids.chain(values).collect();
            sums.add(cells.iter().map(|cell| cell.as_deref().map(str::as_bytes)));
        }
        Ok(())
    }
}

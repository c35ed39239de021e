//! Rows chosen by some columns before others are decoded.

use std::fmt;
use std::sync::Arc;

use arrow_array::{RecordBatch, RecordBatchOptions};
use arrow_schema::{Schema, SchemaRef};

use super::{ScanColumn, arrow};
use crate::error::{At, Result};
use crate::vector::Vector;

/// Says for each row of a batch whether it is wanted.
type Keep = dyn Fn(&RecordBatch) -> Vec<bool> + Send + Sync;

/// Chooses the rows of a scan by the values of some columns; strings of other rows are not decoded.
#[derive(Clone)]
pub struct RowFilter {
    pub(crate) columns: Vec<String>,
    keep: Arc<Keep>,
}

impl RowFilter {
    /// Keeps the rows for which `keep` says so of a batch of these columns. Rows that it says nothing of are left out.
    pub fn new(columns: Vec<String>, keep: impl Fn(&RecordBatch) -> Vec<bool> + Send + Sync + 'static) -> Self {
        Self { columns, keep: Arc::new(keep) }
    }
}

impl fmt::Debug for RowFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RowFilter").field("columns", &self.columns).finish_non_exhaustive()
    }
}

/// A filter whose columns are the first of a scan.
pub(super) struct Filter {
    schema: SchemaRef,
    keep: Arc<Keep>,
}

impl Filter {
    pub(super) fn new(columns: &[ScanColumn], filter: &RowFilter) -> Self {
        let fields: Vec<_> = columns.iter().map(|column| column.logical_type.field(&column.name)).collect();
        Self { schema: Arc::new(Schema::new(fields)), keep: Arc::clone(&filter.keep) }
    }

    /// The number of columns that rows are chosen by.
    pub(super) fn keys(&self) -> usize {
        self.schema.fields().len()
    }

    pub(super) fn choose(&self, columns: &[ScanColumn], keys: Vec<Vector>, rows: usize) -> Result<Vec<bool>> {
        let array = |(column, vector): (&ScanColumn, Vector)| {
            arrow::array(&column.logical_type, vector).at(|| format!("column {}", column.name))
        };
        let arrays = columns.iter().zip(keys).map(array).collect::<Result<_>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        Ok((self.keep)(&RecordBatch::try_new_with_options(Arc::clone(&self.schema), arrays, &options)?))
    }
}

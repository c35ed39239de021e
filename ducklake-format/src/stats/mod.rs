//! Column statistics: those of a data file or of inlined rows, and how they merge into the table's.

mod table;

pub use table::{Source, TableColumnStatistics, merge_table_statistics};

use arrow::array::RecordBatch;

use crate::{Column, ColumnId, FormatError};

/// What is known about the values of one leaf column, as `ducklake_file_column_stats` holds it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ColumnStatistics {
    /// Values that are not NULL.
    pub value_count: u64,
    /// NULLs; NULL or empty parents of nested leaves count.
    pub null_count: u64,
    /// Lower bound as text; `None` is unknown.
    pub min: Option<String>,
    /// Upper bound as text; `None` is unknown.
    pub max: Option<String>,
    /// Whether NaN occurs; `None` for types without it, and where nobody looked.
    pub contains_nan: Option<bool>,
    /// JSON of the types that have statistics of their own kind (geometry).
    pub extra_stats: Option<String>,
}

/// Collects the statistics of record batches.
#[derive(Debug, Clone)]
pub struct StatisticsCollector {}

impl StatisticsCollector {
    /// A collector for the rows of a data file with these columns.
    pub fn new(_columns: &[Column]) -> Self {
        Self {}
    }

    /// A collector for inlined rows, whose table-level bounds DuckDB writes as display text.
    pub fn for_inlined(_columns: &[Column]) -> Self {
        Self {}
    }

    /// Adds a batch: these top-level columns, of the types of [`Column::field`]; further columns are ignored.
    ///
    /// # Errors
    /// [`FormatError::InvalidBytes`] if the batch has other columns.
    pub fn update(&mut self, _batch: &RecordBatch) -> Result<(), FormatError> {
        Ok(())
    }

    /// Adds what another collector for the same columns has seen.
    pub fn merge(&mut self, _other: Self) {}

    /// The statistics of each leaf column, nested ones included, parents before children and in column order.
    pub fn finish(self) -> Vec<(ColumnId, ColumnStatistics)> {
        Vec::new()
    }
}

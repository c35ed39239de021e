//! Statistics of a table: one row of `ducklake_table_column_stats` for each leaf column.

use super::ColumnStatistics;
use crate::{ColumnId, LakeType};

/// A row of `ducklake_table_column_stats`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TableColumnStatistics {
    /// The leaf column.
    pub column_id: ColumnId,
    /// Whether NULLs were ever added; `None` is unknown.
    pub contains_null: Option<bool>,
    /// Whether NaN was ever added; `None` is unknown, or a type without it.
    pub contains_nan: Option<bool>,
    /// Lower bound.
    pub min_value: Option<String>,
    /// Upper bound.
    pub max_value: Option<String>,
    /// JSON of types with statistics of their own kind.
    pub extra_stats: Option<String>,
}

/// Where added rows are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// In a data file.
    File,
    /// In the catalog.
    Inlined,
}

/// The row of column `column_id` after rows with statistics `new` were added; `None` if there must be no row.
pub fn merge_table_statistics(
    _column_id: ColumnId,
    _lake_type: &LakeType,
    _old: Option<&TableColumnStatistics>,
    _is_first_data: bool,
    _new: &ColumnStatistics,
    _source: Source,
) -> Option<TableColumnStatistics> {
    None
}

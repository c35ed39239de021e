//! Column statistics: those of a data file or of inlined rows, and how they merge into the table's.

mod collect;
mod geometry;
mod leaf;
mod ranges;
mod table;
#[cfg(test)]
mod tests;
mod text;

pub use collect::StatisticsCollector;
pub use table::{Source, TableColumnStatistics, merge_table_statistics};

use crate::{Column, ColumnId, LakeType};

/// What is known about the values of one leaf column, as `ducklake_file_column_stats` holds it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ColumnStatistics {
    /// Values that are not NULL.
    pub value_count: u64,
    /// NULLs; in files, NULL and empty parents of nested leaves count as well.
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

/// A column without children, which is what statistics are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeafColumn<'a> {
    /// Its id.
    pub id: ColumnId,
    /// Its type.
    pub lake_type: &'a LakeType,
    /// Whether it is part of a list, struct or map.
    pub is_nested: bool,
}

/// The leaves of a column tree, in the order of [`StatisticsCollector::finish`].
pub fn leaf_columns(columns: &[Column]) -> Vec<LeafColumn<'_>> {
    fn add<'a>(column: &'a Column, is_nested: bool, leaves: &mut Vec<LeafColumn<'a>>) {
        if !column.lake_type.is_nested() {
            leaves.push(LeafColumn { id: column.id, lake_type: &column.lake_type, is_nested });
        }
        column.children.iter().for_each(|child| add(child, true, leaves));
    }
    let mut leaves = Vec::new();
    columns.iter().for_each(|column| add(column, false, &mut leaves));
    leaves
}

//! Which row groups a filter rules out, by the bounds that DuckDB keeps of each.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, UInt64Array};
use arrow::datatypes::SchemaRef;
use datafusion::common::pruning::PruningStatistics;
use datafusion::common::{Column, ScalarValue};
use datafusion::physical_expr::utils::collect_columns;
use datafusion::physical_expr::{PhysicalExpr, conjunction, split_conjunction};
use datafusion::physical_optimizer::pruning::PruningPredicateBuilder;
use duckdb_file::Table;

use super::convert::convert;
use super::table::TableColumn;
use crate::prune::is_prunable;

/// The numbers of the groups that may have rows of the filter's. `rows` are those of each group.
///
/// # Errors
/// Metadata of the table that cannot be read.
pub(super) fn kept_groups(
    table: &Table,
    columns: &[TableColumn],
    schema: &SchemaRef,
    rows: &[u64],
    predicate: &Arc<dyn PhysicalExpr>,
) -> Result<Vec<usize>, duckdb_file::Error> {
    let groups: Vec<usize> = (0..rows.len()).filter(|group| rows[*group] > 0).collect();
    let usable = split_conjunction(predicate).into_iter().filter(|part| is_prunable(part, schema)).map(Arc::clone);
    let predicate = conjunction(usable);
    let mut bounds = HashMap::new();
    for column in collect_columns(&predicate) {
        let Some(found) = columns.get(column.index()).filter(|found| found.name == column.name()) else { continue };
        let target = schema.field(column.index()).data_type();
        // Types without bounds, and columns that are not stored, rule nothing out.
        let read = match table.bounds(&found.name, &groups) {
            Ok(read) => read,
            Err(duckdb_file::Error::NoSuchColumn { .. }) => continue,
            Err(error) => return Err(error),
        };
        let converted = |array: &ArrayRef| convert(&found.logical_type, array, target).ok();
        if let (Some(min), Some(max)) = (converted(&read.min), converted(&read.max)) {
            bounds.insert(found.name.clone(), (min, max));
        }
    }
    let built = PruningPredicateBuilder::new().with_file_schema(schema.clone()).try_build(predicate);
    let Ok(pruning) = built else { return Ok(groups) };
    let row_counts = Arc::new(groups.iter().map(|group| Some(rows[*group])).collect::<UInt64Array>());
    // An expression that cannot be evaluated over bounds rules nothing out.
    let Ok(verdicts) = pruning.prune(&GroupBounds { bounds, row_counts }) else { return Ok(groups) };
    Ok(groups.into_iter().zip(verdicts).filter(|(_, kept)| *kept).map(|(group, _)| group).collect())
}

struct GroupBounds {
    bounds: HashMap<String, (ArrayRef, ArrayRef)>,
    row_counts: ArrayRef,
}

impl PruningStatistics for GroupBounds {
    fn min_values(&self, column: &Column) -> Option<ArrayRef> {
        Some(self.bounds.get(&column.name)?.0.clone())
    }

    fn max_values(&self, column: &Column) -> Option<ArrayRef> {
        Some(self.bounds.get(&column.name)?.1.clone())
    }

    fn num_containers(&self) -> usize {
        self.row_counts.len()
    }

    /// Not counted by DuckDB.
    fn null_counts(&self, _column: &Column) -> Option<ArrayRef> {
        None
    }

    fn row_counts(&self) -> Option<ArrayRef> {
        Some(self.row_counts.clone())
    }

    fn contained(&self, _column: &Column, _values: &HashSet<ScalarValue>) -> Option<BooleanArray> {
        None
    }
}

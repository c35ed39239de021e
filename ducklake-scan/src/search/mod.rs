//! Search over tables: indexes, their segments, and the functions and rules that use them.
//!
//! `definition` is what the catalog keeps of an index, `statements` how it gets there. `store` has the segments, in files
//! that `container` lays out; `refresh` decides which to make and `build` makes them. `cover` gives every row of a snapshot
//! to one segment or to none; `nearest` and `text` ask the segments, and `found` offers both to Rust. `rule` tells a scan
//! what it is sorted by.

mod build;
mod container;
mod cover;
mod definition;
mod disk;
mod found;
mod growing;
mod known;
mod later;
mod nearest;
mod new_index;
mod plan;
mod refresh;
mod rule;
mod statements;
mod store;
mod text;

use datafusion::catalog::Session;
use datafusion::logical_expr::Expr;

pub use definition::{ColumnRef, DefinitionError, FtsColumn, IndexDefinition, IndexKind, Metric, Refresh, TextKind};
pub use found::{Found, FoundRow, RowKey, TextSearch, VectorSearch};
pub use known::TableIndex;
pub use new_index::{HnswOptions, NewIndex, TextColumn};
pub use refresh::{IndexStatus, RefreshProgress, RefreshRow, RefreshScope};
pub use store::SearchOptions;

pub(crate) use definition::TAG_PREFIX;
pub(crate) use known::indexes;
pub(crate) use later::{RefreshQueue, grown_tables};
pub(crate) use nearest::Nearest;
pub(crate) use new_index::did_you_mean;
pub(crate) use rule::NearestRows;
pub(crate) use statements::{REFRESH, RefreshCall};
pub(crate) use store::SegmentStore;

use crate::error::Result;
use crate::table::{KeptRows, LakeTable};

/// The rows of a scan that indexes leave; `None` where none helps.
pub(crate) async fn narrow(table: &LakeTable, state: &dyn Session, filters: &[Expr]) -> Result<Option<KeptRows>> {
    if table.is_narrowed() {
        return Ok(None);
    }
    if let Some(nearest) = table.nearest() {
        return nearest::narrow(table, state, nearest).await;
    }
    for filter in filters {
        if let Some((column, words)) = crate::sql::as_match(filter)
            && let Some(kept) = text::narrow(table, &column.name, &words).await?
        {
            return Ok(Some(kept));
        }
    }
    Ok(None)
}

/// A metric as segments know it.
fn vector_metric(metric: Metric) -> ducklake_vector::Metric {
    match metric {
        Metric::L2sq => ducklake_vector::Metric::L2,
        Metric::Cosine => ducklake_vector::Metric::Cosine,
        Metric::Ip => ducklake_vector::Metric::InnerProduct,
    }
}

/// The metric of the first index over a column.
async fn metric_of(table: &LakeTable, column: &str) -> Result<Option<ducklake_vector::Metric>> {
    let Some(column) = table.columns().iter().find(|c| c.name == column) else { return Ok(None) };
    let indexes = definitions(table).await?;
    Ok(indexes.iter().find_map(|index| match &index.kind {
        IndexKind::Hnsw { column: indexed, metric, .. } if indexed.field_id == column.id => {
            Some(vector_metric(*metric))
        }
        _ => None,
    }))
}

/// Indexes of a table that searches can use.
async fn definitions(table: &LakeTable) -> Result<Vec<IndexDefinition>> {
    table.lake().table_indexes(table.view(), table.row().table_id).await
}

#[cfg(test)]
mod tests;

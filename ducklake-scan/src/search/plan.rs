//! Small queries over a table that searches are made of.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::Int64Type;
use datafusion::catalog::Session;
use datafusion::common::Column;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::datasource::provider_as_source;
use datafusion::logical_expr::{Expr, LogicalPlanBuilder};
use datafusion::physical_plan::collect;
use futures::{StreamExt, TryStreamExt};
use roaring::RoaringTreemap;

use super::cover::{AllowedRows, VisibleFile};
use crate::error::Result;
use crate::table::{KeptRows, LakeTable};

/// Virtual columns that say where a row is kept.
pub(super) const KEY: [&str; 2] = ["_ducklake_internal_file_id", "file_row_number"];

/// Delete files read at a time.
const AT_A_TIME: usize = 16;

/// A column by its exact name.
pub(super) fn exact(name: &str) -> Expr {
    Expr::Column(Column::from_name(name))
}

/// An expression about one table, without the table's name.
pub(super) fn unqualified(expr: Expr) -> Result<Expr> {
    let bare = expr.transform(|node| {
        Ok(match node {
            Expr::Column(column) => Transformed::yes(exact(&column.name)),
            other => Transformed::no(other),
        })
    })?;
    Ok(bare.data)
}

/// Runs a query over a table.
pub(super) async fn run(
    state: &dyn Session,
    table: LakeTable,
    build: impl FnOnce(LogicalPlanBuilder) -> datafusion::error::Result<LogicalPlanBuilder>,
) -> Result<Vec<RecordBatch>> {
    let plan = build(LogicalPlanBuilder::scan("t", provider_as_source(Arc::new(table)), None)?)?.build()?;
    let plan = state.create_physical_plan(&plan).await?;
    Ok(collect(plan, state.task_ctx()).await?)
}

/// The rows that pass a filter, by the ids of the files that they are in.
pub(super) async fn passing(
    state: &dyn Session,
    table: LakeTable,
    filter: &[Expr],
) -> Result<HashMap<i64, RoaringTreemap>> {
    let filter = filter.to_vec();
    let table = table.with_virtual_columns(&KEY);
    let batches = run(state, table, |mut query| {
        for condition in filter {
            query = query.filter(condition)?;
        }
        query.project(KEY.map(exact))
    });
    let mut rows: HashMap<i64, RoaringTreemap> = HashMap::new();
    for batch in batches.await? {
        let (files, positions) = keys(&batch, 0);
        let mut last: Option<(i64, &mut RoaringTreemap)> = None;
        for (file, position) in files.iter().zip(positions) {
            if last.as_ref().is_none_or(|(id, _)| id != file) {
                // Rows of a file come together.
                last = Some((*file, rows.entry(*file).or_default()));
            }
            if let Some((_, rows)) = &mut last {
                rows.insert(position.cast_unsigned());
            }
        }
    }
    Ok(rows)
}

/// File ids and positions of a batch that has them as columns from `first` on.
pub(super) fn keys(batch: &RecordBatch, first: usize) -> (&[i64], &[i64]) {
    let column = |index| batch.column(index).as_primitive::<Int64Type>().values().as_ref();
    (column(first), column(first + 1))
}

/// Which rows of these files a search may find: those that the snapshot has, and that pass the filter.
pub(super) async fn allowed(
    state: &dyn Session,
    table: &LakeTable,
    files: &[VisibleFile],
    wanted: &[usize],
    filter: &[Expr],
) -> Result<HashMap<usize, AllowedRows>> {
    if !filter.is_empty() {
        let named = wanted.iter().map(|file| (files[*file].id, None)).collect();
        let only = KeptRows { files: named, ..KeptRows::default() };
        let mut passing = passing(state, table.clone().keeping(only), filter).await?;
        let mut rows = |file: &usize| passing.remove(&files[*file].id).unwrap_or_default();
        return Ok(wanted.iter().map(|file| (*file, AllowedRows::Only(Arc::new(rows(file))))).collect());
    }
    visible(table, wanted).await
}

/// The rows that the snapshot has.
async fn visible(table: &LakeTable, wanted: &[usize]) -> Result<HashMap<usize, AllowedRows>> {
    let rows = table.all_rows().await?;
    let mut keep = vec![false; rows.listing.files.len()];
    for file in wanted {
        keep[*file] = true;
    }
    let kept: Vec<usize> = (0..keep.len()).filter(|index| keep[*index]).collect();
    let files = kept.into_iter().zip(table.lake_files(&rows, &keep)?);
    let rows = futures::stream::iter(files).map(|(index, file)| async move {
        let rows = file.visible_rows().await?;
        Ok((index, rows.map_or(AllowedRows::All, |rows| AllowedRows::Only(Arc::new(rows)))))
    });
    rows.buffer_unordered(AT_A_TIME).try_collect().await
}

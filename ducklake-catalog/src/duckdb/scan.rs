//! Searches of a table of a DuckDB file: rows are chosen by 64-bit numbers before anything else of them is decoded, row
//! groups that cannot have any are left out, and the others are searched by several threads.

use std::num::NonZero;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int64Array, StringViewArray};
use arrow::datatypes::Int64Type;
use arrow::record_batch::RecordBatch;
use duckdb_file::{Column, Result as FileResult, RowFilter, ScanOptions, Table};

use super::cells::column_cells;
use crate::driver::Cell;

/// Rows of a batch: enough that a batch's own cost does not matter.
const BATCH_ROWS: usize = 4_096;

/// Row groups for which another thread is worth its start.
const GROUPS_OF_A_THREAD: usize = 2;

/// Takes rows out of those that are kept, by the values of the keys.
pub(super) type Accept = Arc<dyn Fn(&Keys<'_>, &mut [bool]) + Send + Sync>;

/// What is searched for.
pub(super) struct Search<'a> {
    /// `None`: there is no such table, and so no rows.
    pub(super) table: Option<&'a Table>,
    /// Names of the keys; one that is no number of 64 bits, or missing, is NULL in all rows.
    pub(super) keys: &'a [&'a str],
    /// Columns of the batches.
    pub(super) wanted: &'a [&'a str],
    pub(super) accept: Accept,
    /// Columns and the values between which accepted rows have theirs.
    pub(super) within: Vec<(&'a str, (i64, i64))>,
}

/// The keys of a batch's rows.
pub(super) struct Keys<'a>(Vec<Option<&'a Int64Array>>);

/// Accepted rows: for each wanted column, if there is one, its description and values.
pub(super) struct Batch<'a> {
    pub(super) rows: usize,
    columns: Vec<Option<(&'a Column, ArrayRef)>>,
}

impl Keys<'_> {
    /// Keeps those rows only whose key, `None` where it is NULL, is wanted.
    pub(super) fn restrict(&self, key: usize, keep: &mut [bool], is_wanted: impl Fn(Option<i64>) -> bool) {
        match self.0.get(key).copied().flatten() {
            Some(array) if array.null_count() == 0 => {
                keep.iter_mut().zip(array.values()).for_each(|(keep, value)| *keep = *keep && is_wanted(Some(*value)));
            }
            Some(array) => keep.iter_mut().zip(array).for_each(|(keep, value)| *keep = *keep && is_wanted(value)),
            None if is_wanted(None) => {}
            None => keep.fill(false),
        }
    }
}

impl Batch<'_> {
    /// A wanted column of numbers.
    pub(super) fn numbers(&self, at: usize) -> Option<&Int64Array> {
        self.columns.get(at)?.as_ref()?.1.as_primitive_opt::<Int64Type>()
    }

    /// A wanted column of texts.
    pub(super) fn texts(&self, at: usize) -> Option<&StringViewArray> {
        self.columns.get(at)?.as_ref()?.1.as_string_view_opt()
    }

    /// A wanted column of booleans.
    pub(super) fn booleans(&self, at: usize) -> Option<&BooleanArray> {
        self.columns.get(at)?.as_ref()?.1.as_boolean_opt()
    }

    /// All cells, by rows; NULL where there is no such column.
    pub(super) fn cells(&self, names: &[&str]) -> FileResult<Vec<Vec<Cell>>> {
        let mut rows: Vec<Vec<Cell>> = Vec::new();
        rows.resize_with(self.rows, || Vec::with_capacity(names.len()));
        for (name, column) in names.iter().zip(&self.columns) {
            let cells = match column {
                Some((column, array)) => column_cells(name, &column.logical_type, array)?,
                None => vec![Cell::Null; self.rows],
            };
            rows.iter_mut().zip(cells).for_each(|(row, cell)| row.push(cell));
        }
        Ok(rows)
    }
}

impl Search<'_> {
    /// What `make` makes of the batches, in the order of the rows.
    pub(super) fn run<T: Send>(&self, make: impl Fn(&Batch<'_>) -> FileResult<T> + Sync) -> FileResult<Vec<T>> {
        let Some(table) = self.table else { return Ok(Vec::new()) };
        let groups = self.groups(table)?;
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        let threads = cores.min(groups.len() / GROUPS_OF_A_THREAD).max(1);
        if threads == 1 {
            return self.run_groups(table, groups, &make);
        }
        let parts = groups.chunks(groups.len().div_ceil(threads));
        std::thread::scope(|scope| {
            let parts = parts.map(|part| scope.spawn(|| self.run_groups(table, part.to_vec(), &make)));
            let parts: Vec<_> = parts.collect();
            let mut all = Vec::new();
            for part in parts {
                // A panic goes on where the search was asked for, as without threads.
                all.extend(part.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?);
            }
            Ok(all)
        })
    }

    /// The numbers of the row groups that may have accepted rows.
    fn groups(&self, table: &Table) -> FileResult<Vec<usize>> {
        let count = table.group_rows()?.len();
        let mut groups: Vec<usize> = (0..count).collect();
        for (name, (low, high)) in &self.within {
            let Some(column) = column(table, name).filter(|_| groups.len() > 1) else { continue };
            let bounds = table.bounds(&column.name, &groups)?;
            let [min, max] = [&bounds.min, &bounds.max].map(|bound| bound.as_primitive_opt::<Int64Type>());
            let (Some(min), Some(max)) = (min, max) else { continue };
            let is_outside =
                |at: usize| (min.is_valid(at) && min.value(at) > *high) || (max.is_valid(at) && max.value(at) < *low);
            let kept = groups.iter().enumerate().filter(|(at, _)| !is_outside(*at)).map(|(_, group)| *group);
            groups = kept.collect();
        }
        Ok(groups)
    }

    fn run_groups<T>(
        &self,
        table: &Table,
        groups: Vec<usize>,
        make: &(impl Fn(&Batch<'_>) -> FileResult<T> + Sync),
    ) -> FileResult<Vec<T>> {
        let mut names = Vec::new();
        let keys: Vec<Option<usize>> = self.keys.iter().map(|key| position(&mut names, column(table, key)?)).collect();
        let accept = Arc::clone(&self.accept);
        let filter = RowFilter::new(names, move |batch: &RecordBatch| {
            let array = |at: &Option<usize>| batch.columns().get((*at)?)?.as_primitive_opt::<Int64Type>();
            let mut keep = vec![true; batch.num_rows()];
            accept(&Keys(keys.iter().map(array).collect()), &mut keep);
            keep
        });
        let mut names = Vec::new();
        let wanted: Vec<Option<(&Column, usize)>> = self
            .wanted
            .iter()
            .map(|name| {
                let column = column(table, name)?;
                Some((column, position(&mut names, column)?))
            })
            .collect();
        let options = ScanOptions { columns: Some(names), batch_rows: BATCH_ROWS };
        let mut made = Vec::new();
        for batch in table.scan_where(&options, &filter, groups)?.with_views() {
            let batch = batch?;
            let columns = wanted.iter().map(|found| found.map(|(column, at)| (column, Arc::clone(batch.column(at)))));
            made.push(make(&Batch { rows: batch.num_rows(), columns: columns.collect() })?);
        }
        Ok(made)
    }
}

/// Where a column is among others, to which it is added if need be.
fn position(names: &mut Vec<String>, column: &Column) -> Option<usize> {
    let known = names.iter().position(|name| *name == column.name);
    Some(known.unwrap_or_else(|| {
        names.push(column.name.clone());
        names.len() - 1
    }))
}

fn column<'a>(table: &'a Table, name: &str) -> Option<&'a Column> {
    table.columns().iter().find(|column| !column.generated && column.name.eq_ignore_ascii_case(name))
}

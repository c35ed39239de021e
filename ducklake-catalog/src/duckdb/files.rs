//! Rows of the tables that grow with the number of files, straight from the columns of the DuckDB file: copying them
//! to memory first would take longer than all the rest of planning. The rows are those of the statements in
//! `crate::files`, which decode them.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use arrow::array::{Array, StringViewArray};
use duckdb_file::Result as FileResult;

use super::mirror::Mirror;
use super::scan::{Accept, Batch, Keys, Search};
use super::{error, ranges};
use crate::driver::{Cell, DbTransaction, Row};
use crate::error::CatalogError;
use crate::files::{ColumnRange, DELETE_COLUMNS, FILE_COLUMNS, STATS_COLUMNS};

/// The files of one lake's table at a snapshot.
#[derive(Clone)]
pub(crate) struct FileRows {
    mirror: Arc<Mirror>,
    schema: String,
    table: i64,
    snapshot: i64,
}

impl FileRows {
    /// Where the transaction reads a DuckDB file.
    pub(crate) fn of(tx: &DbTransaction, schema: &str, table: i64, snapshot: i64) -> Option<Self> {
        let DbTransaction::DuckDb(mirror) = tx else { return None };
        Some(Self { mirror: Arc::clone(mirror), schema: schema.to_string(), table, snapshot })
    }

    /// One row: number of files, rows in them, greatest mapping and partition spec.
    pub(crate) async fn summary(self) -> Result<Vec<Row>, CatalogError> {
        self.on_a_thread(|files| {
            let wanted = ["record_count", "mapping_id", "partition_id"];
            let totals = files.visible("ducklake_data_file", &wanted, None, |batch| {
                let numbers = |at: usize| batch.numbers(at);
                let records = numbers(0).map_or(0, |records| records.iter().flatten().fold(0_i64, i64::saturating_add));
                let greatest = [1, 2].map(|at| numbers(at).and_then(arrow::compute::max));
                Ok((batch.rows, records, greatest))
            })?;
            let (mut count, mut records, mut greatest) = (0, 0_i64, [None::<i64>; 2]);
            for (rows, part, ids) in totals {
                count += rows;
                records = records.saturating_add(part);
                greatest.iter_mut().zip(ids).for_each(|(greatest, id)| *greatest = (*greatest).max(id));
            }
            let [mapping, partition] = greatest.map(|id| id.map_or(Cell::Null, Cell::Int));
            let count = i64::try_from(count).unwrap_or(i64::MAX);
            Ok(vec![Row::new(vec![Cell::Int(count), Cell::Int(records), mapping, partition])])
        })
        .await
    }

    /// Data files with their delete files, by id, without those that the ranges exclude.
    pub(crate) async fn list(
        self,
        stats_table: Option<&'static str>,
        ranges: Vec<ColumnRange>,
        limit: Option<usize>,
    ) -> Result<Vec<Row>, CatalogError> {
        self.on_a_thread(move |files| {
            let excluded = match stats_table {
                Some(name) if !ranges.is_empty() => files.excluded(name, &ranges)?,
                _ => Vec::new(),
            };
            let mut deletes: HashMap<i64, Vec<Vec<Cell>>> = HashMap::new();
            let wanted: Vec<&str> = std::iter::once("data_file_id").chain(DELETE_COLUMNS).collect();
            let found = files.visible("ducklake_delete_file", &wanted, None, |batch| batch.cells(&wanted))?;
            for mut row in found.into_iter().flatten() {
                let cells = row.split_off(1);
                if let Some(file) = row[0].as_i64() {
                    deletes.entry(file).or_default().push(cells);
                }
            }
            let is_listed: Arc<dyn Fn(i64) -> bool + Send + Sync> =
                Arc::new(move |file| excluded.binary_search(&file).is_err());
            let found = files
                .visible("ducklake_data_file", &FILE_COLUMNS, Some(is_listed), |batch| batch.cells(&FILE_COLUMNS))?;
            let mut listed: Vec<Vec<Cell>> = found.into_iter().flatten().collect();
            listed.sort_by_key(|row| row[0].as_i64());
            let mut rows = Vec::with_capacity(listed.len());
            for cells in listed {
                let own = cells[0].as_i64().and_then(|file| deletes.remove(&file));
                for delete in own.unwrap_or_else(|| vec![vec![Cell::Null; DELETE_COLUMNS.len()]]) {
                    rows.push(Row::new(cells.iter().cloned().chain(delete).collect()));
                }
            }
            rows.truncate(limit.unwrap_or(usize::MAX));
            Ok(rows)
        })
        .await
    }

    /// Statistics of some files' columns, or of all their columns.
    pub(crate) async fn stats(
        self,
        stats_table: &'static str,
        columns: Option<Vec<i64>>,
        listed: HashSet<i64>,
    ) -> Result<Vec<Row>, CatalogError> {
        self.on_a_thread(move |files| {
            let within = within(&listed);
            let accept: Accept = Arc::new(move |keys: &Keys<'_>, keep: &mut [bool]| {
                keys.restrict(1, keep, |id| id.is_some_and(|id| columns.as_ref().is_none_or(|ids| ids.contains(&id))));
                keys.restrict(2, keep, |file| file.is_some_and(|file| listed.contains(&file)));
            });
            let keys = ["table_id", "column_id", "data_file_id"];
            files.cells(stats_table, &keys, &STATS_COLUMNS, accept, Some(("data_file_id", within)))
        })
        .await
    }

    /// Partition values of some files.
    pub(crate) async fn partition_values(self, listed: HashSet<i64>) -> Result<Vec<Row>, CatalogError> {
        self.on_a_thread(move |files| {
            let wanted = ["data_file_id", "partition_key_index", "partition_value"];
            let within = within(&listed);
            let accept: Accept = Arc::new(move |keys: &Keys<'_>, keep: &mut [bool]| {
                keys.restrict(1, keep, |file| file.is_some_and(|file| listed.contains(&file)));
            });
            let keys = ["table_id", "data_file_id"];
            let name = "ducklake_file_partition_value";
            files.cells(name, &keys, &wanted, accept, Some(("data_file_id", within)))
        })
        .await
    }

    async fn on_a_thread<T: Send + 'static>(
        self,
        work: impl FnOnce(&Self) -> FileResult<T> + Send + 'static,
    ) -> Result<T, CatalogError> {
        let mirror = Arc::clone(&self.mirror);
        let done = tokio::task::spawn_blocking(move || work(&self)).await;
        done.map_err(|e| error::died(mirror.path(), e))?.map_err(|e| error::of_file(mirror.path(), e))
    }

    /// Ids of files of which a range excludes all rows, in order.
    fn excluded(&self, stats_table: &str, ranges: &[ColumnRange]) -> FileResult<Vec<i64>> {
        let wanted = ["column_id", "data_file_id", "min_value", "max_value", "contains_nan"];
        let columns: Vec<i64> = ranges.iter().map(|range| range.column_id).collect();
        let accept: Accept = Arc::new(move |keys: &Keys<'_>, keep: &mut [bool]| {
            keys.restrict(1, keep, |id| id.is_some_and(|id| columns.contains(&id)));
        });
        let found = self.search(stats_table, &["table_id", "column_id"], &wanted, accept, None).run(|batch| {
            let mut excluded = Vec::new();
            let [Some(ids), Some(files)] = [0, 1].map(|at| batch.numbers(at)) else { return Ok(excluded) };
            let [min, max] = [2, 3].map(|at| batch.texts(at));
            let nan = batch.booleans(4);
            for row in (0..batch.rows).filter(|row| files.is_valid(*row)) {
                for range in ranges.iter().filter(|range| range.column_id == ids.value(row)) {
                    let may_have_nan = nan.is_none_or(|nan| nan.is_null(row) || nan.value(row));
                    if ranges::excludes(range, text(min, row), text(max, row), may_have_nan) {
                        excluded.push(files.value(row));
                    }
                }
            }
            Ok(excluded)
        })?;
        let mut excluded = found.concat();
        excluded.sort_unstable();
        excluded.dedup();
        Ok(excluded)
    }

    /// What is made of rows of a versioned table that are of this lake's table, visible at the snapshot, and of wanted
    /// files.
    fn visible<T: Send>(
        &self,
        name: &str,
        wanted: &[&str],
        is_file_wanted: Option<Arc<dyn Fn(i64) -> bool + Send + Sync>>,
        make: impl Fn(&Batch<'_>) -> FileResult<T> + Sync,
    ) -> FileResult<Vec<T>> {
        let snapshot = self.snapshot;
        let accept: Accept = Arc::new(move |keys: &Keys<'_>, keep: &mut [bool]| {
            keys.restrict(1, keep, |begin| begin.is_some_and(|begin| begin <= snapshot));
            keys.restrict(2, keep, |end| end.is_none_or(|end| end > snapshot));
            if let Some(is_wanted) = &is_file_wanted {
                keys.restrict(3, keep, |file| file.is_some_and(&**is_wanted));
            }
        });
        let keys = ["table_id", "begin_snapshot", "end_snapshot", "data_file_id"];
        self.search(name, &keys, wanted, accept, None).run(make)
    }

    /// Cells of the wanted columns of the accepted rows.
    fn cells(
        &self,
        name: &str,
        keys: &[&str],
        wanted: &[&str],
        accept: Accept,
        within: Option<(&str, (i64, i64))>,
    ) -> FileResult<Vec<Row>> {
        let found = self.search(name, keys, wanted, accept, within).run(|batch| batch.cells(wanted))?;
        Ok(found.into_iter().flatten().map(Row::new).collect())
    }

    /// A search among the rows of this lake's table; the first key is the table's id.
    fn search<'a>(
        &'a self,
        name: &'a str,
        keys: &'a [&'a str],
        wanted: &'a [&'a str],
        accept: Accept,
        within: Option<(&'a str, (i64, i64))>,
    ) -> Search<'a> {
        let table = self.table;
        let own: Accept = Arc::new(move |keys: &Keys<'_>, keep: &mut [bool]| {
            keys.restrict(0, keep, |id| id == Some(table));
            accept(keys, keep);
        });
        let ranges = [Some(("table_id", (table, table))), within].into_iter().flatten().collect();
        Search { table: self.mirror.table(&self.schema, name), keys, wanted, accept: own, within: ranges }
    }
}

/// The least and greatest of some ids.
fn within(ids: &HashSet<i64>) -> (i64, i64) {
    let (least, greatest) = (ids.iter().min(), ids.iter().max());
    (least.copied().unwrap_or(0), greatest.copied().unwrap_or(-1))
}

fn text(array: Option<&StringViewArray>, row: usize) -> Option<&str> {
    array.filter(|array| array.is_valid(row)).map(|array| array.value(row))
}

//! Rows of the tables that grow with the number of files, straight from the columns of the DuckDB file: copying them
//! to memory first would take longer than all the rest of planning. The rows are those of the statements in
//! `crate::files`, which decode them.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array};
use arrow::datatypes::{DataType, Int64Type};
use duckdb_file::{Column, Result as FileResult, RowFilter, ScanOptions, Table};

use super::cells::column_cells;
use super::mirror::Mirror;
use super::{error, ranges};
use crate::driver::{Cell, DbTransaction, Row};
use crate::error::CatalogError;
use crate::files::{ColumnRange, DELETE_COLUMNS, FILE_COLUMNS, STATS_COLUMNS};

/// Rows of a batch: enough that a batch's own cost does not matter.
const BATCH_ROWS: usize = 32_768;

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
            let rows = files.visible("ducklake_data_file", &wanted, |_| true)?;
            let (mut records, mut greatest) = (0_i64, [None::<i64>; 2]);
            for row in &rows {
                records = records.saturating_add(row[0].as_i64().unwrap_or_default());
                for (greatest, cell) in greatest.iter_mut().zip(&row[1..]) {
                    *greatest = (*greatest).max(cell.as_i64());
                }
            }
            let [mapping, partition] = greatest.map(|id| id.map_or(Cell::Null, Cell::Int));
            let count = i64::try_from(rows.len()).unwrap_or(i64::MAX);
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
                _ => HashSet::new(),
            };
            let mut deletes: HashMap<i64, Vec<Vec<Cell>>> = HashMap::new();
            let wanted: Vec<&str> = std::iter::once("data_file_id").chain(DELETE_COLUMNS).collect();
            for mut row in files.visible("ducklake_delete_file", &wanted, |_| true)? {
                let cells = row.split_off(1);
                if let Some(file) = row[0].as_i64() {
                    deletes.entry(file).or_default().push(cells);
                }
            }
            let mut listed =
                files.visible("ducklake_data_file", &FILE_COLUMNS, move |file| !excluded.contains(&file))?;
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
            let table = files.table;
            let keys = ["table_id", "column_id", "data_file_id"];
            let rows = files.rows(stats_table, &keys, &STATS_COLUMNS, move |key| {
                key(0) == Some(table)
                    && key(1).is_some_and(|id| columns.as_ref().is_none_or(|columns| columns.contains(&id)))
                    && key(2).is_some_and(|file| listed.contains(&file))
            })?;
            Ok(rows.into_iter().map(Row::new).collect())
        })
        .await
    }

    /// Partition values of some files.
    pub(crate) async fn partition_values(self, listed: HashSet<i64>) -> Result<Vec<Row>, CatalogError> {
        self.on_a_thread(move |files| {
            let table = files.table;
            let wanted = ["data_file_id", "partition_key_index", "partition_value"];
            let keys = ["table_id", "data_file_id"];
            let rows = files.rows("ducklake_file_partition_value", &keys, &wanted, move |key| {
                key(0) == Some(table) && key(1).is_some_and(|file| listed.contains(&file))
            })?;
            Ok(rows.into_iter().map(Row::new).collect())
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

    /// Ids of files of which a range excludes all rows.
    fn excluded(&self, stats_table: &str, ranges: &[ColumnRange]) -> FileResult<HashSet<i64>> {
        let mut excluded = HashSet::new();
        let table = self.table;
        let ids: Vec<i64> = ranges.iter().map(|range| range.column_id).collect();
        let accept = move |key: &Key<'_>| key(0) == Some(table) && key(1).is_some_and(|column| ids.contains(&column));
        let wanted = ["column_id", "data_file_id", "min_value", "max_value", "contains_nan"];
        self.scan(stats_table, &["table_id", "column_id"], &wanted, accept, |columns, rows| {
            let [Some(ids), Some(files)] = [0, 1].map(|i| int64(columns, i)) else { return Ok(()) };
            let text = |i: usize, row: usize| {
                let array = columns[i].as_ref().and_then(|(_, array)| array.as_string_opt::<i32>());
                array.filter(|array| array.is_valid(row)).map(|array| array.value(row))
            };
            let nan = columns[4].as_ref().and_then(|(_, array)| array.as_boolean_opt());
            for row in (0..rows).filter(|row| files.is_valid(*row)) {
                for range in ranges.iter().filter(|range| range.column_id == ids.value(row)) {
                    let may_have_nan = nan.is_none_or(|nan| nan.is_null(row) || nan.value(row));
                    if ranges::excludes(range, text(2, row), text(3, row), may_have_nan) {
                        excluded.insert(files.value(row));
                    }
                }
            }
            Ok(())
        })?;
        Ok(excluded)
    }

    /// Rows of a versioned table that are of this lake's table and visible at the snapshot.
    fn visible(
        &self,
        name: &str,
        wanted: &[&str],
        is_file_wanted: impl Fn(i64) -> bool + Send + Sync + 'static,
    ) -> FileResult<Vec<Vec<Cell>>> {
        let keys = ["table_id", "begin_snapshot", "end_snapshot", "data_file_id"];
        let (table, snapshot) = (self.table, self.snapshot);
        self.rows(name, &keys, wanted, move |key| {
            key(0) == Some(table)
                && key(1).is_some_and(|begin| begin <= snapshot)
                && key(2).is_none_or(|end| end > snapshot)
                && key(3).is_some_and(&is_file_wanted)
        })
    }

    /// Cells of the wanted columns, of rows whose keys (64-bit numbers) are accepted; NULL where the table has no such
    /// column, no rows where there is no such table.
    fn rows(
        &self,
        name: &str,
        keys: &[&str],
        wanted: &[&str],
        accept: impl Fn(&Key<'_>) -> bool + Send + Sync + 'static,
    ) -> FileResult<Vec<Vec<Cell>>> {
        let mut found = Vec::new();
        self.scan(name, keys, wanted, accept, |columns, rows| {
            let first = found.len();
            found.resize_with(first + rows, || Vec::with_capacity(wanted.len()));
            for (name, column) in wanted.iter().zip(columns) {
                let cells = match column {
                    Some((column, array)) => column_cells(name, &column.logical_type, array)?,
                    None => vec![Cell::Null; rows],
                };
                found[first..].iter_mut().zip(cells).for_each(|(row, cell)| row.push(cell));
            }
            Ok(())
        })?;
        Ok(found)
    }

    /// Gives the accepted rows of a table in batches: for each wanted column, if there is one, its description and
    /// values.
    fn scan(
        &self,
        name: &str,
        keys: &[&str],
        wanted: &[&str],
        accept: impl Fn(&Key<'_>) -> bool + Send + Sync + 'static,
        mut take: impl FnMut(&[Option<Values<'_>>], usize) -> FileResult<()>,
    ) -> FileResult<()> {
        let Some(table) = self.mirror.table(&self.schema, name) else { return Ok(()) };
        let mut names = Vec::new();
        let keys: Vec<Option<usize>> = keys.iter().map(|key| position(&mut names, column(table, key)?)).collect();
        let filter = RowFilter::new(names, move |batch| {
            let keys: Vec<Option<&Int64Array>> =
                keys.iter().map(|at| batch.columns().get((*at)?)?.as_primitive_opt::<Int64Type>()).collect();
            let key = |row: usize, i: usize| keys[i].filter(|key| key.is_valid(row)).map(|key| key.value(row));
            (0..batch.num_rows()).map(|row| accept(&|i| key(row, i))).collect()
        });
        let mut names = Vec::new();
        let wanted: Vec<Option<(&Column, usize)>> = wanted
            .iter()
            .map(|name| {
                let column = column(table, name)?;
                Some((column, position(&mut names, column)?))
            })
            .collect();
        let options = ScanOptions { columns: Some(names), batch_rows: BATCH_ROWS };
        for batch in table.scan_where(&options, &filter)? {
            let batch = batch?;
            let columns: Vec<Option<Values<'_>>> =
                wanted.iter().map(|found| found.map(|(column, at)| (column, Arc::clone(batch.column(at))))).collect();
            take(&columns, batch.num_rows())?;
        }
        Ok(())
    }
}

/// The key of a row with a number; `None` is NULL.
type Key<'a> = dyn Fn(usize) -> Option<i64> + 'a;

/// A column of a table and some values of it.
type Values<'a> = (&'a Column, ArrayRef);

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

fn int64<'a>(columns: &'a [Option<(&Column, ArrayRef)>], at: usize) -> Option<&'a Int64Array> {
    let (_, array) = columns.get(at)?.as_ref()?;
    (*array.data_type() == DataType::Int64).then(|| array.as_primitive::<Int64Type>())
}

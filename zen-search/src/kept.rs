//! Rows that searches read, kept for the next ones. Data files never change, and what one search finds is near to what the
//! next one does: small files are read whole, once, for a lake that is searched again and again. The first search of a table
//! keeps nothing: it may be the only one of a process, and reading what it found is quicker.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{ArrayRef, AsArray, RecordBatch, UInt32Array};
use arrow::compute::{interleave_record_batch, take_record_batch};
use datafusion::common::TableReference;
use datafusion::execution::cache::default_cache::DefaultCache;
use datafusion::execution::cache::{Cache, CacheKey, CacheValue};
use ducklake_scan::{Found, LakeError, RowKey, Session};

use crate::error::Result;

/// Bytes of rows that are kept for a lake.
const MEMORY: usize = 128 << 20;
/// Of files with more rows, only those that are found are read.
const MOST_ROWS: u64 = 20_000;

/// Files of a lake as far as searches show them, the latest ones as long as there is room.
pub(crate) struct KeptFiles {
    files: DefaultCache<FileKey, FileRows>,
    /// Tables that have been searched.
    searched: Mutex<HashSet<&'static str>>,
}

/// What is read of found rows.
pub(crate) struct Reading<'a> {
    pub(crate) session: &'a Session,
    pub(crate) table: &'static str,
    pub(crate) found: &'a Found,
    /// The same for all searches of a table.
    pub(crate) columns: &'a [&'a str],
}

impl fmt::Debug for KeptFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeptFiles").field("bytes", &self.files.memory_used()).finish()
    }
}

/// Every table has columns of its own.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct FileKey {
    table: &'static str,
    file: i64,
}

impl CacheKey for FileKey {
    fn size(&self) -> usize {
        size_of::<Self>()
    }

    fn table_ref(&self) -> Option<&TableReference> {
        None
    }
}

/// Rows of a file, with their keys in order.
#[derive(Debug, Clone)]
struct FileRows {
    rows: Arc<RecordBatch>,
    keys: Arc<Vec<RowKey>>,
}

impl CacheValue for FileRows {
    fn size(&self) -> usize {
        self.rows.get_array_memory_size() + self.keys.len() * size_of::<RowKey>()
    }
}

impl Default for KeptFiles {
    fn default() -> Self {
        Self { files: DefaultCache::new(MEMORY).with_name("FoundRowsCache"), searched: Mutex::default() }
    }
}

impl KeptFiles {
    /// Columns of found rows, in the order of `keys`.
    pub(crate) async fn rows(&self, reading: &Reading<'_>, keys: &[RowKey]) -> Result<RecordBatch> {
        let Reading { session, found, columns, .. } = reading;
        let files = match self.is_first(reading.table) {
            true => HashMap::new(),
            false => self.files_of(reading, keys).await?,
        };
        let at = |key: &RowKey| {
            let (batch, rows) = files.get(&key.data_file()?)?;
            Some((*batch, rows.keys.binary_search(key).ok()?))
        };
        // In the catalog, in a large file, or deleted since the file was kept.
        let others: Vec<RowKey> = keys.iter().filter(|key| at(key).is_none()).copied().collect();
        let mut batches: Vec<&RecordBatch> = vec![];
        let mut kept: Vec<_> = files.values().collect();
        kept.sort_by_key(|(batch, _)| *batch);
        batches.extend(kept.into_iter().map(|(_, rows)| rows.rows.as_ref()));
        let read = match &others[..] {
            [] => None,
            others => {
                let rows = found.rows_of(session, others, columns).await?;
                // Behind the columns comes what nobody asked for.
                Some(rows.project(&(0..columns.len()).collect::<Vec<_>>()).map_err(LakeError::from)?)
            }
        };
        let last = batches.len();
        batches.extend(&read);
        let other: HashMap<&RowKey, usize> = others.iter().zip(0..).collect();
        let place = |key| at(key).or_else(|| Some((last, *other.get(key)?)));
        let places: Vec<(usize, usize)> = keys.iter().filter_map(place).collect();
        Ok(interleave_record_batch(&batches, &places).map_err(LakeError::from)?)
    }

    fn is_first(&self, table: &'static str) -> bool {
        self.searched.lock().unwrap_or_else(PoisonError::into_inner).insert(table)
    }

    /// The small files among those of the keys, numbered; read where they are not kept.
    async fn files_of(&self, reading: &Reading<'_>, keys: &[RowKey]) -> Result<HashMap<i64, (usize, FileRows)>> {
        let Reading { session, table, found, columns } = *reading;
        let wanted: BTreeSet<i64> = keys.iter().filter_map(RowKey::data_file).collect();
        let small = found.small_files(MOST_ROWS).await?;
        let mut files = Vec::new();
        let mut missing = Vec::new();
        for file in wanted.into_iter().filter(|file| small.contains(file)) {
            match self.files.get(&FileKey { table, file }) {
                Some(rows) => files.push((file, rows)),
                None => missing.push(file),
            }
        }
        if !missing.is_empty() {
            let (keys, all) = found.rows_of_files(session, &missing, columns).await?;
            for (file, rows) in by_file(keys, &all)? {
                self.files.put(&FileKey { table, file }, rows.clone());
                files.push((file, rows));
            }
        }
        Ok(files.into_iter().enumerate().map(|(number, (file, rows))| (file, (number, rows))).collect())
    }
}

fn by_file(keys: Vec<RowKey>, all: &RecordBatch) -> Result<Vec<(i64, FileRows)>> {
    let mut of_files: HashMap<i64, Vec<(RowKey, u32)>> = HashMap::new();
    for (key, row) in keys.into_iter().zip(0..) {
        if let Some(file) = key.data_file() {
            of_files.entry(file).or_default().push((key, row));
        }
    }
    let mut files = Vec::with_capacity(of_files.len());
    for (file, mut rows) in of_files {
        rows.sort_unstable();
        let (keys, order): (Vec<RowKey>, Vec<u32>) = rows.into_iter().unzip();
        let rows = take_record_batch(all, &UInt32Array::from(order)).map_err(LakeError::from)?;
        let columns = rows.columns().iter().map(own).collect();
        let rows = RecordBatch::try_new(rows.schema(), columns).map_err(LakeError::from)?;
        files.push((file, FileRows { rows: Arc::new(rows), keys: Arc::new(keys) }));
    }
    Ok(files)
}

/// Text that is a view into that of all files that were read with it would keep, and count, the whole of it.
fn own(column: &ArrayRef) -> ArrayRef {
    match column.as_string_view_opt() {
        Some(text) => Arc::new(text.gc()),
        None => Arc::clone(column),
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{Array, StringViewArray};

    use super::*;

    #[test]
    fn a_piece_of_text_keeps_nothing_else() {
        let all: ArrayRef = Arc::new(StringViewArray::from(vec!["a text that is longer than a view itself"; 1000]));
        let piece = all.slice(10, 2);
        assert!(piece.get_array_memory_size() > 10_000);
        let owned = own(&piece);
        assert!(owned.get_array_memory_size() < 1_000);
        assert_eq!(owned.as_string_view().value(1), "a text that is longer than a view itself");
    }
}

//! Rows that no segment knows yet, indexed in memory: for lakes that are searched while they are written to.
//!
//! Looking at each row is quick as long as they are few. When they are many, their files are taken into an index in memory,
//! in the background and file by file; a search uses it for the files that are in it, and reads the others.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use datafusion::execution::SessionState;
use ducklake_vector::{GrowingIndex, Metric, VectorError};

use super::build::Vectors;
use super::cover::{AllowedRows, VisibleFile};
use super::nearest::Nearest;
use super::plan::{self, exact};
use crate::error::{LakeError, Result};
use crate::table::{KeptRows, LakeTable};

/// Vectors that are added while searches wait.
const AT_ONCE: usize = 64;
/// From so many rows without a segment on, they are worth an index in memory.
const MANY: u64 = 20_000;

/// The indexes in memory of a lake, by the uuids of the indexes that lack segments.
#[derive(Debug, Default)]
pub(crate) struct GrowingIndexes {
    indexes: Mutex<HashMap<String, Arc<Growing>>>,
}

/// One of them.
#[derive(Debug, Default)]
pub(crate) struct Growing {
    rows: RwLock<Rows>,
    /// Files that are being taken in.
    waiting: Mutex<HashSet<String>>,
}

#[derive(Debug, Default)]
struct Rows {
    /// Not before the first vector tells how long vectors are.
    index: Option<GrowingIndex>,
    /// File and position of each row, by the index's ids.
    places: Vec<(Arc<str>, u64)>,
    /// Files that are in it whole.
    files: HashSet<Arc<str>>,
    /// Rows of these.
    whole: usize,
}

impl GrowingIndexes {
    /// The index in memory for an index; `None` where looking at the rows is as quick.
    pub(super) fn of(&self, uuid: &str, files: &[VisibleFile], rest: &[(usize, Range<u64>)]) -> Option<Arc<Growing>> {
        let rows: u64 =
            rest.iter().map(|(file, positions)| positions.end.min(files[*file].rows) - positions.start).sum();
        let mut indexes = self.indexes.lock().unwrap_or_else(PoisonError::into_inner);
        if rows < MANY {
            // Segments took its rows over, or there never were many.
            indexes.remove(uuid);
            return None;
        }
        Some(Arc::clone(indexes.entry(uuid.to_string()).or_default()))
    }
}

impl Growing {
    /// The files that are in the index.
    pub(super) fn knows(&self, file: &VisibleFile) -> bool {
        self.rows.read().unwrap_or_else(PoisonError::into_inner).files.contains(file.name.as_str())
    }

    /// The nearest of the rows that may be found, by the files of the listing: file, position, distance.
    pub(super) fn search(
        &self,
        nearest: &Nearest,
        k: usize,
        files: &[VisibleFile],
        allowed: &HashMap<usize, AllowedRows>,
    ) -> Result<Vec<(usize, u64, f32)>> {
        let rows = self.rows.read().unwrap_or_else(PoisonError::into_inner);
        let Some(index) = &rows.index else { return Ok(Vec::new()) };
        let by_name: HashMap<&str, usize> = allowed.keys().map(|file| (files[*file].name.as_str(), *file)).collect();
        let place = |id: u64| -> Option<(usize, u64)> {
            let (name, position) = rows.places.get(usize::try_from(id).ok()?)?;
            Some((*by_name.get(name.as_ref())?, *position))
        };
        let may = |id: u64| {
            place(id).is_some_and(|(file, position)| match allowed.get(&file) {
                Some(AllowedRows::All) => true,
                Some(AllowedRows::Only(rows)) => rows.contains(position),
                None => false,
            })
        };
        let is_whole = rows.whole == rows.places.len() && rows.files.len() == by_name.len();
        let is_whole = is_whole && allowed.values().all(|rows| *rows == AllowedRows::All);
        let filter: Option<&dyn Fn(u64) -> bool> = if is_whole { None } else { Some(&may) };
        let found = index.search(&nearest.query, k, nearest.ef, filter);
        let found = found.map_err(|error| LakeError::usage(format!("the vector cannot be searched: {error}")))?;
        Ok(found.into_iter().filter_map(|(id, distance)| place(id).map(|(file, at)| (file, at, distance))).collect())
    }

    /// Takes files in, in the background, as long as there is room. What fails is left to be read.
    pub(super) fn take_in(self: &Arc<Self>, table: &LakeTable, files: Vec<VisibleFile>, nearest: &Nearest) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let files: Vec<VisibleFile> = files.into_iter().filter(|file| waiting.insert(file.name.clone())).collect();
        drop(waiting);
        if files.is_empty() {
            return;
        }
        let (growing, table, column, metric) =
            (Arc::clone(self), table.clone(), nearest.column.clone(), nearest.metric);
        let room = table.lake().segments().memory() / 2;
        let lake = table.lake().clone();
        lake.storage().in_background(&runtime, async move {
            let state = plan::ordered_state();
            for file in files {
                let name = file.name.clone();
                if growing.bytes() < room {
                    // What cannot be read now is told by the search that reads it.
                    let _ = growing.take_in_file(&state, &table, file, &column, metric).await;
                }
                growing.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&name);
            }
        });
    }

    fn bytes(&self) -> usize {
        let rows = self.rows.read().unwrap_or_else(PoisonError::into_inner);
        rows.index.as_ref().map_or(0, GrowingIndex::memory_bytes) + rows.places.len() * size_of::<(Arc<str>, u64)>()
    }

    async fn take_in_file(
        self: &Arc<Self>,
        state: &SessionState,
        table: &LakeTable,
        file: VisibleFile,
        column: &str,
        metric: Metric,
    ) -> Result<()> {
        let only = KeptRows { files: [(file.id, None)].into(), ..KeptRows::default() };
        let rows = table.clone().with_virtual_columns(&["file_row_number"]).physical().keeping(only);
        let columns = [exact(column), exact("file_row_number")];
        let batches = plan::run(state, rows, |query| query.project(columns)).await?;
        let growing = Arc::clone(self);
        let work = tokio::task::spawn_blocking(move || -> Result<()> {
            let name: Arc<str> = file.name.as_str().into();
            for batch in &batches {
                let (vectors, positions) = (Vectors::of(batch.column(0))?, plan::positions(batch, 1));
                for start in (0..positions.len()).step_by(AT_ONCE) {
                    let end = positions.len().min(start + AT_ONCE);
                    let some = (start..end).filter_map(|row| Some((vectors.get(row)?, positions[row].cast_unsigned())));
                    let mut rows = growing.rows.write().unwrap_or_else(PoisonError::into_inner);
                    rows.add(&name, some, metric).map_err(|error| {
                        LakeError::Invalid(format!("vectors of '{}' cannot be indexed: {error}", file.name))
                    })?;
                }
            }
            let mut rows = growing.rows.write().unwrap_or_else(PoisonError::into_inner);
            rows.whole = rows.places.len();
            rows.files.insert(name);
            Ok(())
        });
        work.await.map_err(|error| LakeError::Invalid(format!("indexing in memory ended early: {error}")))?
    }
}

impl Rows {
    /// Adds rows of a file. Vectors of another length than the first one are left to be read: they match no query that it
    /// does.
    fn add<'a>(
        &mut self,
        file: &Arc<str>,
        vectors: impl Iterator<Item = (&'a [f32], u64)>,
        metric: Metric,
    ) -> Result<(), VectorError> {
        let mut dimensions = self.index.as_ref().map(GrowingIndex::dimensions);
        let (mut ids, mut flat) = (Vec::new(), Vec::new());
        for (vector, position) in vectors.filter(|(vector, _)| !vector.is_empty()) {
            if vector.len() == *dimensions.get_or_insert(vector.len()) {
                ids.push(self.places.len() as u64);
                self.places.push((Arc::clone(file), position));
                flat.extend_from_slice(vector);
            }
        }
        let Some(dimensions) = dimensions else { return Ok(()) };
        let index = match &mut self.index {
            Some(index) => index,
            None => self.index.insert(GrowingIndex::new(dimensions, metric)?),
        };
        index.append(&ids, &flat)
    }
}

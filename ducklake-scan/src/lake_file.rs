//! What a scan knows about one data file, and which of its rows are hidden at the snapshot.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use datafusion::parquet::arrow::arrow_reader::RowSelection;
use ducklake_storage::{Located, Storage};
use object_store::ObjectStoreExt;
use roaring::RoaringTreemap;
use tokio::sync::OnceCell;

use crate::adapt::FileColumns;
use crate::error::{LakeError, Result};
use crate::parquet::{FooterCache, LakeReaderFactory, ReadFacts, read_positions, read_snapshot_column};

/// Which format a delete file has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DeleteFormat {
    /// Positions as rows.
    Parquet,
    /// A deletion vector.
    Puffin,
}

/// A delete file that applies to the data file.
#[derive(Debug, Clone)]
pub(crate) struct DeleteSource {
    pub(crate) path: Arc<str>,
    pub(crate) format: DeleteFormat,
    pub(crate) size: Option<u64>,
    pub(crate) facts: ReadFacts,
}

/// Which rows of a file with rows of several snapshots are visible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PartialRows {
    /// Those whose embedded snapshot is not younger than the scan's.
    EmbeddedSnapshot,
    /// The first so many (formats up to 0.3).
    First(u64),
}

/// A data file of a scan.
#[derive(Debug)]
pub(crate) struct LakeFile {
    pub(crate) columns: Arc<FileColumns>,
    pub(crate) located: Located,
    pub(crate) size: u64,
    pub(crate) facts: ReadFacts,
    pub(crate) snapshot: i64,
    pub(crate) delete_files: Vec<DeleteSource>,
    pub(crate) inlined_deletes: Vec<u64>,
    pub(crate) partial: Option<PartialRows>,
    /// The only positions to read, where an index or a list of rows tells.
    pub(crate) kept: Option<Arc<RoaringTreemap>>,
    pub(crate) storage: Storage,
    pub(crate) cache: FooterCache,
    pub(crate) state: FileState,
}

/// What is found out while scanning; shared by all parts of the file.
#[derive(Debug, Default)]
pub(crate) struct FileState {
    selection: OnceCell<Option<RowSelection>>,
    opened: AtomicBool,
}

impl LakeFile {
    /// Whether some rows may be hidden.
    pub(crate) fn hides_rows(&self) -> bool {
        !self.delete_files.is_empty()
            || !self.inlined_deletes.is_empty()
            || self.partial.is_some()
            || self.kept.is_some()
    }

    /// True the first time.
    pub(crate) fn open_once(&self) -> bool {
        !self.state.opened.swap(true, Ordering::Relaxed)
    }

    /// The rows to read, `None` for all. Positions count all physical rows (DuckLake spec, "Deletes").
    pub(crate) async fn selection(&self, readers: &LakeReaderFactory) -> Result<Option<RowSelection>> {
        self.state.selection.get_or_try_init(|| self.load_selection(readers)).await.cloned()
    }

    /// The positions that the snapshot sees, `None` for all.
    pub(crate) async fn visible_rows(&self) -> Result<Option<RoaringTreemap>> {
        if !self.hides_rows() {
            return Ok(None);
        }
        let Located { store, store_url, .. } = &self.located;
        let readers = LakeReaderFactory::new(Arc::clone(store), store_url.as_str(), self.cache.clone());
        let Some(selection) = self.selection(&readers).await? else { return Ok(None) };
        let (mut rows, mut at) = (RoaringTreemap::new(), 0_u64);
        for selector in selection.iter() {
            let end = at + selector.row_count as u64;
            if !selector.skip {
                rows.insert_range(at..end);
            }
            at = end;
        }
        Ok(Some(rows))
    }

    async fn load_selection(&self, readers: &LakeReaderFactory) -> Result<Option<RowSelection>> {
        let mut hidden: RoaringTreemap = self.inlined_deletes.iter().copied().collect();
        for delete_file in &self.delete_files {
            hidden |= self.positions(delete_file).await?;
        }
        let reader = || readers.open(self.located.path.clone(), self.size, self.facts.clone());
        let rows = match self.facts.record_count {
            Some(rows) => rows,
            None => {
                reader().metadata().await.map_err(file_error)?.file_metadata().num_rows().try_into().unwrap_or_default()
            }
        };
        match self.partial {
            Some(PartialRows::First(first)) => {
                hidden.insert_range(first..rows.max(first));
            }
            Some(PartialRows::EmbeddedSnapshot) => {
                let snapshots = read_snapshot_column(reader()).await.map_err(file_error)?;
                hidden.extend(
                    snapshots
                        .iter()
                        .enumerate()
                        .filter(|(_, s)| **s > self.snapshot)
                        .map(|(position, _)| position as u64),
                );
            }
            None => {}
        }
        if let Some(kept) = &self.kept {
            let mut others = RoaringTreemap::new();
            others.insert_range(0..rows);
            hidden |= others - kept.as_ref();
        }
        hidden.remove_range(rows..);
        if hidden.is_empty() {
            return Ok(None);
        }
        let total = usize::try_from(rows).map_err(|_| {
            LakeError::Invalid(format!("{}: {rows} rows are more than can be addressed", self.facts.display_path))
        })?;
        Ok(Some(RowSelection::from_consecutive_ranges(visible_ranges(&hidden, total).into_iter(), total)))
    }

    async fn positions(&self, delete_file: &DeleteSource) -> Result<RoaringTreemap> {
        let located = self.storage.locate(&delete_file.path)?;
        match delete_file.format {
            DeleteFormat::Parquet => {
                let readers =
                    LakeReaderFactory::new(Arc::clone(&located.store), located.store_url.as_str(), self.cache.clone());
                let size = delete_file.size.unwrap_or_default();
                let reader = readers.open(located.path, size, delete_file.facts.clone());
                read_positions(reader, self.snapshot).await.map_err(file_error)
            }
            DeleteFormat::Puffin => {
                let missing = |e: object_store::Error| {
                    let problem = match e {
                        object_store::Error::NotFound { .. } => {
                            "the catalog lists this delete file but it does not exist".to_string()
                        }
                        other => format!("cannot read the delete file: {other}"),
                    };
                    LakeError::Invalid(format!("{}: {problem}", delete_file.path))
                };
                let bytes = located.store.get(&located.path).await.map_err(missing)?.bytes().await.map_err(missing)?;
                ducklake_format::deletion_vector::decode(&bytes, self.snapshot)
                    .map_err(|e| LakeError::Invalid(format!("{}: {e}", delete_file.path)))
            }
        }
    }
}

/// Errors of a file's bytes go through DataFusion's types unchanged.
pub(crate) fn file_error(error: impl std::error::Error + Send + Sync + 'static) -> LakeError {
    LakeError::from(datafusion::error::DataFusionError::External(Box::new(error)))
}

/// The runs of rows that are not hidden.
fn visible_ranges(hidden: &RoaringTreemap, total: usize) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let mut start = 0;
    for position in hidden {
        // Positions are below `total`, which is a usize.
        let position = position as usize;
        if position > start {
            ranges.push(start..position);
        }
        start = position + 1;
    }
    if start < total {
        ranges.push(start..total);
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn ranges_are_the_rows_that_are_not_hidden(hidden in prop::collection::btree_set(0..200_u64, 0..150), total in 0..200_usize) {
            let hidden: RoaringTreemap = hidden.into_iter().filter(|position| *position < total as u64).collect();
            let ranges = visible_ranges(&hidden, total);
            let visible: Vec<u64> = ranges.iter().cloned().flatten().map(|row| row as u64).collect();
            let expected: Vec<u64> = (0..total as u64).filter(|row| !hidden.contains(*row)).collect();
            prop_assert_eq!(&visible, &expected);
            prop_assert!(ranges.iter().all(|range| !range.is_empty()));
            let selection = RowSelection::from_consecutive_ranges(ranges.into_iter(), total);
            prop_assert_eq!(selection.row_count(), expected.len());
        }
    }

    #[test]
    fn ranges_between_hidden_rows() {
        let ranges = |hidden: &[u64]| visible_ranges(&hidden.iter().copied().collect(), 6);
        assert_eq!(ranges(&[]), vec![0..6]);
        assert_eq!(ranges(&[0, 1, 3]), vec![2..3, 4..6]);
        assert_eq!(ranges(&[5]), vec![0..5]);
        assert_eq!(ranges(&[0, 1, 2, 3, 4, 5]), Vec::<Range<usize>>::new());
    }
}

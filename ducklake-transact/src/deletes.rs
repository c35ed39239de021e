//! How a transaction's deletes reach the catalog: inlined, as delete files, or as the end of a whole file.

use ducklake_catalog::DeleteFileRow;
use ducklake_storage::Storage;
use futures::future::BoxFuture;
use roaring::RoaringTreemap;

use crate::error::{Result, TransactError};
use crate::files::{VECTOR_FORMAT, WrittenDeleteFile, remove_files, write_delete_file, write_deletion_vector};

/// Positions of a delete file with the snapshot that deleted each, where the file says so.
pub type Deletions = Vec<(u64, Option<i64>)>;

/// Why a delete file could not be read.
pub type ReadError = Box<dyn std::error::Error + Send + Sync>;

/// Reads delete files, which is the scan's business.
pub trait DeleteFileReader: Send + Sync {
    /// All positions of a delete file with the snapshot that deleted each, where the file says so.
    fn read<'a>(&'a self, path: &'a str, row: &'a DeleteFileRow) -> BoxFuture<'a, Result<Deletions, ReadError>>;
}

/// What happens to one data file.
#[derive(Debug)]
pub(crate) enum DeletePlan {
    /// Positions in the table of inlined deletes.
    Inlined(RoaringTreemap),
    /// No row is left.
    Whole,
    /// A delete file.
    File(Box<DeleteFilePlan>),
}

/// A delete file or deletion vector to register.
#[derive(Debug)]
pub(crate) struct DeleteFilePlan {
    /// Full path of the data file.
    data_file_path: String,
    pub(crate) replaced: Option<DeleteFileRow>,
    /// Positions that were deleted before, with their snapshots.
    old: Vec<(u64, i64)>,
    new: RoaringTreemap,
    pub(crate) written: WrittenDeleteFile,
    /// The snapshot that the file names for the new positions; `None` where it names none.
    pub(crate) embedded: Option<i64>,
}

/// A data file's deletes.
#[derive(Debug)]
pub(crate) struct FileDelete {
    pub(crate) table_id: i64,
    /// Real or local id.
    pub(crate) data_file_id: i64,
    pub(crate) plan: DeletePlan,
}

/// Where delete files of a table go.
#[derive(Debug, Clone)]
pub(crate) struct DeleteTarget<'a> {
    pub(crate) storage: &'a Storage,
    pub(crate) directory: String,
    pub(crate) encrypted: bool,
    /// Whether deletion vectors are wanted.
    pub(crate) vectors: bool,
}

impl DeleteFilePlan {
    /// Writes the file. It names `snapshot` for new positions where others were deleted before.
    pub(crate) async fn write(
        target: &DeleteTarget<'_>,
        data_file_path: String,
        replaced: Option<DeleteFileRow>,
        old: Vec<(u64, i64)>,
        new: RoaringTreemap,
        snapshot: i64,
    ) -> Result<Self> {
        // A vector says nothing of snapshots. So what it replaces stays for the older ones; what a flush has found has
        // nothing that could stay.
        if target.vectors && (old.is_empty() || replaced.as_ref().is_some_and(|row| knows(row, &old))) {
            let mut all = new.clone();
            all.extend(old.iter().map(|(position, _)| *position));
            let written = write_deletion_vector(target.storage, &target.directory, &data_file_path, &all).await?;
            return Ok(Self { data_file_path, replaced, old, new, written, embedded: None });
        }
        let written = write_positions(target, &data_file_path, &old, &new, snapshot).await?;
        let embedded = (!old.is_empty() && !new.is_empty()).then_some(snapshot);
        Ok(Self { data_file_path, replaced, old, new, written, embedded })
    }

    /// Whether the file that it replaces stays for older snapshots, which the new one knows nothing of.
    pub(crate) fn keeps_replaced(&self) -> bool {
        self.written.format == VECTOR_FORMAT
    }

    /// Writes the file again, if it names another snapshot than this.
    pub(crate) async fn rewrite(&mut self, target: &DeleteTarget<'_>, snapshot: i64) -> Result<()> {
        if self.embedded.is_none_or(|embedded| embedded == snapshot) {
            return Ok(());
        }
        let written = write_positions(target, &self.data_file_path, &self.old, &self.new, snapshot).await?;
        let stale = std::mem::replace(&mut self.written, written);
        self.embedded = Some(snapshot);
        remove_files(target.storage, &[stale.full_path]).await;
        Ok(())
    }

    /// Last snapshot that the file names; `None` where it names none.
    pub(crate) fn last_snapshot(&self) -> Option<i64> {
        if self.keeps_replaced() {
            return None;
        }
        self.old.iter().map(|(_, snapshot)| *snapshot).max().max(self.embedded)
    }

    /// Whether the commit itself deletes something of the file.
    pub(crate) fn has_new(&self) -> bool {
        !self.new.is_empty()
    }

    /// First snapshot of the delete file's row: the earliest that deleted something of it.
    pub(crate) fn begin_snapshot(&self, commit: i64) -> i64 {
        if self.keeps_replaced() {
            return commit;
        }
        self.old.iter().map(|(_, snapshot)| *snapshot).min().unwrap_or(commit)
    }
}

/// Whether a delete file has all of these positions.
fn knows(row: &DeleteFileRow, old: &[(u64, i64)]) -> bool {
    row.delete_count == Some(old.len() as i64)
}

async fn write_positions(
    target: &DeleteTarget<'_>,
    data_file_path: &str,
    old: &[(u64, i64)],
    new: &RoaringTreemap,
    snapshot: i64,
) -> Result<WrittenDeleteFile> {
    let mut positions: Vec<(u64, i64)> = old.to_vec();
    positions.extend(new.iter().map(|position| (position, snapshot)));
    // A position that was there before keeps its snapshot.
    positions.sort_unstable();
    positions.dedup_by_key(|(position, _)| *position);
    let DeleteTarget { storage, directory, encrypted, .. } = target;
    Ok(write_delete_file(storage, directory, data_file_path, &positions, !old.is_empty(), *encrypted).await?)
}

/// The positions of a delete file that is to be replaced, each with its snapshot.
pub(crate) async fn read_replaced(
    reader: &dyn DeleteFileReader,
    path: &str,
    row: &DeleteFileRow,
) -> Result<Vec<(u64, i64)>> {
    let read = reader.read(path, row).await;
    let positions = read.map_err(|source| TransactError::ReadDeletes { path: path.to_string(), source })?;
    Ok(positions.into_iter().map(|(position, at)| (position, at.unwrap_or(row.begin_snapshot))).collect())
}

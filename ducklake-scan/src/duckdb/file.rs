//! A database file, opened anew where DuckDB has written to it.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use duckdb_file::{Database, EntryKind, LocalFiles};

use super::table::DuckDbTable;
use crate::error::{LakeError, Result};
use crate::lake::same_name;
use crate::sql::names::similar;

/// Where the bytes are that every DuckDB file has, behind a checksum.
const MAGIC: (usize, &[u8]) = (8, b"DUCK");

/// Whether there is a file with the first bytes of DuckDB's.
pub(crate) fn is_duckdb_file(path: &str) -> bool {
    let (start, magic) = MAGIC;
    let mut bytes = vec![0; start + magic.len()];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut bytes));
    read.is_ok() && &bytes[start..] == magic
}

/// A database file that DuckDB made, and may go on writing. Cheap to clone.
///
/// Tables are taken from the file as it is at that moment ([`DuckDbFile::table`]); a scan that meets a later state of
/// the file fails rather than mix the two.
#[derive(Debug, Clone)]
pub struct DuckDbFile {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    database: Mutex<Database>,
}

impl DuckDbFile {
    /// Opens a local file and the write-ahead log beside it. Nothing is locked.
    ///
    /// # Errors
    /// [`LakeError::DuckDb`] where there is no such file, or none that can be read.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref().to_path_buf();
        let database = {
            let path = path.clone();
            blocking(move || Database::open(&path).map_err(|error| failed(&path, error))).await?
        };
        Ok(Self { inner: Arc::new(Inner { path, database: Mutex::new(database) }) })
    }

    /// The path that it was opened at.
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// A table as it is now; names are compared without regard to case.
    ///
    /// # Errors
    /// [`LakeError::UnknownTable`] with names like it, [`LakeError::NotSupported`] for a view,
    /// [`LakeError::DuckDb`] where the file cannot be read any more.
    pub async fn table(&self, schema: &str, name: &str) -> Result<DuckDbTable> {
        let database = self.database().await?;
        match find(&database, self.path(), schema, name)? {
            Some(table) => Ok(table),
            None => Err(unknown(&database, &format!("{schema}.{name}"), schema, name)),
        }
    }

    /// The file as it is now: what was read before, unless DuckDB has written since.
    pub(crate) async fn database(&self) -> Result<Database> {
        let this = self.clone();
        blocking(move || {
            let path = &this.inner.path;
            let known = this.inner.database.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let current = known.is_current(&LocalFiles::new(path)).map_err(|error| failed(path, error))?;
            if current {
                return Ok(known);
            }
            let database = Database::open(path).map_err(|error| failed(path, error))?;
            *this.inner.database.lock().unwrap_or_else(PoisonError::into_inner) = database.clone();
            Ok(database)
        })
        .await
    }
}

/// A file under the name it was attached as.
#[derive(Debug, Clone)]
pub(crate) struct AttachedFile {
    pub(crate) name: String,
    pub(crate) file: DuckDbFile,
}

/// A table of a database; `None` where there is nothing of that name.
///
/// # Errors
/// [`LakeError::NotSupported`] for a view.
pub(crate) fn find(database: &Database, path: &Path, schema: &str, name: &str) -> Result<Option<DuckDbTable>> {
    if let Ok(table) = database.table(schema, name) {
        return Ok(Some(DuckDbTable::new(path, table.clone())));
    }
    let is_it = |entry: &&duckdb_file::Entry| {
        entry.kind == EntryKind::View && same_name(&entry.schema, schema) && same_name(&entry.name, name)
    };
    match database.others().find(is_it) {
        Some(view) => Err(LakeError::NotSupported {
            what: format!("reading '{}.{}', a view in a DuckDB file,", view.schema, view.name),
            hint: Some("write its query out, or make it a table with DuckDB".into()),
        }),
        None => Ok(None),
    }
}

/// What is said of a name that nothing in a database has.
pub(crate) fn unknown(database: &Database, asked: &str, schema: &str, name: &str) -> LakeError {
    let in_schema = database.tables().filter(|table| same_name(&table.schema_name(), schema));
    let mut suggestions = similar(name, in_schema.map(duckdb_file::Table::name));
    for table in database.tables().filter(|table| same_name(table.name(), name)) {
        suggestions.insert(0, format!("{}.{}", table.schema_name(), table.name()));
    }
    suggestions.truncate(3);
    let unread = database.unread().map(|reason| format!(" (not all of the file's catalog could be read: {reason})"));
    let place = format!(" in schema '{schema}' of the DuckDB file{}", unread.unwrap_or_default());
    LakeError::UnknownTable { name: asked.to_string(), place, suggestions }
}

/// What failed on which file.
pub(crate) fn failed(path: &Path, error: duckdb_file::Error) -> LakeError {
    LakeError::DuckDb { path: path.display().to_string(), source: Box::new(error) }
}

/// Runs what waits for files where it holds nobody up.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => {
            Err(LakeError::Query(Box::new(datafusion::error::DataFusionError::ExecutionJoin(Box::new(error)))))
        }
    }
}

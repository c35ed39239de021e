//! Files as one statement sees them.

use std::sync::Arc;

use duckdb_file::Database;
use tokio::sync::Mutex;

use super::AttachedFile;
use super::file::{find, unknown};
use super::table::DuckDbTable;
use crate::error::Result;

/// The state of each file that a statement names, looked up once. Clones share what was found.
#[derive(Debug, Clone, Default)]
pub(crate) struct FilePins {
    found: Arc<Mutex<Vec<(String, Database)>>>,
}

impl FilePins {
    pub(crate) async fn database(&self, attached: &AttachedFile) -> Result<Database> {
        let mut found = self.found.lock().await;
        if let Some((_, database)) = found.iter().find(|(name, _)| *name == attached.name) {
            return Ok(database.clone());
        }
        let database = attached.file.database().await?;
        found.push((attached.name.clone(), database.clone()));
        Ok(database)
    }

    /// A table of a file; `None` where there is none of that name.
    ///
    /// # Errors
    /// As [`super::DuckDbFile::table`].
    pub(crate) async fn find(&self, attached: &AttachedFile, schema: &str, table: &str) -> Result<Option<DuckDbTable>> {
        find(&self.database(attached).await?, attached.file.path(), schema, table)
    }

    /// The same, but what is not there is an error.
    pub(crate) async fn table(
        &self,
        attached: &AttachedFile,
        asked: &[String],
        schema: &str,
        table: &str,
    ) -> Result<DuckDbTable> {
        let database = self.database(attached).await?;
        match find(&database, attached.file.path(), schema, table)? {
            Some(table) => Ok(table),
            None => Err(unknown(&database, &asked.join("."), schema, table)),
        }
    }
}

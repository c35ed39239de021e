//! Indexes of tables.

use super::tables::table_name;
use super::transaction::LakeTransaction;
use crate::error::Result;
use crate::lake::{Lake, SnapshotSelector};
use crate::search::{NewIndex, TableIndex, indexes};

impl LakeTransaction {
    /// Creates an index of a table; false where one of that name is there and `if_not_exists`.
    ///
    /// # Errors
    /// [`crate::LakeError::Usage`] where the name is taken in the table's schema or the columns cannot be indexed,
    /// [`crate::LakeError::UnknownTable`] with names like it.
    pub async fn create_index(&mut self, table: &str, index: &NewIndex, if_not_exists: bool) -> Result<bool> {
        let table = table_name(table)?;
        self.session().create_index(self.session().open(), &table, index, if_not_exists).await
    }

    /// Drops an index, named `index` (of the schema `main`) or `schema.index`.
    ///
    /// # Errors
    /// [`crate::LakeError::UnknownName`] with names like it.
    pub async fn drop_index(&mut self, name: &str) -> Result<()> {
        self.session().drop_index(self.session().open(), &table_name(name)?, None, false).await
    }

    /// All indexes as the transaction sees them.
    ///
    /// # Errors
    /// Failures of the catalog.
    pub async fn indexes(&self) -> Result<Vec<TableIndex>> {
        indexes(&self.attached().lake, &self.view().await?).await
    }
}

impl Lake {
    /// All indexes at the newest snapshot, or the one that the lake was opened at.
    ///
    /// # Errors
    /// Failures of the catalog.
    pub async fn indexes(&self) -> Result<Vec<TableIndex>> {
        indexes(self, &self.view(&SnapshotSelector::Latest).await?).await
    }
}

//! Ids that a commit gives to what a transaction created.

use std::collections::HashMap;

use ducklake_catalog::Snapshot;

use crate::transaction::FIRST_LOCAL_ID;

/// Numbers of one commit, taken from the snapshot before it (DuckLake spec, "Ids").
#[derive(Debug)]
pub(crate) struct Ids {
    catalog: HashMap<i64, i64>,
    pub(crate) next_catalog_id: i64,
    pub(crate) next_file_id: i64,
    pub(crate) schema_version: i64,
}

impl Ids {
    pub(crate) fn after(head: &Snapshot) -> Self {
        Self {
            catalog: HashMap::new(),
            next_catalog_id: head.next_catalog_id,
            next_file_id: head.next_file_id,
            schema_version: head.schema_version,
        }
    }

    /// The next catalog id.
    pub(crate) fn take_catalog(&mut self) -> i64 {
        self.next_catalog_id += 1;
        self.next_catalog_id - 1
    }

    /// The next file id.
    pub(crate) fn take_file(&mut self) -> i64 {
        self.next_file_id += 1;
        self.next_file_id - 1
    }

    /// Gives a local object its real id.
    pub(crate) fn assign(&mut self, local: i64) -> i64 {
        let id = self.take_catalog();
        self.catalog.insert(local, id);
        id
    }

    /// The real id of an object, which is its own where it existed before.
    pub(crate) fn real(&self, id: i64) -> i64 {
        if id < FIRST_LOCAL_ID { id } else { self.catalog.get(&id).copied().unwrap_or(id) }
    }
}

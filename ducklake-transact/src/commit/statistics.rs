//! Table statistics after a commit (DuckLake spec, "Table statistics").

use std::collections::{BTreeMap, HashMap};

use ducklake_catalog::{CommitTransaction, TableStatsRow};
use ducklake_format::ColumnId;
use ducklake_format::columns::Column;
use ducklake_format::stats::{ColumnStatistics, Source, TableColumnStatistics, leaf_columns, merge_table_statistics};

use crate::error::Result;

/// A table's statistics while the attempt adds to them.
#[derive(Debug)]
pub(super) struct TableStatistics {
    pub(super) row: TableStatsRow,
    is_new: bool,
    is_first_data: bool,
    stored: HashMap<ColumnId, TableColumnStatistics>,
    current: BTreeMap<ColumnId, Option<TableColumnStatistics>>,
    columns: Vec<Column>,
}

impl TableStatistics {
    pub(super) fn new(
        columns: &[Column],
        stored: Option<(TableStatsRow, HashMap<ColumnId, TableColumnStatistics>)>,
    ) -> Self {
        let is_new = stored.is_none();
        let (row, stored) = stored.unwrap_or_default();
        Self { row, is_new, is_first_data: is_new, stored, current: BTreeMap::new(), columns: columns.to_vec() }
    }

    /// Adds a file's or an insert's rows.
    pub(super) fn merge<'s>(
        &mut self,
        stats: impl IntoIterator<Item = (ColumnId, &'s ColumnStatistics)>,
        source: Source,
    ) {
        let leaves = leaf_columns(&self.columns);
        for (id, new) in stats {
            let Some(leaf) = leaves.iter().find(|leaf| leaf.id == id) else { continue };
            let old = match self.current.get(&id) {
                Some(current) => current.clone(),
                None => self.stored.get(&id).cloned(),
            };
            let merged = merge_table_statistics(leaf, old.as_ref(), self.is_first_data, new, source);
            self.current.insert(id, merged);
        }
        self.is_first_data = false;
    }

    pub(super) async fn write(self, tx: &mut CommitTransaction<'_>, table: i64) -> Result<()> {
        let (mut new, mut changed) = (Vec::new(), Vec::new());
        let mut removed = Vec::new();
        for (id, current) in self.current {
            match (current, self.stored.get(&id)) {
                (Some(current), None) => new.push(current),
                (Some(current), Some(stored)) if *stored != current => changed.push(current),
                (None, Some(_)) => removed.push(id),
                _ => {}
            }
        }
        Ok(tx.write_table_statistics(table, self.is_new, self.row, new, changed, &removed).await?)
    }
}

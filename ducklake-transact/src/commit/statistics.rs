//! Table statistics after a commit (DuckLake spec, "Table statistics").

use std::collections::{BTreeMap, HashMap};

use ducklake_catalog::{CommitTransaction, TableStatsRow};
use ducklake_format::columns::Column;
use ducklake_format::stats::{ColumnStatistics, Source, TableColumnStatistics, merge_table_statistics};
use ducklake_format::{ColumnId, LakeType};

use crate::error::Result;

/// A table's statistics while the attempt adds to them.
#[derive(Debug)]
pub(super) struct TableStatistics {
    pub(super) row: TableStatsRow,
    is_new: bool,
    is_first_data: bool,
    stored: HashMap<ColumnId, TableColumnStatistics>,
    current: BTreeMap<ColumnId, Option<TableColumnStatistics>>,
    types: HashMap<ColumnId, LakeType>,
}

impl TableStatistics {
    pub(super) fn new(
        columns: &[Column],
        stored: Option<(TableStatsRow, HashMap<ColumnId, TableColumnStatistics>)>,
    ) -> Self {
        let mut types = HashMap::new();
        collect(columns, &mut types);
        let is_new = stored.is_none();
        let (row, stored) = stored.unwrap_or_default();
        Self { row, is_new, is_first_data: is_new, stored, current: BTreeMap::new(), types }
    }

    /// Adds a file's or an insert's rows.
    pub(super) fn merge<'s>(
        &mut self,
        stats: impl IntoIterator<Item = (ColumnId, &'s ColumnStatistics)>,
        source: Source,
    ) {
        for (id, new) in stats {
            let Some(lake_type) = self.types.get(&id) else { continue };
            let old = match self.current.get(&id) {
                Some(current) => current.clone(),
                None => self.stored.get(&id).cloned(),
            };
            let mut merged = merge_table_statistics(lake_type, old.as_ref(), self.is_first_data, new, source);
            if let Some(merged) = &mut merged {
                merged.column_id = id;
            }
            self.current.insert(id, merged);
        }
        self.is_first_data = false;
    }

    pub(super) async fn write(self, tx: &mut CommitTransaction<'_>, table: i64) -> Result<()> {
        let mut changed = Vec::new();
        let mut removed = Vec::new();
        for (id, current) in self.current {
            match (current, self.stored.get(&id)) {
                (Some(current), stored) if stored != Some(&current) => changed.push(current),
                (None, Some(_)) => removed.push(id),
                _ => {}
            }
        }
        Ok(tx.write_table_statistics(table, self.is_new, self.row, changed, &removed).await?)
    }
}

fn collect(columns: &[Column], types: &mut HashMap<ColumnId, LakeType>) {
    for column in columns {
        types.insert(column.id, column.lake_type.clone());
        collect(&column.children, types);
    }
}

//! Segments for what a commit added, made in the background: a commit does not wait for them, and a search that comes
//! earlier reads the rows themselves.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ducklake_transact::Transaction;

use super::definition::Refresh;
use super::refresh::refresh_index;
use crate::error::Result;
use crate::lake::{Lake, SnapshotSelector};
use crate::table::LakeTable;

/// Fewer new rows than these are left without a segment: they are read as quickly.
const LEAST: u64 = 4096;
/// A lake without indexes is not asked again for so long.
const PATIENCE: Duration = Duration::from_secs(10);

/// Tables that wait for segments.
#[derive(Debug, Default)]
pub(crate) struct RefreshQueue {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    tables: BTreeSet<i64>,
    is_running: bool,
    /// When the lake was seen to have no index that is kept up to date.
    without: Option<Instant>,
}

impl RefreshQueue {
    fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Tables to which a transaction adds data files.
pub(crate) fn grown_tables(transaction: &Transaction) -> Vec<i64> {
    let tables = transaction.names().tables.iter().map(|table| table.table_id);
    tables
        .filter(|id| transaction.table(*id).is_some_and(|table| table.base.is_some() && !table.files.is_empty()))
        .collect()
}

impl Lake {
    /// Makes segments for these tables once there is time. Failures are not told: they cost speed only, and the next
    /// refresh tries again.
    pub(crate) fn refresh_later(&self, tables: &[i64]) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let starts = self.refreshes().with(|state| {
            if tables.is_empty() || state.without.is_some_and(|at| at.elapsed() < PATIENCE) {
                return false;
            }
            state.tables.extend(tables);
            !std::mem::replace(&mut state.is_running, true)
        });
        if !starts {
            return;
        }
        let lake = self.clone();
        self.storage().in_background(&runtime, async move {
            loop {
                let next = lake.refreshes().with(|state| {
                    let next = state.tables.pop_first();
                    state.is_running = next.is_some();
                    next
                });
                let Some(table) = next else { break };
                if let Ok(false) = lake.refresh_grown(table).await {
                    lake.refreshes().with(|state| state.without = Some(Instant::now()));
                }
            }
        });
    }

    /// Whether the table has an index that is kept up to date, which it is then.
    async fn refresh_grown(&self, table: i64) -> Result<bool> {
        let view = self.view(&SnapshotSelector::Latest).await?;
        let Some(row) = view.names.tables.iter().find(|row| row.table_id == table) else { return Ok(true) };
        let Some(schema) = view.names.schemas.iter().find(|schema| schema.schema_id == row.schema_id) else {
            return Ok(true);
        };
        let Some(table) = LakeTable::load(self, &view, &schema.name, &row.name).await? else { return Ok(true) };
        let indexes = super::definitions(&table).await?;
        for index in indexes.iter().filter(|index| index.refresh == Refresh::Commit) {
            refresh_index(&table, index, LEAST, Arc::new(|_, _| ())).await?;
        }
        // Other tables of the lake may have some.
        Ok(!indexes.is_empty() || !self.index_tags(&view).await?.is_empty())
    }
}

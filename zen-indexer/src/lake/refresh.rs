//! The search indexes.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use ducklake_scan::{RefreshProgress, RefreshRow, RefreshScope};

use super::ZenLake;
use super::write::prepare;
use crate::error::Result;
use crate::progress::{Phase, Progress};

/// How often a lake is tried again that others write to.
const CONFLICT_RETRIES: u32 = 100;

impl ZenLake {
    /// Brings the search indexes up to date: makes those that are missing, and segments for rows that have none. Searches
    /// find the same without, and take longer.
    ///
    /// # Errors
    /// Whatever the lake has to say. What was made until then stays.
    pub async fn refresh(&self, progress: Arc<dyn Progress>) -> Result<Vec<RefreshRow>> {
        if !self.has_tables().await? {
            return Ok(Vec::new());
        }
        {
            let _one_at_a_time = self.commits.lock().await;
            self.lake.transact(CONFLICT_RETRIES, |transaction| Box::pin(prepare(transaction))).await?;
        }
        let told = Told { progress: Arc::clone(&progress), index: Mutex::default(), done: AtomicU64::new(0) };
        let scope = RefreshScope { schema: Some("zen".into()), table: None };
        let rows = self.lake.refresh_indexes(&scope, move |step| told.tell(&step)).await;
        progress.end(Phase::Refresh);
        Ok(rows?)
    }
}

/// Turns the engine's progress, segment by segment, into phases.
struct Told {
    progress: Arc<dyn Progress>,
    /// The index in work, with the rows of the segment in work.
    index: Mutex<Option<(String, u64)>>,
    done: AtomicU64,
}

impl Told {
    fn tell(&self, step: &RefreshProgress) {
        let mut index = self.index.lock().unwrap_or_else(PoisonError::into_inner);
        let current = Some((step.index.clone(), step.total));
        if *index != current {
            if index.is_some() {
                self.progress.end(Phase::Refresh);
            }
            *index = current;
            self.done.store(0, Ordering::Relaxed);
            self.progress.begin(Phase::Refresh, step.total);
        }
        let before = self.done.swap(step.done, Ordering::Relaxed);
        self.progress.advance(Phase::Refresh, step.done.saturating_sub(before));
    }
}

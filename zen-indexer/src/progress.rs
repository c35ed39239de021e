//! What a long task tells while it runs, and how it is told to stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Parts of indexing a package, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Phase {
    /// Getting the sources. Its amount is unknown.
    Fetch,
    /// Parsing: counted in bytes of source.
    Parse,
    /// Embedding: counted in texts.
    Embed,
    /// Writing: counted in rows.
    Write,
    /// Indexing for search: counted in rows.
    Refresh,
}

/// Hears how far a task is. Calls come from several threads.
pub trait Progress: Send + Sync {
    /// A phase begins; `total` is 0 where it is not known.
    fn begin(&self, phase: Phase, total: u64);
    /// So much more is done, in the phase's unit.
    fn advance(&self, phase: Phase, by: u64);
    /// The phase is over.
    fn end(&self, phase: Phase);
}

/// Hears nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _phase: Phase, _total: u64) {}
    fn advance(&self, _phase: Phase, _by: u64) {}
    fn end(&self, _phase: Phase) {}
}

/// Tells threads that nobody waits for them any more.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Whether to stop.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Stops everybody who looks.
    pub fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Sets a [`Stop`] when dropped: held by a future, it stops the threads that work for it when the future is dropped.
#[derive(Debug)]
pub(crate) struct StopOnDrop(pub(crate) Stop);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.set();
    }
}

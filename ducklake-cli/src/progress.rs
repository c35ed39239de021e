//! A line on standard error that tells how far a long statement has come.

use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use datafusion::physical_plan::ExecutionPlan;
use ducklake_catalog::CopyProgress;
use indicatif::{HumanBytes, HumanCount, HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Statements that are quicker than this show nothing.
const PATIENCE: Duration = Duration::from_secs(1);

/// Progress of one statement. Shows nothing unless standard error is a terminal.
pub(crate) struct Progress {
    started: Instant,
    is_shown: bool,
    /// Whether the rows themselves appear on the terminal, after which progress must keep away.
    shares_terminal: bool,
    bar: Option<ProgressBar>,
    read: u64,
    written: u64,
    files: Option<(u64, u64)>,
    bytes: Option<(u64, u64)>,
    tables: Option<(u64, u64)>,
    compared: u64,
}

impl Progress {
    pub(crate) fn new(shares_terminal: bool) -> Self {
        let is_shown = io::stderr().is_terminal();
        Self {
            started: Instant::now(),
            is_shown,
            shares_terminal,
            bar: None,
            read: 0,
            written: 0,
            files: None,
            bytes: None,
            tables: None,
            compared: 0,
        }
    }

    /// Counts rows that were written.
    pub(crate) fn wrote(&mut self, rows: usize) {
        self.written += rows as u64;
        if self.shares_terminal {
            self.finish();
            self.is_shown = false;
        }
    }

    /// Takes rows read and files opened from a plan's metrics.
    pub(crate) fn look_at(&mut self, plan: Option<&Arc<dyn ExecutionPlan>>) {
        if !self.is_shown {
            return;
        }
        if let Some(plan) = plan {
            let mut totals = Totals::default();
            totals.add(plan.as_ref());
            self.read = totals.rows;
            self.files =
                (totals.files_total > 0).then_some((totals.files_opened.min(totals.files_total), totals.files_total));
        }
    }

    /// Takes how far files have come that are read to be written: (done, total).
    pub(crate) fn took(&mut self, files: (u64, u64), bytes: (u64, u64), rows: u64) {
        (self.files, self.bytes, self.written) = (Some(files), Some(bytes), rows);
    }

    /// Takes how far a copy of a catalog has come.
    pub(crate) fn copied(&mut self, state: &CopyProgress) {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        self.tables = Some((read(&state.tables), read(&state.table_count)));
        (self.written, self.compared) = (read(&state.rows), read(&state.verified));
    }

    /// Draws the line, if it is time.
    pub(crate) fn show(&mut self) {
        if !self.is_shown || self.started.elapsed() < PATIENCE {
            return;
        }
        let message = self.message();
        let bar = self.bar.get_or_insert_with(|| {
            let style =
                ProgressStyle::with_template("{spinner} {msg}").unwrap_or_else(|_| ProgressStyle::default_spinner());
            ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr()).with_style(style)
        });
        bar.set_message(message);
        bar.tick();
    }

    /// Takes the line away.
    pub(crate) fn finish(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }

    fn message(&self) -> String {
        let mut parts = vec![format!("{}", HumanDuration(self.started.elapsed()))];
        if let Some((opened, total)) = self.files {
            parts.push(format!("{} of {} files", HumanCount(opened), HumanCount(total)));
        }
        if let Some((done, total)) = self.tables {
            parts.push(format!("{} of {} tables", HumanCount(done), HumanCount(total)));
        }
        if let Some((done, total)) = self.bytes {
            parts.push(format!("{} of {}", HumanBytes(done), HumanBytes(total)));
        }
        if self.read > 0 {
            parts.push(format!("{} rows read", HumanCount(self.read)));
        }
        if self.written > 0 {
            parts.push(format!("{} rows written", HumanCount(self.written)));
        }
        if self.compared > 0 {
            parts.push(format!("{} rows compared", HumanCount(self.compared)));
        }
        parts.join(", ")
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.finish();
    }
}

/// Sums over the scans of a plan.
#[derive(Default)]
struct Totals {
    rows: u64,
    files_opened: u64,
    /// Less those that are pruned before the scan.
    files_total: u64,
}

impl Totals {
    fn add(&mut self, plan: &dyn ExecutionPlan) {
        let children = plan.children();
        if children.is_empty()
            && let Some(metrics) = plan.metrics()
        {
            let sum = |name: &str| metrics.sum_by_name(name).map_or(0, |value| value.as_usize() as u64);
            self.rows += metrics.output_rows().unwrap_or(0) as u64;
            self.files_opened += sum("lake_files_opened");
            let pruned = sum("lake_files_pruned_by_partition") + sum("lake_files_pruned_by_statistics");
            self.files_total += sum("lake_files_total").saturating_sub(pruned);
        }
        for child in children {
            self.add(child.as_ref());
        }
    }
}

//! Progress bars on standard error.

use std::collections::HashMap;
use std::io::IsTerminal;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use zen_indexer::progress::{Phase, Progress, Silent};

/// All bars of the program.
#[derive(Clone)]
pub(crate) struct Bars {
    all: MultiProgress,
    is_shown: bool,
}

impl Bars {
    /// Bars, unless standard error is no terminal or nobody wants them.
    pub(crate) fn new(is_quiet: bool) -> Self {
        let is_shown = !is_quiet && std::io::stderr().is_terminal();
        let target = if is_shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        Self { all: MultiProgress::with_draw_target(target), is_shown }
    }

    /// The progress of one package.
    pub(crate) fn package(&self, name: &str) -> Arc<dyn Progress> {
        if !self.is_shown {
            return Arc::new(Silent);
        }
        Arc::new(PackageBars { name: name.to_owned(), all: self.all.clone(), open: Mutex::default() })
    }

    /// Writes lines above the bars.
    pub(crate) fn above(&self, write: impl FnOnce()) {
        self.all.suspend(write);
    }
}

struct PackageBars {
    name: String,
    all: MultiProgress,
    open: Mutex<HashMap<Phase, ProgressBar>>,
}

impl Progress for PackageBars {
    fn begin(&self, phase: Phase, total: u64) {
        let bar = self.all.add(ProgressBar::new(total).with_style(style(phase, total)).with_prefix(self.name.clone()));
        bar.enable_steady_tick(Duration::from_millis(200));
        self.open.lock().unwrap_or_else(PoisonError::into_inner).insert(phase, bar);
    }

    fn advance(&self, phase: Phase, by: u64) {
        if let Some(bar) = self.open.lock().unwrap_or_else(PoisonError::into_inner).get(&phase) {
            bar.inc(by);
        }
    }

    fn end(&self, phase: Phase) {
        if let Some(bar) = self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(&phase) {
            bar.finish_and_clear();
        }
    }
}

impl Drop for PackageBars {
    fn drop(&mut self) {
        for (_, bar) in self.open.lock().unwrap_or_else(PoisonError::into_inner).drain() {
            bar.finish_and_clear();
        }
    }
}

fn style(phase: Phase, total: u64) -> ProgressStyle {
    let template = match phase {
        Phase::Fetch => "{prefix}: getting the source {spinner} {elapsed}",
        Phase::Parse => "{prefix}: parsing   {bar:30} {bytes}/{total_bytes} {bytes_per_sec}",
        Phase::Embed => "{prefix}: embedding {bar:30} {human_pos}/{human_len} texts {per_sec} {eta}",
        Phase::Write if total == 0 => "{prefix}: writing {spinner} {elapsed}",
        Phase::Write => "{prefix}: writing {human_len} rows {spinner} {elapsed}",
        Phase::Refresh => "{prefix}: indexing  {bar:30} {human_pos}/{human_len} rows {elapsed}",
    };
    // A template that indicatif does not understand is a bug that shows as a plain bar.
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

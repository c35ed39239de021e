//! Time that processors spent, which other programs on the machine cannot stretch; where the system does not say, time
//! as it goes by.

use std::time::{Duration, Instant};

/// Since a moment.
pub(crate) struct Clock {
    started: Instant,
    spent: fn() -> Option<Duration>,
    before: Option<Duration>,
}

impl Clock {
    /// Of this thread.
    pub(crate) fn of_thread() -> Self {
        Self { started: Instant::now(), spent: thread, before: thread() }
    }

    /// Of all threads, also those that have ended.
    pub(crate) fn of_process() -> Self {
        Self { started: Instant::now(), spent: process, before: process() }
    }

    pub(crate) fn elapsed(&self) -> Duration {
        match (self.before, (self.spent)()) {
            (Some(before), Some(now)) => now.saturating_sub(before),
            _ => self.started.elapsed(),
        }
    }
}

/// The first number of "schedstat", in nanoseconds: see proc(5).
fn thread() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(Duration::from_nanos(text.split(' ').next()?.parse().ok()?))
}

/// "utime" of "stat", in hundredths of a second, behind the name in brackets: see proc(5).
fn process() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/self/stat").ok()?;
    let ticks: u64 = text.rsplit(')').next()?.split_whitespace().nth(11)?.parse().ok()?;
    Some(Duration::from_millis(10 * ticks))
}

//! How often and when an overtaken commit is tried again.

use std::time::Duration;

/// DuckLake's settings of that name: total attempts, and waits that grow with jitter between them.
#[derive(Debug, Clone, PartialEq)]
pub struct RetryPolicy {
    /// `ducklake_max_retry_count`: attempts in all.
    pub max_attempts: u32,
    /// `ducklake_retry_wait_ms`.
    pub wait: Duration,
    /// `ducklake_retry_backoff`.
    pub backoff: f64,
    /// How long a commit may wait for other writers, and for a catalog that is to say whether it happened.
    pub patience: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self { max_attempts: 10, wait: Duration::from_millis(100), backoff: 1.5, patience: Duration::from_secs(30) }
    }
}

impl RetryPolicy {
    /// The wait after the attempt of this number, counted from 0.
    pub(crate) fn pause(&self, attempt: u32) -> Duration {
        let factor = self.backoff.max(1.0).powi(attempt.min(20).cast_signed()) * (0.5 + fastrand::f64() / 2.0);
        self.wait.mul_f64(factor.min(600.0))
    }
}

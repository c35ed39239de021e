//! Signals that ask the program to stop.

use std::future::Future;

use crate::failure::Failure;

/// Runs `work` until it is done or a signal comes; then `work` is dropped, which cancels it.
pub(crate) async fn guard<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    tokio::select! {
        biased;
        code = stopped() => Err(Failure::Interrupted(code)),
        done = work => done,
    }
}

/// Waits for a signal; the exit code that tells it.
#[cfg(unix)]
pub(crate) async fn stopped() -> u8 {
    use tokio::signal::unix::{SignalKind, signal};
    let (interrupt, terminate) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()));
    let (Ok(mut interrupt), Ok(mut terminate)) = (interrupt, terminate) else {
        // Without handlers the signals end the process by themselves.
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => 130,
        _ = terminate.recv() => 143,
    }
}

/// Waits for a signal; the exit code that tells it.
#[cfg(not(unix))]
pub(crate) async fn stopped() -> u8 {
    if tokio::signal::ctrl_c().await.is_err() {
        return std::future::pending().await;
    }
    130
}

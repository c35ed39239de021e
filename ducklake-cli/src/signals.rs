//! Signals that ask the program to stop.

use std::future::Future;

use crate::error::CliError;

/// Listens for interrupt (Ctrl-C) and termination, from its creation on.
pub(crate) struct Interrupts {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Interrupts {
    /// Starts to listen; from now on a signal no longer ends the process by itself.
    pub(crate) fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn wait(&mut self) -> CliError {
        tokio::select! {
            _ = self.interrupt.recv() => CliError::Interrupted(130),
            _ = self.terminate.recv() => CliError::Interrupted(143),
        }
    }
}

#[cfg(not(unix))]
impl Interrupts {
    pub(crate) fn new() -> std::io::Result<Self> {
        Ok(Self {})
    }

    async fn wait(&mut self) -> CliError {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        CliError::Interrupted(130)
    }
}

impl Interrupts {
    /// Runs `work` until it is done or a signal comes; then `work` is dropped, which cancels it.
    pub(crate) async fn guard<T, E: Into<CliError>>(
        &mut self,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, CliError> {
        tokio::select! {
            biased;
            error = self.wait() => Err(error),
            done = work => done.map_err(Into::into),
        }
    }
}

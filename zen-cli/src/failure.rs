//! What the program can fail with, how it says so, and the exit code that goes with it.

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use zen_indexer::ZenError;
use zen_search::SearchError;

/// Anything that ends a command early.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The command line asks for something that cannot be.
    #[error("{message}")]
    Usage {
        /// What is wrong.
        message: String,
        /// What to do.
        hint: Option<String>,
    },
    /// The lake, a source or the model failed.
    #[error(transparent)]
    Zen(#[from] ZenError),
    /// A search failed.
    #[error(transparent)]
    Search(#[from] SearchError),
    /// Agents could not be served.
    #[error(transparent)]
    Serve(#[from] zen_mcp::McpError),
    /// Results cannot be written.
    #[error("cannot write standard output: {0}")]
    Output(io::Error),
    /// The system gives no threads.
    #[error("cannot start the system's threads: {0}")]
    Threads(io::Error),
    /// Some packages failed, which was said already.
    #[error("{failed} of {total} packages failed")]
    Partly {
        /// How many failed.
        failed: usize,
        /// Of how many.
        total: usize,
    },
    /// A signal asked to stop; the exit code that tells so.
    #[error("interrupted")]
    Interrupted(u8),
}

impl Failure {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Usage { hint, .. } => hint.clone(),
            Self::Zen(error) => error.hint(),
            Self::Search(error) => error.hint(),
            _ => None,
        }
    }

    fn exit_code(&self) -> u8 {
        match self {
            Self::Usage { .. } | Self::Search(SearchError::Request { .. }) => 2,
            Self::Interrupted(code) => *code,
            _ => 1,
        }
    }
}

/// Says what failed, on standard error: a line `error: …`, then a line `hint: …`.
pub(crate) fn report(message: &str, hint: Option<&str>) {
    let mut stderr = io::stderr().lock();
    let is_coloured = stderr.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
    let (red, cyan, plain) = if is_coloured { ("\x1b[1;31m", "\x1b[36m", "\x1b[0m") } else { ("", "", "") };
    // Nobody is left to tell if standard error fails.
    let _ = writeln!(stderr, "{red}error:{plain} {message}");
    if let Some(hint) = hint {
        let _ = writeln!(stderr, "{cyan}hint:{plain} {hint}");
    }
}

/// Reports how the program ended and turns it into an exit code.
pub(crate) fn conclude(result: Result<(), Failure>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        // The reader of our output has gone, which is how `head` works and no failure.
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(failure) => {
            if !matches!(failure, Failure::Interrupted(_)) {
                report(&failure.to_string(), failure.hint().as_deref());
            }
            ExitCode::from(failure.exit_code())
        }
    }
}

/// Says what is going on, on standard error.
pub(crate) fn note(message: &str) {
    // Nobody is left to tell if standard error fails.
    let _ = writeln!(io::stderr().lock(), "{message}");
}

/// Says what may help, on standard error.
pub(crate) fn hint(message: &str) {
    // Nobody is left to tell if standard error fails.
    let _ = writeln!(io::stderr().lock(), "hint: {message}");
}

/// Says what may be wrong, on standard error.
pub(crate) fn warn(message: &str) {
    // Nobody is left to tell if standard error fails.
    let _ = writeln!(io::stderr().lock(), "warning: {message}");
}

//! What the program can fail with, how it says so, and the exit code that goes with it.

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use crate::engine::EngineError;

/// Anything that ends a command early.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    /// The command line, the profile or the environment asks for something that cannot be.
    #[error("{message}")]
    Usage {
        /// What is wrong.
        message: String,
        /// What to do.
        hint: Option<String>,
    },
    /// The lake or a statement failed.
    #[error("{0}")]
    Engine(#[from] EngineError),
    /// Results cannot be written.
    #[error("cannot write {target}: {source}")]
    Write {
        /// The file, or "standard output".
        target: String,
        /// Why.
        source: io::Error,
    },
    /// Results have no form in the output format.
    #[error("cannot write the result as {format}: {source}")]
    Encode {
        /// The output format.
        format: &'static str,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Input cannot be read.
    #[error("cannot read {what}: {source}")]
    Read {
        /// The file, or "standard input".
        what: String,
        /// Why.
        source: io::Error,
    },
    /// The reader of our output has gone, which is how `head` works and no failure.
    #[error("nobody reads the output")]
    OutputClosed,
    /// A statement failed and has been reported, but others went on after it.
    #[error("a statement failed")]
    Reported,
    /// A signal asked to stop; the exit code that tells so.
    #[error("interrupted")]
    Interrupted(u8),
}

impl CliError {
    /// An error of usage.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::Usage { message: message.into(), hint: None }
    }

    /// Adds what to do to an error of usage.
    pub(crate) fn with_hint(mut self, text: impl Into<String>) -> Self {
        if let Self::Usage { hint, .. } = &mut self {
            *hint = Some(text.into());
        }
        self
    }

    /// A failure to write to `target`.
    pub(crate) fn write(target: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let target = target.into();
        move |source| Self::Write { target, source }
    }

    /// The next step for the user, where one is known.
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::Usage { hint, .. } => hint.clone(),
            Self::Engine(error) => error.hint(),
            _ => None,
        }
    }

    /// Exit code: 1 for what failed, 2 for usage, 128 + signal after a signal.
    fn exit_code(&self) -> u8 {
        match self {
            Self::Usage { .. } => 2,
            Self::Engine(error) if error.is_usage() => 2,
            Self::Interrupted(code) => *code,
            _ => 1,
        }
    }

    /// Writes the error to standard error: a line `error: …`, then a line `hint: …`.
    pub(crate) fn report(&self) {
        if matches!(self, Self::Reported | Self::Interrupted(_) | Self::OutputClosed) {
            return;
        }
        let mut stderr = io::stderr().lock();
        let is_coloured = stderr.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
        let (red, cyan, plain) = if is_coloured { ("\x1b[1;31m", "\x1b[36m", "\x1b[0m") } else { ("", "", "") };
        // Nobody is left to tell if standard error fails.
        let _ = writeln!(stderr, "{red}error:{plain} {}", decapitalize(&one_line(&self.to_string())));
        if let Some(hint) = self.hint() {
            let _ = writeln!(stderr, "{cyan}hint:{plain} {}", one_line(&hint));
        }
    }
}

/// Reports how the program ended and turns it into an exit code.
pub(crate) fn conclude(result: Result<(), CliError>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(CliError::OutputClosed) => ExitCode::SUCCESS,
        Err(error) => {
            error.report();
            ExitCode::from(error.exit_code())
        }
    }
}

/// A message as it reads after `error: `: its first word begins small, unless it is a name or an acronym.
fn decapitalize(text: &str) -> String {
    let word = text.split(' ').next().unwrap_or_default();
    let mut chars = word.chars();
    match chars.next() {
        Some(first) if first.is_uppercase() && chars.clone().next().is_some() && chars.all(char::is_lowercase) => {
            first.to_lowercase().chain(text[first.len_utf8()..].chars()).collect()
        }
        _ => text.to_string(),
    }
}

/// Text with line breaks as spaces and other control characters (from names in a lake, say) made visible.
fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for word in text.split_ascii_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        for c in word.chars() {
            if c.is_control() {
                line.extend(c.escape_default());
            } else {
                line.push(c);
            }
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_one_small_line() {
        assert_eq!(one_line("a\n  b\u{1b}[31m\tc"), "a b\\u{1b}[31m c");
        for (text, small) in [
            ("Schema error: no field", "schema error: no field"),
            ("SQL error: X", "SQL error: X"),
            ("DuckDB files", "DuckDB files"),
            ("X is", "X is"),
            ("Ärger hier", "ärger hier"),
            ("", ""),
        ] {
            assert_eq!(decapitalize(text), small);
        }
    }
}

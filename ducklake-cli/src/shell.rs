//! The interactive shell.

mod commands;
mod complete;

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::sync::{Arc, RwLock};
use std::time::Instant;

use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{CompletionType, Config, Editor};

use crate::config::{LakeSettings, user_dir};
use crate::error::CliError;
use crate::run::Runner;
use crate::statements::split;
use commands::DotCommand;
use complete::ShellHelper;

const HISTORY_ENTRIES: usize = 5_000;

/// Reads statements from the terminal until the user leaves.
pub(crate) async fn run(runner: Runner, settings: &LakeSettings) -> Result<(), CliError> {
    let names = Arc::new(RwLock::new(Vec::new()));
    let mut editor = editor(Arc::clone(&names))?;
    let history = history_path();
    if let Some(path) = &history {
        // Without a history yet, there is none to load.
        let _ = editor.load_history(path);
    }
    let mut shell = Shell { runner, names, timing: true, is_open: true };
    shell.say(&format!("ducklake-cli {}. Statements end with ;  .help tells more.", env!("CARGO_PKG_VERSION")));
    if settings.uri.is_none() {
        shell.say("No lake is open yet: ATTACH 'ducklake:sqlite:meta.sqlite' AS lake;");
    }
    shell.refresh_names().await;
    let done = shell.read(&mut editor).await;
    shell.runner.close().await;
    done?;
    if let Some(path) = &history {
        save_history(&mut editor, path);
    }
    Ok(())
}

fn editor(names: Arc<RwLock<Vec<String>>>) -> Result<Editor<ShellHelper, FileHistory>, CliError> {
    let failed =
        |error: ReadlineError| CliError::Read { what: "the terminal".into(), source: std::io::Error::other(error) };
    let config = Config::builder()
        .max_history_size(HISTORY_ENTRIES)
        .and_then(|config| config.history_ignore_dups(true))
        .map_err(failed)?
        .history_ignore_space(true)
        .completion_type(CompletionType::List)
        .build();
    let mut editor = Editor::with_config(config).map_err(failed)?;
    editor.set_helper(Some(ShellHelper::new(names)));
    Ok(editor)
}

fn history_path() -> Option<PathBuf> {
    Some(user_dir("XDG_DATA_HOME", ".local/share")?.join("ducklake").join("history"))
}

fn save_history(editor: &mut Editor<ShellHelper, FileHistory>, path: &PathBuf) {
    let saved = path.parent().map_or(Ok(()), std::fs::create_dir_all).map_err(ReadlineError::Io);
    if let Err(error) = saved.and_then(|()| editor.append_history(path)) {
        let _ = writeln!(std::io::stderr(), "the history is not kept: {}: {error}", path.display());
    }
}

/// The state of the shell between two lines.
struct Shell {
    runner: Runner,
    names: Arc<RwLock<Vec<String>>>,
    timing: bool,
    is_open: bool,
}

impl Shell {
    /// Reads and runs until the user leaves.
    async fn read(&mut self, editor: &mut Editor<ShellHelper, FileHistory>) -> Result<(), CliError> {
        while self.is_open {
            match editor.readline("ducklake> ") {
                Ok(line) => {
                    if !line.trim().is_empty() {
                        let _ = editor.add_history_entry(line.trim_end());
                    }
                    self.enter(&line).await?;
                }
                // Ctrl-C gives up the line that is being edited.
                Err(ReadlineError::Interrupted) => {}
                Err(ReadlineError::Eof) => break,
                Err(error) => {
                    let source = match error {
                        ReadlineError::Io(source) => source,
                        other => std::io::Error::other(other),
                    };
                    return Err(CliError::Read { what: "the terminal".into(), source });
                }
            }
        }
        Ok(())
    }

    /// Does what was entered: a command with a dot, or statements.
    async fn enter(&mut self, line: &str) -> Result<(), CliError> {
        match DotCommand::parse(line) {
            Some(Ok(command)) => self.command(command).await,
            Some(Err(error)) => {
                error.report();
                Ok(())
            }
            None => self.statements(line).await,
        }
    }

    /// Runs statements; a failure is reported and skips the rest of the line.
    async fn statements(&mut self, text: &str) -> Result<(), CliError> {
        for sql in split(text) {
            let started = Instant::now();
            let done = self.runner.run(&sql).await;
            match done {
                Ok(()) => {}
                Err(error @ CliError::OutputClosed) => return Err(error),
                Err(error) => {
                    if matches!(error, CliError::Interrupted(code) if code != 130) {
                        return Err(error);
                    }
                    if matches!(error, CliError::Interrupted(_)) {
                        self.say("cancelled");
                    }
                    error.report();
                    return Ok(());
                }
            }
            if self.timing {
                self.say(&format!("{:.3} s", started.elapsed().as_secs_f64()));
            }
            if changes_names(&sql) {
                self.refresh_names().await;
            }
        }
        Ok(())
    }

    /// Looks up what can be completed.
    async fn refresh_names(&mut self) {
        let known = self.runner.engine.completions().await;
        if let Ok(mut names) = self.names.write() {
            *names = known;
        }
    }

    /// Tells the user something that is no result.
    fn say(&self, text: &str) {
        let mut stderr = std::io::stderr().lock();
        let (dim, plain) = if stderr.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty()) {
            ("\x1b[2m", "\x1b[0m")
        } else {
            ("", "")
        };
        let _ = writeln!(stderr, "{dim}{text}{plain}");
    }
}

/// Whether the statement may change which tables there are.
fn changes_names(sql: &str) -> bool {
    let word = sql.split(|c: char| !c.is_ascii_alphabetic()).find(|word| !word.is_empty()).unwrap_or("");
    ["ATTACH", "DETACH", "USE", "CREATE", "DROP", "ALTER"].iter().any(|other| word.eq_ignore_ascii_case(other))
}

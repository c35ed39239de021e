//! The shell's own commands, which begin with a dot.

use std::path::PathBuf;

use clap::ValueEnum;

use super::Shell;
use crate::error::CliError;
use crate::names::TableName;
use crate::output::Format;

const HELP: &str = "\
Statements end with ; and may span lines. Tab completes keywords, tables and columns; Ctrl-C cancels.

  .describe TABLE    columns of a table
  .help              this text
  .maxrows N         rows of a table that are shown, 0 for all
  .mode FORMAT       table, json, jsonl, csv or markdown
  .quit              leave (also Ctrl-D)
  .read FILE         run the statements of a file
  .tables            tables and views
  .timing on|off     time of each statement";

/// All commands, for completion.
pub(super) const NAMES: [&str; 9] =
    [".describe", ".exit", ".help", ".maxrows", ".mode", ".quit", ".read", ".tables", ".timing"];

/// A command of the shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum DotCommand {
    Describe(TableName),
    Help,
    MaxRows(u64),
    Mode(Format),
    Quit,
    Read(PathBuf),
    Tables,
    Timing(bool),
}

impl DotCommand {
    /// The command that a line holds; `None` if it is SQL.
    pub(super) fn parse(line: &str) -> Option<Result<Self, CliError>> {
        let line = line.trim().trim_end_matches(';').trim_end();
        if ["quit", "exit"].iter().any(|word| line.eq_ignore_ascii_case(word)) {
            return Some(Ok(Self::Quit));
        }
        if !line.starts_with('.') {
            return None;
        }
        let (name, argument) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        Some(Self::with_argument(name, argument.trim()))
    }

    fn with_argument(name: &str, argument: &str) -> Result<Self, CliError> {
        let wants = |what: &str| CliError::usage(format!("{name} wants {what}")).with_hint(".help lists the commands");
        let command = match name {
            ".describe" => return TableName::parse(argument).map(Self::Describe),
            ".read" if argument.is_empty() => return Err(wants("a file")),
            ".read" => return Ok(Self::Read(PathBuf::from(argument))),
            ".maxrows" => return argument.parse().map(Self::MaxRows).map_err(|_| wants("a number")),
            ".mode" => {
                let format = Format::from_str(argument, true).ok().filter(|format| !format.is_binary());
                return format.map(Self::Mode).ok_or_else(|| wants("table, json, jsonl, csv or markdown"));
            }
            ".timing" | ".timer" => match argument {
                "on" => return Ok(Self::Timing(true)),
                "off" => return Ok(Self::Timing(false)),
                _ => return Err(wants("on or off")),
            },
            ".help" => Self::Help,
            ".quit" | ".exit" => Self::Quit,
            ".tables" => Self::Tables,
            _ => {
                return Err(CliError::usage(format!("unknown command {name}")).with_hint(".help lists the commands"));
            }
        };
        if argument.is_empty() { Ok(command) } else { Err(wants("no argument")) }
    }
}

impl Shell {
    /// Does what a command says.
    pub(super) async fn command(&mut self, command: DotCommand) -> Result<(), CliError> {
        match command {
            DotCommand::Describe(table) => {
                let sql = crate::commands::describe_statement(&table);
                return self.statements(&sql).await;
            }
            DotCommand::Tables => return self.statements(crate::commands::TABLES).await,
            DotCommand::Read(path) => match std::fs::read_to_string(&path) {
                Ok(text) => return self.statements(&text).await,
                Err(source) => CliError::Read { what: path.display().to_string(), source }.report(),
            },
            DotCommand::Help => self.say(HELP),
            DotCommand::MaxRows(rows) => self.runner.printer.layout.max_rows = (rows > 0).then_some(rows),
            DotCommand::Mode(format) => self.runner.printer.set_format(format),
            DotCommand::Quit => self.is_open = false,
            DotCommand::Timing(on) => self.timing = on,
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_told_from_statements() {
        let parsed = |line| DotCommand::parse(line).map(|c| c.map_err(|e| e.to_string()));
        assert_eq!(parsed("SELECT 1;"), None);
        assert_eq!(parsed(" .quit "), Some(Ok(DotCommand::Quit)));
        assert_eq!(parsed("exit;"), Some(Ok(DotCommand::Quit)));
        assert_eq!(parsed(".mode CSV"), Some(Ok(DotCommand::Mode(Format::Csv))));
        assert_eq!(parsed(".maxrows 10"), Some(Ok(DotCommand::MaxRows(10))));
        assert_eq!(parsed(".timing off"), Some(Ok(DotCommand::Timing(false))));
        for bad in [".mode parquet", ".maxrows many", ".tables x", ".nothing", ".timing", ".describe"] {
            assert!(parsed(bad).is_some_and(|c| c.is_err()), "{bad}");
        }
    }
}

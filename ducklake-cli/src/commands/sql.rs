//! `sql`: a shell, scripts, and statements on standard input.

use std::io::{self, IsTerminal};
use std::path::Path;

use tokio::io::AsyncReadExt;

use super::listen;
use crate::args::{LakeArgs, OnError, Script, SqlArgs};
use crate::config::LakeSettings;
use crate::engine::Engine;
use crate::error::CliError;
use crate::run::Runner;
use crate::shell;
use crate::statements::{Splitter, Statement, split};

const READ_SIZE: usize = 1 << 16;

pub(super) async fn run(lake: &LakeArgs, args: SqlArgs) -> Result<(), CliError> {
    let settings = LakeSettings::resolve(lake)?;
    let printer = args.output.printer(true, false)?;
    let is_terminal = args.output.is_terminal();
    let mut interrupts = listen()?;
    let engine = interrupts.guard(Engine::open(&settings)).await?;
    let runner = Runner { engine, printer, interrupts, is_terminal };
    if args.scripts.is_empty() && is_terminal && io::stdin().is_terminal() {
        return shell::run(runner, &settings).await;
    }
    let mut batch = Batch { runner, on_error: args.on_error, has_failed: false };
    let done = batch.run_all(args.scripts).await;
    batch.runner.close().await;
    done?;
    batch.runner.printer.finish()?;
    if batch.has_failed { Err(CliError::Reported) } else { Ok(()) }
}

/// Runs statements one after the other.
struct Batch {
    runner: Runner,
    on_error: OnError,
    has_failed: bool,
}

impl Batch {
    async fn run_all(&mut self, scripts: Vec<Script>) -> Result<(), CliError> {
        if scripts.is_empty() {
            return self.run_stdin().await;
        }
        for script in scripts {
            match script {
                Script::Text(text) => self.run_text(&text).await?,
                Script::File(path) if path == Path::new("-") => self.run_stdin().await?,
                Script::File(path) => {
                    let text = std::fs::read_to_string(&path)
                        .map_err(|source| CliError::Read { what: path.display().to_string(), source })?;
                    self.run_text(&text).await?;
                }
            }
        }
        Ok(())
    }

    async fn run_text(&mut self, text: &str) -> Result<(), CliError> {
        for statement in split(text) {
            self.run_statement(&statement).await?;
        }
        Ok(())
    }

    /// Runs statements from standard input, each as soon as its `;` is there.
    async fn run_stdin(&mut self) -> Result<(), CliError> {
        let failed = |source| CliError::Read { what: "standard input".into(), source };
        let mut stdin = tokio::io::stdin();
        let mut splitter = Splitter::default();
        let mut decoder = Decoder::default();
        let mut bytes = vec![0; READ_SIZE];
        loop {
            let count = self.runner.interrupts.guard(async { stdin.read(&mut bytes).await.map_err(failed) }).await?;
            if count == 0 {
                break;
            }
            splitter.push(decoder.decode(&bytes[..count]).map_err(failed)?);
            while let Some(statement) = splitter.next_statement() {
                self.answer(&statement).await?;
            }
        }
        decoder.finish().map_err(failed)?;
        match splitter.finish() {
            Some(statement) => self.answer(&statement).await,
            None => Ok(()),
        }
    }

    /// Runs a statement that someone may wait for the answer of, even if it is blank.
    async fn answer(&mut self, statement: &Statement) -> Result<(), CliError> {
        match (statement.is_blank, self.runner.printer.is_answering()) {
            (false, _) => self.run_statement(&statement.text).await,
            (true, true) => self.runner.answer_blank(),
            (true, false) => Ok(()),
        }
    }

    async fn run_statement(&mut self, sql: &str) -> Result<(), CliError> {
        match self.runner.run(sql).await {
            Err(error @ (CliError::Engine(_) | CliError::Encode { .. })) if self.on_error == OnError::Continue => {
                self.has_failed = true;
                if !self.runner.printer.is_answering() {
                    error.report();
                }
                Ok(())
            }
            done => done,
        }
    }
}

/// UTF-8 that arrives in pieces.
#[derive(Default)]
struct Decoder {
    text: String,
    tail: Vec<u8>,
}

impl Decoder {
    /// The text of these bytes, less an unfinished character, which waits for the next.
    fn decode(&mut self, bytes: &[u8]) -> io::Result<&str> {
        self.tail.extend_from_slice(bytes);
        let valid = match str::from_utf8(&self.tail) {
            Ok(text) => text.len(),
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            Err(_) => return Err(not_utf8()),
        };
        let rest = self.tail.split_off(valid);
        let text = std::mem::replace(&mut self.tail, rest);
        self.text = String::from_utf8(text).map_err(|_| not_utf8())?;
        Ok(&self.text)
    }

    fn finish(&self) -> io::Result<()> {
        if self.tail.is_empty() { Ok(()) } else { Err(not_utf8()) }
    }
}

fn not_utf8() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8 text")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_may_be_cut_between_reads() {
        let text = "a€é日😀z";
        let mut decoder = Decoder::default();
        let whole: String = text.bytes().map(|byte| decoder.decode(&[byte]).unwrap().to_string()).collect();
        assert_eq!(whole, text);
        decoder.finish().unwrap();
        assert!(decoder.decode(b"\xff").is_err());
        let mut decoder = Decoder::default();
        assert_eq!(decoder.decode(b"x\xe2\x82").unwrap(), "x");
        assert!(decoder.finish().is_err());
    }
}

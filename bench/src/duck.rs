//! DuckDB in a process of its own, which measures itself.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::Result;

/// DuckDB, answering requests.
pub(crate) struct Duck {
    process: Child,
    requests: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

/// A result: every value as text, `None` for NULL.
pub(crate) type Rows = Vec<Vec<Option<String>>>;

/// What DuckDB runs.
pub(crate) fn script() -> PathBuf {
    // Asked for when it runs: clones may share a target folder, and with it what one of them built.
    let here = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&here).join("python/duck.py")
}

impl Duck {
    pub(crate) fn start(python: &Path) -> Result<Self> {
        let mut command = Command::new(python);
        command.arg(script()).arg("serve").env("PYTHONDONTWRITEBYTECODE", "1");
        let failed = |error| format!("starting {}: {error}", python.display());
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(failed)?;
        let requests = process.stdin.take();
        let answers = BufReader::new(process.stdout.take().ok_or("no output to read")?);
        Ok(Self { process, requests, answers })
    }

    /// Calls a function of the script with arguments by name.
    pub(crate) fn call(&mut self, name: &str, mut arguments: Value) -> Result<Value> {
        arguments["call"] = name.into();
        let requests = self.requests.as_mut().ok_or("DuckDB has been stopped")?;
        writeln!(requests, "{arguments}")?;
        let mut line = String::new();
        if self.answers.read_line(&mut line)? == 0 {
            return Err("DuckDB's process ended early".into());
        }
        let mut answer: Value = serde_json::from_str(&line)?;
        match answer.get("error") {
            Some(error) => Err(format!("DuckDB: {}", error.as_str().unwrap_or_default()).into()),
            None => Ok(answer["answer"].take()),
        }
    }

    /// Opens a lake in a new DuckDB; what that took, extensions loaded before included.
    pub(crate) fn open(&mut self, uri: &str, threads: usize) -> Result<Opened> {
        let times = self.call("open", json!({"uri": uri, "threads": threads}))?;
        let time = |name: &str| seconds(&times[name]);
        Ok(Opened { start: time("connect")? + time("load")?, attach: time("attach")? })
    }

    /// Runs a query; its time and result.
    pub(crate) fn run(&mut self, sql: &str) -> Result<(Duration, Rows)> {
        let answer = self.call("run", json!({"sql": sql}))?;
        let row = |row: &Value| row.as_array().map(|row| row.iter().map(|v| v.as_str().map(Into::into)).collect());
        let rows = answer["rows"].as_array().and_then(|rows| rows.iter().map(row).collect());
        Ok((seconds(&answer["seconds"])?, rows.ok_or("DuckDB gave no rows")?))
    }
}

/// What it takes DuckDB to open a lake.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Opened {
    /// Making the instance and loading extensions.
    pub(crate) start: Duration,
    /// ATTACH.
    pub(crate) attach: Duration,
}

/// A time as the script gives it.
pub(crate) fn seconds(value: &Value) -> Result<Duration> {
    let seconds = value.as_f64().ok_or_else(|| format!("{value} is no time"))?;
    Ok(Duration::try_from_secs_f64(seconds)?)
}

impl Drop for Duck {
    fn drop(&mut self) {
        // The end of its input ends it.
        drop(self.requests.take());
        let _ = self.process.wait();
    }
}

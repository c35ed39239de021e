//! Lakes made by real DuckDB while the tests run.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{ChildStdin, Command, Stdio};
use std::sync::{Condvar, Mutex};

use serde_json::Value;

use crate::expected::Expected;

/// A variable of the environment that `cargo xtask test` sets. Without it the test that asks is skipped, visibly;
/// under `cargo xtask test` its absence is a failure.
///
/// # Panics
/// Under `cargo xtask test`, if the variable is not set.
pub fn required(name: &str) -> Option<String> {
    let value = std::env::var(name).ok().filter(|value| !value.is_empty());
    if value.is_none() {
        let name_set = std::env::var_os("QUACKLAKE_REQUIRE_ALL").is_some();
        assert!(!name_set, "{name} is not set although everything should be there");
        skipped(name);
    }
    value
}

/// Says once that the tests which need this variable are skipped; not by `eprintln`, which tests that pass keep to
/// themselves.
pub fn skipped(name: &str) {
    static SAID: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    if SAID.lock().expect("not poisoned").insert(name.to_string()) {
        let said = writeln!(std::io::stderr(), "SKIPPED: what needs {name}, which cargo xtask test provides");
        said.expect("standard error is open");
    }
}

/// The catalog databases and stores that DuckDB makes lakes on.
#[derive(Clone, Copy, Debug)]
pub enum Backend {
    /// Catalog in a SQLite file, data in a folder.
    Sqlite,
    /// Catalog in PostgreSQL, data in a folder.
    Postgres,
    /// Catalog in a SQLite file, data in an S3 bucket.
    S3,
    /// Catalog in a DuckDB file, data in a folder; the engine only reads it.
    DuckDb,
}

impl Backend {
    fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
            Self::S3 => "s3",
            Self::DuckDb => "duckdb",
        }
    }

    /// The server it needs, by the variable that names it.
    pub fn server(self) -> Option<&'static str> {
        match self {
            Self::Sqlite | Self::DuckDb => None,
            Self::Postgres => Some("QUACKLAKE_PG"),
            Self::S3 => Some("QUACKLAKE_S3_ENDPOINT"),
        }
    }
}

/// The lake of that name and what DuckDB reads from it; made on first demand, below `folder`. `None`: skipped.
///
/// # Panics
/// If DuckDB cannot make the lake.
pub fn lake(backend: Backend, name: &str, folder: &Path) -> Option<Expected> {
    made(&MAKERS[backend as usize], "lakes.py", backend, name, folder)
}

/// The lake that the engine and DuckDB have written one after the other in the case of that name of
/// `tests/python/writing`, and what DuckDB reads from it. `None`: skipped.
///
/// # Panics
/// If what the engine wrote differs from what DuckDB writes.
pub fn written(backend: Backend, name: &str, folder: &Path) -> Option<Expected> {
    required("QUACKLAKE_CLI")?;
    made(&WRITERS[backend as usize], "writes.py", backend, name, folder)
}

fn made(maker: &'static Maker, script: &str, backend: Backend, name: &str, folder: &Path) -> Option<Expected> {
    let python = required("QUACKLAKE_PYTHON")?;
    if let Some(server) = backend.server() {
        required(server)?;
    }
    let folder = folder.join(backend.name());
    if let Err(failure) = maker.make(name, || command(&python, script, backend, &folder)) {
        panic!("{script} {name}:\n  {failure}");
    }
    Some(Expected::read(&folder.join(format!("{name}.json"))))
}

/// Names of all cases of a script. `None`: skipped.
pub fn list(script: &str, backend: Backend, folder: &Path) -> Option<Vec<String>> {
    let python = required("QUACKLAKE_PYTHON")?;
    let mut listing = command(&python, script, backend, folder);
    let listed = listing.arg("--list").stderr(Stdio::inherit()).output().expect("Python runs");
    Some(String::from_utf8(listed.stdout).expect("names are text").lines().map(Into::into).collect())
}

/// A script of `tests/python`, for one backend.
pub fn command(python: &str, script: &str, backend: Backend, folder: &Path) -> Command {
    let mut command = Command::new(python);
    let scripts = crate::fixtures::here().join("python");
    command.arg(scripts.join(script)).args(["--backend", backend.name(), "--out"]).arg(folder);
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

/// A Python process that makes lakes as their names arrive; started with the first. It ends when its input does, with
/// this process.
struct Maker {
    requests: Mutex<Requests>,
    answers: Mutex<Answers>,
    arrived: Condvar,
}

struct Requests {
    pipe: Option<ChildStdin>,
    made: BTreeSet<String>,
}

struct Answers {
    /// The lakes that are there, or why not.
    done: BTreeMap<String, Option<String>>,
    ended: bool,
}

static MAKERS: [Maker; 4] = [const { Maker::new() }; 4];
static WRITERS: [Maker; 4] = [const { Maker::new() }; 4];

impl Maker {
    const fn new() -> Self {
        let answers = Answers { done: BTreeMap::new(), ended: false };
        Self {
            requests: Mutex::new(Requests { pipe: None, made: BTreeSet::new() }),
            answers: Mutex::new(answers),
            arrived: Condvar::new(),
        }
    }

    fn make(&'static self, name: &str, start: impl FnOnce() -> Command) -> Result<(), String> {
        {
            let mut requests = self.requests.lock().expect("not poisoned");
            let Requests { pipe, made } = &mut *requests;
            let pipe = pipe.get_or_insert_with(|| self.start(start()));
            // Several tests may use one lake.
            if made.insert(name.to_string()) {
                writeln!(pipe, "{name}").map_err(|error| format!("the generator ended early: {error}"))?;
            }
        }
        let answers = self.answers.lock().expect("not poisoned");
        let waiting = |answers: &mut Answers| !answers.ended && !answers.done.contains_key(name);
        let answers = self.arrived.wait_while(answers, waiting).expect("not poisoned");
        match answers.done.get(name) {
            Some(None) => Ok(()),
            Some(Some(failure)) => Err(failure.clone()),
            None => Err("the generator ended early".into()),
        }
    }

    fn start(&'static self, mut command: Command) -> ChildStdin {
        let mut process =
            command.arg("--serve").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("Python runs");
        let requests = process.stdin.take().expect("piped");
        let output = process.stdout.take().expect("piped");
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                let answer: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
                let name = answer["name"].as_str().unwrap_or_default().to_string();
                let failure = answer["failure"].as_str().map(Into::into);
                self.answers.lock().expect("not poisoned").done.insert(name, failure);
                self.arrived.notify_all();
            }
            self.answers.lock().expect("not poisoned").ended = true;
            self.arrived.notify_all();
            // It has closed its output: it is at its end.
            let _ = process.wait();
        });
        requests
    }
}

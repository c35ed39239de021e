//! Searching a lake of real packages: by a new process each time, as people do, and by one that is warm, as agents do.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use zen_indexer::embed::ModelOptions;
use zen_indexer::lake::Location;
use zen_search::{LakePlace, Lakes, Mode, QueryModel, SearchRequest, Searcher};

use crate::{Result, SearchArgs, report};

/// Twenty packages of three registries.
const PACKAGES: [&str; 20] = [
    "rust:tokio@1.40.0",
    "rust:serde@1.0.210",
    "rust:regex@1.11.0",
    "rust:bytes@1.7.2",
    "rust:semver@1.0.23",
    "rust:rand@0.8.5",
    "rust:hyper@1.4.1",
    "rust:url@2.5.2",
    "rust:csv@1.3.0",
    "rust:clap_builder@4.5.18",
    "pypi:requests@2.32.3",
    "pypi:pydantic@2.9.2",
    "pypi:click@8.1.7",
    "pypi:flask@3.0.3",
    "pypi:jinja2@3.1.4",
    "pypi:six@1.16.0",
    "npm:zod@3.23.8",
    "npm:express@4.21.0",
    "npm:commander@12.1.0",
    "npm:date-fns@3.6.0",
];

/// Questions and names, of all of them.
const QUERIES: [&str; 10] = [
    "run blocking code without stalling the runtime",
    "JoinHandle::abort",
    "deserialize a struct with missing fields",
    "parse a version requirement",
    "retry a request after a timeout",
    "validate an email address",
    "HeaderMap",
    "difference between two dates in days",
    "add a command line option with a default value",
    "escape html in a template",
];

pub(crate) async fn run(args: &SearchArgs) -> Result<()> {
    report::heading_alone();
    let folder = args.cache.join("search");
    let location = Location::of(
        format!("sqlite:{}", folder.join("catalog.sqlite").display()),
        Some(format!("{}/", folder.join("data").display())),
    );
    make(args, &folder, &location)?;
    println!("\na search of {} packages, in ms: 50 of 100 take no longer, 95 of 100, the quickest", PACKAGES.len());
    println!("{:32} {:>8} {:>8} {:>8}", "", "p50", "p95", "min");
    for mode in [Mode::Text, Mode::Name, Mode::Hybrid] {
        let mut times = Vec::new();
        for round in 0..=args.rounds {
            for query in queries(mode) {
                let started = Instant::now();
                zen(args, &location, &["search", query, "--mode", &mode.to_string(), "--json", "--quiet"])?;
                // The first round fills caches of the system, and prepares the model.
                if round > 0 {
                    times.push(started.elapsed());
                }
            }
        }
        told(&format!("a new process, {mode}"), times);
    }
    for mode in [Mode::Text, Mode::Name, Mode::Hybrid] {
        warm(args, &location, mode).await?;
    }
    Ok(())
}

fn queries(mode: Mode) -> impl Iterator<Item = &'static str> {
    // Only names can be looked for by name.
    QUERIES.into_iter().filter(move |query| mode != Mode::Name || !query.contains(' '))
}

/// Makes the lake where it is not there yet.
fn make(args: &SearchArgs, folder: &Path, location: &Location) -> Result<()> {
    let done = folder.join("made-of.txt");
    let recipe = PACKAGES.join("\n");
    if std::fs::read_to_string(&done).is_ok_and(|made| made == recipe) {
        return Ok(());
    }
    println!("making a lake of {} packages in {} (once)", PACKAGES.len(), folder.display());
    if folder.exists() {
        std::fs::remove_dir_all(folder)?;
    }
    std::fs::create_dir_all(folder)?;
    let arguments: Vec<&str> = ["install"].into_iter().chain(PACKAGES).collect();
    zen(args, location, &arguments)?;
    Ok(std::fs::write(done, recipe)?)
}

fn zen(args: &SearchArgs, location: &Location, arguments: &[&str]) -> Result<()> {
    let mut command = Command::new(&args.zen);
    command.arg("--lake").arg(&location.uri);
    command.arg("--data-path").arg(location.data_path.as_deref().unwrap_or_default());
    let output = command.args(arguments).stdout(Stdio::null()).output();
    let output = output.map_err(|error| format!("starting {}: {error}", args.zen.display()))?;
    match output.status.success() {
        true => Ok(()),
        false => {
            let reason = String::from_utf8_lossy(&output.stderr);
            Err(format!("zen {arguments:?} ended with {}: {}", output.status, reason.trim()).into())
        }
    }
}

/// The same queries again and again in this process.
async fn warm(args: &SearchArgs, location: &Location, mode: Mode) -> Result<()> {
    let place = LakePlace { name: "bench".into(), location: location.clone() };
    let model = Arc::new(QueryModel::for_many(ModelOptions::default()));
    let searcher = Searcher::new(Lakes::new(vec![place], None), Some(model));
    let mut times = Vec::new();
    for round in 0..=args.rounds {
        for query in queries(mode) {
            let request = SearchRequest { mode, ..SearchRequest::new(query) };
            let started = Instant::now();
            let found = searcher.search(&request).await?;
            if round > 0 {
                times.push(started.elapsed());
            }
            if found.mode_used != mode {
                return Err(format!("searched as {}: {:?}", found.mode_used, found.notes).into());
            }
        }
    }
    searcher.close().await;
    told(&format!("in one process, {mode}"), times);
    Ok(())
}

fn told(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |percent: usize| times.get((times.len() * percent / 100).min(times.len().saturating_sub(1))).copied();
    let shown = [at(50), at(95), at(0)].map(|time| format!("{:.1}", time.unwrap_or_default().as_secs_f64() * 1e3));
    println!("{what:32} {:>8} {:>8} {:>8}", shown[0], shown[1], shown[2]);
}

/// The program beside this one.
pub(crate) fn default_zen() -> PathBuf {
    let own = std::env::current_exe().unwrap_or_default();
    own.with_file_name("zen").with_extension(std::env::consts::EXE_EXTENSION)
}

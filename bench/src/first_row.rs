//! Time to the first row of a small table, from a process that does not run yet.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::duck::{Duck, script, seconds};
use crate::report::{median, ms, ratio, table};
use crate::{Result, ScanArgs};

/// Processes started for each engine and table in a round.
const STARTS: u32 = 5;
const STEPS: [&str; 5] = ["import", "connect", "load", "attach", "query"];

pub(crate) fn run(args: &ScanArgs, duck: &mut Duck) -> Result<()> {
    let folder = TempDir::with_prefix("quacklake-bench-")?;
    duck.call("make_first_row", json!({"folder": folder.path().to_str()}))?;
    let uri = format!("sqlite:{}", folder.path().join("meta.sqlite").display());
    let cli = std::env::current_exe()?.with_file_name("ducklake-cli");
    let starts = STARTS * args.rounds;
    println!(
        "\nFirst row of a table of ten rows, in a process that does not run yet: ms, the median of {starts} starts"
    );
    println!("DuckDB lives in a Python process: that one's start and `import duckdb` are not counted.");
    let mut rows = Vec::new();
    for (name, what) in [("t", "in a Parquet file"), ("inlined", "inlined in the catalog")] {
        let (mut ours, mut whole) = (Vec::new(), Vec::new());
        let mut steps: [Vec<Duration>; 5] = Default::default();
        for _ in 0..starts {
            let start = Instant::now();
            let mut command = Command::new(&cli);
            command.args(["--lake", &uri, "scan", name, "--limit", "1", "--output", "jsonl"]);
            ours.push(first_line(&mut command, start)?.0);
            let start = Instant::now();
            let mut command = Command::new(&args.python);
            command.arg(script()).args(["first-row", &uri, name]).env("PYTHONDONTWRITEBYTECODE", "1");
            let (time, line) = first_line(&mut command, start)?;
            whole.push(time);
            let answer: Value = serde_json::from_str(&line)?;
            for (times, step) in steps.iter_mut().zip(STEPS) {
                times.push(seconds(&answer["times"][step])?);
            }
        }
        let ours = median(ours);
        let [_, connect, load, attach, query] = steps.map(median);
        let (all, loaded) = (connect + load + attach + query, attach + query);
        let mut row = vec![what.to_string()];
        row.extend([ours, all, loaded, median(whole)].map(ms));
        row.extend([all, loaded].map(|theirs| format!("{:.2}", ratio(ours, theirs))));
        row.extend([connect, load, attach, query].map(ms));
        rows.push(row);
    }
    let header = [
        "rows",
        "Quacklake",
        "DuckDB from connect",
        "DuckDB from ATTACH",
        "Python process",
        "/from connect",
        "/from ATTACH",
        "of it connect",
        "LOAD",
        "ATTACH",
        "query",
    ];
    table(&header, &rows);
    Ok(())
}

/// Starts a command and waits for its first line; the time since `start`.
fn first_line(command: &mut Command, start: Instant) -> Result<(Duration, String)> {
    let spawned = command.stdout(Stdio::piped()).spawn();
    let mut process = spawned.map_err(|error| format!("starting {:?}: {error}", command.get_program()))?;
    let mut line = String::new();
    BufReader::new(process.stdout.take().ok_or("no output to read")?).read_line(&mut line)?;
    let time = start.elapsed();
    if !process.wait()?.success() || line.is_empty() {
        return Err(format!("{command:?} gave no row").into());
    }
    Ok((time, line))
}

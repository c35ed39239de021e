//! How numbers are shown.

use std::fs;
use std::process::Command;
use std::time::Duration;

use serde_json::json;

use crate::Result;
use crate::duck::Duck;

/// Machine, commit and versions: a number without them means nothing.
pub(crate) fn heading(duck: &mut Duck, threads: usize) -> Result<()> {
    let versions = duck.call("versions", json!({}))?;
    let text = |name: &str| versions[name].as_str().unwrap_or("?").to_string();
    println!("machine   {}", machine());
    println!("threads   {threads} for each engine");
    println!(
        "versions  quacklake {} at {}, DataFusion {}, DuckDB {} with ducklake {}",
        env!("CARGO_PKG_VERSION"),
        commit(),
        datafusion::DATAFUSION_VERSION,
        text("duckdb"),
        text("ducklake"),
    );
    if cfg!(debug_assertions) {
        println!("NOT OPTIMISED: these numbers mean nothing");
    }
    Ok(())
}

/// Machine and commit, where no other engine takes part.
pub(crate) fn heading_alone() {
    println!("machine   {}", machine());
    println!("version   quacklake {} at {}", env!("CARGO_PKG_VERSION"), commit());
    if cfg!(debug_assertions) {
        println!("NOT OPTIMISED: these numbers mean nothing");
    }
}

fn machine() -> String {
    let field = |file: &str, name: &str| {
        let text = fs::read_to_string(file).ok()?;
        let line = text.lines().find(|line| line.starts_with(name))?;
        Some(line.split_once(':')?.1.trim().to_string())
    };
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let memory = field("/proc/meminfo", "MemTotal").and_then(|kb| kb.trim_end_matches(" kB").parse::<u64>().ok());
    format!(
        "{}, {cores} cores, {} GiB, {} {}",
        field("/proc/cpuinfo", "model name").unwrap_or_else(|| std::env::consts::ARCH.into()),
        memory.unwrap_or_default() >> 20,
        std::env::consts::OS,
        fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default().trim(),
    )
}

fn commit() -> String {
    let mut git = Command::new("git");
    git.args(["--no-optional-locks", "-C", env!("CARGO_MANIFEST_DIR"), "describe", "--always", "--dirty"]);
    let done = git.output().ok().filter(|done| done.status.success());
    done.map_or_else(|| "an unknown commit".into(), |done| String::from_utf8_lossy(&done.stdout).trim().to_string())
}

/// Milliseconds.
pub(crate) fn ms(time: Duration) -> String {
    let ms = time.as_secs_f64() * 1e3;
    if ms < 10.0 { format!("{ms:.2}") } else { format!("{ms:.1}") }
}

/// One time as a multiple of another.
pub(crate) fn ratio(time: Duration, base: Duration) -> f64 {
    time.as_secs_f64() / base.as_secs_f64().max(1e-9)
}

/// 1 for nothing.
pub(crate) fn geometric_mean(ratios: impl Iterator<Item = f64>) -> f64 {
    let logs: Vec<f64> = ratios.map(f64::ln).collect();
    (logs.iter().sum::<f64>() / logs.len().max(1) as f64).exp()
}

/// The middle one; of an even number the lower of both.
pub(crate) fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len().saturating_sub(1) / 2).copied().unwrap_or_default()
}

/// Prints a table with its first column on the left and the others on the right.
pub(crate) fn table(header: &[&str], rows: &[Vec<String>]) {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain([header[column].chars().count()]).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..header.len()).map(width).collect();
    let line = |cells: &[&str]| {
        let padded = cells.iter().zip(&widths).enumerate().map(|(i, (cell, width))| match i {
            0 => format!("{cell:<width$}"),
            _ => format!("{cell:>width$}"),
        });
        println!("{}", padded.collect::<Vec<_>>().join("  ").trim_end());
    };
    line(header);
    for row in rows {
        line(&row.iter().map(String::as_str).collect::<Vec<_>>());
    }
}

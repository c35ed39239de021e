//! Nearest neighbours: a segment beside bare `hnsw_rs`, usearch, DuckDB's extension `vss` and exact search.

mod clock;
mod data;
mod measure;

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use self::data::Vectors;
use self::measure::{Measured, Task};
use crate::{Result, VectorArgs, VectorEngine, report};

/// Numbers of a random vector.
const DIMENSIONS: usize = 384;

pub(crate) fn run(args: &VectorArgs, threads: usize) -> Result<()> {
    report::heading_alone();
    let mut random = fastrand::Rng::with_seed(1);
    let count = args.vectors + args.queries;
    let vectors = match &args.file {
        Some(file) => Vectors::read(file, args.dimensions)?.replicated(count, args.noise, &mut random),
        None => Vectors::clustered(count, DIMENSIONS, &mut random),
    };
    let task = Task::new(vectors, args.queries);
    println!("\nvector    {} of {} numbers, {} queries", args.vectors, task.vectors.dimensions, args.queries);
    let is_wanted = |engine| !args.without.contains(&engine);
    let segment = measure::segment(&task, threads)?;
    segment.print();
    if is_wanted(VectorEngine::HnswRs) {
        let graph = measure::bare_hnsw(&task);
        graph.print();
        compare(&segment, &graph);
    }
    if is_wanted(VectorEngine::Exact) {
        measure::exact(&task).print();
    }
    for (engine, name) in [(VectorEngine::Usearch, "usearch"), (VectorEngine::Vss, "vss")] {
        if is_wanted(engine) {
            others(&args.python, name, &task, threads)?;
        }
    }
    Ok(())
}

fn compare(ours: &Measured, theirs: &Measured) {
    if let (Some(our_queries), Some(their_queries)) = (ours.per_second(), theirs.per_second()) {
        println!(
            "    at recall {}: {:.1} times the queries/s of {}; built {:.1} times as fast",
            measure::ENOUGH,
            our_queries / their_queries,
            theirs.name,
            theirs.build.as_secs_f64() / ours.build.as_secs_f64(),
        );
    }
}

/// Runs an engine in Python over the same vectors and queries; it prints what it measures but for recall, which needs the
/// right answers.
fn others(python: &Path, engine: &str, task: &Task, threads: usize) -> Result<()> {
    let folder = tempfile::tempdir()?;
    for (name, vectors) in [("vectors.f32", &task.vectors), ("queries.f32", &task.queries)] {
        let bytes: Vec<u8> = vectors.numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        std::fs::write(folder.path().join(name), bytes)?;
    }
    let here = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").into());
    let mut command = Command::new(python);
    command.arg(Path::new(&here).join("python/vector.py")).arg(engine).arg(folder.path());
    command.args([task.vectors.dimensions, measure::K, threads].map(|number| number.to_string()));
    let output = command.env("PYTHONDONTWRITEBYTECODE", "1").output()?;
    if !output.status.success() {
        let reason = String::from_utf8_lossy(&output.stderr);
        println!("{engine:<12} left out: {}", reason.lines().last().unwrap_or("no reason given"));
        return Ok(());
    }
    let answer: Value = serde_json::from_slice(&output.stdout)?;
    let number = |name: &str| answer[name].as_f64().ok_or_else(|| format!("{engine} gave no {name}"));
    println!("{engine:<12} build {:>7.1} CPU s, {:>6.1} MB", number("build")?, number("bytes")? / 1e6);
    for run in answer["runs"].as_array().into_iter().flatten() {
        let found: Vec<Vec<u32>> = serde_json::from_value(run["found"].clone())?;
        let seconds = run["seconds"].as_f64().ok_or("no time of a query")?;
        let name = run["name"].as_str().unwrap_or_default();
        let recall = data::recall(&found, &task.truth);
        println!("    {name:<9} {:>8.0} queries/s, recall@{} {recall:.4}", 1.0 / seconds, measure::K);
    }
    Ok(())
}

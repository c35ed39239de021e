//! DuckDB's own files: scanning a large table of one, and planning over a lake whose catalog is one.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use datafusion::prelude::SessionConfig;
use ducklake_scan::Session;
use futures::TryStreamExt;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::duck::{Duck, script, seconds};
use crate::report::{median, ms, ratio, table};
use crate::{DuckFileArgs, DuckFilePart, Result};

/// What is read of the table; for both engines until the result is there in Arrow's form.
const QUERIES: [(&str, &str); 8] = [
    ("all columns", "SELECT * FROM d.items"),
    ("2 columns of numbers", "SELECT orderkey, extendedprice FROM d.items"),
    ("2 columns of few texts", "SELECT returnflag, shipinstruct FROM d.items"),
    ("1 column of many texts", "SELECT comment FROM d.items"),
    (
        "maximum of all columns",
        "SELECT max(orderkey), max(partkey), max(suppkey), max(linenumber), max(quantity), max(extendedprice), \
         max(discount), max(tax), max(returnflag), max(linestatus), max(shipdate), max(shipinstruct), max(comment), \
         max(ratio) FROM d.items WHERE orderkey >= 0",
    ),
    (
        "filter and aggregate",
        "SELECT returnflag, linestatus, count(*), sum(quantity), sum(extendedprice), avg(discount) FROM d.items \
         WHERE shipdate <= DATE '1997-01-01' GROUP BY returnflag, linestatus",
    ),
    (
        "filter on numbers",
        "SELECT sum(extendedprice * discount) FROM d.items WHERE discount BETWEEN 0.05 AND 0.07 AND quantity < 24",
    ),
    ("one row", "SELECT * FROM d.items WHERE orderkey = 7654321"),
];

/// Starts of each engine in a round of planning.
const STARTS: u32 = 5;
const STEPS: [&str; 4] = ["connect", "load", "attach", "query"];

pub(crate) async fn run(args: &DuckFileArgs, threads: usize, duck: &mut Duck) -> Result<()> {
    let wanted = |part| args.only.is_none_or(|only| only == part);
    if wanted(DuckFilePart::Scan) {
        scan(args, threads, duck).await?;
    }
    if wanted(DuckFilePart::Planning) {
        planning(args, duck)?;
    }
    Ok(())
}

/// The file with the table, made unless an earlier run has left it.
fn items(args: &DuckFileArgs, duck: &mut Duck) -> Result<PathBuf> {
    let path = args.cache.join(format!("items-{}.duckdb", args.rows));
    if !path.exists() {
        eprintln!("making {} with DuckDB", path.display());
        fs::create_dir_all(&args.cache)?;
        let unfinished = path.with_extension("unfinished");
        duck.call("make_items", json!({"path": unfinished.to_str(), "rows": args.rows}))?;
        fs::rename(&unfinished, &path)?;
    }
    Ok(path)
}

async fn scan(args: &DuckFileArgs, threads: usize, duck: &mut Duck) -> Result<()> {
    let path = items(args, duck)?;
    let size = fs::metadata(&path)?.len() / 1_000_000;
    println!(
        "\nA table of {} rows and 14 columns in a DuckDB file of {size} MB: ms, the least of {} rounds; the file in the page cache",
        args.rows, args.rounds
    );
    println!("Each round opens the file anew. A result is there when all of it is in Arrow's form.");
    let mut times: Vec<[Vec<Duration>; 2]> = vec![Default::default(); QUERIES.len()];
    for _ in 0..args.rounds {
        duck.call("open_file", json!({"path": path.to_str(), "threads": threads}))?;
        let session = Session::with_context(datafusion::prelude::SessionContext::new_with_config(config(threads)));
        session.attach_duckdb("d", &path).await?;
        for ((name, sql), [ours, theirs]) in QUERIES.iter().zip(&mut times) {
            let answer = duck.call("count", json!({"sql": sql}))?;
            theirs.push(seconds(&answer["seconds"])?);
            let start = Instant::now();
            let rows = session.execute(sql).await?.stream.try_fold(0, async |rows, batch| Ok(rows + batch.num_rows()));
            let rows = rows.await?;
            ours.push(start.elapsed());
            if answer["rows"].as_u64() != Some(rows as u64) {
                return Err(format!("{name}: {rows} rows, of DuckDB {}", answer["rows"]).into());
            }
        }
    }
    let least = |times: &[Duration]| times.iter().min().copied().unwrap_or_default();
    let row = |((name, _), [ours, theirs]): (&(&str, &str), &[Vec<Duration>; 2])| {
        let (ours, theirs) = (least(ours), least(theirs));
        vec![(*name).to_string(), ms(ours), ms(theirs), format!("{:.2}", ratio(ours, theirs))]
    };
    let rows: Vec<_> = QUERIES.iter().zip(&times).map(row).collect();
    table(&["", "Quacklake", "DuckDB", "ratio"], &rows);
    Ok(())
}

fn config(threads: usize) -> SessionConfig {
    Session::config().with_target_partitions(threads)
}

/// A selective query and its EXPLAIN in processes of their own.
fn planning(args: &DuckFileArgs, duck: &mut Duck) -> Result<()> {
    let folder = TempDir::with_prefix("quacklake-bench-")?;
    let catalog = folder.path().join("meta.ducklake");
    let made = json!({"path": catalog.to_str(), "folder": folder.path().to_str(), "files": args.files});
    let made = duck.call("make_file_catalog", made)?;
    let starts = STARTS * args.rounds;
    println!(
        "\nA selective query over a lake of {} data files whose catalog is a DuckDB file of {} MB, in a process \
         that does not run yet: ms, the median of {starts} starts",
        args.files,
        fs::metadata(&catalog)?.len() / 1_000_000
    );
    println!(
        "DuckDB lives in a Python process: that one's start and `import duckdb` are not counted. Its EXPLAIN lists no files,"
    );
    println!("its query does: of the files one exists, which the query reads.");
    let id = made["id"].as_u64().ok_or("no id")?;
    let mut rows = Vec::new();
    for (name, prefix) in [("EXPLAIN", "EXPLAIN "), ("query", "")] {
        let sql = format!("{prefix}SELECT * FROM t WHERE id = {id}");
        let mut ours = Vec::new();
        let mut steps: [Vec<Duration>; STEPS.len()] = Default::default();
        for _ in 0..starts {
            ours.push(quacklake(&catalog, &sql)?);
            let mut command = Command::new(&args.python);
            command.arg(script()).arg("plan-file").arg(&catalog).arg(&sql).env("PYTHONDONTWRITEBYTECODE", "1");
            let done = command.stderr(Stdio::inherit()).output()?;
            let answer: Value = serde_json::from_slice(&done.stdout)?;
            for (times, step) in steps.iter_mut().zip(STEPS) {
                times.push(seconds(&answer["times"][step])?);
            }
        }
        let ours = median(ours);
        let [connect, load, attach, query] = steps.map(median);
        let (all, loaded) = (connect + load + attach + query, attach + query);
        let mut row = vec![name.to_string()];
        row.extend([ours, all, loaded].map(ms));
        row.extend([all, loaded].map(|theirs| format!("{:.2}", ratio(ours, theirs))));
        row.extend([connect, load, attach, query].map(ms));
        rows.push(row);
    }
    let header = [
        "",
        "Quacklake",
        "DuckDB from connect",
        "from ATTACH",
        "/from connect",
        "/from ATTACH",
        "of it connect",
        "LOAD",
        "ATTACH",
        "statement",
    ];
    table(&header, &rows);
    Ok(())
}

/// The whole life of a process.
fn quacklake(catalog: &Path, sql: &str) -> Result<Duration> {
    let cli = std::env::current_exe()?.with_file_name("ducklake-cli");
    let mut command = Command::new(&cli);
    command.args(["--lake", &format!("duckdb:{}", catalog.display()), "sql", "--output", "jsonl", "-c", sql]);
    let start = Instant::now();
    let done = command.output().map_err(|error| format!("starting {}: {error}", cli.display()))?;
    let time = start.elapsed();
    if !done.status.success() || done.stdout.is_empty() {
        return Err(format!("{command:?}: {}", String::from_utf8_lossy(&done.stderr)).into());
    }
    Ok(time)
}

//! TPC-H over a lake that DuckDB made: Quacklake, plain DataFusion on the same Parquet files, DuckDB on the same lake.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::dataframe::DataFrame;
use datafusion::physical_plan::display::DisplayableExecutionPlan;
use datafusion::physical_plan::{ExecutionPlan, collect};
use datafusion::prelude::{ParquetReadOptions, SessionConfig, SessionContext};
use ducklake_scan::{Lake, LakeOptions, Session};
use serde_json::json;

use crate::duck::{Duck, Rows};
use crate::report::{geometric_mean, ms, ratio, table};
use crate::{Result, ScanArgs};

const ENGINES: [&str; 3] = ["Quacklake", "DataFusion", "DuckDB"];
const QUACKLAKE: usize = 0;
const PLAIN: usize = 1;
const DUCKDB: usize = 2;

/// Operators named as the cause of a slow query.
const CAUSES: usize = 3;

/// Times of one query by engine, in the order of the rounds.
type Times = [Vec<Duration>; 3];

pub(crate) async fn run(args: &ScanArgs, threads: usize, duck: &mut Duck) -> Result<()> {
    let folder = lake(args, threads, duck)?;
    let uri = format!("sqlite:{}", folder.join("meta.sqlite").display());
    let queries = duck.call("tpch_queries", json!({}))?;
    let queries: Vec<(usize, &str)> = queries
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|sql| sql.as_str())
        // A statement of DuckDB ends with a semicolon, one of DataFusion does not need to.
        .map(|sql| sql.trim().trim_end_matches(';'))
        .enumerate()
        .map(|(i, sql)| (i + 1, sql))
        .filter(|(number, _)| args.queries.is_empty() || args.queries.contains(number))
        .collect();

    println!(
        "\nTPC-H, scale {}: times in ms, the least of {} rounds; files in the page cache",
        args.scale, args.rounds
    );
    println!("A round opens everything anew and runs all queries. Quacklake opens its catalog within its first query;");
    println!("what the others need to begin is given apart and is in none of their queries.");
    let mut times: Vec<Times> = vec![Times::default(); queries.len()];
    let mut others: [Vec<Duration>; 2] = Default::default();
    let mut opening = Vec::new();
    let mut differences = Vec::new();
    for round in 0..args.rounds as usize {
        let opened = duck.open(&uri, threads)?;
        others[1].push(opened.start + opened.attach);
        let start = Instant::now();
        let plain = plain(&folder, threads).await?;
        others[0].push(start.elapsed());
        let mut quacklake = None;
        for (index, (number, sql)) in queries.iter().enumerate() {
            let mut results: [Rows; 3] = Default::default();
            // Who comes first may pay for what the others then find warm: it is everyone's turn once.
            for turn in 0..ENGINES.len() {
                let engine = (round + index + turn) % ENGINES.len();
                let (time, rows) = match engine {
                    DUCKDB => duck.run(sql)?,
                    PLAIN => {
                        let start = Instant::now();
                        let batches = plain.sql(sql).await?.collect().await?;
                        (start.elapsed(), texts(&batches)?)
                    }
                    _ => {
                        let start = Instant::now();
                        let session = match &quacklake {
                            Some(session) => session,
                            None => {
                                let session = open(&uri, threads).await?;
                                opening.push(start.elapsed());
                                quacklake.insert(session)
                            }
                        };
                        let batches = session.sql(sql).await?.collect().await?;
                        (start.elapsed(), texts(&batches)?)
                    }
                };
                times[index][engine].push(time);
                results[engine] = rows;
            }
            for engine in [PLAIN, DUCKDB] {
                if let Some(difference) = difference(&results[QUACKLAKE], &results[engine]) {
                    differences.push(format!("query {number}, Quacklake and {}: {difference}", ENGINES[engine]));
                }
            }
        }
    }

    let least = |times: &[Duration]| times.iter().min().copied().unwrap_or_default();
    let best: Vec<[Duration; 3]> = times.iter().map(|t| std::array::from_fn(|engine| least(&t[engine]))).collect();
    print(&queries, &times, &best);
    println!(
        "to begin: Quacklake {} (in its first query), DataFusion {} (registering tables), DuckDB {} (start, LOAD, ATTACH)",
        ms(least(&opening)),
        ms(least(&others[0])),
        ms(least(&others[1])),
    );
    match differences.as_slice() {
        [] => println!("results: the same rows from all engines, in every query and round"),
        differences => println!("RESULTS DIFFER\n  {}", differences.join("\n  ")),
    }

    let mut slowest: Vec<usize> = (0..queries.len()).collect();
    slowest.sort_by(|a, b| {
        let against_duckdb = |i: usize| ratio(best[i][QUACKLAKE], best[i][DUCKDB]);
        against_duckdb(*b).total_cmp(&against_duckdb(*a))
    });
    let session = open(&uri, threads).await?;
    let plain = plain(&folder, threads).await?;
    println!("\nThe two slowest against DuckDB, and the operators they spend their time in (of {threads} threads):");
    for index in slowest.into_iter().take(2) {
        let (number, sql) = queries[index];
        let [quacklake, _, duckdb] = best[index];
        let plan = executed(session.sql(sql).await?).await?;
        println!("  query {number}, {:.2} times DuckDB: {}", ratio(quacklake, duckdb), causes(&plan));
    }
    if args.explain {
        for (number, sql) in queries {
            for (engine, frame) in [("Quacklake", session.sql(sql).await?), ("DataFusion", plain.sql(sql).await?)] {
                let plan = executed(frame).await?;
                println!("\nquery {number}, {engine}");
                println!("{}", DisplayableExecutionPlan::with_metrics(plan.as_ref()).indent(true));
            }
        }
    }
    if differences.is_empty() { Ok(()) } else { Err("the engines do not agree".into()) }
}

fn print(queries: &[(usize, &str)], times: &[Times], best: &[[Duration; 3]]) {
    let mut rows: Vec<Vec<String>> = queries
        .iter()
        .zip(times)
        .zip(best)
        .map(|(((number, _), times), best)| {
            let mut row = vec![format!("Q{number}")];
            row.extend(best.iter().map(|time| ms(*time)));
            row.extend([PLAIN, DUCKDB].map(|other| format!("{:.2}", ratio(best[QUACKLAKE], best[other]))));
            row.extend(times.iter().map(|times| ms(times.first().copied().unwrap_or_default())));
            row
        })
        .collect();
    let total = |engine: usize| best.iter().map(|best| best[engine]).sum::<Duration>();
    let mut row = vec!["sum".to_string()];
    row.extend((0..3).map(|engine| ms(total(engine))));
    row.extend([PLAIN, DUCKDB].map(|other| format!("{:.2}", ratio(total(QUACKLAKE), total(other)))));
    rows.push(row);
    let mean = |other: usize| geometric_mean(best.iter().map(|best| ratio(best[QUACKLAKE], best[other])));
    let mut row = vec!["geometric mean".to_string()];
    row.extend([const { String::new() }; 3]);
    row.extend([PLAIN, DUCKDB].map(|other| format!("{:.3}", mean(other))));
    rows.push(row);
    let header =
        ["", "Quacklake", "DataFusion", "DuckDB", "/DataFusion", "/DuckDB", "first: Quacklake", "DataFusion", "DuckDB"];
    table(&header, &rows);
}

/// The lake's folder; DuckDB makes it where it is not there yet.
fn lake(args: &ScanArgs, threads: usize, duck: &mut Duck) -> Result<PathBuf> {
    let folder = args.cache.join(format!("bench-tpch-{}", args.scale));
    if folder.join("complete").exists() {
        return Ok(folder);
    }
    eprintln!("DuckDB makes TPC-H at scale {} in {} (once)", args.scale, folder.display());
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    duck.call("make_tpch", json!({"folder": folder.to_str(), "scale": args.scale, "threads": threads}))?;
    fs::write(folder.join("complete"), "")?;
    Ok(folder)
}

pub(crate) async fn open(uri: &str, threads: usize) -> Result<Session> {
    let config = Session::config().with_target_partitions(threads);
    let session = Session::with_context(SessionContext::new_with_config(config));
    session.attach("lake", Lake::open(uri, LakeOptions::default()).await?).await?;
    Ok(session)
}

/// DataFusion as it comes, each table the folder that DuckDB wrote for it.
async fn plain(folder: &Path, threads: usize) -> Result<SessionContext> {
    let context = SessionContext::new_with_config(SessionConfig::new().with_target_partitions(threads));
    for table in fs::read_dir(folder.join("data/main"))? {
        let table = table?;
        let (name, path) = (table.file_name(), table.path());
        let (name, path) = (name.to_string_lossy(), path.to_string_lossy());
        context.register_parquet(name.as_ref(), format!("{path}/"), ParquetReadOptions::default()).await?;
    }
    Ok(context)
}

async fn executed(frame: DataFrame) -> Result<Arc<dyn ExecutionPlan>> {
    let context = Arc::new(frame.task_ctx());
    let plan = frame.create_physical_plan().await?;
    collect(Arc::clone(&plan), context).await?;
    Ok(plan)
}

/// The operators with the most time, summed over their partitions, by kind.
fn causes(plan: &Arc<dyn ExecutionPlan>) -> String {
    let mut found: Vec<(String, Duration, usize)> = Vec::new();
    let mut waiting = vec![plan];
    while let Some(plan) = waiting.pop() {
        let metrics = plan.metrics().unwrap_or_default();
        let nanos = |name: &str| metrics.sum_by_name(name).map(|value| value.as_usize() as u64);
        // A scan's time is what it takes to make batches from bytes, filters inside the reader included.
        let time = nanos("time_elapsed_processing").or(nanos("elapsed_compute")).or_else(|| {
            let parts = [nanos("build_time"), nanos("join_time")];
            parts.iter().any(Option::is_some).then(|| parts.into_iter().flatten().sum())
        });
        let time = Duration::from_nanos(time.unwrap_or_default());
        match found.iter_mut().find(|(name, ..)| name == plan.name()) {
            Some((_, sum, count)) => {
                *sum += time;
                *count += 1;
            }
            None => found.push((plan.name().to_string(), time, 1)),
        }
        waiting.extend(plan.children());
    }
    let all: Duration = found.iter().map(|(_, time, _)| *time).sum();
    found.sort_by_key(|(_, time, _)| std::cmp::Reverse(*time));
    let mut text = String::new();
    for (i, (name, time, count)) in found.into_iter().take(CAUSES).enumerate() {
        let comma = if i == 0 { "" } else { ", " };
        let times = if count == 1 { String::new() } else { format!(" ×{count}") };
        let share = 100.0 * ratio(time, all);
        // Writing to a string cannot fail.
        let _ = write!(text, "{comma}{name}{times} {} ms ({share:.0}%)", ms(time));
    }
    text
}

fn texts(batches: &[RecordBatch]) -> Result<Rows> {
    let options = FormatOptions::default();
    let mut rows = Vec::new();
    for batch in batches {
        let columns: Vec<ArrayFormatter<'_>> = batch
            .columns()
            .iter()
            .map(|c| ArrayFormatter::try_new(c.as_ref(), &options))
            .collect::<std::result::Result<_, _>>()?;
        for row in 0..batch.num_rows() {
            let cells = columns.iter().zip(batch.columns());
            rows.push(cells.map(|(f, c)| c.is_valid(row).then(|| f.value(row).to_string())).collect());
        }
    }
    Ok(rows)
}

/// Where two results differ, if they do; rows with equal sort keys may come in any order, and numbers that DuckDB makes
/// floats of may be decimals elsewhere.
fn difference(ours: &Rows, theirs: &Rows) -> Option<String> {
    if ours.len() != theirs.len() {
        return Some(format!("{} rows and {} rows", ours.len(), theirs.len()));
    }
    let sorted = |rows: &Rows| {
        let mut rows = rows.clone();
        rows.sort_by_cached_key(|row| row.iter().map(|cell| cell.as_deref().map(sort_key)).collect::<Vec<_>>());
        rows
    };
    let (ours, theirs) = (sorted(ours), sorted(theirs));
    let same = |a: &Option<String>, b: &Option<String>| match (a, b) {
        (Some(a), Some(b)) if a != b => match (a.parse::<f64>(), b.parse::<f64>()) {
            (Ok(a), Ok(b)) => (a - b).abs() <= 1e-4 * a.abs().max(b.abs()).max(1e-2),
            _ => false,
        },
        (a, b) => a == b,
    };
    ours.iter().zip(&theirs).find_map(|(a, b)| {
        let equal = a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b));
        (!equal).then(|| format!("{a:?} and {b:?}"))
    })
}

/// Numbers by a few of their digits, so that how they are printed does not matter.
fn sort_key(text: &str) -> String {
    text.parse::<f64>().map_or_else(|_| text.to_string(), |number| format!("{number:.3e}"))
}

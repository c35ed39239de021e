//! Planning a selective query over a table of very many files, with the catalog in SQLite and in PostgreSQL.

use std::path::Path;
use std::time::{Duration, Instant};

use datafusion::arrow::array::RecordBatch;
use ducklake_scan::{Lake, LakeOptions, Session};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::duck::Duck;
use crate::report::{median, ms, ratio, table};
use crate::tpch::open;
use crate::{Result, ScanArgs};

const DATABASE: &str = "quacklake_bench";

/// What is measured: EXPLAIN in a session of its own, and so the query.
const STEPS: [&str; 7] = [
    "open",
    "EXPLAIN, first",
    "EXPLAIN, again",
    "EXPLAIN, another value",
    "query, first",
    "query, again",
    "query, another value",
];

type Times = [Vec<Duration>; STEPS.len()];

pub(crate) async fn run(args: &ScanArgs, threads: usize, duck: &mut Duck) -> Result<()> {
    println!("\nA selective query over a table of {} files: ms, the median of {} rounds", args.files, args.rounds);
    println!(
        "Each round opens the lake anew, for EXPLAIN and for the query. Loading DuckDB's extensions is not counted. DuckDB's EXPLAIN lists no files,"
    );
    println!("its query does: of the files, two exist, and the query reads one of them.");
    let folder = TempDir::with_prefix("quacklake-bench-")?;
    let uri = format!("sqlite:{}", folder.path().join("meta.sqlite").display());
    backend(args, threads, duck, "SQLite", &uri, folder.path()).await?;
    let Some(server) = &args.postgres else {
        println!("PostgreSQL: not measured, no server is given");
        return Ok(());
    };
    duck.call("create_database", json!({"server": server, "name": DATABASE}))?;
    let folder = TempDir::with_prefix("quacklake-bench-")?;
    let uri = format!("postgres:dbname={DATABASE} {server}");
    let done = backend(args, threads, duck, "PostgreSQL", &uri, folder.path()).await;
    let dropped = duck.call("drop_database", json!({"server": server, "name": DATABASE}));
    done.and(dropped.map(|_| ()))
}

async fn backend(args: &ScanArgs, threads: usize, duck: &mut Duck, name: &str, uri: &str, folder: &Path) -> Result<()> {
    let made = duck.call("make_planning", json!({"uri": uri, "folder": folder.to_str(), "files": args.files}))?;
    let number = |value: &Value| value.as_u64().ok_or_else(|| format!("{value} is no number"));
    let ids = [number(&made["ids"][0])? + 500, number(&made["ids"][1])? + 500];
    println!(
        "\n{name}: {} rows in ducklake_data_file, {} in ducklake_file_column_stats",
        made["rows"]["data_file"], made["rows"]["file_column_stats"]
    );
    let plain = measure(args, threads, duck, uri, ids).await?;
    let lake = Lake::open(uri, LakeOptions::default()).await?;
    let start = Instant::now();
    let indexes = lake.create_catalog_indexes().await?.len();
    let indexing = start.elapsed();
    lake.close().await;
    let indexed = measure(args, threads, duck, uri, ids).await?;
    let rows: Vec<Vec<String>> = STEPS
        .iter()
        .enumerate()
        .map(|(step, name)| {
            let mut row = vec![(*name).to_string()];
            for [quacklake, duckdb] in [&plain, &indexed] {
                let (ours, theirs) = (median(quacklake[step].clone()), median(duckdb[step].clone()));
                row.extend([ms(ours), ms(theirs), format!("{:.2}", ratio(ours, theirs))]);
            }
            row
        })
        .collect();
    table(&["", "Quacklake", "DuckDB", "ratio", "indexed: Quacklake", "DuckDB", "ratio"], &rows);
    println!("`catalog index` makes {indexes} indexes in {} ms", ms(indexing));
    Ok(())
}

/// Times of Quacklake and of DuckDB.
async fn measure(args: &ScanArgs, threads: usize, duck: &mut Duck, uri: &str, ids: [u64; 2]) -> Result<[Times; 2]> {
    let mut times: [Times; 2] = Default::default();
    let select = |id: u64| format!("SELECT * FROM t WHERE id = {id}");
    let statements = |prefix: &str| [ids[0], ids[0], ids[1]].map(|id| format!("{prefix}{}", select(id)));
    for _ in 0..args.rounds {
        for (prefix, first_step) in [("EXPLAIN ", 1), ("", 4)] {
            times[1][0].push(duck.open(uri, threads)?.attach);
            for (i, sql) in statements(prefix).iter().enumerate() {
                let (time, rows) = duck.run(sql)?;
                check(sql, rows.len(), "DuckDB")?;
                times[1][first_step + i].push(time);
            }
            let start = Instant::now();
            let session = open(uri, threads).await?;
            times[0][0].push(start.elapsed());
            for (i, sql) in statements(prefix).iter().enumerate() {
                let start = Instant::now();
                let rows = rows(&session, sql).await?;
                times[0][first_step + i].push(start.elapsed());
                check(sql, rows, "Quacklake")?;
            }
        }
    }
    Ok(times)
}

async fn rows(session: &Session, sql: &str) -> Result<usize> {
    let batches = session.sql(sql).await?.collect().await?;
    Ok(batches.iter().map(RecordBatch::num_rows).sum())
}

/// A query that finds no row has not been planned right.
fn check(sql: &str, rows: usize, engine: &str) -> Result<()> {
    if !sql.starts_with("EXPLAIN") && rows != 1 {
        return Err(format!("{engine} finds {rows} rows: {sql}").into());
    }
    Ok(())
}

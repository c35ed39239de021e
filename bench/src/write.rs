//! Writing: small commits, a bulk load, changes of a large table, appenders in processes of their own.

use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use ducklake_scan::Session;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::duck::{Duck, script, seconds};
use crate::report::{ms, ratio, table};
use crate::{Result, WriteArgs, WritePart};

const DATABASE: &str = "quacklake_bench_write";
/// Columns of the table of small commits.
const COLUMNS: usize = 23;
/// Rows of one small commit.
const ROWS: usize = 10;

/// One lake for each engine on one backend.
struct Place {
    name: &'static str,
    uris: [String; 2],
    folder: TempDir,
}

impl Place {
    fn attach(&self, engine: usize) -> String {
        let data = self.folder.path().join(format!("data{engine}"));
        format!("ATTACH 'ducklake:{}' AS lk (DATA_PATH '{}/')", self.uris[engine], data.display())
    }
}

fn places(args: &WriteArgs, duck: &mut Duck) -> Result<Vec<Place>> {
    let folder = TempDir::with_prefix("quacklake-bench-")?;
    let sqlite = |engine: usize| format!("sqlite:{}", folder.path().join(format!("meta{engine}.sqlite")).display());
    let uris = [sqlite(0), sqlite(1)];
    let mut places = vec![Place { name: "SQLite", uris, folder }];
    if let Some(server) = &args.postgres {
        let mut uris = Vec::new();
        for engine in 0..2 {
            let name = format!("{DATABASE}{engine}");
            duck.call("create_database", json!({"server": server, "name": name}))?;
            uris.push(format!("postgres:dbname={name} {server}"));
        }
        let uris = [uris.swap_remove(0), uris.swap_remove(0)];
        places.push(Place { name: "PostgreSQL", uris, folder: TempDir::with_prefix("quacklake-bench-")? });
    } else {
        println!("without a PostgreSQL server (--postgres) only SQLite is measured");
    }
    Ok(places)
}

pub(crate) async fn run(args: &WriteArgs, threads: usize, duck: &mut Duck) -> Result<()> {
    let wanted = |part| args.only.is_none_or(|only| only == part);
    let mut rows = Vec::new();
    if wanted(WritePart::Small) {
        for place in places(args, duck)? {
            small(args, threads, duck, &place, &mut rows).await?;
        }
    }
    if wanted(WritePart::Bulk) {
        bulk(args, threads, duck, &mut rows).await?;
    }
    if wanted(WritePart::Appenders) {
        for place in places(args, duck)? {
            appenders(args, duck, &place, &mut rows).await?;
        }
    }
    if let Some(server) = &args.postgres {
        for engine in 0..2 {
            duck.call("drop_database", json!({"server": server, "name": format!("{DATABASE}{engine}")}))?;
        }
    }
    println!("\nTimes in ms; a ratio below 1 is faster than DuckDB");
    table(&["what", "Quacklake", "DuckDB", "/DuckDB", "more"], &rows);
    Ok(())
}

fn row(what: String, ours: Duration, theirs: Duration, more: String) -> Vec<String> {
    vec![what, ms(ours), ms(theirs), format!("{:.2}", ratio(ours, theirs)), more]
}

/// Runs statements one by one in this process; the time of all.
async fn ours(session: &Session, statements: &[String]) -> Result<Duration> {
    let start = Instant::now();
    for sql in statements {
        let answer = session.execute(sql).await?;
        datafusion::physical_plan::common::collect(answer.stream).await?;
    }
    Ok(start.elapsed())
}

/// The same in DuckDB, which measures itself.
fn theirs(duck: &mut Duck, statements: &[String]) -> Result<Duration> {
    seconds(&duck.call("statements", json!({"sql": statements}))?)
}

/// One statement whose result is one number, in both; they have to agree.
async fn agree(session: &Session, duck: &mut Duck, sql: &str) -> Result<()> {
    let batches = datafusion::physical_plan::common::collect(session.execute(sql).await?.stream).await?;
    let mine = batches.first().map(|b| datafusion::arrow::util::display::array_value_to_string(b.column(0), 0));
    let mine = mine.transpose()?.unwrap_or_default();
    let (_, rows) = duck.run(sql)?;
    let other = rows.first().and_then(|row| row.first().cloned().flatten()).unwrap_or_default();
    if mine == other { Ok(()) } else { Err(format!("'{sql}' gives {mine} here and {other} in DuckDB").into()) }
}

async fn small(
    args: &WriteArgs,
    threads: usize,
    duck: &mut Duck,
    place: &Place,
    rows: &mut Vec<Vec<String>>,
) -> Result<()> {
    let columns: Vec<String> =
        (0..COLUMNS).map(|i| format!("c{i} {}", ["BIGINT", "VARCHAR", "DOUBLE", "DATE", "INTEGER"][i % 5])).collect();
    let create = format!("CREATE TABLE lk.main.t ({})", columns.join(", "));
    let value = |commit: u32, row: usize, column: usize| match column % 5 {
        0 => format!("{}", u64::from(commit) * 100 + row as u64),
        1 => format!("'text {commit} {row} {column}'"),
        2 => format!("{commit}.{row}5"),
        3 => format!("'2024-01-{:02}'", 1 + row),
        _ => format!("{}", row * column),
    };
    let insert = |commit: u32| {
        let values: Vec<String> = (0..ROWS)
            .map(|row| format!("({})", (0..COLUMNS).map(|c| value(commit, row, c)).collect::<Vec<_>>().join(", ")))
            .collect();
        format!("INSERT INTO lk.main.t VALUES {}", values.join(", "))
    };
    let inserts: Vec<String> = (0..args.commits).map(insert).collect();
    let session = Session::new();
    ours(&session, &[place.attach(0), create.clone()]).await?;
    duck.call("fresh", json!({"uri": place.uris[1], "threads": threads}))?;
    theirs(duck, &[place.attach(1), create])?;
    let mine = ours(&session, &inserts).await?;
    let other = theirs(duck, &inserts)?;
    agree(&session, duck, "SELECT count(*) FROM lk.main.t").await?;
    let rate = |time: Duration| f64::from(args.commits) / time.as_secs_f64();
    let more = format!("{:.0} against {:.0} commits/s: {:.1} times", rate(mine), rate(other), rate(mine) / rate(other));
    rows.push(row(format!("{} inlined inserts of {ROWS} rows, {}", args.commits, place.name), mine, other, more));
    Ok(())
}

async fn bulk(args: &WriteArgs, threads: usize, duck: &mut Duck, rows: &mut Vec<Vec<String>>) -> Result<()> {
    let folder = TempDir::with_prefix("quacklake-bench-")?;
    let source = folder.path().join("lineitem.parquet");
    duck.call("make_lineitem", json!({"path": source.to_str(), "scale": args.scale}))?;
    let uri = |engine: usize| format!("sqlite:{}", folder.path().join(format!("meta{engine}.sqlite")).display());
    let place = Place { name: "SQLite", uris: [uri(0), uri(1)], folder };
    let session = Session::new();
    ours(&session, &[place.attach(0)]).await?;
    duck.call("fresh", json!({"uri": place.uris[1], "threads": threads}))?;
    theirs(duck, &[place.attach(1)])?;
    let source = source.display().to_string();
    let steps = [
        (
            "load lineitem".to_string(),
            format!("CREATE TABLE lk.main.lineitem AS SELECT * FROM read_parquet('{source}')"),
        ),
        ("DELETE 1% of lineitem".to_string(), "DELETE FROM lk.main.lineitem WHERE l_orderkey % 100 = 7".to_string()),
        (
            "UPDATE 1% of lineitem".to_string(),
            "UPDATE lk.main.lineitem SET l_comment = 'changed', l_tax = 0.07 WHERE l_orderkey % 100 = 11".to_string(),
        ),
    ];
    for (what, sql) in steps {
        let sql = [sql];
        let mine = ours(&session, &sql).await?;
        let other = theirs(duck, &sql)?;
        agree(&session, duck, "SELECT count(*) FROM lk.main.lineitem").await?;
        agree(&session, duck, "SELECT sum(l_partkey) FROM lk.main.lineitem").await?;
        rows.push(row(format!("{what}, SF{}", args.scale), mine, other, String::new()));
    }
    Ok(())
}

/// Processes that append to one table at the same time.
async fn appenders(args: &WriteArgs, duck: &mut Duck, place: &Place, rows: &mut Vec<Vec<String>>) -> Result<()> {
    let session = Session::new();
    let create = "CREATE TABLE lk.main.t (worker INTEGER, i INTEGER, s VARCHAR)".to_string();
    ours(&session, &[place.attach(0), create.clone()]).await?;
    duck.call("fresh", json!({"uri": place.uris[1], "threads": 1}))?;
    theirs(duck, &[place.attach(1), create])?;
    duck.call("close", json!({}))?;
    let insert = |worker: u32, i: u32| format!("INSERT INTO lk.main.t VALUES ({worker}, {i}, 'appended')");
    let cli = std::env::current_exe()?.with_file_name("ducklake-cli");
    let mut results = Vec::new();
    for engine in 0..2 {
        let start = Instant::now();
        let mut running = Vec::new();
        for worker in 0..args.writers {
            let statements: Vec<String> =
                [place.attach(engine)].into_iter().chain((0..args.appends).map(|i| insert(worker, i))).collect();
            let mut command = if engine == 0 {
                let mut command = Command::new(&cli);
                command.args(["sql", "--output", "jsonl", "--on-error", "continue"]);
                command
            } else {
                let mut command = Command::new(&args.python);
                command.arg(script()).args(["lines", &place.uris[1]]).env("PYTHONDONTWRITEBYTECODE", "1");
                command
            };
            running.push(feed(&mut command, statements)?);
        }
        let mut committed = 0;
        for child in running {
            let output = child.wait_with_output()?;
            let text = String::from_utf8_lossy(&output.stdout);
            // One line for each statement, the first for ATTACH.
            committed += text
                .lines()
                .skip(1)
                .filter(|l| serde_json::from_str::<Value>(l).is_ok_and(|v| v.get("error").is_none()))
                .count();
        }
        results.push((start.elapsed(), committed));
    }
    let wanted = args.writers * args.appends;
    let [(mine, done), (other, theirs_done)] = [results[0], results[1]];
    let rate = |time: Duration, done: usize| done as f64 / time.as_secs_f64();
    let more = format!(
        "{done} against {theirs_done} of {wanted} committed; {:.1} against {:.1} commits/s",
        rate(mine, done),
        rate(other, theirs_done)
    );
    rows.push(row(format!("{} processes append, {}", args.writers, place.name), mine, other, more));
    Ok(())
}

/// Starts a process and writes statements to it in the background.
fn feed(command: &mut Command, statements: Vec<String>) -> Result<Child> {
    let spawned = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let mut child = spawned.map_err(|error| format!("starting {:?}: {error}", command.get_program()))?;
    let mut input = child.stdin.take().ok_or("no input to write to")?;
    std::thread::spawn(move || {
        for sql in statements {
            if writeln!(input, "{sql};").is_err() {
                break;
            }
        }
    });
    Ok(child)
}

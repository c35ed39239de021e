//! Times a scan of a table of a DuckDB file.
//!
//!     cargo run --release -p duckdb-file --example measure -- FILE [SCHEMA.]TABLE THREADS [COLUMN]…
#![expect(clippy::print_stdout, reason = "that is what it is for")]

use std::error::Error;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use duckdb_file::{Database, ScanOptions, Table};

type Failure = Box<dyn Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [file, name, threads, columns @ ..] = arguments.as_slice() else {
        return Err("usage: measure FILE [SCHEMA.]TABLE THREADS [COLUMN]…".into());
    };
    let (schema, name) = name.rsplit_once('.').unwrap_or(("main", name));
    let columns = (!columns.is_empty()).then(|| columns.to_vec());
    let start = Instant::now();
    let database = Database::open(file)?;
    let table = database.table(schema, name)?;
    let groups = table.group_rows()?.len();
    println!("opened in {:.1} ms: {groups} row groups", start.elapsed().as_secs_f64() * 1e3);
    let start = Instant::now();
    let next = AtomicUsize::new(0);
    let rows = thread::scope(|scope| {
        let scan = || scope.spawn(|| scan(table, columns.as_ref(), groups, &next));
        let running: Vec<_> = (0..threads.parse::<usize>()?.max(1)).map(|_| scan()).collect();
        let done = running.into_iter().map(|thread| thread.join().map_err(|_| Failure::from("a thread panicked"))?);
        done.sum::<Result<usize, Failure>>()
    })?;
    println!("{rows} rows in {:.1} ms", start.elapsed().as_secs_f64() * 1e3);
    Ok(())
}

fn scan(table: &Table, columns: Option<&Vec<String>>, groups: usize, next: &AtomicUsize) -> Result<usize, Failure> {
    let options = ScanOptions { columns: columns.cloned(), ..ScanOptions::default() };
    let mut rows = 0;
    loop {
        let group = next.fetch_add(1, Ordering::Relaxed);
        if group >= groups {
            return Ok(rows);
        }
        for batch in table.scan_groups(&options, vec![group])?.with_views() {
            rows += batch?.num_rows();
        }
    }
}

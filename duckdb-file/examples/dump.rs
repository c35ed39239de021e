//! Lists the tables of a DuckDB file, or prints the rows of one.
//!
//!     cargo run -p duckdb-file --example dump -- FILE [[SCHEMA.]TABLE]
#![expect(clippy::print_stdout, reason = "that is what it is for")]

use std::error::Error;
use std::process::ExitCode;

use arrow_cast::display::{ArrayFormatter, FormatOptions};
use duckdb_file::{Database, ScanOptions, Table};

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let done = match arguments.as_slice() {
        [file] => list(file),
        [file, table] => print(file, table),
        _ => Err("usage: dump FILE [[SCHEMA.]TABLE]".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn list(file: &str) -> Result<(), Box<dyn Error>> {
    let database = Database::open(file)?;
    println!("created by DuckDB {}, storage version {}", database.library_version(), database.storage_version());
    for table in database.tables() {
        let rows = table.row_count().map_or_else(|error| error.to_string(), |rows| format!("{rows} rows"));
        println!("{}.{}: {rows}", table.schema_name(), table.name());
        for column in table.columns() {
            let generated = if column.generated { " (generated)" } else { "" };
            println!("    {} {}{generated}", column.name, column.logical_type);
        }
    }
    match database.unread() {
        Some(reason) => Err(format!("there may be more: {reason}").into()),
        None => Ok(()),
    }
}

fn print(file: &str, name: &str) -> Result<(), Box<dyn Error>> {
    let database = Database::open(file)?;
    let (schema, name) = name.rsplit_once('.').unwrap_or(("main", name));
    let table: &Table = database.table(schema, name)?;
    let names: Vec<_> = table.arrow_schema().fields().iter().map(|field| field.name().clone()).collect();
    println!("{}", names.join("\t"));
    let options = FormatOptions::default().with_null("NULL");
    for batch in table.scan(&ScanOptions::default())? {
        let batch = batch?;
        let columns = batch.columns().iter().map(|column| ArrayFormatter::try_new(column, &options));
        let columns = columns.collect::<Result<Vec<_>, _>>()?;
        for row in 0..batch.num_rows() {
            let cells: Vec<_> = columns.iter().map(|column| column.value(row).to_string()).collect();
            println!("{}", cells.join("\t"));
        }
    }
    Ok(())
}

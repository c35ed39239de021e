//! States of databases and what DuckDB reads from them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int64Type, UInt8Type};
use arrow_array::{Array, StructArray};
use duckdb_file::{Database, ScanOptions, Table};
use serde_json::Value;

use crate::canonical::Line;

/// Names of the states in a folder.
pub(crate) fn states(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("the folder exists").map(|entry| entry.unwrap().path());
    let manifests = entries.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    let names: BTreeSet<_> = manifests.map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).collect();
    names.into_iter().collect()
}

/// Compares all of them, and fails with all differences.
pub(crate) fn check_all(folder: &Path, states: &[String]) {
    let (mut failures, mut tables, mut rows) = (Vec::new(), 0, 0_u64);
    for state in states {
        match check(folder, state) {
            Ok((some_tables, some_rows)) => {
                tables += some_tables;
                rows += some_rows;
            }
            Err(failure) => failures.push(format!("{state}: {failure}")),
        }
    }
    println!("{}: {} states, {tables} tables, {rows} rows", folder.display(), states.len());
    assert!(failures.is_empty(), "{} of {} states differ:\n  {}", failures.len(), states.len(), failures.join("\n  "));
}

fn check(folder: &Path, state: &str) -> Result<(usize, u64), String> {
    let manifest = std::fs::read_to_string(folder.join(format!("{state}.json"))).unwrap();
    let manifest: Value = serde_json::from_str(&manifest).unwrap();
    let opened = Database::open(folder.join(format!("{state}.duckdb")));
    if let Some(expected) = manifest["error"].as_str() {
        return match opened {
            Err(error) if error.to_string().contains(expected) => Ok((0, 0)),
            Err(error) => Err(format!("refused with {error}")),
            Ok(_) => Err("not refused".into()),
        };
    }
    let database = opened.map_err(|error| error.to_string())?;
    if let Some(reason) = database.unread() {
        return Err(format!("catalog not read: {reason}"));
    }
    let expected = manifest["tables"].as_array().unwrap();
    let named = |table: &Value| (text(&table["schema"]), text(&table["name"]));
    let theirs: BTreeSet<_> = expected.iter().map(named).collect();
    let ours: BTreeSet<_> = database.tables().map(|table| (table.schema_name(), table.name().to_string())).collect();
    if ours != theirs && !state.starts_with("variant") {
        return Err(format!("tables {ours:?} instead of {theirs:?}"));
    }
    if state.starts_with("variant") {
        return check_variants(&database);
    }
    let mut rows = 0;
    for table in expected {
        let (schema, name) = named(table);
        let compared = database.table(&schema, &name).map_err(|error| error.to_string());
        let compared = compared.and_then(|found| check_table(folder, found, table));
        match compared {
            Ok(count) => rows += count,
            // This one has to be refused; others beside it are read.
            Err(error) if state == "rewritten-live" && name == "t" && error.contains("type was changed") => (),
            Err(error) => return Err(format!("{schema}.{name}: {error}")),
        }
    }
    Ok((expected.len(), rows))
}

/// Numbers, texts and NULLs in turn; and objects of which all fields are columns.
fn check_variants(database: &Database) -> Result<(usize, u64), String> {
    let (mut tables, mut rows, mut shredded) = (0, 0_u64, 0);
    for table in database.tables() {
        tables += 1;
        for batch in table.scan(&ScanOptions::default()).map_err(|error| error.to_string())? {
            let batch = batch.map_err(|error| error.to_string())?;
            let variants = batch.column(1).as_struct();
            if table.name() == "shredded" {
                shredded += check_shredded(batch.column(0).as_primitive::<Int64Type>().values(), variants)?;
                continue;
            }
            let (values, data) = (variants.column(2).as_list::<i32>(), variants.column(3).as_binary::<i32>());
            for row in 0..batch.num_rows() {
                let kind = || values.value(row).as_struct().column(0).as_primitive::<UInt8Type>().value(0);
                let text = format!("t{rows}");
                let right = match rows % 3 {
                    0 => kind() == 6 && data.value(row) == rows.to_le_bytes(),
                    1 => kind() == 16 && data.value(row) == [&[text.len() as u8][..], text.as_bytes()].concat(),
                    _ => variants.is_null(row),
                };
                if !right {
                    return Err(format!("{}, row {rows}: {:?}", table.name(), data.value(row)));
                }
                rows += 1;
            }
        }
    }
    if rows == 100 && (tables == 1 || shredded == 200_000) {
        Ok((tables, rows))
    } else {
        Err(format!("{rows} and {shredded} variants"))
    }
}

/// `{'a': i, 'b': 'y' || i}`; gives the number of rows.
fn check_shredded(numbers: &[i64], variants: &StructArray) -> Result<usize, String> {
    let (keys, data) = (variants.column(0).as_list::<i32>(), variants.column(3).as_binary::<i32>());
    for (row, number) in numbers.iter().enumerate() {
        let texts = keys.value(row);
        let names: Vec<_> = texts.as_string::<i32>().iter().flatten().collect();
        let text = format!("y{number}");
        // The object's two members, then a BIGINT, then the text with its length.
        let bytes = [&[2, 0][..], &number.to_le_bytes(), &[text.len() as u8], text.as_bytes()].concat();
        if names != ["a", "b"] || data.value(row) != bytes {
            return Err(format!("shredded, {number}: {names:?} {:?}", data.value(row)));
        }
    }
    Ok(numbers.len())
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_string()
}

fn check_table(folder: &Path, table: &Table, expected: &Value) -> Result<u64, String> {
    let count = expected["count"].as_u64().unwrap();
    let counted = table.row_count().map_err(|error| error.to_string())?;
    if counted != count {
        return Err(format!("{counted} rows counted instead of {count}"));
    }
    let columns: Vec<_> = expected["columns"].as_array().unwrap().iter().map(|c| (text(&c[0]), text(&c[1]))).collect();
    let stored = table.columns().iter().filter(|column| !column.generated);
    let ours: Vec<_> = stored.map(|column| (column.name.clone(), column.logical_type.to_string())).collect();
    for (ours, theirs) in ours.iter().zip(&columns) {
        if ours.0 != theirs.0 || type_name(&ours.1) != type_name(&theirs.1) {
            return Err(format!("column {ours:?} instead of {theirs:?}"));
        }
    }
    if ours.len() != columns.len() {
        return Err(format!("{} columns instead of {}", ours.len(), columns.len()));
    }
    let lines = BufReader::new(File::open(folder.join(text(&expected["rows"]))).unwrap()).lines();
    let read = compare_rows(table, lines.map(Result::unwrap))?;
    if read != count {
        return Err(format!("{read} rows instead of {count}"));
    }
    check_projection(table, count)?;
    Ok(count)
}

/// Names of types differ between releases and places of DuckDB in ways that do not matter.
fn type_name(name: &str) -> String {
    let known = [("VARINT", "BIGNUM"), ("\"NULL\"", "INTEGER"), ("TUPLE(", "STRUCT("), ("\"", ""), (", ", ",")];
    known.iter().fold(name.to_uppercase(), |name, (from, to)| name.replace(from, to))
}

fn compare_rows(table: &Table, mut lines: impl Iterator<Item = String>) -> Result<u64, String> {
    let (mut row, mut ours) = (0, String::new());
    for batch in table.scan(&ScanOptions::default()).map_err(|error| error.to_string())? {
        let batch = batch.map_err(|error| error.to_string())?;
        if batch.num_rows() == 0 || batch.num_rows() > 8192 {
            return Err(format!("a batch of {} rows", batch.num_rows()));
        }
        let line = Line::new(&batch);
        for at in 0..batch.num_rows() {
            let Some(theirs) = lines.next() else { return Err(format!("more than {row} rows")) };
            ours.clear();
            line.write(at, &mut ours);
            if ours != theirs && !same_values(&ours, &theirs) {
                let from = ours.bytes().zip(theirs.bytes()).take_while(|(a, b)| a == b).count().saturating_sub(40);
                let part = |text: &str| text.chars().skip(from.saturating_sub(20)).take(200).collect::<String>();
                return Err(format!("row {row}:\n    ours   {}\n    theirs {}", part(&ours), part(&theirs)));
            }
            row += 1;
        }
    }
    Ok(row)
}

/// Whether lines differ only in the last digit of numbers: two texts of the same length may stand for it equally well.
fn same_values(ours: &str, theirs: &str) -> bool {
    let is_number = |text: &str| text.len() > 15 && text.contains('.') && text.parse::<f64>().is_ok();
    let same =
        |(a, b): (&&str, &&str)| a == b || (is_number(a) && is_number(b) && a.parse::<f64>() == b.parse::<f64>());
    let (ours, theirs) = (parts(ours), parts(theirs));
    ours.len() == theirs.len() && ours.iter().zip(&theirs).all(same)
}

/// The values of a line without escapes and what stands between them.
fn parts(line: &str) -> Vec<&str> {
    let (mut parts, mut rest) = (Vec::new(), line);
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let length = rest[..digits].parse::<usize>().ok().filter(|_| rest[digits..].starts_with(':'));
        let taken = length.map_or(rest.chars().next().map_or(0, char::len_utf8), |length| digits + 1 + length);
        let Some((part, others)) = rest.split_at_checked(taken) else { return vec![line] };
        parts.push(if length.is_some() { &part[digits + 1..] } else { part });
        rest = others;
    }
    parts
}

/// Some columns, in another order; then none.
fn check_projection(table: &Table, count: u64) -> Result<(), String> {
    let names: Vec<_> =
        table.arrow_schema().fields().iter().rev().step_by(3).map(|f| f.name().to_lowercase()).collect();
    for columns in [names, Vec::new()] {
        let options = ScanOptions { columns: Some(columns.clone()), batch_rows: 1000 };
        let mut rows = 0;
        for batch in table.scan(&options).map_err(|error| error.to_string())? {
            let batch = batch.map_err(|error| format!("{columns:?}: {error}"))?;
            assert_eq!(batch.num_columns(), columns.len());
            rows += batch.num_rows() as u64;
        }
        if rows != count {
            return Err(format!("{rows} rows of {columns:?} instead of {count}"));
        }
    }
    Ok(())
}

/// How many batches of ten rows `make.py --write-on` has left in the file, after making sure that they are whole.
pub(crate) fn batches(file: &Path) -> Result<i64, duckdb_file::Error> {
    let database = Database::open(file)?;
    let mut rows_of = BTreeMap::new();
    for batch in database.table("main", "batches")?.scan(&ScanOptions::default())? {
        let batch = batch?;
        let (numbers, words) = (batch.column(0).as_primitive::<Int64Type>(), batch.column(1).as_string::<i32>());
        for row in 0..batch.num_rows() {
            assert_eq!(words.value(row), format!("batch {}", numbers.value(row)));
            *rows_of.entry(numbers.value(row)).or_insert(0) += 1;
        }
    }
    let mut counted = 0;
    for batch in database.table("main", "counted")?.scan(&ScanOptions::default())? {
        counted = batch?.column(0).as_primitive::<Int64Type>().value(0);
    }
    assert!(rows_of.values().all(|rows| *rows == 10), "{rows_of:?}");
    assert_eq!(rows_of.len() as i64, counted);
    Ok(counted)
}

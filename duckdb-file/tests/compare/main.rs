//! Files that real DuckDB makes while the tests run, compared with what DuckDB reads from them, value by value.
//!
//! `QUACKLAKE_PYTHON` names a Python with DuckDB; `QUACKLAKE_DUCKDB_PYTHONS` others with other releases, separated by
//! colons.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "all of this is a test")]

mod canonical;
mod files;
mod mutate;
mod oracle;

use std::path::Path;
use std::process::{Command, Stdio};

use oracle::{required, skipped};

fn compare(python: &str) {
    let folder = tempfile::tempdir().unwrap();
    let script = here().join("tests/python/make.py");
    let mut command = Command::new(python);
    command.arg(script).arg("--out").arg(folder.path()).env("PYTHONDONTWRITEBYTECODE", "1");
    if std::env::var_os("QUACKLAKE_DUCKDB_LARGE").is_some() {
        command.arg("--large");
    }
    let made = command.stderr(Stdio::inherit()).output().expect("Python runs");
    assert!(made.status.success(), "{python} cannot make all files");
    let states = files::states(folder.path());
    assert!(states.len() > 50, "only {} states of databases", states.len());
    files::check_all(folder.path(), &states);
}

#[test]
fn files_of_the_installed_release() {
    if let Some(python) = required("QUACKLAKE_PYTHON") {
        compare(&python);
    }
}

#[test]
fn files_of_other_releases() {
    match std::env::var("QUACKLAKE_DUCKDB_PYTHONS") {
        Ok(pythons) => pythons.split(':').filter(|python| !python.is_empty()).for_each(compare),
        Err(_) => skipped("QUACKLAKE_DUCKDB_PYTHONS"),
    }
}

/// Files that were made before: `make.py --out FOLDER`.
#[test]
fn files_in_a_folder() {
    if let Ok(folders) = std::env::var("QUACKLAKE_DUCKDB_FILES") {
        for folder in folders.split(':').map(Path::new) {
            files::check_all(folder, &files::states(folder));
        }
    }
}

/// A database that DuckDB goes on changing is read as of one moment, again and again.
#[test]
fn file_that_is_written() {
    let Some(python) = required("QUACKLAKE_PYTHON") else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("db.duckdb");
    let script = here().join("tests/python/make.py");
    let mut writer = Command::new(python);
    writer.arg(script).arg("--write-on").arg(&file).env("PYTHONDONTWRITEBYTECODE", "1").stdout(Stdio::piped());
    let mut writer = writer.spawn().expect("Python runs");
    let mut said = [0; 8];
    std::io::Read::read_exact(writer.stdout.as_mut().unwrap(), &mut said).expect("the writer begins");
    let (mut read, mut modified, mut seen) = (0, 0, std::collections::BTreeSet::new());
    while writer.try_wait().unwrap().is_none() {
        match files::batches(&file) {
            Ok(batches) => {
                read += 1;
                seen.insert(batches);
            }
            Err(duckdb_file::Error::Modified) => modified += 1,
            Err(error) => panic!("{error}"),
        }
    }
    assert!(writer.wait().unwrap().success());
    println!("read {read} times, {} states, {modified} times modified meanwhile", seen.len());
    assert!(read > 10 && seen.len() > 5, "read {read} times, saw {seen:?}");
}

/// Changed files are read or refused: no panic, no endless loop, no memory beyond measure.
#[test]
fn mutated_files() {
    match std::env::var("QUACKLAKE_DUCKDB_FILES") {
        Ok(folders) => folders.split(':').map(Path::new).for_each(mutate::run),
        Err(_) => skipped("QUACKLAKE_DUCKDB_FILES"),
    }
}

/// This crate's folder. Asked for when it runs: clones may share a target folder, and with it what one of them built.
fn here() -> std::path::PathBuf {
    std::env::var("CARGO_MANIFEST_DIR").unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").into()).into()
}

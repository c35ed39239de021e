//! Files beside the lake: `glob`, `read_parquet`, `read_csv`, `FROM 'file.parquet'`. Local ones only.

use std::path::{Path, PathBuf};

use datafusion::dataframe::DataFrame;
use datafusion::datasource::MemTable;
use datafusion::logical_expr::Expr;
use datafusion::prelude::{CsvReadOptions, ParquetReadOptions, col, lit};
use datafusion::scalar::ScalarValue;

use super::rows::{batch, texts};
use super::{FunctionCall, FunctionRows, text};
use crate::error::{LakeError, Result};
use crate::session::Session;

/// The function that reads a file of this name in FROM.
pub(super) fn reader_of(name: &str) -> Option<&'static str> {
    let lower = name.to_lowercase();
    let ends = |suffixes: &[&str]| suffixes.iter().any(|suffix| lower.ends_with(suffix));
    if ends(&[".parquet"]) {
        Some("read_parquet")
    } else if ends(&[".csv", ".tsv"]) {
        Some("read_csv")
    } else {
        None
    }
}

/// Whether a name in FROM can only be a file's.
pub(crate) fn is_file_name(name: &str) -> bool {
    reader_of(name).is_some()
}

pub(super) async fn call(session: &Session, call: &FunctionCall) -> Result<Option<FunctionRows>> {
    let is_own = ["glob", "read_parquet", "parquet_scan", "read_csv", "read_csv_auto"].contains(&call.name.as_str());
    if is_own && !session.reads_files() {
        return Err(LakeError::not_supported(format!("{}: files beside the lake", call.name)));
    }
    let parquet = match call.name.as_str() {
        "glob" => {
            let found = files_of(call)?;
            let names = texts(found.iter().map(|path| Some(path.display().to_string())));
            let batch = batch(vec![("file", names)])?;
            let provider = MemTable::try_new(batch.schema(), vec![vec![batch]])?;
            return Ok(Some(FunctionRows::new(std::sync::Arc::new(provider))));
        }
        "read_parquet" | "parquet_scan" => true,
        "read_csv" | "read_csv_auto" => false,
        _ => return Ok(None),
    };
    let files = files_of(call)?;
    if files.is_empty() {
        let pattern = call.args.first().and_then(text).unwrap_or_default();
        return Err(LakeError::usage(format!("no files found that match the pattern '{pattern}'")));
    }
    let hive = hive_columns(&files, call.flag("hive_partitioning"));
    let mut all: Option<DataFrame> = None;
    for file in &files {
        let path = file.display().to_string();
        let frame = if parquet {
            session.context().read_parquet(path.as_str(), ParquetReadOptions::default().file_extension("")).await?
        } else {
            session.context().read_csv(path.as_str(), CsvReadOptions::new().file_extension("")).await?
        };
        let frame = with_columns_of_path(frame, file, &hive)?;
        all = Some(match all {
            None => frame,
            Some(before) if call.flag("union_by_name") == Some(true) => before.union_by_name(frame)?,
            Some(before) => {
                // Columns of later files are found by name, in the order of the first file.
                let columns = before.schema().fields().iter().map(|f| exact(f.name())).collect::<Vec<_>>();
                before.union(frame.select(columns)?)?
            }
        });
    }
    let Some(frame) = all else { return Ok(None) };
    let shows_name = call.flag("filename") == Some(true);
    Ok(Some(if shows_name { FunctionRows::of_frame(frame) } else { FunctionRows::hiding(frame, &["filename"]) }))
}

/// A column by its exact name, dots and capitals included.
fn exact(name: &str) -> Expr {
    col(datafusion::common::Column::from_name(name))
}

/// The file's rows with the partition values of its path and its name.
fn with_columns_of_path(frame: DataFrame, file: &Path, hive: &[(String, bool)]) -> Result<DataFrame> {
    let has = |frame: &DataFrame, name: &str| frame.schema().fields().iter().any(|f| f.name() == name);
    let mut items: Vec<Expr> = frame.schema().fields().iter().map(|f| exact(f.name())).collect();
    let values = hive_values(file);
    for (name, is_number) in hive.iter().filter(|(name, _)| !has(&frame, name)) {
        let value = values.iter().find(|(n, _)| n == name).and_then(|(_, value)| value.clone());
        let value = match (is_number, value) {
            (true, value) => ScalarValue::Int64(value.and_then(|v| v.parse().ok())),
            (false, value) => ScalarValue::Utf8(value),
        };
        items.push(lit(value).alias(name));
    }
    if !has(&frame, "filename") {
        items.push(lit(file.display().to_string()).alias("filename"));
    }
    Ok(frame.select(items)?)
}

/// Partition columns that all paths have, and whether all their values are integers.
fn hive_columns(files: &[PathBuf], wanted: Option<bool>) -> Vec<(String, bool)> {
    if wanted == Some(false) {
        return Vec::new();
    }
    let all: Vec<Vec<(String, Option<String>)>> = files.iter().map(|file| hive_values(file)).collect();
    let Some(first) = all.first() else { return Vec::new() };
    if !all.iter().all(|values| values.iter().map(|(n, _)| n).eq(first.iter().map(|(n, _)| n))) {
        return Vec::new();
    }
    first
        .iter()
        .enumerate()
        .map(|(i, (name, _))| {
            let is_number =
                all.iter().all(|values| values[i].1.as_ref().is_none_or(|value| value.parse::<i64>().is_ok()));
            (name.clone(), is_number)
        })
        .collect()
}

/// `name=value` folders of a path.
fn hive_values(file: &Path) -> Vec<(String, Option<String>)> {
    let folders = file.parent().into_iter().flat_map(Path::components);
    folders
        .filter_map(|part| {
            let (name, value) = part.as_os_str().to_str()?.split_once('=')?;
            Some((name.to_string(), (value != "__HIVE_DEFAULT_PARTITION__").then(|| value.to_string())))
        })
        .collect()
}

/// The files that the first argument names: one pattern or a list.
fn files_of(call: &FunctionCall) -> Result<Vec<PathBuf>> {
    let argument =
        call.args.first().ok_or_else(|| LakeError::usage(format!("{} needs a file or a pattern", call.name)))?;
    let patterns: Vec<String> = match argument {
        ScalarValue::List(list) => {
            let elements = arrow::compute::cast(list.values(), &arrow::datatypes::DataType::Utf8)?;
            let elements = arrow::array::AsArray::as_string::<i32>(&elements);
            elements.iter().flatten().map(str::to_string).collect()
        }
        other => text(other).into_iter().collect(),
    };
    let mut files = Vec::new();
    for pattern in patterns {
        if pattern.contains("://") && !pattern.starts_with("file://") {
            return Err(LakeError::not_supported(format!("{} of anything but local files", call.name)));
        }
        files.extend(expand(pattern.strip_prefix("file://").unwrap_or(&pattern))?);
    }
    Ok(files)
}

/// Files that match a pattern with `*`, `?`, `[…]` and `**`, in the order of their names.
fn expand(pattern: &str) -> Result<Vec<PathBuf>> {
    if !pattern.contains(['*', '?', '[']) {
        let path = PathBuf::from(pattern);
        return Ok(if path.is_file() { vec![path] } else { Vec::new() });
    }
    let (root, rest) = match pattern.strip_prefix('/') {
        Some(rest) => (PathBuf::from("/"), rest),
        None => (PathBuf::new(), pattern),
    };
    let parts: Vec<&str> = rest.split('/').filter(|part| !part.is_empty()).collect();
    let mut found = Vec::new();
    descend(&root, &parts, &mut found)?;
    found.sort();
    found.dedup();
    Ok(found)
}

fn descend(folder: &Path, parts: &[&str], found: &mut Vec<PathBuf>) -> Result<()> {
    let Some((part, rest)) = parts.split_first() else { return Ok(()) };
    if *part != "**" && !part.contains(['*', '?', '[']) {
        let path = folder.join(part);
        if rest.is_empty() && path.is_file() {
            found.push(path);
        } else if !rest.is_empty() {
            descend(&path, rest, found)?;
        }
        return Ok(());
    }
    if *part == "**" && !rest.is_empty() {
        descend(folder, rest, found)?;
    }
    let shown = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let Ok(entries) = std::fs::read_dir(shown) else { return Ok(()) };
    for entry in entries {
        let entry = entry.map_err(|e| LakeError::usage(format!("cannot list '{}': {e}", shown.display())))?;
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        let path = folder.join(name);
        let is_folder = path.is_dir();
        if *part == "**" {
            match (is_folder, rest.is_empty()) {
                (true, _) => descend(&path, parts, found)?,
                (false, true) => found.push(path),
                (false, false) => {}
            }
        } else if matches(part.as_bytes(), name.as_bytes()) {
            match (is_folder, rest.is_empty()) {
                (true, false) => descend(&path, rest, found)?,
                (false, true) => found.push(path),
                _ => {}
            }
        }
    }
    Ok(())
}

/// Whether a name matches a pattern without slashes.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    match pattern.split_first() {
        None => name.is_empty(),
        Some((b'*', rest)) => (0..=name.len()).any(|skip| matches(rest, &name[skip..])),
        Some((b'?', rest)) => !name.is_empty() && matches(rest, &name[1..]),
        Some((b'[', rest)) => {
            let (Some(end), Some(first)) = (rest.iter().position(|b| *b == b']'), name.first()) else {
                return name.first() == Some(&b'[') && matches(rest, &name[1..]);
            };
            let set = &rest[..end];
            let (negated, set) = match set.split_first() {
                Some((b'!' | b'^', set)) => (true, set),
                _ => (false, set),
            };
            let in_set = set.contains(first) || set.windows(3).any(|w| w[1] == b'-' && (w[0]..=w[2]).contains(first));
            in_set != negated && matches(&rest[end + 1..], &name[1..])
        }
        Some((byte, rest)) => name.first() == Some(byte) && matches(rest, &name[1..]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        let fits = |pattern: &str, name: &str| matches(pattern.as_bytes(), name.as_bytes());
        assert!(fits("*.parquet", "a.parquet"));
        assert!(fits("*-delete.*", "ducklake-1-delete.puffin"));
        assert!(fits("part_key=[0-9]", "part_key=3"));
        assert!(!fits("part_key=[!0-9]", "part_key=3"));
        assert!(!fits("?", ""));
        assert!(!fits("a*b", "a-c"));
    }

    #[test]
    fn folders_are_descended() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for path in ["a.parquet", "main/t/b.parquet", "main/t/k=1/c.parquet", "main/t/k=1/c.puffin"] {
            std::fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
            std::fs::write(root.join(path), "").unwrap();
        }
        let count = |pattern: &str| expand(&format!("{}/{pattern}", root.display())).unwrap().len();
        assert_eq!(count("**"), 4);
        assert_eq!(count("**/*.parquet"), 3);
        assert_eq!(count("main/*/k=[0-9]/*"), 2);
        assert_eq!(count("main/t/*"), 1);
        assert_eq!(count("a.parquet"), 1);
        assert_eq!(count("missing/**"), 0);
    }

    #[test]
    fn partition_folders() {
        let files = vec![PathBuf::from("/d/k=1/s=x/a.parquet"), PathBuf::from("/d/k=2/s=y/b.parquet")];
        assert_eq!(hive_columns(&files, None), [("k".to_string(), true), ("s".to_string(), false)]);
        assert!(hive_columns(&files, Some(false)).is_empty());
    }
}

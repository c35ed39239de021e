//! Results as text and as JSON.

mod found;
mod page;

use std::io::{self, Write};

use serde::Serialize;
use zen_indexer::index::Indexed;
use zen_indexer::model::ApiSymbol;
use zen_search::ListedPackage;

use crate::failure::Failure;

pub(crate) use found::{hit, references, shown};
pub(crate) use page::Page;
use page::clean;

/// Skipped files that a summary names at most.
const NAMED_FILES: usize = 5;

/// Writes a line to standard output.
pub(crate) fn line(text: &str) -> Result<(), Failure> {
    writeln!(io::stdout().lock(), "{text}").map_err(Failure::Output)
}

/// Writes a value as a line of JSON.
pub(crate) fn json(value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string(value).map_err(|error| Failure::Output(error.into()))?;
    line(&text)
}

/// `1 file was`, `2 files were`.
fn files(count: usize) -> String {
    if count == 1 { "1 file was".to_string() } else { format!("{count} files were") }
}

/// What was indexed, in a line or two, and which files were not.
pub(crate) fn summary(indexed: &Indexed, all_skipped: bool) -> String {
    let rate = indexed.bytes as f64 / 1e6 / indexed.seconds.max(1e-9);
    let languages: Vec<String> = indexed.languages.iter().map(|(name, files)| format!("{files} {name}")).collect();
    let mut text = format!(
        "{}:{}@{}: {} symbols, {} documentation chunks, {} references from {} files ({}) in {:.1} s ({rate:.1} MB/s){}",
        indexed.ecosystem,
        indexed.name,
        indexed.version,
        indexed.symbols,
        indexed.chunks,
        indexed.refs,
        indexed.files,
        languages.join(", "),
        indexed.seconds,
        if indexed.replaced { ", in place of the copy that was there" } else { "" },
    );
    if indexed.embedded < indexed.symbols + indexed.chunks {
        text.push_str("; without embeddings");
    }
    if indexed.partly_parsed > 0 {
        text.push_str(&format!("\n  {} understood only in part", files(indexed.partly_parsed)));
    }
    if !indexed.skipped.is_empty() {
        text.push_str(&format!("\n  {} skipped:", files(indexed.skipped.len())));
        if all_skipped {
            for file in &indexed.skipped {
                text.push_str(&format!("\n    {}: {}", file.path, file.reason));
            }
        } else {
            text.push_str(&reasons(indexed));
        }
    }
    text
}

/// How often there was which reason; files are named where a reason is rare.
fn reasons(indexed: &Indexed) -> String {
    let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
    for file in &indexed.skipped {
        match reasons.iter_mut().find(|(reason, _)| *reason == file.reason) {
            Some((_, files)) => files.push(&file.path),
            None => reasons.push((&file.reason, vec![&file.path])),
        }
    }
    reasons.sort_by_key(|(_, files)| std::cmp::Reverse(files.len()));
    let mut text = String::new();
    for (reason, files) in reasons.iter().take(NAMED_FILES) {
        match files[..] {
            [file] => text.push_str(&format!("\n    {file}: {reason}")),
            _ => text.push_str(&format!("\n    {} files: {reason}", files.len())),
        }
    }
    if reasons.len() > NAMED_FILES {
        text.push_str("\n    … (--verbose names all)");
    }
    text
}

/// A list of packages, in columns.
pub(crate) fn packages(packages: &[ListedPackage], show_lake: bool) -> String {
    let mut rows = vec![["PACKAGE", "VERSION", "SYMBOLS", "FILES", "INDEXED", "DESCRIPTION"].map(String::from)];
    rows.extend(packages.iter().map(|ListedPackage { lake, package }| {
        let lake = if show_lake { format!("[{lake}] ") } else { String::new() };
        [
            clean(&format!("{lake}{}:{}", package.ecosystem, package.name)),
            clean(&package.version),
            package.symbol_count.to_string(),
            package.file_count.to_string(),
            package.indexed_at.chars().take(16).map(|c| if c == 'T' { ' ' } else { c }).collect(),
            clean(&shortened(package.description.as_deref().unwrap_or_default(), 60)),
        ]
    }));
    columns(&rows)
}

/// Rows in columns that are as wide as they need to be; the last is not padded.
pub(crate) fn columns<const N: usize>(rows: &[[String; N]]) -> String {
    let widths: Vec<usize> =
        (0..N).map(|at| rows.iter().map(|row| row[at].chars().count()).max().unwrap_or(0)).collect();
    let mut lines = Vec::with_capacity(rows.len());
    for row in rows {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell}{}", " ".repeat(width - cell.chars().count())))
            .collect();
        lines.push(cells.join("  ").trim_end().to_owned());
    }
    lines.join("\n")
}

fn shortened(text: &str, most: usize) -> String {
    let line = text.lines().next().unwrap_or_default();
    match line.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", line[..at].trim_end()),
        None => line.to_owned(),
    }
}

/// A symbol with all that is known of it.
pub(crate) fn symbol(symbol: &ApiSymbol) -> String {
    let metadata: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(&symbol.metadata).unwrap_or_default();
    let container = metadata.get("container").and_then(|container| container.as_str());
    let mut text = format!("{} {}", symbol.kind, symbol.name);
    if let Some(container) = container {
        text.push_str(&format!(" in {container}"));
    }
    text.push_str(&format!("\n  {}", symbol.signature));
    let lines = if symbol.line_end > symbol.line_start { format!("-{}", symbol.line_end) } else { String::new() };
    text.push_str(&format!(
        "\n  {}:{}@{}  {}:{}{lines}  {}  id {}",
        symbol.ecosystem,
        symbol.package,
        symbol.version,
        symbol.file_path,
        symbol.line_start,
        symbol.visibility,
        symbol.id
    ));
    let attributes: Vec<String> = serde_json::from_str(&symbol.attributes).unwrap_or_default();
    for attribute in attributes {
        text.push_str(&format!("\n  attribute {attribute}"));
    }
    for (name, value) in metadata.iter().filter(|(name, _)| !matches!(name.as_str(), "container" | "language")) {
        text.push_str(&format!("\n  {name}: {}", value.as_str().map_or_else(|| value.to_string(), str::to_owned)));
    }
    if let Some(doc) = &symbol.doc_comment {
        text.push('\n');
        for line in doc.lines() {
            text.push_str(&format!("\n    {line}"));
        }
    }
    text.lines().map(clean).collect::<Vec<_>>().join("\n")
}

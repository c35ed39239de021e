//! Indexes the lines of a folder's text files, or the rows of a JSONL file, and searches them.
//!
//! ```text
//! cargo run --release -p ducklake-text --example lines -- src 'parse json' [k]
//! cargo run --release -p ducklake-text --example lines -- rows.jsonl 'name:parse* -test'
//! ```
//! In a JSONL file every member of the first line is a field; one named `name` holds names.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use ducklake_text::{FieldKind, FieldSpec, SegmentBuilder, TextQuery, TextSchema, search};
use serde_json::{Map, Value};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(place), Some(words)) = (arguments.next(), arguments.next()) else {
        return Err("give a folder or a JSONL file, and what to search for".into());
    };
    let k = arguments.next().map_or(Ok(10), |k| k.parse())?;
    let (schema, rows) = if Path::new(&place).is_dir() { lines(Path::new(&place))? } else { jsonl(&place)? };
    let mut builder = SegmentBuilder::new(&schema, 64 << 20)?;
    for (number, row) in (0..).zip(&rows) {
        let texts: Vec<_> = row.iter().map(Option::as_deref).collect();
        builder.add(number, &texts)?;
    }
    let segment = builder.into_segment()?;
    println!("{} rows, {} bytes", segment.len(), segment.memory_bytes());
    for hit in search(&[(&segment, None)], &TextQuery::parse(&words), k, None)? {
        let texts = rows.get(hit.row as usize).map(Vec::as_slice).unwrap_or_default();
        let texts: Vec<_> = texts.iter().flatten().map(|text| text.lines().next().unwrap_or_default()).collect();
        println!("{:8.3}  {}", hit.score, texts.join(" | "));
    }
    Ok(())
}

type Rows = Vec<Vec<Option<String>>>;

fn lines(folder: &Path) -> Result<(TextSchema, Rows), Box<dyn Error>> {
    let schema = TextSchema::new(vec![
        FieldSpec::new("path", FieldKind::Name).boosted(0.5),
        FieldSpec::new("line", FieldKind::Code),
    ])?;
    let (mut folders, mut rows) = (vec![folder.to_path_buf()], Rows::new());
    while let Some(folder) = folders.pop() {
        let mut entries: Vec<PathBuf> =
            fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<_, std::io::Error>>()?;
        entries.sort();
        for path in entries {
            if path.is_symlink() {
                continue;
            } else if path.is_dir() {
                folders.push(path);
            } else if let Ok(text) = fs::read_to_string(&path) {
                let place = |number| Some(format!("{}:{number}", path.display()));
                let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
                rows.extend(lines.map(|(number, line)| vec![place(number), Some(line.trim().to_owned())]));
            }
        }
    }
    Ok((schema, rows))
}

fn jsonl(path: &str) -> Result<(TextSchema, Rows), Box<dyn Error>> {
    let text = fs::read_to_string(path)?;
    let objects = text.lines().map(serde_json::from_str).collect::<Result<Vec<Map<String, Value>>, _>>()?;
    let names: Vec<&String> = objects.first().map(|first| first.keys().collect()).unwrap_or_default();
    let kind = |name: &str| if name == "name" { FieldKind::Name } else { FieldKind::Text };
    let schema = TextSchema::new(names.iter().map(|name| FieldSpec::new(*name, kind(name))).collect())?;
    let text_of = |value: &Value| match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    };
    let row = |object: &Map<String, Value>| names.iter().map(|name| object.get(*name).and_then(text_of)).collect();
    Ok((schema, objects.iter().map(row).collect()))
}

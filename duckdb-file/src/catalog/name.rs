//! Names of schemas and tables: up to DuckDB 1.5 in fields of their own, in 2.0 as paths.

use super::MAIN;
use super::tree::Object;
use crate::error::{Error, Result};

/// A table's name for comparing: names differ in more than case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub schema: String,
    table: String,
}

impl Key {
    pub(crate) fn new(schema: &[String], table: &str) -> Self {
        Self { schema: schema_key(schema), table: table.to_lowercase() }
    }
}

/// A schema's name for comparing.
pub(crate) fn schema_key(path: &[String]) -> String {
    shown(path).to_lowercase()
}

/// A schema's name as one text.
pub(crate) fn shown(path: &[String]) -> String {
    path.join(".")
}

/// The path of the schema that is created, without catalog.
pub(crate) fn of_schema(info: &Object) -> Vec<String> {
    match path(info, 111) {
        Some(mut path) => {
            path.pop();
            without_catalog(path)
        }
        None => or_main(info.text(102)),
    }
}

/// Schema and name of the table that is created.
pub(crate) fn of_table(info: &Object) -> Result<(Vec<String>, String)> {
    match path(info, 111) {
        Some(path) => split(without_catalog(path)),
        None => Ok((or_main(info.text(102)), info.text(200).to_string())),
    }
}

/// Schema and name of what is altered.
pub(crate) fn of_altered(info: &Object) -> Result<(Vec<String>, String)> {
    match path(info, 206) {
        Some(path) => split(without_catalog(path)),
        None => Ok((or_main(info.text(202)), info.text(203).to_string())),
    }
}

/// The schema's name, or that of names without schema.
pub(crate) fn or_main(schema: &str) -> Vec<String> {
    vec![if schema.is_empty() { MAIN } else { schema }.to_string()]
}

/// The last element is the name, those before it are the schema.
pub(crate) fn split(mut path: Vec<String>) -> Result<(Vec<String>, String)> {
    let name = path.pop().ok_or_else(|| Error::corrupt("an empty name"))?;
    path.retain(|element| !element.is_empty());
    Ok((if path.is_empty() { or_main("") } else { path }, name))
}

fn path(info: &Object, field: u16) -> Option<Vec<String>> {
    let name = info.object(field)?;
    Some(name.texts(100).map(Into::into).collect())
}

/// The catalog is the name that the file was attached as.
fn without_catalog(mut path: Vec<String>) -> Vec<String> {
    if !path.is_empty() {
        path.remove(0);
    }
    path
}

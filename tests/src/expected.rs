//! What DuckDB reads from a lake, as `tests/python/oracle.py` writes it down.

use std::fs;
use std::path::Path;

use serde_json::Value;

/// Rows as text, `None` for NULL.
pub type Rows = Vec<Vec<Option<String>>>;

/// One lake and what it holds.
pub struct Expected {
    /// The lake's name.
    pub name: String,
    /// Address of the catalog, as in DuckLake's ATTACH.
    pub uri: String,
    /// Schema of the catalog database, where it is not the default.
    pub metadata_schema: Option<String>,
    /// Ids of all snapshots.
    pub snapshots: Vec<i64>,
    /// Tables at snapshots.
    pub states: Vec<State>,
    /// Further queries.
    pub queries: Vec<Query>,
}

/// A table's contents at a snapshot.
pub struct State {
    /// Where: `schema.table at snapshot`.
    pub place: String,
    /// The query that reads it.
    pub select: String,
    /// Names of the query's columns; `None` if they were not kept.
    pub columns: Option<Vec<String>>,
    /// The rows, or why DuckDB refuses.
    pub rows: Result<Rows, String>,
}

/// A query and its answer.
pub struct Query {
    /// Text of the query.
    pub sql: String,
    /// The rows, or why DuckDB refuses.
    pub rows: Result<Rows, String>,
}

impl Expected {
    /// Reads a file of the generator's.
    ///
    /// # Panics
    /// If the file is not of that form.
    pub fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let value: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self {
            name: text_of(&value, "name"),
            uri: value["uri"].as_str().unwrap_or_default().to_string(),
            metadata_schema: value["metadata_schema"].as_str().map(Into::into),
            snapshots: list_of(&value, "snapshots").iter().filter_map(|s| s["id"].as_i64()).collect(),
            states: list_of(&value, "states").iter().map(State::from_json).collect(),
            queries: list_of(&value, "queries").iter().map(Query::from_json).collect(),
        }
    }
}

impl State {
    fn from_json(value: &Value) -> Self {
        let select = text_of(value, "select");
        // The virtual columns stand before the table's own.
        let virtual_columns =
            select.trim_start_matches("SELECT ").split(", ").take_while(|name| !name.starts_with('*'));
        let own = value["columns"].as_array().map(|columns| columns.iter().map(|column| text_of(column, "name")));
        Self {
            place: format!("{}.{} at {}", text_of(value, "schema"), text_of(value, "table"), value["snapshot"]),
            columns: own.map(|own| virtual_columns.map(Into::into).chain(own).collect()),
            rows: rows_of(value),
            select,
        }
    }
}

impl Query {
    fn from_json(value: &Value) -> Self {
        Self { sql: text_of(value, "sql"), rows: rows_of(value) }
    }
}

fn text_of(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_else(|| panic!("no {key} in {value}")).to_string()
}

fn list_of<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

fn rows_of(value: &Value) -> Result<Rows, String> {
    if let Some(error) = value["error"].as_str() {
        return Err(error.to_string());
    }
    let cell = |cell: &Value| cell.as_str().map(Into::into);
    let row = |row: &Value| row.as_array().expect("a row is a list").iter().map(cell).collect();
    Ok(value["rows"].as_array().expect("rows or an error").iter().map(row).collect())
}

//! Listings: SQL over the functions that describe a lake, so that every output format serves them.

use crate::engine::{LAKE, LakeFacts};
use crate::error::CliError;
use crate::names::{TableName, quote_identifier, quote_text};

/// All tables and views.
pub(crate) const TABLES: &str = "SELECT table_schema AS \"schema\", table_name AS name, table_type AS type \
     FROM information_schema.tables WHERE table_schema <> 'information_schema' ORDER BY 1, 2";

/// All snapshots, oldest first.
pub(super) const SNAPSHOTS: &str = "SELECT * FROM ducklake_snapshots('lake') ORDER BY snapshot_id";

/// The columns of a table.
pub(super) fn describe(table: &str) -> Result<String, CliError> {
    TableName::parse(table).map(|name| describe_statement(&name))
}

/// The statement that lists the columns of a table.
pub(crate) fn describe_statement(table: &TableName) -> String {
    format!("DESCRIBE {}", table.to_sql())
}

/// The data files of a table.
pub(super) fn files(table: &str) -> Result<String, CliError> {
    let name = TableName::parse(table)?;
    let mut arguments = format!("{}, {}", quote_text(LAKE), quote_text(&name.table));
    if let Some(schema) = &name.schema {
        arguments += &format!(", schema => {}", quote_text(schema));
    }
    Ok(format!("SELECT * FROM ducklake_list_files({arguments})"))
}

/// What the lake is, in one row.
pub(super) fn info(facts: &LakeFacts) -> String {
    let mut columns = vec![
        (quote_text(&facts.catalog), "catalog"),
        (quote_text(&facts.format_version), "format_version"),
        (quote_text(&facts.data_path), "data_path"),
        (facts.is_encrypted.to_string(), "encrypted"),
        (facts.snapshot.to_string(), "snapshot"),
        (quote_text(&facts.snapshot_time), "snapshot_time"),
        (facts.schemas.to_string(), "schemas"),
        (facts.tables.len().to_string(), "tables"),
        (facts.views.to_string(), "views"),
    ];
    let total =
        |column: &str| format!("(SELECT coalesce(sum({column}), 0) FROM ducklake_table_info({}))", quote_text(LAKE));
    columns.push((total("file_count"), "data_files"));
    columns.push((total("file_size_bytes"), "data_bytes"));
    columns.push((total("delete_file_count"), "delete_files"));
    columns.push((total("delete_file_size_bytes"), "delete_bytes"));
    columns.push((row_count(&facts.tables), "rows"));
    let columns: Vec<String> =
        columns.iter().map(|(value, name)| format!("{value} AS {}", quote_identifier(name))).collect();
    format!("SELECT {}", columns.join(", "))
}

/// What a new lake is, in one row.
pub(super) fn created(facts: &LakeFacts) -> String {
    format!(
        "SELECT {} AS catalog, {} AS format_version, {} AS data_path, {} AS encrypted, {} AS snapshot",
        quote_text(&facts.catalog),
        quote_text(&facts.format_version),
        quote_text(&facts.data_path),
        facts.is_encrypted,
        facts.snapshot,
    )
}

/// The rows of all tables. Where nothing is deleted, statistics answer it and no file is opened.
fn row_count(tables: &[TableName]) -> String {
    let counts: Vec<String> =
        tables.iter().map(|table| format!("SELECT count(*) AS n FROM {}", table.to_sql())).collect();
    if counts.is_empty() {
        return "0".to_string();
    }
    format!("(SELECT sum(n) FROM ({}) AS counts)", counts.join(" UNION ALL "))
}

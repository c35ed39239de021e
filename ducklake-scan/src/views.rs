//! Views: their stored text, planned here where that can be done (DuckLake spec, "Views").

use std::sync::Arc;

use datafusion::catalog::TableProvider;
use datafusion::catalog::view::ViewTable;
use datafusion::common::Column;
use datafusion::dataframe::DataFrame;
use datafusion::prelude::col;
use ducklake_catalog::ViewRow;

use crate::error::{LakeError, Result};
use crate::sql::types::quoted;

/// Stands in a view's text for the lake's own name and a dot.
const PLACEHOLDER: &str = "{DUCKLAKE_CATALOG}.";

/// The text to plan, with the lake's attached name.
///
/// # Errors
/// [`LakeError::NotSupported`] for another dialect than DuckDB's.
pub(crate) fn sql(row: &ViewRow, lake: &str) -> Result<String> {
    match row.dialect.as_deref() {
        None | Some("duckdb") => {}
        Some(other) => return Err(LakeError::not_supported(format!("a view in the dialect '{other}'"))),
    }
    Ok(replace_outside_quotes(&row.sql, &format!("{}.", quoted(lake))))
}

/// The text to store: the lake's own name as a qualifier becomes the placeholder, so that it may be attached under
/// another.
pub(crate) fn stored_sql(sql: &str, lake: &str) -> String {
    let mut result = String::with_capacity(sql.len());
    let mut rest = sql;
    let mut before = ' ';
    while let Some(c) = rest.chars().next() {
        let word = match c {
            '\'' => quoted_end(rest, '\''),
            '"' => quoted_end(rest, '"'),
            c if c.is_alphabetic() || c == '_' => {
                rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())
            }
            c => c.len_utf8(),
        };
        let text = &rest[..word];
        let name = text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).unwrap_or(text).replace("\"\"", "\"");
        let is_lake = c != '\'' && before != '.' && rest[word..].starts_with('.') && name.eq_ignore_ascii_case(lake);
        result.push_str(if is_lake { "{DUCKLAKE_CATALOG}" } else { text });
        before = text.chars().last().unwrap_or(' ');
        rest = &rest[word..];
    }
    result
}

/// Bytes of a quoted text at the start of `text`, its quotes included.
fn quoted_end(text: &str, quote: char) -> usize {
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c == quote {
            if chars.peek().is_some_and(|(_, next)| *next == quote) {
                chars.next();
            } else {
                return at + c.len_utf8();
            }
        }
    }
    text.len()
}

/// The placeholder counts only outside of quotes.
fn replace_outside_quotes(sql: &str, with: &str) -> String {
    let mut result = String::with_capacity(sql.len());
    let mut quote = None;
    let mut rest = sql;
    while let Some(c) = rest.chars().next() {
        match quote {
            Some(open) if c == open => quote = None,
            None if c == '\'' || c == '"' => quote = Some(c),
            None if rest.starts_with(PLACEHOLDER) => {
                result.push_str(with);
                rest = &rest[PLACEHOLDER.len()..];
                continue;
            }
            _ => {}
        }
        result.push(c);
        rest = &rest[c.len_utf8()..];
    }
    result
}

/// The planned view as a table, its columns renamed where it says so.
pub(crate) fn provider(frame: DataFrame, row: &ViewRow) -> Result<Arc<dyn TableProvider>> {
    let aliases = aliases(row.column_aliases.as_deref().unwrap_or_default());
    let frame = if aliases.is_empty() {
        frame
    } else {
        let columns: Vec<_> = frame
            .schema()
            .iter()
            .enumerate()
            .map(|(i, (qualifier, field))| {
                let column = col(Column::new(qualifier.cloned(), field.name()));
                match aliases.get(i) {
                    Some(alias) => column.alias(alias),
                    None => column,
                }
            })
            .collect();
        if aliases.len() > columns.len() {
            return Err(LakeError::Invalid(format!("it names {} columns and has {}", aliases.len(), columns.len())));
        }
        frame.select(columns)?
    };
    Ok(Arc::new(ViewTable::new(frame.into_unoptimized_plan(), Some(row.sql.clone()))))
}

/// A comma list of names, in double quotes where needed.
fn aliases(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut name = String::new();
    let mut chars = text.chars().peekable();
    let mut quoted = false;
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.next_if_eq(&'"').is_some() => name.push('"'),
            '"' => quoted = !quoted,
            ',' if !quoted => names.push(std::mem::take(&mut name).trim().to_string()),
            _ => name.push(c),
        }
    }
    if !name.trim().is_empty() || !names.is_empty() {
        names.push(name.trim().to_string());
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_placeholder_outside_of_quotes() {
        let sql = "SELECT '{DUCKLAKE_CATALOG}.' FROM {DUCKLAKE_CATALOG}.main.t";
        assert_eq!(replace_outside_quotes(sql, "lk."), "SELECT '{DUCKLAKE_CATALOG}.' FROM lk.main.t");
    }

    #[test]
    fn alias_lists() {
        assert_eq!(aliases(""), Vec::<String>::new());
        assert_eq!(aliases("a, \"b,\"\"c\""), ["a", "b,\"c"]);
    }
}

//! Names as a user types them on the command line, and as SQL wants them.

use crate::error::CliError;

/// Quotes one identifier.
pub(crate) fn quote_identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Quotes text as a SQL literal.
pub(crate) fn quote_text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Whether SQL reads the name as it is, without quotes.
pub(crate) fn is_plain(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c == '_' || c.is_ascii_lowercase())
        && chars.all(|c| c == '_' || c.is_ascii_lowercase() || c.is_ascii_digit())
}

/// Splits `text` at `separator`; parts may be quoted with `"` (doubled inside) to hold the separator.
fn split_names(text: &str, separator: char, what: &str) -> Result<Vec<String>, CliError> {
    let invalid = |problem: &str| {
        CliError::usage(format!("invalid {what} '{text}': {problem}")).with_hint(
            "write a name that holds dots, commas or quotes in double quotes, doubling those inside: \"a.b\"",
        )
    };
    let mut names = Vec::new();
    let mut rest = text.trim();
    loop {
        let (name, after) = match rest.strip_prefix('"') {
            Some(quoted) => {
                let (name, after) = unquote(quoted).ok_or_else(|| invalid("a quote is not closed"))?;
                (name, after.trim_start())
            }
            None => {
                let end = rest.find(separator).unwrap_or(rest.len());
                (rest[..end].trim().to_string(), &rest[end..])
            }
        };
        if name.is_empty() {
            return Err(invalid("a name is empty"));
        }
        names.push(name);
        if after.is_empty() {
            return Ok(names);
        }
        rest = after.strip_prefix(separator).ok_or_else(|| invalid("text after a quoted name"))?.trim_start();
    }
}

/// The name up to the closing quote, and what follows the quote.
fn unquote(text: &str) -> Option<(String, &str)> {
    let mut name = String::new();
    let mut rest = text;
    loop {
        let (part, after) = rest.split_once('"')?;
        name.push_str(part);
        match after.strip_prefix('"') {
            Some(more) => {
                name.push('"');
                rest = more;
            }
            None => return Some((name, after)),
        }
    }
}

/// A table given as `table` or `schema.table`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TableName {
    /// The schema, if one was named.
    pub(crate) schema: Option<String>,
    /// The table itself.
    pub(crate) table: String,
}

impl TableName {
    /// Parses a table name; parts may be quoted.
    pub(crate) fn parse(text: &str) -> Result<Self, CliError> {
        let mut parts = split_names(text, '.', "table name")?;
        let table = parts.pop().unwrap_or_default();
        let schema = parts.pop();
        if !parts.is_empty() {
            return Err(CliError::usage(format!("invalid table name '{text}': more than a schema and a table"))
                .with_hint("name it table or schema.table; the lake is chosen with --lake"));
        }
        Ok(Self { schema, table })
    }

    /// The name in SQL.
    pub(crate) fn to_sql(&self) -> String {
        match &self.schema {
            Some(schema) => format!("{}.{}", quote_identifier(schema), quote_identifier(&self.table)),
            None => quote_identifier(&self.table),
        }
    }
}

/// A comma-separated list of columns as a SELECT list; `*` stays what it is.
pub(crate) fn select_list(text: &str) -> Result<String, CliError> {
    let quote = |name: &String| if name == "*" { name.clone() } else { quote_identifier(name) };
    Ok(split_names(text, ',', "column list")?.iter().map(quote).collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_names_are_quoted_part_by_part() {
        for (text, sql) in [
            ("t", "\"t\""),
            ("main.t", "\"main\".\"t\""),
            ("\"a.b\".\"c \"\"d\"", "\"a.b\".\"c \"\"d\""),
            ("s.my table", "\"s\".\"my table\""),
        ] {
            assert_eq!(TableName::parse(text).unwrap().to_sql(), sql);
        }
        for bad in ["", ".t", "s.", "a.b.c", "\"open", "\"a\"b"] {
            assert!(TableName::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn column_lists_keep_stars_and_quote_names() {
        assert_eq!(select_list("rowid, *,\"a,b\", Größe").unwrap(), "\"rowid\", *, \"a,b\", \"Größe\"");
        assert!(select_list("a,,b").is_err());
    }
}

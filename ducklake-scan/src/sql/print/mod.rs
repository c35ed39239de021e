//! Expressions and queries as DuckDB prints them where it stores them (DuckLake spec, "Schemas, views, macros,
//! comments"): parentheses around every operation, types and functions under its own names.
//!
//! Not everything is printed. What is not, or would mean something else to DuckDB than to the parser that read it, is
//! `None`: the user's own text, which DuckDB reads as well, is stored then.

mod expr;
mod query;
mod types;

pub(crate) use expr::expression;
pub(crate) use query::query;

use datafusion::sql::sqlparser::ast::{Ident, ObjectName, ObjectNamePart};
use ducklake_format::changes::quoted_if_needed;

fn ident(ident: &Ident) -> String {
    quoted_if_needed(&ident.value)
}

fn name(name: &ObjectName) -> Option<String> {
    let part = |part: &ObjectNamePart| match part {
        ObjectNamePart::Identifier(i) => Some(ident(i)),
        ObjectNamePart::Function(_) => None,
    };
    Some(name.0.iter().map(part).collect::<Option<Vec<_>>>()?.join("."))
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// All of them, with commas between.
fn list<'a, T: 'a>(items: impl IntoIterator<Item = &'a T>, print: impl Fn(&T) -> Option<String>) -> Option<String> {
    Some(items.into_iter().map(print).collect::<Option<Vec<_>>>()?.join(", "))
}

#[cfg(test)]
mod tests;

//! Rows that an INSERT spells out, straight into arrays.
//!
//! To plan them as a query takes longer than everything else that a small commit does. It would also give each column
//! of the rows one type before its values are cast, where DuckDB casts every literal for itself.

use std::borrow::Cow;
use std::sync::Arc;

use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::Schema;
use datafusion::sql::sqlparser::ast::{self, Expr, SetExpr, UnaryOperator, Value};
use ducklake_format::LakeType;
use ducklake_format::columns::Column;
use ducklake_format::text::{TextDecoder, TextForm, round_decimal};

use super::cast::not_convertible;
use super::json::is_json;
use crate::error::{LakeError, Result};
use crate::sql::write::{Insert, InsertSource, is_default, queries};

/// A literal of a statement.
enum Literal<'a> {
    Null,
    Text(&'a str),
    /// Digits as they were written, with their sign.
    Number(Cow<'a, str>),
    Boolean(bool),
}

/// The rows of `INSERT … VALUES`, in the table's columns; `None` where something in them has to be computed or has a
/// meaning that only a plan knows.
///
/// # Errors
/// Columns that are not there, and literals that are no values of their column.
pub(super) fn literal_rows(insert: &Insert, columns: &[Column]) -> Result<Option<RecordBatch>> {
    let InsertSource::Query(query) = &insert.source else { return Ok(None) };
    let Some(rows) = bare_values(query) else { return Ok(None) };
    let Some(width) = rows.first().map(|row| row.content.len()) else { return Ok(None) };
    if rows.iter().any(|row| row.content.len() != width) {
        return Ok(None);
    }
    let names: Vec<String> = (1..=width).map(|at| format!("column{at}")).collect();
    let mapping = queries::insert_mapping(insert, columns, &names)?;
    let mut arrays = Vec::with_capacity(columns.len());
    for (column, source) in columns.iter().zip(mapping) {
        if !is_plain(&column.lake_type) {
            return Ok(None);
        }
        let mut decoder = TextDecoder::new(&column.lake_type);
        for row in rows {
            let cell = source.map(|at| &row.content[at]).filter(|cell| !is_default(cell));
            let known = match cell {
                Some(cell) => append(&mut decoder, cell, &column.lake_type),
                None => append_default(&mut decoder, column),
            };
            match known {
                Ok(true) => {}
                Ok(false) => return Ok(None),
                Err(problem) => return Err(LakeError::usage(format!("column '{}': {problem}", column.name))),
            }
        }
        arrays.push(decoder.finish());
    }
    let schema = Arc::new(Schema::new(columns.iter().map(Column::field).collect::<Vec<_>>()));
    let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
    Ok(Some(RecordBatch::try_new_with_options(schema, arrays, &options)?))
}

/// The rows of a query that is nothing but VALUES.
fn bare_values(query: &ast::Query) -> Option<&[ast::Parens<Vec<Expr>>]> {
    let bare = query.with.is_none()
        && query.order_by.is_none()
        && query.limit_clause.is_none()
        && query.fetch.is_none()
        && query.pipe_operators.is_empty();
    match query.body.as_ref() {
        SetExpr::Values(values) if bare => Some(&values.rows),
        _ => None,
    }
}

fn is_plain(lake_type: &LakeType) -> bool {
    !lake_type.is_nested() && !matches!(lake_type, LakeType::Variant | LakeType::Geometry)
}

fn literal(expr: &Expr) -> Option<Literal<'_>> {
    match expr {
        Expr::Value(value) => Some(match &value.value {
            Value::Null => Literal::Null,
            Value::Boolean(value) => Literal::Boolean(*value),
            Value::SingleQuotedString(text) => Literal::Text(text),
            Value::Number(digits, _) => Literal::Number(Cow::Borrowed(digits)),
            _ => return None,
        }),
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => match literal(expr)? {
            Literal::Number(digits) if !digits.starts_with('-') => {
                Some(Literal::Number(Cow::Owned(format!("-{digits}"))))
            }
            _ => None,
        },
        _ => None,
    }
}

/// Appends a literal; false where only a plan knows what it is in this type.
fn append(decoder: &mut TextDecoder, expr: &Expr, to: &LakeType) -> std::result::Result<bool, String> {
    let text = match literal(expr) {
        None => return Ok(false),
        Some(Literal::Null) => {
            decoder.append_null();
            return Ok(true);
        }
        Some(Literal::Text(text)) => return append_text(decoder, text, to).map(|()| true),
        Some(Literal::Boolean(value)) if *to == LakeType::Boolean => {
            Cow::Borrowed(if value { "true" } else { "false" })
        }
        Some(Literal::Boolean(_)) => return Ok(false),
        Some(Literal::Number(digits)) => match number(digits, to) {
            Some(text) => text,
            None => return Ok(false),
        },
    };
    decoder.append(&text, TextForm::Display).map_err(|_| not_convertible(&text, to))?;
    Ok(true)
}

/// A number's digits as the text of a value of the type.
fn number<'a>(digits: Cow<'a, str>, to: &LakeType) -> Option<Cow<'a, str>> {
    let is_integer = digits.trim_start_matches('-').bytes().all(|b| b.is_ascii_digit());
    let has_exponent = digits.contains(['e', 'E']);
    let is_number = digits.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'-' | b'+' | b'.' | b'e' | b'E'));
    // What has more digits than a decimal is a double in DuckDB.
    let is_exact = is_number && !has_exponent && digits.len() <= 38;
    match to {
        LakeType::Float32 | LakeType::Float64 if is_number => Some(digits),
        _ if to.is_integer() && is_integer => Some(digits),
        _ if to.is_integer() && is_exact => round_decimal(&digits, 0).map(Cow::Owned),
        LakeType::Decimal { scale, .. } if is_exact => {
            round_decimal(&digits, usize::try_from(*scale).ok()?).map(Cow::Owned)
        }
        LakeType::Varchar if is_integer => digits.parse::<i128>().ok().map(|value| Cow::Owned(value.to_string())),
        _ => None,
    }
}

fn append_default(decoder: &mut TextDecoder, column: &Column) -> std::result::Result<bool, String> {
    let Some(text) = &column.default_value else {
        decoder.append_null();
        return Ok(true);
    };
    if column.default_value_type.as_deref().is_some_and(|kind| kind.eq_ignore_ascii_case("expression")) {
        return Ok(false);
    }
    // The catalog's text, exactly as it is.
    decoder.append(text, TextForm::Display).map_err(|e| e.to_string())?;
    Ok(true)
}

/// Appends text as DuckDB casts it: numbers are rounded to what the type holds.
///
/// # Errors
/// Why it is no value of the type.
pub(super) fn append_text(decoder: &mut TextDecoder, text: &str, to: &LakeType) -> std::result::Result<(), String> {
    let is_text = matches!(to, LakeType::Varchar | LakeType::Json);
    let trimmed = if is_text { text } else { text.trim() };
    if *to == LakeType::Json && !is_json(text) {
        return Err(not_convertible(text, to));
    }
    if decoder.append(trimmed, TextForm::Display).is_ok() {
        return Ok(());
    }
    let rounded = match to {
        LakeType::Decimal { scale, .. } => usize::try_from(*scale).ok().and_then(|scale| round_decimal(trimmed, scale)),
        _ if to.is_integer() => round_decimal(trimmed, 0),
        _ => None,
    };
    match rounded {
        Some(rounded) => decoder.append(&rounded, TextForm::Display).map_err(|_| not_convertible(text, to)),
        None => Err(not_convertible(text, to)),
    }
}

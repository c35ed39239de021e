//! Variant columns: Parquet's variant encoding, whole or shredded, as the text DuckDB casts a `VARIANT` to.
//!
//! A data file holds a variant as a group of `metadata` (the dictionary of object keys), `value` (bytes) and, where
//! the writer shredded it, `typed_value` (columns). See DuckLake spec "Variant" and Parquet's variant specifications.

mod binary;
mod duckdb;
mod print;
mod shredded;
#[cfg(test)]
mod tests;

use arrow::array::{Array, StringViewArray, StringViewBuilder, StructArray};

use crate::FormatError;
use binary::Metadata;
pub use duckdb::duckdb_variant_text;
use print::Style;
use shredded::{Bytes, Group};

/// Values nested deeper than this are refused, so that printing cannot exhaust the stack.
const MAX_DEPTH: usize = 256;

/// The text of every row of a variant column, as DuckDB casts a `VARIANT` to `VARCHAR` in a session with UTC as its
/// time zone: scalars as their display text, `[a, 'b c:']`, `{'key': value}` with keys in byte order.
///
/// `column` is the group as a data file holds it: `metadata` and `value` of a binary type, and `typed_value` of any
/// shredded layout; `value` or `typed_value` may be absent. The result has its rows. A variant null is SQL NULL, as
/// is a row that has neither a value nor a typed one.
///
/// Keys that come twice in one object count once (the first), fields that are both shredded and in `value` count as
/// shredded.
///
/// # Errors
/// [`FormatError::InvalidBytes`] if the group has other fields, if bytes are not a variant, if values are nested more
/// than 256 deep, or if the bytes refer to each other so that their text would be out of proportion.
pub fn variant_text(column: &StructArray) -> Result<StringViewArray, FormatError> {
    write_rows(column, Style::Raw, false)
}

/// As [`variant_text`] of variants without shredded parts, with members of objects in the order in which they are stored:
/// as DuckDB shows variants that it keeps itself.
///
/// # Errors
/// As [`variant_text`].
fn variant_text_in_stored_order(column: &StructArray) -> Result<StringViewArray, FormatError> {
    write_rows(column, Style::Raw, true)
}

/// As [`variant_text`], but as JSON: what a `VARIANT` column that was promoted to `JSON` reads as.
///
/// # Errors
/// As [`variant_text`].
pub fn variant_json(column: &StructArray) -> Result<StringViewArray, FormatError> {
    write_rows(column, Style::Json, false)
}

fn write_rows(column: &StructArray, style: Style, keeps_order: bool) -> Result<StringViewArray, FormatError> {
    let metadata = column
        .column_by_name("metadata")
        .and_then(|array| Bytes::new(array.as_ref()))
        .ok_or_else(|| invalid("its group has no binary column 'metadata'"))?;
    let group = Group::try_new(column, 0)?;
    let mut texts = StringViewBuilder::with_capacity(column.len());
    let mut text = String::new();
    for row in 0..column.len() {
        let metadata = Metadata::parse(metadata.get(row).unwrap_or_default());
        let metadata = if keeps_order { metadata.keeping_order() } else { metadata };
        text.clear();
        let has_value = group.write(row, metadata, style, &mut text)?;
        // A variant null is SQL NULL as a variant, and the value null as JSON.
        if has_value || (style == Style::Json && column.is_valid(row)) {
            texts.append_value(&text);
        } else {
            texts.append_null();
        }
    }
    Ok(texts.finish())
}

fn invalid(problem: impl Into<String>) -> FormatError {
    FormatError::invalid_bytes("variant", problem)
}

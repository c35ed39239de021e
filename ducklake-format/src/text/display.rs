//! Arrow values as the text that DuckDB 1.5 makes of them (`CAST(x AS VARCHAR)`), and as JSON.

mod grisu;
mod interval;
mod nested;
mod number;
mod scalar;
mod temporal;
#[cfg(test)]
mod tests;

use arrow::array::Array;
use arrow::datatypes::Field;
use chrono_tz::Tz;

use crate::FormatError;

/// Types nested deeper than this are refused, so that printing cannot exhaust the stack.
const MAX_DEPTH: usize = 128;

/// How values are printed where DuckDB's session settings matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DisplayOptions {
    /// The zone in which `timestamptz` values are shown, with their offset. Default: UTC, which is what
    /// the catalog stores.
    pub time_zone: Tz,
}

impl Default for DisplayOptions {
    fn default() -> Self {
        Self { time_zone: Tz::UTC }
    }
}

/// Prints the values of one Arrow array. The type is resolved once, so that a row costs little.
pub struct ValueDisplay<'a> {
    printer: Box<dyn Printer + 'a>,
}

impl<'a> ValueDisplay<'a> {
    /// A printer for `array`. The field's metadata ([`TYPE_METADATA_KEY`](crate::types::TYPE_METADATA_KEY)), and that
    /// of nested fields in the array's type, tell json, uuid, timetz and geometry from plain text and bytes.
    ///
    /// # Errors
    /// [`FormatError::UnknownType`] for types that are nested too deeply or that have no text form.
    pub fn try_new(array: &'a dyn Array, field: &Field, options: &DisplayOptions) -> Result<Self, FormatError> {
        Ok(Self { printer: resolve(array, field, options, 0)? })
    }

    /// Whether the value of a row is NULL.
    ///
    /// # Panics
    /// If the array has no such row; so do the other methods.
    pub fn is_null(&self, row: usize) -> bool {
        self.printer.is_null(row)
    }

    /// Appends the text of a row's value, `NULL` for null.
    pub fn write(&self, row: usize, out: &mut String) {
        if self.printer.is_null(row) {
            out.push_str("NULL");
        } else {
            self.printer.write(row, out);
        }
    }

    /// The value of a row as JSON: integers, finite floats and booleans as such, NULL as null, lists as
    /// arrays, structs and maps as objects (map keys by their text). Everything else is its DuckDB text:
    /// decimals, so that no digit is lost, non-finite floats, and json values, which stay as they were written.
    pub fn to_json(&self, row: usize) -> serde_json::Value {
        json_of(self.printer.as_ref(), row)
    }
}

impl std::fmt::Debug for ValueDisplay<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ValueDisplay").finish_non_exhaustive()
    }
}

/// How a value appears as a part of a list, struct or map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Embedding {
    /// Never quoted: numbers, and nested values.
    Bare,
    /// Quoted where its text needs it.
    Quoted,
    /// Bare as a list element, quoted like any text elsewhere (so DuckDB casts its JSON type).
    Json,
}

/// Prints the values of an array whose type has been resolved.
trait Printer {
    fn is_null(&self, row: usize) -> bool;

    /// Appends the text of a value that is not NULL.
    fn write(&self, row: usize, out: &mut String);

    /// The JSON of a value that is not NULL.
    fn json(&self, row: usize) -> serde_json::Value;

    fn embedding(&self) -> Embedding;
}

fn json_of(printer: &dyn Printer, row: usize) -> serde_json::Value {
    if printer.is_null(row) { serde_json::Value::Null } else { printer.json(row) }
}

fn text_of(printer: &dyn Printer, row: usize) -> String {
    let mut text = String::new();
    printer.write(row, &mut text);
    text
}

fn resolve<'a>(
    array: &'a dyn Array,
    field: &Field,
    options: &DisplayOptions,
    depth: usize,
) -> Result<Box<dyn Printer + 'a>, FormatError> {
    if depth > MAX_DEPTH {
        return Err(FormatError::UnknownType { text: format!("a type nested more than {MAX_DEPTH} levels deep") });
    }
    match nested::resolve(array, field, options, depth)? {
        Some(printer) => Ok(printer),
        None => scalar::resolve(array, field, options),
    }
}

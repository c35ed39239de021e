//! Text of variants: scalars, and how they appear inside lists and objects.

use std::fmt::Write;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, Date32Array, Decimal128Array, Float32Array, Float64Array, Time64MicrosecondArray,
    TimestampMicrosecondArray, TimestampNanosecondArray,
};
use arrow::datatypes::{DataType, Field};

use super::binary::{Decoder, Kind, Value};
use super::invalid;
use crate::FormatError;
use crate::text::{DisplayOptions, ValueDisplay};

/// The longest text of one value. Keys stand in the dictionary once but in the text as often as they are used.
const MAX_TEXT: usize = 1 << 28;

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// Display text, as it is.
    Raw,
    /// Display text, quoted where it could be misread as a part of a list or object.
    Quoted,
    /// JSON.
    Json,
}

impl Style {
    /// The style of a list's items.
    pub(super) fn of_items(self, kinds: impl Iterator<Item = Kind>) -> Self {
        match self {
            Self::Json => Self::Json,
            _ if is_quoting_list(kinds) => Self::Quoted,
            _ => Self::Raw,
        }
    }

    /// The style of an object's members.
    pub(super) fn of_members(self) -> Self {
        if self == Self::Json { Self::Json } else { Self::Quoted }
    }

    pub(super) fn null(self) -> &'static str {
        if self == Self::Json { "null" } else { "NULL" }
    }
}

/// Appends the text of an encoded value in a style. Returns whether it is not null.
pub(super) fn write_value<'a>(
    bytes: &'a [u8],
    decoder: &mut Decoder<'a>,
    depth: usize,
    style: Style,
    out: &mut String,
) -> Result<bool, FormatError> {
    check_length(out)?;
    match decoder.value(bytes, depth)? {
        Value::Null => {
            out.push_str(style.null());
            return Ok(false);
        }
        Value::Array(items) => {
            let items_style = style.of_items(items.iter().map(|item| Kind::of(item)));
            out.push('[');
            for (i, item) in items.into_iter().enumerate() {
                write_separator(i, style, out);
                write_value(item, decoder, depth + 1, items_style, out)?;
            }
            out.push(']');
        }
        Value::Object(members) => {
            out.push('{');
            for (i, (key, member)) in members.into_iter().enumerate() {
                write_separator(i, style, out);
                write_key(key, style, out);
                write_value(member, decoder, depth + 1, style.of_members(), out)?;
            }
            out.push('}');
        }
        scalar => {
            let start = out.len();
            // Numbers and booleans stand in JSON as they are, finite ones.
            let bare = match scalar {
                Value::Boolean(_) | Value::Integer(_) | Value::Decimal { .. } => true,
                Value::Float(v) => v.is_finite(),
                Value::Double(v) => v.is_finite(),
                _ => false,
            };
            write_scalar(scalar, out)?;
            finish_scalar(style, Kind::of(bytes), bare, start, out);
        }
    }
    Ok(true)
}

/// Quotes the scalar that was written from `start` on as the style wants it.
pub(super) fn finish_scalar(style: Style, kind: Kind, bare: bool, start: usize, out: &mut String) {
    match style {
        Style::Raw => {}
        Style::Quoted if kind != Kind::Other => quote_if_needed(out, start),
        Style::Quoted => {}
        Style::Json if bare => {
            // DuckDB leaves the zero before the point out, JSON must not.
            let digits = if out[start..].starts_with('-') { start + 1 } else { start };
            if out[digits..].starts_with('.') {
                out.insert(digits, '0');
            }
        }
        Style::Json => {
            let text = out.split_off(start);
            out.push_str(&serde_json::Value::String(text).to_string());
        }
    }
}

/// Whether DuckDB quotes the items of a list: it does if they are all of one type, and so in a list of that type. A list
/// of mixed types (null is a type of its own) is a list of variants, whose texts stand in it as they are.
fn is_quoting_list(mut kinds: impl Iterator<Item = Kind>) -> bool {
    kinds.next().is_some_and(|first| first != Kind::Other && kinds.all(|kind| kind == first))
}

/// Appends a value that has no parts and is not null.
fn write_scalar(value: Value<'_>, out: &mut String) -> Result<(), FormatError> {
    // Writing to a String cannot fail.
    let array: ArrayRef = match value {
        Value::Null | Value::Array(_) | Value::Object(_) => return Ok(()),
        Value::Boolean(value) => {
            out.push_str(if value { "true" } else { "false" });
            return Ok(());
        }
        Value::Integer(value) => {
            let _ = write!(out, "{value}");
            return Ok(());
        }
        Value::Uuid(bytes) => {
            let _ = write!(out, "{}", uuid::Uuid::from_bytes(bytes));
            return Ok(());
        }
        Value::String(value) => {
            out.push_str(value);
            return Ok(());
        }
        Value::Float(value) => Arc::new(Float32Array::from_value(value, 1)),
        Value::Double(value) => Arc::new(Float64Array::from_value(value, 1)),
        Value::Decimal { unscaled, precision, scale } => Arc::new(decimal(unscaled, precision, scale)),
        Value::Date(days) => Arc::new(Date32Array::from_value(days, 1)),
        Value::Time(micros) => Arc::new(Time64MicrosecondArray::from_value(micros, 1)),
        Value::Timestamp(micros) => Arc::new(TimestampMicrosecondArray::from_value(micros, 1)),
        Value::TimestampTz(micros) => Arc::new(TimestampMicrosecondArray::from_value(micros, 1).with_timezone_utc()),
        Value::TimestampNs(nanos) => Arc::new(TimestampNanosecondArray::from_value(nanos, 1)),
        Value::TimestampTzNs(nanos) => Arc::new(TimestampNanosecondArray::from_value(nanos, 1).with_timezone_utc()),
        Value::Binary(bytes) => Arc::new(BinaryArray::from_vec(vec![bytes])),
    };
    let field = Field::new("", array.data_type().clone(), true);
    ValueDisplay::try_new(array.as_ref(), &field, &DisplayOptions::default())?.write(0, out);
    Ok(())
}

/// A decimal array of one value. The precision only decides whether a zero stands before the point, so one that Arrow
/// has no type for becomes the nearest that prints the same.
fn decimal(unscaled: i128, precision: u8, scale: i8) -> Decimal128Array {
    let array = Decimal128Array::from_value(unscaled, 1);
    let precision = precision.max(scale.unsigned_abs()).clamp(1, 38);
    array.with_data_type(DataType::Decimal128(precision, scale))
}

/// Appends what stands before the item at `index` of a list or object.
pub(super) fn write_separator(index: usize, style: Style, out: &mut String) {
    if index > 0 {
        out.push_str(if style == Style::Json { "," } else { ", " });
    }
}

/// Appends `'key': `, or `"key":` in JSON.
pub(super) fn write_key(key: &str, style: Style, out: &mut String) {
    if style == Style::Json {
        out.push_str(&serde_json::Value::String(key.to_string()).to_string());
        out.push(':');
        return;
    }
    push_quoted(out, key);
    out.push_str(": ");
}

/// Quotes the text from `start` on if it could be misread as a part of a list or object.
fn quote_if_needed(out: &mut String, start: usize) {
    if needs_quotes(&out[start..]) {
        let text = out.split_off(start);
        push_quoted(out, &text);
    }
}

fn needs_quotes(text: &str) -> bool {
    let bytes = text.as_bytes();
    let blank = |byte: Option<&u8>| byte.is_none_or(|b| matches!(b, b' ' | b'\t'..=b'\r'));
    blank(bytes.first())
        || blank(bytes.last())
        || text.eq_ignore_ascii_case("null")
        || bytes
            .iter()
            .any(|b| matches!(b, b'"' | b'\'' | b'(' | b')' | b',' | b':' | b'=' | b'[' | b']' | b'{' | b'}'))
}

fn push_quoted(out: &mut String, text: &str) {
    out.push('\'');
    for c in text.chars() {
        if matches!(c, '\'' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('\'');
}

/// # Errors
/// If the text of one value has become too long to be one.
pub(super) fn check_length(out: &str) -> Result<(), FormatError> {
    if out.len() > MAX_TEXT {
        return Err(invalid(format!("the text of a value exceeds {} MiB", MAX_TEXT >> 20)));
    }
    Ok(())
}

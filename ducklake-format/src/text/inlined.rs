//! Lists, structs and maps as the text that inlined data tables hold.
//!
//! DuckDB writes top-level structs in its literal form and everything else in display form, but reads all of them with
//! the parser of the display form. What is written here means the same in both forms: strings without quotes and
//! backslashes stand in single quotes. Others do too inside lists and maps, with backslash escapes, and in double
//! quotes directly in a struct, where the literal form has no token that starts like that.

use std::borrow::Cow;
use std::collections::HashSet;

use arrow::array::{Array, AsArray, StructArray};
use arrow::buffer::NullBuffer;

use super::display::{DisplayOptions, ValueDisplay};
use crate::{FormatError, LakeType};

/// Types nested deeper than this are refused, as decoding refuses them.
const MAX_DEPTH: usize = 128;

/// Prints the values of a list, struct or map array for an inlined data table.
#[derive(Debug)]
pub struct InlinedText<'a> {
    value: Value<'a>,
}

/// There is no text from which DuckDB would read the value.
struct Inexpressible;

type Written = Result<(), Inexpressible>;

/// An array with its type resolved.
#[derive(Debug)]
enum Value<'a> {
    Scalar { display: ValueDisplay<'a>, kind: Kind },
    List { nulls: Option<&'a NullBuffer>, offsets: &'a [i32], element: Box<Value<'a>>, is_json: bool },
    Struct { array: &'a StructArray, members: Vec<(String, Value<'a>)> },
    Map { nulls: Option<&'a NullBuffer>, offsets: &'a [i32], key: Box<Value<'a>>, value: Box<Value<'a>> },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Bare,
    Quoted,
    Json,
}

/// Where a value stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Top level, or in structs only.
    Struct,
    /// Somewhere in a list or map.
    Display,
    /// In lists of JSON, which DuckDB reads as one JSON array.
    JsonArray,
}

impl<'a> InlinedText<'a> {
    /// A printer for an array of `lake_type` values.
    ///
    /// # Errors
    /// [`FormatError::UnknownType`] for types that are nested too deeply.
    pub fn try_new(array: &'a dyn Array, lake_type: &LakeType) -> Result<Self, FormatError> {
        Ok(Self { value: Value::new(array, lake_type, 0)? })
    }

    /// Appends the text of a row's value. If it returns `false`, which also NULL does, there is no such text, and
    /// `out` is as it was.
    ///
    /// # Panics
    /// If the array has no such row.
    pub fn write(&self, row: usize, out: &mut String) -> bool {
        let start = out.len();
        let written = !self.value.is_null(row) && self.value.write(row, Place::Struct, out).is_ok();
        if !written {
            out.truncate(start);
        }
        written
    }
}

impl<'a> Value<'a> {
    fn new(array: &'a dyn Array, lake_type: &LakeType, depth: usize) -> Result<Self, FormatError> {
        if depth > MAX_DEPTH {
            return Err(FormatError::UnknownType { text: format!("a type nested more than {MAX_DEPTH} levels deep") });
        }
        let child = |array: &'a dyn Array, lake_type| Self::new(array, lake_type, depth + 1);
        Ok(match lake_type {
            LakeType::List(element) => {
                let list = array.as_list::<i32>();
                let element_type = element.as_ref();
                let element = Box::new(child(list.values().as_ref(), element_type)?);
                let is_json = is_json(element_type);
                Self::List { nulls: list.nulls(), offsets: list.value_offsets(), element, is_json }
            }
            LakeType::Struct(members) => {
                let array = array.as_struct();
                let members = members
                    .iter()
                    .zip(array.columns())
                    .map(|((name, member), column)| Ok((name.clone(), child(column.as_ref(), member)?)));
                Self::Struct { array, members: members.collect::<Result<_, FormatError>>()? }
            }
            LakeType::Map(key, value) => {
                let map = array.as_map();
                let key = Box::new(child(map.keys().as_ref(), key)?);
                let value = Box::new(child(map.values().as_ref(), value)?);
                Self::Map { nulls: map.nulls(), offsets: map.value_offsets(), key, value }
            }
            scalar => Self::Scalar {
                display: ValueDisplay::try_new(array, &scalar.field(""), &DisplayOptions::default())?,
                kind: kind(scalar),
            },
        })
    }

    fn is_null(&self, row: usize) -> bool {
        match self {
            Self::Scalar { display, .. } => display.is_null(row),
            Self::List { nulls, .. } | Self::Map { nulls, .. } => nulls.is_some_and(|nulls| nulls.is_null(row)),
            Self::Struct { array, .. } => array.is_null(row),
        }
    }

    /// Appends a value that is not NULL.
    fn write(&self, row: usize, place: Place, out: &mut String) -> Written {
        match self {
            Self::Scalar { display, kind } => {
                let mut text = String::new();
                display.write(row, &mut text);
                push_scalar(&text, *kind, place, out)
            }
            Self::List { offsets, element, is_json, .. } => {
                let place = if *is_json { Place::JsonArray } else { Place::Display };
                enclosed(out, '[', ']', range(offsets, row), |i, out| element.write_part(i, place, out))
            }
            Self::Struct { members, .. } => enclosed(out, '{', '}', 0..members.len(), |i, out| {
                let (name, member) = &members[i];
                push_quoted(name, place, out);
                out.push_str(": ");
                member.write_part(row, place, out)
            }),
            Self::Map { offsets, key, value, .. } => {
                let mut keys = HashSet::new();
                enclosed(out, '{', '}', range(offsets, row), |i, out| {
                    let start = out.len();
                    key.write_part(i, Place::Display, out)?;
                    // DuckDB refuses to read maps with two entries for a key, or for none.
                    if key.is_null(i) || !keys.insert(out[start..].to_string()) {
                        return Err(Inexpressible);
                    }
                    out.push('=');
                    value.write_part(i, Place::Display, out)
                })
            }
        }
    }

    /// Appends a value as part of another.
    fn write_part(&self, row: usize, place: Place, out: &mut String) -> Written {
        if self.is_null(row) {
            // In a JSON array DuckDB would read the JSON value null.
            return if place == Place::JsonArray { Err(Inexpressible) } else { push(out, "NULL") };
        }
        let start = out.len();
        self.write(row, place, out)?;
        let is_nested = !matches!(self, Self::Scalar { .. });
        if is_nested && closes_early(&out[start..]) { Err(Inexpressible) } else { Ok(()) }
    }
}

fn is_json(lake_type: &LakeType) -> bool {
    match lake_type {
        LakeType::List(element) => is_json(element),
        other => *other == LakeType::Json,
    }
}

fn kind(scalar: &LakeType) -> Kind {
    match scalar {
        LakeType::Boolean
        | LakeType::Int8
        | LakeType::Int16
        | LakeType::Int32
        | LakeType::Int64
        | LakeType::Int128
        | LakeType::UInt8
        | LakeType::UInt16
        | LakeType::UInt32
        | LakeType::UInt64
        | LakeType::UInt128
        | LakeType::Float32
        | LakeType::Float64
        | LakeType::Decimal { .. } => Kind::Bare,
        LakeType::Json => Kind::Json,
        _ => Kind::Quoted,
    }
}

fn range(offsets: &[i32], row: usize) -> std::ops::Range<usize> {
    offsets[row] as usize..offsets[row + 1] as usize
}

fn enclosed(
    out: &mut String,
    open: char,
    close: char,
    parts: std::ops::Range<usize>,
    mut part: impl FnMut(usize, &mut String) -> Written,
) -> Written {
    out.push(open);
    for (i, index) in parts.enumerate() {
        if i > 0 {
            out.push_str(", ");
        }
        part(index, out)?;
    }
    out.push(close);
    Ok(())
}

fn push(out: &mut String, text: &str) -> Written {
    out.push_str(text);
    Ok(())
}

fn push_scalar(text: &str, kind: Kind, place: Place, out: &mut String) -> Written {
    match (kind, place) {
        (Kind::Bare, _) => push(out, text),
        (Kind::Json, Place::JsonArray) => {
            if serde_json::from_str::<serde_json::Value>(text).is_err() {
                return Err(Inexpressible);
            }
            push(out, text)
        }
        _ => {
            push_quoted(text, place, out);
            Ok(())
        }
    }
}

fn push_quoted(text: &str, place: Place, out: &mut String) {
    let is_plain = !text.contains(['\'', '\\']);
    let quote = if is_plain || place != Place::Struct { '\'' } else { '"' };
    let escaped: Cow<'_, str> = if is_plain {
        Cow::Borrowed(text)
    } else {
        let escape = |c: char| c == '\\' || c == quote;
        text.chars().flat_map(|c| escape(c).then_some('\\').into_iter().chain([c])).collect()
    };
    out.push(quote);
    out.push_str(&escaped);
    out.push(quote);
}

/// Whether DuckDB, which does not heed quotes when it looks for the end of a nested value in another, would take a
/// bracket in a string for the end. What follows would lose its quotes.
fn closes_early(text: &str) -> bool {
    let (open, close) = if text.starts_with('[') { (b'[', b']') } else { (b'{', b'}') };
    let mut depth = 0usize;
    let end = text.bytes().position(|byte| {
        depth += usize::from(byte == open);
        depth -= usize::from(byte == close && depth > 0);
        depth == 0
    });
    end.is_some_and(|end| end + 1 < text.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{TextDecoder, TextForm};

    /// The text that a value in display form is written as.
    fn written(lake_type: &LakeType, display: &str) -> Option<String> {
        let mut decoder = TextDecoder::new(lake_type);
        decoder.append(display, TextForm::Display).unwrap();
        let array = decoder.finish();
        let mut text = String::from("kept");
        let is_written = InlinedText::try_new(array.as_ref(), lake_type).unwrap().write(0, &mut text);
        assert!(text.starts_with("kept") && is_written == (text.len() > 4));
        is_written.then(|| text.split_off(4))
    }

    fn list(element: LakeType) -> LakeType {
        LakeType::List(Box::new(element))
    }

    fn record(name: &str, member: LakeType) -> LakeType {
        LakeType::Struct(vec![(name.to_string(), member)])
    }

    fn map(key: LakeType, value: LakeType) -> LakeType {
        LakeType::Map(Box::new(key), Box::new(value))
    }

    #[test]
    fn strings_are_quoted_by_where_they_stand() {
        let text = LakeType::Varchar;
        for (lake_type, display, expected) in [
            (list(text.clone()), r"[a, NULL, 'NULL', 'it\'s', a\b]", r"['a', NULL, 'NULL', 'it\'s', 'a\\b']"),
            (record("k", text.clone()), r"{'k': 'it\'s'}", r#"{'k': "it's"}"#),
            (record("it's", text.clone()), r#"{'it\'s': 'a"b\\'}"#, r#"{"it's": "a\"b\\"}"#),
            (record("k", list(text.clone())), r"{'k': ['it\'s']}", r"{'k': ['it\'s']}"),
            (record("k", LakeType::Blob), r"{'k': \x00a}", r#"{'k': "\\x00a"}"#),
            (map(text.clone(), LakeType::Float64), "{'='=nan, b=-0.0}", "{'='=nan, 'b'=-0.0}"),
            (list(LakeType::Json), r#"[{"a": "it's"}, null]"#, r#"[{"a": "it's"}, null]"#),
            (record("j", LakeType::Json), r#"{'j': '{"a": 1}'}"#, r#"{'j': '{"a": 1}'}"#),
        ] {
            assert_eq!(written(&lake_type, display).as_deref(), Some(expected), "{lake_type}");
        }
    }

    #[test]
    fn what_duckdb_would_misread_is_not_written() {
        let text = LakeType::Varchar;
        let unreadable = [
            (record("k", record("z", text.clone())), "{'k': {'z': '}'}}"),
            (list(list(text.clone())), "[[']']]"),
            (list(LakeType::Json), "[1, NULL]"),
            (map(text.clone(), LakeType::Int64), "{a=1, a=2}"),
        ];
        for (lake_type, display) in unreadable {
            assert_eq!(written(&lake_type, display), None, "{lake_type}");
        }
        let readable = [
            (record("k", record("z", text.clone())), "{'k': {'z': '{x} ]'}}"),
            (record("k", text.clone()), "{'k': '}'}"),
            (list(list(text)), "[['}']]"),
        ];
        for (lake_type, display) in readable {
            assert!(written(&lake_type, display).is_some(), "{lake_type}");
        }
    }
}

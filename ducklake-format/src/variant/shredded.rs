//! Parquet's variant shredding: values that a writer put into typed columns, wholly or in part.

use arrow::array::{Array, AsArray, GenericListArray, OffsetSizeTrait, StructArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{DataType, Field};

use super::binary::{Decoder, Kind, Metadata, Value};
use super::print::{Style, check_length, finish_scalar, write_key, write_separator, write_value};
use super::{MAX_DEPTH, invalid};
use crate::text::{DisplayOptions, ValueDisplay};
use crate::types::TYPE_METADATA_KEY;
use crate::{FormatError, LakeType};

/// A column of bytes, whichever way Arrow holds it.
pub(super) struct Bytes<'a> {
    array: &'a dyn Array,
    value: fn(&'a dyn Array, usize) -> &'a [u8],
}

impl<'a> Bytes<'a> {
    /// `None` if the array is of no binary type.
    pub(super) fn new(array: &'a dyn Array) -> Option<Self> {
        let value: fn(&'a dyn Array, usize) -> &'a [u8] = match array.data_type() {
            DataType::Binary => |array, row| array.as_binary::<i32>().value(row),
            DataType::LargeBinary => |array, row| array.as_binary::<i64>().value(row),
            DataType::BinaryView => |array, row| array.as_binary_view().value(row),
            _ => return None,
        };
        Some(Self { array, value })
    }

    pub(super) fn get(&self, row: usize) -> Option<&'a [u8]> {
        self.array.is_valid(row).then(|| (self.value)(self.array, row))
    }
}

/// A pair of `value` and `typed_value`: the whole column, a field of a shredded object, or an element of a list.
pub(super) struct Group<'a> {
    nulls: Option<&'a NullBuffer>,
    value: Option<Bytes<'a>>,
    typed: Option<Typed<'a>>,
    depth: usize,
}

/// A `typed_value`.
enum Typed<'a> {
    Scalar {
        display: ValueDisplay<'a>,
        kind: Kind,
    },
    List {
        nulls: Option<&'a NullBuffer>,
        range: Box<dyn Fn(usize) -> std::ops::Range<usize> + 'a>,
        element: Box<Group<'a>>,
    },
    Object {
        nulls: Option<&'a NullBuffer>,
        /// In byte order of their names.
        fields: Vec<(&'a str, Group<'a>)>,
    },
}

impl Typed<'_> {
    fn is_valid(&self, row: usize) -> bool {
        match self {
            Self::Scalar { display, .. } => !display.is_null(row),
            Self::List { nulls, .. } | Self::Object { nulls, .. } => nulls.is_none_or(|nulls| nulls.is_valid(row)),
        }
    }
}

impl<'a> Group<'a> {
    /// The group that a struct array holds in its fields `value` and `typed_value`, at a depth of nesting.
    pub(super) fn try_new(column: &'a StructArray, depth: usize) -> Result<Self, FormatError> {
        if depth > MAX_DEPTH {
            return Err(invalid(format!("it is shredded more than {MAX_DEPTH} deep")));
        }
        let value = match column.column_by_name("value") {
            None => None,
            Some(array) => Some(Bytes::new(array.as_ref()).ok_or_else(|| invalid("its column 'value' is not binary"))?),
        };
        let typed = match column.column_by_name("typed_value") {
            None => None,
            Some(array) => Some(typed(array.as_ref(), depth)?),
        };
        if value.is_none() && typed.is_none() {
            return Err(invalid("its group has neither 'value' nor 'typed_value'"));
        }
        Ok(Self { nulls: column.nulls(), value, typed, depth })
    }

    /// Appends the text of a row in a style. Returns whether it is not null.
    pub(super) fn write(
        &self,
        row: usize,
        metadata: Metadata<'a>,
        style: Style,
        out: &mut String,
    ) -> Result<bool, FormatError> {
        check_length(out)?;
        match self.parts(row) {
            (Some(Typed::Object { fields, .. }), rest) => self.write_object(fields, rest, row, metadata, style, out)?,
            // Only objects may have both; DuckDB then takes the typed value.
            (Some(Typed::List { range, element, .. }), _) => {
                let items_style = style.of_items(range(row).map(|item| element.kind(item)));
                out.push('[');
                for (i, item) in range(row).enumerate() {
                    write_separator(i, style, out);
                    element.write(item, metadata, items_style, out)?;
                }
                out.push(']');
            }
            (Some(Typed::Scalar { display, kind, .. }), _) => {
                let start = out.len();
                display.write(row, out);
                let bare = style == Style::Json
                    && matches!(display.to_json(row), serde_json::Value::Number(_) | serde_json::Value::Bool(_));
                finish_scalar(style, *kind, bare, start, out);
            }
            (None, Some(bytes)) => {
                let mut decoder = Decoder::new(metadata, bytes.len());
                return write_value(bytes, &mut decoder, self.depth, style, out);
            }
            (None, None) => {
                out.push_str(style.null());
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The typed value and the encoded value of a row.
    fn parts(&self, row: usize) -> (Option<&Typed<'a>>, Option<&'a [u8]>) {
        if self.nulls.is_some_and(|nulls| nulls.is_null(row)) {
            return (None, None);
        }
        let typed = self.typed.as_ref().filter(|typed| typed.is_valid(row));
        (typed, self.value.as_ref().and_then(|value| value.get(row)))
    }

    fn kind(&self, row: usize) -> Kind {
        match self.parts(row) {
            (Some(Typed::Scalar { kind, .. }), _) => *kind,
            (None, Some(bytes)) => Kind::of(bytes),
            _ => Kind::Other,
        }
    }

    /// Whether a field of an object is absent in a row, which differs from null.
    fn is_missing(&self, row: usize) -> bool {
        matches!(self.parts(row), (None, None))
    }

    /// Appends an object that is shredded into `fields`; `rest` has those members that are not.
    fn write_object(
        &self,
        fields: &[(&'a str, Group<'a>)],
        rest: Option<&'a [u8]>,
        row: usize,
        metadata: Metadata<'a>,
        style: Style,
        out: &mut String,
    ) -> Result<(), FormatError> {
        let mut decoder = Decoder::new(metadata, rest.map_or(0, <[u8]>::len));
        let members = match rest {
            None => Vec::new(),
            Some(bytes) => match decoder.value(bytes, self.depth)? {
                Value::Object(members) => members,
                _ => return Err(invalid("a row has fields of an object but a value that is none")),
            },
        };
        let mut members = members.into_iter().peekable();
        let mut fields = fields.iter().filter(|(_, group)| !group.is_missing(row)).peekable();
        out.push('{');
        for i in 0.. {
            // The next key of the two sorted sequences; where both have it, the shredded field counts.
            let member = match (fields.peek(), members.peek()) {
                (None, None) => break,
                (Some(_), None) => None,
                (Some((name, _)), Some((key, _))) if name <= key => {
                    members.next_if(|(key, _)| key == name);
                    None
                }
                _ => members.next(),
            };
            write_separator(i, style, out);
            if let Some((key, bytes)) = member {
                write_key(key, style, out);
                write_value(bytes, &mut decoder, self.depth + 1, style.of_members(), out)?;
            } else if let Some((name, group)) = fields.next() {
                write_key(name, style, out);
                group.write(row, metadata, style.of_members(), out)?;
            }
        }
        out.push('}');
        Ok(())
    }
}

fn typed<'a>(array: &'a dyn Array, depth: usize) -> Result<Typed<'a>, FormatError> {
    let group = |array: &'a dyn Array| match array.as_struct_opt() {
        Some(column) => Group::try_new(column, depth + 1),
        None => Err(invalid("a part of its typed value is no group")),
    };
    Ok(match array.data_type() {
        DataType::Struct(fields) => {
            let columns = array.as_struct().columns();
            let parts = fields.iter().zip(columns);
            let mut fields: Vec<(&str, Group<'_>)> = parts
                .map(|(field, column)| Ok((field.name().as_str(), group(column.as_ref())?)))
                .collect::<Result<_, _>>()?;
            fields.sort_by_key(|(name, _)| *name);
            Typed::Object { nulls: array.nulls(), fields }
        }
        DataType::List(_) => list(array.as_list::<i32>(), group)?,
        DataType::LargeList(_) => list(array.as_list::<i64>(), group)?,
        data_type if data_type.is_nested() => {
            return Err(invalid(format!("its typed value has the type {data_type}")));
        }
        data_type => {
            let field = Field::new("", data_type.clone(), true);
            // No other fixed number of bytes occurs in variants.
            let field = match data_type {
                DataType::FixedSizeBinary(16) => {
                    field.with_metadata([(TYPE_METADATA_KEY.to_string(), LakeType::Uuid.to_string())].into())
                }
                _ => field,
            };
            let display = ValueDisplay::try_new(array, &field, &DisplayOptions::default())?;
            Typed::Scalar { display, kind: Kind::of_column(data_type) }
        }
    })
}

fn list<'a, O: OffsetSizeTrait>(
    list: &'a GenericListArray<O>,
    group: impl FnOnce(&'a dyn Array) -> Result<Group<'a>, FormatError>,
) -> Result<Typed<'a>, FormatError> {
    let offsets = list.value_offsets();
    let range = move |row: usize| offsets[row].as_usize()..offsets[row + 1].as_usize();
    let element = Box::new(group(list.values().as_ref())?);
    Ok(Typed::List { nulls: list.nulls(), range: Box::new(range), element })
}

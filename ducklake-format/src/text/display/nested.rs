//! Printers of lists, structs and maps, and of arrays that refer to another array's values.

use std::ops::Range;

use arrow::array::{Array, AsArray, GenericListArray, OffsetSizeTrait, RunArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{DataType, Field, Int16Type, Int32Type, Int64Type, RunEndIndexType};

use super::{DisplayOptions, Embedding, Printer, json_of, text_of};
use crate::FormatError;

type BoxedPrinter<'a> = Box<dyn Printer + 'a>;

/// The printer of a nested or indirect array, `None` for other arrays.
pub(super) fn resolve<'a>(
    array: &'a dyn Array,
    field: &Field,
    options: &DisplayOptions,
    depth: usize,
) -> Result<Option<BoxedPrinter<'a>>, FormatError> {
    let child = |array: &'a dyn Array, field: &Field| super::resolve(array, field, options, depth + 1);
    Ok(Some(match array.data_type() {
        DataType::List(item) => offset_list(array.as_list::<i32>(), item, child)?,
        DataType::LargeList(item) => offset_list(array.as_list::<i64>(), item, child)?,
        DataType::FixedSizeList(item, size) => {
            let list = array.as_fixed_size_list();
            let size = usize::try_from(*size).unwrap_or_default();
            // Taken from the array, because a slice of it does not start at the first element.
            let start = move |row: usize| list.value_offset(row) as usize;
            list_printer(array, child(list.values().as_ref(), item)?, move |row| start(row)..start(row) + size)
        }
        DataType::ListView(item) => {
            let list = array.as_list_view::<i32>();
            list_printer(array, child(list.values().as_ref(), item)?, move |row| {
                let start = list.value_offsets()[row] as usize;
                start..start + list.value_sizes()[row] as usize
            })
        }
        DataType::LargeListView(item) => {
            let list = array.as_list_view::<i64>();
            list_printer(array, child(list.values().as_ref(), item)?, move |row| {
                let start = list.value_offsets()[row] as usize;
                start..start + list.value_sizes()[row] as usize
            })
        }
        DataType::Struct(fields) => {
            let columns = array.as_struct().columns();
            let members = fields.iter().zip(columns).map(|(field, column)| {
                Ok(Member {
                    name: field.name().clone(),
                    key: quoted_key(field.name()),
                    value: child(column.as_ref(), field)?,
                })
            });
            Box::new(StructPrinter {
                nulls: array.nulls().cloned(),
                members: members.collect::<Result<_, FormatError>>()?,
            })
        }
        DataType::Map(entries, _) => {
            let map = array.as_map();
            let DataType::Struct(parts) = entries.data_type() else { return Ok(None) };
            let [key, value] = parts.as_ref() else { return Ok(None) };
            Box::new(MapPrinter {
                nulls: array.nulls().cloned(),
                offsets: map.value_offsets(),
                keys: child(map.keys().as_ref(), key)?,
                values: child(map.values().as_ref(), value)?,
            })
        }
        DataType::Dictionary(_, value_type) => {
            let dictionary = array.as_any_dictionary();
            let values = dictionary.values().as_ref();
            // Normalising keys needs at least one value; without any, every row is NULL.
            let rows = if values.is_empty() { Vec::new() } else { dictionary.normalized_keys() };
            indirect(array, child(values, &retyped(field, value_type))?, move |row| rows[row])
        }
        DataType::RunEndEncoded(run_ends, values) => {
            let values = retyped(field, values.data_type());
            match run_ends.data_type() {
                DataType::Int16 => runs::<Int16Type>(array, &values, child)?,
                DataType::Int32 => runs::<Int32Type>(array, &values, child)?,
                _ => runs::<Int64Type>(array, &values, child)?,
            }
        }
        _ => return Ok(None),
    }))
}

/// A field of another type that keeps the metadata, which names the DuckLake type.
fn retyped(field: &Field, data_type: &DataType) -> Field {
    field.clone().with_data_type(data_type.clone())
}

fn offset_list<'a, O: OffsetSizeTrait>(
    list: &'a GenericListArray<O>,
    item: &Field,
    child: impl FnOnce(&'a dyn Array, &Field) -> Result<BoxedPrinter<'a>, FormatError>,
) -> Result<BoxedPrinter<'a>, FormatError> {
    let offsets = list.value_offsets();
    let element = child(list.values().as_ref(), item)?;
    Ok(list_printer(list, element, move |row| offsets[row].as_usize()..offsets[row + 1].as_usize()))
}

fn list_printer<'a>(
    array: &'a dyn Array,
    element: BoxedPrinter<'a>,
    range: impl Fn(usize) -> Range<usize> + 'a,
) -> BoxedPrinter<'a> {
    Box::new(ListPrinter { nulls: array.nulls().cloned(), range, element })
}

fn runs<'a, R: RunEndIndexType>(
    array: &'a dyn Array,
    values: &Field,
    child: impl FnOnce(&'a dyn Array, &Field) -> Result<BoxedPrinter<'a>, FormatError>,
) -> Result<BoxedPrinter<'a>, FormatError> {
    let Some(run_array) = array.as_any().downcast_ref::<RunArray<R>>() else {
        return Err(FormatError::UnknownType { text: array.data_type().to_string() });
    };
    let printer = child(run_array.values().as_ref(), values)?;
    Ok(indirect(array, printer, move |row| run_array.get_physical_index(row)))
}

fn indirect<'a>(
    array: &'a dyn Array,
    values: BoxedPrinter<'a>,
    position: impl Fn(usize) -> usize + 'a,
) -> BoxedPrinter<'a> {
    Box::new(IndirectPrinter { nulls: array.logical_nulls(), position, values })
}

fn is_null(nulls: Option<&NullBuffer>, row: usize) -> bool {
    nulls.is_some_and(|nulls| nulls.is_null(row))
}

/// Writes separator and braces around parts.
fn enclosed(out: &mut String, open: char, close: char, parts: Range<usize>, mut part: impl FnMut(usize, &mut String)) {
    out.push(open);
    for (i, index) in parts.enumerate() {
        if i > 0 {
            out.push_str(", ");
        }
        part(index, out);
    }
    out.push(close);
}

/// Appends a value as a part of a nested one, quoted where its text would be misread otherwise.
fn push_part(out: &mut String, printer: &dyn Printer, row: usize, in_list: bool) {
    if printer.is_null(row) {
        return out.push_str("NULL");
    }
    let start = out.len();
    printer.write(row, out);
    let bare = match printer.embedding() {
        Embedding::Bare => true,
        Embedding::Json => in_list || !needs_quotes(&out[start..]),
        Embedding::Quoted => !needs_quotes(&out[start..]),
    };
    if !bare {
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

fn quoted_key(name: &str) -> String {
    let mut key = String::with_capacity(name.len() + 4);
    push_quoted(&mut key, name);
    key.push_str(": ");
    key
}

struct ListPrinter<'a, R> {
    nulls: Option<NullBuffer>,
    range: R,
    element: BoxedPrinter<'a>,
}

impl<R: Fn(usize) -> Range<usize>> Printer for ListPrinter<'_, R> {
    fn is_null(&self, row: usize) -> bool {
        is_null(self.nulls.as_ref(), row)
    }

    fn write(&self, row: usize, out: &mut String) {
        enclosed(out, '[', ']', (self.range)(row), |i, out| push_part(out, self.element.as_ref(), i, true));
    }

    fn json(&self, row: usize) -> serde_json::Value {
        (self.range)(row).map(|i| json_of(self.element.as_ref(), i)).collect()
    }

    fn embedding(&self) -> Embedding {
        Embedding::Bare
    }
}

struct Member<'a> {
    name: String,
    /// The quoted name with its colon.
    key: String,
    value: BoxedPrinter<'a>,
}

struct StructPrinter<'a> {
    nulls: Option<NullBuffer>,
    members: Vec<Member<'a>>,
}

impl Printer for StructPrinter<'_> {
    fn is_null(&self, row: usize) -> bool {
        is_null(self.nulls.as_ref(), row)
    }

    fn write(&self, row: usize, out: &mut String) {
        enclosed(out, '{', '}', 0..self.members.len(), |i, out| {
            out.push_str(&self.members[i].key);
            push_part(out, self.members[i].value.as_ref(), row, false);
        });
    }

    fn json(&self, row: usize) -> serde_json::Value {
        let members = self.members.iter().map(|member| (member.name.clone(), json_of(member.value.as_ref(), row)));
        serde_json::Value::Object(members.collect())
    }

    fn embedding(&self) -> Embedding {
        Embedding::Bare
    }
}

struct MapPrinter<'a> {
    nulls: Option<NullBuffer>,
    offsets: &'a [i32],
    keys: BoxedPrinter<'a>,
    values: BoxedPrinter<'a>,
}

impl MapPrinter<'_> {
    fn entries(&self, row: usize) -> Range<usize> {
        self.offsets[row] as usize..self.offsets[row + 1] as usize
    }
}

impl Printer for MapPrinter<'_> {
    fn is_null(&self, row: usize) -> bool {
        is_null(self.nulls.as_ref(), row)
    }

    fn write(&self, row: usize, out: &mut String) {
        enclosed(out, '{', '}', self.entries(row), |i, out| {
            push_part(out, self.keys.as_ref(), i, false);
            out.push('=');
            push_part(out, self.values.as_ref(), i, false);
        });
    }

    fn json(&self, row: usize) -> serde_json::Value {
        let entries = self.entries(row).map(|i| {
            let key = if self.keys.is_null(i) { "NULL".to_string() } else { text_of(self.keys.as_ref(), i) };
            (key, json_of(self.values.as_ref(), i))
        });
        serde_json::Value::Object(entries.collect())
    }

    fn embedding(&self) -> Embedding {
        Embedding::Bare
    }
}

/// Prints rows that stand for a value at another position: dictionaries and runs.
struct IndirectPrinter<'a, P> {
    nulls: Option<NullBuffer>,
    position: P,
    values: BoxedPrinter<'a>,
}

impl<P: Fn(usize) -> usize> Printer for IndirectPrinter<'_, P> {
    fn is_null(&self, row: usize) -> bool {
        is_null(self.nulls.as_ref(), row)
    }

    fn write(&self, row: usize, out: &mut String) {
        self.values.write((self.position)(row), out);
    }

    fn json(&self, row: usize) -> serde_json::Value {
        self.values.json((self.position)(row))
    }

    fn embedding(&self) -> Embedding {
        self.values.embedding()
    }
}

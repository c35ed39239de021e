//! Query results as the columns of a table: DuckDB's implicit casts, refusing what does not fit.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, GenericListArray, MapArray, RecordBatch, RecordBatchOptions, StringViewBuilder,
    StructArray, new_null_array,
};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Field, Float32Type, Float64Type, Schema};
use arrow::util::display::FormatOptions;
use ducklake_format::LakeType;
use ducklake_format::columns::Column;
use ducklake_format::text::{DisplayOptions, TextDecoder, ValueDisplay};

use super::values::append_text;
use crate::error::{LakeError, Result};

/// A batch with exactly the table's columns; the batch's own stand in the same order.
///
/// # Errors
/// [`LakeError::Usage`] for a value that the column's type cannot hold.
pub(crate) fn to_table_batch(batch: &RecordBatch, columns: &[Column]) -> Result<RecordBatch> {
    if batch.num_columns() != columns.len() {
        return Err(LakeError::usage(format!(
            "the table has {} columns, but {} values were given",
            columns.len(),
            batch.num_columns()
        )));
    }
    let schema = batch.schema();
    let arrays = columns
        .iter()
        .enumerate()
        .map(|(index, column)| {
            let target = column.field();
            convert(batch.column(index), schema.field(index), &column.lake_type, target.data_type())
                .map_err(|problem| LakeError::usage(format!("column '{}': {problem}", column.name)))
        })
        .collect::<Result<Vec<_>>>()?;
    let schema = Arc::new(Schema::new(columns.iter().map(Column::field).collect::<Vec<_>>()));
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    Ok(RecordBatch::try_new_with_options(schema, arrays, &options)?)
}

/// What cannot be cast, as text.
type Cast = std::result::Result<ArrayRef, String>;

fn is_text(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}

/// `array` as values of a DuckLake type in the given Arrow type.
fn convert(array: &ArrayRef, field: &Field, to: &LakeType, target: &DataType) -> Cast {
    if let DataType::Dictionary(_, values) = array.data_type() {
        let plain = plain_cast(array, values)?;
        return convert(&plain, &Field::new(field.name(), values.as_ref().clone(), true), to, target);
    }
    if array.data_type() == &DataType::Null {
        return Ok(new_null_array(target, array.len()));
    }
    let from = LakeType::from_field(field);
    if from.as_ref() == Some(to) && array.data_type() == target {
        return Ok(Arc::clone(array));
    }
    match to {
        LakeType::Struct(fields) if matches!(array.data_type(), DataType::Struct(_)) => structs(array, fields, target),
        LakeType::List(element) if is_list(array.data_type()) => lists(array, element, target),
        LakeType::Map(key, value) if matches!(array.data_type(), DataType::Map(..)) => maps(array, key, value, target),
        LakeType::Varchar if !is_text(array.data_type()) => displayed(array, field, target),
        _ if is_text(array.data_type()) && *to != LakeType::Varchar && from.as_ref() != Some(to) => {
            parsed(array, to, target)
        }
        LakeType::Uuid | LakeType::TimeTz | LakeType::Json if !is_text(array.data_type()) => {
            let text = displayed(array, field, &DataType::Utf8)?;
            parsed(&text, to, target)
        }
        LakeType::Variant | LakeType::Geometry if from.as_ref() != Some(to) => {
            Err(format!("{} cannot be cast to {to}", array.data_type()))
        }
        _ => numbers(array, target),
    }
}

fn is_list(data_type: &DataType) -> bool {
    matches!(
        data_type,
        DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(..) | DataType::ListView(_)
    )
}

fn plain_cast(array: &ArrayRef, target: &DataType) -> Cast {
    let options = CastOptions { safe: false, format_options: FormatOptions::default() };
    cast_with_options(array, target, &options).map_err(|e| match e {
        arrow::error::ArrowError::CastError(text) | arrow::error::ArrowError::ComputeError(text) => text,
        other => other.to_string(),
    })
}

/// Casts between plain types; fractions are rounded to whole numbers, half to even, as DuckDB does.
fn numbers(array: &ArrayRef, target: &DataType) -> Cast {
    let is_whole = target.is_integer() || matches!(target, DataType::Decimal128(_, 0) | DataType::Decimal256(_, 0));
    let rounded: Option<ArrayRef> = match array.data_type() {
        DataType::Float64 if is_whole => {
            Some(Arc::new(array.as_primitive::<Float64Type>().unary::<_, Float64Type>(f64::round_ties_even)))
        }
        DataType::Float32 if is_whole => {
            Some(Arc::new(array.as_primitive::<Float32Type>().unary::<_, Float32Type>(f32::round_ties_even)))
        }
        DataType::Decimal128(precision, scale) if target.is_integer() && *scale > 0 => {
            Some(plain_cast(array, &DataType::Decimal128(*precision, 0))?)
        }
        _ => None,
    };
    plain_cast(rounded.as_ref().unwrap_or(array), target)
}

fn displayed(array: &ArrayRef, field: &Field, target: &DataType) -> Cast {
    let display = ValueDisplay::try_new(array, field, &DisplayOptions::default()).map_err(|e| e.to_string())?;
    let mut builder = StringViewBuilder::with_capacity(array.len());
    let mut text = String::new();
    for row in 0..array.len() {
        if display.is_null(row) {
            builder.append_null();
        } else {
            text.clear();
            display.write(row, &mut text);
            builder.append_value(&text);
        }
    }
    plain_cast(&(Arc::new(builder.finish()) as ArrayRef), target)
}

fn parsed(array: &ArrayRef, to: &LakeType, target: &DataType) -> Cast {
    let texts = plain_cast(array, &DataType::Utf8)?;
    let texts = texts.as_string::<i32>();
    let mut decoder = TextDecoder::new(to);
    for row in 0..texts.len() {
        if texts.is_null(row) {
            decoder.append_null();
        } else {
            append_text(&mut decoder, texts.value(row), to)?;
        }
    }
    let parsed = decoder.finish();
    if parsed.data_type() == target { Ok(parsed) } else { plain_cast(&parsed, target) }
}

/// What is said of text that is no value of a type.
pub(super) fn not_convertible(text: &str, to: &LakeType) -> String {
    format!("could not convert the text '{}' to {to}", shortened(text))
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_string(),
    }
}

/// Fields by name, in any order; missing ones are NULL.
fn structs(array: &ArrayRef, fields: &[(String, LakeType)], target: &DataType) -> Cast {
    let DataType::Struct(targets) = target else { return plain_cast(array, target) };
    let source = array.as_struct();
    let named = fields.iter().any(|(name, _)| source.fields().iter().any(|f| f.name().eq_ignore_ascii_case(name)));
    let children = fields
        .iter()
        .zip(targets)
        .enumerate()
        .map(|(index, ((name, lake_type), target))| {
            // ROW(1, 2) has no names of its own: its fields go by position.
            let at = if named {
                source.fields().iter().position(|f| f.name().eq_ignore_ascii_case(name))
            } else {
                (index < source.num_columns()).then_some(index)
            };
            match at {
                Some(at) => convert(source.column(at), &source.fields()[at], lake_type, target.data_type()),
                None => Ok(new_null_array(target.data_type(), source.len())),
            }
        })
        .collect::<std::result::Result<Vec<_>, String>>()?;
    // Fields that the column does not have are dropped, as DuckDB does.
    let result = StructArray::try_new_with_length(targets.clone(), children, source.nulls().cloned(), source.len());
    result.map(|a| Arc::new(a) as ArrayRef).map_err(|e| e.to_string())
}

fn lists(array: &ArrayRef, element: &LakeType, target: &DataType) -> Cast {
    let DataType::List(target_field) = target else { return plain_cast(array, target) };
    let (DataType::List(source_field)
    | DataType::LargeList(source_field)
    | DataType::FixedSizeList(source_field, _)
    | DataType::ListView(source_field)) = array.data_type()
    else {
        return plain_cast(array, target);
    };
    let list = plain_cast(array, &DataType::List(Arc::clone(source_field)))?;
    let list = list.as_list::<i32>();
    let values = convert(list.values(), source_field, element, target_field.data_type())?;
    let result = GenericListArray::<i32>::try_new(
        Arc::clone(target_field),
        list.offsets().clone(),
        values,
        list.nulls().cloned(),
    );
    result.map(|a| Arc::new(a) as ArrayRef).map_err(|e| e.to_string())
}

fn maps(array: &ArrayRef, key: &LakeType, value: &LakeType, target: &DataType) -> Cast {
    let DataType::Map(entries_field, ordered) = target else { return plain_cast(array, target) };
    let DataType::Struct(targets) = entries_field.data_type() else { return plain_cast(array, target) };
    let map = array.as_map();
    let entries = map.entries();
    let keys = convert(map.keys(), &entries.fields()[0], key, targets[0].data_type())?;
    let values = convert(map.values(), &entries.fields()[1], value, targets[1].data_type())?;
    let entries = StructArray::try_new(targets.clone(), vec![keys, values], None).map_err(|e| e.to_string())?;
    let result =
        MapArray::try_new(Arc::clone(entries_field), map.offsets().clone(), entries, map.nulls().cloned(), *ordered);
    result.map(|a| Arc::new(a) as ArrayRef).map_err(|e| e.to_string())
}

//! Conversions of whole arrays, from what the Parquet reader gives to what the table has.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Decimal128Array, Decimal256Array, FixedSizeBinaryArray, IntervalMonthDayNanoArray,
    ListArray, MapArray, StringBuilder, StringViewBuilder, StructArray, UInt32Array, new_null_array,
};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Field, Float64Type, IntervalMonthDayNano, Time64MicrosecondType, TimeUnit, i256};
use ducklake_format::LakeType;
use ducklake_format::text::{DisplayOptions, ValueDisplay};
use ducklake_format::types::TYPE_METADATA_KEY;
use ducklake_format::variant::{variant_json, variant_text};

use super::json::JsonWriter;
use super::{numbers, temporal};
use crate::error::{LakeError, Result};

/// What to do with an array of a file's column.
#[derive(Debug, Clone)]
pub(crate) enum ConvertPlan {
    /// Nothing.
    Identity,
    /// Arrow's cast; failing values are errors.
    Cast(DataType),
    /// A conversion that Arrow has no cast for.
    Special(Special, DataType),
    /// The text of values of this type: a promotion to json or variant.
    Text { source: LakeType, style: TextStyle, target: DataType },
    /// One after the other.
    Then(Box<ConvertPlan>, Box<ConvertPlan>),
    /// Not in the file: this value for every row.
    Constant(ArrayRef),
    /// Each child from its place in the file's struct, or a constant.
    Struct { parts: Vec<(Option<usize>, ConvertPlan)>, target: DataType },
    /// The elements.
    List { element: Box<ConvertPlan>, target: DataType },
    /// Keys and values.
    Map { key: Box<ConvertPlan>, value: Box<ConvertPlan>, target: DataType },
}

/// Conversions of our own (DuckLake spec, "Parquet form as DuckDB writes it").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Special {
    /// 128-bit integers are doubles in Parquet.
    DoubleToInt128,
    /// Unsigned ones likewise.
    DoubleToUInt128,
    /// Sixteen bytes in the order of their text.
    UuidText,
    /// Microseconds of UTC; files lose the offset.
    TimeTzText,
    /// Months, days and milliseconds, little-endian.
    IntervalBytes,
    /// Variant, plain or shredded.
    VariantText,
    /// Variant as JSON text: a promotion to json.
    VariantJson,
    /// Decimals as floating point numbers.
    DecimalToFloat,
    /// Dates and timestamps as timestamps of another kind.
    Timestamps,
}

/// How a value of another type becomes text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TextStyle {
    /// As JSON: a promotion to json.
    Json,
    /// As display text: a promotion to variant.
    Display,
}

/// The plan for a leaf; `None` where the file's type cannot be that leaf.
pub(super) fn plan_leaf(leaf: &LakeType, field: &Field, physical: &DataType, top_level: bool) -> Option<ConvertPlan> {
    let target = if top_level { leaf.arrow_type() } else { leaf.nested_arrow_type() };
    let special = |special| Some(ConvertPlan::Special(special, target.clone()));
    let is_text = matches!(physical, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
    let is_bytes = matches!(physical, DataType::Binary | DataType::LargeBinary | DataType::BinaryView);
    match leaf {
        LakeType::Int128 if *physical == DataType::Float64 => special(Special::DoubleToInt128),
        LakeType::UInt128 if *physical == DataType::Float64 => special(Special::DoubleToUInt128),
        LakeType::Int128 | LakeType::UInt128 if *physical == DataType::Boolean => {
            Some(then(ConvertPlan::Cast(DataType::Int64), ConvertPlan::Cast(target)))
        }
        LakeType::Float32 | LakeType::Float64 if matches!(physical, DataType::Decimal128(_, _)) => {
            special(Special::DecimalToFloat)
        }
        LakeType::Uuid if *physical == DataType::FixedSizeBinary(16) => special(Special::UuidText),
        LakeType::TimeTz if *physical == DataType::Time64(TimeUnit::Microsecond) => special(Special::TimeTzText),
        LakeType::Interval if *physical == DataType::FixedSizeBinary(12) => special(Special::IntervalBytes),
        LakeType::Variant if is_variant_group(physical) => special(Special::VariantText),
        LakeType::Json if is_variant_group(physical) => special(Special::VariantJson),
        LakeType::Variant | LakeType::Json if !is_text || source_type(field).is_some_and(|source| source != *leaf) => {
            let style = if *leaf == LakeType::Json { TextStyle::Json } else { TextStyle::Display };
            plan_text(field, physical, style, target)
        }
        _ if *physical == target && source_type(field).is_none_or(|source| source == *leaf) => {
            Some(ConvertPlan::Identity)
        }
        LakeType::Varchar if is_bytes || is_text => Some(ConvertPlan::Cast(target)),
        _ if physical.is_nested() => None,
        _ if temporal::needs_care(physical, &target) => special(Special::Timestamps),
        _ if arrow::compute::can_cast_types(physical, &target) => Some(ConvertPlan::Cast(target)),
        _ => None,
    }
}

fn then(first: ConvertPlan, second: ConvertPlan) -> ConvertPlan {
    ConvertPlan::Then(Box::new(first), Box::new(second))
}

/// The type that a field says it has, where its Arrow type alone does not tell.
fn source_type(field: &Field) -> Option<LakeType> {
    field.metadata().contains_key(TYPE_METADATA_KEY).then(|| LakeType::from_field(field)).flatten()
}

/// The plan for a column that was promoted to json or variant, by way of the type that it had.
fn plan_text(field: &Field, physical: &DataType, style: TextStyle, target: DataType) -> Option<ConvertPlan> {
    let source = match physical {
        DataType::FixedSizeBinary(16) => LakeType::Uuid,
        DataType::FixedSizeBinary(12) => LakeType::Interval,
        _ => LakeType::from_field(field)?,
    };
    let text = ConvertPlan::Text { source: source.clone(), style, target };
    let own = source.arrow_type();
    if *physical == own {
        return Some(text);
    }
    // What has the bytes of a blob may come as a string that is none.
    let first = match source {
        LakeType::Uuid => ConvertPlan::Special(Special::UuidText, own),
        LakeType::TimeTz if matches!(physical, DataType::Time64(_)) => ConvertPlan::Special(Special::TimeTzText, own),
        LakeType::Interval => ConvertPlan::Special(Special::IntervalBytes, own),
        LakeType::Blob | LakeType::Geometry => ConvertPlan::Cast(own),
        _ => return Some(text),
    };
    Some(then(first, text))
}

fn is_variant_group(physical: &DataType) -> bool {
    matches!(physical, DataType::Struct(fields) if fields.iter().any(|f| f.name() == "metadata")
        && fields.iter().any(|f| f.name() == "value" || f.name() == "typed_value"))
}

/// Applies a plan to an array.
///
/// # Errors
/// A value that does not fit the target type.
pub(crate) fn convert(array: &ArrayRef, plan: &ConvertPlan) -> Result<ArrayRef> {
    match plan {
        ConvertPlan::Identity => Ok(Arc::clone(array)),
        ConvertPlan::Cast(target) => {
            let options = CastOptions { safe: false, ..CastOptions::default() };
            Ok(cast_with_options(array, target, &options)?)
        }
        ConvertPlan::Special(special, target) => convert_special(array, *special, target),
        ConvertPlan::Text { source, style, target } => convert_text(array, source, *style, target),
        ConvertPlan::Then(first, second) => convert(&convert(array, first)?, second),
        ConvertPlan::Constant(value) => repeat(value, array.len()),
        ConvertPlan::Struct { parts, target } => convert_struct(array, parts, target),
        ConvertPlan::List { element, target } => convert_list(array, element, target),
        ConvertPlan::Map { key, value, target } => convert_map(array, key, value, target),
    }
}

/// `rows` copies of an array's only value.
pub(crate) fn repeat(value: &ArrayRef, rows: usize) -> Result<ArrayRef> {
    if value.is_null(0) {
        return Ok(new_null_array(value.data_type(), rows));
    }
    let indices = UInt32Array::from(vec![0_u32; rows]);
    Ok(arrow::compute::take(value, &indices, None)?)
}

fn mismatch(array: &ArrayRef, target: &DataType) -> LakeError {
    LakeError::Invalid(format!("a column of type {} cannot be read as {target}", array.data_type()))
}

fn convert_struct(array: &ArrayRef, parts: &[(Option<usize>, ConvertPlan)], target: &DataType) -> Result<ArrayRef> {
    let (Some(source), DataType::Struct(fields)) = (array.as_struct_opt(), target) else {
        return Err(mismatch(array, target));
    };
    let columns = parts
        .iter()
        .map(|(index, plan)| match index {
            Some(index) => convert(source.column(*index), plan),
            // A missing child of a present struct gets its default; under a NULL struct it is masked anyway.
            None => match plan {
                ConvertPlan::Constant(value) => repeat(value, source.len()),
                _ => Err(mismatch(array, target)),
            },
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(Arc::new(StructArray::try_new_with_length(fields.clone(), columns, source.nulls().cloned(), source.len())?))
}

fn convert_list(array: &ArrayRef, element: &ConvertPlan, target: &DataType) -> Result<ArrayRef> {
    let DataType::List(field) = target else { return Err(mismatch(array, target)) };
    let source = match array.data_type() {
        DataType::List(_) => Arc::clone(array),
        DataType::LargeList(inner) | DataType::FixedSizeList(inner, _) => {
            arrow::compute::cast(array, &DataType::List(Arc::clone(inner)))?
        }
        _ => return Err(mismatch(array, target)),
    };
    let source = source.as_list::<i32>();
    let values = convert(source.values(), element)?;
    Ok(Arc::new(ListArray::try_new(Arc::clone(field), source.offsets().clone(), values, source.nulls().cloned())?))
}

fn convert_map(array: &ArrayRef, key: &ConvertPlan, value: &ConvertPlan, target: &DataType) -> Result<ArrayRef> {
    let (Some(source), DataType::Map(entries, ordered)) = (array.as_map_opt(), target) else {
        return Err(mismatch(array, target));
    };
    let DataType::Struct(fields) = entries.data_type() else { return Err(mismatch(array, target)) };
    let columns = vec![convert(source.keys(), key)?, convert(source.values(), value)?];
    let entries_array = StructArray::try_new(fields.clone(), columns, None)?;
    let map = MapArray::try_new(
        Arc::clone(entries),
        source.offsets().clone(),
        entries_array,
        source.nulls().cloned(),
        *ordered,
    )?;
    Ok(Arc::new(map))
}

fn convert_special(array: &ArrayRef, special: Special, target: &DataType) -> Result<ArrayRef> {
    let converted: ArrayRef = match special {
        Special::DoubleToInt128 => {
            let source = array.as_primitive_opt::<Float64Type>().ok_or_else(|| mismatch(array, target))?;
            let values = source.try_unary::<_, arrow::datatypes::Decimal128Type, LakeError>(|v| {
                // 2^127 is exact as a double; what is below it and integral fits.
                let limit = 170_141_183_460_469_231_731_687_303_715_884_105_728_f64;
                if v >= -limit && v < limit { Ok(v.trunc() as i128) } else { Err(out_of_range(v, "int128")) }
            })?;
            Arc::new(Decimal128Array::from(values.into_data()).with_data_type(DataType::Decimal128(38, 0)))
        }
        Special::DoubleToUInt128 => {
            let source = array.as_primitive_opt::<Float64Type>().ok_or_else(|| mismatch(array, target))?;
            let values = source.try_unary::<_, arrow::datatypes::Decimal256Type, LakeError>(|v| {
                let limit = 340_282_366_920_938_463_463_374_607_431_768_211_456_f64;
                if v > -1.0 && v < limit {
                    Ok(i256::from_parts(v.trunc() as u128, 0))
                } else {
                    Err(out_of_range(v, "uint128"))
                }
            })?;
            Arc::new(Decimal256Array::from(values.into_data()).with_data_type(DataType::Decimal256(39, 0)))
        }
        Special::UuidText => {
            let source = fixed_bytes(array, target)?;
            text_array(source.len(), target, |row, out| {
                if source.is_null(row) {
                    return false;
                }
                let mut bytes = [0_u8; 16];
                bytes.copy_from_slice(&source.value(row)[..16]);
                out.push_str(uuid::Uuid::from_bytes(bytes).hyphenated().encode_lower(&mut uuid::Uuid::encode_buffer()));
                true
            })
        }
        Special::TimeTzText => {
            let source = array.as_primitive_opt::<Time64MicrosecondType>().ok_or_else(|| mismatch(array, target))?;
            let field = Field::new("t", source.data_type().clone(), true);
            let options = DisplayOptions::default();
            let display = ValueDisplay::try_new(source, &field, &options)?;
            text_array(source.len(), target, |row, out| {
                if source.is_null(row) {
                    return false;
                }
                display.write(row, out);
                out.push_str("+00");
                true
            })
        }
        Special::IntervalBytes => {
            let source = fixed_bytes(array, target)?;
            let word = |bytes: &[u8], at: usize| {
                let mut word = [0_u8; 4];
                word.copy_from_slice(&bytes[at..at + 4]);
                u32::from_le_bytes(word)
            };
            let values = source.iter().map(|bytes| {
                bytes.map(|bytes| IntervalMonthDayNano {
                    months: word(bytes, 0).cast_signed(),
                    days: word(bytes, 4).cast_signed(),
                    nanoseconds: i64::from(word(bytes, 8)) * 1_000_000,
                })
            });
            Arc::new(IntervalMonthDayNanoArray::from_iter(values))
        }
        Special::VariantText => {
            let source = array.as_struct_opt().ok_or_else(|| mismatch(array, target))?;
            Arc::new(variant_text(source)?)
        }
        Special::VariantJson => {
            let source = array.as_struct_opt().ok_or_else(|| mismatch(array, target))?;
            Arc::new(variant_json(source)?)
        }
        Special::DecimalToFloat => numbers::decimal_to_float(array, target).ok_or_else(|| mismatch(array, target))?,
        Special::Timestamps => temporal::to_timestamps(array, target)?,
    };
    if converted.data_type() == target { Ok(converted) } else { Ok(arrow::compute::cast(&converted, target)?) }
}

fn convert_text(array: &ArrayRef, source: &LakeType, style: TextStyle, target: &DataType) -> Result<ArrayRef> {
    // The type's metadata tells the display what the values are, their array how they are held.
    let field = source.field("v").with_data_type(array.data_type().clone());
    let display = ValueDisplay::try_new(array.as_ref(), &field, &DisplayOptions::default())?;
    Ok(match style {
        TextStyle::Json => {
            let json = JsonWriter::try_new(array, display)?;
            text_array(array.len(), target, |row, out| {
                let is_valid = array.is_valid(row);
                if is_valid {
                    json.write(row, out);
                }
                is_valid
            })
        }
        TextStyle::Display => text_array(array.len(), target, |row, out| {
            let is_valid = array.is_valid(row);
            if is_valid {
                display.write(row, out);
            }
            is_valid
        }),
    })
}

fn fixed_bytes<'a>(array: &'a ArrayRef, target: &DataType) -> Result<&'a FixedSizeBinaryArray> {
    array.as_fixed_size_binary_opt().ok_or_else(|| mismatch(array, target))
}

fn out_of_range(value: f64, lake_type: &str) -> LakeError {
    LakeError::Invalid(format!("{value} is out of the range of {lake_type}"))
}

/// An array of texts; `write` appends the row's text and says whether there is one.
fn text_array(rows: usize, target: &DataType, write: impl Fn(usize, &mut String) -> bool) -> ArrayRef {
    let mut text = String::new();
    if *target == DataType::Utf8View {
        let mut builder = StringViewBuilder::with_capacity(rows);
        for row in 0..rows {
            text.clear();
            builder.append_option(write(row, &mut text).then_some(text.as_str()));
        }
        return Arc::new(builder.finish());
    }
    let mut builder = StringBuilder::new();
    for row in 0..rows {
        text.clear();
        builder.append_option(write(row, &mut text).then_some(text.as_str()));
    }
    Arc::new(builder.finish())
}

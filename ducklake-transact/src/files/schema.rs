//! The Parquet schema of a table's data files (DuckLake spec, "Types"), and the Arrow types that go into it.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, FieldRef, Fields, TimeUnit};
use ducklake_format::{Column, ColumnId, LakeType};
use parquet::basic::{ConvertedType, LogicalType, Repetition, TimeUnit as ParquetUnit, Type as Physical};
use parquet::errors::Result;
use parquet::schema::types::{Type, TypePtr};

use super::error::WriteError;
use super::internal::Internal;

/// The schema of a data file with these columns, and internal ones at the end.
pub(super) fn parquet_schema(columns: &[Column], internal: Internal) -> std::result::Result<TypePtr, WriteError> {
    let mut fields = Vec::with_capacity(columns.len() + 2);
    for column in columns {
        refuse_unsupported(column, &column.name)?;
        let field = node(column, &column.name, Repetition::OPTIONAL)
            .map_err(|e| WriteError::NotSupported { column: column.name.clone(), problem: e.to_string() })?;
        fields.push(Arc::new(field));
    }
    for (name, field_id) in internal.columns() {
        fields.push(Arc::new(int64(name, *field_id)?));
    }
    root(fields)
}

/// A schema of these columns.
pub(super) fn root(fields: Vec<TypePtr>) -> std::result::Result<TypePtr, WriteError> {
    let root = Type::group_type_builder("schema").with_fields(fields).build();
    Ok(Arc::new(root.map_err(|e| WriteError::rows(e.to_string()))?))
}

/// An optional int64 column.
pub(super) fn int64(name: &str, field_id: i32) -> std::result::Result<Type, WriteError> {
    Type::primitive_type_builder(name, Physical::INT64)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(Some(LogicalType::integer(64, true)))
        .with_id(Some(field_id))
        .build()
        .map_err(|e| WriteError::rows(e.to_string()))
}

/// An optional text column.
pub(super) fn text(name: &str, field_id: i32) -> std::result::Result<Type, WriteError> {
    Type::primitive_type_builder(name, Physical::BYTE_ARRAY)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(Some(LogicalType::String))
        .with_id(Some(field_id))
        .build()
        .map_err(|e| WriteError::rows(e.to_string()))
}

fn refuse_unsupported(column: &Column, top: &str) -> std::result::Result<(), WriteError> {
    let problem = match &column.lake_type {
        LakeType::Variant => Some("VARIANT cannot be written yet; cast it to JSON or VARCHAR".to_string()),
        _ if i32::try_from(column.id).is_err() => Some(format!("its id {} is no Parquet field id", column.id)),
        _ => None,
    };
    match problem {
        Some(problem) => Err(WriteError::NotSupported { column: top.to_string(), problem }),
        None => column.children.iter().try_for_each(|child| refuse_unsupported(child, top)),
    }
}

fn node(column: &Column, name: &str, repetition: Repetition) -> Result<Type> {
    let id = i32::try_from(column.id).ok();
    match (&column.lake_type, column.children.as_slice()) {
        (LakeType::List(_), [element]) => {
            let element = node(element, "element", Repetition::OPTIONAL)?;
            let repeated = repeated("list", vec![Arc::new(element)])?;
            group(name, repetition, id, vec![repeated], Some(LogicalType::List))
        }
        (LakeType::Map(_, _), [key, value]) => {
            // The one required node: a map has no NULL keys.
            let key = node(key, "key", Repetition::REQUIRED)?;
            let value = node(value, "value", Repetition::OPTIONAL)?;
            let repeated = repeated("key_value", vec![Arc::new(key), Arc::new(value)])?;
            group(name, repetition, id, vec![repeated], Some(LogicalType::Map))
        }
        (LakeType::Struct(_), children) => {
            let fields = children.iter().map(|child| Ok(Arc::new(node(child, &child.name, Repetition::OPTIONAL)?)));
            group(name, repetition, id, fields.collect::<Result<_>>()?, None)
        }
        (leaf, _) => primitive(leaf, name, repetition, id),
    }
}

fn repeated(name: &str, fields: Vec<TypePtr>) -> Result<TypePtr> {
    Ok(Arc::new(group(name, Repetition::REPEATED, None, fields, None)?))
}

fn group(
    name: &str,
    repetition: Repetition,
    id: Option<i32>,
    fields: Vec<TypePtr>,
    annotation: Option<LogicalType>,
) -> Result<Type> {
    Type::group_type_builder(name)
        .with_repetition(repetition)
        .with_id(id)
        .with_logical_type(annotation)
        .with_fields(fields)
        .build()
}

fn primitive(lake_type: &LakeType, name: &str, repetition: Repetition, id: Option<i32>) -> Result<Type> {
    let timestamp = |utc, unit| (Physical::INT64, Some(LogicalType::timestamp(utc, unit)));
    let time = |utc, unit| (Physical::INT64, Some(LogicalType::time(utc, unit)));
    let integer = |physical, bits, signed| (physical, Some(LogicalType::integer(bits, signed)));
    let (physical, annotation) = match lake_type {
        LakeType::Boolean => (Physical::BOOLEAN, None),
        LakeType::Int8 => integer(Physical::INT32, 8, true),
        LakeType::Int16 => integer(Physical::INT32, 16, true),
        LakeType::Int32 => integer(Physical::INT32, 32, true),
        LakeType::Int64 => integer(Physical::INT64, 64, true),
        LakeType::UInt8 => integer(Physical::INT32, 8, false),
        LakeType::UInt16 => integer(Physical::INT32, 16, false),
        LakeType::UInt32 => integer(Physical::INT32, 32, false),
        LakeType::UInt64 => integer(Physical::INT64, 64, false),
        LakeType::Int128 | LakeType::UInt128 | LakeType::Float64 => (Physical::DOUBLE, None),
        LakeType::Float32 => (Physical::FLOAT, None),
        LakeType::Decimal { precision, scale } => {
            let physical = match precision {
                ..=9 => Physical::INT32,
                10..=18 => Physical::INT64,
                _ => Physical::FIXED_LEN_BYTE_ARRAY,
            };
            (physical, Some(LogicalType::decimal(i32::from(*scale), i32::from(*precision))))
        }
        LakeType::Varchar => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        LakeType::Json => (Physical::BYTE_ARRAY, Some(LogicalType::Json)),
        LakeType::Geometry => (Physical::BYTE_ARRAY, Some(LogicalType::geometry(None))),
        LakeType::Uuid => (Physical::FIXED_LEN_BYTE_ARRAY, Some(LogicalType::Uuid)),
        LakeType::Date => (Physical::INT32, Some(LogicalType::Date)),
        LakeType::Time => time(false, ParquetUnit::MICROS),
        LakeType::TimeNs => time(false, ParquetUnit::NANOS),
        LakeType::TimeTz => time(true, ParquetUnit::MICROS),
        LakeType::Timestamp | LakeType::TimestampS => timestamp(false, ParquetUnit::MICROS),
        LakeType::TimestampMs => timestamp(false, ParquetUnit::MILLIS),
        LakeType::TimestampNs => timestamp(false, ParquetUnit::NANOS),
        LakeType::TimestampTz => timestamp(true, ParquetUnit::MICROS),
        LakeType::TimestampTzNs => timestamp(true, ParquetUnit::NANOS),
        LakeType::Interval => (Physical::FIXED_LEN_BYTE_ARRAY, None),
        // Nested types are groups, and variants are refused before.
        LakeType::Blob | LakeType::Variant | LakeType::List(_) | LakeType::Struct(_) | LakeType::Map(_, _) => {
            (Physical::BYTE_ARRAY, None)
        }
    };
    let mut builder = Type::primitive_type_builder(name, physical)
        .with_repetition(repetition)
        .with_id(id)
        .with_logical_type(annotation);
    if let LakeType::Decimal { precision, scale } = lake_type {
        builder = builder.with_precision(i32::from(*precision)).with_scale(i32::from(*scale));
    }
    match lake_type {
        LakeType::Interval => builder = builder.with_converted_type(ConvertedType::INTERVAL).with_length(12),
        // What the encoder makes of decimals of that precision; DuckDB writes 16 bytes for all and reads these.
        LakeType::Decimal { precision, .. } => builder = builder.with_length(decimal_bytes(*precision)),
        LakeType::Uuid => builder = builder.with_length(16),
        _ => {}
    }
    builder.build()
}

/// Bytes of the smallest two's complement that holds all decimals of a precision.
fn decimal_bytes(precision: u8) -> i32 {
    ((f64::from(precision) * 10_f64.log2() + 1.0) / 8.0).ceil() as i32
}

/// Whether values of this type have another Arrow form in files than in batches.
pub(super) fn is_converted(lake_type: &LakeType) -> bool {
    match lake_type {
        LakeType::Int128
        | LakeType::UInt128
        | LakeType::Uuid
        | LakeType::TimeTz
        | LakeType::TimestampS
        | LakeType::Interval => true,
        LakeType::List(element) => is_converted(element),
        LakeType::Map(key, value) => is_converted(key) || is_converted(value),
        LakeType::Struct(fields) => fields.iter().any(|(_, field)| is_converted(field)),
        _ => false,
    }
}

/// The Arrow type that holds values of this type as they go into a file.
pub(super) fn file_type(lake_type: &LakeType, nested: bool) -> DataType {
    let inner =
        |ty: &LakeType, name: &str, nullable| -> FieldRef { Arc::new(Field::new(name, file_type(ty, true), nullable)) };
    match lake_type {
        LakeType::Int128 | LakeType::UInt128 => DataType::Float64,
        LakeType::Uuid => DataType::FixedSizeBinary(16),
        LakeType::TimeTz => DataType::Time64(TimeUnit::Microsecond),
        LakeType::TimestampS => DataType::Timestamp(TimeUnit::Microsecond, None),
        LakeType::Interval => DataType::FixedSizeBinary(12),
        LakeType::List(element) => DataType::List(inner(element, "element", true)),
        LakeType::Struct(fields) => {
            DataType::Struct(fields.iter().map(|(name, field)| inner(field, name, true)).collect::<Fields>())
        }
        LakeType::Map(key, value) => {
            let entries = Fields::from(vec![inner(key, "key", false), inner(value, "value", true)]);
            DataType::Map(Arc::new(Field::new("key_value", DataType::Struct(entries), false)), false)
        }
        leaf if nested => leaf.nested_arrow_type(),
        leaf => leaf.arrow_type(),
    }
}

/// Ids of the leaf columns in schema order.
pub(super) fn leaf_ids(columns: &[Column]) -> Vec<ColumnId> {
    fn collect(column: &Column, ids: &mut Vec<ColumnId>) {
        match column.children.as_slice() {
            [] => ids.push(column.id),
            children => children.iter().for_each(|child| collect(child, ids)),
        }
    }
    let mut ids = Vec::new();
    columns.iter().for_each(|column| collect(column, &mut ids));
    ids
}

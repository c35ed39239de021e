//! The Parquet schema of a result, with the annotations that Arrow's types do not carry.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema};
use parquet::arrow::ArrowSchemaConverter;
use parquet::basic::{ConvertedType, LogicalType, TimeUnit};
use parquet::errors::Result;
use parquet::schema::types::{SchemaDescriptor, Type};

use super::export::noted_type;

/// The schema of a file that holds batches of an exported `schema`.
pub(super) fn parquet_schema(schema: &Schema) -> Result<SchemaDescriptor> {
    let converted = ArrowSchemaConverter::new().schema_root("schema").convert(schema)?;
    let mut notes = Vec::new();
    for field in schema.fields() {
        push_leaves(field, &mut notes);
    }
    let root = annotate(converted.root_schema(), &mut notes.into_iter())?;
    Ok(SchemaDescriptor::new(Arc::new(root)))
}

/// The noted DuckLake types of a field's leaves, in the order of the file's columns.
fn push_leaves(field: &Field, notes: &mut Vec<Option<String>>) {
    match field.data_type() {
        DataType::List(child) | DataType::LargeList(child) | DataType::FixedSizeList(child, _) => {
            push_leaves(child, notes);
        }
        DataType::Map(entries, _) => push_leaves(entries, notes),
        DataType::Struct(fields) => fields.iter().for_each(|f| push_leaves(f, notes)),
        _ => notes.push(noted_type(field).map(str::to_string)),
    }
}

fn annotate(node: &Type, notes: &mut impl Iterator<Item = Option<String>>) -> Result<Type> {
    let info = node.get_basic_info();
    match node {
        Type::GroupType { fields, .. } => {
            let fields = fields.iter().map(|f| annotate(f, notes).map(Arc::new)).collect::<Result<_>>()?;
            let mut group = Type::group_type_builder(info.name())
                .with_fields(fields)
                .with_converted_type(info.converted_type())
                .with_logical_type(info.logical_type_ref().cloned());
            if info.has_repetition() {
                group = group.with_repetition(info.repetition());
            }
            group.build()
        }
        Type::PrimitiveType { physical_type, type_length, .. } => {
            let note = notes.next().flatten();
            let (logical, converted) = match note.as_deref() {
                Some("json") => (Some(LogicalType::Json), ConvertedType::JSON),
                Some("uuid") if *type_length == 16 => (Some(LogicalType::Uuid), ConvertedType::NONE),
                Some("geometry") => (Some(LogicalType::geometry(None)), ConvertedType::NONE),
                Some("timetz") => (Some(LogicalType::time(true, TimeUnit::MICROS)), ConvertedType::TIME_MICROS),
                Some("interval") => (None, ConvertedType::INTERVAL),
                _ => return Ok(node.clone()),
            };
            Type::primitive_type_builder(info.name(), *physical_type)
                .with_repetition(info.repetition())
                .with_length(*type_length)
                .with_logical_type(logical)
                .with_converted_type(converted)
                .build()
        }
    }
}

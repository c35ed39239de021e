//! Values as the reader of DuckDB files gives them, in the Arrow types of a lake's columns.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, FixedSizeBinaryArray, GenericListArray, MapArray, StringViewBuilder, StructArray,
};
use arrow::buffer::OffsetBuffer;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, FieldRef};
use duckdb_file::{LogicalType, TypeKind};
use ducklake_format::text::{DisplayOptions, ValueDisplay};
use ducklake_format::variant::duckdb_variant_text;

use super::types::lake_type;
use crate::error::{LakeError, Result};

/// The values of a column as `target`, the Arrow type of its lake type.
pub(super) fn convert(logical_type: &LogicalType, array: &ArrayRef, target: &DataType) -> Result<ArrayRef> {
    Ok(match (&logical_type.kind, target) {
        (TypeKind::Uuid, _) => cast(&uuids(array)?, target)?,
        (TypeKind::Variant, _) => cast(&(Arc::new(duckdb_variant_text(array.as_struct())?) as ArrayRef), target)?,
        (TypeKind::Union(members), _) => cast(&union_texts(members, array)?, target)?,
        (TypeKind::List(element), DataType::List(field)) => {
            let list = array.as_list::<i32>();
            let values = convert(element, list.values(), field.data_type())?;
            let list = GenericListArray::try_new(field.clone(), list.offsets().clone(), values, list.nulls().cloned());
            Arc::new(list?)
        }
        (TypeKind::Array(element, size), DataType::List(field)) => {
            let list = array.as_fixed_size_list();
            let values = convert(element, list.values(), field.data_type())?;
            let offsets = OffsetBuffer::from_lengths(std::iter::repeat_n(*size as usize, list.len()));
            Arc::new(GenericListArray::<i32>::try_new(field.clone(), offsets, values, list.nulls().cloned())?)
        }
        (TypeKind::Map(key, value), DataType::Map(field, ordered)) => {
            let map = array.as_map();
            let DataType::Struct(fields) = field.data_type() else { return Err(mismatch(array, target)) };
            let [key_field, value_field] = &fields[..] else { return Err(mismatch(array, target)) };
            let keys = convert(key, map.keys(), key_field.data_type())?;
            let values = convert(value, map.values(), value_field.data_type())?;
            let entries = StructArray::try_new(fields.clone(), vec![keys, values], None)?;
            let nulls = map.nulls().cloned();
            Arc::new(MapArray::try_new(field.clone(), map.offsets().clone(), entries, nulls, *ordered)?)
        }
        (TypeKind::Struct(members), DataType::Struct(fields)) => {
            structs(members.iter().map(|(_, member)| member), array.as_struct(), fields)?
        }
        (TypeKind::Tuple(members), DataType::Struct(fields)) => structs(members.iter(), array.as_struct(), fields)?,
        _ if array.data_type() == target => array.clone(),
        _ => cast(array, target)?,
    })
}

fn structs<'a>(
    members: impl Iterator<Item = &'a LogicalType>,
    array: &StructArray,
    fields: &arrow::datatypes::Fields,
) -> Result<ArrayRef> {
    let member =
        |((member, column), field): ((&LogicalType, &ArrayRef), &FieldRef)| convert(member, column, field.data_type());
    let columns = members.zip(array.columns()).zip(fields).map(member).collect::<Result<Vec<_>>>()?;
    let nulls = array.nulls().cloned();
    Ok(Arc::new(StructArray::try_new_with_length(fields.clone(), columns, nulls, array.len())?))
}

fn uuids(array: &ArrayRef) -> Result<ArrayRef> {
    let uuids = array.as_any().downcast_ref::<FixedSizeBinaryArray>();
    let uuids = uuids.ok_or_else(|| mismatch(array, &DataType::FixedSizeBinary(16)))?;
    let mut texts = StringViewBuilder::with_capacity(uuids.len());
    let mut buffer = uuid::Uuid::encode_buffer();
    for uuid in uuids {
        match uuid.map(uuid::Uuid::from_slice) {
            Some(Ok(uuid)) => texts.append_value(uuid.hyphenated().encode_lower(&mut buffer)),
            _ => texts.append_null(),
        }
    }
    Ok(Arc::new(texts.finish()))
}

/// Each value as the text of the member that it has.
fn union_texts(members: &[(String, LogicalType)], array: &ArrayRef) -> Result<ArrayRef> {
    let union = array.as_union();
    let mut columns = Vec::with_capacity(members.len());
    for (id, (name, member)) in (0_i8..).zip(members) {
        let lake_type = lake_type(member).map_err(|problem| LakeError::Invalid(format!("member {name} {problem}")))?;
        let field = lake_type.field(name);
        columns.push((convert(member, union.child(id), field.data_type())?, field));
    }
    let display = |(column, field): &'_ (ArrayRef, Field)| -> Result<Vec<Option<String>>> {
        let display = ValueDisplay::try_new(column.as_ref(), field, &DisplayOptions::default())?;
        let text = |row| {
            let mut text = String::new();
            display.write(row, &mut text);
            text
        };
        Ok((0..column.len()).map(|row| (!display.is_null(row)).then(|| text(row))).collect())
    };
    let shown = columns.iter().map(display).collect::<Result<Vec<_>>>()?;
    let mut texts = StringViewBuilder::with_capacity(union.len());
    for row in 0..union.len() {
        let member = usize::try_from(union.type_id(row)).ok().and_then(|id| shown.get(id));
        texts.append_option(member.and_then(|member| member.get(row)).and_then(Option::as_ref));
    }
    Ok(Arc::new(texts.finish()))
}

fn mismatch(array: &ArrayRef, target: &DataType) -> LakeError {
    LakeError::Invalid(format!("values of {} cannot be given as {target}", array.data_type()))
}

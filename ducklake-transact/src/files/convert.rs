//! Values from the form they have in batches to the form they have in data files.

mod scalar;

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, MapArray, StructArray};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::DataType;
use ducklake_format::LakeType;

use super::error::WriteError;
use super::schema::{file_type, is_converted};

/// The values of a top-level column as they go into a file.
///
/// # Errors
/// [`WriteError::Value`] for values that the file's type cannot hold.
pub(super) fn to_file_values(column: &str, lake_type: &LakeType, array: &ArrayRef) -> Result<ArrayRef, WriteError> {
    convert(column, lake_type, array, None, false)
}

/// `parent` masks values that are there, but belong to no value: those below NULL.
fn convert(
    column: &str,
    lake_type: &LakeType,
    array: &ArrayRef,
    parent: Option<&NullBuffer>,
    nested: bool,
) -> Result<ArrayRef, WriteError> {
    if !is_converted(lake_type) {
        return Ok(Arc::clone(array));
    }
    let mask = NullBuffer::union(parent, array.nulls());
    let failed = WriteError::arrow("converted");
    let converted: ArrayRef = match (lake_type, file_type(lake_type, nested)) {
        (LakeType::Struct(members), DataType::Struct(fields)) => {
            let columns = members.iter().zip(array.as_struct().columns());
            let columns = columns.map(|((_, ty), values)| convert(column, ty, values, mask.as_ref(), true));
            let columns = columns.collect::<Result<Vec<_>, _>>()?;
            Arc::new(StructArray::try_new_with_length(fields, columns, mask, array.len()).map_err(failed)?)
        }
        (LakeType::List(element), DataType::List(field)) => {
            let list = array.as_list::<i32>();
            let owned = owned_elements(list.offsets(), mask.as_ref(), list.values().len());
            let values = convert(column, element, list.values(), owned.as_ref(), true)?;
            Arc::new(ListArray::try_new(field, list.offsets().clone(), values, mask).map_err(failed)?)
        }
        (LakeType::Map(key, value), DataType::Map(field, ordered)) => {
            let map = array.as_map();
            let owned = owned_elements(map.offsets(), mask.as_ref(), map.entries().len());
            let DataType::Struct(fields) = field.data_type() else {
                return Err(WriteError::rows(format!("column '{column}' is no map")));
            };
            let keys = convert(column, key, map.keys(), owned.as_ref(), true)?;
            let values = convert(column, value, map.values(), owned.as_ref(), true)?;
            let keys = without_foreign_nulls(&keys, owned.as_ref());
            let entries = StructArray::try_new(fields.clone(), vec![keys, values], None)
                .map_err(WriteError::arrow("converted"))?;
            Arc::new(MapArray::try_new(field, map.offsets().clone(), entries, mask, ordered).map_err(failed)?)
        }
        _ => scalar::convert(column, lake_type, array.as_ref(), mask)?,
    };
    Ok(converted)
}

/// Which elements belong to a list that is there; `None` if all do.
fn owned_elements(offsets: &OffsetBuffer<i32>, mask: Option<&NullBuffer>, elements: usize) -> Option<NullBuffer> {
    let at = |row: usize| offsets[row] as usize;
    let rows = offsets.len() - 1;
    let is_null = |row: usize| mask.is_some_and(|mask| mask.is_null(row));
    let hides = at(0) > 0 || at(rows) < elements || (0..rows).any(|row| is_null(row) && at(row + 1) > at(row));
    hides.then(|| {
        let mut owned = vec![false; elements];
        for row in (0..rows).filter(|row| !is_null(*row)) {
            owned[at(row)..at(row + 1)].fill(true);
        }
        NullBuffer::from(owned)
    })
}

/// Keys have no NULLs: the mask of elements that no map owns is taken off them again.
fn without_foreign_nulls(keys: &ArrayRef, owned: Option<&NullBuffer>) -> ArrayRef {
    match owned {
        Some(_) if !matches!(keys.data_type(), DataType::Struct(_)) => keys
            .to_data()
            .into_builder()
            .nulls(None)
            .build()
            .map_or_else(|_| Arc::clone(keys), arrow::array::make_array),
        _ => Arc::clone(keys),
    }
}

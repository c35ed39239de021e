//! Values of a DuckDB file as cells: numbers, text and bytes as such, everything else as DuckDB prints it.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, FixedSizeListArray, ListArray, MapArray, RecordBatch, StructArray};
use arrow::datatypes::{
    DataType, Field, FieldRef, Fields, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type,
};
use duckdb_file::{Error, LogicalType, Result, Table, TypeKind};
use ducklake_format::types::TYPE_METADATA_KEY;
use ducklake_format::{DisplayOptions, ValueDisplay};

use crate::driver::Cell;
use ducklake_format::variant::duckdb_variant_text;

/// The rows of a batch that has some of a table's columns.
pub(super) fn cells_of(table: &Table, batch: &RecordBatch) -> Result<Vec<Vec<Cell>>> {
    let mut rows = vec![Vec::with_capacity(batch.num_columns()); batch.num_rows()];
    for (field, array) in batch.schema_ref().fields().iter().zip(batch.columns()) {
        let column = table.columns().iter().find(|column| column.name == *field.name());
        let column = column.ok_or_else(|| problem(field.name(), "it is not in the table"))?;
        for (row, cell) in rows.iter_mut().zip(column_cells(field.name(), &column.logical_type, array)?) {
            row.push(cell);
        }
    }
    Ok(rows)
}

/// The values of one column.
pub(super) fn column_cells(name: &str, logical_type: &LogicalType, array: &ArrayRef) -> Result<Vec<Cell>> {
    macro_rules! int {
        ($arrow:ty) => {{
            let values = array.as_primitive::<$arrow>();
            values.iter().map(|value| value.map_or(Cell::Null, |value| Cell::Int(i64::from(value)))).collect()
        }};
    }
    Ok(match array.data_type() {
        DataType::Boolean => array.as_boolean().iter().map(|value| value.map_or(Cell::Null, Cell::Bool)).collect(),
        DataType::Int8 => int!(Int8Type),
        DataType::Int16 => int!(Int16Type),
        DataType::Int32 => int!(Int32Type),
        DataType::Int64 => int!(Int64Type),
        DataType::UInt8 => int!(UInt8Type),
        DataType::UInt16 => int!(UInt16Type),
        DataType::UInt32 => int!(UInt32Type),
        DataType::Utf8 => array.as_string::<i32>().iter().map(|value| value.map_or(Cell::Null, Cell::from)).collect(),
        DataType::Utf8View => array.as_string_view().iter().map(|v| v.map_or(Cell::Null, Cell::from)).collect(),
        DataType::Binary => {
            let values = array.as_binary::<i32>();
            values.iter().map(|value| value.map_or(Cell::Null, |value| Cell::Bytes(value.to_vec()))).collect()
        }
        DataType::BinaryView => {
            let values = array.as_binary_view();
            values.iter().map(|value| value.map_or(Cell::Null, |value| Cell::Bytes(value.to_vec()))).collect()
        }
        _ => {
            let (field, array) = printable(name, logical_type, array)?;
            let display = ValueDisplay::try_new(array.as_ref(), &field, &DisplayOptions::default())
                .map_err(|e| problem(name, &e.to_string()))?;
            let cell = |row| {
                if display.is_null(row) {
                    return Cell::Null;
                }
                let mut text = String::new();
                display.write(row, &mut text);
                Cell::Text(text)
            };
            (0..array.len()).map(cell).collect()
        }
    })
}

/// The array with DuckLake's names of types in its fields, by which values are printed; variants as text.
fn printable(name: &str, logical_type: &LogicalType, array: &ArrayRef) -> Result<(FieldRef, ArrayRef)> {
    let child = |name: &str, logical_type: &LogicalType, array: &ArrayRef| printable(name, logical_type, array);
    let array: ArrayRef = match (&logical_type.kind, array.data_type()) {
        (TypeKind::Variant, DataType::Struct(_)) => {
            Arc::new(duckdb_variant_text(array.as_struct()).map_err(|reason| problem(name, &reason.to_string()))?)
        }
        (TypeKind::List(element), DataType::List(_)) => {
            let list = array.as_list::<i32>();
            let (field, values) = child("element", element, list.values())?;
            Arc::new(ListArray::try_new(field, list.offsets().clone(), values, list.nulls().cloned())?)
        }
        (TypeKind::Array(element, _), DataType::FixedSizeList(_, size)) => {
            let list = array.as_fixed_size_list();
            let (field, values) = child("element", element, list.values())?;
            Arc::new(FixedSizeListArray::try_new(field, *size, values, list.nulls().cloned())?)
        }
        (TypeKind::Struct(members), DataType::Struct(_)) => {
            let parts = members.iter().zip(array.as_struct().columns());
            let parts = parts.map(|((name, member), array)| child(name, member, array)).collect::<Result<Vec<_>>>()?;
            let (fields, arrays): (Vec<FieldRef>, Vec<ArrayRef>) = parts.into_iter().unzip();
            let (nulls, length) = (array.nulls().cloned(), array.len());
            Arc::new(StructArray::try_new_with_length(Fields::from(fields), arrays, nulls, length)?)
        }
        (TypeKind::Map(key, value), DataType::Map(entries, ordered)) => {
            let map = array.as_map();
            let (key, keys) = child("key", key, map.keys())?;
            let (value, values) = child("value", value, map.values())?;
            let key = Arc::new(key.as_ref().clone().with_nullable(false));
            let fields = Fields::from(vec![key, value]);
            let data = StructArray::try_new(fields.clone(), vec![keys, values], None)?;
            let entries = Arc::new(entries.as_ref().clone().with_data_type(DataType::Struct(fields)));
            Arc::new(MapArray::try_new(entries, map.offsets().clone(), data, map.nulls().cloned(), *ordered)?)
        }
        _ => Arc::clone(array),
    };
    let field = Field::new(name, array.data_type().clone(), true);
    let named = lake_name(logical_type).map(|lake| (TYPE_METADATA_KEY.to_string(), lake.to_string()));
    Ok((Arc::new(field.with_metadata(named.into_iter().collect())), array))
}

/// The types that Arrow's do not tell.
fn lake_name(logical_type: &LogicalType) -> Option<&'static str> {
    Some(match &logical_type.kind {
        TypeKind::Varchar if logical_type.alias.as_ref().is_some_and(|a| a.eq_ignore_ascii_case("json")) => "json",
        TypeKind::Uuid => "uuid",
        TypeKind::TimeTz => "timetz",
        TypeKind::Geometry => "geometry",
        TypeKind::HugeInt => "int128",
        TypeKind::UHugeInt => "uint128",
        TypeKind::Variant => "variant",
        _ => return None,
    })
}

fn problem(column: &str, problem: &str) -> Error {
    Error::Value { column: column.to_string(), problem: problem.to_string() }
}

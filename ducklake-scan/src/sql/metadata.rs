//! The catalog's own tables as tables: `SELECT … FROM __ducklake_metadata_<lake>.ducklake_data_file`.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Float64Array, Int64Array, RecordBatch, RecordBatchOptions, StringArray,
};
use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use ducklake_catalog::{Cell, PhysicalColumn, RawTable};

use crate::error::Result;
use crate::lake::timestamp_micros;

/// How DuckDB names the metadata catalog of a lake unless METADATA_CATALOG names it otherwise.
pub(crate) const PREFIX: &str = "__ducklake_metadata_";

/// A metadata table's rows with DuckDB's types, whatever the database keeps them as.
pub(crate) fn batch(table: &RawTable) -> Result<RecordBatch> {
    let inlined = table.name.starts_with("ducklake_inlined_data_") && table.name != "ducklake_inlined_data_tables";
    let mut fields = Vec::with_capacity(table.columns.len());
    let mut arrays = Vec::with_capacity(table.columns.len());
    for (index, column) in table.columns.iter().enumerate() {
        let array = array(table, index, &data_type(column, inlined));
        fields.push(Field::new(&column.name, array.data_type().clone(), true));
        arrays.push(array);
    }
    let options = RecordBatchOptions::new().with_row_count(Some(table.rows.len()));
    Ok(RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options)?)
}

/// The type of a column: of the format's own tables by what the column means, of inlined data as declared.
fn data_type(column: &PhysicalColumn, inlined: bool) -> DataType {
    if !inlined {
        match column.name.as_str() {
            "path_is_relative" | "contains_null" | "contains_nan" | "nulls_allowed" | "is_partition" => {
                return DataType::Boolean;
            }
            "snapshot_time" | "schedule_start" => {
                return DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
            }
            _ => {}
        }
    }
    let declared = column.declared.to_lowercase();
    let starts = |prefixes: &[&str]| prefixes.iter().any(|prefix| declared.starts_with(prefix));
    if starts(&["bigint", "int", "smallint", "tinyint"]) && !declared.starts_with("interval") {
        DataType::Int64
    } else if starts(&["double", "float", "real"]) {
        DataType::Float64
    } else if starts(&["bool"]) {
        DataType::Boolean
    } else if starts(&["blob"]) {
        DataType::Binary
    } else {
        DataType::Utf8
    }
}

/// A column of cells. A cell of another kind than the rest of its column, which SQLite allows, makes it text.
fn array(table: &RawTable, index: usize, data_type: &DataType) -> ArrayRef {
    let cells = || table.rows.iter().map(move |row| row.get(index).unwrap_or(&Cell::Null));
    let all = |f: fn(&Cell) -> bool| cells().all(|cell| matches!(cell, Cell::Null) || f(cell));
    match data_type {
        DataType::Int64 if all(|c| c.as_i64().is_some()) => Arc::new(cells().map(Cell::as_i64).collect::<Int64Array>()),
        DataType::Boolean if all(|c| c.as_bool().is_some()) => {
            Arc::new(cells().map(Cell::as_bool).collect::<BooleanArray>())
        }
        DataType::Float64 if all(|c| float(c).is_some()) => Arc::new(cells().map(float).collect::<Float64Array>()),
        DataType::Binary if all(|c| matches!(c, Cell::Bytes(_) | Cell::Text(_))) => {
            let bytes = |cell| match cell {
                &Cell::Bytes(ref bytes) => Some(bytes.as_slice()),
                &Cell::Text(ref text) => Some(text.as_bytes()),
                _ => None,
            };
            Arc::new(cells().map(bytes).collect::<BinaryArray>())
        }
        DataType::Timestamp(..) if all(|c| instant(c).is_some()) => {
            let micros = cells().map(instant).collect::<arrow::array::TimestampMicrosecondArray>();
            Arc::new(micros.with_timezone("UTC"))
        }
        _ => Arc::new(cells().map(|cell| cell.clone().into_text()).collect::<StringArray>()),
    }
}

fn float(cell: &Cell) -> Option<f64> {
    match cell {
        Cell::Float(value) => Some(*value),
        Cell::Float32(value) => Some(f64::from(*value)),
        Cell::Int(value) => Some(*value as f64),
        Cell::Text(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn instant(cell: &Cell) -> Option<i64> {
    match cell {
        Cell::Text(text) => timestamp_micros(text).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_those_of_the_format() {
        let column = |name: &str, declared: &str| PhysicalColumn { name: name.into(), declared: declared.into() };
        let table = RawTable {
            name: "ducklake_data_file".into(),
            columns: vec![
                column("data_file_id", "BIGINT"),
                column("path_is_relative", "BIGINT"),
                column("path", "VARCHAR"),
                column("snapshot_time", "VARCHAR"),
            ],
            rows: vec![
                vec![Cell::Int(1), Cell::Int(0), Cell::Text("a".into()), Cell::Text("1970-01-01 00:00:01+00".into())],
                vec![Cell::Null, Cell::Null, Cell::Null, Cell::Null],
            ],
        };
        let types: Vec<String> =
            batch(&table).unwrap().schema().fields().iter().map(|f| f.data_type().to_string()).collect();
        assert_eq!(types, ["Int64", "Boolean", "Utf8", "Timestamp(µs, \"UTC\")"]);
    }

    #[test]
    fn odd_cells_make_a_column_text() {
        let table = RawTable {
            name: "ducklake_inlined_data_1_1".into(),
            columns: vec![PhysicalColumn { name: "i".into(), declared: "BIGINT".into() }],
            rows: vec![vec![Cell::Int(1)], vec![Cell::Text("x".into())]],
        };
        assert_eq!(batch(&table).unwrap().column(0).data_type(), &DataType::Utf8);
    }
}

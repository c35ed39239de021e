//! Rows of SQL as JSON.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type, Int64Type};
use arrow::error::ArrowError;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use ducklake_scan::ErrorKind;
use serde_json::Value;
use zen_indexer::ZenError;
use zen_mcp::{BackendError, Column, Rows};
use zen_search::{SearchError, SqlRows};

use super::backend::failed;

/// A statement that was not run is not the same as one that failed.
pub(super) fn refused(error: SearchError) -> BackendError {
    match &error {
        SearchError::Zen(ZenError::Lake(lake)) if lake.kind() == ErrorKind::NotSupported => {
            let hint = lake.hint().map_or_else(String::new, |hint| format!("; {hint}"));
            BackendError::Refused { what: format!("{lake}{hint}") }
        }
        _ => failed(error),
    }
}

/// The rows as an answer.
pub(super) fn rows(found: &SqlRows, notes: Vec<String>) -> Result<Rows, BackendError> {
    let fields = found.schema.fields().iter();
    let columns = fields.map(|field| Column { name: field.name().clone(), sql_type: sql_type(field.data_type()) });
    let mut rows: Vec<Vec<Value>> = Vec::new();
    for batch in &found.batches {
        let columns: Vec<Vec<Value>> = batch.columns().iter().map(values).collect::<Result<_, _>>().map_err(wrong)?;
        rows.extend(
            (0..batch.num_rows())
                .map(|row| columns.iter().map(|column| column.get(row).cloned().unwrap_or(Value::Null)).collect()),
        );
    }
    Ok(Rows { columns: columns.collect(), rows, more: found.more, notes })
}

fn wrong(source: ArrowError) -> BackendError {
    BackendError::Failed { what: "a value of the result cannot be shown".into(), source: Some(Box::new(source)) }
}

fn sql_type(of: &DataType) -> String {
    match of {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "VARCHAR".into(),
        DataType::Boolean => "BOOLEAN".into(),
        DataType::Int8 => "TINYINT".into(),
        DataType::Int16 => "SMALLINT".into(),
        DataType::Int32 => "INTEGER".into(),
        DataType::Int64 => "BIGINT".into(),
        DataType::UInt64 => "UBIGINT".into(),
        DataType::Float32 => "FLOAT".into(),
        DataType::Float64 => "DOUBLE".into(),
        DataType::Date32 => "DATE".into(),
        DataType::Timestamp(_, None) => "TIMESTAMP".into(),
        DataType::Timestamp(_, Some(_)) => "TIMESTAMP WITH TIME ZONE".into(),
        DataType::List(item) | DataType::LargeList(item) => format!("{}[]", sql_type(item.data_type())),
        other => other.to_string(),
    }
}

/// Numbers, texts and truths as they are, everything else as its text.
fn values(column: &ArrayRef) -> Result<Vec<Value>, ArrowError> {
    let is_set = |row: usize, value: Value| if column.is_null(row) { Value::Null } else { value };
    let rows = 0..column.len();
    Ok(match column.data_type() {
        DataType::Boolean => rows.map(|row| is_set(row, column.as_boolean().value(row).into())).collect(),
        DataType::Int8
        | DataType::Int16
        | DataType::Int32
        | DataType::Int64
        | DataType::UInt8
        | DataType::UInt16
        | DataType::UInt32 => {
            let numbers = cast(column, &DataType::Int64)?;
            let numbers = numbers.as_primitive::<Int64Type>();
            rows.map(|row| is_set(row, numbers.value(row).into())).collect()
        }
        DataType::Float32 | DataType::Float64 => {
            let numbers = cast(column, &DataType::Float64)?;
            let numbers = numbers.as_primitive::<Float64Type>();
            // JSON has no infinity.
            let value = |number: f64| {
                serde_json::Number::from_f64(number).map_or_else(|| Value::from(number.to_string()), Value::Number)
            };
            rows.map(|row| is_set(row, value(numbers.value(row)))).collect()
        }
        _ => {
            let formatter = ArrayFormatter::try_new(column.as_ref(), &FormatOptions::default())?;
            rows.map(|row| Ok(is_set(row, formatter.value(row).try_to_string()?.into())))
                .collect::<Result<_, ArrowError>>()?
        }
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, BooleanArray, Date32Array, Float64Array, Int32Array, StringArray};
    use serde_json::json;

    use super::{sql_type, values};

    #[test]
    fn values_are_json() {
        let of = |array: ArrayRef| values(&array).unwrap();
        assert_eq!(of(Arc::new(Int32Array::from(vec![Some(1), None]))), [json!(1), json!(null)]);
        assert_eq!(of(Arc::new(Float64Array::from(vec![0.5, f64::INFINITY]))), [json!(0.5), json!("inf")]);
        assert_eq!(of(Arc::new(BooleanArray::from(vec![true]))), [json!(true)]);
        assert_eq!(of(Arc::new(StringArray::from(vec!["a\n"]))), [json!("a\n")]);
        assert_eq!(of(Arc::new(Date32Array::from(vec![0]))), [json!("1970-01-01")]);
        let list = arrow::datatypes::DataType::new_list(arrow::datatypes::DataType::Float32, true);
        assert_eq!(sql_type(&list), "FLOAT[]");
    }
}

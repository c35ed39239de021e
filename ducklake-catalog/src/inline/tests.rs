use std::sync::Arc;

use arrow::array::{ArrayRef, StringArray};
use arrow::datatypes::Schema;
use ducklake_format::text::{TextDecoder, TextForm};

use super::*;

fn column(name: &str, lake_type: LakeType) -> Column {
    Column {
        id: 1,
        name: name.into(),
        lake_type,
        initial_default: None,
        default_value: None,
        default_value_type: None,
        nulls_allowed: true,
        children: Vec::new(),
    }
}

fn list(element: LakeType) -> LakeType {
    LakeType::List(Box::new(element))
}

fn record(member: LakeType) -> LakeType {
    LakeType::Struct(vec![("m".into(), member)])
}

/// The cells of the values that texts in display form stand for.
fn cells(lake_type: &LakeType, texts: &[Option<&str>], backend: Backend) -> Option<Vec<Cell>> {
    let mut decoder = TextDecoder::new(lake_type);
    for text in texts {
        match text {
            Some(text) => decoder.append(text, TextForm::Display).unwrap(),
            None => decoder.append_null(),
        }
    }
    let column = column("c", lake_type.clone());
    let schema = Arc::new(Schema::new(vec![column.field()]));
    let batch = RecordBatch::try_new(schema, vec![decoder.finish()]).unwrap();
    let rows = encode_rows(&[column], &batch, backend).unwrap()?;
    Some(rows.into_iter().map(|mut row| row.remove(0)).collect())
}

#[test]
fn cells_are_what_each_database_can_keep() {
    use Backend::{Postgres, Sqlite};
    let text = |text: &str| Cell::Text(text.into());
    let bytes = |text: &str| Cell::Bytes(text.into());
    let int = Cell::Int;
    let decimal = LakeType::Decimal { precision: 2, scale: 2 };
    for (lake_type, value, sqlite, postgres) in [
        (LakeType::Boolean, "true", int(1), Cell::Bool(true)),
        (LakeType::Int8, "-7", int(-7), int(-7)),
        (LakeType::UInt32, "4294967295", int(4_294_967_295), int(4_294_967_295)),
        (LakeType::UInt64, "18446744073709551615", text("18446744073709551615"), text("18446744073709551615")),
        (LakeType::UInt128, "5", text("5"), text("5")),
        (LakeType::Int128, "-5", text("-5"), text("-5")),
        (LakeType::Float32, "0.1", text("0.1"), Cell::Float32(0.1)),
        (LakeType::Float64, "inf", text("inf"), Cell::Float(f64::INFINITY)),
        (decimal, "-0.5", text("-.50"), text("-.50")),
        (LakeType::Varchar, "a\0b", text("a\0b"), bytes("a\0b")),
        (LakeType::Json, "[1 ]", text("[1 ]"), bytes("[1 ]")),
        (LakeType::Blob, "\\x00a", bytes("\0a"), bytes("\0a")),
        (LakeType::Date, "-infinity", text("-infinity"), text("-infinity")),
        (
            LakeType::TimestampTz,
            "2020-01-01 00:00:00.5+00",
            text("2020-01-01 00:00:00.5+00"),
            text("2020-01-01 00:00:00.5+00"),
        ),
        (LakeType::TimeTz, "01:00:00+05:30", text("01:00:00+05:30"), text("01:00:00+05:30")),
        (LakeType::Interval, "1 year 2 days", text("1 year 2 days"), text("1 year 2 days")),
        (record(LakeType::Date), "{'m': 2020-01-01}", text("{'m': '2020-01-01'}"), text("{'m': '2020-01-01'}")),
    ] {
        let values = [Some(value), None];
        assert_eq!(cells(&lake_type, &values, Sqlite), Some(vec![sqlite, Cell::Null]), "{lake_type}");
        assert_eq!(cells(&lake_type, &values, Postgres), Some(vec![postgres, Cell::Null]), "{lake_type}");
    }
    // NaN and the zeros keep their bits where floats are native, their text elsewhere.
    assert_eq!(cells(&LakeType::Float64, &[Some("-0.0")], Sqlite), Some(vec![text("-0.0")]));
    let nan = cells(&LakeType::Float64, &[Some("nan")], Postgres).unwrap();
    assert!(matches!(nan.as_slice(), [Cell::Float(value)] if value.is_nan()));
}

#[test]
fn rows_that_a_database_cannot_hold_are_left_to_files() {
    let nul = ["['a\0b']"].map(Some);
    assert!(cells(&list(LakeType::Varchar), &nul, Backend::Sqlite).is_some());
    assert_eq!(cells(&list(LakeType::Varchar), &nul, Backend::Postgres), None);
    assert_eq!(cells(&list(LakeType::Json), &[Some("[NULL]")], Backend::Sqlite), None);
}

#[test]
fn columns_that_cannot_be_inlined() {
    use Backend::{Postgres, Sqlite};
    let both = |column: Column| {
        let columns = [column];
        (can_inline(&columns, Sqlite), can_inline(&columns, Postgres))
    };
    assert_eq!(both(column("a", list(LakeType::Varchar))), (true, true));
    assert_eq!(both(column("Row_Id", LakeType::Int8)), (false, false));
    assert_eq!(both(column("g", list(record(LakeType::Geometry)))), (false, false));
    assert_eq!(both(column("v", LakeType::Variant)), (false, false));
    assert_eq!(both(column("t", LakeType::TimeNs)), (true, false));
    assert_eq!(both(column(&"é".repeat(32), LakeType::Int8)), (true, false));
}

#[test]
fn batches_of_other_columns_are_refused() {
    let columns = [column("c", LakeType::Int64)];
    let array: ArrayRef = Arc::new(StringArray::from(vec!["1"]));
    let batch = RecordBatch::try_from_iter([("c", array)]).unwrap();
    assert!(encode_rows(&columns, &batch, Backend::Sqlite).is_err());
    assert!(encode_rows(&columns, &batch.project(&[]).unwrap(), Backend::Sqlite).is_err());
}

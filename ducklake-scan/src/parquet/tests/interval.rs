//! Intervals are read as the twelve bytes that are stored.

use arrow::array::{Array, AsArray, FixedSizeBinaryArray, IntervalYearMonthArray, StringArray};
use arrow::datatypes::DataType;
use parquet::arrow::ArrowWriter;

use super::*;

fn bytes(months: u32, days: u32, millis: u32) -> Vec<u8> {
    [months, days, millis].map(u32::to_le_bytes).concat()
}

fn twelve(array: &dyn Array) -> &FixedSizeBinaryArray {
    assert_eq!(array.data_type(), &DataType::FixedSizeBinary(12));
    array.as_fixed_size_binary()
}

#[tokio::test]
async fn months_days_and_milliseconds_survive() {
    let batch = read("interval.parquet").await;
    let values = twelve(batch.column_by_name("v").unwrap());
    assert_eq!(values.value(0), bytes(14, 3, 4005));
    assert!(values.is_null(1));
    assert_eq!(values.value(2), bytes(16, 3, 4005));
    let nested = batch.column_by_name("l").unwrap().as_list::<i32>().values().clone();
    assert_eq!(twelve(&nested).value(2), bytes(2, 0, 0));
    let fields = batch.column_by_name("s").unwrap().as_struct();
    assert_eq!(twelve(fields.column_by_name("a").unwrap()).value(1), bytes(0, 1, 0));
}

#[tokio::test]
async fn the_rest_of_the_schema_stays() {
    let metadata = open("interval.parquet").await.metadata().await.unwrap();
    let schema = metadata.file_metadata().schema_descr();
    let ids: Vec<_> = schema
        .root_schema()
        .get_fields()
        .iter()
        .map(|field| field.get_basic_info().has_id().then(|| field.get_basic_info().id()))
        .collect();
    assert_eq!(ids, [Some(1), Some(2), None, None]);
    assert!(schema.columns().iter().all(|column| column.converted_type() != parquet::basic::ConvertedType::INTERVAL));
    // Columns and statistics hang on the new schema.
    let column = metadata.row_group(0).column(1);
    assert!(Arc::ptr_eq(&column.column_descr_ptr(), &schema.column(1)));
    assert!(metadata.row_group(0).column(0).statistics().is_some());
}

/// arrow-rs and pyarrow store their own schema in the file, which must not bring the interval back.
#[tokio::test]
async fn a_stored_arrow_schema_does_not_interfere() {
    let months = IntervalYearMonthArray::from(vec![Some(14), None, Some(-1)]);
    let text = StringArray::from(vec!["a", "b", "c"]);
    let batch = RecordBatch::try_from_iter([
        ("v", Arc::new(months) as arrow::array::ArrayRef),
        ("s", arrow::compute::cast(&text, &DataType::LargeUtf8).unwrap()),
    ])
    .unwrap();
    let mut file = vec![];
    let mut writer = ArrowWriter::try_new(&mut file, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();

    let batch = try_read(reader_for("f", file.into(), facts("f")).await).await.unwrap();
    let values = twelve(batch.column(0));
    assert_eq!(values.value(0), bytes(14, 0, 0));
    assert!(values.is_null(1));
    assert_eq!(values.value(2), bytes(u32::MAX, 0, 0));
    assert_eq!(batch.column(1).data_type(), &DataType::LargeUtf8);
}

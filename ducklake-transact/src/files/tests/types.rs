//! Every type: its Parquet form, its values, its field ids.

use arrow::array::{Array, Int64Array};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use arrow::util::display::array_value_to_string;
use parquet::schema::printer::print_schema;

use super::*;

/// Type, texts, the values as the parquet crate reads them, and the column's line in the Parquet schema.
const LEAVES: &[(&str, [&str; 2], [&str; 2], &str)] = &[
    ("boolean", ["true", "false"], ["true", "false"], "BOOLEAN x"),
    ("int8", ["-128", "127"], ["-128", "127"], "INT32 x (INTEGER(8,true))"),
    ("int16", ["-32768", "1"], ["-32768", "1"], "INT32 x (INTEGER(16,true))"),
    ("int32", ["-2147483648", "1"], ["-2147483648", "1"], "INT32 x (INTEGER(32,true))"),
    ("int64", ["-9223372036854775808", "1"], ["-9223372036854775808", "1"], "INT64 x (INTEGER(64,true))"),
    ("uint8", ["255", "1"], ["255", "1"], "INT32 x (INTEGER(8,false))"),
    ("uint16", ["65535", "1"], ["65535", "1"], "INT32 x (INTEGER(16,false))"),
    ("uint32", ["4294967295", "1"], ["4294967295", "1"], "INT32 x (INTEGER(32,false))"),
    ("uint64", ["18446744073709551615", "1"], ["18446744073709551615", "1"], "INT64 x (INTEGER(64,false))"),
    ("int128", ["-9007199254740992", "5"], ["-9007199254740992.0", "5.0"], "DOUBLE x"),
    ("uint128", ["340282366920938425684442744474606501888", "5"], ["3.4028236692093843e38", "5.0"], "DOUBLE x"),
    ("float32", ["1.5", "nan"], ["1.5", "NaN"], "FLOAT x"),
    ("float64", ["1.5", "-inf"], ["1.5", "-inf"], "DOUBLE x"),
    ("decimal(4,2)", ["12.34", "-0.50"], ["12.34", "-0.50"], "INT32 x (DECIMAL(4,2))"),
    ("decimal(18,3)", ["123456789012345.678", "-1.000"], ["123456789012345.678", "-1.000"], "INT64 x (DECIMAL(18,3))"),
    ("decimal(19,0)", ["9999999999999999999", "-1"], ["9999999999999999999", "-1"], "(9) x (DECIMAL(19,0))"),
    (
        "decimal(38,1)",
        ["-1234567890123456789012345678901234567.8", "1.0"],
        ["-1234567890123456789012345678901234567.8", "1.0"],
        "(16) x (DECIMAL(38,1))",
    ),
    ("varchar", ["äöü", ""], ["äöü", ""], "BYTE_ARRAY x (STRING)"),
    ("json", ["{\"a\": 1}", "null"], ["{\"a\": 1}", "null"], "BYTE_ARRAY x (JSON)"),
    ("blob", ["\\x00a", ""], ["0061", ""], "BYTE_ARRAY x"),
    (
        "uuid",
        ["f79c3e09-677c-4bbd-a479-3f349cb785e7", "00000000-0000-0000-0000-000000000001"],
        ["f79c3e09677c4bbda4793f349cb785e7", "00000000000000000000000000000001"],
        "(16) x (UUID)",
    ),
    ("date", ["2024-02-29", "1969-12-31"], ["2024-02-29", "1969-12-31"], "INT32 x (DATE)"),
    ("time", ["12:30:00.5", "00:00:00"], ["12:30:00.500", "00:00:00"], "INT64 x (TIME(MICROS,false))"),
    ("timetz", ["12:30:00.5+05:30", "00:30:00+01"], ["07:00:00.500", "23:30:00"], "INT64 x (TIME(MICROS,true))"),
    (
        "timestamp",
        ["2024-01-31 12:30:00.5", "1970-01-01 00:00:00"],
        ["2024-01-31T12:30:00.500", "1970-01-01T00:00:00"],
        "INT64 x (TIMESTAMP(MICROS,false))",
    ),
    (
        "timestamp_s",
        ["2024-01-31 12:30:00", "1970-01-01 00:00:00"],
        ["2024-01-31T12:30:00", "1970-01-01T00:00:00"],
        "INT64 x (TIMESTAMP(MICROS,false))",
    ),
    (
        "timestamp_ms",
        ["2024-01-31 12:30:00.5", "1970-01-01 00:00:00"],
        ["2024-01-31T12:30:00.500", "1970-01-01T00:00:00"],
        "INT64 x (TIMESTAMP(MILLIS,false))",
    ),
    (
        "timestamp_ns",
        ["2024-01-31 12:30:00.123456789", "1970-01-01 00:00:00"],
        ["2024-01-31T12:30:00.123456789", "1970-01-01T00:00:00"],
        "INT64 x (TIMESTAMP(NANOS,false))",
    ),
    (
        "timestamptz",
        ["2024-01-31 12:30:00+00", "1970-01-01 00:00:00+00"],
        ["2024-01-31T12:30:00", "1970-01-01T00:00:00"],
        "INT64 x (TIMESTAMP(MICROS,true))",
    ),
    // The parquet crate reads the last eight bytes of an interval alone.
    (
        "interval",
        ["1 year 2 months 3 days 04:05:06.789", "00:00:00"],
        ["3 days 4 hours 5 mins 6.789 secs", "0 secs"],
        "(12) x (INTERVAL)",
    ),
];

#[tokio::test]
async fn leaves_round_trip() {
    for (column_type, texts, expected, schema_line) in LEAVES {
        let dir = TempDir::new().unwrap();
        let columns = columns(&[(7, "x", column_type, None)]);
        let rows = batch(&columns, &[&[Some(texts[0]), None, Some(texts[1])]]);
        let files = write_all(layout(&dir, columns), &[rows]).await.unwrap();
        let (metadata, read) = read(&files[0].full_path, None);
        let mut schema = Vec::new();
        print_schema(&mut schema, metadata.file_metadata().schema());
        let schema = String::from_utf8(schema).unwrap().replace(" [7]", "");
        assert!(schema.contains(&format!("{schema_line};")), "{column_type}: {schema}");
        assert!(schema.contains("OPTIONAL"), "{schema}");
        let column = match read.column(0).data_type() {
            // Printing zones needs a feature that nothing else does.
            DataType::Timestamp(unit, Some(_)) => cast(read.column(0), &DataType::Timestamp(*unit, None)).unwrap(),
            _ => Arc::clone(read.column(0)),
        };
        assert!(column.is_null(1), "{column_type}");
        for (row, expected) in [(0, expected[0]), (2, expected[1])] {
            assert_eq!(array_value_to_string(&column, row).unwrap(), expected, "{column_type}");
        }
        let info = metadata.file_metadata().schema_descr().column(0);
        assert_eq!(info.self_type().get_basic_info().id(), 7);
        let [stats] = files[0].column_stats.as_slice() else { panic!("{column_type}: not one column") };
        assert_eq!((stats.column_id, stats.stats.value_count, stats.stats.null_count), (7, 2, 1), "{column_type}");
        assert_eq!(stats.column_size_bytes, metadata.row_group(0).column(0).compressed_size());
    }
}

#[tokio::test]
async fn nested_columns_have_field_ids_at_all_levels() {
    let dir = TempDir::new().unwrap();
    let columns = columns(&[
        (1, "l", "list", None),
        (2, "element", "uuid", Some(1)),
        (3, "m", "map", None),
        (4, "key", "varchar", Some(3)),
        (5, "value", "struct", Some(3)),
        (6, "n", "int128", Some(5)),
        (7, "t", "timestamp_s", Some(5)),
    ]);
    let uuid = "f79c3e09-677c-4bbd-a479-3f349cb785e7";
    let lists = [Some(format!("[{uuid}, NULL]")), Some("[]".to_string()), None];
    let lists: Vec<_> = lists.iter().map(Option::as_deref).collect();
    let maps = [Some("{a={'n': 3, 't': 2024-01-31 12:30:00}, b=NULL}"), None, Some("{}")];
    let rows = batch(&columns, &[&lists, &maps]);
    let files = write_all(layout(&dir, columns), &[rows.slice(0, 1), rows.slice(1, 2)]).await.unwrap();
    let (metadata, read) = read(&files[0].full_path, None);
    let mut schema = Vec::new();
    print_schema(&mut schema, metadata.file_metadata().schema());
    let expected = "\
message schema {
  OPTIONAL group l [1] (LIST) {
    REPEATED group list {
      OPTIONAL FIXED_LEN_BYTE_ARRAY (16) element [2] (UUID);
    }
  }
  OPTIONAL group m [3] (MAP) {
    REPEATED group key_value {
      REQUIRED BYTE_ARRAY key [4] (STRING);
      OPTIONAL group value [5] {
        OPTIONAL DOUBLE n [6];
        OPTIONAL INT64 t [7] (TIMESTAMP(MICROS,false));
      }
    }
  }
}
";
    let schema = String::from_utf8(schema).unwrap();
    assert_eq!(schema, expected);
    assert_eq!(array_value_to_string(read.column(0), 0).unwrap(), "[f79c3e09677c4bbda4793f349cb785e7, ]");
    assert_eq!(array_value_to_string(read.column(0), 1).unwrap(), "[]");
    assert!(read.column(0).is_null(2) && read.column(1).is_null(1));
    assert_eq!(array_value_to_string(read.column(1), 0).unwrap(), "{a: {n: 3.0, t: 2024-01-31T12:30:00}, b: }");
    let ids: Vec<i64> = files[0].column_stats.iter().map(|stats| stats.column_id).collect();
    assert_eq!(ids, [2, 4, 6, 7]);
}

#[tokio::test]
async fn values_without_an_exact_form_are_refused() {
    for (column_type, text, shown) in [
        ("int128", "9007199254740993", "9007199254740993"),
        ("uint128", "340282366920938463463374607431768211455", "340282366920938463463374607431768211455"),
        ("interval", "-1 day", "days: -1"),
        ("timestamp_s", "infinity", ""),
    ] {
        let dir = TempDir::new().unwrap();
        let columns = columns(&[(1, "amount", column_type, None)]);
        let rows = batch(&columns, &[&[Some(text)]]);
        let result = write_all(layout(&dir, columns), &[rows]).await;
        if shown.is_empty() {
            result.unwrap();
            continue;
        }
        let error = result.unwrap_err().to_string();
        assert!(error.contains("'amount'") && error.contains(shown), "{error}");
        assert_eq!(files_below(dir.path()), [""; 0]);
    }
    // Below NULL there is no value that could be refused.
    let dir = TempDir::new().unwrap();
    let columns = columns(&[(1, "s", "struct", None), (2, "n", "int128", Some(1))]);
    let inner = values(&LakeType::Int128, &[Some("9007199254740993"), Some("1")]);
    let arrow::datatypes::DataType::Struct(fields) = columns[0].lake_type.arrow_type() else { panic!() };
    let nulls = Some(vec![false, true].into());
    let structs = arrow::array::StructArray::new(fields, vec![inner], nulls);
    let rows = RecordBatch::try_new(Arc::new(Column::schema(&columns)), vec![Arc::new(structs)]).unwrap();
    write_all(layout(&dir, columns), &[rows]).await.unwrap();
}

#[tokio::test]
async fn variants_are_refused() {
    let dir = TempDir::new().unwrap();
    let columns = columns(&[(1, "l", "list", None), (2, "element", "variant", Some(1))]);
    let rows = RecordBatch::new_empty(Arc::new(Column::schema(&columns)));
    let mut writer = TableWriter::new(Storage::default(), layout(&dir, columns));
    writer.write(rows.clone(), None).await.unwrap();
    let one =
        RecordBatch::try_new(rows.schema(), vec![arrow::array::new_null_array(rows.schema().field(0).data_type(), 1)]);
    let error = writer.write(one.unwrap(), None).await.unwrap_err();
    assert!(matches!(error, WriteError::NotSupported { .. }), "{error}");
}

#[tokio::test]
async fn rows_that_do_not_fit_are_refused() {
    let dir = TempDir::new().unwrap();
    let (columns, rows) = numbers(0, 3);
    let mut writer = TableWriter::new(Storage::default(), layout(&dir, columns.clone()));
    let short = rows.project(&[0]).unwrap();
    assert!(matches!(writer.write(short, None).await, Err(WriteError::Rows { .. })));
    let mut writer = TableWriter::new(Storage::default(), layout(&dir, columns.clone()));
    let swapped = rows.project(&[1, 0]).unwrap();
    assert!(matches!(writer.write(swapped, None).await, Err(WriteError::Rows { .. })));
    let mut writer = TableWriter::new(Storage::default(), layout(&dir, columns));
    let ids = Int64Array::from(vec![1, 2]);
    assert!(matches!(writer.write(rows.clone(), Some(&ids)).await, Err(WriteError::Rows { .. })));
    // A writer that failed stays failed.
    assert!(writer.write(rows, None).await.is_err());
    assert!(writer.finish().await.is_err());
}

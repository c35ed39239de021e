use std::sync::Arc;

use arrow::array::*;
use arrow::buffer::{OffsetBuffer, ScalarBuffer};
use arrow::datatypes::*;
use serde_json::json;

use super::*;
use crate::LakeType;

fn shown_in(array: &dyn Array, field: &Field, time_zone: Tz) -> Vec<String> {
    let display = ValueDisplay::try_new(array, field, &DisplayOptions { time_zone }).unwrap();
    (0..array.len())
        .map(|row| {
            let mut text = String::new();
            display.write(row, &mut text);
            text
        })
        .collect()
}

/// Texts of an array of no particular DuckLake type.
fn shown(array: impl Array) -> Vec<String> {
    shown_in(&array, &Field::new("x", array.data_type().clone(), true), Tz::UTC)
}

fn shown_as(array: impl Array, lake_type: &LakeType) -> Vec<String> {
    shown_in(&array, &lake_type.field("x"), Tz::UTC)
}

fn json_as(array: impl Array, lake_type: &LakeType) -> Vec<serde_json::Value> {
    let display = ValueDisplay::try_new(&array, &lake_type.field("x"), &DisplayOptions::default()).unwrap();
    (0..array.len()).map(|row| display.to_json(row)).collect()
}

#[test]
fn integers_and_booleans() {
    assert_eq!(shown(Int8Array::from(vec![Some(-128), None])), ["-128", "NULL"]);
    assert_eq!(shown(UInt64Array::from(vec![u64::MAX])), ["18446744073709551615"]);
    assert_eq!(shown(BooleanArray::from(vec![true, false])), ["true", "false"]);
    assert_eq!(shown(NullArray::new(1)), ["NULL"]);
}

#[test]
#[expect(clippy::excessive_precision, reason = "the exact value is what is tested")]
fn floats_have_shortest_digits() {
    let values = [
        (1.0, "1.0"),
        (0.1, "0.1"),
        (0.0001, "0.0001"),
        (0.00001, "1e-05"),
        (1e15, "1000000000000000.0"),
        (1e16, "1e+16"),
        (-1e100, "-1e+100"),
        (123_456_789_012_345_678.0, "1.2345678901234568e+17"),
        (-1_518_194_925_287_575.25, "-1518194925287575.2"),
        (5e-324, "5e-324"),
        (f64::MAX, "1.7976931348623157e+308"),
        (-0.0, "-0.0"),
        (f64::NAN, "nan"),
        (-f64::NAN, "-nan"),
        (f64::INFINITY, "inf"),
        (f64::NEG_INFINITY, "-inf"),
    ];
    let texts = shown(Float64Array::from_iter_values(values.map(|(value, _)| value)));
    assert_eq!(texts, values.map(|(_, text)| text));
}

#[test]
#[expect(clippy::excessive_precision, reason = "the exact value is what is tested")]
fn float32_digits_are_those_of_duckdb() {
    // The last three are undecided by Grisu3, so they get the digits of a 64-bit float.
    let values = [
        (0.1, "0.1"),
        (1e15, "1000000000000000.0"),
        (16_777_216.0, "16777216.0"),
        (3.402_823_5e38, "3.4028235e+38"),
        (1e-45, "1e-45"),
        (462_500_416.0, "462500416.0"),
        (-141_759.625, "-141759.625"),
        (3_706_248.75, "3706248.75"),
    ];
    let texts = shown(Float32Array::from_iter_values(values.map(|(value, _)| value)));
    assert_eq!(texts, values.map(|(_, text)| text));
}

#[test]
fn decimals_keep_their_scale() {
    let decimal = |unscaled: i128, precision, scale| {
        let array = Decimal128Array::from(vec![unscaled]).with_precision_and_scale(precision, scale).unwrap();
        shown(array).remove(0)
    };
    assert_eq!(decimal(5, 1, 1), ".5");
    assert_eq!(decimal(-50, 2, 2), "-.50");
    assert_eq!(decimal(0, 3, 3), ".000");
    assert_eq!(decimal(-50, 3, 2), "-0.50");
    assert_eq!(decimal(-5, 3, 2), "-0.05");
    assert_eq!(decimal(150, 5, 2), "1.50");
    assert_eq!(decimal(5, 3, 0), "5");
    assert_eq!(decimal(5, 3, -2), "500");
    assert_eq!(shown(Decimal32Array::from(vec![-150]).with_precision_and_scale(9, 2).unwrap()), ["-1.50"]);
    let wide = Decimal256Array::from(vec![i256::from_parts(u128::MAX, 0)]).with_precision_and_scale(39, 0).unwrap();
    assert_eq!(shown(wide), ["340282366920938463463374607431768211455"]);
}

#[test]
fn dates_and_times() {
    assert_eq!(
        shown(Date32Array::from(vec![19_753, -735_160, i32::MAX, -i32::MAX, 2_932_897])),
        ["2024-01-31", "0044-03-15 (BC)", "infinity", "-infinity", "10000-01-01"]
    );
    assert_eq!(shown(Date64Array::from(vec![86_400_000, -1])), ["1970-01-02", "1969-12-31"]);
    assert_eq!(
        shown(Time64MicrosecondArray::from(vec![0, 86_400_000_000, 45_000_500_000])),
        ["00:00:00", "24:00:00", "12:30:00.5"]
    );
    assert_eq!(shown(Time64NanosecondArray::from(vec![45_000_123_456_789])), ["12:30:00.123456789"]);
    assert_eq!(shown(Time32MillisecondArray::from(vec![1])), ["00:00:00.001"]);
    assert_eq!(shown(Time32SecondArray::from(vec![59])), ["00:00:59"]);
    assert_eq!(shown_as(Time64MicrosecondArray::from(vec![45_000_000_000]), &LakeType::TimeTz), ["12:30:00+00"]);
}

#[test]
fn timestamps() {
    assert_eq!(
        shown(TimestampMicrosecondArray::from(vec![
            1_704_067_200_500_000,
            -1,
            i64::MAX,
            -i64::MAX,
            i64::MAX - 1,
            -9_223_372_022_400_000_000,
        ])),
        [
            "2024-01-01 00:00:00.5",
            "1969-12-31 23:59:59.999999",
            "infinity",
            "-infinity",
            "294247-01-10 04:00:54.775806",
            "290309-12-22 (BC) 00:00:00"
        ]
    );
    assert_eq!(shown(TimestampSecondArray::from(vec![0, i64::MAX])), ["1970-01-01 00:00:00", "infinity"]);
    assert_eq!(shown(TimestampMillisecondArray::from(vec![-1])), ["1969-12-31 23:59:59.999"]);
    assert_eq!(shown(TimestampNanosecondArray::from(vec![123_456_789])), ["1970-01-01 00:00:00.123456789"]);
}

#[test]
fn zoned_timestamps_carry_their_offset() {
    // 2024-07-01, 2150-07-01, 12345-07-01, 1800-01-01 and infinity.
    let array =
        TimestampSecondArray::from(vec![1_719_792_000, 5_695_920_000, 327_419_020_800, -5_364_662_400, i64::MAX])
            .with_timezone("UTC");
    let field = Field::new("x", array.data_type().clone(), true);
    assert_eq!(shown_in(&array, &field, Tz::UTC)[..2], ["2024-07-01 00:00:00+00", "2150-07-01 00:00:00+00"]);
    let berlin = shown_in(&array, &field, Tz::Europe__Berlin);
    assert_eq!(berlin[0], "2024-07-01 02:00:00+02");
    assert_eq!(berlin[1], "2150-07-01 02:00:00+02");
    assert_eq!(berlin[2], "12345-07-01 02:00:00+02");
    assert_eq!(berlin[3], "1800-01-01 00:53:28+00:53");
    assert_eq!(berlin[4], "infinity");
    assert_eq!(shown_in(&array, &field, Tz::Asia__Kolkata)[0], "2024-07-01 05:30:00+05:30");
    assert_eq!(shown_in(&array, &field, Tz::America__New_York)[3], "1799-12-31 19:03:58-04:56");
}

#[test]
fn intervals() {
    let interval = |months, days, nanos| {
        let value = IntervalMonthDayNano::new(months, days, nanos);
        shown(IntervalMonthDayNanoArray::from(vec![value])).remove(0)
    };
    assert_eq!(interval(0, 0, 0), "00:00:00");
    assert_eq!(interval(14, 3, 14_706_789_000_000), "1 year 2 months 3 days 04:05:06.789");
    assert_eq!(interval(1, -1, -1_000_000_000), "1 month -1 day -00:00:01");
    assert_eq!(interval(-13, 0, 0), "-1 year -1 month");
    assert_eq!(interval(0, 0, 90_000_000_000_000), "25:00:00");
    assert_eq!(interval(26, -3, 0), "2 years 2 months -3 days");
    assert_eq!(shown(IntervalYearMonthArray::from(vec![12])), ["1 year"]);
    assert_eq!(shown(IntervalDayTimeArray::from(vec![IntervalDayTime::new(1, 500)])), ["1 day 00:00:00.5"]);
    assert_eq!(shown(DurationSecondArray::from(vec![i64::MAX])), ["2562047788015215:30:07"]);
    assert_eq!(shown(DurationNanosecondArray::from(vec![-1])), ["-00:00:00.000000001"]);
}

#[test]
fn bytes_by_their_declared_type() {
    let bytes = BinaryArray::from(vec![b"\x00a'\"\\\xff,~".as_slice()]);
    assert_eq!(shown(bytes), [r"\x00a\x27\x22\x5C\xFF,~"]);
    let uuid =
        FixedSizeBinaryArray::try_from_iter([0xf79c_3e09_677c_4bbd_a479_3f34_9cb7_85e7_u128.to_be_bytes()].iter());
    assert_eq!(shown_as(uuid.unwrap(), &LakeType::Uuid), ["f79c3e09-677c-4bbd-a479-3f349cb785e7"]);
    let mut point = vec![1u8, 1, 0, 0, 0];
    point.extend(1f64.to_le_bytes().into_iter().chain(2f64.to_le_bytes()));
    let geometry = BinaryArray::from(vec![point.as_slice(), b"bad"]);
    assert_eq!(shown_as(geometry, &LakeType::Geometry), ["POINT (1 2)", "bad"]);
}

#[test]
fn list_elements_are_quoted_where_needed() {
    let texts = [
        r"a\b", "it's", "a\"b", " x", "x ", "", "null", "NULL", "Nulls", "a=b", "(", ":", ",", "\\", "a;b", "\tq", "é",
    ];
    let list = ListArray::new(
        Arc::new(Field::new("element", DataType::Utf8, true)),
        OffsetBuffer::from_lengths([texts.len(), 0]),
        Arc::new(StringArray::from(texts.to_vec())),
        None,
    );
    assert_eq!(
        shown(list),
        [
            concat!(
                r#"[a\b, 'it\'s', 'a"b', ' x', 'x ', '', 'null', 'NULL', Nulls, 'a=b', '(', ':', ',', \, a;b, "#,
                "'\tq', é]"
            ),
            "[]"
        ]
    );
}

#[test]
fn nested_values() {
    let dates = Date32Array::from(vec![Some(0), None, Some(-735_160)]);
    let fields = Fields::from(vec![Field::new("it's", DataType::Date32, true), Field::new("s", DataType::Utf8, true)]);
    let strings = StringArray::from(vec![Some("a b"), Some("a,b"), None]);
    let record =
        StructArray::new(fields, vec![Arc::new(dates), Arc::new(strings)], Some(vec![true, true, true].into()));
    assert_eq!(
        shown(record),
        [
            r"{'it\'s': 1970-01-01, 's': a b}",
            r"{'it\'s': NULL, 's': 'a,b'}",
            r"{'it\'s': '0044-03-15 (BC)', 's': NULL}"
        ]
    );

    let mut map = MapBuilder::new(None, StringBuilder::new(), Int32Builder::new());
    map.keys().append_value("a=b");
    map.values().append_value(1);
    map.keys().append_value("k");
    map.values().append_null();
    map.append(true).unwrap();
    map.append(false).unwrap();
    map.append(true).unwrap();
    assert_eq!(shown(map.finish()), ["{'a=b'=1, k=NULL}", "NULL", "{}"]);
}

#[test]
fn json_is_raw_in_lists_only() {
    let lake_type =
        LakeType::Struct(vec![("j".into(), LakeType::Json), ("l".into(), LakeType::List(Box::new(LakeType::Json)))]);
    let DataType::Struct(fields) = lake_type.arrow_type() else { panic!() };
    let DataType::List(element) = fields[1].data_type() else { panic!() };
    let elements = StringArray::from(vec![Some("{\"a\": 1}"), Some("null"), None]);
    let list = ListArray::new(Arc::clone(element), OffsetBuffer::from_lengths([3]), Arc::new(elements), None);
    let json = StringArray::from(vec!["[1]"]);
    let record = StructArray::new(fields, vec![Arc::new(json), Arc::new(list)], None);
    assert_eq!(shown_as(record.clone(), &lake_type), [r#"{'j': '[1]', 'l': [{"a": 1}, null, NULL]}"#]);
    assert_eq!(json_as(record, &lake_type), [json!({"j": "[1]", "l": ["{\"a\": 1}", "null", null]})]);
}

#[test]
fn every_list_layout_prints_alike() {
    let item = Arc::new(Field::new("item", DataType::Int32, true));
    let values: ArrayRef = Arc::new(Int32Array::from(vec![1, 2, 3, 4, 5, 6]));
    let expected = ["[3, 4]", "[5, 6]"];
    let list = ListArray::new(Arc::clone(&item), OffsetBuffer::from_lengths([2, 2, 2]), Arc::clone(&values), None);
    assert_eq!(shown(list.slice(1, 2)), expected);
    let large =
        LargeListArray::new(Arc::clone(&item), OffsetBuffer::from_lengths([2, 2, 2]), Arc::clone(&values), None);
    assert_eq!(shown(large.slice(1, 2)), expected);
    let fixed = FixedSizeListArray::new(Arc::clone(&item), 2, Arc::clone(&values), None);
    assert_eq!(shown(fixed.slice(1, 2)), expected);
    let (offsets, sizes) = (ScalarBuffer::from(vec![2, 4]), ScalarBuffer::from(vec![2, 2]));
    assert_eq!(shown(ListViewArray::new(item, offsets, sizes, values, None)), expected);
}

#[test]
fn indirect_values_print_as_what_they_stand_for() {
    let dictionary: DictionaryArray<Int8Type> = vec![Some("a"), None, Some("b"), Some("a")].into_iter().collect();
    assert_eq!(shown(dictionary.slice(1, 3)), ["NULL", "b", "a"]);
    let empty = DictionaryArray::new(Int8Array::new_null(2), Arc::new(StringArray::from(Vec::<&str>::new())));
    assert_eq!(shown(empty), ["NULL", "NULL"]);
    let runs = RunArray::try_new(&Int32Array::from(vec![2, 3]), &StringArray::from(vec![Some("a"), None])).unwrap();
    assert_eq!(shown(runs), ["a", "a", "NULL"]);
}

#[test]
fn scalars_as_json() {
    assert_eq!(json_as(Int64Array::from(vec![Some(i64::MIN), None]), &LakeType::Int64), [json!(i64::MIN), json!(null)]);
    assert_eq!(json_as(Float64Array::from(vec![1.5, f64::NAN]), &LakeType::Float64), [json!(1.5), json!("nan")]);
    assert_eq!(json_as(BooleanArray::from(vec![true]), &LakeType::Boolean), [json!(true)]);
    let decimal = Decimal128Array::from(vec![150]).with_precision_and_scale(5, 2).unwrap();
    assert_eq!(json_as(decimal, &LakeType::Decimal { precision: 5, scale: 2 }), [json!("1.50")]);
    let huge =
        json_as(Decimal128Array::from(vec![i128::MAX]).with_precision_and_scale(38, 0).unwrap(), &LakeType::Int128);
    assert_eq!(huge[0].to_string(), i128::MAX.to_string());
    assert_eq!(json_as(Date32Array::from(vec![0]), &LakeType::Date), [json!("1970-01-01")]);
    assert_eq!(json_as(StringArray::from(vec!["1"]), &LakeType::Varchar), [json!("1")]);
}

#[test]
fn too_deep_a_type_is_refused() {
    let mut array: ArrayRef = Arc::new(Int32Array::from(vec![1]));
    for _ in 0..200 {
        let field = Arc::new(Field::new("element", array.data_type().clone(), true));
        array = Arc::new(ListArray::new(field, OffsetBuffer::from_lengths([1]), array, None));
    }
    let field = Field::new("x", array.data_type().clone(), true);
    assert!(ValueDisplay::try_new(array.as_ref(), &field, &DisplayOptions::default()).is_err());
}

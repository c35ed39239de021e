use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, RecordBatch, StructArray};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{DataType, Float32Type, Float64Type, Schema};
use proptest::prelude::*;

use super::*;
use crate::text::decode_scalar;
use crate::text::round_trip::{lake_types, typed_arrays};
use crate::text::{TextDecoder, TextForm};
use crate::{DisplayOptions, ValueDisplay};

/// A column with ids in pre-order from `id`.
fn column(id: &mut ColumnId, name: &str, lake_type: &LakeType) -> Column {
    let own = *id;
    *id += 1;
    let mut child = |name: &str, lake_type: &LakeType| column(id, name, lake_type);
    let children = match lake_type {
        LakeType::List(element) => vec![child("element", element)],
        LakeType::Struct(members) => members.iter().map(|(name, member)| child(name, member)).collect(),
        LakeType::Map(key, value) => vec![child("key", key), child("value", value)],
        _ => Vec::new(),
    };
    Column {
        id: own,
        name: name.into(),
        lake_type: lake_type.clone(),
        initial_default: None,
        default_value: None,
        default_value_type: None,
        nulls_allowed: true,
        children,
    }
}

fn collector(lake_type: &LakeType, source: Source) -> (StatisticsCollector, Arc<Schema>) {
    let column = column(&mut 1, "c", lake_type);
    let schema = Arc::new(Column::schema(std::slice::from_ref(&column)));
    (StatisticsCollector::with_source(&[column], source), schema)
}

fn statistics(lake_type: &LakeType, array: ArrayRef, source: Source) -> Vec<(ColumnId, ColumnStatistics)> {
    let (mut collector, schema) = collector(lake_type, source);
    collector.update(&RecordBatch::try_new(schema, vec![array]).unwrap()).unwrap();
    collector.finish()
}

fn values(lake_type: &LakeType, texts: &[Option<&str>]) -> ArrayRef {
    let mut decoder = TextDecoder::new(lake_type);
    for text in texts {
        match text {
            Some(text) => decoder.append(text, TextForm::Display).unwrap(),
            None => decoder.append_null(),
        }
    }
    decoder.finish()
}

/// Bounds of two values and a NULL.
fn bounds(lake_type: &LakeType, texts: [&str; 2], source: Source) -> (Option<String>, Option<String>, Option<bool>) {
    let array = values(lake_type, &[Some(texts[0]), Some(texts[1]), None]);
    let (_, found) = statistics(lake_type, array, source).remove(0);
    assert_eq!((found.value_count, found.null_count), (2, 1), "{lake_type}");
    (found.min, found.max, found.contains_nan)
}

/// As DuckDB 1.5.5 writes them.
#[test]
fn bounds_are_those_of_duckdb() {
    use LakeType as T;
    let uuids = ["a0000000-0000-0000-0000-00000000000a", "00000000-0000-0000-0000-000000000001"];
    let none = [None, None];
    let some = |min, max| [Some(min), Some(max)];
    let same = |lake_type, values, min, max| (lake_type, values, some(min, max), some(min, max));
    for (lake_type, values, file, inlined) in [
        (T::Boolean, ["true", "false"], some("0", "1"), some("false", "true")),
        same(T::Int8, ["7", "-5"], "-5", "7"),
        same(T::UInt64, ["5", "18446744073709551615"], "5", "18446744073709551615"),
        (T::Int128, ["10", "9"], none, some("9", "10")),
        (T::UInt128, ["10", "9"], none, some("9", "10")),
        same(T::Float32, ["0.1", "-0.0"], "-0.0", "0.1"),
        (T::Float64, ["nan", "1e16"], some("1e+16", "1e+16"), some("1e+16", "nan")),
        same(T::Float64, ["inf", "-inf"], "-inf", "inf"),
        same(T::Float64, ["0.0", "-0.0"], "0.0", "0.0"),
        (T::Float32, ["nan", "nan"], none, some("nan", "nan")),
        same(T::Decimal { precision: 2, scale: 2 }, ["0.25", "-0.5"], "-.50", ".25"),
        same(T::Decimal { precision: 38, scale: 10 }, ["3", "-1.5"], "-1.5000000000", "3.0000000000"),
        same(T::Varchar, ["zz", ""], "", "zz"),
        (T::Varchar, ["a\0b", "zz"], [None, Some("zz")], [None, Some("zz")]),
        same(T::Json, ["{\"a\":1}", "[1]"], "[1]", "{\"a\":1}"),
        (T::Blob, ["\\x00\\xAB", "zz"], some("00AB", "7A7A"), some("\\x00\\xAB", "zz")),
        same(T::Uuid, uuids, uuids[1], uuids[0]),
        same(T::Date, ["0044-03-15 (BC)", "infinity"], "0044-03-15 (BC)", "infinity"),
        same(T::Time, ["24:00:00", "01:02:03.5"], "01:02:03.5", "24:00:00"),
        (T::TimeTz, ["01:02:03.5+05:30", "01:02:03-03"], none, some("01:02:03-03", "01:02:03.5+05:30")),
        (T::Interval, ["9 days", "10 days"], none, some("10 days", "9 days")),
        same(T::Timestamp, ["2020-01-01 00:00:00.5", "infinity"], "2020-01-01 00:00:00.5", "infinity"),
        same(
            T::TimestampTz,
            ["2020-01-01 00:00:00.5+02", "2021-01-01 00:00:00+00"],
            "2019-12-31 22:00:00.5+00",
            "2021-01-01 00:00:00+00",
        ),
    ] {
        let is_float = matches!(lake_type, T::Float32 | T::Float64);
        let [min, max] = file.map(|text| text.map(str::to_string));
        let contains_nan = is_float.then(|| values.contains(&"nan"));
        assert_eq!(bounds(&lake_type, values, Source::File), (min, max, contains_nan), "{lake_type}");
        let [min, max] = inlined.map(|text| text.map(str::to_string));
        assert_eq!(bounds(&lake_type, values, Source::Inlined), (min, max, None), "{lake_type}");
    }
}

#[test]
fn long_bounds_are_cut() {
    let cut = |value: String| bounds(&LakeType::Varchar, [&value, &value], Source::File);
    let min_max = |min: String, max: String| (Some(min), Some(max), None);
    assert_eq!(cut("z".repeat(256)), min_max("z".repeat(256), "z".repeat(256)));
    assert_eq!(cut("z".repeat(300)), min_max("z".repeat(256), "z".repeat(255) + "{"));
    assert_eq!(cut("é".repeat(300)), (None, None, None));
    let mixed = "a".repeat(255) + &"é".repeat(9);
    assert_eq!(cut(mixed), min_max("a".repeat(255), "a".repeat(254) + "b"));
    assert_eq!(cut("a".to_string() + &"\x7f".repeat(300)), min_max("a".to_string() + &"\x7f".repeat(255), "b".into()));
    let whole = "é".repeat(300);
    assert_eq!(bounds(&LakeType::Varchar, [&whole, &whole], Source::Inlined), min_max(whole.clone(), whole.clone()));
    let blob = |value: &str| bounds(&LakeType::Blob, [value, value], Source::File);
    assert_eq!(blob(&"\\x80".repeat(300)), min_max("80".repeat(256), "80".repeat(255) + "81"));
    assert_eq!(blob(&"\\xFF".repeat(300)), (None, None, None));
    assert_eq!(
        blob(&("a".to_string() + &"\\xFF".repeat(300))),
        min_max("61".to_string() + &"FF".repeat(255), "62".into())
    );
}

/// NULL and empty parents count as NULLs of the leaf, in files.
#[test]
fn nested_leaves_are_counted_as_in_parquet() {
    let list = |element| LakeType::List(Box::new(element));
    let map = |key, value| LakeType::Map(Box::new(key), Box::new(value));
    let record = |members: &[(&str, LakeType)]| {
        LakeType::Struct(members.iter().map(|(name, member)| (name.to_string(), member.clone())).collect())
    };
    let (int, text) = (LakeType::Int32, LakeType::Varchar);
    type Counts = &'static [(ColumnId, u64, u64)];
    let cases: [(LakeType, &[Option<&str>], Counts, Counts); 7] = [
        (list(int.clone()), &[Some("[1, NULL, 3]"), Some("[]"), None], &[(2, 2, 3)], &[(2, 2, 1)]),
        (
            record(&[("a", int.clone()), ("b", text.clone())]),
            &[Some("{'a': 1, 'b': NULL}"), None, None],
            &[(2, 1, 2), (3, 0, 3)],
            &[(2, 1, 2), (3, 0, 3)],
        ),
        (
            map(text.clone(), int.clone()),
            &[Some("{k=1, l=NULL}"), None, None],
            &[(2, 2, 2), (3, 1, 3)],
            &[(2, 2, 0), (3, 1, 1)],
        ),
        (list(list(int.clone())), &[Some("[[1], NULL, []]"), None, None], &[(3, 1, 4)], &[(3, 1, 0)]),
        (
            record(&[("l", list(int.clone())), ("t", LakeType::TimeTz)]),
            &[Some("{'l': [1, 2], 't': '01:00:00+01'}"), None, None],
            &[(3, 2, 2), (4, 1, 2)],
            &[(3, 2, 0), (4, 1, 2)],
        ),
        (
            map(text.clone(), list(int.clone())),
            &[Some("{k=[1, NULL], l=NULL}"), Some("{}"), None],
            &[(2, 2, 2), (4, 1, 4)],
            &[(2, 2, 0), (4, 1, 1)],
        ),
        (
            list(record(&[("x", LakeType::Float64)])),
            &[Some("[NULL, {'x': nan}]"), Some("[]"), None],
            &[(3, 1, 3)],
            &[(3, 1, 1)],
        ),
    ];
    for (lake_type, texts, file, inlined) in cases {
        for (source, expected) in [(Source::File, file), (Source::Inlined, inlined)] {
            let found = statistics(&lake_type, values(&lake_type, texts), source);
            let counts: Vec<_> = found.iter().map(|(id, s)| (*id, s.value_count, s.null_count)).collect();
            assert_eq!(counts, expected, "{lake_type} {source:?}");
        }
    }
}

/// Arrow lets NULL lists and structs have values below them.
#[test]
fn values_under_null_do_not_count() {
    let lake_type = LakeType::List(Box::new(LakeType::Struct(vec![("a".into(), LakeType::Int32)])));
    let DataType::List(element) = lake_type.arrow_type() else { panic!("no list") };
    let DataType::Struct(fields) = element.data_type() else { panic!("no struct") };
    let numbers: ArrayRef = Arc::new(arrow::array::Int32Array::from(vec![99, 98, 1, 97, 2]));
    let structs =
        StructArray::new(fields.clone(), vec![numbers], Some(NullBuffer::from(vec![true, true, true, false, true])));
    let list = ListArray::new(
        element,
        OffsetBuffer::from_lengths([2, 0, 3]),
        Arc::new(structs),
        Some(NullBuffer::from(vec![false, true, true])),
    );
    let found = statistics(&lake_type, Arc::new(list.clone()), Source::File);
    let (_, found) = &found[0];
    assert_eq!((found.value_count, found.null_count), (2, 3));
    assert_eq!((found.min.as_deref(), found.max.as_deref()), (Some("1"), Some("2")));
    let found = statistics(&lake_type, Arc::new(list.slice(2, 1)), Source::File);
    assert_eq!((found[0].1.value_count, found[0].1.null_count), (2, 1));
}

#[test]
fn geometries_have_a_box_and_types() {
    let point = |x: f64, y: f64| -> Vec<u8> { [&[1, 1, 0, 0, 0][..], &x.to_le_bytes(), &y.to_le_bytes()].concat() };
    let point_z = [&[1, 0xE9, 3, 0, 0][..], &3f64.to_le_bytes(), &4f64.to_le_bytes(), &5f64.to_le_bytes()].concat();
    let array = |values: Vec<Option<Vec<u8>>>| -> ArrayRef {
        Arc::new(values.into_iter().collect::<arrow::array::BinaryViewArray>())
    };
    let of = |values| statistics(&LakeType::Geometry, array(values), Source::File)[0].1.extra_stats.clone().unwrap();
    let expected = "{\"bbox\": {\"xmin\": 1.000000, \"xmax\": 3.000000, \"ymin\": 2.000000, \"ymax\": 4.000000, \
        \"zmin\": 5.000000, \"zmax\": 5.000000, \"mmin\": null, \"mmax\": null}, \"types\": [\"point\", \"point_z\"]}";
    assert_eq!(of(vec![Some(point(1.0, 2.0)), Some(point_z), None]), expected);
    // Rounded outwards; empty points have a type only; infinity is not JSON.
    let odd = of(vec![Some(point(1.234_567_89, f64::INFINITY)), Some(point(f64::NAN, f64::NAN))]);
    let json: serde_json::Value = serde_json::from_str(&odd).unwrap();
    let bound = |name: &str| json["bbox"][name].as_f64().unwrap();
    assert_eq!((bound("xmin"), bound("xmax")), (1.234_567, 1.234_568));
    assert_eq!((bound("ymin"), bound("ymax")), (f64::MAX, f64::MAX));
    let empty = of(vec![None]);
    assert!(empty.contains("\"xmin\": null") && empty.ends_with("\"types\": []}"), "{empty}");
    let (mut collector, schema) = collector(&LakeType::Geometry, Source::File);
    let wrong = RecordBatch::try_new(schema, vec![array(vec![Some(vec![1, 2])])]).unwrap();
    assert!(collector.update(&wrong).is_err());
}

#[test]
fn batches_of_other_columns_are_refused() {
    let (mut collector, schema) = collector(&LakeType::Int32, Source::File);
    let array: ArrayRef = Arc::new(arrow::array::Int64Array::from(vec![1]));
    assert!(collector.update(&RecordBatch::try_from_iter([("c", Arc::clone(&array))]).unwrap()).is_err());
    assert!(collector.update(&RecordBatch::new_empty(Arc::new(Schema::empty()))).is_err());
    let numbers: ArrayRef = Arc::new(arrow::array::Int32Array::from(vec![1]));
    let extra = RecordBatch::try_from_iter([("c", numbers), ("row", array)]).unwrap();
    assert!(collector.update(&extra).is_ok());
    drop(schema);
}

/// The smallest and greatest value of an array in DuckDB's order, as rows; `None` without values.
fn is_within(lake_type: &LakeType, array: &dyn Array, found: &ColumnStatistics) -> Result<(), TestCaseError> {
    let field = lake_type.field("");
    let display = ValueDisplay::try_new(array, &field, &DisplayOptions::default()).unwrap();
    for row in (0..array.len()).filter(|row| array.is_valid(*row)) {
        let mut text = String::new();
        display.write(row, &mut text);
        for (bound, wrong) in [(&found.min, "Greater"), (&found.max, "Less")] {
            let Some(bound) = bound else { continue };
            let order = match lake_type {
                LakeType::Float32 | LakeType::Float64 => {
                    let value = |array: &dyn Array, row: usize| match lake_type {
                        LakeType::Float32 => f64::from(array.as_primitive::<Float32Type>().value(row)),
                        _ => array.as_primitive::<Float64Type>().value(row),
                    };
                    let bound = decode_scalar(lake_type, bound).unwrap();
                    match value(bound.as_ref(), 0).partial_cmp(&value(array, row)) {
                        Some(order) => order,
                        None => continue, // NaN is told apart
                    }
                }
                LakeType::Varchar | LakeType::Json | LakeType::Uuid => bound.as_str().cmp(text.as_str()),
                LakeType::Blob => {
                    let bytes = crate::text::decode_hex_blob(bound).unwrap();
                    bytes.as_slice().cmp(array.as_binary_view().value(row))
                }
                _ => {
                    let bound = decode_scalar(lake_type, bound).unwrap();
                    let compare =
                        arrow::array::make_comparator(bound.as_ref(), array, arrow::compute::SortOptions::default());
                    compare.unwrap()(0, row)
                }
            };
            prop_assert_ne!(format!("{:?}", order), wrong, "{} {:?}", text, found);
        }
    }
    Ok(())
}

fn leaf(lake_type: &LakeType) -> LeafColumn<'_> {
    LeafColumn { id: 1, lake_type, is_nested: false }
}

proptest! {
    #[test]
    fn bounds_hold_all_values((lake_type, array) in typed_arrays(lake_types().prop_filter("leaf", |t| !t.is_nested()))) {
        let found = statistics(&lake_type, Arc::clone(&array), Source::File);
        let (_, found) = &found[0];
        prop_assert_eq!(found.null_count, array.null_count() as u64);
        prop_assert_eq!(found.value_count + found.null_count, array.len() as u64);
        is_within(&lake_type, array.as_ref(), found)?;
    }

    #[test]
    fn batches_and_collectors_add_up((lake_type, array) in typed_arrays(lake_types()), cut in 0..6usize) {
        for source in [Source::File, Source::Inlined] {
            let whole = statistics(&lake_type, Arc::clone(&array), source);
            let cut = cut.min(array.len());
            let parts = [array.slice(0, cut), array.slice(cut, array.len() - cut)];
            let (mut one, schema) = collector(&lake_type, source);
            let (mut other, _) = collector(&lake_type, source);
            let batch = |part: &ArrayRef| RecordBatch::try_new(Arc::clone(&schema), vec![Arc::clone(part)]).unwrap();
            one.update(&batch(&parts[0])).unwrap();
            let mut both = one.clone();
            both.update(&batch(&parts[1])).unwrap();
            prop_assert_eq!(&both.finish(), &whole);
            other.update(&batch(&parts[1])).unwrap();
            one.merge(other);
            prop_assert_eq!(&one.finish(), &whole);
        }
    }

    #[test]
    fn merging_never_narrows(
        (lake_type, array) in typed_arrays(lake_types().prop_filter("leaf", |t| !t.is_nested() && *t != LakeType::Blob)),
        cuts in proptest::collection::vec((0..6usize, any::<bool>()), 1..4),
    ) {
        let mut row = None;
        let mut start = 0;
        let mut is_first = true;
        // Bounds of the others come from inlined rows alone.
        let is_compared = !matches!(
            lake_type,
            LakeType::Int128 | LakeType::UInt128 | LakeType::TimeTz | LakeType::Interval
        );
        for (length, inlined) in cuts {
            let part = array.slice(start, length.min(array.len() - start));
            start += part.len();
            let source = if inlined { Source::Inlined } else { Source::File };
            let found = statistics(&lake_type, Arc::clone(&part), source);
            row = merge_table_statistics(&leaf(&lake_type), row.as_ref(), is_first, &found[0].1, source);
            is_first &= part.is_empty();
            let seen = array.slice(0, start);
            if let Some(row) = row.as_ref().filter(|_| is_compared) {
                prop_assert!(row.contains_null != Some(false) || seen.null_count() == 0);
                let bounds = ColumnStatistics { min: row.min_value.clone(), max: row.max_value.clone(), ..Default::default() };
                is_within(&lake_type, seen.as_ref(), &bounds)?;
                // NULL bounds say that there are only NULLs.
                let has_bounds = row.min_value.is_some() || row.max_value.is_some();
                prop_assert!(has_bounds || seen.null_count() == seen.len() || matches!(lake_type, LakeType::Variant | LakeType::TimeNs));
            }
        }
    }
}

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BinaryArray, BinaryViewArray, Decimal128Array, FixedSizeBinaryArray, Int64Array, LargeBinaryArray,
    ListArray, StringArray, StringViewArray, StructArray,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{DataType, Field};
use proptest::prelude::*;

use super::variant_text;
use crate::FormatError;

/// A group of columns, all nullable.
fn group(columns: Vec<(&str, ArrayRef)>) -> StructArray {
    let (fields, arrays): (Vec<_>, Vec<_>) =
        columns.into_iter().map(|(name, array)| (Field::new(name, array.data_type().clone(), true), array)).unzip();
    StructArray::new(fields.into(), arrays, None)
}

fn binary(values: Vec<Option<&[u8]>>) -> ArrayRef {
    Arc::new(BinaryArray::from_opt_vec(values))
}

/// A dictionary with the sorted flag, as DuckDB writes it.
fn dictionary(keys: &[&str]) -> Vec<u8> {
    let mut bytes = vec![0x11, keys.len() as u8, 0];
    let mut end = 0;
    for key in keys {
        end += key.len();
        bytes.push(end as u8);
    }
    bytes.extend(keys.concat().as_bytes());
    bytes
}

fn offsets(parts: &[Vec<u8>]) -> Vec<u8> {
    let mut end = 0u8;
    let mut bytes = vec![0];
    for part in parts {
        end += part.len() as u8;
        bytes.push(end);
    }
    bytes
}

fn array(items: &[Vec<u8>]) -> Vec<u8> {
    [vec![0x03, items.len() as u8], offsets(items), items.concat()].concat()
}

fn object(members: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let (ids, values): (Vec<u8>, Vec<_>) = members.iter().cloned().unzip();
    [vec![0x02, ids.len() as u8], ids, offsets(&values), values.concat()].concat()
}

fn primitive(kind: u8, bytes: &[u8]) -> Vec<u8> {
    [&[kind << 2], bytes].concat()
}

fn string(text: &str) -> Vec<u8> {
    [&[(text.len() as u8) << 2 | 1], text.as_bytes()].concat()
}

fn int8(value: i8) -> Vec<u8> {
    primitive(3, &value.to_le_bytes())
}

const NULL: [u8; 1] = [0];

/// The text of one unshredded value.
fn text_of(metadata: &[u8], value: &[u8]) -> Result<Option<String>, FormatError> {
    let column = group(vec![("metadata", binary(vec![Some(metadata)])), ("value", binary(vec![Some(value)]))]);
    let texts = variant_text(&column)?;
    Ok(texts.is_valid(0).then(|| texts.value(0).to_string()))
}

fn text(value: &[u8]) -> String {
    text_of(&dictionary(&["b", "a", "it's", "a"]), value).unwrap().unwrap()
}

#[test]
fn scalars_print_as_duckdb_prints_them() {
    let timestamp = 1_706_704_200_123_456i64.to_le_bytes();
    let nanos = 1_706_704_200_123_456_789i64.to_le_bytes();
    let uuid = [0xf7, 0x9c, 0x3e, 0x09, 0x67, 0x7c, 0x4b, 0xbd, 0xa4, 0x79, 0x3f, 0x34, 0x9c, 0xb7, 0x85, 0xe7];
    let decimal16 = [&[38u8][..], &(-5i128).to_le_bytes()].concat();
    for (value, expected) in [
        (primitive(1, &[]), "true"),
        (primitive(2, &[]), "false"),
        (int8(-1), "-1"),
        (primitive(4, &200i16.to_le_bytes()), "200"),
        (primitive(5, &70_000i32.to_le_bytes()), "70000"),
        (primitive(6, &i64::MIN.to_le_bytes()), "-9223372036854775808"),
        (primitive(7, &1e16f64.to_le_bytes()), "1e+16"),
        (primitive(14, &0.1f32.to_le_bytes()), "0.1"),
        // The digits of the number are the precision, so 0.50 has no digit before the point.
        (primitive(8, &[&[2][..], &50i32.to_le_bytes()].concat()), ".50"),
        (primitive(8, &[&[2][..], &(-1i32).to_le_bytes()].concat()), "-.01"),
        (primitive(8, &[&[2][..], &0i32.to_le_bytes()].concat()), ".00"),
        (primitive(8, &[&[0][..], &0i32.to_le_bytes()].concat()), "0"),
        (primitive(9, &[&[3][..], &123_456_789_012_345i64.to_le_bytes()].concat()), "123456789012.345"),
        (primitive(10, &decimal16), "-.00000000000000000000000000000000000005"),
        (primitive(10, &[&[20][..], &0i128.to_le_bytes()].concat()), "0.00000000000000000000"),
        (primitive(11, &19_753i32.to_le_bytes()), "2024-01-31"),
        (primitive(11, &i32::MAX.to_le_bytes()), "infinity"),
        (primitive(12, &timestamp), "2024-01-31 12:30:00.123456+00"),
        (primitive(13, &timestamp), "2024-01-31 12:30:00.123456"),
        (primitive(13, &i64::MAX.to_le_bytes()), "infinity"),
        (primitive(15, &[&3u32.to_le_bytes()[..], b"\0a'"].concat()), "\\x00a\\x27"),
        (primitive(16, &[&4u32.to_le_bytes()[..], b"it's"].concat()), "it's"),
        (primitive(17, &45_000_500_000i64.to_le_bytes()), "12:30:00.5"),
        (primitive(18, &nanos), "2024-01-31 12:30:00.123456789+00"),
        (primitive(19, &nanos), "2024-01-31 12:30:00.123456789"),
        (primitive(20, &uuid), "f79c3e09-677c-4bbd-a479-3f349cb785e7"),
        (string(""), ""),
        (string("NULL"), "NULL"),
    ] {
        assert_eq!(text(&value), expected);
    }
    assert_eq!(text_of(&dictionary(&[]), &NULL).unwrap(), None);
}

#[test]
fn lists_quote_only_items_of_one_type() {
    let date = primitive(11, &(-735_160i32).to_le_bytes());
    for (items, expected) in [
        (vec![], "[]"),
        (
            vec![string("a,b"), string(""), string("null"), string("it's"), string("a\\b")],
            r"['a,b', '', 'null', 'it\'s', a\b]",
        ),
        (vec![string("a,b"), int8(1), string("")], "[a,b, 1, ]"),
        (vec![string("a,b"), NULL.to_vec()], "[a,b, NULL]"),
        (vec![date.clone(), date.clone()], "['0044-03-15 (BC)', '0044-03-15 (BC)']"),
        (vec![date, string("a,b")], "[0044-03-15 (BC), a,b]"),
        (vec![array(&[string("a,b")]), int8(1), array(&[])], "[['a,b'], 1, []]"),
    ] {
        assert_eq!(text(&array(&items)), expected);
    }
}

#[test]
fn objects_print_sorted_and_without_repeated_keys() {
    assert_eq!(text(&object(&[])), "{}");
    assert_eq!(
        text(&object(&[(0, string("x:y")), (2, NULL.to_vec()), (1, int8(1)), (3, int8(2))])),
        r"{'a': 1, 'b': 'x:y', 'it\'s': NULL}"
    );
    assert_eq!(text(&array(&[object(&[(0, array(&[int8(1)]))])])), "[{'b': [1]}]");
}

#[test]
fn wide_counts_and_offsets() {
    let items = [int8(1), int8(2)].concat();
    let large = [&[0x03 | 0x14][..], &2u32.to_le_bytes(), &[0, 0, 2, 0, 4, 0], &items].concat();
    assert_eq!(text(&large), "[1, 2]");
    let wide_object =
        [&[0x02 | 0x7C][..], &1u32.to_le_bytes(), &[1, 0, 0, 0], &[0, 0, 0, 0, 2, 0, 0, 0], &int8(7)].concat();
    assert_eq!(text(&wide_object), "{'a': 7}");
    // Offsets of two bytes in the dictionary.
    assert_eq!(text_of(&[0x41, 1, 0, 0, 0, 1, 0, b'k'], &object(&[(0, int8(1))])).unwrap().unwrap(), "{'k': 1}");
}

#[test]
fn shredded_and_encoded_members_are_merged() {
    let int = |values: Vec<Option<&[u8]>>, typed: Vec<Option<i64>>| -> ArrayRef {
        Arc::new(group(vec![("value", binary(values)), ("typed_value", Arc::new(Int64Array::from(typed)))]))
    };
    let keys = dictionary(&["a", "b", "c", "d"]);
    let rest = object(&[(0, int8(1)), (2, string("x,y"))]);
    let both = object(&[(0, int8(1)), (1, int8(9))]);
    let fields = group(vec![
        ("d", int(vec![None, None, Some(&NULL), None, None], vec![None; 5])),
        ("b", int(vec![None; 5], vec![Some(5), Some(6), None, None, None])),
    ]);
    let (names, columns, _) = fields.into_parts();
    let typed = StructArray::new(names, columns, Some(NullBuffer::from(vec![true, true, true, true, false])));
    let column = group(vec![
        ("metadata", binary(vec![Some(&keys); 5])),
        ("value", binary(vec![Some(&rest), Some(&both), None, None, Some(&NULL)])),
        ("typed_value", Arc::new(typed)),
    ]);
    let texts: Vec<_> = variant_text(&column).unwrap().iter().map(|text| text.map(str::to_string)).collect();
    let expected = ["{'a': 1, 'b': 5, 'c': 'x,y'}", "{'a': 1, 'b': 6}", "{'d': NULL}", "{}"];
    assert_eq!(texts[..4], expected.map(|text| Some(text.to_string())));
    assert_eq!(texts[4], None);
}

#[test]
fn shredded_lists_and_scalars() {
    let element = group(vec![
        ("value", binary(vec![None, None, Some(&int8(1)), None, None])),
        ("typed_value", Arc::new(StringArray::from(vec![Some("a,b"), Some(""), None, Some("c,d"), None]))),
    ]);
    let field = Arc::new(Field::new("element", element.data_type().clone(), true));
    let list = ListArray::new(
        field,
        OffsetBuffer::new(vec![0, 2, 4, 5, 5, 5].into()),
        Arc::new(element),
        Some(vec![true, true, true, true, false].into()),
    );
    let column = group(vec![
        ("metadata", binary(vec![Some(&[0x11, 0, 0]); 5])),
        ("value", binary(vec![None; 5])),
        ("typed_value", Arc::new(list)),
    ]);
    let texts = variant_text(&column).unwrap();
    assert_eq!(
        texts,
        StringViewArray::from(vec![Some("['a,b', '']"), Some("[1, c,d]"), Some("[NULL]"), Some("[]"), None])
    );

    let scalar = |typed: ArrayRef| {
        let rows = typed.len();
        variant_text(&group(vec![("metadata", binary(vec![Some(&[0x11, 0, 0]); rows])), ("typed_value", typed)]))
            .unwrap()
    };
    let decimals = Decimal128Array::from(vec![Some(50), None]).with_precision_and_scale(4, 2).unwrap();
    assert_eq!(scalar(Arc::new(decimals)), StringViewArray::from(vec![Some("0.50"), None]));
    let uuids = FixedSizeBinaryArray::try_from_iter([[0x0f; 16]].into_iter()).unwrap();
    assert_eq!(scalar(Arc::new(uuids)), StringViewArray::from(vec![Some("0f0f0f0f-0f0f-0f0f-0f0f-0f0f0f0f0f0f")]));
    assert_eq!(scalar(arrow::array::new_null_array(&DataType::Null, 1)), StringViewArray::from(vec![None::<&str>]));
}

#[test]
fn every_binary_type_and_null_rows_are_read() {
    let metadata: ArrayRef = Arc::new(LargeBinaryArray::from_opt_vec(vec![Some(&[0x11u8, 0, 0][..]), None]));
    let value: ArrayRef = Arc::new(BinaryViewArray::from(vec![Some(&int8(3)[..]), Some(&int8(4)[..])]));
    let (fields, columns, _) = group(vec![("metadata", metadata), ("value", value)]).into_parts();
    let column = StructArray::new(fields, columns, Some(vec![true, false].into()));
    assert_eq!(variant_text(&column).unwrap(), StringViewArray::from(vec![Some("3"), None]));
    assert_eq!(variant_text(&column.slice(1, 1)).unwrap(), StringViewArray::from(vec![None::<&str>]));
}

#[test]
fn damaged_values_are_refused() {
    let keys = dictionary(&["b", "a"]);
    let whole = object(&[(1, array(&[string("text"), primitive(13, &[0; 8])]))]);
    assert!(text_of(&keys, &whole).is_ok());
    for cut in 0..whole.len() {
        assert!(text_of(&keys, &whole[..cut]).is_err(), "cut at {cut}");
    }
    assert!(text_of(&keys, &object(&[(2, int8(1))])).is_err(), "no such key");
    assert!(text_of(&[0x12, 1, 0, 1, b'k'], &object(&[(0, int8(1))])).is_err(), "unknown version");
    assert!(text_of(&keys, &primitive(30, &[])).is_err(), "unknown type");
    assert!(text_of(&keys, &primitive(8, &[39, 0, 0, 0, 0])).is_err(), "scale");
    assert!(text_of(&keys, &[1 << 2 | 1, 0xFF]).is_err(), "not UTF-8");
    assert!(text_of(&keys, &[0x17, 0xFF, 0xFF, 0xFF, 0xFF, 0]).is_err(), "false count");
    assert!(variant_text(&group(vec![("value", binary(vec![None]))])).is_err(), "no metadata");
    assert!(variant_text(&group(vec![("metadata", binary(vec![None]))])).is_err(), "no value");
}

#[test]
fn depth_and_overlap_are_bounded() {
    let mut deep = vec![0x03, 0, 0];
    for _ in 0..1000 {
        deep = [&[0x03 | 0x08, 1][..], &[0, 0, 0], &(deep.len() as u32).to_le_bytes()[..3], &deep].concat();
    }
    assert!(text_of(&dictionary(&[]), &deep).unwrap_err().to_string().contains("deep"));
    // Every level refers a hundred times to the next one, which stands there once.
    let mut wide = string("x");
    for _ in 0..30 {
        let length = (wide.len() as u32).to_le_bytes();
        wide = [&[0x03 | 0x0C, 100][..], &[0; 400], &length, &wide].concat();
    }
    assert!(text_of(&dictionary(&[]), &wide).unwrap_err().to_string().contains("overlap"));
}

fn any_value() -> impl Strategy<Value = Vec<u8>> {
    let scalar = prop_oneof![
        any::<i8>().prop_map(int8),
        "[ -~]{0,20}".prop_map(|text| string(&text)),
        Just(NULL.to_vec()),
        any::<i64>().prop_map(|v| primitive(13, &v.to_le_bytes())),
        any::<f64>().prop_map(|v| primitive(7, &v.to_le_bytes())),
        any::<i32>().prop_map(|v| primitive(11, &v.to_le_bytes())),
    ];
    scalar.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(|items| array(&items)),
            proptest::collection::vec((0u8..4, inner), 0..3).prop_map(|members| object(&members)),
        ]
    })
}

proptest! {
    #[test]
    fn random_bytes_do_not_panic(metadata in proptest::collection::vec(any::<u8>(), 0..30), value in proptest::collection::vec(any::<u8>(), 0..80)) {
        let _ = text_of(&metadata, &value);
        let _ = text_of(&dictionary(&["a", "b", "c", "d"]), &value);
    }

    #[test]
    fn changed_values_do_not_panic(mut value in any_value(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let keys = dictionary(&["a", "b", "c", "d"]);
        prop_assert!(text_of(&keys, &value).is_ok());
        let at = at.index(value.len());
        value[at] = byte;
        let _ = text_of(&keys, &value);
    }
}

//! What display prints, decode reads back to an equal array.

use std::sync::Arc;

use arrow::array::*;
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::*;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::{DisplayOptions, InlinedText, TextDecoder, TextForm, ValueDisplay, calendar};
use crate::LakeType;

const JSON: [&str; 12] = [
    "{\"a\": \"it's, ]}\"}",
    "[1, [2]]",
    "\"x\\\"=,\"",
    "null",
    "true",
    "-1.5e3",
    " [1]",
    "[] ",
    "\"\\\\\"",
    "{}",
    "\"a'b\"",
    "{\"k=\": [{\"x\": \"'\"}]}",
];
const NAMES: [&str; 5] = ["a", "it's", "x\\y", "NULL", "k: {"];

pub(crate) fn lake_types() -> impl Strategy<Value = LakeType> {
    let leaf = prop_oneof![
        select(vec![
            LakeType::Boolean,
            LakeType::Int8,
            LakeType::Int64,
            LakeType::Int128,
            LakeType::UInt32,
            LakeType::UInt64,
            LakeType::UInt128,
            LakeType::Float32,
            LakeType::Float64,
            LakeType::Varchar,
            LakeType::Json,
            LakeType::Blob,
            LakeType::Uuid,
            LakeType::Date,
            LakeType::Time,
            LakeType::TimeNs,
            LakeType::TimeTz,
            LakeType::Timestamp,
            LakeType::TimestampS,
            LakeType::TimestampMs,
            LakeType::TimestampNs,
            LakeType::TimestampTz,
            LakeType::Interval,
            LakeType::Variant,
        ]),
        (1..=38u8, 0..=38i8)
            .prop_map(|(precision, scale)| LakeType::Decimal { precision, scale: scale.min(precision as i8) }),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(|element| LakeType::List(Box::new(element))),
            vec(inner.clone(), 1..NAMES.len())
                .prop_map(|members| { LakeType::Struct(NAMES.iter().map(ToString::to_string).zip(members).collect()) }),
            (inner.clone(), inner).prop_map(|(key, value)| LakeType::Map(Box::new(key), Box::new(value))),
        ]
    })
}

/// NULL now and then, where it is allowed.
fn optional<T: std::fmt::Debug + Clone + 'static>(
    nullable: bool,
    values: impl Strategy<Value = T> + 'static,
) -> BoxedStrategy<Option<T>> {
    if nullable { prop::option::weighted(0.8, values).boxed() } else { values.prop_map(Some).boxed() }
}

/// Values of a scalar type, as an array of its nested Arrow type.
fn primitives<T: ArrowPrimitiveType>(
    data_type: DataType,
    rows: usize,
    nullable: bool,
    values: impl Strategy<Value = T::Native> + 'static,
) -> BoxedStrategy<ArrayRef> {
    let array = move |values: Vec<Option<T::Native>>| -> ArrayRef {
        Arc::new(values.into_iter().collect::<PrimitiveArray<T>>().with_data_type(data_type.clone()))
    };
    vec(optional(nullable, values), rows).prop_map(array).boxed()
}

fn texts(rows: usize, nullable: bool, values: impl Strategy<Value = String> + 'static) -> BoxedStrategy<ArrayRef> {
    vec(optional(nullable, values), rows).prop_map(|values| Arc::new(StringArray::from(values)) as ArrayRef).boxed()
}

fn strings() -> impl Strategy<Value = String> {
    prop_oneof![
        r#"[abN'"(),:=\[\]{}\\ \t\n\x00é😀]{0,6}"#,
        select(vec!["null", "NULL", "\\", "''", "true", "\\x00"]).prop_map(String::from),
    ]
}

fn timezoned() -> impl Strategy<Value = String> {
    (0..=86_400_000_000u64, -57_599..=57_599i32).prop_map(|(micros, offset)| {
        let mut text = String::new();
        calendar::push_clock(&mut text, micros, 6);
        calendar::push_offset(&mut text, offset);
        text
    })
}

/// Timestamps within the range of 64-bit microseconds, infinities included.
fn timestamps(per_second: i64) -> impl Strategy<Value = i64> {
    let most = (i64::MAX - 1) / 1_000_000 * per_second.min(1_000_000);
    prop_oneof![8 => -most..=most, 1 => Just(i64::MAX), 1 => Just(-i64::MAX)]
}

fn arrays(lake_type: &LakeType, rows: usize, nullable: bool) -> BoxedStrategy<ArrayRef> {
    let data_type = lake_type.nested_arrow_type();
    macro_rules! any_of {
        ($t:ty) => {
            primitives::<$t>(data_type, rows, nullable, any::<<$t as ArrowPrimitiveType>::Native>())
        };
    }
    match lake_type {
        LakeType::Boolean => vec(optional(nullable, any::<bool>()), rows)
            .prop_map(|values| Arc::new(BooleanArray::from(values)) as ArrayRef)
            .boxed(),
        LakeType::Int8 => any_of!(Int8Type),
        LakeType::Int64 => any_of!(Int64Type),
        LakeType::UInt32 => any_of!(UInt32Type),
        LakeType::UInt64 => any_of!(UInt64Type),
        LakeType::Int128 => any_of!(Decimal128Type),
        LakeType::UInt128 => primitives::<Decimal256Type>(
            data_type,
            rows,
            nullable,
            any::<u128>().prop_map(|value| i256::from_parts(value, 0)),
        ),
        LakeType::Float32 => primitives::<Float32Type>(
            data_type,
            rows,
            nullable,
            // NaN has one text for each sign, so only the plain ones come back as they were.
            any::<u32>().prop_map(f32::from_bits).prop_map(|v| if v.is_nan() { f32::NAN.copysign(v) } else { v }),
        ),
        LakeType::Float64 => primitives::<Float64Type>(
            data_type,
            rows,
            nullable,
            any::<u64>().prop_map(f64::from_bits).prop_map(|v| if v.is_nan() { f64::NAN.copysign(v) } else { v }),
        ),
        LakeType::Decimal { precision, .. } => {
            let most = 10i128.pow(u32::from(*precision)) - 1;
            primitives::<Decimal128Type>(data_type, rows, nullable, -most..=most)
        }
        LakeType::Varchar | LakeType::Variant => texts(rows, nullable, strings()),
        LakeType::Json => texts(rows, nullable, select(JSON.to_vec()).prop_map(String::from)),
        LakeType::Uuid => {
            texts(rows, nullable, any::<u128>().prop_map(|value| uuid::Uuid::from_u128(value).to_string()))
        }
        LakeType::TimeTz => texts(rows, nullable, timezoned()),
        LakeType::Blob => vec(optional(nullable, vec(any::<u8>(), 0..5)), rows)
            .prop_map(|values| Arc::new(values.into_iter().collect::<BinaryArray>()) as ArrayRef)
            .boxed(),
        LakeType::Date => primitives::<Date32Type>(data_type, rows, nullable, -i32::MAX..=i32::MAX),
        LakeType::Time => primitives::<Time64MicrosecondType>(data_type, rows, nullable, 0..=86_400_000_000i64),
        LakeType::TimeNs => primitives::<Time64NanosecondType>(data_type, rows, nullable, 0..=86_400_000_000_000i64),
        LakeType::TimestampS => primitives::<TimestampSecondType>(data_type, rows, nullable, timestamps(1)),
        LakeType::TimestampMs => primitives::<TimestampMillisecondType>(data_type, rows, nullable, timestamps(1_000)),
        LakeType::TimestampNs => {
            primitives::<TimestampNanosecondType>(data_type, rows, nullable, timestamps(1_000_000_000))
        }
        LakeType::Timestamp | LakeType::TimestampTz => {
            primitives::<TimestampMicrosecondType>(data_type, rows, nullable, timestamps(1_000_000))
        }
        LakeType::Interval => primitives::<IntervalMonthDayNanoType>(
            data_type,
            rows,
            nullable,
            any::<(i32, i32, i64)>().prop_map(|(months, days, nanos)| IntervalMonthDayNano::new(months, days, nanos)),
        ),
        LakeType::List(element) => {
            let element = element.as_ref().clone();
            lengths(rows, nullable)
                .prop_flat_map(move |lengths| {
                    let values = arrays(&element, total(&lengths), true);
                    (Just(lengths), values)
                })
                .prop_map(move |(lengths, values)| {
                    let DataType::List(field) = &data_type else { panic!("{data_type}") };
                    let (offsets, nulls) = layout(&lengths);
                    Arc::new(ListArray::new(Arc::clone(field), offsets, values, Some(nulls))) as ArrayRef
                })
                .boxed()
        }
        LakeType::Map(key, value) => {
            let (key, value) = (key.as_ref().clone(), value.as_ref().clone());
            lengths(rows, nullable)
                .prop_flat_map(move |lengths| {
                    let entries = total(&lengths);
                    (Just(lengths), arrays(&key, entries, false), arrays(&value, entries, true))
                })
                .prop_map(move |(lengths, keys, values)| {
                    let DataType::Map(field, _) = &data_type else { panic!("{data_type}") };
                    let DataType::Struct(parts) = field.data_type() else { panic!("{data_type}") };
                    let entries = StructArray::new(parts.clone(), vec![keys, values], None);
                    let (offsets, nulls) = layout(&lengths);
                    Arc::new(MapArray::new(Arc::clone(field), offsets, entries, Some(nulls), false)) as ArrayRef
                })
                .boxed()
        }
        LakeType::Struct(members) => {
            let columns: Vec<_> = members.iter().map(|(_, member)| arrays(member, rows, true)).collect();
            (vec(optional(nullable, Just(())).prop_map(|valid| valid.is_some()), rows), columns)
                .prop_map(move |(valid, columns)| {
                    let DataType::Struct(fields) = &data_type else { panic!("{data_type}") };
                    Arc::new(StructArray::new(fields.clone(), columns, Some(valid.into()))) as ArrayRef
                })
                .boxed()
        }
        other => panic!("no values of {other}"),
    }
}

fn lengths(rows: usize, nullable: bool) -> impl Strategy<Value = Vec<Option<usize>>> {
    vec(optional(nullable, 0..4usize), rows)
}

fn total(lengths: &[Option<usize>]) -> usize {
    lengths.iter().flatten().sum()
}

fn layout(lengths: &[Option<usize>]) -> (OffsetBuffer<i32>, NullBuffer) {
    let offsets = OffsetBuffer::from_lengths(lengths.iter().map(|length| length.unwrap_or(0)));
    (offsets, lengths.iter().map(Option::is_some).collect::<Vec<_>>().into())
}

fn top_level(lake_type: &LakeType, array: &ArrayRef) -> ArrayRef {
    match lake_type.arrow_type() {
        DataType::Utf8View => Arc::new(array.as_string::<i32>().iter().collect::<StringViewArray>()),
        DataType::BinaryView => Arc::new(array.as_binary::<i32>().iter().collect::<BinaryViewArray>()),
        _ => Arc::clone(array),
    }
}

pub(crate) fn typed_arrays(types: impl Strategy<Value = LakeType>) -> impl Strategy<Value = (LakeType, ArrayRef)> {
    (types, 0..6usize).prop_flat_map(|(lake_type, rows)| {
        let array = arrays(&lake_type, rows, true);
        (Just(lake_type), array).prop_map(|(lake_type, array)| {
            let array = top_level(&lake_type, &array);
            (lake_type, array)
        })
    })
}

/// The value of a row as a catalog holds a struct: the literal form, after the DuckLake spec.
fn literal(lake_type: &LakeType, array: &ArrayRef, row: usize) -> String {
    let LakeType::Struct(members) = lake_type else {
        let mut text = String::new();
        let field = Field::clone(&lake_type.field("x"));
        ValueDisplay::try_new(array.as_ref(), &field, &DisplayOptions::default()).unwrap().write(row, &mut text);
        let quoted = format!("'{}'", text.replace('\'', "''"));
        return match lake_type {
            _ if array.is_null(row) => "NULL".to_string(),
            LakeType::List(_) | LakeType::Map(_, _) => text,
            LakeType::Varchar | LakeType::Json | LakeType::Variant => quoted,
            LakeType::Boolean | LakeType::Int8 | LakeType::Int64 | LakeType::UInt64 | LakeType::Decimal { .. } => text,
            other => format!("CAST({quoted} AS {other})"),
        };
    };
    if array.is_null(row) {
        return "NULL".to_string();
    }
    let columns = array.as_struct().columns();
    let members = members
        .iter()
        .zip(columns)
        .map(|((name, member), column)| format!("'{}': {}", name.replace('\'', "''"), literal(member, column, row)));
    format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
}

proptest! {
    #[test]
    fn displayed_values_read_back((lake_type, array) in typed_arrays(lake_types())) {
        let field = lake_type.field("x");
        let display = ValueDisplay::try_new(array.as_ref(), &field, &DisplayOptions::default()).unwrap();
        let mut decoder = TextDecoder::new(&lake_type);
        for row in 0..array.len() {
            if display.is_null(row) {
                decoder.append_null();
                continue;
            }
            let mut text = String::new();
            display.write(row, &mut text);
            decoder.append(&text, TextForm::Display).map_err(|error| TestCaseError::fail(error.to_string()))?;
        }
        let read = decoder.finish();
        prop_assert_eq!(read.data_type(), &lake_type.arrow_type());
        prop_assert_eq!(&read, &array);
    }

    #[test]
    fn inlined_values_read_back((lake_type, array) in typed_arrays(lake_types().prop_filter("nested", LakeType::is_nested))) {
        let text_of = InlinedText::try_new(array.as_ref(), &lake_type).unwrap();
        let form = if matches!(lake_type, LakeType::Struct(_)) { TextForm::Literal } else { TextForm::Display };
        for row in 0..array.len() {
            let mut text = String::new();
            if text_of.write(row, &mut text) {
                let mut decoder = TextDecoder::new(&lake_type);
                decoder.append(&text, form).map_err(|error| TestCaseError::fail(error.to_string()))?;
                prop_assert_eq!(&decoder.finish(), &array.slice(row, 1), "{}", text);
            } else {
                prop_assert_eq!(text, "");
            }
        }
    }

    #[test]
    fn literal_structs_read_back(
        (lake_type, array) in typed_arrays(
            vec(lake_types(), 1..NAMES.len())
                .prop_map(|members| LakeType::Struct(NAMES.iter().map(ToString::to_string).zip(members).collect()))
        )
    ) {
        let mut decoder = TextDecoder::new(&lake_type);
        for row in 0..array.len() {
            if array.is_null(row) {
                decoder.append_null();
                continue;
            }
            let text = literal(&lake_type, &array, row);
            decoder.append(&text, TextForm::Literal).map_err(|error| TestCaseError::fail(error.to_string()))?;
        }
        prop_assert_eq!(&decoder.finish(), &array);
    }

    #[test]
    fn any_text_is_a_value_or_an_error(
        lake_type in lake_types(),
        texts in vec(r#"[\[{(]{0,2}[a0-9NUL'"(),:=\[\]{}\\ é.TZ+-]{0,12}[\]})]{0,2}"#, 0..8),
        literal in any::<bool>(),
    ) {
        let form = if literal { TextForm::Literal } else { TextForm::Display };
        let mut decoder = TextDecoder::new(&lake_type);
        let rows = texts.iter().filter(|text| decoder.append(text, form).is_ok()).count();
        let array = decoder.finish();
        prop_assert_eq!(array.len(), rows);
        prop_assert_eq!(array.null_count(), 0);
        array.to_data().validate_full().unwrap();
        let field = lake_type.field("x");
        let display = ValueDisplay::try_new(array.as_ref(), &field, &DisplayOptions::default()).unwrap();
        for row in 0..rows {
            display.to_json(row);
        }
    }
}

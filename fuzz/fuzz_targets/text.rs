//! Values as text: any text is read or refused as every kind of type, and what is read prints to a text that reads
//! back to an equal value.
#![no_main]

use arrow::array::Array;
use ducklake_format::LakeType;
use ducklake_format::text::{DisplayOptions, TextDecoder, TextForm, ValueDisplay, decode_all};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u8, bool, &str)| {
    let (choice, literal, text) = input;
    let types = lake_types();
    let lake_type = &types[usize::from(choice) % types.len()];
    let form = if literal { TextForm::Literal } else { TextForm::Display };
    let mut decoder = TextDecoder::new(lake_type);
    if decoder.append(text, form).is_err() {
        return;
    }
    let array = decoder.finish();
    let field = lake_type.field("");
    let display = ValueDisplay::try_new(array.as_ref(), &field, &DisplayOptions::default());
    let display = display.expect("what was decoded has a printable type");
    if array.is_null(0) {
        return;
    }
    let mut printed = String::new();
    display.write(0, &mut printed);
    // DuckDB embeds json as it is, so text that is no JSON is lost there.
    if *lake_type == LakeType::List(Box::new(LakeType::Json)) {
        return;
    }
    let read_back = decode_all(lake_type, std::iter::once(Some(printed.as_str())), true);
    assert_eq!(read_back.as_ref(), Ok(&array), "{printed}");
});

fn lake_types() -> Vec<LakeType> {
    let list = |element| LakeType::List(Box::new(element));
    vec![
        LakeType::Int32,
        LakeType::UInt128,
        LakeType::Float64,
        LakeType::Decimal { precision: 9, scale: 3 },
        LakeType::Blob,
        LakeType::Date,
        LakeType::TimeTz,
        LakeType::TimestampNs,
        LakeType::TimestampTz,
        LakeType::Interval,
        LakeType::Uuid,
        list(LakeType::Varchar),
        list(LakeType::Json),
        list(list(LakeType::Timestamp)),
        LakeType::Struct(vec![
            ("a".to_string(), LakeType::Int64),
            ("b c".to_string(), list(LakeType::Blob)),
            ("it's".to_string(), LakeType::Struct(vec![("x".to_string(), LakeType::Varchar)])),
        ]),
        LakeType::Map(Box::new(LakeType::Varchar), Box::new(LakeType::Interval)),
    ]
}

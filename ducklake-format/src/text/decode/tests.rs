use super::*;
use crate::text::{DisplayOptions, ValueDisplay};

fn read_as(lake_type: &LakeType, text: &str, form: TextForm) -> Result<String, FormatError> {
    let mut decoder = TextDecoder::new(lake_type);
    decoder.append(text, form)?;
    let array = decoder.finish();
    let field = lake_type.field("x");
    assert_eq!(array.data_type(), field.data_type());
    let mut shown = String::new();
    ValueDisplay::try_new(array.as_ref(), &field, &DisplayOptions::default())?.write(0, &mut shown);
    Ok(shown)
}

fn read(lake_type: &LakeType, text: &str) -> Result<String, FormatError> {
    read_as(lake_type, text, TextForm::Display)
}

/// Texts with the text of the value they stand for; the same text where it is left empty.
fn accepts(lake_type: &LakeType, cases: &[(&str, &str)]) {
    for (text, value) in cases {
        let expected = if value.is_empty() { text } else { value };
        assert_eq!(read(lake_type, text).as_deref(), Ok(*expected), "{lake_type} {text}");
    }
}

fn refuses(lake_type: &LakeType, cases: &[&str]) {
    for text in cases {
        assert!(read(lake_type, text).is_err(), "{lake_type} {text}");
    }
}

fn list(element: LakeType) -> LakeType {
    LakeType::List(Box::new(element))
}

fn map(key: LakeType, value: LakeType) -> LakeType {
    LakeType::Map(Box::new(key), Box::new(value))
}

fn record<const N: usize>(members: [(&str, LakeType); N]) -> LakeType {
    LakeType::Struct(members.map(|(name, ty)| (name.to_string(), ty)).into())
}

#[test]
fn booleans_and_integers() {
    accepts(&LakeType::Boolean, &[("0", "false"), ("1", "true"), ("true", ""), ("FALSE", "false")]);
    refuses(&LakeType::Boolean, &["", "2", "NULL"]);
    accepts(&LakeType::Int8, &[("-128", ""), (" 5 ", "5"), ("true", "1")]);
    refuses(&LakeType::Int8, &["128", "", "1.5", "x"]);
    accepts(&LakeType::UInt64, &[("18446744073709551615", "")]);
    refuses(&LakeType::UInt8, &["-1", "256"]);
    accepts(&LakeType::Int128, &[("-170141183460469231731687303715884105728", "")]);
    refuses(&LakeType::Int128, &["170141183460469231731687303715884105728"]);
    accepts(&LakeType::UInt128, &[("340282366920938463463374607431768211455", "")]);
    refuses(&LakeType::UInt128, &["-1", "340282366920938463463374607431768211456"]);
}

#[test]
fn floats() {
    let cases =
        [("nan", ""), ("inf", ""), ("-inf", ""), ("infinity", "inf"), ("-0.0", ""), ("1e+16", ""), ("1e-07", "")];
    accepts(&LakeType::Float64, &cases);
    accepts(&LakeType::Float32, &cases);
    accepts(&LakeType::Float32, &[("3.4028235e+38", "")]);
    refuses(&LakeType::Float32, &["1e39", "", "x"]);
    refuses(&LakeType::Float64, &["1e400", "1,5"]);
}

#[test]
fn decimals_are_rescaled_and_checked() {
    let decimal = LakeType::Decimal { precision: 5, scale: 2 };
    accepts(
        &decimal,
        &[("-1.50", ""), ("1.5", "1.50"), ("42", "42.00"), (".5", "0.50"), ("1e2", "100.00"), ("-.00", "0.00")],
    );
    accepts(&decimal, &[("1.5e-1", "0.15"), ("1.500", "1.50"), ("0e999999999", "0.00")]);
    refuses(
        &decimal,
        &["1000", "1.555", "", "-", ".", "1e999999999", "1e-999999999", "99999999999999999999999999999999999999999"],
    );
    accepts(&LakeType::Decimal { precision: 2, scale: 2 }, &[("-.50", ""), (".05", "")]);
    accepts(&LakeType::Decimal { precision: 38, scale: 0 }, &[("99999999999999999999999999999999999999", "")]);
}

#[test]
fn dates() {
    accepts(
        &LakeType::Date,
        &[
            ("2024-01-31", ""),
            ("0044-03-15 (BC)", ""),
            ("99999-01-01", ""),
            ("infinity", ""),
            ("-infinity", ""),
            ("epoch", "1970-01-01"),
            ("5881580-07-10", ""),
            ("5877642-06-25 (BC)", ""),
            ("2024-2-3", "2024-02-03"),
        ],
    );
    refuses(
        &LakeType::Date,
        &["", "2024-02-30", "2023-02-29", "2024-13-01", "2024-01-01x", "5881580-07-11", "0000-01-01 (BC)", "2024-01"],
    );
}

#[test]
fn times() {
    accepts(&LakeType::Time, &[("12:30:00", ""), ("12:30", "12:30:00"), ("24:00:00", ""), ("23:59:59.999999", "")]);
    refuses(&LakeType::Time, &["", "12", "24:00:00.1", "23:59:60", "12:60:00", "12:30:00.1234567", "-01:00:00"]);
    accepts(&LakeType::TimeNs, &[("12:30:00.123456789", "")]);
    accepts(
        &LakeType::TimeTz,
        &[
            ("12:30:00.5+05:30", ""),
            ("12:30:00+05", ""),
            ("00:00:00+15:59:59", ""),
            ("24:00:00-15:59:59", ""),
            ("12:30:00", "12:30:00+00"),
            ("12:30:00.500000-08:00", "12:30:00.5-08"),
        ],
    );
    refuses(&LakeType::TimeTz, &["12:30:00+16", "12:30:00+05:60", "12:30:00x"]);
}

#[test]
fn timestamps() {
    accepts(
        &LakeType::Timestamp,
        &[
            ("2024-01-31", "2024-01-31 00:00:00"),
            ("2024-01-31 12:30:00.5", ""),
            ("2024-01-31T12:30:00Z", "2024-01-31 12:30:00"),
            ("0044-03-15 (BC) 01:02:03", ""),
            ("2024-01-31 24:00:00", "2024-02-01 00:00:00"),
            ("infinity", ""),
            ("-infinity", ""),
            ("294247-01-10 04:00:54.775806", ""),
            ("290309-12-22 (BC) 00:00:00", ""),
        ],
    );
    refuses(
        &LakeType::Timestamp,
        &["", "294247-01-10 04:00:54.775807", "2024-01-31 12:30:00.1234567", "2024-01-31 12:30:00+05:30"],
    );
    accepts(&LakeType::TimestampS, &[("2024-01-31 12:30:00", ""), ("infinity", ""), ("-infinity", "")]);
    refuses(&LakeType::TimestampS, &["2024-01-31 12:30:00.5"]);
    accepts(&LakeType::TimestampMs, &[("2024-01-31 12:30:00.123", "")]);
    accepts(&LakeType::TimestampNs, &[("2024-01-31 12:30:00.123456789", "")]);
    refuses(&LakeType::TimestampNs, &["0044-03-15 (BC) 01:02:03"]);
    accepts(
        &LakeType::TimestampTz,
        &[
            ("2024-01-31 12:30:00+05:30", "2024-01-31 07:00:00+00"),
            ("2023-12-31 22:00:00+00", ""),
            ("2024-01-31", "2024-01-31 00:00:00+00"),
            ("0044-03-15 (BC) 01:02:03+00", ""),
            ("infinity", ""),
        ],
    );
}

#[test]
fn intervals_in_three_forms() {
    accepts(
        &LakeType::Interval,
        &[
            ("1 year 2 months 3 days 04:05:06.789", ""),
            ("1 month -1 day -00:00:01", ""),
            ("25:00:00", ""),
            ("00:00:00", ""),
            ("1 months -2 days -3000000 microseconds", "1 month -2 days -00:00:03"),
            ("0 months 0 days 3600000000000000 microseconds", "1000000:00:00"),
            ("1 year 2 mons 3 days 04:05:06.789", "1 year 2 months 3 days 04:05:06.789"),
            ("-1 years -2 mons +3 days -04:05:06", "-1 year -2 months 3 days -04:05:06"),
            ("-00:00:03", ""),
            ("-178956970 years -8 months", ""),
            ("1.5 seconds", "00:00:01.5"),
        ],
    );
    refuses(
        &LakeType::Interval,
        &[
            "",
            "1",
            "1 foo",
            "1 year 2",
            "2562047788:00:54.775807",
            "1.5 months",
            "999999999999 days",
            "1:2:3:4",
            "00:60:00",
        ],
    );
}

#[test]
fn blobs_and_uuids() {
    accepts(&LakeType::Blob, &[(r"\x00a\x27\xFF,", ""), ("", ""), (r"\xff", r"\xFF")]);
    refuses(&LakeType::Blob, &[r"\xF", r"a\b", "é", r"\"]);
    assert_eq!(decode_hex_blob("00FFab"), Ok(vec![0, 255, 171]));
    assert!(decode_hex_blob("0").is_err() && decode_hex_blob("0g").is_err() && decode_hex_blob("é").is_err());
    accepts(&LakeType::Uuid, &[("F79C3E09-677C-4BBD-A479-3F349CB785E7", "f79c3e09-677c-4bbd-a479-3f349cb785e7")]);
    refuses(&LakeType::Uuid, &["", "f79c3e09"]);
}

#[test]
fn top_level_strings_are_taken_as_they_are() {
    accepts(&LakeType::Varchar, &[(" NULL ", ""), ("'a'", ""), ("[", ""), ("a\0b", "")]);
    accepts(&LakeType::Json, &[(" {\"a\": 1} ", "")]);
}

#[test]
fn lists_follow_the_reference_parser() {
    let strings = list(LakeType::Varchar);
    accepts(
        &strings,
        &[
            ("[]", ""),
            ("[ ]", "[]"),
            (r"[a\b, 'it\'s', \, NULL, 'NULL', '', ' x']", ""),
            ("[a b , c ]", "[a b, c]"),
            (r#"["a""b", "a" "b", 'a'b, a"b,c"d]"#, "[ab, a b, ab, 'ab,cd']"),
            ("[a[b,c]d, e]", "['a[b,c]d', e]"),
            ("[a,]", "[a, '']"),
            ("[nUll]", "[NULL]"),
            (r#"["a\nb"]"#, "[anb]"),
        ],
    );
    refuses(&strings, &["", "[", "[a", "['a]", "[a] b", "a", "NULL", "[a]]", "['a\\"]);
    accepts(&list(strings), &[(r"[[\], [], NULL, ['a,']]", "")]);
    accepts(&list(LakeType::TimestampTz), &[("['2024-01-01 00:00:00+00', NULL]", "")]);
    accepts(&list(LakeType::Blob), &[(r"[\x00, 'a,b', '', \x27, 'a,\\x00']", r"[\x00, 'a,b', '', \x27, 'a,\\x00']")]);
    refuses(&list(LakeType::Int32), &["[1 2]", "[1,]"]);
}

#[test]
fn structs_in_display_form() {
    let pair = record([("a", LakeType::Int32), ("it's", LakeType::Varchar)]);
    accepts(
        &pair,
        &[
            (r"{'a': 1, 'it\'s': x}", ""),
            (r"{'it\'s': 'x,y'}", r"{'a': NULL, 'it\'s': 'x,y'}"),
            (r"{a: 1}", r"{'a': 1, 'it\'s': NULL}"),
            ("{}", r"{'a': NULL, 'it\'s': NULL}"),
        ],
    );
    refuses(&pair, &["{'c': 2}", "{'A': 2}", "{'a': 1", "{'a' 1}", "{'a': 1, 'a': 2}", "[1]"]);
}

#[test]
fn maps() {
    let texts = map(LakeType::Varchar, LakeType::Varchar);
    accepts(&texts, &[("{}", ""), ("{'a=b'=1, k=NULL}", ""), ("{a=b=c}", "{a='b=c'}"), (r"{\=\, b=\}", "")]);
    refuses(&texts, &["{NULL=1}", "{a: 1}", "{a=1", "{a}"]);
    accepts(
        &map(list(LakeType::Int8), record([("k", LakeType::Date)])),
        &[("{[1, 2]={'k': 2020-01-01}, []=NULL}", "")],
    );
}

#[test]
fn json_elements_may_be_raw_or_quoted() {
    let json = list(LakeType::Json);
    accepts(
        &json,
        &[
            (r#"[{"a":"it's, ]}"}, [1, 2], "x\"]", null, NULL, true]"#, ""),
            (r#"['{"a":"it\'s"}', ' [1, 2] ', 'null', NULL, '"a]"']"#, r#"[{"a":"it's"},  [1, 2] , null, NULL, "a]"]"#),
        ],
    );
    refuses(&json, &["[,]", "[\"a]", "[{\"a\": 1}", "[\"\\"]);
    let nested = map(LakeType::Varchar, record([("j", LakeType::Json), ("l", json)]));
    accepts(&nested, &[(r#"{k={'j': '{"a": "it\'s"}', 'l': [{"b": [1, "}"]}]}, n={'j': 'null', 'l': NULL}}"#, "")]);
}

/// The texts below are what the DuckLake extension of DuckDB 1.5 stored in a SQLite catalog.
#[test]
fn literal_structs_of_scalars() {
    let lake_type = record([
        ("v", LakeType::Varchar),
        ("j", LakeType::Json),
        ("b", LakeType::Blob),
        ("u", LakeType::Uuid),
        ("d", LakeType::Date),
        ("t", LakeType::Time),
        ("tz", LakeType::TimeTz),
        ("ts", LakeType::Timestamp),
        ("tss", LakeType::TimestampS),
        ("tsm", LakeType::TimestampMs),
        ("tsn", LakeType::TimestampNs),
        ("tstz", LakeType::TimestampTz),
        ("i", LakeType::Interval),
        ("f", LakeType::Float32),
        ("g", LakeType::Float64),
        ("de", LakeType::Decimal { precision: 5, scale: 2 }),
        ("h", LakeType::Int128),
        ("uh", LakeType::UInt128),
        ("bo", LakeType::Boolean),
        ("i1", LakeType::Int8),
        ("u8", LakeType::UInt64),
    ]);
    let stored = concat!(
        r#"{'v': 'it''s "a\b"', 'j': '{"a": "it''s"}', 'b': CAST('\x00a\x27\xFF,' AS BLOB), "#,
        "'u': CAST('f79c3e09-677c-4bbd-a479-3f349cb785e7' AS UUID), 'd': CAST('0044-03-15 (BC)' AS DATE), ",
        "'t': CAST('12:30:00.5' AS TIME), 'tz': CAST('12:30:00+05:30' AS TIME WITH TIME ZONE), ",
        "'ts': CAST('2024-01-01 00:00:00.5' AS TIMESTAMP), 'tss': CAST('2024-01-01 00:00:00' AS TIMESTAMP_S), ",
        "'tsm': CAST('infinity' AS TIMESTAMP_MS), 'tsn': CAST('2024-01-01 00:00:00.123456789' AS TIMESTAMP_NS), ",
        "'tstz': CAST('2023-12-31 22:00:00+00' AS VARCHAR), ",
        "'i': CAST('1 months -2 days -3000000 microseconds' AS INTERVAL), 'f': CAST('nan' AS VARCHAR), ",
        "'g': CAST('-inf' AS VARCHAR), 'de': -1.50, 'h': -170141183460469231731687303715884105728, 'uh': 5, ",
        "'bo': true, 'i1': -3, 'u8': 18446744073709551615}"
    );
    let meant = concat!(
        r#"{'v': 'it\'s "a\\b"', 'j': '{"a": "it\'s"}', 'b': '\\x00a\\x27\\xFF,', "#,
        "'u': f79c3e09-677c-4bbd-a479-3f349cb785e7, 'd': '0044-03-15 (BC)', 't': '12:30:00.5', ",
        "'tz': '12:30:00+05:30', 'ts': '2024-01-01 00:00:00.5', 'tss': '2024-01-01 00:00:00', 'tsm': infinity, ",
        "'tsn': '2024-01-01 00:00:00.123456789', 'tstz': '2023-12-31 22:00:00+00', ",
        "'i': '1 month -2 days -00:00:03', 'f': nan, 'g': -inf, 'de': -1.50, ",
        "'h': -170141183460469231731687303715884105728, 'uh': 5, 'bo': true, 'i1': -3, 'u8': 18446744073709551615}"
    );
    assert_eq!(read_as(&lake_type, stored, TextForm::Literal).as_deref(), Ok(meant));
    assert_eq!(read_as(&lake_type, meant, TextForm::Display).as_deref(), Ok(meant));
}

/// The same in a PostgreSQL catalog, where casts name the column types of PostgreSQL.
#[test]
fn literal_structs_in_postgres() {
    let lake_type = record([
        ("b", LakeType::Blob),
        ("d", LakeType::Date),
        ("tz", LakeType::TimeTz),
        ("tsm", LakeType::TimestampMs),
        ("i", LakeType::Interval),
        ("f", LakeType::Float32),
    ]);
    let stored = concat!(
        r"{'b': CAST('\x00a\x27\xFF,' AS VARCHAR), 'd': CAST('0044-03-15 (BC)' AS VARCHAR), ",
        "'tz': CAST('12:30:00+05:30' AS TIME WITH TIME ZONE), 'tsm': CAST('infinity' AS VARCHAR), ",
        "'i': CAST('1 months -2 days -3000000 microseconds' AS INTERVAL), 'f': CAST('-0.0' AS REAL)}"
    );
    let meant = concat!(
        r"{'b': '\\x00a\\x27\\xFF,', 'd': '0044-03-15 (BC)', 'tz': '12:30:00+05:30', 'tsm': infinity, ",
        "'i': '1 month -2 days -00:00:03', 'f': -0.0}"
    );
    assert_eq!(read_as(&lake_type, stored, TextForm::Literal).as_deref(), Ok(meant));
}

#[test]
fn literal_structs_with_nul_characters_and_special_floats() {
    let lake_type = record([("v", LakeType::Varchar), ("f", LakeType::Float32), ("g", LakeType::Float64)]);
    for (stored, meant) in [
        ("{'v': CONCAT('a', chr(0), 'b'), 'f': 1e-05, 'g': 5e-324}", "{'v': a\0b, 'f': 1e-05, 'g': 5e-324}"),
        ("{'v': CONCAT('', chr(0), ''), 'f': 0.1, 'g': 0.5}", "{'v': \0, 'f': 0.1, 'g': 0.5}"),
        (
            "{'v': CONCAT('', chr(0), '''', chr(0), '', chr(0), 'x'), 'f': 0.1, 'g': NULL}",
            "{'v': '\0\\'\0\0x', 'f': 0.1, 'g': NULL}",
        ),
        (
            "{'v': 'NULL', 'f': CAST('-0.0' AS VARCHAR), 'g': CAST('-0.0' AS DOUBLE PRECISION)}",
            "{'v': 'NULL', 'f': -0.0, 'g': -0.0}",
        ),
        ("{'v': '', 'f': 1e+16, 'g': 0.0}", "{'v': '', 'f': 1e+16, 'g': 0.0}"),
        ("{'v': NULL, 'f': CAST(NULL AS REAL), 'g': 'inf'::DOUBLE}", "{'v': NULL, 'f': NULL, 'g': inf}"),
    ] {
        assert_eq!(read_as(&lake_type, stored, TextForm::Literal).as_deref(), Ok(meant));
    }
    for broken in [
        "",
        "{",
        "{'v'",
        "{'v': 'a}",
        "{'v': CAST('a' AS VARCHAR}",
        "{'v': CONCAT('a'}",
        "{'v': CONCAT('a', chr(55296))}",
        "{'v': CONCAT('a', chr(}",
        "{'v': 'a' 'b'}",
        "{v: 'a'}",
        "{'g': x}",
        "{'v': 'a'} x",
    ] {
        assert!(read_as(&lake_type, broken, TextForm::Literal).is_err(), "{broken}");
    }
}

#[test]
fn literal_structs_of_nested_values() {
    let lake_type = record([
        ("it's", LakeType::Int32),
        ("a b", list(LakeType::Varchar)),
        ("q\"x", record([("x", LakeType::Varchar), ("y", list(LakeType::Json))])),
        ("m", map(LakeType::Varchar, LakeType::Date)),
        ("l", list(record([("k", LakeType::Timestamp), ("s", LakeType::Varchar)]))),
        ("b\\s", LakeType::Json),
        ("n", record([("z", list(LakeType::Blob))])),
    ]);
    let stored = concat!(
        r#"{'it''s': 1, 'a b': ['it\'s', 'a,b', \, 'x\\\'y', NULL, 'NULL'], "#,
        r#"'q"x': {'x': 'it''s', 'y': ['{"a":"it\'s, ]"}', '"s"', 'null', NULL]}, 'm': {'k\''=2020-01-01}, "#,
        r#"'l': [{'k': '2020-01-01 00:00:00', 's': 'it\'s'}, NULL], 'b\s': '"x''y"', 'n': {'z': [\x00, 'a,b', \x27]}}"#
    );
    let meant = concat!(
        r#"{'it\'s': 1, 'a b': ['it\'s', 'a,b', \, 'x\\\'y', NULL, 'NULL'], "#,
        r#"'q"x': {'x': 'it\'s', 'y': [{"a":"it's, ]"}, "s", null, NULL]}, 'm': {'k\''=2020-01-01}, "#,
        r#"'l': [{'k': '2020-01-01 00:00:00', 's': 'it\'s'}, NULL], 'b\\s': '"x\'y"', 'n': {'z': [\x00, 'a,b', \x27]}}"#
    );
    assert_eq!(read_as(&lake_type, stored, TextForm::Literal).as_deref(), Ok(meant));
    assert_eq!(read_as(&lake_type, meant, TextForm::Display).as_deref(), Ok(meant));
}

#[test]
fn a_failed_text_leaves_nothing_behind() {
    let lake_type = list(record([("a", list(LakeType::Int32)), ("b", LakeType::Varchar)]));
    let mut decoder = TextDecoder::new(&lake_type);
    decoder.append("[{'a': [1, 2], 'b': x}]", TextForm::Display).unwrap();
    assert!(decoder.append("[{'a': [3, 4], 'b': y}, {'a': [5, z]}]", TextForm::Display).is_err());
    decoder.append_null();
    decoder.append("[{'a': [6], 'b': w}]", TextForm::Display).unwrap();
    let array = decoder.finish();
    let display = ValueDisplay::try_new(array.as_ref(), &lake_type.field("x"), &DisplayOptions::default()).unwrap();
    let mut text = String::new();
    (0..array.len()).for_each(|row| display.write(row, &mut text));
    assert_eq!(text, "[{'a': [1, 2], 'b': x}]NULL[{'a': [6], 'b': w}]");
    assert_eq!(decoder.finish().len(), 0);
}

#[test]
fn unreadable_texts_become_null_unless_strict() {
    let texts = [Some("2024-01-01"), Some("what"), None];
    let array = decode_all(&LakeType::Date, texts.into_iter(), false).unwrap();
    assert_eq!((array.len(), array.null_count()), (3, 2));
    assert!(decode_all(&LakeType::Date, texts.into_iter(), true).is_err());
    assert_eq!(decode_scalar(&LakeType::Varchar, "x").unwrap().len(), 1);
}

#[test]
fn deep_texts_do_not_exhaust_the_stack() {
    let deep = "[".repeat(1_000_000);
    refuses(&LakeType::List(Box::new(LakeType::Varchar)), &[&deep]);
    refuses(&LakeType::List(Box::new(LakeType::Json)), &[&deep]);
    let mut lake_type = LakeType::Int32;
    for _ in 0..200 {
        lake_type = list(lake_type);
    }
    let mut decoder = TextDecoder::new(&lake_type);
    assert!(decoder.append(&"[".repeat(200), TextForm::Display).is_err());
    decoder.append("[]", TextForm::Display).unwrap();
    assert_eq!(decoder.finish().len(), 1);
}

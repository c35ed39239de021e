//! Which types a column may be changed to, and the text of defaults.

use arrow::array::Array;
use arrow::datatypes::Field;

use crate::{DisplayOptions, LakeType, ValueDisplay};

/// Whether a column of type `from` may become one of type `to`: every value of `from` is, or rounds to, a value of
/// `to`, and rows written before can be read as such. Nested types change by their leaves only.
///
/// DuckDB also offers changes that lose digits or that its own files do not survive (to decimals of a smaller scale,
/// int128 and uint128 to decimal); those are refused.
pub fn can_promote(from: &LakeType, to: &LakeType) -> bool {
    use LakeType as T;
    if from == to || from.is_nested() || to.is_nested() {
        return false;
    }
    match (from, to) {
        (T::Json, _) => false,
        (_, T::Json) => true,
        (T::Variant, _) => false,
        (_, T::Variant) => true,
        (T::Boolean, to) => integer(to).is_some(),
        (T::Float32, T::Float64) => true,
        (T::Decimal { .. }, T::Float32 | T::Float64) => true,
        (T::Decimal { precision, scale }, T::Decimal { precision: wider, scale: finer }) => {
            finer >= scale && whole_digits(*wider, *finer) >= whole_digits(*precision, *scale)
        }
        (T::Date, T::Timestamp | T::TimestampS | T::TimestampMs | T::TimestampNs | T::TimestampTz) => true,
        (T::TimestampS, T::TimestampMs | T::Timestamp | T::TimestampNs) => true,
        (T::TimestampMs, T::Timestamp | T::TimestampNs) => true,
        (T::Timestamp, T::TimestampNs | T::TimestampTz) => true,
        (from, to) => integer(from).is_some_and(|from| can_widen(&from, to)),
    }
}

/// Whether the text of bounds written before a promotion still bounds the column's values, as DuckDB compares them.
/// Where not, the column's rows in `ducklake_file_column_stats` and `ducklake_table_column_stats` must go: DuckDB
/// would lose rows, as with the short text of a float32 that becomes a float64, numbers compared as JSON text, or
/// times that get a zone.
pub fn keeps_bounds(from: &LakeType, to: &LakeType) -> bool {
    use LakeType as T;
    match (from, to) {
        // The bounds of inlined rows are `false` and `true`.
        (T::Boolean, _) => from == to,
        (T::Varchar, T::Json) => true,
        (_, T::Json | T::Variant | T::TimestampTz) | (T::Float32, T::Float64) => from == to,
        _ => true,
    }
}

/// The text of an array's first value as a default: what DuckDB's cast to varchar gives. `None` for NULL, for an empty
/// array, and for types that have no text.
pub fn literal_text(array: &dyn Array, field: &Field) -> Option<String> {
    if array.is_empty() {
        return None;
    }
    let display = ValueDisplay::try_new(array, field, &DisplayOptions::default()).ok()?;
    if display.is_null(0) {
        return None;
    }
    let mut text = String::new();
    display.write(0, &mut text);
    Some(text)
}

/// An integer type.
struct Integer {
    bits: u8,
    is_signed: bool,
    /// Digits of its greatest value.
    digits: u8,
}

fn integer(lake_type: &LakeType) -> Option<Integer> {
    let (bits, is_signed, digits) = match lake_type {
        LakeType::Int8 => (8, true, 3),
        LakeType::Int16 => (16, true, 5),
        LakeType::Int32 => (32, true, 10),
        LakeType::Int64 => (64, true, 19),
        LakeType::Int128 => (128, true, 39),
        LakeType::UInt8 => (8, false, 3),
        LakeType::UInt16 => (16, false, 5),
        LakeType::UInt32 => (32, false, 10),
        LakeType::UInt64 => (64, false, 20),
        LakeType::UInt128 => (128, false, 39),
        _ => return None,
    };
    Some(Integer { bits, is_signed, digits })
}

fn can_widen(from: &Integer, to: &LakeType) -> bool {
    match to {
        LakeType::Float32 | LakeType::Float64 => true,
        LakeType::Decimal { precision, scale } => whole_digits(*precision, *scale) >= i16::from(from.digits),
        _ => integer(to).is_some_and(|to| to.bits > from.bits && (to.is_signed || !from.is_signed)),
    }
}

fn whole_digits(precision: u8, scale: i8) -> i16 {
    i16::from(precision) - i16::from(scale)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::decode_scalar;
    use crate::types::TypeName;

    fn leaf(name: &str) -> LakeType {
        match TypeName::parse(name) {
            Ok(TypeName::Leaf(leaf)) => leaf,
            other => panic!("{name}: {other:?}"),
        }
    }

    const TYPES: &str = "boolean int8 int16 int32 int64 int128 uint8 uint16 uint32 uint64 uint128 float32 float64 \
        decimal(4,2) decimal(10,2) decimal(10,4) decimal(5,0) decimal(20,0) decimal(38,0) varchar json blob uuid date \
        time timetz timestamp timestamp_s timestamp_ms timestamp_ns timestamptz interval variant geometry";

    #[test]
    fn what_duckdb_allows_without_loss_is_allowed() {
        for (from, to) in [
            ("boolean", "int8 int16 int32 int64 int128 uint8 uint16 uint32 uint64 uint128"),
            (
                "int8",
                "int16 int32 int64 int128 float32 float64 decimal(10,2) decimal(10,4) decimal(5,0) decimal(20,0) decimal(38,0)",
            ),
            ("int32", "int64 int128 float32 float64 decimal(20,0) decimal(38,0)"),
            ("int128", "float32 float64"),
            (
                "uint8",
                "int16 int32 int64 int128 uint16 uint32 uint64 uint128 float32 float64 decimal(10,2) decimal(10,4) decimal(5,0) decimal(20,0) decimal(38,0)",
            ),
            ("uint64", "int128 uint128 float32 float64 decimal(20,0) decimal(38,0)"),
            ("uint128", "float32 float64"),
            ("float32", "float64"),
            ("float64", ""),
            ("decimal(4,2)", "float32 float64 decimal(10,2) decimal(10,4)"),
            ("decimal(10,2)", "float32 float64"),
            ("decimal(5,0)", "float32 float64 decimal(10,2) decimal(10,4) decimal(20,0) decimal(38,0)"),
            ("varchar", ""),
            ("date", "timestamp timestamp_s timestamp_ms timestamp_ns timestamptz"),
            ("timestamp", "timestamp_ns timestamptz"),
            ("timestamp_s", "timestamp timestamp_ms timestamp_ns"),
            ("timestamp_ms", "timestamp timestamp_ns"),
            ("timestamptz", ""),
            ("time", ""),
            ("geometry", ""),
        ] {
            let allowed: Vec<&str> =
                TYPES.split_whitespace().filter(|to| can_promote(&leaf(from), &leaf(to))).collect();
            let mut expected: Vec<&str> = to.split_whitespace().chain(["json", "variant"]).collect();
            expected.sort_by_key(|to| TYPES.split_whitespace().position(|name| name == *to));
            assert_eq!(allowed, expected, "{from}");
        }
        let from_variant: Vec<&str> =
            TYPES.split_whitespace().filter(|to| can_promote(&leaf("variant"), &leaf(to))).collect();
        assert_eq!(from_variant, ["json"]);
        assert!(!TYPES.split_whitespace().any(|to| can_promote(&leaf("json"), &leaf(to))));
    }

    #[test]
    fn bounds_survive_only_if_they_compare_alike() {
        for (from, to, kept) in [
            ("int8", "int64", true),
            ("int32", "decimal(20,0)", true),
            ("date", "timestamp", true),
            ("varchar", "json", true),
            ("float32", "float64", false),
            ("int32", "json", false),
            ("date", "timestamptz", false),
            ("boolean", "int8", false),
        ] {
            assert_eq!(keeps_bounds(&leaf(from), &leaf(to)), kept, "{from} to {to}");
        }
    }

    #[test]
    fn defaults_are_display_text() {
        for (name, text) in [
            ("decimal(2,2)", ".50"),
            ("float64", "1.0"),
            ("timestamp", "2020-01-01 00:00:00"),
            ("timetz", "01:00:00+05:30"),
            ("varchar", "it's \\ x"),
        ] {
            let array = decode_scalar(&leaf(name), text).unwrap();
            assert_eq!(literal_text(array.as_ref(), &leaf(name).field("")).as_deref(), Some(text));
            assert_eq!(literal_text(array.slice(0, 0).as_ref(), &leaf(name).field("")), None);
        }
    }
}

//! The lake's types that stand for DuckDB's: tables of a file look like those of a lake.

use duckdb_file::{LogicalType, TypeKind};
use ducklake_format::LakeType;

/// The type that values of a column are given as. `Err` says why there are none.
///
/// What Arrow and DuckLake have no type for is text as DuckDB prints it: `BIT`, `BIGNUM`, `ENUM`, `UNION`.
pub(super) fn lake_type(logical_type: &LogicalType) -> Result<LakeType, String> {
    let is_named = |name: &str| logical_type.alias.as_ref().is_some_and(|alias| alias.eq_ignore_ascii_case(name));
    Ok(match &logical_type.kind {
        TypeKind::Varchar if is_named("json") => LakeType::Json,
        TypeKind::Blob if logical_type.is_spatial() => LakeType::Geometry,
        TypeKind::Boolean => LakeType::Boolean,
        TypeKind::TinyInt => LakeType::Int8,
        TypeKind::SmallInt => LakeType::Int16,
        TypeKind::Integer => LakeType::Int32,
        TypeKind::BigInt => LakeType::Int64,
        TypeKind::HugeInt => LakeType::Int128,
        TypeKind::UTinyInt => LakeType::UInt8,
        TypeKind::USmallInt => LakeType::UInt16,
        TypeKind::UInteger => LakeType::UInt32,
        TypeKind::UBigInt => LakeType::UInt64,
        TypeKind::UHugeInt => LakeType::UInt128,
        TypeKind::Float => LakeType::Float32,
        TypeKind::Double => LakeType::Float64,
        TypeKind::Decimal { width, scale } => LakeType::Decimal { precision: *width, scale: scale.cast_signed() },
        TypeKind::Null | TypeKind::Char | TypeKind::Varchar => LakeType::Varchar,
        TypeKind::Bit | TypeKind::BigNum | TypeKind::Enum(_) => LakeType::Varchar,
        TypeKind::Union(members) => {
            members.iter().try_for_each(|(_, member)| lake_type(member).map(drop))?;
            LakeType::Varchar
        }
        TypeKind::Blob => LakeType::Blob,
        TypeKind::Uuid => LakeType::Uuid,
        TypeKind::Date => LakeType::Date,
        TypeKind::Time => LakeType::Time,
        TypeKind::TimeNs => LakeType::TimeNs,
        TypeKind::TimeTz => LakeType::TimeTz,
        TypeKind::Timestamp => LakeType::Timestamp,
        TypeKind::TimestampS => LakeType::TimestampS,
        TypeKind::TimestampMs => LakeType::TimestampMs,
        TypeKind::TimestampNs => LakeType::TimestampNs,
        TypeKind::TimestampTz => LakeType::TimestampTz,
        TypeKind::TimestampTzNs => LakeType::TimestampTzNs,
        TypeKind::Interval => LakeType::Interval,
        TypeKind::Geometry => LakeType::Geometry,
        TypeKind::Variant => LakeType::Variant,
        TypeKind::List(element) | TypeKind::Array(element, _) => LakeType::List(Box::new(lake_type(element)?)),
        TypeKind::Map(key, value) => LakeType::Map(Box::new(lake_type(key)?), Box::new(lake_type(value)?)),
        TypeKind::Struct(members) => {
            let member = |(name, member): &(String, LogicalType)| Ok((name.clone(), lake_type(member)?));
            LakeType::Struct(members.iter().map(member).collect::<Result<_, String>>()?)
        }
        TypeKind::Tuple(members) => {
            let member = |(at, member)| Ok((format!("{at}"), lake_type(member)?));
            LakeType::Struct((1..).zip(members).map(member).collect::<Result<_, String>>()?)
        }
        _ => return Err(format!("is of type {logical_type}, which is not read")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_without_a_like_are_text() {
        let union = TypeKind::Union(vec![("a".into(), TypeKind::Integer.into())]);
        assert_eq!(lake_type(&union.into()), Ok(LakeType::Varchar));
        let json = LogicalType { alias: Some("JSON".into()), kind: TypeKind::Varchar };
        assert_eq!(lake_type(&json), Ok(LakeType::Json));
        assert!(lake_type(&TypeKind::Other(9).into()).is_err());
        let array = TypeKind::Array(Box::new(TypeKind::HugeInt.into()), 3);
        assert_eq!(lake_type(&array.into()), Ok(LakeType::List(Box::new(LakeType::Int128))));
    }
}

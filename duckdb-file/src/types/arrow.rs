//! The Arrow types of DuckDB's types.

use std::sync::Arc;

use arrow_schema::{DataType, Field, FieldRef, Fields, IntervalUnit, TimeUnit, UnionFields};

use super::layout::variant_members;
use super::{LogicalType, TypeKind};

/// Metadata key of every Arrow field made here: DuckDB's name of the type.
pub const TYPE_METADATA_KEY: &str = "duckdb:type";

impl LogicalType {
    /// The Arrow type that values of this type are returned as.
    ///
    /// `HUGEINT` and `UHUGEINT` are decimals of scale 0, `UUID` is 16 big-endian bytes, `GEOMETRY` is WKB whatever it is
    /// stored as, `ENUM` a dictionary, `VARIANT` the struct that DuckDB keeps it in. `BIT`, `BIGNUM` and `TIME WITH TIME
    /// ZONE` are text as DuckDB prints it.
    pub fn arrow_type(&self) -> DataType {
        match &self.kind {
            TypeKind::Null | TypeKind::Other(_) => DataType::Null,
            TypeKind::Boolean => DataType::Boolean,
            TypeKind::TinyInt => DataType::Int8,
            TypeKind::SmallInt => DataType::Int16,
            TypeKind::Integer => DataType::Int32,
            TypeKind::BigInt => DataType::Int64,
            TypeKind::HugeInt => DataType::Decimal128(38, 0),
            TypeKind::UTinyInt => DataType::UInt8,
            TypeKind::USmallInt => DataType::UInt16,
            TypeKind::UInteger => DataType::UInt32,
            TypeKind::UBigInt => DataType::UInt64,
            TypeKind::UHugeInt => DataType::Decimal256(39, 0),
            TypeKind::Float => DataType::Float32,
            TypeKind::Double => DataType::Float64,
            TypeKind::Decimal { width, scale } => DataType::Decimal128(*width, *scale as i8),
            TypeKind::Char | TypeKind::Varchar | TypeKind::Bit | TypeKind::BigNum | TypeKind::TimeTz => DataType::Utf8,
            TypeKind::Blob | TypeKind::Geometry => DataType::Binary,
            TypeKind::Uuid => DataType::FixedSizeBinary(16),
            TypeKind::Date => DataType::Date32,
            TypeKind::Time => DataType::Time64(TimeUnit::Microsecond),
            TypeKind::TimeNs => DataType::Time64(TimeUnit::Nanosecond),
            TypeKind::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, None),
            TypeKind::TimestampS => DataType::Timestamp(TimeUnit::Second, None),
            TypeKind::TimestampMs => DataType::Timestamp(TimeUnit::Millisecond, None),
            TypeKind::TimestampNs => DataType::Timestamp(TimeUnit::Nanosecond, None),
            TypeKind::TimestampTz => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            TypeKind::TimestampTzNs => DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into())),
            TypeKind::Interval => DataType::Interval(IntervalUnit::MonthDayNano),
            TypeKind::Enum(_) => DataType::Dictionary(Box::new(DataType::UInt32), Box::new(DataType::Utf8)),
            TypeKind::List(element) => DataType::List(element.field_ref("item", true)),
            TypeKind::Array(element, size) => {
                DataType::FixedSizeList(element.field_ref("item", true), i32::try_from(*size).unwrap_or(i32::MAX))
            }
            TypeKind::Map(key, value) => DataType::Map(entries_field(key, value), false),
            TypeKind::Struct(members) => DataType::Struct(fields(members)),
            TypeKind::Tuple(members) => DataType::Struct(
                members.iter().enumerate().map(|(at, member)| member.field_ref(&format!("{}", at + 1), true)).collect(),
            ),
            TypeKind::Union(members) => DataType::Union(union_fields(members), arrow_schema::UnionMode::Sparse),
            TypeKind::Variant => DataType::Struct(fields(&variant_members())),
        }
    }

    /// A nullable Arrow field of this type, with DuckDB's name of the type under [`TYPE_METADATA_KEY`].
    pub fn field(&self, name: &str) -> Field {
        self.field_with(name, true)
    }

    fn field_with(&self, name: &str, nullable: bool) -> Field {
        let metadata = [(TYPE_METADATA_KEY.to_string(), self.to_string())].into();
        Field::new(name, self.arrow_type(), nullable).with_metadata(metadata)
    }

    pub(crate) fn field_ref(&self, name: &str, nullable: bool) -> FieldRef {
        Arc::new(self.field_with(name, nullable))
    }
}

pub(crate) fn fields(members: &[(String, LogicalType)]) -> Fields {
    members.iter().map(|(name, member)| member.field_ref(name, true)).collect()
}

pub(crate) fn entries_field(key: &LogicalType, value: &LogicalType) -> FieldRef {
    let entries: Fields = [key.field_ref("key", false), value.field_ref("value", true)].into_iter().collect();
    Arc::new(Field::new("entries", DataType::Struct(entries), false))
}

pub(crate) fn union_fields(members: &[(String, LogicalType)]) -> UnionFields {
    // The number of members is checked where types are read.
    (0_i8..).zip(members).map(|(id, (name, member))| (id, member.field_ref(name, true))).collect()
}

//! DuckLake's types: their names in the catalog and the Arrow types that hold their values.

use std::fmt;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Fields, IntervalUnit, TimeUnit};

use crate::FormatError;

/// Metadata key on an Arrow field that names the DuckLake type where the Arrow type alone does not
/// tell how a value is to be printed or encoded (`uuid`, `json`, `geometry`, …).
pub const TYPE_METADATA_KEY: &str = "ducklake:type";

/// A DuckLake column type, nested ones included.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the variants are the format's own names")]
pub enum LakeType {
    Boolean,
    Int8,
    Int16,
    Int32,
    Int64,
    Int128,
    UInt8,
    UInt16,
    UInt32,
    UInt64,
    UInt128,
    Float32,
    Float64,
    Decimal { precision: u8, scale: i8 },
    Varchar,
    Json,
    Blob,
    Uuid,
    Date,
    Time,
    TimeNs,
    TimeTz,
    Timestamp,
    TimestampS,
    TimestampMs,
    TimestampNs,
    TimestampTz,
    TimestampTzNs,
    Interval,
    Geometry,
    Variant,
    List(Box<LakeType>),
    Struct(Vec<(String, LakeType)>),
    Map(Box<LakeType>, Box<LakeType>),
}

/// What a `column_type` string of the catalog stands for: a leaf, or a nested type whose parts are
/// the child columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TypeName {
    /// A type without children.
    Leaf(LakeType),
    /// `list`: one child.
    List,
    /// `struct`: named children.
    Struct,
    /// `map`: children `key` and `value`.
    Map,
}

impl TypeName {
    /// Parses a `ducklake_column.column_type` string (case-insensitive).
    ///
    /// # Errors
    /// [`FormatError::UnknownType`] for a name that no format version up to 1.1-dev defines.
    pub fn parse(text: &str) -> Result<Self, FormatError> {
        let name = text.trim().to_ascii_lowercase();
        let leaf = match name.as_str() {
            "list" => return Ok(Self::List),
            "struct" => return Ok(Self::Struct),
            "map" => return Ok(Self::Map),
            "boolean" => LakeType::Boolean,
            "int8" => LakeType::Int8,
            "int16" => LakeType::Int16,
            "int32" => LakeType::Int32,
            "int64" => LakeType::Int64,
            "int128" => LakeType::Int128,
            "uint8" => LakeType::UInt8,
            "uint16" => LakeType::UInt16,
            "uint32" => LakeType::UInt32,
            "uint64" => LakeType::UInt64,
            "uint128" => LakeType::UInt128,
            "float32" => LakeType::Float32,
            "float64" => LakeType::Float64,
            "varchar" => LakeType::Varchar,
            "json" => LakeType::Json,
            "blob" => LakeType::Blob,
            "uuid" => LakeType::Uuid,
            "date" => LakeType::Date,
            "time" => LakeType::Time,
            "time_ns" => LakeType::TimeNs,
            "timetz" => LakeType::TimeTz,
            "timestamp" | "timestamp_us" => LakeType::Timestamp,
            "timestamp_s" => LakeType::TimestampS,
            "timestamp_ms" => LakeType::TimestampMs,
            "timestamp_ns" => LakeType::TimestampNs,
            "timestamptz" => LakeType::TimestampTz,
            "timestamptz_ns" => LakeType::TimestampTzNs,
            "interval" => LakeType::Interval,
            "geometry" => LakeType::Geometry,
            "variant" => LakeType::Variant,
            _ => parse_decimal(&name).ok_or_else(|| FormatError::UnknownType { text: text.to_string() })?,
        };
        Ok(Self::Leaf(leaf))
    }
}

fn parse_decimal(name: &str) -> Option<LakeType> {
    let inner = name.strip_prefix("decimal(")?.strip_suffix(')')?;
    let (precision, scale) = inner.split_once(',')?;
    let precision: u8 = precision.trim().parse().ok()?;
    let scale: i8 = scale.trim().parse().ok()?;
    let valid = (1..=38).contains(&precision) && scale >= 0 && scale as u8 <= precision;
    valid.then_some(LakeType::Decimal { precision, scale })
}

impl LakeType {
    /// Whether values of this type are whole numbers.
    pub fn is_integer(&self) -> bool {
        matches!(
            self,
            Self::Int8
                | Self::Int16
                | Self::Int32
                | Self::Int64
                | Self::Int128
                | Self::UInt8
                | Self::UInt16
                | Self::UInt32
                | Self::UInt64
                | Self::UInt128
        )
    }

    /// Whether values of this type are made of child values.
    pub fn is_nested(&self) -> bool {
        matches!(self, Self::List(_) | Self::Struct(_) | Self::Map(_, _))
    }

    /// The Arrow type of a *top-level* column of this type.
    ///
    /// Strings and blobs are views there, as DataFusion's Parquet reader produces them. Types that Arrow
    /// lacks are text in DuckDB's display form (`uuid`, `timetz`, `variant`), 128-bit integers are decimals
    /// of scale 0 (`Decimal128` and `Decimal256`), geometry is WKB.
    pub fn arrow_type(&self) -> DataType {
        match self {
            Self::Varchar | Self::Json | Self::Uuid | Self::TimeTz | Self::Variant => DataType::Utf8View,
            Self::Blob | Self::Geometry => DataType::BinaryView,
            _ => self.nested_arrow_type(),
        }
    }

    /// The Arrow type of a value of this type *inside* a list, struct or map (plain strings, no views).
    pub fn nested_arrow_type(&self) -> DataType {
        match self {
            Self::Boolean => DataType::Boolean,
            Self::Int8 => DataType::Int8,
            Self::Int16 => DataType::Int16,
            Self::Int32 => DataType::Int32,
            Self::Int64 => DataType::Int64,
            Self::Int128 => DataType::Decimal128(38, 0),
            Self::UInt8 => DataType::UInt8,
            Self::UInt16 => DataType::UInt16,
            Self::UInt32 => DataType::UInt32,
            Self::UInt64 => DataType::UInt64,
            Self::UInt128 => DataType::Decimal256(39, 0),
            Self::Float32 => DataType::Float32,
            Self::Float64 => DataType::Float64,
            Self::Decimal { precision, scale } => DataType::Decimal128(*precision, *scale),
            Self::Varchar | Self::Json | Self::Uuid | Self::TimeTz | Self::Variant => DataType::Utf8,
            Self::Blob | Self::Geometry => DataType::Binary,
            Self::Date => DataType::Date32,
            Self::Time => DataType::Time64(TimeUnit::Microsecond),
            Self::TimeNs => DataType::Time64(TimeUnit::Nanosecond),
            Self::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, None),
            Self::TimestampS => DataType::Timestamp(TimeUnit::Second, None),
            Self::TimestampMs => DataType::Timestamp(TimeUnit::Millisecond, None),
            Self::TimestampNs => DataType::Timestamp(TimeUnit::Nanosecond, None),
            Self::TimestampTz => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            Self::TimestampTzNs => DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into())),
            Self::Interval => DataType::Interval(IntervalUnit::MonthDayNano),
            Self::List(element) => DataType::List(Arc::new(element.nested_field("element", true))),
            Self::Struct(children) => {
                DataType::Struct(children.iter().map(|(name, ty)| ty.nested_field(name, true)).collect::<Fields>())
            }
            Self::Map(key, value) => {
                let entries = vec![key.nested_field("key", false), value.nested_field("value", true)];
                let entries = Field::new("key_value", DataType::Struct(entries.into()), false);
                DataType::Map(Arc::new(entries), false)
            }
        }
    }

    /// A top-level Arrow field of this type, nullable, with [`TYPE_METADATA_KEY`] where the type needs it.
    pub fn field(&self, name: &str) -> Field {
        self.with_type_metadata(Field::new(name, self.arrow_type(), true))
    }

    fn nested_field(&self, name: &str, nullable: bool) -> Field {
        self.with_type_metadata(Field::new(name, self.nested_arrow_type(), nullable))
    }

    fn with_type_metadata(&self, field: Field) -> Field {
        match self {
            Self::Json | Self::Uuid | Self::TimeTz | Self::Variant | Self::Geometry | Self::Int128 | Self::UInt128 => {
                field.with_metadata([(TYPE_METADATA_KEY.to_string(), self.to_string())].into())
            }
            _ => field,
        }
    }

    /// The DuckLake type that an Arrow field holds: the inverse of [`LakeType::field`], and the nearest
    /// DuckLake type for any other Arrow field (computed columns). `None` for Arrow types that DuckLake
    /// has no counterpart for.
    pub fn from_field(field: &Field) -> Option<Self> {
        if let Some(name) = field.metadata().get(TYPE_METADATA_KEY)
            && let Ok(TypeName::Leaf(leaf)) = TypeName::parse(name)
        {
            return Some(leaf);
        }
        Self::from_arrow(field.data_type())
    }

    /// The nearest DuckLake type for an Arrow type.
    pub fn from_arrow(data_type: &DataType) -> Option<Self> {
        Some(match data_type {
            DataType::Boolean => Self::Boolean,
            DataType::Int8 => Self::Int8,
            DataType::Int16 => Self::Int16,
            DataType::Int32 => Self::Int32,
            DataType::Int64 => Self::Int64,
            DataType::UInt8 => Self::UInt8,
            DataType::UInt16 => Self::UInt16,
            DataType::UInt32 => Self::UInt32,
            DataType::UInt64 => Self::UInt64,
            DataType::Float16 | DataType::Float32 => Self::Float32,
            DataType::Float64 => Self::Float64,
            DataType::Decimal32(p, s) | DataType::Decimal64(p, s) | DataType::Decimal128(p, s) if *s >= 0 => {
                Self::Decimal { precision: *p, scale: *s }
            }
            DataType::Decimal256(p, s) if *p <= 38 && *s >= 0 => Self::Decimal { precision: *p, scale: *s },
            DataType::Decimal256(_, 0) => Self::UInt128,
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Self::Varchar,
            DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
                Self::Blob
            }
            DataType::Date32 | DataType::Date64 => Self::Date,
            DataType::Time32(_) | DataType::Time64(TimeUnit::Microsecond) => Self::Time,
            DataType::Time64(_) => Self::TimeNs,
            DataType::Timestamp(TimeUnit::Second, None) => Self::TimestampS,
            DataType::Timestamp(TimeUnit::Millisecond, None) => Self::TimestampMs,
            DataType::Timestamp(TimeUnit::Microsecond, None) => Self::Timestamp,
            DataType::Timestamp(TimeUnit::Nanosecond, None) => Self::TimestampNs,
            DataType::Timestamp(TimeUnit::Nanosecond, Some(_)) => Self::TimestampTzNs,
            DataType::Timestamp(_, Some(_)) => Self::TimestampTz,
            DataType::Interval(_) | DataType::Duration(_) => Self::Interval,
            DataType::Dictionary(_, value) => Self::from_arrow(value)?,
            DataType::List(f) | DataType::LargeList(f) | DataType::FixedSizeList(f, _) | DataType::ListView(f) => {
                Self::List(Box::new(Self::from_field(f)?))
            }
            DataType::Struct(fields) => Self::Struct(
                fields.iter().map(|f| Some((f.name().clone(), Self::from_field(f)?))).collect::<Option<_>>()?,
            ),
            DataType::Map(entries, _) => match entries.data_type() {
                DataType::Struct(kv) if kv.len() == 2 => {
                    Self::Map(Box::new(Self::from_field(&kv[0])?), Box::new(Self::from_field(&kv[1])?))
                }
                _ => return None,
            },
            _ => return None,
        })
    }
}

/// The catalog's name of the type; nested types are written as `list<…>`, `struct<name …>` and `map<…, …>`
/// (the catalog itself stores only the outer word and keeps the parts as child columns).
impl fmt::Display for LakeType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Boolean => "boolean",
            Self::Int8 => "int8",
            Self::Int16 => "int16",
            Self::Int32 => "int32",
            Self::Int64 => "int64",
            Self::Int128 => "int128",
            Self::UInt8 => "uint8",
            Self::UInt16 => "uint16",
            Self::UInt32 => "uint32",
            Self::UInt64 => "uint64",
            Self::UInt128 => "uint128",
            Self::Float32 => "float32",
            Self::Float64 => "float64",
            Self::Decimal { precision, scale } => return write!(f, "decimal({precision},{scale})"),
            Self::Varchar => "varchar",
            Self::Json => "json",
            Self::Blob => "blob",
            Self::Uuid => "uuid",
            Self::Date => "date",
            Self::Time => "time",
            Self::TimeNs => "time_ns",
            Self::TimeTz => "timetz",
            Self::Timestamp => "timestamp",
            Self::TimestampS => "timestamp_s",
            Self::TimestampMs => "timestamp_ms",
            Self::TimestampNs => "timestamp_ns",
            Self::TimestampTz => "timestamptz",
            Self::TimestampTzNs => "timestamptz_ns",
            Self::Interval => "interval",
            Self::Geometry => "geometry",
            Self::Variant => "variant",
            Self::List(element) => return write!(f, "list<{element}>"),
            Self::Struct(children) => {
                write!(f, "struct<")?;
                for (i, (name, ty)) in children.iter().enumerate() {
                    let separator = if i == 0 { "" } else { ", " };
                    write!(f, "{separator}{name} {ty}")?;
                }
                return write!(f, ">");
            }
            Self::Map(key, value) => return write!(f, "map<{key}, {value}>"),
        };
        f.write_str(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaf_names_round_trip() {
        for name in [
            "boolean",
            "int8",
            "int128",
            "uint128",
            "float32",
            "decimal(38,10)",
            "varchar",
            "json",
            "timetz",
            "timestamp_ns",
            "timestamptz",
            "interval",
            "geometry",
            "variant",
        ] {
            let TypeName::Leaf(leaf) = TypeName::parse(&name.to_uppercase()).unwrap() else { panic!("{name}") };
            assert_eq!(leaf.to_string(), name);
        }
    }

    #[test]
    fn bad_types_are_refused() {
        for name in ["", "decimal(39,0)", "decimal(3,4)", "decimal(3)", "enum", "int256"] {
            assert!(TypeName::parse(name).is_err(), "{name}");
        }
    }

    #[test]
    fn fields_remember_their_lake_type() {
        for ty in
            [LakeType::Uuid, LakeType::Json, LakeType::TimeTz, LakeType::Int128, LakeType::UInt128, LakeType::Date]
        {
            assert_eq!(LakeType::from_field(&ty.field("x")), Some(ty.clone()));
            let list = LakeType::List(Box::new(ty));
            assert_eq!(LakeType::from_field(&list.field("x")), Some(list));
        }
    }
}

//! DuckDB's types: their names, how they are laid out in the file, and the Arrow types of their values.

pub(crate) mod arrow;
pub(crate) mod layout;
mod name;
mod read;

use std::sync::Arc;

pub use arrow::TYPE_METADATA_KEY;
pub(crate) use layout::{Fixed, Layout};

/// A type of DuckDB.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogicalType {
    /// Another name that the type goes by, for example `JSON` for `VARCHAR`.
    pub alias: Option<String>,
    /// What values of the type are.
    pub kind: TypeKind,
}

/// What values of a type are.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are DuckDB's own names")]
#[non_exhaustive]
pub enum TypeKind {
    /// The type of a bare NULL.
    Null,
    Boolean,
    TinyInt,
    SmallInt,
    Integer,
    BigInt,
    HugeInt,
    UTinyInt,
    USmallInt,
    UInteger,
    UBigInt,
    UHugeInt,
    Float,
    Double,
    Decimal {
        width: u8,
        scale: u8,
    },
    Char,
    Varchar,
    Blob,
    Bit,
    BigNum,
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
    Enum(Arc<[String]>),
    List(Box<LogicalType>),
    Array(Box<LogicalType>, u32),
    Map(Box<LogicalType>, Box<LogicalType>),
    Struct(Vec<(String, LogicalType)>),
    /// A struct without names.
    Tuple(Vec<LogicalType>),
    Union(Vec<(String, LogicalType)>),
    /// A type that no stored column has, by its number.
    Other(u64),
}

impl LogicalType {
    /// Whether values are geometries that are stored in the encoding of the spatial extension. They are read as WKB.
    pub fn is_spatial(&self) -> bool {
        let is_named = self.alias.as_ref().is_some_and(|alias| alias.eq_ignore_ascii_case("geometry"));
        self.kind == TypeKind::Blob && is_named
    }
}

impl From<TypeKind> for LogicalType {
    fn from(kind: TypeKind) -> Self {
        Self { alias: None, kind }
    }
}

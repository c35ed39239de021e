//! How values of a type are laid out in blocks and chunks.

use super::{LogicalType, TypeKind};
use crate::error::{Error, NEWER, Result};

/// The layout of a type's values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    Fixed(Fixed),
    Strings,
    List(Box<LogicalType>),
    Array(Box<LogicalType>, usize),
    Struct(Vec<LogicalType>),
}

/// Values that all have the same number of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fixed {
    Bool,
    I8,
    I16,
    I32,
    I64,
    I128,
    U8,
    U16,
    U32,
    U64,
    U128,
    F32,
    F64,
    Interval,
}

impl Fixed {
    pub(crate) fn width(self) -> usize {
        match self {
            Self::Bool | Self::I8 | Self::U8 => 1,
            Self::I16 | Self::U16 => 2,
            Self::I32 | Self::U32 | Self::F32 => 4,
            Self::I64 | Self::U64 | Self::F64 => 8,
            Self::I128 | Self::U128 | Self::Interval => 16,
        }
    }
}

impl LogicalType {
    pub(crate) fn layout(&self) -> Result<Layout> {
        self.kind.layout()
    }
}

impl TypeKind {
    fn layout(&self) -> Result<Layout> {
        Ok(Layout::Fixed(match self {
            Self::Boolean => Fixed::Bool,
            Self::TinyInt => Fixed::I8,
            Self::SmallInt => Fixed::I16,
            Self::Integer | Self::Date | Self::Null => Fixed::I32,
            Self::BigInt | Self::Time | Self::TimeNs | Self::Timestamp => Fixed::I64,
            Self::TimestampS | Self::TimestampMs | Self::TimestampNs => Fixed::I64,
            Self::TimestampTz | Self::TimestampTzNs | Self::TimeTz => Fixed::I64,
            Self::HugeInt | Self::Uuid => Fixed::I128,
            Self::UTinyInt => Fixed::U8,
            Self::USmallInt => Fixed::U16,
            Self::UInteger => Fixed::U32,
            Self::UBigInt => Fixed::U64,
            Self::UHugeInt => Fixed::U128,
            Self::Float => Fixed::F32,
            Self::Double => Fixed::F64,
            Self::Interval => Fixed::Interval,
            Self::Decimal { width: ..=4, .. } => Fixed::I16,
            Self::Decimal { width: ..=9, .. } => Fixed::I32,
            Self::Decimal { width: ..=18, .. } => Fixed::I64,
            Self::Decimal { .. } => Fixed::I128,
            Self::Enum(values) => match values.len() {
                ..=0xff => Fixed::U8,
                0x100..=0xffff => Fixed::U16,
                _ => Fixed::U32,
            },
            Self::Char | Self::Varchar | Self::Blob | Self::Bit | Self::BigNum | Self::Geometry => {
                return Ok(Layout::Strings);
            }
            Self::List(element) => return Ok(Layout::List(element.clone())),
            Self::Array(element, size) => return Ok(Layout::Array(element.clone(), *size as usize)),
            Self::Map(key, value) => return Ok(Layout::List(Box::new(entries(key, value)))),
            Self::Struct(members) => return Ok(Layout::Struct(members.iter().map(|(_, m)| m.clone()).collect())),
            Self::Tuple(members) => return Ok(Layout::Struct(members.clone())),
            Self::Union(members) => {
                let tag = std::iter::once(Self::UTinyInt.into());
                return Ok(Layout::Struct(tag.chain(members.iter().map(|(_, m)| m.clone())).collect()));
            }
            Self::Variant => return Ok(Layout::Struct(variant_members().into_iter().map(|(_, m)| m).collect())),
            Self::Other(id) => return Err(Error::unsupported(format!("columns of type {id}"), NEWER)),
        }))
    }
}

impl LogicalType {
    /// Values that one value of the type is made of, elements counted once.
    pub(crate) fn leaves(&self) -> usize {
        match &self.kind {
            TypeKind::List(inner) => 1 + inner.leaves(),
            TypeKind::Array(inner, size) => inner.leaves().saturating_mul(*size as usize),
            TypeKind::Map(key, value) => 1 + key.leaves() + value.leaves(),
            TypeKind::Struct(members) | TypeKind::Union(members) => {
                members.iter().fold(1, |sum: usize, (_, member)| sum.saturating_add(member.leaves()))
            }
            TypeKind::Tuple(members) => {
                members.iter().fold(1, |sum: usize, member| sum.saturating_add(member.leaves()))
            }
            _ => 1,
        }
    }
}

/// What a map is a list of.
fn entries(key: &LogicalType, value: &LogicalType) -> LogicalType {
    TypeKind::Struct(vec![("key".into(), key.clone()), ("value".into(), value.clone())]).into()
}

/// The struct that variants are kept in.
pub(crate) fn variant_members() -> Vec<(String, LogicalType)> {
    let member = |name: &str, kind: TypeKind| (name.to_string(), LogicalType::from(kind));
    let list = |kind: TypeKind| TypeKind::List(Box::new(kind.into()));
    let child =
        TypeKind::Struct(vec![member("keys_index", TypeKind::UInteger), member("values_index", TypeKind::UInteger)]);
    let value =
        TypeKind::Struct(vec![member("type_id", TypeKind::UTinyInt), member("byte_offset", TypeKind::UInteger)]);
    vec![
        member("keys", list(TypeKind::Varchar)),
        member("children", list(child)),
        member("values", list(value)),
        member("data", TypeKind::Blob),
    ]
}

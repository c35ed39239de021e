//! Types as they are serialised.

use super::{LogicalType, TypeKind};
use crate::catalog::tree::Object;
use crate::error::{Error, Result};
use crate::serial::Reader;

/// Arrow numbers the members of a union with an `i8`.
const MAX_MEMBERS: usize = 128;

impl LogicalType {
    pub(crate) fn read(reader: &mut Reader) -> Result<Self> {
        reader.nested(|reader| {
            let id = if reader.has(100)? { reader.uint()? } else { 0 };
            let info =
                if reader.has(101)? { reader.nullable(|reader| Object::read(reader, "ExtraTypeInfo"))? } else { None };
            reader.end("LogicalType")?;
            Self::from_parts(id, &info.unwrap_or_default())
        })
    }

    fn from_parts(id: u64, info: &Object) -> Result<Self> {
        let alias = Some(info.text(101)).filter(|alias| !alias.is_empty()).map(Into::into);
        Ok(Self { alias, kind: kind(id, info)? })
    }
}

fn kind(id: u64, info: &Object) -> Result<TypeKind> {
    let child = || {
        let child = info.logical_type(200).cloned().map(Box::new);
        child.ok_or_else(|| Error::corrupt(format!("type {id} has no child type")))
    };
    Ok(match id {
        1 => TypeKind::Null,
        10 => TypeKind::Boolean,
        11 => TypeKind::TinyInt,
        12 => TypeKind::SmallInt,
        13 => TypeKind::Integer,
        14 => TypeKind::BigInt,
        15 => TypeKind::Date,
        16 => TypeKind::Time,
        17 => TypeKind::TimestampS,
        18 => TypeKind::TimestampMs,
        19 => TypeKind::Timestamp,
        20 => TypeKind::TimestampNs,
        21 => decimal(info.uint(200), info.uint(201))?,
        22 => TypeKind::Float,
        23 => TypeKind::Double,
        24 => TypeKind::Char,
        25 => TypeKind::Varchar,
        26 => TypeKind::Blob,
        27 => TypeKind::Interval,
        28 => TypeKind::UTinyInt,
        29 => TypeKind::USmallInt,
        30 => TypeKind::UInteger,
        31 => TypeKind::UBigInt,
        32 => TypeKind::TimestampTz,
        33 => TypeKind::TimestampTzNs,
        34 => TypeKind::TimeTz,
        35 => TypeKind::TimeNs,
        36 => TypeKind::Bit,
        39 => TypeKind::BigNum,
        49 => TypeKind::UHugeInt,
        50 => TypeKind::HugeInt,
        54 => TypeKind::Uuid,
        60 => TypeKind::Geometry,
        100 => TypeKind::Struct(members(info)?),
        101 => TypeKind::List(child()?),
        102 => match child()?.kind {
            TypeKind::Struct(members) => map(members)?,
            other => return Err(Error::corrupt(format!("a map of {other}"))),
        },
        104 => TypeKind::Enum(info.texts(201).map(Into::into).collect()),
        107 => union(members(info)?)?,
        108 => match u32::try_from(info.uint(201)) {
            Ok(size @ 1..) => TypeKind::Array(child()?, size),
            _ => return Err(Error::corrupt(format!("an array of {} elements", info.uint(201)))),
        },
        109 => TypeKind::Variant,
        110 => TypeKind::Tuple(members(info)?.into_iter().map(|(_, member)| member).collect()),
        // Expressions name types that no column has.
        id => TypeKind::Other(id),
    })
}

fn decimal(width: u64, scale: u64) -> Result<TypeKind> {
    match (u8::try_from(width), u8::try_from(scale)) {
        // Functions are declared with decimals of no width.
        (Ok(width @ 0..=38), Ok(scale)) if scale <= width => Ok(TypeKind::Decimal { width, scale }),
        _ => Err(Error::corrupt(format!("type DECIMAL({width},{scale})"))),
    }
}

fn members(info: &Object) -> Result<Vec<(String, LogicalType)>> {
    let member = |pair: &Object| {
        let member = pair.logical_type(1).cloned().ok_or_else(|| Error::corrupt("a struct member has no type"))?;
        Ok((pair.text(0).to_string(), member))
    };
    info.objects(200).map(member).collect()
}

fn map(members: Vec<(String, LogicalType)>) -> Result<TypeKind> {
    match <[_; 2]>::try_from(members) {
        Ok([(_, key), (_, value)]) => Ok(TypeKind::Map(Box::new(key), Box::new(value))),
        Err(members) => Err(Error::corrupt(format!("a map of {} members", members.len()))),
    }
}

fn union(mut members: Vec<(String, LogicalType)>) -> Result<TypeKind> {
    if members.first().is_none_or(|(_, tag)| tag.kind != TypeKind::UTinyInt) {
        return Err(Error::corrupt("a union without tag"));
    }
    members.remove(0);
    if members.len() > MAX_MEMBERS {
        return Err(Error::unsupported("a union of more than 128 members", "split it"));
    }
    Ok(TypeKind::Union(members))
}

//! Single values, as defaults and statistics hold them.

use bytes::Bytes;

use crate::error::{Error, Result};
use crate::serial::Reader;
use crate::types::{Fixed, Layout, LogicalType, TypeKind};

/// A value and its type.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Value {
    pub logical_type: LogicalType,
    pub content: Content,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Content {
    Null,
    /// Little-endian, in the first bytes.
    Fixed([u8; 16]),
    Bytes(Bytes),
    /// Elements of a list or array, members of a struct.
    Values(Vec<Value>),
    Type,
}

impl Value {
    pub(crate) fn null(logical_type: LogicalType) -> Self {
        Self { logical_type, content: Content::Null }
    }

    /// Reads a value; its type is with it, or known from what it is part of.
    pub(crate) fn read(reader: &mut Reader, known: Option<&LogicalType>) -> Result<Self> {
        reader.nested(|reader| {
            let own = if reader.has(100)? { Some(LogicalType::read(reader)?) } else { None };
            let logical_type = own.or_else(|| known.cloned()).unwrap_or_else(|| TypeKind::Null.into());
            let is_null = if reader.has(101)? { reader.bool()? } else { false };
            let mut content = Content::Null;
            if reader.has(102)? {
                let read = Content::read(reader, &logical_type)?;
                content = if is_null { Content::Null } else { read };
            }
            if reader.has(103)? {
                reader.uint()?;
            }
            reader.end("Value")?;
            Ok(Self { logical_type, content })
        })
    }
}

impl Content {
    fn read(reader: &mut Reader, logical_type: &LogicalType) -> Result<Self> {
        // The type of types.
        if logical_type.kind == TypeKind::Other(6) {
            LogicalType::read(reader)?;
            return Ok(Self::Type);
        }
        Ok(match logical_type.layout()? {
            Layout::Fixed(fixed) => Self::Fixed(read_fixed(reader, fixed)?),
            Layout::Strings if logical_type.kind == TypeKind::Blob => Self::Bytes(unescape(&reader.blob()?)?),
            Layout::Strings => Self::Bytes(reader.blob()?),
            Layout::List(element) | Layout::Array(element, _) => read_children(reader, |_| Some(&element))?,
            Layout::Struct(members) => read_children(reader, |at| members.get(at))?,
        })
    }
}

fn read_children<'a>(reader: &mut Reader, kind: impl Fn(usize) -> Option<&'a LogicalType>) -> Result<Content> {
    let mut values = Vec::new();
    if reader.has(100)? {
        for at in 0..usize::try_from(reader.uint()?).unwrap_or(usize::MAX) {
            values.push(Value::read(reader, kind(at))?);
        }
    }
    reader.end("a nested value")?;
    Ok(Content::Values(values))
}

/// A value of a fixed layout, little-endian in the first bytes.
pub(crate) fn read_fixed(reader: &mut Reader, fixed: Fixed) -> Result<[u8; 16]> {
    let signed = |value: i64| i128::from(value).to_le_bytes();
    Ok(match fixed {
        Fixed::Bool => u128::from(reader.bool()?).to_le_bytes(),
        Fixed::I8 | Fixed::I16 | Fixed::I32 | Fixed::I64 => signed(reader.int()?),
        Fixed::U8 | Fixed::U16 | Fixed::U32 | Fixed::U64 => u128::from(reader.uint()?).to_le_bytes(),
        Fixed::I128 => reader.hugeint()?.to_le_bytes(),
        Fixed::U128 => reader.uhugeint()?.to_le_bytes(),
        Fixed::F32 => padded(&reader.array::<4>()?),
        Fixed::F64 => padded(&reader.array::<8>()?),
        Fixed::Interval => {
            let mut parts = [0; 3];
            for (id, part) in (1..).zip(&mut parts) {
                if reader.has(id)? {
                    *part = reader.int()?;
                }
            }
            reader.end("an interval")?;
            let [months, days, micros] = parts;
            let narrow = |part| i32::try_from(part).map_err(|_| Error::corrupt("an interval is out of range"));
            let halves = [narrow(months)?.to_le_bytes(), narrow(days)?.to_le_bytes()].concat();
            padded(&[halves, micros.to_le_bytes().to_vec()].concat())
        }
    })
}

pub(crate) fn padded(bytes: &[u8]) -> [u8; 16] {
    let mut padded = [0; 16];
    padded[..bytes.len()].copy_from_slice(bytes);
    padded
}

/// Blobs in values are text with `\xHH` for what is not printable.
fn unescape(text: &[u8]) -> Result<Bytes> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let [first, others @ ..] = rest {
        rest = others;
        if *first != b'\\' {
            bytes.push(*first);
            continue;
        }
        let digits = rest.strip_prefix(b"x").and_then(|digits| digits.split_at_checked(2));
        let (hex, others) = digits.ok_or_else(|| Error::corrupt("a blob with a wrong escape"))?;
        let byte = std::str::from_utf8(hex).ok().and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bytes.push(byte.ok_or_else(|| Error::corrupt("a blob with a wrong escape"))?);
        rest = others;
    }
    Ok(bytes.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(bytes: &[u8]) -> Result<Value> {
        Value::read(&mut Reader::over(Bytes::copy_from_slice(bytes)), None)
    }

    #[test]
    fn numbers_and_text() {
        // BIGINT -3
        let read = value(&[100, 0, 100, 0, 14, 0xff, 0xff, 102, 0, 0x7d, 0xff, 0xff]).unwrap();
        assert_eq!(read.logical_type.kind, TypeKind::BigInt);
        assert_eq!(read.content, Content::Fixed((-3_i128).to_le_bytes()));
        // VARCHAR 'ab'
        let read = value(&[100, 0, 100, 0, 25, 0xff, 0xff, 102, 0, 2, b'a', b'b', 0xff, 0xff]).unwrap();
        assert_eq!(read.content, Content::Bytes(Bytes::from_static(b"ab")));
        // NULL
        let read = value(&[100, 0, 100, 0, 14, 0xff, 0xff, 101, 0, 1, 0xff, 0xff]).unwrap();
        assert_eq!(read.content, Content::Null);
    }

    #[test]
    fn blobs() {
        assert_eq!(unescape(b"a\\x00\\xFFb").unwrap().as_ref(), b"a\0\xffb");
        assert!(unescape(b"\\x0").is_err());
        assert!(unescape(b"\\y00").is_err());
    }
}

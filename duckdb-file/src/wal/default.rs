//! Defaults of added columns: constants, perhaps in casts.

use bytes::Bytes;

use super::date;
use crate::catalog::tree::Object;
use crate::error::{CHECKPOINT, Error, Result};
use crate::types::{Fixed, Layout, LogicalType, TypeKind};
use crate::value::{Content, Value, padded};

const CAST: u64 = 3;
const CONSTANT: u64 = 7;
const FUNCTION: u64 = 9;
const TYPE: u64 = 21;

/// The value of a default expression as one of the column's type.
pub(super) fn constant(expression: &Object, target: &LogicalType) -> Result<Value> {
    let value = evaluate(expression, target)?;
    convert(value, target)
}

fn evaluate(expression: &Object, target: &LogicalType) -> Result<Value> {
    match expression.uint(100) {
        CONSTANT => match (expression.value(200), expression.object(201)) {
            (Some(value), _) => Ok(value.clone()),
            (None, Some(literal)) => parse_literal(literal),
            (None, None) => Ok(Value::null(target.clone())),
        },
        CAST => {
            let child = expression.object(200).ok_or_else(not_constant)?;
            let to = match (expression.logical_type(201), expression.object(203)) {
                (_, Some(named)) => named_type(named, target).ok_or_else(not_constant)?,
                (Some(to), None) => to.clone(),
                (None, None) => return Err(not_constant()),
            };
            convert(evaluate(child, &to)?, &to)
        }
        FUNCTION => negated(expression, target),
        _ => Err(not_constant()),
    }
}

/// The type that an expression of DuckDB 2.0 names: a simple one, or the target.
fn named_type(expression: &Object, target: &LogicalType) -> Option<LogicalType> {
    if expression.uint(100) != TYPE {
        return None;
    }
    let qualified = expression.object(204).and_then(|name| name.texts(100).last());
    let name = qualified.unwrap_or(expression.text(202)).to_uppercase();
    let has_arguments = !expression.list(203).is_empty();
    let kind = match name.as_str() {
        _ if has_arguments => {
            // Its arguments are those of the target, or the value will not fit.
            return Some(target.clone()).filter(|target| target.to_string().starts_with(&format!("{name}(")));
        }
        "BOOLEAN" | "BOOL" => TypeKind::Boolean,
        "TINYINT" => TypeKind::TinyInt,
        "SMALLINT" => TypeKind::SmallInt,
        "INTEGER" | "INT" | "INT4" => TypeKind::Integer,
        "BIGINT" | "INT8" | "LONG" => TypeKind::BigInt,
        "HUGEINT" => TypeKind::HugeInt,
        "FLOAT" | "REAL" => TypeKind::Float,
        "DOUBLE" => TypeKind::Double,
        "VARCHAR" | "TEXT" | "STRING" => TypeKind::Varchar,
        "DATE" => TypeKind::Date,
        "TIME" => TypeKind::Time,
        "TIMESTAMP" => TypeKind::Timestamp,
        "TIMESTAMPTZ" | "TIMESTAMP WITH TIME ZONE" => TypeKind::TimestampTz,
        "UUID" => TypeKind::Uuid,
        "BLOB" => TypeKind::Blob,
        _ => return None,
    };
    Some(kind.into())
}

/// A number with a sign.
fn negated(expression: &Object, target: &LogicalType) -> Result<Value> {
    let name = expression.object(210).and_then(|name| name.texts(100).last()).unwrap_or(expression.text(200));
    let arguments = expression.objects(209).filter_map(|argument| argument.object(101));
    let mut children = expression.objects(202).chain(arguments);
    let (Some(child), None, "-") = (children.next(), children.next(), name) else { return Err(not_constant()) };
    let value = evaluate(child, target)?;
    let negative = match scalar(&value) {
        Some(Scalar::Decimal(number, scale)) => number.checked_neg().map(|number| Scalar::Decimal(number, scale)),
        Some(Scalar::Double(number)) => Some(Scalar::Double(-number)),
        _ => None,
    };
    match negative {
        Some(Scalar::Decimal(number, scale)) => Ok(decimal(number, scale)),
        Some(Scalar::Double(number)) => Ok(fixed(TypeKind::Double, padded(&number.to_le_bytes()))),
        _ => Err(not_constant()),
    }
}

fn not_constant() -> Error {
    Error::unsupported("an added column whose default is not a constant", CHECKPOINT)
}

/// Literals of DuckDB 2.0 are text with a kind.
fn parse_literal(literal: &Object) -> Result<Value> {
    let text = literal.text(101);
    Ok(match literal.uint(100) {
        1 => Value::null(TypeKind::Null.into()),
        2 => fixed(TypeKind::Boolean, u128::from(text.eq_ignore_ascii_case("true")).to_le_bytes()),
        3 | 4 => match parse_decimal(text) {
            Some((number, scale)) => decimal(number, scale),
            None => {
                let number = text.parse::<f64>().map_err(|_| not_constant())?;
                fixed(TypeKind::Double, padded(&number.to_le_bytes()))
            }
        },
        5 => Value { logical_type: TypeKind::Varchar.into(), content: Content::Bytes(Bytes::from(text.to_string())) },
        _ => return Err(not_constant()),
    })
}

fn fixed(kind: TypeKind, value: [u8; 16]) -> Value {
    Value { logical_type: kind.into(), content: Content::Fixed(value) }
}

fn decimal(number: i128, scale: u8) -> Value {
    fixed(TypeKind::Decimal { width: 38, scale }, number.to_le_bytes())
}

/// A value that others can be made of.
enum Scalar {
    /// Number and scale.
    Decimal(i128, u8),
    Double(f64),
    Text(String),
    Boolean(bool),
}

fn scalar(value: &Value) -> Option<Scalar> {
    let kind = &value.logical_type.kind;
    match &value.content {
        Content::Bytes(bytes) if matches!(kind, TypeKind::Varchar | TypeKind::Char) => {
            Some(Scalar::Text(String::from_utf8(bytes.to_vec()).ok()?))
        }
        Content::Fixed(bytes) => {
            let number = i128::from_le_bytes(*bytes);
            let narrow = || bytes.first_chunk::<8>().map(|bytes| f64::from_le_bytes(*bytes));
            Some(match kind {
                TypeKind::Boolean => Scalar::Boolean(number != 0),
                TypeKind::TinyInt | TypeKind::SmallInt | TypeKind::Integer | TypeKind::BigInt | TypeKind::HugeInt => {
                    Scalar::Decimal(number, 0)
                }
                TypeKind::UTinyInt | TypeKind::USmallInt | TypeKind::UInteger | TypeKind::UBigInt => {
                    Scalar::Decimal(number, 0)
                }
                TypeKind::Decimal { scale, .. } => Scalar::Decimal(number, *scale),
                TypeKind::Double => Scalar::Double(narrow()?),
                TypeKind::Float => Scalar::Double(f32::from_le_bytes(*bytes.first_chunk::<4>()?).into()),
                _ => return None,
            })
        }
        _ => None,
    }
}

fn convert(value: Value, target: &LogicalType) -> Result<Value> {
    if value.content == Content::Null {
        return Ok(Value::null(target.clone()));
    }
    if value.logical_type.kind == target.kind {
        return Ok(Value { logical_type: target.clone(), content: value.content });
    }
    let refused = || {
        let (from, to) = (&value.logical_type, target);
        Error::unsupported(format!("an added column whose default is cast from {from} to {to}"), CHECKPOINT)
    };
    let scalar = scalar(&value).ok_or_else(refused)?;
    let content = convert_scalar(scalar, target).ok_or_else(refused)?;
    Ok(Value { logical_type: target.clone(), content })
}

fn convert_scalar(scalar: Scalar, target: &LogicalType) -> Option<Content> {
    let number = |scale: u8| match &scalar {
        Scalar::Decimal(number, own) => rescale(*number, *own, scale),
        Scalar::Boolean(value) => rescale((*value).into(), 0, scale),
        Scalar::Text(text) => parse_decimal(text.trim()).and_then(|(number, own)| rescale(number, own, scale)),
        Scalar::Double(number) => {
            let scaled = number * 10_f64.powi(scale.into());
            (scaled.abs() < 1e18).then(|| scaled.round_ties_even() as i128)
        }
    };
    let bytes = match &target.kind {
        TypeKind::Decimal { width, scale } => {
            number(*scale).filter(|number| number.unsigned_abs() < 10_u128.pow((*width).into()))?.to_le_bytes()
        }
        TypeKind::Float | TypeKind::Double => {
            let number = match &scalar {
                Scalar::Decimal(number, scale) => format!("{number}e-{scale}").parse().ok()?,
                Scalar::Double(number) => *number,
                Scalar::Text(text) => text.trim().parse().ok()?,
                Scalar::Boolean(_) => return None,
            };
            if target.kind == TypeKind::Float {
                padded(&(number as f32).to_le_bytes())
            } else {
                padded(&number.to_le_bytes())
            }
        }
        TypeKind::Boolean => u128::from(match &scalar {
            Scalar::Boolean(value) => *value,
            Scalar::Decimal(number, _) => *number != 0,
            Scalar::Text(text) if text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("t") => true,
            Scalar::Text(text) if text.eq_ignore_ascii_case("false") || text.eq_ignore_ascii_case("f") => false,
            _ => return None,
        })
        .to_le_bytes(),
        TypeKind::Varchar | TypeKind::Char => {
            let text = match scalar {
                Scalar::Text(text) => text,
                Scalar::Boolean(value) => value.to_string(),
                Scalar::Decimal(number, 0) => number.to_string(),
                Scalar::Decimal(..) | Scalar::Double(_) => return None,
            };
            return Some(Content::Bytes(text.into()));
        }
        TypeKind::Blob => match scalar {
            Scalar::Text(text) if text.is_ascii() && !text.contains('\\') => return Some(Content::Bytes(text.into())),
            _ => return None,
        },
        TypeKind::Enum(names) => match &scalar {
            Scalar::Text(text) => (names.iter().position(|name| name == text)? as u128).to_le_bytes(),
            _ => return None,
        },
        TypeKind::Date => date::days(text_of(&scalar)?)?.to_le_bytes(),
        TypeKind::Time => date::time_of_day(text_of(&scalar)?)?.to_le_bytes(),
        TypeKind::Timestamp => date::micros(text_of(&scalar)?)?.to_le_bytes(),
        TypeKind::TimestampTz => {
            let text = text_of(&scalar)?;
            let utc = text.strip_suffix("+00:00").or(text.strip_suffix("+00")).or(text.strip_suffix('Z'))?;
            date::micros(utc)?.to_le_bytes()
        }
        TypeKind::Uuid => uuid(text_of(&scalar)?)?,
        _ => match target.layout().ok()? {
            Layout::Fixed(fixed) => integer(number(0)?, fixed)?,
            _ => return None,
        },
    };
    Some(Content::Fixed(bytes))
}

fn text_of(scalar: &Scalar) -> Option<&str> {
    if let Scalar::Text(text) = scalar { Some(text.trim()) } else { None }
}

fn integer(number: i128, fixed: Fixed) -> Option<[u8; 16]> {
    let fits = match fixed {
        Fixed::I8 => i8::try_from(number).is_ok(),
        Fixed::I16 => i16::try_from(number).is_ok(),
        Fixed::I32 => i32::try_from(number).is_ok(),
        Fixed::I64 => i64::try_from(number).is_ok(),
        Fixed::I128 => true,
        Fixed::U8 => u8::try_from(number).is_ok(),
        Fixed::U16 => u16::try_from(number).is_ok(),
        Fixed::U32 => u32::try_from(number).is_ok(),
        Fixed::U64 => u64::try_from(number).is_ok(),
        Fixed::U128 => number >= 0,
        Fixed::Bool | Fixed::F32 | Fixed::F64 | Fixed::Interval => false,
    };
    fits.then(|| number.to_le_bytes())
}

/// A decimal with another scale, rounded half away from zero.
fn rescale(number: i128, from: u8, to: u8) -> Option<i128> {
    if to >= from {
        return number.checked_mul(10_i128.checked_pow((to - from).into())?);
    }
    let unit = 10_i128.checked_pow((from - to).into())?;
    let half = unit / 2 * number.signum();
    Some(number.checked_add(half)? / unit)
}

/// Digits with a sign and a point, as number and scale.
fn parse_decimal(text: &str) -> Option<(i128, u8)> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let digits = format!("{whole}{fraction}");
    Some((digits.parse().ok()?, u8::try_from(fraction.len()).ok()?))
}

fn uuid(text: &str) -> Option<[u8; 16]> {
    let digits: String = text.chars().filter(|c| *c != '-').collect();
    let value =
        Some(digits).filter(|digits| digits.len() == 32).and_then(|digits| u128::from_str_radix(&digits, 16).ok())?;
    Some((value ^ (1 << 127)).to_le_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str, target: TypeKind) -> Option<i128> {
        match convert_scalar(Scalar::Text(text.into()), &target.into())? {
            Content::Fixed(bytes) => Some(i128::from_le_bytes(bytes)),
            _ => None,
        }
    }

    #[test]
    fn numbers() {
        assert_eq!(number("-12", TypeKind::TinyInt), Some(-12));
        assert_eq!(number("128", TypeKind::TinyInt), None);
        assert_eq!(number("1.255", TypeKind::Decimal { width: 4, scale: 2 }), Some(126));
        assert_eq!(number("-1.255", TypeKind::Decimal { width: 4, scale: 2 }), Some(-126));
        assert_eq!(number("100", TypeKind::Decimal { width: 4, scale: 2 }), None);
        assert_eq!(number("x", TypeKind::Integer), None);
        let double = convert_scalar(Scalar::Decimal(15, 1), &TypeKind::Double.into());
        assert_eq!(double, Some(Content::Fixed(padded(&1.5_f64.to_le_bytes()))));
    }

    #[test]
    fn dates() {
        assert_eq!(number("2000-03-01", TypeKind::Date), Some(11_017));
        assert_eq!(number("1969-12-31 23:59:59.5", TypeKind::Timestamp), Some(-500_000));
        assert_eq!(number("1970-01-02 00:00:00+00", TypeKind::TimestampTz), Some(86_400_000_000));
        assert_eq!(number("1970-01-02 00:00:00", TypeKind::TimestampTz), None);
    }
}

//! Decoded values as Arrow arrays.

use std::sync::Arc;

use arrow_array::builder::make_view;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Decimal128Type, Decimal256Type, Float32Type, Float64Type, Int8Type, Int16Type,
    Int32Type, Int64Type, IntervalMonthDayNanoType, Time64MicrosecondType, Time64NanosecondType,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type,
    UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{
    ArrayRef, BinaryArray, BinaryViewArray, BooleanArray, DictionaryArray, FixedSizeBinaryArray, FixedSizeListArray,
    ListArray, MapArray, NullArray, PrimitiveArray, StringArray, StringViewArray, StructArray, UnionArray,
};
use arrow_buffer::{ArrowNativeType, Buffer, IntervalMonthDayNano, NullBuffer, OffsetBuffer, ScalarBuffer, i256};
use arrow_schema::Fields;

use super::text;
use crate::error::{Error, NEWER, Result};
use crate::spatial;
use crate::strings::{Part, Strings};
use crate::types::arrow::{entries_field, fields, union_fields};
use crate::types::layout::variant_members;
use crate::types::{LogicalType, TypeKind};
use crate::vector::{Data, Vector};

/// The values as an array of the type's Arrow type.
pub(crate) fn array(logical_type: &LogicalType, vector: Vector) -> Result<ArrayRef> {
    let vector = of_spatial(logical_type, vector)?;
    let rows = vector.rows();
    let kind = &logical_type.kind;
    let nulls = || nulls(&vector.valid);
    Ok(match kind {
        TypeKind::Null => Arc::new(NullArray::new(rows)),
        TypeKind::Boolean => {
            let values = fixed::<1>(&vector)?.iter().map(|[byte]| *byte != 0).collect::<Vec<_>>();
            Arc::new(BooleanArray::new(values.into(), nulls()))
        }
        TypeKind::TinyInt => primitive::<Int8Type, 1>(&vector, i8::from_le_bytes)?,
        TypeKind::SmallInt => primitive::<Int16Type, 2>(&vector, i16::from_le_bytes)?,
        TypeKind::Integer => primitive::<Int32Type, 4>(&vector, i32::from_le_bytes)?,
        TypeKind::BigInt => primitive::<Int64Type, 8>(&vector, i64::from_le_bytes)?,
        TypeKind::UTinyInt => primitive::<UInt8Type, 1>(&vector, u8::from_le_bytes)?,
        TypeKind::USmallInt => primitive::<UInt16Type, 2>(&vector, u16::from_le_bytes)?,
        TypeKind::UInteger => primitive::<UInt32Type, 4>(&vector, u32::from_le_bytes)?,
        TypeKind::UBigInt => primitive::<UInt64Type, 8>(&vector, u64::from_le_bytes)?,
        TypeKind::Float => primitive::<Float32Type, 4>(&vector, f32::from_le_bytes)?,
        TypeKind::Double => primitive::<Float64Type, 8>(&vector, f64::from_le_bytes)?,
        TypeKind::HugeInt => decimal(&vector, 38, 0)?,
        TypeKind::Decimal { width, scale } => decimal(&vector, *width, *scale as i8)?,
        TypeKind::UHugeInt => {
            let values = numbers(&vector, |bytes| i256::from_parts(u128::from_le_bytes(bytes), 0))?;
            let array = PrimitiveArray::<Decimal256Type>::new(values, nulls());
            Arc::new(array.with_precision_and_scale(39, 0)?)
        }
        TypeKind::Date => primitive::<Date32Type, 4>(&vector, i32::from_le_bytes)?,
        TypeKind::Time => primitive::<Time64MicrosecondType, 8>(&vector, i64::from_le_bytes)?,
        TypeKind::TimeNs => primitive::<Time64NanosecondType, 8>(&vector, i64::from_le_bytes)?,
        TypeKind::Timestamp => primitive::<TimestampMicrosecondType, 8>(&vector, i64::from_le_bytes)?,
        TypeKind::TimestampS => primitive::<TimestampSecondType, 8>(&vector, i64::from_le_bytes)?,
        TypeKind::TimestampMs => primitive::<TimestampMillisecondType, 8>(&vector, i64::from_le_bytes)?,
        TypeKind::TimestampNs => primitive::<TimestampNanosecondType, 8>(&vector, i64::from_le_bytes)?,
        TypeKind::TimestampTz => {
            let values = numbers(&vector, i64::from_le_bytes)?;
            Arc::new(PrimitiveArray::<TimestampMicrosecondType>::new(values, nulls()).with_timezone("UTC"))
        }
        TypeKind::TimestampTzNs => {
            let values = numbers(&vector, i64::from_le_bytes)?;
            Arc::new(PrimitiveArray::<TimestampNanosecondType>::new(values, nulls()).with_timezone("UTC"))
        }
        TypeKind::Interval => interval(&vector)?,
        TypeKind::Uuid => {
            let bytes = fixed::<16>(&vector)?.iter().flat_map(|value| uuid(*value)).collect::<Vec<_>>();
            Arc::new(FixedSizeBinaryArray::try_new(16, bytes.into(), nulls())?)
        }
        TypeKind::TimeTz => {
            let value = |at: usize, values: &[[u8; 8]]| Ok(text::time_tz(u64::from_le_bytes(values[at])));
            let values = fixed::<8>(&vector)?;
            texts(&vector, |at| value(at, values))?
        }
        TypeKind::Bit => {
            let strings = strings(&vector)?;
            texts(&vector, |at| text::bit(strings.get(at)))?
        }
        TypeKind::BigNum => {
            let strings = strings(&vector)?;
            texts(&vector, |at| text::bignum(strings.get(at)))?
        }
        TypeKind::Char | TypeKind::Varchar => {
            let (offsets, values) = joined(&vector)?;
            let array = StringArray::try_new(offsets, values, nulls());
            Arc::new(array.map_err(|error| value_error(format!("a text is not UTF-8 ({error})")))?)
        }
        TypeKind::Blob | TypeKind::Geometry => {
            let (offsets, values) = joined(&vector)?;
            Arc::new(BinaryArray::try_new(offsets, values, nulls())?)
        }
        TypeKind::Enum(values) => enumeration(&vector, values)?,
        TypeKind::List(element) => {
            let (offsets, child, nulls) = list(element, vector)?;
            Arc::new(ListArray::try_new(element.field_ref("item", true), offsets, child, nulls)?)
        }
        TypeKind::Map(key, value) => map(key, value, vector)?,
        TypeKind::Array(element, size) => fixed_size_list(element, *size, vector)?,
        TypeKind::Struct(members) => {
            let types: Vec<_> = members.iter().map(|(_, member)| member).collect();
            structure(fields(members), &types, vector)?
        }
        TypeKind::Tuple(members) => {
            let names = (1..).map(|position: usize| position.to_string());
            let fields = names.zip(members).map(|(name, member)| member.field_ref(&name, true)).collect();
            structure(fields, &members.iter().collect::<Vec<_>>(), vector)?
        }
        TypeKind::Variant => {
            let members = variant_members();
            let types: Vec<_> = members.iter().map(|(_, member)| member).collect();
            structure(fields(&members), &types, vector)?
        }
        TypeKind::Union(members) => union(members, vector)?,
        TypeKind::Other(id) => return Err(Error::unsupported(format!("values of type {id}"), NEWER)),
    })
}

fn nulls(valid: &[bool]) -> Option<NullBuffer> {
    valid.contains(&false).then(|| NullBuffer::from(valid))
}

/// Before storage version v1.5.0 geometries are blobs in the encoding of the spatial extension.
fn of_spatial(logical_type: &LogicalType, vector: Vector) -> Result<Vector> {
    if !logical_type.is_spatial() {
        return Ok(vector);
    }
    let geometries = spatial::well_known_binary(strings(&vector)?, &vector.valid)?;
    Ok(Vector { valid: vector.valid, data: Data::Strings(geometries) })
}

/// Whether values are kept as the bytes that they are shown as.
pub(super) fn is_stored_text(kind: &TypeKind) -> bool {
    matches!(kind, TypeKind::Char | TypeKind::Varchar | TypeKind::Blob | TypeKind::Geometry)
}

/// As [`array`], with strings as views, which need not be copied.
pub(super) fn view_array(logical_type: &LogicalType, vector: Vector) -> Result<ArrayRef> {
    let vector = of_spatial(logical_type, vector)?;
    match logical_type.kind {
        TypeKind::Char | TypeKind::Varchar => {
            let (views, buffers) = views(&vector)?;
            let array = StringViewArray::try_new(views, buffers, nulls(&vector.valid));
            Ok(Arc::new(array.map_err(|error| value_error(format!("a text is not UTF-8 ({error})")))?))
        }
        TypeKind::Blob | TypeKind::Geometry => {
            let (views, buffers) = views(&vector)?;
            Ok(Arc::new(BinaryViewArray::try_new(views, buffers, nulls(&vector.valid))?))
        }
        _ => array(logical_type, vector),
    }
}

fn views(vector: &Vector) -> Result<(ScalarBuffer<u128>, Vec<Buffer>)> {
    let strings = strings(vector)?;
    let view = |((part, string), valid): ((&Part, &[u8]), &bool)| {
        // What stands under a NULL need not be text.
        if *valid { make_view(string, part.buffer, part.start) } else { 0 }
    };
    let views: Vec<_> = strings.parts().iter().zip(strings.iter()).zip(&vector.valid).map(view).collect();
    Ok((views.into(), strings.buffers().iter().cloned().map(Buffer::from).collect()))
}

fn value_error(problem: String) -> Error {
    Error::Value { column: String::new(), problem }
}

fn mismatch() -> Error {
    Error::corrupt("values of another type than the column's")
}

fn fixed<const N: usize>(vector: &Vector) -> Result<&[[u8; N]]> {
    match &vector.data {
        Data::Fixed { width, bytes } if *width == N && bytes.len() == N * vector.rows() => Ok(bytes.as_chunks().0),
        _ => Err(mismatch()),
    }
}

fn strings(vector: &Vector) -> Result<&Strings> {
    match &vector.data {
        Data::Strings(strings) if strings.len() == vector.rows() => Ok(strings),
        _ => Err(mismatch()),
    }
}

fn numbers<T: ArrowNativeType, const N: usize>(
    vector: &Vector,
    from: impl Fn([u8; N]) -> T,
) -> Result<ScalarBuffer<T>> {
    Ok(fixed::<N>(vector)?.iter().map(|bytes| from(*bytes)).collect::<Vec<_>>().into())
}

fn primitive<T: ArrowPrimitiveType, const N: usize>(
    vector: &Vector,
    from: impl Fn([u8; N]) -> T::Native,
) -> Result<ArrayRef> {
    Ok(Arc::new(PrimitiveArray::<T>::new(numbers(vector, from)?, nulls(&vector.valid))))
}

fn decimal(vector: &Vector, width: u8, scale: i8) -> Result<ArrayRef> {
    let values = match &vector.data {
        Data::Fixed { width: 2, .. } => numbers(vector, |bytes| i128::from(i16::from_le_bytes(bytes)))?,
        Data::Fixed { width: 4, .. } => numbers(vector, |bytes| i128::from(i32::from_le_bytes(bytes)))?,
        Data::Fixed { width: 8, .. } => numbers(vector, |bytes| i128::from(i64::from_le_bytes(bytes)))?,
        _ => numbers(vector, i128::from_le_bytes)?,
    };
    let array = PrimitiveArray::<Decimal128Type>::new(values, nulls(&vector.valid));
    Ok(Arc::new(array.with_precision_and_scale(width, scale)?))
}

fn interval(vector: &Vector) -> Result<ArrayRef> {
    let value = |(bytes, valid): (&[u8; 16], &bool)| {
        let (months, rest) = bytes.split_first_chunk::<4>()?;
        let (days, micros) = rest.split_first_chunk::<4>()?;
        let micros = i64::from_le_bytes(*micros.first_chunk()?);
        let nanos = if *valid { micros.checked_mul(1000)? } else { 0 };
        Some(IntervalMonthDayNano::new(i32::from_le_bytes(*months), i32::from_le_bytes(*days), nanos))
    };
    let values: Option<Vec<_>> = fixed::<16>(vector)?.iter().zip(&vector.valid).map(value).collect();
    let values = values.ok_or_else(|| value_error("an interval's nanoseconds exceed 64 bits".into()))?;
    Ok(Arc::new(PrimitiveArray::<IntervalMonthDayNanoType>::new(values.into(), nulls(&vector.valid))))
}

/// The bytes of a UUID in the order in which they are printed.
fn uuid(stored: [u8; 16]) -> [u8; 16] {
    (u128::from_le_bytes(stored) ^ (1 << 127)).to_be_bytes()
}

fn texts(vector: &Vector, text: impl Fn(usize) -> Result<String>) -> Result<ArrayRef> {
    let texts = vector.valid.iter().enumerate().map(|(at, valid)| valid.then(|| text(at)).transpose());
    Ok(Arc::new(texts.collect::<Result<StringArray>>()?))
}

/// All strings one after another; those under NULL are left out.
fn joined(vector: &Vector) -> Result<(OffsetBuffer<i32>, Buffer)> {
    let strings = strings(vector)?;
    let kept = || strings.iter().zip(&vector.valid).map(|(string, valid)| if *valid { string } else { &[] });
    let total = kept().map(<[u8]>::len).fold(0, usize::saturating_add);
    if i32::try_from(total).is_err() {
        return Err(Error::limit("text of one row", i32::MAX as u64));
    }
    let mut values = Vec::with_capacity(total);
    kept().for_each(|string| values.extend_from_slice(string));
    Ok((OffsetBuffer::from_lengths(kept().map(<[u8]>::len)), values.into()))
}

fn enumeration(vector: &Vector, names: &[String]) -> Result<ArrayRef> {
    let codes: ScalarBuffer<u32> = match &vector.data {
        Data::Fixed { width: 1, .. } => numbers(vector, |[byte]| u32::from(byte))?,
        Data::Fixed { width: 2, .. } => numbers(vector, |bytes| u32::from(u16::from_le_bytes(bytes)))?,
        _ => numbers(vector, u32::from_le_bytes)?,
    };
    // What stands under NULL need not be a code.
    let codes: Vec<_> = codes.iter().zip(&vector.valid).map(|(code, valid)| if *valid { *code } else { 0 }).collect();
    if codes.iter().zip(&vector.valid).any(|(code, valid)| *valid && *code as usize >= names.len()) {
        return Err(value_error(format!("a code that the ENUM of {} values does not have", names.len())));
    }
    let keys = PrimitiveArray::<UInt32Type>::new(codes.into(), nulls(&vector.valid));
    let values = StringArray::from_iter_values(names);
    Ok(Arc::new(DictionaryArray::try_new(keys, Arc::new(values))?))
}

fn list(element: &LogicalType, vector: Vector) -> Result<(OffsetBuffer<i32>, ArrayRef, Option<NullBuffer>)> {
    let nulls = nulls(&vector.valid);
    let Data::List { ends, child } = vector.data else { return Err(mismatch()) };
    if i32::try_from(child.rows()).is_err() {
        return Err(Error::limit("elements of lists", i32::MAX as u64));
    }
    let mut start = 0;
    let lengths: Vec<_> = ends.iter().map(|end| *end - std::mem::replace(&mut start, *end)).collect();
    Ok((OffsetBuffer::from_lengths(lengths), array(element, *child)?, nulls))
}

fn map(key: &LogicalType, value: &LogicalType, vector: Vector) -> Result<ArrayRef> {
    let nulls = nulls(&vector.valid);
    let Data::List { ends, child } = vector.data else { return Err(mismatch()) };
    let Vector { valid, data: Data::Struct(members) } = *child else { return Err(mismatch()) };
    let Ok([keys, values]) = <[Vector; 2]>::try_from(members) else { return Err(mismatch()) };
    // Entries are never NULL; what is stored for them is not looked at.
    let field = entries_field(key, value);
    let arrow_schema::DataType::Struct(fields) = field.data_type() else { return Err(mismatch()) };
    if keys.rows() != valid.len() || i32::try_from(valid.len()).is_err() {
        return Err(mismatch());
    }
    let entries = StructArray::try_new(fields.clone(), vec![array(key, keys)?, array(value, values)?], None)?;
    let mut start = 0;
    let lengths = ends.iter().map(|end| *end - std::mem::replace(&mut start, *end));
    let offsets = OffsetBuffer::from_lengths(lengths.collect::<Vec<_>>());
    Ok(Arc::new(MapArray::try_new(field, offsets, entries, nulls, false)?))
}

fn fixed_size_list(element: &LogicalType, size: u32, vector: Vector) -> Result<ArrayRef> {
    let nulls = nulls(&vector.valid);
    let Data::Array { child, .. } = vector.data else { return Err(mismatch()) };
    let size = i32::try_from(size).map_err(|_| Error::limit("elements of an array", i32::MAX as u64))?;
    let field = element.field_ref("item", true);
    Ok(Arc::new(FixedSizeListArray::try_new(field, size, array(element, *child)?, nulls)?))
}

fn structure(fields: Fields, types: &[&LogicalType], vector: Vector) -> Result<ArrayRef> {
    let (rows, nulls) = (vector.rows(), nulls(&vector.valid));
    let Data::Struct(members) = vector.data else { return Err(mismatch()) };
    if members.len() != types.len() {
        return Err(mismatch());
    }
    if types.is_empty() {
        return Ok(Arc::new(StructArray::new_empty_fields(rows, nulls)));
    }
    let arrays = types.iter().zip(members).map(|(member, vector)| array(member, vector)).collect::<Result<_>>()?;
    Ok(Arc::new(StructArray::try_new(fields, arrays, nulls)?))
}

/// A union in Arrow has no NULLs of its own: those become a NULL of the first member.
fn union(types: &[(String, LogicalType)], vector: Vector) -> Result<ArrayRef> {
    let Data::Struct(mut members) = vector.data else { return Err(mismatch()) };
    if members.len() != types.len() + 1 {
        return Err(mismatch());
    }
    let tags = members.remove(0);
    let valid: Vec<_> = vector.valid.iter().zip(&tags.valid).map(|(valid, tag)| *valid && *tag).collect();
    let tags = fixed::<1>(&tags)?.iter().zip(&valid).map(|([tag], valid)| if *valid { *tag } else { 0 });
    let tags = tags.map(u8::cast_signed).collect::<Vec<_>>();
    if let Some(first) = members.first_mut() {
        first.valid.iter_mut().zip(&valid).for_each(|(member, valid)| *member &= valid);
    }
    let arrays = types.iter().zip(members).map(|((_, member), vector)| array(member, vector));
    let arrays = arrays.collect::<Result<Vec<_>>>()?;
    Ok(Arc::new(UnionArray::try_new(union_fields(types), tags.into(), None, arrays)?))
}

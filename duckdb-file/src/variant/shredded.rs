//! Values that are in columns of their own.

use bytes::Bytes;

use super::remainder::Remainder;
use super::{Node, kind, spend, write_varint};
use crate::error::{Error, NEWER, Result};
use crate::types::{LogicalType, TypeKind};
use crate::vector::{Data, Vector};

/// What a number beside a column says of a value that neither has.
const MISSING: u32 = 0;

/// The values of a shredded column. `rows` are those of the remainder that they belong to.
pub(super) fn nodes(
    remainder: &Remainder<'_>,
    vector: &Vector,
    logical_type: &LogicalType,
    rows: &[usize],
    left: &mut usize,
) -> Result<Vec<Node>> {
    // A struct is what holds a column and the numbers of values that do not fit into it; the numbers may be left out.
    let (TypeKind::Struct(members), Data::Struct(vectors)) = (&logical_type.kind, &vector.data) else {
        return typed(remainder, vector, logical_type, rows, left);
    };
    let ([(_, inner), ..], [values, others @ ..]) = (members.as_slice(), vectors.as_slice()) else {
        return Err(mismatch());
    };
    let mut nodes = typed(remainder, values, inner, rows, left)?;
    let Some(numbers) = others.first() else { return Ok(nodes) };
    let Data::Fixed { width: 4, bytes } = &numbers.data else { return Err(mismatch()) };
    for (at, number) in bytes.as_chunks::<4>().0.iter().enumerate() {
        let (Some(node), Some(row), Some(true)) = (nodes.get_mut(at), rows.get(at), numbers.valid.get(at)) else {
            continue;
        };
        let number = u32::from_le_bytes(*number);
        if number == MISSING {
            *node = Node::Missing;
            continue;
        }
        let kept = match remainder.is_valid(*row) {
            true => remainder.node(*row, number as usize - 1, 0, left)?,
            false => Node::Null,
        };
        match (node, kept) {
            // Fields of an object that are not columns.
            (Node::Object(members), Node::Object(more)) => members.extend(more),
            (node, kept) => *node = kept,
        }
    }
    Ok(nodes)
}

fn typed(
    remainder: &Remainder<'_>,
    vector: &Vector,
    logical_type: &LogicalType,
    rows: &[usize],
    left: &mut usize,
) -> Result<Vec<Node>> {
    match (&logical_type.kind, &vector.data) {
        (TypeKind::Struct(members), Data::Struct(vectors)) if members.len() == vectors.len() => {
            let empty = |valid: &bool| if *valid { Node::Object(Vec::new()) } else { Node::Null };
            let mut objects: Vec<_> = vector.valid.iter().map(empty).collect();
            for ((name, member), vector) in members.iter().zip(vectors) {
                let name = Bytes::copy_from_slice(name.as_bytes());
                let fields = nodes(remainder, vector, member, rows, left)?;
                for (object, field) in objects.iter_mut().zip(fields) {
                    if let (Node::Object(fields), true) = (object, field != Node::Missing) {
                        fields.push((name.clone(), field));
                    }
                }
            }
            Ok(objects)
        }
        (TypeKind::List(element), Data::List { ends, child }) => {
            // Each element belongs to the row of its list.
            let mut start = 0;
            let mut owners = Vec::with_capacity(child.rows());
            for (end, row) in ends.iter().zip(rows) {
                owners.resize(*end, *row);
            }
            let mut elements = nodes(remainder, child, element, &owners, left)?.into_iter();
            let list = |(end, valid): (&usize, &bool)| {
                let items = elements.by_ref().take(end - start).collect();
                start = *end;
                if *valid { Node::Array(items) } else { Node::Null }
            };
            Ok(ends.iter().zip(&vector.valid).map(list).collect())
        }
        _ => leaves(vector, logical_type, left),
    }
}

fn leaves(vector: &Vector, logical_type: &LogicalType, left: &mut usize) -> Result<Vec<Node>> {
    let kind = leaf_kind(logical_type)?;
    let leaf = |row: usize| {
        spend(left)?;
        if !vector.valid[row] {
            return Ok(Node::Null);
        }
        Ok(match &vector.data {
            Data::Fixed { width: 1, bytes } if logical_type.kind == TypeKind::Boolean => {
                Node::Scalar(if bytes.get(row) == Some(&0) { kind::FALSE } else { kind::TRUE }, Vec::new())
            }
            Data::Fixed { width, bytes } => {
                let mut value = Vec::new();
                if let TypeKind::Decimal { width, scale } = logical_type.kind {
                    write_varint(width.into(), &mut value);
                    write_varint(scale.into(), &mut value);
                }
                value.extend_from_slice(bytes.get(row * width..(row + 1) * width).ok_or_else(mismatch)?);
                Node::Scalar(kind, value)
            }
            Data::Strings(strings) => {
                let text = strings.get(row);
                let mut value = Vec::with_capacity(text.len() + 1);
                write_varint(text.len(), &mut value);
                value.extend_from_slice(text);
                Node::Scalar(kind, value)
            }
            _ => return Err(mismatch()),
        })
    };
    (0..vector.rows()).map(leaf).collect()
}

fn leaf_kind(logical_type: &LogicalType) -> Result<u8> {
    Ok(match &logical_type.kind {
        TypeKind::Boolean => kind::TRUE,
        TypeKind::TinyInt => 3,
        TypeKind::SmallInt => 4,
        TypeKind::Integer => 5,
        TypeKind::BigInt => 6,
        TypeKind::HugeInt => 7,
        TypeKind::UTinyInt => 8,
        TypeKind::USmallInt => 9,
        TypeKind::UInteger => 10,
        TypeKind::UBigInt => 11,
        TypeKind::UHugeInt => 12,
        TypeKind::Float => 13,
        TypeKind::Double => 14,
        TypeKind::Decimal { .. } => kind::DECIMAL,
        TypeKind::Varchar => kind::VARCHAR,
        TypeKind::Blob => kind::BLOB,
        TypeKind::Uuid => 18,
        TypeKind::Date => 19,
        TypeKind::Time => 20,
        TypeKind::TimeNs => 21,
        TypeKind::TimestampS => 22,
        TypeKind::TimestampMs => 23,
        TypeKind::Timestamp => 24,
        TypeKind::TimestampNs => 25,
        TypeKind::TimeTz => 26,
        TypeKind::TimestampTz => 27,
        TypeKind::Interval => 28,
        TypeKind::BigNum => kind::BIGNUM,
        TypeKind::Bit => kind::BIT,
        TypeKind::Geometry => kind::GEOMETRY,
        other => return Err(Error::unsupported(format!("variants with columns of {other}"), NEWER)),
    })
}

fn mismatch() -> Error {
    Error::corrupt("a variant's columns are not those of its type")
}

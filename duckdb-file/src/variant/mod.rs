//! Variants of which a part has become columns of its own, put together again as DuckDB keeps them otherwise.
//!
//! A variant is a struct of keys, of what lists and objects consist of, of a type and an offset for each value, and of
//! the values' bytes. Shredded, what most rows have in common is in columns of its own; a number beside each of them
//! names the value that is kept in the struct instead.

mod remainder;
mod shredded;
mod write;

use bytes::Bytes;

use crate::error::{Error, Result};
use crate::types::LogicalType;
use crate::vector::{MAX_ELEMENTS, Vector};
use remainder::Remainder;

/// Values nested deeper than this are taken for a corrupt file.
const MAX_DEPTH: usize = 128;

/// DuckDB's numbers of the kinds of values.
mod kind {
    pub(super) const NULL: u8 = 0;
    pub(super) const TRUE: u8 = 1;
    pub(super) const FALSE: u8 = 2;
    pub(super) const DECIMAL: u8 = 15;
    pub(super) const VARCHAR: u8 = 16;
    pub(super) const BLOB: u8 = 17;
    pub(super) const OBJECT: u8 = 29;
    pub(super) const ARRAY: u8 = 30;
    pub(super) const BIGNUM: u8 = 31;
    pub(super) const BIT: u8 = 32;
    pub(super) const GEOMETRY: u8 = 33;
}

/// A value.
#[derive(Clone, Debug, PartialEq)]
enum Node {
    /// A field that the object does not have.
    Missing,
    Null,
    /// A kind and the bytes that it has.
    Scalar(u8, Vec<u8>),
    Object(Vec<(Bytes, Node)>),
    Array(Vec<Node>),
}

/// The variants whose shredded part is `shredded`, of type `logical_type`, and whose remainder is a variant's struct.
/// Rows that are NULL in the result have no value, whatever the column's own validity says.
pub(crate) fn put_together(remainder: &Vector, shredded: &Vector, logical_type: &LogicalType) -> Result<Vector> {
    let mut left = MAX_ELEMENTS;
    let rows: Vec<usize> = (0..shredded.rows()).collect();
    let remainder = Remainder::new(remainder)?;
    let mut nodes = shredded::nodes(&remainder, shredded, logical_type, &rows, &mut left)?;
    nodes.iter_mut().for_each(Node::sort);
    write::structure(&nodes)
}

impl Node {
    /// Puts members of objects in the order of their names, as DuckDB does.
    fn sort(&mut self) {
        match self {
            Self::Object(members) => {
                members.sort_by(|(one, _), (other, _)| one.cmp(other));
                members.iter_mut().for_each(|(_, member)| member.sort());
            }
            Self::Array(items) => items.iter_mut().for_each(Self::sort),
            _ => (),
        }
    }
}

/// Counts values, so that what a few bytes claim has an end.
fn spend(left: &mut usize) -> Result<()> {
    let rest = left.checked_sub(1);
    *left = rest.ok_or_else(|| Error::limit("values in variants", MAX_ELEMENTS as u64))?;
    Ok(())
}

/// An integer of seven bits a byte, lowest first; its value and the bytes it takes.
fn read_varint(bytes: &[u8]) -> Option<(u32, usize)> {
    let mut value = 0_u32;
    for (at, byte) in bytes.iter().enumerate().take(5) {
        value |= u32::from(byte & 0x7f).checked_shl(7 * at as u32)?;
        if byte & 0x80 == 0 {
            return Some((value, at + 1));
        }
    }
    None
}

fn write_varint(mut value: usize, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::types::TypeKind;
    use crate::vector::Data;

    fn node() -> impl Strategy<Value = Node> {
        let scalar = prop_oneof![
            Just(Node::Null),
            Just(Node::Scalar(kind::TRUE, Vec::new())),
            any::<i64>().prop_map(|value| Node::Scalar(6, value.to_le_bytes().to_vec())),
            "[a-c]{0,3}"
                .prop_map(|text| Node::Scalar(kind::VARCHAR, [&[text.len() as u8][..], text.as_bytes()].concat())),
        ];
        scalar.prop_recursive(3, 20, 4, |inner| {
            let member = ("[a-e]{1,2}", inner.clone()).prop_map(|(key, node)| (Bytes::from(key), node));
            prop_oneof![
                prop::collection::vec(inner, 0..4).prop_map(Node::Array),
                prop::collection::vec(member, 0..4).prop_map(Node::Object),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(nodes in prop::collection::vec(node(), 0..5)) {
            let vector = write::structure(&nodes).unwrap();
            let remainder = Remainder::new(&vector).unwrap();
            for (row, node) in nodes.iter().enumerate() {
                let mut left = 1000;
                let read = if vector.valid[row] { remainder.node(row, 0, 0, &mut left).unwrap() } else { Node::Null };
                prop_assert_eq!(&read, node);
            }
        }
    }

    #[test]
    fn fields_come_from_both_sides() {
        // One row: {"a": 7} shredded, {"b": true} not.
        let rest = Node::Object(vec![(Bytes::from_static(b"b"), Node::Scalar(kind::TRUE, Vec::new()))]);
        let remainder = write::structure(&[rest]).unwrap();
        let number = |value: u32| Vector {
            valid: vec![true],
            data: Data::Fixed { width: 4, bytes: value.to_le_bytes().to_vec() },
        };
        let object = Vector { valid: vec![true], data: Data::Struct(vec![number(7)]) };
        let shredded = Vector { valid: vec![true], data: Data::Struct(vec![object, number(1)]) };
        let fields = TypeKind::Struct(vec![("a".into(), TypeKind::UInteger.into())]);
        let wrapper = TypeKind::Struct(vec![
            ("typed_value".into(), fields.into()),
            ("untyped_value_index".into(), TypeKind::UInteger.into()),
        ]);
        let whole = put_together(&remainder, &shredded, &wrapper.into()).unwrap();
        let mut left = 10;
        let node = Remainder::new(&whole).unwrap().node(0, 0, 0, &mut left).unwrap();
        let a = (Bytes::from_static(b"a"), Node::Scalar(10, vec![7, 0, 0, 0]));
        let b = (Bytes::from_static(b"b"), Node::Scalar(kind::TRUE, Vec::new()));
        assert_eq!(node, Node::Object(vec![a, b]));
    }
}

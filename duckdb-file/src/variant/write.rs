//! Values as the struct of a variant.

use std::collections::HashMap;

use bytes::Bytes;

use super::{Node, kind, write_varint};
use crate::error::Result;
use crate::strings::Strings;
use crate::vector::{Data, Vector};

/// The values, one a row.
pub(super) fn structure(nodes: &[Node]) -> Result<Vector> {
    let mut writer = Writer::default();
    for node in nodes {
        writer.row(node);
    }
    writer.finish()
}

#[derive(Default)]
struct Writer {
    valid: Vec<bool>,
    keys: Vec<Bytes>,
    key_ends: Vec<usize>,
    /// Numbers of key and value within the row; lists have no keys.
    children: Vec<(Option<u32>, u32)>,
    child_ends: Vec<usize>,
    values: Vec<(u8, u32)>,
    value_ends: Vec<usize>,
    data: Vec<Bytes>,
}

/// The parts of the row that is written.
struct Row<'a> {
    writer: &'a mut Writer,
    known: HashMap<Bytes, u32>,
    first_child: usize,
    first_value: usize,
    bytes: Vec<u8>,
}

impl Writer {
    fn row(&mut self, node: &Node) {
        let (first_child, first_value) = (self.children.len(), self.values.len());
        let is_value = !matches!(node, Node::Null | Node::Missing);
        let mut row = Row { writer: self, known: HashMap::new(), first_child, first_value, bytes: Vec::new() };
        if is_value {
            row.add(node);
        }
        let bytes = row.bytes.into();
        self.valid.push(is_value);
        self.data.push(bytes);
        self.key_ends.push(self.keys.len());
        self.child_ends.push(self.children.len());
        self.value_ends.push(self.values.len());
    }

    fn finish(self) -> Result<Vector> {
        let all = |rows: usize| vec![true; rows];
        let rows = self.valid.len();
        let numbers = |numbers: Vec<[u8; 4]>| Data::Fixed { width: 4, bytes: numbers.concat() };
        let list = |ends: Vec<usize>, child: Vector| Vector {
            valid: all(rows),
            data: Data::List { ends, child: Box::new(child) },
        };
        let keys = Vector { valid: all(self.keys.len()), data: Data::Strings(Strings::from_list(self.keys)?) };
        let (children, values) = (self.children.len(), self.values.len());
        let key_numbers = self.children.iter().map(|(key, _)| key.unwrap_or_default().to_le_bytes()).collect();
        let child = vec![
            Vector { valid: self.children.iter().map(|(key, _)| key.is_some()).collect(), data: numbers(key_numbers) },
            Vector {
                valid: all(children),
                data: numbers(self.children.iter().map(|(_, value)| value.to_le_bytes()).collect()),
            },
        ];
        let value = vec![
            Vector {
                valid: all(values),
                data: Data::Fixed { width: 1, bytes: self.values.iter().map(|(kind, _)| *kind).collect() },
            },
            Vector {
                valid: all(values),
                data: numbers(self.values.iter().map(|(_, offset)| offset.to_le_bytes()).collect()),
            },
        ];
        let members = vec![
            list(self.key_ends, keys),
            list(self.child_ends, Vector { valid: all(children), data: Data::Struct(child) }),
            list(self.value_ends, Vector { valid: all(values), data: Data::Struct(value) }),
            Vector { valid: all(rows), data: Data::Strings(Strings::from_list(self.data)?) },
        ];
        Ok(Vector { valid: self.valid, data: Data::Struct(members) })
    }
}

impl Row<'_> {
    /// Adds a value and gives its number.
    fn add(&mut self, node: &Node) -> u32 {
        let number = self.writer.values.len() - self.first_value;
        let (kind, own) = match node {
            Node::Missing | Node::Null => (kind::NULL, [].as_slice()),
            Node::Scalar(kind, bytes) => (*kind, bytes.as_slice()),
            Node::Object(_) => (kind::OBJECT, [].as_slice()),
            Node::Array(_) => (kind::ARRAY, [].as_slice()),
        };
        self.writer.values.push((kind, self.bytes.len() as u32));
        self.bytes.extend_from_slice(own);
        match node {
            Node::Object(members) => {
                let keys = members.iter().map(|(key, _)| Some(self.key(key))).collect();
                self.children(keys, members.iter().map(|(_, member)| member));
            }
            Node::Array(items) => self.children(vec![None; items.len()], items.iter()),
            _ => (),
        }
        number as u32
    }

    fn children<'n>(&mut self, keys: Vec<Option<u32>>, nodes: impl Iterator<Item = &'n Node>) {
        let first = self.writer.children.len();
        write_varint(keys.len(), &mut self.bytes);
        if !keys.is_empty() {
            write_varint(first - self.first_child, &mut self.bytes);
        }
        // They stand together, before those of their own.
        self.writer.children.extend(keys.into_iter().map(|key| (key, 0)));
        for (at, node) in nodes.enumerate() {
            let value = self.add(node);
            self.writer.children[first + at].1 = value;
        }
    }

    /// The number of a key in the row.
    fn key(&mut self, key: &Bytes) -> u32 {
        let next = self.known.len() as u32;
        *self.known.entry(key.clone()).or_insert_with(|| {
            self.writer.keys.push(key.clone());
            next
        })
    }
}

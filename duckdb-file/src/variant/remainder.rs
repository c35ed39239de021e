//! Values that are kept in the struct of a variant.

use bytes::Bytes;

use super::{MAX_DEPTH, Node, kind, read_varint, spend};
use crate::error::{Error, Result};
use crate::strings::Strings;
use crate::vector::{Data, Vector};

/// The struct's parts.
pub(super) struct Remainder<'a> {
    valid: &'a [bool],
    keys: Lists<'a>,
    key_texts: &'a Strings,
    children: Lists<'a>,
    /// Numbers of a child's key and value, within its row.
    child_keys: &'a [[u8; 4]],
    child_values: &'a [[u8; 4]],
    values: Lists<'a>,
    kinds: &'a [[u8; 1]],
    offsets: &'a [[u8; 4]],
    data: &'a Strings,
}

/// Where each row's elements are.
struct Lists<'a>(&'a [usize]);

impl Lists<'_> {
    /// The element of that number in a row.
    fn element(&self, row: usize, number: usize) -> Result<usize> {
        let start = if row == 0 { 0 } else { self.0.get(row - 1).copied().unwrap_or_default() };
        let end = self.0.get(row).copied().unwrap_or_default();
        let at = start.checked_add(number).filter(|at| *at < end);
        at.ok_or_else(|| Error::corrupt(format!("a variant has no part {number}")))
    }
}

fn mismatch() -> Error {
    Error::corrupt("a variant of other parts than those of a variant")
}

fn list(vector: &Vector) -> Result<(Lists<'_>, &Vector)> {
    match &vector.data {
        Data::List { ends, child } => Ok((Lists(ends), child)),
        _ => Err(mismatch()),
    }
}

fn strings(vector: &Vector) -> Result<&Strings> {
    if let Data::Strings(strings) = &vector.data { Ok(strings) } else { Err(mismatch()) }
}

fn fixed<const N: usize>(vector: &Vector) -> Result<&[[u8; N]]> {
    match &vector.data {
        Data::Fixed { width, bytes } if *width == N => Ok(bytes.as_chunks().0),
        _ => Err(mismatch()),
    }
}

fn pair(vector: &Vector) -> Result<[&Vector; 2]> {
    let Data::Struct(members) = &vector.data else { return Err(mismatch()) };
    let [one, other] = members.as_slice() else { return Err(mismatch()) };
    Ok([one, other])
}

impl<'a> Remainder<'a> {
    pub(super) fn new(vector: &'a Vector) -> Result<Self> {
        let Data::Struct(members) = &vector.data else { return Err(mismatch()) };
        let [keys, children, values, data] = members.as_slice() else { return Err(mismatch()) };
        let ((keys, key_texts), (children, child), (values, value)) = (list(keys)?, list(children)?, list(values)?);
        let ([child_keys, child_values], [kinds, offsets]) = (pair(child)?, pair(value)?);
        Ok(Self {
            valid: &vector.valid,
            keys,
            key_texts: strings(key_texts)?,
            children,
            child_keys: fixed(child_keys)?,
            child_values: fixed(child_values)?,
            values,
            kinds: fixed(kinds)?,
            offsets: fixed(offsets)?,
            data: strings(data)?,
        })
    }

    pub(super) fn is_valid(&self, row: usize) -> bool {
        self.valid.get(row).copied().unwrap_or_default()
    }

    /// The value of that number in a row.
    pub(super) fn node(&self, row: usize, value: usize, depth: usize, left: &mut usize) -> Result<Node> {
        if depth > MAX_DEPTH {
            return Err(Error::limit("nesting of variants", MAX_DEPTH as u64));
        }
        spend(left)?;
        let at = self.values.element(row, value)?;
        let (Some([kind]), Some(offset)) = (self.kinds.get(at), self.offsets.get(at)) else { return Err(mismatch()) };
        let cut = || Error::corrupt("the bytes of a variant are cut");
        let bytes = self.data.get(row).get(u32::from_le_bytes(*offset) as usize..).ok_or_else(cut)?;
        match *kind {
            kind::NULL => Ok(Node::Null),
            kind::OBJECT | kind::ARRAY => {
                let (count, length) = read_varint(bytes).ok_or_else(cut)?;
                let first = match count {
                    0 => 0,
                    _ => read_varint(&bytes[length..]).ok_or_else(cut)?.0 as usize,
                };
                self.children_of(row, *kind, first, count as usize, (depth, left))
            }
            kind => {
                let length = scalar_length(kind, bytes).ok_or_else(cut)?;
                Ok(Node::Scalar(kind, bytes.get(..length).ok_or_else(cut)?.to_vec()))
            }
        }
    }

    fn children_of(
        &self,
        row: usize,
        kind: u8,
        first: usize,
        count: usize,
        (depth, left): (usize, &mut usize),
    ) -> Result<Node> {
        let mut members = Vec::new();
        let mut items = Vec::new();
        for number in first..first.saturating_add(count) {
            let child = self.children.element(row, number)?;
            let value = self.child_values.get(child).ok_or_else(mismatch)?;
            let node = self.node(row, u32::from_le_bytes(*value) as usize, depth + 1, left)?;
            if kind == kind::ARRAY {
                items.push(node);
                continue;
            }
            let key = self.child_keys.get(child).ok_or_else(mismatch)?;
            let key = self.keys.element(row, u32::from_le_bytes(*key) as usize)?;
            members.push((Bytes::copy_from_slice(self.key_texts.get(key)), node));
        }
        Ok(if kind == kind::ARRAY { Node::Array(items) } else { Node::Object(members) })
    }
}

/// The bytes that a value of a kind takes.
fn scalar_length(kind: u8, bytes: &[u8]) -> Option<usize> {
    Some(match kind {
        kind::TRUE | kind::FALSE => 0,
        3 | 8 => 1,
        4 | 9 => 2,
        // Integers, floats and dates of 32 bits.
        5 | 10 | 13 | 19 => 4,
        // The same of 64, times and timestamps.
        6 | 11 | 14 | 20..=27 => 8,
        // Integers of 128 bits, UUIDs, intervals.
        7 | 12 | 18 | 28 => 16,
        kind::DECIMAL => {
            let (width, first) = read_varint(bytes)?;
            let (_, second) = read_varint(&bytes[first..])?;
            let value = match width {
                0..=4 => 2,
                5..=9 => 4,
                10..=18 => 8,
                _ => 16,
            };
            first + second + value
        }
        kind::VARCHAR | kind::BLOB | kind::BIGNUM | kind::BIT | kind::GEOMETRY => {
            let (length, prefix) = read_varint(bytes)?;
            prefix.checked_add(length as usize)?
        }
        _ => return None,
    })
}

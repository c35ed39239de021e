//! Primitive values of the serialisation.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};

use super::chain::{Chain, MetaPointer};
use crate::blocks::Blocks;
use crate::error::{Error, Result};

/// Stands where the next field id would, at the end of an object.
pub(crate) const END: u16 = 0xffff;
/// Objects nested deeper than this are refused.
const MAX_DEPTH: usize = 200;
/// What short forms may become in memory, besides a multiple of their length.
const MAX_EXPANSION: usize = 256 << 20;

/// Reads values one after another, from memory or from a chain of metadata blocks.
#[derive(Debug)]
pub(crate) struct Reader {
    chunk: Bytes,
    chain: Option<Chain>,
    peeked: Option<u16>,
    depth: usize,
    /// Bytes that may still be made of fewer bytes.
    expansion_left: usize,
}

impl Reader {
    pub(crate) fn over(bytes: Bytes) -> Self {
        let expansion_left = MAX_EXPANSION + bytes.len().saturating_mul(64);
        Self { chunk: bytes, chain: None, peeked: None, depth: 0, expansion_left }
    }

    pub(crate) fn at(blocks: &Arc<Blocks>, pointer: MetaPointer) -> Result<Self> {
        Ok(Self { chain: Some(Chain::new(blocks, pointer)?), ..Self::over(Bytes::new()) })
    }

    /// What is left of the bytes in memory.
    pub(crate) fn rest(&self) -> &Bytes {
        &self.chunk
    }

    /// Fetches more if all bytes are used up.
    fn refill(&mut self) -> Result<()> {
        while self.chunk.is_empty() {
            let next = self.chain.as_mut().map(Chain::next_chunk).transpose()?.flatten();
            self.chunk = next.ok_or_else(|| Error::corrupt("the data ends inside a value"))?;
        }
        Ok(())
    }

    pub(crate) fn u8(&mut self) -> Result<u8> {
        self.refill()?;
        let byte = self.chunk[0];
        self.chunk = self.chunk.slice(1..);
        Ok(byte)
    }

    /// The next `length` bytes. Takes memory for those that are there only.
    pub(crate) fn bytes(&mut self, length: u64) -> Result<Bytes> {
        if length <= self.chunk.len() as u64 {
            return Ok(self.chunk.split_to(length as usize));
        }
        let mut collected = BytesMut::new();
        let mut missing = length;
        while missing > 0 {
            self.refill()?;
            let part = self.chunk.split_to(missing.min(self.chunk.len() as u64) as usize);
            missing -= part.len() as u64;
            collected.extend_from_slice(&part);
        }
        Ok(collected.freeze())
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut array = [0; N];
        array.copy_from_slice(&self.bytes(N as u64)?);
        Ok(array)
    }

    pub(crate) fn fixed_u64(&mut self) -> Result<u64> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    pub(crate) fn fixed_u32(&mut self) -> Result<u32> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    pub(crate) fn fixed_u16(&mut self) -> Result<u16> {
        Ok(u16::from_le_bytes(self.array()?))
    }

    /// The next field id, [`END`] at the end of the object.
    pub(crate) fn field(&mut self) -> Result<u16> {
        match self.peeked.take() {
            Some(field) => Ok(field),
            None => self.fixed_u16(),
        }
    }

    /// The next field id, which stays to be read.
    pub(crate) fn peek(&mut self) -> Result<u16> {
        let field = self.field()?;
        self.peeked = Some(field);
        Ok(field)
    }

    /// Whether the next field is this one, which is then read.
    pub(crate) fn has(&mut self, field: u16) -> Result<bool> {
        let found = self.peek()? == field;
        if found {
            self.peeked = None;
        }
        Ok(found)
    }

    /// The end of the object, and nothing else.
    pub(crate) fn end(&mut self, object: &str) -> Result<()> {
        match self.field()? {
            END => Ok(()),
            field => Err(unknown_field(field, object)),
        }
    }

    pub(crate) fn bool(&mut self) -> Result<bool> {
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            byte => Err(Error::corrupt(format!("{byte} where a boolean should be"))),
        }
    }

    /// An unsigned LEB128 number.
    pub(crate) fn uint(&mut self) -> Result<u64> {
        let mut value = 0;
        for shift in (0..70).step_by(7) {
            let byte = self.u8()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                break;
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Error::corrupt("a number is too long"))
    }

    /// A signed LEB128 number.
    pub(crate) fn int(&mut self) -> Result<i64> {
        let mut value = 0_i64;
        for shift in (0..70).step_by(7) {
            let byte = self.u8()?;
            value |= i64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                let unused = 64_u32.saturating_sub(shift + 7);
                return Ok(value << unused >> unused);
            }
        }
        Err(Error::corrupt("a number is too long"))
    }

    pub(crate) fn hugeint(&mut self) -> Result<i128> {
        let upper = self.int()?;
        Ok(i128::from(upper) << 64 | i128::from(self.uint()?))
    }

    pub(crate) fn uhugeint(&mut self) -> Result<u128> {
        let upper = self.uint()?;
        Ok(u128::from(upper) << 64 | u128::from(self.uint()?))
    }

    /// Bytes behind their length.
    pub(crate) fn blob(&mut self) -> Result<Bytes> {
        let length = self.uint()?;
        self.bytes(length)
    }

    pub(crate) fn string(&mut self) -> Result<String> {
        String::from_utf8(self.blob()?.into()).map_err(|_| Error::corrupt("a text is not UTF-8"))
    }

    pub(crate) fn list<T>(&mut self, mut element: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let count = self.uint()?;
        let mut elements = Vec::new();
        for _ in 0..count {
            elements.push(element(self)?);
        }
        Ok(elements)
    }

    /// A value behind a byte that says whether it is there.
    pub(crate) fn nullable<T>(&mut self, value: impl FnOnce(&mut Self) -> Result<T>) -> Result<Option<T>> {
        if self.bool()? { value(self).map(Some) } else { Ok(None) }
    }

    /// Takes account of memory for values that are stored in a short form.
    pub(crate) fn expand(&mut self, bytes: usize) -> Result<()> {
        let left = self.expansion_left.checked_sub(bytes);
        self.expansion_left =
            left.ok_or_else(|| Error::limit("size of values in a short form", MAX_EXPANSION as u64))?;
        Ok(())
    }

    /// Reads something that may hold its like.
    pub(crate) fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.depth == MAX_DEPTH {
            return Err(Error::limit("nesting of objects", MAX_DEPTH as u64));
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }
}

pub(crate) fn unknown_field(field: u16, object: &str) -> Error {
    Error::unsupported(format!("the unknown field {field} in {object}"), crate::error::NEWER)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn reader(bytes: &[u8]) -> Reader {
        Reader::over(Bytes::copy_from_slice(bytes))
    }

    #[test]
    fn numbers() {
        assert_eq!(reader(&[0xe5, 0x8e, 0x26]).uint().unwrap(), 624_485);
        assert_eq!(reader(&[0x7f]).int().unwrap(), -1);
        assert_eq!(reader(&[0x80, 0x7f]).int().unwrap(), -128);
        assert_eq!(reader(&[0x7f, 0]).hugeint().unwrap(), -(1 << 64));
        assert!(reader(&[0x80; 11]).uint().is_err());
        assert!(reader(&[0x80; 11]).int().is_err());
        assert!(reader(&[0x80]).uint().is_err());
    }

    #[test]
    fn fields_may_be_missing() {
        let mut reader = reader(&[100, 0, 7, 102, 0, 1, b'x', 0xff, 0xff]);
        assert!(reader.has(100).unwrap());
        assert_eq!(reader.uint().unwrap(), 7);
        assert!(!reader.has(101).unwrap());
        assert!(reader.has(102).unwrap());
        assert_eq!(reader.string().unwrap(), "x");
        reader.end("test").unwrap();
    }

    #[test]
    fn claimed_lengths_take_no_memory() {
        let mut long = vec![0xff; 9];
        long.push(1);
        assert!(reader(&long).blob().is_err());
        assert!(reader(&long).list(Reader::u8).is_err());
    }

    proptest! {
        #[test]
        fn leb_round_trip(value: u64, signed: i64) {
            let mut bytes = Vec::new();
            let mut left = value;
            loop {
                let byte = (left & 0x7f) as u8;
                left >>= 7;
                bytes.push(if left == 0 { byte } else { byte | 0x80 });
                if left == 0 { break; }
            }
            prop_assert_eq!(reader(&bytes).uint().unwrap(), value);
            let mut bytes = Vec::new();
            let mut left = signed;
            loop {
                let byte = (left & 0x7f) as u8;
                left >>= 7;
                let done = (left == 0 && byte & 0x40 == 0) || (left == -1 && byte & 0x40 != 0);
                bytes.push(if done { byte } else { byte | 0x80 });
                if done { break; }
            }
            prop_assert_eq!(reader(&bytes).int().unwrap(), signed);
        }
    }
}

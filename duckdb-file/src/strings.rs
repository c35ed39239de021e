//! Strings of consecutive rows.

use std::ops::Range;

use bytes::Bytes;

use crate::error::{Error, Result};

/// Strings as parts of buffers. Rows may share a part, so that what a file says once takes memory once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Strings {
    buffers: Vec<Bytes>,
    parts: Vec<Part>,
}

/// Where a string is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    pub buffer: u32,
    pub start: u32,
    pub length: u32,
}

/// The buffer of strings that are none.
const NULL: u32 = u32::MAX;
/// Buffers that are looked through for one that is there already.
const RECENT: usize = 4;
/// Shorter strings are put into one buffer together.
const JOINED: usize = 1 << 28;

impl Part {
    const NONE: Self = Self { buffer: NULL, start: 0, length: 0 };
}

impl Strings {
    pub(crate) fn with_capacity(rows: usize) -> Self {
        Self { buffers: Vec::new(), parts: Vec::with_capacity(rows) }
    }

    pub(crate) fn len(&self) -> usize {
        self.parts.len()
    }

    pub(crate) fn buffers(&self) -> &[Bytes] {
        &self.buffers
    }

    pub(crate) fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The string of a row; empty where there is none.
    pub(crate) fn get(&self, row: usize) -> &[u8] {
        self.parts.get(row).map_or(&[], |part| self.bytes(*part))
    }

    fn bytes(&self, part: Part) -> &[u8] {
        let (start, end) = (part.start as usize, part.start as usize + part.length as usize);
        self.buffers.get(part.buffer as usize).and_then(|buffer| buffer.get(start..end)).unwrap_or_default()
    }

    /// Whether the row's segment says that it is NULL.
    pub(crate) fn is_null(&self, row: usize) -> bool {
        self.parts.get(row).is_none_or(|part| part.buffer == NULL)
    }

    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.parts.iter().map(|part| self.bytes(*part))
    }

    pub(crate) fn lengths(&self) -> impl ExactSizeIterator<Item = usize> {
        self.parts.iter().map(|part| part.length as usize)
    }

    /// The number of a buffer that strings are to be parts of.
    ///
    /// # Errors
    /// [`Error::Limit`] where it is larger than parts can say.
    pub(crate) fn buffer(&mut self, bytes: &Bytes) -> Result<u32> {
        if i32::try_from(bytes.len()).is_err() {
            return Err(Error::limit("bytes of a string", i32::MAX as u64));
        }
        let first = self.buffers.len().saturating_sub(RECENT);
        let same = |buffer: &Bytes| buffer.as_ptr() == bytes.as_ptr() && buffer.len() == bytes.len();
        let found = self.buffers[first..].iter().position(same).map(|at| first + at);
        let number = found.unwrap_or_else(|| {
            self.buffers.push(bytes.clone());
            self.buffers.len() - 1
        });
        u32::try_from(number).map_err(|_| Error::limit("buffers of strings", u64::from(u32::MAX)))
    }

    /// Adds a row: a part of a buffer, which has it.
    pub(crate) fn push(&mut self, part: Part) {
        self.parts.push(part);
    }

    pub(crate) fn push_null(&mut self) {
        self.parts.push(Part::NONE);
    }

    /// Adds a row with a whole buffer.
    pub(crate) fn push_bytes(&mut self, bytes: &Bytes) -> Result<()> {
        let part = Part { buffer: self.buffer(bytes)?, start: 0, length: bytes.len() as u32 };
        self.parts.push(part);
        Ok(())
    }

    /// Adds rows of others.
    pub(crate) fn append(&mut self, other: &Self, rows: Range<usize>) -> Result<()> {
        let rows = other.parts.get(rows).unwrap_or_default();
        self.parts.reserve(rows.len());
        let mut known = (NULL, NULL);
        for part in rows {
            if part.buffer != known.0 {
                let bytes = other.buffers.get(part.buffer as usize);
                known = (part.buffer, bytes.map_or(Ok(NULL), |bytes| self.buffer(bytes))?);
            }
            self.parts.push(Part { buffer: known.1, ..*part });
        }
        Ok(())
    }

    /// Replaces a row by one of others.
    pub(crate) fn replace(&mut self, row: usize, other: &Self, from: usize) -> Result<()> {
        let Some(part) = other.parts.get(from) else { return Err(Error::corrupt("a string is missing")) };
        let buffer = other.buffers.get(part.buffer as usize).map_or(Ok(NULL), |bytes| self.buffer(bytes))?;
        if let Some(own) = self.parts.get_mut(row) {
            *own = Part { buffer, ..*part };
        }
        Ok(())
    }

    /// The rows at these positions, which have to exist.
    pub(crate) fn take(&self, rows: &[usize]) -> Self {
        Self { buffers: self.buffers.clone(), parts: rows.iter().map(|row| self.parts[*row]).collect() }
    }

    /// Leaves only the first rows.
    pub(crate) fn truncate(&mut self, rows: usize) {
        self.parts.truncate(rows);
        if rows == 0 {
            self.buffers.clear();
        }
    }

    /// Strings that are kept apart so far.
    pub(crate) fn from_list(list: Vec<Bytes>) -> Result<Self> {
        let mut strings = Self::default();
        let total = list.iter().fold(0, |sum: usize, bytes| sum.saturating_add(bytes.len()));
        if total > JOINED {
            list.iter().try_for_each(|bytes| strings.push_bytes(bytes))?;
            return Ok(strings);
        }
        let mut joined = Vec::with_capacity(total);
        for bytes in &list {
            strings.parts.push(Part { buffer: 0, start: joined.len() as u32, length: bytes.len() as u32 });
            joined.extend_from_slice(bytes);
        }
        strings.buffers.push(joined.into());
        Ok(strings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(strings: &Strings) -> Vec<&str> {
        strings.iter().map(|bytes| std::str::from_utf8(bytes).unwrap()).collect()
    }

    #[test]
    fn rows_of_several_buffers() {
        let mut one = Strings::from_list(vec![Bytes::from_static(b"a"), Bytes::from_static(b"bc")]).unwrap();
        let mut other = Strings::default();
        other.push_bytes(&Bytes::from_static(b"def")).unwrap();
        other.push_null();
        one.append(&other, 0..2).unwrap();
        one.replace(0, &other, 0).unwrap();
        assert_eq!(texts(&one), ["def", "bc", "def", ""]);
        assert!(one.is_null(3) && !one.is_null(2));
        let taken = one.take(&[2, 1]);
        assert_eq!(texts(&taken), ["def", "bc"]);
        one.truncate(1);
        assert_eq!(one.len(), 1);
    }
}

//! As much of Thrift's compact protocol as decryption needs.
//!
//! The parquet crate decodes footers and page headers, but keeps its protocol reader to itself, and what encryption adds
//! (the crypto metadata before a footer, sizes in page headers, which columns are encrypted) has to be seen or changed
//! before that crate may see the bytes.

/// Nesting beyond this is refused; Parquet's own structures stay below ten.
const MAX_DEPTH: u8 = 32;

/// The bytes are not a value of the compact protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid Thrift data")]
pub(super) struct Malformed;

type Result<T> = std::result::Result<T, Malformed>;

/// Wire type of a field, a number of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct WireType(u8);

impl WireType {
    pub(super) const TRUE: Self = Self(1);
    pub(super) const FALSE: Self = Self(2);
    pub(super) const I32: Self = Self(5);
    pub(super) const BINARY: Self = Self(8);
    pub(super) const LIST: Self = Self(9);
    pub(super) const STRUCT: Self = Self(12);

    const BYTE: Self = Self(3);
    const I16: Self = Self(4);
    const I64: Self = Self(6);
    const DOUBLE: Self = Self(7);
    const SET: Self = Self(10);
    const MAP: Self = Self(11);
    const UUID: Self = Self(13);
}

/// Reads the protocol from a slice, front to back.
pub(super) struct Input<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Input<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, position: 0 }
    }

    /// Bytes read so far.
    pub(super) fn position(&self) -> usize {
        self.position
    }

    fn byte(&mut self) -> Result<u8> {
        let byte = *self.bytes.get(self.position).ok_or(Malformed)?;
        self.position += 1;
        Ok(byte)
    }

    fn take(&mut self, len: u64) -> Result<&'a [u8]> {
        let len = usize::try_from(len).map_err(|_| Malformed)?;
        let end = self.position.checked_add(len).ok_or(Malformed)?;
        let taken = self.bytes.get(self.position..end).ok_or(Malformed)?;
        self.position = end;
        Ok(taken)
    }

    fn varint(&mut self) -> Result<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Malformed)
    }

    fn zigzag(&mut self) -> Result<i64> {
        let value = self.varint()?;
        Ok((value >> 1).cast_signed() ^ -(value & 1).cast_signed())
    }

    /// Value of a binary or string field.
    pub(super) fn binary(&mut self) -> Result<&'a [u8]> {
        let len = self.varint()?;
        self.take(len)
    }

    /// Begin of a list: type and number of its elements. Each element takes at least one byte.
    pub(super) fn list(&mut self) -> Result<(WireType, usize)> {
        let header = self.byte()?;
        let len = match header >> 4 {
            15 => usize::try_from(self.varint()?).map_err(|_| Malformed)?,
            len => usize::from(len),
        };
        if len > self.bytes.len() - self.position {
            return Err(Malformed);
        }
        Ok((WireType(header & 0x0f), len))
    }

    /// Visits the fields of a struct up to its end. The visitor must consume the value of each field, by
    /// [`Self::skip`] if it does not want it.
    pub(super) fn fields<E: From<Malformed>>(
        &mut self,
        mut visit: impl FnMut(&mut Self, i16, WireType) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        let mut id = 0_i16;
        loop {
            let header = self.byte()?;
            if header & 0x0f == 0 {
                return Ok(());
            }
            id = match header >> 4 {
                0 => i16::try_from(self.zigzag()?).map_err(|_| Malformed)?,
                delta => id.checked_add(i16::from(delta)).ok_or(Malformed)?,
            };
            visit(self, id, WireType(header & 0x0f))?;
        }
    }

    /// Skips the value of a field.
    pub(super) fn skip(&mut self, wire: WireType) -> Result<()> {
        self.skip_nested(wire, MAX_DEPTH)
    }

    fn skip_nested(&mut self, wire: WireType, depth: u8) -> Result<()> {
        let deeper = depth.checked_sub(1).ok_or(Malformed)?;
        match wire {
            WireType::TRUE | WireType::FALSE => Ok(()),
            WireType::BYTE => self.byte().map(drop),
            WireType::I16 | WireType::I32 | WireType::I64 => self.varint().map(drop),
            WireType::DOUBLE => self.take(8).map(drop),
            WireType::UUID => self.take(16).map(drop),
            WireType::BINARY => self.binary().map(drop),
            WireType::STRUCT => self.fields(|input, _, wire| input.skip_nested(wire, deeper)),
            WireType::LIST | WireType::SET => {
                let (element, len) = self.list()?;
                (0..len).try_for_each(|_| self.skip_element(element, deeper))
            }
            WireType::MAP => {
                let len = self.varint()?;
                if len == 0 {
                    return Ok(());
                }
                let types = self.byte()?;
                for _ in 0..len {
                    self.skip_element(WireType(types >> 4), deeper)?;
                    self.skip_element(WireType(types & 0x0f), deeper)?;
                }
                Ok(())
            }
            _ => Err(Malformed),
        }
    }

    /// In a collection a boolean has a byte of its own.
    fn skip_element(&mut self, wire: WireType, depth: u8) -> Result<()> {
        match wire {
            WireType::TRUE | WireType::FALSE => self.byte().map(drop),
            wire => self.skip_nested(wire, depth),
        }
    }
}

/// Appends a field header; `last` is the id of the field before it.
fn put_field(out: &mut Vec<u8>, last: i16, id: i16, wire: WireType) {
    match id.checked_sub(last).and_then(|delta| u8::try_from(delta).ok()) {
        Some(delta @ 1..=15) => out.push((delta << 4) | wire.0),
        _ => {
            out.push(wire.0);
            put_zigzag(out, i64::from(id));
        }
    }
}

fn put_zigzag(out: &mut Vec<u8>, value: i64) {
    let mut rest = ((value << 1) ^ (value >> 63)).cast_unsigned();
    while rest >= 0x80 {
        out.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

/// A field id no Parquet structure uses; readers skip what they do not know.
const FILLER: i16 = 8191;
/// Bytes of an empty filler field: type, two bytes of id, two of length, and the end of the struct after it.
const FILLER_OVERHEAD: usize = 6;

/// Appends a page header to `out` in exactly `len` bytes, for a page body of `body` bytes.
///
/// The header's `compressed_page_size` (3) becomes `body`, since it may have counted what encryption adds; its `crc` (4)
/// goes, since it may have been taken over the encrypted bytes; an unknown field at the end fills the rest.
pub(super) fn put_page_header(out: &mut Vec<u8>, header: &[u8], body: usize, len: usize) -> Result<()> {
    let body = i64::try_from(body).map_err(|_| Malformed)?;
    let start = out.len();
    let mut last = 0;
    let mut input = Input::new(header);
    input.fields(|input, id, wire| {
        let from = input.position();
        input.skip(wire)?;
        let value = &header[from..input.position()];
        if id == 4 {
            return Ok(());
        }
        put_field(out, last, id, wire);
        last = id;
        if id == 3 {
            put_zigzag(out, body);
        } else {
            out.extend_from_slice(value);
        }
        Ok::<_, Malformed>(())
    })?;
    let filled = out.len() - start + FILLER_OVERHEAD;
    let filler = len.checked_sub(filled).filter(|filler| *filler < 1 << 14).ok_or(Malformed)?;
    out.push(WireType::BINARY.0);
    put_zigzag(out, i64::from(FILLER));
    // The length always takes two bytes, whatever its value, so that every total can be met.
    out.extend_from_slice(&[(filler & 0x7f) as u8 | 0x80, (filler >> 7) as u8]);
    out.resize(out.len() + filler, 0);
    out.push(0);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// type=DATA_PAGE, sizes 100 and 42, crc, then an empty data page header struct.
    const HEADER: &[u8] = &[0x15, 0x00, 0x15, 0xc8, 0x01, 0x15, 0x54, 0x15, 0x0a, 0x1c, 0x00, 0x00];

    fn fields_of(bytes: &[u8]) -> Vec<(i16, Vec<u8>)> {
        let mut found = vec![];
        let mut input = Input::new(bytes);
        input
            .fields(|input, id, wire| {
                let from = input.position();
                input.skip(wire)?;
                found.push((id, bytes[from..input.position()].to_vec()));
                Ok::<_, Malformed>(())
            })
            .unwrap();
        assert_eq!(input.position(), bytes.len());
        found
    }

    #[test]
    fn page_header_gets_size_and_length() {
        for len in 20..200 {
            let mut out = vec![9];
            put_page_header(&mut out, HEADER, 10, len).unwrap();
            assert_eq!(out.len(), len + 1);
            let fields = fields_of(&out[1..]);
            assert_eq!(fields[..4], [(1, vec![0]), (2, vec![0xc8, 1]), (3, vec![20]), (5, vec![0])]);
            assert_eq!(fields[4].0, FILLER);
        }
    }

    #[test]
    fn page_header_that_cannot_fit_is_refused() {
        assert_eq!(put_page_header(&mut vec![], HEADER, 10, 12), Err(Malformed));
        assert_eq!(put_page_header(&mut vec![], HEADER, 10, 1 << 20), Err(Malformed));
        assert_eq!(put_page_header(&mut vec![], &HEADER[..5], 10, 60), Err(Malformed));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let mut input = Input::new(&bytes);
            let _ = input.skip(WireType::STRUCT);
            let _ = put_page_header(&mut vec![], &bytes, 10, 400);
        }
    }
}

//! The bytes of a segment: a header that says where its parts lie, and the parts.
//!
//! ```text
//! magic "QLTX" | version u32 | length of the header u32 | crc32 of the header u32 | header, JSON | parts
//! ```
//! Numbers are little-endian, offsets count from the first byte after the header. Every part has a crc32, which is checked
//! before anything else reads it.

use serde::{Deserialize, Serialize};

use crate::error::{Result, TextError};
use crate::schema::{FieldKind, TextSchema};

const MAGIC: [u8; 4] = *b"QLTX";
/// Changes with the layout and whenever texts are split into other tokens.
const VERSION: u32 = 1;
const PREFIX: usize = 16;

/// What the bytes say of themselves.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Header {
    /// Rows in the index.
    pub(crate) rows: u32,
    fields: Vec<(String, FieldKind)>,
    parts: Vec<Part>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Part {
    name: String,
    offset: u64,
    len: u64,
    crc: u32,
}

/// The parts' bytes behind a header.
pub(crate) fn pack(schema: &TextSchema, rows: u32, parts: &[(&str, &[u8])]) -> Result<Vec<u8>> {
    let mut offset = 0;
    let mut header = Header { rows, fields: schema.shape(), parts: Vec::with_capacity(parts.len()) };
    for (name, bytes) in parts {
        let len = bytes.len() as u64;
        header.parts.push(Part { name: (*name).to_owned(), offset, len, crc: crc32fast::hash(bytes) });
        offset += len;
    }
    let header = serde_json::to_vec(&header).map_err(std::io::Error::from)?;
    let header_len = u32::try_from(header.len()).map_err(|_| TextError::Schema { what: "too many fields".into() })?;
    let total = parts.iter().map(|(_, bytes)| bytes.len()).sum::<usize>();
    let mut packed = Vec::with_capacity(PREFIX + header.len() + total);
    packed.extend(MAGIC);
    packed.extend(VERSION.to_le_bytes());
    packed.extend(header_len.to_le_bytes());
    packed.extend(crc32fast::hash(&header).to_le_bytes());
    packed.extend(header);
    for (_, bytes) in parts {
        packed.extend(*bytes);
    }
    Ok(packed)
}

/// The header and, for each part, its name and where it lies in `bytes`.
pub(crate) type Unpacked = (Header, Vec<(String, std::ops::Range<usize>)>);

/// Reads the header and checks every part.
pub(crate) fn unpack(bytes: &[u8], schema: &TextSchema) -> Result<Unpacked> {
    let short = || TextError::corrupt(format!("{} bytes are too few", bytes.len()));
    let (prefix, rest) = bytes.split_at_checked(PREFIX).ok_or_else(short)?;
    let (magic, numbers) = prefix.split_at_checked(MAGIC.len()).ok_or_else(short)?;
    if magic != MAGIC {
        return Err(TextError::corrupt("it does not begin as one"));
    }
    let mut numbers = numbers.as_chunks::<4>().0.iter().map(|number| u32::from_le_bytes(*number));
    let mut number = || numbers.next().ok_or_else(short);
    let (version, header_len, header_crc) = (number()?, number()?, number()?);
    if version != VERSION {
        return Err(TextError::Version { found: version, supported: VERSION });
    }
    let (header, body) = rest.split_at_checked(header_len as usize).ok_or_else(short)?;
    if crc32fast::hash(header) != header_crc {
        return Err(TextError::corrupt("the header's checksum is wrong"));
    }
    let header: Header =
        serde_json::from_slice(header).map_err(|error| TextError::corrupt(format!("its header: {error}")))?;
    if header.fields != schema.shape() {
        return Err(TextError::OtherSchema { found: shown(&header.fields), expected: shown(&schema.shape()) });
    }
    let start = bytes.len() - body.len();
    let mut parts = Vec::with_capacity(header.parts.len());
    for part in &header.parts {
        let range = range_of(part, body.len())
            .ok_or_else(|| TextError::corrupt(format!("part \"{}\" reaches beyond its end", part.name)))?;
        if body.get(range.clone()).map(crc32fast::hash) != Some(part.crc) {
            return Err(TextError::corrupt(format!("the checksum of part \"{}\" is wrong", part.name)));
        }
        parts.push((part.name.clone(), start + range.start..start + range.end));
    }
    Ok((header, parts))
}

fn range_of(part: &Part, within: usize) -> Option<std::ops::Range<usize>> {
    let start = usize::try_from(part.offset).ok()?;
    let end = start.checked_add(usize::try_from(part.len).ok()?)?;
    (end <= within).then_some(start..end)
}

fn shown(fields: &[(String, FieldKind)]) -> String {
    let fields: Vec<_> = fields.iter().map(|(name, kind)| format!("{name} ({kind:?})")).collect();
    fields.join(", ")
}

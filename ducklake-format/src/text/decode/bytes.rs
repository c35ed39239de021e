//! Blobs and uuids from text.

use std::borrow::Cow;

use super::Parsed;
use crate::{FormatError, LakeType};

/// A blob in display form: ASCII characters, and `\xHH` for any byte.
pub(super) fn parse_blob(text: &str) -> Parsed<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        rest = match (first, tail) {
            (b'\\', [b'x' | b'X', high, low, tail @ ..]) => {
                bytes.push(hex_byte(*high, *low).ok_or("\\x is not followed by two hex digits")?);
                tail
            }
            (b'\\', _) => return Err("a backslash in a blob starts \\xHH"),
            (0x80.., _) => return Err("a blob's text is ASCII"),
            _ => {
                bytes.push(*first);
                tail
            }
        };
    }
    Ok(bytes)
}

/// A blob as statistics hold it: hex digits, two for a byte, without a prefix (DuckLake spec, column
/// statistics). The bound may be cut short, so it bounds values and need not be one.
///
/// # Errors
/// [`FormatError::InvalidValue`] for anything else.
pub fn decode_hex_blob(text: &str) -> Result<Vec<u8>, FormatError> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let bytes = pairs.iter().map(|[high, low]| hex_byte(*high, *low)).collect::<Option<Vec<u8>>>();
    match bytes {
        Some(bytes) if rest.is_empty() => Ok(bytes),
        _ => Err(FormatError::invalid_value(text, LakeType::Blob, "expected pairs of hex digits")),
    }
}

fn hex_byte(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
    Some(digit(high)? << 4 | digit(low)?)
}

/// A uuid in lower case with hyphens.
pub(super) fn canonical_uuid(text: &str) -> Parsed<Cow<'_, str>> {
    let uuid = uuid::Uuid::parse_str(text.trim_ascii()).map_err(|_| "not a uuid")?;
    Ok(Cow::Owned(uuid.hyphenated().to_string()))
}

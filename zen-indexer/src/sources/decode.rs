//! Files as text, whatever their encoding.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use crate::sources::error::SourceError;

/// More than this is not read of one file.
pub const MAX_TEXT_BYTES: u64 = 64 << 20;

/// A file as text. Beside it the name of its encoding, where that is not UTF-8; then the text may have lost characters.
///
/// Only a file that cannot be read is an error, one in no known encoding is not.
pub fn read_text(path: &Path) -> Result<(String, Option<&'static str>), SourceError> {
    let file = File::open(path).map_err(SourceError::io("open", path))?;
    let mut bytes = Vec::new();
    file.take(MAX_TEXT_BYTES).read_to_end(&mut bytes).map_err(SourceError::io("read", path))?;
    Ok(decode(bytes))
}

/// The same for bytes.
#[must_use]
pub fn decode(bytes: Vec<u8>) -> (String, Option<&'static str>) {
    if let Some((encoding, mark)) = Encoding::for_bom(&bytes) {
        if encoding != UTF_8 {
            return decode_in(&bytes[mark..], encoding);
        }
        return match std::str::from_utf8(&bytes[mark..]) {
            Ok(text) => (text.to_owned(), None),
            Err(_) => decode_in(&bytes[mark..], UTF_8),
        };
    }
    let bytes = match String::from_utf8(bytes) {
        Ok(text) if looks_like_utf16(text.as_bytes()).is_none() => return (text, None),
        Ok(text) => text.into_bytes(),
        Err(error) => error.into_bytes(),
    };
    if let Some(encoding) = looks_like_utf16(&bytes) {
        return decode_in(&bytes, encoding);
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(&bytes, true);
    decode_in(&bytes, detector.guess(None, Utf8Detection::Allow))
}

fn decode_in(bytes: &[u8], encoding: &'static Encoding) -> (String, Option<&'static str>) {
    let (text, _) = encoding.decode_without_bom_handling(bytes);
    (text.into_owned(), Some(encoding.name()))
}

/// UTF-16 without a mark: in what is mostly ASCII every second byte is zero.
fn looks_like_utf16(bytes: &[u8]) -> Option<&'static Encoding> {
    let sample = &bytes[..bytes.len().min(4096) & !1];
    if sample.len() < 8 {
        return None;
    }
    let zeros = |from: usize| sample.iter().skip(from).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd, half) = (zeros(0), zeros(1), sample.len() / 2);
    if odd * 10 >= half * 7 && even * 20 <= half {
        Some(UTF_16LE)
    } else if even * 10 >= half * 7 && odd * 20 <= half {
        Some(UTF_16BE)
    } else {
        None
    }
}

/// Whether these first bytes of a file are no text's.
pub(crate) fn is_binary(sample: &[u8]) -> bool {
    if Encoding::for_bom(sample).is_some() || looks_like_utf16(sample).is_some() {
        return false;
    }
    sample.contains(&0) || sample.starts_with(b"%PDF-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(bytes: &[u8]) -> (String, Option<&'static str>) {
        decode(bytes.to_vec())
    }

    #[test]
    fn every_encoding_becomes_text() {
        assert_eq!(text_of("plain ü".as_bytes()), ("plain ü".to_owned(), None));
        assert_eq!(text_of(b""), (String::new(), None));
        assert_eq!(text_of(b"\xef\xbb\xbfmarked"), ("marked".to_owned(), None));
        let little: Vec<u8> = "class A {}\nü".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = "class A {}\nü".encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(text_of(&little), ("class A {}\nü".to_owned(), Some("UTF-16LE")));
        assert_eq!(text_of(&big), ("class A {}\nü".to_owned(), Some("UTF-16BE")));
        let marked = [b"\xff\xfe".as_slice(), &little].concat();
        assert_eq!(text_of(&marked), ("class A {}\nü".to_owned(), Some("UTF-16LE")));
        let (text, encoding) = text_of(b"# Stra\xdfe, gr\xf6\xdfer, sch\xf6n\n");
        assert!(text.contains("Straße, größer") && encoding.is_some(), "{text} {encoding:?}");
    }

    #[test]
    fn broken_text_is_still_text() {
        for bytes in [&b"\xff\xfe\x00"[..], b"\xef\xbb\xbf\xff\xff", b"\xc3", b"\xfe\xff\xd8\x00", b"a\0b\0c\xff"] {
            let _ = text_of(bytes);
        }
        let noise: Vec<u8> = (0..5000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        assert!(!text_of(&noise).0.is_empty());
    }

    #[test]
    fn binaries_are_told_from_text() {
        assert!(is_binary(b"\x7fELF\x02\x01\x01\0\0\0\0\0"));
        assert!(is_binary(b"%PDF-1.7 text"));
        assert!(!is_binary(b"text"));
        assert!(!is_binary(b""));
        let little: Vec<u8> = "class A {}".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert!(!is_binary(&little));
    }
}

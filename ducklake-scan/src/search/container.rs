//! The file of a segment: which rows of which data files it covers, and the index over them.
//!
//! | bytes | |
//! |---|---|
//! | 4 | `QLX1` |
//! | 4 | length of the header, little-endian |
//! | 4 | CRC-32 of the header |
//! | … | header, JSON, padded with spaces so that the payload starts at a multiple of 64 |
//! | … | payload: what `ducklake-vector` or `ducklake-text` made of the rows |
//!
//! In encrypted lakes all of it is sealed: `QLXE`, a nonce of 12 bytes, then the above by AES-256-GCM with the index's key.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::{BufMut, Bytes, BytesMut};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};
use serde::{Deserialize, Serialize};

const PLAIN: [u8; 4] = *b"QLX1";
const SEALED: [u8; 4] = *b"QLXE";
/// Bytes before the header.
const PREFIX: usize = 12;
/// What payloads are aligned to.
const ALIGNMENT: usize = 64;
const NONCE: usize = 12;
/// A header is a list of files: more than this is none.
const MAX_HEADER: usize = 256 << 20;
/// So much is read of a file to get its header; nearly all fit.
pub(super) const FIRST_READ: u64 = 16 << 10;

/// Why a segment's file cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ContainerError {
    /// Not a segment, or cut off.
    #[error("it is not a segment of an index, or only a part of one")]
    NotASegment,
    /// Made by a program that knows more.
    #[error("it was made by a newer version")]
    Newer,
    /// Bytes changed.
    #[error("its bytes are not what was written")]
    Corrupted,
    /// An encrypted segment without the right key.
    #[error("it cannot be decrypted with the key of the index")]
    Key,
}

/// What a segment covers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Header {
    /// Layout of the header; 1.
    pub(crate) version: u32,
    /// The index's uuid.
    pub(crate) index: String,
    /// Rows of data files, one after another: a row's number counts through them.
    pub(crate) pieces: Vec<Piece>,
    /// Bytes of the payload.
    pub(crate) payload: u64,
    /// CRC-32 of the payload.
    pub(crate) crc32: u32,
}

/// Consecutive rows of one data file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Piece {
    /// The data file, relative to the lake's data path where it is below it.
    pub(crate) file: String,
    /// Position of the first row.
    pub(crate) start: u64,
    /// How many rows.
    pub(crate) rows: u32,
}

impl Header {
    /// Rows of all pieces.
    pub(crate) fn rows(&self) -> u64 {
        self.pieces.iter().map(|piece| u64::from(piece.rows)).sum()
    }
}

/// A header that was read from the beginning of a file.
#[derive(Debug)]
pub(super) enum Beginning {
    /// It is whole.
    Header(Header),
    /// So many bytes of the file are needed, `None` for all.
    Needs(Option<u64>),
}

/// Puts a segment's file together.
pub(super) fn write(
    index: &str,
    pieces: Vec<Piece>,
    payload: &[u8],
    key: Option<&str>,
) -> Result<Bytes, ContainerError> {
    let header = Header {
        version: 1,
        index: index.to_string(),
        pieces,
        payload: payload.len() as u64,
        crc32: crc32fast::hash(payload),
    };
    // A struct of numbers and strings always becomes JSON.
    let mut header = serde_json::to_vec(&header).map_err(|_| ContainerError::NotASegment)?;
    header.resize((PREFIX + header.len()).next_multiple_of(ALIGNMENT) - PREFIX, b' ');
    let mut bytes = BytesMut::with_capacity(PREFIX + header.len() + payload.len());
    bytes.put_slice(&PLAIN);
    bytes.put_u32_le(u32::try_from(header.len()).map_err(|_| ContainerError::NotASegment)?);
    bytes.put_u32_le(crc32fast::hash(&header));
    bytes.put_slice(&header);
    bytes.put_slice(payload);
    match key {
        None => Ok(bytes.freeze()),
        Some(key) => seal(&bytes, key),
    }
}

/// The header, as far as these first bytes of a file of `size` bytes have it.
pub(super) fn beginning(bytes: &Bytes, size: u64, key: Option<&str>) -> Result<Beginning, ContainerError> {
    let opened;
    let plain: &[u8] = if bytes.starts_with(&SEALED) {
        if (bytes.len() as u64) < size {
            return Ok(Beginning::Needs(None));
        }
        opened = open_sealed(bytes, key)?;
        &opened
    } else {
        bytes
    };
    let (length, crc) = prefix(plain)?;
    let Some(header) = plain.get(PREFIX..PREFIX + length) else {
        let needed = (PREFIX + length) as u64;
        return if needed <= size { Ok(Beginning::Needs(Some(needed))) } else { Err(ContainerError::NotASegment) };
    };
    Ok(Beginning::Header(parse(header, crc)?))
}

/// The header and the payload of a whole file. Both are what was written, or this fails.
pub(super) fn read(bytes: Bytes, key: Option<&str>) -> Result<(Header, Bytes), ContainerError> {
    let bytes = if bytes.starts_with(&SEALED) { open_sealed(&bytes, key)? } else { bytes };
    let (length, crc) = prefix(&bytes)?;
    let header = parse(bytes.get(PREFIX..PREFIX + length).ok_or(ContainerError::NotASegment)?, crc)?;
    let payload = bytes.slice(PREFIX + length..);
    if payload.len() as u64 != header.payload || crc32fast::hash(&payload) != header.crc32 {
        return Err(ContainerError::Corrupted);
    }
    Ok((header, payload))
}

/// The header's length and checksum.
fn prefix(bytes: &[u8]) -> Result<(usize, u32), ContainerError> {
    let word = |at: usize| bytes.get(at..at + 4).and_then(|word| word.try_into().ok()).map(u32::from_le_bytes);
    if bytes.get(..3) == PLAIN.get(..3) && bytes.get(3) > PLAIN.last() && bytes.get(3).is_some_and(u8::is_ascii_digit) {
        return Err(ContainerError::Newer);
    }
    match (bytes.starts_with(&PLAIN), word(4), word(8)) {
        (true, Some(length), Some(crc)) if length as usize <= MAX_HEADER => Ok((length as usize, crc)),
        _ => Err(ContainerError::NotASegment),
    }
}

fn parse(header: &[u8], crc: u32) -> Result<Header, ContainerError> {
    if crc32fast::hash(header) != crc {
        return Err(ContainerError::Corrupted);
    }
    let header: Header = serde_json::from_slice(header).map_err(|_| ContainerError::Newer)?;
    if header.version == 1 { Ok(header) } else { Err(ContainerError::Newer) }
}

fn cipher(key: Option<&str>) -> Result<LessSafeKey, ContainerError> {
    let key = key.and_then(|key| STANDARD.decode(key).ok()).ok_or(ContainerError::Key)?;
    Ok(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &key).map_err(|_| ContainerError::Key)?))
}

fn seal(plain: &[u8], key: &str) -> Result<Bytes, ContainerError> {
    let cipher = cipher(Some(key))?;
    let mut nonce = [0; NONCE];
    SystemRandom::new().fill(&mut nonce).map_err(|_| ContainerError::Key)?;
    let mut bytes = Vec::with_capacity(SEALED.len() + NONCE + plain.len() + AES_256_GCM.tag_len());
    bytes.extend_from_slice(&SEALED);
    bytes.extend_from_slice(&nonce);
    let start = bytes.len();
    bytes.extend_from_slice(plain);
    let tag = cipher
        .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut bytes[start..])
        .map_err(|_| ContainerError::Key)?;
    bytes.extend_from_slice(tag.as_ref());
    Ok(bytes.into())
}

fn open_sealed(bytes: &Bytes, key: Option<&str>) -> Result<Bytes, ContainerError> {
    let cipher = cipher(key)?;
    let start = SEALED.len() + NONCE;
    let nonce = bytes.get(SEALED.len()..start).ok_or(ContainerError::NotASegment)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| ContainerError::NotASegment)?;
    let mut sealed = bytes.get(start..).ok_or(ContainerError::NotASegment)?.to_vec();
    let length = cipher.open_in_place(nonce, Aad::empty(), &mut sealed).map_err(|_| ContainerError::Key)?.len();
    sealed.truncate(length);
    Ok(sealed.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

    fn pieces() -> Vec<Piece> {
        vec![
            Piece { file: "main/t/a.parquet".into(), start: 0, rows: 3 },
            Piece { file: "main/t/ö.parquet".into(), start: 1 << 20, rows: 7 },
        ]
    }

    #[test]
    fn what_is_written_is_read() {
        for key in [None, Some(KEY)] {
            let file = write("u", pieces(), b"payload", key).unwrap();
            let (header, payload) = read(file.clone(), key).unwrap();
            assert_eq!((header.pieces.clone(), header.rows(), &payload[..]), (pieces(), 10, &b"payload"[..]));
            let Beginning::Header(first) = beginning(&file, file.len() as u64, key).unwrap() else { panic!() };
            assert_eq!(first, header);
        }
        let plain = write("u", pieces(), b"payload", None).unwrap();
        assert_eq!((plain.len() - 7) % ALIGNMENT, 0);
        let size = plain.len() as u64;
        let Beginning::Needs(Some(needed)) = beginning(&plain.slice(..20), size, None).unwrap() else { panic!() };
        assert!(matches!(beginning(&plain.slice(..needed as usize), size, None), Ok(Beginning::Header(_))));
    }

    #[test]
    fn keys_and_versions() {
        let sealed = write("u", pieces(), b"payload", Some(KEY)).unwrap();
        assert!(!sealed.windows(4).any(|w| w == b"main"));
        assert!(matches!(read(sealed.clone(), None), Err(ContainerError::Key)));
        assert!(matches!(read(sealed.clone(), Some("AAAA")), Err(ContainerError::Key)));
        assert!(matches!(beginning(&sealed.slice(..64), sealed.len() as u64, Some(KEY)), Ok(Beginning::Needs(None))));
        let mut newer = write("u", pieces(), b"payload", None).unwrap().to_vec();
        newer[3] = b'2';
        assert!(matches!(read(newer.into(), None), Err(ContainerError::Newer)));
        assert!(matches!(read(Bytes::from_static(b"PAR1"), None), Err(ContainerError::NotASegment)));
    }

    proptest! {
        #[test]
        fn a_changed_byte_is_noticed(at in any::<prop::sample::Index>(), bit in 0..8_u32, sealed: bool) {
            let key = sealed.then_some(KEY);
            let mut file = write("u", pieces(), b"payload of some bytes", key).unwrap().to_vec();
            let at = at.index(file.len());
            file[at] ^= 1 << bit;
            prop_assert!(read(file.into(), key).is_err());
        }

        #[test]
        fn a_part_is_noticed(length in any::<prop::sample::Index>(), sealed: bool) {
            let key = sealed.then_some(KEY);
            let file = write("u", pieces(), b"payload of some bytes", key).unwrap();
            prop_assert!(read(file.slice(..length.index(file.len())), key).is_err());
        }
    }
}

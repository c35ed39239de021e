//! The three header pages at the start of a database file.

use bytes::Bytes;

use crate::checksum::checksum;
use crate::error::{Error, Result};
use crate::source::ByteSource;

const PAGE: usize = 4096;
/// Where block 0 begins.
pub(crate) const BLOCKS_START: u64 = 3 * PAGE as u64;
/// A pointer that points nowhere.
pub(crate) const NONE: u64 = u64::MAX;
const DEFAULT_BLOCK_SIZE: u64 = 262_144;
const MIN_BLOCK_SIZE: u64 = 16_384;
const VECTOR_SIZE: u64 = 2048;
/// DuckDB 2.0 writes this into the main header and its real storage version into the database headers.
const VERSION_ELSEWHERE: u64 = 999;

/// What the header pages say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    /// 64 to 69.
    pub storage_version: u64,
    /// The release that created the file.
    pub library_version: String,
    /// Ties a write-ahead log to the file; zero before storage version 67.
    pub database_id: [u8; 16],
    /// Counts checkpoints.
    pub iteration: u64,
    /// Where the catalog is, or [`NONE`].
    pub meta_block: u64,
    /// Bytes of a block, checksum included.
    pub block_size: usize,
}

impl Header {
    pub(crate) fn read(source: &dyn ByteSource) -> Result<Self> {
        let length = source.size().map_err(unreadable)?;
        // What is no DuckDB file is told by its first bytes, if there are as many.
        if length >= 12 {
            let start = source.read_at(0, 12).map_err(unreadable)?;
            if &start[8..] != b"DUCK" {
                return Err(Error::NotDuckDb { reason: "its bytes 8 to 11 are not 'DUCK'".into() });
            }
        }
        if length < BLOCKS_START {
            let reason = format!("it is {length} bytes long, the header alone takes {BLOCKS_START}");
            return Err(Error::NotDuckDb { reason });
        }
        Self::parse(&source.read_at(0, 3 * PAGE).map_err(unreadable)?)
    }

    fn parse(pages: &Bytes) -> Result<Self> {
        let main = Page::checked(pages, 0)?;
        if main.u64(20) & 1 != 0 {
            return Err(Error::Encrypted);
        }
        let library_version = main.text(52, 32);
        let version = main.u64(12);
        let refused = |version| Error::StorageVersion { version, library: library_version.clone() };
        if !(64..=68).contains(&version) && version != VERSION_ELSEWHERE {
            return Err(refused(version));
        }
        let (first, second) = (Page::checked(pages, 1)?, Page::checked(pages, 2)?);
        let active = if first.u64(8) > second.u64(8) { first } else { second };
        let storage_version = if version == VERSION_ELSEWHERE { active.u64(56) } else { version };
        if version == VERSION_ELSEWHERE && storage_version != 69 {
            return Err(refused(storage_version));
        }
        let block_size = match active.u64(40) {
            0 => DEFAULT_BLOCK_SIZE,
            size if size.is_power_of_two() && (MIN_BLOCK_SIZE..=DEFAULT_BLOCK_SIZE).contains(&size) => size,
            size => return Err(Error::corrupt(format!("block size {size}")).at("database header")),
        };
        if !matches!(active.u64(48), 0 | VECTOR_SIZE) {
            let what = format!("a vector size of {}", active.u64(48));
            return Err(Error::unsupported(what, "only builds of DuckDB with vectors of 2048 rows are supported"));
        }
        let mut database_id = [0; 16];
        database_id.copy_from_slice(&main.0[124..140]);
        Ok(Self {
            storage_version,
            library_version,
            database_id,
            iteration: active.u64(8),
            meta_block: active.u64(16),
            block_size: block_size as usize,
        })
    }

    /// Whether write-ahead logs name their database and iteration.
    pub(crate) fn identifies_wal(&self) -> bool {
        self.storage_version >= 67
    }
}

/// The length was checked, so an early end is the work of a writer.
fn unreadable(source: std::io::Error) -> Error {
    match source.kind() {
        std::io::ErrorKind::UnexpectedEof => Error::Modified,
        _ => Error::Io { file: "database file", source },
    }
}

/// A page of [`PAGE`] bytes.
#[derive(Clone, Copy)]
struct Page<'a>(&'a [u8]);

impl<'a> Page<'a> {
    fn checked(pages: &'a [u8], number: usize) -> Result<Self> {
        let page = Self(&pages[number * PAGE..(number + 1) * PAGE]);
        if page.u64(0) != checksum(&page.0[8..]) {
            return Err(Error::BadChecksum { place: format!("header page {number}") });
        }
        Ok(page)
    }

    fn u64(self, offset: usize) -> u64 {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&self.0[offset..offset + 8]);
        u64::from_le_bytes(bytes)
    }

    fn text(self, offset: usize, length: usize) -> String {
        let bytes = &self.0[offset..offset + length];
        let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(length);
        bytes[..end].iter().filter(|byte| byte.is_ascii_graphic()).map(|byte| char::from(*byte)).collect()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Header pages as a new database has them.
    pub(crate) fn pages(version: u64, change: impl FnOnce(&mut [u8])) -> Bytes {
        let mut bytes = vec![0; 3 * PAGE];
        bytes[8..12].copy_from_slice(b"DUCK");
        bytes[12..20].copy_from_slice(&version.to_le_bytes());
        bytes[52..58].copy_from_slice(b"v1.5.5");
        for (page, iteration) in [(1, 1_u64), (2, 0)] {
            bytes[page * PAGE + 8..page * PAGE + 16].copy_from_slice(&iteration.to_le_bytes());
            bytes[page * PAGE + 16..page * PAGE + 24].copy_from_slice(&NONE.to_le_bytes());
        }
        change(&mut bytes);
        for page in bytes.chunks_mut(PAGE) {
            let sum = checksum(&page[8..]);
            page[..8].copy_from_slice(&sum.to_le_bytes());
        }
        bytes.into()
    }

    #[test]
    fn new_database() {
        let header = Header::read(&pages(64, |_| ())).unwrap();
        assert_eq!((header.iteration, header.meta_block, header.block_size), (1, NONE, 262_144));
        assert_eq!((header.library_version.as_str(), header.storage_version), ("v1.5.5", 64));
    }

    #[test]
    fn higher_iteration_is_active() {
        let header = Header::read(&pages(68, |bytes| bytes[2 * PAGE + 8] = 7)).unwrap();
        assert_eq!(header.iteration, 7);
    }

    #[test]
    fn versions() {
        for version in [0, 63, 69, 70, 998, 1000] {
            let error = Header::read(&pages(version, |_| ())).unwrap_err();
            assert!(matches!(error, Error::StorageVersion { version: v, .. } if v == version), "{error}");
        }
        let error = Header::read(&pages(999, |bytes| bytes[PAGE + 56] = 70)).unwrap_err();
        assert!(error.to_string().contains("storage version 70, written by DuckDB v1.5.5"), "{error}");
        let header = Header::read(&pages(999, |bytes| bytes[PAGE + 56] = 69)).unwrap();
        assert_eq!(header.storage_version, 69);
    }

    #[test]
    fn refused() {
        let mut flipped = pages(64, |_| ()).to_vec();
        flipped[2 * PAGE + 100] ^= 1;
        let error = Header::read(&Bytes::from(flipped)).unwrap_err();
        assert!(error.to_string().contains("header page 2"), "{error}");
        let error = Header::read(&pages(67, |bytes| bytes[20] = 1)).unwrap_err();
        assert!(matches!(error, Error::Encrypted));
        for short in
            [Bytes::new(), Bytes::from_static(b"PAR1"), Bytes::from(vec![0; 20_000]), pages(64, |_| ()).slice(..5000)]
        {
            assert!(matches!(Header::read(&short), Err(Error::NotDuckDb { .. })));
        }
        for (at, value) in [(PAGE + 41, 0x30), (PAGE + 48, 1)] {
            assert!(Header::read(&pages(64, |bytes| bytes[at] = value)).is_err());
        }
    }
}

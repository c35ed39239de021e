//! Decryption of Parquet files, as DuckLake writes them and as the Parquet standard does.
//!
//! Both encrypt *modules* (the footer, each page header, each page body) with AES-GCM. A module is a 4-byte little-endian
//! length of the rest, a 12-byte nonce, the ciphertext and a 16-byte tag. The standard authenticates with every module a
//! text that names its place in the file; DuckLake leaves that text empty for every module (DuckLake spec, encryption),
//! which is why the parquet crate's own decryption cannot read its files.
//!
//! A decrypted page is 64 bytes shorter than what is on disk: two modules, 32 bytes each. The difference goes into the
//! page's header as a field that readers skip, so every page and every chunk keeps its place and length, and the offsets
//! in the footer hold for the decrypted bytes too.

use std::ops::Range;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use parquet::file::metadata::ParquetMetaData;
use ring::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::digest::{SHA256, digest};

use super::compact::{Input, Malformed, WireType, put_page_header};
use super::error::ParquetFileError;

const LENGTH_LEN: usize = 4;
const TAG_LEN: usize = 16;
/// What encryption adds to a module.
const MODULE_OVERHEAD: usize = LENGTH_LEN + NONCE_LEN + TAG_LEN;

/// Why a text is not a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileKeyError {
    /// The text is not base64.
    #[error("the encryption key in the catalog is not valid base64")]
    NotBase64,
    /// No AES key has that length, or the library does not offer it.
    #[error("the encryption key in the catalog has {0} bytes; AES keys of 16 or 32 bytes are supported")]
    Length(usize),
}

/// The key of one encrypted file. Its debug form does not show it.
pub struct FileKey {
    key: LessSafeKey,
    digest: [u8; 32],
}

impl FileKey {
    /// Reads a key as `encryption_key` of the catalog holds it.
    ///
    /// # Errors
    /// If the text is not base64, or not of 16 or 32 bytes.
    pub fn from_base64(text: &str) -> Result<Self, FileKeyError> {
        let bytes = STANDARD.decode(text).map_err(|_| FileKeyError::NotBase64)?;
        let algorithm = match bytes.len() {
            16 => &AES_128_GCM,
            32 => &AES_256_GCM,
            other => return Err(FileKeyError::Length(other)),
        };
        let key = UnboundKey::new(algorithm, &bytes).map_err(|_| FileKeyError::Length(bytes.len()))?;
        let mut fingerprint = [0; 32];
        fingerprint.copy_from_slice(digest(&SHA256, &bytes).as_ref());
        Ok(Self { key: LessSafeKey::new(key), digest: fingerprint })
    }

    /// Whether both are the same key.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.digest == other.digest
    }

    /// Decrypts `nonce + ciphertext + tag`, appends the plaintext to `out` and returns its length. Leaves `out` as it was
    /// if the module does not authenticate.
    fn open(&self, module: &[u8], aad: &[u8], out: &mut Vec<u8>) -> Result<usize, NotAuthentic> {
        let (nonce, sealed) = module.split_at_checked(NONCE_LEN).ok_or(NotAuthentic)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| NotAuthentic)?;
        let start = out.len();
        out.extend_from_slice(sealed);
        let opened = self.key.open_in_place(nonce, Aad::from(aad), &mut out[start..]).map(|plain| plain.len());
        out.truncate(start + opened.as_ref().copied().unwrap_or(0));
        opened.map_err(|_| NotAuthentic)
    }
}

impl std::fmt::Debug for FileKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FileKey").field("algorithm", self.key.algorithm()).finish_non_exhaustive()
    }
}

/// The module was made with another key, for another place, or was changed.
struct NotAuthentic;

/// The text authenticated with each module.
#[derive(Debug)]
enum Authentication {
    /// DuckLake: nothing.
    Empty,
    /// The Parquet standard: this prefix (file identity), the module's kind, and its ordinals.
    Standard(Vec<u8>),
}

/// Kinds of modules, numbers of the Parquet standard.
#[derive(Clone, Copy)]
enum Module {
    Footer = 0,
    DataPage = 2,
    DictionaryPage = 3,
    DataPageHeader = 4,
    DictionaryPageHeader = 5,
}

impl Authentication {
    /// `ordinals`: row group, column, and page for the modules of data pages.
    fn text(&self, module: Module, ordinals: &[i16]) -> Vec<u8> {
        match self {
            Self::Empty => vec![],
            Self::Standard(file) => {
                let mut text = file.clone();
                text.push(module as u8);
                ordinals.iter().for_each(|ordinal| text.extend_from_slice(&ordinal.to_le_bytes()));
                text
            }
        }
    }
}

/// A footer after decryption.
pub(super) struct OpenFooter {
    /// Thrift bytes of the file's metadata.
    pub(super) plain: Vec<u8>,
    authentication: Authentication,
}

/// Decrypts the footer of a file that ends in `PARE`. `footer`: what stands before the final length and magic, that is the
/// plain crypto metadata and the encrypted metadata.
pub(super) fn open_footer(path: &Arc<str>, key: &FileKey, footer: &[u8]) -> Result<OpenFooter, ParquetFileError> {
    let corrupt = |detail: &str| ParquetFileError::corrupt(path, detail);
    let mut input = Input::new(footer);
    let algorithm = read_crypto_metadata(&mut input)
        .map_err(|Malformed| corrupt("the crypto metadata before the footer does not decode"))?;
    let unsupported =
        |detail: &str| ParquetFileError::UnsupportedEncryption { path: path.clone(), detail: detail.into() };
    let file_identity = match algorithm {
        Algorithm::GcmCtr => return Err(unsupported("AES_GCM_CTR_V1 (only AES_GCM_V1 is read)")),
        Algorithm::Unknown => {
            return Err(unsupported("an algorithm unknown to this version (only AES_GCM_V1 is read)"));
        }
        Algorithm::Gcm { supply_prefix: true, .. } => {
            return Err(unsupported("the file expects a caller-supplied AAD prefix, which a lake has no place for"));
        }
        Algorithm::Gcm { prefix, unique, .. } => [prefix, unique].concat(),
    };

    let sealed = &footer[input.position()..];
    let (module, rest) = split_module(sealed).ok_or_else(|| corrupt("the encrypted footer is cut short"))?;
    // A signed plaintext footer would have a signature here; an encrypted one has nothing.
    if !rest.is_empty() {
        return Err(corrupt("stray bytes after the encrypted footer"));
    }
    for authentication in [Authentication::Empty, Authentication::Standard(file_identity)] {
        let mut plain = vec![];
        if key.open(module, &authentication.text(Module::Footer, &[]), &mut plain).is_ok() {
            return Ok(OpenFooter { plain, authentication });
        }
    }
    Err(ParquetFileError::WrongKey { path: path.clone() })
}

enum Algorithm<'a> {
    Gcm { prefix: &'a [u8], unique: &'a [u8], supply_prefix: bool },
    GcmCtr,
    Unknown,
}

/// `FileCryptoMetaData`: 1 the algorithm (a union: 1 AES_GCM_V1, 2 AES_GCM_CTR_V1), 2 metadata about keys, which a lake
/// does not need.
fn read_crypto_metadata<'a>(input: &mut Input<'a>) -> Result<Algorithm<'a>, Malformed> {
    let mut algorithm = Algorithm::Unknown;
    input.fields(|input, id, wire| match (id, wire) {
        (1, WireType::STRUCT) => input.fields(|input, id, wire| match (id, wire) {
            (1, WireType::STRUCT) => {
                algorithm = read_gcm(input)?;
                Ok(())
            }
            (2, _) => {
                algorithm = Algorithm::GcmCtr;
                input.skip(wire)
            }
            _ => input.skip(wire),
        }),
        _ => input.skip(wire),
    })?;
    Ok(algorithm)
}

fn read_gcm<'a>(input: &mut Input<'a>) -> Result<Algorithm<'a>, Malformed> {
    let (mut prefix, mut unique, mut supply_prefix): (&[u8], &[u8], bool) = (&[], &[], false);
    input.fields(|input, id, wire| {
        match (id, wire) {
            (1, WireType::BINARY) => prefix = input.binary()?,
            (2, WireType::BINARY) => unique = input.binary()?,
            (3, WireType::TRUE) => supply_prefix = true,
            _ => input.skip(wire)?,
        }
        Ok::<_, Malformed>(())
    })?;
    Ok(Algorithm::Gcm { prefix, unique, supply_prefix })
}

/// Splits a module off: `nonce + ciphertext + tag`, and what follows.
fn split_module(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<LENGTH_LEN>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    if length < NONCE_LEN + TAG_LEN {
        return None;
    }
    rest.split_at_checked(length)
}

/// How a column chunk is encrypted, according to its `crypto_metadata`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ColumnCrypto {
    Absent,
    FooterKey,
    ColumnKey,
}

/// Finds each chunk's `crypto_metadata`, which the footer decoder drops: `FileMetaData` 4 row groups, each 1 columns, each
/// 8 a union of 1 (footer key) and 2 (own key).
fn read_column_crypto(footer: &[u8]) -> Result<Vec<Vec<ColumnCrypto>>, Malformed> {
    let mut groups = vec![];
    Input::new(footer).fields(|input, id, wire| {
        if (id, wire) != (4, WireType::LIST) {
            return input.skip(wire);
        }
        each_struct(input, |input| {
            let mut columns = vec![];
            input.fields(|input, id, wire| {
                if (id, wire) != (1, WireType::LIST) {
                    return input.skip(wire);
                }
                each_struct(input, |input| {
                    let mut crypto = ColumnCrypto::Absent;
                    input.fields(|input, id, wire| {
                        if (id, wire) != (8, WireType::STRUCT) {
                            return input.skip(wire);
                        }
                        input.fields(|input, id, wire| {
                            crypto = if id == 1 { ColumnCrypto::FooterKey } else { ColumnCrypto::ColumnKey };
                            input.skip(wire)
                        })
                    })?;
                    columns.push(crypto);
                    Ok(())
                })
            })?;
            groups.push(columns);
            Ok(())
        })
    })?;
    Ok(groups)
}

fn each_struct<'a>(
    input: &mut Input<'a>,
    mut visit: impl FnMut(&mut Input<'a>) -> Result<(), Malformed>,
) -> Result<(), Malformed> {
    let (element, len) = input.list()?;
    if len > 0 && element != WireType::STRUCT {
        return Err(Malformed);
    }
    (0..len).try_for_each(|_| visit(input))
}

/// Refuses a footer with columns that have keys of their own: a lake stores one key for a file. Such columns have no
/// readable metadata either, so this comes before decoding.
pub(super) fn check_column_keys(path: &Arc<str>, footer: &OpenFooter) -> Result<(), ParquetFileError> {
    let groups = read_column_crypto(&footer.plain)
        .map_err(|Malformed| ParquetFileError::corrupt(path, "the decrypted footer does not decode"))?;
    if groups.iter().flatten().any(|crypto| *crypto == ColumnCrypto::ColumnKey) {
        return Err(ParquetFileError::UnsupportedEncryption {
            path: path.clone(),
            detail: "columns with keys of their own (a lake stores one key for a file)".into(),
        });
    }
    Ok(())
}

/// Whether a plain footer belongs to a file with encrypted columns, the standard's signed mode: `FileMetaData` 8 names
/// the algorithm.
pub(super) fn has_encrypted_columns(footer: &[u8]) -> bool {
    let mut found = false;
    let walked = Input::new(footer).fields(|input, id, wire| {
        found |= id == 8;
        input.skip(wire)
    });
    walked.is_ok() && found
}

/// One column chunk of an encrypted file.
#[derive(Debug)]
struct Chunk {
    range: Range<u64>,
    row_group: i16,
    column: i16,
    has_dictionary: bool,
    encrypted: bool,
}

/// Everything needed to decrypt any range of a file's column chunks.
#[derive(Debug)]
pub(super) struct FileCrypto {
    key: Arc<FileKey>,
    authentication: Authentication,
    /// By position in the file, without overlaps.
    chunks: Vec<Chunk>,
}

impl FileCrypto {
    /// `metadata`: decoded from `footer`, its chunk ranges already checked against the file's size.
    pub(super) fn new(
        path: &Arc<str>,
        key: Arc<FileKey>,
        footer: OpenFooter,
        metadata: &ParquetMetaData,
    ) -> Result<Self, ParquetFileError> {
        let corrupt = |detail: &str| ParquetFileError::corrupt(path, detail);
        let crypto =
            read_column_crypto(&footer.plain).map_err(|Malformed| corrupt("the decrypted footer does not decode"))?;
        let mut chunks = vec![];
        for (g, group) in metadata.row_groups().iter().enumerate() {
            let row_group = i16::try_from(g).map_err(|_| corrupt("too many row groups for an encrypted file"))?;
            for (c, column) in group.columns().iter().enumerate() {
                let (start, len) = column.byte_range();
                chunks.push(Chunk {
                    range: start..start.saturating_add(len),
                    row_group: group.ordinal().unwrap_or(row_group),
                    column: i16::try_from(c).map_err(|_| corrupt("too many columns for an encrypted file"))?,
                    has_dictionary: column.dictionary_page_offset().is_some(),
                    // DuckLake encrypts every chunk and marks none; the standard marks those it encrypts.
                    encrypted: match footer.authentication {
                        Authentication::Empty => true,
                        Authentication::Standard(_) => {
                            crypto.get(g).and_then(|columns| columns.get(c)) == Some(&ColumnCrypto::FooterKey)
                        }
                    },
                });
            }
        }
        chunks.retain(|chunk| !chunk.range.is_empty());
        chunks.sort_by_key(|chunk| chunk.range.start);
        if chunks.windows(2).any(|pair| pair[0].range.end > pair[1].range.start) {
            return Err(corrupt("column chunks overlap"));
        }
        Ok(Self { key, authentication: footer.authentication, chunks })
    }

    pub(super) fn key(&self) -> &FileKey {
        &self.key
    }

    /// Bytes this occupies in memory, roughly.
    pub(super) fn memory_size(&self) -> usize {
        size_of::<Self>() + self.chunks.capacity() * size_of::<Chunk>()
    }

    /// Chunks that share bytes with any of `ranges`, as indices into the file's chunks, ascending.
    fn touched(&self, ranges: &[Range<u64>]) -> Vec<usize> {
        let mut touched = vec![];
        for range in ranges.iter().filter(|range| !range.is_empty()) {
            let first = self.chunks.partition_point(|chunk| chunk.range.end <= range.start);
            let rest = self.chunks[first..].iter().take_while(|chunk| chunk.range.start < range.end);
            touched.extend((first..).zip(rest).map(|(index, _)| index));
        }
        touched.sort_unstable();
        touched.dedup();
        touched
    }

    /// What to fetch in order to answer a request for `ranges`: whole chunks, since a chunk decrypts from its beginning.
    pub(super) fn ranges_to_fetch(&self, ranges: &[Range<u64>]) -> Vec<Range<u64>> {
        self.touched(ranges).into_iter().map(|index| self.chunks[index].range.clone()).collect()
    }

    /// Answers a request for `ranges` from the bytes of [`Self::ranges_to_fetch`]. Bytes outside all chunks are zero:
    /// nothing there is readable, and the patched footer points to none of it.
    pub(super) fn decrypt(
        &self,
        path: &Arc<str>,
        ranges: &[Range<u64>],
        fetched: &[Bytes],
    ) -> Result<Vec<Bytes>, ParquetFileError> {
        let touched = self.touched(ranges);
        let plain = touched
            .iter()
            .zip(fetched)
            .map(|(index, bytes)| {
                let chunk = &self.chunks[*index];
                Ok((
                    &chunk.range,
                    if chunk.encrypted { self.decrypt_chunk(path, chunk, bytes)? } else { bytes.clone() },
                ))
            })
            .collect::<Result<Vec<_>, ParquetFileError>>()?;
        ranges.iter().map(|range| assemble(path, range, &plain)).collect()
    }

    fn decrypt_chunk(&self, path: &Arc<str>, chunk: &Chunk, bytes: &[u8]) -> Result<Bytes, ParquetFileError> {
        let mut out = Vec::with_capacity(bytes.len());
        let mut header = vec![];
        let mut rest = bytes;
        let mut page = 0_i16;
        let mut dictionary = chunk.has_dictionary;
        while !rest.is_empty() {
            let at = chunk.range.start + (bytes.len() - rest.len()) as u64;
            let corrupt = |detail: &str| {
                let place = format!("row group {}, column {}, page at offset {at}", chunk.row_group, chunk.column);
                ParquetFileError::corrupt(path, format!("{place}: {detail}"))
            };
            let (sealed_header, after) =
                split_module(rest).ok_or_else(|| corrupt("the encrypted page header is cut short"))?;
            let (sealed_body, after) = split_module(after).ok_or_else(|| corrupt("the encrypted page is cut short"))?;
            let ordinals = [chunk.row_group, chunk.column, page];
            let (kinds, ordinals) = if dictionary {
                ((Module::DictionaryPageHeader, Module::DictionaryPage), &ordinals[..2])
            } else {
                ((Module::DataPageHeader, Module::DataPage), &ordinals[..])
            };

            header.clear();
            self.key
                .open(sealed_header, &self.authentication.text(kinds.0, ordinals), &mut header)
                .map_err(|NotAuthentic| corrupt("the page header does not decrypt"))?;
            let body_len = sealed_body.len() - NONCE_LEN - TAG_LEN;
            let header_len = rest.len() - after.len() - body_len;
            debug_assert_eq!(header_len, header.len() + 2 * MODULE_OVERHEAD);
            put_page_header(&mut out, &header, body_len, header_len)
                .map_err(|Malformed| corrupt("the page header does not decode"))?;
            self.key
                .open(sealed_body, &self.authentication.text(kinds.1, ordinals), &mut out)
                .map_err(|NotAuthentic| corrupt("the page does not decrypt"))?;

            if !dictionary {
                page = page
                    .checked_add(1)
                    .or(matches!(self.authentication, Authentication::Empty).then_some(0))
                    .ok_or_else(|| corrupt("too many pages in one column chunk of an encrypted file"))?;
            }
            dictionary = false;
            rest = after;
        }
        debug_assert_eq!(out.len(), bytes.len());
        Ok(out.into())
    }
}

/// The bytes of `range`, from decrypted chunks in ascending order.
fn assemble(path: &Arc<str>, range: &Range<u64>, plain: &[(&Range<u64>, Bytes)]) -> Result<Bytes, ParquetFileError> {
    let too_long = || ParquetFileError::corrupt(path, "a byte range exceeds the address space");
    let index = |at: u64| usize::try_from(at).map_err(|_| too_long());
    if let Some((chunk, bytes)) = plain.iter().find(|(chunk, _)| chunk.start <= range.start && range.end <= chunk.end) {
        return Ok(bytes.slice(index(range.start - chunk.start)?..index(range.end - chunk.start)?));
    }
    let mut out = vec![0; index(range.end - range.start)?];
    for (chunk, bytes) in plain {
        let (from, to) = (chunk.start.max(range.start), chunk.end.min(range.end));
        if from < to {
            let part = &bytes[index(from - chunk.start)?..index(to - chunk.start)?];
            out[index(from - range.start)?..index(to - range.start)?].copy_from_slice(part);
        }
    }
    Ok(out.into())
}

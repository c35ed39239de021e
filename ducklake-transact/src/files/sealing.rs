//! Encryption in the form that DuckDB writes (DuckLake spec, "Encryption").
//!
//! It is that of the Parquet standard, AES-GCM under the footer's key, but nothing is authenticated besides the bytes
//! themselves. DuckDB 1.5 fails on standard files with texts, nested columns or pages of version 2, so this form is
//! what can be shared with it. The parquet crate cannot write it; but it hands out pages before they are placed, header
//! and body each by itself, which are exactly the pieces that are encrypted.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use parquet::arrow::arrow_writer::{InMemoryPageStore, PageKey, PageStore, PageStoreArgs, PageStoreFactory};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData, ParquetMetaDataWriter};
use ring::aead::{AES_128_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};

use super::error::WriteError;

/// First and last bytes of an encrypted file.
pub(super) const MAGIC: &[u8; 4] = b"PARE";
/// `FileCryptoMetaData`: AES_GCM_V1 with nothing to authenticate.
const CRYPTO_METADATA: [u8; 5] = [0x1c, 0x1c, 0, 0, 0];
/// What encryption adds to a piece: its length, a nonce, a tag.
const OVERHEAD: usize = 4 + NONCE_LEN + 16;

/// A new key, for one file.
struct FileKey {
    key: LessSafeKey,
    random: SystemRandom,
}

impl FileKey {
    /// Appends length, nonce, ciphertext and tag.
    fn seal(&self, plain: &[u8], out: &mut Vec<u8>) -> Result<()> {
        let failed = |_| ParquetError::General("encryption failed".to_string());
        let mut nonce = [0; NONCE_LEN];
        self.random.fill(&mut nonce).map_err(failed)?;
        let length = u32::try_from(plain.len() + OVERHEAD - 4)
            .map_err(|_| ParquetError::General("a page of 4 GiB cannot be encrypted".to_string()))?;
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&nonce);
        let start = out.len();
        out.extend_from_slice(plain);
        let nonce = Nonce::assume_unique_for_key(nonce);
        let tag = self.key.seal_in_place_separate_tag(nonce, Aad::empty(), &mut out[start..]).map_err(failed)?;
        out.extend_from_slice(tag.as_ref());
        Ok(())
    }
}

/// Encrypts a file: its pages as they are made, and its end.
pub(super) struct Sealing {
    key: Arc<FileKey>,
    /// The key in base64.
    text: String,
    /// Pieces of each column's chunk in the current row group.
    pieces: Mutex<Vec<Arc<AtomicUsize>>>,
}

impl fmt::Debug for Sealing {
    /// Without the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealing").finish_non_exhaustive()
    }
}

impl Sealing {
    /// With a new key.
    pub(super) fn new(path: &str) -> std::result::Result<Arc<Self>, WriteError> {
        let failed = |_| WriteError::Random { path: path.to_string() };
        let random = SystemRandom::new();
        let mut bytes = [0; 16];
        random.fill(&mut bytes).map_err(failed)?;
        let key = UnboundKey::new(&AES_128_GCM, &bytes).map_err(failed)?;
        let key = Arc::new(FileKey { key: LessSafeKey::new(key), random });
        Ok(Arc::new(Self { key, text: STANDARD.encode(bytes), pieces: Mutex::default() }))
    }

    /// The key as the catalog holds it.
    pub(super) fn key(&self) -> String {
        self.text.clone()
    }

    /// The metadata of a leaf column's chunk whose pages have been encrypted.
    pub(super) fn sealed_chunk(&self, column: usize, plain: &ColumnChunkMetaData) -> Result<ColumnChunkMetaData> {
        let pieces = self.pieces.lock().unwrap_or_else(PoisonError::into_inner);
        let pieces = pieces.get(column).map_or(0, |pieces| pieces.load(Ordering::Acquire));
        let size = plain.compressed_size() + (pieces * OVERHEAD) as i64;
        plain.clone().into_builder().set_total_compressed_size(size).build()
    }

    /// What stands at the end of a file: the metadata and what it takes to find and decrypt it.
    pub(super) fn end(&self, metadata: ParquetMetaData) -> Result<Vec<u8>> {
        let mut plain = Vec::new();
        ParquetMetaDataWriter::new(&mut plain, &corrected(metadata)?).finish()?;
        // Without its length and the magic of plain files.
        plain.truncate(plain.len().saturating_sub(8));
        let mut end = CRYPTO_METADATA.to_vec();
        self.key.seal(&plain, &mut end)?;
        let length = u32::try_from(end.len())
            .map_err(|_| ParquetError::General("metadata of 4 GiB cannot be written".to_string()))?;
        end.extend_from_slice(&length.to_le_bytes());
        end.extend_from_slice(MAGIC);
        Ok(end)
    }
}

/// The parquet crate places data pages behind the dictionary page as long as it was before it was encrypted.
fn corrected(metadata: ParquetMetaData) -> Result<ParquetMetaData> {
    let mut file = metadata.into_builder();
    for group in file.take_row_groups() {
        let mut group = group.into_builder();
        let columns = group.take_columns().into_iter().map(|column| match column.dictionary_page_offset() {
            Some(_) => {
                let offset = column.data_page_offset() + 2 * OVERHEAD as i64;
                column.into_builder().set_data_page_offset(offset).build()
            }
            None => Ok(column),
        });
        let columns = columns.collect::<Result<Vec<_>>>()?;
        file = file.add_row_group(group.set_column_metadata(columns).build()?);
    }
    Ok(file.build())
}

impl PageStoreFactory for Sealing {
    fn create(&self, args: &PageStoreArgs<'_>) -> Result<Box<dyn PageStore>> {
        let mut pieces = self.pieces.lock().unwrap_or_else(PoisonError::into_inner);
        let count = Arc::new(AtomicUsize::new(0));
        if pieces.len() <= args.column_index() {
            pieces.resize_with(args.column_index() + 1, Arc::default);
        }
        pieces[args.column_index()] = Arc::clone(&count);
        Ok(Box::new(SealedPages { key: Arc::clone(&self.key), count, store: InMemoryPageStore::default() }))
    }
}

/// The pages of a chunk, encrypted.
struct SealedPages {
    key: Arc<FileKey>,
    count: Arc<AtomicUsize>,
    store: InMemoryPageStore,
}

impl PageStore for SealedPages {
    fn put(&mut self, piece: Bytes) -> Result<PageKey> {
        let mut sealed = Vec::with_capacity(piece.len() + OVERHEAD);
        self.key.seal(&piece, &mut sealed)?;
        self.count.fetch_add(1, Ordering::AcqRel);
        self.store.put(sealed.into())
    }

    fn take(&mut self, key: PageKey) -> Result<Bytes> {
        self.store.take(key)
    }

    fn memory_size(&self) -> usize {
        self.store.memory_size()
    }
}

//! The reader DataFusion opens each file with.

use std::ops::Range;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use datafusion::common::Result as DataFusionResult;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{ParquetFileMetrics, ParquetFileReaderFactory};
use datafusion::physical_plan::metrics::ExecutionPlanMetricsSet;
use futures::FutureExt;
use futures::future::BoxFuture;
use object_store::path::Path;
use object_store::{GetOptions, GetRange, ObjectStore, ObjectStoreExt};
use parquet::arrow::arrow_reader::ArrowReaderOptions;
use parquet::arrow::async_reader::AsyncFileReader;
use parquet::errors::Result as ParquetResult;
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader};

use super::cache::{FooterCache, FooterKey};
use super::error::ParquetFileError;
use super::facts::ReadFacts;
use super::footer::{Footer, MIN_FILE_LEN, TRAILER_LEN, Trailer, is_magic};

type Result<T> = std::result::Result<T, ParquetFileError>;

/// First read from the end of a file whose footer size is unknown.
const DEFAULT_TAIL: u64 = 64 << 10;
/// Most that is read from a file's end on the word of the catalog alone. A longer footer takes a second request.
const MAX_TAIL: u64 = 8 << 20;

/// Reads one Parquet file of a lake, encrypted or not, whatever the catalog says of its size.
///
/// The metadata it returns and the bytes it returns fit together: of an encrypted file both are decrypted. Ranges that
/// lie close together are fetched with one request.
pub struct LakeParquetReader {
    store: Arc<dyn ObjectStore>,
    location: Path,
    stated_size: Option<u64>,
    facts: ReadFacts,
    tail_hint: Option<u64>,
    /// The file is read in parts, cut by the catalog's size.
    in_parts: bool,
    cache: Option<(FooterCache, FooterKey)>,
    metrics: Option<ParquetFileMetrics>,
    footer: Option<Arc<Footer>>,
}

impl LakeParquetReader {
    /// A reader for the object at `location`. `size`: as the catalog has it; ignored unless `facts.size_known`.
    pub fn new(store: Arc<dyn ObjectStore>, location: Path, size: u64, facts: ReadFacts) -> Self {
        Self {
            store,
            location,
            stated_size: facts.size_known.then_some(size),
            facts,
            tail_hint: None,
            in_parts: false,
            cache: None,
            metrics: None,
            footer: None,
        }
    }

    /// Looks for the footer in `cache` first and leaves it there. `store`: a name for the store, for instance its URL,
    /// different for every store the cache is used with.
    #[must_use]
    pub fn with_cache(mut self, store: Arc<str>, cache: FooterCache) -> Self {
        let key = FooterKey { store, path: self.location.clone(), stated_size: self.stated_size };
        self.cache = Some((cache, key));
        self
    }

    /// The path as messages show it.
    pub fn display_path(&self) -> &Arc<str> {
        &self.facts.display_path
    }

    /// The file's metadata: decrypted, checked against the catalog's record count, intervals as plain bytes.
    ///
    /// # Errors
    /// If the file is missing, is not Parquet, was cut short, contradicts itself or the catalog, or does not decrypt.
    pub async fn metadata(&mut self) -> Result<Arc<ParquetMetaData>> {
        Ok(Arc::clone(&self.footer().await?.metadata))
    }

    async fn footer(&mut self) -> Result<Arc<Footer>> {
        if let Some(footer) = &self.footer {
            return Ok(Arc::clone(footer));
        }
        let footer = match self.cached_footer()? {
            Some(footer) => footer,
            None => {
                let footer = Arc::new(self.fetch_footer().await?);
                self.keep(&footer);
                footer
            }
        };
        self.check_against_catalog(&footer)?;
        self.footer = Some(Arc::clone(&footer));
        Ok(footer)
    }

    /// A cached footer, unless it was decrypted with another key than this reader's.
    fn cached_footer(&self) -> Result<Option<Arc<Footer>>> {
        let Some(footer) = self.cache.as_ref().and_then(|(cache, key)| cache.load(key)) else {
            return Ok(None);
        };
        match (&footer.crypto, &self.facts.key) {
            (None, None) => Ok(Some(footer)),
            (None, Some(_)) => Err(ParquetFileError::NotEncrypted { path: self.path() }),
            (Some(_), None) => Err(ParquetFileError::KeyMissing { path: self.path() }),
            (Some(crypto), Some(key)) => Ok(crypto.key().is_same(key).then_some(footer)),
        }
    }

    fn keep(&self, footer: &Arc<Footer>) {
        if let Some((cache, key)) = &self.cache {
            cache.store(key, Arc::clone(footer));
        }
    }

    fn check_against_catalog(&self, footer: &Footer) -> Result<()> {
        let file = footer.num_rows();
        if let Some(catalog) = self.facts.record_count
            && catalog != file
        {
            return Err(ParquetFileError::RecordCount { path: self.path(), catalog, file });
        }
        // A part of the file reads the row groups that begin in it. Those behind the stated end would be nobody's.
        if let Some(catalog) = self.stated_size.filter(|size| self.in_parts && *size < footer.size) {
            return Err(ParquetFileError::FileSize { path: self.path(), catalog, file: footer.size });
        }
        Ok(())
    }

    async fn fetch_footer(&self) -> Result<Footer> {
        let (size, tail, trailer) = self.fetch_tail().await?;
        let Some(start) = size.checked_sub(TRAILER_LEN + trailer.footer_len) else {
            let detail = format!("a footer of {} bytes does not fit in a file of {size}", trailer.footer_len);
            return Err(ParquetFileError::corrupt(&self.facts.display_path, detail));
        };
        let tail_start = size - tail.len() as u64;
        let footer = if start < tail_start {
            let mut footer = BytesMut::from(self.fetch(start..tail_start).await?);
            footer.extend_from_slice(&tail);
            footer.freeze()
        } else {
            // Not longer than the tail, so it fits.
            tail.slice((start - tail_start) as usize..)
        };
        let footer = &footer[..footer.len() - TRAILER_LEN as usize];
        Footer::decode(&self.facts.display_path, size, trailer, footer, self.facts.key.as_ref())
    }

    /// The file's size, some of its last bytes, and what the last eight of them say.
    async fn fetch_tail(&self) -> Result<(u64, Bytes, Trailer)> {
        let wanted = self.facts.footer_size.filter(|size| *size > 0).map(|size| size.saturating_add(TRAILER_LEN));
        let wanted = wanted.or(self.tail_hint).unwrap_or(DEFAULT_TAIL).clamp(TRAILER_LEN, MAX_TAIL);
        if let Some(size) = self.stated_size.filter(|size| *size >= MIN_FILE_LEN) {
            let range = size.saturating_sub(wanted)..size;
            match self.fetch(range).await {
                Ok(tail) => {
                    if let Some(trailer) = Trailer::parse(&tail) {
                        return Ok((size, tail, trailer));
                    }
                }
                Err(error @ ParquetFileError::Missing { .. }) => return Err(error),
                // Beyond the end of the file stores answer in different ways. Below, storage says where the end is.
                Err(_) => {}
            }
        }
        let (size, tail) = self.fetch_last(wanted).await?;
        match Trailer::parse(&tail) {
            Some(trailer) if size >= MIN_FILE_LEN => Ok((size, tail, trailer)),
            _ => Err(self.without_footer(size).await?),
        }
    }

    /// The last `len` bytes of the file, or all if it has fewer, and its size.
    async fn fetch_last(&self, len: u64) -> Result<(u64, Bytes)> {
        let failed = |error| ParquetFileError::storage(&self.facts.display_path, error);
        let options = GetOptions { range: Some(GetRange::Suffix(len)), ..GetOptions::default() };
        match self.store.get_opts(&self.location, options).await {
            Ok(result) => {
                let size = result.meta.size;
                Ok((size, result.bytes().await.map_err(failed)?))
            }
            Err(error @ object_store::Error::NotFound { .. }) => Err(failed(error)),
            // Some stores know no such request, some refuse it for an empty object.
            Err(_) => {
                let size = self.store.head(&self.location).await.map_err(failed)?.size;
                Ok((size, if size == 0 { Bytes::new() } else { self.fetch(size.saturating_sub(len)..size).await? }))
            }
        }
    }

    /// Why there is no footer at the end of the file.
    async fn without_footer(&self, size: u64) -> Result<ParquetFileError> {
        let begin = if size < 4 { Bytes::new() } else { self.fetch(0..4).await? };
        let path = self.path();
        Ok(if is_magic(&begin) {
            ParquetFileError::Truncated { path, size }
        } else {
            ParquetFileError::NotParquet { path, size }
        })
    }

    /// Bytes of the file as they are stored, in full or not at all.
    async fn fetch(&self, range: Range<u64>) -> Result<Bytes> {
        let path = &self.facts.display_path;
        let bytes = self
            .store
            .get_range(&self.location, range.clone())
            .await
            .map_err(|error| ParquetFileError::storage(path, error))?;
        check_length(path, &range, &bytes)?;
        Ok(bytes)
    }

    async fn fetch_all(&self, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        if let Some(metrics) = &self.metrics {
            let bytes: u64 = ranges.iter().map(|range| range.end - range.start).sum();
            metrics.bytes_scanned.add(bytes as usize);
        }
        // The store knows what reading ranges costs there.
        let path = &self.facts.display_path;
        let fetched = self.store.get_ranges(&self.location, ranges).await;
        let fetched = fetched.map_err(|error| ParquetFileError::storage(path, error))?;
        for (range, bytes) in ranges.iter().zip(&fetched) {
            check_length(path, range, bytes)?;
        }
        Ok(fetched)
    }

    /// Bytes as the metadata describes them: decrypted, if the file is encrypted.
    async fn read(&mut self, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        let footer = self.footer().await?;
        if let Some(range) = ranges.iter().find(|range| range.start > range.end || range.end > footer.size) {
            let detail = format!("bytes {} to {} do not lie in a file of {}", range.start, range.end, footer.size);
            return Err(ParquetFileError::corrupt(&self.facts.display_path, detail));
        }
        match &footer.crypto {
            None => self.fetch_all(ranges).await,
            Some(crypto) => {
                let fetched = self.fetch_all(&crypto.ranges_to_fetch(ranges)).await?;
                crypto.decrypt(&self.facts.display_path, ranges, &fetched)
            }
        }
    }

    async fn metadata_with_indexes(&mut self, column: PageIndexPolicy, offset: PageIndexPolicy) -> ParquetResult<()> {
        let footer = self.footer().await?;
        let missing = (column != PageIndexPolicy::Skip && footer.metadata.column_index().is_none())
            || (offset != PageIndexPolicy::Skip && footer.metadata.offset_index().is_none());
        if missing {
            let mut reader = ParquetMetaDataReader::new_with_metadata(footer.metadata.as_ref().clone())
                .with_column_index_policy(column)
                .with_offset_index_policy(offset);
            reader.load_page_index(&mut *self).await?;
            let footer = Arc::new(footer.with_metadata(Arc::new(reader.finish()?)));
            self.keep(&footer);
            self.footer = Some(footer);
        }
        Ok(())
    }

    fn path(&self) -> Arc<str> {
        Arc::clone(&self.facts.display_path)
    }
}

impl AsyncFileReader for LakeParquetReader {
    fn get_bytes(&mut self, range: Range<u64>) -> BoxFuture<'_, ParquetResult<Bytes>> {
        async move { Ok(self.read(&[range]).await?.swap_remove(0)) }.boxed()
    }

    fn get_byte_ranges(&mut self, ranges: Vec<Range<u64>>) -> BoxFuture<'_, ParquetResult<Vec<Bytes>>> {
        async move { Ok(self.read(&ranges).await?) }.boxed()
    }

    fn get_metadata<'a>(
        &'a mut self,
        options: Option<&'a ArrowReaderOptions>,
    ) -> BoxFuture<'a, ParquetResult<Arc<ParquetMetaData>>> {
        async move {
            if let Some(options) = options {
                self.metadata_with_indexes(options.column_index_policy(), options.offset_index_policy()).await?;
            }
            Ok(self.metadata().await?)
        }
        .boxed()
    }
}

impl std::fmt::Debug for LakeParquetReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LakeParquetReader")
            .field("location", &self.location)
            .field("facts", &self.facts)
            .finish_non_exhaustive()
    }
}

impl Drop for LakeParquetReader {
    fn drop(&mut self) {
        if let Some(metrics) = &self.metrics {
            // Several readers of a file share one ratio: each adds its part, the total is the file's.
            metrics.scan_efficiency_ratio.add_part(metrics.bytes_scanned.value());
            let size = self.footer.as_ref().map(|footer| footer.size).or(self.stated_size);
            metrics.scan_efficiency_ratio.set_total(size.unwrap_or_default() as usize);
        }
    }
}

/// Fewer bytes than asked for: the file ends early.
fn check_length(path: &Arc<str>, range: &Range<u64>, bytes: &Bytes) -> Result<()> {
    let (expected, actual) = (range.end - range.start, bytes.len() as u64);
    if actual == expected {
        return Ok(());
    }
    Err(ParquetFileError::ShortRead { path: Arc::clone(path), offset: range.start, expected, actual })
}

/// Opens the files of a lake for DataFusion's `ParquetSource`, with the [`ReadFacts`] attached to each.
#[derive(Clone, Debug)]
pub struct LakeReaderFactory {
    store: Arc<dyn ObjectStore>,
    store_name: Arc<str>,
    cache: FooterCache,
}

impl LakeReaderFactory {
    /// A factory for files in `store`. `store_name`: a name that no other store has that shares the `cache`, for instance
    /// the store's URL.
    pub fn new(store: Arc<dyn ObjectStore>, store_name: impl Into<Arc<str>>, cache: FooterCache) -> Self {
        Self { store, store_name: store_name.into(), cache }
    }

    /// A reader outside of any plan: for delete files, or for a file's schema while planning.
    pub fn open(&self, location: Path, size: u64, facts: ReadFacts) -> LakeParquetReader {
        LakeParquetReader::new(Arc::clone(&self.store), location, size, facts)
            .with_cache(Arc::clone(&self.store_name), self.cache.clone())
    }
}

impl ParquetFileReaderFactory for LakeReaderFactory {
    fn create_reader(
        &self,
        partition_index: usize,
        file: PartitionedFile,
        metadata_size_hint: Option<usize>,
        metrics: &ExecutionPlanMetricsSet,
    ) -> DataFusionResult<Box<dyn AsyncFileReader + Send>> {
        let location = &file.object_meta.location;
        let facts = file.extension::<ReadFacts>().cloned().unwrap_or_else(|| ReadFacts::plain(location.as_ref()));
        let mut reader = self.open(location.clone(), file.object_meta.size, facts);
        reader.tail_hint = metadata_size_hint.map(|hint| hint as u64);
        reader.in_parts = file.range.is_some();
        reader.metrics = Some(ParquetFileMetrics::new(partition_index, location.as_ref(), metrics));
        Ok(Box::new(reader))
    }
}

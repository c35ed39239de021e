//! Segments of indexes in a lake's storage: listed, read, written, removed.
//!
//! They are at `<data path>/_indexes/<index uuid>/<segment uuid>.qlx`. No catalog names them: a segment says itself what it
//! covers, and data files never change, so one that is found can always be used, and one that is missing is only missed
//! by speed. DuckDB's removal of orphaned files takes Parquet files only (DuckLake spec, "delete_orphaned_files").

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use datafusion::common::TableReference;
use datafusion::execution::cache::default_cache::DefaultCache;
use datafusion::execution::cache::{Cache, CacheKey, CacheValue};
use ducklake_storage::{Located, Storage};
use ducklake_text::{TextSchema, TextSegment};
use ducklake_vector::VectorSegment;
use futures::{StreamExt, TryStreamExt};
use object_store::{ObjectMeta, ObjectStoreExt};

use super::container::{self, Beginning, ContainerError, FIRST_READ, Header, Piece};
use super::definition::IndexDefinition;
use super::disk::DiskCache;
use super::growing::GrowingIndexes;
use super::text::MemoryRows;
use crate::error::{LakeError, Result};

/// Folder of all indexes below the data path.
pub(crate) const FOLDER: &str = "_indexes";
/// What segments' names end with.
const EXTENSION: &str = ".qlx";
/// A listing without what is wanted is believed for so long: another process may be building it.
const LISTING_AGE: Duration = Duration::from_secs(2);
/// Requests at a time.
const AT_A_TIME: usize = 16;

/// Where segments may be kept.
#[derive(Debug, Clone)]
pub struct SearchOptions {
    /// Bytes of opened segments that are kept in memory for a lake.
    pub memory: usize,
    /// Folder for copies of segments that come from object stores; `None` keeps none.
    pub cache_folder: Option<PathBuf>,
    /// Bytes of these copies.
    pub cache_bytes: u64,
}

impl Default for SearchOptions {
    /// 1 GiB in memory, nothing on disk.
    fn default() -> Self {
        Self { memory: 1 << 30, cache_folder: None, cache_bytes: 16 << 30 }
    }
}

impl SearchOptions {
    /// With copies of what object stores have in the user's cache folder (`$XDG_CACHE_HOME`, else `~/.cache`), where there is
    /// one: what programs that come and go want.
    #[must_use]
    pub fn with_user_cache() -> Self {
        let folder = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let cache = folder("XDG_CACHE_HOME").or_else(|| folder("HOME").map(|home| home.join(".cache")));
        Self { cache_folder: cache.map(|cache| cache.join("quacklake/segments")), ..Self::default() }
    }
}

/// A segment that is there.
#[derive(Debug)]
pub(crate) struct SegmentInfo {
    /// File name.
    pub(crate) name: String,
    /// What it covers.
    pub(crate) header: Header,
}

/// An opened segment.
pub(crate) enum OpenSegment {
    Vector(VectorSegment),
    Text(TextSegment),
    /// Rows that have none, as long as a snapshot is searched.
    Memory(Arc<MemoryRows>),
}

/// What has to be known to open the segments of an index.
#[derive(Debug, Clone, Copy)]
pub(crate) struct IndexFiles<'a> {
    /// The index's uuid.
    pub(crate) uuid: &'a str,
    /// Key of encrypted segments, base64.
    pub(crate) key: Option<&'a str>,
    /// The fields of a text index; `None` for vectors.
    pub(crate) text: Option<&'a TextSchema>,
}

impl<'a> IndexFiles<'a> {
    pub(crate) fn of(index: &'a IndexDefinition, text: Option<&'a TextSchema>) -> Self {
        Self { uuid: &index.uuid, key: index.key.as_deref(), text }
    }
}

/// The segments of a lake. Cheap to clone; clones share what is cached.
#[derive(Debug, Clone)]
pub(crate) struct SegmentStore {
    storage: Storage,
    folder: String,
    disk: Option<DiskCache>,
    caches: Arc<Caches>,
    memory: usize,
    growing: Arc<GrowingIndexes>,
}

struct Caches {
    listings: Mutex<HashMap<String, (Instant, Arc<Vec<Arc<SegmentInfo>>>)>>,
    opened: DefaultCache<SegmentKey, SegmentValue>,
}

impl std::fmt::Debug for Caches {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Caches").field("bytes", &self.opened.memory_used()).finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct SegmentKey(pub(super) String);

impl CacheKey for SegmentKey {
    fn size(&self) -> usize {
        self.0.len()
    }

    fn table_ref(&self) -> Option<&TableReference> {
        None
    }
}

#[derive(Clone)]
struct SegmentValue(Arc<OpenSegment>);

impl CacheValue for SegmentValue {
    fn size(&self) -> usize {
        match self.0.as_ref() {
            OpenSegment::Vector(segment) => segment.memory_bytes(),
            OpenSegment::Text(segment) => segment.memory_bytes(),
            OpenSegment::Memory(rows) => rows.memory_bytes(),
        }
    }
}

impl SegmentStore {
    pub(crate) fn new(storage: &Storage, data_path: &str, options: &SearchOptions) -> Self {
        let disk = options.cache_folder.clone().map(|folder| DiskCache::new(folder, options.cache_bytes));
        Self {
            storage: storage.clone(),
            folder: format!("{data_path}{FOLDER}/"),
            disk,
            memory: options.memory,
            growing: Arc::default(),
            caches: Arc::new(Caches {
                listings: Mutex::default(),
                opened: DefaultCache::new(options.memory).with_name("SegmentCache"),
            }),
        }
    }

    /// Bytes that opened segments may take.
    pub(super) fn memory(&self) -> usize {
        self.memory
    }

    /// Indexes in memory over rows without a segment.
    pub(super) fn growing(&self) -> &GrowingIndexes {
        &self.growing
    }

    /// The segments of an index. What was listed before holds for as long as `is_enough` of it.
    pub(crate) async fn segments(
        &self,
        index: IndexFiles<'_>,
        is_enough: impl Fn(&[Arc<SegmentInfo>]) -> bool,
    ) -> Result<Arc<Vec<Arc<SegmentInfo>>>> {
        let known = self.listings(|listings| listings.get(index.uuid).cloned());
        if let Some((at, segments)) = &known
            && (at.elapsed() < LISTING_AGE || is_enough(segments))
        {
            return Ok(Arc::clone(segments));
        }
        self.list(index, known.map(|(_, segments)| segments)).await
    }

    /// Forgets the listing of an index, and what another process may have changed of it.
    pub(crate) fn forget(&self, uuid: &str) {
        self.listings(|listings| listings.remove(uuid));
    }

    async fn list(
        &self,
        index: IndexFiles<'_>,
        known: Option<Arc<Vec<Arc<SegmentInfo>>>>,
    ) -> Result<Arc<Vec<Arc<SegmentInfo>>>> {
        let at = Instant::now();
        let known = known.unwrap_or_default();
        let files = self.files_in(&format!("{}{}/", self.folder, index.uuid)).await?;
        let infos = futures::stream::iter(files).map(|(name, size)| {
            let known = known.iter().find(|info| info.name == name).cloned();
            async move {
                match known {
                    Some(info) => Ok(Some(info)),
                    // A file that is no segment of this index, or one that is gone again, is as good as none.
                    None => {
                        Ok(self.header(index, &name, size).await?.map(|header| Arc::new(SegmentInfo { name, header })))
                    }
                }
            }
        });
        let infos: Vec<_> = infos
            .buffered(AT_A_TIME)
            .try_filter_map(|info: Option<_>| async { Ok::<_, LakeError>(info) })
            .try_collect()
            .await?;
        let infos = Arc::new(infos);
        self.listings(|listings| listings.insert(index.uuid.to_string(), (at, Arc::clone(&infos))));
        Ok(infos)
    }

    /// Names and sizes of segments' files in a folder, by name.
    async fn files_in(&self, folder: &str) -> Result<Vec<(String, u64)>> {
        let located = self.storage.locate(folder)?;
        let mut files = Vec::new();
        for meta in listed(&located).await? {
            let name = meta.location.filename().unwrap_or_default();
            if name.ends_with(EXTENSION) {
                files.push((name.to_string(), meta.size));
            }
        }
        files.sort();
        Ok(files)
    }

    /// Uuids of all indexes that have files, whatever became of the indexes.
    pub(crate) async fn indexes(&self) -> Result<Vec<String>> {
        let located = self.storage.locate(&self.folder)?;
        let prefix = located.path.parts().count();
        let mut uuids: Vec<String> = listed(&located)
            .await?
            .iter()
            .filter_map(|meta| Some(meta.location.parts().nth(prefix)?.as_ref().to_string()))
            .collect();
        uuids.sort();
        uuids.dedup();
        Ok(uuids)
    }

    async fn header(&self, index: IndexFiles<'_>, name: &str, size: u64) -> Result<Option<Header>> {
        let located = self.locate(index.uuid, name)?;
        let mut wanted = size.min(FIRST_READ);
        for _ in 0..2 {
            let bytes = match located.store.get_range(&located.path, 0..wanted).await {
                Ok(bytes) => bytes,
                Err(object_store::Error::NotFound { .. }) => return Ok(None),
                Err(error) => return Err(failed(&located, &error)),
            };
            match container::beginning(&bytes, size, index.key) {
                Ok(Beginning::Header(header)) if header.index == index.uuid => return Ok(Some(header)),
                Ok(Beginning::Header(_)) | Err(_) => return Ok(None),
                Ok(Beginning::Needs(more)) => wanted = more.unwrap_or(size).min(size),
            }
        }
        Ok(None)
    }

    /// Opens a segment; `None` where it is gone or damaged: then its rows are searched without it.
    pub(crate) async fn open(&self, index: IndexFiles<'_>, info: &SegmentInfo) -> Result<Option<Arc<OpenSegment>>> {
        let key = SegmentKey(info.name.clone());
        if let Some(opened) = self.caches.opened.get(&key) {
            return Ok(Some(opened.0));
        }
        let located = self.locate(index.uuid, &info.name)?;
        let disk = self.disk.as_ref().filter(|_| located.store_url != "file:///");
        if let Some(disk) = disk
            && let Some(bytes) = disk.get(&info.name).await
        {
            match self.decode(index, info, bytes).await {
                Ok(segment) => return Ok(Some(self.keep(key, segment))),
                Err(_) => disk.remove(&info.name).await,
            }
        }
        let bytes = match located.store.get(&located.path).await {
            Ok(found) => found.bytes().await.map_err(|error| failed(&located, &error))?,
            Err(object_store::Error::NotFound { .. }) => {
                self.forget(index.uuid);
                return Ok(None);
            }
            Err(error) => return Err(failed(&located, &error)),
        };
        match self.decode(index, info, bytes.clone()).await {
            Ok(segment) => {
                if let Some(disk) = disk {
                    disk.put(&info.name, bytes).await;
                }
                Ok(Some(self.keep(key, segment)))
            }
            Err(_) => Ok(None),
        }
    }

    fn keep(&self, key: SegmentKey, segment: OpenSegment) -> Arc<OpenSegment> {
        let segment = Arc::new(segment);
        self.caches.opened.put(&key, SegmentValue(Arc::clone(&segment)));
        segment
    }

    /// An index in memory that was kept under this name.
    pub(super) fn memory_rows(&self, name: &str) -> Option<Arc<MemoryRows>> {
        match self.caches.opened.get(&SegmentKey(name.to_string()))?.0.as_ref() {
            OpenSegment::Memory(rows) => Some(Arc::clone(rows)),
            OpenSegment::Vector(_) | OpenSegment::Text(_) => None,
        }
    }

    /// Keeps an index in memory, as long as there is room.
    pub(super) fn keep_memory_rows(&self, name: &str, rows: &Arc<MemoryRows>) {
        self.keep(SegmentKey(name.to_string()), OpenSegment::Memory(Arc::clone(rows)));
    }

    /// Bytes as a segment; what is wrong with them otherwise.
    async fn decode(
        &self,
        index: IndexFiles<'_>,
        info: &SegmentInfo,
        bytes: Bytes,
    ) -> Result<OpenSegment, SegmentFault> {
        let key = index.key.map(str::to_string);
        let schema = index.text.cloned();
        let rows = info.header.rows();
        let header = info.header.clone();
        let work = tokio::task::spawn_blocking(move || {
            let (found, payload) = container::read(bytes, key.as_deref())?;
            if found != header {
                return Err(SegmentFault::Container(ContainerError::Corrupted));
            }
            match schema {
                Some(schema) => Ok(OpenSegment::Text(TextSegment::open(payload, &schema)?)),
                None => {
                    let segment = VectorSegment::open(payload)?;
                    if u64::from(segment.rows()) != rows {
                        return Err(SegmentFault::Container(ContainerError::Corrupted));
                    }
                    Ok(OpenSegment::Vector(segment))
                }
            }
        });
        work.await.unwrap_or(Err(SegmentFault::Container(ContainerError::Corrupted)))
    }

    /// Writes a segment: whole, or not at all.
    pub(crate) async fn write(&self, index: IndexFiles<'_>, pieces: Vec<Piece>, payload: Vec<u8>) -> Result<()> {
        let name = format!("{}{EXTENSION}", uuid::Uuid::now_v7());
        let located = self.locate(index.uuid, &name)?;
        let key = index.key.map(str::to_string);
        let uuid = index.uuid.to_string();
        let file = tokio::task::spawn_blocking(move || container::write(&uuid, pieces, &payload, key.as_deref()));
        let file = file.await.map_err(|error| LakeError::Invalid(format!("{}: {error}", located.path)))?;
        let file = file.map_err(|error| LakeError::Invalid(format!("{}: {error}", located.path)))?;
        located.store.put(&located.path, file.into()).await.map_err(|error| failed(&located, &error))?;
        self.forget(index.uuid);
        Ok(())
    }

    /// Removes files of an index: some segments, or all that it has.
    pub(crate) async fn remove(&self, uuid: &str, names: Option<&[String]>) -> Result<u64> {
        let all;
        let names = match names {
            Some(names) => names,
            None => {
                let files = self.files_in(&format!("{}{uuid}/", self.folder)).await?;
                all = files.into_iter().map(|(name, _)| name).collect::<Vec<_>>();
                &all
            }
        };
        for name in names {
            let located = self.locate(uuid, name)?;
            match located.store.delete(&located.path).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(failed(&located, &error)),
            }
        }
        self.forget(uuid);
        Ok(names.len() as u64)
    }

    fn locate(&self, uuid: &str, name: &str) -> Result<Located> {
        Ok(self.storage.locate(&format!("{}{uuid}/{name}", self.folder))?)
    }

    fn listings<T>(&self, work: impl FnOnce(&mut HashMap<String, (Instant, Arc<Vec<Arc<SegmentInfo>>>)>) -> T) -> T {
        work(&mut self.caches.listings.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Why a segment is not used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SegmentFault {
    #[error(transparent)]
    Container(#[from] ContainerError),
    #[error(transparent)]
    Vector(#[from] ducklake_vector::SegmentError),
    #[error(transparent)]
    Text(#[from] ducklake_text::TextError),
}

/// All files below a folder, none where there is no folder.
async fn listed(located: &Located) -> Result<Vec<ObjectMeta>> {
    match located.store.list(Some(&located.path)).try_collect().await {
        Ok(files) => Ok(files),
        Err(object_store::Error::NotFound { .. }) => Ok(Vec::new()),
        Err(error) => Err(failed(located, &error)),
    }
}

fn failed(located: &Located, error: &object_store::Error) -> LakeError {
    LakeError::Invalid(format!(
        "the index segments at '{}/{}' cannot be reached: {error}",
        located.store_url, located.path
    ))
}

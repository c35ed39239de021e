//! The store that DataFusion reads from: opendal's, with ranges read the way the place wants it.

use std::fmt;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::PathBuf;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{FutureExt, StreamExt};
use object_store::path::Path;
use object_store::{
    Attributes, CopyOptions, GetOptions, GetRange, GetResult, GetResultPayload, ListResult, MultipartUpload,
    OBJECT_STORE_COALESCE_DEFAULT, ObjectMeta, ObjectStore, ObjectStoreExt, PutMultipartOptions, PutOptions,
    PutPayload, PutResult, Result, UploadPart, coalesce_ranges,
};
use object_store_opendal::OpendalStore;

/// Where a store's bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// A local file system rooted at `/`: many small reads cost little, bytes that nobody asked for cost time.
    Local,
    /// Across a network: requests cost most, so near ranges are fetched together.
    Remote,
}

/// Bytes of a local file that are made room for before it is read, and the most that it is read whole by one call.
const MOST_AT_ONCE: u64 = 64 << 20;

/// An opendal store. Ranges of local files, and small ones as a whole, are read directly, all of a call in one go.
#[derive(Debug)]
pub(crate) struct LakeStore {
    pub(crate) inner: OpendalStore,
    pub(crate) place: Place,
}

impl fmt::Display for LakeStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.inner, f)
    }
}

/// The local path of a key. Keys are percent-encoded paths without the leading slash.
fn local_path(location: &Path) -> PathBuf {
    let decoded = percent_encoding::percent_decode_str(location.as_ref()).decode_utf8_lossy();
    PathBuf::from(format!("/{decoded}"))
}

fn io_error(location: &Path, error: std::io::Error) -> object_store::Error {
    let path = location.to_string();
    match error.kind() {
        std::io::ErrorKind::NotFound => object_store::Error::NotFound { path, source: error.into() },
        std::io::ErrorKind::PermissionDenied => object_store::Error::PermissionDenied { path, source: error.into() },
        _ => object_store::Error::Generic { store: "local", source: error.into() },
    }
}

/// Runs blocking file work on the runtime's threads for that.
async fn blocking<T: Send + 'static>(
    location: &Path,
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done.map_err(|e| io_error(location, e)),
        Err(e) => Err(object_store::Error::Generic { store: "local", source: e.into() }),
    }
}

/// The bytes of a range, fewer where the file ends.
fn read_range(file: &mut std::fs::File, range: &Range<u64>) -> std::io::Result<Bytes> {
    let length = range.end.saturating_sub(range.start);
    file.seek(SeekFrom::Start(range.start))?;
    // What a file claims must not decide what is allocated.
    let mut bytes = Vec::with_capacity(usize::try_from(length.min(MOST_AT_ONCE)).unwrap_or_default());
    file.take(length).read_to_end(&mut bytes)?;
    Ok(bytes.into())
}

/// An upload in parts that cleans up after itself: a failure at its end is what is told, not what cleaning up says. opendal
/// cannot abort local files, so they are deleted.
#[derive(Debug)]
struct LakeUpload {
    inner: Box<dyn MultipartUpload>,
    /// Where a local file grows.
    path: Option<PathBuf>,
    is_over: bool,
}

impl LakeUpload {
    async fn clean_up(&mut self) -> Result<()> {
        self.is_over = true;
        match &self.path {
            None => self.inner.abort().await,
            Some(path) => match tokio::fs::remove_file(path).await {
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                    Err(object_store::Error::Generic { store: "local", source: e.into() })
                }
                _ => Ok(()),
            },
        }
    }
}

#[async_trait]
impl MultipartUpload for LakeUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        self.inner.put_part(data)
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let done = self.inner.complete().await;
        if done.is_err() {
            // What is left then is no file of the lake.
            let _ = self.clean_up().await;
        }
        done
    }

    async fn abort(&mut self) -> Result<()> {
        if self.is_over { Ok(()) } else { self.clean_up().await }
    }
}

#[async_trait]
impl ObjectStore for LakeStore {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.inner.put_opts(location, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        let inner = self.inner.put_multipart_opts(location, options).await?;
        let path = (self.place == Place::Local).then(|| local_path(location));
        Ok(Box::new(LakeUpload { inner, path, is_over: false }))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let is_plain = !options.head
            && options.version.is_none()
            && options.if_match.is_none()
            && options.if_none_match.is_none()
            && options.if_modified_since.is_none()
            && options.if_unmodified_since.is_none();
        let range = match (self.place, is_plain, &options.range) {
            (Place::Local, true, Some(GetRange::Bounded(range))) => Some(range.clone()),
            (Place::Local, true, None) => None,
            _ => return self.inner.get_opts(location, options).await,
        };
        let path = local_path(location);
        let read = blocking(location, move || {
            let mut file = std::fs::File::open(path)?;
            let metadata = file.metadata()?;
            let range = match range {
                Some(range) => range,
                None if metadata.is_file() && metadata.len() <= MOST_AT_ONCE => 0..metadata.len(),
                None => return Ok(None),
            };
            let bytes = read_range(&mut file, &range)?;
            let range = range.start..range.start + bytes.len() as u64;
            Ok(Some((bytes, range, metadata.len(), metadata.modified()?)))
        });
        let Some((bytes, range, size, modified)) = read.await? else {
            return self.inner.get_opts(location, options).await;
        };
        let meta =
            ObjectMeta { location: location.clone(), last_modified: modified.into(), size, e_tag: None, version: None };
        let payload = GetResultPayload::Stream(futures::future::ready(Ok(bytes)).into_stream().boxed());
        Ok(GetResult { payload, meta, range, attributes: Attributes::default() })
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        match self.place {
            Place::Local => {
                let (path, ranges) = (local_path(location), ranges.to_vec());
                blocking(location, move || {
                    let mut file = std::fs::File::open(path)?;
                    ranges.iter().map(|range| read_range(&mut file, range)).collect()
                })
                .await
            }
            Place::Remote => {
                coalesce_ranges(ranges, |range| self.inner.get_range(location, range), OBJECT_STORE_COALESCE_DEFAULT)
                    .await
            }
        }
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}

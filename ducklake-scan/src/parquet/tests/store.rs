use std::ops::Range;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetRange, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, ObjectStoreExt,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

/// An object store in memory that notes every request for an object.
#[derive(Clone, Debug)]
pub(super) struct CountingStore {
    inner: Arc<InMemory>,
    requests: Arc<Mutex<Vec<Request>>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Request {
    Head,
    Range(Range<u64>),
    Last(u64),
}

impl CountingStore {
    pub(super) async fn with(objects: &[(&str, Bytes)]) -> Self {
        let inner = InMemory::new();
        for (path, bytes) in objects {
            inner.put(&Path::from(*path), PutPayload::from_bytes(bytes.clone())).await.unwrap();
        }
        Self { inner: Arc::new(inner), requests: Arc::default() }
    }

    /// The requests since the last call.
    pub(super) fn take_requests(&self) -> Vec<Request> {
        std::mem::take(&mut self.requests.lock().unwrap())
    }
}

impl std::fmt::Display for CountingStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CountingStore")
    }
}

#[async_trait]
impl ObjectStore for CountingStore {
    async fn put_opts(&self, path: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.inner.put_opts(path, payload, options).await
    }

    async fn put_multipart_opts(&self, path: &Path, options: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(path, options).await
    }

    async fn get_opts(&self, path: &Path, options: GetOptions) -> Result<GetResult> {
        self.requests.lock().unwrap().push(match &options.range {
            _ if options.head => Request::Head,
            Some(GetRange::Bounded(range)) => Request::Range(range.clone()),
            Some(GetRange::Suffix(len)) => Request::Last(*len),
            other => panic!("unexpected request {other:?}"),
        });
        self.inner.get_opts(path, options).await
    }

    fn delete_stream(&self, paths: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(paths)
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

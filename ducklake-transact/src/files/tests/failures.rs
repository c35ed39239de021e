//! Stores that fail, and writers that are given up: nothing stays.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures::stream::BoxStream;
use object_store::path::Path as Key;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMultipartOptions,
    PutOptions, PutPayload, PutResult, UploadPart,
};

use super::*;

/// A disk that is full after some bytes: what no longer fits fails half-written.
#[derive(Debug)]
struct FullDisk {
    inner: Arc<dyn ObjectStore>,
    room: Arc<AtomicUsize>,
}

/// Takes room; whether there was enough.
fn take(room: &AtomicUsize, bytes: usize) -> bool {
    room.try_update(Ordering::SeqCst, Ordering::SeqCst, |room| room.checked_sub(bytes)).is_ok()
}

fn full() -> object_store::Error {
    object_store::Error::Generic { store: "test", source: "no space left on device".into() }
}

#[derive(Debug)]
struct FullUpload {
    inner: Box<dyn MultipartUpload>,
    room: Arc<AtomicUsize>,
}

#[async_trait::async_trait]
impl MultipartUpload for FullUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        if take(&self.room, data.content_length()) {
            return self.inner.put_part(data);
        }
        let half = self.inner.put_part(Bytes::from_static(b"half").into());
        Box::pin(async move {
            half.await?;
            Err(full())
        })
    }

    async fn complete(&mut self) -> object_store::Result<PutResult> {
        self.inner.complete().await
    }

    async fn abort(&mut self) -> object_store::Result<()> {
        self.inner.abort().await
    }
}

impl fmt::Display for FullDisk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("full disk")
    }
}

#[async_trait::async_trait]
impl ObjectStore for FullDisk {
    async fn put_opts(&self, key: &Key, payload: PutPayload, options: PutOptions) -> object_store::Result<PutResult> {
        if take(&self.room, payload.content_length()) {
            return self.inner.put_opts(key, payload, options).await;
        }
        self.inner.put_opts(key, Bytes::from_static(b"half").into(), options).await?;
        Err(full())
    }

    async fn put_multipart_opts(
        &self,
        key: &Key,
        options: PutMultipartOptions,
    ) -> object_store::Result<Box<dyn MultipartUpload>> {
        let inner = self.inner.put_multipart_opts(key, options).await?;
        Ok(Box::new(FullUpload { inner, room: Arc::clone(&self.room) }))
    }

    async fn get_opts(&self, key: &Key, options: GetOptions) -> object_store::Result<GetResult> {
        self.inner.get_opts(key, options).await
    }

    fn delete_stream(
        &self,
        keys: BoxStream<'static, object_store::Result<Key>>,
    ) -> BoxStream<'static, object_store::Result<Key>> {
        self.inner.delete_stream(keys)
    }

    fn list(&self, prefix: Option<&Key>) -> BoxStream<'static, object_store::Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Key>) -> object_store::Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Key, to: &Key, options: CopyOptions) -> object_store::Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}

fn disk_with_room(dir: &TempDir, room: usize) -> Storage {
    let located = Storage::default().locate(&dir.path().display().to_string()).unwrap();
    let disk = FullDisk { inner: located.store, room: Arc::new(AtomicUsize::new(room)) };
    Storage::default().with_store(&located.store_url, Arc::new(disk))
}

/// Rows that do not compress.
fn noise(rows: usize) -> (Vec<Column>, RecordBatch) {
    let columns = columns(&[(1, "p", "int32", None), (2, "b", "blob", None)]);
    let mut random = fastrand::Rng::with_seed(7);
    let keys = arrow::array::Int32Array::from_iter_values((0..rows).map(|row| row as i32 % 3));
    let blobs = (0..rows).map(|_| std::iter::repeat_with(|| random.u8(..)).take(1000).collect::<Vec<_>>());
    let blobs = arrow::array::BinaryViewArray::from_iter_values(blobs);
    let schema = Arc::new(Column::schema(&columns));
    let batch = RecordBatch::try_new(schema, vec![Arc::new(keys), Arc::new(blobs)]).unwrap();
    (columns, batch)
}

fn small_groups(dir: &TempDir, columns: Vec<Column>) -> TableLayout {
    let mut layout = layout(dir, columns);
    layout.options.row_group_rows = 1000;
    layout.options.target_file_size = 12_000_000;
    layout
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_leaves_nothing() {
    let (columns, rows) = noise(2000);
    for partitioned in [false, true] {
        for room in [0, 1_000_000, 9_000_000, 20_000_000] {
            let dir = TempDir::new().unwrap();
            let storage = disk_with_room(&dir, room);
            let mut layout = small_groups(&dir, columns.clone());
            if partitioned {
                let keys = vec![PartitionKey {
                    key_index: 0,
                    column: 0,
                    transform: ducklake_format::partition::Transform::Identity,
                }];
                layout.partition = Some(PartitionLayout { partition_id: 1, keys });
            }
            let mut writer = TableWriter::new(storage, layout);
            let mut result = Ok(());
            for _ in 0..20 {
                result = writer.write(rows.clone(), None).await;
                if result.is_err() {
                    assert_eq!(files_below(dir.path()), [""; 0], "after the failure, room {room}");
                    break;
                }
            }
            let error = match result {
                Ok(()) => writer.finish().await.unwrap_err(),
                Err(error) => error,
            };
            assert!(error.to_string().contains(&dir.path().display().to_string()), "{error}");
            assert_eq!(files_below(dir.path()), [""; 0], "room {room}");
        }
    }
}

#[tokio::test]
async fn a_delete_file_on_a_full_disk_leaves_nothing() {
    let dir = TempDir::new().unwrap();
    let directory = format!("{}/", dir.path().display());
    let result = write_delete_file(&disk_with_room(&dir, 10), &directory, "a", &[(1, 1)], false, false).await;
    assert!(matches!(result, Err(WriteError::Store { .. })));
    assert_eq!(files_below(dir.path()), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn given_up_writers_leave_nothing() {
    let (columns, rows) = noise(2000);
    for drops in [false, true] {
        let dir = TempDir::new().unwrap();
        let mut writer = TableWriter::new(Storage::default(), small_groups(&dir, columns.clone()));
        for _ in 0..20 {
            writer.write(rows.clone(), None).await.unwrap();
        }
        assert!(!files_below(dir.path()).is_empty());
        if drops {
            drop(writer);
            for _ in 0..100 {
                tokio::time::sleep(Duration::from_millis(20)).await;
                if files_below(dir.path()).is_empty() {
                    break;
                }
            }
        } else {
            writer.abort().await;
        }
        assert_eq!(files_below(dir.path()), [""; 0]);
    }
}

#[tokio::test]
async fn folders_that_cannot_be_made_are_named() {
    let dir = TempDir::new().unwrap();
    std::fs::write(dir.path().join("table"), b"a file").unwrap();
    let (columns, rows) = numbers(0, 1);
    let directory = format!("{}/table/", dir.path().display());
    let error = write_all(TableLayout { directory: directory.clone(), ..layout(&dir, columns) }, &[rows]).await;
    let error = error.unwrap_err().to_string();
    assert!(error.contains(&directory), "{error}");
}

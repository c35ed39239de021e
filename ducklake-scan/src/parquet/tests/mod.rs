//! Tests on real files. `testdata/parquet/make.py` says how each was written.

mod encryption;
mod files;
mod interval;
mod positions;
mod source;
mod store;

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use arrow::util::pretty::pretty_format_batches;
use bytes::Bytes;
use futures::TryStreamExt;
use object_store::path::Path;
use parquet::arrow::async_reader::ParquetRecordBatchStreamBuilder;

use self::store::CountingStore;
use super::*;

/// Every key is public: it stands in the repository beside its file.
const KEYS: &str = include_str!("../../../testdata/parquet/keys.tsv");

fn fixture(name: &str) -> Bytes {
    // Asked for when it runs: clones may share a target folder, and with it what one of them built.
    let here = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").into());
    std::fs::read(format!("{here}/testdata/parquet/{name}")).unwrap().into()
}

fn key_of(name: &str) -> Option<Arc<FileKey>> {
    let (_, key) = KEYS.lines().filter_map(|line| line.split_once('\t')).find(|(file, _)| *file == name)?;
    Some(Arc::new(FileKey::from_base64(key).unwrap()))
}

fn facts(name: &str) -> ReadFacts {
    ReadFacts { key: key_of(name), ..ReadFacts::plain(name) }
}

fn footer_size(file: &[u8]) -> u64 {
    let (_, trailer) = file.split_last_chunk::<8>().unwrap();
    u64::from(u32::from_le_bytes(trailer[..4].try_into().unwrap()))
}

/// A reader for `bytes`, with true size, under the name of a fixture.
async fn reader_for(name: &str, bytes: Bytes, facts: ReadFacts) -> LakeParquetReader {
    let size = bytes.len() as u64;
    let store = CountingStore::with(&[(name, bytes)]).await;
    LakeParquetReader::new(Arc::new(store), Path::from(name), size, facts)
}

async fn open(name: &str) -> LakeParquetReader {
    reader_for(name, fixture(name), facts(name)).await
}

async fn try_read(reader: LakeParquetReader) -> Result<RecordBatch, ParquetFileError> {
    let path = Arc::clone(reader.display_path());
    let failed = |error| ParquetFileError::rows(&path, error);
    let stream = ParquetRecordBatchStreamBuilder::new(reader).await.map_err(failed)?.build().map_err(failed)?;
    let schema = Arc::clone(stream.schema());
    let batches: Vec<_> = stream.try_collect().await.map_err(failed)?;
    Ok(concat_batches(&schema, &batches).unwrap())
}

async fn read(name: &str) -> RecordBatch {
    try_read(open(name).await).await.unwrap()
}

fn text_of(batch: &RecordBatch) -> String {
    pretty_format_batches(std::slice::from_ref(batch)).unwrap().to_string()
}

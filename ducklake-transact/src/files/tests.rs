//! Files that are written and read back through the parquet crate.

mod delete_files;
mod failures;
mod flush;
mod partitions;
mod rolling;
mod types;
mod unsealed;

use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::Schema;
use bytes::Bytes;
use ducklake_format::text::decode_all;
use ducklake_format::{Column, ColumnRow, LakeType};
use ducklake_storage::Storage;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::metadata::ParquetMetaData;
use tempfile::TempDir;

use super::*;

/// A column row: id, name, type, parent.
type Spec<'a> = (i64, &'a str, &'a str, Option<i64>);

fn columns(specs: &[Spec<'_>]) -> Vec<Column> {
    let rows = specs.iter().map(|(id, name, column_type, parent)| ColumnRow {
        column_id: *id,
        column_order: *id,
        column_name: (*name).into(),
        column_type: (*column_type).into(),
        initial_default: None,
        default_value: None,
        default_value_type: None,
        nulls_allowed: true,
        parent_column: *parent,
    });
    Column::tree(1, rows.collect()).unwrap()
}

fn layout(dir: &TempDir, columns: Vec<Column>) -> TableLayout {
    TableLayout {
        columns: Arc::new(columns),
        directory: format!("{}/", dir.path().display()),
        partition: None,
        sort: Vec::new(),
        encrypted: false,
        options: FileOptions { threads: 2, ..FileOptions::default() },
    }
}

fn values(lake_type: &LakeType, texts: &[Option<&str>]) -> ArrayRef {
    decode_all(lake_type, texts.iter().copied(), true).unwrap()
}

/// A batch of columns that are given as texts.
fn batch(columns: &[Column], texts: &[&[Option<&str>]]) -> RecordBatch {
    let arrays = columns.iter().zip(texts).map(|(column, texts)| values(&column.lake_type, texts)).collect();
    RecordBatch::try_new(Arc::new(Column::schema(columns)), arrays).unwrap()
}

/// A file's Parquet metadata and its rows, one batch for all.
fn read(path: &str, key: Option<&str>) -> (ParquetMetaData, RecordBatch) {
    let bytes = Bytes::from(std::fs::read(path).unwrap());
    let bytes = key.map_or(bytes.clone(), |key| unsealed::plain_file(&bytes, key));
    let builder = ParquetRecordBatchReaderBuilder::try_new(bytes).unwrap();
    let metadata = builder.metadata().as_ref().clone();
    let schema: Arc<Schema> = Arc::clone(builder.schema());
    let batches: Vec<_> = builder.build().unwrap().map(Result::unwrap).collect();
    (metadata, arrow::compute::concat_batches(&schema, &batches).unwrap())
}

/// All files below a folder.
fn files_below(dir: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap().map(Result::unwrap) {
        match entry.path() {
            path if path.is_dir() => found.extend(files_below(&path)),
            path => found.push(path.display().to_string()),
        }
    }
    found
}

async fn write_all(layout: TableLayout, batches: &[RecordBatch]) -> Result<Vec<WrittenFile>, WriteError> {
    let mut writer = TableWriter::new(Storage::default(), layout);
    for batch in batches {
        writer.write(batch.clone(), None).await?;
    }
    writer.finish().await
}

/// Numbers from `start` in a column `i`, and texts of them in a column `s`.
fn numbers(start: i64, count: i64) -> (Vec<Column>, RecordBatch) {
    use arrow::array::{Int64Array, StringViewArray};
    let columns = columns(&[(1, "i", "int64", None), (2, "s", "varchar", None)]);
    let numbers = Int64Array::from_iter_values(start..start + count);
    let texts = StringViewArray::from_iter_values((start..start + count).map(|i| format!("text number {i}")));
    let schema = Arc::new(Column::schema(&columns));
    let batch = RecordBatch::try_new(schema, vec![Arc::new(numbers), Arc::new(texts)]).unwrap();
    (columns, batch)
}

//! Delete files: the positions of a data file's deleted rows (DuckLake spec, "Delete files").

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, StringArray};
use arrow::datatypes::{DataType, Field};
use ducklake_format::deletion_vector;
use ducklake_storage::{Located, Storage};
use futures::StreamExt;
use object_store::ObjectStoreExt;
use parquet::arrow::arrow_writer::{ArrowColumnWriter, compute_leaves};
use parquet::errors::ParquetError;
use parquet::schema::types::TypePtr;
use roaring::RoaringTreemap;
use uuid::Uuid;

use super::error::{WriteError, blocking};
use super::layout::FileOptions;
use super::parquet_file::{ColumnWriters, FileEnd, FileStyle, ParquetFile};
use super::schema::{int64, root, text};
use super::upload::Upload;
use super::{SNAPSHOT_COLUMN, SNAPSHOT_FIELD_ID};

/// Columns of a delete file with their field ids.
const FILE_PATH: (&str, i32) = ("file_path", 2_147_483_646);
const POSITION: (&str, i32) = ("pos", 2_147_483_645);
const SNAPSHOT: (&str, i32) = (SNAPSHOT_COLUMN, SNAPSHOT_FIELD_ID);

/// Positions of a row group.
const GROUP_ROWS: usize = 122_880;
/// Files that are removed at the same time.
const PARALLEL_REMOVALS: usize = 16;

/// The catalog's word for Parquet.
const PARQUET_FORMAT: &str = "parquet";
/// The catalog's word for deletion vectors.
pub const VECTOR_FORMAT: &str = "puffin";

/// A delete file or deletion vector, complete and closed.
#[derive(Clone, PartialEq, Eq)]
pub struct WrittenDeleteFile {
    /// What it is, in the catalog's words.
    pub format: &'static str,
    /// Path relative to the table's folder.
    pub path: String,
    /// Full path.
    pub full_path: String,
    /// Positions.
    pub delete_count: i64,
    /// Bytes.
    pub file_size_bytes: i64,
    /// Bytes of the metadata at the end, without the 8 bytes after it.
    pub footer_size: i64,
    /// Base64 of the key that the file is encrypted with.
    pub encryption_key: Option<String>,
}

/// Without the key.
impl std::fmt::Debug for WrittenDeleteFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WrittenDeleteFile")
            .field("full_path", &self.full_path)
            .field("delete_count", &self.delete_count)
            .field("file_size_bytes", &self.file_size_bytes)
            .finish_non_exhaustive()
    }
}

/// Writes the deleted positions of a data file into `directory`, the full path of the table's folder with its final
/// `/`. `positions` ascend, each with the snapshot that deleted it, which is only written `with_snapshots`.
///
/// # Errors
/// [`WriteError`] if positions are missing or out of order, or the file cannot be written; nothing of it stays then.
pub async fn write_delete_file(
    storage: &Storage,
    directory: &str,
    data_file_path: &str,
    positions: &[(u64, i64)],
    with_snapshots: bool,
    encrypted: bool,
) -> Result<WrittenDeleteFile, WriteError> {
    check(data_file_path, positions)?;
    let path = format!("ducklake-{}-delete.parquet", Uuid::now_v7());
    let mut upload = Upload::new(storage, format!("{directory}{path}"))?;
    let full_path = upload.full_path().to_string();
    let schema = schema(with_snapshots)?;
    let (name, data_file, positions) = (full_path.clone(), data_file_path.to_string(), positions.to_vec());
    let delete_count = positions.len() as i64;
    let end = blocking(move || {
        let mut fields = vec![
            Field::new(FILE_PATH.0, DataType::Utf8, true),
            Field::new(POSITION.0, DataType::Int64, true),
            Field::new(SNAPSHOT.0, DataType::Int64, true),
        ];
        fields.truncate(schema.get_fields().len());
        let options = FileOptions::default();
        let (without_dictionary, without_statistics) = (Vec::new(), Vec::new());
        let style = FileStyle { options: &options, encrypted, without_dictionary, without_statistics };
        let file = ParquetFile::new(&name, &schema, fields.clone(), &style)?;
        encode(file, &fields, &data_file, &positions).map_err(WriteError::encode(&name))
    })
    .await?;
    let FileEnd { bytes, footer_size, key } = end;
    let file_size_bytes = bytes.len() as i64;
    if let Err(error) = upload.write(bytes).await {
        upload.abort().await;
        return Err(error);
    }
    upload.finish().await?;
    let format = PARQUET_FORMAT;
    Ok(WrittenDeleteFile { format, path, full_path, delete_count, file_size_bytes, footer_size, encryption_key: key })
}

/// Writes the deleted positions of a data file as a deletion vector (DuckLake spec, "Deletion vectors"), which says of
/// no position when it was deleted, and is never encrypted.
///
/// # Errors
/// As [`write_delete_file`].
pub async fn write_deletion_vector(
    storage: &Storage,
    directory: &str,
    data_file_path: &str,
    positions: &RoaringTreemap,
) -> Result<WrittenDeleteFile, WriteError> {
    if positions.is_empty() {
        check(data_file_path, &[])?;
    }
    let path = format!("ducklake-{}-delete.puffin", Uuid::now_v7());
    let mut upload = Upload::new(storage, format!("{directory}{path}"))?;
    let full_path = upload.full_path().to_string();
    let bytes = deletion_vector::encode(positions);
    let (delete_count, file_size_bytes) = (positions.len().cast_signed(), bytes.len() as i64);
    if let Err(error) = upload.write(bytes.into()).await {
        upload.abort().await;
        return Err(error);
    }
    upload.finish().await?;
    let (format, footer_size, encryption_key) = (VECTOR_FORMAT, 0, None);
    Ok(WrittenDeleteFile { format, path, full_path, delete_count, file_size_bytes, footer_size, encryption_key })
}

/// Removes files, as well as it can.
pub async fn remove_files(storage: &Storage, full_paths: &[String]) {
    let located: Vec<Located> = full_paths.iter().filter_map(|path| storage.locate(path).ok()).collect();
    let removals = located.into_iter().map(|located| async move { located.store.delete(&located.path).await });
    futures::stream::iter(removals).buffer_unordered(PARALLEL_REMOVALS).for_each(|_| async {}).await;
}

fn check(data_file: &str, positions: &[(u64, i64)]) -> Result<(), WriteError> {
    let problem = if positions.is_empty() {
        "there are no positions".to_string()
    } else if let Some(pair) = positions.windows(2).find(|pair| pair[0].0 >= pair[1].0) {
        format!("position {} comes before {}", pair[0].0, pair[1].0)
    } else if positions.last().is_some_and(|(position, _)| i64::try_from(*position).is_err()) {
        "a position is beyond 2^63".to_string()
    } else {
        return Ok(());
    };
    Err(WriteError::Positions { data_file: data_file.to_string(), problem })
}

fn schema(with_snapshots: bool) -> Result<TypePtr, WriteError> {
    let mut columns = vec![text(FILE_PATH.0, FILE_PATH.1)?, int64(POSITION.0, POSITION.1)?];
    if with_snapshots {
        columns.push(int64(SNAPSHOT.0, SNAPSHOT.1)?);
    }
    root(columns.into_iter().map(Arc::new).collect())
}

/// The whole file.
fn encode(
    (mut file, mut columns): (ParquetFile, ColumnWriters),
    fields: &[Field],
    data_file: &str,
    positions: &[(u64, i64)],
) -> Result<FileEnd, ParquetError> {
    for rows in positions.chunks(GROUP_ROWS) {
        let arrays: [ArrayRef; 3] = [
            Arc::new(StringArray::from_iter_values(rows.iter().map(|_| data_file))),
            Arc::new(Int64Array::from_iter_values(rows.iter().map(|(position, _)| *position as i64))),
            Arc::new(Int64Array::from_iter_values(rows.iter().map(|(_, snapshot)| *snapshot))),
        ];
        let mut writers = columns.next()?;
        for ((field, array), writer) in fields.iter().zip(&arrays).zip(&mut writers) {
            for leaf in compute_leaves(field, array)? {
                writer.write(&leaf)?;
            }
        }
        file.append(writers.into_iter().map(ArrowColumnWriter::close).collect::<Result<_, _>>()?)?;
    }
    file.finish()
}

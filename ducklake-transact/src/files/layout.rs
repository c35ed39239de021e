//! What a writer is told about a table, and what it tells about its files.

use std::sync::Arc;

use ducklake_format::partition::Transform;
use ducklake_format::stats::ColumnStatistics;
use ducklake_format::{Column, ColumnId};
use parquet::basic::Compression;

/// How Parquet files are made; [`Default`] is what DuckLake does without options.
#[derive(Debug, Clone, PartialEq)]
pub struct FileOptions {
    /// Codec of the pages.
    pub compression: Compression,
    /// Rows of a row group at most.
    pub row_group_rows: usize,
    /// Bytes of the rows of a row group before encoding, at most (roughly).
    pub row_group_bytes: Option<usize>,
    /// Whether data pages are of version 2; those of encrypted files never are.
    pub version_2: bool,
    /// Size at which a file is ended and another begun; files exceed it by up to a row group.
    pub target_file_size: u64,
    /// Whether the files of partitions lie in folders that are named after them.
    pub hive_paths: bool,
    /// Threads that encode.
    pub threads: usize,
    /// Partitions whose files are being written at the same time, at most.
    pub max_open_files: usize,
}

impl Default for FileOptions {
    fn default() -> Self {
        Self {
            compression: Compression::SNAPPY,
            row_group_rows: 122_880,
            row_group_bytes: None,
            version_2: false,
            target_file_size: 512 << 20,
            hive_paths: true,
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            max_open_files: 16,
        }
    }
}

/// A key of a partition spec.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartitionKey {
    /// Its place in the spec, `partition_key_index`.
    pub key_index: i64,
    /// The column, as index into [`TableLayout::columns`].
    pub column: usize,
    /// What is done to its values.
    pub transform: Transform,
}

/// The live partition spec of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartitionLayout {
    /// Its id.
    pub partition_id: i64,
    /// Its keys in order.
    pub keys: Vec<PartitionKey>,
}

/// A key by which rows are sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SortKey {
    /// The column, as index into [`TableLayout::columns`].
    pub column: usize,
    /// Whether large values come first.
    pub descending: bool,
    /// Whether NULLs come first.
    pub nulls_first: bool,
}

/// A table as its files are laid out.
#[derive(Debug, Clone)]
pub struct TableLayout {
    /// The columns, in the order of the batches.
    pub columns: Arc<Vec<Column>>,
    /// Full path of the table's folder, with its final `/`.
    pub directory: String,
    /// How rows are partitioned.
    pub partition: Option<PartitionLayout>,
    /// How the rows of a file are sorted; empty: not at all. Columns of nested types do not sort.
    pub sort: Vec<SortKey>,
    /// Whether files are encrypted.
    pub encrypted: bool,
    /// How files are made.
    pub options: FileOptions,
}

/// A leaf column of a data file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileColumnStats {
    /// Its id.
    pub column_id: ColumnId,
    /// Bytes of its pages in the file, compressed.
    pub column_size_bytes: i64,
    /// Its values.
    pub stats: ColumnStatistics,
}

/// A data file, complete and closed.
#[derive(Clone, PartialEq, Eq)]
pub struct WrittenFile {
    /// Path relative to the table's folder, folders of partitions included.
    pub path: String,
    /// Full path.
    pub full_path: String,
    /// Rows.
    pub record_count: i64,
    /// Bytes.
    pub file_size_bytes: i64,
    /// Bytes of the metadata at the end, without the 8 bytes after it.
    pub footer_size: i64,
    /// Base64 of the key that the file is encrypted with.
    pub encryption_key: Option<String>,
    /// The leaf columns in schema order.
    pub column_stats: Vec<FileColumnStats>,
    /// The partition spec that the file was written under.
    pub partition_id: Option<i64>,
    /// Key index and value of the partition; `None` is NULL.
    pub partition_values: Vec<(i64, Option<String>)>,
    /// Whether the rows bring their row ids.
    pub has_row_ids: bool,
}

/// Without the key.
impl std::fmt::Debug for WrittenFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WrittenFile")
            .field("full_path", &self.full_path)
            .field("record_count", &self.record_count)
            .field("file_size_bytes", &self.file_size_bytes)
            .field("partition_values", &self.partition_values)
            .field("has_row_ids", &self.has_row_ids)
            .field("encrypted", &self.encryption_key.is_some())
            .finish_non_exhaustive()
    }
}

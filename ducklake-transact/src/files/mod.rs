//! Data files and delete files: from Arrow batches to Parquet in a lake's storage.
//!
//! [`TableWriter`] takes batches of a table's rows and makes data files of them, [`write_delete_file`] writes the
//! deleted positions of one data file. Neither touches the catalog: what they return is what a commit registers, and
//! what was written and is not registered has to go again ([`remove_files`]).

mod columns;
mod convert;
mod data_file;
mod delete_file;
mod distinct;
mod encode;
mod error;
mod flush;
mod group;
mod internal;
mod layout;
mod parquet_file;
mod partition;
mod pending;
mod pool;
mod schema;
mod sealing;
mod sort;
mod split;
#[cfg(test)]
mod tests;
mod upload;
mod writer;

pub use delete_file::{VECTOR_FORMAT, WrittenDeleteFile, remove_files, write_delete_file, write_deletion_vector};
pub use error::WriteError;
pub use flush::{ENDED_HERE, FlushRows, FlushedFile, write_flushed};
pub use layout::{FileColumnStats, FileOptions, PartitionKey, PartitionLayout, SortKey, TableLayout, WrittenFile};
pub use writer::TableWriter;

/// Column of a data file that holds the row ids of rows that are older than the file.
pub const ROW_ID_COLUMN: &str = "_ducklake_internal_row_id";
/// Field id of [`ROW_ID_COLUMN`].
pub const ROW_ID_FIELD_ID: i32 = 2_147_483_540;
/// Column of a data or delete file that says in which snapshot each row was inserted or deleted.
pub const SNAPSHOT_COLUMN: &str = "_ducklake_internal_snapshot_id";
/// Field id of [`SNAPSHOT_COLUMN`].
pub const SNAPSHOT_FIELD_ID: i32 = 2_147_483_539;

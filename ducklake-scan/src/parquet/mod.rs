//! Bytes of a lake's Parquet files: footers, decryption, and the readers DataFusion asks for.
//!
//! Everything here knows one file at a time. Which files belong to a table, and what is deleted from them, is
//! decided elsewhere and arrives as [`ReadFacts`].

mod cache;
mod compact;
mod delete_file;
mod encrypted;
mod error;
mod facts;
mod footer;
mod reader;
#[cfg(test)]
mod tests;

pub use cache::FooterCache;
pub use delete_file::{read_deletions, read_positions, read_snapshot_column};
pub use encrypted::{FileKey, FileKeyError};
pub use error::ParquetFileError;
pub use facts::ReadFacts;
pub use reader::{LakeParquetReader, LakeReaderFactory};

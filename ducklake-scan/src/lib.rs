//! DuckLake tables in DataFusion.
//!
//! Open a [`Lake`], then either run SQL over it in a [`Session`] or take a [`LakeTable`] as DataFusion's
//! `TableProvider`.

mod adapt;
mod error;
mod file_stats;
mod inlined;
mod lake;
mod lake_file;
pub mod parquet;
mod prune;
mod session;
mod source;
mod sql;
mod table;
mod views;

pub use error::{ErrorKind, LakeError, Result};
pub use lake::{Lake, LakeOptions, LakeView, SnapshotSelector, timestamp_micros};
pub use session::{QueryResult, Session};
pub use table::{FileFacts, LakeTable, TableFile};

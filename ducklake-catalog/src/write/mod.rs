//! Writing: a new catalog, and the rows of a commit.

mod commit;
mod create;
mod inlined;
mod tables;

pub use commit::{CommitTransaction, DeleteFileState, TableStatsRow};
pub use create::CreateOptions;
pub(crate) use create::{insert_values, lock_writers};
pub(crate) use tables::Definition;
pub use tables::MetadataTable;

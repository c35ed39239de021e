//! Commits to DuckLake lakes: what may happen together, and how it reaches the catalog.
//!
//! A [`Transaction`] collects changes on top of one snapshot, without I/O. Rows become data files first ([`files`]), or
//! cells of inlined data tables ([`inline`]). [`commit`] then checks what others committed meanwhile ([`conflict`]),
//! gives ids, and writes the catalog's rows in one short database transaction; an overtaken attempt is repeated with
//! everything computed afresh.

pub mod commit;
pub mod conflict;
mod deletes;
mod error;
pub mod files;
mod ids;
pub use ducklake_catalog::inline;
mod prepare;
mod retry;
mod rows;
pub mod settings;
mod table;
mod transaction;

pub use commit::{CommitContext, commit, rollback};
pub use deletes::{DeleteFileReader, Deletions, ReadError};
pub use error::{Result, TransactError};
pub use retry::RetryPolicy;
pub use settings::{SessionSettings, TableSettings};
pub use table::{
    ColumnDefault, FileDeletes, FileHistory, FlushedTable, LocalFile, NewColumn, PendingRows, TableChanges,
};
pub use transaction::{COMMENT, CommitInfo, FIRST_LOCAL_ID, FIRST_LOCAL_ROW_ID, TagChange, Tagged, Transaction};

//! Reads DuckDB database files as Arrow, without DuckDB.
//!
//! [`Database::open`] reads the headers, the catalog and the write-ahead log beside the file, which is replayed in
//! memory up to its last committed transaction. [`Table::scan`] then decodes the rows of a table, group by group, as
//! they are asked for. Files of storage versions 64 to 69 are read, tested with those of DuckDB 1.2 to 2.0. Nothing is
//! written and nothing is locked; a file that a running DuckDB goes on writing is read as of one moment.
//!
//! ```no_run
//! use duckdb_file::{Database, ScanOptions};
//!
//! let database = Database::open("lake.ducklake")?;
//! let table = database.table("main", "ducklake_snapshot")?;
//! for batch in table.scan(&ScanOptions::default())? {
//!     println!("{} rows", batch?.num_rows());
//! }
//! # Ok::<(), duckdb_file::Error>(())
//! ```

mod bits;
mod blocks;
mod bounds;
mod catalog;
mod checksum;
mod database;
mod error;
mod geometry;
mod header;
mod scan;
mod segment;
mod serial;
mod source;
mod spatial;
mod storage;
mod strings;
mod table;
mod types;
mod value;
mod variant;
mod vector;
mod wal;

pub use bounds::Bounds;
pub use database::{Database, Table};
pub use error::{Error, Result};
pub use scan::{RowFilter, Scan, ScanOptions};
pub use source::{ByteSource, FilePart, FileSet, LocalFile, LocalFiles, MemoryFiles};
pub use table::{Column, Entry, EntryKind};
pub use types::{LogicalType, TYPE_METADATA_KEY, TypeKind};

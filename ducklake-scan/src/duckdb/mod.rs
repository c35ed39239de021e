//! Tables of DuckDB database files in DataFusion. Files are read, never written.

mod convert;
mod file;
mod pins;
mod prune;
mod scan;
mod table;
mod types;

pub use file::DuckDbFile;
pub(crate) use file::{AttachedFile, is_duckdb_file};
pub(crate) use pins::FilePins;
pub use table::DuckDbTable;

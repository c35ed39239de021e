//! DuckLake metadata in a SQL database.
//!
//! The only crate that speaks SQL to a metadata database: it opens the catalog, reads snapshots, names, columns,
//! files, statistics and inlined rows, each in a constant number of statements. It decides nothing about what the
//! rows mean for a scan.
//!
//! Databases differ only in [`dialect`] (text) and `driver` (bind, run, decode); everything else is written once.
//! Format versions differ only in [`layout`]: tables and columns are probed when the catalog is opened, never
//! assumed from the version.

mod catalog;
mod copy;
mod dialect;
mod driver;
mod duckdb;
mod error;
mod files;
mod index;
pub mod inline;
mod inlined;
mod inlined_values;
mod layout;
mod macros;
mod metadata;
mod names;
mod raw;
mod snapshot;
mod sql;
mod sqlite_file;
mod tables;
mod tags;
mod uri;
mod write;

pub use catalog::{Catalog, CatalogOptions, TableScanRows};
pub use copy::{CopyOptions, CopyProgress, CopyReport, copy_catalog};
pub use driver::Cell;
pub use error::{CatalogError, FailureKind};
pub use files::{
    BoundComparison, ColumnRange, ColumnStats, DataFileRow, DeleteFileRow, FileListing, FileQuery, FileSummary,
    FileTotals, KnownDataFile,
};
pub use inlined::{InlinedDeletes, InlinedHistory, InlinedRows, InlinedTable, PhysicalColumn, TableHistory};
pub use macros::{MacroDefault, MacroForm, MacroParameter, MacroRow};
pub use metadata::{FormatVersion, LakeMetadata, OptionRow};
pub use names::{Names, SchemaRow, TableRow, ViewRow};
pub use raw::RawTable;
pub use snapshot::{Snapshot, SnapshotChanges, SnapshotSelector};
pub use tables::{
    NameMappingRow, PartitionField, PartitionSpec, SchemaVersionRow, SortField, TableBase, TableFacts, VersionedColumn,
};
pub use tags::TagRow;
pub use uri::{CatalogUri, PostgresTarget};
pub use write::{CommitTransaction, CreateOptions, DeleteFileState, MetadataTable, TableStatsRow};

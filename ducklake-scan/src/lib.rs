//! DuckLake tables in DataFusion.
//!
//! Open a [`Lake`], then run SQL over it in a [`Session`], take a table from it as a DataFrame, or register it as a
//! catalog of a `SessionContext` of your own:
//!
//! ```no_run
//! use datafusion::prelude::*;
//! use ducklake_scan::{Lake, LakeOptions, Session};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let lake = Lake::open("sqlite:meta.sqlite", LakeOptions::default()).await?;
//! let session = Session::new();
//! session.attach("lake", lake.clone()).await?;
//!
//! // A DataFrame with projection, filter and limit; `execute_stream` gives its record batches as they come.
//! let rows = session.scan("main.events").await?.filter(col("id").gt(lit(7)))?.select_columns(&["id"])?.limit(0, Some(10))?;
//! let stream = rows.execute_stream().await?;
//!
//! // The same table as it was.
//! session.sql("SELECT count(*) FROM main.events AT (VERSION => 3)").await?.show().await?;
//!
//! // Or in a context that has other tables too.
//! let context = SessionContext::new();
//! lake.register(&context, "lake").await?;
//! context.sql("SELECT * FROM lake.main.events").await?.show().await?;
//! # Ok(())
//! # }
//! ```
//!
//! Write by SQL in a session, by single calls on the lake, by an [`Appender`] for streams, or in a [`LakeTransaction`] over
//! several tables:
//!
//! ```no_run
//! use ducklake_scan::{AppendOptions, CreateLake, Lake, LakeOptions};
//!
//! # async fn example(batch: arrow::array::RecordBatch) -> Result<(), Box<dyn std::error::Error>> {
//! let create = CreateLake { data_path: "data/".into(), encrypted: false };
//! let lake = Lake::create("sqlite:meta.sqlite", &create, LakeOptions::default()).await?;
//! lake.append_with("events", batch, &AppendOptions { create: true, ..AppendOptions::default() }).await?;
//!
//! let mut transaction = lake.begin().await?;
//! transaction.update("events", [("name", "upper(name)")], "id = 7").await?;
//! transaction.execute("DELETE FROM events WHERE id < 3").await?;
//! transaction.commit().await?;
//! # Ok(())
//! # }
//! ```

// Futures of statements nest deeply: a statement plans queries that may call views and functions.
#![recursion_limit = "256"]

mod adapt;
mod api;
mod duckdb;
mod error;
mod file_stats;
mod guard;
mod inlined;
mod lake;
mod lake_file;
mod local;
pub mod parquet;
mod prune;
mod register;
mod search;
mod session;
mod source;
mod sql;
mod table;
mod views;
mod write;

pub use api::{AppendOptions, Appender, LakeTransaction, Merge, Rows, SqlExpr, TableColumns, WriteResult};
pub use duckdb::{DuckDbFile, DuckDbTable};
pub use ducklake_catalog::Snapshot;
pub use ducklake_format::LakeType;
pub use ducklake_storage::StorageOptions;
pub use ducklake_transact::settings::byte_size;
pub use ducklake_transact::{ColumnDefault, CommitInfo, NewColumn, RetryPolicy, SessionSettings};
pub use error::{ErrorKind, LakeError, Result};
pub use lake::{CreateLake, Lake, LakeOptions, LakeView, SnapshotSelector, timestamp_micros};
pub use register::LakeCatalog;
pub use search::{
    ColumnRef, DefinitionError, Found, FoundRow, FtsColumn, HnswOptions, IndexDefinition, IndexKind, IndexStatus,
    Metric, NewIndex, Refresh, RefreshProgress, RefreshRow, RefreshScope, RowKey, SearchOptions, TableIndex,
    TextColumn, TextKind, TextSearch, VectorSearch,
};
pub use session::{QueryResult, Session};
pub use sql::embed::{Embedder, EmbedderError};
pub use table::{FileFacts, LakeTable, TableFile};
pub use write::FileFormat;

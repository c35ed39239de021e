//! SQL over lakes: DuckDB's spelling, names pinned to snapshots, DataFusion for the rest.

mod command;
mod dialect;
mod duckdb;
mod functions;
mod labels;
pub(crate) mod names;
mod pinned;
mod references;
pub(crate) mod rewrite;
pub(crate) mod rows;
pub(crate) mod types;
pub(crate) mod write;

pub(crate) use command::{AttachOptions, Command, parse, parse_query};
pub(crate) use functions::{FunctionCall, table_function};
pub(crate) use pinned::{PinnedLakes, PinnedObject};
pub(crate) use references::{Reference, Version, collect};

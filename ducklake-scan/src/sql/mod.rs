//! SQL over lakes: DuckDB's spelling, names pinned to snapshots, DataFusion for the rest.

mod arithmetic;
mod command;
mod dialect;
mod duckdb;
pub(crate) mod embed;
pub(crate) mod explain;
pub(crate) mod files;
mod from_first;
pub(crate) mod functions;
mod intervals;
mod labels;
pub(crate) mod local;
pub(crate) mod macros;
pub(crate) mod memory;
pub(crate) mod metadata;
pub(crate) mod names;
mod pinned;
pub(crate) mod print;
mod references;
mod relations;
pub(crate) mod rewrite;
pub(crate) mod rows;
mod scalars;
pub(crate) mod settings;
mod statements;
mod text_cast;
pub(crate) mod text_match;
pub(crate) mod types;
pub(crate) mod vectors;
pub(crate) mod write;

pub(crate) use command::{AttachOptions, Command, parse, parse_query};
pub(crate) use pinned::{PinnedLakes, PinnedObject};
pub(crate) use references::{Reference, Version, collect};
pub(crate) use scalars::register;
pub(crate) use text_match::as_match;

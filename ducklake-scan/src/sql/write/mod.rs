//! Statements that change a lake: from text to values, and the queries that find their rows.

mod alter;
mod create;
mod cursor;
mod dml;
mod index;
mod merge;
mod parse;
pub(crate) mod queries;
mod statement;
mod types;

pub(crate) use parse::{parse, parse_call};
pub(crate) use statement::*;
pub(crate) use types::lake_type as type_of_text;

//! Changing lakes: open transactions, rows on their way into a table, and what statements do.

mod cast;
mod changes;
mod dml;
mod open;
mod reader;
mod sink;
mod statements;

pub(crate) use cast::to_table_batch;
pub(crate) use changes::{Addresses, apply_deletes, store};
pub(crate) use open::{OpenLake, OpenTransactions};
pub(crate) use reader::LakeDeleteReader;
pub(crate) use sink::RowSink;

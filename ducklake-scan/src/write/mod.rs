//! Changing lakes: open transactions, rows on their way into a table, and what statements do.

mod cast;
mod changes;
mod dml;
mod files;
mod flush;
mod json;
mod literal_types;
mod macros;
mod memory;
mod open;
mod reader;
mod sink;
mod statements;
mod values;

pub(crate) use cast::to_table_batch;
pub(crate) use changes::{Addresses, apply_deletes, store};
pub(crate) use dml::rows_in_order;
pub use files::FileFormat;
pub(crate) use flush::{FLUSH, FlushCall};
pub(crate) use open::{OpenLake, OpenTransactions};
pub(crate) use sink::RowSink;
pub(crate) use statements::{Place, adapt_pending, check_reserved, pending_columns, query_columns};

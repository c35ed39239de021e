//! The binary serialisation of the catalog, of table data's descriptions and of the write-ahead log.

mod chain;
mod reader;

pub(crate) use chain::MetaPointer;
pub(crate) use reader::{END, Reader};

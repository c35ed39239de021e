//! Writing from Rust: transactions, streams of record batches, and single changes.

mod append;
mod change;
mod evolve;
mod expr;
mod files;
mod indexes;
mod lake;
mod merge;
mod rows;
mod shape;
mod structs;
mod tables;
mod transaction;

pub use append::{AppendOptions, Appender, WriteResult};
pub use expr::SqlExpr;
pub use merge::Merge;
pub use rows::Rows;
pub use tables::TableColumns;
pub use transaction::LakeTransaction;

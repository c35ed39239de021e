//! The DuckLake table format as plain values: ids, types, column trees, paths, statistics text,
//! partition transforms, deletion vectors and the text encodings of inlined data.
//!
//! Nothing here does I/O, reads a clock or awaits: every function is from bytes or text to values.
//! Rules are those of the DuckLake 1.0 specification as its reference implementation (the DuckLake
//! extension of DuckDB 1.5) really behaves.

pub mod columns;
pub mod error;
pub mod types;

pub use columns::{Column, ColumnId, ColumnRow};
pub use error::FormatError;
pub use types::LakeType;

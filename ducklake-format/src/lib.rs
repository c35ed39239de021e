//! The DuckLake table format as plain values: ids, types, column trees, paths, statistics text,
//! partition transforms, deletion vectors and the text encodings of inlined data.
//!
//! Nothing here does I/O, reads a clock or awaits: every function is from bytes or text to values.
//! Rules are those of the DuckLake 1.0 specification as its reference implementation (the DuckLake
//! extension of DuckDB 1.5) really behaves.

pub mod changes;
pub mod columns;
pub mod deletion_vector;
pub mod error;
pub mod geometry;
pub mod partition;
pub mod paths;
pub mod promotion;
pub mod stats;
pub mod text;
pub mod types;
pub mod variant;

pub use columns::{Column, ColumnId, ColumnRow};
pub use error::FormatError;
pub use text::{DisplayOptions, TextDecoder, TextForm, ValueDisplay};
pub use types::LakeType;

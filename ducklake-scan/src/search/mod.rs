//! Search over tables: indexes, their segments, and the functions and rules that use them.

mod definition;

pub use definition::{ColumnRef, DefinitionError, FtsColumn, IndexDefinition, IndexKind, Metric, Refresh, TextKind};

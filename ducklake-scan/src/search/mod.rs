//! Search over tables: indexes, their segments, and the functions and rules that use them.

mod definition;
mod known;
mod new_index;
mod refresh;
mod statements;

pub use definition::{ColumnRef, DefinitionError, FtsColumn, IndexDefinition, IndexKind, Metric, Refresh, TextKind};
pub use known::TableIndex;
pub use new_index::{HnswOptions, NewIndex, TextColumn};

pub(crate) use definition::TAG_PREFIX;
pub(crate) use known::indexes;
pub(crate) use new_index::did_you_mean;
pub(crate) use statements::{REFRESH, RefreshCall};

#[cfg(test)]
mod tests;

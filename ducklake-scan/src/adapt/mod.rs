//! From a file's columns to the table's columns at a snapshot: matching by field id or name mapping, defaults for what
//! is missing, casts for what was promoted, at every nesting level (DuckLake spec, "Columns").

mod convert;
mod expr;
mod json;
mod matching;
mod numbers;
mod rewrite;
mod temporal;

pub(crate) use matching::{FileMapping, MappingNode};
pub(crate) use rewrite::{AdapterFactory, FileColumns, VirtualValue, row_number_field};

use arrow::array::ArrayRef;
use arrow::datatypes::Schema;
use ducklake_format::Column;

use crate::error::Result;

/// A column of the table made from arrays with the given schema, outside of any plan.
pub(crate) fn convert_column(
    column: &Column,
    mapping: &FileMapping,
    schema: &Schema,
    arrays: &[ArrayRef],
    rows: usize,
    path: &str,
) -> Result<ArrayRef> {
    match matching::plan_column(column, mapping, schema, path)? {
        matching::ColumnSource::Physical { index, plan } => convert::convert(&arrays[index], &plan),
        matching::ColumnSource::Constant(value) => convert::repeat(&value, rows),
    }
}

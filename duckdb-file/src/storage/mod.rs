//! What a table's metadata says about where its rows are.

mod column;
mod deletes;
mod row_group;
mod statistics;

pub(crate) use column::{Column, ColumnKind, Segment, Vertices};
pub(crate) use deletes::read_deletes;
pub(crate) use row_group::{check_rows as check_group_rows, read_groups, read_pointer};
pub(crate) use statistics::{Statistics, TextBounds};

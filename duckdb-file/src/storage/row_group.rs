//! The row groups of a table.

use std::sync::Arc;

use super::statistics::skip_column_statistics;
use crate::blocks::Blocks;
use crate::error::{Error, Result};
use crate::serial::{MetaPointer, Reader};
use crate::types::LogicalType;
use crate::wal::chunk::Chunk;

/// More rows in a group are taken for a corrupt file. By default there are 122,880.
const MAX_GROUP_ROWS: u64 = 1 << 24;

/// One row group as the file describes it.
#[derive(Clone, Debug)]
pub(crate) struct StoredGroup {
    /// The row id of the first row where row ids have holes (DuckDB 2.0).
    pub row_start: u64,
    /// Deleted rows included.
    pub rows: u64,
    /// Where each physical column is described.
    pub columns: Vec<MetaPointer>,
    /// Where it says which rows are deleted.
    pub deletes: Option<MetaPointer>,
}

/// Reads a table's stream: its statistics and its row groups.
pub(crate) fn read_groups(
    blocks: &Arc<Blocks>,
    pointer: MetaPointer,
    columns: &[LogicalType],
) -> Result<Vec<StoredGroup>> {
    let mut reader = Reader::at(blocks, pointer)?;
    skip_table_statistics(&mut reader, columns)?;
    let count = reader.fixed_u64()?;
    let mut groups = Vec::new();
    for _ in 0..count {
        groups.push(read_group(&mut reader, columns.len())?);
    }
    Ok(groups)
}

fn skip_table_statistics(reader: &mut Reader, columns: &[LogicalType]) -> Result<()> {
    if reader.has(100)? {
        let count = reader.uint()?;
        if count != columns.len() as u64 {
            return Err(Error::corrupt(format!("statistics of {count} columns for a table of {}", columns.len())));
        }
        for column in columns {
            reader.nullable(|reader| skip_column_statistics(reader, column))?;
        }
    }
    if reader.has(101)? {
        reader.nullable(skip_sample)?;
    }
    reader.end("table statistics")
}

/// A sample of the table's rows, for DuckDB's planner.
fn skip_sample(reader: &mut Reader) -> Result<()> {
    if reader.has(100)? {
        reader.nullable(|reader| {
            for id in 100..=104 {
                if reader.has(id)? {
                    if id == 101 {
                        reader.array::<8>()?;
                    } else {
                        reader.uint()?;
                    }
                }
            }
            if reader.has(105)? {
                reader.list(|reader| {
                    if reader.has(0)? {
                        reader.array::<8>()?;
                    }
                    if reader.has(1)? {
                        reader.uint()?;
                    }
                    reader.end("a weight")
                })?;
            }
            reader.end("the state of a sample")
        })?;
    }
    if reader.has(101)? {
        reader.uint()?;
    }
    if reader.has(102)? {
        reader.bool()?;
    }
    if reader.has(200)? {
        reader.uint()?;
    }
    if reader.has(201)? {
        reader.nullable(|reader| Chunk::read(reader).map(drop))?;
    }
    reader.end("a sample")
}

fn read_group(reader: &mut Reader, columns: usize) -> Result<StoredGroup> {
    let row_start = if reader.has(100)? { reader.uint()? } else { 0 };
    let rows = if reader.has(101)? { reader.uint()? } else { 0 };
    let pointers = if reader.has(102)? { reader.list(read_pointer)? } else { Vec::new() };
    let deletes = if reader.has(103)? { reader.list(read_pointer)? } else { Vec::new() };
    for (flag, list) in [(104, 105), (106, 107)] {
        if reader.has(flag)? {
            reader.bool()?;
        }
        if reader.has(list)? {
            reader.list(Reader::uint)?;
        }
    }
    reader.end("a row group")?;
    check_rows(rows)?;
    if pointers.len() != columns {
        return Err(Error::corrupt(format!("a row group of {} columns in a table of {columns}", pointers.len())));
    }
    Ok(StoredGroup { row_start, rows, columns: pointers, deletes: deletes.first().copied() })
}

/// The number of rows of a group, if it is believable.
pub(crate) fn check_rows(rows: u64) -> Result<()> {
    if rows > MAX_GROUP_ROWS { Err(Error::limit("rows of a row group", MAX_GROUP_ROWS)) } else { Ok(()) }
}

pub(crate) fn read_pointer(reader: &mut Reader) -> Result<MetaPointer> {
    let block = if reader.has(100)? { reader.uint()? } else { 0 };
    let offset = if reader.has(101)? { reader.uint()? } else { 0 };
    reader.end("a metadata pointer")?;
    Ok(MetaPointer { block, offset })
}

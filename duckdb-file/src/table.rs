//! A table: its columns, and all the places that its rows are in.

use roaring::RoaringTreemap;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::serial::MetaPointer;
use crate::storage;
use crate::types::LogicalType;
use crate::value::Value;
use crate::wal::rows::ChunkBytes;
use crate::wal::updates::Updates;

/// A column of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// As it was created; names are compared without regard to case.
    pub name: String,
    /// DuckDB's type.
    pub logical_type: LogicalType,
    /// Computed from other columns when it is read, and not stored: it has no values here.
    pub generated: bool,
}

/// Something of the catalog that has a name but no rows of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What it is.
    pub kind: EntryKind,
    /// The schema that it is in.
    pub schema: String,
    /// Its name as it was created.
    pub name: String,
}

/// The kinds of entries beside tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum EntryKind {
    /// A stored query.
    View,
    /// A macro that stands for a value.
    ScalarMacro,
    /// A macro that stands for rows.
    TableMacro,
}

/// Where a column's values are in a group of rows.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    /// In the group's column of that number.
    Stored(usize),
    /// The column was added later with this default.
    Constant(Arc<Value>),
}

/// The rows that a checkpoint has written.
#[derive(Clone, Debug)]
pub(crate) struct StoredRows {
    pub pointer: MetaPointer,
    /// Deleted ones included.
    pub total_rows: u64,
    /// Given where row ids have holes.
    pub next_row_id: Option<u64>,
    /// Of the columns that the row groups have.
    pub types: Vec<LogicalType>,
    /// One for each physical column of the table.
    pub sources: Vec<Source>,
}

/// Rows that the write-ahead log adds.
#[derive(Clone, Debug)]
pub(crate) struct Appended {
    /// The row id of the first.
    pub row_start: u64,
    pub rows: u64,
    pub content: Content,
    /// One for each physical column of the table.
    pub sources: Vec<Source>,
}

#[derive(Clone, Debug)]
pub(crate) enum Content {
    Chunks(Vec<ChunkBytes>),
    /// Columns in blocks of the database file.
    Stored(Arc<Vec<storage::Column>>, Arc<Vec<LogicalType>>),
}

/// All there is to know of a table without reading rows.
#[derive(Debug)]
pub(crate) struct TableData {
    pub schema: Vec<String>,
    pub name: String,
    pub columns: Vec<Column>,
    pub stored: Option<StoredRows>,
    pub appended: Vec<Appended>,
    /// Row ids that the write-ahead log deletes.
    pub deleted: RoaringTreemap,
    pub updates: Updates,
    /// What was done to the table that cannot be replayed.
    pub unreadable: Option<String>,
    next_row_id: u64,
}

impl TableData {
    pub(crate) fn new(schema: Vec<String>, name: String, columns: Vec<Column>) -> Self {
        Self {
            schema,
            name,
            columns,
            stored: None,
            appended: Vec::new(),
            deleted: RoaringTreemap::new(),
            updates: Updates::default(),
            unreadable: None,
            next_row_id: 0,
        }
    }

    pub(crate) fn attach(&mut self, stored: StoredRows) {
        self.next_row_id = stored.next_row_id.unwrap_or(stored.total_rows);
        self.stored = Some(stored);
    }

    /// The columns that are stored.
    pub(crate) fn physical(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(|column| !column.generated)
    }

    /// Adds rows behind all others.
    pub(crate) fn append(&mut self, rows: u64, content: Content) -> Result<()> {
        let row_start = self.next_row_id;
        let end = row_start.checked_add(rows).filter(|end| i64::try_from(*end).is_ok());
        self.next_row_id = end.ok_or_else(|| Error::corrupt("row ids are used up"))?;
        let sources: Vec<_> = (0..self.physical().count()).map(Source::Stored).collect();
        // Many small chunks make one group, as long as the table's columns stay the same.
        if let (Some(last), Content::Chunks(chunks)) = (self.appended.last_mut(), &content)
            && last.rows < Self::GROUP_ROWS
            && last.has_columns_as_inserted(sources.len())
            && let Content::Chunks(earlier) = &mut last.content
        {
            earlier.extend_from_slice(chunks);
            last.rows += rows;
            return Ok(());
        }
        self.appended.push(Appended { row_start, rows, content, sources });
        Ok(())
    }

    /// Rows of a group of chunks, about.
    const GROUP_ROWS: u64 = 122_880;

    pub(crate) fn check_row_id(&self, row_id: u64) -> Result<()> {
        if row_id < self.next_row_id {
            return Ok(());
        }
        let problem = format!("row {row_id} of table {} with {} rows", self.name, self.next_row_id);
        Err(Error::corrupt(problem))
    }

    /// Adds a column, which has this value in the rows that are there.
    pub(crate) fn add_column(&mut self, column: Column, value: Value) {
        if !column.generated {
            let source = Source::Constant(Arc::new(value));
            self.all_sources().for_each(|sources| sources.push(source.clone()));
        }
        self.columns.push(column);
    }

    pub(crate) fn drop_column(&mut self, name: &str) -> Result<()> {
        let position = self.position(name)?;
        if !self.columns[position].generated {
            let physical = self.columns[..position].iter().filter(|column| !column.generated).count();
            self.all_sources().filter(|sources| physical < sources.len()).for_each(|sources| {
                sources.remove(physical);
            });
            self.updates.drop_column(physical as u64);
        }
        self.columns.remove(position);
        Ok(())
    }

    pub(crate) fn rename_column(&mut self, name: &str, new_name: &str) -> Result<()> {
        let position = self.position(name)?;
        self.columns[position].name = new_name.to_string();
        Ok(())
    }

    pub(crate) fn has_column(&self, name: &str) -> bool {
        self.position(name).is_ok()
    }

    fn position(&self, name: &str) -> Result<usize> {
        let name = name.to_lowercase();
        let position = self.columns.iter().position(|column| column.name.to_lowercase() == name);
        position.ok_or_else(|| Error::corrupt(format!("table {} has no column {name}", self.name)))
    }

    fn all_sources(&mut self) -> impl Iterator<Item = &mut Vec<Source>> {
        let stored = self.stored.iter_mut().map(|stored| &mut stored.sources);
        stored.chain(self.appended.iter_mut().map(|appended| &mut appended.sources))
    }
}

impl Appended {
    fn has_columns_as_inserted(&self, columns: usize) -> bool {
        let in_order = |(at, source): (usize, &Source)| matches!(source, Source::Stored(index) if *index == at);
        self.sources.len() == columns && self.sources.iter().enumerate().all(in_order)
    }
}

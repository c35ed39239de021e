//! Scans of tables.

mod arrow;
mod filter;
mod group;
mod stored;
mod text;

pub(crate) use arrow::array;

use std::collections::VecDeque;
use std::sync::Arc;

use arrow_array::{RecordBatch, RecordBatchOptions};
use arrow_schema::{DataType, Schema, SchemaRef};
use roaring::RoaringBitmap;

use crate::database::TableInner;
use crate::error::{At, Result};
use crate::types::LogicalType;
use crate::vector::Vector;
use filter::Filter;
pub use filter::RowFilter;
use group::Group;

/// Text and elements of a batch, about, unless a single row has more.
const BATCH_BYTES: usize = 64 << 20;

/// Values of a batch of very many columns, at most.
const BATCH_VALUES: usize = 4 << 20;

/// What to read of a table.
#[derive(Clone, Debug)]
pub struct ScanOptions {
    /// Names of columns in the order wanted; `None`: all.
    pub columns: Option<Vec<String>>,
    /// Rows of a batch, at most. The default is 8192.
    pub batch_rows: usize,
}

impl Default for ScanOptions {
    fn default() -> Self {
        Self { columns: None, batch_rows: 8192 }
    }
}

/// The rows of a table in their order, deleted ones left out. After an error there is nothing more.
pub struct Scan {
    table: Arc<TableInner>,
    schema: SchemaRef,
    columns: Vec<ScanColumn>,
    /// Its columns come before those of the schema.
    filter: Option<Filter>,
    batch_rows: usize,
    /// Whether strings are views.
    views: bool,
    /// The groups that are still to be read.
    rest: std::vec::IntoIter<usize>,
    current: Option<Group>,
    ready: VecDeque<RecordBatch>,
    failed: bool,
}

/// A column to read.
#[derive(Clone, Debug)]
pub(crate) struct ScanColumn {
    pub name: String,
    /// Its number among the table's physical columns.
    pub physical: usize,
    pub logical_type: LogicalType,
}

impl Scan {
    /// `columns` begin with those of the filter; `groups` are numbers of row groups, `None`: all of them.
    pub(crate) fn new(
        table: Arc<TableInner>,
        columns: Vec<ScanColumn>,
        filter: Option<&RowFilter>,
        batch_rows: usize,
        groups: Option<Vec<usize>>,
    ) -> Result<Self> {
        let keys = filter.map_or(0, |filter| filter.columns.len());
        let filter = filter.map(|filter| Filter::new(&columns[..keys], filter));
        let fields: Vec<_> = columns[keys..].iter().map(|column| column.logical_type.field(&column.name)).collect();
        let leaves = columns.iter().fold(1, |sum: usize, column| sum.saturating_add(column.logical_type.leaves()));
        let count = table.groups()?.len();
        let rest = groups.unwrap_or_else(|| (0..count).collect()).into_iter();
        Ok(Self {
            table,
            schema: Arc::new(Schema::new(fields)),
            columns,
            filter,
            batch_rows: batch_rows.min(BATCH_VALUES / leaves).max(1),
            views: false,
            rest,
            current: None,
            ready: VecDeque::new(),
            failed: false,
        })
    }

    /// Gives texts and blobs that are columns of their own as views (`Utf8View`, `BinaryView`): they are not copied then.
    pub fn with_views(mut self) -> Self {
        let view = |field: &arrow_schema::FieldRef| match field.data_type() {
            DataType::Utf8 => DataType::Utf8View,
            DataType::Binary => DataType::BinaryView,
            other => other.clone(),
        };
        let keys = self.filter.as_ref().map_or(0, Filter::keys);
        let fields = self.columns[keys..].iter().zip(self.schema.fields()).map(|(column, field)| {
            let is_view = arrow::is_stored_text(&column.logical_type.kind);
            if is_view { field.as_ref().clone().with_data_type(view(field)) } else { field.as_ref().clone() }
        });
        self.schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        self.views = true;
        self
    }

    /// The schema of the batches.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Reads until there is a batch; `false` at the end.
    fn advance(&mut self) -> Result<bool> {
        while self.ready.is_empty() {
            if self.current.as_ref().is_none_or(Group::is_done) {
                let Some(next) = self.rest.next() else { return Ok(false) };
                self.current = Some(Group::open(&self.table, next, &self.columns)?);
            }
            // A group may be deleted as a whole.
            if let Some(group) = self.current.as_mut().filter(|group| !group.is_done())
                && let Some((vectors, rows)) = group.next(self.batch_rows, self.filter.as_ref())?
            {
                self.emit(vectors, rows)?;
            }
            self.table.blocks.confirm()?;
        }
        Ok(true)
    }

    /// Makes batches of rows, several if they are too long for one.
    fn emit(&mut self, vectors: Vec<Vector>, rows: usize) -> Result<()> {
        let mut weights = vec![0; rows];
        vectors.iter().for_each(|vector| vector.add_weights(&mut weights));
        let mut start = 0;
        while start < rows {
            let mut total = weights[start];
            let fitting = weights[start + 1..].iter().take_while(|weight| {
                total = total.saturating_add(**weight);
                total <= BATCH_BYTES
            });
            let end = start + 1 + fitting.count();
            if start == 0 && end == rows {
                self.ready.push_back(self.batch(vectors, rows)?);
                return Ok(());
            }
            let part = vectors.iter().map(|vector| vector.slice(start, end)).collect::<Result<_>>()?;
            self.ready.push_back(self.batch(part, end - start)?);
            start = end;
        }
        Ok(())
    }

    fn batch(&self, vectors: Vec<Vector>, rows: usize) -> Result<RecordBatch> {
        let array = |(column, vector): (&ScanColumn, Vector)| {
            let array = if self.views { arrow::view_array } else { arrow::array };
            array(&column.logical_type, vector).at(|| format!("column {}", column.name))
        };
        let keys = self.filter.as_ref().map_or(0, Filter::keys);
        let arrays = self.columns[keys..].iter().zip(vectors).map(array).collect::<Result<_>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        Ok(RecordBatch::try_new_with_options(self.schema.clone(), arrays, &options)?)
    }
}

impl Iterator for Scan {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        match self.advance() {
            Ok(true) => self.ready.pop_front().map(Ok),
            Ok(false) => None,
            Err(error) => {
                self.failed = true;
                let error = error.at(format!("table {}", self.table.data.name));
                Some(Err(self.table.blocks.explain(error)))
            }
        }
    }
}

/// Rows of a range that are left when others are deleted; `None`: all.
fn kept(deleted: &RoaringBitmap, start: u32, rows: usize) -> Option<Vec<usize>> {
    let end = start + rows as u32;
    if deleted.range_cardinality(start..end) == 0 {
        return None;
    }
    Some((start..end).zip(0..).filter(|(row, _)| !deleted.contains(*row)).map(|(_, at)| at).collect())
}

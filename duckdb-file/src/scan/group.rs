//! A group of rows while it is scanned.

use std::ops::Range;
use std::sync::Arc;

use roaring::RoaringBitmap;

use super::filter::Filter;
use super::stored::StoredColumn;
use super::{ScanColumn, kept};
use crate::database::TableInner;
use crate::error::{At, Error, Result};
use crate::serial::Reader;
use crate::storage;
use crate::table::{Content, Source};
use crate::vector::Vector;
use crate::wal::chunk::Chunk;
use crate::wal::rows::ChunkBytes;

/// Text and elements that are read at once, about.
const READ_BYTES: usize = 64 << 20;

/// The rest of a group's rows.
pub(super) struct Group {
    table: Arc<TableInner>,
    row_start: u64,
    rows: u64,
    position: u64,
    /// Positions in the group.
    deleted: RoaringBitmap,
    columns: Vec<ScanColumn>,
    /// Where each of `columns` comes from.
    sources: Vec<Source>,
    rows_of: RowSource,
}

/// Reads columns of a group.
enum RowSource {
    /// One for each column, unless it is constant.
    Stored(Vec<Option<StoredColumn>>),
    Chunks(Chunks),
}

impl Group {
    pub(super) fn open(table: &Arc<TableInner>, number: usize, columns: &[ScanColumn]) -> Result<Self> {
        let place = table.groups()?.get(number).cloned().ok_or_else(|| Error::corrupt("a row group is missing"))?;
        let deleted = table.deleted(&place)?;
        let all_sources = table.sources(&place);
        let source = |column: &ScanColumn| {
            let source = all_sources.get(column.physical).cloned();
            source.ok_or_else(|| Error::corrupt(format!("a row group without column {}", column.name)))
        };
        let sources = columns.iter().map(source).collect::<Result<Vec<_>>>()?;
        let mut group = Self {
            table: table.clone(),
            row_start: place.row_start,
            rows: place.rows,
            position: 0,
            deleted,
            columns: columns.to_vec(),
            sources,
            rows_of: RowSource::Stored(Vec::new()),
        };
        if group.deleted.len() >= group.rows {
            group.position = group.rows;
            return Ok(group);
        }
        group.rows_of = match &place.appended(table).map(|appended| &appended.content) {
            Some(Content::Chunks(chunks)) => RowSource::Chunks(Chunks::new(chunks.clone())),
            Some(Content::Stored(stored, types)) => {
                let column = |index: usize| Some((stored.get(index)?.clone(), types.get(index)?.clone()));
                group.open_stored(|index| column(index).map(Ok))?
            }
            None => {
                let stored = table.data.stored.as_ref();
                group.open_stored(|index| {
                    let pointer = *place.columns.get(index)?;
                    let logical_type = stored?.types.get(index)?.clone();
                    let column = Reader::at(&table.blocks, pointer)
                        .and_then(|mut reader| storage::Column::read(&mut reader, &logical_type));
                    Some(column.map(|column| (column, logical_type)))
                })?
            }
        };
        Ok(group)
    }

    fn open_stored(
        &self,
        column: impl Fn(usize) -> Option<Result<(storage::Column, crate::LogicalType)>>,
    ) -> Result<RowSource> {
        let mut opened = Vec::new();
        for (source, scanned) in self.sources.iter().zip(&self.columns) {
            if let Source::Stored(index) = source {
                let missing = || Error::corrupt("a row group has too few columns");
                let stored = column(*index).ok_or_else(missing)?.and_then(|(column, logical_type)| {
                    StoredColumn::open(&self.table.blocks, column, &logical_type, self.rows)
                });
                opened.push(Some(stored.at(|| format!("column {}", scanned.name))?));
            } else {
                opened.push(None);
            }
        }
        Ok(RowSource::Stored(opened))
    }

    pub(super) fn is_done(&self) -> bool {
        self.position >= self.rows
    }

    /// The next rows, at most that many; `None` if there are none among them. Where rows are chosen, only columns behind
    /// those that they are chosen by are returned.
    pub(super) fn next(&mut self, batch_rows: usize, filter: Option<&Filter>) -> Result<Option<(Vec<Vector>, usize)>> {
        let wanted = (self.rows - self.position).min(batch_rows as u64) as usize;
        let keys = filter.map_or(0, Filter::keys);
        let (rows, mut vectors) = match &mut self.rows_of {
            RowSource::Stored(columns) => {
                let rows = limit(columns, &self.columns, wanted)?;
                (rows, self.read(0..keys, rows, None)?)
            }
            RowSource::Chunks(chunks) => {
                let (rows, vectors) = chunks.next(&self.sources, wanted)?;
                (rows, self.with_constants(vectors, rows)?)
            }
        };
        self.update(0, rows, &mut vectors)?;
        // Groups have at most 2^24 rows.
        let mut kept = kept(&self.deleted, self.position as u32, rows);
        let mut others = vectors.split_off(keys);
        if let Some(filter) = filter {
            let chosen = filter.choose(&self.columns, vectors, rows)?;
            let is_chosen = |row: &usize| chosen.get(*row).copied().unwrap_or_default();
            kept = Some(match kept {
                Some(kept) => kept.into_iter().filter(is_chosen).collect(),
                None => (0..rows).filter(is_chosen).collect(),
            });
        }
        if let RowSource::Stored(_) = self.rows_of {
            let needed = kept.as_ref().filter(|_| filter.is_some()).map(|kept| {
                let mut needed = vec![false; rows];
                kept.iter().for_each(|row| needed[*row] = true);
                needed
            });
            others = self.read(keys..self.columns.len(), rows, needed.as_deref())?;
            self.update(keys, rows, &mut others)?;
        }
        self.position += rows as u64;
        match kept {
            None => Ok(Some((others, rows))),
            Some(kept) if kept.is_empty() => Ok(None),
            Some(kept) => {
                let others = others.iter().map(|vector| vector.take(&kept)).collect::<Result<_>>()?;
                Ok(Some((others, kept.len())))
            }
        }
    }

    /// Reads the next rows of some columns of a stored group.
    fn read(&mut self, range: Range<usize>, rows: usize, is_needed: Option<&[bool]>) -> Result<Vec<Vector>> {
        let RowSource::Stored(stored) = &mut self.rows_of else { return Ok(Vec::new()) };
        let mut vectors = Vec::with_capacity(range.len());
        for at in range {
            let column = stored.get_mut(at).and_then(Option::as_mut);
            vectors.push(match (column, self.sources.get(at)) {
                (Some(column), _) => {
                    column.next_of(rows, is_needed).at(|| format!("column {}", self.columns[at].name))?
                }
                (None, Some(Source::Constant(value))) => Vector::repeated(value, rows)?,
                (None, _) => return Err(Error::corrupt("a column is missing")),
            });
        }
        Ok(vectors)
    }

    /// Replaces what was updated in the columns from `first` on.
    fn update(&self, first: usize, rows: usize, vectors: &mut [Vector]) -> Result<()> {
        let start = self.row_start + self.position;
        let updates = &self.table.data.updates;
        for (column, vector) in self.columns[first..].iter().zip(vectors) {
            updates.apply(column.physical as u64, start..start + rows as u64, vector)?;
        }
        Ok(())
    }

    /// Puts the columns that are not stored between those that are.
    fn with_constants(&self, stored: Vec<Vector>, rows: usize) -> Result<Vec<Vector>> {
        let mut stored = stored.into_iter();
        let vector = |source: &Source| match source {
            Source::Stored(_) => stored.next().ok_or_else(|| Error::corrupt("a column is missing")),
            Source::Constant(value) => Vector::repeated(value, rows),
        };
        self.sources.iter().map(vector).collect()
    }
}

/// How many of the next rows fit into a batch.
fn limit(columns: &mut [Option<StoredColumn>], names: &[ScanColumn], wanted: usize) -> Result<usize> {
    let mut rows = wanted;
    for (column, scanned) in columns.iter_mut().zip(names) {
        if let Some(column) = column {
            rows = column.limit(rows).at(|| format!("column {}", scanned.name))?;
        }
    }
    Ok(rows)
}

/// Chunks of the write-ahead log one after another.
struct Chunks {
    rest: std::vec::IntoIter<ChunkBytes>,
    /// The current chunk and how many of its rows were read.
    current: Option<(Chunk, usize)>,
}

impl Chunks {
    fn new(chunks: Vec<ChunkBytes>) -> Self {
        Self { rest: chunks.into_iter(), current: None }
    }

    fn next(&mut self, sources: &[Source], wanted: usize) -> Result<(usize, Vec<Vector>)> {
        let indices = sources.iter().filter_map(|source| match source {
            Source::Stored(index) => Some(*index),
            Source::Constant(_) => None,
        });
        let indices: Vec<_> = indices.collect();
        let (mut rows, mut bytes) = (0, 0);
        let mut vectors: Vec<Vector> = Vec::new();
        while rows < wanted && bytes < READ_BYTES {
            let (chunk, start) = match self.current.take() {
                Some((chunk, start)) if start < chunk.rows => (chunk, start),
                _ => {
                    let next =
                        self.rest.next().ok_or_else(|| Error::corrupt("rows of the write-ahead log are missing"))?;
                    self.current = Some((next.decode()?, 0));
                    continue;
                }
            };
            let mut weights = vec![0_usize; chunk.rows];
            for index in &indices {
                let column = chunk.column(*index)?.weights(chunk.rows);
                weights.iter_mut().zip(column).for_each(|(weight, more)| *weight = weight.saturating_add(more));
            }
            let mut end = start;
            while end < chunk.rows && rows < wanted && (bytes < READ_BYTES || end == start) {
                bytes = bytes.saturating_add(weights[end]);
                end += 1;
                rows += 1;
            }
            for (at, index) in indices.iter().enumerate() {
                let part = chunk.column(*index)?.slice(start, end)?;
                match vectors.get_mut(at) {
                    Some(vector) => vector.append(part)?,
                    None => vectors.push(part),
                }
            }
            self.current = Some((chunk, end));
        }
        Ok((rows, vectors))
    }
}

//! A group of rows while it is scanned.

use std::sync::Arc;

use roaring::RoaringBitmap;

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
    /// One for each of the sources that are stored.
    Stored(Vec<StoredColumn>),
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
                opened.push(stored.at(|| format!("column {}", scanned.name))?);
            }
        }
        Ok(RowSource::Stored(opened))
    }

    pub(super) fn is_done(&self) -> bool {
        self.position >= self.rows
    }

    /// The next rows, at most that many; `None` if all of them are deleted.
    pub(super) fn next(&mut self, batch_rows: usize) -> Result<Option<(Vec<Vector>, usize)>> {
        let wanted = (self.rows - self.position).min(batch_rows as u64) as usize;
        let (rows, vectors) = match &mut self.rows_of {
            RowSource::Stored(columns) => next_stored(columns, &self.sources, &self.columns, wanted)?,
            RowSource::Chunks(chunks) => chunks.next(&self.sources, wanted)?,
        };
        let first = self.row_start + self.position;
        let mut vectors = self.with_constants(vectors, rows)?;
        for (column, vector) in self.columns.iter().zip(&mut vectors) {
            let updates = &self.table.data.updates;
            updates.apply(column.physical as u64, first..first + rows as u64, vector)?;
        }
        // Groups have at most 2^24 rows.
        let kept = kept(&self.deleted, self.position as u32, rows);
        self.position += rows as u64;
        match kept {
            None => Ok(Some((vectors, rows))),
            Some(kept) if kept.is_empty() => Ok(None),
            Some(kept) => {
                let vectors = vectors.iter().map(|vector| vector.take(&kept)).collect::<Result<_>>()?;
                Ok(Some((vectors, kept.len())))
            }
        }
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

fn next_stored(
    columns: &mut [StoredColumn],
    sources: &[Source],
    names: &[ScanColumn],
    wanted: usize,
) -> Result<(usize, Vec<Vector>)> {
    let stored = sources.iter().zip(names).filter(|(source, _)| matches!(source, Source::Stored(_)));
    let names: Vec<_> = stored.map(|(_, column)| &column.name).collect();
    let mut rows = wanted;
    for (column, name) in columns.iter_mut().zip(&names) {
        rows = column.limit(rows).at(|| format!("column {name}"))?;
    }
    let mut vectors = Vec::new();
    for (column, name) in columns.iter_mut().zip(&names) {
        vectors.push(column.next(rows).at(|| format!("column {name}"))?);
    }
    Ok((rows, vectors))
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

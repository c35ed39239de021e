//! Chunks of rows as the write-ahead log and samples hold them.

use bytes::Bytes;

use crate::error::{Error, NEWER, Result};
use crate::serial::Reader;
use crate::spatial;
use crate::strings::Strings;
use crate::types::{Fixed, Layout, LogicalType, TypeKind};
use crate::vector::{Data, Vector, check_elements};

/// DuckDB's chunks have 2048 rows at most.
const MAX_ROWS: u64 = 8192;

/// Some rows of some columns.
#[derive(Debug)]
pub(crate) struct Chunk {
    pub rows: usize,
    pub columns: Vec<ChunkColumn>,
}

/// A column of a chunk: rows may share a value.
#[derive(Debug)]
pub(crate) struct ChunkColumn {
    values: Vector,
    selection: Selection,
}

#[derive(Debug)]
enum Selection {
    All,
    /// Every row is the first.
    First,
    Rows(Vec<usize>),
}

impl Chunk {
    /// The number of rows, without reading them.
    pub(crate) fn read_rows(reader: &mut Reader) -> Result<u64> {
        let rows = if reader.has(100)? { reader.uint()? } else { 0 };
        if rows > MAX_ROWS {
            return Err(Error::limit("rows of a chunk", MAX_ROWS));
        }
        Ok(rows)
    }

    pub(crate) fn read(reader: &mut Reader) -> Result<Self> {
        let rows = Self::read_rows(reader)? as usize;
        let types = if reader.has(101)? { reader.list(LogicalType::read)? } else { Vec::new() };
        let mut columns = Vec::new();
        if reader.has(102)? {
            let count = reader.uint()?;
            if count != types.len() as u64 {
                return Err(Error::corrupt(format!("{count} columns for {} types in a chunk", types.len())));
            }
            for logical_type in &types {
                columns.push(ChunkColumn::read(reader, logical_type, rows)?);
            }
        }
        reader.end("a chunk")?;
        Ok(Self { rows, columns })
    }

    pub(crate) fn column(&self, index: usize) -> Result<&ChunkColumn> {
        let missing = || Error::corrupt(format!("a chunk of {} columns has no column {index}", self.columns.len()));
        self.columns.get(index).ok_or_else(missing)
    }
}

impl ChunkColumn {
    fn read(reader: &mut Reader, logical_type: &LogicalType, rows: usize) -> Result<Self> {
        reader.nested(|reader| {
            let form = if reader.has(90)? { reader.uint()? } else { 0 };
            let column = match form {
                0 => Self { values: read_flat(reader, logical_type, rows)?, selection: Selection::All },
                2 => Self { values: read_flat(reader, logical_type, 1)?, selection: Selection::First },
                3 => {
                    let selection = read_selection(reader, rows)?;
                    let count = if reader.has(92)? { reader.uint()? } else { 0 };
                    let count = element_count(count)?;
                    if selection.iter().any(|row| *row >= count) {
                        return Err(Error::corrupt("a row of a dictionary that is not there"));
                    }
                    let values = read_flat(reader, logical_type, count)?;
                    Self { values, selection: Selection::Rows(selection) }
                }
                4 => Self { values: read_sequence(reader, logical_type, rows)?, selection: Selection::All },
                other => return Err(Error::unsupported(format!("vectors of form {other}"), NEWER)),
            };
            reader.end("a vector")?;
            Ok(column)
        })
    }

    /// Rows from `start` to before `end`.
    pub(crate) fn slice(&self, start: usize, end: usize) -> Result<Vector> {
        match &self.selection {
            Selection::All if start == 0 && end == self.values.rows() => Ok(self.values.clone()),
            Selection::All => self.values.slice(start, end),
            Selection::First => self.values.take(&vec![0; end - start]),
            Selection::Rows(rows) => self.values.take(&rows[start..end]),
        }
    }

    /// Bytes of each row beyond its fixed size, about.
    pub(crate) fn weights(&self, rows: usize) -> Vec<usize> {
        let mut weights = vec![0; self.values.rows()];
        self.values.add_weights(&mut weights);
        match &self.selection {
            Selection::All => weights,
            Selection::First => vec![weights[0]; rows],
            Selection::Rows(selected) => selected.iter().map(|row| weights[*row]).collect(),
        }
    }

    /// All rows in full.
    fn into_vector(self, reader: &mut Reader, rows: usize) -> Result<Vector> {
        if let Selection::All = self.selection {
            return Ok(self.values);
        }
        let value = self.values.size_of_row();
        let weights = self.weights(rows).into_iter().fold(rows.saturating_mul(value), usize::saturating_add);
        reader.expand(weights)?;
        self.slice(0, rows)
    }
}

fn element_count(count: u64) -> Result<usize> {
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    check_elements(count)?;
    Ok(count)
}

fn read_selection(reader: &mut Reader, rows: usize) -> Result<Vec<usize>> {
    let bytes = if reader.has(91)? { reader.blob()? } else { Bytes::new() };
    if bytes.len() != rows * 4 {
        return Err(Error::corrupt(format!("{} bytes select {rows} rows", bytes.len())));
    }
    Ok(bytes.as_chunks::<4>().0.iter().map(|row| u32::from_le_bytes(*row) as usize).collect())
}

fn read_sequence(reader: &mut Reader, logical_type: &LogicalType, rows: usize) -> Result<Vector> {
    let start = if reader.has(91)? { reader.int()? } else { 0 };
    let step = if reader.has(92)? { reader.int()? } else { 0 };
    let Layout::Fixed(fixed) = logical_type.layout()? else {
        return Err(Error::corrupt(format!("a sequence of {logical_type}")));
    };
    check_elements(rows)?;
    let width = fixed.width();
    reader.expand(rows * (width + 1))?;
    let mut bytes = Vec::with_capacity(rows * width);
    for row in 0..rows as i128 {
        let value = i128::from(start).wrapping_add(row.wrapping_mul(step.into()));
        bytes.extend_from_slice(&value.to_le_bytes()[..width]);
    }
    Ok(Vector { valid: vec![true; rows], data: Data::Fixed { width, bytes } })
}

fn read_flat(reader: &mut Reader, logical_type: &LogicalType, rows: usize) -> Result<Vector> {
    check_elements(rows)?;
    reader.expand(rows)?;
    let has_format = reader.has(99)?;
    if has_format {
        reader.uint()?;
    }
    let valid = read_validity(reader, rows)?;
    let data = match logical_type.layout()? {
        Layout::Fixed(fixed) => read_fixed(reader, fixed, rows)?,
        Layout::Strings => {
            let strings = Strings::from_list(read_strings(reader, rows)?)?;
            let is_spatial = logical_type.kind == TypeKind::Geometry && !has_format;
            Data::Strings(if is_spatial { spatial::well_known_binary(&strings, &valid)? } else { strings })
        }
        Layout::Struct(members) => read_struct(reader, &members, rows)?,
        Layout::Array(child, size) => read_array(reader, &child, size, rows)?,
        Layout::List(child) => read_list(reader, &child, &valid)?,
    };
    Ok(Vector { valid, data })
}

fn read_validity(reader: &mut Reader, rows: usize) -> Result<Vec<bool>> {
    let has_mask = if reader.has(100)? { reader.bool()? } else { false };
    let mask = if reader.has(101)? { reader.blob()? } else { Bytes::new() };
    if !has_mask {
        return Ok(vec![true; rows]);
    }
    if mask.len() < rows.div_ceil(8) {
        return Err(Error::corrupt(format!("a validity mask of {} bytes for {rows} rows", mask.len())));
    }
    Ok((0..rows).map(|row| mask[row / 8] >> (row % 8) & 1 == 1).collect())
}

fn read_fixed(reader: &mut Reader, fixed: Fixed, rows: usize) -> Result<Data> {
    let bytes = if reader.has(102)? { reader.blob()? } else { Bytes::new() };
    if bytes.len() != rows * fixed.width() {
        return Err(Error::corrupt(format!("{} bytes for {rows} values of {}", bytes.len(), fixed.width())));
    }
    Ok(Data::Fixed { width: fixed.width(), bytes: bytes.into() })
}

fn read_strings(reader: &mut Reader, rows: usize) -> Result<Vec<Bytes>> {
    let strings = if reader.has(102)? { reader.list(Reader::blob)? } else { read_joined_strings(reader, rows)? };
    if strings.len() != rows {
        return Err(Error::corrupt(format!("{} strings for {rows} rows", strings.len())));
    }
    Ok(strings)
}

/// All lengths, then all bytes (DuckDB 2.0).
fn read_joined_strings(reader: &mut Reader, rows: usize) -> Result<Vec<Bytes>> {
    if reader.has(107)? {
        reader.uint()?;
    }
    let lengths = if reader.has(108)? { reader.blob()? } else { Bytes::new() };
    let mut rest = if reader.has(109)? { reader.blob()? } else { Bytes::new() };
    let mut strings = Vec::new();
    for length in lengths.as_chunks::<4>().0.iter().take(rows) {
        let length = u32::from_le_bytes(*length) as usize;
        if length > rest.len() {
            return Err(Error::corrupt("strings are longer than their bytes"));
        }
        strings.push(rest.split_to(length));
    }
    Ok(strings)
}

fn read_struct(reader: &mut Reader, members: &[LogicalType], rows: usize) -> Result<Data> {
    let count = if reader.has(103)? { reader.uint()? } else { 0 };
    if count != members.len() as u64 {
        return Err(Error::corrupt(format!("{count} vectors for a struct of {} members", members.len())));
    }
    let read = |member| ChunkColumn::read(reader, member, rows)?.into_vector(reader, rows);
    Ok(Data::Struct(members.iter().map(read).collect::<Result<_>>()?))
}

fn read_array(reader: &mut Reader, child: &LogicalType, size: usize, rows: usize) -> Result<Data> {
    let stored = if reader.has(103)? { reader.uint()? } else { 0 };
    if stored != size as u64 {
        return Err(Error::corrupt(format!("arrays of {stored} elements instead of {size}")));
    }
    let elements = rows.saturating_mul(size);
    check_elements(elements)?;
    if !reader.has(104)? {
        return Err(Error::corrupt("arrays without elements"));
    }
    let child = ChunkColumn::read(reader, child, elements)?.into_vector(reader, elements)?;
    Ok(Data::Array { size, child: Box::new(child) })
}

fn read_list(reader: &mut Reader, child: &LogicalType, valid: &[bool]) -> Result<Data> {
    let count = element_count(if reader.has(104)? { reader.uint()? } else { 0 })?;
    let entries = if reader.has(105)? { reader.list(read_list_entry)? } else { Vec::new() };
    if entries.len() != valid.len() {
        return Err(Error::corrupt(format!("{} lists for {} rows", entries.len(), valid.len())));
    }
    let child = if reader.has(106)? {
        ChunkColumn::read(reader, child, count)?.into_vector(reader, count)?
    } else {
        Vector::empty(child)?
    };
    let (mut elements, mut ends) = (Vec::new(), Vec::with_capacity(valid.len()));
    for ((offset, length), valid) in entries.into_iter().zip(valid) {
        // What stands under a NULL means nothing.
        if *valid {
            let end = offset.checked_add(length).filter(|end| *end <= child.rows() as u64);
            let end = end.ok_or_else(|| Error::corrupt("a list is longer than its elements"))?;
            check_elements(elements.len() + length as usize)?;
            elements.extend(offset as usize..end as usize);
        }
        ends.push(elements.len());
    }
    let in_order = elements.len() == child.rows() && elements.iter().enumerate().all(|(at, element)| at == *element);
    let child = if in_order {
        child
    } else {
        reader.expand(elements.len().saturating_mul(child.size_of_row()))?;
        child.take(&elements)?
    };
    Ok(Data::List { ends, child: Box::new(child) })
}

fn read_list_entry(reader: &mut Reader) -> Result<(u64, u64)> {
    let offset = if reader.has(100)? { reader.uint()? } else { 0 };
    let length = if reader.has(101)? { reader.uint()? } else { 0 };
    reader.end("a list's place")?;
    Ok((offset, length))
}

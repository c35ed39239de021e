//! Applies the entries of a log, transaction by transaction.

use std::sync::Arc;

use super::alter;
use super::chunk::Chunk;
use super::log::{CHECKPOINT, Frame, Log};
use super::rows::ChunkBytes;
use crate::catalog::name::{Key, or_main, schema_key, split};
use crate::catalog::tree::Object;
use crate::catalog::{Catalog, new_table};
use crate::error::{At, Error, NEWER, Result};
use crate::serial::Reader;
use crate::storage::{self, check_group_rows};
use crate::table::{Content, EntryKind, TableData};
use crate::types::LogicalType;
use crate::vector::{Data, Vector};

mod entry {
    pub(super) const CREATE_TABLE: u64 = 1;
    pub(super) const DROP_TABLE: u64 = 2;
    pub(super) const CREATE_SCHEMA: u64 = 3;
    pub(super) const DROP_SCHEMA: u64 = 4;
    pub(super) const ALTER: u64 = 20;
    pub(super) const USE_TABLE: u64 = 25;
    pub(super) const INSERT: u64 = 26;
    pub(super) const DELETE: u64 = 27;
    pub(super) const UPDATE: u64 = 28;
    pub(super) const ROW_GROUPS: u64 = 29;
    pub(super) const FLUSH: u64 = 100;
    pub(super) const CREATE_VIEW: u64 = 5;
    pub(super) const DROP_VIEW: u64 = 6;
    pub(super) const CREATE_MACRO: u64 = 11;
    pub(super) const DROP_MACRO: u64 = 12;
    pub(super) const CREATE_TABLE_MACRO: u64 = 21;
    pub(super) const DROP_TABLE_MACRO: u64 = 22;
    /// Sequences, types, indexes and triggers.
    pub(super) const IGNORED: [u64; 11] = [8, 9, 10, 13, 14, 23, 24, 30, 31, 98, 99];
}

/// Applies what was committed.
pub(super) fn apply(catalog: &mut Catalog, log: &Log) -> Result<()> {
    let bytes = log.frames.last().map_or(0, |frame| frame.offset);
    let mut replay = Replay { catalog, current: None, updates_left: MIN_UPDATES + bytes / 4 };
    let mut transaction = Vec::new();
    for frame in &log.frames {
        let (kind, _) = frame.open()?;
        if kind != entry::FLUSH {
            transaction.push(frame);
            continue;
        }
        for frame in transaction.drain(..) {
            replay.apply(frame).at(|| format!("write-ahead log, frame at {}", frame.offset))?;
        }
    }
    Ok(())
}

/// Updates of rows that any log may have; more need bytes.
const MIN_UPDATES: u64 = 1 << 20;

struct Replay<'a> {
    catalog: &'a mut Catalog,
    /// The table that rows are added to and deleted from.
    current: Option<Key>,
    updates_left: u64,
}

impl Replay<'_> {
    fn apply(&mut self, frame: &Frame) -> Result<()> {
        let (kind, mut reader) = frame.open()?;
        match kind {
            entry::CREATE_TABLE => self.create_table(&mut reader),
            entry::DROP_TABLE => {
                let (schema, name) = read_name(&mut reader)?;
                self.catalog.tables.remove(&Key::new(&schema, &name));
                Ok(())
            }
            entry::CREATE_SCHEMA => {
                let path = read_schema(&mut reader)?;
                self.catalog.add_schema(path);
                Ok(())
            }
            entry::DROP_SCHEMA => {
                let key = schema_key(&read_schema(&mut reader)?);
                self.catalog.schemas.remove(&key);
                self.catalog.tables.retain(|table, _| table.schema != key);
                self.catalog.others.retain(|(_, entry), _| entry.schema != key);
                Ok(())
            }
            entry::CREATE_VIEW => self.create_other(EntryKind::View, &mut reader),
            entry::DROP_VIEW => self.drop_other(EntryKind::View, &mut reader),
            entry::CREATE_MACRO => self.create_other(EntryKind::ScalarMacro, &mut reader),
            entry::DROP_MACRO => self.drop_other(EntryKind::ScalarMacro, &mut reader),
            entry::CREATE_TABLE_MACRO => self.create_other(EntryKind::TableMacro, &mut reader),
            entry::DROP_TABLE_MACRO => self.drop_other(EntryKind::TableMacro, &mut reader),
            entry::ALTER => self.alter(&mut reader),
            entry::USE_TABLE => {
                let (schema, name) = read_name(&mut reader)?;
                self.current = Some(Key::new(&schema, &name));
                Ok(())
            }
            entry::INSERT => self.insert(&mut reader, frame.offset),
            entry::DELETE => self.delete(&mut reader),
            entry::UPDATE => self.update(&mut reader),
            entry::ROW_GROUPS => self.append_groups(&mut reader),
            CHECKPOINT => Ok(()),
            other if entry::IGNORED.contains(&other) => Ok(()),
            other => Err(Error::unsupported(format!("an entry of the unknown type {other}"), NEWER)),
        }
    }

    /// The table of these rows; `None` if it cannot be read anyway.
    fn table(&mut self) -> Result<Option<&mut TableData>> {
        let key = self.current.as_ref().ok_or_else(|| Error::corrupt("rows of no table"))?;
        find(self.catalog, key)
    }

    fn create_table(&mut self, reader: &mut Reader) -> Result<()> {
        let info = if reader.has(101)? { reader.nullable(|reader| Object::read(reader, "CreateInfo"))? } else { None };
        let info = info.ok_or_else(|| Error::corrupt("a table without description"))?;
        self.catalog.add_table(new_table(&info)?);
        Ok(())
    }

    /// Names alone: what cannot be understood of a view must not stand in the way of tables.
    fn create_other(&mut self, kind: EntryKind, reader: &mut Reader) -> Result<()> {
        if reader.has(101)?
            && let Ok(Some(info)) = reader.nullable(|reader| Object::read(reader, "CreateInfo"))
        {
            self.catalog.add_other(kind, &info)?;
        }
        Ok(())
    }

    fn drop_other(&mut self, kind: EntryKind, reader: &mut Reader) -> Result<()> {
        let (schema, name) = read_name(reader)?;
        self.catalog.others.remove(&(kind, Key::new(&schema, &name)));
        Ok(())
    }

    fn alter(&mut self, reader: &mut Reader) -> Result<()> {
        let info = if reader.has(101)? { reader.nullable(|reader| Object::read(reader, "AlterInfo"))? } else { None };
        alter::apply(self.catalog, &info.ok_or_else(|| Error::corrupt("an alteration without description"))?)
    }

    fn insert(&mut self, reader: &mut Reader, frame: u64) -> Result<()> {
        let Some(table) = self.table()? else { return Ok(()) };
        expect(reader, 101)?;
        let chunk = ChunkBytes::new(reader.rest().clone(), frame)?;
        table.append(chunk.rows, Content::Chunks(vec![chunk]))
    }

    fn delete(&mut self, reader: &mut Reader) -> Result<()> {
        let Some(table) = self.table()? else { return Ok(()) };
        expect(reader, 101)?;
        let chunk = Chunk::read(reader)?;
        for row_id in row_ids(&chunk, 0)? {
            table.check_row_id(row_id)?;
            table.deleted.insert(row_id);
        }
        Ok(())
    }

    fn update(&mut self, reader: &mut Reader) -> Result<()> {
        let mut updates_left = self.updates_left;
        let Some(table) = self.table()? else { return Ok(()) };
        let path = if reader.has(101)? { reader.list(Reader::uint)? } else { Vec::new() };
        expect(reader, 102)?;
        let chunk = Chunk::read(reader)?;
        let columns = table.physical().count() as u64;
        if path.first().is_none_or(|column| *column >= columns) || path[1..].iter().rev().skip(1).any(|at| *at == 0) {
            return Err(Error::corrupt(format!("an update of the column path {path:?}")));
        }
        let ids = row_ids(&chunk, chunk.columns.len().saturating_sub(1))?;
        for row_id in &ids {
            table.check_row_id(*row_id)?;
        }
        let limit = || Error::limit("updates of rows in the write-ahead log", MIN_UPDATES);
        updates_left = updates_left.checked_sub(ids.len() as u64).ok_or_else(limit)?;
        let values = chunk.column(0)?.slice(0, chunk.rows)?;
        check_updatable(&path, &values)?;
        table.updates.add(path, ids.into_iter(), values);
        self.updates_left = updates_left;
        Ok(())
    }

    /// Rows in blocks that were written before they were committed.
    fn append_groups(&mut self, reader: &mut Reader) -> Result<()> {
        let Some(table) = self.table()? else { return Ok(()) };
        expect(reader, 101)?;
        if reader.has(100)? {
            for _ in 0..reader.uint()? {
                let (types, columns, rows) = read_group(reader)?;
                if columns.len() != table.physical().count() {
                    return Err(Error::corrupt(format!("row groups of {} columns", columns.len())));
                }
                table.append(rows, Content::Stored(Arc::new(columns), Arc::new(types)))?;
            }
        }
        reader.end("row groups")
    }
}

fn read_group(reader: &mut Reader) -> Result<(Vec<LogicalType>, Vec<storage::Column>, u64)> {
    let types = if reader.has(100)? { reader.list(LogicalType::read)? } else { Vec::new() };
    let mut columns = Vec::new();
    if reader.has(101)? {
        let count = reader.uint()?;
        if count != types.len() as u64 {
            return Err(Error::corrupt(format!("a row group of {count} columns and {} types", types.len())));
        }
        for logical_type in &types {
            columns.push(storage::Column::read(reader, logical_type)?);
        }
    }
    if reader.has(102)? {
        reader.uint()?;
    }
    let rows = if reader.has(103)? { reader.uint()? } else { 0 };
    reader.end("a row group")?;
    check_group_rows(rows)?;
    Ok((types, columns, rows))
}

/// The table; `None` if it cannot be read anyway.
pub(super) fn find<'a>(catalog: &'a mut Catalog, key: &Key) -> Result<Option<&'a mut TableData>> {
    let all_known = catalog.unread.is_none();
    match catalog.tables.get_mut(key) {
        Some(table) => Ok(Some(table).filter(|table| table.unreadable.is_none())),
        None if all_known => Err(Error::corrupt(format!("the table {key:?} does not exist"))),
        None => Ok(None),
    }
}

/// Only values without parts are replaced in place; rows with others are deleted and inserted.
fn check_updatable(path: &[u64], values: &Vector) -> Result<()> {
    let whole_value = path.len() == 1 || path.last() != Some(&0);
    if whole_value && !matches!(values.data, Data::Fixed { .. } | Data::Strings(_)) {
        return Err(Error::unsupported("an update of nested values", crate::error::CHECKPOINT));
    }
    Ok(())
}

fn row_ids(chunk: &Chunk, column: usize) -> Result<Vec<u64>> {
    match chunk.column(column)?.slice(0, chunk.rows)? {
        Vector { data: Data::Fixed { width: 8, bytes }, .. } => {
            Ok(bytes.as_chunks::<8>().0.iter().map(|id| u64::from_le_bytes(*id)).collect())
        }
        _ => Err(Error::corrupt("row ids that are not BIGINT")),
    }
}

fn expect(reader: &mut Reader, field: u16) -> Result<()> {
    if reader.has(field)? { Ok(()) } else { Err(Error::corrupt(format!("an entry without field {field}"))) }
}

/// Schema and name, in fields of their own or as a path without catalog.
fn read_name(reader: &mut Reader) -> Result<(Vec<String>, String)> {
    let schema = if reader.has(101)? { reader.string()? } else { String::new() };
    let name = if reader.has(102)? { reader.string()? } else { String::new() };
    if reader.has(103)? {
        return split(read_path(reader)?);
    }
    Ok((or_main(&schema), name))
}

fn read_schema(reader: &mut Reader) -> Result<Vec<String>> {
    let name = if reader.has(101)? { reader.string()? } else { String::new() };
    if reader.has(102)? {
        let mut path = read_path(reader)?;
        path.retain(|element| !element.is_empty());
        return Ok(if path.is_empty() { or_main("") } else { path });
    }
    Ok(or_main(&name))
}

fn read_path(reader: &mut Reader) -> Result<Vec<String>> {
    let path = Object::read(reader, "QualifiedName")?;
    Ok(path.texts(100).map(Into::into).collect())
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::checksum::checksum;
    use crate::header::Header;
    use crate::header::tests::pages;
    use crate::table::Column;
    use crate::types::TypeKind;

    const USE_TABLE: &str = "64 00 19 65 00 04 6d 61 69 6e 66 00 01 74 ff ff";
    const INSERT: &str = "64 00 1a 65 00 64 00 02 65 00 02 64 00 0e ff ff 64 00 19 ff ff 66 00 02 64 00 01 65 00 08 fd ff ff ff
        ff ff ff ff 66 00 10 01 00 00 00 00 00 00 00 00 00 00 00 00 00 00 80 ff ff 64 00 00 66 00 02 01 78 05 68 65 6c 6c
        6f ff ff ff ff ff ff";
    const DELETE: &str =
        "64 00 1b 65 00 64 00 01 65 00 01 64 00 0e ff ff 66 00 01 64 00 00 66 00 08 00 00 00 00 00 00 00 00
        ff ff ff ff ff ff";
    const UPDATE: &str =
        "64 00 1c 65 00 01 01 66 00 64 00 01 65 00 02 64 00 19 ff ff 64 00 0e ff ff 66 00 02 64 00 00 66 00
        01 01 7a ff ff 64 00 00 66 00 08 01 00 00 00 00 00 00 00 ff ff ff ff ff ff";
    const FLUSH: &str = "64 00 64 ff ff";

    fn bytes(hex: &str) -> Vec<u8> {
        hex.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect()
    }

    fn replayed(entries: &[&str]) -> Result<Catalog> {
        let mut log = bytes("64 00 62 65 00 02 ff ff");
        for payload in entries.iter().map(|entry| bytes(entry)) {
            log.extend((payload.len() as u64).to_le_bytes());
            log.extend(checksum(&payload).to_le_bytes());
            log.extend(payload);
        }
        let header = Header::read(&pages(64, |_| ())).unwrap();
        let column =
            |name: &str, kind: TypeKind| Column { name: name.into(), logical_type: kind.into(), generated: false };
        let columns = vec![column("a", TypeKind::BigInt), column("b", TypeKind::Varchar)];
        let mut catalog = Catalog::default();
        catalog.add_table(TableData::new(or_main(""), "t".into(), columns));
        crate::wal::replay(&mut catalog, &header, Some(Bytes::from(log)), None)?;
        Ok(catalog)
    }

    fn table(catalog: &Catalog) -> &TableData {
        &catalog.tables[&Key::new(&or_main(""), "T")]
    }

    #[test]
    fn rows_of_committed_transactions() {
        let catalog =
            replayed(&[USE_TABLE, INSERT, FLUSH, USE_TABLE, INSERT, DELETE, FLUSH, USE_TABLE, INSERT]).unwrap();
        let table = table(&catalog);
        assert_eq!(table.appended.iter().map(|appended| appended.rows).sum::<u64>(), 4);
        assert_eq!(table.deleted.iter().collect::<Vec<_>>(), [0]);
        let Content::Chunks(chunks) = &table.appended[0].content else { panic!("{table:?}") };
        let chunk = chunks[0].decode().unwrap();
        let numbers = chunk.column(0).unwrap().slice(0, 2).unwrap();
        assert_eq!(numbers.valid, [true, false]);
        let Data::Strings(strings) = chunk.column(1).unwrap().slice(0, 2).unwrap().data else { panic!("{chunk:?}") };
        assert!(strings.iter().eq(["x", "hello"].map(str::as_bytes)));
    }

    #[test]
    fn the_last_update_counts() {
        let catalog = replayed(&[USE_TABLE, INSERT, FLUSH, USE_TABLE, UPDATE, FLUSH]).unwrap();
        let strings = ["x", "hello"].map(|text| Bytes::from_static(text.as_bytes())).to_vec();
        let strings = crate::strings::Strings::from_list(strings).unwrap();
        let mut vector = Vector { valid: vec![true; 2], data: Data::Strings(strings) };
        table(&catalog).updates.apply(1, 0..2, &mut vector).unwrap();
        let Data::Strings(strings) = vector.data else { panic!() };
        assert!(strings.iter().eq(["x", "z"].map(str::as_bytes)));
    }

    #[test]
    fn rows_that_are_not_there() {
        assert!(replayed(&[USE_TABLE, DELETE, FLUSH]).is_err());
        assert!(replayed(&[USE_TABLE, UPDATE, FLUSH]).is_err());
        assert!(replayed(&[INSERT, FLUSH]).is_err());
        assert!(replayed(&["64 00 63 ff ff", "64 00 7f ff ff", FLUSH]).is_err());
        assert!(replayed(&["64 00 7f ff ff"]).is_ok());
    }
}

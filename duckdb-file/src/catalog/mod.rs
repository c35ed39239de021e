//! Schemas and tables of a database.

mod grammar;
pub(crate) mod name;
pub(crate) mod tree;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::blocks::Blocks;
use crate::error::{At, Error, NEWER, Result};
use crate::header::NONE;
use crate::serial::{END, MetaPointer, Reader};
use crate::storage::read_pointer;
use crate::table::{Column, Entry, EntryKind, Source, StoredRows, TableData};
use name::Key;
use tree::Object;

const TABLE: u64 = 1;
const SCHEMA: u64 = 2;
const VIEW: u64 = 3;
const SCALAR_MACRO: u64 = 30;
const TABLE_MACRO: u64 = 31;
/// Indexes, sequences, types and triggers: read to get past them.
const OTHERS: [u64; 4] = [4, 6, 8, 11];
/// The schema of names without one.
pub(crate) const MAIN: &str = "main";

/// What a database holds.
#[derive(Debug, Default)]
pub(crate) struct Catalog {
    /// By their key, as they were created.
    pub schemas: BTreeMap<String, Vec<String>>,
    pub tables: BTreeMap<Key, TableData>,
    /// Views and macros.
    pub others: BTreeMap<(EntryKind, Key), Entry>,
    /// Why the rest is not here.
    pub unread: Option<String>,
}

impl Catalog {
    /// Reads the catalog that the header points at.
    pub(crate) fn read(blocks: &Arc<Blocks>) -> Result<Self> {
        let mut catalog = Self::default();
        catalog.add_schema(vec![MAIN.to_string()]);
        if blocks.header.meta_block != NONE {
            let pointer = MetaPointer { block: blocks.header.meta_block, offset: 0 };
            let mut reader = Reader::at(blocks, pointer)?;
            let count = if reader.has(100)? { reader.uint()? } else { 0 };
            for entry in 0..count {
                match catalog.read_entry(&mut reader).at(|| format!("catalog entry {entry}")) {
                    Ok(()) => (),
                    // Nothing after it can be found.
                    Err(error @ (Error::Unsupported { .. } | Error::Corrupt { .. } | Error::Limit { .. })) => {
                        catalog.unread = Some(error.to_string());
                        return Ok(catalog);
                    }
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(catalog)
    }

    pub(crate) fn add_schema(&mut self, path: Vec<String>) {
        self.schemas.insert(name::schema_key(&path), path);
    }

    pub(crate) fn add_table(&mut self, table: TableData) {
        self.tables.insert(Key::new(&table.schema, &table.name), table);
    }

    /// Remembers the name of a view or macro.
    pub(crate) fn add_other(&mut self, kind: EntryKind, info: &Object) -> Result<()> {
        let (schema, name) = name::of_table(info)?;
        let key = Key::new(&schema, &name);
        self.others.insert((kind, key), Entry { kind, schema: name::shown(&schema), name });
        Ok(())
    }

    fn read_entry(&mut self, reader: &mut Reader) -> Result<()> {
        let kind = if reader.has(99)? { reader.uint()? } else { 0 };
        let other = other_kind(kind);
        if kind != TABLE && kind != SCHEMA && other.is_none() && !OTHERS.contains(&kind) {
            return Err(Error::unsupported(format!("a catalog entry of the unknown type {kind}"), NEWER));
        }
        let info = if reader.has(100)? { reader.nullable(|reader| Object::read(reader, "CreateInfo"))? } else { None };
        let mut pointer = None;
        if reader.has(101)? {
            pointer = Some(read_pointer(reader)?);
        }
        let total_rows = if reader.has(102)? { reader.uint()? } else { 0 };
        if reader.has(103)? {
            reader.list(|reader| Object::read(reader, "BlockPointer").map(drop))?;
        }
        if reader.has(104)? {
            reader.list(|reader| Object::read(reader, "IndexStorageInfo").map(drop))?;
        }
        let next_row_id = if reader.has(105)? { Some(reader.uint()?) } else { None };
        let field = reader.field()?;
        if field != END {
            return Err(Error::unsupported(format!("the unknown field {field} in a catalog entry"), NEWER));
        }
        let info = info.ok_or_else(|| Error::corrupt("a catalog entry is empty"))?;
        match kind {
            SCHEMA => self.add_schema(name::of_schema(&info)),
            TABLE => {
                let mut table = new_table(&info)?;
                let pointer = pointer.unwrap_or(MetaPointer { block: 0, offset: 0 });
                table.attach(StoredRows {
                    pointer,
                    total_rows,
                    next_row_id,
                    types: table.physical().map(|column| column.logical_type.clone()).collect(),
                    sources: (0..table.physical().count()).map(Source::Stored).collect(),
                });
                self.add_table(table);
            }
            _ => {
                if let Some(kind) = other {
                    self.add_other(kind, &info)?;
                }
            }
        }
        Ok(())
    }
}

fn other_kind(kind: u64) -> Option<EntryKind> {
    Some(match kind {
        VIEW => EntryKind::View,
        SCALAR_MACRO => EntryKind::ScalarMacro,
        TABLE_MACRO => EntryKind::TableMacro,
        _ => return None,
    })
}

/// An empty table.
pub(crate) fn new_table(info: &Object) -> Result<TableData> {
    let (schema, name) = name::of_table(info)?;
    let columns = info.object(201).map(|list| list.objects(100).map(new_column).collect::<Result<Vec<_>>>());
    let columns = columns.transpose().at(|| format!("table {name}"))?.unwrap_or_default();
    Ok(TableData::new(schema, name, columns))
}

/// A column as a `ColumnDefinition` describes it.
pub(crate) fn new_column(definition: &Object) -> Result<Column> {
    let name = definition.text(100).to_string();
    let logical_type = definition.logical_type(101).cloned();
    let logical_type = logical_type.ok_or_else(|| Error::corrupt(format!("column {name} has no type")))?;
    let generated = match definition.uint(103) {
        0 => false,
        1 => true,
        other => return Err(Error::unsupported(format!("columns of category {other}"), NEWER)),
    };
    Ok(Column { name, logical_type, generated })
}

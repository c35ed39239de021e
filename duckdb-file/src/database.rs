//! An open database: its tables, and where their rows are.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use arrow_schema::{Schema, SchemaRef};
use bytes::Bytes;
use roaring::RoaringBitmap;

use crate::blocks::Blocks;
use crate::bounds::Bounds;
use crate::catalog::Catalog;
use crate::catalog::name::{Key, shown};
use crate::error::{At, Error, Result};
use crate::header::Header;
use crate::scan::{RowFilter, Scan, ScanColumn, ScanOptions};
use crate::serial::MetaPointer;
use crate::source::{ByteSource, FilePart, FileSet, LocalFiles};
use crate::storage::{read_deletes, read_groups};
use crate::table::{Appended, Column, Entry, Source, TableData};
use crate::wal;

/// How often reading starts over because the file changes meanwhile.
const ATTEMPTS: usize = 5;

/// A DuckDB database as it was at one moment: its file and what its write-ahead log adds.
#[derive(Clone, Debug)]
pub struct Database {
    schemas: Vec<String>,
    tables: Vec<Table>,
    others: Vec<Entry>,
    unread: Option<String>,
    blocks: Arc<Blocks>,
    /// The logs that were replayed.
    logs: [LogMark; 2],
}

/// What tells one state of a log from another, under the same header: logs only grow, unless a write failed.
#[derive(Clone, Debug, PartialEq, Eq)]
struct LogMark {
    length: u64,
    end: Bytes,
}

impl Database {
    /// Opens a database file and the logs beside it. Nothing is locked: a DuckDB may have it open and go on writing.
    ///
    /// # Errors
    /// What is wrong with the file, and [`Error::Modified`] if it changes faster than it can be read.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::open_files(&LocalFiles::new(path))
    }

    /// Opens a database whose files are elsewhere.
    ///
    /// # Errors
    /// As [`Database::open`].
    pub fn open_files(files: &dyn FileSet) -> Result<Self> {
        let mut attempt = 1;
        loop {
            match Self::read(files) {
                Err(error) if error.may_be_race() && attempt < ATTEMPTS && changed(files, &error) => attempt += 1,
                result => return result,
            }
        }
    }

    fn read(files: &dyn FileSet) -> Result<Self> {
        let source = open_part(files, FilePart::Database)?.ok_or_else(|| Error::Io {
            file: FilePart::Database.name(),
            source: std::io::ErrorKind::NotFound.into(),
        })?;
        let header = Header::read(source.as_ref())?;
        let main = read_all(files, FilePart::Wal)?;
        let checkpoint = read_all(files, FilePart::CheckpointWal)?;
        let logs = [&main, &checkpoint].map(|log| {
            let log = log.as_ref();
            let end = log.map(|log| log.slice(log.len() - log.len().min(MARK)..)).unwrap_or_default();
            // The log itself is not kept alive.
            LogMark { length: log.map_or(0, Bytes::len) as u64, end: Bytes::copy_from_slice(&end) }
        });
        let blocks = Blocks::new(source, header);
        let read = || {
            let mut catalog = Catalog::read(&blocks)?;
            wal::replay(&mut catalog, &blocks.header, main, checkpoint)?;
            Ok(catalog)
        };
        let catalog = read().map_err(|error| blocks.explain(error))?;
        blocks.confirm_header()?;
        let table =
            |data| Table { inner: Arc::new(TableInner { data, blocks: blocks.clone(), groups: OnceLock::new() }) };
        Ok(Self {
            schemas: catalog.schemas.values().map(|path| shown(path)).collect(),
            tables: catalog.tables.into_values().map(table).collect(),
            others: catalog.others.into_values().collect(),
            unread: catalog.unread,
            blocks,
            logs,
        })
    }

    /// Whether the files still hold what was read: no DuckDB has written since.
    ///
    /// # Errors
    /// [`Error::Io`] where they cannot be read any more.
    pub fn is_current(&self, files: &dyn FileSet) -> Result<bool> {
        let Some(source) = open_part(files, FilePart::Database)? else { return Ok(false) };
        let same_header = match Header::read(source.as_ref()) {
            Ok(header) => header == self.blocks.header,
            Err(error @ Error::Io { .. }) => return Err(error),
            Err(_) => false,
        };
        if !same_header {
            return Ok(false);
        }
        for (part, mark) in [FilePart::Wal, FilePart::CheckpointWal].into_iter().zip(&self.logs) {
            if !mark.is_of(files, part)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The storage version of the file: 64 to 68 up to DuckDB 1.5, 69 for 2.0.
    pub fn storage_version(&self) -> u64 {
        self.blocks.header.storage_version
    }

    /// The DuckDB release that created the file, for example `v1.5.5`.
    pub fn library_version(&self) -> &str {
        &self.blocks.header.library_version
    }

    /// Names of the schemas, ordered. Those within others (DuckDB 2.0) have names with dots.
    pub fn schemas(&self) -> impl Iterator<Item = &str> {
        self.schemas.iter().map(String::as_str)
    }

    /// The tables, ordered by schema and name. Views are none.
    pub fn tables(&self) -> impl Iterator<Item = &Table> {
        self.tables.iter()
    }

    /// What else has a name: views and macros, which are code of DuckDB's and are not read further.
    pub fn others(&self) -> impl Iterator<Item = &Entry> {
        self.others.iter()
    }

    /// Why the catalog was not read to its end: something in it is not known. Tables behind that are missing.
    pub fn unread(&self) -> Option<&str> {
        self.unread.as_deref()
    }

    /// The table of that name; case does not matter.
    ///
    /// # Errors
    /// [`Error::NoSuchTable`].
    pub fn table(&self, schema: &str, name: &str) -> Result<&Table> {
        let key = Key::new(&[schema.to_string()], name);
        let found = self.tables.iter().find(|table| Key::new(&table.inner.data.schema, table.name()) == key);
        found.ok_or_else(|| Error::NoSuchTable {
            schema: schema.to_string(),
            table: name.to_string(),
            unread: self.unread.clone(),
        })
    }
}

/// Bytes at the end of a log that are remembered.
const MARK: usize = 64;

impl LogMark {
    fn is_of(&self, files: &dyn FileSet, part: FilePart) -> Result<bool> {
        let unreadable = |source| Error::Io { file: part.name(), source };
        let Some(source) = open_part(files, part)? else { return Ok(self.length == 0) };
        if source.size().map_err(unreadable)? != self.length {
            return Ok(false);
        }
        match source.read_at(self.length - self.end.len() as u64, self.end.len()) {
            Ok(bytes) => Ok(bytes == self.end),
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Ok(false),
            Err(error) => Err(unreadable(error)),
        }
    }
}

/// Whether it makes sense to read again.
fn changed(files: &dyn FileSet, error: &Error) -> bool {
    if matches!(error, Error::Modified) {
        return true;
    }
    // A header page that is being written, or a log that a checkpoint has just replaced.
    let lengths = || [FilePart::Database, FilePart::Wal].map(|part| files.open(part).ok()??.size().ok());
    let before = lengths();
    std::thread::sleep(std::time::Duration::from_millis(2));
    before != lengths() || matches!(error, Error::BadChecksum { .. } | Error::WalMismatch { .. })
}

fn open_part(files: &dyn FileSet, part: FilePart) -> Result<Option<Arc<dyn ByteSource>>> {
    files.open(part).map_err(|source| Error::Io { file: part.name(), source })
}

fn read_all(files: &dyn FileSet, part: FilePart) -> Result<Option<Bytes>> {
    let unreadable = |source| Error::Io { file: part.name(), source };
    let Some(source) = open_part(files, part)? else { return Ok(None) };
    let length = source.size().map_err(unreadable)?;
    let length =
        usize::try_from(length).map_err(|_| Error::limit("length of the write-ahead log", usize::MAX as u64))?;
    match source.read_at(0, length) {
        Ok(bytes) => Ok(Some(bytes)),
        // A checkpoint has emptied it.
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Err(Error::Modified),
        Err(error) => Err(unreadable(error)),
    }
}

/// A table of a [`Database`]. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Table {
    inner: Arc<TableInner>,
}

impl Table {
    /// The schema that it is in.
    pub fn schema_name(&self) -> String {
        shown(&self.inner.data.schema)
    }

    /// Its name as it was created.
    pub fn name(&self) -> &str {
        &self.inner.data.name
    }

    /// Its columns, generated ones included.
    pub fn columns(&self) -> &[Column] {
        &self.inner.data.columns
    }

    /// The Arrow schema of a scan of all columns. Generated columns are not in it.
    pub fn arrow_schema(&self) -> SchemaRef {
        let fields = self.inner.data.physical().map(|column| column.logical_type.field(&column.name));
        Arc::new(Schema::new(fields.collect::<Vec<_>>()))
    }

    /// The number of rows, deleted ones left out. Reads metadata only.
    ///
    /// # Errors
    /// What is wrong with the table's metadata.
    pub fn row_count(&self) -> Result<u64> {
        Ok(self.group_rows()?.iter().fold(0, |sum: u64, rows| sum.saturating_add(*rows)))
    }

    /// The rows of each row group, deleted ones left out. Groups are what [`Table::scan_groups`] may read apart.
    ///
    /// # Errors
    /// What is wrong with the table's metadata.
    pub fn group_rows(&self) -> Result<Vec<u64>> {
        let count = || {
            let live = |group: &GroupPlace| Ok(group.rows - self.inner.deleted(group)?.len().min(group.rows));
            let rows = self.inner.groups()?.iter().map(live).collect::<Result<_>>()?;
            self.inner.blocks.confirm()?;
            Ok(rows)
        };
        count().map_err(|error| self.inner.explain(error))
    }

    /// Between which values a column lies in row groups, by their numbers. Reads metadata only.
    ///
    /// # Errors
    /// [`Error::NoSuchColumn`], and what is wrong with the table's metadata.
    pub fn bounds(&self, column: &str, groups: &[usize]) -> Result<Bounds> {
        let column = self.find(&self.scan_columns(), column)?;
        let read = || {
            let all = self.inner.groups()?;
            let missing = |number: &usize| Error::corrupt(format!("no row group {number}"));
            let group = |number: &usize| all.get(*number).cloned().ok_or_else(|| missing(number));
            let groups = groups.iter().map(group).collect::<Result<Vec<_>>>()?;
            let bounds = Bounds::read(&self.inner, &column, &groups)?;
            self.inner.blocks.confirm()?;
            Ok(bounds)
        };
        read()
            .at(|| format!("table {}, column {}", self.name(), column.name))
            .map_err(|error| self.inner.explain(error))
    }

    /// Starts to read the table's rows.
    ///
    /// # Errors
    /// [`Error::NoSuchColumn`], and what is wrong with the table's metadata.
    pub fn scan(&self, options: &ScanOptions) -> Result<Scan> {
        self.start(options, None, None)
    }

    /// As [`Table::scan`], of some row groups only: by their numbers, in the order wanted. Scans of different groups may
    /// run at the same time.
    ///
    /// # Errors
    /// As [`Table::scan`].
    pub fn scan_groups(&self, options: &ScanOptions, groups: Vec<usize>) -> Result<Scan> {
        self.start(options, None, Some(groups))
    }

    /// As [`Table::scan_groups`], of those rows only that the filter chooses.
    ///
    /// # Errors
    /// As [`Table::scan`].
    pub fn scan_where(&self, options: &ScanOptions, filter: &RowFilter, groups: Vec<usize>) -> Result<Scan> {
        self.start(options, Some(filter), Some(groups))
    }

    fn start(&self, options: &ScanOptions, filter: Option<&RowFilter>, groups: Option<Vec<usize>>) -> Result<Scan> {
        let all = self.scan_columns();
        let columns = match &options.columns {
            None => all.clone(),
            Some(names) => names.iter().map(|name| self.find(&all, name)).collect::<Result<Vec<_>>>()?,
        };
        let keys = filter.iter().flat_map(|filter| &filter.columns).map(|name| self.find(&all, name));
        let columns = keys.chain(columns.into_iter().map(Ok)).collect::<Result<Vec<_>>>()?;
        let scan = Scan::new(self.inner.clone(), columns, filter, options.batch_rows, groups);
        scan.map_err(|error| self.inner.explain(error))
    }

    fn scan_columns(&self) -> Vec<ScanColumn> {
        let columns = self.inner.data.physical().enumerate().map(|(physical, column)| ScanColumn {
            name: column.name.clone(),
            physical,
            logical_type: column.logical_type.clone(),
        });
        columns.collect()
    }

    fn find(&self, columns: &[ScanColumn], name: &str) -> Result<ScanColumn> {
        let lower = name.to_lowercase();
        let found = columns.iter().find(|column| column.name.to_lowercase() == lower).cloned();
        found.ok_or_else(|| Error::NoSuchColumn { table: self.name().to_string(), column: name.to_string() })
    }
}

#[derive(Debug)]
pub(crate) struct TableInner {
    pub data: TableData,
    pub blocks: Arc<Blocks>,
    groups: OnceLock<Vec<GroupPlace>>,
}

/// A group of rows.
#[derive(Clone, Debug)]
pub(crate) struct GroupPlace {
    pub row_start: u64,
    pub rows: u64,
    /// Where the columns of a stored group are described.
    pub columns: Vec<MetaPointer>,
    deletes: Option<MetaPointer>,
    /// Which of the appended groups it is, if it is not stored.
    appended: Option<usize>,
}

impl GroupPlace {
    pub(crate) fn appended<'a>(&self, table: &'a TableInner) -> Option<&'a Appended> {
        table.data.appended.get(self.appended?)
    }
}

impl TableInner {
    /// The table's groups, stored ones first.
    pub(crate) fn groups(&self) -> Result<&[GroupPlace]> {
        if let Some(reason) = &self.data.unreadable {
            let error = Error::unsupported(reason, crate::error::CHECKPOINT);
            return Err(error.at(format!("table {}", self.data.name)));
        }
        if let Some(groups) = self.groups.get() {
            return Ok(groups);
        }
        let groups = self.read_groups().at(|| format!("table {}", self.data.name))?;
        Ok(self.groups.get_or_init(|| groups))
    }

    fn read_groups(&self) -> Result<Vec<GroupPlace>> {
        let mut groups = Vec::new();
        if let Some(stored) = &self.data.stored {
            let mut next = 0_u64;
            for group in read_groups(&self.blocks, stored.pointer, &stored.types)? {
                // Where row ids have no holes they are counted.
                let row_start = if stored.next_row_id.is_some() { group.row_start } else { next };
                let (rows, columns, deletes) = (group.rows, group.columns, group.deletes);
                let end = row_start.checked_add(rows);
                next = end.ok_or_else(|| Error::corrupt("row ids are used up"))?;
                groups.push(GroupPlace { row_start, rows, columns, deletes, appended: None });
            }
            let known = stored.next_row_id.unwrap_or(stored.total_rows);
            if next > known || (stored.next_row_id.is_none() && next != known) {
                return Err(Error::corrupt(format!("{next} rows in row groups, {known} in the catalog")));
            }
        }
        groups.extend(self.data.appended.iter().enumerate().map(|(number, appended)| GroupPlace {
            row_start: appended.row_start,
            rows: appended.rows,
            columns: Vec::new(),
            deletes: None,
            appended: Some(number),
        }));
        Ok(groups)
    }

    /// The positions in a group that are deleted.
    pub(crate) fn deleted(&self, group: &GroupPlace) -> Result<RoaringBitmap> {
        let mut deleted = match group.deletes {
            Some(pointer) => read_deletes(&self.blocks, pointer, group.rows)
                .at(|| format!("deletes of the rows from {} on", group.row_start))?,
            None => RoaringBitmap::new(),
        };
        let mut logged = self.data.deleted.iter();
        logged.advance_to(group.row_start);
        let end = group.row_start + group.rows;
        deleted.extend(logged.take_while(|id| *id < end).map(|id| (id - group.row_start) as u32));
        Ok(deleted)
    }

    pub(crate) fn sources(&self, group: &GroupPlace) -> Vec<Source> {
        match group.appended(self) {
            Some(appended) => appended.sources.clone(),
            None => self.data.stored.as_ref().map(|stored| stored.sources.clone()).unwrap_or_default(),
        }
    }

    fn explain(&self, error: Error) -> Error {
        self.blocks.explain(error)
    }
}

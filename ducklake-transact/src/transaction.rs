//! A transaction: what it changes, before the catalog hears of it. No I/O.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::RecordBatch;
use ducklake_catalog::{MacroForm, MacroRow, Names, SchemaRow, Snapshot, TableBase, TableRow, ViewRow};
use roaring::RoaringTreemap;
use uuid::Uuid;

use crate::conflict::shown_table;
use crate::error::{Result, TransactError};
use crate::files::{FlushedFile, WrittenFile};
use crate::table::{FileHistory, FlushedTable, LocalFile, NewColumn, PendingRows, TableChanges, same_name};

/// Ids of objects and files from here on are the transaction's own, replaced by the commit.
pub const FIRST_LOCAL_ID: i64 = 1 << 62;
/// Row ids from here on are the transaction's own, as in the reference.
pub const FIRST_LOCAL_ROW_ID: i64 = 1_000_000_000_000_000_000;

/// What a commit says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CommitInfo {
    /// Author.
    pub author: Option<String>,
    /// Message.
    pub message: Option<String>,
    /// Further information.
    pub extra_info: Option<String>,
}

/// What a tag is on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tagged {
    /// A table.
    Table(i64),
    /// A view.
    View(i64),
    /// A table's column.
    Column {
        /// The table.
        table: i64,
        /// The column.
        column: i64,
    },
}

/// The key of the tag that holds a comment.
pub const COMMENT: &str = "comment";

/// A tag that a transaction sets or takes away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagChange {
    /// What it is on.
    pub on: Tagged,
    /// Its name.
    pub key: String,
    /// `None` to take it away.
    pub value: Option<String>,
}

impl TagChange {
    /// Whether DuckDB knows such tags: commits that change them say so, and change the schema version. Others pass
    /// unnoticed: they are no business of who reads or writes the table (see `Attempt::tags`).
    pub(crate) fn is_comment(&self) -> bool {
        self.key == COMMENT
    }
}

/// Changes to a lake on top of one snapshot. Dropped without a commit, nothing has happened but for written files,
/// which [`Transaction::written_files`] lists.
#[derive(Debug, Clone)]
pub struct Transaction {
    pub(crate) base: Snapshot,
    pub(crate) base_names: Arc<Names>,
    pub(crate) names: Arc<Names>,
    pub(crate) tables: BTreeMap<i64, TableChanges>,
    pub(crate) tags: Vec<TagChange>,
    /// Columns of tables that must be there when it commits.
    pub(crate) required: BTreeMap<i64, BTreeSet<i64>>,
    /// Files whose table was dropped again: written, and never to be registered.
    pub(crate) abandoned: Vec<String>,
    /// Tables whose rows must still be those of the base when it commits.
    pub(crate) guarded: BTreeSet<i64>,
    /// What the commit says about itself.
    pub info: CommitInfo,
    next_local_id: i64,
    next_local_row_id: i64,
    version: u64,
}

impl Transaction {
    /// A transaction on top of a snapshot with these names.
    pub fn new(base: Snapshot, names: Arc<Names>) -> Self {
        Self {
            base,
            base_names: Arc::clone(&names),
            names,
            tables: BTreeMap::new(),
            tags: Vec::new(),
            required: BTreeMap::new(),
            abandoned: Vec::new(),
            guarded: BTreeSet::new(),
            info: CommitInfo::default(),
            next_local_id: FIRST_LOCAL_ID,
            next_local_row_id: FIRST_LOCAL_ROW_ID,
            version: 0,
        }
    }

    /// The snapshot below.
    pub fn base(&self) -> &Snapshot {
        &self.base
    }

    /// Schemas, tables, views and macros as the transaction sees them.
    pub fn names(&self) -> &Arc<Names> {
        &self.names
    }

    /// Counts changes: what was derived from an older version is stale.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Whether a commit would make a snapshot.
    pub fn is_changed(&self) -> bool {
        self.names != self.base_names || !self.tags.is_empty() || self.tables.values().any(TableChanges::is_changed)
    }

    /// A table of the base as messages name it.
    pub(crate) fn shown_table(&self, id: i64) -> String {
        let row = self.base_names.tables.iter().find(|table| table.table_id == id);
        shown_table(row.map(|row| row.name.as_str()), id)
    }

    /// Full paths of all files written so far.
    pub fn written_files(&self) -> Vec<String> {
        let live = self.tables.values().flat_map(|t| t.files.iter().map(|f| f.file.full_path.clone()));
        live.chain(self.abandoned.iter().cloned()).collect()
    }

    /// Goes back to an earlier state of this transaction. Files written since are never registered.
    pub fn restore(&mut self, earlier: Self) {
        let known = earlier.written_files();
        let gone: Vec<String> = self.written_files().into_iter().filter(|path| !known.contains(path)).collect();
        // Ids and versions are not used again.
        let (ids, row_ids, version) = (self.next_local_id, self.next_local_row_id, self.version + 1);
        *self = earlier;
        self.abandoned.extend(gone);
        (self.next_local_id, self.next_local_row_id, self.version) = (ids, row_ids, version);
    }

    /// What the transaction changed of a table, if it touched it.
    pub fn table(&self, id: i64) -> Option<&TableChanges> {
        self.tables.get(&id)
    }

    /// Starts to change a table, whose state at the base is given.
    pub fn touch(&mut self, id: i64, base: Arc<TableBase>) -> &mut TableChanges {
        self.version += 1;
        self.tables.entry(id).or_insert_with(|| TableChanges::new(base))
    }

    /// Makes the commit a conflict where another transaction has changed rows of this table since the base: for
    /// decisions that rest on what the table did not hold. Tables of the transaction's own are nobody else's.
    pub fn guard(&mut self, table: i64) {
        if table < FIRST_LOCAL_ID {
            self.guarded.insert(table);
        }
    }

    /// A table that was touched or created before.
    pub fn table_mut(&mut self, id: i64) -> Option<&mut TableChanges> {
        self.version += 1;
        self.tables.get_mut(&id)
    }

    fn next_id(&mut self) -> i64 {
        self.version += 1;
        self.next_local_id += 1;
        self.next_local_id
    }

    /// Row ids for so many new rows, the first of them.
    pub fn local_row_ids(&mut self, rows: u64) -> i64 {
        let first = self.next_local_row_id;
        self.next_local_row_id += rows.cast_signed();
        first
    }

    /// Creates a schema.
    ///
    /// # Errors
    /// Where the name is taken.
    pub fn create_schema(&mut self, name: &str) -> Result<i64> {
        if self.names.schemas.iter().any(|s| same_name(&s.name, name)) {
            return Err(TransactError::invalid(format!("schema '{name}' exists already")));
        }
        let schema_id = self.next_id();
        let row = SchemaRow { schema_id, name: name.to_string(), path: Some(folder(name)), path_is_relative: true };
        Arc::make_mut(&mut self.names).schemas.push(row);
        Ok(schema_id)
    }

    /// Drops a schema, with everything in it where `cascade`.
    ///
    /// # Errors
    /// For `main`, and for a schema that is not empty.
    pub fn drop_schema(&mut self, schema_id: i64, cascade: bool) -> Result<()> {
        let Some(schema) = self.names.schemas.iter().find(|s| s.schema_id == schema_id) else { return Ok(()) };
        let name = schema.name.clone();
        if schema_id == 0 {
            return Err(TransactError::invalid(
                "the schema 'main' cannot be dropped: the lake could not be used any more",
            ));
        }
        let tables: Vec<i64> =
            self.names.tables.iter().filter(|t| t.schema_id == schema_id).map(|t| t.table_id).collect();
        let views: Vec<i64> = self.names.views.iter().filter(|v| v.schema_id == schema_id).map(|v| v.view_id).collect();
        let macros: Vec<i64> =
            self.names.macros.iter().filter(|m| m.schema_id == schema_id).map(|m| m.macro_id).collect();
        let is_empty = tables.is_empty() && views.is_empty() && macros.is_empty();
        if !cascade && !is_empty {
            return Err(TransactError::Invalid {
                message: format!("schema '{name}' is not empty"),
                hint: Some("DROP SCHEMA … CASCADE drops what is in it".into()),
            });
        }
        for table in tables {
            self.drop_table(table);
        }
        for view in views {
            self.drop_view(view);
        }
        for found in macros {
            self.drop_macro(found);
        }
        self.version += 1;
        Arc::make_mut(&mut self.names).schemas.retain(|s| s.schema_id != schema_id);
        Ok(())
    }

    fn check_free(&self, schema_id: i64, name: &str) -> Result<()> {
        let table = self.names.tables.iter().any(|t| t.schema_id == schema_id && same_name(&t.name, name));
        let view = self.names.views.iter().any(|v| v.schema_id == schema_id && same_name(&v.name, name));
        match (table, view) {
            (true, _) => Err(TransactError::invalid(format!("table '{name}' exists already"))),
            (_, true) => Err(TransactError::invalid(format!("a view '{name}' exists already"))),
            _ => Ok(()),
        }
    }

    /// Creates a table.
    ///
    /// # Errors
    /// Where the name is taken, a column's name repeats, or there is no column.
    pub fn create_table(&mut self, schema_id: i64, name: &str, columns: &[NewColumn]) -> Result<i64> {
        self.check_free(schema_id, name)?;
        if columns.is_empty() {
            return Err(TransactError::invalid(format!("table '{name}' needs at least one column")));
        }
        let changes = TableChanges::created(columns)?;
        let table_id = self.next_id();
        Arc::make_mut(&mut self.names).tables.push(TableRow {
            table_id,
            uuid: Some(Uuid::now_v7().to_string()),
            schema_id,
            name: name.to_string(),
            path: Some(folder(name)),
            path_is_relative: true,
            begin_snapshot: self.base.id,
            comment: None,
        });
        self.tables.insert(table_id, changes);
        Ok(table_id)
    }

    /// Drops a table; what the transaction did to it is forgotten.
    pub fn drop_table(&mut self, table_id: i64) {
        self.version += 1;
        Arc::make_mut(&mut self.names).tables.retain(|t| t.table_id != table_id);
        if let Some(changes) = self.tables.remove(&table_id) {
            self.abandoned.extend(changes.files.into_iter().map(|f| f.file.full_path));
        }
        self.required.remove(&table_id);
        self.tags.retain(|tag| match tag.on {
            Tagged::Table(id) | Tagged::Column { table: id, .. } => id != table_id,
            Tagged::View(_) => true,
        });
    }

    /// Renames a table.
    ///
    /// # Errors
    /// Where the new name is taken.
    pub fn rename_table(&mut self, table_id: i64, name: &str) -> Result<()> {
        let Some(row) = self.names.tables.iter().find(|t| t.table_id == table_id) else { return Ok(()) };
        if !same_name(&row.name, name) {
            self.check_free(row.schema_id, name)?;
        }
        self.version += 1;
        if let Some(row) = Arc::make_mut(&mut self.names).tables.iter_mut().find(|t| t.table_id == table_id) {
            row.name = name.to_string();
        }
        Ok(())
    }

    /// Creates a view of stored SQL.
    ///
    /// # Errors
    /// Where the name is taken.
    pub fn create_view(&mut self, schema_id: i64, name: &str, sql: String, aliases: String) -> Result<i64> {
        self.check_free(schema_id, name)?;
        let view_id = self.next_id();
        Arc::make_mut(&mut self.names).views.push(ViewRow {
            view_id,
            schema_id,
            name: name.to_string(),
            dialect: Some("duckdb".to_string()),
            sql,
            column_aliases: Some(aliases),
        });
        Ok(view_id)
    }

    /// Drops a view.
    pub fn drop_view(&mut self, view_id: i64) {
        self.version += 1;
        Arc::make_mut(&mut self.names).views.retain(|v| v.view_id != view_id);
        self.tags.retain(|tag| tag.on != Tagged::View(view_id));
    }

    /// Renames a view.
    ///
    /// # Errors
    /// Where the new name is taken.
    pub fn rename_view(&mut self, view_id: i64, name: &str) -> Result<()> {
        let Some(row) = self.names.views.iter().find(|v| v.view_id == view_id) else { return Ok(()) };
        if !same_name(&row.name, name) {
            self.check_free(row.schema_id, name)?;
        }
        self.version += 1;
        if let Some(row) = Arc::make_mut(&mut self.names).views.iter_mut().find(|v| v.view_id == view_id) {
            row.name = name.to_string();
        }
        Ok(())
    }

    /// Creates a macro of at least one form.
    ///
    /// # Errors
    /// Where a macro of the same kind has the name.
    pub fn create_macro(&mut self, schema_id: i64, name: &str, is_table: bool, forms: Vec<MacroForm>) -> Result<i64> {
        if self.find_macro(schema_id, name, is_table).is_some() {
            let kind = if is_table { "table macro" } else { "macro" };
            return Err(TransactError::Invalid {
                message: format!("{kind} '{name}' exists already"),
                hint: Some("CREATE OR REPLACE MACRO replaces it".into()),
            });
        }
        let macro_id = self.next_id();
        let row = MacroRow { macro_id, schema_id, name: name.to_string(), is_table, forms };
        Arc::make_mut(&mut self.names).macros.push(row);
        Ok(macro_id)
    }

    /// The id of a macro by name and kind.
    pub fn find_macro(&self, schema_id: i64, name: &str, is_table: bool) -> Option<i64> {
        let mut macros = self.names.macros.iter();
        let found = macros.find(|m| m.schema_id == schema_id && m.is_table == is_table && same_name(&m.name, name));
        found.map(|m| m.macro_id)
    }

    /// Drops a macro.
    pub fn drop_macro(&mut self, macro_id: i64) {
        self.version += 1;
        Arc::make_mut(&mut self.names).macros.retain(|m| m.macro_id != macro_id);
    }

    /// Comments on something; `None` takes the comment away.
    pub fn comment(&mut self, on: Tagged, text: Option<String>) {
        if let Tagged::Table(id) = on
            && let Some(row) = Arc::make_mut(&mut self.names).tables.iter_mut().find(|t| t.table_id == id)
        {
            row.comment.clone_from(&text);
        }
        self.set_tag(on, COMMENT, text);
    }

    /// Sets a tag, or takes it away.
    pub fn set_tag(&mut self, on: Tagged, key: &str, value: Option<String>) {
        self.forget_tag(&on, key);
        self.tags.push(TagChange { on, key: key.to_string(), value });
    }

    /// Takes back what was said of a tag: it is again as the base has it.
    pub fn forget_tag(&mut self, on: &Tagged, key: &str) {
        self.version += 1;
        self.tags.retain(|tag| tag.on != *on || tag.key != key);
    }

    /// Tags that the transaction sets or takes away.
    pub fn tags(&self) -> &[TagChange] {
        &self.tags
    }

    /// Makes the commit a conflict where another transaction has dropped the table or one of these columns.
    pub fn require_columns(&mut self, table: i64, columns: impl IntoIterator<Item = i64>) {
        if table < FIRST_LOCAL_ID {
            self.required.entry(table).or_default().extend(columns);
        }
    }

    /// Adds data files to a touched table. False where the table is not there.
    pub fn add_files(&mut self, table_id: i64, files: Vec<WrittenFile>) -> bool {
        for file in files {
            let local_id = self.next_id();
            let row_id_start = self.local_row_ids(file.record_count.cast_unsigned());
            let Some(table) = self.tables.get_mut(&table_id) else { return false };
            table.files.push(LocalFile { local_id, row_id_start, file, deleted: RoaringTreemap::new(), history: None });
        }
        true
    }

    /// Puts files in the place of all rows of an inlined data table. False where the table is not there.
    pub fn add_flushed(&mut self, table_id: i64, flushed: FlushedTable, files: Vec<FlushedFile>) -> bool {
        for flushed in files {
            let local_id = self.next_id();
            let Some(table) = self.tables.get_mut(&table_id) else { return false };
            let FlushedFile { file, first_row_id, begin_snapshot, last_snapshot, ended, deleted } = flushed;
            let history = Some(FileHistory { first_row_id, begin_snapshot, last_snapshot, ended });
            table.files.push(LocalFile { local_id, row_id_start: first_row_id, file, deleted, history });
        }
        self.version += 1;
        let Some(table) = self.tables.get_mut(&table_id) else { return false };
        // Rows that the transaction ended are deleted from their files.
        table.inlined_deletes.remove(&flushed.table.name);
        table.flushed.push(flushed);
        true
    }

    /// Adds rows that stay in the catalog; `row_ids` where they are versions of rows that were there before.
    pub fn add_rows(&mut self, table_id: i64, batch: RecordBatch, row_ids: Option<Vec<i64>>) -> bool {
        let rows = batch.num_rows();
        if rows == 0 {
            return true;
        }
        let row_ids = row_ids.unwrap_or_else(|| {
            let first = self.local_row_ids(rows as u64);
            (first..first + rows as i64).collect()
        });
        self.version += 1;
        let Some(table) = self.tables.get_mut(&table_id) else { return false };
        table.pending.push(PendingRows { batch, row_ids });
        true
    }
}

/// The folder of a schema or table (DuckLake spec, "Schemas, views, macros, comments").
fn folder(name: &str) -> String {
    let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if plain { format!("{name}/") } else { format!("{}/", Uuid::now_v7()) }
}

#[cfg(test)]
mod tests;

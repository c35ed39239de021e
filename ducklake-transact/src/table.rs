//! One table as a transaction sees and changes it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::RecordBatch;
use ducklake_catalog::{DataFileRow, DeleteFileRow, InlinedTable, PartitionField, SortField, TableBase};
use ducklake_format::columns::{Column, ColumnRow};
use ducklake_format::{ColumnId, LakeType};
use roaring::RoaringTreemap;

use crate::error::{Result, TransactError};
use crate::files::WrittenFile;

/// A column to create, with its children's types in its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewColumn {
    /// Name.
    pub name: String,
    /// Type.
    pub lake_type: LakeType,
    /// Whether NULL may be stored.
    pub nullable: bool,
    /// Default for inserts.
    pub default: ColumnDefault,
}

/// A column's default.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ColumnDefault {
    /// NULL.
    #[default]
    None,
    /// A value, as DuckDB's text of it. Rows older than the column have it too.
    Literal(String),
    /// SQL that is evaluated with each insert.
    Expression(String),
}

/// A data file written by the transaction.
#[derive(Debug, Clone)]
pub struct LocalFile {
    /// Id until the commit gives a real one.
    pub local_id: i64,
    /// Row id of the first row until then.
    pub row_id_start: i64,
    /// The file.
    pub file: WrittenFile,
    /// Positions that the transaction deleted again.
    pub deleted: RoaringTreemap,
    /// What its rows went through before, where they are flushed ones.
    pub history: Option<FileHistory>,
}

/// The past of a file's rows, which were inlined before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileHistory {
    /// Smallest row id.
    pub first_row_id: i64,
    /// First snapshot of a row.
    pub begin_snapshot: i64,
    /// Last snapshot that inserted a row.
    pub last_snapshot: i64,
    /// Positions of ended rows with the snapshot that ended each.
    pub ended: Vec<(u64, i64)>,
}

/// Rows of an inlined data table that are in files now.
#[derive(Debug, Clone)]
pub struct FlushedTable {
    /// Where they were.
    pub table: InlinedTable,
    /// How many.
    pub rows: u64,
}

/// Rows that stay in the catalog.
#[derive(Debug, Clone)]
pub struct PendingRows {
    /// The rows, with the table's columns as they are now.
    pub batch: RecordBatch,
    /// Row id of each, local for those that get one with the commit.
    pub row_ids: Vec<i64>,
}

/// Positions that the transaction deletes from a committed data file.
#[derive(Debug, Clone)]
pub struct FileDeletes {
    /// Path text of the file, and whether it is relative to the table's folder.
    pub path: (String, bool),
    /// Physical rows of the file.
    pub record_count: i64,
    /// Its live delete file.
    pub delete_file: Option<DeleteFileRow>,
    /// Newly deleted positions.
    pub positions: RoaringTreemap,
    /// Inlined deletes that a flush moves into a delete file, with their snapshots.
    pub moved: Vec<(u64, i64)>,
    /// Whether every statement's share was small enough for inlining.
    pub is_small: bool,
}

/// Changes of one table.
#[derive(Debug, Clone)]
pub struct TableChanges {
    /// The table at the base snapshot; `None` for one created by the transaction.
    pub base: Option<Arc<TableBase>>,
    /// Columns as they are now.
    pub columns: Vec<ColumnRow>,
    next_column_id: ColumnId,
    /// Partition keys of new files as they are now.
    pub partition: Vec<PartitionField>,
    /// Whether they were set or reset.
    pub partition_changed: bool,
    /// Sort order of new files as it is now.
    pub sort: Vec<SortField>,
    /// Whether it was set or reset.
    pub sort_changed: bool,
    /// Whether columns were altered.
    pub altered: bool,
    /// Whether an alteration asks for a new inlined data table.
    pub reshaped: bool,
    /// Columns whose new type reads the stored bounds otherwise, so that these have to go.
    pub unbounded: BTreeSet<ColumnId>,
    /// New data files.
    pub files: Vec<LocalFile>,
    /// New inlined rows.
    pub pending: Vec<PendingRows>,
    /// Deletes in committed data files.
    pub deletes: BTreeMap<i64, FileDeletes>,
    /// Ended rows of inlined data tables, by table name.
    pub inlined_deletes: BTreeMap<String, BTreeSet<i64>>,
    /// Inlined data tables whose rows were flushed.
    pub flushed: Vec<FlushedTable>,
}

impl TableChanges {
    /// A table that exists at the base snapshot, unchanged so far.
    pub fn new(base: Arc<TableBase>) -> Self {
        let next_column_id = base.facts.columns.iter().map(|c| c.row.column_id).max().unwrap_or_default() + 1;
        Self {
            columns: base.columns.clone(),
            next_column_id,
            partition: base.partition.as_ref().map(|p| p.fields.clone()).unwrap_or_default(),
            sort: base.sort.clone(),
            base: Some(base),
            ..Self::empty()
        }
    }

    /// A table with these columns that the transaction creates.
    pub fn created(columns: &[NewColumn]) -> Result<Self> {
        let mut table = Self::empty();
        for column in columns {
            table.check_new_name(&column.name, None)?;
            table.push_column(column, None, true);
        }
        Ok(table)
    }

    fn empty() -> Self {
        Self {
            base: None,
            columns: Vec::new(),
            next_column_id: 1,
            partition: Vec::new(),
            partition_changed: false,
            sort: Vec::new(),
            sort_changed: false,
            altered: false,
            reshaped: false,
            unbounded: BTreeSet::new(),
            files: Vec::new(),
            pending: Vec::new(),
            deletes: BTreeMap::new(),
            inlined_deletes: BTreeMap::new(),
            flushed: Vec::new(),
        }
    }

    /// The column tree as it is now.
    ///
    /// # Errors
    /// [`TransactError::Format`] where the catalog's columns are no tree.
    pub fn tree(&self, table: i64) -> Result<Vec<Column>> {
        Ok(Column::tree(table, self.columns.clone())?)
    }

    /// Whether new rows are added.
    pub fn has_inserts(&self) -> bool {
        self.files.iter().any(|f| f.history.is_none()) || !self.pending.is_empty()
    }

    /// Whether rows are deleted.
    pub fn has_deletes(&self) -> bool {
        !self.deletes.is_empty() || !self.inlined_deletes.is_empty()
    }

    /// Whether anything at all is changed.
    pub fn is_changed(&self) -> bool {
        self.base.is_none()
            || self.altered
            || self.partition_changed
            || self.sort_changed
            || self.has_inserts()
            || !self.flushed.is_empty()
            || self.has_deletes()
    }

    /// Adds the rows of a column and its children, parents first.
    fn push_column(&mut self, column: &NewColumn, parent: Option<ColumnId>, child_nulls: bool) -> ColumnId {
        let column_id = self.next_column_id;
        self.next_column_id += 1;
        let (initial, default, kind) = match &column.default {
            _ if column.lake_type.is_nested() => (None, "NULL".to_string(), ""),
            ColumnDefault::None => (None, "NULL".to_string(), "literal"),
            ColumnDefault::Literal(text) => (Some(text.clone()), text.clone(), "literal"),
            ColumnDefault::Expression(sql) => (None, sql.clone(), "expression"),
        };
        self.columns.push(ColumnRow {
            column_id,
            column_order: column_id,
            column_name: column.name.clone(),
            column_type: type_name(&column.lake_type),
            initial_default: initial,
            default_value: Some(default),
            default_value_type: Some(kind.to_string()),
            nulls_allowed: column.nullable,
            parent_column: parent,
        });
        let child = |name: &str, lake_type: &LakeType| NewColumn {
            name: name.to_string(),
            lake_type: lake_type.clone(),
            nullable: child_nulls,
            default: ColumnDefault::None,
        };
        let children = match &column.lake_type {
            LakeType::List(element) => vec![child("element", element)],
            LakeType::Map(key, value) => vec![child("key", key), child("value", value)],
            LakeType::Struct(fields) => fields.iter().map(|(name, ty)| child(name, ty)).collect(),
            _ => Vec::new(),
        };
        for child in &children {
            self.push_column(child, Some(column_id), child_nulls);
        }
        column_id
    }

    fn check_new_name(&self, name: &str, parent: Option<ColumnId>) -> Result<()> {
        let taken = self.columns.iter().any(|c| c.parent_column == parent && same_name(&c.column_name, name));
        if taken { Err(TransactError::invalid(format!("there is a column '{name}' already"))) } else { Ok(()) }
    }

    /// The row of the column at a path of names; list elements are `element`, map parts `key` and `value`.
    pub fn find(&self, path: &[String]) -> Option<&ColumnRow> {
        let mut found: Option<&ColumnRow> = None;
        for name in path {
            let parent = found.map(|c| c.column_id);
            found = self.columns.iter().find(|c| c.parent_column == parent && same_name(&c.column_name, name));
            found?;
        }
        found
    }

    fn find_id(&self, path: &[String]) -> Result<ColumnId> {
        self.find(path).map(|c| c.column_id).ok_or_else(|| {
            let known: Vec<&str> =
                self.columns.iter().filter(|c| c.parent_column.is_none()).map(|c| c.column_name.as_str()).collect();
            TransactError::Invalid {
                message: format!("there is no column '{}'", path.join(".")),
                hint: Some(format!("columns are {}", known.join(", "))),
            }
        })
    }

    fn row_mut(&mut self, id: ColumnId) -> Option<&mut ColumnRow> {
        self.columns.iter_mut().find(|c| c.column_id == id)
    }

    fn mark(&mut self, reshaped: bool) {
        self.altered = true;
        self.reshaped |= reshaped;
    }

    /// Adds a column, under a struct where `parent` is not empty.
    ///
    /// # Errors
    /// Where the name is taken, or the parent is no struct.
    pub fn add_column(&mut self, parent: &[String], column: &NewColumn) -> Result<()> {
        let parent = match parent {
            [] => None,
            path => {
                let id = self.find_id(path)?;
                let is_struct =
                    self.columns.iter().any(|c| c.column_id == id && c.column_type.eq_ignore_ascii_case("struct"));
                if !is_struct {
                    return Err(TransactError::invalid(format!("'{}' is no struct", path.join("."))));
                }
                Some(id)
            }
        };
        self.check_new_name(&column.name, parent)?;
        if matches!(column.default, ColumnDefault::Expression(_)) {
            return Err(TransactError::Invalid {
                message: format!("column '{}' cannot be added with a default that is no constant", column.name),
                hint: Some("add it without, then ALTER TABLE … ALTER COLUMN … SET DEFAULT".into()),
            });
        }
        self.push_column(column, parent, false);
        self.mark(true);
        Ok(())
    }

    /// Drops a column with its children.
    ///
    /// # Errors
    /// Where it is missing, the last one, or one that the table is partitioned or sorted by.
    pub fn drop_column(&mut self, path: &[String]) -> Result<()> {
        let id = self.find_id(path)?;
        let Some(row) = self.columns.iter().find(|c| c.column_id == id) else { return Ok(()) };
        let (parent, name) = (row.parent_column, row.column_name.clone());
        if self.columns.iter().filter(|c| c.parent_column == parent).count() == 1 {
            return Err(TransactError::invalid(format!(
                "'{}' is the last column and cannot be dropped",
                path.join(".")
            )));
        }
        if self.partition.iter().any(|p| p.column_id == id) {
            return Err(TransactError::Invalid {
                message: format!("column '{name}' cannot be dropped: the table is partitioned by it"),
                hint: Some("ALTER TABLE … RESET PARTITIONED BY first".into()),
            });
        }
        if parent.is_none() && self.sort.iter().any(|s| mentions(&s.expression, &name)) {
            return Err(TransactError::Invalid {
                message: format!("column '{name}' cannot be dropped: the table is sorted by it"),
                hint: Some("ALTER TABLE … RESET SORTED BY first".into()),
            });
        }
        let mut gone = BTreeSet::from([id]);
        // Parents come before their children, also when ids were added later.
        while self
            .columns
            .iter()
            .any(|c| c.parent_column.is_some_and(|p| gone.contains(&p)) && gone.insert(c.column_id))
        {}
        self.columns.retain(|c| !gone.contains(&c.column_id));
        self.mark(true);
        Ok(())
    }

    /// Renames a column or a struct's field.
    ///
    /// # Errors
    /// Where it is missing, or the new name is taken.
    pub fn rename_column(&mut self, path: &[String], name: &str) -> Result<()> {
        let id = self.find_id(path)?;
        let Some(row) = self.columns.iter().find(|c| c.column_id == id) else { return Ok(()) };
        let (parent, old) = (row.parent_column, row.column_name.clone());
        if let Some(parent) = parent
            && !self.columns.iter().any(|c| c.column_id == parent && c.column_type.eq_ignore_ascii_case("struct"))
        {
            return Err(TransactError::invalid(format!("'{}' is no field of a struct", path.join("."))));
        }
        if !same_name(&old, name) {
            self.check_new_name(name, parent)?;
        }
        if let Some(row) = self.row_mut(id) {
            row.column_name = name.to_string();
        }
        if parent.is_none() {
            for sort in &mut self.sort {
                if let Some(renamed) = renamed(&sort.expression, &old, name) {
                    sort.expression = renamed;
                    self.sort_changed = true;
                }
            }
        }
        self.mark(true);
        Ok(())
    }

    /// Sets the default of future inserts.
    ///
    /// # Errors
    /// Where the column is missing, or was added later and the default is no constant.
    pub fn set_default(&mut self, path: &[String], default: &ColumnDefault) -> Result<()> {
        let id = self.find_id(path)?;
        let (value, kind) = match default {
            ColumnDefault::None => ("NULL".to_string(), "literal"),
            ColumnDefault::Literal(text) => (text.clone(), "literal"),
            ColumnDefault::Expression(sql) => (sql.clone(), "expression"),
        };
        if let Some(row) = self.row_mut(id) {
            row.default_value = Some(value);
            row.default_value_type = Some(kind.to_string());
        }
        self.mark(false);
        Ok(())
    }

    /// Allows NULL or not; whether rows fit is the caller's to check.
    ///
    /// # Errors
    /// Where the column is missing.
    pub fn set_nullable(&mut self, path: &[String], nullable: bool) -> Result<()> {
        let id = self.find_id(path)?;
        if let Some(row) = self.row_mut(id) {
            row.nulls_allowed = nullable;
        }
        self.mark(false);
        Ok(())
    }

    /// Changes a type by promotion; structs gain, lose and widen fields.
    ///
    /// # Errors
    /// Where the column is missing, or the change could lose values.
    pub fn set_type(&mut self, path: &[String], lake_type: &LakeType) -> Result<()> {
        let id = self.find_id(path)?;
        self.retype(id, lake_type, &path.join("."))?;
        self.mark(true);
        Ok(())
    }

    fn retype(&mut self, id: ColumnId, wanted: &LakeType, shown: &str) -> Result<()> {
        let tree = self.tree(0)?;
        let Some(column) = find_column(&tree, id).cloned() else { return Ok(()) };
        let refused = || {
            TransactError::invalid(format!(
                "the type of '{shown}' cannot change from {} to {wanted}: values could be lost",
                column.lake_type
            ))
        };
        match (&column.lake_type, wanted) {
            (a, b) if a == b => Ok(()),
            (LakeType::Struct(_), LakeType::Struct(fields)) => {
                for (name, ty) in fields {
                    match column.children.iter().find(|c| same_name(&c.name, name)) {
                        Some(child) => self.retype(child.id, ty, &format!("{shown}.{name}"))?,
                        None => {
                            let new = NewColumn {
                                name: name.clone(),
                                lake_type: ty.clone(),
                                nullable: false,
                                default: ColumnDefault::None,
                            };
                            self.push_column(&new, Some(id), false);
                        }
                    }
                }
                for child in column.children.iter().filter(|c| !fields.iter().any(|(n, _)| same_name(n, &c.name))) {
                    let mut gone = BTreeSet::from([child.id]);
                    while self
                        .columns
                        .iter()
                        .any(|c| c.parent_column.is_some_and(|p| gone.contains(&p)) && gone.insert(c.column_id))
                    {
                    }
                    self.columns.retain(|c| !gone.contains(&c.column_id));
                }
                Ok(())
            }
            (LakeType::List(_), LakeType::List(element)) => match column.children.first() {
                Some(child) => self.retype(child.id, element, &format!("{shown}.element")),
                None => Err(refused()),
            },
            (LakeType::Map(_, _), LakeType::Map(key, value)) => match column.children.as_slice() {
                [old_key, old_value] => {
                    self.retype(old_key.id, key, &format!("{shown}.key"))?;
                    self.retype(old_value.id, value, &format!("{shown}.value"))
                }
                _ => Err(refused()),
            },
            (from, to) if !from.is_nested() && !to.is_nested() && ducklake_format::promotion::can_promote(from, to) => {
                if !ducklake_format::promotion::keeps_bounds(from, to) {
                    self.unbounded.insert(id);
                }
                if let Some(row) = self.row_mut(id) {
                    row.column_type = type_name(to);
                }
                Ok(())
            }
            _ => Err(refused()),
        }
    }

    /// Sets the partition keys of files written from now on; none resets. False where they are what they were.
    ///
    /// # Errors
    /// Where a column is missing.
    pub fn set_partition(&mut self, keys: &[(String, String)]) -> Result<bool> {
        let mut fields = Vec::with_capacity(keys.len());
        for (index, (column, transform)) in keys.iter().enumerate() {
            let column_id = self.find_id(std::slice::from_ref(column))?;
            fields.push(PartitionField { key_index: index as i64, column_id, transform: transform.clone() });
        }
        // A reset of what was never partitioned leaves a spec without keys, as in the reference; a second one does not.
        let had_spec = self.base.as_ref().is_some_and(|base| !base.facts.partition_specs.is_empty());
        if fields == self.partition && (!fields.is_empty() || had_spec || self.partition_changed) {
            return Ok(false);
        }
        self.partition = fields;
        self.partition_changed = true;
        self.reshaped = true;
        Ok(true)
    }

    /// Sets the sort order of files written from now on; none resets.
    pub fn set_sort(&mut self, sort: Vec<SortField>) {
        self.sort = sort;
        self.sort_changed = true;
    }

    fn deletes_of(&mut self, file: &DataFileRow) -> &mut FileDeletes {
        self.deletes.entry(file.data_file_id).or_insert_with(|| FileDeletes {
            path: (file.path.clone(), file.path_is_relative),
            record_count: file.record_count.unwrap_or_default(),
            delete_file: file.delete_files.first().cloned(),
            positions: RoaringTreemap::new(),
            moved: Vec::new(),
            is_small: true,
        })
    }

    /// Moves the inlined deletes of a data file, with their snapshots, into a delete file.
    pub fn flush_deletes(&mut self, file: &DataFileRow, deletes: Vec<(u64, i64)>) {
        self.deletes_of(file).moved = deletes;
    }

    /// A data file of the base snapshot that the transaction deletes rows of.
    pub fn delete_from_file(&mut self, file: &DataFileRow, positions: &RoaringTreemap, inlining_limit: u64) {
        let deletes = self.deletes_of(file);
        deletes.is_small &= positions.len() <= inlining_limit;
        deletes.positions |= positions;
    }
}

/// The text of `column_type`.
pub(crate) fn type_name(lake_type: &LakeType) -> String {
    match lake_type {
        LakeType::List(_) => "list".to_string(),
        LakeType::Struct(_) => "struct".to_string(),
        LakeType::Map(_, _) => "map".to_string(),
        leaf => leaf.to_string(),
    }
}

fn find_column(columns: &[Column], id: ColumnId) -> Option<&Column> {
    columns.iter().find_map(|c| if c.id == id { Some(c) } else { find_column(&c.children, id) })
}

/// DuckDB's identifiers are case-insensitive, quoted or not.
pub(crate) fn same_name(a: &str, b: &str) -> bool {
    a == b || a.to_lowercase() == b.to_lowercase()
}

/// The words of SQL text: (start, end, name without its quotes).
fn words(sql: &str) -> Vec<(usize, usize, String)> {
    let mut words = Vec::new();
    let mut chars = sql.char_indices().peekable();
    while let Some((start, c)) = chars.next() {
        match c {
            '\'' => while chars.next().is_some_and(|(_, c)| c != '\'') {},
            '"' => {
                let mut name = String::new();
                let mut end = sql.len();
                for (at, c) in chars.by_ref() {
                    if c == '"' {
                        end = at + 1;
                        break;
                    }
                    name.push(c);
                }
                words.push((start, end, name));
            }
            c if c.is_alphabetic() || c == '_' => {
                let mut end = start + c.len_utf8();
                while let Some((at, c)) = chars.peek().copied().filter(|(_, c)| c.is_alphanumeric() || *c == '_') {
                    end = at + c.len_utf8();
                    chars.next();
                }
                words.push((start, end, sql[start..end].to_string()));
            }
            _ => {}
        }
    }
    words
}

fn mentions(sql: &str, column: &str) -> bool {
    words(sql).iter().any(|(_, _, name)| same_name(name, column))
}

/// SQL text with a column's name changed; `None` where it is not in it.
fn renamed(sql: &str, old: &str, new: &str) -> Option<String> {
    let mut text = sql.to_string();
    let mut changed = false;
    for (start, end, name) in words(sql).into_iter().rev() {
        if same_name(&name, old) {
            let plain = new.chars().all(|c| c.is_alphanumeric() || c == '_') && !new.starts_with(char::is_numeric);
            let new = if plain { new.to_string() } else { format!("\"{}\"", new.replace('"', "\"\"")) };
            text.replace_range(start..end, &new);
            changed = true;
        }
    }
    changed.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, lake_type: LakeType) -> NewColumn {
        NewColumn { name: name.into(), lake_type, nullable: true, default: ColumnDefault::None }
    }

    fn path(text: &str) -> Vec<String> {
        text.split('.').map(str::to_string).collect()
    }

    fn table() -> TableChanges {
        let s = LakeType::Struct(vec![
            ("x".into(), LakeType::Int32),
            ("l".into(), LakeType::List(Box::new(LakeType::Struct(vec![("z".into(), LakeType::Int8)])))),
        ]);
        TableChanges::created(&[column("a", LakeType::Int32), column("s", s), column("b", LakeType::Varchar)]).unwrap()
    }

    #[test]
    fn ids_count_nested_fields_in_pre_order() {
        let table = table();
        let rows: Vec<(i64, &str, Option<i64>)> =
            table.columns.iter().map(|c| (c.column_id, c.column_name.as_str(), c.parent_column)).collect();
        let expected = [
            (1, "a", None),
            (2, "s", None),
            (3, "x", Some(2)),
            (4, "l", Some(2)),
            (5, "element", Some(4)),
            (6, "z", Some(5)),
            (7, "b", None),
        ];
        assert_eq!(rows, expected);
    }

    #[test]
    fn nested_columns_are_added_dropped_and_widened() {
        let mut table = table();
        table.add_column(&path("s.l.element"), &column("w", LakeType::Varchar)).unwrap();
        assert_eq!(table.find(&path("s.l.element.w")).unwrap().column_id, 8);
        table.set_type(&path("S.L.element.Z"), &LakeType::Int64).unwrap();
        assert!(table.set_type(&path("b"), &LakeType::Int64).is_err());
        table.drop_column(&path("s.x")).unwrap();
        assert!(table.drop_column(&path("s.l")).is_err(), "the last field");
        table.drop_column(&path("s")).unwrap();
        assert_eq!(table.columns.iter().map(|c| c.column_id).collect::<Vec<_>>(), [1, 7]);
        table.rename_column(&path("b"), "B").unwrap();
        assert!(table.rename_column(&path("a"), "b").is_err());
        table.add_column(&[], &column("s", LakeType::Int32)).unwrap();
        assert_eq!(table.find(&path("s")).unwrap().column_id, 9, "ids are never used again");
    }

    #[test]
    fn sort_expressions_follow_a_rename() {
        assert_eq!(
            renamed("lower(a) || 'a' || \"A\"", "a", "new name").as_deref(),
            Some("lower(\"new name\") || 'a' || \"new name\"")
        );
        assert_eq!(renamed("ab", "a", "c"), None);
    }
}

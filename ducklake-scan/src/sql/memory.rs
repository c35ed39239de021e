//! Tables that live and die with the session: the catalog `memory`, and `temp` for temporary tables.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::catalog::TableProvider;
use datafusion::datasource::MemTable;

use crate::error::{LakeError, Result};
use crate::lake::same_name;

/// The catalog's name in SQL.
pub(crate) const MEMORY: &str = "memory";
/// The name of the catalog of temporary tables.
pub(crate) const TEMP: &str = "temp";
/// The schema that both have from the start.
const MAIN: &str = "main";

/// A table's place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MemoryName {
    /// [`MEMORY`] or [`TEMP`].
    pub(crate) catalog: &'static str,
    /// Schema.
    pub(crate) schema: String,
    /// Table.
    pub(crate) table: String,
}

/// What to do where a table of the name exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnExisting {
    /// Say so.
    Fail,
    /// Leave it.
    Keep,
    /// Replace it.
    Replace,
}

/// A table in memory.
#[derive(Debug)]
pub(crate) struct MemoryTable {
    /// Its place, in the case in which it was created.
    pub(crate) name: MemoryName,
    /// Columns.
    pub(crate) schema: SchemaRef,
    batches: RwLock<Vec<RecordBatch>>,
}

/// All tables of one session.
#[derive(Debug)]
pub(crate) struct MemoryCatalog {
    /// Schemas of `memory`; `temp` has only one.
    schemas: RwLock<Vec<String>>,
    /// By lower-cased catalog, schema and name.
    tables: RwLock<BTreeMap<[String; 3], Arc<MemoryTable>>>,
}

impl Default for MemoryCatalog {
    fn default() -> Self {
        Self { schemas: RwLock::new(vec![MAIN.to_string()]), tables: RwLock::default() }
    }
}

fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}

impl MemoryName {
    fn new(catalog: &'static str, schema: &str, table: &str) -> Self {
        Self { catalog, schema: schema.to_string(), table: table.to_string() }
    }

    fn key(&self) -> [String; 3] {
        [self.catalog.to_string(), self.schema.to_lowercase(), self.table.to_lowercase()]
    }
}

impl MemoryTable {
    /// The rows as they are now, as a table to read.
    ///
    /// # Errors
    /// None in practice: the rows have the table's schema.
    pub(crate) fn provider(&self) -> Result<Arc<dyn TableProvider>> {
        Ok(Arc::new(MemTable::try_new(Arc::clone(&self.schema), vec![self.batches()])?))
    }

    /// The rows as they are now.
    pub(crate) fn batches(&self) -> Vec<RecordBatch> {
        read(&self.batches).clone()
    }

    /// Adds rows.
    ///
    /// # Errors
    /// [`LakeError::Usage`] where they have other columns than the table.
    pub(crate) fn append(&self, rows: Vec<RecordBatch>) -> Result<()> {
        let rows = self.fitting(rows)?;
        write(&self.batches).extend(rows);
        Ok(())
    }

    /// Replaces all rows, as UPDATE and DELETE do.
    ///
    /// # Errors
    /// As [`MemoryTable::append`].
    pub(crate) fn replace(&self, rows: Vec<RecordBatch>) -> Result<()> {
        let rows = self.fitting(rows)?;
        *write(&self.batches) = rows;
        Ok(())
    }

    /// The rows with exactly the table's schema: columns by position, cast where that can be done.
    fn fitting(&self, rows: Vec<RecordBatch>) -> Result<Vec<RecordBatch>> {
        let wanted = self.schema.fields();
        rows.into_iter()
            .map(|batch| {
                if batch.num_columns() != wanted.len() {
                    let (has, gets) = (wanted.len(), batch.num_columns());
                    let table = &self.name.table;
                    return Err(LakeError::usage(format!("table '{table}' has {has} columns, not {gets}")));
                }
                let columns = batch.columns().iter().zip(wanted).map(|(column, field)| {
                    Ok(if column.data_type() == field.data_type() {
                        Arc::clone(column)
                    } else {
                        arrow::compute::cast(column, field.data_type())?
                    })
                });
                let columns = columns.collect::<Result<Vec<_>>>()?;
                Ok(RecordBatch::try_new(Arc::clone(&self.schema), columns)?)
            })
            .collect()
    }
}

impl MemoryCatalog {
    /// The place that a name stands for when a table is made; `None` where it belongs to a lake. `current_schema` is
    /// the current schema of `memory`, where that is the current catalog.
    pub(crate) fn place(&self, parts: &[String], temporary: bool, current_schema: Option<&str>) -> Option<MemoryName> {
        match parts {
            [table] if temporary => Some(MemoryName::new(TEMP, MAIN, table)),
            [table] => current_schema.map(|schema| MemoryName::new(MEMORY, schema, table)),
            [first, table] => match catalog_of(first) {
                Some(catalog) => Some(MemoryName::new(catalog, MAIN, table)),
                None if current_schema.is_some() && self.has_schema(first) => {
                    Some(MemoryName::new(MEMORY, first, table))
                }
                None => None,
            },
            [catalog, schema, table] => catalog_of(catalog).map(|c| MemoryName::new(c, schema, table)),
            _ => None,
        }
    }

    /// The table that a name stands for, temporary ones first.
    pub(crate) fn find(&self, parts: &[String], current_schema: Option<&str>) -> Option<Arc<MemoryTable>> {
        let tables = read(&self.tables);
        let temporary = self.place(parts, true, current_schema).and_then(|name| tables.get(&name.key()));
        let found =
            temporary.or_else(|| self.place(parts, false, current_schema).and_then(|name| tables.get(&name.key())));
        found.cloned()
    }

    /// Makes a table; `false` where it was there and is kept.
    ///
    /// # Errors
    /// [`LakeError`] where the name is taken, the schema does not exist, or rows do not fit.
    pub(crate) fn create(
        &self,
        name: MemoryName,
        schema: SchemaRef,
        rows: Vec<RecordBatch>,
        on_existing: OnExisting,
    ) -> Result<bool> {
        if name.catalog == MEMORY && !self.has_schema(&name.schema) {
            return Err(LakeError::UnknownName { what: "schema", name: name.schema, suggestions: Vec::new() });
        }
        let key = name.key();
        let mut tables = write(&self.tables);
        if tables.contains_key(&key) {
            match on_existing {
                OnExisting::Fail => {
                    return Err(LakeError::usage(format!("a table named '{}' exists already", name.table)));
                }
                OnExisting::Keep => return Ok(false),
                OnExisting::Replace => {}
            }
        }
        let table = MemoryTable { name, schema, batches: RwLock::default() };
        table.append(rows)?;
        tables.insert(key, Arc::new(table));
        Ok(true)
    }

    /// Removes a table; `false` where there is none.
    pub(crate) fn drop(&self, table: &MemoryTable) -> bool {
        write(&self.tables).remove(&table.name.key()).is_some()
    }

    /// Whether `memory` has a schema.
    pub(crate) fn has_schema(&self, name: &str) -> bool {
        read(&self.schemas).iter().any(|s| same_name(s, name))
    }

    /// Makes a schema; `false` where it is there.
    pub(crate) fn create_schema(&self, name: &str) -> bool {
        if self.has_schema(name) {
            return false;
        }
        write(&self.schemas).push(name.to_string());
        true
    }

    /// Removes a schema with its tables; `false` where it is not there.
    pub(crate) fn drop_schema(&self, name: &str) -> bool {
        write(&self.tables).retain(|key, _| key[0] != MEMORY || key[1] != name.to_lowercase());
        let mut schemas = write(&self.schemas);
        let before = schemas.len();
        schemas.retain(|s| !same_name(s, name));
        schemas.len() < before
    }

    /// Schemas of `memory`.
    pub(crate) fn schemas(&self) -> Vec<String> {
        read(&self.schemas).clone()
    }

    /// All tables in the order of their names.
    pub(crate) fn tables(&self) -> Vec<Arc<MemoryTable>> {
        read(&self.tables).values().cloned().collect()
    }
}

fn catalog_of(name: &str) -> Option<&'static str> {
    [MEMORY, TEMP].into_iter().find(|catalog| same_name(catalog, name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::Int64Array;
    use arrow::datatypes::{DataType, Field, Schema};

    fn parts(names: &[&str]) -> Vec<String> {
        names.iter().map(ToString::to_string).collect()
    }

    fn rows(values: &[i64]) -> RecordBatch {
        let schema = Arc::new(Schema::new(vec![Field::new("i", DataType::Int64, true)]));
        RecordBatch::try_new(schema, vec![Arc::new(Int64Array::from(values.to_vec()))]).unwrap()
    }

    #[test]
    fn names_find_temporary_tables_first() {
        let catalog = MemoryCatalog::default();
        let add = |names: &[&str], temporary, values: &[i64]| {
            let name = catalog.place(&parts(names), temporary, Some("main")).unwrap();
            catalog.create(name, rows(values).schema(), vec![rows(values)], OnExisting::Fail)
        };
        assert!(add(&["t"], false, &[1]).unwrap());
        assert!(add(&["T"], false, &[1]).is_err());
        assert!(add(&["t"], true, &[2, 3]).unwrap());
        let count = |names: &[&str]| {
            let table = catalog.find(&parts(names), Some("main"))?;
            Some(table.batches().iter().map(RecordBatch::num_rows).sum::<usize>())
        };
        assert_eq!(count(&["T"]), Some(2));
        assert_eq!(count(&["memory", "t"]), Some(1));
        assert_eq!(count(&["memory", "main", "t"]), Some(1));
        assert_eq!(count(&["lake", "t"]), None);
        assert!(catalog.drop(&catalog.find(&parts(&["t"]), None).unwrap()));
        assert_eq!(count(&["t"]), Some(1));
        assert!(catalog.find(&parts(&["t"]), None).is_none());
    }

    #[test]
    fn rows_are_cast_by_position() {
        let catalog = MemoryCatalog::default();
        let schema = Arc::new(Schema::new(vec![Field::new("j", DataType::Int32, true)]));
        let name = catalog.place(&parts(&["t"]), true, None).unwrap();
        catalog.create(name, schema, vec![rows(&[1])], OnExisting::Fail).unwrap();
        let table = catalog.find(&parts(&["t"]), None).unwrap();
        table.append(vec![rows(&[2])]).unwrap();
        assert_eq!(table.batches().len(), 2);
        let two =
            RecordBatch::try_from_iter([("a", rows(&[1]).column(0).clone()), ("b", rows(&[1]).column(0).clone())]);
        assert!(table.append(vec![two.unwrap()]).is_err());
    }
}

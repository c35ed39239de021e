//! Statements about tables of the session's own, which live in memory.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::Schema;
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast;
use ducklake_format::LakeType;
use ducklake_format::columns::Column;

use super::open::OpenTransactions;
use super::statements::{bare_column, created_columns};
use super::to_table_batch;
use crate::error::{LakeError, Result};
use crate::lake::same_name;
use crate::session::Session;
use crate::sql::memory::{MEMORY, MemoryName, MemoryTable, OnExisting};
use crate::sql::write::{CreateTable, Delete, Insert, WriteStatement, queries};

impl Session {
    /// Runs a statement if it is about a table in memory; otherwise gives it back.
    pub(super) async fn change_memory(
        &self,
        open: &OpenTransactions,
        statement: WriteStatement,
    ) -> Result<std::result::Result<Option<u64>, WriteStatement>> {
        let find = |name: &[String]| self.memory_table(name);
        match statement {
            WriteStatement::CreateTable(create) => match self.memory_place(&create) {
                Some(place) => Ok(Ok(self.create_in_memory(open, *create, place).await?)),
                None => Ok(Err(WriteStatement::CreateTable(create))),
            },
            WriteStatement::CreateSchema { name, if_not_exists } => match self.memory_schema(&name) {
                Some(schema) => match self.local().memory.create_schema(schema) || if_not_exists {
                    true => Ok(Ok(None)),
                    false => Err(LakeError::usage(format!("schema '{schema}' exists already"))),
                },
                None => Ok(Err(WriteStatement::CreateSchema { name, if_not_exists })),
            },
            WriteStatement::DropSchema { name, if_exists, cascade } => match self.memory_schema(&name) {
                Some(schema) => match self.local().memory.drop_schema(schema) || if_exists {
                    true => Ok(Ok(None)),
                    false => Err(LakeError::usage(format!("schema '{schema}' does not exist"))),
                },
                None => Ok(Err(WriteStatement::DropSchema { name, if_exists, cascade })),
            },
            WriteStatement::DropTable { name, if_exists } => match find(&name) {
                Some(table) => {
                    self.local().memory.drop(&table);
                    Ok(Ok(None))
                }
                None => Ok(Err(WriteStatement::DropTable { name, if_exists })),
            },
            WriteStatement::Insert(insert) => match find(&insert.table) {
                Some(table) => Ok(Ok(Some(self.insert_into_memory(open, *insert, &table).await?))),
                None => Ok(Err(WriteStatement::Insert(insert))),
            },
            WriteStatement::Delete(delete) => match find(&delete.table.name) {
                Some(table) => Ok(Ok(Some(self.delete_from_memory(open, *delete, &table).await?))),
                None => Ok(Err(WriteStatement::Delete(delete))),
            },
            WriteStatement::Truncate { table: name } => match find(&name) {
                Some(table) => {
                    let rows = table.batches().iter().map(|b| b.num_rows() as u64).sum();
                    table.replace(Vec::new())?;
                    Ok(Ok(Some(rows)))
                }
                None => Ok(Err(WriteStatement::Truncate { table: name })),
            },
            WriteStatement::Update(update) if find(&update.table.name).is_some() => {
                Err(LakeError::not_supported("UPDATE of a table in memory"))
            }
            WriteStatement::AlterTable { name, .. } if find(&name).is_some() => {
                Err(LakeError::not_supported("ALTER TABLE of a table in memory"))
            }
            WriteStatement::CreateIndex(create) if find(&create.table).is_some() => {
                Err(LakeError::not_supported("an index of a table in memory"))
            }
            other => Ok(Err(other)),
        }
    }

    fn memory_table(&self, name: &[String]) -> Option<Arc<MemoryTable>> {
        self.local().memory.find(name, self.names().memory_schema())
    }

    /// The schema that a name means, if it is one in memory.
    fn memory_schema<'n>(&self, name: &'n [String]) -> Option<&'n str> {
        match name {
            [schema] => {
                self.names().current.is_some_and(|(catalog, _)| same_name(&catalog, MEMORY)).then_some(schema.as_str())
            }
            [catalog, schema] => same_name(catalog, MEMORY).then_some(schema.as_str()),
            _ => None,
        }
    }

    fn memory_place(&self, create: &CreateTable) -> Option<MemoryName> {
        self.local().memory.place(&create.name, create.temporary, self.names().memory_schema())
    }

    async fn create_in_memory(
        &self,
        open: &OpenTransactions,
        create: CreateTable,
        place: MemoryName,
    ) -> Result<Option<u64>> {
        let on_existing = match (create.or_replace, create.if_not_exists) {
            (true, _) => OnExisting::Replace,
            (_, true) => OnExisting::Keep,
            _ => OnExisting::Fail,
        };
        let (columns, batches) = match create.query {
            Some(query) => {
                let statement = Statement::Statement(Box::new(ast::Statement::Query(query)));
                let frame = self.plan_with(statement, self.pins_in(open), 0).await?;
                let columns = created_columns(&frame, &create.column_names)?;
                let columns: Vec<Column> = columns.iter().map(|c| bare_column(&c.name, &c.lake_type)).collect();
                let batches = if create.without_data { Vec::new() } else { frame.collect().await? };
                let batches = batches.iter().map(|b| to_table_batch(b, &columns)).collect::<Result<Vec<_>>>()?;
                (columns, batches)
            }
            None => (create.columns.iter().map(|c| bare_column(&c.name, &c.lake_type)).collect(), Vec::new()),
        };
        let rows = batches.iter().map(|b| b.num_rows() as u64).sum();
        let schema = Arc::new(Column::schema(&columns));
        let batches = batches
            .into_iter()
            .map(|b| Ok(RecordBatch::try_new(Arc::clone(&schema), b.columns().to_vec())?))
            .collect::<Result<Vec<_>>>()?;
        self.local().memory.create(place, schema, batches, on_existing)?;
        Ok(Some(rows))
    }

    async fn insert_into_memory(&self, open: &OpenTransactions, insert: Insert, table: &MemoryTable) -> Result<u64> {
        let columns = columns_of(&table.schema)?;
        let frame = self.insert_frame(open, &insert, &columns).await?;
        let batches = frame.collect().await?;
        let batches = batches.iter().map(|b| to_table_batch(b, &columns)).collect::<Result<Vec<_>>>()?;
        let rows = batches.iter().map(|b| b.num_rows() as u64).sum();
        table.append(batches)?;
        Ok(rows)
    }

    /// Keeps the rows that the filter does not name.
    async fn delete_from_memory(&self, open: &OpenTransactions, delete: Delete, table: &MemoryTable) -> Result<u64> {
        if !delete.using.is_empty() {
            return Err(LakeError::not_supported("DELETE … USING from a table in memory"));
        }
        let before: usize = table.batches().iter().map(RecordBatch::num_rows).sum();
        let Some(filter) = delete.filter.clone() else {
            table.replace(Vec::new())?;
            return Ok(before as u64);
        };
        let frame = self.frame(open, queries::kept_query(&delete, filter)).await?;
        let columns = columns_of(&table.schema)?;
        let kept = frame.collect().await?;
        let kept = kept.iter().map(|b| to_table_batch(b, &columns)).collect::<Result<Vec<_>>>()?;
        let after: usize = kept.iter().map(RecordBatch::num_rows).sum();
        table.replace(kept)?;
        Ok((before - after.min(before)) as u64)
    }
}

fn columns_of(schema: &Schema) -> Result<Vec<Column>> {
    schema
        .fields()
        .iter()
        .map(|field| {
            let lake_type = LakeType::from_field(field)
                .ok_or_else(|| LakeError::not_supported(format!("a column of type {}", field.data_type())))?;
            Ok(bare_column(field.name(), &lake_type))
        })
        .collect()
}

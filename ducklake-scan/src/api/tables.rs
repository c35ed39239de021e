//! Tables to create.

use arrow::datatypes::{Schema, SchemaRef};
use ducklake_transact::NewColumn;

use super::transaction::LakeTransaction;
use crate::error::{LakeError, Result};
use crate::write::{check_reserved, query_columns};

/// The columns of a table to create.
#[derive(Debug, Clone)]
pub enum TableColumns {
    /// Those of an Arrow schema; what is not nullable there becomes NOT NULL.
    Arrow(SchemaRef),
    /// With types and defaults of DuckLake.
    Lake(Vec<NewColumn>),
}

impl TableColumns {
    fn resolve(self) -> Result<Vec<NewColumn>> {
        match self {
            Self::Lake(columns) => Ok(columns),
            Self::Arrow(schema) => {
                let mut columns = query_columns(&schema, &[])?;
                for (column, field) in columns.iter_mut().zip(schema.fields()) {
                    column.nullable = field.is_nullable();
                }
                Ok(columns)
            }
        }
    }
}

impl From<&Schema> for TableColumns {
    fn from(schema: &Schema) -> Self {
        Self::Arrow(schema.clone().into())
    }
}

impl From<SchemaRef> for TableColumns {
    fn from(schema: SchemaRef) -> Self {
        Self::Arrow(schema)
    }
}

impl From<&SchemaRef> for TableColumns {
    fn from(schema: &SchemaRef) -> Self {
        Self::Arrow(SchemaRef::clone(schema))
    }
}

impl From<Vec<NewColumn>> for TableColumns {
    fn from(columns: Vec<NewColumn>) -> Self {
        Self::Lake(columns)
    }
}

impl From<&[NewColumn]> for TableColumns {
    fn from(columns: &[NewColumn]) -> Self {
        Self::Lake(columns.to_vec())
    }
}

impl LakeTransaction {
    /// Creates a table. Partitions and a sort order are added by SQL: `ALTER TABLE t SET PARTITIONED BY (…)`.
    ///
    /// # Errors
    /// Where the name is taken, the schema is missing, or a type is none of DuckLake's.
    pub async fn create_table(&mut self, name: &str, columns: impl Into<TableColumns>) -> Result<()> {
        let columns = columns.into().resolve()?;
        self.create(&table_name(name)?, &columns).await
    }

    pub(super) async fn create(&mut self, name: &[String], columns: &[NewColumn]) -> Result<()> {
        let open = self.session().open();
        let place = self.session().place(open, name).await?;
        open.with(&place.attached, async |lake| {
            lake.check_writable()?;
            check_reserved(lake, place.schema_id, columns)?;
            lake.transaction.create_table(place.schema_id, &place.name, columns)?;
            Ok(())
        })
        .await
    }
}

/// The parts of `table` or `schema.table`, each of which may stand in double quotes.
pub(super) fn table_name(text: &str) -> Result<Vec<String>> {
    let parts = datafusion::common::TableReference::parse_str_normalized(text, true).to_vec();
    if parts.iter().any(String::is_empty) {
        return Err(LakeError::usage(format!("'{text}' is no name of a table")));
    }
    Ok(parts)
}

//! A table of a DuckDB file as DataFusion sees it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::datatypes::{Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::DFSchema;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::ExecutionPlan;
use duckdb_file::{LogicalType, Table};
use ducklake_format::LakeType;

use super::file::{blocking, failed};
use super::prune::kept_groups;
use super::scan::DuckDbScanExec;
use super::types::lake_type;
use crate::error::{LakeError, Result};

/// A table of a DuckDB file, as it was when it was looked up.
///
/// Columns have the Arrow types of a lake's columns of the same type. `BIT`, `BIGNUM`, `ENUM` and `UNION` are text,
/// arrays are lists. Columns whose values are not there (generated ones, types that are not read) are in the schema;
/// a scan that needs one fails and names it.
#[derive(Debug, Clone)]
pub struct DuckDbTable {
    path: Arc<PathBuf>,
    table: Table,
    columns: Arc<[TableColumn]>,
    schema: SchemaRef,
}

/// A column of a table.
#[derive(Debug, Clone)]
pub(super) struct TableColumn {
    pub(super) name: String,
    pub(super) logical_type: LogicalType,
    /// Why it cannot be read.
    problem: Option<String>,
}

impl DuckDbTable {
    pub(crate) fn new(path: &Path, table: Table) -> Self {
        let (mut columns, mut fields) = (Vec::new(), Vec::new());
        for column in table.columns() {
            let found = lake_type(&column.logical_type);
            let generated =
                column.generated.then(|| "is generated: DuckDB computes it and does not store it".to_string());
            // What cannot be read needs some type.
            fields.push(found.as_ref().unwrap_or(&LakeType::Varchar).field(&column.name));
            let (name, logical_type) = (column.name.clone(), column.logical_type.clone());
            columns.push(TableColumn { name, logical_type, problem: generated.or(found.err()) });
        }
        let schema = Arc::new(Schema::new(fields));
        Self { path: Arc::new(path.to_path_buf()), table, columns: columns.into(), schema }
    }

    /// The schema that it is in.
    pub fn schema_name(&self) -> String {
        self.table.schema_name()
    }

    /// Its name as it was created.
    pub fn name(&self) -> &str {
        self.table.name()
    }

    /// Names and DuckDB's types of its columns.
    pub fn column_types(&self) -> impl Iterator<Item = (&str, String)> {
        self.columns.iter().map(|column| (column.name.as_str(), column.logical_type.to_string()))
    }

    /// The number of its rows. Reads metadata only, but waits for that.
    ///
    /// # Errors
    /// [`LakeError::DuckDb`] where the file's metadata cannot be read.
    pub(crate) async fn row_count(&self) -> Result<u64> {
        let (path, table) = (self.path.clone(), self.table.clone());
        blocking(move || table.row_count().map_err(|error| failed(&path, error))).await
    }

    fn readable(&self, index: usize) -> Result<&TableColumn> {
        let missing = || LakeError::Invalid(format!("table '{}' has no column {index}", self.name()));
        let column = self.columns.get(index).ok_or_else(missing)?;
        match &column.problem {
            None => Ok(column),
            Some(problem) => Err(LakeError::NotSupported {
                what: format!(
                    "reading column '{}' of table '{}' of {}, which {problem},",
                    column.name,
                    self.name(),
                    self.path.display()
                ),
                hint: Some("leave the column out, or copy it to one of another type with DuckDB".into()),
            }),
        }
    }
}

#[async_trait]
impl TableProvider for DuckDbTable {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(
        &self,
        filters: &[&Expr],
    ) -> datafusion::error::Result<Vec<TableProviderFilterPushDown>> {
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> datafusion::error::Result<Arc<dyn ExecutionPlan>> {
        let wanted = projection.cloned().unwrap_or_else(|| (0..self.columns.len()).collect());
        let columns = wanted.iter().map(|index| self.readable(*index).cloned()).collect::<Result<Vec<_>>>()?;
        let predicate = match conjunction(filters.iter().cloned()) {
            Some(expr) => Some(state.create_physical_expr(expr, &DFSchema::try_from(self.schema.clone())?)?),
            None => None,
        };
        let (path, table, schema, all) =
            (self.path.clone(), self.table.clone(), self.schema.clone(), self.columns.clone());
        let (rows, kept) = blocking(move || {
            let rows = table.group_rows().map_err(|error| failed(&path, error))?;
            let kept = match predicate {
                Some(predicate) => {
                    kept_groups(&table, &all, &schema, &rows, &predicate).map_err(|error| failed(&path, error))?
                }
                None => (0..rows.len()).filter(|group| rows[*group] > 0).collect(),
            };
            Ok((rows, kept))
        })
        .await?;
        let projected = Arc::new(self.schema.project(&wanted)?);
        let total = rows.len();
        let groups = kept.into_iter().map(|group| (group, rows[group])).collect();
        let limit = limit.filter(|_| filters.is_empty());
        let scan = DuckDbScanExec::new(self.path.clone(), self.table.clone(), columns, projected, groups, total);
        Ok(Arc::new(scan.in_partitions(state.config().target_partitions()).with_limit(limit)))
    }
}

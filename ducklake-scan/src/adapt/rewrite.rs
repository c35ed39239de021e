//! Expressions over the table's columns, rewritten for one file.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::Operator;
use datafusion::parquet::arrow::RowNumber;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::{BinaryExpr, CastExpr, Column as ColumnExpr, Literal};
use datafusion::physical_expr_adapter::{PhysicalExprAdapter, PhysicalExprAdapterFactory};
use ducklake_format::{Column, ColumnId};

use super::convert::ConvertPlan;
use super::expr::EvolveExpr;
use super::matching::{ColumnSource, FileMapping, has_field_ids, internal_column, plan_column};

/// Name of the reader's own row number column; hidden from everybody else.
pub(crate) const ROW_NUMBER: &str = "__quacklake_row_number";

/// Reserved field id of the embedded row id column (DuckLake spec, "Embedded columns").
const ROW_ID_FIELD: i64 = 2_147_483_540;
/// Name of the embedded row id column.
const ROW_ID_NAME: &str = "_ducklake_internal_row_id";
/// Reserved field id of the embedded snapshot column.
const SNAPSHOT_FIELD: i64 = 2_147_483_539;
/// Name of the embedded snapshot column.
const SNAPSHOT_NAME: &str = "_ducklake_internal_snapshot_id";

/// The field by which the Parquet reader is asked for row numbers.
pub(crate) fn row_number_field() -> FieldRef {
    Arc::new(Field::new(ROW_NUMBER, DataType::Int64, false).with_extension_type(RowNumber))
}

/// A virtual column of a data file (DuckLake spec, "Virtual columns").
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum VirtualValue {
    /// Embedded row id, else first row id plus position, else NULL.
    RowId { start: Option<i64> },
    /// Embedded snapshot where the file holds several, else this one.
    SnapshotId { begin: i64, embedded: bool },
    /// Physical position.
    FileRowNumber,
    /// The same for all rows of the file.
    Constant(ScalarValue),
}

/// How one file's columns become those of the table.
#[derive(Debug)]
pub(crate) struct FileColumns {
    /// Columns of the table by name.
    pub(crate) columns: Arc<HashMap<String, Column>>,
    /// Ids of the table's columns in order.
    pub(crate) order: Arc<Vec<ColumnId>>,
    /// Matching rule.
    pub(crate) mapping: FileMapping,
    /// Virtual columns by name.
    pub(crate) virtual_columns: Vec<(&'static str, VirtualValue)>,
    /// Full path, for messages and hive values.
    pub(crate) path: Arc<str>,
}

/// Makes the adapter of one file once its schema is known.
#[derive(Debug)]
pub(crate) struct AdapterFactory(pub(crate) Arc<FileColumns>);

impl PhysicalExprAdapterFactory for AdapterFactory {
    fn create(&self, logical: SchemaRef, physical: SchemaRef) -> Result<Arc<dyn PhysicalExprAdapter>> {
        let file_schema = Schema::new(
            physical.fields().iter().filter(|f| f.name() != ROW_NUMBER).cloned().collect::<Vec<_>>(),
        );
        let mapping = match &self.0.mapping {
            FileMapping::FieldIds if !has_field_ids(&file_schema) => FileMapping::Places(Arc::clone(&self.0.order)),
            mapping => mapping.clone(),
        };
        Ok(Arc::new(Adapter { file: Arc::clone(&self.0), mapping, logical, physical, file_schema }))
    }
}

#[derive(Debug)]
struct Adapter {
    file: Arc<FileColumns>,
    /// The file's rule, now that its schema is known.
    mapping: FileMapping,
    logical: SchemaRef,
    physical: SchemaRef,
    /// `physical` without the reader's row number.
    file_schema: Schema,
}

impl PhysicalExprAdapter for Adapter {
    fn rewrite(&self, expr: Arc<dyn PhysicalExpr>) -> Result<Arc<dyn PhysicalExpr>> {
        expr.transform_up(|node| match node.downcast_ref::<ColumnExpr>() {
            Some(column) => Ok(Transformed::yes(self.column(column.name())?)),
            None => Ok(Transformed::no(node)),
        })
        .data()
    }
}

impl Adapter {
    fn column(&self, name: &str) -> Result<Arc<dyn PhysicalExpr>> {
        if name == ROW_NUMBER {
            return self.row_number();
        }
        if let Some(column) = self.file.columns.get(name) {
            return self.table_column(column);
        }
        match self.file.virtual_columns.iter().find(|(n, _)| *n == name) {
            Some((_, value)) => self.virtual_column(value),
            None => Err(datafusion::error::DataFusionError::Internal(format!("no column '{name}' in the table"))),
        }
    }

    fn table_column(&self, column: &Column) -> Result<Arc<dyn PhysicalExpr>> {
        let field = Arc::new(self.logical.field_with_name(&column.name)?.clone());
        let (index, plan) = match plan_column(column, &self.mapping, &self.file_schema, &self.file.path)? {
            ColumnSource::Constant(value) => return literal(ScalarValue::try_from_array(&value, 0)?),
            ColumnSource::Physical { index, plan } => (index, plan),
        };
        let source = self.physical_column(index);
        Ok(match plan {
            ConvertPlan::Identity => source,
            // DataFusion's own cast, which its pruning sees through.
            ConvertPlan::Cast(target) if !target.is_nested() => Arc::new(CastExpr::new(source, target, None)),
            plan => Arc::new(EvolveExpr { child: source, plan: Arc::new(plan), field }),
        })
    }

    fn physical_column(&self, index: usize) -> Arc<dyn PhysicalExpr> {
        Arc::new(ColumnExpr::new(self.file_schema.field(index).name(), index))
    }

    fn row_number(&self) -> Result<Arc<dyn PhysicalExpr>> {
        Ok(Arc::new(ColumnExpr::new(ROW_NUMBER, self.physical.index_of(ROW_NUMBER)?)))
    }

    fn virtual_column(&self, value: &VirtualValue) -> Result<Arc<dyn PhysicalExpr>> {
        let int64 = |source: Arc<dyn PhysicalExpr>| -> Arc<dyn PhysicalExpr> {
            Arc::new(CastExpr::new(source, DataType::Int64, None))
        };
        match value {
            VirtualValue::Constant(value) => literal(value.clone()),
            VirtualValue::FileRowNumber => self.row_number(),
            VirtualValue::RowId { start } => {
                // The embedded id wins even where a first row id is recorded: files of UPDATE have both.
                if let Some(index) = internal_column(&self.file_schema, ROW_ID_FIELD, ROW_ID_NAME) {
                    return Ok(int64(self.physical_column(index)));
                }
                match start {
                    Some(start) => {
                        let start = literal(ScalarValue::Int64(Some(*start)))?;
                        Ok(Arc::new(BinaryExpr::new(start, Operator::Plus, self.row_number()?)))
                    }
                    None => literal(ScalarValue::Int64(None)),
                }
            }
            VirtualValue::SnapshotId { begin, embedded } => {
                match internal_column(&self.file_schema, SNAPSHOT_FIELD, SNAPSHOT_NAME).filter(|_| *embedded) {
                    Some(index) => Ok(int64(self.physical_column(index))),
                    None => literal(ScalarValue::Int64(Some(*begin))),
                }
            }
        }
    }
}

fn literal(value: ScalarValue) -> Result<Arc<dyn PhysicalExpr>> {
    Ok(Arc::new(Literal::new(value)))
}


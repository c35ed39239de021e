//! Expressions over the table's columns, rewritten for one file.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, OnceLock};

use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::Operator;
use datafusion::parquet::arrow::RowNumber;
use datafusion::parquet::basic::{ConvertedType, LogicalType, Type as PhysicalType};
use datafusion::parquet::file::metadata::ParquetMetaData;
use datafusion::parquet::schema::types::Type as ParquetType;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::{BinaryExpr, CastExpr, Column as ColumnExpr, Literal};
use datafusion::physical_expr_adapter::{PhysicalExprAdapter, PhysicalExprAdapterFactory};
use ducklake_format::types::TYPE_METADATA_KEY;
use ducklake_format::{Column, ColumnId, LakeType};

use super::convert::ConvertPlan;
use super::expr::EvolveExpr;
use super::matching::{ColumnSource, FileMapping, has_field_ids, internal_column, plan_column};
use crate::prune::keeps_order;

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
    /// Columns in which the catalog says that no NaN occurs.
    pub(crate) without_nan: HashSet<ColumnId>,
    /// What the file's footer says of its top-level columns that Arrow types do not tell, once it was read.
    pub(crate) parquet_types: OnceLock<Vec<Option<LakeType>>>,
    /// Full path, for messages and hive values.
    pub(crate) path: Arc<str>,
}

impl FileColumns {
    /// Takes note of a footer.
    pub(crate) fn learn(&self, metadata: &ParquetMetaData) {
        self.parquet_types.get_or_init(|| {
            let root = metadata.file_metadata().schema_descr().root_schema();
            root.get_fields().iter().map(|field| parquet_type(field)).collect()
        });
    }
}

/// The type of a Parquet column that comes as text, bytes or time in Arrow without being just that.
fn parquet_type(field: &ParquetType) -> Option<LakeType> {
    if !field.is_primitive() {
        return None;
    }
    let info = field.get_basic_info();
    match (field.get_physical_type(), info.logical_type_ref(), info.converted_type()) {
        (_, Some(LogicalType::Geometry { .. }), _) => Some(LakeType::Geometry),
        (PhysicalType::BYTE_ARRAY, None, ConvertedType::NONE) => Some(LakeType::Blob),
        (_, Some(LogicalType::Time(time)), _) if time.is_adjusted_to_u_t_c => Some(LakeType::TimeTz),
        _ => None,
    }
}

/// Makes the adapter of one file once its schema is known.
#[derive(Debug)]
pub(crate) struct AdapterFactory(pub(crate) Arc<FileColumns>);

impl PhysicalExprAdapterFactory for AdapterFactory {
    fn create(&self, logical: SchemaRef, physical: SchemaRef) -> Result<Arc<dyn PhysicalExprAdapter>> {
        let fields = physical.fields().iter().filter(|f| f.name() != ROW_NUMBER);
        let file_schema = match self.0.parquet_types.get() {
            Some(types) => Schema::new(
                fields.zip(types.iter().chain(std::iter::repeat(&None))).map(typed_field).collect::<Vec<_>>(),
            ),
            None => Schema::new(fields.cloned().collect::<Vec<_>>()),
        };
        let mapping = match &self.0.mapping {
            FileMapping::FieldIds if !has_field_ids(&file_schema) => FileMapping::Places(Arc::clone(&self.0.order)),
            mapping => mapping.clone(),
        };
        Ok(Arc::new(Adapter { file: Arc::clone(&self.0), mapping, logical, physical, file_schema }))
    }
}

/// A field that says which type it has.
fn typed_field((field, lake_type): (&FieldRef, &Option<LakeType>)) -> FieldRef {
    let Some(lake_type) = lake_type else { return Arc::clone(field) };
    let mut metadata = field.metadata().clone();
    metadata.insert(TYPE_METADATA_KEY.to_string(), lake_type.to_string());
    Arc::new(field.as_ref().clone().with_metadata(metadata))
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
        let physical = self.file_schema.field(index).data_type();
        // Parquet's bounds leave NaN out, which is above all numbers: the reader's pruning must not see such columns.
        let prunable = !physical.is_floating() || self.file.without_nan.contains(&column.id);
        Ok(match plan {
            ConvertPlan::Identity if prunable => source,
            // DataFusion's own cast, which its pruning sees through.
            ConvertPlan::Cast(target) if prunable && keeps_order(physical, &target) => {
                Arc::new(CastExpr::new(source, target, None))
            }
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

//! Batches of any shape as rows of a table: columns by name, defaults for the others.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};
use datafusion::common::DFSchema;
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::PhysicalExpr;
use datafusion::prelude::Expr;
use ducklake_format::columns::Column;

use crate::error::{LakeError, Result};
use crate::lake::same_name;
use crate::session::Session;
use crate::sql::write::queries::default_expr;
use crate::write::to_table_batch;

/// How batches of one schema become rows of a table.
pub(super) struct Shape {
    schema: SchemaRef,
    columns: Arc<Vec<Column>>,
    sources: Vec<Source>,
}

/// Where a column's values come from.
enum Source {
    /// The batch's column at this place.
    Batch(usize),
    /// The column's default.
    Default(Arc<dyn PhysicalExpr>),
}

impl Shape {
    /// The shape of batches of a schema. Where `leaves_out`, columns without a type are left out if the table has
    /// them not.
    ///
    /// # Errors
    /// [`LakeError::Usage`] where the batches have a column that the table has not.
    pub(super) async fn new(
        session: &Session,
        columns: Arc<Vec<Column>>,
        schema: SchemaRef,
        leaves_out: bool,
    ) -> Result<Self> {
        let is_left_out = |field: &Field| leaves_out && field.data_type() == &DataType::Null;
        check_names(&columns, &schema, is_left_out)?;
        let mut sources = Vec::with_capacity(columns.len());
        for column in columns.iter() {
            let found = schema.fields().iter().position(|field| same_name(field.name(), &column.name));
            sources.push(match found {
                Some(index) => Source::Batch(index),
                None => Source::Default(default_of(session, column).await?),
            });
        }
        Ok(Self { schema, columns, sources })
    }

    /// Whether it is for batches of this schema.
    pub(super) fn fits(&self, schema: &SchemaRef) -> bool {
        Arc::ptr_eq(&self.schema, schema) || self.schema == *schema
    }

    /// A batch as rows of the table.
    pub(super) fn apply(&self, batch: &RecordBatch) -> Result<RecordBatch> {
        let rows = batch.num_rows();
        let parts =
            self.sources.iter().zip(self.columns.iter()).map(|(source, column)| -> Result<(FieldRef, ArrayRef)> {
                Ok(match source {
                    Source::Batch(index) => {
                        (Arc::clone(&self.schema.fields()[*index]), Arc::clone(batch.column(*index)))
                    }
                    Source::Default(expr) => {
                        let values = expr.evaluate(batch)?.into_array(rows)?;
                        (Arc::new(Field::new(&column.name, values.data_type().clone(), true)), values)
                    }
                })
            });
        let (fields, arrays): (Vec<FieldRef>, Vec<ArrayRef>) = parts.collect::<Result<Vec<_>>>()?.into_iter().unzip();
        // What a batch says of NULL is not needed here, and its values are checked.
        let fields: Vec<Field> = fields.iter().map(|f| f.as_ref().clone().with_nullable(true)).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let batch = RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options)?;
        to_table_batch(&batch, &self.columns)
    }
}

fn check_names(columns: &[Column], schema: &Schema, is_left_out: impl Fn(&Field) -> bool) -> Result<()> {
    for (index, field) in schema.fields().iter().enumerate() {
        if !columns.iter().any(|column| same_name(&column.name, field.name())) && !is_left_out(field) {
            let known: Vec<&str> = columns.iter().map(|c| c.name.as_str()).collect();
            return Err(LakeError::Usage {
                message: format!("the table has no column '{}'", field.name()),
                hint: Some(format!("its columns are {}; let it evolve to add others", known.join(", "))),
            });
        }
        if schema.fields()[..index].iter().any(|other| same_name(other.name(), field.name())) {
            return Err(LakeError::usage(format!("the rows have two columns '{}'", field.name())));
        }
    }
    Ok(())
}

async fn default_of(session: &Session, column: &Column) -> Result<Arc<dyn PhysicalExpr>> {
    let statement = crate::sql::parse_query(&format!("SELECT {}", default_expr(column)?))?;
    let plan = session.plan_with(statement, session.pins_in(session.open()), 0).await?.into_unoptimized_plan();
    let expr: Option<Expr> = match &plan {
        LogicalPlan::Projection(projection) => projection.expr.first().cloned(),
        _ => None,
    };
    let expr = expr.ok_or_else(|| LakeError::not_supported(format!("the default of column '{}' here", column.name)))?;
    Ok(session.context().create_physical_expr(expr, &DFSchema::empty())?)
}

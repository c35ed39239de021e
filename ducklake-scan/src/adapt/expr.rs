//! A physical expression that evolves one column of a file.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{FieldRef, Schema};
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;
use datafusion::physical_expr::PhysicalExpr;

use super::convert::{ConvertPlan, convert};

/// `child`, a column of the file, as `field` of the table.
#[derive(Debug)]
pub(super) struct EvolveExpr {
    pub(super) child: Arc<dyn PhysicalExpr>,
    pub(super) plan: Arc<ConvertPlan>,
    pub(super) field: FieldRef,
}

impl PartialEq for EvolveExpr {
    fn eq(&self, other: &Self) -> bool {
        self.child.eq(&other.child) && Arc::ptr_eq(&self.plan, &other.plan) && self.field == other.field
    }
}

impl Eq for EvolveExpr {}

impl Hash for EvolveExpr {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.child.hash(state);
        self.field.hash(state);
    }
}

impl fmt::Display for EvolveExpr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "evolve({} AS {})", self.child, self.field.name())
    }
}

impl PhysicalExpr for EvolveExpr {
    fn return_field(&self, _input_schema: &Schema) -> Result<FieldRef> {
        Ok(Arc::clone(&self.field))
    }

    fn evaluate(&self, batch: &RecordBatch) -> Result<ColumnarValue> {
        let array = self.child.evaluate(batch)?.into_array(batch.num_rows())?;
        Ok(ColumnarValue::Array(convert(&array, &self.plan)?))
    }

    fn children(&self) -> Vec<&Arc<dyn PhysicalExpr>> {
        vec![&self.child]
    }

    fn with_new_children(self: Arc<Self>, mut children: Vec<Arc<dyn PhysicalExpr>>) -> Result<Arc<dyn PhysicalExpr>> {
        let child = children.pop().unwrap_or_else(|| Arc::clone(&self.child));
        Ok(Arc::new(Self { child, plan: Arc::clone(&self.plan), field: Arc::clone(&self.field) }))
    }

    fn fmt_sql(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

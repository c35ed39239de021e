//! The functions in a plan: which rows `ORDER BY` puts first is a matter of which vectors are nearest to a constant one.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Float32Type};
use datafusion::common::Column;
use datafusion::logical_expr::simplify::SimplifyContext;
use datafusion::logical_expr::{BinaryExpr, Expr, Operator, SortExpr};
use datafusion::optimizer::simplify_expressions::ExprSimplifier;
use datafusion::scalar::ScalarValue;
use ducklake_vector::Metric;

use super::function::VectorFunction;
use super::{Measure, arguments};

/// How near the vectors of a column are to a constant one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Nearness {
    pub(crate) metric: Metric,
    pub(crate) column: Column,
    pub(crate) query: Vec<f32>,
    /// Whether the nearest vector has the least value: it has the greatest of a similarity.
    pub(crate) is_distance: bool,
}

/// What a sort puts first, where that is the vectors nearest to a constant one. Vectors that are NULL have to come last.
pub(crate) fn as_nearest(sort: &SortExpr) -> Option<Nearness> {
    let nearness = as_nearness(&sort.expr)?;
    (nearness.is_distance == sort.asc && !sort.nulls_first).then_some(nearness)
}

/// A measure of a column and a constant vector, in either order; casts, a name or a sign may be around it.
pub(crate) fn as_nearness(expr: &Expr) -> Option<Nearness> {
    let turned = |inner: &Expr| {
        let nearness = as_nearness(inner)?;
        Some(Nearness { is_distance: !nearness.is_distance, ..nearness })
    };
    match expr {
        Expr::Alias(alias) => as_nearness(&alias.expr),
        Expr::Cast(cast) if is_real(cast.field.data_type()) => as_nearness(&cast.expr),
        Expr::Negative(inner) => turned(inner),
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Minus, right }) => match left.as_ref() {
            Expr::Literal(value, _) if !value.is_null() => turned(right),
            _ => None,
        },
        Expr::ScalarFunction(call) => {
            let measure = call.func.inner().downcast_ref::<VectorFunction>()?.measure();
            let [left, right] = call.args.as_slice() else { return None };
            let (column, query) = match (column(left), column(right)) {
                (Some(column), None) => (column, constant(right)?),
                (None, Some(column)) => (column, constant(left)?),
                _ => return None,
            };
            let (metric, is_distance) = match measure {
                Measure::Distance => (Metric::L2, true),
                Measure::CosineDistance => (Metric::Cosine, true),
                Measure::CosineSimilarity => (Metric::Cosine, false),
                Measure::NegativeInnerProduct => (Metric::InnerProduct, true),
                Measure::InnerProduct => (Metric::InnerProduct, false),
            };
            Some(Nearness { metric, column: column.clone(), query, is_distance })
        }
        _ => None,
    }
}

fn is_real(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Float32 | DataType::Float64)
}

/// A column of vectors; casts that leave its numbers what they are may be around it.
fn column(expr: &Expr) -> Option<&Column> {
    match expr {
        Expr::Column(column) => Some(column),
        Expr::Cast(cast) if arguments::element(cast.field.data_type()).is_some_and(is_real) => column(&cast.expr),
        _ => None,
    }
}

/// The numbers of a vector that is the same for all rows.
fn constant(expr: &Expr) -> Option<Vec<f32>> {
    let value = match expr {
        Expr::Literal(value, _) => value.clone(),
        computed if computed.column_refs().is_empty() && !computed.is_volatile() => {
            let simplifier = ExprSimplifier::new(SimplifyContext::default());
            match simplifier.simplify(computed.clone()).ok()? {
                Expr::Literal(value, _) => value,
                _ => return None,
            }
        }
        _ => return None,
    };
    let numbers: ArrayRef = match &value {
        ScalarValue::List(list) if list.is_valid(0) => list.value(0),
        ScalarValue::LargeList(list) if list.is_valid(0) => list.value(0),
        ScalarValue::FixedSizeList(list) if list.is_valid(0) => list.value(0),
        _ => return None,
    };
    if numbers.null_count() > 0 {
        return None;
    }
    let numbers = arrow::compute::cast(&numbers, &DataType::Float32).ok()?;
    Some(numbers.as_primitive::<Float32Type>().values().to_vec())
}

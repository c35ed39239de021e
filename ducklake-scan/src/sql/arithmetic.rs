//! Division as DuckDB does it: `/` gives a fraction also of whole numbers, `//` a whole number, and what cannot be
//! divided by zero is NULL.

use arrow::datatypes::DataType;
use datafusion::common::{DFSchema, ScalarValue};
use datafusion::error::Result;
use datafusion::execution::FunctionRegistry;
use datafusion::execution::context::SessionContext;
use datafusion::logical_expr::planner::{ExprPlanner, PlannerResult, RawBinaryExpr};
use datafusion::logical_expr::{Expr, ExprSchemable, Operator, binary_expr, cast, lit};
use datafusion::sql::sqlparser::ast::BinaryOperator;
use std::sync::Arc;

/// Makes a context's SQL divide like this.
pub(super) fn register(context: &SessionContext) {
    // The only error is that planners cannot be registered, which those of a session can.
    let _ = context.state_ref().write().register_expr_planner(Arc::new(Division));
}

#[derive(Debug)]
struct Division;

impl ExprPlanner for Division {
    fn plan_binary_op(&self, expr: RawBinaryExpr, schema: &DFSchema) -> Result<PlannerResult<RawBinaryExpr>> {
        let is_ours =
            matches!(expr.op, BinaryOperator::Divide | BinaryOperator::DuckIntegerDivide | BinaryOperator::Modulo);
        let types = (expr.left.get_type(schema), expr.right.get_type(schema));
        let (true, (Ok(left), Ok(right))) = (is_ours, types) else { return Ok(PlannerResult::Original(expr)) };
        let whole = left.is_integer() && right.is_integer();
        let exact = |t: &DataType| t.is_integer() || t.is_decimal();
        Ok(match expr.op {
            BinaryOperator::Divide if exact(&left) && exact(&right) => {
                let double = |expr| cast(expr, DataType::Float64);
                PlannerResult::Planned(binary_expr(double(expr.left), Operator::Divide, double(expr.right)))
            }
            BinaryOperator::DuckIntegerDivide => {
                let divisor = if whole { or_null(expr.right, &right) } else { expr.right };
                PlannerResult::Planned(binary_expr(expr.left, Operator::Divide, divisor))
            }
            BinaryOperator::Modulo if whole => {
                PlannerResult::Planned(binary_expr(expr.left, Operator::Modulo, or_null(expr.right, &right)))
            }
            _ => PlannerResult::Original(expr),
        })
    }
}

/// A divisor, NULL where it is zero.
fn or_null(divisor: Expr, data_type: &DataType) -> Expr {
    match &divisor {
        Expr::Literal(value, _) if ScalarValue::new_zero(data_type).is_ok_and(|zero| zero != *value) => divisor,
        _ => datafusion::functions::core::expr_fn::nullif(divisor, lit(0_i64)),
    }
}

#[cfg(test)]
mod tests {
    use arrow::util::display::array_value_to_string;

    use crate::session::Session;

    async fn value(sql: &str) -> String {
        let batches = Session::new().sql(sql).await.unwrap().collect().await.unwrap();
        array_value_to_string(batches[0].column(0), 0).unwrap()
    }

    #[tokio::test]
    async fn quotients_are_those_of_duckdb() {
        for (sql, wanted) in [
            ("SELECT 1 / 2", "0.5"),
            ("SELECT 7 // 2", "3"),
            ("SELECT -7 // 2", "-3"),
            ("SELECT -7 % 3", "-1"),
            ("SELECT 7.0 // 2", "3.5"),
            ("SELECT 1 / 0", "inf"),
            ("SELECT coalesce(5 % 0, -1)", "-1"),
            ("SELECT coalesce(5 // i, -1) FROM (VALUES (0)) t(i)", "-1"),
            ("SELECT sum(i) / count(*) FROM (VALUES (1), (2)) t(i)", "1.5"),
        ] {
            assert_eq!(value(sql).await, wanted, "{sql}");
        }
    }
}

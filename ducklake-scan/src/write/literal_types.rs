//! The types of a query's columns where literals decide them: DuckDB takes a whole number that fits for 32 bits,
//! DataFusion takes all of them for 64. What a table is made of has to be DuckDB's.

use datafusion::common::{DFSchema, ScalarValue};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::{BinaryExpr, Distinct, Expr, ExprSchemable, LogicalPlan, Operator};
use ducklake_format::LakeType;

/// The type of a plan's column; `None` where DuckLake has none for it.
pub(super) fn column_type(plan: &LogicalPlan, index: usize) -> Option<LakeType> {
    let own = || LakeType::from_field(plan.schema().fields().get(index)?);
    let all = |types: &mut dyn Iterator<Item = Option<LakeType>>| common(types).or_else(own);
    match plan {
        LogicalPlan::Projection(projection) => expr_type(projection.expr.get(index)?, &projection.input),
        LogicalPlan::Values(values) => {
            let known = |row: &Vec<Expr>| row.get(index).and_then(|expr| constant_type(expr, &values.schema));
            all(&mut values.values.iter().map(known))
        }
        LogicalPlan::Union(union) => all(&mut union.inputs.iter().map(|input| column_type(input, index))),
        LogicalPlan::Aggregate(aggregate) => match aggregate.group_expr.get(index) {
            Some(expr) if !matches!(expr, Expr::GroupingSet(_)) => expr_type(expr, &aggregate.input),
            _ => own(),
        },
        LogicalPlan::Join(join) => {
            let left = join.left.schema().fields().len();
            if plan.schema().fields().len() != left + join.right.schema().fields().len() {
                return own();
            }
            if index < left { column_type(&join.left, index) } else { column_type(&join.right, index - left) }
        }
        LogicalPlan::SubqueryAlias(_)
        | LogicalPlan::Filter(_)
        | LogicalPlan::Sort(_)
        | LogicalPlan::Limit(_)
        | LogicalPlan::Repartition(_)
        | LogicalPlan::Distinct(Distinct::All(_)) => column_type(plan.inputs().first()?, index),
        _ => own(),
    }
}

/// The type that all have, where it is one that literals decide.
fn common(mut types: &mut dyn Iterator<Item = Option<LakeType>>) -> Option<LakeType> {
    let first = types.next()??;
    (&mut types).all(|other| other.as_ref() == Some(&first)).then_some(first)
}

fn constant_type(expr: &Expr, schema: &DFSchema) -> Option<LakeType> {
    typed(expr, schema, &|_| None)
}

fn expr_type(expr: &Expr, input: &LogicalPlan) -> Option<LakeType> {
    typed(expr, input.schema(), &|index| column_type(input, index))
}

fn typed(expr: &Expr, schema: &DFSchema, column: &dyn Fn(usize) -> Option<LakeType>) -> Option<LakeType> {
    let inner = |expr: &Expr| typed(expr, schema, column);
    let own = || LakeType::from_field(&expr.to_field(schema).ok()?.1);
    match expr {
        Expr::Alias(alias) => inner(&alias.expr),
        Expr::Literal(ScalarValue::Int64(Some(value)), _) if i32::try_from(*value).is_ok() => Some(LakeType::Int32),
        Expr::Negative(number) => inner(number).filter(|t| *t == LakeType::Int32).or_else(own),
        Expr::Column(name) => match schema.maybe_index_of_column(name) {
            Some(index) => column(index).or_else(own),
            None => own(),
        },
        Expr::BinaryExpr(BinaryExpr { left, op, right }) if is_arithmetic(*op) => {
            let is_small = |expr: &Expr| inner(expr) == Some(LakeType::Int32);
            if is_small(left) && is_small(right) { Some(LakeType::Int32) } else { own() }
        }
        Expr::Case(case) => {
            let results = case.when_then_expr.iter().map(|(_, result)| result).chain(&case.else_expr);
            let is_null = |expr: &&Box<Expr>| matches!(&***expr, Expr::Literal(value, _) if value.is_null());
            common(&mut results.filter(|result| !is_null(result)).map(|result| inner(result))).or_else(own)
        }
        Expr::ScalarFunction(ScalarFunction { func, args }) => match func.name() {
            "make_array" => common(&mut args.iter().map(inner)).map(|t| LakeType::List(Box::new(t))).or_else(own),
            "named_struct" => {
                let (pairs, rest) = args.as_chunks::<2>();
                let field = |[name, value]: &[Expr; 2]| match name {
                    Expr::Literal(name, _) => Some((name.try_as_str()??.to_string(), inner(value)?)),
                    _ => None,
                };
                let fields: Option<Vec<_>> = pairs.iter().map(field).collect();
                fields.filter(|fields| rest.is_empty() && !fields.is_empty()).map(LakeType::Struct).or_else(own)
            }
            _ => own(),
        },
        _ => own(),
    }
}

fn is_arithmetic(operator: Operator) -> bool {
    matches!(operator, Operator::Plus | Operator::Minus | Operator::Multiply | Operator::Divide | Operator::Modulo)
}

//! A column's default as SQL.

use arrow::array::AsArray;
use arrow::datatypes::{DataType, IntervalMonthDayNanoType};
use datafusion::sql::sqlparser::ast::Expr;
use ducklake_format::text::decode_scalar;
use ducklake_format::{Column, LakeType};

use super::super::cursor::Cursor;
use super::build;
use crate::error::{LakeError, Result};

/// What a column has where nothing is given for it: NULL, a literal of the column's type, or its expression.
///
/// # Errors
/// Defaults that the catalog has wrong, and literals of nested types.
pub(crate) fn default_expr(column: &Column) -> Result<Expr> {
    let Some(text) = &column.default_value else { return Ok(build::null()) };
    if column.default_value_type.as_deref().is_some_and(|kind| kind.eq_ignore_ascii_case("expression")) {
        let invalid = |error: &LakeError| {
            LakeError::Invalid(format!("the default of column '{}' cannot be read: {error}", column.name))
        };
        return expression(text).map_err(|error| invalid(&error));
    }
    literal(&column.lake_type, text).map_err(|error| match error {
        LakeError::NotSupported { .. } => LakeError::not_supported(format!(
            "the default of column '{}', which is a {},",
            column.name, column.lake_type
        )),
        other => other,
    })
}

/// One expression and nothing else.
///
/// # Errors
/// Syntax errors.
pub(crate) fn expression(text: &str) -> Result<Expr> {
    let mut cursor = Cursor::new(text)?;
    let expr = cursor.expr()?;
    cursor.end()?;
    Ok(expr)
}

fn literal(lake_type: &LakeType, text: &str) -> Result<Expr> {
    Ok(match lake_type {
        LakeType::Varchar | LakeType::Json | LakeType::Uuid | LakeType::TimeTz | LakeType::Variant => {
            build::string(text)
        }
        LakeType::Boolean => {
            let value = decode_scalar(lake_type, text)?;
            build::boolean(value.as_boolean().value(0))
        }
        LakeType::Blob | LakeType::Geometry => {
            let value = arrow::compute::cast(&decode_scalar(lake_type, text)?, &DataType::Binary)?;
            build::bytes(value.as_binary::<i32>().value(0))
        }
        LakeType::Interval => {
            let value = decode_scalar(lake_type, text)?.as_primitive::<IntervalMonthDayNanoType>().value(0);
            let text = format!("{} months {} days {} nanoseconds", value.months, value.days, value.nanoseconds);
            build::cast(build::string(&text), &arrow_type(lake_type))
        }
        LakeType::List(_) | LakeType::Struct(_) | LakeType::Map(..) => {
            return Err(LakeError::not_supported("a nested default"));
        }
        _ => build::cast(build::string(text), &arrow_type(lake_type)),
    })
}

/// An expression as a value of a column's type, where the type is no nested one.
pub(super) fn cast_for(column: &Column, expr: Expr) -> Expr {
    match &column.lake_type {
        LakeType::List(_) | LakeType::Struct(_) | LakeType::Map(..) => expr,
        lake_type => build::cast(expr, &arrow_type(lake_type)),
    }
}

fn arrow_type(lake_type: &LakeType) -> String {
    lake_type.arrow_type().to_string()
}

/// Whether numbers of the column's type may have more digits than a double.
pub(super) fn is_exact(column: &Column) -> bool {
    matches!(column.lake_type, LakeType::Decimal { .. } | LakeType::Int128 | LakeType::UInt128 | LakeType::UInt64)
}

/// Whether an expression is a bare literal.
pub(super) fn is_literal(expr: &Expr) -> bool {
    match expr {
        Expr::Value(_) => true,
        Expr::UnaryOp { expr, .. } => matches!(expr.as_ref(), Expr::Value(_)),
        _ => false,
    }
}

/// A number as text, which is read digit by digit; as a number it would become a double.
pub(super) fn exact(expr: &mut Expr) {
    use datafusion::sql::sqlparser::ast::{UnaryOperator, Value};
    let number = |expr: &Expr| match expr {
        Expr::Value(value) => match &value.value {
            Value::Number(text, _) => Some(text.clone()),
            _ => None,
        },
        _ => None,
    };
    let text = match &*expr {
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => number(expr).map(|text| format!("-{text}")),
        Expr::UnaryOp { op: UnaryOperator::Plus, expr } => number(expr),
        other => number(other),
    };
    if let Some(text) = text.filter(|text| !text.contains(['e', 'E', '_', 'x'])) {
        *expr = build::string(&text);
    }
}

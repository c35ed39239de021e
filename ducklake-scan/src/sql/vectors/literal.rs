//! Lists of literal numbers. `[1.5, 2]` is no list of DOUBLE: beside FLOAT it becomes FLOAT, as its numbers would alone.
//! DataFusion's literals have a type at once, so the list's own type says what it is made of.

use std::sync::Arc;

use arrow::array::{Float64Array, ListArray};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, Field};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};
use datafusion::scalar::ScalarValue;
use datafusion::sql::sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, UnaryOperator, Value,
};

use super::is_vector_function;
use crate::sql::duckdb::{call, string};

/// The function behind such a list: takes its text, so that a long vector is one expression and not hundreds.
const LIST_LITERAL: &str = "list_literal";

/// Name of the field of such a list's numbers.
const LITERAL: &str = "literal";

/// Whether a type is that of a list of literal numbers.
pub(super) fn is_literal(data_type: &DataType) -> bool {
    matches!(data_type, DataType::List(field) if field.name() == LITERAL)
}

/// Puts literal vectors into the arguments of a call of one of the functions: lists of numbers, and texts that are such
/// a list.
pub(in crate::sql) fn with_literals(name: &str, function: &mut Function) {
    let FunctionArguments::List(list) = &mut function.args else { return };
    if !is_vector_function(name) {
        return;
    }
    for arg in &mut list.args {
        if let FunctionArg::Unnamed(FunctionArgExpr::Expr(vector)) = arg
            && let Some(numbers) = numbers(vector)
        {
            *vector = call(LIST_LITERAL, vec![string(&numbers)]);
        }
    }
}

/// The numbers of a literal vector, with commas between them.
fn numbers(vector: &Expr) -> Option<String> {
    match vector {
        Expr::Nested(inner) => numbers(inner),
        Expr::Array(array) => {
            let numbers: Option<Vec<String>> = array.elem.iter().map(number).collect();
            numbers.filter(|numbers| !numbers.is_empty()).map(|numbers| numbers.join(","))
        }
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) => {
                let numbers = text.trim().strip_prefix('[')?.strip_suffix(']')?;
                parse(numbers).ok().map(|_| numbers.to_string())
            }
            _ => None,
        },
        _ => None,
    }
}

/// A literal number. One with an exponent is a DOUBLE.
fn number(expr: &Expr) -> Option<String> {
    match expr {
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } if matches!(expr.as_ref(), Expr::Value(_)) => {
            number(expr).map(|number| format!("-{number}"))
        }
        Expr::Value(value) => match &value.value {
            Value::Number(text, _) if !text.contains(['e', 'E']) => text.parse::<f64>().ok().map(|_| text.clone()),
            _ => None,
        },
        _ => None,
    }
}

fn parse(numbers: &str) -> Result<Vec<f64>, std::num::ParseFloatError> {
    if numbers.trim().is_empty() {
        return Ok(Vec::new());
    }
    numbers.split(',').map(|number| number.trim().parse()).collect()
}

/// See [`LIST_LITERAL`].
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct ListLiteral {
    signature: Signature,
}

impl ListLiteral {
    pub(super) fn new() -> Self {
        Self { signature: Signature::exact(vec![DataType::Utf8], Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for ListLiteral {
    fn name(&self) -> &str {
        LIST_LITERAL
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(DataType::List(Arc::new(Field::new(LITERAL, DataType::Float64, true))))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let Some(ColumnarValue::Scalar(ScalarValue::Utf8(Some(text)))) = args.args.first() else {
            return Err(DataFusionError::Plan(format!("{LIST_LITERAL} takes a literal text")));
        };
        let numbers = parse(text).map_err(|e| DataFusionError::Plan(format!("{LIST_LITERAL}: {e}")))?;
        let field = Arc::new(Field::new(LITERAL, DataType::Float64, true));
        let offsets = OffsetBuffer::from_lengths([numbers.len()]);
        let list = ListArray::try_new(field, offsets, Arc::new(Float64Array::from(numbers)), None)?;
        Ok(ColumnarValue::Scalar(ScalarValue::List(Arc::new(list))))
    }
}

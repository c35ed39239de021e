//! `range`, `generate_series` and `unnest` in FROM, over constants.

use arrow::datatypes::DataType;
use datafusion::catalog::TableFunctionArgs;
use datafusion::dataframe::DataFrame;
use datafusion::functions_nested::range::{gen_series, range};
use datafusion::logical_expr::{Expr, LogicalPlanBuilder};
use datafusion::prelude::{col, lit};
use datafusion::scalar::ScalarValue;

use super::{FunctionCall, FunctionRows};
use crate::error::{LakeError, Result};
use crate::session::Session;

pub(super) fn call(session: &Session, call: &FunctionCall) -> Result<Option<FunctionRows>> {
    let name = match call.name.as_str() {
        "range" => "range",
        "generate_series" => "generate_series",
        "unnest" => {
            let value = call.args.first().ok_or_else(|| LakeError::usage("unnest needs a list"))?;
            return unnested(session, lit(value.clone()), "unnest").map(Some);
        }
        _ => return Ok(None),
    };
    let integers: Option<Vec<Expr>> = call.args.iter().map(integer).collect();
    if let Some(integers) = integers {
        // The rows come as they are asked for, so a range may be long.
        let state = session.context().state();
        let function = session.context().table_function(name)?;
        let provider = function.create_table_provider_with_args(TableFunctionArgs::new(&integers, &state))?;
        let frame = session.context().read_table(provider)?;
        let first = frame.schema().field(0).name().clone();
        return Ok(Some(FunctionRows::of_frame(frame.select(vec![col(first).alias(name)])?)));
    }
    let [start, stop, step] = call.args.as_slice() else {
        return Err(LakeError::usage(format!("{name} of dates and timestamps takes a start, an end and a step")));
    };
    let (start, stop, step) = (lit(start.clone()), lit(stop.clone()), lit(step.clone()));
    let list = if name == "range" { range(start, stop, step) } else { gen_series(start, stop, step) };
    unnested(session, list, name).map(Some)
}

/// The elements of a list, one to a row.
fn unnested(session: &Session, list: Expr, name: &str) -> Result<FunctionRows> {
    let one_row = LogicalPlanBuilder::empty(true).build()?;
    let frame = DataFrame::new(session.context().state(), one_row);
    Ok(FunctionRows::of_frame(frame.select(vec![list.alias(name)])?.unnest_columns(&[name])?))
}

fn integer(value: &ScalarValue) -> Option<Expr> {
    if !value.data_type().is_integer() && !value.is_null() {
        return None;
    }
    value.cast_to(&DataType::Int64).ok().map(lit)
}

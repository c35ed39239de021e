//! `INTERVAL (expression) unit`: intervals that are computed.

use std::sync::Arc;

use arrow::array::{AsArray, IntervalMonthDayNanoArray};
use arrow::datatypes::{DataType, Int64Type, IntervalMonthDayNano, IntervalUnit};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};
use datafusion::sql::sqlparser::ast::{Expr, Interval, UnaryOperator, Value};

use super::duckdb::{call, string};

/// The function behind it.
const INTERVAL_OF: &str = "interval_of";

/// An interval of which DataFusion takes the literals only; `None` for those.
pub(super) fn computed(interval: &mut Interval) -> Option<Expr> {
    while let Expr::Nested(inner) = &*interval.value {
        interval.value = inner.clone();
    }
    let is_literal = match &*interval.value {
        Expr::Value(_) => true,
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => {
            // A sign before a literal is one in it.
            if let (Expr::Value(value), true) = (expr.as_ref(), interval.leading_field.is_some())
                && let Value::Number(digits, _) = &value.value
            {
                interval.value = Box::new(string(&format!("-{digits}")));
            }
            matches!(&*interval.value, Expr::Value(_))
        }
        _ => false,
    };
    let unit = interval.leading_field.as_ref().filter(|_| !is_literal)?.to_string().to_lowercase();
    Some(call(INTERVAL_OF, vec![(*interval.value).clone(), string(unit.trim_end_matches('s'))]))
}

/// `interval_of(number, unit)`.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct IntervalOf {
    signature: Signature,
}

impl IntervalOf {
    pub(super) fn new() -> Self {
        Self { signature: Signature::any(2, Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for IntervalOf {
    fn name(&self) -> &str {
        INTERVAL_OF
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(DataType::Interval(IntervalUnit::MonthDayNano))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [number, unit] = args.args.as_slice() else {
            return Err(DataFusionError::Plan("an interval is made of a number and a unit".to_string()));
        };
        let unit = match unit {
            ColumnarValue::Scalar(unit) => unit.try_as_str().flatten().unwrap_or_default().to_string(),
            ColumnarValue::Array(_) => return Err(DataFusionError::Plan("an interval has one unit".to_string())),
        };
        let (months, days, micros) =
            unit_parts(&unit).ok_or_else(|| DataFusionError::Plan(format!("'{unit}' is no unit of an interval")))?;
        let number = number.to_array(args.number_rows)?;
        let number = arrow::compute::cast(&number, &DataType::Int64)?;
        let out_of_range = |n: i64| DataFusionError::Execution(format!("an interval of {n} {unit}s is out of range"));
        let interval = |n: i64| {
            let part = |of: i32| i32::try_from(n).ok().and_then(|n| n.checked_mul(of));
            let months = if months == 0 { Some(0) } else { part(months) };
            let days = if days == 0 { Some(0) } else { part(days) };
            let nanos = n.checked_mul(micros).and_then(|micros| micros.checked_mul(1_000));
            match (months, days, nanos) {
                (Some(months), Some(days), Some(nanos)) => Ok(IntervalMonthDayNano::new(months, days, nanos)),
                _ => Err(out_of_range(n)),
            }
        };
        let number = number.as_primitive::<Int64Type>();
        let intervals = number.iter().map(|n| n.map(interval).transpose()).collect::<Result<Vec<_>>>()?;
        Ok(ColumnarValue::Array(Arc::new(IntervalMonthDayNanoArray::from(intervals))))
    }
}

/// Months, days and microseconds of a unit.
fn unit_parts(unit: &str) -> Option<(i32, i32, i64)> {
    Some(match unit {
        "millenniu" | "millennium" | "millennia" => (12_000, 0, 0),
        "century" | "centurie" => (1_200, 0, 0),
        "decade" => (120, 0, 0),
        "year" => (12, 0, 0),
        "quarter" => (3, 0, 0),
        "month" => (1, 0, 0),
        "week" => (0, 7, 0),
        "day" => (0, 1, 0),
        "hour" => (0, 0, 3_600_000_000),
        "minute" => (0, 0, 60_000_000),
        "second" => (0, 0, 1_000_000),
        "millisecond" => (0, 0, 1_000),
        "microsecond" => (0, 0, 1),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use arrow::util::display::array_value_to_string;

    use crate::session::Session;

    #[tokio::test]
    async fn intervals_are_computed() {
        let session = Session::new();
        for (sql, wanted) in [
            ("SELECT DATE '2020-01-31' + INTERVAL (i) MONTHS FROM (VALUES (1)) t(i)", "2020-02-29"),
            ("SELECT TIMESTAMP '2020-01-01' + INTERVAL (i * 2) hours FROM (VALUES (3)) t(i)", "2020-01-01T06:00:00"),
            ("SELECT TIMESTAMP '2020-01-01' + INTERVAL (3) DAY", "2020-01-04T00:00:00"),
            ("SELECT TIMESTAMP '2020-01-01' - INTERVAL i MINUTE FROM (VALUES (1)) t(i)", "2019-12-31T23:59:00"),
        ] {
            let batches = session.sql(sql).await.unwrap().collect().await.unwrap();
            let value = array_value_to_string(batches[0].column(0), 0).unwrap();
            assert!(value.starts_with(wanted), "{sql}: {value}");
        }
        assert!(session.sql("SELECT INTERVAL (i) bananas FROM (VALUES (1)) t(i)").await.is_err());
    }
}

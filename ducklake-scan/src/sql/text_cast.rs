//! Casts to VARCHAR, as DuckDB prints values.

use std::sync::Arc;

use arrow::array::{Array, StringBuilder};
use arrow::datatypes::DataType;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::simplify::{ExprSimplifyResult, SimplifyContext};
use datafusion::logical_expr::{ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};
use datafusion::prelude::cast;
use datafusion::scalar::ScalarValue;
use ducklake_format::text::{DisplayOptions, ValueDisplay};

/// The function behind `CAST(x AS VARCHAR)`.
pub(super) const TEXT_CAST: &str = "cast_to_text";

/// See [`TEXT_CAST`].
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct TextCast {
    signature: Signature,
}

impl TextCast {
    pub(super) fn new() -> Self {
        Self { signature: Signature::any(1, Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for TextCast {
    fn name(&self) -> &str {
        TEXT_CAST
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    /// Types whose texts Arrow makes alike are left to it, which the optimizer knows more about.
    fn simplify(&self, mut args: Vec<Expr>, info: &SimplifyContext) -> Result<ExprSimplifyResult> {
        let data_type = args.first().map(|value| info.get_data_type(value)).transpose()?;
        let alike = data_type.is_some_and(|t| {
            t.is_integer() || matches!(t, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Boolean)
        });
        Ok(match args.pop() {
            Some(value) if alike => ExprSimplifyResult::Simplified(cast(value, DataType::Utf8)),
            value => ExprSimplifyResult::Original(value.into_iter().collect()),
        })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let (Some(value), Some(field)) = (args.args.first(), args.arg_fields.first()) else {
            return Err(DataFusionError::Internal("a cast without a value".to_string()));
        };
        let zone = args.config_options.execution.time_zone.as_deref().and_then(|zone| zone.parse().ok());
        let options = zone.map_or_else(DisplayOptions::default, |time_zone| DisplayOptions { time_zone });
        let is_scalar = matches!(value, ColumnarValue::Scalar(_));
        let array = value.to_array(if is_scalar { 1 } else { args.number_rows })?;
        let printer = ValueDisplay::try_new(array.as_ref(), field, &options)
            .map_err(|e| DataFusionError::External(Box::new(e)))?;
        let mut texts = StringBuilder::new();
        let mut text = String::new();
        for row in 0..array.len() {
            if printer.is_null(row) {
                texts.append_null();
            } else {
                text.clear();
                printer.write(row, &mut text);
                texts.append_value(&text);
            }
        }
        let texts = texts.finish();
        Ok(if is_scalar {
            ColumnarValue::Scalar(ScalarValue::try_from_array(&texts, 0)?)
        } else {
            ColumnarValue::Array(Arc::new(texts))
        })
    }
}

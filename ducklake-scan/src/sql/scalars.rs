//! Scalar functions of DuckDB's that DataFusion has not, and those about the session.

use std::sync::Arc;

use arrow::array::StringArray;
use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::context::SessionContext;
use datafusion::logical_expr::simplify::{ExprSimplifyResult, SimplifyContext};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use datafusion::scalar::ScalarValue;

use super::functions::text;
use super::intervals::IntervalOf;
use super::local::LocalState;
use super::text_cast::TextCast;
use super::types::field_type;

/// Adds the functions to a context.
pub(crate) fn register(context: &SessionContext, local: &Arc<LocalState>) {
    super::arithmetic::register(context);
    super::vectors::register(context);
    super::text_match::register(context);
    super::embed::register(context, local);
    context.register_udf(ScalarUDF::new_from_impl(TypeOf::new()));
    context.register_udf(ScalarUDF::new_from_impl(InWhole::new()));
    context.register_udf(ScalarUDF::new_from_impl(TextCast::new()));
    context.register_udf(ScalarUDF::new_from_impl(IntervalOf::new()));
    context.register_udf(ScalarUDF::new_from_impl(UuidV7::new()));
    for what in [Lookup::Variable, Lookup::Setting] {
        context.register_udf(ScalarUDF::new_from_impl(SessionValue::new(what, local)));
    }
}

/// `uuidv7()`: a UUID that begins with the time.
#[derive(Debug, PartialEq, Eq, Hash)]
struct UuidV7 {
    signature: Signature,
}

impl UuidV7 {
    fn new() -> Self {
        Self { signature: Signature::exact(Vec::new(), Volatility::Volatile) }
    }
}

impl ScalarUDFImpl for UuidV7 {
    fn name(&self) -> &str {
        "uuidv7"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let values = (0..args.number_rows).map(|_| uuid::Uuid::now_v7().to_string());
        Ok(ColumnarValue::Array(Arc::new(StringArray::from_iter_values(values))))
    }
}

/// The function behind `part IN whole`.
pub(super) const IN: &str = "in_whole";

/// `in_whole(whole, part)`: by the type of the whole, an element of a list or a part of a text.
#[derive(Debug, PartialEq, Eq, Hash)]
struct InWhole {
    signature: Signature,
}

impl InWhole {
    fn new() -> Self {
        Self { signature: Signature::any(2, Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for InWhole {
    fn name(&self) -> &str {
        IN
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn simplify(&self, args: Vec<Expr>, info: &SimplifyContext) -> Result<ExprSimplifyResult> {
        let is_text = match args.first().map(|whole| info.get_data_type(whole)).transpose()? {
            Some(DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View) => true,
            Some(DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(..)) => false,
            _ => return Err(DataFusionError::Plan("IN without parentheses needs a list or a text".to_string())),
        };
        let contains = if is_text {
            datafusion::functions::string::contains()
        } else {
            datafusion::functions_nested::array_has::array_has_udf()
        };
        Ok(ExprSimplifyResult::Simplified(contains.call(args)))
    }

    fn invoke_with_args(&self, _args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        Err(DataFusionError::Internal("IN is replaced before a statement runs".to_string()))
    }
}

/// `typeof(x)`: DuckDB's name of an expression's type.
#[derive(Debug, PartialEq, Eq, Hash)]
struct TypeOf {
    signature: Signature,
}

impl TypeOf {
    fn new() -> Self {
        Self { signature: Signature::any(1, Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for TypeOf {
    fn name(&self) -> &str {
        "typeof"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let name = args.arg_fields.first().map(|field| match field.data_type() {
            DataType::Null => "\"NULL\"".to_string(),
            _ => field_type(field),
        });
        Ok(ColumnarValue::Scalar(ScalarValue::Utf8(name)))
    }
}

/// What of the session is looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Lookup {
    /// `getvariable('name')`.
    Variable,
    /// `current_setting('name')`.
    Setting,
}

/// A value of the session as a constant of the statement.
#[derive(Debug)]
struct SessionValue {
    what: Lookup,
    local: Arc<LocalState>,
    signature: Signature,
}

impl SessionValue {
    fn new(what: Lookup, local: &Arc<LocalState>) -> Self {
        Self { what, local: Arc::clone(local), signature: Signature::any(1, Volatility::Stable) }
    }

    fn value(&self, name: Option<&ScalarValue>) -> Result<ScalarValue> {
        let Some(name) = name.and_then(text) else {
            return Err(DataFusionError::Plan(format!("{} takes a constant name", self.name())));
        };
        Ok(match self.what {
            Lookup::Variable => self.local.variable(&name),
            Lookup::Setting => match self.local.settings(|settings| settings.current(&name)) {
                Some(value) => ScalarValue::from(value),
                None => return Err(DataFusionError::Plan(format!("there is no setting '{name}'"))),
            },
        })
    }
}

impl PartialEq for SessionValue {
    fn eq(&self, other: &Self) -> bool {
        self.what == other.what && Arc::ptr_eq(&self.local, &other.local)
    }
}

impl Eq for SessionValue {}

impl std::hash::Hash for SessionValue {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.what.hash(state);
    }
}

impl ScalarUDFImpl for SessionValue {
    fn name(&self) -> &str {
        match self.what {
            Lookup::Variable => "getvariable",
            Lookup::Setting => "current_setting",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Err(DataFusionError::Internal(format!("the type of {} depends on its argument", self.name())))
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<FieldRef> {
        let name = args.scalar_arguments.first().copied().flatten();
        Ok(Arc::new(Field::new(self.name(), self.value(name)?.data_type(), true)))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        match args.args.first() {
            Some(ColumnarValue::Scalar(name)) => Ok(ColumnarValue::Scalar(self.value(Some(name))?)),
            Some(ColumnarValue::Array(names)) if !names.is_empty() => {
                Ok(ColumnarValue::Scalar(self.value(Some(&ScalarValue::try_from_array(names, 0)?))?))
            }
            _ => Ok(ColumnarValue::Scalar(ScalarValue::Null)),
        }
    }
}

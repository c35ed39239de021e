//! The functions as DataFusion calls them.

use arrow::datatypes::DataType;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};

use super::{Measure, arguments, compute};

/// One of DuckDB's functions over two vectors.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct VectorFunction {
    measure: Measure,
    name: String,
    aliases: Vec<String>,
    signature: Signature,
}

impl VectorFunction {
    /// `array_…` and `list_…`. DuckDB has the former for arrays of a fixed length alone; lakes have none, so that both
    /// take lists and arrays, and only what the lengths of arrays say at once differs.
    pub(super) fn both(measure: Measure) -> [Self; 2] {
        ["array", "list"].map(|prefix| {
            let mut names = measure.names().iter().map(|name| format!("{prefix}_{name}"));
            Self {
                measure,
                name: names.next().unwrap_or_default(),
                aliases: names.collect(),
                signature: Signature::user_defined(Volatility::Immutable),
            }
        })
    }

    /// What the function computes.
    pub(super) fn measure(&self) -> Measure {
        self.measure
    }
}

impl ScalarUDFImpl for VectorFunction {
    fn name(&self) -> &str {
        &self.name
    }

    fn aliases(&self) -> &[String] {
        &self.aliases
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, arguments: &[DataType]) -> Result<Vec<DataType>> {
        let types = arguments::coerce(&self.name, arguments)?;
        if let [DataType::FixedSizeList(_, left), DataType::FixedSizeList(_, right)] = types.as_slice()
            && left != right
            && self.name.starts_with("array_")
        {
            let name = &self.name;
            return Err(DataFusionError::Plan(format!("{name}: Array arguments must be of the same size")));
        }
        Ok(types)
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        let is_double = |t: &DataType| arguments::element(t) == Some(&DataType::Float64);
        Ok(if arguments.iter().any(is_double) { DataType::Float64 } else { DataType::Float32 })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [left, right] = args.args.as_slice() else {
            return Err(DataFusionError::Internal(format!("{} takes two vectors", self.name)));
        };
        compute::evaluate(&self.name, self.measure, left, right, (args.return_field.data_type(), args.number_rows))
    }
}

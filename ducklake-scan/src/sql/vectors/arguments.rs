//! Which types of vectors meet, as DuckDB binds them.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field};
use datafusion::error::{DataFusionError, Result};

use super::literal;
use crate::sql::types::field_type;

/// What is known of the numbers in a vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Numbers {
    Float,
    Double,
    /// Whole numbers, decimals and literals: what they become depends on the other vector.
    Any,
    /// A NULL of no type.
    Null,
}

/// The type of a vector's numbers.
pub(super) fn element(vector: &DataType) -> Option<&DataType> {
    match vector {
        DataType::List(field) | DataType::LargeList(field) | DataType::FixedSizeList(field, _) => {
            Some(field.data_type())
        }
        _ => None,
    }
}

fn numbers(argument: &DataType) -> Option<Numbers> {
    if *argument == DataType::Null {
        return Some(Numbers::Null);
    }
    if literal::is_literal(argument) {
        return Some(Numbers::Any);
    }
    Some(match element(argument)? {
        DataType::Float32 => Numbers::Float,
        DataType::Float64 => Numbers::Double,
        DataType::Null => Numbers::Any,
        other if other.is_numeric() => Numbers::Any,
        _ => return None,
    })
}

/// The types that arguments are cast to. FLOAT beside DOUBLE stays what it is: the rows are widened as they are read.
///
/// # Errors
/// In DuckDB's words, where there is no function for them.
pub(super) fn coerce(function: &str, arguments: &[DataType]) -> Result<Vec<DataType>> {
    let named = |t: &DataType| match t {
        DataType::Null => "\"NULL\"".to_string(),
        t => field_type(&Field::new("", t.clone(), true)),
    };
    let call = || format!("{function}({})", arguments.iter().map(named).collect::<Vec<_>>().join(", "));
    let none = || {
        DataFusionError::Plan(format!(
            "No function matches the given name and argument types '{}'. You might need to add explicit type casts.",
            call()
        ))
    };
    let [left, right] = arguments else { return Err(none()) };
    let (left_numbers, right_numbers) = (numbers(left).ok_or_else(none)?, numbers(right).ok_or_else(none)?);
    if (left_numbers, right_numbers) == (Numbers::Null, Numbers::Null) {
        return Err(DataFusionError::Plan(format!(
            "Could not choose a best candidate function for the function call \"{}\". In order to select one, please \
             add explicit type casts.",
            call()
        )));
    }
    let is_float = [left_numbers, right_numbers].contains(&Numbers::Float)
        && ![left_numbers, right_numbers].contains(&Numbers::Double);
    let wanted = if is_float { DataType::Float32 } else { DataType::Float64 };
    let cast = |argument: &DataType, numbers| match numbers {
        Numbers::Float | Numbers::Double => argument.clone(),
        Numbers::Any | Numbers::Null => of_numbers(argument, wanted.clone()),
    };
    Ok(vec![cast(left, left_numbers), cast(right, right_numbers)])
}

/// A vector of the same kind with other numbers.
fn of_numbers(vector: &DataType, numbers: DataType) -> DataType {
    let field = Arc::new(Field::new_list_field(numbers, true));
    match vector {
        DataType::FixedSizeList(_, length) => DataType::FixedSizeList(field, *length),
        DataType::LargeList(_) => DataType::LargeList(field),
        _ => DataType::List(field),
    }
}

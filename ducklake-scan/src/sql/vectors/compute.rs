//! The measures over rows: numbers of a column lie behind each other, and a row is a piece of them.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, PrimitiveBuilder};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{DataType, Float32Type, Float64Type};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::ColumnarValue;
use datafusion::scalar::ScalarValue;
use ducklake_vector::kernels;

use super::{Measure, arguments};

/// A measure of all rows of two vectors, in numbers of the `wanted` type. One value where both are constant.
///
/// # Errors
/// In DuckDB's words, where a vector holds a NULL and where the lengths of two differ.
pub(super) fn evaluate(
    function: &str,
    measure: Measure,
    left: &ColumnarValue,
    right: &ColumnarValue,
    (wanted, rows): (&DataType, usize),
) -> Result<ColumnarValue> {
    let is_scalar = matches!((left, right), (ColumnarValue::Scalar(_), ColumnarValue::Scalar(_)));
    let rows = if is_scalar { 1 } else { rows };
    let sides = (Vectors::new(left, wanted)?, Vectors::new(right, wanted)?);
    let values = match wanted {
        DataType::Float64 => rows_of::<Float64Type>(function, measure, &sides, rows)?,
        _ => rows_of::<Float32Type>(function, measure, &sides, rows)?,
    };
    Ok(if is_scalar {
        ColumnarValue::Scalar(ScalarValue::try_from_array(&values, 0)?)
    } else {
        ColumnarValue::Array(values)
    })
}

fn rows_of<T: Real>(
    function: &str,
    measure: Measure,
    (left, right): &(Vectors, Vectors),
    rows: usize,
) -> Result<ArrayRef> {
    let failed = |what: String| DataFusionError::Execution(format!("{function}: {what}"));
    let mut measured = PrimitiveBuilder::<T>::with_capacity(rows);
    let (mut left_numbers, mut right_numbers) = (Vec::new(), Vec::new());
    for row in 0..rows {
        let (Some(left_span), Some(right_span)) = (left.span(row), right.span(row)) else {
            measured.append_null();
            continue;
        };
        for (side, vectors, span) in [("left", left, &left_span), ("right", right, &right_span)] {
            if vectors.has_null(span) {
                return Err(failed(format!("{side} argument can not contain NULL values")));
            }
        }
        if left_span.len() != right_span.len() {
            let (left, right) = (left_span.len(), right_span.len());
            return Err(failed(format!(
                "list dimensions must be equal, got left length '{left}' and right length '{right}'"
            )));
        }
        let a = T::numbers(left, left_span, &mut left_numbers);
        let b = T::numbers(right, right_span, &mut right_numbers);
        measured.append_option(T::measure(measure, a, b));
    }
    Ok(Arc::new(measured.finish()))
}

/// The vectors of one argument.
struct Vectors {
    /// The numbers of all rows, of FLOAT or DOUBLE.
    numbers: ArrayRef,
    rows: Rows,
    /// Vectors that are NULL.
    nulls: Option<NullBuffer>,
    /// One vector for every row.
    is_constant: bool,
}

/// Where a row's numbers are among all.
enum Rows {
    Short(OffsetBuffer<i32>),
    Long(OffsetBuffer<i64>),
    Fixed(usize),
}

impl Vectors {
    /// A constant gets the type of the result, so that it is cast once.
    fn new(argument: &ColumnarValue, wanted: &DataType) -> Result<Self> {
        let array = argument.to_array(1)?;
        let is_constant = matches!(argument, ColumnarValue::Scalar(_));
        let of_type = |numbers: &ArrayRef| match is_constant && numbers.data_type() != wanted {
            true => arrow::compute::cast(numbers, wanted),
            false => Ok(Arc::clone(numbers)),
        };
        let (numbers, rows) = match array.data_type() {
            DataType::List(_) => {
                let lists = array.as_list::<i32>();
                (lists.values(), Rows::Short(lists.offsets().clone()))
            }
            DataType::LargeList(_) => {
                let lists = array.as_list::<i64>();
                (lists.values(), Rows::Long(lists.offsets().clone()))
            }
            DataType::FixedSizeList(..) => {
                let lists = array.as_fixed_size_list();
                (lists.values(), Rows::Fixed(usize::try_from(lists.value_length()).unwrap_or_default()))
            }
            other => return Err(DataFusionError::Internal(format!("a vector of type {other}"))),
        };
        if !matches!(arguments::element(array.data_type()), Some(DataType::Float32 | DataType::Float64)) {
            return Err(DataFusionError::Internal(format!("a vector of type {}", array.data_type())));
        }
        Ok(Self { numbers: of_type(numbers)?, rows, nulls: array.nulls().cloned(), is_constant })
    }

    /// Where the numbers of a row's vector are; `None` for NULL.
    fn span(&self, row: usize) -> Option<Range<usize>> {
        let row = if self.is_constant { 0 } else { row };
        if self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
            return None;
        }
        // Offsets of Arrow's arrays are checked when these are made: none is negative or beyond the numbers.
        Some(match &self.rows {
            Rows::Short(offsets) => offsets[row] as usize..offsets[row + 1] as usize,
            Rows::Long(offsets) => offsets[row] as usize..offsets[row + 1] as usize,
            Rows::Fixed(length) => row * length..(row + 1) * length,
        })
    }

    fn has_null(&self, span: &Range<usize>) -> bool {
        let nulls = self.numbers.nulls().filter(|nulls| nulls.null_count() > 0);
        nulls.is_some_and(|nulls| nulls.slice(span.start, span.len()).null_count() > 0)
    }
}

/// A type of numbers that measures are computed in.
trait Real: ArrowPrimitiveType {
    /// The numbers of a row; `room` holds them where they have to be made wider.
    fn numbers<'a>(vectors: &'a Vectors, span: Range<usize>, room: &'a mut Vec<Self::Native>) -> &'a [Self::Native];

    /// A measure of two vectors of one length; `None` for the angle between vectors without numbers.
    fn measure(measure: Measure, a: &[Self::Native], b: &[Self::Native]) -> Option<Self::Native>;
}

macro_rules! real {
    ($real:ty, $native:ty, $other:ty, $squared_l2:ident, $cosine_similarity:ident, $dot:ident) => {
        impl Real for $real {
            fn numbers<'a>(vectors: &'a Vectors, span: Range<usize>, room: &'a mut Vec<$native>) -> &'a [$native] {
                match vectors.numbers.as_primitive_opt::<$real>() {
                    Some(numbers) => &numbers.values()[span],
                    None => {
                        room.clear();
                        let numbers = &vectors.numbers.as_primitive::<$other>().values()[span];
                        room.extend(numbers.iter().map(|&number| number as $native));
                        room
                    }
                }
            }

            fn measure(measure: Measure, a: &[$native], b: &[$native]) -> Option<$native> {
                Some(match measure {
                    Measure::Distance => kernels::$squared_l2(a, b).sqrt(),
                    Measure::CosineSimilarity | Measure::CosineDistance if a.is_empty() => return None,
                    Measure::CosineSimilarity => kernels::$cosine_similarity(a, b),
                    Measure::CosineDistance => 1.0 - kernels::$cosine_similarity(a, b),
                    Measure::InnerProduct => kernels::$dot(a, b),
                    Measure::NegativeInnerProduct => -kernels::$dot(a, b),
                })
            }
        }
    };
}

real!(Float32Type, f32, Float64Type, squared_l2, cosine_similarity, dot);
real!(Float64Type, f64, Float32Type, squared_l2_f64, cosine_similarity_f64, dot_f64);

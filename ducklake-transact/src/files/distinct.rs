//! Columns whose values are mostly different from each other: for them a dictionary costs time and saves nothing.

use std::collections::HashSet;

use arrow::array::{Array, ArrayRef, UInt32Array};
use arrow::compute::take;
use arrow::row::{RowConverter, SortField};

use super::columns::FileColumn;
use super::error::WriteError;
use super::group::RowGroup;

/// Rows below which a dictionary costs next to nothing.
const MIN_ROWS: usize = 20_000;
/// Rows that are looked at.
const SAMPLE_ROWS: usize = 4_096;
/// Share of different values in the sample, in percent, from which on a column goes without a dictionary. Of 122,880
/// rows, this is reached at about 40,000 different values.
const DISTINCT_PERCENT: usize = 95;

/// The top-level columns of a file that should have no dictionary, judged by its first row group.
pub(super) fn distinct_columns(columns: &[FileColumn], group: &RowGroup) -> Result<Vec<String>, WriteError> {
    if group.rows < MIN_ROWS {
        return Ok(Vec::new());
    }
    let mut names = Vec::new();
    for (index, column) in columns.iter().enumerate().filter(|(_, c)| !c.field.data_type().is_nested()) {
        let arrays: Vec<&ArrayRef> = group.batches.iter().map(|batch| batch.column(index)).collect();
        if is_distinct(&arrays, group.rows)? {
            names.push(column.name.clone());
        }
    }
    Ok(names)
}

fn is_distinct(arrays: &[&ArrayRef], rows: usize) -> Result<bool, WriteError> {
    let failed = || WriteError::arrow("sampled");
    let Some(first) = arrays.first() else { return Ok(false) };
    let step = (rows / SAMPLE_ROWS).max(1);
    let converter = RowConverter::new(vec![SortField::new(first.data_type().clone())]).map_err(failed())?;
    let (mut seen, mut looked_at, mut skip) = (HashSet::new(), 0, 0);
    for array in arrays {
        let wanted: UInt32Array = (skip..array.len()).step_by(step).map(|row| row as u32).collect();
        // The step goes on in the next batch.
        skip = (skip + wanted.len() * step).saturating_sub(array.len());
        let sample = take(array.as_ref(), &wanted, None).map_err(failed())?;
        looked_at += sample.len() - sample.null_count();
        let values = converter.convert_columns(std::slice::from_ref(&sample)).map_err(failed())?;
        let valid = values.iter().enumerate().filter(|(row, _)| sample.is_valid(*row));
        seen.extend(valid.map(|(_, value)| value.as_ref().to_vec()));
    }
    Ok(looked_at > 0 && seen.len() * 100 >= looked_at * DISTINCT_PERCENT)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Int64Array, StringViewArray};

    use super::*;

    fn judged(values: &[i64]) -> bool {
        let numbers: ArrayRef = Arc::new(Int64Array::from(values.to_vec()));
        let texts: ArrayRef = Arc::new(StringViewArray::from_iter_values(values.iter().map(|v| format!("text {v}"))));
        let (head, tail) = (numbers.slice(0, 1000), numbers.slice(1000, numbers.len() - 1000));
        let whole = is_distinct(&[&numbers], values.len()).unwrap();
        assert_eq!(is_distinct(&[&head, &tail], values.len()).unwrap(), whole);
        assert_eq!(is_distinct(&[&texts], values.len()).unwrap(), whole);
        whole
    }

    #[test]
    fn columns_are_judged_by_a_sample() {
        let rows = 122_880;
        let spread = |distinct: i64| (0..rows).map(|row| row * 7919 % distinct).collect::<Vec<i64>>();
        assert!(judged(&spread(rows)));
        assert!(!judged(&spread(1_000)));
        assert!(!judged(&vec![7; rows as usize]));
        let nulls: ArrayRef = Arc::new(Int64Array::from(vec![None::<i64>; 100]));
        assert!(!is_distinct(&[&nulls], 100).unwrap());
    }
}

//! Statistics of a table: one row of `ducklake_table_column_stats` for each leaf column.
//!
//! DuckDB answers MIN and MAX from these rows and prunes with them, recomputes them from those of the files when it
//! rewrites a table, and takes NULL bounds for "nothing but NULLs so far". A row that could mislead it must not be there:
//! without one it scans. It uses the bounds of top-level columns only, and not those of int128, uint128, blob,
//! timetz, interval and time_ns; there the rows are what DuckDB writes, odd as that is (no bounds from files, display
//! text from inlined rows, both merged as they come).

#[cfg(test)]
mod tests;

use std::cmp::Ordering;

use arrow::array::{Array, ArrayRef, AsArray, make_comparator};
use arrow::compute::SortOptions;
use arrow::datatypes::{Float32Type, Float64Type};

use super::geometry::Extent;
use super::{ColumnStatistics, LeafColumn};
use crate::text::decode_all;
use crate::{ColumnId, LakeType};

/// A row of `ducklake_table_column_stats`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TableColumnStatistics {
    /// The leaf column.
    pub column_id: ColumnId,
    /// Whether NULLs were ever added; `None` is unknown.
    pub contains_null: Option<bool>,
    /// Whether NaN was ever added; `None` is unknown, or a type without it.
    pub contains_nan: Option<bool>,
    /// Lower bound.
    pub min_value: Option<String>,
    /// Upper bound.
    pub max_value: Option<String>,
    /// JSON of types with statistics of their own kind.
    pub extra_stats: Option<String>,
}

/// Where rows are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// In a data file.
    File,
    /// In the catalog.
    Inlined,
}

/// The row of a column after rows with statistics `new` were added to a table that had the row `old`, or
/// `is_first_data`; `None` if there must be no row (any more).
pub fn merge_table_statistics(
    leaf: &LeafColumn<'_>,
    old: Option<&TableColumnStatistics>,
    is_first_data: bool,
    new: &ColumnStatistics,
    source: Source,
) -> Option<TableColumnStatistics> {
    if new.value_count + new.null_count == 0 {
        return old.cloned();
    }
    let is_float = matches!(leaf.lake_type, LakeType::Float32 | LakeType::Float64);
    let added = TableColumnStatistics {
        column_id: leaf.id,
        contains_null: Some(new.null_count > 0),
        contains_nan: new.contains_nan.filter(|_| is_float && source == Source::File),
        min_value: new.min.clone(),
        max_value: new.max.clone(),
        extra_stats: new.extra_stats.clone(),
    };
    let bounds_are_used = !leaf.is_nested && uses_bounds(leaf.lake_type);
    if bounds_are_used && !can_be_told(&added, new, source) {
        return None;
    }
    match old {
        // A column that was added later has no row, nor one whose bounds are unknown.
        None => is_first_data.then_some(added),
        Some(old) if bounds_are_used && !is_known(leaf.lake_type, old) => None,
        Some(old) => merge(leaf.lake_type, old, added, new.value_count > 0, bounds_are_used),
    }
}

/// Types whose bounds at table level DuckDB makes use of.
fn uses_bounds(lake_type: &LakeType) -> bool {
    !matches!(
        lake_type,
        LakeType::Int128
            | LakeType::UInt128
            | LakeType::Blob
            | LakeType::TimeTz
            | LakeType::TimeNs
            | LakeType::TimestampTzNs
            | LakeType::Interval
            | LakeType::Geometry
            | LakeType::Variant
    )
}

/// Whether a row can hold what is known of the added values. DuckDB's next rewrite turns the bounds of a table into
/// NULL if those of a file are, be it for NULLs alone.
fn can_be_told(added: &TableColumnStatistics, new: &ColumnStatistics, source: Source) -> bool {
    match source {
        Source::File => added.min_value.is_some() && added.max_value.is_some(),
        Source::Inlined => new.value_count == 0 || added.min_value.is_some() || added.max_value.is_some(),
    }
}

/// Whether the bounds of a row are known. NULL bounds of a table that had data may stand for NULLs alone or for
/// values that have none; a single one is taken for the other except with strings.
fn is_known(lake_type: &LakeType, row: &TableColumnStatistics) -> bool {
    match (&row.min_value, &row.max_value) {
        (Some(_), Some(_)) => true,
        (None, None) => false,
        _ => matches!(lake_type, LakeType::Varchar | LakeType::Json),
    }
}

fn merge(
    lake_type: &LakeType,
    old: &TableColumnStatistics,
    added: TableColumnStatistics,
    has_values: bool,
    bounds_are_used: bool,
) -> Option<TableColumnStatistics> {
    let either = |old: Option<bool>, new: Option<bool>| Some(old? | new?);
    let mut row = TableColumnStatistics {
        contains_null: either(old.contains_null, added.contains_null),
        contains_nan: either(old.contains_nan, added.contains_nan),
        ..old.clone()
    };
    if !has_values {
        return Some(row);
    }
    match lake_type {
        LakeType::Geometry => {
            // Without it DuckDB takes the column for empty.
            row.extra_stats = Some(Extent::merge_json(old.extra_stats.as_deref()?, added.extra_stats.as_deref()?)?);
        }
        // Only what all files have may stay.
        LakeType::Variant => row.extra_stats = None,
        _ if old.min_value.is_none() && old.max_value.is_none() => {
            (row.min_value, row.max_value) = (added.min_value, added.max_value);
        }
        _ => {
            let min = extreme(lake_type, old.min_value.as_deref(), added.min_value, Ordering::Less);
            let max = extreme(lake_type, old.max_value.as_deref(), added.max_value, Ordering::Greater);
            (row.min_value, row.max_value) = match (min, max) {
                (Ok(min), Ok(max)) => (min, max),
                _ if bounds_are_used => return None,
                _ => (None, None),
            };
        }
    }
    Some(row)
}

/// The bounds cannot be compared.
struct Incomparable;

fn extreme(
    lake_type: &LakeType,
    old: Option<&str>,
    new: Option<String>,
    wanted: Ordering,
) -> Result<Option<String>, Incomparable> {
    let (Some(old), Some(new)) = (old, new) else { return Ok(None) };
    let replaces = compare(lake_type, &new, old).ok_or(Incomparable)? == wanted;
    Ok(Some(if replaces { new } else { old.to_string() }))
}

/// Compares two bounds: by value where DuckDB does, which is in the column's present type, else as text.
fn compare(lake_type: &LakeType, left: &str, right: &str) -> Option<Ordering> {
    match lake_type {
        LakeType::Varchar
        | LakeType::Json
        | LakeType::Uuid
        | LakeType::Blob
        | LakeType::TimeTz
        | LakeType::Interval
        | LakeType::Geometry
        | LakeType::Variant
        | LakeType::List(_)
        | LakeType::Struct(_)
        | LakeType::Map(_, _) => Some(left.cmp(right)),
        LakeType::Float32 | LakeType::Float64 => {
            let values = decode(lake_type, left, right)?;
            let value = |row: usize| match lake_type {
                LakeType::Float32 => f64::from(values.as_primitive::<Float32Type>().value(row)),
                _ => values.as_primitive::<Float64Type>().value(row),
            };
            let (left, right) = (value(0), value(1));
            // NaN is the greatest value, and both zeros are equal.
            left.partial_cmp(&right).or_else(|| Some(left.is_nan().cmp(&right.is_nan())))
        }
        _ => {
            let values = decode(lake_type, left, right)?;
            let comparator = make_comparator(values.as_ref(), values.as_ref(), SortOptions::default()).ok()?;
            Some(comparator(0, 1))
        }
    }
}

fn decode(lake_type: &LakeType, left: &str, right: &str) -> Option<ArrayRef> {
    let values = decode_all(lake_type, [Some(left), Some(right)].into_iter(), true).ok()?;
    (values.null_count() == 0).then_some(values)
}

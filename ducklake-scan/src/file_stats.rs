//! Per-file statistics as typed arrays: one decoding of the catalog's texts serves pruning and DataFusion's statistics.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float32Array, Float64Array, UInt64Array, new_null_array};
use arrow::datatypes::{DataType, Float32Type, Float64Type};
use ducklake_catalog::{ColumnStats, FileListing, VersionedColumn};
use ducklake_format::text::decode_all;
use ducklake_format::{Column, LakeType};

/// Statistics of one column over the files of a scan, by position in the file list. NULL is unknown.
#[derive(Debug, Clone)]
pub(crate) struct ColumnBounds {
    /// Lower bounds, of the column's Arrow type.
    pub(crate) min: ArrayRef,
    /// Upper bounds; unknown where NaN may occur.
    pub(crate) max: ArrayRef,
    /// NULLs.
    pub(crate) null_count: UInt64Array,
    /// Compressed bytes.
    pub(crate) size: UInt64Array,
    /// Whether a known bound is a value that occurs (not cut off, no NaN to consider).
    pub(crate) exact: bool,
}

/// Bounds by column name.
#[derive(Debug, Clone, Default)]
pub(crate) struct FileBounds {
    pub(crate) columns: HashMap<String, ColumnBounds>,
}

impl FileBounds {
    /// Decodes what the catalog has of the given columns; columns whose bounds cannot be trusted are left out.
    pub(crate) fn decode(columns: &[Column], history: &[VersionedColumn], listing: &FileListing) -> Self {
        let bounds = columns
            .iter()
            .filter(|column| has_bounds(column, history))
            .filter_map(|column| Some((column.name.clone(), decode_column(column, listing)?)))
            .collect();
        Self { columns: bounds }
    }
}

/// Whether the statistics of a top-level column compare like its values: leaf types with real bounds, whose type
/// history (if any) keeps the meaning of the bounds' text.
pub(crate) fn has_bounds(column: &Column, history: &[VersionedColumn]) -> bool {
    let is_bounded = match &column.lake_type {
        // Blobs are hex there, the rest has no bounds or (timetz, interval, variant) not even counts.
        LakeType::Blob | LakeType::Geometry | LakeType::Variant | LakeType::TimeTz | LakeType::Interval => false,
        LakeType::List(_) | LakeType::Struct(_) | LakeType::Map(_, _) => false,
        _ => true,
    };
    is_bounded && (is_uniform(column, history) || is_widened_number(column, history))
}

/// Whether the column had one type all its life.
pub(crate) fn is_uniform(column: &Column, history: &[VersionedColumn]) -> bool {
    let mut types = history.iter().filter(|v| v.row.column_id == column.id).map(|v| v.row.column_type.to_ascii_lowercase());
    match types.next() {
        Some(first) => types.all(|t| t == first),
        None => true,
    }
}

/// Whole numbers and decimals keep the meaning of their text when they are widened; floats and dates do not.
fn is_widened_number(column: &Column, history: &[VersionedColumn]) -> bool {
    let current = !matches!(
        column.lake_type,
        LakeType::Json | LakeType::Varchar | LakeType::Float32 | LakeType::Boolean | LakeType::Uuid
    );
    current
        && history
            .iter()
            .filter(|v| v.row.column_id == column.id)
            .all(|v| v.row.column_type.to_ascii_lowercase().contains("int") || v.row.column_type.to_ascii_lowercase().starts_with("decimal"))
}

fn decode_column(column: &Column, listing: &FileListing) -> Option<ColumnBounds> {
    let stats: Vec<Option<&ColumnStats>> = listing
        .files
        .iter()
        .map(|file| listing.stats.get(&file.data_file_id)?.iter().find(|s| s.column_id == column.id))
        .collect();
    if stats.iter().all(Option::is_none) {
        return None;
    }
    let texts = |pick: fn(&ColumnStats) -> Option<&str>| {
        decode_all(&column.lake_type, stats.iter().map(move |s| s.and_then(pick)), false)
            .unwrap_or_else(|_| new_null_array(&column.lake_type.arrow_type(), stats.len()))
    };
    let counts = |pick: fn(&ColumnStats) -> Option<i64>| -> UInt64Array {
        stats.iter().map(|s| s.and_then(pick).and_then(|n| u64::try_from(n).ok())).collect()
    };
    let (mut min, mut max) = (texts(|s| s.min_value.as_deref()), texts(|s| s.max_value.as_deref()));
    let is_float = matches!(column.lake_type, LakeType::Float32 | LakeType::Float64);
    if is_float {
        let no_nan: Vec<bool> = stats.iter().map(|s| s.is_some_and(|s| s.contains_nan == Some(false))).collect();
        (min, max) = float_bounds(&min, &max, &no_nan);
    }
    // Text is cut at 256 bytes, and what a float bound becomes above is no value.
    let exact = !is_float && !matches!(column.lake_type, LakeType::Varchar | LakeType::Json);
    Some(ColumnBounds {
        min,
        max,
        null_count: counts(|s| s.null_count),
        size: counts(|s| s.column_size_bytes),
        exact,
    })
}

/// NaN is above all numbers but not in the bounds; both zeros are equal in DuckDB and ordered in Arrow.
fn float_bounds(min: &ArrayRef, max: &ArrayRef, no_nan: &[bool]) -> (ArrayRef, ArrayRef) {
    macro_rules! widen {
        ($array:ty, $arrow:ty) => {{
            let lower: $array = min.as_primitive::<$arrow>().iter().map(|v| v.map(|v| if v == 0.0 { -0.0 } else { v })).collect();
            let upper: $array = max
                .as_primitive::<$arrow>()
                .iter()
                .zip(no_nan)
                .map(|(v, ok)| v.filter(|_| *ok).map(|v| if v == 0.0 { 0.0 } else { v }))
                .collect();
            (Arc::new(lower) as ArrayRef, Arc::new(upper) as ArrayRef)
        }};
    }
    match min.data_type() {
        DataType::Float32 => widen!(Float32Array, Float32Type),
        DataType::Float64 => widen!(Float64Array, Float64Type),
        _ => (Arc::clone(min), Arc::clone(max)),
    }
}

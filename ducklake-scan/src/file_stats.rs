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
    let mut types =
        history.iter().filter(|v| v.row.column_id == column.id).map(|v| v.row.column_type.to_ascii_lowercase());
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
        && history.iter().filter(|v| v.row.column_id == column.id).all(|v| {
            v.row.column_type.to_ascii_lowercase().contains("int")
                || v.row.column_type.to_ascii_lowercase().starts_with("decimal")
        })
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
    Some(ColumnBounds { min, max, null_count: counts(|s| s.null_count), size: counts(|s| s.column_size_bytes), exact })
}

/// NaN is above all numbers but not in the bounds; both zeros are equal in DuckDB and ordered in Arrow.
fn float_bounds(min: &ArrayRef, max: &ArrayRef, no_nan: &[bool]) -> (ArrayRef, ArrayRef) {
    macro_rules! widen {
        ($array:ty, $arrow:ty) => {{
            let lower: $array =
                min.as_primitive::<$arrow>().iter().map(|v| v.map(|v| if v == 0.0 { -0.0 } else { v })).collect();
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

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::datatypes::{Decimal128Type, Int64Type};
    use ducklake_catalog::DataFileRow;
    use proptest::prelude::*;

    fn column(lake_type: LakeType) -> Column {
        Column {
            id: 1,
            name: "c".into(),
            lake_type,
            initial_default: None,
            default_value: None,
            default_value_type: None,
            nulls_allowed: true,
            children: Vec::new(),
        }
    }

    /// One file for each row of statistics; `None` has none.
    fn listing(stats: &[Option<ColumnStats>]) -> FileListing {
        let file = |data_file_id| DataFileRow {
            data_file_id,
            path: String::new(),
            path_is_relative: true,
            file_format: None,
            record_count: Some(1),
            file_size_bytes: None,
            footer_size: None,
            row_id_start: None,
            partition_id: None,
            encryption_key: None,
            mapping_id: None,
            begin_snapshot: 1,
            partial_max: None,
            partial_file_info: None,
            delete_files: Vec::new(),
        };
        let by_file = stats.iter().enumerate().filter_map(|(i, s)| Some((i as i64, vec![s.clone()?]))).collect();
        FileListing { files: (0..stats.len() as i64).map(file).collect(), stats: by_file, ..FileListing::default() }
    }

    fn bounds(min: &str, max: &str, contains_nan: Option<bool>) -> Option<ColumnStats> {
        Some(ColumnStats {
            data_file_id: 0,
            column_id: 1,
            column_size_bytes: Some(9),
            value_count: Some(1),
            null_count: Some(2),
            min_value: Some(min.into()),
            max_value: Some(max.into()),
            contains_nan,
        })
    }

    fn decode(lake_type: LakeType, stats: &[Option<ColumnStats>]) -> ColumnBounds {
        FileBounds::decode(&[column(lake_type)], &[], &listing(stats)).columns.remove("c").unwrap()
    }

    #[test]
    fn what_is_missing_or_odd_is_unknown() {
        let found = decode(LakeType::Int64, &[bounds("1", "5", None), None, bounds("x", "9223372036854775808", None)]);
        let values = |array: &ArrayRef| array.as_primitive::<Int64Type>().iter().collect::<Vec<_>>();
        assert_eq!(values(&found.min), [Some(1), None, None]);
        assert_eq!(values(&found.max), [Some(5), None, None]);
        assert_eq!(found.null_count.iter().collect::<Vec<_>>(), [Some(2), None, Some(2)]);
        assert!(found.exact);
    }

    #[test]
    fn floats_have_an_upper_bound_only_without_nan() {
        let stats = [bounds("0.0", "-0.0", Some(false)), bounds("-inf", "inf", Some(true)), bounds("1.5", "2.5", None)];
        let found = decode(LakeType::Float64, &stats);
        let bits = |array: &ArrayRef| {
            array.as_primitive::<Float64Type>().iter().map(|v| v.map(f64::to_bits)).collect::<Vec<_>>()
        };
        assert_eq!(
            bits(&found.min),
            [Some((-0.0_f64).to_bits()), Some(f64::NEG_INFINITY.to_bits()), Some(1.5_f64.to_bits())]
        );
        assert_eq!(bits(&found.max), [Some(0.0_f64.to_bits()), None, None]);
        assert!(!found.exact);
    }

    #[test]
    fn bounds_of_a_widened_column_are_read_as_its_present_type() {
        let found = decode(
            LakeType::Decimal { precision: 12, scale: 2 },
            &[bounds("-7", "7", None), bounds("1.5", "1.50", None)],
        );
        let values = |array: &ArrayRef| array.as_primitive::<Decimal128Type>().values().to_vec();
        assert_eq!((values(&found.min), values(&found.max)), (vec![-700, 150], vec![700, 150]));
    }

    #[test]
    fn types_without_bounds_of_their_own_are_left_out() {
        for lake_type in [LakeType::Blob, LakeType::TimeTz, LakeType::Interval, LakeType::Variant, LakeType::Geometry] {
            let listing = listing(&[bounds("1", "2", None)]);
            assert!(FileBounds::decode(&[column(lake_type)], &[], &listing).columns.is_empty());
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_unknown(min in any::<String>(), max in any::<String>()) {
            for lake_type in [LakeType::Boolean, LakeType::Float32, LakeType::Date, LakeType::TimestampTz, LakeType::Uuid, LakeType::Int128] {
                let found = decode(lake_type.clone(), &[bounds(&min, &max, Some(false)), None]);
                prop_assert_eq!((found.min.len(), found.max.len()), (2, 2));
                prop_assert_eq!(found.min.data_type(), &lake_type.arrow_type());
            }
        }
    }
}

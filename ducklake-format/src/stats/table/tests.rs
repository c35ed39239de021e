use super::*;

fn leaf(lake_type: &LakeType) -> LeafColumn<'_> {
    LeafColumn { id: 1, lake_type, is_nested: false }
}

fn row(min: Option<&str>, max: Option<&str>) -> TableColumnStatistics {
    TableColumnStatistics {
        column_id: 1,
        contains_null: Some(false),
        min_value: min.map(Into::into),
        max_value: max.map(Into::into),
        ..Default::default()
    }
}

fn added(values: u64, nulls: u64, min: Option<&str>, max: Option<&str>) -> ColumnStatistics {
    ColumnStatistics {
        value_count: values,
        null_count: nulls,
        min: min.map(Into::into),
        max: max.map(Into::into),
        ..Default::default()
    }
}

#[test]
fn rows_that_would_mislead_duckdb_go() {
    let merge = |lake_type: &LakeType, old: Option<&TableColumnStatistics>, first, new: &ColumnStatistics, source| {
        merge_table_statistics(&leaf(lake_type), old, first, new, source)
    };
    let int = LakeType::Int32;
    let old = row(Some("5"), Some("9"));
    let values = added(2, 0, Some("10"), Some("11"));
    let nulls = added(0, 2, None, None);
    use Source::{File, Inlined};
    // The first data of a table.
    assert_eq!(merge(&int, None, true, &values, File), Some(row(Some("10"), Some("11"))));
    assert_eq!(merge(&int, None, true, &nulls, File), None);
    let only_nulls = merge(&int, None, true, &nulls, Inlined).unwrap();
    assert_eq!(only_nulls, TableColumnStatistics { contains_null: Some(true), ..row(None, None) });
    // A table that had data.
    assert_eq!(merge(&int, None, false, &values, File), None);
    assert_eq!(merge(&int, Some(&old), false, &values, File), Some(row(Some("5"), Some("11"))));
    assert_eq!(merge(&int, Some(&old), false, &nulls, File), None);
    let with_null = TableColumnStatistics { contains_null: Some(true), ..old.clone() };
    assert_eq!(merge(&int, Some(&old), false, &nulls, Inlined), Some(with_null));
    assert_eq!(merge(&int, Some(&row(None, None)), false, &values, File), None);
    assert_eq!(merge(&int, Some(&row(Some("x"), Some("9"))), false, &values, File), None);
    assert_eq!(merge(&int, Some(&old), false, &added(0, 0, None, None), File), Some(old.clone()));
    // Strings with NUL.
    let text = LakeType::Varchar;
    let half = added(2, 0, None, Some("zz"));
    assert_eq!(merge(&text, None, true, &half, File), None);
    assert_eq!(merge(&text, None, true, &half, Inlined), Some(row(None, Some("zz"))));
    assert_eq!(merge(&text, Some(&row(Some("a"), Some("b"))), false, &half, Inlined), Some(row(None, Some("zz"))));
    assert_eq!(merge(&text, None, true, &added(1, 0, None, None), Inlined), None);
    // Text and numbers differ in order.
    assert_eq!(merge(&text, Some(&row(Some("5"), Some("9"))), false, &values, File), Some(row(Some("10"), Some("9"))));
    // A nested leaf has no use, and keeps its row.
    let nested = LeafColumn { is_nested: true, ..leaf(&int) };
    assert_eq!(
        merge_table_statistics(&nested, None, true, &nulls, File),
        Some(TableColumnStatistics { contains_null: Some(true), ..row(None, None) })
    );
}

#[test]
fn nan_is_known_from_files_only() {
    let float = LakeType::Float64;
    let new = |contains_nan| ColumnStatistics { contains_nan, ..added(1, 0, Some("1.0"), Some("2.0")) };
    let first = merge_table_statistics(&leaf(&float), None, true, &new(Some(false)), Source::File).unwrap();
    assert_eq!(first.contains_nan, Some(false));
    let second = merge_table_statistics(&leaf(&float), Some(&first), false, &new(Some(true)), Source::File).unwrap();
    assert_eq!(second.contains_nan, Some(true));
    let inlined = added(1, 0, Some("nan"), Some("nan"));
    let third = merge_table_statistics(&leaf(&float), Some(&second), false, &inlined, Source::Inlined).unwrap();
    assert_eq!((third.contains_nan, third.max_value.as_deref()), (None, Some("nan")));
    assert_eq!(third.min_value.as_deref(), Some("1.0"));
}

#[test]
fn boxes_are_united() {
    let geometry = LakeType::Geometry;
    let json = |x: &str, name: &str| {
        format!(
            "{{\"bbox\": {{\"xmin\": {x}, \"xmax\": {x}, \"ymin\": 0.500000, \"ymax\": 0.500000, \"zmin\": null, \
             \"zmax\": null, \"mmin\": null, \"mmax\": null}}, \"types\": [\"{name}\"]}}"
        )
    };
    let new = |extra: Option<String>| ColumnStatistics { extra_stats: extra, ..added(1, 0, None, None) };
    let merge = |old: Option<&TableColumnStatistics>, new: &ColumnStatistics| {
        merge_table_statistics(&leaf(&geometry), old, old.is_none(), new, Source::File)
    };
    let first = merge(None, &new(Some(json("1.000000", "point")))).unwrap();
    let both = merge(Some(&first), &new(Some(json("-2.500000", "polygon_z")))).unwrap().extra_stats.unwrap();
    assert!(both.contains("\"xmin\": -2.500000, \"xmax\": 1.000000"), "{both}");
    assert!(both.ends_with("\"types\": [\"point\", \"polygon_z\"]}"), "{both}");
    let unknown = TableColumnStatistics { extra_stats: None, ..first };
    assert_eq!(merge(Some(&unknown), &new(Some(json("1.000000", "point")))), None);
}

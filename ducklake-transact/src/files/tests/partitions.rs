//! Partition values, their folders, and many partitions.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{AsArray, Int64Array};
use arrow::datatypes::Int64Type;
use ducklake_format::partition::Transform;

use super::*;

fn partitioned(dir: &TempDir, columns: Vec<Column>, keys: &[(usize, Transform)]) -> TableLayout {
    let keys = keys.iter().enumerate();
    let keys = keys.map(|(index, (column, transform))| PartitionKey {
        key_index: index as i64,
        column: *column,
        transform: *transform,
    });
    let partition = Some(PartitionLayout { partition_id: 5, keys: keys.collect() });
    TableLayout { partition, ..layout(dir, columns) }
}

/// Folder and values of each file.
fn folders(files: &[WrittenFile]) -> BTreeMap<String, Vec<Option<&str>>> {
    files
        .iter()
        .map(|file| {
            let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
            (folder.to_string(), file.partition_values.iter().map(|(_, value)| value.as_deref()).collect())
        })
        .collect()
}

#[tokio::test]
async fn identity_values_are_display_text() {
    for (column_type, text, folder) in [
        ("date", "2026-01-31", "x=2026-01-31"),
        ("decimal(4,2)", "1.50", "x=1.50"),
        ("blob", "\\x00", "x=%5Cx00"),
        ("varchar", "a b/ä=~.", "x=a%20b%2F%C3%A4%3D~."),
        ("varchar", "", "x="),
        ("boolean", "true", "x=true"),
        ("timestamptz", "2024-01-31 12:30:00+00", "x=2024-01-31%2012%3A30%3A00%2B00"),
        ("float64", "1.0", "x=1.0"),
    ] {
        let dir = TempDir::new().unwrap();
        let columns = columns(&[(1, "x", column_type, None), (2, "y", "int32", None)]);
        let rows = batch(&columns, &[&[Some(text), None, Some(text)], &[Some("1"), Some("2"), Some("3")]]);
        let files = write_all(partitioned(&dir, columns, &[(0, Transform::Identity)]), &[rows]).await.unwrap();
        let found = folders(&files);
        assert_eq!(found.get(folder), Some(&vec![Some(text)]), "{found:?}");
        assert_eq!(found.get("x=__HIVE_DEFAULT_PARTITION__"), Some(&vec![None]), "{found:?}");
        assert_eq!(files.iter().map(|file| file.record_count).collect::<Vec<_>>(), [2, 1]);
        for file in &files {
            assert_eq!(file.partition_id, Some(5));
            assert_eq!(file.full_path, format!("{}/{}", dir.path().display(), file.path));
            // Partition columns stay in the file.
            assert_eq!(read(&file.full_path, None).1.num_columns(), 2);
        }
    }
}

#[tokio::test]
async fn transforms_name_their_folders() {
    let dir = TempDir::new().unwrap();
    let columns = columns(&[(1, "t", "timestamp", None), (2, "k y", "int32", None), (3, "d", "date", None)]);
    let rows = batch(&columns, &[&[Some("2024-03-05 06:07:08")], &[Some("34")], &[Some("2025-01-02")]]);
    let keys = [(0, Transform::Year), (0, Transform::Month), (1, Transform::Bucket(8)), (2, Transform::Year)];
    let files = write_all(partitioned(&dir, columns.clone(), &keys), std::slice::from_ref(&rows)).await.unwrap();
    let expected = vec![Some("2024"), Some("3"), Some("3"), Some("2025")];
    assert_eq!(folders(&files), [("year_t=2024/month=3/bucket=3/year_d=2025".to_string(), expected)].into());
    // The column 'month' and the transform clash.
    let clash = super::columns(&[(1, "month", "int32", None), (2, "d", "date", None)]);
    let rows_of_clash = batch(&clash, &[&[Some("1")], &[Some("2025-01-02")]]);
    let keys = [(0, Transform::Identity), (1, Transform::Month)];
    let files = write_all(partitioned(&dir, clash, &keys), &[rows_of_clash]).await.unwrap();
    assert_eq!(folders(&files).keys().collect::<Vec<_>>(), ["identity_month=1/month_d=1"]);
    // Flat where that is wanted, and where a name would be too long.
    let mut flat = partitioned(&dir, columns, &[(1, Transform::Identity)]);
    flat.options.hive_paths = false;
    assert_eq!(folders(&write_all(flat, &[rows]).await.unwrap()).keys().collect::<Vec<_>>(), [""]);
    let long = super::columns(&[(1, "s", "varchar", None)]);
    let rows = batch(&long, &[&[Some(&"x".repeat(5000))]]);
    let files = write_all(partitioned(&dir, long, &[(0, Transform::Identity)]), &[rows]).await.unwrap();
    assert_eq!(folders(&files).keys().collect::<Vec<_>>(), [""]);
}

#[tokio::test]
async fn equal_texts_are_one_partition() {
    let dir = TempDir::new().unwrap();
    let columns = columns(&[(1, "x", "float64", None)]);
    let nans = arrow::array::Float64Array::from(vec![f64::NAN, f64::from_bits(f64::NAN.to_bits() + 1), 1.0]);
    let rows = RecordBatch::try_new(Arc::new(Column::schema(&columns)), vec![Arc::new(nans)]).unwrap();
    let files = write_all(partitioned(&dir, columns, &[(0, Transform::Identity)]), &[rows]).await.unwrap();
    assert_eq!(files.iter().map(|file| file.record_count).collect::<Vec<_>>(), [2, 1]);
}

#[tokio::test]
async fn transforms_that_do_not_fit_are_refused() {
    let dir = TempDir::new().unwrap();
    let (columns, rows) = numbers(0, 1);
    let error = write_all(partitioned(&dir, columns, &[(0, Transform::Year)]), &[rows]).await.unwrap_err();
    assert!(matches!(error, WriteError::NotSupported { .. }), "{error}");
}

#[tokio::test]
async fn a_thousand_partitions_need_few_open_files() {
    for (waiting_limit, sort) in [(usize::MAX, false), (500_000, false), (500_000, true)] {
        let dir = TempDir::new().unwrap();
        let columns = columns(&[(1, "p", "int64", None), (2, "v", "int64", None)]);
        let mut layout = partitioned(&dir, columns.clone(), &[(0, Transform::Identity)]);
        layout.options.max_open_files = 8;
        layout.options.row_group_rows = 10_000;
        if sort {
            layout.sort = vec![SortKey { column: 1, descending: false, nulls_first: false }];
        }
        let schema = Arc::new(Column::schema(&columns));
        let mut writer = TableWriter::new(Storage::default(), layout);
        for start in 0..8 {
            let values = (0..20_000).map(|i| start * 20_000 + i);
            let keys = Int64Array::from_iter_values(values.clone().map(|v| (v * 7919) % 1000));
            let values = Int64Array::from_iter_values(values);
            let rows = RecordBatch::try_new(Arc::clone(&schema), vec![Arc::new(keys), Arc::new(values)]).unwrap();
            writer.write(rows, None).await.unwrap();
            writer.limit_waiting(waiting_limit);
        }
        let files = writer.finish().await.unwrap();
        let mut partitions = BTreeSet::new();
        let mut values = Vec::new();
        for file in &files {
            let [(0, Some(partition))] = file.partition_values.as_slice() else { panic!("{file:?}") };
            let (_, read) = read(&file.full_path, None);
            let number: i64 = partition.parse().unwrap();
            assert!(read.column(0).as_primitive::<Int64Type>().values().iter().all(|key| *key == number));
            let column = read.column(1).as_primitive::<Int64Type>().values();
            assert!(column.windows(2).all(|pair| pair[0] < pair[1]), "rows keep their order");
            values.extend_from_slice(column);
            partitions.insert(number);
        }
        assert_eq!(partitions.len(), 1000);
        values.sort_unstable();
        assert_eq!(values, (0..160_000).collect::<Vec<_>>());
        assert_eq!(files.len() > 1000, waiting_limit != usize::MAX);
        assert_eq!(files_below(dir.path()).len(), files.len());
    }
}

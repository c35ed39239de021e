//! Flushed rows: their order, partitions, and which of them were ended.

use arrow::array::{AsArray, Int64Array};
use arrow::datatypes::Int64Type;
use ducklake_format::partition::Transform;

use super::*;
use crate::files::{ENDED_HERE, FlushRows, FlushedFile, PartitionKey, PartitionLayout, SortKey, write_flushed};

/// Rows 0.. with row ids 10.., inserted by snapshots 1.., every third one ended by snapshot 100 + row.
fn rows(count: i64) -> (Vec<Column>, FlushRows) {
    let (columns, rows) = numbers(0, count);
    let ends = (0..count).map(|row| match row % 6 {
        0 => Some(100 + row),
        3 => Some(ENDED_HERE),
        _ => None,
    });
    let flush = FlushRows {
        rows,
        row_ids: (0..count).map(|row| Some(10 + row)).collect(),
        begins: (0..count).map(|row| Some(1 + row)).collect(),
        ends: ends.collect(),
    };
    (columns, flush)
}

async fn flush(layout: TableLayout, rows: FlushRows) -> Vec<FlushedFile> {
    write_flushed(&Storage::default(), layout, rows).await.unwrap()
}

/// Row ids in the file, and what is told of them: ended with their snapshots, deleted.
fn told(file: &FlushedFile) -> (Vec<i64>, Vec<(i64, i64)>, Vec<i64>) {
    let (_, read) = read(&file.file.full_path, file.file.encryption_key.as_deref());
    let last = read.num_columns();
    let column = |index: usize| read.column(index).as_primitive::<Int64Type>().clone();
    let (ids, snapshots): (Int64Array, Int64Array) = (column(last - 2), column(last - 1));
    let ids = ids.values().to_vec();
    assert!(ids.iter().zip(snapshots.values()).all(|(id, snapshot)| id - 9 == *snapshot));
    assert_eq!(ids.iter().min(), Some(&file.first_row_id));
    assert_eq!(snapshots.values().iter().min(), Some(&file.begin_snapshot));
    assert_eq!(snapshots.values().iter().max(), Some(&file.last_snapshot));
    let ended = file.ended.iter().map(|(position, end)| (ids[*position as usize], *end)).collect();
    let deleted = file.deleted.iter().map(|position| ids[position as usize]).collect();
    (ids, ended, deleted)
}

#[tokio::test]
async fn ends_follow_their_rows_through_files_and_order() {
    let dir = TempDir::new().unwrap();
    let (columns, rows) = rows(1000);
    let mut layout = layout(&dir, columns);
    layout.sort = vec![SortKey { column: 0, descending: true, nulls_first: false }];
    layout.options.row_group_rows = 100;
    layout.options.target_file_size = 1;
    let files = flush(layout, rows).await;
    assert_eq!(files.len(), 10);
    let mut all = Vec::new();
    for file in &files {
        let (ids, ended, deleted) = told(file);
        for id in &ids {
            let row = id - 10;
            assert_eq!(ended.contains(&(*id, 100 + row)), row % 6 == 0, "{row}");
            assert_eq!(deleted.contains(id), row % 6 == 3, "{row}");
        }
        all.extend(ids);
    }
    assert_eq!(all, (10..1010).rev().collect::<Vec<_>>());
}

#[tokio::test]
async fn each_partition_has_its_file_and_its_ends() {
    let dir = TempDir::new().unwrap();
    let (columns, rows) = rows(60);
    let mut layout = TableLayout { encrypted: true, ..layout(&dir, columns) };
    let keys = vec![PartitionKey { key_index: 0, column: 0, transform: Transform::Bucket(4) }];
    layout.partition = Some(PartitionLayout { partition_id: 7, keys });
    let files = flush(layout, rows).await;
    let told: Vec<_> = files.iter().map(told).collect();
    assert_eq!(told.iter().map(|(ids, _, _)| ids.len()).sum::<usize>(), 60);
    assert_eq!(told.iter().map(|(_, ended, _)| ended.len()).sum::<usize>(), 10);
    for (file, (ids, ended, deleted)) in files.iter().zip(&told) {
        assert_eq!((file.file.partition_id, file.file.partition_values.len()), (Some(7), 1));
        assert!(ids.is_sorted());
        assert!(ended.iter().all(|(id, end)| (id - 10) % 6 == 0 && *end == 90 + id));
        assert!(deleted.iter().all(|id| (id - 10) % 6 == 3));
    }
}

#[tokio::test]
async fn no_rows_make_no_file() {
    let dir = TempDir::new().unwrap();
    let (columns, rows) = rows(0);
    assert!(flush(layout(&dir, columns), rows).await.is_empty());
    assert!(files_below(dir.path()).is_empty());
}

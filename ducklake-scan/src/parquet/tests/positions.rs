//! Delete files, and the snapshots of partial data files.

use arrow::array::{ArrayRef, Int32Array, Int64Array, StringArray};
use parquet::arrow::ArrowWriter;

use super::*;

async fn positions(name: &str, snapshot: i64) -> Vec<u64> {
    read_positions(open(name).await, snapshot).await.unwrap().into_iter().collect()
}

/// A file of these columns, without field ids.
async fn file(columns: Vec<(&str, ArrayRef)>) -> LakeParquetReader {
    let batch =
        RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, values)| (name, values, true)));
    let batch = batch.unwrap();
    let mut file = vec![];
    let mut writer = ArrowWriter::try_new(&mut file, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    reader_for("f", file.into(), facts("f")).await
}

#[tokio::test]
async fn a_delete_file_without_snapshots_counts_at_all_of_them() {
    for name in ["lake-delete.parquet", "encrypted-delete.parquet"] {
        assert_eq!(positions(name, 0).await, [3, 703, 1403], "{name}");
    }
}

#[tokio::test]
async fn a_delete_file_with_snapshots_counts_up_to_the_one_read() {
    for name in ["lake-delete-snapshots.parquet", "encrypted-delete-snapshots.parquet"] {
        assert!(positions(name, 1).await.is_empty(), "{name}");
        assert_eq!(positions(name, 2).await, [3, 703, 1403], "{name}");
        assert_eq!(positions(name, 3).await, [3, 5, 703, 1403], "{name}");
    }
}

#[tokio::test]
async fn partial_files_say_the_snapshot_of_each_row() {
    for name in ["lake-partial.parquet", "encrypted-partial.parquet"] {
        assert_eq!(read_snapshot_column(open(name).await).await.unwrap(), [5, 6, 7], "{name}");
    }
}

#[tokio::test]
async fn columns_are_found_by_name_where_there_are_no_ids() {
    let path: ArrayRef = Arc::new(StringArray::from(vec!["p"; 3]));
    let pos: ArrayRef = Arc::new(Int32Array::from(vec![9, 2, 1 << 30]));
    let row: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3]));
    let reader = file(vec![("row", Arc::clone(&row)), ("file_path", path), ("pos", pos)]).await;
    assert_eq!(read_positions(reader, 0).await.unwrap().into_iter().collect::<Vec<_>>(), [2, 9, 1 << 30]);
    let reader = file(vec![("x", Arc::clone(&row)), ("_ducklake_internal_snapshot_id", row)]).await;
    assert_eq!(read_snapshot_column(reader).await.unwrap(), [1, 2, 3]);
}

#[tokio::test]
async fn missing_columns_and_impossible_values_are_errors() {
    let error = read_positions(open("zstd.parquet").await, 1).await.unwrap_err();
    assert!(matches!(error, ParquetFileError::MissingColumn { column: "pos", .. }), "{error}");
    let error = read_snapshot_column(open("lake-data.parquet").await).await.unwrap_err();
    assert!(matches!(error, ParquetFileError::MissingColumn { field_id: 2_147_483_539, .. }), "{error}");

    let negative: ArrayRef = Arc::new(Int64Array::from(vec![1, -2]));
    let null: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), None]));
    let text: ArrayRef = Arc::new(StringArray::from(vec!["1", "2"]));
    for (values, row, detail) in [(&negative, 1, "negative"), (&null, 1, "NULL"), (&text, 0, "type Utf8")] {
        let error = read_positions(file(vec![("pos", Arc::clone(values))]).await, 1).await.unwrap_err();
        assert!(matches!(error, ParquetFileError::InvalidValue { row: at, .. } if at == row), "{error}");
        assert!(error.to_string().contains(detail), "{error}");
    }
}

#[tokio::test]
async fn rows_are_counted_over_batches() {
    let mut positions: Vec<i64> = (0..3000).collect();
    positions[2500] = -1;
    let error = read_positions(file(vec![("pos", Arc::new(Int64Array::from(positions)))]).await, 1).await.unwrap_err();
    assert!(matches!(error, ParquetFileError::InvalidValue { row: 2500, .. }), "{error}");
}

/// The parquet crate panics on some pages that contradict their header.
#[tokio::test]
async fn corrupt_pages_are_errors() {
    let mut panicked = 0;
    for (name, positions) in [("lake-partial.parquet", false), ("lake-delete.parquet", true)] {
        let file = fixture(name);
        for at in 0..file.len() {
            let mut bytes = file.to_vec();
            bytes[at] ^= 0xff;
            let reader = reader_for(name, bytes.into(), facts(name)).await;
            let outcome = if positions {
                read_positions(reader, 1).await.map(drop)
            } else {
                read_snapshot_column(reader).await.map(drop)
            };
            panicked += usize::from(outcome.is_err_and(|error| error.to_string().contains("contradicts its header")));
        }
    }
    assert!(panicked > 0);
}

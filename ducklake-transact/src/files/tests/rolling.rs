//! Row groups, sizes, row ids, order and encryption.

use arrow::array::{Array, AsArray, Int64Array};
use arrow::datatypes::Int64Type;

use super::*;

#[tokio::test]
async fn footers_have_the_size_that_is_told() {
    for encrypted in [false, true] {
        let dir = TempDir::new().unwrap();
        let (columns, rows) = numbers(0, 1000);
        let files =
            write_all(TableLayout { encrypted, ..layout(&dir, columns) }, std::slice::from_ref(&rows)).await.unwrap();
        let file = &files[0];
        let bytes = std::fs::read(&file.full_path).unwrap();
        assert_eq!(bytes.len() as i64, file.file_size_bytes);
        let tail = &bytes[bytes.len() - 8..];
        assert_eq!(&tail[4..], if encrypted { b"PARE" } else { b"PAR1" });
        assert_eq!(i64::from(u32::from_le_bytes(*tail.first_chunk().unwrap())), file.footer_size);
        assert_eq!(file.encryption_key.is_some(), encrypted);
        let (metadata, read) = read(&file.full_path, file.encryption_key.as_deref());
        assert_eq!((read.num_rows(), metadata.num_row_groups()), (1000, 1));
        assert_eq!(read.column(0), rows.column(0));
        assert_eq!(file.record_count, 1000);
        assert!(file.path.starts_with("ducklake-") && file.path.ends_with(".parquet"), "{}", file.path);
    }
}

#[tokio::test]
async fn encrypted_files_have_many_pages_and_no_plain_text() {
    let dir = TempDir::new().unwrap();
    let (columns, rows) = numbers(0, 100_000);
    let mut layout = TableLayout { encrypted: true, ..layout(&dir, columns) };
    layout.options.row_group_rows = 40_000;
    layout.options.version_2 = true;
    layout.options.compression = parquet::basic::Compression::UNCOMPRESSED;
    let files = write_all(layout, std::slice::from_ref(&rows)).await.unwrap();
    let bytes = std::fs::read(&files[0].full_path).unwrap();
    assert!(!bytes.windows(11).any(|window| window == b"text number"));
    let (metadata, read) = read(&files[0].full_path, files[0].encryption_key.as_deref());
    assert_eq!(metadata.num_row_groups(), 3);
    assert_eq!(read.column(0), rows.column(0));
    let texts = read.column(1).as_string::<i32>().iter().eq(rows.column(1).as_string_view().iter());
    assert!(texts);
    let size: i64 = files[0].column_stats.iter().map(|column| column.column_size_bytes).sum();
    assert_eq!(size + files[0].footer_size + 12, files[0].file_size_bytes);
}

#[tokio::test]
async fn keys_are_not_shown() {
    let dir = TempDir::new().unwrap();
    let (columns, rows) = numbers(0, 1);
    let files = write_all(TableLayout { encrypted: true, ..layout(&dir, columns) }, &[rows]).await.unwrap();
    let key = files[0].encryption_key.clone().unwrap();
    assert!(!format!("{files:?}").contains(&key));
}

#[tokio::test]
async fn row_groups_and_files_end_where_they_should() {
    let dir = TempDir::new().unwrap();
    let (columns, _) = numbers(0, 0);
    let mut layout = layout(&dir, columns);
    layout.options.row_group_rows = 1000;
    layout.options.target_file_size = 20_000;
    let batches: Vec<_> = (0..20).map(|i| numbers(i * 700, 700).1).collect();
    let files = write_all(layout, &batches).await.unwrap();
    assert!(files.len() > 3, "{files:?}");
    let mut next = 0;
    for (index, file) in files.iter().enumerate() {
        let (metadata, read) = read(&file.full_path, None);
        assert_eq!(read.num_rows() as i64, file.record_count);
        if index + 1 < files.len() {
            assert!((20_000..40_000).contains(&file.file_size_bytes), "{file:?}");
            assert!(metadata.row_groups().iter().all(|group| group.num_rows() == 1000));
        }
        for value in read.column(0).as_primitive::<Int64Type>().values() {
            assert_eq!(*value, next);
            next += 1;
        }
    }
    assert_eq!(next, 14_000);
    assert_eq!(files_below(dir.path()).len(), files.len());
}

#[tokio::test]
async fn row_ids_are_the_last_column_of_files_of_their_own() {
    let dir = TempDir::new().unwrap();
    let (columns, rows) = numbers(0, 3);
    let mut writer = TableWriter::new(Storage::default(), layout(&dir, columns));
    writer.write(rows.clone(), Some(&Int64Array::from(vec![30, 10, 20]))).await.unwrap();
    writer.write(rows.clone(), None).await.unwrap();
    assert_eq!(writer.rows(), 6);
    let files = writer.finish().await.unwrap();
    assert_eq!(files.iter().map(|file| file.has_row_ids).collect::<Vec<_>>(), [true, false]);
    assert!(files.iter().all(|file| file.column_stats.len() == 2));
    let (metadata, with_ids) = read(&files[0].full_path, None);
    let ids = metadata.file_metadata().schema_descr().column(2);
    assert_eq!((ids.name(), ids.self_type().get_basic_info().id()), (ROW_ID_COLUMN, ROW_ID_FIELD_ID));
    assert_eq!(with_ids.column(2).as_primitive::<Int64Type>().values(), &[30, 10, 20]);
    assert_eq!(read(&files[1].full_path, None).1.num_columns(), 2);
}

#[tokio::test]
async fn rows_are_sorted_with_their_row_ids() {
    let dir = TempDir::new().unwrap();
    let columns = columns(&[(1, "a", "int32", None), (2, "b", "varchar", None)]);
    let rows =
        batch(&columns, &[&[Some("1"), None, Some("2"), Some("1")], &[Some("x"), Some("y"), Some("z"), Some("a")]]);
    let mut layout = layout(&dir, columns);
    layout.sort = vec![
        SortKey { column: 0, descending: true, nulls_first: false },
        SortKey { column: 1, descending: false, nulls_first: false },
    ];
    let mut writer = TableWriter::new(Storage::default(), layout);
    for part in [rows.slice(0, 2), rows.slice(2, 2)] {
        let ids = if writer.rows() == 0 { vec![0, 1] } else { vec![2, 3] };
        writer.write(part, Some(&Int64Array::from(ids))).await.unwrap();
    }
    let files = writer.finish().await.unwrap();
    let (_, read) = read(&files[0].full_path, None);
    assert_eq!(read.column(2).as_primitive::<Int64Type>().values(), &[2, 3, 0, 1]);
    assert!(read.column(0).is_null(3));
}

#[tokio::test]
async fn no_rows_are_no_file() {
    let dir = TempDir::new().unwrap();
    let (columns, rows) = numbers(0, 0);
    assert_eq!(write_all(layout(&dir, columns), &[rows]).await.unwrap(), []);
    assert_eq!(files_below(dir.path()), [""; 0]);
}

/// Callers run the writer in tasks.
#[test]
fn futures_can_move_between_threads() {
    fn is_send<T: Send>(_: &T) {}
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let dir = TempDir::new().unwrap();
        let (columns, rows) = numbers(0, 1);
        let mut writer = TableWriter::new(Storage::default(), layout(&dir, columns));
        let writing = writer.write(rows, None);
        is_send(&writing);
        writing.await.unwrap();
        let finishing = writer.finish();
        is_send(&finishing);
        finishing.await.unwrap();
    });
}

/// Several row groups are encoded at the same time: the file has them in the order of the rows, each with its own bounds.
#[tokio::test(flavor = "multi_thread")]
async fn row_groups_keep_their_order_and_bounds() {
    let dir = TempDir::new().unwrap();
    let (columns, rows) = numbers(0, 40_000);
    let mut layout = layout(&dir, columns);
    layout.options.row_group_rows = 1000;
    let batches: Vec<RecordBatch> = (0..40).map(|batch| rows.slice(batch * 1000, 1000)).collect();
    let files = write_all(layout, &batches).await.unwrap();
    assert_eq!(files.len(), 1);
    let (metadata, read) = read(&files[0].full_path, None);
    assert_eq!(read.column(0), rows.column(0));
    assert_eq!(metadata.num_row_groups(), 40);
    for (group, batch) in metadata.row_groups().iter().zip(&batches) {
        let texts: Vec<&[u8]> = batch.column(1).as_string_view().iter().flatten().map(str::as_bytes).collect();
        let statistics = group.column(1).statistics().unwrap();
        assert_eq!(statistics.min_bytes_opt(), texts.iter().min().copied());
        assert_eq!(statistics.max_bytes_opt(), texts.iter().max().copied());
        assert_eq!(statistics.null_count_opt(), Some(0));
        assert!(statistics.min_is_exact() && statistics.max_is_exact());
    }
    let of_texts = &files[0].column_stats[1].stats;
    let (min, max) = (of_texts.min.as_deref(), of_texts.max.as_deref());
    assert_eq!((min, max, of_texts.value_count), (Some("text number 0"), Some("text number 9999"), 40_000));
}

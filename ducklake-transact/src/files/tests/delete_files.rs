//! Delete files.

use arrow::array::AsArray;
use arrow::datatypes::Int64Type;

use super::*;

#[tokio::test]
async fn positions_round_trip() {
    let dir = TempDir::new().unwrap();
    let directory = format!("{}/", dir.path().display());
    let positions: Vec<(u64, i64)> = (0..200_000).map(|i| (i * 3, 5 + i as i64 % 2)).collect();
    for (with_snapshots, encrypted) in [(false, false), (true, false), (true, true)] {
        let storage = Storage::default();
        let written = write_delete_file(&storage, &directory, "/lake/a.parquet", &positions, with_snapshots, encrypted)
            .await
            .unwrap();
        assert!(written.path.starts_with("ducklake-") && written.path.ends_with("-delete.parquet"));
        assert_eq!(written.delete_count, 200_000);
        let bytes = std::fs::read(&written.full_path).unwrap();
        assert_eq!(bytes.len() as i64, written.file_size_bytes);
        let length = bytes[bytes.len() - 8..].first_chunk().unwrap();
        assert_eq!(i64::from(u32::from_le_bytes(*length)), written.footer_size);
        let (metadata, read) = read(&written.full_path, written.encryption_key.as_deref());
        let schema = metadata.file_metadata().schema_descr();
        let ids: Vec<_> = schema.columns().iter().map(|c| (c.name(), c.self_type().get_basic_info().id())).collect();
        let expected =
            [("file_path", 2_147_483_646), ("pos", 2_147_483_645), ("_ducklake_internal_snapshot_id", 2_147_483_539)];
        assert_eq!(ids, expected[..if with_snapshots { 3 } else { 2 }]);
        assert_eq!(read.column(0).as_string::<i32>().value(199_999), "/lake/a.parquet");
        let read_positions = read.column(1).as_primitive::<Int64Type>().values();
        assert!(read_positions.iter().zip(&positions).all(|(read, (position, _))| *read as u64 == *position));
        if with_snapshots {
            let snapshots = read.column(2).as_primitive::<Int64Type>().values();
            assert!(snapshots.iter().zip(&positions).all(|(read, (_, snapshot))| read == snapshot));
        }
        remove_files(&storage, &[written.full_path, "/nowhere/at/all".into()]).await;
        assert_eq!(files_below(dir.path()), [""; 0]);
    }
}

#[tokio::test]
async fn positions_must_ascend() {
    let dir = TempDir::new().unwrap();
    let directory = format!("{}/", dir.path().display());
    for positions in [&[][..], &[(3, 1), (3, 1)], &[(4, 1), (3, 1)], &[(u64::MAX, 1)]] {
        let result = write_delete_file(&Storage::default(), &directory, "a", positions, false, false).await;
        assert!(matches!(result, Err(WriteError::Positions { .. })));
    }
    assert_eq!(files_below(dir.path()), [""; 0]);
}

use super::*;
use crate::catalog::CatalogOptions;
use crate::write::CreateOptions;

async fn lake(uri: &CatalogUri, data_path: &str) -> Catalog {
    let options = CreateOptions {
        data_path: data_path.into(),
        created_by: "a test".into(),
        time: "2026-01-31T07:15:40.995880+00".into(),
        schema_uuid: "f79c3e09-677c-4bbd-a479-3f349cb785e7".into(),
        ..CreateOptions::default()
    };
    let (lake, is_new) = Catalog::create(uri, &options).await.unwrap();
    assert!(is_new);
    lake
}

async fn copy(from: &Catalog, to: &CatalogUri, options: &CopyOptions) -> Result<CopyReport, CatalogError> {
    copy_catalog(from, to, options, &CopyProgress::default()).await
}

#[tokio::test]
async fn everything_arrives_once() {
    let dir = tempfile::tempdir().unwrap();
    let from = lake(&CatalogUri::Sqlite(dir.path().join("from.sqlite")), "s3://bucket/lake").await;
    let columns = [("a'b".to_string(), "VARCHAR".to_string())];
    let mut tx = from.begin_commit(PATIENCE).await.unwrap();
    let column = ["1", "0", "", "7", "1", "a'b", "varchar", "", "NULL", "1", "", "literal", ""];
    let column = column.map(|cell| if cell.is_empty() { Cell::Null } else { Cell::from(cell) });
    tx.insert(crate::write::MetadataTable::Column, vec![column.to_vec()]).await.unwrap();
    let name = tx.create_inlined_table(7, 0, &columns).await.unwrap();
    let rows = vec![(0, vec!["quack".into()]), (1, vec![Cell::Null])];
    tx.insert_inlined(&name, &columns, 0, rows).await.unwrap();
    tx.commit().await.unwrap();

    let path = dir.path().join("to.sqlite");
    let to = CatalogUri::Sqlite(path.clone());
    let report = copy(&from, &to, &CopyOptions::default()).await.unwrap();
    assert_eq!((report.data_path.as_str(), report.data_path_was), ("s3://bucket/lake/", None));
    let copied = Catalog::open(&to, &CatalogOptions::default()).await.unwrap();
    let tables = from.raw_tables().await.unwrap();
    assert_eq!(tables, copied.raw_tables().await.unwrap());
    assert_eq!(report.tables, tables.len() as u64);
    for (table, _) in tables {
        assert_eq!(from.raw_table(&table).await.unwrap(), copied.raw_table(&table).await.unwrap(), "{table}");
    }
    let error = copy(&from, &to, &CopyOptions::default()).await.unwrap_err();
    assert_eq!(error.kind(), FailureKind::Exists, "{error}");
    assert!(path.exists());
}

#[tokio::test]
async fn nothing_is_left_of_a_copy_that_fails() {
    let dir = tempfile::tempdir().unwrap();
    let from = lake(&CatalogUri::Sqlite(dir.path().join("from.sqlite")), "data").await;
    let mut tx = from.begin_commit(PATIENCE).await.unwrap();
    let row = vec!["no number".into(), Cell::Null, Cell::Null];
    tx.insert(crate::write::MetadataTable::SchemaVersions, vec![row]).await.unwrap();
    tx.commit().await.unwrap();
    let path = dir.path().join("to.sqlite");
    let error = copy(&from, &CatalogUri::Sqlite(path.clone()), &CopyOptions::default()).await.unwrap_err();
    assert_eq!(error.kind(), FailureKind::Invalid, "{error}");
    assert!(!path.exists());
}

#[tokio::test]
async fn a_relative_data_path_keeps_its_meaning() {
    let dir = tempfile::tempdir().unwrap();
    let from = lake(&CatalogUri::Sqlite(dir.path().join("from.sqlite")), "some data").await;
    std::fs::create_dir(dir.path().join("some data")).unwrap();
    let to = CatalogUri::Sqlite(dir.path().join("to.sqlite"));
    let report = copy(&from, &to, &CopyOptions::default()).await.unwrap();
    let beside = format!("{}/some data/", dir.path().display());
    assert_eq!((report.data_path, report.data_path_was.as_deref()), (beside.clone(), Some("some data/")));
    let copied = Catalog::open(&to, &CatalogOptions::default()).await.unwrap();
    assert_eq!(copied.metadata().data_path, beside);
}

//! Lakes of old format versions, kept in `tests/golden` with what the DuckDB that wrote them read from them.

use ducklake_scan::LakeOptions;
use quacklake_tests::compare::check;
use quacklake_tests::engine::Engine;
use quacklake_tests::expected::Expected;
use quacklake_tests::fixtures::{Copy, kept};

async fn same_as_its_writer(version: &str) {
    let lake = Copy::new(&format!("golden/{version}"), "meta.sqlite");
    let options = LakeOptions { data_path: Some(lake.data_path()), ..LakeOptions::default() };
    let engine = Engine::open_with(&lake.uri(), options).await.unwrap_or_else(|error| panic!("{version}: {error}"));
    check(&engine, &Expected::read(&kept("golden").join(version).join("expected.json"))).await;
}

#[tokio::test]
async fn format_0_1() {
    same_as_its_writer("v0.1").await;
}

#[tokio::test]
async fn format_0_2() {
    same_as_its_writer("v0.2").await;
}

#[tokio::test]
async fn format_0_3() {
    same_as_its_writer("v0.3").await;
}

#[tokio::test]
async fn format_0_4() {
    same_as_its_writer("v0.4").await;
}

#[tokio::test]
async fn format_1_0() {
    same_as_its_writer("v1.0").await;
}

/// Catalogs of DuckLake's own tests, some of development versions: no data came with them.
#[tokio::test]
async fn samples_of_the_extension() {
    for (name, table, rows) in [
        ("sample-v01_partitioned", "partitioned_tbl", 0),
        ("sample-v01_partitioned", "other_partitioned_tbl", 0),
        ("sample-v02", "test", 0),
        ("sample-compacted_files", "t1 AT (VERSION => 1)", 0),
        ("sample-v04-dev1_types", "test", 0),
    ] {
        let lake = Copy::new(&format!("golden/{name}"), "meta.sqlite");
        let options = LakeOptions { data_path: Some(lake.data_path()), ..LakeOptions::default() };
        let engine = Engine::open_with(&lake.uri(), options).await.unwrap_or_else(|error| panic!("{name}: {error}"));
        let answer = engine.query(&format!("SELECT * FROM {table}")).await;
        let answer = answer.unwrap_or_else(|error| panic!("{name}.{table}: {error}"));
        assert_eq!(answer.rows.len(), rows, "{name}.{table}");
    }
}

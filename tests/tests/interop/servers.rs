//! Catalogs on a server: connections that fail, and connections that are pooled.

use std::time::{Duration, Instant};

use ducklake_scan::LakeOptions;
use quacklake_tests::compare::check;
use quacklake_tests::engine::Engine;
use quacklake_tests::oracle::{self, Backend, required};

async fn refused(uri: &str) -> String {
    let start = Instant::now();
    let Err(error) = Engine::open_with(uri, LakeOptions::default()).await else { panic!("{uri} opens") };
    assert!(start.elapsed() < Duration::from_secs(15), "{uri}: refused only after {:?}", start.elapsed());
    error
}

#[tokio::test]
async fn wrong_password() {
    let Some(server) = required("QUACKLAKE_PG") else { return };
    let address = server.replace("user=quacklake", "user=locked password=open-sesame dbname=postgres");
    let error = refused(&format!("postgres:{address}")).await;
    assert!(error.contains("locked"), "{error}");
    assert!(error.contains("password"), "{error}");
    assert!(!error.contains("open-sesame"), "{error}");
}

#[tokio::test]
async fn unreachable_server() {
    // Nothing listens on the first port.
    let error = refused("postgres:host=127.0.0.1 port=1 user=nobody password=open-sesame dbname=lake").await;
    assert!(error.contains("127.0.0.1"), "{error}");
    assert!(!error.contains("open-sesame"), "{error}");
}

#[tokio::test]
async fn unknown_database() {
    let Some(server) = required("QUACKLAKE_PG") else { return };
    let error = refused(&format!("postgres:{server} dbname=no_such_database")).await;
    assert!(error.contains("no_such_database"), "{error}");
}

#[tokio::test]
async fn database_without_a_lake() {
    let Some(server) = required("QUACKLAKE_PG") else { return };
    let error = refused(&format!("postgres:{server} dbname=postgres")).await;
    assert!(error.contains("no DuckLake catalog") && error.contains("dbname=postgres"), "{error}");
}

/// PgBouncer hands each transaction to another connection: nothing prepared, set or pinned outlives one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pooled_by_transaction() {
    let Ok(bouncer) = std::env::var("QUACKLAKE_PGBOUNCER") else {
        // Under cargo xtask test too: PgBouncer cannot be installed everywhere.
        oracle::skipped("QUACKLAKE_PGBOUNCER");
        return;
    };
    let folder = std::path::Path::new(concat!(env!("CARGO_TARGET_TMPDIR"), "/lakes"));
    let Some(mut expected) = oracle::lake(Backend::Postgres, "inlined_rows", folder) else { return };
    expected.uri = format!("postgres:{bouncer} dbname=lake_inlined_rows");
    let engine = Engine::open(&expected).await.expect("the lake opens");
    for _ in 0..3 {
        check(&engine, &expected).await;
    }
}

#[tokio::test]
async fn missing_bucket() {
    let Some(_) = required("QUACKLAKE_S3_ENDPOINT") else { return };
    let lake = quacklake_tests::fixtures::Copy::golden();
    let options = LakeOptions { data_path: Some("s3://no-such-bucket/data/".into()), ..LakeOptions::default() };
    let engine = Engine::open_with(&lake.uri(), options).await.expect("the catalog opens");
    let Err(error) = engine.query("SELECT * FROM t").await else { panic!("there are rows") };
    assert!(error.contains("no-such-bucket"), "{error}");
}

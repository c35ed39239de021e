//! Moves money between two tables in one transaction, streams batches into a third, and shows what a rollback leaves.
//!
//! ```text
//! cargo run -p ducklake-scan --example transaction -- sqlite:meta.sqlite DATA_PATH
//! ```

#![allow(clippy::print_stdout, reason = "an example shows its result")]

use std::sync::Arc;

use arrow::array::{Int64Array, RecordBatch, StringArray};
use ducklake_scan::{AppendOptions, CreateLake, Lake, LakeOptions};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let usage = "arguments: URI DATA_PATH";
    let uri = args.next().ok_or(usage)?;
    let data_path = args.next().ok_or(usage)?;
    let create = CreateLake { data_path, ..CreateLake::default() };
    let lake = Lake::create(&uri, &create, LakeOptions::default()).await?;

    let mut transaction = lake.begin().await?;
    transaction.set_commit_info(Some("example"), Some("first accounts"), None).await;
    transaction.execute("CREATE TABLE accounts (name VARCHAR NOT NULL, cents BIGINT DEFAULT 0)").await?;
    transaction.execute("CREATE TABLE log (what VARCHAR)").await?;
    transaction.append("accounts", accounts(&["ada", "bob"], &[500, 100])?, &AppendOptions::default()).await?;
    transaction.update("accounts", [("cents", "cents - 200")], "name = 'ada'").await?;
    transaction.update("accounts", [("cents", "cents + 200")], "name = 'bob'").await?;
    transaction.append("log", log("moved 200")?, &AppendOptions::default()).await?;
    // Its own changes are seen before anybody else's eyes.
    transaction.sql("SELECT name, cents FROM accounts ORDER BY name").await?.show().await?;
    let snapshot = transaction.commit().await?;
    println!("committed as snapshot {}", snapshot.map_or(0, |snapshot| snapshot.id));

    // A stream of batches: they go to files as they come, and are one snapshot at the end.
    let mut appender = lake.appender("accounts", AppendOptions::default()).await?;
    for thousand in 0..10 {
        let names: Vec<String> = (0..1000).map(|n| format!("customer {}", thousand * 1000 + n)).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        appender.append(accounts(&names, &vec![1; names.len()])?).await?;
    }
    println!("{} rows streamed", appender.finish().await?.rows);

    let mut transaction = lake.begin().await?;
    let deleted = transaction.delete("accounts", "true").await?;
    transaction.rollback().await?;
    let left = lake.begin().await?.scan("accounts").await?.count().await?;
    println!("{deleted} rows deleted, rolled back, {left} still there");
    Ok(())
}

fn accounts(names: &[&str], cents: &[i64]) -> Result<RecordBatch, arrow::error::ArrowError> {
    RecordBatch::try_from_iter([
        ("cents", Arc::new(Int64Array::from(cents.to_vec())) as _),
        ("name", Arc::new(StringArray::from(names.to_vec())) as _),
    ])
}

fn log(what: &str) -> Result<RecordBatch, arrow::error::ArrowError> {
    RecordBatch::try_from_iter([("what", Arc::new(StringArray::from(vec![what])) as _)])
}

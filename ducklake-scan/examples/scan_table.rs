//! Reads one table of a lake: a projection, a filter and a limit as a stream of Arrow record batches, then the same
//! table as it was at an older snapshot.
//!
//! ```text
//! cargo run -p ducklake-scan --example scan_table -- sqlite:meta.sqlite [DATA_PATH] TABLE [SNAPSHOT]
//! ```

#![allow(clippy::print_stdout, reason = "an example shows its result")]

use ducklake_scan::{Lake, LakeOptions, Session, SnapshotSelector};
use futures::TryStreamExt;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let usage = "arguments: URI DATA_PATH TABLE [SNAPSHOT] (DATA_PATH may be - for the recorded one)";
    let uri = args.next().ok_or(usage)?;
    let data_path = args.next().filter(|path| path != "-");
    let table = args.next().ok_or(usage)?;
    let snapshot = args.next().map(|text| text.parse()).transpose()?;

    let lake = Lake::open(&uri, LakeOptions { data_path, ..LakeOptions::default() }).await?;
    let session = Session::new();
    session.attach("lake", lake).await?;

    let frame = session.scan(&table).await?.limit(0, Some(5))?;
    let mut stream = frame.execute_stream().await?;
    let mut rows = 0;
    while let Some(batch) = stream.try_next().await? {
        rows += batch.num_rows();
        println!("{}", arrow::util::pretty::pretty_format_batches(&[batch])?);
    }
    println!("{rows} rows of {table}");

    if let Some(id) = snapshot {
        let old = session.scan_at(&table, &SnapshotSelector::Version(id)).await?;
        println!("{} rows at snapshot {id}", old.count().await?);
    }
    Ok(())
}

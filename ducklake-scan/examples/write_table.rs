//! Makes a lake and changes it: rows of structs, an update, a delete, a merge, and a look back.
//!
//! ```text
//! cargo run -p ducklake-scan --example write_table -- sqlite:meta.sqlite DATA_PATH
//! ```

#![allow(clippy::print_stdout, reason = "an example shows its result")]

use datafusion::prelude::{col, lit};
use ducklake_scan::{AppendOptions, CreateLake, Lake, LakeOptions, Merge, Rows, Session};
use serde::Serialize;

#[derive(Serialize)]
struct Measurement {
    station: &'static str,
    celsius: f64,
    tags: Vec<&'static str>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let usage = "arguments: URI DATA_PATH";
    let uri = args.next().ok_or(usage)?;
    let data_path = args.next().ok_or(usage)?;
    let create = CreateLake { data_path, ..CreateLake::default() };
    let lake = Lake::create(&uri, &create, LakeOptions::default()).await?;

    let rows = [
        Measurement { station: "Bern", celsius: 3.5, tags: vec!["city"] },
        Measurement { station: "Davos", celsius: -7.0, tags: vec!["alps", "snow"] },
        Measurement { station: "Test", celsius: 99.0, tags: vec![] },
    ];
    let create = AppendOptions { create: true, ..AppendOptions::default() };
    let first = lake.append_structs("weather", &rows, &create).await?;
    println!("{} rows in snapshot {}", first.rows, first.snapshot.unwrap_or_default());

    // Conditions and values are SQL, or expressions of DataFusion.
    lake.update("weather", [("celsius", "celsius + 0.5")], "station = 'Bern'").await?;
    lake.delete("weather", col("celsius").gt(lit(60))).await?;

    // Rows that meet take the new values, the others are added.
    let news = [
        Measurement { station: "Davos", celsius: -9.0, tags: vec!["alps"] },
        Measurement { station: "Lugano", celsius: 8.0, tags: vec!["lake"] },
    ];
    let merge = Merge::new("weather", Rows::from_structs(&news)?, &["station"])
        .when_matched_update_all()
        .when_not_matched_insert_all();
    println!("{} rows merged", lake.merge(merge).await?.rows);

    let session = Session::new();
    session.attach("lake", lake).await?;
    session.sql("SELECT station, celsius FROM weather ORDER BY station").await?.show().await?;
    let then = format!("SELECT count(*) AS then FROM weather AT (VERSION => {})", first.snapshot.unwrap_or_default());
    session.sql(&then).await?.show().await?;
    Ok(())
}

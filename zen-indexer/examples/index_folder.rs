//! Indexes a folder into a lake of its own and prints what it declares for others.
//!
//! ```text
//! cargo run -p zen-indexer --example index_folder -- FOLDER LAKE_FOLDER
//! ```

#![allow(clippy::print_stdout, reason = "an example shows its result")]

use std::path::Path;
use std::sync::Arc;

use datafusion::prelude::{col, lit};
use zen_indexer::index::{IndexOptions, Package, index};
use zen_indexer::lake::{Location, ZenLake};
use zen_indexer::progress::Silent;
use zen_indexer::sources::{WalkOptions, read_manifest};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let usage = "arguments: FOLDER LAKE_FOLDER";
    let root = args.next().ok_or(usage)?;
    let lake = ZenLake::create(&Location::default_from(Path::new(&args.next().ok_or(usage)?))).await?;

    let manifest = read_manifest(Path::new(&root))?;
    let package = Package { root: root.into(), manifest, downloads: None, walk: WalkOptions::working_tree() };
    // No embedder: names and texts are enough here.
    let indexed = index(&lake, package, IndexOptions::default(), Arc::new(Silent)).await?;
    println!("{} symbols of {} in snapshot {:?}", indexed.symbols, indexed.name, indexed.snapshot);

    // The tables are a lake's like any other.
    let symbols = lake.session().await?.scan("lake.zen.api_symbols").await?;
    let public = symbols.filter(col("visibility").eq(lit("public")))?.select_columns(&["kind", "name", "signature"])?;
    public.limit(0, Some(20))?.show().await?;
    lake.close().await;
    Ok(())
}

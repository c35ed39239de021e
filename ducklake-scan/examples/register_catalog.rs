//! A lake beside other tables in a DataFusion context of one's own: joins it with a table in memory, and lists it through
//! `information_schema`.
//!
//! ```text
//! cargo run -p ducklake-scan --example register_catalog -- sqlite:meta.sqlite DATA_PATH
//! ```

#![allow(clippy::print_stdout, reason = "an example shows its result")]

use datafusion::prelude::{SessionConfig, SessionContext};
use ducklake_scan::{Lake, LakeOptions};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let uri = args.next().ok_or("arguments: URI [DATA_PATH]")?;
    let lake = Lake::open(&uri, LakeOptions { data_path: args.next(), ..LakeOptions::default() }).await?;

    let context = SessionContext::new_with_config(SessionConfig::new().with_information_schema(true));
    lake.register(&context, "lake").await?;

    context.sql("CREATE TABLE wanted AS VALUES ('BASE TABLE'), ('VIEW')").await?.collect().await?;
    context
        .sql(
            "SELECT t.table_schema, t.table_name, t.table_type FROM information_schema.tables t \
             JOIN wanted w ON w.column1 = t.table_type WHERE t.table_catalog = 'lake' \
             AND t.table_schema <> 'information_schema' ORDER BY 1, 2",
        )
        .await?
        .show()
        .await?;
    Ok(())
}

//! `zen refresh`: the search indexes, brought up to date. Commands that index packages end so, too.

use serde_json::json;
use zen_indexer::ZenError;
use zen_indexer::lake::ZenLake;

use crate::args::Global;
use crate::failure::{Failure, warn};
use crate::output;
use crate::progress::Bars;

pub(super) async fn run(lake: &ZenLake, global: &Global) -> Result<(), Failure> {
    let bars = Bars::new(global.quiet);
    let rows = lake.refresh(bars.package("search")).await?;
    let mut is_new = false;
    for row in rows.iter().filter(|row| row.segments_built + row.segments_removed > 0) {
        is_new = true;
        if global.json {
            output::json(&json!({
                "table": row.table, "index": row.index, "rows": row.rows_indexed,
                "segments_made": row.segments_built, "segments_removed": row.segments_removed,
            }))?;
        } else {
            output::line(&format!("{}: {} rows indexed", row.index, row.rows_indexed))?;
        }
    }
    if is_new || global.json { Ok(()) } else { output::line("the search indexes are up to date") }
}

/// Refreshes at the end of a command whose work is done and stays, whatever becomes of the indexes: searches read what
/// these lack.
pub(super) async fn after(lake: &ZenLake, bars: &Bars) {
    if let Err(error) = lake.refresh(bars.package("search")).await {
        told(&error, bars);
    }
}

fn told(error: &ZenError, bars: &Bars) {
    bars.above(|| warn(&format!("the search indexes are not up to date ({error}); `zen refresh` tries again")));
}

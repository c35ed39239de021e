//! `zen refs`: who refers to a symbol, and what it refers to.

use zen_search::{ReferenceRequest, Searcher};

use super::search::{filter, tell_unanswered};
use crate::args::{Global, Refs};
use crate::failure::{Failure, hint};
use crate::output::{self, Page};

pub(super) async fn run(searcher: &Searcher, args: &Refs, global: &Global) -> Result<(), Failure> {
    let request = ReferenceRequest {
        symbol: args.symbol.clone(),
        callers: !args.callees,
        callees: !args.callers,
        relations: args.relation.clone(),
        filter: filter(&args.filters)?,
        limit: args.limit,
    };
    let found = searcher.references(&request).await?;
    tell_unanswered(&found.unanswered);
    if found.callers.is_empty() && found.callees.is_empty() {
        hint(&if found.symbols.is_empty() {
            format!("nothing is called '{}' and nothing refers to that name; `zen search` finds symbols", args.symbol)
        } else {
            "no references; tests are indexed with --tests only".into()
        });
    }
    if global.json {
        return output::json(&found);
    }
    let text = output::references(&found, &Page::stdout(), searcher.lakes().are_several());
    if text.is_empty() { Ok(()) } else { output::line(&text) }
}

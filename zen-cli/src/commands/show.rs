//! `zen show`: symbols with everything that is known of them.

use zen_indexer::ZenError;
use zen_search::{Searcher, SourceRequest, SymbolRequest};

use super::search::{filter, tell_unanswered};
use crate::args::{Global, Show};
use crate::failure::Failure;
use crate::output::{self, Page};

pub(super) async fn run(searcher: &Searcher, args: &Show, global: &Global) -> Result<(), Failure> {
    let mut filter = filter(&args.filters)?;
    filter.kinds.extend(args.kind.clone());
    filter.check()?;
    let here = || std::env::current_dir().map_err(|source| ZenError::Io { path: ".".into(), source });
    let source = match args.no_source {
        true => None,
        false => Some(SourceRequest { project: here()?, context: args.context, from_line: None }),
    };
    let request = SymbolRequest { symbol: args.symbol.clone(), filter, limit: args.limit, source };
    let found = searcher.show(&request).await?;
    tell_unanswered(&found.unanswered);
    if found.symbols.is_empty() {
        return Err(ZenError::NotFound { what: "symbol", name: args.symbol.clone() }.into());
    }
    let page = Page::stdout();
    for (at, shown) in found.symbols.iter().enumerate() {
        if global.json {
            output::json(shown)?;
            continue;
        }
        if at > 0 {
            output::line("")?;
        }
        output::line(&output::shown(shown, &page, searcher.lakes().are_several()))?;
    }
    if found.more > 0 && !global.json {
        output::line(&format!("\n… and {} more (--limit, --package, --kind)", found.more))?;
    }
    Ok(())
}

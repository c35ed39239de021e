//! `zen show`: symbols with everything that is known of them.

use zen_indexer::ZenError;
use zen_indexer::lake::{SymbolQuery, ZenLake};

use crate::args::{Global, Show};
use crate::failure::Failure;
use crate::output;

pub(super) async fn run(lake: &ZenLake, args: &Show, global: &Global) -> Result<(), Failure> {
    let wanted = SymbolQuery {
        id_or_name: args.symbol.clone(),
        ecosystem: args.ecosystem.clone(),
        package: args.package.clone(),
        version: args.version.clone(),
        kind: args.kind.clone(),
    };
    let symbols = lake.symbols(&wanted).await?;
    if symbols.is_empty() {
        return Err(ZenError::NotFound { what: "symbol", name: args.symbol.clone() }.into());
    }
    for (at, symbol) in symbols.iter().take(args.limit).enumerate() {
        if global.json {
            output::json(symbol)?;
            continue;
        }
        if at > 0 {
            output::line("")?;
        }
        output::line(&output::symbol(symbol))?;
    }
    if symbols.len() > args.limit && !global.json {
        output::line(&format!("\n… and {} more (--limit, --package, --kind)", symbols.len() - args.limit))?;
    }
    Ok(())
}

//! `zen embed`: embeddings that are missing.

use serde_json::json;
use zen_indexer::lake::ZenLake;
use zen_indexer::sources::PackageSpec;

use super::install::spec;
use super::{embedder, refresh};
use crate::args::{Embed, Global};
use crate::failure::Failure;
use crate::output;
use crate::progress::Bars;

pub(super) async fn run(lake: &ZenLake, args: &Embed, global: &Global) -> Result<(), Failure> {
    let wanted = args.package.as_deref().map(spec).transpose()?;
    let mut missing = lake.without_embeddings().await?;
    missing.retain(|package| wanted.as_ref().is_none_or(|wanted| fits(wanted, package)));
    if missing.is_empty() {
        return if global.json { Ok(()) } else { output::line("nothing is missing") };
    }
    let embedder = embedder(&args.model).await?;
    let bars = Bars::new(global.quiet);
    for (ecosystem, name, version) in missing {
        let progress = bars.package(&name);
        let embedded =
            zen_indexer::index::embed_package(lake, (&ecosystem, &name, &version), &embedder, progress).await?;
        let mut result = Ok(());
        bars.above(|| {
            result = if global.json {
                let embedded = json!({"ecosystem": ecosystem, "name": name, "version": version, "embedded": embedded});
                output::json(&embedded)
            } else {
                output::line(&format!("{ecosystem}:{name}@{version}: {embedded} embeddings"))
            };
        });
        result?;
    }
    if !args.no_refresh {
        refresh::after(lake, &bars).await;
    }
    Ok(())
}

fn fits(wanted: &PackageSpec, (ecosystem, name, version): &(String, String, String)) -> bool {
    wanted.ecosystem.as_str() == ecosystem
        && wanted.name == *name
        && wanted.version.as_ref().is_none_or(|wanted| wanted == version)
}

//! `zen list`: the packages in the lake.

use zen_indexer::lake::ZenLake;
use zen_search::Searcher;

use super::search::tell_unanswered;
use crate::args::{Global, List};
use crate::failure::Failure;
use crate::output;

pub(super) async fn run(searcher: &Searcher, args: &List, global: &Global) -> Result<(), Failure> {
    let found = searcher.packages().await?;
    tell_unanswered(&found.unanswered);
    let mut packages = found.packages;
    packages.retain(|listed| args.ecosystem.as_ref().is_none_or(|wanted| *wanted == listed.package.ecosystem));
    if global.json {
        return packages.iter().try_for_each(output::json);
    }
    if packages.is_empty() {
        return output::line("no packages yet: `zen index PATH`, `zen install rust:NAME` or `zen onboard` brings some");
    }
    output::line(&output::packages(&packages, searcher.lakes().are_several()))
}

pub(super) async fn dependencies(lake: &ZenLake, args: &List, global: &Global) -> Result<(), Failure> {
    let mut found = lake.dependencies().await?;
    found.retain(|dependency| args.ecosystem.as_ref().is_none_or(|wanted| *wanted == dependency.ecosystem));
    if global.json {
        return found.iter().try_for_each(output::json);
    }
    let mut rows = vec![["DEPENDENCY", "VERSION", "ASKED FOR", "INDEXED", "PROJECT"].map(String::from)];
    rows.extend(found.into_iter().map(|dependency| {
        [
            format!("{}:{}", dependency.ecosystem, dependency.name),
            dependency.version.unwrap_or_default(),
            dependency.requirement.unwrap_or_default(),
            if dependency.indexed { "yes" } else { "no" }.into(),
            format!("{} ({})", dependency.project, dependency.source),
        ]
    }));
    output::line(&output::columns(&rows))
}

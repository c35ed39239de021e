//! `zen install`: packages from registries, or a repository.

use zen_indexer::ZenError;
use zen_indexer::index::{IndexOptions, Indexed, Package, Skipped};
use zen_indexer::lake::ZenLake;
use zen_indexer::progress::Phase;
use zen_indexer::sources::{FetchOptions, Fetched, PackageSpec, WalkOptions, fetch, fetch_git};

use super::index::{one, told};
use super::{options, refresh};
use crate::args::{Global, Indexing, Install};
use crate::failure::{Failure, report};
use crate::progress::Bars;

pub(super) async fn run(lake: &ZenLake, args: &Install, global: &Global) -> Result<(), Failure> {
    let specs: Vec<PackageSpec> = args.packages.iter().map(|text| spec(text)).collect::<Result<_, _>>()?;
    let options = options(&args.indexing).await?;
    let fetching = FetchOptions { allow_build: args.allow_build, ..FetchOptions::default() };
    let bars = Bars::new(global.quiet);
    if let Some(url) = &args.git {
        let progress = bars.package(url);
        progress.begin(Phase::Fetch, 0);
        let fetched = fetch_git(url, args.rev.as_deref(), &fetching).await.map_err(ZenError::from)?;
        progress.end(Phase::Fetch);
        let indexed = index_fetched(lake, fetched, &args.indexing, options, &bars).await?;
        told(&indexed, args.indexing.verbose, global, &bars)?;
        return refreshed(lake, args, &bars, Ok(())).await;
    }
    let mut failed = 0;
    for spec in &specs {
        match install(lake, spec, &fetching, &args.indexing, options.clone(), &bars).await {
            Ok(indexed) => told(&indexed, args.indexing.verbose, global, &bars)?,
            Err(Failure::Zen(error)) if specs.len() > 1 => {
                bars.above(|| report(&format!("{spec}: {error}"), error.hint().as_deref()));
                failed += 1;
            }
            Err(failure) => return Err(failure),
        }
    }
    let result = if failed > 0 { Err(Failure::Partly { failed, total: specs.len() }) } else { Ok(()) };
    refreshed(lake, args, &bars, result).await
}

/// The end of the command, with the search indexes as up to date as was asked for.
async fn refreshed(lake: &ZenLake, args: &Install, bars: &Bars, result: Result<(), Failure>) -> Result<(), Failure> {
    if !args.indexing.no_refresh {
        refresh::after(lake, bars).await;
    }
    result
}

/// A package's name on the command line.
pub(super) fn spec(text: &str) -> Result<PackageSpec, Failure> {
    text.parse().map_err(|error: zen_indexer::sources::PackageError| Failure::Usage {
        message: error.to_string(),
        hint: Some("write ECOSYSTEM:NAME or ECOSYSTEM:NAME@VERSION, as in rust:tokio@1.40.0".into()),
    })
}

/// Gets a package and indexes it.
pub(super) async fn install(
    lake: &ZenLake,
    spec: &PackageSpec,
    fetching: &FetchOptions,
    indexing: &Indexing,
    options: IndexOptions,
    bars: &Bars,
) -> Result<Indexed, Failure> {
    let progress = bars.package(&spec.to_string());
    progress.begin(Phase::Fetch, 0);
    let fetched = fetch(spec, fetching).await.map_err(ZenError::from)?;
    progress.end(Phase::Fetch);
    index_fetched(lake, fetched, indexing, options, bars).await
}

/// Indexes what was fetched; its temporary folder is gone afterwards, whatever happened.
async fn index_fetched(
    lake: &ZenLake,
    fetched: Fetched,
    indexing: &Indexing,
    options: IndexOptions,
    bars: &Bars,
) -> Result<Indexed, Failure> {
    let walk = indexing.walk(WalkOptions::package());
    let package = Package {
        root: fetched.root.clone(),
        manifest: fetched.manifest.clone(),
        downloads: fetched.downloads.and_then(|count| i64::try_from(count).ok()),
        walk,
    };
    let mut indexed = one(lake, package, options, bars).await?;
    let left_out = fetched.left_out.iter();
    indexed.skipped.extend(left_out.map(|(path, reason)| Skipped { path: path.clone(), reason: (*reason).into() }));
    Ok(indexed)
}

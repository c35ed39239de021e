//! `zen index`: a folder.

use zen_indexer::ZenError;
use zen_indexer::index::{IndexOptions, Indexed, Package, index};
use zen_indexer::lake::ZenLake;
use zen_indexer::sources::{Ecosystem, Manifest, WalkOptions, read_manifest};

use super::options;
use crate::args::{Global, Index};
use crate::failure::Failure;
use crate::output;
use crate::progress::Bars;

pub(super) async fn run(lake: &ZenLake, args: &Index, global: &Global) -> Result<(), Failure> {
    let options = options(&args.indexing).await?;
    let root = args.path.clone();
    let found = tokio::task::spawn_blocking(move || read_manifest(&root)).await;
    let found = found.map_err(|error| ZenError::Thread { reason: error.to_string() })?.map_err(ZenError::from)?;
    let manifest = overridden(found, args)?;
    let walk = WalkOptions { include_tests: args.indexing.tests, ..WalkOptions::working_tree() };
    let package = Package { root: args.path.clone(), manifest, downloads: None, walk };
    let bars = Bars::new(global.quiet);
    let indexed = one(lake, package, options, &bars).await?;
    told(&indexed, args.indexing.verbose, global, &bars)
}

fn overridden(mut manifest: Manifest, args: &Index) -> Result<Manifest, Failure> {
    if let Some(ecosystem) = &args.ecosystem {
        manifest.ecosystem = ecosystem
            .parse::<Ecosystem>()
            .map_err(|error| Failure::Usage { message: error.to_string(), hint: None })?;
    }
    if let Some(name) = &args.name {
        manifest.name.clone_from(name);
    }
    if let Some(version) = &args.version {
        manifest.version.clone_from(version);
    }
    Ok(manifest)
}

/// Indexes one package, with a bar.
pub(super) async fn one(
    lake: &ZenLake,
    package: Package,
    options: IndexOptions,
    bars: &Bars,
) -> Result<Indexed, Failure> {
    let progress = bars.package(&package.manifest.name);
    Ok(index(lake, package, options, progress).await?)
}

/// Says what was indexed.
pub(super) fn told(indexed: &Indexed, verbose: bool, global: &Global, bars: &Bars) -> Result<(), Failure> {
    let mut result = Ok(());
    bars.above(|| {
        result = if global.json { output::json(indexed) } else { output::line(&output::summary(indexed, verbose)) };
    });
    result
}

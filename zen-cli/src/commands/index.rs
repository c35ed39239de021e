//! `zen index`: a folder.

use std::path::Path;

use zen_indexer::ZenError;
use zen_indexer::index::{IndexOptions, Indexed, Package, index};
use zen_indexer::lake::ZenLake;
use zen_indexer::sources::{Ecosystem, Manifest, PackageError, WalkOptions, find_manifest, read_manifest};

use super::{options, refresh};
use crate::args::{Global, Index};
use crate::failure::Failure;
use crate::output;
use crate::progress::Bars;

pub(super) async fn run(lake: &ZenLake, args: &Index, global: &Global) -> Result<(), Failure> {
    let options = options(&args.indexing).await?;
    let (root, ecosystem) = (args.path.clone(), ecosystem(args)?);
    let found = tokio::task::spawn_blocking(move || manifest(&root, ecosystem)).await;
    let found = found.map_err(|error| ZenError::Thread { reason: error.to_string() })??;
    let manifest = overridden(found, args);
    let walk = args.indexing.walk(WalkOptions::working_tree());
    let package = Package { root: args.path.clone(), manifest, downloads: None, walk };
    let bars = Bars::new(global.quiet);
    let indexed = one(lake, package, options, &bars).await?;
    told(&indexed, args.indexing.verbose, global, &bars)?;
    if !args.indexing.no_refresh {
        refresh::after(lake, &bars).await;
    }
    Ok(())
}

fn ecosystem(args: &Index) -> Result<Option<Ecosystem>, Failure> {
    let parsed = args.ecosystem.as_deref().map(str::parse).transpose();
    parsed.map_err(|error: PackageError| Failure::Usage { message: error.to_string(), hint: None })
}

/// What the folder's manifest says: of the ecosystem that is asked for, where the folder has one.
fn manifest(root: &Path, ecosystem: Option<Ecosystem>) -> Result<Manifest, ZenError> {
    let Some(ecosystem) = ecosystem else { return Ok(read_manifest(root)?) };
    Ok(match find_manifest(root, Some(ecosystem))? {
        Some(manifest) => manifest,
        None => Manifest { ecosystem, ..read_manifest(root)? },
    })
}

fn overridden(mut manifest: Manifest, args: &Index) -> Manifest {
    if let Some(name) = &args.name {
        manifest.name.clone_from(name);
    }
    if let Some(version) = &args.version {
        manifest.version.clone_from(version);
    }
    manifest
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

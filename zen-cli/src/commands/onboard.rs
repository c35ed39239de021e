//! `zen onboard`: what this project depends on.

use std::collections::HashMap;

use futures::StreamExt;
use serde_json::json;
use zen_indexer::ZenError;
use zen_indexer::lake::ZenLake;
use zen_indexer::model::ProjectDependency;
use zen_indexer::project::{Dependency, Origin, dependencies};
use zen_indexer::sources::{FetchOptions, PackageSpec};

use super::index::told;
use super::install::install;
use super::{options, refresh};
use crate::args::{Global, Onboard};
use crate::failure::{Failure, report, warn};
use crate::output;
use crate::progress::Bars;

pub(super) async fn run(lake: &ZenLake, args: &Onboard, global: &Global) -> Result<(), Failure> {
    let root = std::fs::canonicalize(&args.path)
        .map_err(|source| ZenError::Io { path: args.path.display().to_string(), source })?;
    let folder = root.clone();
    let project = tokio::task::spawn_blocking(move || dependencies(&folder)).await;
    let project = project.map_err(|error| ZenError::Thread { reason: error.to_string() })?.map_err(ZenError::from)?;
    let bars = Bars::new(global.quiet);
    for warning in &project.warnings {
        bars.above(|| warn(warning));
    }
    let mut wanted = project.dependencies;
    wanted.retain(|dependency| {
        dependency.origin == Origin::Registry
            && (args.transitive || dependency.is_direct)
            && (args.dev || !dependency.is_dev)
    });
    let missing = missing(lake, &wanted).await?;
    if args.dry_run {
        return listed(&missing, global);
    }
    let total = missing.len();
    let done = index_all(lake, &missing, args, global, &bars).await?;
    let project = root.display().to_string();
    let rows = recorded(lake, &project, &wanted, &done).await?;
    lake.record_dependencies(&project, &rows).await?;
    if !args.indexing.no_refresh && !done.is_empty() {
        refresh::after(lake, &bars).await;
    }
    let indexed = rows.iter().filter(|row| row.indexed).count();
    if global.json {
        output::json(&json!({"project": project, "dependencies": rows.len(), "indexed": indexed}))?;
    } else {
        output::line(&format!("{indexed} of {} dependencies are indexed, {} of them now", rows.len(), done.len()))?;
    }
    let failed = total - done.len();
    if failed > 0 { Err(Failure::Partly { failed, total }) } else { Ok(()) }
}

/// What is not in the lake yet, each package once. What has no version is asked for in its latest.
async fn missing(lake: &ZenLake, wanted: &[Dependency]) -> Result<Vec<PackageSpec>, Failure> {
    let mut missing: Vec<PackageSpec> = Vec::new();
    for dependency in wanted {
        let Ok(spec) = PackageSpec::new(dependency.ecosystem, &dependency.name, dependency.version.as_deref()) else {
            report(&format!("{}: '{}' is no name of a package", dependency.source, dependency.name), None);
            continue;
        };
        let there = match &spec.version {
            Some(version) => lake.has(spec.ecosystem.as_str(), &spec.name, version).await?,
            None => false,
        };
        if !there && !missing.contains(&spec) {
            missing.push(spec);
        }
    }
    Ok(missing)
}

fn listed(missing: &[PackageSpec], global: &Global) -> Result<(), Failure> {
    for spec in missing {
        if global.json {
            output::json(&json!({"missing": spec.to_string()}))?
        } else {
            output::line(&spec.to_string())?
        }
    }
    Ok(())
}

/// Indexes packages, several at once; those that fail are told and left out. Gives the versions that were indexed.
async fn index_all(
    lake: &ZenLake,
    missing: &[PackageSpec],
    args: &Onboard,
    global: &Global,
    bars: &Bars,
) -> Result<HashMap<String, String>, Failure> {
    let mut done = HashMap::new();
    if missing.is_empty() {
        return Ok(done);
    }
    let options = options(&args.indexing).await?;
    let fetching = FetchOptions { directory: Some(args.path.clone()), ..FetchOptions::default() };
    let work = missing.iter().map(|spec| {
        let (options, fetching) = (options.clone(), fetching.clone());
        async move { (spec, install(lake, spec, &fetching, &args.indexing, options, bars).await) }
    });
    let mut results = futures::stream::iter(work).buffer_unordered(args.jobs.get());
    while let Some((spec, result)) = results.next().await {
        match result {
            Ok(indexed) => {
                done.insert(spec.to_string(), indexed.version.clone());
                told(&indexed, args.indexing.verbose, global, bars)?;
            }
            Err(Failure::Zen(error)) => {
                bars.above(|| report(&format!("{spec}: {error}"), error.hint().as_deref()));
            }
            Err(failure) => return Err(failure),
        }
    }
    Ok(done)
}

/// The project's dependencies as they are recorded.
async fn recorded(
    lake: &ZenLake,
    project: &str,
    wanted: &[Dependency],
    done: &HashMap<String, String>,
) -> Result<Vec<ProjectDependency>, Failure> {
    let mut rows = Vec::with_capacity(wanted.len());
    for dependency in wanted {
        let asked = PackageSpec::new(dependency.ecosystem, &dependency.name, dependency.version.as_deref()).ok();
        let now = asked.as_ref().and_then(|spec| done.get(&spec.to_string())).cloned();
        let version = dependency.version.clone().or(now);
        let indexed = match (&asked, &version) {
            (Some(spec), Some(version)) => lake.has(spec.ecosystem.as_str(), &spec.name, version).await?,
            _ => false,
        };
        rows.push(ProjectDependency {
            project: project.to_owned(),
            ecosystem: dependency.ecosystem.as_str().to_owned(),
            name: dependency.name.clone(),
            version,
            requirement: dependency.requirement.clone(),
            is_direct: dependency.is_direct,
            is_dev: dependency.is_dev,
            source: dependency.source.clone(),
            indexed,
        });
    }
    Ok(rows)
}

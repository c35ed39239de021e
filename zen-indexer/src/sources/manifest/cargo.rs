//! Cargo.toml, with what it takes from its workspace.

use std::path::Path;

use toml::{Table, Value};

use crate::sources::error::SourceError;
use crate::sources::manifest::{Found, problem, read_file};

/// How far up a workspace is looked for.
const MAX_PARENTS: usize = 16;

pub(super) fn read(root: &Path) -> Result<Option<Found>, SourceError> {
    let path = root.join("Cargo.toml");
    let Some(text) = read_file(&path)? else { return Ok(None) };
    let manifest: Table = text.parse().map_err(|error| problem(&path, error))?;
    let Some(package) = manifest.get("package").or_else(|| manifest.get("project")).and_then(Value::as_table) else {
        return Ok(virtual_workspace(&manifest));
    };
    let parent = parent_workspace(root, &manifest);
    let get = |key: &str| match package.get(key)? {
        Value::String(value) => Some(value.clone()),
        Value::Table(table) if table.get("workspace").and_then(Value::as_bool) == Some(true) => {
            Some(parent.as_ref()?.get(key)?.as_str()?.to_owned())
        }
        _ => None,
    };
    Ok(Some(Found {
        name: get("name"),
        // A package without a version has this one.
        version: get("version").or_else(|| Some("0.0.0".to_owned())),
        repo_url: get("repository").or_else(|| get("homepage")),
        description: get("description"),
        license: get("license"),
        ..Found::default()
    }))
}

/// A folder of several packages.
fn virtual_workspace(manifest: &Table) -> Option<Found> {
    let workspace = manifest.get("workspace")?.as_table()?;
    let get = |key: &str| Some(workspace.get("package")?.get(key)?.as_str()?.to_owned());
    Some(Found {
        version: get("version"),
        repo_url: get("repository").or_else(|| get("homepage")),
        description: get("description"),
        license: get("license"),
        weak: true,
        ..Found::default()
    })
}

/// `workspace.package` of the workspace that a package is in.
fn parent_workspace(root: &Path, manifest: &Table) -> Option<Table> {
    let of = |manifest: &Table| Some(manifest.get("workspace")?.get("package")?.as_table()?.clone());
    if manifest.contains_key("workspace") {
        return of(manifest);
    }
    let named = manifest.get("package").and_then(|package| package.get("workspace")?.as_str());
    let mut folders: Vec<_> = named.map(|path| root.join(path)).into_iter().collect();
    folders.extend(root.ancestors().skip(1).take(MAX_PARENTS).map(Path::to_path_buf));
    folders.into_iter().find_map(|folder| {
        let text = read_file(&folder.join("Cargo.toml")).ok()??;
        let manifest: Table = text.parse().ok()?;
        manifest.contains_key("workspace").then(|| of(&manifest))?
    })
}

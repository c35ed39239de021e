//! pnpm-lock.yaml, versions 5 to 9.

use serde_json::Value;

use super::lock::{Lock, Style, importer_key};
use super::{origin_of, split_spec};
use crate::project::Origin;
use crate::project::graph::Node;

const KINDS: [&str; 3] = ["dependencies", "devDependencies", "optionalDependencies"];

/// Reads the file.
pub(super) fn read(file: &Value) -> Lock {
    let version = file.get("lockfileVersion");
    let major = version.and_then(|version| match version {
        Value::String(text) => text.split(['.', '-']).next()?.parse().ok(),
        number => number.as_f64(),
    });
    let has_slashes = major.is_some_and(|major| major < 6.0);
    let mut lock = Lock { style: Style::Importers, ..Lock::default() };
    let facts = file.get("packages");
    // Since version 9 what a package needs stands apart from what it is.
    let packages = file.get("snapshots").or(facts).and_then(Value::as_object);
    let mut needs: Vec<Vec<(String, String)>> = Vec::new();
    for (key, entry) in packages.into_iter().flatten() {
        let node = node(key, entry, facts, has_slashes);
        lock.places.insert(key.clone(), lock.nodes.len());
        lock.nodes.push(node);
        needs.push(named(entry).collect());
    }
    for (at, needs) in needs.into_iter().enumerate() {
        let needs = needs.iter().filter_map(|(name, version)| reference(&lock, name, version)).collect();
        lock.nodes[at].needs = needs;
    }
    let members = file.get("importers").and_then(Value::as_object);
    let members = members.into_iter().flatten().map(|(folder, member)| (folder.as_str(), member));
    let alone = file.get("importers").is_none().then_some((".", file));
    for (folder, member) in members.chain(alone) {
        let folder = folder.trim_start_matches("./");
        let folder = if folder == "." { "" } else { folder };
        for (name, version) in named(member) {
            if let Some(place) = reference(&lock, &name, &version) {
                lock.places.insert(importer_key(folder, &name), place);
            }
        }
    }
    lock
}

/// The names and versions that an entry needs; versions are plain or stand beside what was asked for.
fn named(entry: &Value) -> impl Iterator<Item = (String, String)> + '_ {
    KINDS.iter().filter_map(|kind| entry.get(*kind).and_then(Value::as_object)).flatten().filter_map(|(name, value)| {
        let version = value.as_str().or_else(|| value.get("version").and_then(Value::as_str))?;
        Some((name.clone(), version.to_owned()))
    })
}

/// The package that a version means: a version of the same name, or the key of another package.
fn reference(lock: &Lock, name: &str, version: &str) -> Option<usize> {
    [
        format!("{name}@{version}"),
        format!("/{name}@{version}"),
        format!("/{name}/{version}"),
        version.to_owned(),
        format!("/{version}"),
    ]
    .iter()
    .find_map(|key| lock.places.get(key).copied())
}

fn node(key: &str, entry: &Value, facts: Option<&Value>, has_slashes: bool) -> Node {
    // What follows in brackets are the peers.
    let bare = key.split('(').next().unwrap_or(key);
    let path = bare.trim_start_matches('/');
    let (name, version) = if has_slashes {
        let scoped = usize::from(path.starts_with('@'));
        match path.match_indices('/').nth(scoped) {
            Some((at, _)) => (&path[..at], path[at + 1..].split('_').next().unwrap_or_default()),
            None => (path, ""),
        }
    } else {
        split_spec(path)
    };
    let facts = facts.and_then(|facts| facts.get(bare)).unwrap_or(entry);
    let text = |key: &str| facts.get(key).and_then(Value::as_str);
    let resolution = facts.get("resolution");
    let is_git = resolution.and_then(|resolution| resolution.get("type")).and_then(Value::as_str) == Some("git");
    let tarball =
        resolution.and_then(|resolution| resolution.get("tarball")).and_then(Value::as_str).unwrap_or_default();
    let is_folder = resolution.is_some_and(|resolution| resolution.get("directory").is_some());
    let is_plain = semver::Version::parse(version).is_ok();
    let origin = if is_git || tarball.contains("codeload.github.com") {
        Origin::Git
    } else if is_folder || path.starts_with("file:") {
        Origin::Path
    } else if is_plain {
        Origin::Registry
    } else {
        match origin_of(version) {
            Origin::Registry => Origin::Url,
            origin => origin,
        }
    };
    let version = text("version").or(Some(version).filter(|_| is_plain)).map(str::to_owned);
    Node { name: text("name").unwrap_or(name).to_owned(), version, origin, needs: Vec::new() }
}

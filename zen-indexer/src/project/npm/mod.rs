//! package.json and the lock files of npm, yarn, pnpm and bun.

mod lock;
mod pnpm;
mod tree;
mod yarn;

use std::collections::HashMap;

use serde_json::Value;

use self::lock::Lock;
use super::files::{Files, join, strings};
use super::graph::Direct;
use super::{Ecosystem, Origin, Reading};

/// Reads the package or workspace in the project's folder.
pub(super) fn read(reading: &mut Reading) {
    let files = &mut reading.files;
    let manifest = if files.exists("package.json") { files.json("package.json") } else { None };
    let locked = read_lock(files, manifest.as_ref());
    let mut folders = vec![(String::new(), manifest.clone().unwrap_or(Value::Null))];
    if let Some(manifest) = &manifest {
        let patterns = patterns(files, manifest);
        for folder in files.members(&patterns, "package.json", "package.json") {
            if !folder.is_empty()
                && let Some(manifest) = files.json(&join(&folder, "package.json"))
            {
                folders.push((folder, manifest));
            }
        }
    }
    let names: HashMap<String, String> = folders
        .iter()
        .filter_map(|(folder, manifest)| Some((manifest.get("name")?.as_str()?.to_owned(), folder.clone())))
        .collect();
    let mut directs = Vec::new();
    for (folder, manifest) in &folders {
        let own_name = manifest.get("name").and_then(Value::as_str).unwrap_or_default();
        for mut direct in named_by(manifest, &join(folder, "package.json")) {
            if let Some((_, lock)) = &locked {
                direct.nodes.extend(lock.find(folder, own_name, &direct));
            }
            if direct.nodes.is_empty() && names.contains_key(&direct.name) {
                direct.origin = Origin::Path;
            }
            directs.push(direct);
        }
    }
    match locked {
        Some((path, lock)) => reading.add_graph(Ecosystem::Npm, directs, &lock.nodes, path),
        None => reading.add_graph(Ecosystem::Npm, directs, &[], "package.json"),
    }
}

/// The lock file of the package manager that the manifest names, or the first that is there.
fn read_lock(files: &mut Files, manifest: Option<&Value>) -> Option<(&'static str, Lock)> {
    let mut locks = [
        ("npm", "npm-shrinkwrap.json"),
        ("npm", "package-lock.json"),
        ("pnpm", "pnpm-lock.yaml"),
        ("yarn", "yarn.lock"),
        ("bun", "bun.lock"),
    ];
    let manager =
        manifest.and_then(|manifest| manifest.get("packageManager")).and_then(Value::as_str).unwrap_or_default();
    // Stable: the order stays among the others.
    locks.sort_by_key(|(name, _)| manager.split('@').next() != Some(name));
    let (_, path) = locks.into_iter().find(|(_, path)| files.exists(path))?;
    let lock = match path {
        "pnpm-lock.yaml" => pnpm::read(&files.yaml(path)?),
        "yarn.lock" => yarn::read(files, path)?,
        "bun.lock" => tree::read_bun(&files.json_with_comments(path)?),
        _ => tree::read_npm(&files.json(path)?),
    };
    Some((path, lock))
}

/// The patterns that the members of the workspace have, in pnpm's file or the manifest.
fn patterns(files: &mut Files, manifest: &Value) -> Vec<String> {
    let workspace = if files.exists("pnpm-workspace.yaml") { files.yaml("pnpm-workspace.yaml") } else { None };
    let mut patterns = strings(workspace.as_ref().and_then(|workspace| workspace.get("packages")));
    let workspaces = manifest.get("workspaces");
    patterns.extend(strings(workspaces.and_then(|workspaces| workspaces.get("packages")).or(workspaces)));
    patterns
}

fn named_by(manifest: &Value, source: &str) -> Vec<Direct> {
    let mut directs: Vec<Direct> = Vec::new();
    for (key, is_dev) in [
        ("dependencies", false),
        ("optionalDependencies", false),
        ("devDependencies", true),
        ("peerDependencies", false),
    ] {
        let optional = manifest.get("peerDependenciesMeta");
        for (alias, requirement) in manifest.get(key).and_then(Value::as_object).into_iter().flatten() {
            let is_optional_peer = key == "peerDependencies"
                && optional.and_then(|optional| optional.get(alias)?.get("optional")) == Some(&Value::Bool(true));
            let requirement = requirement.as_str().unwrap_or_default();
            if is_optional_peer || directs.iter().any(|direct| direct.alias.as_deref().unwrap_or(&direct.name) == alias)
            {
                continue;
            }
            let (name, origin) = target(alias, requirement);
            let mut direct = Direct::new(name, Some(requirement.to_owned()), is_dev, source);
            direct.alias = (name != alias).then(|| alias.clone());
            direct.origin = origin;
            direct.version = is_exact(requirement).then(|| requirement.to_owned());
            directs.push(direct);
        }
    }
    directs
}

/// The package that a requirement means, which may be another than the name it is given, and where it comes from.
fn target<'a>(alias: &'a str, requirement: &'a str) -> (&'a str, Origin) {
    if let Some(real) = requirement.strip_prefix("npm:") {
        let (name, _) = split_spec(real);
        // Berry writes `npm:^1.0.0` for the package itself.
        let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '@')
            && (real.len() > name.len() || name.len() > 1);
        return (if is_name && !is_tag(real) { name } else { alias }, Origin::Registry);
    }
    (alias, origin_of(requirement))
}

/// Whether a text is a tag such as `latest` rather than a package.
fn is_tag(text: &str) -> bool {
    matches!(text, "latest" | "next" | "beta" | "alpha" | "canary" | "rc")
}

/// Where a requirement, or the version in a lock file, points to.
fn origin_of(requirement: &str) -> Origin {
    let starts = |prefixes: &[&str]| prefixes.iter().any(|prefix| requirement.starts_with(prefix));
    if starts(&["workspace:", "file:", "link:", "portal:", "./", "../", "/", "~/"]) {
        Origin::Path
    } else if starts(&["git+", "git:", "git@", "github:", "gitlab:", "bitbucket:", "gist:", "ssh:"]) {
        Origin::Git
    } else if starts(&["http:", "https:"]) {
        let is_git = requirement.contains(".git#")
            || requirement.ends_with(".git")
            || requirement.contains("codeload.github.com");
        if is_git { Origin::Git } else { Origin::Url }
    } else if requirement.contains('/') && !requirement.contains(':') && !requirement.starts_with('@') {
        // `user/repository` means GitHub.
        Origin::Git
    } else {
        Origin::Registry
    }
}

/// `name@rest`; the `@` of a scope is no separator.
fn split_spec(spec: &str) -> (&str, &str) {
    match spec.char_indices().skip(1).find(|(_, c)| *c == '@') {
        Some((at, _)) => (&spec[..at], &spec[at + 1..]),
        None => (spec, ""),
    }
}

fn is_exact(requirement: &str) -> bool {
    semver::Version::parse(requirement).is_ok()
}

#[cfg(test)]
mod tests;

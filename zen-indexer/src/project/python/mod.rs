//! pyproject.toml, requirements files and the lock files of uv, Poetry, PDM and Pipenv.

mod lock;
mod requirement;
mod requirements;

use std::collections::HashSet;

use toml::{Table, Value};

use self::lock::Lock;
use self::requirement::Requirement;
use super::files::{join, matches, toml_strings};
use super::graph::Direct;
use super::{Ecosystem, Origin, Reading};

/// Reads the project in the folder, with the members of a uv workspace.
pub(super) fn read(reading: &mut Reading) {
    let files = &mut reading.files;
    let lock = lock::read(files);
    let mut directs = Vec::new();
    let manifest = if files.exists("pyproject.toml") { files.toml("pyproject.toml") } else { None };
    let mut members = Vec::new();
    if let Some(manifest) = manifest {
        if let Some(workspace) = at(&manifest, &["tool", "uv", "workspace"]) {
            let mut patterns = toml_strings(workspace.get("members"));
            patterns.extend(toml_strings(workspace.get("exclude")).iter().map(|pattern| format!("!{pattern}")));
            members = files.members(&patterns, "pyproject.toml", "pyproject.toml");
        }
        directs.extend(named_by(&manifest, "pyproject.toml"));
    }
    for folder in members.iter().filter(|folder| !folder.is_empty()) {
        let path = join(folder, "pyproject.toml");
        if let Some(manifest) = files.toml(&path) {
            directs.extend(named_by(&manifest, &path));
        }
    }
    if files.exists("Pipfile")
        && let Some(manifest) = files.toml("Pipfile")
    {
        for (key, is_dev) in [("packages", false), ("dev-packages", true)] {
            directs.extend(entries(manifest.get(key), is_dev, "Pipfile"));
        }
    }
    directs.extend(requirements::read(files));
    let (path, lock) = lock.unwrap_or(("", Lock::default()));
    for direct in &mut directs {
        // What a manifest pins is its own; a lock file that differs belongs to another environment.
        if direct.version.is_none() {
            direct.nodes = lock.named(&direct.name).to_vec();
        }
    }
    reading.add_graph(Ecosystem::Pypi, directs, &lock.nodes, path);
}

fn at<'a>(table: &'a Table, path: &[&str]) -> Option<&'a Value> {
    let (first, rest) = path.split_first()?;
    rest.iter().try_fold(table.get(*first)?, |value, key| value.get(key))
}

/// Whether a group or file of this name is for the work on the project.
fn is_dev_name(name: &str) -> bool {
    const WORDS: [&str; 16] = [
        "dev*",
        "test*",
        "lint*",
        "doc*",
        "typing*",
        "ci*",
        "type-check*",
        "format*",
        "qa*",
        "bench*",
        "coverage*",
        "mypy*",
        "release*",
        "pre-commit*",
        "nox*",
        "tox*",
    ];
    let name = name.to_ascii_lowercase();
    name.split(['-', '_', '.', '/']).any(|part| WORDS.iter().any(|word| matches(word, part)))
}

fn named_by(manifest: &Table, source: &str) -> Vec<Direct> {
    let mut directs = Vec::new();
    let mut add = |texts: Vec<String>, is_dev: bool| {
        directs
            .extend(texts.iter().filter_map(|text| Requirement::parse(text)).map(|found| found.direct(is_dev, source)));
    };
    add(toml_strings(at(manifest, &["project", "dependencies"])), false);
    for group in at(manifest, &["project", "optional-dependencies"])
        .and_then(Value::as_table)
        .into_iter()
        .flat_map(Table::values)
    {
        add(toml_strings(Some(group)), false);
    }
    // Groups include others; each is read on its own, so the names of those are passed over.
    for group in manifest.get("dependency-groups").and_then(Value::as_table).into_iter().flat_map(Table::values) {
        add(toml_strings(Some(group)), true);
    }
    add(toml_strings(at(manifest, &["tool", "uv", "dev-dependencies"])), true);
    for group in
        at(manifest, &["tool", "pdm", "dev-dependencies"]).and_then(Value::as_table).into_iter().flat_map(Table::values)
    {
        add(toml_strings(Some(group)), true);
    }
    if let Some(sources) = at(manifest, &["tool", "uv", "sources"]).and_then(Value::as_table) {
        for direct in &mut directs {
            let found = sources.iter().find(|(name, _)| same(name, &direct.name));
            if let Some((_, place)) = found {
                direct.origin = origin_of(place);
            }
        }
    }
    let poetry = at(manifest, &["tool", "poetry"]);
    if let Some(poetry) = poetry {
        directs.extend(entries(poetry.get("dependencies"), false, source));
        directs.extend(entries(poetry.get("dev-dependencies"), true, source));
        for (name, group) in poetry.get("group").and_then(Value::as_table).into_iter().flatten() {
            directs.extend(entries(group.get("dependencies"), name != "main", source));
        }
    }
    // An extra may ask for the project's own others: `demo[all]`.
    let own = at(manifest, &["project", "name"])
        .or_else(|| at(manifest, &["tool", "poetry", "name"]))
        .and_then(Value::as_str);
    directs.retain(|direct| own.is_none_or(|own| !same(own, &direct.name)));
    directs
}

fn same(left: &str, right: &str) -> bool {
    Ecosystem::Pypi.canonical_name(left) == Ecosystem::Pypi.canonical_name(right)
}

/// Tables of names and requirements, as Poetry and Pipenv have them.
fn entries(table: Option<&Value>, is_dev: bool, source: &str) -> Vec<Direct> {
    let mut directs = Vec::new();
    let mut seen = HashSet::new();
    for (name, value) in table.and_then(Value::as_table).into_iter().flatten() {
        if name == "python" || !seen.insert(name) {
            continue;
        }
        // A list has one entry for each platform.
        let first = value.as_array().and_then(|values| values.first()).unwrap_or(value);
        let requirement = first.as_str().or_else(|| first.get("version").and_then(Value::as_str));
        let mut direct = Direct::new(name.clone(), requirement.map(str::to_owned), is_dev, source);
        direct.origin = origin_of(first);
        direct.version = requirement.and_then(requirement::pinned);
        directs.push(direct);
    }
    directs
}

/// Where an entry with `git`, `path` or `url` points to.
fn origin_of(entry: &Value) -> Origin {
    let entry = entry.as_array().and_then(|entries| entries.first()).unwrap_or(entry);
    let has = |keys: &[&str]| keys.iter().any(|key| entry.get(key).is_some());
    if has(&["git", "vcs", "hg", "svn"]) {
        Origin::Git
    } else if has(&["path", "file", "editable", "virtual", "directory", "workspace"]) {
        Origin::Path
    } else if has(&["url", "archive"]) {
        Origin::Url
    } else {
        Origin::Registry
    }
}

#[cfg(test)]
mod tests;

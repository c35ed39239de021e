//! The lock files of Python's tools: uv.lock, poetry.lock, pdm.lock, pylock.toml, Pipfile.lock.

use std::collections::HashMap;

use toml::{Table, Value};

use super::origin_of;
use super::requirement::{Requirement, pinned};
use crate::project::files::{Files, toml_strings};
use crate::project::graph::Node;
use crate::project::{Ecosystem, Origin};

/// The packages of a lock file by their names; a name may have several versions for different platforms.
#[derive(Default)]
pub(super) struct Lock {
    pub(super) nodes: Vec<Node>,
    places: HashMap<String, Vec<usize>>,
}

/// Reads the first lock file that is there.
pub(super) fn read(files: &mut Files) -> Option<(&'static str, Lock)> {
    let path = ["uv.lock", "poetry.lock", "pdm.lock", "pylock.toml", "Pipfile.lock"]
        .into_iter()
        .find(|path| files.exists(path))?;
    if path == "Pipfile.lock" {
        return files.json(path).map(|file| (path, read_pipenv(&file)));
    }
    files.toml(path).map(|file| (path, read_packages(&file)))
}

impl Lock {
    /// The packages with a name in any spelling.
    pub(super) fn named(&self, name: &str) -> &[usize] {
        self.places.get(&Ecosystem::Pypi.canonical_name(name)).map(Vec::as_slice).unwrap_or_default()
    }

    fn add(&mut self, name: &str, version: Option<&str>, origin: Origin) {
        let name = Ecosystem::Pypi.canonical_name(name);
        self.places.entry(name.clone()).or_default().push(self.nodes.len());
        self.nodes.push(Node { name, version: version.map(str::to_owned), origin, needs: Vec::new() });
    }
}

fn read_packages(file: &Table) -> Lock {
    let mut lock = Lock::default();
    let packages = file.get("package").or_else(|| file.get("packages")).and_then(Value::as_array);
    let packages: Vec<&Value> =
        packages.into_iter().flatten().filter(|package| package.get("name").is_some_and(Value::is_str)).collect();
    for package in &packages {
        let name = package.get("name").and_then(Value::as_str).unwrap_or_default();
        let origin = package_origin(package);
        lock.add(name, package.get("version").and_then(Value::as_str), origin);
    }
    for (at, package) in packages.into_iter().enumerate() {
        let is_own = package
            .get("source")
            .is_some_and(|source| source.get("virtual").is_some() || source.get("editable").is_some());
        // What the project's own packages need is in their manifests.
        if is_own {
            continue;
        }
        let mut needs = Vec::new();
        needed(package.get("dependencies"), &lock, &mut needs);
        for extra in package.get("optional-dependencies").and_then(Value::as_table).into_iter().flat_map(Table::values)
        {
            needed(Some(extra), &lock, &mut needs);
        }
        lock.nodes[at].needs = needs;
    }
    lock
}

fn package_origin(package: &Value) -> Origin {
    let Some(source) = package.get("source") else {
        // pylock.toml and PDM have it beside the name.
        return origin_of(package);
    };
    match source.get("type").and_then(Value::as_str) {
        Some("git") => Origin::Git,
        Some("directory" | "file") => Origin::Path,
        Some("url") => Origin::Url,
        Some(_) => Origin::Registry,
        None => origin_of(source),
    }
}

/// A table of names (Poetry), a list of tables (uv) or a list of requirements (PDM).
fn needed(dependencies: Option<&Value>, lock: &Lock, needs: &mut Vec<usize>) {
    match dependencies {
        Some(Value::Table(table)) => needs.extend(table.keys().flat_map(|name| lock.named(name))),
        Some(Value::Array(entries)) => {
            for entry in entries {
                if let Some(name) = entry.get("name").and_then(Value::as_str) {
                    let version = entry.get("version").and_then(Value::as_str);
                    needs.extend(
                        lock.named(name)
                            .iter()
                            .filter(|at| version.is_none() || lock.nodes[**at].version.as_deref() == version),
                    );
                }
            }
            let texts = toml_strings(dependencies);
            let names = texts.iter().filter_map(|text| Requirement::parse(text));
            needs.extend(names.flat_map(|found| lock.named(found.name)));
        }
        _ => {}
    }
}

fn read_pipenv(file: &serde_json::Value) -> Lock {
    let mut lock = Lock::default();
    for key in ["default", "develop"] {
        for (name, entry) in file.get(key).and_then(serde_json::Value::as_object).into_iter().flatten() {
            let origin = if entry.get("git").is_some() {
                Origin::Git
            } else if entry.get("path").is_some() || entry.get("editable").is_some() {
                Origin::Path
            } else if entry.get("file").is_some() {
                Origin::Url
            } else {
                Origin::Registry
            };
            let version = entry.get("version").and_then(serde_json::Value::as_str).and_then(pinned);
            let known = lock.named(name).iter().any(|at| lock.nodes[*at].version == version);
            if !known {
                lock.add(name, version.as_deref(), origin);
            }
        }
    }
    // The file does not say which needs which: all of `default` are needed by each other.
    let count = file.get("default").and_then(serde_json::Value::as_object).map_or(0, serde_json::Map::len);
    let count = count.min(lock.nodes.len());
    for at in 1..count {
        lock.nodes[at].needs.push(at - 1);
        lock.nodes[at - 1].needs.push(at);
    }
    lock
}

//! package-lock.json (1 to 3) and bun.lock: packages by their place in `node_modules`.

use serde_json::{Map, Value};

use super::lock::{Lock, Style};
use super::{origin_of, split_spec};
use crate::project::Origin;
use crate::project::files::join;
use crate::project::graph::Node;

/// Reads npm's lock file of any version.
pub(super) fn read_npm(file: &Value) -> Lock {
    let mut builder = Builder::default();
    if let Some(packages) = file.get("packages").and_then(Value::as_object) {
        for (path, entry) in packages {
            // The project itself and the members of its workspace are no packages.
            if path.starts_with("node_modules/") || path.contains("/node_modules/") {
                builder.add_modern(path, entry);
            }
        }
        return builder.finish(Style::Folders);
    }
    let mut open: Vec<(String, &Map<String, Value>)> = Vec::new();
    open.extend(file.get("dependencies").and_then(Value::as_object).map(|entries| (String::new(), entries)));
    while let Some((folder, entries)) = open.pop() {
        for (name, entry) in entries {
            let path = join(&folder, &format!("node_modules/{name}"));
            builder.add_old(&path, name, entry);
            if let Some(inner) = entry.get("dependencies").and_then(Value::as_object) {
                open.push((path, inner));
            }
        }
    }
    // The first version has the members of a workspace among the packages.
    builder.finish(Style::Names)
}

/// Reads bun's lock file.
pub(super) fn read_bun(file: &Value) -> Lock {
    let mut builder = Builder::default();
    for (key, entry) in file.get("packages").and_then(Value::as_object).into_iter().flatten() {
        let Some(spec) = entry.get(0).and_then(Value::as_str) else {
            continue;
        };
        let (name, version) = split_spec(spec);
        let origin = origin_of(version);
        let version = (origin == Origin::Registry).then(|| version.to_owned());
        let facts = [1, 2].iter().filter_map(|at| entry.get(*at)).find(|value| value.is_object());
        let needs = facts.map(needs_of).unwrap_or_default();
        builder.add(&folder_of(key), Node { name: name.to_owned(), version, origin, needs: Vec::new() }, needs);
    }
    builder.finish(Style::Names)
}

/// `a/@s/b` as `node_modules/a/node_modules/@s/b`.
fn folder_of(key: &str) -> String {
    let mut folder = String::with_capacity(key.len() + 30);
    let mut is_scoped = false;
    for part in key.split('/') {
        if is_scoped {
            folder.push('/');
        } else {
            folder.push_str(if folder.is_empty() { "node_modules/" } else { "/node_modules/" });
        }
        folder.push_str(part);
        is_scoped = !is_scoped && part.starts_with('@');
    }
    folder
}

#[derive(Default)]
struct Builder {
    lock: Lock,
    /// For each package its folder and the names that it needs.
    needs: Vec<(String, Vec<String>)>,
}

impl Builder {
    fn add(&mut self, path: &str, node: Node, needs: Vec<String>) {
        self.lock.places.insert(path.to_owned(), self.lock.nodes.len());
        self.lock.nodes.push(node);
        self.needs.push((path.to_owned(), needs));
    }

    fn add_modern(&mut self, path: &str, entry: &Value) {
        let text = |key: &str| entry.get(key).and_then(Value::as_str);
        let folder = path.rsplit_once("node_modules/").map_or(path, |(_, name)| name);
        let is_link = entry.get("link") == Some(&Value::Bool(true));
        let origin = if is_link { Origin::Path } else { resolved_origin(text("resolved").unwrap_or_default()) };
        let name = text("name").unwrap_or(folder).to_owned();
        let node = Node { name, version: text("version").map(str::to_owned), origin, needs: Vec::new() };
        self.add(path, node, needs_of(entry));
    }

    fn add_old(&mut self, path: &str, name: &str, entry: &Value) {
        let version = entry.get("version").and_then(Value::as_str).unwrap_or_default();
        let (name, version) = match version.strip_prefix("npm:") {
            Some(spec) => split_spec(spec),
            None => (name, version),
        };
        let origin = origin_of(version);
        let is_version = origin == Origin::Registry && !version.is_empty();
        let node =
            Node { name: name.to_owned(), version: is_version.then(|| version.to_owned()), origin, needs: Vec::new() };
        let needs = entry.get("requires").and_then(Value::as_object);
        self.add(path, node, needs.into_iter().flat_map(Map::keys).cloned().collect());
    }

    fn finish(mut self, style: Style) -> Lock {
        self.lock.style = style;
        for (at, (folder, names)) in self.needs.into_iter().enumerate() {
            let needs = names.iter().filter_map(|name| self.lock.upwards(&folder, name)).collect();
            self.lock.nodes[at].needs = needs;
        }
        self.lock
    }
}

fn needs_of(entry: &Value) -> Vec<String> {
    ["dependencies", "optionalDependencies", "peerDependencies"]
        .iter()
        .filter_map(|key| entry.get(*key).and_then(Value::as_object))
        .flat_map(Map::keys)
        .cloned()
        .collect()
}

/// Registries serve archives below `/-/` or `/download/`; other addresses are the user's own.
fn resolved_origin(resolved: &str) -> Origin {
    match origin_of(resolved) {
        Origin::Url if resolved.contains("/-/") || resolved.contains("/download/") => Origin::Registry,
        _ if resolved.is_empty() => Origin::Registry,
        origin => origin,
    }
}

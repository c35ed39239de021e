//! Cargo's manifests and lock file.

use std::collections::{HashMap, HashSet};

use semver::{Version, VersionReq};
use toml::{Table, Value};

use super::files::{Files, join, toml_strings, within};
use super::graph::{Direct, Node};
use super::{Ecosystem, Origin, Reading};

/// How far above the project's folder its workspace is looked for.
const MAX_PARENTS: usize = 6;
/// The most members that are read.
const MAX_MEMBERS: usize = 5000;

/// Reads the package or workspace in the project's folder.
pub(super) fn read(reading: &mut Reading) {
    let files = &mut reading.files;
    let manifest = if files.exists("Cargo.toml") { files.toml("Cargo.toml") } else { None };
    let above = if manifest.as_ref().is_some_and(|manifest| !manifest.contains_key("workspace")) {
        workspace_above(files)
    } else {
        String::new()
    };
    let workspace = if above.is_empty() { manifest.clone() } else { files.toml(&format!("{above}Cargo.toml")) };
    let workspace = workspace.as_ref().and_then(|manifest| manifest.get("workspace")).and_then(Value::as_table);
    let lock_path = format!("{above}Cargo.lock");
    let lock = if files.exists(&lock_path) { Lock::read(files, &lock_path) } else { None };
    let mut lock = lock.unwrap_or_default();
    let mut directs = Vec::new();
    if let Some(manifest) = manifest {
        let shared = workspace.and_then(|workspace| workspace.get("dependencies")).and_then(Value::as_table);
        let mut open = vec![(String::new(), manifest)];
        let mut seen: HashSet<String> = HashSet::from([String::new()]);
        if above.is_empty() {
            let patterns = toml_strings(workspace.and_then(|workspace| workspace.get("members")));
            let excluded: Vec<String> = toml_strings(workspace.and_then(|workspace| workspace.get("exclude")));
            for folder in files.members(&patterns, "Cargo.toml", "Cargo.toml") {
                let is_out = excluded.iter().any(|path| folder == *path || folder.starts_with(&format!("{path}/")));
                if !is_out
                    && seen.insert(folder.clone())
                    && let Some(manifest) = files.toml(&join(&folder, "Cargo.toml"))
                {
                    open.push((folder, manifest));
                }
            }
        }
        open.reverse();
        while let Some((folder, manifest)) = open.pop() {
            let source = join(&folder, "Cargo.toml");
            let name = manifest.get("package").and_then(|package| package.get("name")).and_then(Value::as_str);
            let member = name.and_then(|name| lock.member(name));
            let mut named = named_by(&manifest, shared, &source);
            for direct in &mut named {
                direct.nodes.extend(lock.find(member, direct));
            }
            // Folders within a workspace that a member depends on are members too.
            if workspace.is_some() && above.is_empty() {
                for path in paths_of(&manifest) {
                    if let Some(folder) = within(&folder, &path)
                        && seen.len() < MAX_MEMBERS
                        && files.exists(&join(&folder, "Cargo.toml"))
                        && seen.insert(folder.clone())
                        && let Some(manifest) = files.toml(&join(&folder, "Cargo.toml"))
                    {
                        open.push((folder, manifest));
                    }
                }
            }
            directs.extend(named);
            lock.members.extend(member);
        }
    }
    // What members need is in their manifests, where development dependencies are told from others.
    for member in std::mem::take(&mut lock.members) {
        if let Some(node) = lock.nodes.get_mut(member) {
            node.needs.clear();
        }
    }
    reading.add_graph(Ecosystem::Rust, directs, &lock.nodes, &lock_path);
}

/// The way up to the workspace of a package that is a member of one: `../../`, or nothing.
fn workspace_above(files: &Files) -> String {
    if files.exists("Cargo.lock") {
        return String::new();
    }
    let mut above = String::new();
    let Ok(root) = files.root().canonicalize() else {
        return above;
    };
    for parent in root.ancestors().skip(1).take(MAX_PARENTS) {
        above.push_str("../");
        // Read quietly: what lies above is not the project's.
        let text = std::fs::read_to_string(parent.join("Cargo.toml")).unwrap_or_default();
        let is_workspace = text.len() < 4 << 20
            && text.contains("[workspace")
            && toml::from_str::<Table>(&text).is_ok_and(|manifest| manifest.contains_key("workspace"));
        if is_workspace {
            return above;
        }
    }
    String::new()
}

/// The tables of dependencies in a manifest, and whether they are for development.
fn tables(manifest: &Table) -> Vec<(&Table, bool)> {
    let mut tables = Vec::new();
    let targets = manifest.get("target").and_then(Value::as_table).into_iter().flat_map(Table::values);
    for owner in std::iter::once(manifest).chain(targets.filter_map(Value::as_table)) {
        for (key, is_dev) in [
            ("dependencies", false),
            ("build-dependencies", false),
            ("build_dependencies", false),
            ("dev-dependencies", true),
            ("dev_dependencies", true),
        ] {
            tables.extend(owner.get(key).and_then(Value::as_table).map(|table| (table, is_dev)));
        }
    }
    tables
}

fn named_by(manifest: &Table, shared: Option<&Table>, source: &str) -> Vec<Direct> {
    let mut directs = Vec::new();
    for (table, is_dev) in tables(manifest) {
        for (alias, value) in table {
            let is_shared = value.get("workspace").and_then(Value::as_bool) == Some(true);
            let value = shared.filter(|_| is_shared).and_then(|shared| shared.get(alias)).unwrap_or(value);
            let text = |key: &str| value.get(key).and_then(Value::as_str);
            let requirement = value.as_str().or_else(|| text("version"));
            let name = text("package").unwrap_or(alias);
            let mut direct = Direct::new(name, requirement.map(str::to_owned), is_dev, source);
            direct.alias = (name != alias.as_str()).then(|| alias.clone());
            direct.origin = match (text("path"), text("git")) {
                (Some(_), _) => Origin::Path,
                (None, Some(_)) => Origin::Git,
                (None, None) => Origin::Registry,
            };
            direct.version = exact(requirement);
            directs.push(direct);
        }
    }
    directs
}

/// The version that `=1.2.3` asks for.
fn exact(requirement: Option<&str>) -> Option<String> {
    let version = requirement?.trim().strip_prefix('=')?.trim();
    Version::parse(version).ok().map(|version| version.to_string())
}

fn paths_of(manifest: &Table) -> Vec<String> {
    let values = tables(manifest).into_iter().flat_map(|(table, _)| table.values());
    values.filter_map(|value| value.get("path").and_then(Value::as_str)).map(str::to_owned).collect()
}

/// The packages of a lock file.
#[derive(Default)]
struct Lock {
    nodes: Vec<Node>,
    places: HashMap<String, Vec<usize>>,
    /// The workspace's own packages.
    members: Vec<usize>,
}

impl Lock {
    fn read(files: &mut Files, path: &str) -> Option<Self> {
        let table = files.toml(path)?;
        let mut lock = Self::default();
        let mut needs: Vec<Vec<String>> = Vec::new();
        let packages = table.get("package").and_then(Value::as_array);
        for package in packages.into_iter().flatten() {
            let text = |key: &str| package.get(key).and_then(Value::as_str);
            let Some(name) = text("name") else {
                continue;
            };
            let origin = match text("source") {
                None => Origin::Path,
                Some(source) if source.starts_with("git+") => Origin::Git,
                Some(_) => Origin::Registry,
            };
            lock.places.entry(name.to_owned()).or_default().push(lock.nodes.len());
            let version = text("version").map(str::to_owned);
            lock.nodes.push(Node { name: name.to_owned(), version, origin, needs: Vec::new() });
            needs.push(toml_strings(package.get("dependencies")));
        }
        for (at, needs) in needs.into_iter().enumerate() {
            lock.nodes[at].needs = needs.iter().filter_map(|text| lock.reference(text)).collect();
        }
        Some(lock)
    }

    /// The package that `name`, `name version` or `name version (source)` means.
    fn reference(&self, text: &str) -> Option<usize> {
        let mut words = text.split_whitespace();
        let places = self.places.get(words.next()?)?;
        match words.next() {
            Some(version) => {
                places.iter().copied().find(|place| self.nodes[*place].version.as_deref() == Some(version))
            }
            None => places.first().copied(),
        }
    }

    fn member(&self, name: &str) -> Option<usize> {
        self.places.get(name)?.iter().copied().find(|place| self.nodes[*place].origin == Origin::Path)
    }

    /// The package that a member's dependency became: one that the member's entry names and that the requirement allows.
    fn find(&self, member: Option<usize>, direct: &Direct) -> Option<usize> {
        let named = self.places.get(&direct.name)?;
        let needed = member.map(|member| self.nodes[member].needs.as_slice()).unwrap_or_default();
        let mut places: Vec<usize> = named.iter().copied().filter(|place| needed.contains(place)).collect();
        if places.is_empty() {
            places.clone_from(named);
        }
        let requirement = direct.requirement.as_deref().and_then(|text| VersionReq::parse(text).ok());
        let allowed = |place: &&usize| {
            let version = self.nodes[**place].version.as_deref().and_then(|version| Version::parse(version).ok());
            match (&requirement, version) {
                (Some(requirement), Some(version)) => requirement.matches(&version),
                _ => true,
            }
        };
        let same_origin = |place: &&usize| self.nodes[**place].origin == direct.origin;
        places
            .iter()
            .filter(allowed)
            .find(same_origin)
            .or_else(|| places.iter().find(allowed))
            .or(places.first())
            .copied()
    }
}

#[cfg(test)]
mod tests {
    use crate::project::testing::{lines, project};

    const LOCK: &str = r#"
version = 4
[[package]]
name = "app"
version = "0.1.0"
dependencies = ["core", "rand 0.8.5", "rand 0.9.1", "serde", "tempfile", "gitted"]
[[package]]
name = "core"
version = "0.1.0"
dependencies = ["libc", "proptest"]
[[package]]
name = "gitted"
version = "0.3.0"
source = "git+https://example.com/gitted#0123"
[[package]]
name = "libc"
version = "0.2.170"
source = "registry+https://github.com/rust-lang/crates.io-index"
[[package]]
name = "proptest"
version = "1.6.0"
source = "registry+https://github.com/rust-lang/crates.io-index"
[[package]]
name = "rand"
version = "0.8.5"
source = "registry+https://github.com/rust-lang/crates.io-index"
dependencies = ["libc"]
[[package]]
name = "rand"
version = "0.9.1"
source = "registry+https://github.com/rust-lang/crates.io-index"
[[package]]
name = "serde"
version = "1.0.219"
source = "registry+https://github.com/rust-lang/crates.io-index"
[[package]]
name = "tempfile"
version = "3.19.0"
source = "registry+https://github.com/rust-lang/crates.io-index"
dependencies = ["fastrand"]
[[package]]
name = "fastrand"
version = "2.3.0"
source = "registry+https://github.com/rust-lang/crates.io-index"
"#;

    #[test]
    fn a_workspace_with_its_lock_file() {
        let root = "[workspace]\nmembers = [\"crates/*\"]\nexclude = [\"crates/old\"]\n[workspace.dependencies]\n\
            serde = { version = \"1\", features = [\"derive\"] }\ncore = { path = \"crates/core\" }\n";
        let app = "[package]\nname = \"app\"\n[dependencies]\nserde.workspace = true\ncore = { workspace = true }\nrand = \"0.8\"\n\
            new-rand = { package = \"rand\", version = \"0.9\" }\n[dev-dependencies]\ntempfile = \"3\"\n\
            [target.'cfg(unix)'.dependencies]\ngitted = { git = \"https://example.com/gitted\" }\n";
        let core =
            "[package]\nname = \"core\"\n[build-dependencies]\nlibc = \"0.2\"\n[dev-dependencies]\nproptest = \"1\"\n";
        let found = project(&[
            ("Cargo.toml", root),
            ("Cargo.lock", LOCK),
            ("crates/app/Cargo.toml", app),
            ("crates/core/Cargo.toml", core),
            ("crates/old/Cargo.toml", "[package]\nname = \"old\"\n[dependencies]\nnothing = \"1\"\n"),
        ]);
        assert_eq!(
            lines(&found),
            [
                "core [] 0.1.0 Path crates/app/Cargo.toml",
                "fastrand [] 2.3.0 transitive dev Cargo.lock",
                "gitted [] 0.3.0 Git crates/app/Cargo.toml",
                "libc [0.2] 0.2.170 crates/core/Cargo.toml",
                "proptest [1] 1.6.0 dev crates/core/Cargo.toml",
                "rand [0.8] 0.8.5 crates/app/Cargo.toml",
                "rand [0.9] 0.9.1 crates/app/Cargo.toml",
                "serde [1] 1.0.219 crates/app/Cargo.toml",
                "tempfile [3] 3.19.0 dev crates/app/Cargo.toml",
            ]
        );
        assert!(found.warnings.is_empty());
    }

    #[test]
    fn without_a_lock_file_requirements_stay() {
        let found = project(&[(
            "Cargo.toml",
            "[package]\nname = \"a\"\n[dependencies]\nlog = \"=0.4.21\"\nurl = \">=2, <3\"\n",
        )]);
        assert_eq!(lines(&found), ["log [=0.4.21] 0.4.21 Cargo.toml", "url [>=2, <3] - Cargo.toml"]);
    }

    #[test]
    fn a_broken_lock_file_is_a_warning() {
        let found =
            project(&[("Cargo.toml", "[dependencies]\nlog = \"0.4\"\n"), ("Cargo.lock", "[[package]]\nname = \n")]);
        assert_eq!(lines(&found), ["log [0.4] - Cargo.toml"]);
        assert!(found.warnings[0].starts_with("Cargo.lock:2: "), "{:?}", found.warnings);
    }
}

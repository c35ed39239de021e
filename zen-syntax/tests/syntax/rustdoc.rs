//! Rust's public items as this crate finds them, against what rustdoc says of the same crates in its JSON. Needs cargo and
//! crates.io or a mirror of it; without, it says so and passes.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use zen_syntax::{Language, Symbol, Visibility, parse};

/// Crates with items of every kind, many of them within macro calls; and what share of rustdoc's items must be found. Serde
/// makes its error traits and some deserializers by `macro_rules!`, from nothing but their names: nothing to be seen there.
const CRATES: [(&str, &str, &[&str], f64); 4] = [
    ("tokio", "1.40.0", &["full", "test-util"], 0.95),
    ("bytes", "1.10.1", &["serde"], 0.99),
    ("semver", "1.0.26", &["serde"], 0.99),
    ("serde", "1.0.219", &["rc"], 0.85),
];

/// What share of the found items rustdoc must have too.
const PRECISION: f64 = 0.95;

/// A public item, and the lines it may be on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Item {
    kind: String,
    name: String,
    file: PathBuf,
    lines: (u64, u64),
}

impl Item {
    fn is(&self, other: &Self) -> bool {
        let overlap = self.lines.0 <= other.lines.1 && other.lines.0 <= self.lines.1;
        self.kind == other.kind && self.name == other.name && self.file == other.file && overlap
    }
}

#[test]
fn public_items_are_those_of_rustdoc() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("rustdoc");
    write_package(&folder);
    if let Err(reason) = cargo(&folder, &["fetch"]) {
        let is_network = ["network", "resolve host", "download", "connect"].iter().any(|word| reason.contains(word));
        let is_needed = std::env::var_os("QUACKLAKE_REQUIRE_ALL").is_some();
        assert!(is_network && !is_needed, "{reason}");
        eprintln!("SKIPPED: nothing compared with rustdoc, cargo cannot reach crates.io or its mirror:\n{reason}");
        return;
    }
    let metadata = cargo(&folder, &["metadata", "--format-version", "1"]).unwrap();
    let metadata: Value = serde_json::from_str(&metadata).unwrap();
    let mut short = Vec::new();
    for (name, _, _, wanted) in CRATES {
        let documented = document(&folder, name);
        let expected = items_of_rustdoc(&documented);
        let files = files_of_rustdoc(&documented);
        let found = items_of_files(&files, &Config::of(&metadata, name));
        let (missing, extra) = differences(&expected, &found);
        let share = |part: &[Item], of: &[Item]| 1.0 - part.len() as f64 / of.len().max(1) as f64;
        let (recall, precision) = (share(&missing, &expected), share(&extra, &found));
        println!(
            "{name}: rustdoc has {} public items, {} found in {} files; recall {:.1} %, precision {:.1} %",
            expected.len(),
            found.len(),
            files.len(),
            recall * 100.0,
            precision * 100.0
        );
        for (what, items) in [("missing", &missing), ("extra", &extra)] {
            for Item { kind, name, file, lines } in items {
                println!("  {what} {kind} {name} {}:{}", file.display(), lines.0);
            }
        }
        assert!(expected.len() > 20, "{name} has next to no items: has rustdoc's format changed?");
        if recall < wanted || precision < PRECISION {
            short.push(name);
        }
    }
    assert!(short.is_empty(), "too few or too many items of {short:?}");
}

/// A package that depends on the crates.
fn write_package(folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    let mut manifest = "[package]\nname = \"documented\"\nversion = \"0.0.0\"\nedition = \"2021\"\n\n[lib]\n\
                        path = \"lib.rs\"\n\n[workspace]\n\n[dependencies]\n"
        .to_owned();
    for (name, version, features, _) in CRATES {
        manifest.push_str(&format!("{name} = {{ version = \"={version}\", features = {features:?} }}\n"));
    }
    fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    fs::write(folder.join("lib.rs"), "").unwrap();
}

fn cargo(folder: &Path, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", folder.join("target"))
        // For the JSON output, which stable compilers otherwise refuse.
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTFLAGS", "--cfg tokio_unstable")
        .env("RUSTDOCFLAGS", "--cfg tokio_unstable --cfg docsrs")
        .output()
        .map_err(|error| error.to_string())?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

fn document(folder: &Path, name: &str) -> Value {
    let options = ["-Z", "unstable-options", "--output-format", "json"];
    let options =
        options.into_iter().chain(["--document-private-items", "--document-hidden-items", "--cap-lints=allow"]);
    let arguments: Vec<&str> =
        ["rustdoc", "--quiet", "--lib", "--package", name, "--"].into_iter().chain(options).collect();
    cargo(folder, &arguments).unwrap_or_else(|reason| panic!("rustdoc of {name}: {reason}"));
    let text = fs::read_to_string(folder.join(format!("target/doc/{name}.json"))).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn local(documented: &Value) -> impl Iterator<Item = (&String, &Value)> {
    documented["index"].as_object().unwrap().iter().filter(|(_, item)| item["crate_id"] == 0 && !item["span"].is_null())
}

fn span_file(item: &Value) -> PathBuf {
    PathBuf::from(item["span"]["filename"].as_str().unwrap_or_default())
}

/// The files that rustdoc saw of the crate itself.
fn files_of_rustdoc(documented: &Value) -> Vec<PathBuf> {
    let root = span_file(&documented["index"][documented["root"].to_string()]);
    let source = root.parent().unwrap();
    let files: HashSet<PathBuf> = local(documented).map(|(_, item)| span_file(item)).collect();
    let mut files: Vec<PathBuf> = files.into_iter().filter(|file| file.starts_with(source)).collect();
    files.sort();
    files
}

/// Items that are `pub`, and those of public traits.
fn items_of_rustdoc(documented: &Value) -> Vec<Item> {
    let mut parents = HashMap::new();
    for (id, item) in local(documented) {
        for inner in ["module", "impl", "trait"] {
            for child in item["inner"][inner]["items"].as_array().into_iter().flatten() {
                parents.insert(child.to_string(), (id.clone(), inner));
            }
        }
    }
    let mut items = Vec::new();
    for (id, item) in local(documented) {
        let Some(inner) = item["inner"].as_object().and_then(|inner| inner.keys().next()) else { continue };
        let parent = parents.get(id).map(|(id, inner)| (&documented["index"][id], *inner));
        let is_public = item["visibility"] == "public"
            || parent.is_some_and(|(of, inner)| inner == "trait" && of["visibility"] == "public");
        let kind = match inner.as_str() {
            "function" if parent.is_some_and(|(_, inner)| inner != "module") => "method",
            "function" | "struct" | "enum" | "union" | "trait" | "type_alias" | "static" | "macro" => inner,
            "constant" | "assoc_const" => "const",
            "proc_macro" => "macro",
            "module" if item["inner"]["module"]["is_crate"] != true => "module",
            _ => continue,
        };
        let Some(name) = item["name"].as_str().filter(|_| is_public) else { continue };
        let line = |end: &str| item["span"][end][0].as_u64().unwrap_or_default();
        let mut found =
            Item { kind: kind.into(), name: name.into(), file: span_file(item), lines: (line("begin"), line("end")) };
        // The span of a module with a file of its own is that file; its declaration stands in its parent's.
        if let Some((of, "module")) = parent.filter(|(of, _)| kind == "module" && span_file(of) != found.file) {
            found.file = span_file(of);
            found.lines = (0, u64::MAX);
        }
        items.push(found);
    }
    items.sort();
    items
}

/// What this crate finds, but for what the configuration leaves out.
fn items_of_files(files: &[PathBuf], config: &Config) -> Vec<Item> {
    let language = Language::of_name("rust").unwrap();
    let mut items = Vec::new();
    for file in files {
        let text = fs::read_to_string(file).unwrap();
        let symbols = parse(language, &file.to_string_lossy(), &text).unwrap().symbols;
        // What stands within something that is left out goes with it.
        let out: Vec<(u32, u32)> =
            symbols.iter().filter(|s| !config.includes(s)).map(|s| (s.line_start, s.line_end)).collect();
        let is_out = |symbol: &Symbol| out.iter().any(|(a, b)| (*a..=*b).contains(&symbol.line_start));
        for symbol in &symbols {
            let has = |key: &str| symbol.metadata.contains_key(key);
            let is_own = !has("trait_name") && !has("is_file") && !has("is_test");
            if symbol.visibility == Visibility::Public && is_own && !is_out(symbol) {
                items.push(Item {
                    kind: symbol.kind.as_str().into(),
                    name: symbol.name.clone(),
                    file: file.clone(),
                    lines: (symbol.line_start.into(), symbol.line_end.into()),
                });
            }
        }
    }
    items
}

/// What is missing among the found, and what is found and not expected.
fn differences(expected: &[Item], found: &[Item]) -> (Vec<Item>, Vec<Item>) {
    let mut by_name: BTreeMap<&str, Vec<&Item>> = BTreeMap::new();
    for item in found {
        by_name.entry(&item.name).or_default().push(item);
    }
    let mut missing = Vec::new();
    for item in expected {
        let same = by_name.entry(&item.name).or_default();
        match same.iter().position(|found| found.is(item)) {
            Some(at) => drop(same.remove(at)),
            None => missing.push(item.clone()),
        }
    }
    (missing, by_name.into_values().flatten().cloned().collect())
}

/// Which conditions hold where rustdoc ran.
struct Config(HashSet<String>);

impl Config {
    fn of(metadata: &Value, name: &str) -> Self {
        let output = Command::new("rustc").args(["--print", "cfg"]).output().unwrap();
        let mut holds: HashSet<String> = String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect();
        holds.extend(["doc", "docsrs", "tokio_unstable"].map(str::to_owned));
        let is_it = |id: &str| {
            let mut packages = metadata["packages"].as_array().unwrap().iter();
            packages.any(|package| package["id"] == id && package["name"] == name)
        };
        let nodes = metadata["resolve"]["nodes"].as_array().unwrap();
        let node = nodes.iter().find(|node| is_it(node["id"].as_str().unwrap())).unwrap();
        let features = node["features"].as_array().unwrap();
        holds.extend(features.iter().map(|feature| format!("feature={feature}")));
        Self(holds)
    }

    fn includes(&self, symbol: &Symbol) -> bool {
        let conditions = symbol.metadata.get("cfg").and_then(Value::as_array);
        conditions.into_iter().flatten().all(|condition| self.holds(condition.as_str().unwrap()))
    }

    fn holds(&self, condition: &str) -> bool {
        let (name, list) = condition.trim().split_once('(').unwrap_or((condition.trim(), ""));
        let mut parts = split(list.strip_suffix(')').unwrap_or(list)).into_iter();
        match name.trim() {
            "all" => parts.all(|part| self.holds(part)),
            "any" => parts.any(|part| self.holds(part)),
            "not" => !parts.all(|part| self.holds(part)),
            name => self.0.contains(&name.replace(' ', "")),
        }
    }
}

/// The parts between the outermost commas.
fn split(list: &str) -> Vec<&str> {
    let mut depth = 0;
    let parts = list.split(|c: char| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        c == ',' && depth == 0
    });
    parts.map(str::trim).filter(|part| !part.is_empty()).collect()
}

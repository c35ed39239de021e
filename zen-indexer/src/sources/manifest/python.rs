//! pyproject.toml, setup.cfg, setup.py and the metadata of sdists and wheels. A setup.py is read, never run.

use std::fs;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use crate::sources::error::SourceError;
use crate::sources::manifest::text::{field, literal_after};
use crate::sources::manifest::{Found, problem, read_file};

/// Build backends that make a Python package of a Rust crate.
const RUST_BACKENDS: [&str; 2] = ["maturin", "setuptools-rust"];

pub(super) fn read(root: &Path) -> Result<Option<Found>, SourceError> {
    let pyproject = match read_file(&root.join("pyproject.toml"))? {
        Some(text) => Some(text.parse::<Table>().map_err(|error| problem(&root.join("pyproject.toml"), error))?),
        None => None,
    };
    let strong = pyproject.as_ref().is_some_and(builds_rust);
    let mut found: Option<Found> = None;
    let mut add = |more: Option<Found>| {
        if let Some(more) = more {
            found = Some(found.take().unwrap_or_default().or(more));
        }
    };
    // What a build wrote is exact, so it comes first.
    add(read_file(&root.join("PKG-INFO"))?.as_deref().map(metadata));
    if let Some(path) = dist_info(root) {
        add(read_file(&path)?.as_deref().map(metadata));
    }
    add(pyproject.as_ref().and_then(project));
    add(read_file(&root.join("setup.cfg"))?.as_deref().and_then(|text| setup_cfg(root, text)));
    add(read_file(&root.join("setup.py"))?.as_deref().and_then(setup_py));
    let Some(mut found) = found else { return Ok(None) };
    if found.version.is_none() {
        found.version = dynamic_version(root, pyproject.as_ref(), found.name.as_deref());
    }
    found.strong = strong && found.name.is_some();
    found.weak = found.name.is_none();
    Ok(Some(found))
}

fn builds_rust(pyproject: &Table) -> bool {
    let Some(system) = pyproject.get("build-system") else { return false };
    let requires = system.get("requires").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let backend = system.get("build-backend").and_then(Value::as_str);
    requires.chain(backend).any(|name| RUST_BACKENDS.iter().any(|rust| name.starts_with(rust)))
}

/// `[project]`, or what poetry and flit had before there was that.
fn project(pyproject: &Table) -> Option<Found> {
    let tool = pyproject.get("tool");
    let poetry = tool.and_then(|tool| tool.get("poetry"));
    let flit = tool.and_then(|tool| tool.get("flit")?.get("metadata"));
    let found = [pyproject.get("project"), poetry, flit].into_iter().flatten().map(table);
    let found = found.reduce(Found::or)?;
    // Settings of tools alone make no package.
    (found.name.is_some() || found.version.is_some()).then_some(found)
}

fn table(table: &Value) -> Found {
    let get = |key: &str| table.get(key)?.as_str().map(str::to_owned);
    let license = || table.get("license")?.get("text")?.as_str().map(str::to_owned).filter(|text| text.len() < 80);
    let urls = table.get("urls").and_then(Value::as_table);
    let url = |wanted: &[&str]| {
        let is_wanted = |key: &str| wanted.contains(&key.to_ascii_lowercase().as_str());
        urls?.iter().find(|(key, _)| is_wanted(key))?.1.as_str().map(str::to_owned)
    };
    Found {
        name: get("name").or_else(|| get("dist-name")).or_else(|| get("module")),
        version: get("version"),
        description: get("description").or_else(|| get("summary")),
        license: get("license").or_else(license),
        repo_url: url(&["repository", "source", "source code", "github", "code"])
            .or_else(|| get("repository"))
            .or_else(|| url(&["homepage", "home"]))
            .or_else(|| get("homepage"))
            .or_else(|| get("home-page")),
        ..Found::default()
    }
}

/// METADATA or PKG-INFO: headers as mails have them, then the description.
fn metadata(text: &str) -> Found {
    let end = ["\n\n", "\r\n\r\n"].iter().filter_map(|end| text.find(end)).min().unwrap_or(text.len());
    let text = &text[..end];
    let known = |value: String| (value != "UNKNOWN").then_some(value);
    let get = |key: &str| field(text, key).and_then(known);
    let url = |wanted: &[&str]| {
        text.lines().find_map(|line| {
            let (label, url) = line.strip_prefix("Project-URL:")?.split_once(',')?;
            wanted.contains(&label.trim().to_ascii_lowercase().as_str()).then(|| url.trim().to_owned())
        })
    };
    let classified = || {
        let license = text.lines().find_map(|line| line.strip_prefix("Classifier: License :: "))?;
        license.rsplit(" :: ").next().map(str::to_owned)
    };
    Found {
        name: get("Name"),
        version: get("Version"),
        description: get("Summary"),
        // Some have the whole text there.
        license: get("License-Expression")
            .or_else(|| get("License").filter(|text| text.len() < 80))
            .or_else(classified),
        repo_url: url(&["repository", "source", "source code", "github", "code"])
            .or_else(|| get("Home-page"))
            .or_else(|| url(&["homepage", "home"])),
        ..Found::default()
    }
}

/// The description that a wheel's metadata has, as the file that it was: its name and its text.
pub(crate) fn description_file(root: &Path) -> Option<(&'static str, String)> {
    let text = read_file(&dist_info(root)?).ok()??.replace("\r\n", "\n");
    let (headers, body) = text.split_once("\n\n")?;
    let kind = field(headers, "Description-Content-Type").unwrap_or_default();
    let name = match kind.split(';').next().unwrap_or_default().trim() {
        "text/markdown" => "README.md",
        "text/plain" => "README.txt",
        // What PyPI takes it for.
        _ => "README.rst",
    };
    let body = body.trim();
    (!body.is_empty() && body != "UNKNOWN").then(|| (name, format!("{body}\n")))
}

/// The metadata of an unpacked wheel.
fn dist_info(root: &Path) -> Option<PathBuf> {
    let folders = fs::read_dir(root).ok()?.flatten().take(5000).map(|entry| entry.path());
    let mut found: Vec<PathBuf> = folders
        .filter(|path| path.extension().is_some_and(|ending| ending == "dist-info"))
        .map(|path| path.join("METADATA"))
        .filter(|path| path.is_file())
        .collect();
    // With several this is a folder of packages and not one of them.
    (found.len() == 1).then(|| found.pop())?
}

fn setup_cfg(root: &Path, text: &str) -> Option<Found> {
    let mut section = "";
    let mut found = Found::default();
    for line in text.lines() {
        if let Some(name) = line.trim().strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name.trim();
        }
        let Some((key, value)) = line.split_once('=') else { continue };
        if section != "metadata" || line.starts_with([' ', '\t', '#', ';']) {
            continue;
        }
        let value = Some(value.trim().to_owned()).filter(|value| !value.is_empty());
        match key.trim() {
            "name" => found.name = value,
            "version" => found.version = value.and_then(|value| pointed_version(root, &value)),
            "description" | "summary" => found.description = value,
            "license" => found.license = value,
            "url" | "home-page" | "home_page" => found.repo_url = value,
            _ => {}
        }
    }
    found.name.is_some().then_some(found)
}

/// A version, or what `attr:` and `file:` lead to.
fn pointed_version(root: &Path, value: &str) -> Option<String> {
    if let Some(attribute) = value.strip_prefix("attr:") {
        return attribute_version(root, attribute.trim());
    }
    if let Some(file) = value.strip_prefix("file:") {
        return file_version(root, file.trim());
    }
    Some(value.to_owned())
}

/// The literals among the arguments of `setup(…)`.
fn setup_py(text: &str) -> Option<Found> {
    let call = &text[text.find("setup(")?..];
    let get = |key: &str| literal_after(call, key, &["="]);
    let constant = || {
        // `version=VERSION`, and that is a literal further up.
        let rest = &call[call.find("version=")? + "version=".len()..];
        let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        (!name.is_empty()).then(|| literal_after(text, &name, &[" = ", "= ", "="]))?
    };
    Some(Found {
        name: get("name"),
        version: get("version").or_else(constant),
        description: get("description"),
        license: get("license"),
        repo_url: get("url"),
        ..Found::default()
    })
}

/// A version that the manifest says is found elsewhere.
fn dynamic_version(root: &Path, pyproject: Option<&Table>, name: Option<&str>) -> Option<String> {
    let tool = pyproject.and_then(|pyproject| pyproject.get("tool"));
    let hatch = || tool?.get("hatch")?.get("version")?.get("path")?.as_str();
    let dynamic = || tool?.get("setuptools")?.get("dynamic")?.get("version");
    if let Some(path) = hatch()
        && let Some(version) = file_version(root, path)
    {
        return Some(version);
    }
    if let Some(attribute) = dynamic().and_then(|version| version.get("attr")?.as_str())
        && let Some(version) = attribute_version(root, attribute)
    {
        return Some(version);
    }
    if let Some(file) = dynamic().and_then(|version| version.get("file")) {
        let file = file.as_str().or_else(|| file.as_array()?.first()?.as_str());
        if let Some(version) = file.and_then(|file| file_version(root, file)) {
            return Some(version);
        }
    }
    let module = name?.replace(['-', '.'], "_");
    [module.clone(), module.to_lowercase()]
        .iter()
        .find_map(|module| attribute_version(root, &format!("{module}.__version__")))
}

/// `package.module.__version__`, looked for where that may be.
fn attribute_version(root: &Path, attribute: &str) -> Option<String> {
    let (module, _) = attribute.rsplit_once('.')?;
    if !module.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.')) {
        return None;
    }
    let path = module.split('.').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/");
    let files = ["__init__.py", "_version.py", "version.py", "__version__.py", "__about__.py", "VERSION"];
    ["", "src/", "lib/"].iter().find_map(|folder| {
        let module = format!("{folder}{path}");
        file_version(root, &format!("{module}.py"))
            .or_else(|| files.iter().find_map(|file| file_version(root, &format!("{module}/{file}"))))
    })
}

fn file_version(root: &Path, file: &str) -> Option<String> {
    let path = fs::canonicalize(root.join(file)).ok().filter(|path| path.starts_with(root))?;
    let text = read_file(&path).ok()??;
    let literal = ["__version__", "VERSION", "version", "__VERSION__"]
        .iter()
        .find_map(|key| literal_after(&text, key, &["= ", "=", ": str =", ": Final =", ": Final[str] ="]));
    let plain = || {
        let line = text.trim();
        let is_version =
            line.len() < 40 && line.starts_with(|c: char| c.is_ascii_digit()) && !line.contains(char::is_whitespace);
        is_version.then(|| line.to_owned())
    };
    literal.filter(|version| version.starts_with(|c: char| c.is_ascii_digit())).or_else(plain)
}

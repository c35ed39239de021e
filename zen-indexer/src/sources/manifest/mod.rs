//! What a folder says about the package in it.
//!
//! Manifests of every ecosystem are read as text, nothing in them is run. Where a folder has several, the one that makes a
//! package of it comes first: a Rust crate built into a Python package is the Python package, a `package.json` that is
//! private is only somebody's tools. A folder without a manifest is a package of the ecosystem `local`, or `c` where it has
//! C's build files.

mod cargo;
mod git;
mod json;
mod python;
mod scripts;
mod text;
mod xml;

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::sources::decode;
use crate::sources::error::SourceError;
use crate::sources::package::{Ecosystem, PackageId};

/// Larger manifests are no manifests.
const MAX_BYTES: u64 = 8 << 20;
/// Longest description that is kept.
const MAX_DESCRIPTION: usize = 2000;
/// The version of what has none.
const NO_VERSION: &str = "0.0.0";

/// What is known about a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// Its ecosystem.
    pub ecosystem: Ecosystem,
    /// Its name there.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Where its sources are kept.
    pub repo_url: Option<String>,
    /// What it is.
    pub description: Option<String>,
    /// Its license, as an expression or a name.
    pub license: Option<String>,
}

impl Manifest {
    /// The package.
    #[must_use]
    pub fn id(&self) -> PackageId {
        PackageId { ecosystem: self.ecosystem, name: self.name.clone(), version: self.version.clone() }
    }
}

/// What was found in one manifest.
#[derive(Debug, Default, Clone)]
struct Found {
    name: Option<String>,
    version: Option<String>,
    repo_url: Option<String>,
    description: Option<String>,
    license: Option<String>,
    /// It says something about the folder, but makes no package of it.
    weak: bool,
    /// It makes a package of the folder although that has another manifest, too.
    strong: bool,
}

impl Found {
    /// Takes from another what is missing here.
    fn or(self, other: Self) -> Self {
        Self {
            name: self.name.or(other.name),
            version: self.version.or(other.version),
            repo_url: self.repo_url.or(other.repo_url),
            description: self.description.or(other.description),
            license: self.license.or(other.license),
            ..self
        }
    }
}

pub(crate) use git::commit as git_commit;
pub(crate) use python::description_file;
pub(crate) use scripts::hex_metadata_value;

type Reader = fn(&Path) -> Result<Option<Found>, SourceError>;

/// In the order in which they are believed.
const READERS: [(Ecosystem, Reader); 14] = [
    (Ecosystem::Rust, cargo::read),
    (Ecosystem::Go, scripts::go_mod),
    (Ecosystem::Hex, scripts::mix),
    (Ecosystem::Pypi, python::read),
    (Ecosystem::Gem, scripts::gemspec),
    (Ecosystem::Composer, json::composer),
    (Ecosystem::Npm, json::npm),
    (Ecosystem::Maven, xml::maven),
    (Ecosystem::Nuget, xml::nuget),
    (Ecosystem::Hackage, scripts::cabal),
    (Ecosystem::Zig, scripts::zig),
    (Ecosystem::Swift, scripts::swift),
    (Ecosystem::Luarocks, scripts::rockspec),
    (Ecosystem::C, scripts::c),
];

/// What the folder's manifest says, or what the folder's name and git say where there is none.
pub fn read_manifest(root: &Path) -> Result<Manifest, SourceError> {
    if let Some(manifest) = find_manifest(root, None)? {
        return Ok(manifest);
    }
    let root = folder(root)?;
    Ok(finish(&root, Ecosystem::Local, Found::default(), true))
}

/// The folder's manifest, of this ecosystem only if one is given.
///
/// One that is broken is an error only if no other is there.
pub fn find_manifest(root: &Path, ecosystem: Option<Ecosystem>) -> Result<Option<Manifest>, SourceError> {
    find(root, ecosystem, true)
}

/// The same for a package from a registry: git would only know of what happens to be around it.
pub(crate) fn find_published(root: &Path, ecosystem: Ecosystem) -> Result<Option<Manifest>, SourceError> {
    find(root, Some(ecosystem), false)
}

fn find(root: &Path, ecosystem: Option<Ecosystem>, ask_git: bool) -> Result<Option<Manifest>, SourceError> {
    let root = folder(root)?;
    let mut best: Option<(u8, Ecosystem, Found)> = None;
    let mut broken = None;
    for (kind, reader) in READERS {
        if ecosystem.is_some_and(|wanted| wanted != kind) {
            continue;
        }
        match reader(&root) {
            Ok(Some(found)) => {
                let rank = if found.strong { 0 } else { 1 + u8::from(found.weak) };
                if best.as_ref().is_none_or(|(other, ..)| rank < *other) {
                    best = Some((rank, kind, found));
                }
            }
            Ok(None) => {}
            Err(error) => broken = broken.or(Some(error)),
        }
    }
    match (best, broken) {
        (Some((_, kind, found)), _) => Ok(Some(finish(&root, kind, found, ask_git))),
        (None, Some(error)) => Err(error),
        (None, None) => Ok(None),
    }
}

fn folder(root: &Path) -> Result<PathBuf, SourceError> {
    let root = fs::canonicalize(root).map_err(SourceError::io("open the folder", root))?;
    if root.is_dir() { Ok(root) } else { Err(SourceError::NoFolder(root)) }
}

/// Fills the gaps, and makes of a stranger's words what can be a name and a version.
fn finish(root: &Path, ecosystem: Ecosystem, found: Found, ask_git: bool) -> Manifest {
    let name =
        found.name.filter(|name| ecosystem.check_name(name).is_ok()).unwrap_or_else(|| folder_name(root, ecosystem));
    let version = found.version.map(|version| usable_version(&version)).filter(|version| !version.is_empty());
    let git_version = || match ecosystem {
        _ if !ask_git => None,
        Ecosystem::Go => git::go_version(root),
        _ => git::describe(root),
    };
    let git_remote = || ask_git.then(|| git::remote(root)).flatten();
    let version = version.or_else(git_version).unwrap_or_else(|| NO_VERSION.to_owned());
    Manifest {
        name: ecosystem.canonical_name(&name),
        version: ecosystem.canonical_version(&version),
        ecosystem,
        repo_url: found.repo_url.and_then(|url| git::web_url(&url)).or_else(git_remote),
        description: found.description.map(|text| one_line(&text)).filter(|text| !text.is_empty()),
        license: found.license.map(|text| one_line(&text)).filter(|text| !text.is_empty()),
    }
}

fn folder_name(root: &Path, ecosystem: Ecosystem) -> String {
    let name = root.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let usable = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    let name: String = name.chars().map(|c| if usable(c) { c } else { '-' }).take(100).collect();
    let name = name.replace("..", "-");
    let name = name.trim_matches(['-', '.']);
    let name = if name.is_empty() { "unnamed" } else { name };
    match ecosystem {
        Ecosystem::Maven => format!("local:{name}"),
        Ecosystem::Composer => format!("local/{name}"),
        Ecosystem::Hex => name.replace(['-', '.'], "_"),
        Ecosystem::Rust => name.replace('.', "_"),
        _ => name.to_owned(),
    }
}

fn usable_version(version: &str) -> String {
    let usable = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '+' | '-' | '_' | '~' | '!');
    let version: String = version.trim().chars().map(|c| if usable(c) { c } else { '-' }).take(100).collect();
    version.replace("..", "-").trim_matches(['-', '.']).to_owned()
}

/// Words of several lines in one, and not too many.
fn one_line(text: &str) -> String {
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()).collect();
    words.join(" ").chars().take(MAX_DESCRIPTION).collect()
}

/// A file's text, nothing if there is no such file.
fn read_file(path: &Path) -> Result<Option<String>, SourceError> {
    // A pipe of that name would be waited for.
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => {}
        _ => return Ok(None),
    }
    let file = match fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(SourceError::io("read", path)(error)),
    };
    let mut bytes = Vec::new();
    file.take(MAX_BYTES).read_to_end(&mut bytes).map_err(SourceError::io("read", path))?;
    Ok(Some(decode::decode(bytes).0))
}

/// The first file in the folder whose name ends so, by name.
fn file_ending(root: &Path, ending: &str) -> Option<PathBuf> {
    let names = fs::read_dir(root).ok()?.flatten().take(5000).map(|entry| entry.path());
    names.filter(|path| path.to_string_lossy().ends_with(ending) && path.is_file()).min()
}

fn problem(path: &Path, problem: impl ToString) -> SourceError {
    SourceError::Manifest { path: path.to_path_buf(), problem: problem.to_string() }
}

#[cfg(test)]
mod tests;

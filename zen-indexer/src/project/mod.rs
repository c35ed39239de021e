//! What a project depends on, read from its manifests and lock files.
//!
//! cargo, npm (and yarn, pnpm, bun), Python's pyproject, requirements, uv, Poetry and Pipenv files, mix and Go modules, with
//! the members of their workspaces. The files are read, no tool is run. A file that cannot be understood is a warning: the
//! others still count.

mod cargo;
mod elixir;
mod files;
mod go;
mod graph;
mod npm;
mod python;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde::Serialize;

pub use crate::sources::package::Ecosystem;
use files::Files;

/// A folder whose dependencies cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProjectError {
    /// The path is no folder.
    #[error("'{}' is no folder; give the folder that the project's manifest is in", .0.display())]
    NoFolder(PathBuf),
    /// None of the manifests is there.
    #[error(
        "'{}' has no manifest that says what it depends on; wanted is one of {}", .0.display(), MANIFESTS.join(", ")
    )]
    NoManifest(PathBuf),
}

/// The files that dependencies are read from.
const MANIFESTS: [&str; 9] = [
    "Cargo.toml",
    "package.json",
    "pyproject.toml",
    "requirements*.txt",
    "Pipfile",
    "mix.exs",
    "go.mod",
    "go.work",
    "a lock file of theirs",
];

/// Where a dependency comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The ecosystem's registry or a mirror of it.
    Registry,
    /// A folder: a member of the workspace or one beside it.
    Path,
    /// A git repository.
    Git,
    /// An archive at some address.
    Url,
}

/// Something that a project depends on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Dependency {
    /// Whose package it is.
    pub ecosystem: Ecosystem,
    /// Its name in the registry, in the one spelling of the ecosystem.
    pub name: String,
    /// What the manifest asks for, as written there.
    pub requirement: Option<String>,
    /// The exact version: from the lock file, or from a manifest that pins it.
    pub version: Option<String>,
    /// Whether a manifest names it; others are needed by these.
    pub is_direct: bool,
    /// Whether it is needed for the work on the project only: tests, linters, documentation.
    pub is_dev: bool,
    /// The file that it was read from, relative to the project's folder, with `/`.
    pub source: String,
    /// Where it comes from.
    pub origin: Origin,
}

impl Dependency {
    /// Whether the ecosystem's client can fetch it by name and version.
    pub fn is_from_registry(&self) -> bool {
        self.origin == Origin::Registry
    }
}

/// A project's dependencies.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Project {
    /// Direct ones first within each ecosystem; each package and version once.
    pub dependencies: Vec<Dependency>,
    /// The manifests and lock files that were read, relative to the project's folder.
    pub files: Vec<String>,
    /// What could not be read, with file and line.
    pub warnings: Vec<String>,
}

/// Reads what the project in a folder depends on.
pub fn dependencies(root: &Path) -> Result<Project, ProjectError> {
    if !root.is_dir() {
        return Err(ProjectError::NoFolder(root.to_owned()));
    }
    let mut reading = Reading { files: Files::new(root), found: Found::default() };
    cargo::read(&mut reading);
    npm::read(&mut reading);
    python::read(&mut reading);
    elixir::read(&mut reading);
    go::read(&mut reading);
    let Reading { files, mut found } = reading;
    found.dependencies.sort_by_key(|dependency| (dependency.ecosystem, !dependency.is_direct));
    if files.read.is_empty() && files.warnings.is_empty() {
        return Err(ProjectError::NoManifest(root.to_owned()));
    }
    Ok(Project { dependencies: found.dependencies, files: files.read, warnings: files.warnings })
}

/// The state of reading a project.
struct Reading {
    files: Files,
    found: Found,
}

/// Dependencies, each once.
#[derive(Default)]
struct Found {
    dependencies: Vec<Dependency>,
    places: HashMap<(Ecosystem, String, Option<String>, Origin), usize>,
}

impl Reading {
    /// Takes a dependency up, together with what is known of it already. A name that none can have is a warning.
    fn add(&mut self, mut dependency: Dependency) {
        let ecosystem = dependency.ecosystem;
        if let Err(error) = ecosystem.check_name(&dependency.name) {
            self.files.warn(format!("{}: {error}; left out", dependency.source));
            return;
        }
        dependency.name = ecosystem.canonical_name(&dependency.name);
        dependency.requirement = dependency.requirement.filter(|requirement| !requirement.is_empty());
        let key = (ecosystem, dependency.name.clone(), dependency.version.clone(), dependency.origin);
        match self.found.places.get(&key) {
            Some(place) => {
                let known = &mut self.found.dependencies[*place];
                known.is_dev &= dependency.is_dev;
                if dependency.is_direct && !known.is_direct {
                    known.is_direct = true;
                    known.source = dependency.source;
                }
                if known.requirement.is_none() {
                    known.requirement = dependency.requirement;
                }
            }
            None => {
                self.found.places.insert(key, self.found.dependencies.len());
                self.found.dependencies.push(dependency);
            }
        }
    }
}

//! The rows of the tables in the schema `zen`.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Numbers in an embedding.
pub const DIMENSIONS: usize = 384;

/// Hexadecimal digits of an id: 128 bits of its SHA-256.
const ID_DIGITS: usize = 32;

/// A row of `indexed_packages`: one version of one package.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IndexedPackage {
    /// `rust`, `npm`, `pypi`, ….
    pub ecosystem: String,
    /// The package's name in its ecosystem.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Where its source is kept.
    pub repo_url: Option<String>,
    /// What it says of itself.
    pub description: Option<String>,
    /// SPDX expression, or whatever the manifest has.
    pub license: Option<String>,
    /// How often it was downloaded, where the registry tells.
    pub downloads: Option<i64>,
    /// RFC 3339, UTC.
    pub indexed_at: String,
    /// Files with symbols or documentation.
    pub file_count: i64,
    /// Rows in `api_symbols`.
    pub symbol_count: i64,
}

impl std::fmt::Display for IndexedPackage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}@{}", self.ecosystem, self.name, self.version)
    }
}

/// A row of `api_symbols`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ApiSymbol {
    /// See [`symbol_ids`].
    pub id: String,
    /// The package's ecosystem.
    pub ecosystem: String,
    /// The package.
    pub package: String,
    /// The package's version.
    pub version: String,
    /// Relative to the package's root, with `/`.
    pub file_path: String,
    /// `function`, `method`, `struct`, ….
    pub kind: String,
    /// As declared, without what contains it (`metadata.container`).
    pub name: String,
    /// The declaration without its body, on one line.
    pub signature: String,
    /// Documentation without comment marks.
    pub doc_comment: Option<String>,
    /// First line, counted from 1.
    pub line_start: i32,
    /// Last line.
    pub line_end: i32,
    /// `public`, `protected`, `internal` or `private`.
    pub visibility: String,
    /// `async` and the like.
    pub is_async: bool,
    /// `unsafe`.
    pub is_unsafe: bool,
    /// What a function returns; a value's type.
    pub return_type: Option<String>,
    /// Type parameters as written.
    pub generics: Option<String>,
    /// A JSON list of attributes, annotations and decorators.
    pub attributes: String,
    /// A JSON object: what only the language knows; `language` and `container` always.
    pub metadata: String,
    /// 384 numbers of length 1, or nothing yet.
    #[serde(default)]
    pub embedding: Option<Vec<f32>>,
}

/// A row of `doc_chunks`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DocChunk {
    /// See [`chunk_id`].
    pub id: String,
    /// The package's ecosystem.
    pub ecosystem: String,
    /// The package.
    pub package: String,
    /// The package's version.
    pub version: String,
    /// Its place in the file, from 0.
    pub chunk_index: i32,
    /// Headings above it, from the outside in.
    pub title: String,
    /// Its text.
    pub content: String,
    /// Relative to the package's root, with `/`.
    pub source_file: String,
    /// `md`, `rst`, `txt` or `html`.
    pub format: String,
    /// 384 numbers of length 1, or nothing yet.
    #[serde(default)]
    pub embedding: Option<Vec<f32>>,
}

/// A row of `symbol_refs`: one symbol named by another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SymbolRef {
    /// The package's ecosystem.
    pub ecosystem: String,
    /// The package that refers.
    pub package: String,
    /// Its version.
    pub version: String,
    /// Who refers; nothing where it is the file, outside of every symbol.
    pub from_id: Option<String>,
    /// The symbol referred to, where it is known for certain and of the same package.
    pub to_id: Option<String>,
    /// The name as written.
    pub to_name: String,
    /// `calls`, `implements`, `extends`, `imports` or `contains`.
    pub relation: String,
    /// Where, relative to the package's root.
    pub file_path: String,
    /// The line, counted from 1.
    pub line: i32,
}

/// A row of `project_dependencies`: what a project on this machine depends on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProjectDependency {
    /// The project's folder.
    pub project: String,
    /// The dependency's ecosystem.
    pub ecosystem: String,
    /// The dependency.
    pub name: String,
    /// The version in use, where a lock file tells; else the newest at the time.
    pub version: Option<String>,
    /// What the manifest asks for.
    pub requirement: Option<String>,
    /// Named by the project itself.
    pub is_direct: bool,
    /// Only for development.
    pub is_dev: bool,
    /// The manifest that names it, relative to the project.
    pub source: String,
    /// Whether this version is in `indexed_packages`.
    pub indexed: bool,
}

/// Makes ids of one package version: truncated SHA-256 of `ecosystem:package:version:file_path:kind:name`. Where that
/// repeats, the second and later ones in the order of the file have `:2`, `:3`, … behind the name.
#[derive(Debug)]
pub struct SymbolIds {
    prefix: String,
    seen: HashMap<String, u32>,
}

/// See [`SymbolIds`].
#[must_use]
pub fn symbol_ids(ecosystem: &str, package: &str, version: &str) -> SymbolIds {
    SymbolIds { prefix: format!("{ecosystem}:{package}:{version}"), seen: HashMap::new() }
}

impl SymbolIds {
    /// The id of the next symbol with these names.
    pub fn next(&mut self, file_path: &str, kind: &str, name: &str) -> String {
        let text = format!("{}:{file_path}:{kind}:{name}", self.prefix);
        let count = self.seen.entry(text.clone()).or_insert(0);
        *count += 1;
        if *count == 1 { digest(&text) } else { digest(&format!("{text}:{count}")) }
    }
}

/// Truncated SHA-256 of `ecosystem:package:version:source_file:chunk_index`.
#[must_use]
pub fn chunk_id(ecosystem: &str, package: &str, version: &str, source_file: &str, chunk_index: i32) -> String {
    digest(&format!("{ecosystem}:{package}:{version}:{source_file}:{chunk_index}"))
}

fn digest(text: &str) -> String {
    let mut hex: String = Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    hex.truncate(ID_DIGITS);
    hex
}

#[cfg(test)]
mod tests {
    use super::{chunk_id, symbol_ids};

    #[test]
    fn ids_are_the_hash_of_the_names() {
        let mut ids = symbol_ids("rust", "a", "1.0.0");
        // echo -n 'rust:a:1.0.0:src/lib.rs:function:f' | sha256sum
        let first = ids.next("src/lib.rs", "function", "f");
        assert_eq!(first, "c48360f57bb127f8b23c85c71aa869c1");
        let second = ids.next("src/lib.rs", "function", "f");
        assert_ne!(first, second);
        assert_ne!(ids.next("src/lib.rs", "function", "f"), second);
        assert_eq!(symbol_ids("rust", "a", "1.0.0").next("src/lib.rs", "function", "f"), first);
        assert_ne!(chunk_id("rust", "a", "1.0.0", "README.md", 0), chunk_id("rust", "a", "1.0.0", "README.md", 1));
    }
}

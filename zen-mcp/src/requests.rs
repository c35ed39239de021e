//! What may be asked: the arguments of the tools. The comments of fields are what agents read in the tools' schemas.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::names::{Direction, Ecosystem, Language, SearchMode, SymbolKind};

/// Most hits of a search, and most references.
pub(crate) const MAX_HITS: u32 = 50;
/// Most symbols that one look-up shows.
pub(crate) const MAX_SYMBOLS: u32 = 20;
/// Most lines around a symbol.
pub(crate) const MAX_CONTEXT: u32 = 200;
/// Most packages in a list.
pub(crate) const MAX_PACKAGES: u32 = 500;
/// Most rows of a query.
pub(crate) const MAX_ROWS: u32 = 1_000;

/// Arguments of `search_symbols`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SymbolSearch {
    /// What the code does, in a few words ("retry a request with backoff"), or a name or a part of one
    /// ("spawn_blocking", "JoinHandle::abort"). Not a file path, not SQL, no regular expression.
    #[schemars(length(min = 1, max = 2_000))]
    pub query: String,
    /// Only this package, by its exact name ("tokio", "@types/node"). `list_packages` tells which there are.
    #[serde(default)]
    pub package: Option<String>,
    /// Only this version, exactly ("1.40.0"). Without it, the newest indexed version of each package.
    #[serde(default)]
    pub version: Option<String>,
    /// Only packages of this ecosystem.
    #[serde(default)]
    pub ecosystem: Option<Ecosystem>,
    /// Only symbols of this kind.
    #[serde(default)]
    pub kind: Option<SymbolKind>,
    /// Only files in this language.
    #[serde(default)]
    pub language: Option<Language>,
    /// "hybrid" is right nearly always; "name" when the name is known; "text" for exact words; "vector" for a
    /// description whose words the code does not use.
    #[serde(default = "hybrid")]
    pub mode: SearchMode,
    /// Most hits wanted.
    #[serde(default = "ten")]
    #[schemars(range(min = 1, max = MAX_HITS))]
    pub limit: u32,
}

/// Arguments of `search_docs`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DocSearch {
    /// A question or its words: "how to configure a custom allocator", "graceful shutdown".
    #[schemars(length(min = 1, max = 2_000))]
    pub query: String,
    /// Only this package, by its exact name.
    #[serde(default)]
    pub package: Option<String>,
    /// Only this version, exactly. Without it, the newest indexed version of each package.
    #[serde(default)]
    pub version: Option<String>,
    /// Only packages of this ecosystem.
    #[serde(default)]
    pub ecosystem: Option<Ecosystem>,
    /// "hybrid" is right nearly always; "text" for exact words; "vector" for other words than the guide's; "name"
    /// looks at headings only.
    #[serde(default = "hybrid")]
    pub mode: SearchMode,
    /// Most parts wanted.
    #[serde(default = "five")]
    #[schemars(range(min = 1, max = MAX_HITS))]
    pub limit: u32,
}

/// Arguments of `get_symbol`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SymbolLookup {
    /// An id as answers have it (32 hexadecimal digits), or a name, alone or with what contains it: "spawn",
    /// "Runtime::spawn", "requests.Session.get". An id is certain, a name may stand for several symbols.
    #[schemars(length(min = 1, max = 500))]
    pub symbol: String,
    /// Only in this package, by its exact name.
    #[serde(default)]
    pub package: Option<String>,
    /// Only in this version, exactly. Without it, the newest indexed version of each package.
    #[serde(default)]
    pub version: Option<String>,
    /// Only in packages of this ecosystem.
    #[serde(default)]
    pub ecosystem: Option<Ecosystem>,
    /// Only symbols of this kind.
    #[serde(default)]
    pub kind: Option<SymbolKind>,
    /// Lines of source to show before and after the symbol's own.
    #[serde(default)]
    #[schemars(range(max = MAX_CONTEXT))]
    pub context: u32,
    /// First line of the file to show, to read on where an answer was cut.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub from_line: Option<u32>,
    /// Most symbols to show where a name stands for several.
    #[serde(default = "three")]
    #[schemars(range(min = 1, max = MAX_SYMBOLS))]
    pub limit: u32,
}

/// Arguments of `find_references`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReferenceSearch {
    /// An id as answers have it, or a name, alone or with what contains it: "spawn", "Runtime::spawn".
    #[schemars(length(min = 1, max = 500))]
    pub symbol: String,
    /// Only references within this package, by its exact name.
    #[serde(default)]
    pub package: Option<String>,
    /// Only this version, exactly. Without it, the newest indexed version of each package.
    #[serde(default)]
    pub version: Option<String>,
    /// Only packages of this ecosystem.
    #[serde(default)]
    pub ecosystem: Option<Ecosystem>,
    /// "callers": what uses the symbol; "callees": what it uses; "both".
    #[serde(default = "callers")]
    pub direction: Direction,
    /// Most references wanted.
    #[serde(default = "twenty")]
    #[schemars(range(min = 1, max = MAX_HITS))]
    pub limit: u32,
}

/// Arguments of `list_packages`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PackageFilter {
    /// Only packages whose name has this in it, whatever its case: "serde". Without it, all.
    #[serde(default)]
    #[schemars(length(max = 200))]
    pub filter: Option<String>,
    /// Only packages of this ecosystem.
    #[serde(default)]
    pub ecosystem: Option<Ecosystem>,
    /// Most packages wanted.
    #[serde(default = "fifty")]
    #[schemars(range(min = 1, max = MAX_PACKAGES))]
    pub limit: u32,
}

/// Arguments of `index_package`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IndexRequest {
    /// "ecosystem:name@version" or "ecosystem:name" for the latest ("cargo:serde@1.0.200", "npm:zod",
    /// "pypi:requests", "go:github.com/spf13/cobra"), the absolute path of a folder, or the URL of a git repository
    /// ("https://github.com/serde-rs/serde"). An exact version: no "^1", no ">=2".
    #[schemars(length(min = 1, max = 2_000))]
    pub spec: String,
    /// Branch, tag or commit, of a git repository only.
    #[serde(default)]
    #[schemars(length(max = 200))]
    pub rev: Option<String>,
}

/// Arguments of `query`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SqlQuery {
    /// One statement in DuckDB's dialect that only reads: SELECT, WITH, FROM …, SHOW TABLES, DESCRIBE.
    #[schemars(length(min = 1, max = 20_000))]
    pub sql: String,
    /// Most rows wanted; LIMIT and OFFSET in the statement reach the others.
    #[serde(default = "fifty")]
    #[schemars(range(min = 1, max = MAX_ROWS))]
    pub limit: u32,
}

const fn hybrid() -> SearchMode {
    SearchMode::Hybrid
}

const fn callers() -> Direction {
    Direction::Callers
}

const fn three() -> u32 {
    3
}

const fn five() -> u32 {
    5
}

const fn ten() -> u32 {
    10
}

const fn twenty() -> u32 {
    20
}

const fn fifty() -> u32 {
    50
}

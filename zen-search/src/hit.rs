//! What is found.

use serde::{Deserialize, Serialize};
use zen_indexer::model::ApiSymbol;

use crate::lakes::Unanswered;
use crate::name::NameFit;
use crate::request::Mode;

/// What a search found.
#[derive(Debug, Clone, Serialize)]
pub struct SearchResults {
    /// The query.
    pub query: String,
    /// The mode that was asked for.
    pub mode: Mode,
    /// The mode that was possible: text where hybrid lacks embeddings or a model.
    pub mode_used: Mode,
    /// Why that is another, and what else is worth knowing.
    pub notes: Vec<String>,
    /// Lakes that did not answer.
    pub unanswered: Vec<Unanswered>,
    /// Best first.
    pub hits: Vec<Hit>,
    /// Where nothing was found: names that are like the query.
    pub near: Vec<String>,
}

/// One thing found, with the copies of it that were found too.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Hit {
    /// Place in the list, from 1.
    pub rank: usize,
    /// Comparable within one search only: higher is better.
    pub score: f32,
    /// How well its name fits, where the query is a name.
    pub name_fit: Option<NameFit>,
    /// BM25 of the words, where that found it. Not comparable between lakes.
    pub text_score: Option<f32>,
    /// Cosine of the angle between its vector and the query's, where that found it.
    pub similarity: Option<f32>,
    /// The lake it comes from.
    pub lake: String,
    /// The thing itself.
    #[serde(flatten)]
    pub what: What,
    /// How many more there are of the same: other versions, packages that show it again, other lakes.
    pub more: usize,
    /// Some of them.
    pub copies: Vec<Copy>,
}

/// A symbol or a piece of documentation.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum What {
    /// What a package declares.
    Symbol(Symbol),
    /// What it says.
    Doc(Doc),
}

/// Another copy of what was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Copy {
    /// Its lake.
    pub lake: String,
    /// Its id there.
    pub id: String,
    /// Its package.
    pub package: String,
    /// Its package's version.
    pub version: String,
    /// Its file.
    pub file: String,
    /// The line of a symbol.
    pub line: Option<i32>,
}

/// A symbol.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Symbol {
    /// Its id.
    pub id: String,
    /// Its package's ecosystem.
    pub ecosystem: String,
    /// Its package.
    pub package: String,
    /// Its package's version.
    pub version: String,
    /// `function`, `struct`, ….
    pub kind: String,
    /// As declared.
    pub name: String,
    /// What it is declared in.
    pub container: Option<String>,
    /// The declaration without its body, on one line.
    pub signature: String,
    /// Its documentation.
    pub doc: Option<String>,
    /// Relative to the package's root.
    pub file: String,
    /// First line, from 1.
    pub line_start: i32,
    /// Last line.
    pub line_end: i32,
    /// `public`, `protected`, `internal` or `private`.
    pub visibility: String,
    /// `rust`, `python`, ….
    pub language: Option<String>,
    /// Whether a trait asks for it, which says what it is for.
    #[serde(skip)]
    pub is_of_trait: bool,
}

/// A piece of documentation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Doc {
    /// Its id.
    pub id: String,
    /// Its package's ecosystem.
    pub ecosystem: String,
    /// Its package.
    pub package: String,
    /// Its package's version.
    pub version: String,
    /// Headings above it, from the outside in.
    pub title: String,
    /// Its text.
    pub content: String,
    /// Relative to the package's root.
    pub file: String,
    /// `md`, `rst`, ….
    pub format: String,
    /// Its place in the file, from 0.
    pub chunk: i32,
}

/// A row of `api_symbols`, as far as it is shown.
#[derive(Debug, Deserialize)]
pub(crate) struct SymbolRow {
    id: String,
    ecosystem: String,
    package: String,
    version: String,
    file_path: String,
    kind: String,
    name: String,
    signature: String,
    doc_comment: Option<String>,
    line_start: i32,
    line_end: i32,
    visibility: String,
    metadata: Option<String>,
}

impl SymbolRow {
    /// The columns it is made of.
    pub(crate) const COLUMNS: [&'static str; 13] = [
        "id",
        "ecosystem",
        "package",
        "version",
        "file_path",
        "kind",
        "name",
        "signature",
        "doc_comment",
        "line_start",
        "line_end",
        "visibility",
        "metadata",
    ];
}

/// A row of `doc_chunks`, as far as it is shown.
#[derive(Debug, Deserialize)]
pub(crate) struct DocRow {
    id: String,
    ecosystem: String,
    package: String,
    version: String,
    chunk_index: i32,
    title: String,
    content: String,
    source_file: String,
    format: String,
}

impl DocRow {
    /// The columns it is made of.
    pub(crate) const COLUMNS: [&'static str; 9] =
        ["id", "ecosystem", "package", "version", "chunk_index", "title", "content", "source_file", "format"];
}

/// What of `metadata` is shown. Others may have written it: what does not fit is nothing.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Metadata {
    #[serde(default)]
    pub(crate) language: Option<String>,
    #[serde(default)]
    pub(crate) container: Option<String>,
    #[serde(default)]
    trait_name: Option<serde_json::Value>,
}

impl Metadata {
    pub(crate) fn read(json: &str) -> Self {
        serde_json::from_str(json).unwrap_or_default()
    }
}

impl From<SymbolRow> for Symbol {
    fn from(row: SymbolRow) -> Self {
        let metadata = row.metadata.as_deref().map(Metadata::read).unwrap_or_default();
        Self {
            id: row.id,
            ecosystem: row.ecosystem,
            package: row.package,
            version: row.version,
            kind: row.kind,
            name: row.name,
            container: metadata.container,
            signature: row.signature,
            doc: row.doc_comment,
            file: row.file_path,
            line_start: row.line_start,
            line_end: row.line_end,
            visibility: row.visibility,
            language: metadata.language,
            is_of_trait: metadata.trait_name.is_some(),
        }
    }
}

impl From<DocRow> for Doc {
    fn from(row: DocRow) -> Self {
        Self {
            id: row.id,
            ecosystem: row.ecosystem,
            package: row.package,
            version: row.version,
            title: row.title,
            content: row.content,
            file: row.source_file,
            format: row.format,
            chunk: row.chunk_index,
        }
    }
}

impl From<ApiSymbol> for Symbol {
    fn from(row: ApiSymbol) -> Self {
        let metadata = Metadata::read(&row.metadata);
        Self {
            id: row.id,
            ecosystem: row.ecosystem,
            package: row.package,
            version: row.version,
            kind: row.kind,
            name: row.name,
            container: metadata.container,
            signature: row.signature,
            doc: row.doc_comment,
            file: row.file_path,
            line_start: row.line_start,
            line_end: row.line_end,
            visibility: row.visibility,
            language: metadata.language,
            is_of_trait: metadata.trait_name.is_some(),
        }
    }
}

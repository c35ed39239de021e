//! What came of indexing.

use std::fmt::Write;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{cut_notes, foot};
use crate::fit::{Answer, Detail};
use crate::requests::IndexRequest;
use crate::text::one_line;

/// Answer of `index_package`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Indexed {
    /// The package's ecosystem.
    pub ecosystem: String,
    /// The package.
    pub package: String,
    /// The version that is indexed now.
    pub version: String,
    /// Whether it had been indexed before, and nothing was done.
    pub already: bool,
    /// Files that were indexed.
    pub files: u64,
    /// Symbols that were found.
    pub symbols: u64,
    /// References between symbols.
    pub references: u64,
    /// Parts of documentation.
    pub doc_chunks: u64,
    /// Remarks: files that were skipped, embeddings that are missing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

impl Answer for Indexed {
    type Request = IndexRequest;
    const WHOLE: &'static str = "";

    fn cut(&mut self, _: Detail) {
        for text in [&mut self.ecosystem, &mut self.package, &mut self.version] {
            *text = one_line(text, 200);
        }
        cut_notes(&mut self.notes);
    }

    fn entries(&self) -> usize {
        0
    }

    fn keep(&mut self, _: usize) {}

    fn notes(&mut self) -> &mut Vec<String> {
        &mut self.notes
    }

    fn text(&self, _: &IndexRequest) -> String {
        let Self { ecosystem, package, version, files, symbols, references, doc_chunks, .. } = self;
        let done = if self.already { "was indexed before" } else { "is indexed" };
        let mut text = format!("{ecosystem}:{package}@{version} {done}");
        let _ = write!(
            text,
            ": {symbols} symbols in {files} files, {references} references, {doc_chunks} parts of documentation.\n\
             Next: search_symbols or search_docs with package \"{package}\" and version \"{version}\"."
        );
        foot(&mut text, &self.notes, None);
        text
    }
}

//! Hits of a search for symbols.

use std::fmt::Write;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{cut_notes, foot};
use crate::fit::{Answer, Detail};
use crate::names::SearchMode;
use crate::requests::{MAX_HITS, SymbolSearch};
use crate::text::{count, first_lines, indent, one_line};

/// A symbol, as searches show it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct SymbolHit {
    /// For `get_symbol` and `find_references`.
    pub id: String,
    /// The package's ecosystem: `rust`, `npm`, `pypi`, ….
    pub ecosystem: String,
    /// The package.
    pub package: String,
    /// Its version.
    pub version: String,
    /// `function`, `method`, `struct`, ….
    pub kind: String,
    /// As declared, without what contains it.
    pub name: String,
    /// What contains it, from the outside in: `Runtime`, `outer::Inner`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container: Option<String>,
    /// The declaration without its body.
    pub signature: String,
    /// Path from the package's root.
    pub file: String,
    /// First line, counted from 1.
    pub line: u32,
    /// Last line.
    pub end_line: u32,
    /// Documentation: its first lines in a search, more in `get_symbol`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doc: Option<String>,
    /// Rank within this answer: more is better. Not comparable between answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    /// Which of several lakes it comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// Near duplicates that were folded into this hit: other versions, other places.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also_in: Vec<String>,
}

impl SymbolHit {
    /// Cuts everything but the documentation.
    pub(super) fn cut(&mut self, signature: usize) {
        for text in [&mut self.ecosystem, &mut self.package, &mut self.version, &mut self.kind] {
            *text = one_line(text, 120);
        }
        self.id = one_line(&self.id, 400);
        self.name = one_line(&self.name, 200);
        self.file = one_line(&self.file, 300);
        self.signature = one_line(&self.signature, signature);
        self.container = self.container.take().map(|container| one_line(&container, 200));
        self.origin = self.origin.take().map(|origin| one_line(&origin, 80));
        self.also_in.truncate(5);
        for place in &mut self.also_in {
            *place = one_line(place, 120);
        }
    }

    /// What it is and where, on one line.
    pub(super) fn place(&self) -> String {
        let mut line = format!("{} {}", self.kind, self.name);
        if let Some(container) = &self.container {
            let _ = write!(line, " in {container}");
        }
        let Self { ecosystem, package, version, file, line: first, end_line, .. } = self;
        let _ = write!(line, " · {ecosystem}:{package}@{version} {file}:{first}");
        if end_line > first {
            let _ = write!(line, "-{end_line}");
        }
        if let Some(origin) = &self.origin {
            let _ = write!(line, " [{origin}]");
        }
        line
    }

    fn text(&self, at: usize) -> String {
        let mut text = format!("{at}. {}\n   {}\n", self.place(), self.signature);
        if let Some(doc) = &self.doc {
            text.push_str(&indent(doc, "   "));
        }
        let _ = write!(text, "   id {}", self.id);
        if let Some(score) = self.score {
            let _ = write!(text, ", score {score:.3}");
        }
        if !self.also_in.is_empty() {
            let _ = write!(text, ", also in {}", self.also_in.join("; "));
        }
        text.push('\n');
        text
    }
}

/// Answer of `search_symbols`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SymbolHits {
    /// Best first.
    pub hits: Vec<SymbolHit>,
    /// The mode that was used; not the one asked for where that was not possible, and then a note says why.
    pub mode: SearchMode,
    /// Whether there are more hits than these.
    pub more: bool,
    /// Remarks: what could not be searched, what was cut.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

impl Answer for SymbolHits {
    type Request = SymbolSearch;
    const WHOLE: &'static str = "get_symbol with an id shows all of one; a lower limit shows more of each.";

    fn cut(&mut self, detail: Detail) {
        let (signature, lines, doc) = detail.of((400, 3, 400), (200, 1, 160), (120, 0, 0));
        for hit in &mut self.hits {
            hit.cut(signature);
            hit.doc = hit.doc.take().map(|text| first_lines(&text, lines, doc)).filter(|_| lines > 0);
        }
        cut_notes(&mut self.notes);
    }

    fn entries(&self) -> usize {
        self.hits.len()
    }

    fn keep(&mut self, entries: usize) {
        self.more |= self.hits.len() > entries;
        self.hits.truncate(entries);
    }

    fn notes(&mut self) -> &mut Vec<String> {
        &mut self.notes
    }

    fn text(&self, request: &SymbolSearch) -> String {
        let query = one_line(&request.query, 200);
        let mut text = if self.hits.is_empty() {
            format!(
                "No symbol found for \"{query}\" ({}). Next: {}",
                self.mode.as_str(),
                if request.package.is_some() || request.kind.is_some() || request.language.is_some() {
                    "leave out filters; look with list_packages whether the package is indexed under that name; \
                     index_package adds one that is not."
                } else {
                    "use other or fewer words, or mode \"name\" for a part of a name; try search_docs; look with \
                     list_packages whether the package is indexed at all, and add it with index_package."
                }
            )
        } else {
            format!("{} for \"{query}\" ({}), best first\n\n", count(self.hits.len(), "symbol"), self.mode.as_str())
        };
        for (at, hit) in self.hits.iter().enumerate() {
            text.push_str(&hit.text(at + 1));
        }
        let more = format!(
            "There are more. Raise limit (now {}, at most {MAX_HITS}) or narrow by package, kind or \
            language.",
            request.limit
        );
        foot(&mut text, &self.notes, self.more.then_some(&more));
        text
    }
}

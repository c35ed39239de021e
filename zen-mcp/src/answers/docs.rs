//! Parts of documentation.

use std::fmt::Write;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{cut_notes, foot};
use crate::fit::{Answer, Detail};
use crate::names::SearchMode;
use crate::requests::{DocSearch, MAX_HITS};
use crate::text::{count, cut, indent, one_line};

/// A part of a README, guide or reference, as long as a few paragraphs.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct DocHit {
    /// The part's id, the column `id` of `zen.doc_chunks`.
    pub id: String,
    /// The package's ecosystem.
    pub ecosystem: String,
    /// The package.
    pub package: String,
    /// Its version.
    pub version: String,
    /// Headings above it, from the outside in.
    pub title: String,
    /// Its text.
    pub content: String,
    /// Path from the package's root.
    pub file: String,
    /// Its place in the file, from 0: the part before and after have the numbers next to it.
    pub chunk: u32,
    /// Rank within this answer: more is better.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    /// Which of several lakes it comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
}

/// Answer of `search_docs`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DocHits {
    /// Best first.
    pub hits: Vec<DocHit>,
    /// The mode that was used; not the one asked for where that was not possible, and then a note says why.
    pub mode: SearchMode,
    /// Whether there are more hits than these.
    pub more: bool,
    /// Remarks: what could not be searched, what was cut.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

impl Answer for DocHits {
    type Request = DocSearch;
    const WHOLE: &'static str = "The whole of one: query with SELECT content FROM zen.doc_chunks WHERE id = '…'; a lower limit shows more of each.";

    fn cut(&mut self, detail: Detail) {
        let most = detail.of(2_000, 600, 100);
        for hit in &mut self.hits {
            for text in [&mut hit.ecosystem, &mut hit.package, &mut hit.version] {
                *text = one_line(text, 120);
            }
            hit.id = one_line(&hit.id, 400);
            hit.title = one_line(&hit.title, 200);
            hit.file = one_line(&hit.file, 300);
            hit.origin = hit.origin.take().map(|origin| one_line(&origin, 80));
            hit.content = cut(&hit.content, most);
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

    fn text(&self, request: &DocSearch) -> String {
        let query = one_line(&request.query, 200);
        let mut text = if self.hits.is_empty() {
            format!(
                "Nothing found for \"{query}\" in documentation ({}). Next: use other words or leave out filters; try \
                 search_symbols, which searches comments in the code; look with list_packages whether the package is \
                 indexed, and add it with index_package.",
                self.mode.as_str()
            )
        } else {
            let found = count(self.hits.len(), "part");
            format!("{found} of documentation for \"{query}\" ({}), best first\n", self.mode.as_str())
        };
        for (at, hit) in self.hits.iter().enumerate() {
            let DocHit { ecosystem, package, version, file, chunk, title, .. } = hit;
            let _ = write!(text, "\n{}. {title} · {ecosystem}:{package}@{version} {file}#{chunk}", at + 1);
            if let Some(origin) = &hit.origin {
                let _ = write!(text, " [{origin}]");
            }
            let _ = write!(text, "\n{}   id {}", indent(&hit.content, "   "), hit.id);
            if let Some(score) = hit.score {
                let _ = write!(text, ", score {score:.3}");
            }
            text.push('\n');
        }
        let more = format!(
            "There are more. Raise limit (now {}, at most {MAX_HITS}) or narrow by package and version.",
            request.limit
        );
        foot(&mut text, &self.notes, self.more.then_some(&more));
        text
    }
}

//! Who refers to whom.

use std::fmt::Write;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::symbols::SymbolHit;
use super::{cut_notes, foot};
use crate::fit::{Answer, Detail};
use crate::requests::{MAX_HITS, ReferenceSearch};
use crate::text::{count, one_line};

/// Most of the symbols that a name stands for which are shown.
const MOST_MEANT: usize = 5;

/// On which side of a reference the other symbol is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// It refers to the symbol that was asked for.
    Caller,
    /// The symbol that was asked for refers to it.
    Callee,
}

/// One symbol named by another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reference {
    /// Whether this is a caller or a callee of the symbol that was asked for.
    pub side: Side,
    /// `calls`, `implements`, `extends`, `imports` or `contains`.
    pub relation: String,
    /// The other symbol, as written there. Nothing where it is the file itself that refers, outside of every symbol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The other symbol's id, where it is known for certain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Ecosystem of the package that refers.
    pub ecosystem: String,
    /// The package that refers.
    pub package: String,
    /// Its version.
    pub version: String,
    /// Where it refers: path from the package's root.
    pub file: String,
    /// The line, counted from 1.
    pub line: u32,
    /// Which of several lakes it comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
}

impl Reference {
    fn cut(&mut self) {
        for text in [&mut self.relation, &mut self.ecosystem, &mut self.package, &mut self.version] {
            *text = one_line(text, 120);
        }
        self.file = one_line(&self.file, 300);
        for text in [&mut self.name, &mut self.id, &mut self.origin] {
            *text = text.take().map(|text| one_line(&text, 200));
        }
    }

    fn text(&self) -> String {
        let Self { relation, ecosystem, package, version, file, line, .. } = self;
        let name = self.name.as_deref().unwrap_or("(the file)");
        let mut text = match self.side {
            Side::Caller => format!("<- {name} {relation} it"),
            Side::Callee => format!("-> it {relation} {name}"),
        };
        let _ = write!(text, " · {ecosystem}:{package}@{version} {file}:{line}");
        if let Some(id) = &self.id {
            let _ = write!(text, " id {id}");
        }
        if let Some(origin) = &self.origin {
            let _ = write!(text, " [{origin}]");
        }
        text.push('\n');
        text
    }
}

/// Answer of `find_references`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct References {
    /// The symbols that were meant; none where only the name is known, as of a symbol of a package that is not indexed.
    pub symbols: Vec<SymbolHit>,
    /// References, by package, file and line.
    pub references: Vec<Reference>,
    /// Whether there are more references than these.
    pub more: bool,
    /// Remarks: what could not be looked at, what was cut.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

impl Answer for References {
    type Request = ReferenceSearch;
    const WHOLE: &'static str = "Narrow by package or direction, or count them with query over zen.symbol_refs.";

    fn cut(&mut self, _: Detail) {
        if self.symbols.len() > MOST_MEANT {
            let more = self.symbols.len() - MOST_MEANT;
            self.notes.push(format!("The name stands for {more} more symbols. An id instead of it is certain."));
            self.symbols.truncate(MOST_MEANT);
        }
        for symbol in &mut self.symbols {
            symbol.cut(200);
            symbol.doc = None;
        }
        self.references.iter_mut().for_each(Reference::cut);
        cut_notes(&mut self.notes);
    }

    fn entries(&self) -> usize {
        self.references.len()
    }

    fn keep(&mut self, entries: usize) {
        self.more |= self.references.len() > entries;
        self.references.truncate(entries);
    }

    fn notes(&mut self) -> &mut Vec<String> {
        &mut self.notes
    }

    fn text(&self, request: &ReferenceSearch) -> String {
        let asked = one_line(&request.symbol, 200);
        let mut text = String::new();
        for symbol in &self.symbols {
            let _ = writeln!(text, "{} id {}", symbol.place(), symbol.id);
        }
        let direction = request.direction.as_str();
        if self.references.is_empty() {
            let _ = write!(
                text,
                "No references of \"{asked}\" ({direction}). Next: look with search_symbols what it is called exactly; try \
                 direction \"both\"; only indexed packages are looked at, so index_package what should use it."
            );
        } else {
            let _ = writeln!(text, "{} of \"{asked}\" ({direction})", count(self.references.len(), "reference"));
        }
        self.references.iter().for_each(|reference| text.push_str(&reference.text()));
        let more = format!(
            "There are more. Raise limit (now {}, at most {MAX_HITS}) or narrow by package and direction.",
            request.limit
        );
        foot(&mut text, &self.notes, self.more.then_some(&more));
        text
    }
}

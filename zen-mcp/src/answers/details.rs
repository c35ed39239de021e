//! Everything about a symbol.

use std::fmt::Write;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::symbols::SymbolHit;
use super::{cut_notes, foot};
use crate::fit::{Answer, Detail};
use crate::requests::{MAX_SYMBOLS, SymbolLookup};
use crate::text::{count, cut, indent, one_line};

/// Lines of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Source {
    /// The first line's number, counted from 1.
    pub first_line: u32,
    /// The lines.
    pub text: String,
    /// The line it goes on with where it was cut: `from_line` of the next call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_line: Option<u32>,
}

impl Source {
    /// Leaves whole lines, up to a size in bytes; of a first line that is larger, its beginning.
    fn cut(&mut self, most: usize) {
        let mut end = 0;
        for (at, line) in (0u32..).zip(self.text.split_inclusive('\n')) {
            if end + line.len() > most {
                let whole = if end == 0 { cut(line, most) } else { cut(self.text.get(..end).unwrap_or(""), most) };
                self.next_line = Some(self.first_line.saturating_add(at.max(1)));
                self.text = whole;
                return;
            }
            end += line.len();
        }
        self.text = cut(&self.text, most);
    }

    fn lines(&self) -> String {
        let mut text = String::new();
        for (at, line) in (self.first_line..).zip(self.text.lines()) {
            let _ = writeln!(text, "{at:>5}  {line}");
        }
        text
    }
}

/// Everything about a symbol.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct SymbolDetails {
    /// What it is, where it is, its documentation.
    pub symbol: SymbolHit,
    /// `public`, `protected`, `internal` or `private`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visibility: Option<String>,
    /// What a function returns; a value's type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub return_type: Option<String>,
    /// Attributes, annotations, decorators.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<String>,
    /// Its source, where the files are at hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
}

impl SymbolDetails {
    fn text(&self) -> String {
        let mut text = format!("{}\n   {}\n", self.symbol.place(), self.symbol.signature);
        let _ = write!(text, "   id {}", self.symbol.id);
        if let Some(visibility) = &self.visibility {
            let _ = write!(text, ", {visibility}");
        }
        if let Some(returned) = &self.return_type {
            let _ = write!(text, ", type {returned}");
        }
        text.push('\n');
        if !self.attributes.is_empty() {
            let _ = writeln!(text, "   {}", self.attributes.join(" "));
        }
        if let Some(doc) = &self.symbol.doc {
            let _ = write!(text, "\n{}", indent(doc, "   "));
        }
        if let Some(source) = &self.source {
            let _ = write!(text, "\n{}", source.lines());
            if let Some(next) = source.next_line {
                let _ = writeln!(text, "   … goes on: get_symbol with symbol \"{}\", from_line {next}", self.symbol.id);
            }
        }
        text
    }
}

/// Answer of `get_symbol`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Symbols {
    /// The symbols that were meant, likeliest first.
    pub symbols: Vec<SymbolDetails>,
    /// Whether the name stands for more than these.
    pub more: bool,
    /// Remarks: why there is no source, what was cut.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

impl Answer for Symbols {
    type Request = SymbolLookup;
    const WHOLE: &'static str = "Ask for one symbol by its id to see more of it.";

    fn cut(&mut self, detail: Detail) {
        // One symbol may take it all, several share.
        let share = |size: usize| size / self.symbols.len().max(1);
        let (doc, source) = detail.of((share(8_000), share(12_000)), (share(2_000), share(6_000)), (100, 0));
        for details in &mut self.symbols {
            details.symbol.cut(detail.of(1_000, 400, 120));
            details.symbol.doc = details.symbol.doc.take().map(|text| cut(&text, doc));
            details.visibility = details.visibility.take().map(|text| one_line(&text, 40));
            details.return_type = details.return_type.take().map(|text| one_line(&text, 300));
            details.attributes.truncate(detail.of(20, 5, 0));
            for attribute in &mut details.attributes {
                *attribute = one_line(attribute, 200);
            }
            details.source = details.source.take().filter(|_| source > 0);
            if let Some(lines) = &mut details.source {
                lines.cut(source);
            }
        }
        cut_notes(&mut self.notes);
    }

    fn entries(&self) -> usize {
        self.symbols.len()
    }

    fn keep(&mut self, entries: usize) {
        self.more |= self.symbols.len() > entries;
        self.symbols.truncate(entries);
    }

    fn notes(&mut self) -> &mut Vec<String> {
        &mut self.notes
    }

    fn text(&self, request: &SymbolLookup) -> String {
        let asked = one_line(&request.symbol, 200);
        let mut text = match self.symbols.len() {
            0 => format!(
                "No symbol \"{asked}\". Next: search_symbols finds it by a part of its name (mode \"name\") or by what it \
                 does; names are written as declared, without arguments or type parameters; an id is only good for the \
                 version it was given for."
            ),
            1 => String::new(),
            many => format!("{} are called \"{asked}\"\n\n", count(many, "symbol")),
        };
        let shown: Vec<String> = self.symbols.iter().map(SymbolDetails::text).collect();
        text.push_str(&shown.join("\n"));
        let more = format!(
            "The name stands for more symbols. Name the package, kind or container, or raise limit (now {}, at most \
             {MAX_SYMBOLS}).",
            request.limit
        );
        foot(&mut text, &self.notes, self.more.then_some(&more));
        text
    }
}

#[cfg(test)]
mod tests {
    use super::Source;

    #[test]
    fn source_is_cut_between_lines_and_says_where_it_goes_on() {
        let source = |text: &str| Source { first_line: 10, text: text.into(), next_line: None };
        for (text, most, expected, next) in [
            ("a\nb\nc\n", 100, "a\nb\nc", None),
            ("a\nb\nc\n", 4, "a\nb", Some(12)),
            ("long line\nb\n", 4, "long …", Some(11)),
            ("", 4, "", None),
        ] {
            let mut source = source(text);
            source.cut(most);
            assert_eq!((source.text.as_str(), source.next_line), (expected, next), "{text:?}");
        }
    }
}

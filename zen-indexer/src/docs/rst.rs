//! reStructuredText as blocks: sections by their adornments, directives as what they show, literal blocks in fences, roles as
//! text. Everything is read line by line; blocks within blocks are read where they stand, so that nothing nests here.

mod directives;

use self::directives::{Directive, Shows};
use super::block::{Block, Document, Kind, fenced, language_name, number};
use super::rst_inline::clean;

/// Reads a file.
pub(super) fn read(text: &str) -> Document {
    let lines: Vec<String> = text.lines().map(|line| line.trim_end().replace('\t', "        ")).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let mut reader =
        Reader { lines: &lines, at: 0, blocks: Vec::new(), levels: Vec::new(), language: String::new(), last_end: 0 };
    while reader.at < lines.len() {
        reader.step();
    }
    Document { title: None, blocks: reader.blocks }
}

/// A title with its adornment.
pub(super) struct Title {
    pub(super) text: String,
    /// The character of the adornment and whether it stands above too.
    pub(super) style: (char, bool),
    /// How many lines it takes.
    pub(super) lines: usize,
}

/// The title that begins at a line, if one does.
pub(super) fn section_title(lines: &[&str], at: usize) -> Option<Title> {
    let first = lines.get(at)?;
    if let Some(c) = adornment(first)
        && let (Some(title), Some(under)) = (lines.get(at + 1), lines.get(at + 2))
        && adornment(under) == Some(c)
        && !title.trim().is_empty()
        && adornment(title).is_none()
        && first.chars().count() + 3 >= title.trim().chars().count()
    {
        return Some(Title { text: title.trim().to_owned(), style: (c, true), lines: 3 });
    }
    let under = lines.get(at + 1)?;
    let c = adornment(under)?;
    let is_title =
        first.starts_with(|c: char| !c.is_whitespace()) && adornment(first).is_none() && !first.starts_with("..");
    // The rule asks for the title's length; a few characters less are common and read the same by the tools.
    let (length, wanted) = (under.chars().count(), first.chars().count());
    let is_long_enough = length + 2 >= wanted || (length >= 4 && length + 8 >= wanted);
    (is_title && is_long_enough).then(|| Title { text: (*first).to_owned(), style: (c, false), lines: 2 })
}

/// The level of a style: styles count in the order in which they appear.
pub(super) fn level(levels: &mut Vec<(char, bool)>, style: (char, bool)) -> u8 {
    let at = levels.iter().position(|known| *known == style).unwrap_or_else(|| {
        levels.push(style);
        levels.len() - 1
    });
    u8::try_from(at + 1).unwrap_or(u8::MAX).min(12)
}

/// The character that a line of at least two of it repeats.
fn adornment(line: &str) -> Option<char> {
    let c = line.chars().next().filter(char::is_ascii_punctuation)?;
    (line.len() >= 2 && line.chars().all(|other| other == c) && line != "..").then_some(c)
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

struct Reader<'a> {
    lines: &'a [&'a str],
    at: usize,
    blocks: Vec<Block>,
    levels: Vec<(char, bool)>,
    /// What `highlight` says code is.
    language: String,
    /// The line after the last block.
    last_end: usize,
}

impl<'a> Reader<'a> {
    fn line(&self, at: usize) -> &'a str {
        self.lines.get(at).copied().unwrap_or("")
    }

    fn step(&mut self) {
        let line = self.line(self.at);
        let text = line.trim_start();
        if text.is_empty() {
            self.at += 1;
        } else if let Some(title) = section_title(self.lines, self.at) {
            let level = level(&mut self.levels, title.style);
            self.push(Kind::Heading(level), clean(&title.text).replace('`', ""), self.at, self.at + title.lines);
            self.at += title.lines;
        } else if text == ".." || text.starts_with(".. ") {
            self.explicit(text.trim_start_matches('.').trim_start());
        } else if text == "__" || text.starts_with("__ ") || text == ":orphan:" || is_lone_substitutions(text) {
            self.at += 1;
        } else if text.starts_with("+-") || text.starts_with("+=") {
            self.whole_while(|line| line.starts_with(['+', '|']));
        } else if is_simple_table(text) {
            self.simple_table();
        } else if text.starts_with(">>> ") {
            self.doctest();
        } else if adornment(text).is_some() && text.len() >= 4 && self.line(self.at + 1).is_empty() {
            // A line between paragraphs.
            self.at += 1;
        } else {
            self.paragraph();
        }
    }

    /// What begins with `..`: directives, targets, substitutions, footnotes, comments.
    fn explicit(&mut self, text: &str) {
        let start = self.at;
        let base = indent(self.line(start));
        if let Some(directive) = Directive::parse(text) {
            self.directive(&directive, base);
            return;
        }
        let is_note = text.starts_with('[') && text.contains(']');
        if is_note {
            // The text of a footnote stays.
            let end = self.body_end(start + 1, base);
            let note = self.joined(start, end);
            self.push(Kind::Prose, clean(note.trim_start_matches(['.', ' '])), start, end);
            self.at = end;
            return;
        }
        // Targets, substitutions, comments.
        self.at = self.body_end(start + 1, base);
    }

    fn directive(&mut self, directive: &Directive<'_>, base: usize) {
        let start = self.at;
        let end = self.body_end(start + 1, base);
        // The options stand right below, the content after a blank line or at once.
        let mut body = start + 1;
        let mut language = "";
        while body < end {
            let line = self.line(body).trim_start();
            if !line.starts_with(':') || !line.get(1..).is_some_and(|rest| rest.contains(':')) {
                break;
            }
            if let Some(value) = line.strip_prefix(":language:") {
                language = value.trim();
            }
            body += 1;
            // The lines that an option's value goes on to.
            let option = indent(self.line(body - 1));
            while body < end && !self.line(body).is_empty() && indent(self.line(body)) > option {
                body += 1;
            }
        }
        match directive.shows() {
            Shows::Nothing => {
                if directive.name == "highlight" {
                    self.language = language_name(directive.argument).to_owned();
                }
                self.at = end;
            }
            Shows::Code => {
                let named = [directive.argument, language].into_iter().map(language_name).find(|name| !name.is_empty());
                let name = named.map_or_else(|| self.language.clone(), str::to_owned);
                self.code(body, end, &name, start);
                self.at = end;
            }
            Shows::Table => {
                let title = directive.argument;
                let text = self.joined(body, end);
                let text = if title.is_empty() { text } else { format!("{}\n{text}", clean(title)) };
                self.push(Kind::Whole, clean(&text), start, end);
                self.at = end;
            }
            Shows::Line(line) => {
                if !line.is_empty() {
                    self.push(Kind::Lead, clean(&line), start, body);
                }
                self.at = body;
            }
        }
    }

    /// The line after an indented body: the first that is neither blank nor deeper than `base`.
    fn body_end(&self, from: usize, base: usize) -> usize {
        let mut end = from;
        let mut last = from;
        while end < self.lines.len() {
            let line = self.line(end);
            if !line.is_empty() {
                if indent(line) <= base {
                    break;
                }
                last = end + 1;
            }
            end += 1;
        }
        last
    }

    /// Lines without the indentation that they share.
    fn joined(&self, from: usize, to: usize) -> String {
        let lines = self.lines.get(from..to.min(self.lines.len())).unwrap_or(&[]);
        let shared = lines.iter().filter(|line| !line.is_empty()).map(|line| indent(line)).min().unwrap_or(0);
        let text = lines.iter().map(|line| line.get(shared..).unwrap_or("")).collect::<Vec<_>>().join("\n");
        text.trim_matches('\n').to_owned()
    }

    fn code(&mut self, from: usize, to: usize, language: &str, line: usize) {
        let text = self.joined(from, to);
        if !text.trim().is_empty() {
            self.push(Kind::Whole, fenced(&text, language), line, to);
        }
    }

    fn whole_while(&mut self, is_part: impl Fn(&str) -> bool) {
        let start = self.at;
        while self.at < self.lines.len() && (self.at == start || is_part(self.line(self.at).trim_start())) {
            self.at += 1;
        }
        let text = self.joined(start, self.at);
        self.push(Kind::Whole, clean(&text), start, self.at);
    }

    /// A table between lines of `=`: it ends with the second or third of them that a blank line follows.
    fn simple_table(&mut self) {
        let start = self.at;
        let mut borders = 1;
        let mut end = start + 1;
        while end < self.lines.len() && end - start < 5000 {
            let line = self.line(end).trim_start();
            end += 1;
            if is_simple_table(line) {
                borders += 1;
                if borders >= 2 && self.line(end).is_empty() {
                    let text = self.joined(start, end);
                    self.push(Kind::Whole, clean(&text), start, end);
                    self.at = end;
                    return;
                }
            }
        }
        self.paragraph();
    }

    fn doctest(&mut self) {
        let start = self.at;
        while !self.line(self.at).is_empty() {
            self.at += 1;
        }
        self.code(start, self.at, "pycon", start);
    }

    fn paragraph(&mut self) {
        let start = self.at;
        let first = self.line(start);
        let base = indent(first);
        let is_item = is_item(first.trim_start());
        let mut end = start + 1;
        while end < self.lines.len() {
            let line = self.line(end);
            if line.is_empty()
                || indent(line) < base
                || (is_item && is_item_at(line, base))
                || line.trim_start().starts_with(".. ")
                || section_title(self.lines, end).is_some()
            {
                break;
            }
            end += 1;
        }
        self.at = end;
        let last = self.line(end - 1);
        // What belongs to an item stands below its text, not below its mark.
        let inner = if is_item { base + item_mark(first.trim_start()) } else { base };
        let has_literal = last.ends_with("::") && self.has_deeper_body(end, inner);
        let text = if is_item { self.lines[start..end].join("\n") } else { self.joined(start, end) };
        let mut text = clean(&text);
        if has_literal && text.ends_with("::") {
            text.pop();
            if text.trim() == ":" {
                text.clear();
            }
        }
        if !text.trim().is_empty() {
            self.push(Kind::Prose, text, start, end);
        }
        if has_literal {
            let body = self.body_end(end, inner);
            let language = self.language.clone();
            let first = (end..body).find(|at| !self.line(*at).is_empty()).unwrap_or(end);
            self.code(end, body, &language, first);
            self.at = body;
        }
    }

    /// Whether a blank line and an indented block follow.
    fn has_deeper_body(&self, at: usize, base: usize) -> bool {
        self.line(at).is_empty()
            && self
                .lines
                .get(at..)
                .unwrap_or(&[])
                .iter()
                .find(|line| !line.is_empty())
                .is_some_and(|line| indent(line) > base)
    }

    fn push(&mut self, kind: Kind, text: String, line: usize, end: usize) {
        let mut block = Block::new(kind, text, number(line + 1));
        block.is_tight = line > 0 && line == self.last_end && !self.blocks.is_empty();
        self.blocks.push(block);
        self.last_end = end;
    }
}

/// Whether a line holds nothing but substitutions (`|build| |docs|`): badges, as a rule.
fn is_lone_substitutions(text: &str) -> bool {
    text.starts_with('|')
        && text.split_whitespace().all(|word| {
            let word = word.trim_end_matches('_');
            word.len() > 2 && word.starts_with('|') && word.ends_with('|')
        })
}

fn is_simple_table(text: &str) -> bool {
    text.starts_with("==") && text.contains("= =") | text.contains("=  ") && text.chars().all(|c| c == '=' || c == ' ')
}

/// The length of the mark that begins a list item, 0 where there is none.
fn item_mark(text: &str) -> usize {
    if ["- ", "* ", "+ "].iter().any(|mark| text.starts_with(mark)) {
        return 2;
    }
    let rest = text.trim_start_matches('(');
    let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '#');
    let length = text.len() - rest.len();
    if (1..5).contains(&length) && (rest.starts_with(". ") || rest.starts_with(") ")) { length + 2 } else { 0 }
}

fn is_item(text: &str) -> bool {
    item_mark(text) > 0
}

fn is_item_at(line: &str, base: usize) -> bool {
    indent(line) == base && is_item(line.trim_start())
}

#[cfg(test)]
mod tests;

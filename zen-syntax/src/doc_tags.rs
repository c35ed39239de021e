//! Documentation with `@tags`, as PHPDoc, YARD, LDoc and their like have it.

use serde_json::{Map, Value};

/// One tag with its text, continued lines included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tag {
    /// Without the `@`.
    pub(crate) name: String,
    /// What follows on the line and on those that continue it.
    pub(crate) text: String,
}

/// A parameter as a tag names it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Param {
    pub(crate) name: String,
    pub(crate) of: Option<String>,
    pub(crate) text: String,
}

/// The tags of a documentation. A tag goes on until the next one, or until a line at the margin after a blank one. Code
/// within fences has no tags.
pub(crate) fn tags(doc: &str) -> Vec<Tag> {
    let mut found: Vec<Tag> = Vec::new();
    let (mut open, mut blank, mut fenced) = (false, false, false);
    for line in doc.lines() {
        let trimmed = line.trim_start();
        if trimmed.starts_with("```") {
            fenced = !fenced;
        }
        if !fenced && let Some(tag) = trimmed.strip_prefix('@').filter(|t| t.starts_with(|c: char| c.is_alphabetic())) {
            let end = tag.find(|c: char| !c.is_alphanumeric() && !"_-.\\".contains(c)).unwrap_or(tag.len());
            let (name, text) = tag.split_at(end);
            found.push(Tag { name: name.to_owned(), text: text.trim().to_owned() });
            (open, blank) = (true, false);
            continue;
        }
        if trimmed.is_empty() {
            blank = true;
        } else if blank && trimmed.len() == line.len() && !fenced {
            open = false;
        }
        if open && let Some(tag) = found.last_mut() {
            tag.text.push('\n');
            tag.text.push_str(line.trim_end());
        }
    }
    for tag in &mut found {
        tag.text = settle(&tag.text);
    }
    found
}

/// A tag's text with the indentation of its further lines off.
fn settle(text: &str) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    if let Some(rest) = lines.get_mut(1..) {
        crate::comments::dedent(rest);
    }
    lines.join("\n").trim().to_owned()
}

/// A type and what follows: up to the first blank outside of brackets. The result of `fun(a): b` belongs to the type.
pub(crate) fn type_first(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '<' | '(' | '[' | '{' => depth += 1,
            '>' | ')' | ']' | '}' => depth = depth.saturating_sub(1),
            c if c.is_whitespace() && depth == 0 && !text[..at].ends_with("):") => {
                return (&text[..at], text[at..].trim_start());
            }
            _ => {}
        }
    }
    (text, "")
}

/// The first word and what follows.
pub(crate) fn word_first(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    match text.find(char::is_whitespace) {
        Some(at) => (&text[..at], text[at..].trim_start()),
        None => (text, ""),
    }
}

/// Documentation by section.
#[derive(Debug, Default)]
pub(crate) struct Sections {
    lists: Map<String, Value>,
}

impl Sections {
    /// `params`, `fields`, …: a list of what has a name, perhaps a type and a description.
    pub(crate) fn named(&mut self, section: &str, param: Param) {
        let mut row = Map::new();
        row.insert("name".into(), param.name.into());
        put(&mut row, "type", param.of.as_deref().unwrap_or_default());
        put(&mut row, "description", &param.text);
        self.push(section, row.into());
    }

    /// `returns`, `throws`: a list of types with descriptions.
    pub(crate) fn typed(&mut self, section: &str, of: &str, text: &str) {
        let mut row = Map::new();
        put(&mut row, "type", of);
        put(&mut row, "description", text);
        if !row.is_empty() {
            self.push(section, row.into());
        }
    }

    /// `examples`, `see`, …: a list of texts.
    pub(crate) fn text(&mut self, section: &str, text: &str) {
        if !text.is_empty() {
            self.push(section, text.into());
        }
    }

    fn push(&mut self, section: &str, value: Value) {
        if let Some(list) = self.lists.entry(section).or_insert_with(|| Value::Array(Vec::new())).as_array_mut() {
            list.push(value);
        }
    }

    /// Puts them into a symbol's metadata, if there are any.
    pub(crate) fn store(self, metadata: &mut Map<String, Value>) {
        if !self.lists.is_empty() {
            metadata.insert("doc_sections".into(), self.lists.into());
        }
    }
}

fn put(row: &mut Map<String, Value>, key: &str, text: &str) {
    if !text.is_empty() {
        row.insert(key.into(), text.into());
    }
}

/// A remark that may have no text (`@deprecated`): the text, or `true`.
pub(crate) fn remark(text: &str) -> Value {
    if text.is_empty() { true.into() } else { text.into() }
}

#[cfg(test)]
mod tests {
    use super::{Tag, tags, type_first};

    #[test]
    fn tags_and_their_lines() {
        let tag = |name: &str, text: &str| Tag { name: name.into(), text: text.into() };
        let doc = "Does it.\n@param a one\n  and more\n@example Title\n    x = 1\n      y\n\nAfter.\n```\n@no\n```\n@api private";
        let expected = [tag("param", "a one\nand more"), tag("example", "Title\nx = 1\n  y"), tag("api", "private")];
        assert_eq!(tags(doc), expected);
        assert_eq!(tags("a@b.c\n@ x"), []);
    }

    #[test]
    fn types() {
        assert_eq!(type_first("array<int, string> $x"), ("array<int, string>", "$x"));
        assert_eq!(type_first("fun(a: b): c | d e"), ("fun(a: b): c", "| d e"));
        assert_eq!(type_first("(a b"), ("(a b", ""));
        assert_eq!(type_first(""), ("", ""));
    }
}

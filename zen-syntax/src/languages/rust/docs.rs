//! Documentation comments and what their headings promise.

use serde_json::{Map, Value};
use tree_sitter::Node;

use crate::comments;
use crate::nodes::{children, named};
use crate::rules::File;
use crate::symbol::Symbol;

pub(super) fn is_comment(node: Node<'_>) -> bool {
    matches!(node.kind(), "line_comment" | "block_comment")
}

/// The text of `///` and `/** */`. Four slashes and three stars are ordinary comments.
pub(super) fn outer(comment: &str) -> Option<String> {
    if comment.starts_with("///") {
        return (!comment.starts_with("////")).then(|| comments::line(comment, "///")).flatten();
    }
    let inner = comment.strip_prefix("/**")?;
    (!inner.starts_with(['*', '/'])).then(|| comments::block(inner.strip_suffix("*/").unwrap_or(inner)))
}

/// The text of `//!` and `/*! */`.
pub(super) fn inner(comment: &str) -> Option<String> {
    if comment.starts_with("//!") {
        return comments::line(comment, "//!");
    }
    let inner = comment.strip_prefix("/*!")?;
    Some(comments::block(inner.strip_suffix("*/").unwrap_or(inner)))
}

/// What a body or file says of itself before its first item, and the last comment that does.
pub(super) fn within<'t>(body: Node<'t>, file: &File<'_>) -> Option<(String, Node<'t>)> {
    let (mut parts, mut last) = (Vec::new(), None);
    for node in comments_within(body) {
        if let Some(part) = inner(file.text(node)) {
            parts.push(part);
            last = Some(node);
        }
    }
    Some((comments::finish(&parts.join("\n"))?, last?))
}

/// The first comment with which a file says something of itself.
pub(super) fn first_within<'t>(root: Node<'t>, file: &File<'_>) -> Option<Node<'t>> {
    comments_within(root).find(|node| inner(file.text(*node)).is_some())
}

/// The comments before the first item.
fn comments_within(body: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    let begins = |node: &Node<'_>| is_comment(*node) || matches!(node.kind(), "{" | "inner_attribute_item" | "shebang");
    children(body).take_while(begins).filter(|node| is_comment(*node))
}

/// The text that a string literal stands for.
pub(super) fn literal(node: Node<'_>, file: &File<'_>) -> Option<String> {
    if !matches!(node.kind(), "string_literal" | "raw_string_literal") {
        return None;
    }
    let mut out = String::new();
    for part in named(node) {
        let text = file.text(part);
        match part.kind() {
            "string_content" => out.push_str(text),
            "escape_sequence" => out.extend(escaped(text)),
            _ => {}
        }
    }
    Some(out)
}

/// The character of an escape sequence; none for a line that goes on.
fn escaped(text: &str) -> Option<char> {
    match text.strip_prefix('\\')? {
        "n" => Some('\n'),
        "t" => Some('\t'),
        "r" => Some('\r'),
        "0" => Some('\0'),
        rest => match rest.strip_prefix(['u', 'x']) {
            Some(code) => char::from_u32(u32::from_str_radix(code.trim_matches(['{', '}']), 16).ok()?),
            None => rest.chars().next().filter(|c| !c.is_whitespace()),
        },
    }
}

/// Headings that say what the text below is about, and the names of those sections.
const SECTIONS: [(&str, &str); 18] = [
    ("errors", "errors"),
    ("error", "errors"),
    ("panics", "panics"),
    ("panic", "panics"),
    ("safety", "safety"),
    ("examples", "examples"),
    ("example", "examples"),
    ("arguments", "arguments"),
    ("parameters", "arguments"),
    ("returns", "returns"),
    ("return value", "returns"),
    ("aborts", "aborts"),
    ("abort", "aborts"),
    ("cancel safety", "cancel_safety"),
    ("performance", "performance"),
    ("notes", "notes"),
    ("note", "notes"),
    ("see also", "see_also"),
];

/// Adds the sections of a symbol's documentation.
pub(super) fn describe(symbol: &mut Symbol) {
    let Some(doc) = &symbol.doc_comment else { return };
    let sections = sections(doc);
    if !sections.is_empty() {
        symbol.metadata.insert("doc_sections".into(), sections.into());
    }
}

/// The sections of a documentation text by name. A section ends at the next heading of its level or above; headings within
/// code are none.
fn sections(doc: &str) -> Map<String, Value> {
    let mut sections = Map::new();
    let mut open: Option<(&str, usize, Vec<&str>)> = None;
    let mut fence: Option<&str> = None;
    for line in doc.lines() {
        let trimmed = line.trim_start();
        let mark = ["```", "~~~"].into_iter().find(|mark| trimmed.starts_with(mark));
        match (fence, mark) {
            (None, Some(_)) => fence = mark,
            (Some(_), Some(_)) if fence == mark => fence = None,
            _ => {}
        }
        let heading = (fence.is_none() && mark.is_none()).then(|| heading(line)).flatten();
        if let Some((level, title)) = heading {
            if open.as_ref().is_some_and(|(_, of, _)| level <= *of) {
                close(&mut sections, open.take());
            }
            if open.is_none() {
                let title = title.to_ascii_lowercase();
                let name = SECTIONS.iter().find(|(heading, _)| *heading == title).map(|(_, name)| *name);
                open = name.map(|name| (name, level, Vec::new()));
                continue;
            }
        }
        if let Some((_, _, lines)) = &mut open {
            lines.push(line);
        }
    }
    close(&mut sections, open);
    sections
}

fn close(sections: &mut Map<String, Value>, open: Option<(&str, usize, Vec<&str>)>) {
    let Some((name, _, lines)) = open else { return };
    let Some(text) = comments::finish(&lines.join("\n")) else { return };
    match sections.get_mut(name) {
        Some(Value::String(before)) => {
            before.push_str("\n\n");
            before.push_str(&text);
        }
        _ => drop(sections.insert(name.to_owned(), text.into())),
    }
}

/// Level and title of a Markdown heading.
fn heading(line: &str) -> Option<(usize, &str)> {
    let rest = line.trim_start_matches(' ');
    let title = rest.trim_start_matches('#');
    let level = rest.len() - title.len();
    if line.len() - rest.len() > 3 || !(1..=6).contains(&level) || !title.starts_with([' ', '\t']) {
        return None;
    }
    Some((level, title.trim().trim_end_matches('#').trim_end_matches([' ', ':'])))
}

//! Haddock: documentation before (`-- |`, `{-| … -}`) and behind (`-- ^`) what it is about.

use serde_json::{Map, Value, json};
use tree_sitter::Node;

use crate::comments;
use crate::rules::File;

/// Which side a comment documents.
#[derive(Clone, Copy, PartialEq)]
enum Side {
    Next,
    Before,
}

fn text_on(side: Side, node: Node<'_>, file: &File<'_>) -> Option<String> {
    if node.kind() != "haddock" {
        return None;
    }
    let comment = file.text(node).trim_end();
    let (inner, is_block) = match comment.strip_prefix("{-") {
        Some(inner) => (inner.strip_suffix("-}").unwrap_or(inner).trim_start(), true),
        None => (comment.strip_prefix("--")?.trim_start(), false),
    };
    let mark = if side == Side::Next { '|' } else { '^' };
    inner.strip_prefix(mark)?;
    let text = if is_block { comments::block(inner.strip_prefix(mark)?) } else { comments::line(comment, "--")? };
    let text = text.trim_start();
    let text = if is_block { text } else { text.strip_prefix(mark).unwrap_or(text) };
    comments::finish(text.strip_prefix(' ').unwrap_or(text))
}

/// The documentation of a declaration.
pub(super) fn of(node: Node<'_>, file: &File<'_>) -> Option<String> {
    before(node, file).or_else(|| behind(node, file))
}

/// The documentation above; pragmas and fixities may stand between.
pub(super) fn before(node: Node<'_>, file: &File<'_>) -> Option<String> {
    let mut at = node.prev_sibling().or_else(|| last_of_imports(node));
    while let Some(sibling) = at {
        match sibling.kind() {
            "haddock" => return text_on(Side::Next, sibling, file),
            "pragma" | "fixity" | "kind_signature" => at = sibling.prev_sibling().or_else(|| last_of_imports(sibling)),
            _ => return None,
        }
    }
    None
}

/// The grammar puts a comment above the first declaration to the imports, or before the list of declarations.
fn last_of_imports(node: Node<'_>) -> Option<Node<'_>> {
    let list = node.parent().filter(|p| p.kind() == "declarations")?;
    let before = list.prev_sibling()?;
    if before.kind() == "haddock" {
        return Some(before);
    }
    let count = before.child_count();
    before.child(count.checked_sub(1)?)
}

/// The documentation on the line behind, or on those below.
pub(super) fn behind(node: Node<'_>, file: &File<'_>) -> Option<String> {
    let mut at = node.next_sibling();
    while let Some(sibling) = at {
        match sibling.kind() {
            "haddock" => return text_on(Side::Before, sibling, file),
            "," | "|" | "->" | ";" => at = sibling.next_sibling(),
            _ => return None,
        }
    }
    None
}

/// `examples` (what stands behind `>>>`, with what it gives) and `since`.
pub(super) fn sections(doc: &str) -> Map<String, Value> {
    let mut out = Map::new();
    let mut examples: Vec<Value> = Vec::new();
    let mut open: Vec<&str> = Vec::new();
    for line in doc.lines().chain([""]) {
        let text = line.trim();
        if text.starts_with(">>>") || !open.is_empty() && !text.is_empty() {
            open.push(text);
            continue;
        }
        if !open.is_empty() {
            examples.push(open.join("\n").into());
            open.clear();
        }
        if let Some(since) = text.strip_prefix("@since") {
            out.insert("since".into(), json!(since.trim()));
        }
    }
    if !examples.is_empty() {
        out.insert("examples".into(), examples.into());
    }
    out
}

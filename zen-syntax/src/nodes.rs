//! Small questions to syntax nodes that every language asks.

use tree_sitter::Node;

/// A node's text.
pub(crate) fn text_of<'s>(text: &'s str, node: Node<'_>) -> &'s str {
    text.get(node.byte_range()).unwrap_or_default()
}

/// The first child of this kind, named or not.
pub(crate) fn child<'t>(node: Node<'t>, kind: &str) -> Option<Node<'t>> {
    children(node).find(|child| child.kind() == kind)
}

/// Whether a child of this kind is there, named or not: `has(node, "async")`.
pub(crate) fn has(node: Node<'_>, kind: &str) -> bool {
    child(node, kind).is_some()
}

/// The child in this field.
pub(crate) fn field<'t>(node: Node<'t>, name: &str) -> Option<Node<'t>> {
    node.child_by_field_name(name)
}

/// All children, in order.
pub(crate) fn children(node: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    let mut cursor = node.walk();
    let mut more = cursor.goto_first_child();
    std::iter::from_fn(move || {
        if !more {
            return None;
        }
        let found = cursor.node();
        more = cursor.goto_next_sibling();
        Some(found)
    })
}

/// All named children, in order.
pub(crate) fn named(node: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    children(node).filter(Node::is_named)
}

/// The nearest ancestor of one of these kinds.
pub(crate) fn ancestor<'t>(node: Node<'t>, kinds: &[&str]) -> Option<Node<'t>> {
    let mut at = node.parent();
    while let Some(node) = at {
        if kinds.contains(&node.kind()) {
            return Some(node);
        }
        at = node.parent();
    }
    None
}

/// Text without blanks: how names of references are kept.
pub(crate) fn compact(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// The line a node starts on, counted from 1.
pub(crate) fn first_line(node: Node<'_>) -> u32 {
    u32::try_from(node.start_position().row).unwrap_or(u32::MAX).saturating_add(1)
}

/// The last line of a node, counted from 1. A node that ends with its line break ends on the line before.
pub(crate) fn last_line(node: Node<'_>) -> u32 {
    let end = node.end_position();
    let row = if end.column == 0 && end.row > node.start_position().row { end.row - 1 } else { end.row };
    u32::try_from(row).unwrap_or(u32::MAX).saturating_add(1)
}

/// The text of `range` within `node`, with blanks for its comments. `marks` say how comments begin: without one in the
/// text the tree isn't asked.
pub(crate) fn without_comments<'s>(
    text: &'s str,
    node: Node<'_>,
    range: std::ops::Range<usize>,
    marks: &[&str],
) -> std::borrow::Cow<'s, str> {
    let all = text.get(range.clone()).unwrap_or_default();
    if !marks.iter().any(|mark| all.contains(mark)) {
        return all.into();
    }
    let mut out = String::with_capacity(all.len());
    let mut kept = range.start;
    let mut cursor = node.walk();
    'nodes: loop {
        let at = cursor.node();
        let inside = at.end_byte() > range.start && at.start_byte() < range.end;
        if inside && at.kind().contains("comment") {
            out.push_str(text.get(kept..at.start_byte()).unwrap_or_default());
            out.push(' ');
            kept = at.end_byte();
        } else if inside && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                break 'nodes;
            }
        }
    }
    out.push_str(text.get(kept..range.end).unwrap_or_default());
    out.into()
}

/// Whether one of the nodes around `node` is of these kinds. Goes down from the root: a way up costs as much at each step.
pub(crate) fn is_within(root: Node<'_>, node: Node<'_>, kinds: &[&str]) -> bool {
    let mut at = root;
    while let Some(next) = at.child_with_descendant(node) {
        if next == node || next == at {
            return false;
        }
        if kinds.contains(&next.kind()) {
            return true;
        }
        at = next;
    }
    false
}

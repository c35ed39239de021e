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

/// The ancestors of a node, the outermost first: one way down from the root, where asking for each parent takes as many.
pub(crate) fn path_to<'t>(root: Node<'t>, node: Node<'t>) -> Vec<Node<'t>> {
    let mut path = Vec::new();
    let mut at = root;
    while at.id() != node.id() {
        path.push(at);
        match at.child_with_descendant(node) {
            Some(next) => at = next,
            None => break,
        }
    }
    path
}

/// A type's name without its arguments in these brackets, and without blanks: `Map.Entry<K, V>` is `Map.Entry`.
pub(crate) fn without_arguments(text: &str, open: char, close: char) -> String {
    let mut depth = 0_usize;
    let mut name = String::with_capacity(text.len());
    for c in text.chars() {
        if c == open {
            depth += 1;
        } else if c == close {
            depth = depth.saturating_sub(1);
        } else if depth == 0 && !c.is_whitespace() {
            name.push(c);
        }
    }
    name
}

/// Longer paths are no names: a chain of calls, or data.
const MAX_PATH_BYTES: usize = 256;

/// A called path (`list.of`) without type arguments; `None` for what no name leads to, since it is computed on the way.
pub(crate) fn path_name(text: &str, open: char, close: char) -> Option<String> {
    if text.len() > MAX_PATH_BYTES {
        return None;
    }
    let path = without_arguments(text, open, close);
    (!path.contains(['(', '[', '{', '"', '\''])).then_some(path)
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

//! Macro calls that stand where items do, and may contain items.

use tree_sitter::{Node, Range};

use crate::nodes::{child, children, field, text_of};

/// What is within their braces; within each branch's for those that choose among branches.
pub(super) fn ranges(root: Node<'_>, text: &str) -> Vec<Range> {
    let mut ranges = Vec::new();
    let mut open = vec![root];
    while let Some(list) = open.pop() {
        for node in children(list) {
            match node.kind() {
                "macro_invocation" => inside(node, text, &mut ranges),
                "expression_statement" => {
                    if let Some(call) = node.child(0).filter(|child| child.kind() == "macro_invocation") {
                        inside(call, text, &mut ranges);
                    }
                }
                "mod_item" | "impl_item" | "trait_item" | "foreign_mod_item" => open.extend(field(node, "body")),
                _ => {}
            }
        }
    }
    ranges
}

fn inside(call: Node<'_>, text: &str, ranges: &mut Vec<Range>) {
    let Some(tree) = child(call, "token_tree") else { return };
    let name = field(call, "macro").map_or("", |name| text_of(text, name));
    let by_arrow = ["cfg_select", "cfg_match", "match_cfg"].contains(&name.rsplit("::").next().unwrap_or(name));
    let mut tokens = children(tree);
    let first = tokens.nth(1).map_or("", |token| token.kind());
    if first != "if" && !by_arrow {
        ranges.extend(within_braces(tree, text));
        return;
    }
    // `if #[cfg(…)] { … } else { … }`, `condition => { … }`
    let mut before = "";
    for token in children(tree) {
        if token.kind() == "token_tree" && (!by_arrow || before == "=>") {
            ranges.extend(within_braces(token, text));
        }
        before = token.kind();
    }
}

/// Words that every item but a macro call begins with, or has soon after.
const ITEM_WORDS: [&str; 13] = [
    "const",
    "enum",
    "extern",
    "fn",
    "impl",
    "macro_rules",
    "mod",
    "static",
    "struct",
    "trait",
    "type",
    "union",
    "use",
];

/// Whether it is worth while to parse this: arguments of most macros are no items.
fn may_have_items(code: &str) -> bool {
    code.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).any(|word| ITEM_WORDS.contains(&word))
}

fn within_braces(tree: Node<'_>, text: &str) -> Option<Range> {
    let code = text_of(text, tree).strip_prefix('{')?.strip_suffix('}')?;
    if !may_have_items(code) {
        return None;
    }
    let (mut start, mut end) = (tree.start_position(), tree.end_position());
    start.column += 1;
    end.column = end.column.checked_sub(1)?;
    Some(Range { start_byte: tree.start_byte() + 1, end_byte: tree.end_byte() - 1, start_point: start, end_point: end })
}

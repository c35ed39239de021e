//! What stands between `def` and `do`: `add(a, b \\ 1) when is_integer(a)`.

use serde_json::{Value, json};
use tree_sitter::Node;

use crate::nodes::{child, field, named};
use crate::rules::File;
use crate::signature::one_line;

/// Heads are not nested deeper by hand.
const MAX_DEPTH: usize = 8;

/// The head without guard, type and result: a call, a lone name, or an operator with its operands.
pub(super) fn head(node: Node<'_>) -> Option<Node<'_>> {
    let mut at = node;
    for _ in 0..MAX_DEPTH {
        let operator = if at.kind() == "binary_operator" { field(at, "operator") } else { None };
        match operator.map(|operator| operator.kind()) {
            Some("when" | "::") => at = field(at, "left")?,
            _ => return Some(at),
        }
    }
    None
}

/// The name that a head declares; none where it is computed.
pub(super) fn name(head: Node<'_>, file: &File<'_>) -> Option<String> {
    let name = match head.kind() {
        "call" => field(head, "target").filter(|target| target.kind() == "identifier"),
        "identifier" => Some(head),
        "binary_operator" | "unary_operator" => field(head, "operator"),
        _ => None,
    };
    name.map(|name| file.text(name).to_owned()).filter(|name| name != "unquote")
}

/// The parameters of a head, as they are written.
pub(super) fn parameters(head: Node<'_>) -> Vec<Node<'_>> {
    match head.kind() {
        "call" => child(head, "arguments").into_iter().flat_map(|list| named(list)).collect(),
        "binary_operator" => [field(head, "left"), field(head, "right")].into_iter().flatten().collect(),
        "unary_operator" => field(head, "operand").into_iter().collect(),
        _ => Vec::new(),
    }
}

/// One parameter: its name or pattern, and its default.
pub(super) fn parameter(node: Node<'_>, file: &File<'_>) -> Value {
    let is_default = node.kind() == "binary_operator" && field(node, "operator").is_some_and(|o| o.kind() == "\\\\");
    match (field(node, "left"), field(node, "right")) {
        (Some(left), Some(right)) if is_default => {
            json!({"name": one_line(file.text(left)), "default": one_line(file.text(right))})
        }
        _ => json!({"name": one_line(file.text(node))}),
    }
}

/// The result of a spec: what stands behind `::`, without `when`.
pub(super) fn result(spec: Node<'_>, file: &File<'_>) -> Option<String> {
    let mut at = spec;
    for _ in 0..MAX_DEPTH {
        match field(at, "operator")?.kind() {
            "when" => at = field(at, "left")?,
            "::" => return field(at, "right").map(|right| one_line(file.text(right))),
            _ => return None,
        }
    }
    None
}

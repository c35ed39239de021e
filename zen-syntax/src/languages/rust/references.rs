//! How the names of references are kept.

use tree_sitter::Node;

use crate::nodes::{compact, field};
use crate::rules::File;
use crate::symbol::Relation;

/// Longer names are expressions.
const MAX_NAME: usize = 200;

/// Nobody nests the braces of a `use` so deep.
const MAX_USE_DEPTH: usize = 32;

pub(super) fn name(relation: Relation, node: Node<'_>, file: &File<'_>) -> Option<String> {
    let name = match relation {
        Relation::Imports => import(node, file)?,
        Relation::Implements if node.prev_sibling().is_some_and(|before| before.kind() == "!") => return None,
        Relation::Implements | Relation::Extends => {
            let bound = if node.kind() == "higher_ranked_trait_bound" { field(node, "type")? } else { node };
            match field(bound, "trait").filter(|_| bound.kind() == "function_type") {
                Some(of_function) => without_arguments(file.text(of_function)),
                None => without_arguments(file.text(bound)),
            }
        }
        _ if node.kind() == "field_expression" => method(node, file)?,
        _ => match file.text(node) {
            "Some" | "Ok" | "Err" => return None,
            text => without_arguments(text),
        },
    };
    (name.len() <= MAX_NAME).then_some(name)
}

/// `self.inner.flush` where the receiver is a plain path, `flush` where it is more.
fn method(node: Node<'_>, file: &File<'_>) -> Option<String> {
    let name = file.text(field(node, "field")?);
    let mut receiver = field(node, "value")?;
    if node.end_byte() - node.start_byte() <= MAX_NAME {
        while receiver.kind() == "field_expression" {
            receiver = field(receiver, "value")?;
        }
        if matches!(receiver.kind(), "identifier" | "self") {
            return Some(compact(file.text(node)));
        }
    }
    Some(name.to_owned())
}

/// The full path of one leaf of a `use`.
fn import(leaf: Node<'_>, file: &File<'_>) -> Option<String> {
    let own = match leaf.kind() {
        "use_as_clause" => field(leaf, "path")?,
        _ => leaf,
    };
    let mut path = compact(file.text(own));
    let mut at = leaf.parent();
    for _ in 0..MAX_USE_DEPTH {
        let Some(node) = at else { break };
        match node.kind() {
            "use_list" | "use_declaration" | "extern_crate_declaration" => {}
            "scoped_use_list" => {
                let before = field(node, "path").map_or_else(String::new, |before| compact(file.text(before)));
                path = if path == "self" { before } else { format!("{before}::{path}") };
            }
            _ => return Some(path),
        }
        at = node.parent();
    }
    Some(path)
}

/// The type that an `impl` is for, without references, type arguments and `dyn`.
pub(super) fn type_name(node: Node<'_>, file: &File<'_>) -> String {
    let mut node = node;
    while let Some(inner) = match node.kind() {
        "reference_type" | "pointer_type" | "generic_type" => field(node, "type"),
        "dynamic_type" => field(node, "trait"),
        "bounded_type" => node.named_child(0),
        _ => None,
    } {
        node = inner;
    }
    let name = match node.kind() {
        "type_identifier" | "scoped_type_identifier" => without_arguments(file.text(node)),
        _ => compact(file.text(node)).chars().take(MAX_NAME).collect(),
    };
    name.strip_prefix("self::").map_or(name.clone(), str::to_owned)
}

/// A path without blanks and type arguments: `Vec::new` of `Vec::<u8>::new`, `Default::default` of
/// `<T as Default>::default`.
pub(super) fn without_arguments(text: &str) -> String {
    if !text.contains('<') {
        return compact(text).trim_start_matches("r#").to_owned();
    }
    if let Some((of, rest)) = text.strip_prefix('<').and_then(split_qualified) {
        return format!("{}{}", without_arguments(of), without_arguments(rest));
    }
    let (mut out, mut depth, mut before) = (String::new(), 0_usize, ' ');
    for c in text.chars() {
        match c {
            '<' => {
                if depth == 0 && out.ends_with("::") {
                    out.truncate(out.len() - 2);
                }
                depth += 1;
            }
            '>' if before != '-' => depth = depth.saturating_sub(1),
            c if depth == 0 && !c.is_whitespace() => out.push(c),
            _ => {}
        }
        before = c;
    }
    out
}

/// `T as Trait>::rest` is about `Trait`, `T>::rest` about `T`.
fn split_qualified(text: &str) -> Option<(&str, &str)> {
    let (mut depth, mut before) = (1_usize, ' ');
    for (at, c) in text.char_indices() {
        match c {
            '<' => depth += 1,
            '>' if before != '-' => {
                depth -= 1;
                if depth == 0 {
                    let of = &text[..at];
                    // A type that is itself qualified is left to the caller's bracket counting.
                    let of = of.rsplit_once(" as ").filter(|(before, _)| !before.contains('<')).map_or(of, |(_, t)| t);
                    let rest = &text[at + 1..];
                    return (!of.starts_with('<') && !rest.starts_with('<')).then_some((of, rest));
                }
            }
            _ => {}
        }
        before = c;
    }
    None
}

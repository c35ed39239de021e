//! Macros that take items and give them back with attributes and documentation: `cfg_rt! { … }`, `doc! { … }`. What they add
//! is read off their definition, where that is in the same file.

use std::collections::HashMap;

use tree_sitter::Node;

use super::{attributes, docs};
use crate::comments;
use crate::nodes::{child, children, field};
use crate::rules::File;
use crate::signature::one_line;
use crate::symbol::{Symbol, SymbolKind, Visibility};

/// The name of the macro whose call contains an item of an embedded tree.
pub(super) fn around<'t>(item: Node<'_>, file: &File<'t>) -> Option<&'t str> {
    let mut at = file.root.descendant_for_byte_range(item.start_byte(), item.start_byte());
    while let Some(node) = at {
        if node.kind() == "macro_invocation" {
            let name = file.text(field(node, "macro")?);
            return Some(name.rsplit("::").next().unwrap_or(name).trim());
        }
        at = node.parent();
    }
    None
}

/// Adds to items in macro calls what the macro adds.
pub(super) fn finish(file: &File<'_>, symbols: &mut [Symbol]) {
    if !symbols.iter().any(|symbol| symbol.metadata.contains_key("in_macro")) {
        return;
    }
    let added: HashMap<&str, Added> = children(file.root)
        .filter(|node| node.kind() == "macro_definition")
        .filter_map(|node| Some((file.text(field(node, "name")?), added(node, file)?)))
        .collect();
    let is_within: Vec<bool> = symbols.iter().map(|symbol| symbol.metadata.contains_key("in_macro")).collect();
    for symbol in symbols {
        let container = symbol.container.as_ref().and_then(|container| container.symbol);
        // Items within items are not the macro's to change.
        if symbol.kind == SymbolKind::Method || container.is_some_and(|at| is_within.get(at) == Some(&true)) {
            continue;
        }
        if let Some(added) = symbol.metadata.get("in_macro").and_then(|name| added.get(name.as_str()?)) {
            added.apply(symbol);
        }
    }
}

/// What a macro puts above each of its items.
struct Added {
    docs: Vec<String>,
    attributes: Vec<String>,
}

/// Reads it off the first rule.
fn added(definition: Node<'_>, file: &File<'_>) -> Option<Added> {
    let right = field(child(definition, "macro_rule")?, "right")?;
    let mut added = Added { docs: Vec::new(), attributes: Vec::new() };
    let mut list = right;
    // `$( … )*` around an item counts as the item does.
    if let Some(repetition) = children(right).nth(1).filter(|node| node.kind() == "token_repetition") {
        list = repetition;
    }
    let mut before = "";
    for node in children(list).skip(1) {
        let kind = node.kind();
        match kind {
            "line_comment" | "block_comment" => added.docs.extend(docs::outer(file.text(node))),
            "token_tree" if before == "#" => {
                let text = file.text(node).trim_start_matches('[').trim_end_matches(']');
                if !text.contains('$') {
                    added.attributes.push(one_line(text));
                }
            }
            "#" | "(" => {}
            _ => break,
        }
        before = kind;
    }
    (!added.docs.is_empty() || !added.attributes.is_empty()).then_some(added)
}

impl Added {
    fn apply(&self, symbol: &mut Symbol) {
        let own = symbol.doc_comment.take();
        let docs: Vec<&str> = self.docs.iter().map(String::as_str).chain(own.as_deref()).collect();
        symbol.doc_comment = comments::finish(&docs.join("\n"));
        docs::describe(symbol);
        symbol.attributes.splice(..0, self.attributes.iter().cloned());
        attributes::describe(&symbol.attributes, &[], &mut symbol.metadata);
        let exports = self.attributes.iter().any(|attribute| attributes::path(attribute) == "macro_export");
        if exports && symbol.kind == SymbolKind::Macro {
            symbol.visibility = Visibility::Public;
        }
    }
}

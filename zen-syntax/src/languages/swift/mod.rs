//! Swift. Without a word a declaration is internal; members of a protocol are as visible as it, members of an extension as
//! it says, and no member is more visible than its type. Actors are classes, protocols traits. Stored properties are
//! fields of their type; computed ones and those that a protocol asks for are methods, `static let` is a constant, and
//! `static var` a static. Metadata: `parameters` (label, name, type, default), `throws` (`throws`, `rethrows`),
//! `modifiers`, `where_clause`, `fields` (name, type, visibility, default, is_constant, attributes, doc), `variants`
//! (name, fields, value, doc), `raw_type`, `base_classes`, `implements`, `associated_types` (name, constraint, default),
//! `is_actor`, `is_property`, `accessors`, `is_initializer`, `is_subscript`, `value`, `extends_type` of what an extension
//! adds, and `doc_sections`: see [`docc::sections`].

mod docc;
mod members;

use std::sync::OnceLock;

use serde_json::Value;
use tree_sitter::Node;

use crate::comments;
use crate::language::Language;
use crate::nodes::{child, children, compact, field, has, named};
use crate::rules::{Definition, File, Rules};
use crate::signature::one_line;
use crate::symbol::{FileSymbols, Relation, Source, Symbol, SymbolKind, Visibility};

pub(crate) static SWIFT: Language = Language {
    name: "swift",
    title: "Swift",
    extensions: &["swift"],
    file_names: &[],
    separator: ".",
    grammar: tree_sitter_swift::LANGUAGE,
    query: include_str!("tags.scm"),
    rules: &SwiftRules,
    compiled: OnceLock::new(),
};

/// Deeper code is no work of human hands.
const MAX_DEPTH: usize = 64;

struct SwiftRules;

impl Rules for SwiftRules {
    fn name(&self, definition: &Definition<'_>, file: &File<'_>) -> Option<String> {
        let node = definition.node;
        if node.kind() == "property_declaration" && members::is_field(node, file) {
            return None;
        }
        let is_function = matches!(node.kind(), "function_declaration" | "protocol_function_declaration");
        if is_function && field(node, "name").is_none_or(|name| name.id() != definition.name.id()) {
            return None;
        }
        Some(file.text(definition.name).trim_matches('`').to_owned())
    }

    fn doc_text(&self, comment: &str) -> Option<String> {
        doc_text(comment)
    }

    fn signature(&self, definition: &Definition<'_>, file: &File<'_>) -> String {
        let node = definition.node;
        // Attributes have a place of their own.
        let start = child(node, "modifiers")
            .into_iter()
            .flat_map(named)
            .take_while(|n| n.kind() == "attribute")
            .last()
            .map_or(node.start_byte(), |n| n.end_byte());
        let text = |end: usize| file.text.get(start..end).unwrap_or_default();
        if node.kind() == "property_declaration" {
            let first = field(node, "name").unwrap_or(definition.name);
            let of = annotation(definition.name, file).map(|of| format!(": {of}")).unwrap_or_default();
            return one_line(&format!("{}{}{of}", text(first.start_byte()), file.text(definition.name)));
        }
        let body = definition.body.or_else(|| child(node, "computed_property"));
        one_line(text(body.map_or(node.end_byte(), |body| body.start_byte())))
    }

    fn describe(&self, definition: &Definition<'_>, file: &File<'_>, symbol: &mut Symbol) -> bool {
        let node = definition.node;
        let Some(place) = members::place(node, file) else { return false };
        symbol.visibility = place.visibility;
        symbol.attributes = members::attributes(node, file);
        members::keep(symbol, "modifiers", members::modifiers(node, file));
        symbol.generics = child(node, "type_parameters").map(|n| one_line(file.text(n)));
        if let Some(clause) = child(node, "type_constraints") {
            let text = one_line(file.text(clause));
            symbol.metadata.insert("where_clause".into(), text.trim_start_matches("where").trim().into());
        }
        if place.in_extension
            && let Some(container) = &symbol.container
        {
            symbol.metadata.insert("extends_type".into(), container.path.clone().into());
        }
        let sections = symbol.doc_comment.as_deref().map(docc::sections).unwrap_or_default();
        if !sections.is_empty() {
            symbol.metadata.insert("doc_sections".into(), sections.into());
        }
        match node.kind() {
            "class_declaration" | "protocol_declaration" => members::describe_type(definition, file, symbol),
            "property_declaration" => members::describe_property(definition, file, symbol),
            "protocol_property_declaration" => {
                symbol.return_type = child(node, "type_annotation").and_then(|n| members::annotated(n, file));
                symbol.metadata.insert("is_property".into(), true.into());
                let accessors: Vec<Value> = child(node, "protocol_property_requirements")
                    .into_iter()
                    .flat_map(named)
                    .map(|n| file.text(n).into())
                    .collect();
                members::keep(symbol, "accessors", accessors);
            }
            "typealias_declaration" => {
                symbol.return_type =
                    children(node).skip_while(|n| n.kind() != "=").find(Node::is_named).map(|n| one_line(file.text(n)));
            }
            _ => members::describe_function(node, file, symbol),
        }
        true
    }

    fn reference(&self, relation: Relation, name: Node<'_>, file: &File<'_>) -> Option<String> {
        let text = file.text(name);
        match relation {
            Relation::Implements if is_raw_type(text) => None,
            Relation::Calls => called(name, file),
            _ => Some(compact(text.split('<').next().unwrap_or(text))),
        }
    }

    /// A class names its super class first, but need not have one.
    fn finish(&self, _file: &File<'_>, symbols: &mut FileSymbols) {
        let protocols: std::collections::HashSet<String> =
            symbols.symbols.iter().filter(|s| s.kind == SymbolKind::Trait).map(|s| s.name.clone()).collect();
        for symbol in symbols.symbols.iter_mut().filter(|s| s.kind == SymbolKind::Class) {
            members::sort_inherited(symbol, &protocols);
        }
        for reference in symbols.references.iter_mut().filter(|r| r.relation == Relation::Extends) {
            let Source::Symbol(at) = reference.from else { continue };
            let Some(symbol) = symbols.symbols.get(at).filter(|s| s.kind == SymbolKind::Class) else { continue };
            let is_base = symbol.metadata.get("base_classes").and_then(Value::as_array).is_some_and(|list| {
                list.iter().filter_map(Value::as_str).any(|base| base.split('<').next() == Some(&reference.to_name))
            });
            if !is_base {
                reference.relation = Relation::Implements;
            }
        }
    }

    fn default_visibility(&self) -> Visibility {
        Visibility::Internal
    }
}

fn doc_text(comment: &str) -> Option<String> {
    if comment.starts_with("/**") {
        return comments::any_marks(comment);
    }
    if comment.starts_with("////") { None } else { comments::line(comment, "///") }
}

/// The type written behind a property's name.
fn annotation(name: Node<'_>, file: &File<'_>) -> Option<String> {
    let pattern = name.parent()?;
    let next = pattern.next_sibling()?;
    let annotation = match next.kind() {
        "type_annotation" => Some(next),
        // `let x, y: Double`
        "," => {
            let mut at = next;
            for _ in 0..MAX_DEPTH {
                let after = at.next_sibling()?;
                match after.kind() {
                    "pattern" | "," => at = after,
                    "type_annotation" => return members::annotated(after, file),
                    _ => break,
                }
            }
            None
        }
        _ => None,
    };
    annotation.and_then(|n| members::annotated(n, file))
}

/// `enum Level: Int` does not implement `Int`.
fn is_raw_type(name: &str) -> bool {
    matches!(
        name,
        "Int"
            | "String"
            | "Character"
            | "Double"
            | "Float"
            | "UInt"
            | "Int8"
            | "Int16"
            | "Int32"
            | "Int64"
            | "UInt8"
            | "UInt16"
            | "UInt32"
            | "UInt64"
    )
}

/// A called name; of a chain of calls only the last.
fn called(name: Node<'_>, file: &File<'_>) -> Option<String> {
    let is_subscript = name.next_sibling().is_some_and(|suffix| file.text(suffix).starts_with('['));
    if is_subscript {
        return None;
    }
    let text = file.text(name);
    if text.len() > 256 || text.contains(['(', '[', '{', '"']) {
        let suffix = field(name, "suffix")?;
        return field(suffix, "suffix").map(|n| file.text(n).to_owned());
    }
    Some(compact(text.split('<').next().unwrap_or(text)).trim_matches('`').replace("?.", ".").replace("!.", "."))
}

/// Whether a modifier of this text is there.
fn has_modifier(node: Node<'_>, word: &str, file: &File<'_>) -> bool {
    child(node, "modifiers").is_some_and(|list| named(list).any(|n| file.text(n) == word)) || has(node, word)
}

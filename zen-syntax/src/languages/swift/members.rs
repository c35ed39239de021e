//! Types, their members, and what surrounds them.

use std::collections::HashSet;

use serde_json::{Value, json};
use tree_sitter::Node;

use super::{MAX_DEPTH, annotation, doc_text, has_modifier, is_raw_type};
use crate::comments;
use crate::nodes::{child, children, field, has, named};
use crate::rules::{Definition, File};
use crate::signature::one_line;
use crate::symbol::{Symbol, SymbolKind, Visibility};

/// Where a declaration stands.
pub(super) struct Place {
    pub(super) visibility: Visibility,
    pub(super) in_extension: bool,
}

/// The visibility that a declaration's own words give it.
fn own_visibility(node: Node<'_>, file: &File<'_>) -> Option<Visibility> {
    let list = child(node, "modifiers")?;
    // `private(set)` is about the setter only.
    let word = named(list).find(|n| n.kind() == "visibility_modifier" && !has(*n, "("))?;
    Some(match file.text(word) {
        "open" | "public" => Visibility::Public,
        "private" | "fileprivate" => Visibility::Private,
        _ => Visibility::Internal,
    })
}

/// What is around a declaration; `None` within code.
pub(super) fn place(node: Node<'_>, file: &File<'_>) -> Option<Place> {
    let mut visibility = own_visibility(node, file);
    let mut limit = Visibility::Public;
    let mut in_extension = false;
    let mut is_direct = true;
    let mut at = node.parent();
    for _ in 0..MAX_DEPTH {
        let Some(around) = at else {
            let own = visibility.unwrap_or(Visibility::Internal);
            return Some(Place { visibility: own.max(limit), in_extension });
        };
        match around.kind() {
            "function_body" | "computed_property" | "lambda_literal" | "statements" | "willset_didset_block" => {
                return None;
            }
            "protocol_declaration" => {
                visibility = visibility.or(Some(own_visibility(around, file).unwrap_or(Visibility::Internal)));
                is_direct = false;
            }
            "class_declaration" => {
                let own = own_visibility(around, file);
                if field(around, "declaration_kind").is_some_and(|kind| file.text(kind) == "extension") {
                    in_extension |= is_direct;
                    if is_direct {
                        visibility = visibility.or(own);
                    }
                } else {
                    limit = limit.max(own.unwrap_or(Visibility::Internal));
                }
                is_direct = false;
            }
            _ => {}
        }
        at = around.parent();
    }
    None
}

pub(super) fn keep(symbol: &mut Symbol, key: &str, list: Vec<Value>) {
    if !list.is_empty() {
        symbol.metadata.insert(key.to_owned(), list.into());
    }
}

/// Attributes without their `@`.
pub(super) fn attributes(node: Node<'_>, file: &File<'_>) -> Vec<String> {
    child(node, "modifiers")
        .into_iter()
        .flat_map(named)
        .filter(|n| n.kind() == "attribute")
        .map(|n| one_line(file.text(n)).trim_start_matches('@').to_owned())
        .collect()
}

/// Words before a declaration, visibility excepted (but `private(set)` is one).
pub(super) fn modifiers(node: Node<'_>, file: &File<'_>) -> Vec<Value> {
    let mut found: Vec<Value> = child(node, "modifiers")
        .into_iter()
        .flat_map(named)
        .filter(|n| n.kind().ends_with("_modifier") && (n.kind() != "visibility_modifier" || has(*n, "(")))
        .map(|n| one_line(file.text(n)).into())
        .collect();
    let is_class_member = node.kind() != "class_declaration" && has(node, "class");
    if is_class_member {
        found.push("class".into());
    }
    if node.kind() == "class_declaration" && has(node, "indirect") {
        found.push("indirect".into());
    }
    found
}

/// The type in a `: Type`.
pub(super) fn annotated(annotation: Node<'_>, file: &File<'_>) -> Option<String> {
    Some(one_line(file.text(annotation).trim_start_matches(':').trim())).filter(|text| !text.is_empty())
}

/// Whether a property is a field of the values of its type.
pub(super) fn is_field(node: Node<'_>, file: &File<'_>) -> bool {
    let in_type = node.parent().is_some_and(|p| matches!(p.kind(), "class_body" | "enum_class_body"));
    in_type && field(node, "computed_value").is_none() && !is_static(node, file)
}

fn is_static(node: Node<'_>, file: &File<'_>) -> bool {
    has_modifier(node, "static", file) || has(node, "class")
}

fn is_constant(node: Node<'_>, file: &File<'_>) -> bool {
    child(node, "value_binding_pattern").is_some_and(|n| file.text(n).starts_with("let"))
}

pub(super) fn describe_property(definition: &Definition<'_>, file: &File<'_>, symbol: &mut Symbol) {
    let node = definition.node;
    symbol.return_type = annotation(definition.name, file);
    let in_type = symbol.container.is_some();
    if let Some(body) = field(node, "computed_value") {
        symbol.metadata.insert("is_property".into(), true.into());
        symbol.kind = if in_type { SymbolKind::Method } else { SymbolKind::Static };
        let is_writable = has(body, "computed_setter") || has(body, "computed_modify");
        let accessors = if is_writable { vec!["get".into(), "set".into()] } else { vec!["get".into()] };
        keep(symbol, "accessors", accessors);
        return;
    }
    if is_constant(node, file) {
        symbol.kind = SymbolKind::Const;
    }
    if let Some(value) = initial(definition.name) {
        let value = one_line(file.text(value));
        if value.len() <= 200 {
            symbol.metadata.insert("value".into(), value.into());
        }
    }
}

/// What a property is set to: the value before the next name.
fn initial(name: Node<'_>) -> Option<Node<'_>> {
    let mut at = name.parent()?.next_sibling()?;
    loop {
        match at.kind() {
            "pattern" | "," => return None,
            "=" => return at.next_sibling(),
            _ => at = at.next_sibling()?,
        }
    }
}

pub(super) fn describe_function(node: Node<'_>, file: &File<'_>, symbol: &mut Symbol) {
    symbol.is_async = has(node, "async");
    if let Some(throws) = child(node, "throws") {
        symbol.metadata.insert("throws".into(), file.text(throws).into());
    }
    let mut is_behind = false;
    for part in children(node) {
        match part.kind() {
            "->" => is_behind = true,
            _ if is_behind && part.is_named() => {
                symbol.return_type = Some(one_line(file.text(part)));
                break;
            }
            _ => {}
        }
    }
    match node.kind() {
        "init_declaration" => {
            symbol.metadata.insert("is_initializer".into(), true.into());
            if has(node, "?") || has(node, "!") || has(node, "bang") {
                symbol.metadata.insert("is_failable".into(), true.into());
            }
        }
        "subscript_declaration" => {
            symbol.metadata.insert("is_subscript".into(), true.into());
        }
        _ => {}
    }
    keep(symbol, "parameters", parameters(node, file));
}

/// Parameters: label where it is not the name, name, type, default.
fn parameters(node: Node<'_>, file: &File<'_>) -> Vec<Value> {
    let mut rows: Vec<Value> = Vec::new();
    let mut list = children(node).peekable();
    while let Some(part) = list.next() {
        if part.kind() == "parameter" {
            let name = field(part, "name").map(|n| file.text(n));
            let of = children(part).skip_while(|n| n.kind() != ":").skip(1).collect::<Vec<_>>();
            let of = match (of.first(), of.last()) {
                (Some(first), Some(last)) => file.text.get(first.start_byte()..last.end_byte()).map(one_line),
                _ => None,
            };
            let mut row = json!({"name": name, "type": of});
            if let Some(label) = field(part, "external_name") {
                row["label"] = file.text(label).into();
            }
            rows.push(row);
        } else if part.kind() == "="
            && let (Some(value), Some(row)) = (list.peek(), rows.last_mut())
        {
            row["default"] = one_line(file.text(*value)).into();
        }
    }
    rows
}

pub(super) fn describe_type(definition: &Definition<'_>, file: &File<'_>, symbol: &mut Symbol) {
    let node = definition.node;
    let inherited: Vec<Value> =
        named(node).filter(|n| n.kind() == "inheritance_specifier").map(|n| one_line(file.text(n)).into()).collect();
    let is_actor = field(node, "declaration_kind").is_some_and(|kind| file.text(kind) == "actor");
    if is_actor {
        symbol.metadata.insert("is_actor".into(), true.into());
    }
    match symbol.kind {
        SymbolKind::Trait => keep(symbol, "base_classes", inherited),
        SymbolKind::Class if !is_actor => keep(symbol, "inherited", inherited),
        SymbolKind::Enum => {
            let (raw, rest): (Vec<Value>, Vec<Value>) =
                inherited.into_iter().partition(|name| name.as_str().is_some_and(is_raw_type));
            if let Some(raw) = raw.into_iter().next() {
                symbol.metadata.insert("raw_type".into(), raw);
            }
            keep(symbol, "implements", rest);
        }
        _ => keep(symbol, "implements", inherited),
    }
    let Some(body) = definition.body else { return };
    match symbol.kind {
        SymbolKind::Enum => {
            let rows: Vec<Value> =
                named(body).filter(|n| n.kind() == "enum_entry").flat_map(|n| variants(n, file)).collect();
            symbol.metadata.insert("variants".into(), rows.into());
        }
        SymbolKind::Trait => {
            let rows: Vec<Value> =
                named(body).filter(|n| n.kind() == "associatedtype_declaration").map(|n| associated(n, file)).collect();
            keep(symbol, "associated_types", rows);
        }
        _ => {
            let rows: Vec<Value> = named(body)
                .filter(|n| n.kind() == "property_declaration" && is_field(*n, file))
                .flat_map(|n| fields(n, file))
                .collect();
            symbol.metadata.insert("fields".into(), rows.into());
        }
    }
}

/// Tells the super class from the protocols: it comes first, and is none of those that are known.
pub(super) fn sort_inherited(symbol: &mut Symbol, protocols: &HashSet<String>) {
    const KNOWN: &[&str] = &[
        "Sendable",
        "Hashable",
        "Equatable",
        "Codable",
        "Decodable",
        "Encodable",
        "Identifiable",
        "ObservableObject",
        "Error",
        "LocalizedError",
        "CustomStringConvertible",
        "CustomDebugStringConvertible",
        "Comparable",
        "Sequence",
        "Collection",
        "IteratorProtocol",
        "AnyObject",
        "CaseIterable",
        "RawRepresentable",
        "OptionSet",
        "NSCopying",
        "NSCoding",
        "NSSecureCoding",
        "CodingKey",
        "AsyncSequence",
        "Encoder",
        "Decoder",
        "Actor",
        "NSObjectProtocol",
    ];
    let Some(Value::Array(mut list)) = symbol.metadata.remove("inherited") else { return };
    let is_base = list.first().and_then(Value::as_str).is_some_and(|first| {
        let name = first.split('<').next().unwrap_or(first);
        let last = name.rsplit('.').next().unwrap_or(name);
        !KNOWN.contains(&last)
            && !protocols.contains(last)
            && !name.contains('&')
            && !["Protocol", "Delegate", "DataSource", "Convertible", "Representable"]
                .iter()
                .any(|end| last.ends_with(end))
    });
    if is_base {
        let base = list.remove(0);
        symbol.metadata.insert("base_classes".into(), vec![base].into());
    }
    keep(symbol, "implements", list);
}

fn associated(node: Node<'_>, file: &File<'_>) -> Value {
    let mut row = json!({"name": field(node, "name").map(|n| file.text(n))});
    for (mark, key) in [(":", "constraint"), ("=", "default")] {
        let of = children(node).skip_while(|n| n.kind() != mark).find(Node::is_named);
        if let Some(of) = of {
            row[key] = one_line(file.text(of)).into();
        }
    }
    with_doc(row, node, file)
}

fn fields(node: Node<'_>, file: &File<'_>) -> Vec<Value> {
    let place = place(node, file);
    let attributes = attributes(node, file);
    let mut cursor = node.walk();
    node.children_by_field_name("name", &mut cursor)
        .filter_map(|pattern| field(pattern, "bound_identifier"))
        .map(|name| {
            let mut row = json!({"name": file.text(name).trim_matches('`'), "type": annotation(name, file)});
            if let Some(place) = &place {
                row["visibility"] = place.visibility.as_str().into();
            }
            if let Some(value) = initial(name) {
                row["default"] = one_line(file.text(value)).into();
            }
            if is_constant(node, file) {
                row["is_constant"] = true.into();
            }
            if !attributes.is_empty() {
                row["attributes"] = attributes.clone().into();
            }
            let words = modifiers(node, file);
            if !words.is_empty() {
                row["modifiers"] = words.into();
            }
            with_doc(row, node, file)
        })
        .collect()
}

/// `case a, b(Int) = 3`
fn variants(node: Node<'_>, file: &File<'_>) -> Vec<Value> {
    let mut rows: Vec<Value> = Vec::new();
    let mut cursor = node.walk();
    let mut more = cursor.goto_first_child();
    while more {
        let part = cursor.node();
        match cursor.field_name() {
            Some("name") => rows.push(with_doc(json!({"name": file.text(part).trim_matches('`')}), node, file)),
            Some("data_contents") => {
                if let Some(row) = rows.last_mut() {
                    row["fields"] = values(part, file).into();
                }
            }
            Some("raw_value") => {
                if let Some(row) = rows.last_mut() {
                    row["value"] = one_line(file.text(part)).into();
                }
            }
            _ => {}
        }
        more = cursor.goto_next_sibling();
    }
    rows
}

/// Associated values: name where there is one, type, default.
fn values(list: Node<'_>, file: &File<'_>) -> Vec<Value> {
    let mut rows: Vec<Value> = Vec::new();
    let mut name = None;
    let mut is_default = false;
    for part in children(list) {
        match part.kind() {
            "=" => is_default = true,
            _ if !part.is_named() => {}
            _ if is_default => {
                is_default = false;
                if let Some(row) = rows.last_mut() {
                    row["default"] = one_line(file.text(part)).into();
                }
            }
            "simple_identifier" | "wildcard_pattern" => name = Some(file.text(part)),
            "comment" | "multiline_comment" => {}
            _ => rows.push(json!({"name": name.take(), "type": one_line(file.text(part))})),
        }
    }
    rows
}

fn with_doc(mut row: Value, node: Node<'_>, file: &File<'_>) -> Value {
    if let Some(doc) = comments::above(node, file.text, doc_text, |_| false) {
        row["doc"] = doc.into();
    }
    row
}

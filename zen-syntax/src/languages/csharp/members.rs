//! What types, methods and properties of C# have within.

use serde_json::{Value, json};
use tree_sitter::Node;

use super::{attributes, docs, is_constant, modifiers, other_modifiers, raw_doc, visibility};
use crate::languages::common;
use crate::nodes::{child, children, field, has, named};
use crate::rules::{Definition, File};
use crate::signature::one_line;
use crate::symbol::{Symbol, SymbolKind, Visibility};

/// The value that a field or constant starts with.
pub(super) fn value_of<'t>(definition: &Definition<'t>) -> Option<Node<'t>> {
    let declaration = child(definition.node, "variable_declaration")?;
    let declarator = named(declaration)
        .filter(|found| found.kind() == "variable_declarator")
        .find(|found| field(*found, "name").is_some_and(|name| name.id() == definition.name.id()))?;
    has(declarator, "=").then(|| named(declarator).last())?
}

pub(super) fn constant(definition: &Definition<'_>, file: &File<'_>, symbol: &mut Symbol) {
    let of = child(definition.node, "variable_declaration").and_then(|declaration| field(declaration, "type"));
    symbol.return_type = of.map(|found| one_line(file.text(found)));
    if let Some(value) = value_of(definition).and_then(|value| common::short(file.text(value))) {
        symbol.metadata.insert("value".into(), value.into());
    }
}

/// `get`, `private set`, …; `get` for what is written with an arrow.
pub(super) fn accessors(node: Node<'_>, file: &File<'_>) -> Vec<String> {
    let Some(list) = field(node, "accessors") else {
        let is_arrow = field(node, "value").is_some_and(|value| value.kind() == "arrow_expression_clause");
        return if is_arrow { vec!["get".to_owned()] } else { Vec::new() };
    };
    let accessor = |found: Node<'_>| {
        let mut words = modifiers(found, file);
        words.push(file.text(field(found, "name")?));
        Some(words.join(" "))
    };
    named(list).filter(|found| found.kind() == "accessor_declaration").filter_map(accessor).collect()
}

/// Methods, properties, events, operators, delegates.
pub(super) fn member(node: Node<'_>, file: &File<'_>, symbol: &mut Symbol) {
    let of = field(node, "returns").or_else(|| field(node, "type"));
    let of = of.or_else(|| child(node, "variable_declaration").and_then(|found| field(found, "type")));
    symbol.return_type = of.map(|found| one_line(file.text(found)));
    let flag = match node.kind() {
        "constructor_declaration" => "is_constructor",
        "operator_declaration" | "conversion_operator_declaration" => "is_operator",
        "property_declaration" => "is_property",
        "indexer_declaration" => "is_indexer",
        "event_declaration" | "event_field_declaration" => "is_event",
        _ => "",
    };
    if !flag.is_empty() {
        symbol.metadata.insert(flag.into(), true.into());
    }
    if matches!(flag, "is_property" | "is_indexer") {
        common::list(&mut symbol.metadata, "accessors", accessors(node, file));
    }
    if let Some(of) = child(node, "explicit_interface_specifier") {
        let name = one_line(file.text(of).trim_end_matches('.'));
        symbol.metadata.insert("explicit_interface".into(), name.into());
    }
    let Some(list) = field(node, "parameters") else { return };
    common::list(&mut symbol.metadata, "parameters", parameters(list, file));
    let first = child(list, "parameter").filter(|first| modifiers(*first, file).contains(&"this"));
    if let Some(of) = first.and_then(|first| field(first, "type")) {
        symbol.metadata.insert("is_extension".into(), true.into());
        symbol.metadata.insert("receiver".into(), one_line(file.text(of)).into());
    }
}

fn parameters(list: Node<'_>, file: &File<'_>) -> Vec<Value> {
    let parameters = named(list).filter(|found| found.kind() == "parameter");
    let mut rows: Vec<Value> = parameters.filter_map(|found| parameter(found, file)).collect();
    // `params` has no node of its own, and is the last.
    if let (Some(name), Some(of)) = (field(list, "name"), field(list, "type")) {
        rows.push(json!({"name": file.text(name), "type": one_line(file.text(of)), "modifiers": ["params"]}));
    }
    rows
}

fn parameter(node: Node<'_>, file: &File<'_>) -> Option<Value> {
    let name = field(node, "name")?;
    let mut row = json!({"name": file.text(name)});
    if let Some(of) = field(node, "type") {
        row["type"] = one_line(file.text(of)).into();
    }
    let default = children(node).skip_while(|found| found.kind() != "=").find(Node::is_named);
    if let Some(default) = default {
        row["default"] = one_line(file.text(default)).into();
    }
    let modifiers = modifiers(node, file);
    if !modifiers.is_empty() {
        row["modifiers"] = modifiers.into();
    }
    Some(row)
}

pub(super) fn of_type(node: Node<'_>, file: &File<'_>, symbol: &mut Symbol) {
    bases(node, file, symbol);
    let mut all_fields = Vec::new();
    if let Some(list) = child(node, "parameter_list") {
        let rows = parameters(list, file);
        common::list(&mut symbol.metadata, "parameters", rows.clone());
        if node.kind() == "record_declaration" {
            all_fields = rows;
        }
    }
    if node.kind() == "record_declaration" {
        symbol.metadata.insert("is_record".into(), true.into());
    }
    let members = field(node, "body").map(members).unwrap_or_default();
    let of_kind = |kind: &'static str| members.iter().copied().filter(move |found| found.kind() == kind);
    let variants = of_kind("enum_member_declaration").filter_map(|found| variant(found, file)).collect::<Vec<_>>();
    common::list(&mut symbol.metadata, "variants", variants);
    if symbol.kind == SymbolKind::Interface {
        let methods = of_kind("method_declaration").filter_map(|found| field(found, "name"));
        common::list(&mut symbol.metadata, "methods", methods.map(|name| file.text(name)).collect::<Vec<_>>());
    }
    all_fields.extend(of_kind("field_declaration").flat_map(|found| fields(found, file)));
    common::list(&mut symbol.metadata, "fields", all_fields);
}

/// What a type's body declares, in all branches of `#if`.
fn members(body: Node<'_>) -> Vec<Node<'_>> {
    let mut found = Vec::new();
    let mut open: Vec<Node<'_>> = vec![body];
    while let Some(holder) = open.pop() {
        for member in named(holder) {
            if matches!(member.kind(), "preproc_if" | "preproc_elif" | "preproc_else") {
                open.push(member);
            } else {
                found.push(member);
            }
        }
    }
    found.sort_by_key(Node::start_byte);
    found
}

/// A class has at most one base class, and it comes first. Whether the first is one, its name tells: interfaces are called
/// `I…` by everybody.
fn bases(node: Node<'_>, file: &File<'_>, symbol: &mut Symbol) {
    let Some(list) = child(node, "base_list") else { return };
    let names: Vec<(Node<'_>, String)> = named(list)
        .filter(|found| found.kind() != "argument_list" && !found.kind().contains("comment"))
        .map(|found| field(found, "type").filter(|_| found.kind().starts_with("primary")).unwrap_or(found))
        .map(|found| (found, one_line(file.text(found))))
        .collect();
    let (mut base_classes, mut implements) = (Vec::new(), Vec::new());
    for (at, (_, name)) in names.into_iter().enumerate() {
        match symbol.kind {
            SymbolKind::Enum => {
                symbol.metadata.insert("underlying_type".into(), name.into());
                return;
            }
            SymbolKind::Interface => base_classes.push(name),
            SymbolKind::Class if at == 0 && !is_interface(&name) => base_classes.push(name),
            _ => implements.push(name),
        }
    }
    common::list(&mut symbol.metadata, "base_classes", base_classes);
    common::list(&mut symbol.metadata, "implements", implements);
}

/// The same as the query's: `I`, a capital, a small letter. `IOException` is none.
fn is_interface(name: &str) -> bool {
    let name = name.split('<').next().unwrap_or(name);
    let mut letters = name.rsplit('.').next().unwrap_or(name).chars();
    letters.next() == Some('I')
        && letters.next().is_some_and(|c| c.is_ascii_uppercase())
        && letters.next().is_some_and(|c| c.is_ascii_lowercase())
}

fn variant(node: Node<'_>, file: &File<'_>) -> Option<Value> {
    let mut row = json!({"name": file.text(field(node, "name")?)});
    if let Some(value) = field(node, "value") {
        row["value"] = one_line(file.text(value)).into();
    }
    let attributes = attributes(node, file);
    if !attributes.is_empty() {
        row["attributes"] = attributes.into();
    }
    if let Some(doc) = raw_doc(node, file).and_then(|raw| docs::text(&raw)) {
        row["doc"] = doc.into();
    }
    Some(row)
}

/// The fields that one declaration declares; none where they are private, or constants, which are symbols.
fn fields(node: Node<'_>, file: &File<'_>) -> Vec<Value> {
    let modifiers = modifiers(node, file);
    let visibility = visibility(node, &modifiers, Some("class_declaration"));
    if visibility == Visibility::Private || is_constant(&modifiers) {
        return Vec::new();
    }
    let Some(declaration) = child(node, "variable_declaration") else { return Vec::new() };
    let of = field(declaration, "type").map(|found| one_line(file.text(found)));
    let doc = raw_doc(node, file).and_then(|raw| docs::text(&raw));
    let others = other_modifiers(&modifiers);
    let row = |name: Node<'_>| {
        let mut row = json!({"name": file.text(name), "type": of, "visibility": visibility.as_str()});
        if !others.is_empty() {
            row["modifiers"] = others.clone().into();
        }
        if let Some(doc) = &doc {
            row["doc"] = doc.as_str().into();
        }
        row
    };
    let declarators = named(declaration).filter(|found| found.kind() == "variable_declarator");
    declarators.filter_map(|found| field(found, "name")).map(row).collect()
}

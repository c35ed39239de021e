//! What types have, and what functions take.

use serde_json::{Map, Value, json};
use tree_sitter::Node;

use super::{attributes, is_constructor, is_reference, modifiers, visibility};
use crate::nodes::{child, compact, field, named};
use crate::rules::{Definition, File};
use crate::signature::one_line;
use crate::symbol::{Symbol, SymbolKind};

pub(super) fn describe_function(node: Node<'_>, file: &File<'_>, symbol: &mut Symbol) {
    if node.kind() == "property_declaration" {
        symbol.metadata.insert("is_property".into(), true.into());
        symbol.return_type = field(node, "type").map(|of| one_line(file.text(of)));
        return;
    }
    symbol.return_type = field(node, "return_type").map(|of| one_line(file.text(of)));
    if is_constructor(&symbol.name) {
        symbol.metadata.insert("is_constructor".into(), true.into());
    }
    let parameters: Vec<Value> = parameters(node).map(|one| parameter(one, file)).collect();
    if !parameters.is_empty() {
        symbol.metadata.insert("parameters".into(), parameters.into());
    }
}

fn parameters(function: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    field(function, "parameters")
        .into_iter()
        .flat_map(|list| named(list))
        .filter(|one| one.kind().ends_with("_parameter"))
}

fn parameter(node: Node<'_>, file: &File<'_>) -> Value {
    let mut row = Map::new();
    row.insert("name".into(), variable(field(node, "name"), file).into());
    put(&mut row, "type", field(node, "type"), file);
    put(&mut row, "default", field(node, "default_value"), file);
    if let Some(keyword) = field(node, "visibility") {
        row.insert("visibility".into(), file.text(keyword).into());
    }
    if node.kind() == "variadic_parameter" {
        row.insert("is_variadic".into(), true.into());
    }
    if is_reference(node) {
        row.insert("is_reference".into(), true.into());
    }
    row.into()
}

fn variable<'t>(node: Option<Node<'_>>, file: &File<'t>) -> &'t str {
    node.map_or("", |name| file.text(name).trim_start_matches(['&', '$']))
}

fn put(row: &mut Map<String, Value>, key: &str, node: Option<Node<'_>>, file: &File<'_>) {
    if let Some(node) = node {
        row.insert(key.into(), one_line(file.text(node)).into());
    }
}

pub(super) fn describe_constant(definition: &Definition<'_>, file: &File<'_>, symbol: &mut Symbol) {
    let node = definition.node;
    symbol.return_type = field(node, "type").map(|of| one_line(file.text(of)));
    let value = if node.kind() == "const_declaration" {
        definition.name.parent().and_then(|element| named(element).nth(1))
    } else {
        // `define('NAME', value)`
        field(node, "arguments").and_then(|list| named(list).nth(1))
    };
    if let Some(value) = value {
        symbol.metadata.insert("value".into(), one_line(file.text(value)).into());
    }
}

pub(super) fn describe_class(node: Node<'_>, file: &File<'_>, symbol: &mut Symbol) {
    let names = |list: Option<Node<'_>>| -> Vec<Value> {
        let all = list.into_iter().flat_map(|list| named(list));
        all.filter(|n| matches!(n.kind(), "name" | "qualified_name")).map(|n| compact(file.text(n)).into()).collect()
    };
    let mut keep = |key: &str, values: Vec<Value>| {
        if !values.is_empty() {
            symbol.metadata.insert(key.into(), values.into());
        }
    };
    keep("base_classes", names(child(node, "base_clause")));
    keep("implements", names(child(node, "class_interface_clause")));
    let Some(body) = field(node, "body") else { return };
    let (mut traits, mut fields, mut variants, mut methods) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for member in named(body) {
        match member.kind() {
            "use_declaration" => traits.extend(names(Some(member))),
            "property_declaration" => fields.extend(properties(member, file)),
            "enum_case" => {
                let mut row = Map::new();
                put(&mut row, "name", field(member, "name"), file);
                put(&mut row, "value", field(member, "value"), file);
                let attributes = attributes(member, file);
                if !attributes.is_empty() {
                    row.insert("attributes".into(), attributes.into());
                }
                variants.push(row.into());
            }
            "method_declaration" => {
                let name = field(member, "name").map_or("", |name| file.text(name));
                methods.push(name.into());
                if is_constructor(name) {
                    fields.extend(
                        parameters(member).filter(|p| p.kind().starts_with("property")).map(|p| promoted(p, file)),
                    );
                }
            }
            _ => {}
        }
    }
    keep("traits", traits);
    keep("fields", fields);
    keep("variants", variants);
    if node.kind() == "interface_declaration" {
        keep("methods", methods);
    }
    if symbol.kind == SymbolKind::Enum {
        symbol.return_type = named(node).find(|n| n.kind() == "primitive_type").map(|of| file.text(of).to_owned());
    }
}

/// The fields that one declaration of properties makes.
fn properties(declaration: Node<'_>, file: &File<'_>) -> Vec<Value> {
    let elements = named(declaration).filter(|element| element.kind() == "property_element");
    let modifiers = modifiers(declaration);
    elements
        .map(|element| {
            let mut row = Map::new();
            row.insert("name".into(), variable(field(element, "name"), file).into());
            put(&mut row, "type", field(declaration, "type"), file);
            put(&mut row, "default", field(element, "default_value"), file);
            row.insert("visibility".into(), visibility(declaration, file).as_str().into());
            if !modifiers.is_empty() {
                row.insert("modifiers".into(), modifiers.clone().into());
            }
            row.into()
        })
        .collect()
}

/// The field that a constructor's parameter makes.
fn promoted(parameter: Node<'_>, file: &File<'_>) -> Value {
    let mut row = json!({
        "name": variable(field(parameter, "name"), file),
        "visibility": visibility(parameter, file).as_str(),
        "is_promoted": true,
    });
    if let Some(row) = row.as_object_mut() {
        put(row, "type", field(parameter, "type"), file);
        put(row, "default", field(parameter, "default_value"), file);
        let modifiers = modifiers(parameter);
        if !modifiers.is_empty() {
            row.insert("modifiers".into(), modifiers.into());
        }
    }
    row
}

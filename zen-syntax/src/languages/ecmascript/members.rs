//! What functions take and types hold.

use serde_json::{Map, Value, json};
use tree_sitter::Node;

use super::jsdoc;
use super::values::{MAX_VALUE, function_in, is_constant_field};
use crate::nodes::{child, children, field, has, named};
use crate::rules::File;
use crate::signature::one_line;
use crate::symbol::Symbol;

/// A type annotation without its colon.
pub(super) fn type_in(node: Node<'_>, name: &str, file: &File<'_>) -> Option<String> {
    field(node, name).map(|found| one_line(file.text(found).trim_start_matches(':')))
}

/// The parameters of a function; `this` is none that a caller gives.
pub(super) fn parameters(function: Node<'_>, file: &File<'_>) -> Vec<Value> {
    if let Some(only) = field(function, "parameter") {
        return vec![json!({"name": file.text(only)})];
    }
    let Some(list) = field(function, "parameters") else { return Vec::new() };
    named(list).filter(|node| node.kind() != "comment").filter_map(|node| parameter(node, file)).collect()
}

fn parameter(node: Node<'_>, file: &File<'_>) -> Option<Value> {
    let (pattern, value) = match node.kind() {
        "required_parameter" | "optional_parameter" => (field(node, "pattern")?, field(node, "value")),
        "assignment_pattern" => (field(node, "left")?, field(node, "right")),
        _ => (node, None),
    };
    if pattern.kind() == "this" {
        return None;
    }
    let mut row = Map::new();
    row.insert("name".into(), one_line(file.text(pattern).trim_start_matches("...")).into());
    if let Some(of) = type_in(node, "type", file) {
        row.insert("type".into(), of.into());
    }
    if let Some(value) = value {
        row.insert("default".into(), one_line(file.text(value)).into());
    }
    if node.kind() == "optional_parameter" || value.is_some() {
        row.insert("optional".into(), true.into());
    }
    if pattern.kind() == "rest_pattern" {
        row.insert("rest".into(), true.into());
    }
    Some(Value::Object(row))
}

/// Type parameters, as they are written and in parts.
pub(super) fn type_parameters(node: Node<'_>, file: &File<'_>, symbol: &mut Symbol) {
    let Some(list) = field(node, "type_parameters") else { return };
    symbol.generics = Some(one_line(file.text(list)));
    let rows = named(list).filter(|node| node.kind() == "type_parameter").map(|parameter| {
        let mut row = Map::new();
        row.insert("name".into(), field(parameter, "name").map(|name| file.text(name)).unwrap_or_default().into());
        if let Some(of) = field(parameter, "constraint").and_then(|of| of.named_child(0)) {
            row.insert("constraint".into(), one_line(file.text(of)).into());
        }
        if let Some(value) = field(parameter, "value").and_then(|value| value.named_child(0)) {
            row.insert("default".into(), one_line(file.text(value)).into());
        }
        Value::Object(row)
    });
    let rows: Vec<Value> = rows.collect();
    symbol.metadata.insert("type_parameters".into(), rows.into());
}

/// What a class or interface derives from and implements.
pub(super) fn heritage(node: Node<'_>, file: &File<'_>, symbol: &mut Symbol) {
    let (mut bases, mut implements) = (Vec::new(), Vec::new());
    for clause in named(node) {
        match clause.kind() {
            "class_heritage" => {
                for part in named(clause) {
                    match part.kind() {
                        "extends_clause" => bases.extend(extended(part, file)),
                        "implements_clause" => implements.extend(named(part).map(|of| one_line(file.text(of)))),
                        "comment" => {}
                        _ => bases.push(one_line(file.text(part))),
                    }
                }
            }
            "extends_type_clause" => bases.extend(named(clause).map(|of| one_line(file.text(of)))),
            _ => {}
        }
    }
    if !bases.is_empty() {
        symbol.metadata.insert("base_classes".into(), bases.into());
    }
    if !implements.is_empty() {
        symbol.metadata.insert("implements".into(), implements.into());
    }
}

/// `extends Base<T>`: name and type arguments are two nodes.
fn extended(clause: Node<'_>, file: &File<'_>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for part in named(clause) {
        match (part.kind(), found.last_mut()) {
            ("comment", _) => {}
            ("type_arguments", Some(last)) => last.push_str(&one_line(file.text(part))),
            _ => found.push(one_line(file.text(part))),
        }
    }
    found
}

/// Fields of a class; what holds functions and constants is a symbol of its own.
pub(super) fn class_fields(body: Node<'_>, file: &File<'_>, symbol: &mut Symbol) {
    let mut fields: Vec<Value> = Vec::new();
    for member in named(body) {
        match member.kind() {
            "public_field_definition" | "field_definition" => {
                let is_symbol = field(member, "value").is_some_and(|value| function_in(value).is_some())
                    || is_constant_field(member, file);
                if !is_symbol {
                    fields.extend(field_row(member, file));
                }
            }
            "method_definition" if field(member, "name").is_some_and(|name| file.text(name) == "constructor") => {
                constructed(member, file, &mut fields);
            }
            _ => {}
        }
    }
    if !fields.is_empty() {
        symbol.metadata.insert("fields".into(), fields.into());
    }
}

fn field_row(member: Node<'_>, file: &File<'_>) -> Option<Value> {
    let name = field(member, "name").or_else(|| field(member, "property"))?;
    let mut row = Map::new();
    row.insert("name".into(), property_name(file.text(name)).into());
    if let Some(of) = type_in(member, "type", file) {
        row.insert("type".into(), of.into());
    }
    let value = field(member, "value").map(|value| one_line(file.text(value)));
    if let Some(value) = value.filter(|value| value.len() <= MAX_VALUE) {
        row.insert("default".into(), value.into());
    }
    for token in children(member) {
        match token.kind() {
            "?" => row.insert("optional".into(), true.into()),
            "static" | "readonly" | "abstract" | "declare" => row.insert(token.kind().into(), true.into()),
            "accessibility_modifier" if file.text(token) != "public" => {
                row.insert("visibility".into(), file.text(token).into())
            }
            "private_property_identifier" => row.insert("visibility".into(), "private".into()),
            _ => None,
        };
    }
    let decorators = children(member).filter(|child| child.kind() == "decorator");
    let decorators: Vec<Value> =
        decorators.map(|node| one_line(file.text(node).trim_start_matches('@')).into()).collect();
    if !decorators.is_empty() {
        row.insert("decorators".into(), decorators.into());
    }
    if let Some(doc) = jsdoc::above(member, file.text) {
        row.insert("description".into(), doc.into());
    }
    Some(Value::Object(row))
}

/// Fields that a constructor makes: parameters with a modifier, and `this.name = …` in statements of its own.
fn constructed(constructor: Node<'_>, file: &File<'_>, fields: &mut Vec<Value>) {
    for parameter in field(constructor, "parameters").into_iter().flat_map(named) {
        let modifier = child(parameter, "accessibility_modifier");
        if modifier.is_none() && !has(parameter, "readonly") {
            continue;
        }
        let Some(pattern) = field(parameter, "pattern") else { continue };
        let mut row = Map::new();
        row.insert("name".into(), file.text(pattern).into());
        if let Some(of) = type_in(parameter, "type", file) {
            row.insert("type".into(), of.into());
        }
        if has(parameter, "readonly") {
            row.insert("readonly".into(), true.into());
        }
        if let Some(modifier) = modifier.map(|modifier| file.text(modifier)).filter(|text| *text != "public") {
            row.insert("visibility".into(), modifier.into());
        }
        fields.push(Value::Object(row));
    }
    for statement in field(constructor, "body").into_iter().flat_map(named) {
        let assignment = statement.named_child(0).filter(|node| node.kind() == "assignment_expression");
        let Some(target) = assignment.and_then(|node| field(node, "left")) else { continue };
        let Some(name) = file.text(target).strip_prefix("this.") else { continue };
        if name.contains(['.', '[', '(']) || fields.iter().any(|row| row["name"] == name) {
            continue;
        }
        let mut row = Map::new();
        row.insert("name".into(), name.into());
        row.insert("is_instance".into(), true.into());
        if let Some(doc) = jsdoc::above(statement, file.text) {
            row.insert("description".into(), doc.into());
        }
        fields.push(Value::Object(row));
    }
}

/// The members of an interface or of an object type.
pub(super) fn interface(body: Node<'_>, file: &File<'_>, symbol: &mut Symbol) {
    let (mut fields, mut methods, mut signatures) = (Vec::new(), Vec::new(), Vec::new());
    for member in named(body) {
        match member.kind() {
            "property_signature" => fields.extend(field_row(member, file)),
            "method_signature" => {
                methods.extend(field(member, "name").map(|name| Value::from(property_name(file.text(name)))));
            }
            "call_signature" | "construct_signature" | "index_signature" => {
                signatures.push(Value::from(one_line(file.text(member))));
            }
            _ => {}
        }
    }
    for (key, list) in [("fields", fields), ("methods", methods), ("signatures", signatures)] {
        if !list.is_empty() {
            symbol.metadata.insert(key.into(), list.into());
        }
    }
}

/// The members of an enumeration.
pub(super) fn variants(body: Node<'_>, file: &File<'_>) -> Vec<Value> {
    let row = |member: Node<'_>| {
        let mut row = Map::new();
        let name = if member.kind() == "enum_assignment" { field(member, "name")? } else { member };
        row.insert("name".into(), property_name(file.text(name)).into());
        if let Some(value) = field(member, "value").filter(|_| member.kind() == "enum_assignment") {
            row.insert("value".into(), one_line(file.text(value)).into());
        }
        if let Some(doc) = jsdoc::above(member, file.text) {
            row.insert("description".into(), doc.into());
        }
        Some(Value::Object(row))
    };
    named(body).filter(|node| node.kind() != "comment").filter_map(row).collect()
}

/// A property's name without quotes.
pub(super) fn property_name(text: &str) -> String {
    let inner = text.strip_prefix(['"', '\'']).and_then(|rest| rest.strip_suffix(['"', '\'']));
    inner.unwrap_or(text).to_owned()
}

/// `get`, `static`, `abstract`, …: the keywords that stand before a declaration's name.
pub(super) fn modifiers(node: Node<'_>, outer: Node<'_>) -> Vec<&'static str> {
    const KEYWORDS: [&str; 9] =
        ["declare", "abstract", "static", "override", "readonly", "accessor", "get", "set", "const"];
    let mut found = Vec::new();
    let is_declared = |at: Node<'_>| at.kind() == "ambient_declaration";
    if outer != node && (is_declared(outer) || field(outer, "declaration").is_some_and(is_declared)) {
        found.push("declare");
    }
    let is_enum = node.kind() == "enum_declaration";
    for token in children(node).take_while(|token| !token.kind().ends_with("_body")) {
        match token.kind() {
            "override_modifier" => found.push("override"),
            "static get" => found.extend(["static", "get"]),
            kind => {
                let keyword = KEYWORDS.iter().find(|keyword| **keyword == kind);
                found.extend(keyword.filter(|keyword| **keyword != "const" || is_enum));
            }
        }
    }
    found
}

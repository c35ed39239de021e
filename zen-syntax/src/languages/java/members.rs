//! What types, methods and modules of Java have within.

use serde_json::{Value, json};
use tree_sitter::Node;

use super::{annotations, other_modifiers, visibility};
use crate::languages::common;
use crate::nodes::{child, field, has, named};
use crate::rules::{Definition, File};
use crate::signature::one_line;
use crate::symbol::{Symbol, Visibility};

/// The part of `int a = 1, b = 2` that declares this name.
pub(super) fn declarator<'t>(definition: &Definition<'t>) -> Option<Node<'t>> {
    named(definition.node)
        .filter(|found| found.kind() == "variable_declarator")
        .find(|found| field(*found, "name").is_some_and(|name| name.id() == definition.name.id()))
}

/// The type of a declaration, with the brackets that stand behind its name.
fn type_of(node: Node<'_>, dimensions: Option<Node<'_>>, file: &File<'_>) -> Option<String> {
    let of = one_line(file.text(field(node, "type")?));
    Some(format!("{of}{}", dimensions.map_or("", |found| file.text(found))))
}

pub(super) fn constant(definition: &Definition<'_>, file: &File<'_>, symbol: &mut Symbol) {
    let declarator = declarator(definition);
    symbol.return_type = type_of(definition.node, declarator.and_then(|d| field(d, "dimensions")), file);
    if let Some(value) = declarator.and_then(|d| field(d, "value")).and_then(|value| common::short(file.text(value))) {
        symbol.metadata.insert("value".into(), value.into());
    }
}

pub(super) fn method(node: Node<'_>, file: &File<'_>, symbol: &mut Symbol) {
    symbol.return_type = type_of(node, field(node, "dimensions"), file);
    if node.kind().ends_with("constructor_declaration") {
        symbol.metadata.insert("is_constructor".into(), true.into());
    }
    if let Some(list) = field(node, "parameters") {
        common::list(&mut symbol.metadata, "parameters", parameters(list, file));
    }
    if let Some(throws) = child(node, "throws") {
        let names = named(throws).map(|found| one_line(file.text(found))).collect();
        common::list::<String>(&mut symbol.metadata, "throws", names);
    }
    if let Some(value) = field(node, "value") {
        symbol.metadata.insert("default".into(), one_line(file.text(value)).into());
    }
}

fn parameters(list: Node<'_>, file: &File<'_>) -> Vec<Value> {
    named(list).filter_map(|found| parameter(found, file)).collect()
}

fn parameter(node: Node<'_>, file: &File<'_>) -> Option<Value> {
    let (name, of) = match node.kind() {
        "formal_parameter" => (field(node, "name")?, type_of(node, field(node, "dimensions"), file)?),
        "spread_parameter" => {
            let name = field(child(node, "variable_declarator")?, "name")?;
            let of = named(node).find(|found| found.kind().ends_with("type") || found.kind() == "type_identifier")?;
            (name, format!("{}...", one_line(file.text(of))))
        }
        _ => return None,
    };
    let mut row = json!({"name": file.text(name), "type": of});
    let attributes = child(node, "modifiers").map(|found| annotations(found, file)).unwrap_or_default();
    if !attributes.is_empty() {
        row["attributes"] = attributes.into();
    }
    Some(row)
}

pub(super) fn of_type(node: Node<'_>, file: &File<'_>, symbol: &mut Symbol) {
    let names = |holder: Option<Node<'_>>| -> Vec<String> {
        let list = holder.map(|found| child(found, "type_list").unwrap_or(found));
        list.into_iter().flat_map(named).map(|found| one_line(file.text(found))).collect()
    };
    let bases = field(node, "superclass").or_else(|| child(node, "extends_interfaces"));
    common::list(&mut symbol.metadata, "base_classes", names(bases));
    common::list(&mut symbol.metadata, "implements", names(field(node, "interfaces")));
    common::list(&mut symbol.metadata, "permits", names(field(node, "permits")));
    let Some(body) = field(node, "body") else { return };
    let mut all_fields = Vec::new();
    match node.kind() {
        "record_declaration" => {
            symbol.metadata.insert("is_record".into(), true.into());
            let components = field(node, "parameters").map(|list| parameters(list, file)).unwrap_or_default();
            common::list(&mut symbol.metadata, "parameters", components.clone());
            all_fields = components;
        }
        "annotation_type_declaration" => {
            symbol.metadata.insert("is_annotation".into(), true.into());
        }
        "enum_declaration" => {
            let variants = named(body).filter(|found| found.kind() == "enum_constant");
            let variants = variants.filter_map(|found| variant(found, file)).collect();
            common::list::<Value>(&mut symbol.metadata, "variants", variants);
        }
        _ => {}
    }
    if node.kind() == "interface_declaration" {
        let methods = named(body).filter(|found| found.kind() == "method_declaration");
        let methods = methods.filter_map(|found| field(found, "name")).map(|name| file.text(name)).collect();
        common::list::<&str>(&mut symbol.metadata, "methods", methods);
    }
    let body = child(body, "enum_body_declarations").unwrap_or(body);
    all_fields.extend(named(body).filter(|f| f.kind() == "field_declaration").flat_map(|f| fields(f, file)));
    common::list(&mut symbol.metadata, "fields", all_fields);
}

fn variant(node: Node<'_>, file: &File<'_>) -> Option<Value> {
    let arguments = field(node, "arguments").map(|found| file.text(found));
    let attributes = child(node, "modifiers").map(|found| annotations(found, file)).unwrap_or_default();
    let doc = common::doc(file.text, node.start_byte());
    Some(common::variant(file.text(field(node, "name")?), arguments, attributes, doc))
}

/// The fields that one declaration declares; none where they are private, or constants, which are symbols.
fn fields(node: Node<'_>, file: &File<'_>) -> Vec<Value> {
    let modifiers = child(node, "modifiers");
    let visibility = visibility(node, modifiers, None);
    if visibility == Visibility::Private || modifiers.is_some_and(|m| has(m, "static") && has(m, "final")) {
        return Vec::new();
    }
    let doc = common::doc(file.text, node.start_byte());
    let row = |declarator: Node<'_>| {
        let of = type_of(node, field(declarator, "dimensions"), file)?;
        let mut row = json!({
            "name": file.text(field(declarator, "name")?),
            "type": of,
            "visibility": visibility.as_str(),
        });
        let modifiers = other_modifiers(modifiers);
        if !modifiers.is_empty() {
            row["modifiers"] = modifiers.into();
        }
        if let Some(doc) = &doc {
            row["doc"] = doc.as_str().into();
        }
        Some(row)
    };
    named(node).filter(|found| found.kind() == "variable_declarator").filter_map(row).collect()
}

/// What `package-info.java` and `module-info.java` say.
pub(super) fn module(node: Node<'_>, file: &File<'_>, symbol: &mut Symbol) {
    let Some(body) = field(node, "body").filter(|_| node.kind() == "module_declaration") else { return };
    if has(node, "open") {
        symbol.metadata.insert("modifiers".into(), json!(["open"]));
    }
    for (kind, key) in [
        ("requires_module_directive", "requires"),
        ("exports_module_directive", "exports"),
        ("opens_module_directive", "opens"),
        ("uses_module_directive", "uses"),
        ("provides_module_directive", "provides"),
    ] {
        let rows: Vec<String> = named(body)
            .filter(|found| found.kind() == kind)
            .map(|found| one_line(file.text(found)))
            .map(|line| line.strip_prefix(key).unwrap_or(&line).trim_start().to_owned())
            .collect();
        common::list(&mut symbol.metadata, key, rows);
    }
}

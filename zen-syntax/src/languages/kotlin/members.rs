//! What types, functions and properties of Kotlin have within.

use serde_json::{Value, json};
use tree_sitter::Node;

use super::{annotations, is_type, other_modifiers, types_of, visibility};
use crate::languages::common;
use crate::nodes::{child, children, field, has, named};
use crate::rules::File;
use crate::signature::one_line;
use crate::symbol::{Symbol, SymbolKind, Visibility};

/// The value of a `const val`, where it is short.
pub(super) fn constant_value(node: Node<'_>, file: &File<'_>) -> Option<String> {
    let modifiers = child(node, "modifiers").filter(|_| node.kind() == "property_declaration");
    if !other_modifiers(modifiers, file).contains(&"const") {
        return None;
    }
    let value = children(node).skip_while(|found| found.kind() != "=").find(Node::is_named)?;
    common::short(file.text(value))
}

pub(super) fn function(node: Node<'_>, file: &File<'_>, symbol: &mut Symbol) {
    let (receiver, of) = types_of(node, field(node, "name"));
    if node.kind() == "secondary_constructor" {
        symbol.metadata.insert("is_constructor".into(), true.into());
    } else {
        symbol.return_type = of.map(|found| one_line(file.text(found)));
    }
    extend(receiver, file, symbol);
    if let Some(list) = child(node, "function_value_parameters") {
        common::list(&mut symbol.metadata, "parameters", parameters(list, file));
    }
}

fn extend(receiver: Option<Node<'_>>, file: &File<'_>, symbol: &mut Symbol) {
    if let Some(receiver) = receiver {
        symbol.metadata.insert("is_extension".into(), true.into());
        symbol.metadata.insert("receiver".into(), one_line(file.text(receiver)).into());
    }
}

/// Modifiers, parameters and default values are all children of the list, in this order.
fn parameters(list: Node<'_>, file: &File<'_>) -> Vec<Value> {
    let mut rows: Vec<Value> = Vec::new();
    let mut modifiers: Vec<&str> = Vec::new();
    let mut is_default = false;
    for found in children(list) {
        match found.kind() {
            "parameter_modifiers" => {
                let all = named(found).filter(|modifier| modifier.kind() != "annotation");
                modifiers = all.map(|modifier| file.text(modifier)).collect();
            }
            "parameter" => {
                let Some(name) = child(found, "identifier") else { continue };
                let mut row = json!({"name": file.text(name)});
                if let Some(of) = children(found).find(is_type) {
                    row["type"] = one_line(file.text(of)).into();
                }
                if !modifiers.is_empty() {
                    row["modifiers"] = std::mem::take(&mut modifiers).into();
                }
                rows.push(row);
            }
            "=" => is_default = true,
            _ if is_default && found.is_named() => {
                is_default = false;
                if let Some(row) = rows.last_mut() {
                    row["default"] = one_line(file.text(found)).into();
                }
            }
            _ => {}
        }
    }
    rows
}

/// `false` for what only its class knows: a private property without code.
pub(super) fn property(node: Node<'_>, modifiers: &[&str], file: &File<'_>, symbol: &mut Symbol) -> bool {
    let Some(variable) = child(node, "variable_declaration") else { return false };
    let (receiver, _) = types_of(node, Some(variable));
    symbol.return_type = children(variable).find(is_type).map(|found| one_line(file.text(found)));
    extend(receiver, file, symbol);
    let is_mutable = has(node, "var");
    let has_code = has(node, "getter") || has(node, "property_delegate") || has(node, "setter");
    let is_member = symbol.kind == SymbolKind::Method;
    if modifiers.contains(&"const") {
        symbol.kind = SymbolKind::Const;
        if let Some(value) = constant_value(node, file) {
            symbol.metadata.insert("value".into(), value.into());
        }
        return true;
    }
    if !is_member && receiver.is_some() {
        symbol.kind = SymbolKind::Function;
    }
    symbol.metadata.insert("is_property".into(), true.into());
    if is_mutable {
        symbol.metadata.insert("is_mutable".into(), true.into());
    }
    if has(node, "property_delegate") {
        symbol.metadata.insert("is_delegated".into(), true.into());
    }
    let setter = child(node, "setter").and_then(|found| child(found, "modifiers"));
    let setter_visibility = visibility(setter, file);
    if setter.is_some() && setter_visibility != Visibility::Public {
        let accessors = vec!["get".to_owned(), format!("{} set", setter_visibility.as_str())];
        common::list(&mut symbol.metadata, "accessors", accessors);
    }
    !is_member || has_code || symbol.visibility != Visibility::Private
}

pub(super) fn of_type(node: Node<'_>, modifiers: &[&str], file: &File<'_>, symbol: &mut Symbol) {
    match node.kind() {
        "companion_object" => {
            symbol.metadata.insert("is_companion".into(), true.into());
            symbol.metadata.insert("is_object".into(), true.into());
        }
        "object_declaration" => {
            symbol.metadata.insert("is_object".into(), true.into());
        }
        _ if has(node, "interface") => symbol.kind = SymbolKind::Interface,
        _ if modifiers.contains(&"enum") => symbol.kind = SymbolKind::Enum,
        _ => {}
    }
    bases(node, file, symbol);
    if let Some(constructor) = child(node, "primary_constructor") {
        primary(constructor, file, symbol);
    }
    let Some(body) = child(node, "class_body").or_else(|| child(node, "enum_class_body")) else { return };
    if symbol.kind == SymbolKind::Enum {
        let variants = named(body).filter(|found| found.kind() == "enum_entry");
        let variants: Vec<Value> = variants.filter_map(|found| variant(found, file)).collect();
        common::list(&mut symbol.metadata, "variants", variants);
    }
    if symbol.kind == SymbolKind::Interface {
        let methods = named(body).filter(|found| found.kind() == "function_declaration");
        let methods = methods.filter_map(|found| field(found, "name")).map(|name| file.text(name));
        common::list(&mut symbol.metadata, "methods", methods.collect::<Vec<_>>());
    }
}

/// What is constructed is a class; what is only named, an interface.
fn bases(node: Node<'_>, file: &File<'_>, symbol: &mut Symbol) {
    let (mut base_classes, mut implements) = (Vec::new(), Vec::new());
    let specifiers = child(node, "delegation_specifiers").into_iter().flat_map(named);
    for specifier in specifiers.filter(|found| found.kind() == "delegation_specifier") {
        let Some(inner) = named(specifier).find(|found| found.kind() != "annotation") else { continue };
        let of = if is_type(&inner) { Some(inner) } else { named(inner).find(is_type) };
        let Some(name) = of.map(|found| one_line(file.text(found))) else { continue };
        if inner.kind() == "constructor_invocation" || symbol.kind == SymbolKind::Interface {
            base_classes.push(name);
        } else {
            implements.push(name);
        }
    }
    common::list(&mut symbol.metadata, "base_classes", base_classes);
    common::list(&mut symbol.metadata, "implements", implements);
}

/// The primary constructor: its parameters, and those of them that are properties.
fn primary(constructor: Node<'_>, file: &File<'_>, symbol: &mut Symbol) {
    let of_constructor = visibility(child(constructor, "modifiers"), file);
    if of_constructor != Visibility::Public {
        symbol.metadata.insert("constructor_visibility".into(), of_constructor.as_str().into());
    }
    let (mut rows, mut fields) = (Vec::new(), Vec::new());
    let parameters = child(constructor, "class_parameters").into_iter().flat_map(named);
    for parameter in parameters.filter(|found| found.kind() == "class_parameter") {
        let Some(name) = child(parameter, "identifier") else { continue };
        let mut row = json!({"name": file.text(name)});
        if let Some(of) = children(parameter).find(is_type) {
            row["type"] = one_line(file.text(of)).into();
        }
        let default = children(parameter).skip_while(|found| found.kind() != "=").find(Node::is_named);
        if let Some(default) = default {
            row["default"] = one_line(file.text(default)).into();
        }
        rows.push(row.clone());
        let modifiers = child(parameter, "modifiers");
        let of_field = visibility(modifiers, file);
        if of_field == Visibility::Private || !(has(parameter, "val") || has(parameter, "var")) {
            continue;
        }
        row["visibility"] = of_field.as_str().into();
        if has(parameter, "var") {
            row["is_mutable"] = true.into();
        }
        let attributes = modifiers.map(|found| annotations(found, file)).unwrap_or_default();
        if !attributes.is_empty() {
            row["attributes"] = attributes.into();
        }
        fields.push(row);
    }
    common::list(&mut symbol.metadata, "parameters", rows);
    common::list(&mut symbol.metadata, "fields", fields);
}

fn variant(node: Node<'_>, file: &File<'_>) -> Option<Value> {
    let arguments = child(node, "value_arguments").map(|found| file.text(found));
    let attributes = child(node, "modifiers").map(|found| annotations(found, file)).unwrap_or_default();
    let doc = common::doc(file.text, node.start_byte());
    Some(common::variant(file.text(child(node, "identifier")?), arguments, attributes, doc))
}

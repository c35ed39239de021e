//! What types, functions and values of Scala have within.

use serde_json::{Value, json};
use tree_sitter::Node;

use super::{extension_of, is_class, visibility};
use crate::languages::common;
use crate::nodes::{child, children, field, has, named, without_arguments};
use crate::rules::File;
use crate::signature::one_line;
use crate::symbol::{Symbol, SymbolKind, Visibility};

/// A body by indentation includes the blank lines below it, and the documentation of what follows.
pub(super) fn end(node: Node<'_>, file: &File<'_>, symbol: &mut Symbol) {
    let all = file.text(node);
    let mut text = all.trim_end();
    while text.ends_with("*/") {
        let Some(open) = text.rfind("/*").filter(|open| *open > 0) else { break };
        text = text[..open].trim_end();
    }
    if text.len() < all.len() {
        let after = all.get(text.len()..).unwrap_or_default().matches('\n').count();
        let last = node.end_position().row.saturating_sub(after);
        symbol.line_end = u32::try_from(last).unwrap_or(u32::MAX).saturating_add(1).max(symbol.line_start);
    }
}

/// The value of a `val`, where it is a literal.
pub(super) fn literal(node: Node<'_>, file: &File<'_>) -> Option<String> {
    let value = field(node, "value").filter(|_| node.kind() == "val_definition")?;
    if value.kind() == "null_literal" || !(value.kind().ends_with("_literal") || value.kind() == "string") {
        return None;
    }
    common::short(file.text(value))
}

pub(super) fn function(node: Node<'_>, file: &File<'_>, symbol: &mut Symbol) {
    symbol.return_type = field(node, "return_type").map(|found| one_line(file.text(found)));
    if symbol.name == "this" {
        symbol.metadata.insert("is_constructor".into(), true.into());
    }
    common::list(&mut symbol.metadata, "parameters", parameters(node, file));
    if let Some(group) = extension_of(node) {
        let receiver = child(group, "parameters").and_then(|list| child(list, "parameter"));
        if let Some(of) = receiver.and_then(|found| field(found, "type")) {
            symbol.metadata.insert("receiver".into(), one_line(file.text(of)).into());
        }
        symbol.metadata.insert("is_extension".into(), true.into());
    }
}

/// The parameters in all lists of a function, class or enum case.
fn parameters(node: Node<'_>, file: &File<'_>) -> Vec<Value> {
    let mut rows = Vec::new();
    for list in named(node).filter(|found| matches!(found.kind(), "parameters" | "class_parameters")) {
        let flag = ["using", "implicit"].into_iter().find(|word| has(list, word));
        let parameters = named(list).filter(|found| matches!(found.kind(), "parameter" | "class_parameter"));
        for parameter in parameters {
            let Some(mut row) = parameter_row(parameter, file) else { continue };
            if let Some(flag) = flag {
                row[format!("is_{flag}")] = true.into();
            }
            rows.push(row);
        }
    }
    rows
}

fn parameter_row(node: Node<'_>, file: &File<'_>) -> Option<Value> {
    let mut row = json!({"name": file.text(field(node, "name")?)});
    if let Some(of) = field(node, "type") {
        row["type"] = one_line(file.text(of)).into();
    }
    if let Some(default) = field(node, "default_value") {
        row["default"] = one_line(file.text(default)).into();
    }
    Some(row)
}

/// `given_Ord_List` for `given [T]: Ord[List[T]]`.
pub(super) fn given_name(node: Node<'_>, file: &File<'_>) -> Option<String> {
    let own: Vec<&str> =
        child(node, "type_parameters").into_iter().flat_map(named).map(|found| file.text(found)).collect();
    let of = file.text(field(node, "return_type")?);
    let words = of.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty());
    let words: Vec<&str> = words.filter(|word| !own.contains(word)).collect();
    Some(format!("given_{}", words.join("_")))
}

pub(super) fn given(node: Node<'_>, file: &File<'_>, symbol: &mut Symbol) {
    symbol.metadata.insert("is_given".into(), true.into());
    symbol.return_type = field(node, "return_type").map(|found| one_line(file.text(found)));
    let parameters = parameters(node, file);
    if field(node, "body").is_some_and(|body| body.kind().ends_with("template_body")) {
        symbol.kind = SymbolKind::Class;
        common::list(&mut symbol.metadata, "implements", symbol.return_type.iter().cloned().collect());
    } else if !parameters.is_empty() || symbol.generics.is_some() {
        symbol.kind = SymbolKind::Function;
    }
    common::list(&mut symbol.metadata, "parameters", parameters);
}

pub(super) fn alias(node: Node<'_>, file: &File<'_>, symbol: &mut Symbol) {
    symbol.return_type = field(node, "type").map(|found| one_line(file.text(found)));
    if symbol.return_type.is_none() {
        symbol.metadata.insert("is_abstract".into(), true.into());
    }
    if has(node, "opaque_modifier") {
        symbol.metadata.insert("is_opaque".into(), true.into());
    }
}

/// `false` for what only its class knows.
pub(super) fn value(node: Node<'_>, is_member: bool, file: &File<'_>, symbol: &mut Symbol) -> bool {
    symbol.return_type = field(node, "type").map(|found| one_line(file.text(found)));
    let is_mutable = symbol.kind == SymbolKind::Static;
    if let Some(value) = field(node, "value").filter(|_| !is_mutable).and_then(|found| common::short(file.text(found)))
    {
        symbol.metadata.insert("value".into(), value.into());
    }
    if !is_member {
        return true;
    }
    symbol.kind = SymbolKind::Method;
    symbol.metadata.insert("is_property".into(), true.into());
    symbol.metadata.remove("value");
    if is_mutable {
        symbol.metadata.insert("is_mutable".into(), true.into());
    }
    symbol.visibility != Visibility::Private
}

pub(super) fn of_type(node: Node<'_>, file: &File<'_>, symbol: &mut Symbol) {
    let is_case = has(node, "case");
    if is_case {
        symbol.metadata.insert("is_case".into(), true.into());
    }
    if node.kind() == "object_definition" {
        symbol.metadata.insert("is_object".into(), true.into());
    }
    if child(node, "access_modifier").is_some() {
        let of_constructor = visibility(Some(node), file);
        symbol.metadata.insert("constructor_visibility".into(), of_constructor.as_str().into());
    }
    bases(node, file, symbol);
    common::list(&mut symbol.metadata, "parameters", parameters(node, file));
    common::list(&mut symbol.metadata, "fields", fields(node, is_case, file));
    let Some(body) = field(node, "body") else { return };
    if let Some(of) = child(body, "self_type") {
        let text = one_line(file.text(of));
        let text = text.trim_end_matches("=>").trim_end();
        if text.contains(':') {
            symbol.metadata.insert("self_type".into(), text.into());
        }
    }
    match symbol.kind {
        SymbolKind::Trait => {
            let methods = named(body).filter(|found| found.kind().starts_with("function_"));
            let methods = methods.filter_map(|found| field(found, "name")).map(|name| file.text(name));
            common::list(&mut symbol.metadata, "methods", methods.collect::<Vec<_>>());
        }
        SymbolKind::Enum => {
            let cases = named(body).filter(|found| found.kind() == "enum_case_definitions");
            common::list(&mut symbol.metadata, "variants", cases.flat_map(|found| variants(found, file)).collect());
        }
        _ => {}
    }
}

/// The first is what a class extends, the others are traits.
fn bases(node: Node<'_>, file: &File<'_>, symbol: &mut Symbol) {
    let (mut base_classes, mut implements) = (Vec::new(), Vec::new());
    let clause = field(node, "extend").into_iter().flat_map(named);
    let of = clause.filter(|found| found.kind() != "arguments" && !found.kind().contains("comment"));
    for (at, found) in of.enumerate() {
        let name = one_line(file.text(found));
        if at > 0 && is_class(symbol.kind) { implements.push(name) } else { base_classes.push(name) }
    }
    common::list(&mut symbol.metadata, "base_classes", base_classes);
    common::list(&mut symbol.metadata, "implements", implements);
    let derives = child(node, "derives_clause").into_iter().flat_map(named);
    common::list(&mut symbol.metadata, "derives", derives.map(|found| one_line(file.text(found))).collect::<Vec<_>>());
}

/// Parameters that are members too: `val` and `var`, and all in the first list of a case class.
fn fields(node: Node<'_>, is_case: bool, file: &File<'_>) -> Vec<Value> {
    let mut rows = Vec::new();
    let lists = named(node).filter(|found| found.kind() == "class_parameters");
    for (at, list) in lists.enumerate() {
        for parameter in named(list).filter(|found| found.kind() == "class_parameter") {
            let is_field = has(parameter, "val") || has(parameter, "var") || (is_case && at == 0);
            let of_field = visibility(child(parameter, "modifiers"), file);
            if !is_field || of_field == Visibility::Private {
                continue;
            }
            let Some(mut row) = parameter_row(parameter, file) else { continue };
            row["visibility"] = of_field.as_str().into();
            if has(parameter, "var") {
                row["is_mutable"] = true.into();
            }
            rows.push(row);
        }
    }
    rows
}

fn variants(cases: Node<'_>, file: &File<'_>) -> Vec<Value> {
    let doc = common::doc(file.text, cases.start_byte());
    let row = |case: Node<'_>| {
        let mut row = json!({"name": file.text(field(case, "name")?)});
        let parameters = parameters(case, file);
        if !parameters.is_empty() {
            row["parameters"] = parameters.into();
        }
        if let Some(of) = field(case, "extend") {
            row["extends"] = one_line(file.text(of).trim_start_matches("extends")).into();
        }
        if let Some(doc) = &doc {
            row["doc"] = doc.as_str().into();
        }
        Some(row)
    };
    named(cases).filter(|found| found.kind().ends_with("enum_case")).filter_map(row).collect()
}

/// The whole path of an imported name: what stands before it in its clause, up to a comma.
pub(super) fn import(name: Node<'_>, file: &File<'_>) -> Option<String> {
    if name.kind() == "import_declaration" {
        let last =
            named(name).last().filter(|last| last.kind().ends_with("identifier") && field(*last, "name").is_none())?;
        return import(last, file);
    }
    let last = field(name, "name").unwrap_or(name);
    let parent = name.parent()?;
    let (clause, until) = match parent.kind() {
        "namespace_selectors" => (parent.parent()?, parent.start_byte()),
        _ => (parent, name.start_byte()),
    };
    if clause.kind() != "import_declaration" {
        return None;
    }
    let mut path = String::new();
    for part in children(clause).take_while(|part| part.start_byte() < until) {
        match part.kind() {
            "," => path.clear(),
            "." | "import" => {}
            kind if kind.ends_with("identifier") => {
                path.push_str(file.text(part));
                path.push('.');
            }
            _ => {}
        }
    }
    path.push_str(&without_arguments(file.text(last), '[', ']'));
    Some(path)
}

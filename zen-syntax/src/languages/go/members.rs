//! What functions, types and values of Go have within.

use serde_json::{Value, json};
use tree_sitter::Node;

use super::PREDECLARED;
use crate::comments;
use crate::languages::common;
use crate::nodes::{child, field, named};
use crate::rules::{Definition, File};
use crate::signature::one_line;
use crate::symbol::{Container, Symbol, SymbolKind};

/// So many constants above one are looked at for its type; a longer group passes it on from one to the next.
const MAX_LOOK: usize = 4;

/// Marks a constant whose type is that of the one before, until all of the file are known.
const REPEATS: &str = "repeats";

pub(super) fn function(node: Node<'_>, file: &File<'_>, symbol: &mut Symbol) {
    symbol.return_type = field(node, "result").map(|found| one_line(file.text(found)));
    if let Some(receiver) = field(node, "receiver") {
        symbol.metadata.insert("receiver".into(), one_line(file.text(receiver)).into());
        if let Some(path) = received(receiver, file) {
            symbol.container = Some(Container { path, symbol: None });
        }
    }
    if let Some(list) = field(node, "parameters") {
        common::list(
            &mut symbol.metadata,
            "parameters",
            named(list).flat_map(|found| parameters(found, file)).collect(),
        );
    }
}

/// `(s *Server[T])`: the method belongs to `Server`.
fn received(receiver: Node<'_>, file: &File<'_>) -> Option<String> {
    let mut of = field(child(receiver, "parameter_declaration")?, "type")?;
    while matches!(of.kind(), "pointer_type" | "parenthesized_type" | "generic_type") {
        of = named(of).find(|found| found.kind() != "comment")?;
    }
    Some(file.text(of).to_owned())
}

/// `a, b int` are two parameters; one without a name has a type only.
fn parameters(declaration: Node<'_>, file: &File<'_>) -> Vec<Value> {
    let Some(of) = field(declaration, "type") else { return Vec::new() };
    let dots = if declaration.kind() == "variadic_parameter_declaration" { "..." } else { "" };
    let of = format!("{dots}{}", one_line(file.text(of)));
    let names = names(declaration, file);
    if names.is_empty() {
        return vec![json!({"type": of})];
    }
    names.into_iter().map(|name| json!({"name": name, "type": of})).collect()
}

fn names<'t>(declaration: Node<'_>, file: &File<'t>) -> Vec<&'t str> {
    let mut cursor = declaration.walk();
    let names = declaration.children_by_field_name("name", &mut cursor).filter(Node::is_named);
    names.map(|name| file.text(name)).collect()
}

/// Constants and variables. One of several names has the value at its own place.
pub(super) fn value(definition: &Definition<'_>, file: &File<'_>, symbol: &mut Symbol) {
    let node = definition.node;
    symbol.return_type = field(node, "type").map(|found| one_line(file.text(found)));
    let Some(list) = field(node, "value") else {
        if symbol.kind == SymbolKind::Const {
            match value_above(node) {
                Some(above) => symbol.return_type = field(above, "type").map(|found| one_line(file.text(found))),
                None => {
                    symbol.metadata.insert(REPEATS.into(), true.into());
                }
            }
        }
        return;
    };
    let mut cursor = node.walk();
    let at = node.children_by_field_name("name", &mut cursor).filter(Node::is_named).position(|n| n == definition.name);
    let values: Vec<Node<'_>> = named(list).filter(|found| found.kind() != "comment").collect();
    let own = if values.len() == 1 { values.first() } else { at.and_then(|at| values.get(at)) };
    if let Some(value) = own.and_then(|value| common::short(file.text(*value))) {
        symbol.metadata.insert("value".into(), value.into());
    }
}

/// A constant without a value repeats the one above it, with its type.
fn value_above(node: Node<'_>) -> Option<Node<'_>> {
    let mut at = node;
    for _ in 0..MAX_LOOK {
        at = at.prev_named_sibling()?;
        if at.kind() == "const_spec" && field(at, "value").is_some() {
            return Some(at);
        }
    }
    None
}

/// Gives the constants of long groups their type.
pub(super) fn pass_types_on(symbols: &mut [Symbol]) {
    let mut before: Option<String> = None;
    for symbol in symbols.iter_mut().filter(|symbol| symbol.kind == SymbolKind::Const) {
        if symbol.metadata.remove(REPEATS).is_some() {
            symbol.return_type.clone_from(&before);
        }
        before.clone_from(&symbol.return_type);
    }
}

pub(super) fn structure(node: Node<'_>, file: &File<'_>, symbol: &mut Symbol) {
    let list = field(node, "type").and_then(|of| child(of, "field_declaration_list"));
    let declarations = list.into_iter().flat_map(named).filter(|found| found.kind() == "field_declaration");
    let fields: Vec<Value> = declarations.flat_map(|found| fields(found, file)).collect();
    symbol.metadata.insert("fields".into(), fields.into());
}

fn fields(declaration: Node<'_>, file: &File<'_>) -> Vec<Value> {
    let Some(of) = field(declaration, "type") else { return Vec::new() };
    let tag = field(declaration, "tag").map(|found| file.text(found).trim_matches('`').to_owned());
    let doc = field_doc(declaration, file);
    let of = one_line(file.text(of));
    let row = |name: &str, embedded: bool| {
        let mut row = json!({"name": name, "type": of});
        if embedded {
            row["embedded"] = true.into();
        }
        if let Some(tag) = &tag {
            row["tag"] = tag.as_str().into();
        }
        if let Some(doc) = &doc {
            row["doc"] = doc.as_str().into();
        }
        row
    };
    let names = names(declaration, file);
    if names.is_empty() {
        let name = of.trim_start_matches('*').split('[').next().unwrap_or_default();
        return vec![row(name.rsplit('.').next().unwrap_or(name), true)];
    }
    names.into_iter().map(|name| row(name, false)).collect()
}

/// Comments above a field, or behind it.
fn field_doc(declaration: Node<'_>, file: &File<'_>) -> Option<String> {
    comments::lines_above(file.text, declaration.start_byte(), "//").or_else(|| {
        let line = file.text.get(declaration.end_byte()..)?.lines().next()?;
        comments::finish(line.trim().strip_prefix("//")?.trim())
    })
}

/// Methods, embedded interfaces, and which types may stand for it where it is a constraint.
pub(super) fn interface(node: Node<'_>, file: &File<'_>, symbol: &mut Symbol) {
    let Some(of) = field(node, "type") else { return };
    let methods = named(of).filter(|found| found.kind() == "method_elem").filter_map(|found| field(found, "name"));
    let methods: Vec<Value> = methods.map(|name| file.text(name).into()).collect();
    symbol.metadata.insert("methods".into(), methods.into());
    let (mut embeds, mut type_set) = (Vec::new(), Vec::new());
    for element in named(of).filter(|found| found.kind() == "type_elem") {
        let text = one_line(file.text(element));
        let is_named = |found: Node<'_>| matches!(found.kind(), "type_identifier" | "qualified_type" | "generic_type");
        let mut parts = named(element);
        let is_one = parts.next().is_some_and(is_named) && parts.next().is_none();
        if is_one && !PREDECLARED.contains(&text.as_str()) { embeds.push(text) } else { type_set.push(text) }
    }
    common::list(&mut symbol.metadata, "embeds", embeds);
    common::list(&mut symbol.metadata, "type_set", type_set);
}

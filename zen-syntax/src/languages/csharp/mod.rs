//! C#. A file-scoped namespace is the module around everything in its file. Properties, indexers, events and operators are
//! methods; delegates are type aliases; constants and `static readonly` fields are symbols, other fields that are not
//! private are metadata. Without a modifier types are internal and members private, in interfaces public. XML
//! documentation is kept as text.
//!
//! Metadata: `modifiers`, `base_classes`, `implements`, `underlying_type` of enums, `fields` (name, type, visibility,
//! modifiers, doc), `variants` (name, value, attributes, doc), `methods` of interfaces, `parameters` (name, type, default,
//! modifiers), `where_clause`, `value` of constants, `accessors`, `is_property`, `is_indexer`, `is_event`, `is_operator`,
//! `is_constructor`, `is_extension` with `receiver`, `explicit_interface`, `is_record`, `doc_sections`, `inherits_doc`.

mod docs;
mod members;

use std::sync::OnceLock;

use tree_sitter::Node;

use crate::comments;
use crate::language::Language;
use crate::languages::common;
use crate::nodes::{child, field, has, named, path_name, path_to, without_arguments};
use crate::rules::{Definition, File, Rules};
use crate::signature::{header, one_line};
use crate::symbol::{Relation, Symbol, SymbolKind, Visibility};

pub(crate) static CSHARP: Language = Language {
    name: "csharp",
    title: "C#",
    extensions: &["cs", "csx"],
    file_names: &[],
    separator: ".",
    grammar: tree_sitter_c_sharp::LANGUAGE,
    query: include_str!("tags.scm"),
    rules: &CSharpRules,
    compiled: OnceLock::new(),
};

struct CSharpRules;

impl Rules for CSharpRules {
    fn outer<'t>(&self, definition: &Definition<'t>) -> Node<'t> {
        child(definition.node, "file_scoped_namespace_declaration").unwrap_or(definition.node)
    }

    fn name(&self, definition: &Definition<'_>, file: &File<'_>) -> Option<String> {
        let name = file.text(definition.name);
        Some(match definition.node.kind() {
            "operator_declaration" => format!("operator {name}"),
            "conversion_operator_declaration" => {
                let how = if has(definition.node, "implicit") { "implicit" } else { "explicit" };
                format!("{how} operator {}", one_line(name))
            }
            "indexer_declaration" => "this[]".to_owned(),
            _ => name.trim_start_matches('@').to_owned(),
        })
    }

    /// Raw; it becomes text when everything else is known.
    fn doc(&self, definition: &Definition<'_>, file: &File<'_>) -> Option<String> {
        if definition.kind == SymbolKind::Module {
            return None;
        }
        raw_doc(definition.node, file)
    }

    fn signature(&self, definition: &Definition<'_>, file: &File<'_>) -> String {
        let outer = self.outer(definition);
        let name = definition.name.start_byte();
        let is_attribute = |node: Node<'_>| node.kind() == "attribute_list" && node.start_byte() < name;
        if let Some(declaration) = child(outer, "variable_declaration") {
            let start = field(declaration, "type").map_or(outer.end_byte(), |found| found.end_byte());
            let before = header(outer, outer.start_byte(), start, file.text, is_attribute);
            let name = file.text(definition.name);
            return match members::value_of(definition).and_then(|value| common::short(file.text(value))) {
                Some(value) => format!("{before} {name} = {value}"),
                None => format!("{before} {name}"),
            };
        }
        let end = ["body", "accessors", "value"].iter().find_map(|name| field(outer, name));
        let end = child(outer, "constructor_initializer").or(end).map_or(outer.end_byte(), |found| found.start_byte());
        let text = header(outer, outer.start_byte(), end, file.text, is_attribute);
        match members::accessors(outer, file) {
            accessors if accessors.is_empty() || definition.node.kind() == "event_declaration" => text,
            accessors => format!("{text} {{ {}; }}", accessors.join("; ")),
        }
    }

    fn describe(&self, definition: &Definition<'_>, file: &File<'_>, symbol: &mut Symbol) -> bool {
        let node = definition.node;
        if symbol.kind == SymbolKind::Module {
            return true;
        }
        docs::describe(symbol);
        let modifiers = modifiers(node, file);
        let holder = holder(node, file);
        symbol.visibility = visibility(node, &modifiers, holder);
        symbol.is_async = modifiers.contains(&"async");
        symbol.is_unsafe = modifiers.contains(&"unsafe");
        symbol.attributes = attributes(node, file);
        let mut others = other_modifiers(&modifiers);
        if node.kind() == "struct_declaration" && has(node, "ref") {
            others.push("ref");
        }
        common::list(&mut symbol.metadata, "modifiers", others);
        symbol.generics = child(node, "type_parameter_list").map(|found| one_line(file.text(found)));
        let clauses = named(node).filter(|found| found.kind() == "type_parameter_constraints_clause");
        let clauses = clauses.map(|found| one_line(file.text(found))).collect::<Vec<_>>().join(" ");
        if !clauses.is_empty() {
            symbol.metadata.insert("where_clause".into(), clauses.into());
        }
        match node.kind() {
            // Nobody calls it.
            "constructor_declaration" if modifiers.contains(&"static") => false,
            "field_declaration" => {
                members::constant(definition, file, symbol);
                is_constant(&modifiers)
            }
            kind if kind.starts_with("class") || kind.starts_with("struct") || kind.starts_with("record") => {
                if kind == "record_declaration" && has(node, "struct") {
                    symbol.kind = SymbolKind::Struct;
                }
                members::of_type(node, file, symbol);
                true
            }
            "interface_declaration" | "enum_declaration" => {
                members::of_type(node, file, symbol);
                true
            }
            _ => {
                members::member(node, file, symbol);
                true
            }
        }
    }

    fn reference(&self, relation: Relation, name: Node<'_>, file: &File<'_>) -> Option<String> {
        match (relation, name.kind()) {
            (_, "argument_list") => None,
            (Relation::Calls, "identifier") if file.text(name) == "nameof" => None,
            (Relation::Imports, _) => {
                let alias = field(name, "name");
                let of = named(name).filter(|found| Some(*found) != alias).last()?;
                Some(without_arguments(file.text(of).trim_start_matches("global::"), '<', '>'))
            }
            (_, "primary_constructor_base_type") => Some(without_arguments(file.text(field(name, "type")?), '<', '>')),
            (Relation::Calls, "member_access_expression") => {
                let called = || field(name, "name").map(|called| without_arguments(file.text(called), '<', '>'));
                path_name(file.text(name), '<', '>').or_else(called)
            }
            _ => Some(without_arguments(file.text(name), '<', '>')),
        }
    }
}

fn raw_doc(node: Node<'_>, file: &File<'_>) -> Option<String> {
    let start = node.start_byte();
    comments::lines_above(file.text, start, "///").or_else(|| comments::block_above(file.text, start))
}

fn modifiers<'t>(node: Node<'_>, file: &File<'t>) -> Vec<&'t str> {
    named(node).filter(|found| found.kind() == "modifier").map(|found| file.text(found)).collect()
}

/// The kind of the type that a member stands in.
fn holder<'t>(node: Node<'t>, file: &File<'t>) -> Option<&'t str> {
    let path = path_to(file.root, node);
    path.iter().rev().map(Node::kind).find(|kind| kind.ends_with("_declaration"))
}

fn visibility(node: Node<'_>, modifiers: &[&str], holder: Option<&str>) -> Visibility {
    let has_modifier = |modifier| modifiers.contains(&modifier);
    if has_modifier("public") {
        Visibility::Public
    } else if has_modifier("protected") {
        // `private protected` is for derived types of the same assembly alone, `protected internal` for all.
        if has_modifier("private") { Visibility::Internal } else { Visibility::Protected }
    } else if has_modifier("internal") {
        Visibility::Internal
    } else if has_modifier("private") || has_modifier("file") {
        Visibility::Private
    } else {
        match holder {
            None | Some("namespace_declaration") => Visibility::Internal,
            Some("interface_declaration") => Visibility::Public,
            // A finalizer or an explicit implementation has no modifier, nor can it be called by name.
            _ if node.kind() == "enum_member_declaration" => Visibility::Public,
            _ => Visibility::Private,
        }
    }
}

/// All but who may use it, and what has a place of its own.
fn other_modifiers<'m>(modifiers: &[&'m str]) -> Vec<&'m str> {
    let known = ["public", "protected", "internal", "private", "file", "async", "unsafe"];
    modifiers.iter().copied().filter(|modifier| !known.contains(modifier)).collect()
}

fn is_constant(modifiers: &[&str]) -> bool {
    modifiers.contains(&"const") || (modifiers.contains(&"static") && modifiers.contains(&"readonly"))
}

fn attributes(node: Node<'_>, file: &File<'_>) -> Vec<String> {
    let mut found = Vec::new();
    for list in named(node).filter(|found| found.kind() == "attribute_list") {
        let target = child(list, "attribute_target_specifier").map_or("", |target| file.text(target));
        for attribute in named(list).filter(|found| found.kind() == "attribute") {
            let text = one_line(file.text(attribute));
            found.push(if target.is_empty() { text } else { format!("{} {text}", target.trim()) });
        }
    }
    found
}

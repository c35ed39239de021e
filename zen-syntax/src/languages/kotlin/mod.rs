//! Kotlin. A package is the module around everything in its file; objects and companions are classes. Properties of types
//! are methods, unless they are private and have no code; those of primary constructors are metadata of the class. On top
//! of a file, `const val` is a constant, other values are statics, and extension properties functions.
//!
//! Metadata: `modifiers`, `base_classes`, `implements`, `fields` (name, type, visibility, is_mutable, default, attributes),
//! `variants` (name, arguments, attributes, doc), `methods` of interfaces, `parameters` (name, type, default, modifiers),
//! `constructor_visibility`, `receiver` with `is_extension`, `where_clause`, `value` of constants, `accessors`,
//! `is_property`, `is_mutable`, `is_delegated`, `is_constructor`, `is_object`, `is_companion`, `is_data`, `is_sealed`,
//! `is_value`, `is_annotation`, `doc_sections`, `deprecated`.

mod members;

use std::sync::OnceLock;

use tree_sitter::Node;

use crate::language::Language;
use crate::languages::common;
use crate::nodes::{child, field, has, named, path_name, path_to, without_arguments};
use crate::rules::{Definition, File, Rules};
use crate::signature::{header, one_line};
use crate::symbol::{Relation, Symbol, SymbolKind, Visibility};

pub(crate) static KOTLIN: Language = Language {
    name: "kotlin",
    title: "Kotlin",
    extensions: &["kt", "kts"],
    file_names: &[],
    separator: ".",
    grammar: tree_sitter_kotlin_ng::LANGUAGE,
    query: include_str!("tags.scm"),
    rules: &KotlinRules,
    compiled: OnceLock::new(),
};

struct KotlinRules;

/// What is declared within these can't be reached from outside.
const LOCAL: [&str; 11] = [
    "function_body",
    "anonymous_function",
    "lambda_literal",
    "anonymous_initializer",
    "object_literal",
    "enum_entry",
    "secondary_constructor",
    "getter",
    "setter",
    "property_delegate",
    "value_arguments",
];

/// Where the code of a declaration begins.
const BODIES: [&str; 9] = [
    "class_body",
    "enum_class_body",
    "function_body",
    "block",
    "getter",
    "setter",
    "property_delegate",
    "constructor_delegation_call",
    "=",
];

impl Rules for KotlinRules {
    fn outer<'t>(&self, definition: &Definition<'t>) -> Node<'t> {
        child(definition.node, "package_header").unwrap_or(definition.node)
    }

    fn name(&self, definition: &Definition<'_>, file: &File<'_>) -> Option<String> {
        if definition.name.kind() == "companion_object" {
            return Some("Companion".to_owned());
        }
        Some(file.text(definition.name).trim_matches('`').to_owned())
    }

    fn doc(&self, definition: &Definition<'_>, file: &File<'_>) -> Option<String> {
        if definition.kind == SymbolKind::Module {
            return None;
        }
        common::doc(file.text, definition.node.start_byte())
    }

    fn signature(&self, definition: &Definition<'_>, file: &File<'_>) -> String {
        let outer = self.outer(definition);
        let is_alias = outer.kind() == "type_alias";
        let mut children = crate::nodes::children(outer);
        let body = children.find(|found| !is_alias && BODIES.contains(&found.kind()));
        let end = body.map_or(outer.end_byte(), |found| found.start_byte());
        let own = child(outer, "modifiers").map_or(0..0, |found| found.byte_range());
        let text = header(outer, outer.start_byte(), end, file.text, |node| {
            node.is_named() && node.kind() == "annotation" && own.contains(&node.start_byte())
        });
        // With a colon behind it, a delegation would look like a type.
        let text = text.strip_suffix(" :").map(str::to_owned).unwrap_or(text);
        match members::constant_value(outer, file) {
            Some(value) => format!("{text} = {value}"),
            None => text,
        }
    }

    fn describe(&self, definition: &Definition<'_>, file: &File<'_>, symbol: &mut Symbol) -> bool {
        let node = definition.node;
        if symbol.kind == SymbolKind::Module {
            let annotations = named(node).filter(|found| found.kind() == "file_annotation");
            symbol.attributes = annotations.map(|found| one_line(file.text(found).trim_start_matches('@'))).collect();
            return true;
        }
        let path = path_to(file.root, node);
        if path.iter().any(|around| LOCAL.contains(&around.kind())) {
            return false;
        }
        common::sections(symbol);
        let modifiers = child(node, "modifiers");
        symbol.visibility = visibility(modifiers, file);
        symbol.attributes = modifiers.map(|found| annotations(found, file)).unwrap_or_default();
        let mut others = other_modifiers(modifiers, file);
        symbol.is_async = others.contains(&"suspend");
        others.retain(|modifier| *modifier != "suspend");
        if node.kind() == "class_declaration" && has(node, "fun") {
            others.push("fun");
        }
        for (modifier, key) in
            [("data", "is_data"), ("sealed", "is_sealed"), ("value", "is_value"), ("annotation", "is_annotation")]
        {
            if others.contains(&modifier) {
                symbol.metadata.insert(key.into(), true.into());
            }
        }
        symbol.generics = child(node, "type_parameters").map(|found| one_line(file.text(found)));
        if let Some(clause) = child(node, "type_constraints") {
            symbol.metadata.insert("where_clause".into(), one_line(file.text(clause)).into());
        }
        let is_kept = match node.kind() {
            "property_declaration" => members::property(node, &others, file, symbol),
            "function_declaration" | "secondary_constructor" => {
                members::function(node, file, symbol);
                true
            }
            "type_alias" => {
                symbol.return_type = named(node).last().map(|found| one_line(file.text(found)));
                true
            }
            _ => {
                members::of_type(node, &others, file, symbol);
                true
            }
        };
        common::list(&mut symbol.metadata, "modifiers", others);
        is_kept
    }

    fn reference(&self, relation: Relation, name: Node<'_>, file: &File<'_>) -> Option<String> {
        let text = file.text(name);
        if relation == Relation::Imports {
            let text = text.strip_prefix("import")?.trim_start();
            let path = text.split_whitespace().next()?;
            return Some(path.trim_end_matches(';').replace('`', ""));
        }
        if relation == Relation::Calls {
            let called = || named(name).last().map(|called| file.text(called).to_owned());
            return path_name(text, '<', '>').map(|path| path.replace("!!", "").replace("?.", ".")).or_else(called);
        }
        Some(without_arguments(text, '<', '>'))
    }
}

/// Public is what says nothing.
fn visibility(modifiers: Option<Node<'_>>, file: &File<'_>) -> Visibility {
    let found = modifiers.and_then(|found| child(found, "visibility_modifier"));
    match found.map(|found| file.text(found)) {
        Some("private") => Visibility::Private,
        Some("internal") => Visibility::Internal,
        Some("protected") => Visibility::Protected,
        _ => Visibility::Public,
    }
}

fn other_modifiers<'t>(modifiers: Option<Node<'_>>, file: &File<'t>) -> Vec<&'t str> {
    let all = modifiers.into_iter().flat_map(named);
    let all = all.filter(|found| !matches!(found.kind(), "annotation" | "visibility_modifier"));
    all.filter(|found| found.kind().ends_with("modifier")).map(|found| file.text(found)).collect()
}

fn annotations(modifiers: Node<'_>, file: &File<'_>) -> Vec<String> {
    named(modifiers)
        .filter(|found| found.kind() == "annotation")
        .map(|found| one_line(file.text(found).trim_start_matches('@')))
        .collect()
}

/// Whether a node is a type, as the grammar has them.
fn is_type(node: &Node<'_>) -> bool {
    matches!(
        node.kind(),
        "user_type" | "nullable_type" | "function_type" | "parenthesized_type" | "non_nullable_type" | "dynamic"
    )
}

/// The type that follows `:` among a node's children, and where one stands before the name (`String.last`), that.
fn types_of<'t>(node: Node<'t>, name: Option<Node<'t>>) -> (Option<Node<'t>>, Option<Node<'t>>) {
    let start = name.map_or(usize::MAX, |found| found.start_byte());
    let (mut receiver, mut of) = (None, None);
    for found in crate::nodes::children(node).filter(is_type) {
        if found.start_byte() < start {
            receiver = Some(found);
        } else {
            of = of.or(Some(found));
        }
    }
    (receiver, of.or_else(|| name.and_then(|found| field(found, "type"))))
}

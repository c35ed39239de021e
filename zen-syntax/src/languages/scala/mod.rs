//! Scala 2 and 3. A package clause is the module around everything below it; objects are classes, package objects modules.
//! Values of objects, packages and files are constants and statics; those of classes and traits are methods, unless they
//! are private. `private[p]` is internal. A `given` with a body is a class, with an expression a constant; one without a
//! name has the name that the compiler gives it, as far as the text tells.
//!
//! Metadata: `modifiers`, `base_classes`, `implements`, `derives`, `self_type`, `fields` (name, type, visibility,
//! is_mutable, default), `variants` (name, parameters, extends, doc), `methods` of traits, `parameters` (name, type,
//! default, is_using, is_implicit), `constructor_visibility`, `receiver` with `is_extension`, `value` of constants,
//! `is_property`, `is_mutable`, `is_constructor`, `is_case`, `is_object`, `is_package_object`, `is_given`, `is_implicit`,
//! `is_opaque`, `is_abstract`, `doc_sections`, `deprecated`.

mod members;

use std::sync::OnceLock;

use tree_sitter::Node;

use crate::language::Language;
use crate::languages::common;
use crate::nodes::{child, children, field, named, path_name, path_to, without_arguments};
use crate::rules::{Definition, File, Rules};
use crate::signature::{header, one_line};
use crate::symbol::{Relation, Symbol, SymbolKind, Visibility};

pub(crate) static SCALA: Language = Language {
    name: "scala",
    title: "Scala",
    extensions: &["scala", "sc"],
    file_names: &[],
    separator: ".",
    grammar: tree_sitter_scala::LANGUAGE,
    query: include_str!("tags.scm"),
    rules: &ScalaRules,
    compiled: OnceLock::new(),
};

struct ScalaRules;

/// What is declared within these can't be reached from outside.
const LOCAL: [&str; 10] = [
    "function_definition",
    "val_definition",
    "var_definition",
    "block",
    "indented_block",
    "instance_expression",
    "case_clause",
    "lambda_expression",
    "structural_type",
    "compound_type",
];

impl Rules for ScalaRules {
    fn outer<'t>(&self, definition: &Definition<'t>) -> Node<'t> {
        match definition.node.kind() {
            "compilation_unit" => child(definition.node, "package_clause").unwrap_or(definition.node),
            _ => definition.node,
        }
    }

    fn name(&self, definition: &Definition<'_>, file: &File<'_>) -> Option<String> {
        match definition.node.kind() {
            // `package a` and `package b` below it are the package a.b.
            "compilation_unit" => {
                let clauses = named(definition.node).filter(|found| found.kind() == "package_clause");
                let clauses = clauses.filter(|found| field(*found, "body").is_none());
                let names: Vec<Node<'_>> = clauses.filter_map(|found| field(found, "name")).collect();
                if names.first()?.id() != definition.name.id() {
                    return None;
                }
                let names: Vec<String> =
                    names.iter().map(|name| without_arguments(file.text(*name), '[', ']')).collect();
                Some(names.join("."))
            }
            "given_definition" if definition.name == definition.node => members::given_name(definition.node, file),
            "package_clause" => Some(without_arguments(file.text(definition.name), '[', ']')),
            _ => Some(file.text(definition.name).trim_matches('`').to_owned()),
        }
    }

    fn doc(&self, definition: &Definition<'_>, file: &File<'_>) -> Option<String> {
        let node = definition.node;
        if matches!(node.kind(), "compilation_unit" | "package_clause") {
            return None;
        }
        common::doc(file.text, node.start_byte()).or_else(|| {
            let group = extension_of(node)?;
            common::doc(file.text, group.start_byte())
        })
    }

    fn signature(&self, definition: &Definition<'_>, file: &File<'_>) -> String {
        let node = definition.node;
        if node.kind() == "compilation_unit" {
            return format!("package {}", self.name(definition, file).unwrap_or_default());
        }
        let name = definition.name.start_byte();
        let end =
            if node.kind() == "type_definition" { None } else { field(node, "body").or_else(|| field(node, "value")) };
        let end = end.map_or(node.end_byte(), |found| found.start_byte());
        let own = header(node, node.start_byte(), end, file.text, |found| {
            found.kind() == "end_marker" || (found.kind() == "annotation" && found.start_byte() < name)
        });
        let own = own.strip_suffix(" with").map(str::to_owned).unwrap_or(own);
        if let Some(group) = extension_of(node) {
            let start = field(group, "body").map_or(group.end_byte(), |found| found.start_byte());
            let of = header(group, group.start_byte(), start, file.text, |_| false);
            return format!("{of} {own}");
        }
        match members::literal(node, file) {
            Some(value) => format!("{own} = {value}"),
            None => own,
        }
    }

    fn describe(&self, definition: &Definition<'_>, file: &File<'_>, symbol: &mut Symbol) -> bool {
        let node = definition.node;
        if matches!(node.kind(), "compilation_unit" | "package_clause") {
            return true;
        }
        let path = path_to(file.root, node);
        if path.iter().any(|around| LOCAL.contains(&around.kind())) {
            return false;
        }
        members::end(node, file, symbol);
        common::sections(symbol);
        let modifiers = child(node, "modifiers");
        symbol.visibility = visibility(modifiers, file);
        let annotations = named(node).filter(|found| found.kind() == "annotation");
        let annotations = annotations.filter(|found| found.start_byte() < definition.name.start_byte());
        symbol.attributes = annotations.map(|found| one_line(file.text(found).trim_start_matches('@'))).collect();
        symbol.generics = child(node, "type_parameters").map(|found| one_line(file.text(found)));
        let others = other_modifiers(node, modifiers, file);
        if others.contains(&"implicit") {
            symbol.metadata.insert("is_implicit".into(), true.into());
        }
        common::list(&mut symbol.metadata, "modifiers", others);
        let holder = path.iter().rev().map(Node::kind).find(|kind| kind.ends_with("_definition"));
        match node.kind() {
            "package_object" => {
                symbol.metadata.insert("is_package_object".into(), true.into());
                true
            }
            "function_definition" | "function_declaration" => {
                members::function(node, file, symbol);
                true
            }
            "given_definition" => {
                members::given(node, file, symbol);
                true
            }
            "type_definition" => {
                members::alias(node, file, symbol);
                true
            }
            kind if kind.starts_with("va") => {
                let is_member = matches!(
                    holder,
                    Some("class_definition" | "trait_definition" | "enum_definition" | "given_definition")
                );
                members::value(node, is_member, file, symbol)
            }
            _ => {
                members::of_type(node, file, symbol);
                true
            }
        }
    }

    fn reference(&self, relation: Relation, name: Node<'_>, file: &File<'_>) -> Option<String> {
        match relation {
            Relation::Imports => members::import(name, file),
            Relation::Calls if file.text(name) == "this" => None,
            Relation::Calls => {
                let called = || field(name, "field").map(|called| file.text(called).to_owned());
                path_name(file.text(name), '[', ']').or_else(called)
            }
            _ if matches!(name.kind(), "arguments" | "comment" | "block_comment") => None,
            _ => Some(without_arguments(file.text(name), '[', ']')),
        }
    }
}

/// The `extension (…)` that a function belongs to.
fn extension_of(node: Node<'_>) -> Option<Node<'_>> {
    if node.kind() != "function_definition" && node.kind() != "function_declaration" {
        return None;
    }
    node.parent().filter(|parent| parent.kind() == "extension_definition")
}

/// Public is what says nothing; `private[p]` opens to a package what would be private.
fn visibility(holder: Option<Node<'_>>, file: &File<'_>) -> Visibility {
    let Some(found) = holder.and_then(|found| child(found, "access_modifier")) else { return Visibility::Public };
    let text = file.text(found);
    if text.starts_with("protected") {
        Visibility::Protected
    } else if text.contains('[') && !text.contains("[this]") {
        Visibility::Internal
    } else {
        Visibility::Private
    }
}

/// `final`, `override`, `case` and the like: all but who may use it.
fn other_modifiers<'t>(node: Node<'_>, modifiers: Option<Node<'_>>, file: &File<'t>) -> Vec<&'t str> {
    let all = modifiers.into_iter().flat_map(children).filter(|found| found.kind() != "access_modifier");
    let mut all: Vec<&str> = all.map(|found| file.text(found)).collect();
    for kind in ["case", "opaque_modifier"] {
        if let Some(found) = child(node, kind) {
            all.push(file.text(found));
        }
    }
    all
}

/// What is found in a file besides its kind.
const fn is_class(kind: SymbolKind) -> bool {
    matches!(kind, SymbolKind::Class | SymbolKind::Enum)
}

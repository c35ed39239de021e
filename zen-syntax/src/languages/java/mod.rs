//! Java. A package is the module around everything in its file; records are classes, annotation types interfaces.
//! Constants (`static final`) are symbols, other fields that are not private are metadata.
//!
//! Metadata: `modifiers`, `base_classes`, `implements`, `permits`, `fields` (name, type, visibility, modifiers, doc),
//! `variants` (name, arguments, attributes, doc), `methods` of interfaces, `parameters` (name, type, attributes), `throws`,
//! `value` of constants, `default` of annotation elements, `is_record`, `is_annotation`, `is_constructor`, `requires`,
//! `exports`, `opens`, `uses` and `provides` of modules, `doc_sections`, `deprecated`.

mod members;

use std::sync::OnceLock;

use tree_sitter::Node;

use crate::language::Language;
use crate::languages::common;
use crate::nodes::{child, children, field, has, named, path_name, path_to, without_arguments};
use crate::rules::{Definition, File, Rules};
use crate::signature::{header, one_line};
use crate::symbol::{Relation, Symbol, SymbolKind, Visibility};

pub(crate) static JAVA: Language = Language {
    name: "java",
    title: "Java",
    extensions: &["java"],
    file_names: &[],
    separator: ".",
    grammar: tree_sitter_java::LANGUAGE,
    query: include_str!("tags.scm"),
    rules: &JavaRules,
    compiled: OnceLock::new(),
};

struct JavaRules;

/// What is declared within these can't be reached from outside.
const LOCAL: [&str; 5] =
    ["block", "constructor_body", "object_creation_expression", "enum_constant", "lambda_expression"];

impl Rules for JavaRules {
    fn outer<'t>(&self, definition: &Definition<'t>) -> Node<'t> {
        child(definition.node, "package_declaration").unwrap_or(definition.node)
    }

    fn doc(&self, definition: &Definition<'_>, file: &File<'_>) -> Option<String> {
        // What stands above the package anywhere else is a license.
        if definition.node.kind() == "program" && file.stem() != "package-info" {
            return None;
        }
        common::doc(file.text, self.outer(definition).start_byte())
    }

    fn signature(&self, definition: &Definition<'_>, file: &File<'_>) -> String {
        let outer = self.outer(definition);
        let of = match field(outer, "body") {
            Some(body) => body.start_byte(),
            None => outer.end_byte(),
        };
        let own = child(outer, "modifiers").unwrap_or(outer).byte_range();
        let is_annotation = |node: Node<'_>| node.kind().ends_with("annotation") && own.contains(&node.start_byte());
        if definition.kind != SymbolKind::Const {
            let is_package = outer.kind() == "package_declaration" || outer.kind() == "module_declaration";
            return header(outer, outer.start_byte(), of, file.text, |node| {
                is_annotation(node) && (is_package || outer.kind() != node.kind())
            });
        }
        let start = field(outer, "type").map_or(of, |found| found.end_byte());
        let before = header(outer, outer.start_byte(), start, file.text, is_annotation);
        let name = file.text(definition.name);
        let declarator = members::declarator(definition);
        let dimensions = declarator.and_then(|d| field(d, "dimensions")).map_or("", |d| file.text(d));
        match declarator.and_then(|d| field(d, "value")).and_then(|value| common::short(file.text(value))) {
            Some(value) => format!("{before} {name}{dimensions} = {value}"),
            None => format!("{before} {name}{dimensions}"),
        }
    }

    fn describe(&self, definition: &Definition<'_>, file: &File<'_>, symbol: &mut Symbol) -> bool {
        let node = definition.node;
        common::sections(symbol);
        if symbol.kind == SymbolKind::Module {
            symbol.attributes = annotations(self.outer(definition), file);
            members::module(node, file, symbol);
            return true;
        }
        let path = path_to(file.root, node);
        if path.iter().any(|around| LOCAL.contains(&around.kind())) {
            return false;
        }
        let holder = path.iter().rev().map(Node::kind).find(|kind| kind.ends_with("_declaration"));
        let modifiers = child(node, "modifiers");
        symbol.visibility = visibility(node, modifiers, holder);
        symbol.attributes = modifiers.map(|found| annotations(found, file)).unwrap_or_default();
        common::list(&mut symbol.metadata, "modifiers", other_modifiers(modifiers));
        symbol.generics = field(node, "type_parameters").map(|found| one_line(file.text(found)));
        match symbol.kind {
            SymbolKind::Const => {
                let is_const = modifiers.is_some_and(|m| has(m, "static") && has(m, "final"));
                members::constant(definition, file, symbol);
                is_const || node.kind() == "constant_declaration"
            }
            SymbolKind::Method => {
                members::method(node, file, symbol);
                true
            }
            _ => {
                members::of_type(node, file, symbol);
                true
            }
        }
    }

    fn reference(&self, relation: Relation, name: Node<'_>, file: &File<'_>) -> Option<String> {
        let text = file.text(name);
        match name.kind() {
            "import_declaration" => {
                let text = text.strip_prefix("import")?.trim_start();
                let of = text.strip_prefix("static").filter(|rest| rest.starts_with(char::is_whitespace));
                Some(without_arguments(of.unwrap_or(text).trim_end_matches(';'), '<', '>'))
            }
            "method_invocation" => {
                let called = file.text(field(name, "name")?);
                let object = path_name(file.text(field(name, "object")?), '<', '>');
                Some(object.map_or_else(|| called.to_owned(), |object| format!("{object}.{called}")))
            }
            _ if relation == Relation::Imports => Some(text.to_owned()),
            _ => Some(without_arguments(text.rsplit('@').next().unwrap_or(text), '<', '>')),
        }
    }
}

fn visibility(node: Node<'_>, modifiers: Option<Node<'_>>, holder: Option<&str>) -> Visibility {
    let has_modifier = |kind| modifiers.is_some_and(|m| has(m, kind));
    if has_modifier("public") {
        Visibility::Public
    } else if has_modifier("protected") {
        Visibility::Protected
    } else if has_modifier("private") {
        Visibility::Private
    } else if matches!(holder, Some("interface_declaration" | "annotation_type_declaration")) {
        Visibility::Public
    } else if holder == Some("enum_declaration") && node.kind() == "constructor_declaration" {
        Visibility::Private
    } else {
        Visibility::Internal
    }
}

/// `static`, `final` and the like: all but who may use it.
fn other_modifiers<'t>(modifiers: Option<Node<'t>>) -> Vec<&'t str> {
    let Some(modifiers) = modifiers else { return Vec::new() };
    let all = children(modifiers).filter(|found| !found.is_named()).map(|found| found.kind());
    all.filter(|kind| !matches!(*kind, "public" | "protected" | "private")).collect()
}

fn annotations(of: Node<'_>, file: &File<'_>) -> Vec<String> {
    named(of)
        .filter(|found| found.kind().ends_with("annotation"))
        .map(|found| one_line(file.text(found).trim_start_matches('@')))
        .collect()
}

//! PHP. Visibility is the keyword's, else public; public symbols marked `@internal` or `@private` are internal. A
//! namespace is a module; what follows it belongs to it. Properties are fields of their class; those with hooks are
//! methods too. Documentation is `/** … */` alone.
//!
//! Metadata: `modifiers` (abstract, final, readonly, static), `parameters` (name, type, default, visibility where
//! promoted, is_variadic, is_reference), `fields` (name, type, default, visibility, modifiers, is_promoted, is_magic),
//! `variants` (name, value) of enums, `methods` of interfaces, `base_classes`, `implements`, `traits`, `value` of
//! constants, `is_constructor`, `is_property`, `deprecated`, `doc_sections` (params, returns, throws, methods, examples,
//! see, since). Types that only the documentation names count as types; `@template` makes generics.

mod docs;
mod members;

use std::sync::OnceLock;

use serde_json::Value;
use tree_sitter::Node;

use crate::comments;
use crate::language::Language;
use crate::nodes::{ancestor, child, children, compact, field, has, named};
use crate::rules::{Definition, File, Rules};
use crate::signature::one_line;
use crate::symbol::{Container, FileSymbols, Relation, Symbol, SymbolKind, Visibility};

pub(crate) static PHP: Language = Language {
    name: "php",
    title: "PHP",
    extensions: &["php", "phtml", "php5", "inc"],
    file_names: &[],
    separator: "\\",
    grammar: tree_sitter_php::LANGUAGE_PHP,
    query: include_str!("tags.scm"),
    rules: &PhpRules,
    compiled: OnceLock::new(),
};

struct PhpRules;

/// Code within these is nobody's from outside.
const LOCAL: [&str; 5] =
    ["function_definition", "method_declaration", "anonymous_function", "arrow_function", "anonymous_class"];

/// What only looks like a call, or declares.
const STATEMENTS: [&str; 7] = ["define", "die", "empty", "eval", "exit", "isset", "list"];

/// Receivers of calls that are longer are left out.
const MAX_RECEIVER: usize = 100;

impl Rules for PhpRules {
    fn name(&self, definition: &Definition<'_>, file: &File<'_>) -> Option<String> {
        let is_generated = definition.kind == SymbolKind::Const && definition.is_far();
        (!is_generated).then(|| file.text(definition.name).to_owned())
    }

    fn doc(&self, definition: &Definition<'_>, file: &File<'_>) -> Option<String> {
        let mut node = definition.node;
        // `define(…);` is a statement.
        if let Some(statement) = node.parent().filter(|parent| parent.kind() == "expression_statement") {
            node = statement;
        }
        comments::above(node, file.text, |comment| self.doc_text(comment), |_| false)
    }

    fn doc_text(&self, comment: &str) -> Option<String> {
        let inner = comment.strip_prefix("/**")?;
        Some(comments::block(inner.strip_suffix("*/").unwrap_or(inner)))
    }

    fn signature(&self, definition: &Definition<'_>, file: &File<'_>) -> String {
        let node = definition.node;
        let start = match field(node, "attributes").and_then(|attributes| attributes.next_sibling()) {
            Some(next) => next.start_byte(),
            None => node.start_byte(),
        };
        if node.kind() == "const_declaration" && named(node).filter(|n| n.kind() == "const_element").nth(1).is_some() {
            let first = child(node, "const_element").map_or(node.end_byte(), |first| first.start_byte());
            let before = file.text.get(start..first).unwrap_or_default();
            let element = definition.name.parent().map_or("", |element| file.text(element));
            return one_line(&format!("{before}{element}"));
        }
        let end = definition.body.map_or(node.end_byte(), |body| body.start_byte());
        one_line(file.text.get(start..end).unwrap_or_default())
    }

    fn describe(&self, definition: &Definition<'_>, file: &File<'_>, symbol: &mut Symbol) -> bool {
        let node = definition.node;
        if symbol.kind != SymbolKind::Module && ancestor(node, &LOCAL).is_some() {
            return false;
        }
        symbol.visibility = visibility(node, file);
        symbol.attributes = attributes(node, file);
        let modifiers = modifiers(node);
        if !modifiers.is_empty() {
            symbol.metadata.insert("modifiers".into(), modifiers.into());
        }
        match symbol.kind {
            SymbolKind::Function | SymbolKind::Method => members::describe_function(node, file, symbol),
            SymbolKind::Const => members::describe_constant(definition, file, symbol),
            SymbolKind::Module => symbol.name = compact(&symbol.name),
            _ => members::describe_class(node, file, symbol),
        }
        docs::describe(symbol);
        true
    }

    fn reference(&self, relation: Relation, name: Node<'_>, file: &File<'_>) -> Option<String> {
        let text = file.text(name);
        match relation {
            Relation::Calls => called(name, file),
            Relation::Imports => imported(name, file),
            // Of an anonymous class: nobody's.
            _ if name.parent()?.parent()?.kind() == "anonymous_class" => None,
            _ => Some(compact(text)),
        }
    }

    /// What follows `namespace X;` belongs to it.
    fn finish(&self, file: &File<'_>, found: &mut FileSymbols) {
        let mut namespaces = named(file.root).filter(|node| node.kind() == "namespace_definition");
        if namespaces.any(|node| field(node, "body").is_some()) {
            return;
        }
        let mut namespace: Option<(usize, String)> = None;
        for (at, symbol) in found.symbols.iter_mut().enumerate() {
            if symbol.kind == SymbolKind::Module {
                namespace = Some((at, symbol.name.clone()));
                continue;
            }
            // What `define` is given is the whole name.
            let is_global = symbol.signature.starts_with("define");
            if let Some((at, path)) = namespace.as_ref().filter(|_| !is_global) {
                symbol.container = Some(match symbol.container.take() {
                    None => Container { path: path.clone(), symbol: Some(*at) },
                    Some(inner) => Container { path: format!("{path}\\{}", inner.path), symbol: inner.symbol },
                });
            }
        }
    }
}

fn visibility(node: Node<'_>, file: &File<'_>) -> Visibility {
    // `public private(set)` is public to read.
    match before_names(node).find(|child| child.kind() == "visibility_modifier").map(|keyword| file.text(keyword)) {
        Some(keyword) if keyword.eq_ignore_ascii_case("private") => Visibility::Private,
        Some(keyword) if keyword.eq_ignore_ascii_case("protected") => Visibility::Protected,
        _ => Visibility::Public,
    }
}

/// What stands before the first of the names that a declaration declares.
fn before_names(node: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    children(node).take_while(|child| !matches!(child.kind(), "const_element" | "property_element"))
}

fn modifiers(node: Node<'_>) -> Vec<Value> {
    let words = before_names(node).filter_map(|child| match child.kind() {
        "abstract_modifier" => Some("abstract"),
        "final_modifier" => Some("final"),
        "readonly_modifier" => Some("readonly"),
        "static_modifier" => Some("static"),
        _ => None,
    });
    words.map(Value::from).collect()
}

fn attributes(node: Node<'_>, file: &File<'_>) -> Vec<String> {
    let groups = field(node, "attributes").into_iter().flat_map(|list| named(list));
    groups.flat_map(|group| named(group)).map(|attribute| one_line(file.text(attribute))).collect()
}

/// `$this->flush`, `Cache::get`, `strlen`; the name alone where the receiver is an expression.
fn called(name: Node<'_>, file: &File<'_>) -> Option<String> {
    let text = compact(file.text(name));
    let call = name.parent()?;
    let (receiver, between) = match call.kind() {
        "member_call_expression" | "nullsafe_member_call_expression" => (field(call, "object")?, "->"),
        "scoped_call_expression" => (field(call, "scope")?, "::"),
        _ => return (!STATEMENTS.contains(&text.as_str())).then_some(text),
    };
    let is_plain = matches!(
        receiver.kind(),
        "variable_name" | "member_access_expression" | "name" | "qualified_name" | "relative_scope"
    );
    let receiver = file.text(receiver);
    if is_plain && receiver.len() <= MAX_RECEIVER && !receiver.contains(['(', '[', '{']) {
        return Some(format!("{}{between}{text}", compact(receiver)));
    }
    Some(text)
}

/// A name of a `use`, with the prefix of its group; the text of what is included.
fn imported(name: Node<'_>, file: &File<'_>) -> Option<String> {
    let text = file.text(name);
    if !matches!(name.kind(), "name" | "qualified_name") || !has_clause(name) {
        return Some(included(name, file));
    }
    let group = name.parent()?.parent().filter(|group| group.kind() == "namespace_use_group");
    let prefix = group.and_then(|group| group.parent()).and_then(|declaration| child(declaration, "namespace_name"));
    let text = text.trim_start_matches('\\');
    Some(match prefix {
        Some(prefix) => compact(&format!("{}\\{text}", file.text(prefix).trim_matches('\\'))),
        None => compact(text),
    })
}

/// The path of an `include`: the literal behind `__DIR__ .` and the like, else the expression.
fn included(node: Node<'_>, file: &File<'_>) -> String {
    let mut at = node;
    while let Some(inner) = match at.kind() {
        "parenthesized_expression" => named(at).next(),
        "binary_expression" => field(at, "right").filter(|right| right.kind().ends_with("string")),
        _ => None,
    } {
        at = inner;
    }
    compact(file.text(at).trim_matches(['\'', '"']).trim_start_matches('/'))
}

fn has_clause(name: Node<'_>) -> bool {
    name.parent().is_some_and(|parent| parent.kind() == "namespace_use_clause")
}

/// Whether a name is one that PHP calls by itself on `new`.
fn is_constructor(name: &str) -> bool {
    name.eq_ignore_ascii_case("__construct")
}

/// A keyword among the children, by its node or its text.
fn is_reference(node: Node<'_>) -> bool {
    has(node, "reference_modifier")
}

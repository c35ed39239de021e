//! Go. Visibility is the first letter's case, within what can be imported at all: nothing of `package main`, of tests and
//! of `internal` folders. A method's container is its receiver's type.
//!
//! Metadata: `receiver` (as written), `parameters` (name, type), `fields` (name, type, tag, embedded, doc) of structs,
//! `methods`, `embeds` and `type_set` of interfaces, `value` of constants and variables, `is_alias` of `type A = B`,
//! `is_test` in test files, `deprecated`. Directives (`go:noinline`) are attributes.

mod members;

use std::sync::OnceLock;

use tree_sitter::Node;

use crate::comments;
use crate::language::Language;
use crate::languages::common;
use crate::nodes::{ancestor, child, field, has, path_name, without_arguments};
use crate::rules::{Definition, File, Rules};
use crate::signature::{header, one_line};
use crate::symbol::{FileSymbols, Relation, Symbol, SymbolKind, Visibility};

pub(crate) static GO: Language = Language {
    name: "go",
    title: "Go",
    extensions: &["go"],
    file_names: &[],
    separator: ".",
    grammar: tree_sitter_go::LANGUAGE,
    query: include_str!("tags.scm"),
    rules: &GoRules,
    compiled: OnceLock::new(),
};

struct GoRules;

/// What Go predeclares: constraints, not embedded interfaces.
const PREDECLARED: [&str; 21] = [
    "any",
    "bool",
    "byte",
    "complex128",
    "complex64",
    "float32",
    "float64",
    "int",
    "int16",
    "int32",
    "int64",
    "int8",
    "rune",
    "string",
    "uint",
    "uint16",
    "uint32",
    "uint64",
    "uint8",
    "uintptr",
    "nil",
];

impl Rules for GoRules {
    /// A lone `type T …` or `const C …` begins with its keyword; within parentheses each stands for itself.
    fn outer<'t>(&self, definition: &Definition<'t>) -> Node<'t> {
        match definition.node.parent() {
            Some(parent) if parent.kind().ends_with("_declaration") && !has(parent, "(") => parent,
            _ => definition.node,
        }
    }

    fn doc_text(&self, comment: &str) -> Option<String> {
        // Directives are for tools, and stand between documentation and what it is about.
        if is_directive(comment) { Some(String::new()) } else { comments::any_marks(comment) }
    }

    fn signature(&self, definition: &Definition<'_>, file: &File<'_>) -> String {
        let (node, outer) = (definition.node, self.outer(definition));
        let keyword = match definition.kind {
            SymbolKind::Const => "const ",
            SymbolKind::Static => "var ",
            SymbolKind::Struct | SymbolKind::Interface | SymbolKind::TypeAlias => "type ",
            _ => "",
        };
        let (end, after) = match definition.kind {
            SymbolKind::Interface => (field(node, "type").map(|found| found.start_byte()), " interface"),
            SymbolKind::Const | SymbolKind::Static => {
                let long = field(node, "value").filter(|value| common::short(file.text(*value)).is_none());
                (long.map(|value| value.start_byte()), "")
            }
            _ => (definition.body.map(|body| body.start_byte()), ""),
        };
        let text = header(outer, outer.start_byte(), end.unwrap_or(outer.end_byte()), file.text, |_| false);
        if text.starts_with(keyword) { format!("{text}{after}") } else { format!("{keyword}{text}{after}") }
    }

    fn describe(&self, definition: &Definition<'_>, file: &File<'_>, symbol: &mut Symbol) -> bool {
        let node = definition.node;
        if symbol.kind == SymbolKind::Module {
            return true;
        }
        symbol.visibility = visibility(&symbol.name, file);
        symbol.attributes = directives(self.outer(definition).start_byte(), file);
        symbol.generics = field(node, "type_parameters").map(|found| one_line(file.text(found)));
        if file.path.ends_with("_test.go") {
            symbol.metadata.insert("is_test".into(), true.into());
        }
        if let Some(text) = symbol.doc_comment.as_deref().and_then(deprecation) {
            symbol.metadata.insert("deprecated".into(), text.into());
        }
        match symbol.kind {
            SymbolKind::Function | SymbolKind::Method => members::function(node, file, symbol),
            SymbolKind::Const | SymbolKind::Static => {
                members::value(definition, file, symbol);
                return symbol.name != "_";
            }
            SymbolKind::Struct => members::structure(node, file, symbol),
            SymbolKind::Interface => members::interface(node, file, symbol),
            _ => {
                symbol.return_type = field(node, "type").map(|found| one_line(file.text(found)));
                if node.kind() == "type_alias" {
                    symbol.metadata.insert("is_alias".into(), true.into());
                }
            }
        }
        // What is declared within a function is its business.
        symbol.name != "_" && ancestor(node, &["block"]).is_none()
    }

    fn finish(&self, _file: &File<'_>, symbols: &mut FileSymbols) {
        members::pass_types_on(&mut symbols.symbols);
    }

    fn reference(&self, relation: Relation, name: Node<'_>, file: &File<'_>) -> Option<String> {
        let text = file.text(name);
        match relation {
            Relation::Imports => Some(text.trim_matches(['"', '`']).to_owned()),
            Relation::Calls => {
                let called = || field(name, "field").map(|called| file.text(called).to_owned());
                path_name(text, '[', ']').or_else(called)
            }
            _ if PREDECLARED.contains(&text) => None,
            _ => Some(without_arguments(text.trim_start_matches('*'), '[', ']')),
        }
    }
}

/// Who may use a name: whoever imports the package, if anybody can.
fn visibility(name: &str, file: &File<'_>) -> Visibility {
    let is_exported = name.chars().next().is_some_and(char::is_uppercase);
    let is_closed = file.path.ends_with("_test.go") || file.path.split(['/', '\\']).any(|folder| folder == "internal");
    if !is_exported || is_closed {
        return Visibility::Internal;
    }
    let package = child(file.root, "package_clause").and_then(|clause| child(clause, "package_identifier"));
    if package.is_some_and(|name| file.text(name) == "main") { Visibility::Internal } else { Visibility::Public }
}

/// `//go:build`, `//nolint`, `//export name`, `// +build`: for tools.
fn is_directive(comment: &str) -> bool {
    let Some(text) = comment.strip_prefix("//") else { return false };
    if text.starts_with(" +build ") || text.starts_with("nolint") {
        return true;
    }
    let word = text.split([':', ' ']).next().unwrap_or_default();
    let is_word = !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    let after = text.get(word.len()..).unwrap_or_default();
    let names_more = after.strip_prefix(':').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphanumeric()));
    is_word && (names_more || (after.starts_with(' ') && matches!(word, "export" | "extern" | "line")))
}

/// The directives among the comments right above a declaration.
fn directives(start: usize, file: &File<'_>) -> Vec<String> {
    let mut above = file.text.get(..start).unwrap_or_default().trim_end_matches([' ', '\t']);
    let mut found = Vec::new();
    while let Some(rest) = above.strip_suffix('\n') {
        let line = rest.rsplit('\n').next().unwrap_or_default();
        if !line.trim_start().starts_with("//") {
            break;
        }
        if is_directive(line.trim()) {
            found.push(line.trim().trim_start_matches('/').trim().to_owned());
        }
        above = rest.get(..rest.len() - line.len()).unwrap_or_default();
    }
    found.reverse();
    found
}

/// The paragraph that begins with `Deprecated:`.
fn deprecation(doc: &str) -> Option<String> {
    let mut lines = doc.lines().skip_while(|line| !line.starts_with("Deprecated:"));
    let first = lines.next()?.strip_prefix("Deprecated:")?.trim();
    let rest = lines.take_while(|line| !line.trim().is_empty()).map(str::trim);
    let text = std::iter::once(first).chain(rest).collect::<Vec<_>>().join(" ");
    Some(text.trim().to_owned())
}

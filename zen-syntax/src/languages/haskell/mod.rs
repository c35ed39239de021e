//! Haskell. What the export list leaves out is private. A function is declared by its type signature, and where it has
//! none by its first clause; values that take nothing are constants, `IO` actions excepted. A `data` type with one
//! constructor is a struct, with several an enum; classes are traits, type families aliases, pattern synonyms functions
//! with `is_pattern`. Metadata: `parameters` (type, doc), `context` (constraints), `variants` (name, fields, visibility,
//! doc) of enums, `constructor` and `fields` (name, type, doc) of structs, `is_newtype`, `derives`, `base_classes` (super
//! classes), `methods` and `associated_types` of classes, `is_family`, `calling_convention` and `entity` of foreign
//! imports, `section` (the heading in the export list), `sections` (of a module) and `doc_sections`: see
//! [`haddock::sections`].

mod exports;
mod haddock;
mod types;

use std::sync::OnceLock;

use serde_json::Value;
use tree_sitter::Node;

use crate::language::Language;
use crate::nodes::{child, compact, field, last_line, named};
use crate::rules::{Definition, File, Rules};
use crate::signature::one_line;
use crate::symbol::{FileSymbols, Relation, Symbol, SymbolKind, Visibility};

pub(crate) static HASKELL: Language = Language {
    name: "haskell",
    title: "Haskell",
    extensions: &["hs"],
    file_names: &[],
    separator: ".",
    grammar: tree_sitter_haskell::LANGUAGE,
    query: include_str!("tags.scm"),
    rules: &HaskellRules,
    compiled: OnceLock::new(),
};

/// A signature stands right before its clauses; so many names may share one.
const MAX_BACK: usize = 16;

struct HaskellRules;

impl Rules for HaskellRules {
    fn name(&self, definition: &Definition<'_>, file: &File<'_>) -> Option<String> {
        Some(own_name(definition.name, file))
    }

    fn continues(&self, definition: &Definition<'_>, file: &File<'_>, symbols: &mut [Symbol]) -> Option<usize> {
        let node = definition.node;
        if !matches!(node.kind(), "function" | "bind" | "pattern_synonym") {
            return None;
        }
        let name = own_name(definition.name, file);
        let at = symbols.iter().rev().take(MAX_BACK).position(|symbol| {
            symbol.name == name && matches!(symbol.kind, SymbolKind::Function | SymbolKind::Method | SymbolKind::Const)
        });
        let at = symbols.len().checked_sub(1 + at?)?;
        let symbol = symbols.get_mut(at)?;
        symbol.line_end = symbol.line_end.max(last_line(node));
        Some(at)
    }

    fn doc(&self, definition: &Definition<'_>, file: &File<'_>) -> Option<String> {
        haddock::of(definition.node, file)
    }

    fn signature(&self, definition: &Definition<'_>, file: &File<'_>) -> String {
        let node = definition.node;
        let text = |end: usize| types::plain(file.text.get(node.start_byte()..end).unwrap_or_default());
        match node.kind() {
            "signature" => match field(node, "type") {
                Some(of) => format!("{} :: {}", file.text(definition.name), types::plain(file.text(of))),
                None => text(node.end_byte()),
            },
            "function" | "bind" => text(field(node, "match").map_or(node.end_byte(), |n| n.start_byte())),
            "header" => one_line(&format!("module {}", file.text(definition.name))),
            "data_type" | "newtype" | "class" | "type_family" => {
                let end = crate::nodes::children(node)
                    .find(|n| matches!(n.kind(), "=" | "where" | "deriving"))
                    .map_or(node.end_byte(), |n| n.start_byte());
                text(end)
            }
            _ => text(node.end_byte()),
        }
    }

    fn describe(&self, definition: &Definition<'_>, file: &File<'_>, symbol: &mut Symbol) -> bool {
        let node = definition.node;
        let exports = exports::of(file);
        let sections = symbol.doc_comment.as_deref().map(haddock::sections).unwrap_or_default();
        if !sections.is_empty() {
            symbol.metadata.insert("doc_sections".into(), sections.into());
        }
        if node.kind() == "header" {
            keep(symbol, "sections", exports.headings.iter().map(|title| title.as_str().into()).collect());
            return true;
        }
        let is_exported = match (definition.kind, &symbol.container) {
            (SymbolKind::Method, Some(class)) => exports.has_part(&class.path, &symbol.name),
            (SymbolKind::Function, _) => exports.has_value(&symbol.name),
            _ => exports.has_type(&symbol.name),
        };
        symbol.visibility = if is_exported { Visibility::Public } else { Visibility::Private };
        let heading = exports
            .heading(&symbol.name)
            .or_else(|| symbol.container.as_ref().and_then(|container| exports.heading(&container.path)));
        if let Some(heading) = heading {
            symbol.metadata.insert("section".into(), heading.into());
        }
        symbol.generics = field(node, "patterns").filter(|n| n.kind() == "type_params").map(|n| one_line(file.text(n)));
        match node.kind() {
            "data_type" | "newtype" => types::describe_data(node, file, &exports, symbol),
            "class" => types::describe_class(node, file, symbol),
            "type_synonym" => symbol.return_type = field(node, "type").map(|n| one_line(file.text(n))),
            "type_family" | "data_family" => {
                symbol.metadata.insert("is_family".into(), true.into());
                symbol.return_type = field(node, "kind").map(|n| one_line(file.text(n)));
            }
            "foreign_import" => {
                for key in ["calling_convention", "entity"] {
                    if let Some(value) = field(node, key) {
                        symbol.metadata.insert(key.into(), file.text(value).trim_matches('"').into());
                    }
                }
                if let Some(of) = child(node, "signature").and_then(|n| field(n, "type")) {
                    types::describe_type(of, file, symbol);
                }
            }
            "pattern_synonym" => {
                symbol.metadata.insert("is_pattern".into(), true.into());
                if let Some(of) = child(node, "signature").and_then(|n| field(n, "type")) {
                    types::describe_type(of, file, symbol);
                }
            }
            "signature" => {
                let is_function = field(node, "type").is_none_or(|of| types::describe_type(of, file, symbol));
                let is_action = symbol.return_type.as_deref().is_some_and(|of| of == "IO" || of.starts_with("IO "));
                if !is_function && !is_action && symbol.kind == SymbolKind::Function {
                    symbol.kind = SymbolKind::Const;
                }
            }
            "bind" if symbol.kind == SymbolKind::Function => symbol.kind = SymbolKind::Const,
            _ => {}
        }
        true
    }

    fn reference(&self, relation: Relation, name: Node<'_>, file: &File<'_>) -> Option<String> {
        let _ = relation;
        Some(compact(file.text(name)))
    }

    fn begin(&self) {
        exports::forget();
    }

    fn finish(&self, _file: &File<'_>, _symbols: &mut FileSymbols) {
        exports::forget();
    }
}

/// A declared name: operators without their brackets, a pattern by its constructor.
fn own_name(name: Node<'_>, file: &File<'_>) -> String {
    let mut at = name;
    // `Pair x y` is applied to one after the other.
    for _ in 0..MAX_BACK {
        match at.kind() {
            "apply" => match field(at, "function") {
                Some(inner) => at = inner,
                None => break,
            },
            "infix" => match field(at, "operator") {
                Some(inner) => at = inner,
                None => break,
            },
            "infix_id" | "prefix_id" | "prefix_con" | "record" => match named(at).next() {
                Some(inner) => at = inner,
                None => break,
            },
            _ => break,
        }
    }
    compact(file.text(at).trim_matches(['(', ')', '`', ' ']))
}

fn keep(symbol: &mut Symbol, key: &str, list: Vec<Value>) {
    if !list.is_empty() {
        symbol.metadata.insert(key.to_owned(), list.into());
    }
}

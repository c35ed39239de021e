//! Elixir. `def` is public, `defp` and its like private; `@doc false`, `@moduledoc false` and, as in the language's own
//! documentation, undocumented names with a leading underscore make what is public internal. All clauses of a function
//! are one symbol. Protocols are traits, their functions and the callbacks of behaviours methods; guards are macros. What
//! is defined in a `quote` or a function is no symbol. Module attributes are private constants.
//!
//! Metadata: `arity`, `min_arity` where parameters have defaults, `clauses` where there are several, `parameters` (name,
//! default), `specs`, `modifiers` (`defguard`, `defdelegate`, …: the keyword, where it is not `def`), `is_impl`,
//! `is_callback`, `is_optional`, `delegates_to`, `fields` (name, default, required) with `is_struct` or `is_exception`,
//! `is_opaque`, `protocol` and `for` of implementations, `implements` (behaviours, protocols), `value`, `since`,
//! `deprecated`.

mod attributes;
mod heads;
mod walk;

use std::sync::OnceLock;

use serde_json::{Value, json};
use tree_sitter::Node;

use crate::language::Language;
use crate::nodes::{child, compact, field, named};
use crate::rules::{Definition, File, Rules};
use crate::signature::one_line;
use crate::symbol::{FileSymbols, Relation, Symbol, SymbolKind, Visibility};

pub(crate) static ELIXIR: Language = Language {
    name: "elixir",
    title: "Elixir",
    extensions: &["ex", "exs"],
    file_names: &[],
    separator: ".",
    grammar: tree_sitter_elixir::LANGUAGE,
    query: include_str!("tags.scm"),
    rules: &ElixirRules,
    compiled: OnceLock::new(),
};

struct ElixirRules;

/// What defines functions and macros.
pub(super) const DEFINERS: [&str; 9] =
    ["def", "defp", "defmacro", "defmacrop", "defguard", "defguardp", "defdelegate", "defn", "defnp"];

/// The language's own statements, which are no calls that a reader looks for.
const STATEMENTS: [&str; 36] = [
    "alias",
    "case",
    "cond",
    "def",
    "defdelegate",
    "defexception",
    "defguard",
    "defguardp",
    "defimpl",
    "defmacro",
    "defmacrop",
    "defmodule",
    "defn",
    "defnp",
    "defoverridable",
    "defp",
    "defprotocol",
    "defstruct",
    "destructure",
    "fn",
    "for",
    "if",
    "import",
    "quote",
    "raise",
    "receive",
    "require",
    "reraise",
    "super",
    "throw",
    "try",
    "unless",
    "unquote",
    "unquote_splicing",
    "use",
    "with",
];

impl Rules for ElixirRules {
    fn name(&self, definition: &Definition<'_>, file: &File<'_>) -> Option<String> {
        match definition.kind {
            SymbolKind::Module => {
                let name = compact(file.text(definition.name));
                if keyword(definition.node, file) != "defimpl" {
                    return Some(name);
                }
                // The module that an implementation makes.
                Some(match implemented_for(definition.node, file).first() {
                    Some(of) => format!("{name}.{of}"),
                    None => name,
                })
            }
            SymbolKind::Const => {
                let name = file.text(definition.name);
                (!attributes::is_reserved(name)).then(|| format!("@{name}"))
            }
            _ => heads::head(definition.name).and_then(|head| heads::name(head, file)),
        }
    }

    /// `@doc` and its like are attached when the whole module is known.
    fn doc(&self, _definition: &Definition<'_>, _file: &File<'_>) -> Option<String> {
        None
    }

    fn signature(&self, definition: &Definition<'_>, file: &File<'_>) -> String {
        let node = definition.node;
        let until = |end: usize| one_line(file.text.get(node.start_byte()..end).unwrap_or_default());
        match definition.kind {
            SymbolKind::Function => until(definition.name.end_byte()),
            SymbolKind::TypeAlias if keyword(node, file) == "opaque" => {
                until(field(definition.name, "left").unwrap_or(definition.name).end_byte())
            }
            _ => until(definition.body.map_or(node.end_byte(), |body| body.start_byte())),
        }
        .trim_end_matches(" do")
        .to_owned()
    }

    fn describe(&self, definition: &Definition<'_>, file: &File<'_>, symbol: &mut Symbol) -> bool {
        let keyword = keyword(definition.node, file);
        match definition.kind {
            SymbolKind::Module => describe_module(definition, keyword, file, symbol),
            SymbolKind::Const => {
                symbol.visibility = Visibility::Private;
                if let Some(value) = child(definition.node, "call").and_then(|call| child(call, "arguments")) {
                    symbol.metadata.insert("value".into(), one_line(file.text(value)).into());
                }
            }
            SymbolKind::TypeAlias => describe_type(definition, keyword, file, symbol),
            _ => describe_function(definition, keyword, file, symbol),
        }
        true
    }

    fn reference(&self, relation: Relation, name: Node<'_>, file: &File<'_>) -> Option<String> {
        let text = file.text(name);
        match relation {
            Relation::Calls => called(name, file),
            Relation::Imports => match name.parent().filter(|parent| parent.kind() == "tuple") {
                Some(tuple) => {
                    let prefix = tuple.parent().and_then(|dot| field(dot, "left"))?;
                    Some(format!("{}.{}", compact(file.text(prefix)), compact(text)))
                }
                None => Some(compact(text)),
            },
            _ => Some(compact(text)),
        }
    }

    fn finish(&self, file: &File<'_>, symbols: &mut FileSymbols) {
        walk::finish(file, symbols);
    }
}

/// What a call or an attribute is called: `def`, `type`, ….
pub(super) fn keyword<'t>(node: Node<'_>, file: &File<'t>) -> &'t str {
    let call = if node.kind() == "unary_operator" { field(node, "operand") } else { Some(node) };
    let target = call.filter(|call| call.kind() == "call").and_then(|call| field(call, "target"));
    target.filter(|target| target.kind() == "identifier").map_or("", |target| file.text(target))
}

/// Whether what follows is an attribute or a definition's head: behind `@`, `def ` or `defp(`.
fn is_declared(before: &[u8]) -> bool {
    let near = before.get(before.len().saturating_sub(24)..).unwrap_or_default();
    let end = near.iter().rposition(|b| !matches!(b, b' ' | b'(')).map_or(0, |at| at + 1);
    let near = near.get(..end).unwrap_or_default();
    let start = near.iter().rposition(|b| !b.is_ascii_alphabetic()).map_or(0, |at| at + 1);
    let word = near.get(start..).unwrap_or_default();
    before.last() == Some(&b'@') || (end < before.len() && DEFINERS.iter().any(|definer| definer.as_bytes() == word))
}

/// What is called, if it is a function: no statement, attribute or field of a map.
fn called(name: Node<'_>, file: &File<'_>) -> Option<String> {
    let text = file.text(name);
    if name.kind() == "identifier" {
        let before = file.text.as_bytes().get(..name.start_byte()).unwrap_or_default();
        return (!STATEMENTS.contains(&text) && !is_declared(before)).then(|| text.to_owned());
    }
    let left = field(name, "left");
    let right = field(name, "right").map(|right| file.text(right));
    match (left, right) {
        (Some(left), Some(right)) if matches!(left.kind(), "alias" | "atom") => {
            Some(format!("{}.{right}", compact(file.text(left))))
        }
        (Some(left), Some(right)) if file.text(left) == "__MODULE__" => Some(format!("__MODULE__.{right}")),
        // `conn.assigns` is a field where nothing is passed.
        (Some(_), Some(right)) => name.next_sibling().map(|_| right.to_owned()),
        // `fun.(x)`
        _ => None,
    }
}

/// The types an implementation is for.
fn implemented_for(defimpl: Node<'_>, file: &File<'_>) -> Vec<String> {
    let Some(of) = child(defimpl, "arguments").and_then(|list| attributes::option(list, "for", file)) else {
        return Vec::new();
    };
    if of.kind() == "list" {
        return named(of).map(|one| compact(file.text(one))).collect();
    }
    vec![compact(file.text(of))]
}

fn describe_module(definition: &Definition<'_>, keyword: &str, file: &File<'_>, symbol: &mut Symbol) {
    match keyword {
        "defprotocol" => symbol.kind = SymbolKind::Trait,
        "defimpl" => {
            let protocol = compact(file.text(definition.name));
            symbol.metadata.insert("protocol".into(), protocol.into());
            let mut of = implemented_for(definition.node, file);
            if of.is_empty() {
                of.extend(symbol.container.as_ref().map(|container| container.path.clone()));
            }
            symbol.metadata.insert("for".into(), of.into());
            // Called through the protocol only.
            symbol.visibility = Visibility::Internal;
        }
        _ => {}
    }
}

fn describe_type(definition: &Definition<'_>, keyword: &str, file: &File<'_>, symbol: &mut Symbol) {
    let head = heads::head(definition.name);
    let parameters = head.and_then(|head| child(head, "arguments"));
    match keyword {
        "callback" | "macrocallback" => {
            symbol.kind = SymbolKind::Method;
            symbol.metadata.insert("is_callback".into(), true.into());
            symbol.metadata.insert("arity".into(), parameters.map_or(0, |list| named(list).count()).into());
            symbol.return_type = heads::result(definition.name, file);
            return;
        }
        "typep" => symbol.visibility = Visibility::Private,
        "opaque" => {
            symbol.metadata.insert("is_opaque".into(), true.into());
        }
        _ => {}
    }
    if keyword != "opaque" {
        symbol.return_type = field(definition.name, "right").map(|of| one_line(file.text(of)));
    }
    symbol.generics = parameters.map(|list| one_line(file.text(list)));
}

fn describe_function(definition: &Definition<'_>, keyword: &str, file: &File<'_>, symbol: &mut Symbol) {
    if keyword.starts_with("defmacro") || keyword.starts_with("defguard") {
        symbol.kind = SymbolKind::Macro;
    }
    if keyword.ends_with('p') {
        symbol.visibility = Visibility::Private;
    }
    if !matches!(keyword, "def" | "defp" | "defmacro" | "defmacrop") {
        symbol.metadata.insert("modifiers".into(), json!([keyword]));
    }
    let parameters: Vec<Value> = match heads::head(definition.name) {
        Some(head) => heads::parameters(head).iter().map(|one| heads::parameter(*one, file)).collect(),
        None => Vec::new(),
    };
    symbol.metadata.insert("arity".into(), parameters.len().into());
    let defaults = parameters.iter().filter(|row| row.get("default").is_some()).count();
    if defaults > 0 {
        symbol.metadata.insert("min_arity".into(), (parameters.len() - defaults).into());
    }
    if !parameters.is_empty() {
        symbol.metadata.insert("parameters".into(), parameters.into());
    }
    if keyword == "defdelegate"
        && let Some(list) = child(definition.node, "arguments")
        && let Some(to) = attributes::option(list, "to", file)
    {
        let name = attributes::option(list, "as", file).map_or(symbol.name.as_str(), |name| file.text(name));
        let target = format!("{}.{}", compact(file.text(to)), name.trim_start_matches(':'));
        symbol.metadata.insert("delegates_to".into(), target.into());
    }
}

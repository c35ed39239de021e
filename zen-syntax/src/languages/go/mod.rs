//! Go. Visibility is the first letter's case; a method's container is its receiver's type. Metadata: `receiver` (as
//! written), `fields` (name, type, tag) of structs, `methods` and `embeds` of interfaces, `value` of constants.

use std::sync::OnceLock;

use serde_json::{Value, json};
use tree_sitter::Node;

use crate::comments;
use crate::language::Language;
use crate::nodes::{ancestor, child, compact, field, has, named};
use crate::rules::{Definition, File, Rules};
use crate::signature::one_line;
use crate::symbol::{Container, Relation, Symbol, SymbolKind, Visibility};

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

impl Rules for GoRules {
    /// A lone `type T …` or `const C …` begins with its keyword; within parentheses each stands for itself.
    fn outer<'t>(&self, definition: &Definition<'t>) -> Node<'t> {
        match definition.node.parent() {
            Some(parent) if parent.kind().ends_with("_declaration") && !has(parent, "(") => parent,
            _ => definition.node,
        }
    }

    fn doc_text(&self, comment: &str) -> Option<String> {
        // Directives (`//go:build`) are for tools.
        if comment.starts_with("//go:") || comment.starts_with("//nolint") {
            return None;
        }
        comments::any_marks(comment)
    }

    fn signature(&self, definition: &Definition<'_>, file: &File<'_>) -> String {
        let outer = self.outer(definition);
        let end = definition.body.map_or(outer.end_byte(), |body| body.start_byte());
        let text = one_line(&file.text[outer.start_byte()..end]);
        let keyword = match definition.kind {
            SymbolKind::Const => "const ",
            SymbolKind::Static => "var ",
            SymbolKind::Struct | SymbolKind::Interface | SymbolKind::TypeAlias => "type ",
            _ => "",
        };
        let text = if definition.kind == SymbolKind::Interface { before_braces(&text) } else { text };
        if text.starts_with(keyword) { text } else { format!("{keyword}{text}") }
    }

    fn describe(&self, definition: &Definition<'_>, file: &File<'_>, symbol: &mut Symbol) -> bool {
        let node = definition.node;
        let exported = symbol.name.chars().next().is_some_and(char::is_uppercase);
        symbol.visibility = match symbol.kind {
            SymbolKind::Module => Visibility::Public,
            _ if exported => Visibility::Public,
            _ => Visibility::Internal,
        };
        symbol.generics = field(node, "type_parameters").map(|found| one_line(file.text(found)));
        match symbol.kind {
            SymbolKind::Function | SymbolKind::Method => {
                symbol.return_type = field(node, "result").map(|found| one_line(file.text(found)));
                if let Some(receiver) = field(node, "receiver") {
                    receive(receiver, file, symbol);
                }
                // A function within a function is its business.
                ancestor(node, &["block"]).is_none()
            }
            SymbolKind::Const | SymbolKind::Static => {
                symbol.return_type = field(node, "type").map(|found| one_line(file.text(found)));
                if let Some(value) = field(node, "value") {
                    symbol.metadata.insert("value".into(), one_line(file.text(value)).into());
                }
                symbol.name != "_"
            }
            SymbolKind::Struct | SymbolKind::Interface => {
                let Some(of) = field(node, "type") else { return true };
                members(of, file, symbol);
                ancestor(node, &["block"]).is_none()
            }
            SymbolKind::TypeAlias => {
                symbol.return_type = field(node, "type").map(|found| one_line(file.text(found)));
                ancestor(node, &["block"]).is_none()
            }
            _ => true,
        }
    }

    fn reference(&self, relation: Relation, name: Node<'_>, file: &File<'_>) -> Option<String> {
        let text = file.text(name);
        Some(match relation {
            Relation::Imports => text.trim_matches(['"', '`']).to_owned(),
            _ => compact(text.trim_start_matches('*')),
        })
    }
}

fn before_braces(text: &str) -> String {
    text.split('{').next().unwrap_or(text).trim_end().to_owned()
}

/// `(s *Server[T])`: the method belongs to `Server`.
fn receive(receiver: Node<'_>, file: &File<'_>, symbol: &mut Symbol) {
    let text = one_line(file.text(receiver));
    let of = text.trim_matches(['(', ')']).rsplit([' ', '*']).next().unwrap_or_default();
    let of = of.split('[').next().unwrap_or(of).to_owned();
    symbol.metadata.insert("receiver".into(), text.into());
    symbol.container = Some(Container { path: of, symbol: None });
}

/// Fields of a struct, methods and embedded interfaces of an interface.
fn members(of: Node<'_>, file: &File<'_>, symbol: &mut Symbol) {
    if let Some(list) = child(of, "field_declaration_list") {
        let fields: Vec<Value> =
            named(list).filter(|n| n.kind() == "field_declaration").flat_map(|f| fields(f, file)).collect();
        symbol.metadata.insert("fields".into(), fields.into());
        return;
    }
    let methods: Vec<Value> = named(of)
        .filter(|n| n.kind() == "method_elem")
        .filter_map(|n| field(n, "name"))
        .map(|n| file.text(n).into())
        .collect();
    let embeds: Vec<Value> =
        named(of).filter(|n| n.kind() == "type_elem").map(|n| one_line(file.text(n)).into()).collect();
    symbol.metadata.insert("methods".into(), methods.into());
    if !embeds.is_empty() {
        symbol.metadata.insert("embeds".into(), embeds.into());
    }
}

fn fields(declaration: Node<'_>, file: &File<'_>) -> Vec<Value> {
    let of = field(declaration, "type").map(|n| one_line(file.text(n)));
    let tag = field(declaration, "tag").map(|n| file.text(n).trim_matches('`').to_owned());
    let mut cursor = declaration.walk();
    let names: Vec<_> = declaration.children_by_field_name("name", &mut cursor).map(|n| file.text(n)).collect();
    let row = |name: &str, embedded: bool| {
        let mut row = json!({"name": name, "type": of});
        if embedded {
            row["embedded"] = true.into();
        }
        if let Some(tag) = &tag {
            row["tag"] = tag.as_str().into();
        }
        row
    };
    if names.is_empty() {
        let name = of.as_deref().unwrap_or_default().trim_start_matches('*');
        return vec![row(name.rsplit('.').next().unwrap_or(name), true)];
    }
    names.into_iter().map(|name| row(name, false)).collect()
}

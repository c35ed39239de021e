//! Lua. The file is a module where it returns something; its name is the one that `@module` gives, else what `require`
//! would be told. Tables that functions are put into are classes. `local` is private, but for what the returned table
//! lists; a local table that never leaves the file is internal, and with it its functions, but not the methods of its
//! objects; names with a leading underscore are private.
//!
//! Documentation is LDoc's or EmmyLua's (and LuaLS's). Metadata: `parameters` (name, type), `is_method` (declared with a
//! colon, takes `self`), `is_metamethod`, `alias_of`, `value`, `fields` (name, type, description), `base_classes`,
//! `modifiers` (local), `exports` of a module's returned table, `deprecated`, `doc_sections` (params, returns, throws,
//! examples, see, since).

mod docs;
mod tables;

use std::sync::OnceLock;

use serde_json::{Value, json};
use tree_sitter::Node;

use crate::comments;
use crate::language::Language;
use crate::nodes::{ancestor, child, compact, field, has, named};
use crate::rules::{Definition, File, Rules};
use crate::signature::one_line;
use crate::symbol::{Container, FileSymbols, Relation, Symbol, SymbolKind, Visibility};

pub(crate) static LUA: Language = Language {
    name: "lua",
    title: "Lua",
    extensions: &["lua"],
    file_names: &[],
    separator: ".",
    grammar: tree_sitter_lua::LANGUAGE,
    query: include_str!("tags.scm"),
    rules: &LuaRules,
    compiled: OnceLock::new(),
};

struct LuaRules;

/// Code within these is no file's declaration.
const FUNCTIONS: [&str; 2] = ["function_declaration", "function_definition"];

/// Tables within tables, at most so deep.
const MAX_DEPTH: usize = 16;

impl Rules for LuaRules {
    fn name(&self, definition: &Definition<'_>, file: &File<'_>) -> Option<String> {
        if definition.kind == SymbolKind::Module {
            return tables::module_name(definition.name, file);
        }
        let name = tables::path(definition.name, file)?;
        Some(name.rsplit(['.', ':']).next().unwrap_or(&name).to_owned())
    }

    fn doc(&self, definition: &Definition<'_>, file: &File<'_>) -> Option<String> {
        if definition.kind == SymbolKind::Module {
            return docs::of_file(file);
        }
        comments::above(declaration(definition.node), file.text, docs::text_in, |_| false)
    }

    fn signature(&self, definition: &Definition<'_>, file: &File<'_>) -> String {
        let node = definition.node;
        let text = |until: usize| one_line(file.text.get(declaration(node).start_byte()..until).unwrap_or_default());
        match definition.kind {
            SymbolKind::Module => String::new(),
            SymbolKind::Function => {
                let function = tables::function(node);
                text(function.and_then(|f| field(f, "parameters")).map_or(node.end_byte(), |list| list.end_byte()))
            }
            // A table's entries are symbols of their own.
            _ => match value(node) {
                Some(table) if table.kind() == "table_constructor" => text(table.start_byte()),
                _ => text(node.end_byte()),
            },
        }
    }

    fn describe(&self, definition: &Definition<'_>, file: &File<'_>, symbol: &mut Symbol) -> bool {
        let node = definition.node;
        if symbol.kind == SymbolKind::Module {
            symbol.signature = format!("module {}", symbol.name);
            let exports = tables::exports(file);
            if !exports.is_empty() {
                symbol.metadata.insert("exports".into(), exports.into());
            }
            docs::describe(symbol, false);
            return true;
        }
        if ancestor(node, &FUNCTIONS).is_some() {
            return false;
        }
        // What the path says, not what the text stands in: `function M.a.b()` is in `M.a`.
        let Some(path) = tables::path(definition.name, file) else { return false };
        symbol.container =
            path.rsplit_once(['.', ':']).map(|(of, _)| Container { path: of.replace(':', "."), symbol: None });
        if has(declaration(node), "local") {
            symbol.metadata.insert("modifiers".into(), json!(["local"]));
            symbol.visibility = Visibility::Private;
        }
        if symbol.name.starts_with("__") && path.contains(['.', ':']) {
            symbol.metadata.insert("is_metamethod".into(), true.into());
        } else if symbol.name.starts_with('_') && symbol.name != "_" {
            symbol.visibility = Visibility::Private;
        }
        if definition.kind == SymbolKind::Function {
            if path.contains(':') {
                symbol.kind = SymbolKind::Method;
                symbol.metadata.insert("is_method".into(), true.into());
            }
            describe_parameters(node, file, symbol);
        } else {
            let Some(keep) = describe_value(node, file, symbol) else { return false };
            if !keep {
                return false;
            }
        }
        docs::describe(symbol, docs::is_annotated(declaration(node), file));
        true
    }

    fn reference(&self, relation: Relation, name: Node<'_>, file: &File<'_>) -> Option<String> {
        let text = file.text(name);
        if relation != Relation::Calls {
            return Some(compact(text));
        }
        if matches!(text, "require" | "setmetatable" | "error" | "assert" | "pairs" | "ipairs" | "dofile" | "loadfile")
        {
            return None;
        }
        match name.kind() {
            "identifier" => Some(text.to_owned()),
            // A call's result has no name.
            "dot_index_expression" | "method_index_expression" if text.contains(['(', '[', '{']) => {
                field(name, "field").or_else(|| field(name, "method")).map(|last| file.text(last).to_owned())
            }
            "dot_index_expression" | "method_index_expression" => Some(compact(text)),
            _ => None,
        }
    }

    fn finish(&self, file: &File<'_>, symbols: &mut FileSymbols) {
        tables::finish(file, symbols);
    }
}

/// An assignment with its `local`.
fn declaration(node: Node<'_>) -> Node<'_> {
    node.parent().filter(|parent| parent.kind() == "variable_declaration").unwrap_or(node)
}

/// The first value of an assignment, `local` or not.
fn value(node: Node<'_>) -> Option<Node<'_>> {
    let assignment = if node.kind() == "variable_declaration" { child(node, "assignment_statement")? } else { node };
    child(assignment, "expression_list").and_then(|list| named(list).next())
}

fn describe_parameters(node: Node<'_>, file: &File<'_>, symbol: &mut Symbol) {
    let list = tables::function(node).and_then(|function| field(function, "parameters"));
    let names = list.into_iter().flat_map(|list| named(list)).filter(|one| one.kind() != "comment");
    let rows: Vec<Value> = names.map(|one| json!({"name": file.text(one)})).collect();
    if !rows.is_empty() {
        symbol.metadata.insert("parameters".into(), rows.into());
    }
}

/// A variable: what it is by its value. `None` for what is no declaration.
fn describe_value(node: Node<'_>, file: &File<'_>, symbol: &mut Symbol) -> Option<bool> {
    let value = value(node)?;
    match value.kind() {
        // A pattern of its own.
        "function_definition" => return None,
        "table_constructor" => {}
        "identifier" => {
            symbol.metadata.insert("alias_of".into(), file.text(value).into());
        }
        "function_call" if field(value, "name").is_some_and(|name| file.text(name) == "require") => {
            // An import, unless a table passes it on.
            symbol.container.as_ref()?;
            symbol.metadata.insert("value".into(), one_line(file.text(value)).into());
        }
        _ => {
            symbol.metadata.insert("value".into(), one_line(file.text(value)).into());
        }
    }
    let is_upper = symbol.name.chars().any(char::is_uppercase) && !symbol.name.chars().any(char::is_lowercase);
    let is_const =
        child(node, "assignment_statement").and_then(|a| child(a, "variable_list")).and_then(|l| field(l, "attribute"));
    let is_const = is_const.is_some_and(|attribute| file.text(attribute).contains("const"));
    if (is_upper && value.kind() != "table_constructor") || is_const {
        symbol.kind = SymbolKind::Const;
    }
    // `M.__index = M`
    Some(!symbol.metadata.contains_key("is_metamethod"))
}

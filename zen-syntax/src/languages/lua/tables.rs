//! Tables: what is put into which, what the file returns, and which of them are classes.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};
use tree_sitter::Node;

use super::{MAX_DEPTH, docs, value};
use crate::nodes::{child, compact, field, named};
use crate::regroup::{Fate, regroup};
use crate::rules::File;
use crate::symbol::{Container, FileSymbols, Reference, Relation, Source, SymbolKind, Visibility};

/// The function that a definition makes.
pub(super) fn function(node: Node<'_>) -> Option<Node<'_>> {
    match node.kind() {
        "function_declaration" => Some(node),
        "field" => field(node, "value"),
        _ => value(node),
    }
}

/// The whole name of what is declared: `M.a.b:c`. Entries of a table begin with what the table is assigned to, or with
/// the file's own module where the table is returned. `None` where that is no name.
pub(super) fn path(name: Node<'_>, file: &File<'_>) -> Option<String> {
    let mut path = written(name, file)?;
    let mut entry = name.parent().filter(|parent| parent.kind() == "field");
    for _ in 0..MAX_DEPTH {
        let Some(field_node) = entry else { return Some(path) };
        let holder = field_node.parent()?.parent()?;
        let (of, next) = match holder.kind() {
            "field" => (written(field(holder, "name")?, file)?, Some(holder)),
            // `return setmetatable({ … }, mt)`
            "arguments" => (returned_by(holder.parent()?.parent()?)?, None),
            "expression_list" => match holder.parent()? {
                assignment if assignment.kind() == "assignment_statement" => {
                    (written(child(assignment, "variable_list").and_then(|list| named(list).next())?, file)?, None)
                }
                _ => (returned_by(holder)?, None),
            },
            _ => return None,
        };
        path = format!("{of}.{path}");
        entry = next;
    }
    None
}

fn returned_by(list: Node<'_>) -> Option<String> {
    let is_returned = list.parent()?.kind() == "return_statement" && list.kind() == "expression_list";
    is_returned.then(|| RETURNED.to_owned())
}

/// A name as it is written, if it is one.
fn written(name: Node<'_>, file: &File<'_>) -> Option<String> {
    let text = match name.kind() {
        "identifier" => file.text(name).to_owned(),
        "string" => child(name, "string_content").map(|content| file.text(content).to_owned())?,
        "dot_index_expression" | "method_index_expression" => compact(file.text(name)),
        "bracket_index_expression" => {
            let key = field(name, "field").filter(|key| key.kind() == "string")?;
            format!("{}.{}", compact(file.text(field(name, "table")?)), file.text(child(key, "string_content")?))
        }
        _ => return None,
    };
    (!text.contains(['(', '[', '{', '"', '\''])).then_some(text)
}

/// Stands for the returned table, which has no name of its own.
const RETURNED: &str = "(returned)";

/// The returned expression of the file.
fn returned<'t>(file: &File<'t>) -> Option<Node<'t>> {
    let last = named(file.root).filter(|node| node.kind() == "return_statement").last()?;
    child(last, "expression_list").and_then(|list| named(list).next())
}

/// The returned table's name: of `return M` and `return setmetatable(M, …)`.
fn returned_name<'t>(file: &File<'t>) -> Option<&'t str> {
    let node = returned(file)?;
    let node = match node.kind() {
        "function_call" => field(node, "arguments").and_then(|list| named(list).next())?,
        _ => node,
    };
    (node.kind() == "identifier").then(|| file.text(node))
}

/// The module's name: `@module`, else the file's, else the variable's.
pub(super) fn module_name(name: Node<'_>, file: &File<'_>) -> Option<String> {
    if name.kind() == "identifier" && file.text(name) == "nil" {
        return None;
    }
    if let Some(name) = docs::module(file) {
        return Some(name);
    }
    let required = required_as(file.path);
    if !required.is_empty() {
        return Some(required);
    }
    (name.kind() == "identifier").then(|| file.text(name).to_owned())
}

/// What `require` is told to find a file: `a.b` of `lua/a/b.lua` and of `src/a/b/init.lua`. Where no folder says what
/// paths are relative to, the file's own name.
fn required_as(path: &str) -> String {
    let path = path.strip_suffix(".lua").unwrap_or(path);
    let mut names: Vec<&str> = path.split(['/', '\\']).filter(|name| !name.is_empty() && *name != ".").collect();
    if names.len() > 1 && names.last() == Some(&"init") {
        names.pop();
    }
    let from = match names.iter().rposition(|name| matches!(*name, "lua" | "src" | "lib")) {
        Some(at) if at + 1 < names.len() => at + 1,
        _ => names.len().saturating_sub(1),
    };
    names.get(from..).unwrap_or_default().join(".")
}

/// Local names that are declared first and get their value later: `local f … function f() end`.
fn declared_first<'t>(file: &File<'t>) -> HashSet<&'t str> {
    let declarations = named(file.root).filter(|node| node.kind() == "variable_declaration");
    let lists = declarations.filter_map(|node| child(node, "variable_list"));
    lists.flat_map(named).filter(|name| name.kind() == "identifier").map(|name| file.text(name)).collect()
}

/// What the returned table lists: names in the file by the names in the table.
fn listed(file: &File<'_>) -> Vec<(String, String)> {
    let Some(table) = returned(file).filter(|node| node.kind() == "table_constructor") else { return Vec::new() };
    let entries = named(table).filter(|entry| entry.kind() == "field");
    entries
        .filter_map(|entry| {
            let value = field(entry, "value")?;
            let key = field(entry, "name").map_or("", |key| file.text(key).trim_matches(['"', '\'']));
            let key = if key.is_empty() { file.text(value) } else { key };
            Some((
                key.to_owned(),
                if value.kind() == "identifier" { file.text(value).to_owned() } else { String::new() },
            ))
        })
        .collect()
}

pub(super) fn exports(file: &File<'_>) -> Vec<Value> {
    listed(file).into_iter().map(|(key, _)| key.into()).collect()
}

/// Gives everything its place: members of the returned table are the module's, tables with members are classes, other
/// local variables go.
pub(super) fn finish(file: &File<'_>, found: &mut FileSymbols) {
    let module = found.symbols.iter().position(|symbol| symbol.kind == SymbolKind::Module);
    let root = returned_name(file).map(str::to_owned);
    let exported: HashSet<String> = listed(file).into_iter().map(|(_, value)| value).chain(passed_on(found)).collect();
    let tables: HashSet<String> =
        found.symbols.iter().filter_map(|s| s.container.as_ref()).map(|c| first(&c.path).to_owned()).collect();
    let declared = declared_first(file);
    for symbol in found.symbols.iter_mut().filter(|s| s.container.is_none() && declared.contains(s.name.as_str())) {
        if symbol.metadata.insert("modifiers".into(), json!(["local"])).is_none() {
            symbol.visibility = Visibility::Private;
        }
    }
    let mut fates = Vec::with_capacity(found.symbols.len());
    let mut locals: HashMap<String, usize> = HashMap::new();
    let mut named_here: HashMap<String, usize> = HashMap::new();
    for (at, symbol) in found.symbols.iter_mut().enumerate() {
        let is_local = symbol.metadata.contains_key("modifiers");
        let is_root = symbol.container.is_none() && root.as_ref() == Some(&symbol.name);
        let is_variable = matches!(symbol.kind, SymbolKind::Static | SymbolKind::Const);
        let is_class = symbol.kind == SymbolKind::Class;
        let is_table = is_class || (is_variable && tables.contains(&symbol.name));
        if symbol.container.is_none() && is_table && !is_root {
            symbol.kind = SymbolKind::Class;
            symbol.metadata.remove("value");
            locals.insert(symbol.name.clone(), at);
            if is_local && symbol.visibility == Visibility::Private {
                symbol.visibility =
                    if exported.contains(&symbol.name) { Visibility::Public } else { Visibility::Internal };
            }
        } else if is_local && is_variable && symbol.kind == SymbolKind::Static && symbol.doc_comment.is_none() {
            fates.push(Fate::Drop);
            continue;
        }
        if is_local && exported.contains(&symbol.name) && symbol.container.is_none() {
            symbol.visibility = Visibility::Public;
        }
        // `M.Node = Node` only says that it is public.
        let alias = symbol.metadata.get("alias_of").and_then(Value::as_str).filter(|of| *of == symbol.name);
        let original = alias.and_then(|of| named_here.get(of)).copied();
        if symbol.container.is_none() {
            named_here.entry(symbol.name.clone()).or_insert(at);
        }
        // The module stands for its table, and has what is said of it.
        fates.push(match module {
            _ if original.is_some_and(|original| fates.get(original) == Some(&Fate::Keep)) => {
                original.map_or(Fate::Keep, Fate::Into)
            }
            Some(module) if is_root && (is_variable || is_class) => Fate::Into(module),
            _ => Fate::Keep,
        });
    }
    let name = module.and_then(|at| found.symbols.get(at)).map(|symbol| symbol.name.clone());
    tell_module(found, module, &fates);
    for symbol in &mut found.symbols {
        let Some(container) = symbol.container.as_mut() else { continue };
        let of = first(&container.path).to_owned();
        if of == RETURNED || root.as_ref() == Some(&of) {
            container.symbol = module;
            if let Some(name) = &name {
                container.path = format!("{name}{}", container.path.get(of.len()..).unwrap_or_default());
            }
        } else if let Some(table) = locals.get(&of) {
            container.symbol = Some(*table);
            if let Some(name) = &name {
                container.path = format!("{name}.{}", container.path);
            }
            if symbol.kind == SymbolKind::Function {
                symbol.kind = SymbolKind::Method;
            }
        }
    }
    inherit_visibility(found);
    for reference in found.references.iter_mut().filter(|reference| reference.relation == Relation::Extends) {
        if let Source::Name(of) = &reference.from {
            let table = if root.as_ref() == Some(of) { module } else { locals.get(of).copied() };
            reference.from = table.map_or(Source::File, Source::Symbol);
        }
    }
    extend(found);
    // What is in no table of the file is in its module.
    if let (Some(module), Some(name)) = (module, name) {
        for (at, symbol) in found.symbols.iter_mut().enumerate().filter(|(at, _)| *at != module) {
            if symbol.container.is_none() && at > module {
                symbol.container = Some(Container { path: name.clone(), symbol: Some(module) });
            }
        }
    }
    regroup(found, &fates);
}

/// What the table's own declaration says (its documentation, its base) is the module's.
fn tell_module(found: &mut FileSymbols, module: Option<usize>, fates: &[Fate]) {
    let Some(module) = module else { return };
    let Some(at) = fates.iter().position(|fate| *fate == Fate::Into(module)) else { return };
    let Some(table) = found.symbols.get(at).cloned() else { return };
    let Some(symbol) = found.symbols.get_mut(module) else { return };
    if symbol.doc_comment.is_none() {
        symbol.doc_comment = table.doc_comment;
    }
    for (key, value) in table.metadata {
        if !matches!(key.as_str(), "modifiers" | "value") {
            symbol.metadata.entry(key).or_insert(value);
        }
    }
}

/// Functions of tables that stay in the file do too; methods are called on objects, which may leave it.
fn inherit_visibility(found: &mut FileSymbols) {
    let inner: HashSet<usize> =
        (0..found.symbols.len()).filter(|at| found.symbols[*at].visibility == Visibility::Internal).collect();
    for symbol in &mut found.symbols {
        let container = symbol.container.as_ref().and_then(|container| container.symbol);
        let is_method = symbol.metadata.contains_key("is_method");
        let is_inner = !is_method && container.is_some_and(|at| inner.contains(&at));
        if is_inner && symbol.visibility == Visibility::Public {
            symbol.visibility = Visibility::Internal;
        }
    }
}

/// `---@class Dog : Animal` extends like `setmetatable(Dog, { __index = Animal })`; the table itself does not.
fn extend(found: &mut FileSymbols) {
    // Of tables that are no symbols (`setmetatable(self, …)`), and of tables that look into themselves, nothing is kept.
    let symbols = &found.symbols;
    found.references.retain(|reference| match (&reference.from, reference.relation) {
        (Source::Symbol(at), Relation::Extends) => symbols.get(*at).is_some_and(|s| s.name != reference.to_name),
        (_, relation) => relation != Relation::Extends,
    });
    let mut more = Vec::new();
    for (at, symbol) in found.symbols.iter().enumerate() {
        let bases = symbol.metadata.get("base_classes").and_then(Value::as_array).into_iter().flatten();
        for base in bases.filter_map(Value::as_str) {
            let is_known =
                |r: &Reference| r.from == Source::Symbol(at) && r.relation == Relation::Extends && r.to_name == base;
            if !found.references.iter().any(is_known) {
                let (from, line) = (Source::Symbol(at), symbol.line_start);
                more.push(Reference { from, to_name: base.to_owned(), relation: Relation::Extends, line });
            }
        }
    }
    if !more.is_empty() {
        found.references.extend(more);
        found.references.sort_by_key(|reference| reference.line);
    }
}

/// Names that something outside of the file gets by another: `M.Class = Class`.
fn passed_on(found: &FileSymbols) -> Vec<String> {
    let aliases = found.symbols.iter().filter(|symbol| symbol.container.is_some());
    aliases.filter_map(|symbol| symbol.metadata.get("alias_of")?.as_str().map(str::to_owned)).collect()
}

fn first(path: &str) -> &str {
    path.split('.').next().unwrap_or(path)
}

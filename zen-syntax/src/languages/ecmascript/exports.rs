//! What a file exports, and what follows for visibility.

use std::collections::HashMap;

use serde_json::Value;
use tree_sitter::Node;

use super::jsdoc;
use super::members::property_name;
use super::values::{Target, last_value, target, unwrapped, value_of};
use crate::nodes::{child, children, field, named};
use crate::rules::File;
use crate::symbol::{FileSymbols, SymbolKind, Visibility};

/// The name that a default export has.
const DEFAULT: &str = "default";

#[derive(Default)]
struct Exports {
    /// Names that local names are exported under.
    names: Vec<(String, String)>,
    /// Whether the file is a module at all.
    is_module: bool,
    /// Whether it says itself what of an ambient module is exported.
    has_list: bool,
}

/// The last look at a file.
pub(super) fn finish(file: &File<'_>, symbols: &mut FileSymbols) {
    let exports = exports(file);
    let mut names: HashMap<&str, Vec<&str>> = HashMap::new();
    for (local, exported) in &exports.names {
        names.entry(local).or_default().push(exported);
    }
    let is_ambient = is_declaration_file(file.path) && !exports.has_list;
    for symbol in symbols.symbols.iter_mut().filter(|symbol| symbol.container.is_none()) {
        if let Some(names) = names.get(symbol.name.as_str()) {
            mark(symbol, names);
        }
        let is_exported = symbol.metadata.contains_key("is_exported");
        if is_ambient && !is_exported && exports.is_module {
            symbol.metadata.insert("is_exported".into(), true.into());
        }
        if is_exported || is_ambient || !exports.is_module {
            symbol.visibility = Visibility::Public;
        }
    }
    for (module, names) in ambient_lists(file) {
        let members = symbols.symbols.iter_mut().filter(|symbol| {
            symbol.container.as_ref().is_some_and(|container| container.path == module)
                && !symbol.signature.starts_with("export ")
        });
        for symbol in members {
            let names: Vec<&str> =
                names.iter().filter(|(local, _)| *local == symbol.name).map(|(_, name)| name.as_str()).collect();
            if names.is_empty() {
                symbol.metadata.remove("is_exported");
                symbol.visibility = symbol.visibility.max(Visibility::Internal);
            } else {
                mark(symbol, &names);
            }
        }
    }
    link(symbols);
    for symbol in &mut symbols.symbols {
        if let Some(visibility) = symbol.doc_comment.as_deref().and_then(jsdoc::visibility) {
            symbol.visibility = symbol.visibility.max(visibility);
        }
    }
    symbols.hide_within_hidden();
}

fn mark(symbol: &mut crate::symbol::Symbol, names: &[&str]) {
    symbol.metadata.insert("is_exported".into(), true.into());
    if names.contains(&DEFAULT) {
        symbol.metadata.insert("is_default_export".into(), true.into());
    }
    let others: Vec<Value> =
        names.iter().filter(|name| **name != DEFAULT && **name != symbol.name).map(|name| Value::from(*name)).collect();
    if !others.is_empty() {
        symbol.metadata.insert("export_names".into(), others.into());
    }
}

/// `app` of `app.use = …` and `Layer` of `Layer.prototype.match = …` may be functions and variables too.
fn link(symbols: &mut FileSymbols) {
    let mut tops: HashMap<String, usize> = HashMap::new();
    for (at, symbol) in symbols.symbols.iter().enumerate().filter(|(_, symbol)| symbol.container.is_none()) {
        tops.entry(symbol.name.clone()).or_insert(at);
    }
    for symbol in symbols.symbols.iter_mut().filter(|symbol| symbol.kind == SymbolKind::Method) {
        if let Some(container) = symbol.container.as_mut().filter(|container| container.symbol.is_none()) {
            container.symbol = tops.get(&container.path).copied();
        }
    }
}

/// Whether a file declares what another implements.
pub(super) fn is_declaration_file(path: &str) -> bool {
    [".d.ts", ".d.mts", ".d.cts"].iter().any(|end| path.ends_with(end))
}

fn exports(file: &File<'_>) -> Exports {
    let mut found = Exports::default();
    for statement in named(file.root) {
        match statement.kind() {
            "import_statement" => found.is_module = true,
            "export_statement" => {
                found.is_module = true;
                exported(statement, file, &mut found);
            }
            "expression_statement" => {
                if let Some(assignment) = statement.named_child(0) {
                    assigned(assignment, None, file, &mut found);
                }
            }
            "variable_declaration" | "lexical_declaration" => {
                for declarator in named(statement).filter(|node| node.kind() == "variable_declarator") {
                    if let Some(value) = value_of(declarator) {
                        let name = field(declarator, "name").map(|name| file.text(name));
                        assigned(value, name, file, &mut found);
                    }
                }
            }
            _ => {}
        }
    }
    found.is_module |= file.text.contains("require(") || file.text.contains("exports.");
    found
}

/// The lists of a file's ambient modules that have one, by the module's name.
fn ambient_lists(file: &File<'_>) -> Vec<(String, Vec<(String, String)>)> {
    let mut found = Vec::new();
    for declaration in named(file.root).filter(|node| node.kind() == "ambient_declaration") {
        let Some(module) = child(declaration, "module") else { continue };
        let (Some(name), Some(body)) = (field(module, "name"), field(module, "body")) else { continue };
        let mut exports = Exports::default();
        named(body)
            .filter(|node| node.kind() == "export_statement")
            .for_each(|node| exported(node, file, &mut exports));
        if exports.has_list {
            found.push((property_name(file.text(name)), exports.names));
        }
    }
    found
}

/// `export { a as b }`, `export default a`, `export = a`.
fn exported(statement: Node<'_>, file: &File<'_>, found: &mut Exports) {
    if field(statement, "source").is_some() || field(statement, "declaration").is_some() {
        return;
    }
    for child in children(statement) {
        match child.kind() {
            "export_clause" => {
                found.has_list = true;
                for specifier in named(child).filter(|node| node.kind() == "export_specifier") {
                    let Some(name) = field(specifier, "name").map(|name| property_name(file.text(name))) else {
                        continue;
                    };
                    let alias = field(specifier, "alias").map(|alias| property_name(file.text(alias)));
                    found.names.push((name.clone(), alias.unwrap_or(name)));
                }
            }
            "identifier" => {
                found.has_list = true;
                found.names.push((file.text(child).to_owned(), DEFAULT.to_owned()));
            }
            _ => {}
        }
    }
}

/// `exports = module.exports = value` with everything on the way, and the variable that keeps the value.
fn assigned(assignment: Node<'_>, variable: Option<&str>, file: &File<'_>, found: &mut Exports) {
    let value = unwrapped(last_value(assignment));
    let mut at = assignment;
    while at.kind() == "assignment_expression" {
        let (Some(left), Some(right)) = (field(at, "left"), field(at, "right")) else { return };
        let exported = match target(left, file) {
            Some(Target::Module) => Some(DEFAULT.to_owned()),
            Some(Target::Export(name)) => Some(name),
            _ => None,
        };
        if let Some(exported) = exported {
            found.is_module = true;
            if let Some(variable) = variable {
                found.names.push((variable.to_owned(), exported.clone()));
            }
            match value.kind() {
                "identifier" => found.names.push((file.text(value).to_owned(), exported)),
                "object" if exported == DEFAULT => listed(value, file, found),
                _ => {}
            }
        }
        at = right;
    }
}

/// `module.exports = { a, b: c }`
fn listed(object: Node<'_>, file: &File<'_>, found: &mut Exports) {
    for member in named(object) {
        match member.kind() {
            "shorthand_property_identifier" => {
                let name = file.text(member).to_owned();
                found.names.push((name.clone(), name));
            }
            "pair" => {
                let value = field(member, "value").filter(|value| value.kind() == "identifier");
                if let (Some(key), Some(value)) = (field(member, "key"), value) {
                    found.names.push((file.text(value).to_owned(), property_name(file.text(key))));
                }
            }
            _ => {}
        }
    }
}

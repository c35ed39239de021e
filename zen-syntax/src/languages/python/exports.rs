//! What a module as a whole says: its docstring, `__all__`, and what follows from both.

use std::collections::HashSet;

use serde_json::{Map, Value};
use tree_sitter::Node;

use super::docstring;
use super::sections;
use crate::nodes::{field, named};
use crate::rules::File;
use crate::symbol::{FileSymbols, Symbol, SymbolKind, Visibility};

/// `__all__`, as far as it can be read.
#[derive(Default)]
struct Exports {
    names: Vec<String>,
    /// Whether other modules' lists are part of it.
    has_more: bool,
}

/// The last look at a module.
pub(super) fn finish(file: &File<'_>, symbols: &mut FileSymbols) {
    let exports = exports(file);
    if let Some(exports) = &exports {
        let listed: HashSet<&str> = exports.names.iter().map(String::as_str).collect();
        for symbol in symbols.symbols.iter_mut().filter(|symbol| symbol.container.is_none()) {
            let is_dunder = symbol.name.starts_with("__") && symbol.name.ends_with("__");
            if listed.contains(symbol.name.as_str()) {
                symbol.visibility = Visibility::Public;
            } else if !exports.has_more && !is_dunder {
                symbol.visibility = symbol.visibility.max(Visibility::Internal);
            }
        }
    }
    inherit_flags(symbols);
    symbols.hide_within_hidden();
    if let Some(module) = module(file, exports) {
        symbols.insert_first(module);
    }
}

/// What base classes of the same file are, their heirs are too.
fn inherit_flags(symbols: &mut FileSymbols) {
    const INHERITED: [&str; 3] = ["is_pydantic", "is_exception", "is_typed_dict"];
    let mut known: HashSet<(String, &str)> = HashSet::new();
    for symbol in symbols.symbols.iter_mut().filter(|symbol| symbol.kind == SymbolKind::Class) {
        for flag in INHERITED {
            let bases = symbol.metadata.get("base_classes").and_then(Value::as_array);
            let inherits = bases.into_iter().flatten().filter_map(Value::as_str).any(|base| {
                let base = base.split('[').next().unwrap_or(base);
                known.contains(&(base.to_owned(), flag))
            });
            if inherits {
                symbol.metadata.insert(flag.into(), true.into());
            }
            if symbol.metadata.contains_key(flag) {
                known.insert((symbol.name.clone(), flag));
            }
        }
    }
}

/// The module's own symbol.
fn module(file: &File<'_>, exports: Option<Exports>) -> Option<Symbol> {
    if file.text.trim().is_empty() {
        return None;
    }
    let path = module_path(file.path);
    let name = path.rsplit('.').next().filter(|name| !name.is_empty())?.to_owned();
    let doc_comment = docstring::of_block(file.root, file.text);
    let mut metadata = Map::new();
    if let Some(parts) = doc_comment.as_deref().and_then(sections::of) {
        metadata.insert("doc_sections".into(), parts);
    }
    if let Some(exports) = exports {
        metadata.insert("exports".into(), exports.names.into());
    }
    let is_private = |part: &str| part.starts_with('_') && !part.starts_with("__");
    let visibility = if path.split('.').any(is_private) { Visibility::Internal } else { Visibility::Public };
    let last = u32::try_from(file.text.lines().count()).unwrap_or(u32::MAX).max(1);
    metadata.insert("module_path".into(), path.clone().into());
    Some(Symbol {
        kind: SymbolKind::Module,
        name,
        container: None,
        signature: format!("module {path}"),
        doc_comment,
        line_start: 1,
        line_end: last,
        visibility,
        is_async: false,
        is_unsafe: false,
        return_type: None,
        generics: None,
        attributes: Vec::new(),
        metadata,
    })
}

/// `requests.models` of `src/requests/models.py`; a package is what its `__init__.py` is.
fn module_path(path: &str) -> String {
    let stem = path.strip_suffix(".py").or_else(|| path.strip_suffix(".pyi")).or_else(|| path.strip_suffix(".pyw"));
    let mut parts: Vec<&str> =
        stem.unwrap_or(path).split(['/', '\\']).filter(|part| !part.is_empty() && *part != ".").collect();
    if parts.len() > 1 && matches!(parts.first(), Some(&("src" | "lib" | "python"))) {
        parts.remove(0);
    }
    if parts.len() > 1 && parts.last() == Some(&"__init__") {
        parts.pop();
    }
    parts.join(".")
}

/// `__all__` with all that is added to it; `None` where there is none.
fn exports(file: &File<'_>) -> Option<Exports> {
    if !file.text.contains("__all__") {
        return None;
    }
    let mut found: Option<Exports> = None;
    for statement in statements(file.root) {
        let Some(node) = statement.named_child(0).filter(|_| statement.kind() == "expression_statement") else {
            continue;
        };
        match node.kind() {
            "assignment" | "augmented_assignment" => {
                let is_all = field(node, "left").is_some_and(|left| file.text(left) == "__all__");
                if let Some(value) = field(node, "right").filter(|_| is_all) {
                    collect(value, file, found.get_or_insert_default());
                }
            }
            "call" => {
                let function = field(node, "function").map(|function| file.text(function)).unwrap_or_default();
                let arguments = field(node, "arguments");
                match (function, arguments) {
                    ("__all__.extend" | "__all__.append", Some(arguments)) => {
                        let found = found.get_or_insert_default();
                        named(arguments).for_each(|argument| collect(argument, file, found));
                    }
                    ("__all__.remove", Some(arguments)) => {
                        let gone = arguments.named_child(0).and_then(|name| docstring::literal(name, file.text));
                        if let (Some(found), Some(gone)) = (found.as_mut(), gone) {
                            found.names.retain(|name| *name != gone);
                        }
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }
    found
}

/// A module's statements, those of its conditions with them.
fn statements(root: Node<'_>) -> Vec<Node<'_>> {
    let mut found = Vec::new();
    for statement in named(root) {
        found.push(statement);
        if matches!(statement.kind(), "if_statement" | "try_statement") {
            for block in named(statement) {
                let block =
                    if block.kind() == "block" { Some(block) } else { named(block).find(|n| n.kind() == "block") };
                found.extend(block.into_iter().flat_map(named));
            }
        }
    }
    found
}

/// Names in lists, tuples and sums of them.
fn collect(value: Node<'_>, file: &File<'_>, found: &mut Exports) {
    let mut open = vec![value];
    while let Some(node) = open.pop() {
        match node.kind() {
            "string" | "concatenated_string" => found.names.extend(docstring::literal(node, file.text)),
            "list" | "tuple" | "set" | "parenthesized_expression" | "binary_operator" | "expression_list" => {
                let mut children: Vec<_> = named(node).collect();
                children.reverse();
                open.extend(children);
            }
            "comment" => {}
            _ => found.has_more = true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::module_path;

    #[test]
    fn paths() {
        assert_eq!(module_path("src/requests/models.py"), "requests.models");
        assert_eq!(module_path("requests/__init__.py"), "requests");
        assert_eq!(module_path("__init__.py"), "__init__");
        assert_eq!(module_path("setup.py"), "setup");
    }
}

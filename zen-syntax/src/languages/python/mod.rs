//! Python. Private is what begins with an underscore: `_name` is internal to its module or protected in its class,
//! `__name` private, `__name__` public; where a module has `__all__`, what it doesn't list is internal. A file is a module
//! symbol of its own, with the file's docstring.
//!
//! Metadata of functions: `parameters` (name, type, default, and a `kind` where it isn't the plain one: `positional_only`,
//! `keyword_only`, `var_positional`, `var_keyword`; `self` and `cls` are left out), `decorators`, and these where true:
//! `is_generator`, `is_property`, `is_setter`, `is_deleter`, `is_classmethod`, `is_staticmethod`, `is_abstract`,
//! `is_overload`, `is_override`, `is_final`, `is_deprecated`, `is_context_manager`. Of classes: `base_classes`,
//! `metaclass`, `decorators`, `fields` (name, type, default, description; `is_instance` where only `__init__` sets it),
//! `variants` (name, value, description) of enumerations, `is_protocol`, `is_pydantic`, `is_dataclass`, `is_typed_dict`,
//! `is_named_tuple`, `is_exception`, `is_abstract`, `is_final`, `is_deprecated`. Of constants and aliases: `value`,
//! `is_final`. Of modules: `module_path` and `exports` (what `__all__` lists). Of all: `doc_sections` with lists of `args`,
//! `attributes` (name, type, description), `returns`, `yields` (type, description), `raises`, `warns` (type, description),
//! `examples`, `notes`, `see_also` and `deprecated` (text).

mod classes;
mod docstring;
mod exports;
mod functions;
mod sections;
mod values;

use std::sync::OnceLock;

use tree_sitter::Node;

use crate::language::Language;
use crate::nodes::{compact, field, is_within, named, without_comments};
use crate::rules::{Definition, File, Rules};
use crate::signature::one_line;
use crate::symbol::{FileSymbols, Relation, Symbol, SymbolKind, Visibility};

pub(crate) static PYTHON: Language = Language {
    name: "python",
    title: "Python",
    extensions: &["py", "pyi", "pyw"],
    file_names: &[],
    separator: ".",
    grammar: tree_sitter_python::LANGUAGE,
    query: include_str!("tags.scm"),
    rules: &PythonRules,
    compiled: OnceLock::new(),
};

struct PythonRules;

impl Rules for PythonRules {
    fn outer<'t>(&self, definition: &Definition<'t>) -> Node<'t> {
        match definition.node.parent() {
            Some(parent) if parent.kind() == "decorated_definition" => parent,
            _ => definition.node,
        }
    }

    fn name(&self, definition: &Definition<'_>, file: &File<'_>) -> Option<String> {
        if is_within(file.root, definition.node, &["function_definition", "lambda"]) {
            return None;
        }
        match definition.node.kind() {
            "assignment" => values::name(definition, file),
            "type_alias_statement" => file.text(definition.name).split('[').next().map(|name| name.trim().to_owned()),
            _ => Some(file.text(definition.name).to_owned()),
        }
    }

    fn doc(&self, definition: &Definition<'_>, file: &File<'_>) -> Option<String> {
        match definition.body {
            Some(body) => docstring::of_block(body, file.text),
            None => docstring::of_assignment(definition.node, file.text),
        }
    }

    fn signature(&self, definition: &Definition<'_>, file: &File<'_>) -> String {
        let node = definition.node;
        if node.kind() == "assignment" {
            return values::signature(node, file);
        }
        let last = ["return_type", "parameters", "superclasses", "type_parameters", "name"];
        let last = last.into_iter().find_map(|name| field(node, name));
        let end = last.filter(|_| definition.body.is_some()).map_or(node.end_byte(), |last| last.end_byte());
        one_line(&without_comments(file.text, node, node.start_byte()..end, &["#"]))
    }

    fn describe(&self, definition: &Definition<'_>, file: &File<'_>, symbol: &mut Symbol) -> bool {
        let node = definition.node;
        symbol.visibility = visibility(&symbol.name, symbol.container.is_some());
        symbol.generics = field(node, "type_parameters").map(|found| one_line(file.text(found)));
        let outer = self.outer(definition);
        if outer.kind() == "decorated_definition" {
            let decorators = named(outer).filter(|child| child.kind() == "decorator");
            symbol.attributes =
                decorators.filter_map(|d| d.named_child(0)).map(|name| one_line(file.text(name))).collect();
            symbol.metadata.insert("decorators".into(), symbol.attributes.clone().into());
        }
        let decorators = symbol.attributes.clone();
        match node.kind() {
            "function_definition" => functions::describe(node, &decorators, file, symbol),
            "class_definition" => classes::describe(node, &decorators, file, symbol),
            "type_alias_statement" => alias(node, file, symbol),
            _ => values::describe(node, file, symbol),
        }
        if let Some(parts) = symbol.doc_comment.as_deref().and_then(sections::of) {
            symbol.metadata.insert("doc_sections".into(), parts);
        }
        true
    }

    fn reference(&self, relation: Relation, name: Node<'_>, file: &File<'_>) -> Option<String> {
        match relation {
            Relation::Imports => imported(name, file),
            Relation::Calls => called(name, file),
            _ => Some(compact(file.text(name))),
        }
    }

    fn finish(&self, file: &File<'_>, symbols: &mut FileSymbols) {
        exports::finish(file, symbols);
    }
}

fn visibility(name: &str, is_member: bool) -> Visibility {
    match name.strip_prefix('_') {
        None => Visibility::Public,
        Some(rest) if rest.starts_with('_') && rest.ends_with("__") => Visibility::Public,
        Some(rest) if rest.starts_with('_') => Visibility::Private,
        Some(_) if is_member => Visibility::Protected,
        Some(_) => Visibility::Internal,
    }
}

/// `type Pair[T] = tuple[T, T]`
fn alias(node: Node<'_>, file: &File<'_>, symbol: &mut Symbol) {
    symbol.kind = SymbolKind::TypeAlias;
    let left = field(node, "left").map(|left| file.text(left)).unwrap_or_default();
    symbol.generics = left.find('[').and_then(|at| left.get(at..)).map(one_line);
    if let Some(right) = field(node, "right") {
        symbol.metadata.insert("value".into(), one_line(file.text(right)).into());
    }
}

/// What an import names: `os.path`, and `os.path` of `from os import path`.
fn imported(name: Node<'_>, file: &File<'_>) -> Option<String> {
    let parent = name.parent()?;
    let statement = if parent.kind() == "aliased_import" { parent.parent()? } else { parent };
    let name = compact(file.text(name));
    let Some(module) = field(statement, "module_name") else { return Some(name) };
    let module = compact(file.text(module));
    let dot = if module.ends_with('.') { "" } else { "." };
    Some(format!("{module}{dot}{name}"))
}

/// The name of what is called. What stands before the last name says nothing where it is a value: `"".join` is `join`.
/// What Python's own decorators do is said by the methods' metadata.
fn called(name: Node<'_>, file: &File<'_>) -> Option<String> {
    let text = file.text(name);
    let is_plain = |c: char| c == '.' || c == '_' || c.is_alphanumeric();
    if matches!(text, "super" | "property" | "staticmethod" | "classmethod") {
        return None;
    }
    if text.ends_with(".setter") || text.ends_with(".deleter") {
        return None;
    }
    if text.chars().all(is_plain) {
        return Some(text.to_owned());
    }
    let whole = compact(text);
    if whole.chars().all(is_plain) || whole.strip_prefix("super().").is_some_and(|rest| rest.chars().all(is_plain)) {
        return Some(whole);
    }
    Some(field(name, "attribute").map_or(whole, |attribute| file.text(attribute).to_owned()))
}

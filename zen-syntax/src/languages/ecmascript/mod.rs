//! JavaScript, TypeScript and TSX, which differ in little but types. Public is what a module exports (ES modules and
//! CommonJS), all of a script without modules and of ambient declarations, and in classes what isn't `private`,
//! `protected` or `#private`; all else is internal. `@private`, `@protected`, `@internal` and the like lower that.
//! `default` is the name of a default export that has none.
//!
//! Metadata of all: `is_exported`, `is_default_export`, `export_names` (where others than the own one), `modifiers`
//! (`static`, `abstract`, `override`, `readonly`, `declare`, `get`, `set`, …), `decorators`, and `doc_sections` with lists
//! of `params`, `properties`, `type_params` (name, type, optional, default, description), `returns`, `yields`, `throws`
//! (type, description), `type`, `examples`, `deprecated`, `see_also`, `since` and `notes` (text). Of functions: `parameters` (name,
//! type, default, optional, rest), `type_parameters` (name, constraint, default), `is_generator`, `is_property` (`get`,
//! `set`), `is_constructor`, `is_abstract`, `is_overload`. Of classes and interfaces: `base_classes`, `implements`,
//! `type_parameters`, `fields` (name, type, default, optional, static, readonly, visibility, description; `is_instance`
//! where the constructor makes them), `methods` and `signatures` (of calls, construction, indexes) of interfaces and
//! object types. Of enumerations: `variants` (name, value, description). Of constants: `value`.

mod exports;
mod jsdoc;
mod members;
mod placement;
mod values;

use std::sync::OnceLock;

use tree_sitter::Node;

use crate::language::Language;
use crate::nodes::{ancestor, children, compact, field, has, is_within, named, without_comments};
use crate::rules::{Definition, File, Rules};
use crate::signature::one_line;
use crate::symbol::{FileSymbols, Relation, Symbol, SymbolKind};
use values::{class_in, function_in, value_of};

pub(crate) static JAVASCRIPT: Language = Language {
    name: "javascript",
    title: "JavaScript",
    extensions: &["js", "jsx", "mjs", "cjs"],
    file_names: &[],
    separator: ".",
    grammar: tree_sitter_javascript::LANGUAGE,
    query: concat!(include_str!("shared.scm"), include_str!("javascript.scm"), include_str!("jsx.scm")),
    rules: &EcmaRules { is_typed: false },
    compiled: OnceLock::new(),
};

pub(crate) static TYPESCRIPT: Language = Language {
    name: "typescript",
    title: "TypeScript",
    extensions: &["ts", "mts", "cts"],
    file_names: &[],
    separator: ".",
    grammar: tree_sitter_typescript::LANGUAGE_TYPESCRIPT,
    query: concat!(include_str!("shared.scm"), include_str!("typescript.scm")),
    rules: &EcmaRules { is_typed: true },
    compiled: OnceLock::new(),
};

pub(crate) static TSX: Language = Language {
    name: "tsx",
    title: "TSX",
    extensions: &["tsx"],
    file_names: &[],
    separator: ".",
    grammar: tree_sitter_typescript::LANGUAGE_TSX,
    query: concat!(include_str!("shared.scm"), include_str!("typescript.scm"), include_str!("jsx.scm")),
    rules: &EcmaRules { is_typed: true },
    compiled: OnceLock::new(),
};

/// What has locals.
const FUNCTIONS: [&str; 7] = [
    "function_declaration",
    "generator_function_declaration",
    "function_expression",
    "generator_function",
    "arrow_function",
    "method_definition",
    "class_static_block",
];

struct EcmaRules {
    /// Whether there are types in the code.
    is_typed: bool,
}

impl Rules for EcmaRules {
    /// With `export`, `declare` and, where it is the only one, the keyword of a variable.
    fn outer<'t>(&self, definition: &Definition<'t>) -> Node<'t> {
        let mut at = definition.node;
        if is_inner(at.kind()) {
            return at;
        }
        while let Some(parent) = at.parent() {
            let is_wrapper = match parent.kind() {
                "export_statement" | "ambient_declaration" => true,
                "expression_statement" => at.kind() == "internal_module",
                "lexical_declaration" | "variable_declaration" => !is_one_of_many(parent),
                _ => false,
            };
            if !is_wrapper {
                break;
            }
            at = parent;
        }
        at
    }

    fn name(&self, definition: &Definition<'_>, file: &File<'_>) -> Option<String> {
        let node = definition.node;
        let text = || members::property_name(file.text(definition.name));
        let name = match node.kind() {
            "variable_declarator" => {
                let is_module = || value_of(node).is_some_and(|value| values::is_required(value, file));
                return (is_exported(node) || !is_module()).then(text);
            }
            "public_field_definition" | "field_definition" => {
                let is_function = value_of(node).is_some_and(|value| function_in(value).is_some());
                (is_function || values::is_constant_field(node, file)).then(text)
            }
            "method_definition" | "pair" if node.parent().is_some_and(|parent| parent.kind() == "object") => {
                return values::object_member_name(node, definition.name, file);
            }
            "assignment_expression" => return values::assigned_name(node, file),
            "export_statement" => return default_name(node, file),
            _ => Some(text()),
        }?;
        let is_anonymous = is_member(node) && !is_in_named_class(node);
        (!is_anonymous && !is_within(file.root, node, &FUNCTIONS)).then_some(name)
    }

    fn doc(&self, definition: &Definition<'_>, file: &File<'_>) -> Option<String> {
        let outer = self.outer(definition);
        let statement = || match outer.kind() {
            // The first of several variables, or the value of an assignment.
            "variable_declarator" => {
                let list = outer.parent()?;
                let is_first = list.named_child(0) == Some(outer);
                let top = list.parent().filter(|parent| parent.kind() == "export_statement").unwrap_or(list);
                is_first.then_some(top)
            }
            "assignment_expression" => ancestor(outer, &["expression_statement"]),
            _ => None,
        };
        jsdoc::above(outer, file.text).or_else(|| jsdoc::above(statement()?, file.text))
    }

    fn signature(&self, definition: &Definition<'_>, file: &File<'_>) -> String {
        let node = definition.node;
        let outer = self.outer(definition);
        let value = value_of(node).filter(|_| node.kind() != "type_alias_declaration");
        let code = code_of(node);
        let end = match body_of(code) {
            Some(body) => body.start_byte(),
            None => value.filter(|value| !is_short(*value)).map_or(outer.end_byte(), |value| value.start_byte()),
        };
        let start = start_of(outer);
        let text = one_line(&without_comments(file.text, outer, start..end.max(start), &["//", "/*"]));
        let is_cut = code == node && value.is_some_and(|value| end == value.start_byte());
        let text = if is_cut { format!("{text} = …") } else { text };
        match node.parent().filter(|parent| is_one_of_many(*parent) && outer == node) {
            Some(list) => format!("{} {text}", list.child(0).map(|keyword| file.text(keyword)).unwrap_or_default()),
            None => text,
        }
    }

    fn opaque(&self) -> &'static [&'static str] {
        if self.is_typed { &["type_annotation", "type_arguments", "string", "regex"] } else { &["string", "regex"] }
    }

    fn describe(&self, definition: &Definition<'_>, file: &File<'_>, symbol: &mut Symbol) -> bool {
        let node = definition.node;
        let outer = self.outer(definition);
        let code = code_of(node);
        placement::place(node, file, symbol);
        symbol.kind = kind(definition, code, symbol.kind);
        placement::decorate(node, outer, file, symbol);
        let modifiers = members::modifiers(node, outer);
        members::type_parameters(code, file, symbol);
        match symbol.kind {
            SymbolKind::Function | SymbolKind::Method => {
                symbol.is_async = has(code, "async");
                symbol.return_type = members::type_in(code, "return_type", file);
                let is_property = modifiers.contains(&"get") || modifiers.contains(&"set");
                let is_signature = matches!(node.kind(), "function_signature" | "method_signature");
                let parent = node.parent().map(|parent| parent.kind());
                let is_ambient = || placement::is_within_ambient(node, file) || parent == Some("interface_body");
                let flags = [
                    ("is_generator", code.kind().starts_with("generator") || has(code, "*")),
                    ("is_property", is_property),
                    ("is_constructor", symbol.name == "constructor" && is_member(node)),
                    ("is_abstract", modifiers.contains(&"abstract")),
                    ("is_overload", is_signature && !is_ambient()),
                ];
                for (flag, _) in flags.iter().filter(|(_, is)| *is) {
                    symbol.metadata.insert((*flag).into(), true.into());
                }
                symbol.metadata.insert("parameters".into(), members::parameters(code, file).into());
            }
            SymbolKind::Class | SymbolKind::Interface => {
                members::heritage(code, file, symbol);
                match field(code, "body") {
                    Some(body) if symbol.kind == SymbolKind::Class => members::class_fields(body, file, symbol),
                    Some(body) => members::interface(body, file, symbol),
                    None => {}
                }
                if modifiers.contains(&"abstract") || node.kind() == "abstract_class_declaration" {
                    symbol.metadata.insert("is_abstract".into(), true.into());
                }
            }
            SymbolKind::Enum => {
                let variants = field(code, "body").map(|body| members::variants(body, file)).unwrap_or_default();
                symbol.metadata.insert("variants".into(), variants.into());
            }
            SymbolKind::TypeAlias => {
                if let Some(body) = field(node, "value").filter(|value| value.kind() == "object_type") {
                    members::interface(body, file, symbol);
                }
            }
            SymbolKind::Const | SymbolKind::Static => {
                symbol.return_type = members::type_in(node, "type", file);
                let value = value_of(node).map(values::last_value);
                if let Some(value) = value.and_then(|value| values::short(value, file)) {
                    symbol.metadata.insert("value".into(), value.into());
                }
            }
            _ => {}
        }
        if !modifiers.is_empty() {
            symbol.metadata.insert("modifiers".into(), modifiers.into());
        }
        if let Some(sections) = symbol.doc_comment.as_deref().and_then(jsdoc::sections) {
            if symbol.return_type.is_none() {
                symbol.return_type = jsdoc::type_of(&sections, symbol.kind);
            }
            symbol.metadata.insert("doc_sections".into(), sections);
        }
        true
    }

    fn reference(&self, relation: Relation, name: Node<'_>, file: &File<'_>) -> Option<String> {
        let text = file.text(name);
        match relation {
            Relation::Imports => Some(members::property_name(text)),
            Relation::Calls => called(name, file),
            _ => Some(compact(text)),
        }
    }

    fn finish(&self, file: &File<'_>, symbols: &mut FileSymbols) {
        exports::finish(file, symbols);
    }
}

/// Whether a declaration has several variables.
fn is_one_of_many(list: Node<'_>) -> bool {
    matches!(list.kind(), "lexical_declaration" | "variable_declaration")
        && named(list).filter(|node| node.kind() == "variable_declarator").nth(1).is_some()
}

fn is_exported(declarator: Node<'_>) -> bool {
    declarator.parent().and_then(|list| list.parent()).is_some_and(|parent| parent.kind() == "export_statement")
}

/// Whether nodes of this kind only stand in classes, interfaces, objects and statements, and nothing wraps them.
fn is_inner(kind: &str) -> bool {
    matches!(
        kind,
        "method_definition"
            | "method_signature"
            | "abstract_method_signature"
            | "public_field_definition"
            | "field_definition"
            | "assignment_expression"
            | "pair"
    )
}

/// Whether a node is a member of a class or interface.
fn is_member(node: Node<'_>) -> bool {
    is_inner(node.kind())
        && node.parent().is_some_and(|parent| matches!(parent.kind(), "class_body" | "interface_body"))
}

/// Whether the class around a member is a symbol: a declaration, or the value of something that is.
fn is_in_named_class(member: Node<'_>) -> bool {
    let Some(class) = member.parent().and_then(|body| body.parent()).filter(|class| class.kind() == "class") else {
        return true;
    };
    let holder = class.parent().map(|parent| parent.kind());
    matches!(holder, Some("variable_declarator" | "assignment_expression" | "export_statement"))
}

/// A default export's own name, or `default`.
fn default_name(statement: Node<'_>, file: &File<'_>) -> Option<String> {
    let value = field(statement, "value")?;
    let is_code = function_in(value).is_some() || class_in(value).is_some();
    let name = field(value, "name").filter(|_| is_code).map(|name| file.text(name));
    Some(name.unwrap_or("default").to_owned())
}

/// The function or class that a declaration gives a name to; itself where it is one.
fn code_of(node: Node<'_>) -> Node<'_> {
    value_of(node)
        .filter(|_| node.kind() != "type_alias_declaration")
        .and_then(|value| function_in(value).or_else(|| class_in(value)))
        .unwrap_or(node)
}

/// What the signature leaves out.
fn body_of(code: Node<'_>) -> Option<Node<'_>> {
    field(code, "body")
}

fn is_short(value: Node<'_>) -> bool {
    value.start_position().row == value.end_position().row && value.end_byte() - value.start_byte() <= values::MAX_VALUE
        || !matches!(
            values::unwrapped(value).kind(),
            "object" | "array" | "call_expression" | "template_string" | "string" | "new_expression"
        ) && value.end_byte() - value.start_byte() <= 2 * values::MAX_VALUE
}

/// Where a declaration begins, its decorators left out.
fn start_of(outer: Node<'_>) -> usize {
    let first = children(outer).find(|node| !matches!(node.kind(), "decorator" | "comment"));
    first.map_or(outer.start_byte(), |first| first.start_byte())
}

fn kind(definition: &Definition<'_>, code: Node<'_>, known: SymbolKind) -> SymbolKind {
    if code == definition.node {
        let keyword = definition.node.parent().and_then(|list| list.child(0)).map(|keyword| keyword.kind());
        let is_variable = definition.node.kind() == "variable_declarator" && keyword != Some("const");
        return if is_variable { SymbolKind::Static } else { known };
    }
    if code.kind() == "class" {
        SymbolKind::Class
    } else if is_member(definition.node) || known == SymbolKind::Method {
        SymbolKind::Method
    } else {
        SymbolKind::Function
    }
}

/// The name of what is called. What stands before the last name says nothing where it is a value: `f(x).then` is `then`.
fn called(name: Node<'_>, file: &File<'_>) -> Option<String> {
    let text = file.text(name);
    let is_plain = |c: char| c == '.' || c == '_' || c == '$' || c == '#' || c.is_alphanumeric();
    if text == "require" {
        return None;
    }
    if text.chars().all(is_plain) {
        return Some(text.to_owned());
    }
    let whole = compact(text).replace(['?', '!'], "");
    if whole.chars().all(is_plain) {
        return Some(whole);
    }
    field(name, "property").map(|property| file.text(property).to_owned())
}

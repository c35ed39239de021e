//! Classes: bases, what they make of a class, fields and enum members.

use serde_json::{Map, Value};
use tree_sitter::Node;

use super::docstring;
use super::values::{is_constant_name, is_final};
use crate::nodes::{field, named};
use crate::rules::File;
use crate::signature::one_line;
use crate::symbol::{Symbol, SymbolKind};

/// Values longer than this are left out of lists of fields.
const MAX_VALUE: usize = 200;

/// Fills in what a class has.
pub(super) fn describe(node: Node<'_>, decorators: &[String], file: &File<'_>, symbol: &mut Symbol) {
    let bases = bases(node, file);
    if is_enum(&bases) {
        symbol.kind = SymbolKind::Enum;
    }
    for flag in flags(&bases, decorators) {
        symbol.metadata.insert(flag.into(), true.into());
    }
    if symbol.generics.is_none() {
        let mut generic = bases.iter().filter(|base| matches!(last(base), "Generic" | "Protocol"));
        symbol.generics = generic.find_map(|base| base.split_once('[')).map(|(_, rest)| format!("[{rest}"));
    }
    if let Some(meta) = keyword(node, "metaclass", file) {
        if last(&meta) == "ABCMeta" {
            symbol.metadata.insert("is_abstract".into(), true.into());
        }
        symbol.metadata.insert("metaclass".into(), meta.into());
    }
    if !bases.is_empty() {
        symbol.metadata.insert("base_classes".into(), bases.into());
    }
    let Some(body) = field(node, "body") else { return };
    let is_enum = symbol.kind == SymbolKind::Enum;
    let (mut fields, mut variants) = (Vec::new(), Vec::new());
    for statement in named(body) {
        if let Some(assignment) = assignment_of(statement) {
            let is_variant = is_enum && field(assignment, "type").is_none();
            if let Some(row) = attribute(assignment, is_variant, file) {
                if is_variant { variants.push(row) } else { fields.push(row) }
            }
        } else if let Some(init) = initializer(statement, file) {
            instance_fields(init, &mut fields, file);
        }
    }
    if is_enum {
        symbol.metadata.insert("variants".into(), variants.into());
    }
    if !fields.is_empty() {
        symbol.metadata.insert("fields".into(), fields.into());
    }
}

/// The base classes as written; keyword arguments are none.
fn bases(class: Node<'_>, file: &File<'_>) -> Vec<String> {
    let Some(list) = field(class, "superclasses") else { return Vec::new() };
    let is_base =
        |node: &Node<'_>| !matches!(node.kind(), "keyword_argument" | "comment" | "dictionary_splat" | "ERROR");
    named(list).filter(is_base).map(|node| one_line(file.text(node))).collect()
}

/// The value of a keyword in the list of bases.
fn keyword(class: Node<'_>, name: &str, file: &File<'_>) -> Option<String> {
    let list = field(class, "superclasses")?;
    let argument = named(list)
        .filter(|node| node.kind() == "keyword_argument")
        .find(|node| field(*node, "name").is_some_and(|found| file.text(found) == name))?;
    field(argument, "value").map(|value| one_line(file.text(value)))
}

/// The last part of a dotted name, without type arguments and calls.
pub(super) fn last(name: &str) -> &str {
    let name = name.split(['[', '(']).next().unwrap_or(name).trim();
    name.rsplit('.').next().unwrap_or(name)
}

/// Whether a class with these bases is an enumeration.
fn is_enum(bases: &[String]) -> bool {
    bases.iter().any(|base| last(base).ends_with("Enum") || matches!(last(base), "Flag" | "IntFlag"))
}

/// Whether the class around an assignment is an enumeration.
pub(super) fn is_enum_class(class: Node<'_>, file: &File<'_>) -> bool {
    is_enum(&bases(class, file))
}

fn flags(bases: &[String], decorators: &[String]) -> Vec<&'static str> {
    let mut flags = Vec::new();
    for base in bases {
        match last(base) {
            "Protocol" => flags.push("is_protocol"),
            "BaseModel" | "BaseSettings" | "RootModel" | "GenericModel" | "SQLModel" => flags.push("is_pydantic"),
            "ABC" => flags.push("is_abstract"),
            "TypedDict" => flags.push("is_typed_dict"),
            "NamedTuple" => flags.push("is_named_tuple"),
            "BaseException" => flags.push("is_exception"),
            other if other.ends_with("Error") || other.ends_with("Exception") || other.ends_with("Warning") => {
                flags.push("is_exception");
            }
            _ => {}
        }
    }
    for decorator in decorators {
        let name = decorator.split('(').next().unwrap_or(decorator).trim();
        match name {
            "attr.s" | "attr.attrs" | "attr.dataclass" | "define" | "frozen" | "attr.define" | "attr.frozen"
            | "attr.mutable" | "attrs.define" | "attrs.frozen" | "attrs.mutable" => flags.push("is_dataclass"),
            "final" | "typing.final" | "typing_extensions.final" | "t.final" => flags.push("is_final"),
            "deprecated" | "typing_extensions.deprecated" | "warnings.deprecated" => flags.push("is_deprecated"),
            _ if last(name) == "dataclass" => flags.push("is_dataclass"),
            _ => {}
        }
    }
    flags
}

fn assignment_of(statement: Node<'_>) -> Option<Node<'_>> {
    let only = statement.named_child(0)?;
    (statement.kind() == "expression_statement" && only.kind() == "assignment").then_some(only)
}

/// One field, or member of an enumeration. Constants are symbols of their own, names in two underscores Python's.
fn attribute(assignment: Node<'_>, is_variant: bool, file: &File<'_>) -> Option<Value> {
    let target = field(assignment, "left").filter(|left| left.kind() == "identifier")?;
    let name = file.text(target);
    if name.starts_with("__") || (is_variant && name.starts_with('_')) {
        return None;
    }
    let of = field(assignment, "type").map(|of| one_line(file.text(of)));
    if !is_variant && (is_constant_name(name) || of.as_deref().is_some_and(is_final)) {
        return None;
    }
    let value = if is_variant { "value" } else { "default" };
    let mut row = row(name, of, field(assignment, "right"), value, file);
    if let Some(doc) = docstring::of_assignment(assignment, file.text) {
        row.insert("description".into(), doc.into());
    }
    Some(Value::Object(row))
}

fn row(name: &str, of: Option<String>, value: Option<Node<'_>>, key: &str, file: &File<'_>) -> Map<String, Value> {
    let mut row = Map::new();
    row.insert("name".into(), name.into());
    if let Some(of) = of {
        row.insert("type".into(), of.into());
    }
    if let Some(value) = value.map(|value| one_line(file.text(value))).filter(|value| value.len() <= MAX_VALUE) {
        row.insert(key.into(), value.into());
    }
    row
}

/// The body of `__init__`.
fn initializer<'t>(statement: Node<'t>, file: &File<'_>) -> Option<Node<'t>> {
    if statement.kind() != "function_definition" {
        return None;
    }
    field(statement, "name").filter(|name| file.text(*name) == "__init__").and_then(|_| field(statement, "body"))
}

/// What `__init__` gives `self` in statements of its own, and the class does not declare.
fn instance_fields(body: Node<'_>, fields: &mut Vec<Value>, file: &File<'_>) {
    for assignment in named(body).filter_map(assignment_of) {
        let Some(target) = field(assignment, "left").filter(|left| left.kind() == "attribute") else { continue };
        let Some(name) = file.text(target).strip_prefix("self.") else { continue };
        if name.contains('.') || fields.iter().any(|row| row["name"] == name) {
            continue;
        }
        let of = field(assignment, "type").map(|of| one_line(file.text(of)));
        let mut row = row(name, of, None, "default", file);
        row.insert("is_instance".into(), true.into());
        if let Some(doc) = docstring::of_assignment(assignment, file.text) {
            row.insert("description".into(), doc.into());
        }
        fields.push(Value::Object(row));
    }
}

//! Names that are given a value: constants, variables, and types made by assignment.

use serde_json::{Value, json};
use tree_sitter::Node;

use super::classes::{is_enum_class, last};
use super::docstring;
use crate::nodes::{field, named};
use crate::rules::{Definition, File};
use crate::signature::one_line;
use crate::symbol::{Symbol, SymbolKind};

/// Longer values say nothing that a reader of an index wants.
const MAX_VALUE: usize = 200;

/// Generic types whose application to arguments is a type, not a value.
const GENERIC: [&str; 26] = [
    "Annotated",
    "AsyncGenerator",
    "AsyncIterator",
    "Awaitable",
    "Callable",
    "ClassVar",
    "Coroutine",
    "Dict",
    "FrozenSet",
    "Generator",
    "Iterable",
    "Iterator",
    "List",
    "Literal",
    "Mapping",
    "MutableMapping",
    "Optional",
    "Sequence",
    "Set",
    "Tuple",
    "Type",
    "Union",
    "dict",
    "list",
    "tuple",
    "type",
];

/// `UPPER_CASE`, `_PRIVATE`, `__version__`.
pub(super) fn is_constant_name(name: &str) -> bool {
    if name.len() > 4 && name.starts_with("__") && name.ends_with("__") {
        return true;
    }
    name.contains(|c: char| c.is_ascii_uppercase()) && !name.contains(char::is_lowercase)
}

/// Whether an annotation says that a name is never given another value.
pub(super) fn is_final(annotation: &str) -> bool {
    last(annotation) == "Final" || annotation.contains("ClassVar[Final")
}

/// Whether an assignment is a symbol, and its name. In classes only constants are (`definition.const` is the class's
/// pattern); of a module's variables the public ones, of its constants all.
pub(super) fn name(definition: &Definition<'_>, file: &File<'_>) -> Option<String> {
    let name = file.text(definition.name);
    let annotation = || field(definition.node, "type").map(|of| file.text(of));
    let is_constant = is_constant_name(name) || annotation().is_some_and(is_final);
    if definition.kind == SymbolKind::Const {
        let class = definition.node.parent()?.parent()?.parent()?;
        return (is_constant && !name.starts_with("__") && !is_enum_class(class, file)).then(|| name.to_owned());
    }
    let is_alias = || annotation().is_some_and(|of| last(of) == "TypeAlias") || made(definition.node, file).is_some();
    let is_wanted = name != "__all__" && name != "_" && (!name.starts_with('_') || is_constant || is_alias());
    (is_wanted && !is_for_main(definition.node, file)).then(|| name.to_owned())
}

/// Within `if __name__ == "__main__":`.
fn is_for_main(assignment: Node<'_>, file: &File<'_>) -> bool {
    let around = assignment.parent().and_then(|statement| statement.parent()).filter(|block| block.kind() == "block");
    let condition = around.and_then(|block| block.parent()).and_then(|statement| field(statement, "condition"));
    condition.is_some_and(|condition| file.text(condition).contains("__name__"))
}

/// A type that an assignment makes.
enum Made {
    Alias,
    NamedTuple,
    TypedDict,
    Enum,
}

fn made(assignment: Node<'_>, file: &File<'_>) -> Option<Made> {
    let value = field(assignment, "right")?;
    let text = file.text(field(assignment, "left")?);
    match value.kind() {
        "call" => match last(file.text(field(value, "function")?)) {
            "NewType" => Some(Made::Alias),
            "namedtuple" | "NamedTuple" => Some(Made::NamedTuple),
            "TypedDict" => Some(Made::TypedDict),
            "Enum" | "IntEnum" | "StrEnum" | "Flag" | "IntFlag" => Some(Made::Enum),
            _ => None,
        },
        _ if is_constant_name(text) || !text.trim_start_matches('_').starts_with(char::is_uppercase) => None,
        "subscript" => GENERIC.contains(&last(file.text(field(value, "value")?))).then_some(Made::Alias),
        "binary_operator" => {
            let is_union = field(value, "operator").is_some_and(|operator| file.text(operator) == "|");
            is_union.then_some(Made::Alias)
        }
        _ => None,
    }
}

/// What is assigned: the last of `first = second = value`.
fn value_of(assignment: Node<'_>) -> Option<Node<'_>> {
    let mut value = field(assignment, "right")?;
    while value.kind() == "assignment" {
        value = field(value, "right")?;
    }
    Some(value)
}

/// Fills in what a name has.
pub(super) fn describe(node: Node<'_>, file: &File<'_>, symbol: &mut Symbol) {
    if symbol.kind == SymbolKind::Static {
        // `second` of `first = second = value` does not stand in `first`.
        symbol.container = None;
    }
    let annotation = field(node, "type").map(|of| one_line(file.text(of)));
    let is_final = annotation.as_deref().is_some_and(is_final);
    let is_alias = annotation.as_deref().is_some_and(|of| last(of) == "TypeAlias");
    let simple = field(node, "left").is_some_and(|left| left.kind() == "identifier");
    symbol.kind = match made(node, file).filter(|_| simple) {
        _ if is_alias => SymbolKind::TypeAlias,
        Some(Made::Alias) => SymbolKind::TypeAlias,
        Some(Made::Enum) => {
            symbol.metadata.insert("variants".into(), members(node, file).into());
            SymbolKind::Enum
        }
        Some(made) => {
            let flag = if matches!(made, Made::TypedDict) { "is_typed_dict" } else { "is_named_tuple" };
            symbol.metadata.insert(flag.into(), true.into());
            symbol.metadata.insert("fields".into(), members(node, file).into());
            SymbolKind::Class
        }
        None if is_final || is_constant_name(&symbol.name) => SymbolKind::Const,
        None => SymbolKind::Static,
    };
    if is_final {
        symbol.metadata.insert("is_final".into(), true.into());
    }
    symbol.return_type = annotation.filter(|_| !is_alias);
    let value = value_of(node).filter(|_| simple && symbol.kind != SymbolKind::Class);
    if let Some(value) = value.map(|value| one_line(file.text(value))).filter(|value| value.len() <= MAX_VALUE) {
        symbol.metadata.insert("value".into(), value.into());
    }
}

/// The declaration: with its value where that is short.
pub(super) fn signature(node: Node<'_>, file: &File<'_>) -> String {
    let Some(value) = field(node, "right") else { return one_line(file.text(node)) };
    if value.end_byte() - value.start_byte() <= MAX_VALUE && value.start_position().row == value.end_position().row {
        return one_line(file.text(node));
    }
    let head = file.text.get(node.start_byte()..value.start_byte()).unwrap_or_default();
    format!("{} = …", one_line(head))
}

/// The names in the second argument of `namedtuple("P", "x y")` and the like.
fn members(assignment: Node<'_>, file: &File<'_>) -> Vec<Value> {
    let list = field(assignment, "right").and_then(|call| field(call, "arguments"));
    let Some(second) = list.and_then(|list| named(list).filter(|n| n.kind() != "comment").nth(1)) else {
        return Vec::new();
    };
    if let Some(names) = docstring::literal(second, file.text) {
        let names = names.split([' ', ',', '\n', '\t']).filter(|name| !name.is_empty());
        return names.map(|name| json!({"name": name})).collect();
    }
    let entry = |node: Node<'_>| match node.kind() {
        "string" => docstring::literal(node, file.text).map(|name| json!({"name": name})),
        "tuple" | "pair" => {
            let name = docstring::literal(node.named_child(0)?, file.text)?;
            let of = one_line(file.text(node.named_child(1)?));
            Some(json!({"name": name, "type": of}))
        }
        _ => None,
    };
    named(second).filter_map(entry).collect()
}

//! Functions and methods: parameters, and what decorators and bodies say about them.

use serde_json::{Map, Value, json};
use tree_sitter::Node;

use crate::nodes::{field, named};
use crate::rules::File;
use crate::signature::one_line;
use crate::symbol::{Symbol, SymbolKind};

/// Fills in what a function has.
pub(super) fn describe(node: Node<'_>, decorators: &[String], file: &File<'_>, symbol: &mut Symbol) {
    symbol.is_async = node.child(0).is_some_and(|first| first.kind() == "async");
    symbol.return_type = field(node, "return_type").map(|found| one_line(file.text(found)));
    let flags = flags(decorators, symbol);
    for flag in flags {
        symbol.metadata.insert(flag.into(), true.into());
    }
    if let Some(body) = field(node, "body")
        && yields(body, file.text(body))
    {
        symbol.metadata.insert("is_generator".into(), true.into());
    }
    if let Some(list) = field(node, "parameters") {
        let has_receiver = symbol.kind == SymbolKind::Method && !symbol.metadata.contains_key("is_staticmethod");
        symbol.metadata.insert("parameters".into(), parameters(list, has_receiver, file).into());
    }
}

fn flags(decorators: &[String], symbol: &Symbol) -> Vec<&'static str> {
    let mut flags = Vec::new();
    for decorator in decorators {
        let name = decorator.split('(').next().unwrap_or(decorator).trim();
        let last = name.rsplit('.').next().unwrap_or(name);
        match last {
            "abstractproperty" => flags.extend(["is_property", "is_abstract"]),
            "computed_field" => flags.push("is_property"),
            // `cached_property`, `hybrid_property` and what else libraries make of it.
            property if property.ends_with("property") => flags.push("is_property"),
            "getter" if name.contains('.') => flags.push("is_property"),
            "setter" if name.contains('.') => flags.extend(["is_property", "is_setter"]),
            "deleter" if name.contains('.') => flags.extend(["is_property", "is_deleter"]),
            "classmethod" => flags.push("is_classmethod"),
            "abstractclassmethod" => flags.extend(["is_classmethod", "is_abstract"]),
            "staticmethod" => flags.push("is_staticmethod"),
            "abstractstaticmethod" => flags.extend(["is_staticmethod", "is_abstract"]),
            "abstractmethod" => flags.push("is_abstract"),
            "overload" => flags.push("is_overload"),
            "override" => flags.push("is_override"),
            "final" => flags.push("is_final"),
            "deprecated" => flags.push("is_deprecated"),
            "contextmanager" | "asynccontextmanager" => flags.push("is_context_manager"),
            _ => {}
        }
    }
    if symbol.kind == SymbolKind::Method && matches!(symbol.name.as_str(), "__init_subclass__" | "__class_getitem__") {
        flags.push("is_classmethod");
    }
    flags
}

/// Whether a body yields, functions within it left out.
fn yields(body: Node<'_>, text: &str) -> bool {
    if !text.contains("yield") {
        return false;
    }
    let mut cursor = body.walk();
    loop {
        let kind = cursor.node().kind();
        if kind == "yield" {
            return true;
        }
        let is_own = !matches!(kind, "function_definition" | "class_definition" | "lambda");
        if is_own && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return false;
            }
        }
    }
}

/// The parameters; `self` and `cls` are none that a caller gives.
fn parameters(list: Node<'_>, has_receiver: bool, file: &File<'_>) -> Vec<Value> {
    let mut found: Vec<Value> = Vec::new();
    let mut keyword_only = false;
    let mut is_first = has_receiver;
    for node in named(list) {
        let row = match node.kind() {
            "keyword_separator" => {
                keyword_only = true;
                continue;
            }
            "positional_separator" => {
                for row in &mut found {
                    row["kind"] = "positional_only".into();
                }
                continue;
            }
            "comment" | "ERROR" => continue,
            _ => parameter(node, file),
        };
        let is_receiver = std::mem::take(&mut is_first) && matches!(node.kind(), "identifier" | "typed_parameter");
        let Some(mut row) = row else { continue };
        let is_var = row.get("kind").is_some();
        if is_receiver && !is_var {
            continue;
        }
        if keyword_only && !is_var {
            row["kind"] = "keyword_only".into();
        }
        keyword_only |= row.get("kind").is_some_and(|kind| kind == "var_positional");
        found.push(row);
    }
    found
}

fn parameter(node: Node<'_>, file: &File<'_>) -> Option<Value> {
    let named_node = match node.kind() {
        "typed_parameter" => node.named_child(0)?,
        "default_parameter" | "typed_default_parameter" => field(node, "name")?,
        _ => node,
    };
    let text = one_line(file.text(named_node));
    let mut row = Map::new();
    row.insert("name".into(), text.trim_start_matches('*').trim().into());
    if let Some(of) = field(node, "type") {
        row.insert("type".into(), one_line(file.text(of)).into());
    }
    if let Some(value) = field(node, "value") {
        row.insert("default".into(), one_line(file.text(value)).into());
    }
    match named_node.kind() {
        "list_splat_pattern" => row.insert("kind".into(), json!("var_positional")),
        "dictionary_splat_pattern" => row.insert("kind".into(), json!("var_keyword")),
        _ => None,
    };
    Some(Value::Object(row))
}

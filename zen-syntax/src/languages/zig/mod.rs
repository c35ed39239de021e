//! Zig. What is not `pub` or `export` is private. A constant is what its value is: a struct, enum, union (`opaque` is a
//! struct, an error set an enum), an alias of a type (by the capital letter that types have), a module (`pub` imports; the
//! other imports are references only), or a constant. A file is a module where `//!` documents it, and a struct where it
//! has fields. What a function returns as an anonymous struct counts as declared in the function. Metadata: `parameters`
//! (name, type, comptime), `error_set` and `calling_convention` of functions, `is_test`, `modifiers` (`export`, `extern`,
//! `inline`, `noinline`, `threadlocal`, `packed`, …), `fields` (name, type, default, doc), `variants` (name, type or
//! value, doc), `tag_type`, `is_non_exhaustive`, `is_opaque`, `is_error_set`, `value` of constants and aliases.

use std::sync::OnceLock;

use serde_json::{Value, json};
use tree_sitter::Node;

use crate::comments;
use crate::language::Language;
use crate::nodes::{child, children, compact, field, has, named};
use crate::rules::{Definition, File, Rules};
use crate::signature::one_line;
use crate::symbol::{Relation, Symbol, SymbolKind, Visibility};

pub(crate) static ZIG: Language = Language {
    name: "zig",
    title: "Zig",
    extensions: &["zig"],
    file_names: &[],
    separator: ".",
    grammar: tree_sitter_zig::LANGUAGE,
    query: include_str!("tags.scm"),
    rules: &ZigRules,
    compiled: OnceLock::new(),
};

/// Deeper code is no work of human hands.
const MAX_DEPTH: usize = 64;

struct ZigRules;

impl Rules for ZigRules {
    fn name(&self, definition: &Definition<'_>, file: &File<'_>) -> Option<String> {
        let node = definition.node;
        match node.kind() {
            "comment" => (is_module_doc(file.text(node)) && child(file.root, "container_field").is_none())
                .then(|| file.stem().to_owned()),
            // The file itself, at its first field.
            "container_field" => {
                (child(file.root, "container_field")?.id() == node.id()).then(|| file.stem().to_owned())
            }
            "test_declaration" => {
                let name = named(node).find(|n| matches!(n.kind(), "string" | "identifier"))?;
                Some(file.text(name).trim_matches('"').to_owned())
            }
            _ => Some(identifier(file.text(definition.name)).to_owned()),
        }
    }

    fn doc(&self, definition: &Definition<'_>, file: &File<'_>) -> Option<String> {
        match definition.node.kind() {
            "comment" | "container_field" => module_doc(file),
            _ => comments::above(definition.node, file.text, doc_text, |_| false),
        }
    }

    fn signature(&self, definition: &Definition<'_>, file: &File<'_>) -> String {
        let node = definition.node;
        let text = |end: usize| one_line(file.text.get(node.start_byte()..end).unwrap_or_default());
        match node.kind() {
            "comment" | "container_field" => format!("struct {}", file.stem()),
            "variable_declaration" => match value(node) {
                Some(of) if is_container(of.kind()) => {
                    let brace = children(of).find(|n| n.kind() == "{").map_or(of.end_byte(), |n| n.start_byte());
                    text(brace)
                }
                _ => text(child(node, "=").map_or(node.end_byte(), |n| n.start_byte())),
            },
            _ => text(definition.body.map_or(node.end_byte(), |body| body.start_byte())),
        }
    }

    fn describe(&self, definition: &Definition<'_>, file: &File<'_>, symbol: &mut Symbol) -> bool {
        let node = definition.node;
        match node.kind() {
            "comment" => {
                symbol.signature = format!("module {}", symbol.name);
                return !symbol.name.is_empty();
            }
            "container_field" => {
                symbol.metadata.insert("fields".into(), fields(file.root, file).into());
                return !symbol.name.is_empty();
            }
            _ => {}
        }
        let Some(is_member) = reachable(node, file) else { return false };
        let is_public = has(node, "pub") || has(node, "export");
        symbol.visibility = if is_public { Visibility::Public } else { Visibility::Private };
        let modifiers: Vec<Value> = children(node)
            .take_while(|n| !matches!(n.kind(), "fn" | "const" | "var"))
            .filter(|n| matches!(n.kind(), "export" | "extern" | "inline" | "noinline" | "threadlocal"))
            .map(|n| n.kind().into())
            .collect();
        if !modifiers.is_empty() {
            symbol.metadata.insert("modifiers".into(), modifiers.into());
        }
        match node.kind() {
            "test_declaration" => {
                symbol.kind = SymbolKind::Function;
                symbol.metadata.insert("is_test".into(), true.into());
                true
            }
            "function_declaration" => {
                if is_member {
                    symbol.kind = SymbolKind::Method;
                }
                function(definition, file, symbol);
                true
            }
            _ => variable(node, file, symbol),
        }
    }

    fn reference(&self, relation: Relation, name: Node<'_>, file: &File<'_>) -> Option<String> {
        let text = file.text(name);
        if relation == Relation::Calls && (text.len() > 256 || text.contains(['(', '[', '{'])) {
            // Of a chain of calls only the last.
            return field(name, "member").map(|n| file.text(n).to_owned());
        }
        Some(compact(text))
    }
}

fn doc_text(comment: &str) -> Option<String> {
    if comment.starts_with("////") { None } else { comments::line(comment, "///") }
}

fn is_module_doc(comment: &str) -> bool {
    comment.starts_with("//!")
}

/// The `//!` lines that a file begins with.
fn module_doc(file: &File<'_>) -> Option<String> {
    let lines: Vec<String> = children(file.root)
        .take_while(|n| n.kind() == "comment")
        .filter_map(|n| comments::line(file.text(n), "//!"))
        .collect();
    comments::finish(&lines.join("\n"))
}

/// `@"a name"` is called `a name`.
fn identifier(text: &str) -> &str {
    text.strip_prefix("@\"").and_then(|t| t.strip_suffix('"')).unwrap_or(text)
}

/// What stands behind the `=`.
fn value(declaration: Node<'_>) -> Option<Node<'_>> {
    children(declaration).skip_while(|n| n.kind() != "=").find(Node::is_named)
}

fn is_container(kind: &str) -> bool {
    matches!(
        kind,
        "struct_declaration"
            | "enum_declaration"
            | "union_declaration"
            | "opaque_declaration"
            | "error_set_declaration"
    )
}

/// Whether a declaration stands in a type (`Some(true)`), in the file, or where nobody gets at it (`None`): in a
/// function that does not return the type around.
fn reachable(node: Node<'_>, file: &File<'_>) -> Option<bool> {
    let mut is_member = false;
    let mut is_returned = false;
    let mut at = node.parent();
    for depth in 0..MAX_DEPTH {
        let Some(node) = at else { return Some(is_member) };
        match node.kind() {
            kind if is_container(kind) => is_member |= depth == 0,
            "return_expression" => is_returned = true,
            "test_declaration" | "comptime_declaration" => return None,
            "function_declaration" => {
                let is_type = field(node, "type").is_some_and(|of| file.text(of) == "type");
                if !(is_type && is_returned) {
                    return None;
                }
                is_returned = false;
            }
            _ => {}
        }
        at = node.parent();
    }
    None
}

fn function(definition: &Definition<'_>, file: &File<'_>, symbol: &mut Symbol) {
    let node = definition.node;
    let of = field(node, "type");
    symbol.return_type = of.map(|n| one_line(file.text(n)));
    if let Some(errors) = of.filter(|n| n.kind() == "error_union_type").and_then(|n| field(n, "error")) {
        symbol.metadata.insert("error_set".into(), one_line(file.text(errors)).into());
    }
    if let Some(convention) = child(node, "calling_convention").and_then(|n| named(n).next()) {
        symbol.metadata.insert("calling_convention".into(), one_line(file.text(convention)).into());
    }
    let mut rows = Vec::new();
    let mut types = Vec::new();
    for parameter in child(node, "parameters").into_iter().flat_map(named).filter(|n| n.kind() == "parameter") {
        let name = field(parameter, "name").map(|n| identifier(file.text(n)));
        let of = field(parameter, "type").map(|n| one_line(file.text(n)));
        let mut row = json!({"name": name.or_else(|| of.is_none().then_some("...")), "type": of});
        if has(parameter, "comptime") {
            row["comptime"] = true.into();
            if of.as_deref() == Some("type") {
                types.push(one_line(file.text(parameter)));
            }
        }
        rows.push(row);
    }
    if !rows.is_empty() {
        symbol.metadata.insert("parameters".into(), rows.into());
    }
    if !types.is_empty() {
        symbol.generics = Some(format!("({})", types.join(", ")));
    }
    let returned = definition.body.filter(|_| symbol.return_type.as_deref() == Some("type")).and_then(returned_struct);
    if let Some(of) = returned {
        symbol.metadata.insert("fields".into(), fields(of, file).into());
    }
}

/// The struct that a function for types returns.
fn returned_struct(body: Node<'_>) -> Option<Node<'_>> {
    let statements: Vec<Node<'_>> = named(body).filter(|n| n.kind() == "expression_statement").collect();
    let returned = statements.last().and_then(|n| child(*n, "return_expression"))?;
    named(returned).find(|n| matches!(n.kind(), "struct_declaration" | "union_declaration"))
}

fn variable(node: Node<'_>, file: &File<'_>, symbol: &mut Symbol) -> bool {
    let is_variable = has(node, "var");
    symbol.return_type = field(node, "type").map(|n| one_line(file.text(n)));
    let is_type_name = symbol.name.starts_with(|c: char| c.is_ascii_uppercase())
        && (symbol.name.len() == 1 || symbol.name.chars().any(|c| c.is_ascii_lowercase()));
    let Some(of) = value(node).filter(|_| !is_variable) else {
        symbol.kind = if is_variable { SymbolKind::Static } else { SymbolKind::Const };
        return symbol.name != "_";
    };
    match of.kind() {
        "struct_declaration" | "opaque_declaration" => {
            symbol.kind = SymbolKind::Struct;
            if of.kind() == "opaque_declaration" {
                symbol.metadata.insert("is_opaque".into(), true.into());
            }
            symbol.metadata.insert("fields".into(), fields(of, file).into());
        }
        "union_declaration" | "enum_declaration" => {
            let is_union = of.kind() == "union_declaration";
            symbol.kind = if is_union { SymbolKind::Union } else { SymbolKind::Enum };
            let mut rows = variants(of, is_union, file);
            let known = rows.len();
            rows.retain(|row| row["name"] != "_");
            if rows.len() < known {
                symbol.metadata.insert("is_non_exhaustive".into(), true.into());
            }
            symbol.metadata.insert("variants".into(), rows.into());
        }
        "error_set_declaration" => {
            symbol.kind = SymbolKind::Enum;
            symbol.metadata.insert("is_error_set".into(), true.into());
            let rows: Vec<Value> = named(of)
                .filter(|n| n.kind() == "identifier")
                .map(|n| with_doc(json!({"name": file.text(n)}), n, file))
                .collect();
            symbol.metadata.insert("variants".into(), rows.into());
        }
        "builtin_function" if file.text(of).starts_with("@import") => {
            symbol.kind = SymbolKind::Module;
            symbol.signature = one_line(file.text(node));
            return symbol.visibility == Visibility::Public;
        }
        "builtin_function" if file.text(of).starts_with("@This") => return false,
        "field_expression" if file.text(of).starts_with("@import") && symbol.visibility == Visibility::Private => {
            return false;
        }
        kind if is_type_name && symbol.return_type.is_none() && is_type_value(kind) => {
            symbol.kind = SymbolKind::TypeAlias;
            symbol.signature = one_line(file.text(node));
            symbol.return_type = Some(one_line(file.text(of)));
            return true;
        }
        _ => {
            symbol.kind = SymbolKind::Const;
            symbol.metadata.insert("value".into(), one_line(file.text(of)).into());
            return true;
        }
    }
    layout(of, file, symbol);
    true
}

/// `extern`, `packed`, and the type of the tag or of the whole.
fn layout(of: Node<'_>, file: &File<'_>, symbol: &mut Symbol) {
    let head = children(of).take_while(|n| n.kind() != "{");
    let mut tag = String::new();
    let mut in_brackets = false;
    for node in head {
        match node.kind() {
            "extern" | "packed" => {
                let list = symbol.metadata.entry("modifiers").or_insert_with(|| json!([]));
                if let Value::Array(list) = list {
                    list.push(node.kind().into());
                }
            }
            "(" => in_brackets = true,
            _ if in_brackets => tag.push_str(file.text(node)),
            _ => {}
        }
    }
    let tag = tag.strip_suffix(')').unwrap_or(&tag);
    if !tag.is_empty() {
        symbol.metadata.insert("tag_type".into(), tag.into());
    }
}

fn is_type_value(kind: &str) -> bool {
    kind.ends_with("_type")
        || matches!(
            kind,
            "field_expression"
                | "identifier"
                | "call_expression"
                | "builtin_function"
                | "binary_expression"
                | "function_signature"
                | "if_expression"
                | "switch_expression"
                | "labeled_type_expression"
        )
}

fn fields(of: Node<'_>, file: &File<'_>) -> Vec<Value> {
    named(of)
        .filter(|n| n.kind() == "container_field")
        .filter_map(|node| {
            let mut row = json!({
                "name": identifier(file.text(field(node, "name")?)),
                "type": field(node, "type").map(|n| one_line(file.text(n))),
            });
            if let Some(default) = value(node) {
                row["default"] = one_line(file.text(default)).into();
            }
            Some(with_doc(row, node, file))
        })
        .collect()
}

fn variants(of: Node<'_>, is_union: bool, file: &File<'_>) -> Vec<Value> {
    named(of)
        .filter(|n| n.kind() == "container_field")
        .filter_map(|node| {
            let mut row = json!({"name": identifier(file.text(field(node, "name")?))});
            if is_union {
                row["type"] = field(node, "type").map(|n| one_line(file.text(n))).into();
            }
            if let Some(value) = value(node) {
                row["value"] = one_line(file.text(value)).into();
            }
            Some(with_doc(row, node, file))
        })
        .collect()
}

fn with_doc(mut row: Value, node: Node<'_>, file: &File<'_>) -> Value {
    if let Some(doc) = comments::above(node, file.text, doc_text, |_| false) {
        row["doc"] = doc.into();
    }
    row
}

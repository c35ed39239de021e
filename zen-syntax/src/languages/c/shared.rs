//! What C and C++ have in common about declarations.

use serde_json::Value;
use tree_sitter::Node;

use super::declarators::{self, Declared, declared, keep, without_value};
use super::{doxygen, macros};
use crate::nodes::{ancestor, children, compact, field};
use crate::rules::{Definition, File};
use crate::signature::one_line;
use crate::symbol::{Symbol, SymbolKind};

/// Deeper code is no work of human hands.
pub(crate) const MAX_DEPTH: usize = 64;

/// The declaration that a declarator or type stands in, with what is written around it.
pub(crate) fn outer(node: Node<'_>) -> Node<'_> {
    let mut at = node;
    for _ in 0..MAX_DEPTH {
        let Some(parent) = at.parent() else { break };
        let is_part = match parent.kind() {
            "declaration"
            | "field_declaration"
            | "type_definition"
            | "template_declaration"
            | "friend_declaration"
            | "linkage_specification" => true,
            kind => kind.ends_with("declarator"),
        };
        if !is_part {
            break;
        }
        at = parent;
    }
    at
}

/// The declaration proper that a declarator stands in.
pub(crate) fn declaration_of(node: Node<'_>) -> Node<'_> {
    let mut at = node;
    for _ in 0..MAX_DEPTH {
        if matches!(at.kind(), "declaration" | "field_declaration" | "type_definition" | "function_definition") {
            return at;
        }
        let Some(parent) = at.parent() else { break };
        at = parent;
    }
    at
}

/// Whether a node stands in a function. So deep that nobody wrote it counts as that.
pub(crate) fn is_local(node: Node<'_>) -> bool {
    let mut at = node.parent();
    for _ in 0..MAX_DEPTH {
        let Some(node) = at else { return false };
        if matches!(node.kind(), "compound_statement" | "lambda_expression" | "parameter_list") {
            return true;
        }
        at = node.parent();
    }
    true
}

/// Whether a declaration stands where the parser lost its way: then only functions are sure to be no locals.
pub(crate) fn is_doubtful(definition: &Definition<'_>, known: &Declared<'_>) -> bool {
    let around = declaration_of(definition.node).parent();
    known.function.is_none() && around.is_some_and(|around| around.is_error())
}

/// Words that only a parser that lost its way takes for names.
pub(crate) fn is_keyword(name: &str) -> bool {
    matches!(
        name,
        "struct"
            | "union"
            | "enum"
            | "class"
            | "int"
            | "void"
            | "char"
            | "long"
            | "short"
            | "unsigned"
            | "signed"
            | "float"
            | "double"
            | "bool"
            | "const"
            | "static"
            | "extern"
            | "inline"
            | "typedef"
            | "if"
            | "else"
            | "for"
            | "while"
            | "switch"
            | "return"
            | "case"
            | "default"
            | "do"
            | "namespace"
            | "template"
            | "using"
            | "public"
            | "private"
            | "protected"
            | "virtual"
            | "friend"
            | "operator"
            | "typename"
            | "goto"
    )
}

/// The signature of anything but a macro.
pub(crate) fn signature(definition: &Definition<'_>, file: &File<'_>) -> String {
    let outer = outer(definition.node);
    let node = definition.node;
    let text = |start: usize, end: usize| file.text.get(start..end).unwrap_or_default();
    if let Some(body) = definition.body {
        if node.kind() == "type_definition" {
            return one_line(&format!(
                "{} {{ … }} {}",
                text(outer.start_byte(), body.start_byte()),
                file.text(definition.name)
            ));
        }
        let end =
            children(node).find(|n| n.kind() == "field_initializer_list").map_or(body.start_byte(), |n| n.start_byte());
        return one_line(text(outer.start_byte(), end));
    }
    let declaration = declaration_of(node);
    let mut cursor = declaration.walk();
    let mut declarators = declaration.children_by_field_name("declarator", &mut cursor);
    let Some(first) = declarators.next() else { return one_line(file.text(outer)) };
    let is_function = declared(node).is_some_and(|known| known.function.is_some());
    if declaration.kind() == "function_definition" || is_function && declarators.next().is_none() {
        return one_line(file.text(outer));
    }
    let of = field(declaration, "type").and_then(|of| field(of, "body"));
    let head = match of.filter(|body| body.end_byte() <= first.start_byte()) {
        Some(body) => {
            format!("{} {}", text(outer.start_byte(), body.start_byte()), text(body.end_byte(), first.start_byte()))
        }
        None => text(outer.start_byte(), first.start_byte()).to_owned(),
    };
    one_line(&format!("{head}{}", file.text(without_value(node))))
}

/// A macro as it is defined, without what it stands for.
pub(crate) fn macro_signature(node: Node<'_>, file: &File<'_>) -> String {
    let end = field(node, "parameters").or_else(|| field(node, "name")).map_or(node.end_byte(), |n| n.end_byte());
    one_line(file.text.get(node.start_byte()..end).unwrap_or_default())
}

/// Facts about a macro; `false` for include guards.
pub(crate) fn describe_macro(node: Node<'_>, file: &File<'_>, symbol: &mut Symbol) -> bool {
    let value = field(node, "value").map(|n| one_line(file.text(n).trim()).replace("\\ ", ""));
    let is_guard = value.is_none()
        && node.parent().is_some_and(|p| {
            p.kind() == "preproc_ifdef" && field(p, "name").is_some_and(|name| file.text(name) == symbol.name)
        });
    if is_guard {
        return false;
    }
    if let Some(value) = value {
        symbol.metadata.insert("value".into(), value.into());
    }
    if let Some(list) = field(node, "parameters") {
        let names: Vec<Value> = children(list)
            .filter(|n| !matches!(n.kind(), "(" | ")" | ","))
            .map(|n| serde_json::json!({"name": file.text(n)}))
            .collect();
        symbol.metadata.insert("parameters".into(), names.into());
    }
    symbol.container = None;
    true
}

/// Facts about a function or variable: kind, types, parameters, value, attributes, modifiers.
pub(crate) fn describe_value(definition: &Definition<'_>, known: &Declared<'_>, file: &File<'_>, symbol: &mut Symbol) {
    let declaration = declaration_of(definition.node);
    let declarator = if definition.node.id() == declaration.id() { definition.name } else { definition.node };
    let outer = outer(definition.node);
    symbol.attributes = macros::before(file.text, outer.start_byte());
    symbol.attributes.extend(declarators::attributes(declaration, file));
    let mut modifiers = declarators::modifiers(declaration, file);
    if outer.kind() == "linkage_specification" {
        modifiers.insert(0, "extern \"C\"".into());
    }
    keep(&mut symbol.metadata, "modifiers", modifiers);
    let without = known.function.unwrap_or(known.name);
    let of = declarators::type_of(declaration, declarator, without, file);
    symbol.return_type = Some(of).filter(|of| !of.is_empty());
    if let Some(function) = known.function {
        if !matches!(symbol.kind, SymbolKind::Method) {
            symbol.kind = SymbolKind::Function;
        }
        keep(&mut symbol.metadata, "parameters", declarators::parameters(function, file));
        if declaration.kind() != "function_definition" {
            symbol.metadata.insert("is_declaration".into(), true.into());
        }
        return;
    }
    if declarators::is_const(declaration, known, file) {
        symbol.kind = SymbolKind::Const;
    }
    let value = field(declarator, "value").filter(|_| declarator.kind() == "init_declarator");
    if let Some(value) = value.or_else(|| field(declaration, "default_value")) {
        symbol.metadata.insert("value".into(), one_line(file.text(value)).into());
    }
}

/// Facts about a type alias.
pub(crate) fn describe_alias(definition: &Definition<'_>, file: &File<'_>, symbol: &mut Symbol) -> bool {
    let declaration = declaration_of(definition.node);
    let Some(known) = declared(definition.node) else { return false };
    // `typedef struct a { … } a`: the struct says it all.
    let is_same = field(declaration, "type")
        .filter(|of| field(*of, "body").is_some())
        .and_then(|of| field(of, "name"))
        .is_some_and(|name| file.text(name) == symbol.name);
    symbol.return_type = Some(declarators::type_of(declaration, definition.node, known.name, file));
    if let Some(function) = known.function {
        keep(&mut symbol.metadata, "parameters", declarators::parameters(function, file));
    }
    !is_same
}

/// Adds what Doxygen's commands say.
pub(crate) fn add_sections(symbol: &mut Symbol) {
    let sections = symbol.doc_comment.as_deref().map(doxygen::sections).unwrap_or_default();
    if !sections.is_empty() {
        symbol.metadata.insert("doc_sections".into(), sections.into());
    }
}

/// A called name: without type arguments; of a chain of calls only the last.
pub(crate) fn called(name: Node<'_>, file: &File<'_>) -> Option<String> {
    let mut node = name;
    if is_attribute(name, file) {
        return None;
    }
    if node.kind() == "field_expression" {
        let is_plain = field(node, "argument")
            .is_some_and(|n| matches!(n.kind(), "identifier" | "this" | "field_expression"))
            && !file.text(node).contains(['(', '[']);
        if !is_plain {
            node = field(node, "field")?;
        }
    }
    let text = file.text(node).trim_matches(['(', ')', '*', ' ']);
    (text.len() < 512).then(|| without_arguments(&compact(text)))
}

/// `nonnull(1)` within `__attribute__((…))` calls nothing.
fn is_attribute(name: Node<'_>, file: &File<'_>) -> bool {
    const KNOWN: &[&str] = &[
        "nonnull",
        "format",
        "section",
        "aligned",
        "alloc_size",
        "alloc_align",
        "visibility",
        "access",
        "malloc",
        "deprecated",
        "sentinel",
        "constructor",
        "destructor",
        "cleanup",
        "vector_size",
        "mode",
        "target",
        "optimize",
    ];
    KNOWN.contains(&file.text(name).trim_matches('_'))
        && ancestor(name, &["attribute_specifier", "compound_statement"])
            .is_some_and(|n| n.kind() == "attribute_specifier")
}

/// `a<b<c>>::d` as `a::d`; operators keep their signs.
pub(crate) fn without_arguments(name: &str) -> String {
    if name.contains("operator") {
        return name.to_owned();
    }
    let mut out = String::with_capacity(name.len());
    let mut depth = 0_usize;
    let mut before = ' ';
    for c in name.chars() {
        match c {
            '<' => depth += 1,
            '>' if before == '-' && depth == 0 => out.push(c),
            '>' => depth = depth.saturating_sub(1),
            _ if depth == 0 => out.push(c),
            _ => {}
        }
        before = c;
    }
    out
}

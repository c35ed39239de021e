//! Module attributes: which ones the language reads itself, and the texts in them.

use tree_sitter::Node;

use crate::comments::{dedent, finish};
use crate::nodes::{child, children, field, named};
use crate::rules::File;

/// Attributes with a meaning of their own; all others are values.
pub(super) fn is_reserved(name: &str) -> bool {
    matches!(
        name,
        "after_compile"
            | "after_verify"
            | "before_compile"
            | "behaviour"
            | "callback"
            | "compile"
            | "deprecated"
            | "derive"
            | "dialyzer"
            | "doc"
            | "enforce_keys"
            | "external_resource"
            | "fallback_to_any"
            | "file"
            | "impl"
            | "macrocallback"
            | "moduledoc"
            | "nifs"
            | "nominal"
            | "on_definition"
            | "on_load"
            | "opaque"
            | "optional_callbacks"
            | "spec"
            | "tag"
            | "moduletag"
            | "describetag"
            | "type"
            | "typedoc"
            | "typep"
            | "undefined_impl_description"
            | "vsn"
    )
}

/// The first thing an attribute is given.
pub(super) fn value(attribute: Node<'_>) -> Option<Node<'_>> {
    let call = field(attribute, "operand").filter(|call| call.kind() == "call")?;
    named(child(call, "arguments")?).next()
}

/// The value of an option among arguments: `for: Map`.
pub(super) fn option<'t>(arguments: Node<'t>, key: &str, file: &File<'_>) -> Option<Node<'t>> {
    let lists = named(arguments).filter(|list| list.kind() == "keywords");
    let mut pairs = lists.flat_map(|list| named(list)).filter(|pair| pair.kind() == "pair");
    pairs
        .find(|pair| field(*pair, "key").is_some_and(|k| key_text(k, file) == key))
        .and_then(|pair| field(pair, "value"))
}

/// A keyword's name: `for: ` is `for`.
pub(super) fn key_text<'t>(key: Node<'_>, file: &File<'t>) -> &'t str {
    file.text(key).trim().trim_end_matches(':').trim_matches('"')
}

/// The text of a string, heredoc or sigil, with the indentation of the closing quotes off.
pub(super) fn text(node: Node<'_>, file: &File<'_>) -> Option<String> {
    if !matches!(node.kind(), "string" | "sigil") {
        return None;
    }
    let quote = children(node).find(|part| part.child_count() == 0 && matches!(file.text(*part), "\"\"\"" | "'''"));
    let inner: String = match (children(node).find(|part| part.kind() == "quoted_content"), node.kind()) {
        (None, _) => return None,
        (Some(first), _) => {
            let last =
                children(node).filter(|p| !matches!(file.text(*p), "\"\"\"" | "'''" | "\"")).last().unwrap_or(first);
            let last = if last.kind() == "sigil_modifiers" { first } else { last };
            file.text.get(first.start_byte()..last.end_byte().max(first.end_byte())).unwrap_or_default().to_owned()
        }
    };
    let is_raw = node.kind() == "sigil" && child(node, "sigil_name").is_some_and(|name| file.text(name) == "S");
    let mut lines: Vec<String> = inner.lines().map(str::to_owned).collect();
    if quote.is_some() {
        dedent(&mut lines);
    }
    let text = lines.join("\n");
    finish(&if is_raw { text } else { unescape(&text) })
}

/// Escapes as people use them in documentation.
fn unescape(text: &str) -> String {
    if !text.contains('\\') {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some(other @ ('"' | '\\' | '#' | '\'')) => out.push(other),
            Some(other) => {
                out.push('\\');
                out.push(other);
            }
            None => out.push('\\'),
        }
    }
    out
}

//! LDoc's tags and EmmyLua's annotations.

use serde_json::{Value, json};
use tree_sitter::Node;

use crate::comments;
use crate::doc_tags::{Param, Sections, Tag, remark, tags, type_first, word_first};
use crate::nodes::named;
use crate::rules::File;
use crate::symbol::{Symbol, SymbolKind, Visibility};

/// The text of a comment: `--`, `---`, `--[[ … ]]` with any number of `=`. Lines of dashes leave nothing.
pub(super) fn text_in(comment: &str) -> Option<String> {
    let comment = comment.trim_end();
    if comment.starts_with("#!") {
        return None;
    }
    let rest = comment.strip_prefix("--")?;
    if let Some(inside) = rest.strip_prefix('[') {
        let level = inside.len() - inside.trim_start_matches('=').len();
        if let Some(inner) = inside.get(level..).and_then(|after| after.strip_prefix('[')) {
            let inner = inner.strip_suffix(&format!("]{}]", "=".repeat(level))).unwrap_or(inner);
            return Some(comments::block(inner.trim_start_matches('-').trim_end_matches("--")));
        }
    }
    let rest = rest.trim_start_matches('-');
    if ["luacheck:", "vim:", "stylua:", "selene:"].iter().any(|directive| rest.trim_start().starts_with(directive)) {
        return Some(String::new());
    }
    Some(rest.strip_prefix(' ').unwrap_or(rest).trim_end().trim_end_matches("----").to_owned())
}

/// The comments that a file begins with, if they are about the file: followed by a blank line or naming the module.
pub(super) fn of_file(file: &File<'_>) -> Option<String> {
    let mut parts = Vec::new();
    let mut last: Option<Node<'_>> = None;
    for node in named(file.root) {
        if node.kind() == "hash_bang_line" {
            continue;
        }
        let gap = last.map_or(0, |before| node.start_position().row.saturating_sub(before.end_position().row));
        if node.kind() != "comment" || gap > 1 {
            let doc = comments::finish(&parts.join("\n"))?;
            let is_own = module_tag(&doc).is_some() || (gap > 1 && !is_license(&doc));
            return Some(doc).filter(|_| is_own && file.text(last.unwrap_or(node)).starts_with("--"));
        }
        parts.push(text_in(file.text(node)).unwrap_or_default());
        last = Some(node);
    }
    comments::finish(&parts.join("\n"))
}

fn is_license(doc: &str) -> bool {
    let head = doc.lines().take(8).collect::<String>().to_ascii_lowercase();
    head.contains("copyright") || head.contains("licen")
}

/// The name that `@module` or `@classmod` gives the file.
pub(super) fn module(file: &File<'_>) -> Option<String> {
    // Cheap for the many files without one.
    let head = file.text.get(..file.text.len().min(16 * 1024)).unwrap_or(file.text);
    if !head.contains("@module") && !head.contains("@classmod") {
        return None;
    }
    let doc = of_file(file)?;
    module_tag(&doc).map(|tag| word_first(&tag.text).0.to_owned()).filter(|name| !name.is_empty())
}

fn module_tag(doc: &str) -> Option<Tag> {
    tags(doc).into_iter().find(|tag| matches!(tag.name.as_str(), "module" | "classmod" | "meta"))
}

/// Whether the comments above are EmmyLua's: `---@param name type` has the type behind the name.
pub(super) fn is_annotated(node: Node<'_>, file: &File<'_>) -> bool {
    node.prev_sibling().is_some_and(|before| before.kind() == "comment" && file.text(before).starts_with("---@"))
}

/// Takes out of the documentation what it says about the symbol.
pub(super) fn describe(symbol: &mut Symbol, is_annotated: bool) {
    let Some(doc) = symbol.doc_comment.as_deref().filter(|doc| doc.contains('@')) else { return };
    let mut sections = Sections::default();
    let mut fields: Vec<Value> = Vec::new();
    let mut generics = Vec::new();
    let mut types = Vec::new();
    for tag in tags(doc) {
        let mut typed = String::new();
        let (tag_name, is_typed) = match tag.name.as_str() {
            // LDoc's short forms of `@tparam`.
            of @ ("string" | "int" | "number" | "func" | "tab" | "bool" | "file" | "thread") => {
                typed = format!(
                    "{} {}",
                    of.replace("tab", "table").replace("func", "function"),
                    without_options(&tag.text)
                );
                ("param", true)
            }
            "tparam" => ("param", true),
            "treturn" => ("return", true),
            "tfield" => ("field", true),
            other => (other, is_annotated),
        };
        match tag_name {
            "param" => {
                let param = match typed.as_str() {
                    "" => param(&tag.text, tag.name == "tparam", is_annotated),
                    typed => param(typed, true, false),
                };
                if let Some(of) = &param.of {
                    types.push((param.name.clone(), of.clone()));
                }
                sections.named("params", param);
            }
            "return" => {
                let (of, text) =
                    if is_typed { type_first(without_options(&tag.text)) } else { ("", tag.text.as_str()) };
                if symbol.return_type.is_none() && !of.is_empty() {
                    symbol.return_type = Some(of.to_owned());
                }
                sections.typed("returns", of, text);
            }
            "field" => {
                let text = ["public ", "private ", "protected "].iter().find_map(|v| tag.text.strip_prefix(v));
                let field = param(text.unwrap_or(&tag.text), tag.name == "tfield", is_annotated);
                let mut row = json!({"name": field.name, "type": field.of});
                if !field.text.is_empty() {
                    row["description"] = field.text.into();
                }
                fields.push(row);
            }
            "class" => {
                let (name, bases) = tag.text.split_once(':').unwrap_or((&tag.text, ""));
                let bases: Vec<Value> =
                    bases.split(',').map(|b| word_first(b).0).filter(|b| !b.is_empty()).map(Value::from).collect();
                if !bases.is_empty() {
                    symbol.metadata.insert("base_classes".into(), bases.into());
                }
                if let Some((_, parameters)) = name.split_once('<') {
                    symbol.generics = Some(format!("<{}", parameters.trim()));
                }
                if symbol.kind == SymbolKind::Static {
                    symbol.kind = SymbolKind::Class;
                }
            }
            "enum" if symbol.kind == SymbolKind::Static => symbol.kind = SymbolKind::Enum,
            "type" if !matches!(symbol.kind, SymbolKind::Function | SymbolKind::Method) => {
                symbol.return_type = Some(type_first(&tag.text).0.to_owned()).filter(|of| !of.is_empty());
            }
            "generic" => generics.push(tag.text.clone()),
            "async" => symbol.is_async = true,
            "raise" => sections.typed("throws", "", &tag.text),
            "usage" | "example" => sections.text("examples", &tag.text),
            "see" => sections.text("see", &tag.text),
            "since" | "version" => sections.text("since", &tag.text),
            "deprecated" => {
                symbol.metadata.insert("deprecated".into(), remark(&tag.text));
            }
            "private" | "local" => symbol.visibility = Visibility::Private,
            "protected" => symbol.visibility = Visibility::Protected,
            "package" => symbol.visibility = Visibility::Internal,
            _ => {}
        }
    }
    if !generics.is_empty() {
        symbol.generics = Some(format!("<{}>", generics.join(", ")));
    }
    if !fields.is_empty() {
        symbol.metadata.insert("fields".into(), fields.into());
    }
    type_parameters(symbol, &types);
    sections.store(&mut symbol.metadata);
}

/// Types go to the parameters that have these names.
fn type_parameters(symbol: &mut Symbol, types: &[(String, String)]) {
    let rows = symbol.metadata.get_mut("parameters").and_then(Value::as_array_mut);
    for row in rows.into_iter().flatten() {
        let name = row.get("name").and_then(Value::as_str).unwrap_or_default();
        if let Some((_, of)) = types.iter().find(|(known, _)| known == name) {
            row["type"] = of.as_str().into();
        }
    }
}

/// `type name text` (`@tparam`), `name type text` (`---@param`), `name text` (`@param`).
fn param(text: &str, type_before: bool, type_after: bool) -> Param {
    let text = without_options(text);
    let (of, rest) = if type_before { type_first(text) } else { ("", text) };
    let (name, rest) = word_first(rest);
    let (of, rest) = if !type_before && type_after { type_first(rest) } else { (of, rest) };
    let of = if name.ends_with('?') && !of.is_empty() { format!("{of}?") } else { of.to_owned() };
    let name = name.trim_end_matches('?');
    Param { name: name.to_owned(), of: (!of.is_empty()).then_some(of), text: rest.trim_start_matches("# ").to_owned() }
}

/// LDoc's `[opt=1]` behind a tag.
fn without_options(text: &str) -> &str {
    match text.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
        Some((_, rest)) => rest.trim_start(),
        None => text,
    }
}

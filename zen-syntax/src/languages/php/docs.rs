//! PHPDoc's tags.

use serde_json::{Value, json};

use crate::doc_tags::{Param, Sections, remark, tags, type_first, word_first};
use crate::symbol::{Symbol, SymbolKind, Visibility};

/// Takes out of the documentation what it says about the symbol.
pub(super) fn describe(symbol: &mut Symbol) {
    let Some(doc) = symbol.doc_comment.as_deref().filter(|doc| doc.contains('@')) else { return };
    let mut sections = Sections::default();
    let mut generics = Vec::new();
    let mut magic = Vec::new();
    let is_function = matches!(symbol.kind, SymbolKind::Function | SymbolKind::Method);
    for tag in tags(doc) {
        let name = tag.name.trim_start_matches("phpstan-").trim_start_matches("psalm-");
        match name {
            "param" => sections.named("params", param(&tag.text)),
            "return" => {
                let (of, text) = type_first(&tag.text);
                if is_function && symbol.return_type.is_none() && !of.is_empty() {
                    symbol.return_type = Some(of.to_owned());
                }
                sections.typed("returns", of, text);
            }
            "throws" => {
                let (of, text) = type_first(&tag.text);
                sections.typed("throws", of, text);
            }
            "var" if !is_function => {
                let (of, _) = type_first(&tag.text);
                if symbol.return_type.is_none() && !of.is_empty() {
                    symbol.return_type = Some(of.to_owned());
                }
            }
            "template" | "template-covariant" | "template-contravariant" => {
                generics.extend(tag.text.lines().next().map(|line| template(line, &tag.name)));
            }
            "property" | "property-read" | "property-write" => {
                let field = param(&tag.text);
                let mut row = json!({"name": field.name, "type": field.of, "visibility": "public", "is_magic": true});
                if let (Some(row), "property-read") = (row.as_object_mut(), name) {
                    row.insert("modifiers".into(), json!(["readonly"]));
                }
                magic.push(row);
            }
            "method" => sections.text("methods", &tag.text),
            "example" => sections.text("examples", &tag.text),
            "see" | "link" => sections.text("see", &tag.text),
            "since" => sections.text("since", &tag.text),
            "deprecated" => {
                symbol.metadata.insert("deprecated".into(), remark(&tag.text));
            }
            "internal" | "private" if symbol.visibility == Visibility::Public => {
                symbol.visibility = Visibility::Internal;
            }
            _ => {}
        }
    }
    if !generics.is_empty() {
        symbol.generics = Some(format!("<{}>", generics.join(", ")));
    }
    if !magic.is_empty()
        && let Some(fields) = symbol.metadata.entry("fields").or_insert_with(|| Value::Array(Vec::new())).as_array_mut()
    {
        fields.append(&mut magic);
    }
    sections.store(&mut symbol.metadata);
}

/// `type $name text`, or without a type. Types may have blanks: what stands before the `$` is the type.
fn param(text: &str) -> Param {
    let line = text.lines().next().unwrap_or_default();
    let named = line.match_indices('$').map(|(at, _)| at).find(|at| {
        let before = line.get(..*at).unwrap_or_default();
        before.is_empty() || before.ends_with([' ', '\t', '&', '.'])
    });
    let (of, rest) = match named {
        Some(at) => text.split_at(at),
        None => type_first(text),
    };
    let of = of.trim().trim_end_matches(['&', '.']).trim_end();
    let (name, rest) = if named.is_some() { word_first(rest) } else { ("", rest) };
    let name = name.trim_start_matches('$').trim_end_matches("()");
    Param { name: name.to_owned(), of: (!of.is_empty()).then(|| of.to_owned()), text: rest.to_owned() }
}

/// `T of Bound text`: the name with its bound.
fn template(line: &str, tag: &str) -> String {
    let (name, rest) = word_first(line);
    let variance = if tag.ends_with("-covariant") { "covariant " } else { "" };
    let variance = if tag.ends_with("-contravariant") { "contravariant " } else { variance };
    match rest.strip_prefix("of ") {
        Some(bound) => format!("{variance}{name} of {}", type_first(bound).0),
        None => format!("{variance}{name}"),
    }
}

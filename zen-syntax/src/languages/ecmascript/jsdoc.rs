//! JSDoc and TSDoc: which comment documents what, and what its tags say.

use serde_json::{Map, Value, json};
use tree_sitter::Node;

use crate::comments;
use crate::nodes::text_of;
use crate::symbol::{SymbolKind, Visibility};

/// Tags of comments that are about the file, or that declare something themselves.
const OF_ITS_OWN: [&str; 9] = [
    "@fileoverview",
    "@file ",
    "@license",
    "@copyright",
    "@packageDocumentation",
    "@module",
    "@typedef",
    "@callback",
    "@import",
];

/// The `/** … */` before a node: the nearest, whatever blank lines, other comments and decorators are between.
pub(super) fn above(node: Node<'_>, text: &str) -> Option<String> {
    let mut at = node.prev_sibling();
    while let Some(sibling) = at {
        match sibling.kind() {
            "comment" => {
                let comment = text_of(text, sibling);
                if let Some(inner) = comment.strip_prefix("/**").and_then(|rest| rest.strip_suffix("*/")) {
                    let is_other = OF_ITS_OWN.iter().any(|tag| inner.contains(tag)) || is_behind(sibling, node);
                    return if is_other { None } else { comments::finish(&comments::block(inner)) };
                }
            }
            "decorator" => {}
            _ => return None,
        }
        at = sibling.prev_sibling();
    }
    None
}

/// Whether a comment ends the line of something before it, and `node` begins on another.
fn is_behind(comment: Node<'_>, node: Node<'_>) -> bool {
    comment.prev_sibling().is_some_and(|before| {
        let row = comment.start_position().row;
        before.end_position().row == row && before.kind() != "{" && node.start_position().row != row
    })
}

/// The visibility that tags give.
pub(super) fn visibility(doc: &str) -> Option<Visibility> {
    if !doc.contains('@') {
        return None;
    }
    doc.lines().find_map(|line| {
        let mut words = line.split_whitespace();
        match words.next()? {
            "@private" => Some(Visibility::Private),
            "@protected" => Some(Visibility::Protected),
            "@internal" | "@package" => Some(Visibility::Internal),
            "@access" | "@api" => match words.next()? {
                "private" => Some(Visibility::Private),
                "protected" => Some(Visibility::Protected),
                "package" | "internal" => Some(Visibility::Internal),
                _ => None,
            },
            _ => None,
        }
    })
}

/// What the tags say; `None` where there are none.
pub(super) fn sections(doc: &str) -> Option<Value> {
    if !doc.contains('@') {
        return None;
    }
    let mut parts = Map::new();
    let mut open: Option<(&str, String)> = None;
    let mut is_code = false;
    for line in doc.lines() {
        let trimmed = line.trim_start();
        if trimmed.starts_with("```") {
            is_code = !is_code;
        }
        if let Some(tag) = trimmed.strip_prefix('@').filter(|_| !is_code) {
            let end = tag.find(|c: char| !c.is_alphanumeric()).unwrap_or(tag.len());
            let (name, rest) = tag.split_at(end);
            if let Some((name, text)) = open.replace((name, rest.trim_start().to_owned())) {
                add(&mut parts, name, &text);
            }
        } else if let Some((_, text)) = &mut open {
            text.push('\n');
            text.push_str(line);
        }
    }
    if let Some((name, text)) = open {
        add(&mut parts, name, &text);
    }
    (!parts.is_empty()).then_some(Value::Object(parts))
}

fn add(parts: &mut Map<String, Value>, tag: &str, text: &str) {
    let text = text.trim_end();
    let (key, value) = match tag {
        "param" | "arg" | "argument" => ("params", named(text)),
        "property" | "prop" => ("properties", named(text)),
        "template" | "typeParam" | "typeparam" => ("type_params", named(text)),
        "returns" | "return" => ("returns", typed(text)),
        "type" => ("type", typed(text)),
        "yields" | "yield" => ("yields", typed(text)),
        "throws" | "exception" => ("throws", typed(text)),
        "example" => ("examples", comments::finish(text).unwrap_or_default().into()),
        "deprecated" => ("deprecated", text.trim().into()),
        "see" => ("see_also", text.trim().into()),
        "since" => ("since", text.trim().into()),
        "remarks" => ("notes", text.trim().into()),
        _ => return,
    };
    if let Value::Array(list) = parts.entry(key).or_insert_with(|| json!([])) {
        list.push(value);
    }
}

/// `{type}` at the start, and the rest.
fn braces(text: &str) -> (Option<&str>, &str) {
    let text = text.trim_start();
    if !text.starts_with('{') {
        return (None, text);
    }
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return (text.get(1..at).map(str::trim), text.get(at + 1..).unwrap_or_default().trim_start());
        }
    }
    (None, text)
}

fn typed(text: &str) -> Value {
    let (of, rest) = braces(text);
    let mut entry = Map::new();
    if let Some(of) = of {
        entry.insert("type".into(), of.into());
    }
    entry.insert("description".into(), rest.strip_prefix("- ").unwrap_or(rest).trim().into());
    Value::Object(entry)
}

/// `{type} [name=default] - description`
fn named(text: &str) -> Value {
    let (of, rest) = braces(text);
    let mut entry = Map::new();
    let rest = rest.trim_start();
    let (name, description) = match rest.strip_prefix('[').and_then(|inner| Some((inner, closing(inner)?))) {
        Some((inner, end)) => {
            entry.insert("optional".into(), true.into());
            let (inner, rest) = inner.split_at(end);
            let (name, default) = inner.split_once('=').map_or((inner, None), |(name, value)| (name, Some(value)));
            if let Some(default) = default {
                entry.insert("default".into(), default.trim().into());
            }
            (name.trim(), rest.get(1..).unwrap_or_default())
        }
        None => rest.split_at(rest.find(char::is_whitespace).unwrap_or(rest.len())),
    };
    entry.insert("name".into(), name.trim_end_matches(',').into());
    if let Some(of) = of {
        let required = of.strip_suffix('=').unwrap_or(of);
        if required.len() < of.len() {
            entry.insert("optional".into(), true.into());
        }
        entry.insert("type".into(), required.into());
    }
    let description = description.trim();
    entry.insert("description".into(), description.strip_prefix('-').unwrap_or(description).trim().into());
    Value::Object(entry)
}

/// Where the bracket that was opened before this text is closed.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 1_usize;
    for (at, c) in text.char_indices() {
        match c {
            '[' => depth += 1,
            ']' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

/// The type after `@returns` of a function and `@type` of a value, for code that has no types of its own.
pub(super) fn type_of(sections: &Value, kind: SymbolKind) -> Option<String> {
    let tag = match kind {
        SymbolKind::Function | SymbolKind::Method => "returns",
        SymbolKind::Const | SymbolKind::Static => "type",
        _ => return None,
    };
    sections.get(tag)?.get(0)?.get("type")?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{sections, visibility};
    use crate::symbol::Visibility;

    #[test]
    fn tags() {
        let doc =
            "Does.\n@param {{a: number}} [b=[1]] - The b\n  and more\n@param c\n@returns {?T} it\n@example\nf()\n@x";
        assert_eq!(
            sections(doc),
            Some(json!({
                "params": [
                    {"name": "b", "type": "{a: number}", "optional": true, "default": "[1]", "description": "The b\n  and more"},
                    {"name": "c", "description": ""},
                ],
                "returns": [{"type": "?T", "description": "it"}],
                "examples": ["f()"],
            }))
        );
        assert_eq!(sections("@param {broken"), Some(json!({"params": [{"name": "{broken", "description": ""}]})));
        assert_eq!(sections("mail a@b.c"), None);
        assert_eq!(visibility("x\n@api private"), Some(Visibility::Private));
    }
}

//! What stands above an item: attributes and documentation, in any order.

use serde_json::{Map, Value, json};
use tree_sitter::Node;

use super::docs;
use crate::comments;
use crate::nodes::{child, field, first_line};
use crate::rules::File;
use crate::signature::one_line;

/// The attributes and the documentation of one item.
#[derive(Default)]
pub(super) struct Prelude {
    docs: Vec<String>,
    /// As written, without `#[…]`.
    pub(super) attributes: Vec<String>,
    /// Where the first attribute is.
    pub(super) first_line: Option<u32>,
}

impl Prelude {
    /// What stands above a node. Where its lines tell, the tree is not asked: the way to a node's neighbours is long. At
    /// most `limit` lines or neighbours are looked at.
    pub(super) fn above(node: Node<'_>, file: &File<'_>, limit: usize) -> Self {
        if let Some(prelude) = Self::of_lines(node, file, limit) {
            return prelude;
        }
        let mut found = Vec::new();
        let mut at = node.prev_sibling();
        while let Some(sibling) = at.filter(|sibling| found.len() < limit && belongs_below(*sibling, file)) {
            found.push(sibling);
            at = sibling.prev_sibling();
        }
        let mut prelude = Self::default();
        for node in found.into_iter().rev() {
            prelude.add(node, file);
        }
        prelude
    }

    /// What stands above a node, where that is lines of `//` and attributes of one line each.
    fn of_lines(node: Node<'_>, file: &File<'_>, limit: usize) -> Option<Self> {
        let mut above = file.text.get(..node.start_byte())?;
        let line_start = above.rfind('\n').map_or(0, |at| at + 1);
        if !above[line_start..].trim().is_empty() {
            return None;
        }
        above = &above[..line_start];
        let mut row = first_line(node);
        let mut prelude = Self::default();
        for _ in 0..limit {
            if above.is_empty() {
                break;
            }
            let rest = above.strip_suffix('\n').unwrap_or(above);
            let start = rest.rfind('\n').map_or(0, |at| at + 1);
            let line = rest[start..].trim();
            row = row.saturating_sub(1);
            if line.starts_with("//!") {
                break;
            } else if line.starts_with("//") {
                prelude.docs.extend(docs::outer(line));
            } else if line.starts_with("#[") {
                prelude.attributes.push(of_line(line)?);
                prelude.first_line = Some(row);
            } else if line.contains(']') || line.contains("*/") {
                return None;
            } else if !line.is_empty() {
                break;
            }
            above = &above[..start];
        }
        prelude.docs.reverse();
        prelude.attributes.reverse();
        Some(prelude)
    }

    /// Takes a comment or an attribute; says whether it was one.
    pub(super) fn add(&mut self, node: Node<'_>, file: &File<'_>) -> bool {
        if docs::is_comment(node) {
            self.docs.extend(docs::outer(file.text(node)));
            return true;
        }
        if node.kind() != "attribute_item" {
            return false;
        }
        self.first_line.get_or_insert(first_line(node));
        let Some(attribute) = child(node, "attribute") else { return true };
        let text = one_line(file.text(attribute));
        match field(attribute, "value").filter(|_| path(&text) == "doc").and_then(|value| docs::literal(value, file)) {
            Some(doc) => self.docs.push(doc.strip_prefix(' ').unwrap_or(&doc).to_owned()),
            None => self.attributes.push(text),
        }
        true
    }

    /// The documentation, with what the item says of itself within.
    pub(super) fn doc(&self, within: Option<String>) -> Option<String> {
        let mut parts: Vec<&str> = self.docs.iter().map(String::as_str).collect();
        parts.extend(within.as_deref());
        comments::finish(&parts.join("\n"))
    }
}

/// The one attribute that a line consists of; documentation and what is hard to read is left to the tree.
fn of_line(line: &str) -> Option<String> {
    let inner = line.strip_prefix("#[")?.strip_suffix(']')?;
    let is_plain = !inner.contains(['\'', '\\', '#']) && !inner.contains("//") && !inner.contains("/*");
    let is_doc = path(inner) == "doc" && !inner.starts_with("doc(");
    let (mut depth, mut quoted) = (0_i32, false);
    for c in inner.chars() {
        match c {
            '"' => quoted = !quoted,
            '[' | '(' if !quoted => depth += 1,
            ']' | ')' if !quoted => depth -= 1,
            _ => {}
        }
        if depth < 0 {
            return None;
        }
    }
    (is_plain && !is_doc && !quoted && depth == 0).then(|| one_line(inner))
}

fn belongs_below(node: Node<'_>, file: &File<'_>) -> bool {
    match node.kind() {
        "attribute_item" => true,
        "line_comment" | "block_comment" => docs::inner(file.text(node)).is_none(),
        _ => false,
    }
}

/// The path of an attribute: `tokio::test` of `tokio::test(flavor = "…")`.
pub(super) fn path(attribute: &str) -> &str {
    attribute.split(['(', '=', '[', '{', ' ']).next().unwrap_or(attribute).trim()
}

/// The last name of an attribute's path.
fn last(attribute: &str) -> &str {
    let path = path(attribute);
    path.rsplit("::").next().unwrap_or(path)
}

/// What stands within an attribute's parentheses.
pub(super) fn arguments(attribute: &str) -> Option<&str> {
    let (_, inner) = attribute.split_once('(')?;
    Some(inner.trim_end().strip_suffix(')').unwrap_or(inner).trim())
}

/// The parts between the outermost commas.
pub(super) fn parts(list: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut from, mut quoted, mut escaped) = (Vec::new(), 0_i32, 0, false, false);
    for (at, c) in list.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if quoted => {}
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(list[from..at].trim());
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(list[from..].trim());
    parts.retain(|part| !part.is_empty());
    parts
}

/// What attributes say, as metadata. Those of the `impl` around count where they concern its items.
pub(super) fn describe(own: &[String], around: &[String], metadata: &mut Map<String, Value>) {
    let conditions: Vec<&str> =
        around.iter().chain(own).filter(|a| path(a) == "cfg").filter_map(|a| arguments(a)).collect();
    if conditions.iter().any(|condition| is_test_only(condition)) || own.iter().any(|a| is_test(a)) {
        metadata.insert("is_test".into(), true.into());
    }
    if !conditions.is_empty() {
        metadata.insert("cfg".into(), conditions.into());
    }
    for attribute in own {
        match path(attribute) {
            "deprecated" => drop(metadata.insert("deprecated".into(), deprecated(attribute))),
            "must_use" => {
                let text = value(attribute).map_or(Value::Bool(true), Value::String);
                metadata.insert("must_use".into(), text);
            }
            "doc" if arguments(attribute).is_some_and(|a| parts(a).contains(&"hidden")) => {
                metadata.insert("is_doc_hidden".into(), true.into());
            }
            _ => {}
        }
    }
    if own.iter().chain(around).any(|attribute| is_pyo3(attribute)) {
        metadata.insert("is_pyo3".into(), true.into());
    }
}

/// Whether `#![cfg(test)]` is among the file's own attributes.
pub(super) fn is_test_file(root: Node<'_>, file: &File<'_>) -> bool {
    crate::nodes::children(root)
        .take_while(|node| docs::is_comment(*node) || matches!(node.kind(), "inner_attribute_item" | "shebang"))
        .filter_map(|node| child(node, "attribute"))
        .map(|attribute| one_line(file.text(attribute)))
        .any(|text| path(&text) == "cfg" && arguments(&text).is_some_and(is_test_only))
}

/// Whether a condition holds in tests only: `test`, `all(test, …)`.
fn is_test_only(condition: &str) -> bool {
    condition == "test" || path(condition) == "all" && arguments(condition).is_some_and(|a| parts(a).contains(&"test"))
}

fn is_test(attribute: &str) -> bool {
    matches!(last(attribute), "test" | "bench" | "rstest" | "test_case" | "wasm_bindgen_test" | "quickcheck")
}

fn is_pyo3(attribute: &str) -> bool {
    const NAMES: [&str; 6] = ["pyclass", "pyfunction", "pymethods", "pymodule", "pyo3", "pyproto"];
    match path(attribute) {
        "cfg_attr" => {
            arguments(attribute).is_some_and(|a| parts(a).iter().skip(1).any(|part| NAMES.contains(&last(part))))
        }
        _ => NAMES.contains(&last(attribute)),
    }
}

/// The text of `name = "text"`.
fn value(attribute: &str) -> Option<String> {
    let (_, text) = attribute.split_once('=')?;
    let text = text.trim().strip_prefix('"')?;
    Some(text.strip_suffix('"').unwrap_or(text).replace("\\\"", "\""))
}

fn deprecated(attribute: &str) -> Value {
    if let Some(arguments) = arguments(attribute).filter(|_| attribute.starts_with("deprecated(")) {
        let pairs = parts(arguments).into_iter();
        let pairs = pairs.filter_map(|part| Some((path(part).to_owned(), Value::String(value(part)?))));
        return Value::Object(pairs.collect());
    }
    value(attribute).map_or(json!({}), |note| json!({ "note": note }))
}

//! What several languages share: documentation with `@tags` (Java, Kotlin, Scala), values and lists as metadata.

use serde_json::{Map, Value, json};

use crate::comments;
use crate::doc_tags::{Param, Sections, remark, tags, word_first};
use crate::signature::one_line;
use crate::symbol::Symbol;

/// Longer values are no part of an API's documentation.
const MAX_VALUE_CHARS: usize = 80;

/// The documentation above a declaration: `/** … */`, or lines of `///`.
pub(crate) fn doc(text: &str, start: usize) -> Option<String> {
    comments::block_above(text, start).or_else(|| comments::lines_above(text, start, "///"))
}

/// Puts the sections of a Javadoc, KDoc or Scaladoc into `doc_sections`, and `@deprecated` into `deprecated`.
pub(crate) fn sections(symbol: &mut Symbol) {
    let Some(doc) = symbol.doc_comment.as_deref().filter(|doc| doc.contains('@')) else { return };
    let mut sections = Sections::default();
    let mut deprecated = None;
    for tag in tags(doc) {
        let (word, rest) = word_first(&tag.text);
        let named =
            || Param { name: word.trim_matches(['<', '>', '[', ']']).to_owned(), of: None, text: rest.to_owned() };
        match tag.name.as_str() {
            "param" if word.starts_with('<') => sections.named("type_params", named()),
            "tparam" => sections.named("type_params", named()),
            "param" => sections.named("params", named()),
            "property" => sections.named("properties", named()),
            "return" | "returns" => sections.typed("returns", "", &tag.text),
            "throws" | "exception" => sections.typed("throws", word.trim_matches(['[', ']']), rest),
            "example" => sections.text("examples", &tag.text),
            "sample" => sections.text("samples", &tag.text),
            "deprecated" => deprecated = Some(remark(&tag.text)),
            "see" | "since" | "author" | "version" | "note" | "constructor" | "receiver" | "group" | "todo"
            | "apiNote" | "implSpec" | "implNote" => sections.text(&snake_case(&tag.name), &tag.text),
            _ => {}
        }
    }
    sections.store(&mut symbol.metadata);
    if let Some(deprecated) = deprecated {
        symbol.metadata.insert("deprecated".into(), deprecated);
    }
}

fn snake_case(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_uppercase() {
            out.push('_');
        }
        out.extend(c.to_lowercase());
    }
    out
}

/// A value on one line, where it is short enough to say something.
pub(crate) fn short(value: &str) -> Option<String> {
    let line = one_line(value);
    (line.chars().count() <= MAX_VALUE_CHARS && !line.contains("//") && !line.contains("/*")).then_some(line)
}

/// Puts a list into the metadata, unless it is empty.
pub(crate) fn list<T: Into<Value>>(metadata: &mut Map<String, Value>, key: &str, values: Vec<T>) {
    if !values.is_empty() {
        metadata.insert(key.into(), values.into());
    }
}

/// A variant of an enum as metadata: its name, and what it is given, annotated with and said to be.
pub(crate) fn variant(name: &str, arguments: Option<&str>, attributes: Vec<String>, doc: Option<String>) -> Value {
    let mut row = json!({"name": name});
    if let Some(arguments) = arguments {
        row["arguments"] = one_line(arguments).into();
    }
    if !attributes.is_empty() {
        row["attributes"] = attributes.into();
    }
    if let Some(doc) = doc {
        row["doc"] = doc.into();
    }
    row
}

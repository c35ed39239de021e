//! XML documentation as text that people read, and as sections.

use crate::comments::{dedent, finish};
use crate::doc_tags::{Param, Sections};
use crate::symbol::Symbol;

/// Elements within elements, at most so deep; deeper ones are text.
const MAX_DEPTH: usize = 32;

/// An element that is not closed yet.
struct Open<'d> {
    name: &'d str,
    attributes: &'d str,
    text: String,
}

/// What stands at the top of a documentation, in the order in which it is read.
#[derive(Default)]
struct Parts {
    summary: String,
    remarks: String,
    value: String,
    params: Vec<(String, String)>,
    type_params: Vec<(String, String)>,
    returns: String,
    throws: Vec<(String, String)>,
    examples: Vec<String>,
    see: Vec<String>,
    is_inherited: bool,
}

/// The text of a documentation alone.
pub(super) fn text(raw: &str) -> Option<String> {
    read(raw).text()
}

/// Replaces a symbol's raw documentation by text, and puts what it says into `doc_sections`.
pub(super) fn describe(symbol: &mut Symbol) {
    let Some(raw) = symbol.doc_comment.take() else { return };
    let parts = read(&raw);
    symbol.doc_comment = parts.text();
    if parts.is_inherited {
        symbol.metadata.insert("inherits_doc".into(), true.into());
    }
    let mut sections = Sections::default();
    for (section, rows) in [("params", &parts.params), ("type_params", &parts.type_params)] {
        for (name, text) in rows {
            sections.named(section, Param { name: name.clone(), of: None, text: text.clone() });
        }
    }
    sections.typed("returns", "", &parts.returns);
    for (of, text) in &parts.throws {
        sections.typed("throws", of, text);
    }
    for (section, texts) in [("examples", &parts.examples), ("see", &parts.see)] {
        for text in texts {
            sections.text(section, text);
        }
    }
    sections.store(&mut symbol.metadata);
}

impl Parts {
    fn text(&self) -> Option<String> {
        let mut blocks = vec![self.summary.clone(), self.remarks.clone(), self.value.clone()];
        for (title, rows) in [("Type parameters", &self.type_params), ("Parameters", &self.params)] {
            blocks.push(rows_text(title, rows));
        }
        if !self.returns.is_empty() {
            blocks.push(format!("Returns: {}", self.returns));
        }
        blocks.push(rows_text("Throws", &self.throws));
        blocks.extend(self.examples.iter().map(|example| format!("Example:\n{example}")));
        blocks.retain(|block| !block.is_empty());
        finish(&blocks.join("\n\n"))
    }

    /// Takes what stands at the top; `false` for what belongs into the text around it.
    fn take(&mut self, name: &str, attributes: &str, text: &str) -> bool {
        let text = settle(text);
        let add = |to: &mut String| {
            if !to.is_empty() {
                to.push_str("\n\n");
            }
            to.push_str(&text);
        };
        match name {
            "summary" => add(&mut self.summary),
            "remarks" => add(&mut self.remarks),
            "value" => add(&mut self.value),
            "returns" => add(&mut self.returns),
            "param" => self.params.push((attribute(attributes, "name").to_owned(), text)),
            "typeparam" => self.type_params.push((attribute(attributes, "name").to_owned(), text)),
            "exception" => self.throws.push((target(attributes), text)),
            "example" => self.examples.push(text),
            "seealso" => self.see.push(if text.is_empty() { target(attributes) } else { text }),
            "inheritdoc" => self.is_inherited = true,
            _ => return false,
        }
        true
    }
}

fn rows_text(title: &str, rows: &[(String, String)]) -> String {
    let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let rows = rows.iter().filter(|(_, text)| !text.is_empty());
    let lines: Vec<String> = rows.map(|(name, text)| format!("- {name}: {}", one_line(text))).collect();
    if lines.is_empty() { String::new() } else { format!("{title}:\n{}", lines.join("\n")) }
}

/// Reads the elements of a documentation. What is no XML after all is text.
fn read(raw: &str) -> Parts {
    let mut parts = Parts::default();
    let mut loose = String::new();
    let mut open: Vec<Open<'_>> = Vec::new();
    let mut rest = raw;
    while let Some(at) = rest.find('<') {
        let (before, from) = rest.split_at(at);
        put(&mut open, &mut loose, &entities(before));
        let Some((tag, after)) = tag(from) else {
            put(&mut open, &mut loose, "<");
            rest = &from[1..];
            continue;
        };
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            let name = name.trim();
            // An element that nobody closed ends with the one around it.
            if let Some(place) = open.iter().rposition(|element| element.name == name) {
                while open.len() > place {
                    close(&mut open, &mut loose, &mut parts);
                }
            }
            continue;
        }
        let is_empty = tag.ends_with('/');
        let tag = tag.trim_end_matches('/');
        let (name, attributes) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
        if open.len() < MAX_DEPTH {
            open.push(Open { name, attributes, text: String::new() });
            if is_empty {
                close(&mut open, &mut loose, &mut parts);
            }
        }
    }
    put(&mut open, &mut loose, &entities(rest));
    while !open.is_empty() {
        close(&mut open, &mut loose, &mut parts);
    }
    let loose = settle(&loose);
    if parts.summary.is_empty() {
        parts.summary = loose;
    }
    parts
}

/// `<…>` at the start of the text, without its brackets, and what follows.
fn tag(from: &str) -> Option<(&str, &str)> {
    let inner = from.strip_prefix('<')?;
    let inner_starts = inner.strip_prefix('/').unwrap_or(inner).starts_with(|c: char| c.is_ascii_alphabetic());
    if !inner_starts {
        return None;
    }
    let end = inner.find(['>', '<'])?;
    let after = inner.get(end..)?.strip_prefix('>')?;
    Some((inner.get(..end)?, after))
}

fn put(open: &mut [Open<'_>], loose: &mut String, text: &str) {
    match open.last_mut() {
        Some(element) => element.text.push_str(text),
        None => loose.push_str(text),
    }
}

/// Ends the innermost element: a part at the top, or text for what is around it.
fn close(open: &mut Vec<Open<'_>>, loose: &mut String, parts: &mut Parts) {
    let Some(Open { name, attributes, text }) = open.pop() else { return };
    let is_top = open.iter().all(|around| matches!(around.name, "doc" | "member"));
    if is_top && parts.take(name, attributes, &text) {
        return;
    }
    let shown = match name {
        "see" | "seealso" | "paramref" | "typeparamref" => {
            if text.trim().is_empty() {
                format!("`{}`", target(attributes))
            } else {
                text
            }
        }
        "c" => format!("`{}`", text.trim()),
        "code" => {
            let mut lines: Vec<String> = text.trim_matches('\n').trim_end().lines().map(str::to_owned).collect();
            dedent(&mut lines);
            format!("\n```\n{}\n```\n", lines.join("\n"))
        }
        "para" | "list" => format!("\n\n{text}\n\n"),
        "item" | "listheader" => format!("\n- {}", text.split_whitespace().collect::<Vec<_>>().join(" ")),
        "term" => format!("{}: ", text.trim()),
        "br" => "\n".to_owned(),
        _ => text,
    };
    put(open, loose, &shown);
}

/// What `cref`, `name`, `langword` or `href` names, without the `T:` of compiled documentation.
fn target(attributes: &str) -> String {
    let found = ["cref", "name", "langword", "href"].into_iter().map(|key| attribute(attributes, key));
    let found = found.into_iter().find(|value| !value.is_empty()).unwrap_or_default();
    let bare = match found.split_once(':') {
        Some((kind, rest)) if kind.len() == 1 => rest,
        _ => found,
    };
    bare.replace('{', "<").replace('}', ">")
}

fn attribute<'d>(attributes: &'d str, key: &str) -> &'d str {
    let value = || {
        let (before, rest) = attributes.split_once(key)?;
        if !before.is_empty() && !before.ends_with(char::is_whitespace) {
            return None;
        }
        let rest = rest.trim_start().strip_prefix('=')?.trim_start();
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        rest.get(1..)?.split(quote).next()
    };
    value().unwrap_or_default()
}

fn entities(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&apos;", "'");
    text.replace("&#39;", "'").replace("&amp;", "&")
}

/// Lines without blanks around them, but for code; one blank line at most.
fn settle(text: &str) -> String {
    let mut out: Vec<&str> = Vec::new();
    let mut is_code = false;
    for line in text.lines() {
        let trimmed = line.trim();
        if trimmed == "```" {
            is_code = !is_code;
        }
        let line = if is_code { line.trim_end() } else { trimmed };
        if is_code || !line.is_empty() || out.last().is_some_and(|last| !last.is_empty()) {
            out.push(line);
        }
    }
    out.join("\n").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn bad_xml_is_text() {
        assert_eq!(text("a < b & c").as_deref(), Some("a < b & c"));
        assert_eq!(text("<summary>One <b>two</summary>").as_deref(), Some("One two"));
        assert_eq!(text("</summary>x").as_deref(), Some("x"));
        assert_eq!(text(&"<a>".repeat(1000)), None);
        assert_eq!(text("<summary").as_deref(), Some("<summary"));
    }
}

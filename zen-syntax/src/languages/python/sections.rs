//! The parts of a docstring: arguments, results, exceptions, …, as Google, NumPy and Sphinx write them.

use serde_json::{Map, Value, json};

use crate::comments;

/// What the entries of a part look like.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// A name, perhaps a type, and what it means.
    Named,
    /// A type and what it means.
    Typed,
    /// Perhaps a type, and what it means.
    Result,
    /// Text.
    Text,
}

/// The part under a heading.
fn part(heading: &str) -> Option<(&'static str, Shape)> {
    Some(match heading.to_ascii_lowercase().as_str() {
        "args" | "arguments" | "params" | "parameters" | "keyword args" | "keyword arguments" | "other parameters"
        | "other args" => ("args", Shape::Named),
        "attributes" => ("attributes", Shape::Named),
        "returns" | "return" => ("returns", Shape::Result),
        "yields" | "yield" => ("yields", Shape::Result),
        "raises" | "raise" | "exceptions" => ("raises", Shape::Typed),
        "warns" => ("warns", Shape::Typed),
        "example" | "examples" | "usage" => ("examples", Shape::Text),
        "note" | "notes" => ("notes", Shape::Text),
        "see also" => ("see_also", Shape::Text),
        "deprecated" => ("deprecated", Shape::Text),
        _ => return None,
    })
}

/// The parts of a docstring; `None` where it has none.
pub(super) fn of(doc: &str) -> Option<Value> {
    if !doc.contains([':', '-', '>']) {
        return None;
    }
    let lines: Vec<&str> = doc.lines().collect();
    let mut parts = Map::new();
    let mut fields = Fields::default();
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        let taken = numpy(&lines, at, &mut parts)
            .or_else(|| google(&lines, at, &mut parts))
            .or_else(|| fields.read(&lines, at))
            .or_else(|| directive(&lines, at, &mut parts));
        at += taken.unwrap_or(1).max(1);
        if taken.is_none() && line.trim_start().starts_with(">>>") {
            let end = lines.iter().skip(at).position(|line| line.trim().is_empty()).map_or(lines.len(), |n| at + n);
            add(&mut parts, "examples", text_of(lines.get(at - 1..end).unwrap_or_default()).into());
            at = end;
        }
    }
    fields.finish(&mut parts);
    (!parts.is_empty()).then_some(Value::Object(parts))
}

fn add(parts: &mut Map<String, Value>, key: &str, value: Value) {
    if let Value::Array(list) = parts.entry(key).or_insert_with(|| json!([])) {
        list.push(value);
    }
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// How many lines from `at` on are blank or indented deeper than `than`.
fn deeper(lines: &[&str], at: usize, than: usize) -> usize {
    lines.iter().skip(at).take_while(|line| line.trim().is_empty() || indent(line) > than).count()
}

/// Lines without the indentation they share and without blank lines around them.
fn text_of(lines: &[&str]) -> String {
    let mut lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
    comments::dedent(&mut lines);
    comments::finish(&lines.join("\n")).unwrap_or_default()
}

/// `Parameters` above `----------`.
fn numpy(lines: &[&str], at: usize, parts: &mut Map<String, Value>) -> Option<usize> {
    let is_heading = |at: usize| {
        let rule = lines.get(at + 1).map(|line| line.trim()).unwrap_or_default();
        rule.len() >= 3 && rule.bytes().all(|b| b == b'-') && lines.get(at).is_some_and(|line| !line.trim().is_empty())
    };
    if !is_heading(at) {
        return None;
    }
    let (key, shape) = part(lines.get(at)?.trim())?;
    let end = (at + 2..lines.len()).find(|at| is_heading(*at)).unwrap_or(lines.len());
    let body = lines.get(at + 2..end).unwrap_or_default();
    if shape == Shape::Text {
        add_text(parts, key, &text_of(body));
        return Some(end - at);
    }
    for (head, rest) in entries(body) {
        let description = text_of(&rest);
        let (name, of) = match head.split_once(" : ").or_else(|| head.split_once(": ")) {
            Some((name, of)) => (Some(name.trim()), Some(of.trim())),
            None if shape == Shape::Named => (Some(head.trim_end_matches(':').trim()), None),
            None => (None, Some(head.trim())),
        };
        match shape {
            Shape::Named => {
                for name in name.unwrap_or_default().split(", ") {
                    add(parts, key, entry(Some(name), of, &description));
                }
            }
            Shape::Typed => add(parts, key, entry(None, name.or(of), &description)),
            _ => add(parts, key, entry(name, of, &description)),
        }
    }
    Some(end - at)
}

/// `Args:` above indented lines.
fn google(lines: &[&str], at: usize, parts: &mut Map<String, Value>) -> Option<usize> {
    let line = lines.get(at)?;
    let (key, shape) = part(line.trim().strip_suffix(':')?.trim_end_matches(':'))?;
    let count = deeper(lines, at + 1, indent(line));
    let body = lines.get(at + 1..at + 1 + count).unwrap_or_default();
    let text = text_of(body);
    if text.is_empty() {
        return None;
    }
    match shape {
        Shape::Text => add_text(parts, key, &text),
        Shape::Result => {
            let (of, description) = match split_colon(&text) {
                Some((of, rest)) if is_type(of) => (Some(of), rest),
                _ => (None, text.as_str()),
            };
            add(parts, key, entry(None, of, description));
        }
        Shape::Named | Shape::Typed => {
            for (head, rest) in entries(body) {
                let (name, first) = split_colon(head).unwrap_or((head, ""));
                let more = text_of(&rest);
                let description = [first.trim(), &more].join("\n");
                if shape == Shape::Typed {
                    add(parts, key, entry(None, Some(name), &description));
                    continue;
                }
                let (name, of) = match name.split_once(" (").or_else(|| name.split_once('(')) {
                    Some((name, of)) => (name, Some(of.trim_end().trim_end_matches(')'))),
                    None => (name, None),
                };
                add(parts, key, entry(Some(name), of, &description));
            }
        }
    }
    Some(1 + count)
}

fn add_text(parts: &mut Map<String, Value>, key: &str, text: &str) {
    if !text.is_empty() {
        add(parts, key, text.into());
    }
}

/// `.. deprecated:: 1.2` and what is indented below it.
fn directive(lines: &[&str], at: usize, parts: &mut Map<String, Value>) -> Option<usize> {
    let line = lines.get(at)?;
    let first = line.trim().strip_prefix(".. deprecated::")?.trim();
    let count = deeper(lines, at + 1, indent(line));
    let more = text_of(lines.get(at + 1..at + 1 + count).unwrap_or_default());
    add_text(parts, "deprecated", [first, &more].join("\n").trim());
    Some(1 + count)
}

/// Entries of a list: a line at the list's own indentation with the deeper ones below it.
fn entries<'l>(body: &[&'l str]) -> Vec<(&'l str, Vec<&'l str>)> {
    let base = body.iter().filter(|line| !line.trim().is_empty()).map(|line| indent(line)).min().unwrap_or(0);
    let mut found: Vec<(&str, Vec<&str>)> = Vec::new();
    for line in body {
        if !line.trim().is_empty() && indent(line) == base {
            found.push((line.trim(), Vec::new()));
        } else if let Some((_, rest)) = found.last_mut() {
            rest.push(line);
        }
    }
    found
}

/// Splits at the first colon outside of brackets that a blank or nothing follows.
fn split_colon(text: &str) -> Option<(&str, &str)> {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            '\n' => return None,
            ':' if depth == 0 => {
                let rest = text.get(at + 1..).unwrap_or_default();
                if rest.is_empty() || rest.starts_with(char::is_whitespace) {
                    return Some((text.get(..at)?.trim(), rest.trim()));
                }
            }
            _ => {}
        }
    }
    None
}

/// Whether text before a colon reads as a type and not as a sentence.
fn is_type(text: &str) -> bool {
    let mut depth = 0_usize;
    let outside = text.chars().filter(|c| {
        match c {
            '[' | '(' => depth += 1,
            ']' | ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0
    });
    let outside: String = outside.collect();
    let outside = outside.replace(" | ", "|").replace(" or ", "|").replace(", optional", "");
    !outside.trim().is_empty() && !outside.trim().contains(' ')
}

fn entry(name: Option<&str>, of: Option<&str>, description: &str) -> Value {
    let mut entry = Map::new();
    if let Some(name) = name {
        entry.insert("name".into(), name.replace(['\\', '`'], "").trim().into());
    }
    if let Some(of) = of.filter(|of| !of.is_empty()) {
        entry.insert("type".into(), of.trim_matches('`').into());
    }
    entry.insert("description".into(), description.trim().into());
    Value::Object(entry)
}

/// Sphinx's `:param x: …`, whose types may stand apart from what they are of.
#[derive(Default)]
struct Fields {
    entries: Vec<(&'static str, Option<String>, Option<String>, String)>,
    types: Vec<(&'static str, Option<String>, String)>,
}

impl Fields {
    fn read(&mut self, lines: &[&str], at: usize) -> Option<usize> {
        let line = lines.get(at)?;
        let (head, first) = line.trim_start().strip_prefix(':')?.split_once(':')?;
        let (field, of) = head.split_once(' ').map_or((head, None), |(field, of)| (field, Some(of.trim())));
        let count = deeper(lines, at + 1, indent(line));
        let more = text_of(lines.get(at + 1..at + 1 + count).unwrap_or_default());
        let text = [first.trim(), &more].join("\n").trim().to_owned();
        let owned = || of.map(str::to_owned);
        match field {
            "param" | "parameter" | "arg" | "argument" | "key" | "keyword" | "kwarg" => {
                // `:param int count:`
                let (of, name) = of?.rsplit_once(' ').map_or((None, of?), |(of, name)| (Some(of.to_owned()), name));
                self.entries.push(("args", Some(name.to_owned()), of, text));
            }
            "ivar" | "cvar" | "var" => self.entries.push(("attributes", owned(), None, text)),
            "raises" | "raise" | "except" | "exception" => self.entries.push(("raises", None, owned(), text)),
            "return" | "returns" => self.entries.push(("returns", None, None, text)),
            "yield" | "yields" => self.entries.push(("yields", None, None, text)),
            "type" | "kwtype" => self.types.push(("args", owned(), text)),
            "vartype" => self.types.push(("attributes", owned(), text)),
            "rtype" => self.types.push(("returns", None, text)),
            "ytype" => self.types.push(("yields", None, text)),
            _ => return None,
        }
        Some(1 + count)
    }

    fn finish(self, parts: &mut Map<String, Value>) {
        let mut entries = self.entries;
        for (key, name, of) in self.types {
            match entries.iter_mut().find(|(k, n, ..)| *k == key && *n == name) {
                Some(entry) => entry.2 = Some(of),
                None => entries.push((key, name, Some(of), String::new())),
            }
        }
        for (key, name, of, description) in entries {
            add(parts, key, entry(name.as_deref(), of.as_deref(), &description));
        }
    }
}

//! Documentation of C and C++: comments of all forms, and the commands that Doxygen has for their parts.

use serde_json::{Map, Value, json};
use tree_sitter::Node;

use crate::comments::{self, any_marks};
use crate::nodes::text_of;
use crate::rules::File;

/// The text of a comment that can document what follows it.
pub(crate) fn text(comment: &str) -> Option<String> {
    let is_behind = ["///<", "//!<", "/**<", "/*!<"].iter().any(|mark| comment.starts_with(mark));
    if is_behind || is_about_file(comment) {
        return None;
    }
    let text = any_marks(comment)?;
    let lines: Vec<&str> = text.lines().filter(|line| !is_rule(line)).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// Licenses, `\file` comments and words to tools say nothing about the declaration below.
fn is_about_file(comment: &str) -> bool {
    let is_tool =
        ["NOLINT", "clang-format", "SPDX-", "IWYU", "NOSONAR", "vim:", "-*-"].iter().any(|t| comment.contains(t));
    is_tool
        || comment.contains("Copyright")
        || comment.contains("COPYRIGHT")
        || ["@file", "\\file", "@defgroup", "\\defgroup", "@addtogroup", "\\addtogroup", "@{", "@}"]
            .iter()
            .any(|command| comment.contains(command))
}

/// Whether a line is only there to be seen: `-----`.
fn is_rule(line: &str) -> bool {
    let line = line.trim();
    line.len() >= 3 && line.bytes().all(|b| matches!(b, b'-' | b'=' | b'*' | b'/' | b'#' | b'~' | b'+' | b'_'))
}

/// What documents a field or variant: the comment behind it on its line, or the one above.
pub(crate) fn beside(node: Node<'_>, file: &File<'_>) -> Option<String> {
    let mut next = node.next_sibling();
    while let Some(at) = next.filter(|n| n.start_position().row == node.end_position().row) {
        if at.kind() == "comment" {
            let comment = text_of(file.text, at);
            let is_alone = at.next_sibling().is_none_or(|n| n.start_position().row > at.end_position().row);
            let marked = comment.replacen("///<", "///", 1).replacen("//!<", "//!", 1);
            let marked = marked.replacen("/**<", "/**", 1).replacen("/*!<", "/*!", 1);
            return is_alone.then(|| any_marks(&marked)).flatten().and_then(|text| comments::finish(text.trim()));
        }
        if at.is_named() {
            break;
        }
        next = at.next_sibling();
    }
    comments::above(node, file.text, text, |_| false)
}

/// One command with what stands behind it.
struct Section<'d> {
    command: &'d str,
    /// `[in]`, `[out]`.
    option: Option<&'d str>,
    lines: Vec<&'d str>,
}

/// The parts of a documentation comment, by Doxygen's commands: `params` (name, text, direction), `type_params`,
/// `returns`, `return_values` (value, text), `throws` (type, text), `notes`, `warnings`, `deprecated`, `see`, `since`,
/// `pre`, `post`, `examples`.
pub(crate) fn sections(doc: &str) -> Map<String, Value> {
    let mut sections: Vec<Section<'_>> = Vec::new();
    let mut in_code = false;
    for line in doc.lines() {
        match command(line) {
            Some((name @ ("endcode" | "endverbatim"), ..)) => {
                let _ = name;
                in_code = false;
                sections.push(Section { command: "", option: None, lines: Vec::new() });
            }
            Some((name, option, rest)) if !in_code => {
                in_code = matches!(name, "code" | "verbatim");
                let lines = if in_code { Vec::new() } else { vec![rest] };
                sections.push(Section { command: name, option, lines });
            }
            _ => {
                let Some(last) = sections.last_mut() else { continue };
                if line.trim().is_empty() && !in_code {
                    // A paragraph's end is a section's end.
                    sections.push(Section { command: "", option: None, lines: Vec::new() });
                } else {
                    last.lines.push(line);
                }
            }
        }
    }
    let mut out = Map::new();
    for section in sections {
        keep(&section, &mut out);
    }
    out
}

/// `@param[in] name text` as command, option and the rest.
fn command(line: &str) -> Option<(&str, Option<&str>, &str)> {
    let rest = line.trim_start().strip_prefix(['@', '\\'])?;
    let end = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
    let (name, rest) = rest.split_at(end);
    if name.is_empty() {
        return None;
    }
    let (option, rest) = match rest.strip_prefix('[').and_then(|r| r.split_once(']')) {
        Some((option, rest)) => (Some(option), rest),
        None => (None, rest),
    };
    Some((name, option, rest.trim()))
}

fn keep(section: &Section<'_>, out: &mut Map<String, Value>) {
    let is_code = matches!(section.command, "code" | "verbatim");
    let text = if is_code {
        let mut lines: Vec<String> = section.lines.iter().map(|line| (*line).to_owned()).collect();
        comments::dedent(&mut lines);
        lines.join("\n").trim_matches('\n').to_owned()
    } else {
        section.lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ").trim().to_owned()
    };
    if text.is_empty() {
        return;
    }
    let pair = |key: &str| {
        let (name, rest) = text.split_once(char::is_whitespace).unwrap_or((&text, ""));
        let mut row = json!({key: name, "text": rest.trim()});
        if let Some(option) = section.option {
            row["direction"] = option.into();
        }
        row
    };
    let (key, value) = match section.command {
        "param" => ("params", pair("name")),
        "tparam" => ("type_params", pair("name")),
        "retval" => ("return_values", pair("value")),
        "throw" | "throws" | "exception" => ("throws", pair("type")),
        "note" | "remark" | "remarks" => ("notes", text.into()),
        "warning" | "attention" => ("warnings", text.into()),
        "see" | "sa" => ("see", text.into()),
        "pre" => ("pre", text.into()),
        "post" => ("post", text.into()),
        "code" | "verbatim" => ("examples", text.into()),
        "return" | "returns" | "result" => {
            out.insert("returns".into(), text.into());
            return;
        }
        "deprecated" | "since" => {
            out.insert(section.command.into(), text.into());
            return;
        }
        _ => return,
    };
    if let Value::Array(list) = out.entry(key).or_insert_with(|| Value::Array(Vec::new())) {
        list.push(value);
    }
}

#[cfg(test)]
mod tests {
    use super::{sections, text};

    #[test]
    fn parts() {
        let doc =
            "Adds.\n\n@param[in] a  one,\n  on two lines\n@return it\n\n@code\n  add(1);\n@endcode\nrest\n\\since 1.2";
        let parts = serde_json::to_value(sections(doc)).unwrap();
        assert_eq!(
            parts,
            serde_json::json!({
                "params": [{"name": "a", "text": "one, on two lines", "direction": "in"}],
                "returns": "it", "examples": ["add(1);"], "since": "1.2",
            })
        );
        assert!(sections("").is_empty());
    }

    #[test]
    fn what_documents() {
        assert_eq!(text("/// Adds.").as_deref(), Some("Adds."));
        assert_eq!(text("///< behind"), None);
        assert_eq!(text("/* Copyright 2020 */"), None);
        assert_eq!(text("// --------"), None);
    }
}

//! Docstrings: where they stand, and their text without quotes and indentation (PEP 257).

use tree_sitter::Node;

use crate::comments;
use crate::nodes::{named, text_of};

/// The docstring that a block of statements, or a module, begins with.
pub(super) fn of_block(block: Node<'_>, text: &str) -> Option<String> {
    of_statement(named(block).find(|node| node.kind() != "comment")?, text)
}

/// The text of a statement that is nothing but a string.
pub(super) fn of_statement(statement: Node<'_>, text: &str) -> Option<String> {
    if statement.kind() != "expression_statement" || statement.named_child_count() != 1 {
        return None;
    }
    clean(&literal(statement.named_child(0)?, text)?)
}

/// What documents an assignment: the string after it, `#:` comments above or behind it, other comments right above.
pub(super) fn of_assignment(assignment: Node<'_>, text: &str) -> Option<String> {
    let statement = assignment.parent().filter(|parent| parent.kind() == "expression_statement").unwrap_or(assignment);
    let next = statement.next_sibling();
    if let Some(doc) = next.and_then(|next| of_statement(next, text)) {
        return Some(doc);
    }
    if let Some(comment) = next.filter(|next| next.kind() == "comment")
        && comment.start_position().row == statement.end_position().row
        && let Some(doc) = comments::line(text_of(text, comment), "#:")
    {
        return comments::finish(&doc);
    }
    comments::above(statement, text, comment_text, |_| false)
}

/// A comment's text, unless it talks to tools or is drawn.
fn comment_text(comment: &str) -> Option<String> {
    let rest = comment.strip_prefix("#:").or_else(|| comment.strip_prefix('#'))?;
    let rest = rest.strip_prefix(' ').unwrap_or(rest).trim_end();
    let directive = ["type:", "noqa", "pylint:", "pragma", "fmt:", "mypy:", "ruff:", "isort:", "pyright:", "!", "-*-"];
    let is_drawn = !rest.is_empty() && !rest.contains(char::is_alphanumeric);
    (!is_drawn && !directive.iter().any(|start| rest.starts_with(start))).then(|| rest.to_owned())
}

/// The value of a string literal, parts side by side put together; `None` for bytes and strings with code in them.
pub(super) fn literal(node: Node<'_>, text: &str) -> Option<String> {
    match node.kind() {
        "string" => unquote(text_of(text, node)),
        "concatenated_string" => {
            named(node).filter(|part| part.kind() == "string").map(|part| unquote(text_of(text, part))).collect()
        }
        "parenthesized_expression" => literal(node.named_child(0).filter(|n| n.kind() != node.kind())?, text),
        _ => None,
    }
}

fn unquote(code: &str) -> Option<String> {
    let (prefix, rest) = code.split_at(code.find(['"', '\''])?);
    if prefix.contains(['b', 'B', 'f', 'F', 't', 'T']) {
        return None;
    }
    let quote = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|quote| rest.starts_with(quote))?;
    let inner = rest.strip_prefix(quote)?.strip_suffix(quote)?;
    let is_raw = prefix.contains(['r', 'R']);
    Some(if is_raw || !inner.contains('\\') { inner.to_owned() } else { unescape(inner) })
}

fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        let Some(escaped) = after.chars().next() else { return out };
        rest = after.get(escaped.len_utf8()..).unwrap_or_default();
        match escaped {
            '\n' => {}
            'n' => out.push('\n'),
            't' => out.push('\t'),
            'r' => out.push('\r'),
            'b' => out.push('\u{8}'),
            '\\' | '\'' | '"' => out.push(escaped),
            'x' | 'u' | 'U' => {
                let digits = match escaped {
                    'x' => 2,
                    'u' => 4,
                    _ => 8,
                };
                let code =
                    rest.get(..digits).and_then(|hex| u32::from_str_radix(hex, 16).ok()).and_then(char::from_u32);
                match code {
                    Some(c) => {
                        out.push(c);
                        rest = rest.get(digits..).unwrap_or_default();
                    }
                    None => out.extend(['\\', escaped]),
                }
            }
            other => out.extend(['\\', other]),
        }
    }
    out.push_str(rest);
    out
}

/// A docstring as `inspect.cleandoc` gives it.
fn clean(text: &str) -> Option<String> {
    let text = if text.contains('\t') { text.replace('\t', "        ") } else { text.to_owned() };
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let (first, rest) = lines.split_first_mut()?;
    *first = first.trim().to_owned();
    comments::dedent(rest);
    comments::finish(&lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::{clean, unquote};

    #[test]
    fn values() {
        assert_eq!(
            unquote(
                r#""a\tb\u00e9\
c\q""#
            )
            .as_deref(),
            Some("a\tbéc\\q")
        );
        assert_eq!(unquote(r"r'\d'").as_deref(), Some(r"\d"));
        assert_eq!(unquote("b'x'"), None);
        assert_eq!(unquote("f'{x}'"), None);
        assert_eq!(unquote("'''x'''").as_deref(), Some("x"));
        assert_eq!(unquote("'"), None);
        assert_eq!(unquote(r"'\xzz\u12'").as_deref(), Some(r"\xzz\u12"));
    }

    #[test]
    fn indentation() {
        assert_eq!(clean("\n    One.\n\n      two\n    ").as_deref(), Some("One.\n\n  two"));
        assert_eq!(clean("One.\n    two").as_deref(), Some("One.\ntwo"));
        assert_eq!(clean("   \n  "), None);
    }
}

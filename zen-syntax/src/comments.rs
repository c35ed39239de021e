//! Comments as documentation.

use tree_sitter::Node;

use crate::nodes::text_of;

/// Of more comments in a row only the last are looked at.
const MAX_COMMENTS: usize = 500;

/// The documentation in the comments right above `node`: consecutive comment nodes, nearest last, as far as `text_in`
/// finds documentation in them. A blank line ends the search; nodes that `is_between` allows are stepped over.
pub(crate) fn above(
    node: Node<'_>,
    text: &str,
    text_in: impl Fn(&str) -> Option<String>,
    is_between: impl Fn(&str) -> bool,
) -> Option<String> {
    let mut parts = Vec::new();
    let mut below = node;
    let mut at = node.prev_sibling();
    while let Some(sibling) = at.filter(|_| parts.len() < MAX_COMMENTS) {
        let is_comment = sibling.kind().contains("comment");
        if !is_comment && !is_between(sibling.kind()) {
            break;
        }
        let gap = text.get(sibling.end_byte()..below.start_byte()).unwrap_or_default();
        // A comment node may or may not include its line break.
        let mut lines = gap.split('\n');
        if !text_of(text, sibling).ends_with('\n') {
            lines.next();
        }
        lines.next_back();
        if lines.any(|line| line.trim().is_empty()) {
            break;
        }
        if is_comment {
            if stands_behind_code(sibling, text) {
                break;
            }
            match text_in(text_of(text, sibling)) {
                Some(part) => parts.push(part),
                None => break,
            }
        }
        below = sibling;
        at = sibling.prev_sibling();
    }
    parts.reverse();
    finish(&parts.join("\n"))
}

/// Whether something else stands before the comment on its line: then it belongs to that.
fn stands_behind_code(comment: Node<'_>, text: &str) -> bool {
    let before = text.get(..comment.start_byte()).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default();
    !line.trim().is_empty()
}

/// Documentation as it is kept: no blank lines around it, none for empty text.
pub(crate) fn finish(text: &str) -> Option<String> {
    let trimmed = text.trim_matches('\n').trim_end();
    (!trimmed.trim().is_empty()).then(|| trimmed.to_owned())
}

/// The text of any comment: `//`, `///`, `//!`, `#`, `--`, `;`, `/* … */`, `/** … */`.
pub(crate) fn any_marks(comment: &str) -> Option<String> {
    let comment = comment.trim_end();
    if let Some(inner) = comment.strip_prefix("/*") {
        return Some(block(inner.strip_suffix("*/").unwrap_or(inner)));
    }
    ["///", "//!", "//", "--", "#", ";;", ";"].iter().find_map(|mark| line(comment, mark))
}

/// The text of a comment of whole lines with this mark; one blank after the mark belongs to the mark.
pub(crate) fn line(comment: &str, mark: &str) -> Option<String> {
    let mut lines = Vec::new();
    for line in comment.trim_end().lines() {
        let rest = line.trim_start().strip_prefix(mark)?;
        lines.push(rest.strip_prefix(' ').unwrap_or(rest).trim_end());
    }
    Some(lines.join("\n"))
}

/// The text within a block comment (its opening and closing marks are off already): leading `*` of lines go, and the
/// blanks that all lines share.
pub(crate) fn block(inner: &str) -> String {
    let inner = inner.trim_start_matches(['*', '!']).trim_end_matches('*');
    let lines: Vec<&str> = inner.lines().collect();
    let starred = lines.iter().skip(1).filter(|l| !l.trim().is_empty()).all(|l| l.trim_start().starts_with('*'))
        && lines.len() > 1;
    let mut out = Vec::with_capacity(lines.len());
    for (i, text) in lines.iter().enumerate() {
        if i == 0 {
            out.push(text.trim().to_owned());
        } else if starred {
            let rest = text.trim_start().strip_prefix('*').unwrap_or_default();
            out.push(rest.strip_prefix(' ').unwrap_or(rest).trim_end().to_owned());
        } else {
            out.push(text.trim_end().to_owned());
        }
    }
    if !starred && let Some(rest) = out.get_mut(1..) {
        dedent(rest);
    }
    while out.first().is_some_and(String::is_empty) {
        out.remove(0);
    }
    while out.last().is_some_and(|l| l.trim().is_empty()) {
        out.pop();
    }
    out.join("\n")
}

/// Takes away the indentation that all lines share, as Python does with docstrings.
pub(crate) fn dedent(lines: &mut [String]) {
    let shared =
        lines.iter().filter(|l| !l.trim().is_empty()).map(|l| l.len() - l.trim_start().len()).min().unwrap_or(0);
    for line in lines {
        *line = line.get(shared..).unwrap_or_default().trim_end().to_owned();
    }
}

#[cfg(test)]
mod tests {
    use super::{any_marks, block, line};

    #[test]
    fn marks() {
        assert_eq!(any_marks("/// Adds.").as_deref(), Some("Adds."));
        assert_eq!(any_marks("#  two").as_deref(), Some(" two"));
        assert_eq!(line("// a\n// b", "//").as_deref(), Some("a\nb"));
        assert_eq!(line("// a\nb", "//"), None);
    }

    #[test]
    fn blocks() {
        assert_eq!(block("*\n * One.\n *\n *   Two.\n "), "One.\n\n  Two.");
        assert_eq!(block(" one line "), "one line");
        assert_eq!(block("\n    a\n      b\n    "), "a\n  b");
        assert_eq!(block(""), "");
    }
}

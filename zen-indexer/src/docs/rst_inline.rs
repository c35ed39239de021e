//! Inline markup of reStructuredText as plain text.

/// Text without the marks of roles and references: ``:class:`~a.B` `` becomes `` `B` ``, `` `text <url>`_ `` becomes `text`,
/// double backticks become single ones.
pub(super) fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['`', '\\']) {
        let (before, after) = rest.split_at(at);
        if let Some(escaped) = after.strip_prefix('\\') {
            out.push_str(before);
            // A blank after a backslash joins what stands around it.
            rest = match escaped.chars().next() {
                Some(' ') => &escaped[1..],
                Some(c) if c.is_ascii_punctuation() => {
                    out.push(c);
                    &escaped[1..]
                }
                _ => {
                    out.push('\\');
                    escaped
                }
            };
            continue;
        }
        if let Some(literal) = after.strip_prefix("``") {
            out.push_str(before);
            if let Some(end) = literal.find("``").filter(|end| is_span(&literal[..*end])) {
                out.push('`');
                out.push_str(&literal[..end]);
                out.push('`');
                rest = &literal[end + 2..];
            } else {
                out.push_str("``");
                rest = literal;
            }
            continue;
        }
        let inner = &after[1..];
        let Some(end) = inner.find('`').filter(|end| *end > 0 && is_span(&inner[..*end])) else {
            out.push_str(before);
            out.push('`');
            rest = inner;
            continue;
        };
        let (content, tail) = (&inner[..end], &inner[end + 1..]);
        if let Some((lead, role)) = role_before(before) {
            out.push_str(lead);
            out.push_str(&role_text(role, content));
            rest = tail;
        } else {
            out.push_str(before);
            out.push_str(label(content));
            rest = tail.strip_prefix("__").or_else(|| tail.strip_prefix('_')).unwrap_or(tail);
        }
    }
    out.push_str(rest);
    out
}

/// Marks do not reach over paragraphs.
fn is_span(text: &str) -> bool {
    !text.contains("\n\n")
}

/// The role at the end of a text (`:py:class:`) and what stands before it.
fn role_before(text: &str) -> Option<(&str, &str)> {
    let body = text.strip_suffix(':')?;
    let start = body
        .rfind(|c: char| !(c.is_ascii_alphanumeric() || "-_:.+".contains(c)))
        .map_or(0, |at| at + body[at..].chars().next().map_or(1, char::len_utf8));
    let role = body[start..].strip_prefix(':')?;
    (!role.is_empty()).then(|| (&text[..start], role))
}

fn role_text(role: &str, content: &str) -> String {
    let name = role.rsplit(':').next().unwrap_or(role);
    let text = label(content);
    match name {
        "ref" | "doc" | "term" | "abbr" | "sup" | "sub" | "strong" | "emphasis" | "numref" | "download" | "pep"
        | "rfc" | "issue" | "pr" | "user" | "any" | "guilabel" | "menuselection" | "dfn" | "title" => {
            let prefix = match name {
                "pep" => "PEP ",
                "rfc" => "RFC ",
                "issue" | "pr" => "#",
                _ => "",
            };
            format!("{prefix}{text}")
        }
        _ => {
            // `~` asks for the last part of the name only.
            let text = match text.strip_prefix('~') {
                Some(name) => name.rsplit('.').next().unwrap_or(name),
                None => text.trim_start_matches('!'),
            };
            format!("`{text}`")
        }
    }
}

/// `text` of `text <target>`.
fn label(content: &str) -> &str {
    match content.strip_suffix('>').and_then(|content| content.rfind('<').map(|at| content[..at].trim_end())) {
        Some(label) if !label.is_empty() => label,
        _ => content,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_go_and_words_stay() {
        assert_eq!(clean("See :ref:`the guide <guide>` and :py:class:`~a.b.C`."), "See the guide and `C`.");
        assert_eq!(clean("``x == 1`` by `Sam <https://s>`__ and `name`_"), "`x == 1` by Sam and name");
        assert_eq!(clean(":pep:`8`, :func:`!run`, :meth:`a.run <a.B.run>`"), "PEP 8, `run`, `a.run`");
        assert_eq!(clean("a\\ b \\*c \\n `open"), "ab *c \\n `open");
        assert_eq!(clean("é:ref:`x`"), "éx");
    }
}

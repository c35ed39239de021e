//! Literals out of programs that are not run.

/// The text literal that follows `key` and one of the marks: `version: "1.0"`, `name = 'x'`, `project("x")`.
///
/// Only whole words count, comments and interpolated texts do not.
pub(super) fn literal_after(text: &str, key: &str, marks: &[&str]) -> Option<String> {
    text.lines().enumerate().find_map(|(number, line)| {
        let line = without_comment(line);
        line.match_indices(key).find_map(|(at, _)| {
            let before = line[..at].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '"' | '\'')) {
                return None;
            }
            let rest = line[at + key.len()..].trim_start();
            let mark = marks.iter().find(|mark| rest.starts_with(**mark))?;
            // The value may be on the next line.
            let rest = rest[mark.len()..].trim_start();
            if rest.is_empty() { text.lines().nth(number + 1).and_then(literal) } else { literal(rest) }
        })
    })
}

/// The text literal at the start.
pub(super) fn literal(text: &str) -> Option<String> {
    let text = text.trim_start();
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let mut value = String::new();
    let mut chars = text[1..].chars();
    loop {
        match chars.next()? {
            c if c == quote => break,
            '\\' => value.push(chars.next()?),
            c => value.push(c),
        }
    }
    let interpolated = quote == '"' && (value.contains("#{") || value.contains("${") || value.contains("\\("));
    (!interpolated && !value.is_empty()).then_some(value)
}

/// A line up to its comment, if that is plainly one.
pub(super) fn without_comment(line: &str) -> &str {
    let trimmed = line.trim_start();
    if ["//", "#", "--", ";"].iter().any(|mark| trimmed.starts_with(mark)) { "" } else { line }
}

/// The value of a `Key: value` line, with the lines that are indented below it.
pub(super) fn field(text: &str, key: &str) -> Option<String> {
    let mut lines = text.lines();
    let first = lines.by_ref().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.trim_end().eq_ignore_ascii_case(key).then(|| value.trim().to_owned())
    })?;
    let more = lines.take_while(|line| line.starts_with([' ', '\t']) && !line.trim().is_empty()).map(str::trim);
    let value = std::iter::once(first.as_str()).chain(more).collect::<Vec<_>>().join("\n");
    Some(value.trim().to_owned()).filter(|value| !value.is_empty())
}

//! Declarations on one line.

use tree_sitter::Node;

/// Longer signatures are cut, with `…`.
const MAX_CHARS: usize = 2000;

/// Code on one line: runs of blanks become one, none after an opening or before a closing bracket, no trailing comma
/// before a closing bracket; what only opens a body (`{`, `:`, `=`, `=>`, `do`) or ends a statement goes from the end.
/// Text within quotes stays as it is.
pub(crate) fn one_line(code: &str) -> String {
    let mut line = String::with_capacity(code.len());
    let mut quote = None;
    let mut escaped = false;
    for c in code.chars() {
        if let Some(open) = quote {
            line.push(c);
            if escaped {
                escaped = false;
            } else if c == '\\' {
                escaped = true;
            } else if c == open || c == '\n' {
                quote = None;
            }
            continue;
        }
        match c {
            '"' => {
                quote = Some(c);
                line.push(c);
            }
            c if c.is_whitespace() => {
                if !line.ends_with([' ', '(', '[']) && !line.is_empty() {
                    line.push(' ');
                }
            }
            ')' | ']' => {
                let kept = line.trim_end_matches([' ']).trim_end_matches(',').trim_end_matches(' ').len();
                line.truncate(kept);
                line.push(c);
            }
            _ => line.push(c),
        }
    }
    let mut end = line.trim_end();
    loop {
        let shorter =
            end.strip_suffix(['{', ';', ':', '=', ',']).or_else(|| end.strip_suffix("=>")).unwrap_or(end).trim_end();
        if shorter.len() == end.len() {
            break;
        }
        end = shorter;
    }
    match end.char_indices().nth(MAX_CHARS) {
        Some((at, _)) => format!("{}…", &end[..at]),
        None => end.to_owned(),
    }
}

/// The code of `node` from `start` to `end` on one line, without comments and the nodes that `is_left_out` says.
pub(crate) fn header(
    node: Node<'_>,
    start: usize,
    end: usize,
    text: &str,
    is_left_out: impl Fn(Node<'_>) -> bool,
) -> String {
    let mut code = String::new();
    let mut from = start;
    let mut cursor = node.walk();
    'walk: loop {
        let at = cursor.node();
        if at.start_byte() >= end {
            break;
        }
        let skipped = at.kind().contains("comment") || is_left_out(at);
        if skipped && at.start_byte() >= from {
            code.push_str(text.get(from..at.start_byte()).unwrap_or_default());
            from = at.end_byte();
            let after = text.get(from..end).unwrap_or_default().trim_start();
            if after.starts_with([',', ')', ']']) {
                code.truncate(code.trim_end().len());
                from = end - after.len();
            } else {
                code.push(' ');
            }
        }
        if !skipped && at.end_byte() > from && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                break 'walk;
            }
        }
    }
    code.push_str(text.get(from..end).unwrap_or_default());
    one_line(&code)
}

#[cfg(test)]
mod tests {
    use super::one_line;

    #[test]
    fn blanks_and_brackets() {
        assert_eq!(one_line("pub fn f(\n    a: i32,\n    b: &str,\n) -> i32 {"), "pub fn f(a: i32, b: &str) -> i32");
        assert_eq!(one_line("def f(a, b = \"x  y\"):"), "def f(a, b = \"x  y\")");
        assert_eq!(one_line("const A: [u8; 2]   ="), "const A: [u8; 2]");
        assert_eq!(one_line(""), "");
    }
}

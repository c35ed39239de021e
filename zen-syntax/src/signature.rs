//! Declarations on one line.

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

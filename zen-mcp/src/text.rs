//! Text of packages made fit to be shown: cut to a size, without what would disturb a terminal or a prompt's layout.

/// What stands where something was cut off.
pub(crate) const CUT: &str = " …";

/// At most `most` characters, and [`CUT`] where there were more. Control characters are taken out, but for line ends and
/// tabs.
pub(crate) fn cut(text: &str, most: usize) -> String {
    let mut shown = String::new();
    let mut count = 0;
    for c in text.trim_end().chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')) {
        if count == most {
            shown.truncate(shown.trim_end().len());
            shown.push_str(CUT);
            break;
        }
        shown.push(c);
        count += 1;
    }
    shown
}

/// The same on one line: any run of blanks is one.
pub(crate) fn one_line(text: &str, most: usize) -> String {
    // A character is at least one of the line's, and blanks shrink: what lies far behind is never shown.
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        if line.len() > 4 * (most + 1) {
            break;
        }
    }
    cut(&line, most)
}

/// The first lines that are not empty, at most `lines` of them and `most` characters.
pub(crate) fn first_lines(text: &str, lines: usize, most: usize) -> String {
    let mut full = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let shown: Vec<&str> = full.by_ref().take(lines).collect();
    let more = full.next().is_some();
    let mut text = cut(&shown.join("\n"), most);
    if more && !text.ends_with(CUT) {
        text.push_str(CUT);
    }
    text
}

/// Every line with something before it.
pub(crate) fn indent(text: &str, by: &str) -> String {
    text.lines().map(|line| format!("{by}{line}\n")).collect()
}

/// `1 symbol`, `2 symbols`.
pub(crate) fn count(number: usize, one: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {one}s") }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_cut_says_so() {
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("abcd", 3), "abc …");
        assert_eq!(cut("ab \x1b[31mc\n", 20), "ab [31mc");
        assert_eq!(one_line("  fn  a(\n    b: u8,\n) ", 100), "fn a( b: u8, )");
        assert_eq!(one_line("aaaa bbbb", 6), "aaaa b …");
        assert_eq!(first_lines("One.\n\n  Two.\nThree.", 2, 100), "One.\nTwo. …");
        assert_eq!(first_lines("One.\nTwo.", 2, 100), "One.\nTwo.");
        assert_eq!(first_lines("", 2, 100), "");
    }

    proptest! {
        #[test]
        fn nothing_is_longer_than_was_allowed(text in any::<String>(), most in 0usize..40) {
            for shown in [cut(&text, most), one_line(&text, most), first_lines(&text, 2, most)] {
                prop_assert!(shown.chars().count() <= most + CUT.chars().count(), "{shown:?}");
                prop_assert!(shown.chars().all(|c| !c.is_control() || c == '\n' || c == '\t'));
            }
        }
    }
}

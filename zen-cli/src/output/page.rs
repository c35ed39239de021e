//! How text is put on a page: colours, widths, and nothing that a terminal would obey.

use std::io::{self, IsTerminal};

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Narrower terminals get lines that they have to break.
const NARROWEST: usize = 40;

/// Where text goes to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Page {
    is_coloured: bool,
    /// Columns; nothing is cut without.
    width: Option<usize>,
}

/// What a piece of text is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Ink {
    /// What is looked for first.
    Name,
    /// What kind of thing it is.
    Kind,
    /// Where it is.
    Place,
    /// What matters less.
    Faint,
}

impl Page {
    /// Standard output: coloured and as wide as the terminal, if it is one.
    pub(crate) fn stdout() -> Self {
        let is_terminal = io::stdout().is_terminal();
        let has_colours = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
            && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
        let width = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0).max(NARROWEST));
        Self { is_coloured: is_terminal && has_colours, width: width.filter(|_| is_terminal) }
    }

    #[cfg(test)]
    pub(crate) fn plain(width: Option<usize>) -> Self {
        Self { is_coloured: false, width }
    }

    /// Text in its colour.
    pub(crate) fn ink(&self, ink: Ink, text: &str) -> String {
        let code = match ink {
            Ink::Name => "1",
            Ink::Kind => "36",
            Ink::Place => "32",
            Ink::Faint => "2",
        };
        if self.is_coloured && !text.is_empty() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// A line's text, cut where `indent` columns before it leave no more room.
    pub(crate) fn fitted(&self, text: &str, indent: usize) -> String {
        let text = clean(text);
        let Some(room) = self.width.map(|width| width.saturating_sub(indent)) else { return text };
        if text.width() <= room {
            return text;
        }
        let mut cut = String::new();
        let mut used = 1;
        for c in text.chars() {
            used += c.width().unwrap_or(0);
            if used > room {
                break;
            }
            cut.push(c);
        }
        cut + "…"
    }
}

/// Text in one line, without anything that a terminal would obey: what is in a lake is anybody's.
pub(crate) fn clean(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' => line.push_str("    "),
            '\n' | '\r' => line.push(' '),
            // Marks that turn the direction of text make it look like another.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => line.extend(c.escape_unicode()),
            c if c.is_control() => line.extend(c.escape_default()),
            c => line.push(c),
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::{Page, clean};

    #[test]
    fn lines_fit_and_obey_nobody() {
        let page = Page::plain(Some(10));
        assert_eq!(page.fitted("short", 0), "short");
        assert_eq!(page.fitted("exactly 10", 0), "exactly 10");
        assert_eq!(page.fitted("rather long", 0), "rather lo…");
        assert_eq!(page.fitted("漢字漢字漢字", 0), "漢字漢字…");
        assert_eq!(page.fitted("anything", 30), "…");
        assert_eq!(Page::plain(None).fitted("rather long", 9), "rather long");
        assert_eq!(clean("a\x1b[31mb\nc\u{202e}"), "a\\u{1b}[31mb c\\u{202e}");
    }
}

//! SQL text, arriving in pieces, cut into statements at the `;` that end them.

/// Where in the lexical structure of SQL the scan stands.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
enum State {
    #[default]
    Plain,
    /// Inside `'…'`; with `escapes`, inside `E'…'`, where a backslash takes the next character with it.
    Text { escapes: bool },
    /// Inside `"…"`.
    Identifier,
    /// Inside `$tag$…$tag$`; holds the delimiter, dollar signs included.
    Dollar(String),
    /// Inside `-- …`.
    LineComment,
    /// Inside `/* … */`, that many levels deep (DuckDB nests them).
    BlockComment(usize),
}

/// A statement without its `;`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Statement {
    /// The text, trimmed.
    pub(crate) text: String,
    /// Whether there is nothing but white space and comments.
    pub(crate) is_blank: bool,
}

/// Cuts text into statements. A `;` inside quotes, dollar quotes or comments ends nothing.
#[derive(Debug, Default)]
pub(crate) struct Splitter {
    buffer: String,
    /// Where the current statement begins in `buffer`.
    start: usize,
    /// Up to where `buffer` has been scanned.
    at: usize,
    state: State,
    has_content: bool,
}

impl Splitter {
    /// Adds text to what is to be cut.
    pub(crate) fn push(&mut self, text: &str) {
        if self.start > self.buffer.len() / 2 {
            self.buffer.drain(..self.start);
            self.at -= self.start;
            self.start = 0;
        }
        self.buffer.push_str(text);
    }

    /// The next statement that is complete.
    pub(crate) fn next_statement(&mut self) -> Option<Statement> {
        while self.at < self.buffer.len() {
            let consumed = self.step()?;
            self.at += consumed;
            if self.state == State::Plain && consumed == 1 && self.buffer.as_bytes()[self.at - 1] == b';' {
                return Some(self.cut(self.at - 1));
            }
        }
        None
    }

    /// What is left when no more text comes, unless it is blank.
    pub(crate) fn finish(mut self) -> Option<Statement> {
        // What waited for a following character will not get it: it stands for itself.
        self.has_content |= self.state == State::Plain && !self.buffer[self.at..].trim().is_empty();
        let rest = self.cut(self.buffer.len());
        (!rest.is_blank).then_some(rest)
    }

    /// Whether the text so far ends with a finished statement (or holds none).
    pub(crate) fn is_at_boundary(&self) -> bool {
        !self.has_content && self.at == self.buffer.len() && matches!(self.state, State::Plain | State::LineComment)
    }

    fn cut(&mut self, end: usize) -> Statement {
        let text = self.buffer[self.start..end].trim().to_string();
        let is_blank = !self.has_content;
        self.start = self.at;
        self.has_content = false;
        Statement { text, is_blank }
    }

    /// Reads one token at `at`, returning its length; `None` if that needs characters yet to come.
    fn step(&mut self) -> Option<usize> {
        let rest = &self.buffer[self.at..];
        let bytes = rest.as_bytes();
        let first = bytes[0];
        let char_len = rest.chars().next().map_or(1, char::len_utf8);
        match &mut self.state {
            State::Plain => return self.step_plain(),
            State::Text { escapes } => match first {
                b'\\' if *escapes => return rest.chars().nth(1).map(|c| 1 + c.len_utf8()),
                b'\'' if bytes.get(1)? == &b'\'' => return Some(2),
                b'\'' => self.state = State::Plain,
                _ => {}
            },
            State::Identifier if first == b'"' => self.state = State::Plain,
            State::Dollar(delimiter) if first == b'$' => {
                let delimiter_len = delimiter.len();
                if rest.starts_with(delimiter.as_str()) {
                    self.state = State::Plain;
                    return Some(delimiter_len);
                }
                if delimiter.starts_with(rest) {
                    return None;
                }
            }
            State::LineComment if first == b'\n' => self.state = State::Plain,
            State::BlockComment(depth) if first == b'*' && bytes.get(1)? == &b'/' => {
                *depth -= 1;
                if *depth == 0 {
                    self.state = State::Plain;
                }
                return Some(2);
            }
            State::BlockComment(depth) if first == b'/' && bytes.get(1)? == &b'*' => {
                *depth += 1;
                return Some(2);
            }
            _ => {}
        }
        Some(char_len)
    }

    fn step_plain(&mut self) -> Option<usize> {
        let rest = &self.buffer[self.at..];
        let bytes = rest.as_bytes();
        let before = self.buffer[self.start..self.at].chars().next_back();
        let first = rest.chars().next()?;
        let (state, length) = match first {
            '-' if bytes.get(1)? == &b'-' => (State::LineComment, 2),
            '/' if bytes.get(1)? == &b'*' => (State::BlockComment(1), 2),
            '\'' => (State::Text { escapes: self.follows_escape_prefix() }, 1),
            '"' => (State::Identifier, 1),
            '$' if !before.is_some_and(is_word) => match dollar_delimiter(rest)? {
                Some(delimiter) => {
                    let length = delimiter.len();
                    (State::Dollar(delimiter), length)
                }
                None => (State::Plain, 1),
            },
            other => (State::Plain, other.len_utf8()),
        };
        let is_comment = matches!(state, State::LineComment | State::BlockComment(_));
        self.has_content |= !is_comment && !first.is_whitespace() && first != ';';
        self.state = state;
        Some(length)
    }

    /// Whether the quote at `at` belongs to an `E'…'` literal.
    fn follows_escape_prefix(&self) -> bool {
        let mut before = self.buffer[self.start..self.at].chars().rev();
        matches!(before.next(), Some('e' | 'E')) && !before.next().is_some_and(is_word)
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

/// The delimiter of a dollar quote at the start of `text`: `Some(None)` if there is none (a parameter such as `$1`),
/// `None` if more text is needed to tell.
#[expect(clippy::option_option, reason = "\"not yet known\" and \"known not to be one\" differ")]
fn dollar_delimiter(text: &str) -> Option<Option<String>> {
    for (i, c) in text.char_indices().skip(1) {
        match c {
            '$' => return Some(Some(text[..=i].to_string())),
            c if c == '_' || c.is_alphabetic() || (i > 1 && c.is_ascii_digit()) => {}
            _ => return Some(None),
        }
    }
    None
}

/// The statements of a whole text, blank ones left out.
pub(crate) fn split(text: &str) -> Vec<String> {
    let mut splitter = Splitter::default();
    splitter.push(text);
    let mut statements: Vec<Statement> = std::iter::from_fn(|| splitter.next_statement()).collect();
    statements.extend(splitter.finish());
    statements.into_iter().filter(|s| !s.is_blank).map(|s| s.text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn semicolons_end_statements_only_outside_quotes_and_comments() {
        let cases: &[(&str, &[&str])] = &[
            ("SELECT 1; SELECT 2", &["SELECT 1", "SELECT 2"]),
            ("SELECT ';''; ' ; x", &["SELECT ';''; '", "x"]),
            ("SELECT \"a;\"\"b\";", &["SELECT \"a;\"\"b\""]),
            ("SELECT 1 -- no; end\n+ 2;", &["SELECT 1 -- no; end\n+ 2"]),
            ("SELECT /* a /* b; */ ; */ 1; 2", &["SELECT /* a /* b; */ ; */ 1", "2"]),
            ("SELECT $$a;b$$, $x$ $$; $x$; 2", &["SELECT $$a;b$$, $x$ $$; $x$", "2"]),
            ("SELECT $1; SELECT a$b$; c", &["SELECT $1", "SELECT a$b$", "c"]),
            ("SELECT E'it\\'s; ''\\\\'; 2", &["SELECT E'it\\'s; ''\\\\'", "2"]),
            ("SELECT 'a\\'; 2", &["SELECT 'a\\'", "2"]),
            (";; -- nothing\n ; /* ; */", &[]),
            ("é; 'ü;ö'; €", &["é", "'ü;ö'", "€"]),
            ("a -", &["a -"]),
            ("-", &["-"]),
            ("'open; ", &["'open;"]),
        ];
        for (text, expected) in cases {
            assert_eq!(&split(text), expected, "{text}");
        }
    }

    #[test]
    fn pieces_of_any_size_give_the_same_statements() {
        let text = "SELECT 'é;''x' -- c;\n, E'\\';' /* ; /*;*/ */, $t$;$t;$t$, \"q;\"; FROM t;\n ;SELECT 1-2/3; rest";
        let whole = split(text);
        assert_eq!(whole.len(), 4);
        let chars: Vec<char> = text.chars().collect();
        for size in 1..7 {
            let mut splitter = Splitter::default();
            let mut found = Vec::new();
            for piece in chars.chunks(size) {
                splitter.push(&piece.iter().collect::<String>());
                found.extend(std::iter::from_fn(|| splitter.next_statement()));
            }
            found.extend(splitter.finish());
            let found: Vec<String> = found.into_iter().filter(|s| !s.is_blank).map(|s| s.text).collect();
            assert_eq!(found, whole, "pieces of {size}");
        }
    }

    #[test]
    fn a_statement_is_complete_as_soon_as_its_semicolon_is_there() {
        let mut splitter = Splitter::default();
        splitter.push("SELECT\n1");
        assert_eq!(splitter.next_statement(), None);
        assert!(!splitter.is_at_boundary());
        splitter.push(";");
        assert_eq!(splitter.next_statement().map(|s| s.text).as_deref(), Some("SELECT\n1"));
        assert!(splitter.is_at_boundary());
        splitter.push("\n -- done");
        assert_eq!(splitter.next_statement(), None);
        assert!(splitter.is_at_boundary());
        assert_eq!(splitter.finish(), None);
    }

    #[test]
    fn blank_statements_are_told_apart() {
        let mut splitter = Splitter::default();
        splitter.push("/* only a comment */ ;");
        assert!(splitter.next_statement().unwrap().is_blank);
    }
}

//! The tokens of Elixir that terms are written with. What is none of them is passed over.

use std::borrow::Cow;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// `:name` or `:"name"`.
    Atom(&'a str),
    /// `name:` or `"name":`.
    Key(&'a str),
    /// `"text"`.
    Text(Cow<'a, str>),
    /// A plain word: `def`, `do`, a variable, an alias.
    Word(&'a str),
    /// `{`, `[` or `(`.
    Open(char),
    Close,
}

/// Cuts a file into tokens; comments and heredocs are left out.
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        rest = match c {
            '#' => after.find('\n').map_or("", |end| &after[end..]),
            '{' | '[' | '(' => {
                found.push(Token::Open(c));
                after
            }
            '}' | ']' | ')' => {
                found.push(Token::Close);
                after
            }
            '"' if after.starts_with("\"\"") => {
                let body = &after[2..];
                body.find("\"\"\"").map_or("", |end| &body[end + 3..])
            }
            '"' => {
                let (text, after) = quoted(after);
                match after.strip_prefix(':') {
                    Some(after) if !after.starts_with(':') => {
                        found.push(Token::Key(text));
                        after
                    }
                    _ => {
                        found.push(Token::Text(unescaped(text)));
                        after
                    }
                }
            }
            // A character such as `?#` or `?"`.
            '?' => {
                let mut chars = after.chars();
                match chars.next() {
                    Some('\\') => {
                        chars.next();
                        chars.as_str()
                    }
                    Some(_) => chars.as_str(),
                    None => "",
                }
            }
            ':' => match after.strip_prefix('"') {
                Some(after) => {
                    let (name, after) = quoted(after);
                    found.push(Token::Atom(name));
                    after
                }
                None => {
                    let (name, after) = word(after);
                    if name.is_empty() {
                        // `::` has a word after it that is no atom.
                        after.strip_prefix(':').unwrap_or(after)
                    } else {
                        found.push(Token::Atom(name));
                        after
                    }
                }
            },
            c if c.is_alphabetic() || c == '_' => {
                let (name, after) = word(rest);
                match after.strip_prefix(':') {
                    Some(value) if value.starts_with(char::is_whitespace) => {
                        found.push(Token::Key(name));
                        value
                    }
                    _ => {
                        found.push(Token::Word(name));
                        // `word?x` would else be read as a character.
                        after
                    }
                }
            }
            _ => after,
        };
    }
    found
}

/// The text up to the closing quote, and what follows.
fn quoted(text: &str) -> (&str, &str) {
    let mut is_escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return (&text[..at], &text[at + 1..]),
            _ => {}
        }
    }
    (text, "")
}

fn unescaped(text: &str) -> Cow<'_, str> {
    if text.contains('\\') { Cow::Owned(text.replace("\\\"", "\"").replace("\\\\", "\\")) } else { Cow::Borrowed(text) }
}

fn word(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '@')).unwrap_or(text.len());
    // `?` and `!` end a name.
    let end = if text[end..].starts_with(['?', '!']) { end + 1 } else { end };
    text.split_at(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_cut() {
        let found = tokens("# no\n{:a, \"x\\\"y\", only: [:b], \"k\": ?\", A.b()} \"\"\"\n:no\n\"\"\" a::b ok?");
        assert_eq!(
            found,
            [
                Token::Open('{'),
                Token::Atom("a"),
                Token::Text("x\"y".into()),
                Token::Key("only"),
                Token::Open('['),
                Token::Atom("b"),
                Token::Close,
                Token::Key("k"),
                Token::Word("A"),
                Token::Word("b"),
                Token::Open('('),
                Token::Close,
                Token::Close,
                Token::Word("a"),
                Token::Word("b"),
                Token::Word("ok?"),
            ]
        );
    }
}

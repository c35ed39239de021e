//! Cutting nested text into its parts.
//!
//! Every function moves forward over the text once and counts brackets instead of recursing.

use std::borrow::Cow;

use super::Parsed;

/// A place in a text.
pub(super) struct Cursor<'t> {
    text: &'t str,
    at: usize,
}

/// What stands for a scalar in nested text; `None` is NULL.
pub(super) type Token<'t> = Option<Cow<'t, str>>;

/// Which part of a nested value a token is; decides where a bare token ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Element,
    MemberName,
    MemberValue,
    MapKey,
    MapValue,
}

impl Part {
    fn ends_at(self, byte: u8) -> bool {
        match self {
            Self::Element => matches!(byte, b',' | b']'),
            Self::MemberName => byte == b':',
            Self::MapKey => byte == b'=',
            Self::MemberValue | Self::MapValue => matches!(byte, b',' | b'}'),
        }
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

impl<'t> Cursor<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    fn rest(&self) -> &'t str {
        // The cursor stops at ASCII bytes and at the end only, which are character boundaries.
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    pub(super) fn skip_blanks(&mut self) {
        while self.peek().is_some_and(is_blank) {
            self.at += 1;
        }
    }

    /// Whether a byte (ASCII) is next, after blanks.
    pub(super) fn is_next(&self, byte: u8) -> bool {
        self.rest().bytes().find(|b| !is_blank(*b)) == Some(byte)
    }

    /// Takes a byte (ASCII), after blanks, if it is next; the cursor stays where it was otherwise.
    pub(super) fn take(&mut self, byte: u8) -> bool {
        let start = self.at;
        self.skip_blanks();
        let found = self.peek() == Some(byte);
        self.at = if found { self.at + 1 } else { start };
        found
    }

    /// Takes the one space that is written after a comma; any other belongs to what follows.
    pub(super) fn skip_one_space(&mut self) {
        self.at += usize::from(self.peek() == Some(b' '));
    }

    /// The text must have nothing but blanks left.
    pub(super) fn finish(&mut self) -> Parsed<()> {
        self.skip_blanks();
        if self.at == self.text.len() { Ok(()) } else { Err("text after the end of the value") }
    }

    /// Takes a bare NULL in front of a separator, for a nested value.
    pub(super) fn take_null(&mut self, part: Part) -> bool {
        self.skip_blanks();
        let Some(word) = self.rest().as_bytes().get(..4) else { return false };
        if !word.eq_ignore_ascii_case(b"null") {
            return false;
        }
        let next = self.rest().bytes().skip(4).find(|b| !is_blank(*b));
        let found = next.is_none_or(|b| part.ends_at(b));
        if found {
            self.at += 4;
        }
        found
    }

    /// A scalar in display form: quoted pieces, in which a backslash makes the next character literal, and
    /// bare ones, which hold everything up to the separator outside brackets.
    pub(super) fn display_token(&mut self, part: Part) -> Parsed<Token<'t>> {
        self.skip_blanks();
        let start = self.at;
        if let Some(bare) = self.bare_token(part) {
            let bare = bare.trim_end_matches(|c: char| c.is_ascii() && is_blank(c as u8));
            return Ok(if bare.eq_ignore_ascii_case("null") { None } else { Some(Cow::Borrowed(bare)) });
        }
        self.at = start;
        self.quoted_token(part).map(|text| Some(Cow::Owned(text)))
    }

    /// Moves to the end of a token without quotes; `None` if a quote comes first, or the end of the text.
    fn bare_token(&mut self, part: Part) -> Option<&'t str> {
        let start = self.at;
        let mut depth = 0usize;
        while let Some(byte) = self.peek() {
            match byte {
                b'\'' | b'"' => return None,
                _ if depth == 0 && part.ends_at(byte) => return self.text.get(start..self.at),
                b'[' | b'{' | b'(' => depth += 1,
                b']' | b'}' | b')' => depth = depth.saturating_sub(1),
                _ => {}
            }
            self.at += 1;
        }
        None
    }

    fn quoted_token(&mut self, part: Part) -> Parsed<String> {
        let mut value = String::new();
        // Blanks at the end count only inside quotes.
        let mut kept = 0;
        let mut depth = 0usize;
        while let Some(byte) = self.peek() {
            match byte {
                b'\'' | b'"' => {
                    self.quoted_piece(byte, &mut value)?;
                    kept = value.len();
                    continue;
                }
                _ if depth == 0 && part.ends_at(byte) => {
                    value.truncate(kept);
                    return Ok(value);
                }
                b'[' | b'{' | b'(' => depth += 1,
                b']' | b'}' | b')' => depth = depth.saturating_sub(1),
                _ => {}
            }
            self.push_char(&mut value)?;
            if !is_blank(byte) {
                kept = value.len();
            }
        }
        Err("the value does not end")
    }

    /// Takes `'…'` with backslash escapes.
    fn quoted_piece(&mut self, quote: u8, value: &mut String) -> Parsed<()> {
        self.at += 1;
        while let Some(byte) = self.peek() {
            if byte == quote {
                self.at += 1;
                return Ok(());
            }
            self.at += usize::from(byte == b'\\');
            self.push_char(value)?;
        }
        Err("a quote is not closed")
    }

    fn push_char(&mut self, value: &mut String) -> Parsed<()> {
        let c = self.rest().chars().next().ok_or("the value does not end")?;
        value.push(c);
        self.at += c.len_utf8();
        Ok(())
    }

    /// A json value in display form: raw JSON, found by its own brackets and strings, or a quoted text. Only
    /// the upper-case `NULL` is NULL; `null` is a JSON value.
    pub(super) fn json_token(&mut self, part: Part) -> Parsed<Token<'t>> {
        let start = self.at;
        if self.take(b'\'') {
            self.at -= 1;
            return self.quoted_token(part).map(|text| Some(Cow::Owned(text)));
        }
        self.at = start;
        let mut depth = 0usize;
        let mut in_string = false;
        while let Some(byte) = self.peek() {
            match byte {
                b'\\' if in_string => self.at += 1,
                b'"' => in_string = !in_string,
                _ if in_string => {}
                _ if depth == 0 && part.ends_at(byte) => {
                    let raw = self.text.get(start..self.at).ok_or("the value does not end")?;
                    return match raw.trim_ascii() {
                        "NULL" => Ok(None),
                        "" => Err("a JSON value is empty"),
                        _ => Ok(Some(Cow::Borrowed(raw))),
                    };
                }
                b'[' | b'{' => depth += 1,
                b']' | b'}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            self.at += 1;
        }
        Err("the JSON value does not end")
    }

    /// A scalar in literal form: a bare word, `'…'` with doubled quotes, `CAST('…' AS type)`, `'…'::type`, or
    /// `CONCAT('…', chr(0), '…')`.
    pub(super) fn literal_token(&mut self) -> Parsed<Token<'t>> {
        self.skip_blanks();
        let token = if self.peek() == Some(b'\'') {
            let text = self.literal_string()?;
            if self.rest().starts_with("::") {
                self.skip_type(|byte| matches!(byte, b',' | b'}'));
            }
            Some(text)
        } else if self.take_word("CAST(") {
            self.skip_blanks();
            let text = if self.peek() == Some(b'\'') { Some(self.literal_string()?) } else { None };
            self.skip_type(|byte| byte == b')');
            if !self.take(b')') {
                return Err("a CAST is not closed");
            }
            text
        } else if self.take_word("CONCAT(") {
            Some(Cow::Owned(self.concatenation()?))
        } else {
            let start = self.at;
            while self.peek().is_some_and(|byte| !matches!(byte, b',' | b'}')) {
                self.at += 1;
            }
            let bare = self.text.get(start..self.at).unwrap_or_default().trim_ascii();
            if bare.eq_ignore_ascii_case("null") { None } else { Some(Cow::Borrowed(bare)) }
        };
        Ok(token)
    }

    /// `'…'` with doubled quotes.
    pub(super) fn literal_string(&mut self) -> Parsed<Cow<'t, str>> {
        if !self.take(b'\'') {
            return Err("a quote is missing");
        }
        let mut value = Cow::Borrowed("");
        loop {
            let piece = self.rest();
            let end = piece.find('\'').ok_or("a quote is not closed")?;
            self.at += end + 1;
            value += &piece[..end];
            if self.peek() != Some(b'\'') {
                return Ok(value);
            }
            self.at += 1;
            value += "'";
        }
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = self.rest().as_bytes().get(..word.len()).is_some_and(|w| w.eq_ignore_ascii_case(word.as_bytes()));
        if found {
            self.at += word.len();
        }
        found
    }

    /// Moves over a type name up to a separator outside its parentheses.
    fn skip_type(&mut self, ends_at: impl Fn(u8) -> bool) {
        let mut depth = 0usize;
        while let Some(byte) = self.peek() {
            match byte {
                _ if depth == 0 && ends_at(byte) => return,
                b'(' => depth += 1,
                b')' => depth = depth.saturating_sub(1),
                _ => {}
            }
            self.at += 1;
        }
    }

    /// The arguments of `CONCAT(`: strings and `chr(n)`, with which NUL characters are written.
    fn concatenation(&mut self) -> Parsed<String> {
        let mut value = String::new();
        loop {
            self.skip_blanks();
            if self.take_word("chr(") {
                let rest = self.rest();
                let end = rest.find(')').ok_or("a chr is not closed")?;
                let code: u32 = rest[..end].trim_ascii().parse().map_err(|_| "chr of no number")?;
                value.push(char::from_u32(code).ok_or("chr of no character")?);
                self.at += end + 1;
            } else {
                value.push_str(&self.literal_string()?);
            }
            if self.take(b')') {
                return Ok(value);
            }
            if !self.take(b',') {
                return Err("a CONCAT is not closed");
            }
        }
    }
}

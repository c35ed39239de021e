//! Statements at the places where declarations stand, as tokens.

use std::ops::Range;

use super::{MAX_GROUP, MAX_TOKENS, after_quote, closing, is_macro, is_record};

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Word(Range<usize>),
    /// `(…)`, with its brackets.
    Group(Range<usize>),
    /// `<…>` of a template.
    Angle,
    Text,
    Other(u8),
}

/// What stands around: a place for declarations, with the name of its class; or code.
#[derive(Clone)]
pub(super) enum Scope {
    Declarations(Option<Range<usize>>),
    Code,
}

pub(super) struct Scan<'s> {
    pub(super) text: &'s str,
    pub(super) is_c: bool,
    pub(super) bytes: &'s [u8],
    pub(super) at: usize,
    pub(super) scopes: Vec<Scope>,
    /// Depth at each open `#if`: each of its branches starts with it.
    pub(super) conditions: Vec<usize>,
    tokens: Vec<Token>,
    pub(super) blanks: Vec<Range<usize>>,
    /// What the parser sees instead of what stands there; what it does not cover is blank.
    pub(super) fills: Vec<(Range<usize>, &'static str)>,
    /// Bytes looked at for closing brackets.
    spent: usize,
}

impl<'s> Scan<'s> {
    pub(super) fn new(text: &'s str, is_c: bool) -> Self {
        Self {
            text,
            is_c,
            bytes: text.as_bytes(),
            at: 0,
            scopes: Vec::new(),
            conditions: Vec::new(),
            tokens: Vec::new(),
            blanks: Vec::new(),
            fills: Vec::new(),
            spent: 0,
        }
    }

    pub(super) fn word(&self, range: &Range<usize>) -> &'s str {
        self.text.get(range.clone()).unwrap_or_default()
    }

    fn is_code(&self) -> bool {
        matches!(self.scopes.last(), Some(Scope::Code))
    }

    pub(super) fn run(&mut self) {
        let mut line_start = true;
        while let Some(&byte) = self.bytes.get(self.at) {
            let start = self.at;
            // Brackets without end are looked at again and again.
            if self.spent > self.bytes.len().saturating_mul(16) + MAX_GROUP {
                return;
            }
            match byte {
                b'\n' => {
                    line_start = true;
                    self.at += 1;
                    continue;
                }
                b' ' | b'\t' | b'\r' => {
                    self.at += 1;
                    continue;
                }
                b'#' if line_start => self.directive(),
                b'/' if matches!(self.bytes.get(start + 1), Some(b'/' | b'*')) => self.comment(),
                b'"' | b'\'' => {
                    self.quoted();
                    self.push(Token::Text);
                }
                b'{' => self.open(),
                b'}' => {
                    if !self.is_code() {
                        self.lone_macros();
                    }
                    self.tokens.clear();
                    self.scopes.pop();
                    self.at += 1;
                }
                b'i' | b'w' if self.is_code() => self.condition(),
                _ if self.is_code() => self.at += 1,
                b';' => {
                    self.judge(b';');
                    self.tokens.clear();
                    self.at += 1;
                }
                b'(' => match closing(self.bytes, start) {
                    Some(end) => {
                        self.spent += end - start;
                        self.at = end + 1;
                        self.push(Token::Group(start..end + 1));
                    }
                    None => {
                        self.spent += MAX_GROUP;
                        self.at += 1;
                    }
                },
                b'<' if self.opens_angle() => match self.after_angle() {
                    Some(end) => {
                        self.in_template(start + 1..end - 1);
                        self.at = end;
                        self.push(Token::Angle);
                    }
                    None => {
                        self.at += 1;
                        self.push(Token::Other(b'<'));
                    }
                },
                b if b.is_ascii_alphabetic() || b == b'_' => {
                    while self.bytes.get(self.at).is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_') {
                        self.at += 1;
                    }
                    let word = start..self.at;
                    if self.word(&word) == "_Thread_local" {
                        // The grammar knows C++'s word for it only.
                        self.blanks.push(word);
                    } else {
                        self.push(Token::Word(word));
                    }
                }
                b':' => self.colon(),
                _ => {
                    self.at += 1;
                    self.push(Token::Other(byte));
                }
            }
            line_start = false;
            if matches!(byte, b'#') {
                line_start = true;
            }
        }
        self.lone_macros();
    }

    /// `NAMESPACE_END(a)` and the like with nothing behind it.
    fn lone_macros(&mut self) {
        let mut at = 0;
        while let Some(Token::Word(word)) = self.tokens.get(at).cloned() {
            let mut whole = word.clone();
            at += 1;
            if let Some(Token::Group(group)) = self.tokens.get(at) {
                whole.end = group.end;
                at += 1;
            }
            if !is_macro(self.word(&word)) {
                return;
            }
            self.blanks.push(whole);
        }
    }

    /// `if MACRO(…)` and `while MACRO(…)`.
    fn condition(&mut self) {
        let start = self.at;
        let end_of = |from: usize| {
            let word = self.bytes.iter().skip(from).take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
            from + word
        };
        let end = end_of(start);
        let blank = |from: usize| from + self.bytes.iter().skip(from).take_while(|b| **b == b' ').count();
        let is_word = start == 0 || !self.bytes.get(start - 1).is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_');
        let (next, word) = (blank(end), self.word(&(start..end)));
        self.at = end.max(start + 1);
        if !is_word || !matches!(word, "if" | "while") {
            return;
        }
        let after = end_of(next);
        let is_macro = after > next && !matches!(self.word(&(next..after)), "constexpr" | "consteval" | "not");
        if is_macro && self.bytes.get(blank(after)) == Some(&b'(') {
            self.blanks.push(next..after);
        }
    }

    fn push(&mut self, token: Token) {
        if self.tokens.len() < MAX_TOKENS && !self.is_code() {
            self.tokens.push(token);
        }
    }

    /// `::` joins names; a `:` behind `public` and the like ends a statement.
    fn colon(&mut self) {
        if self.bytes.get(self.at + 1) == Some(&b':') {
            self.at += 2;
            self.push(Token::Other(b'D'));
            return;
        }
        self.at += 1;
        let is_access = matches!(self.tokens.last(), Some(Token::Word(word))
            if matches!(self.word(word), "public" | "private" | "protected" | "signals" | "slots" | "Q_SIGNALS"));
        if is_access && !self.tokens.contains(&Token::Other(b':')) {
            for token in std::mem::take(&mut self.tokens) {
                if let Token::Word(word) = token
                    && is_macro(self.word(&word))
                {
                    self.blanks.push(word);
                }
            }
        } else {
            self.push(Token::Other(b':'));
        }
    }

    fn opens_angle(&self) -> bool {
        matches!(self.tokens.last(), Some(Token::Word(word)) if self.word(word) != "operator")
    }

    /// Behind the `>` of the `<` here, if it is one of a template.
    fn after_angle(&mut self) -> Option<usize> {
        let mut depth = 0_usize;
        let mut at = self.at;
        while at < self.bytes.len() && at - self.at < MAX_GROUP {
            self.spent += 1;
            match self.bytes[at] {
                b'<' => depth += 1,
                b'>' => {
                    depth -= 1;
                    if depth == 0 {
                        return Some(at + 1);
                    }
                }
                b'(' => {
                    let end = closing(self.bytes, at);
                    self.spent += end.map_or(MAX_GROUP, |end| end - at);
                    at = end?;
                }
                b';' | b'{' | b'}' | b'"' => return None,
                _ => {}
            }
            at += 1;
        }
        None
    }

    /// `template <typename T, ENABLE_IF(…)>`: the macro stands for a parameter.
    fn in_template(&mut self, range: Range<usize>) {
        let is_template = matches!(self.tokens.last(), Some(Token::Word(word)) if self.word(word) == "template");
        let mut at = range.start;
        let mut is_start = is_template;
        while is_template && at < range.end {
            match self.bytes.get(at) {
                Some(b',') => is_start = true,
                Some(b'(') => {
                    let Some(end) = closing(self.bytes, at) else { return };
                    self.spent += end - at;
                    at = end;
                }
                Some(b) if is_start && b.is_ascii_alphabetic() => {
                    is_start = false;
                    let name =
                        self.bytes.iter().skip(at).take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
                    let open = at + name;
                    if is_macro(self.word(&(at..open))) && self.bytes.get(open) == Some(&b'(') {
                        let Some(end) = closing(self.bytes, open) else { return };
                        self.spent += end - open;
                        self.fills.push((at..end + 1, "int"));
                        at = end;
                    } else {
                        at = open - 1;
                    }
                }
                _ => {}
            }
            at += 1;
        }
    }

    fn comment(&mut self) {
        let rest = &self.bytes[self.at..];
        let length = if rest.get(1) == Some(&b'/') {
            rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len())
        } else {
            self.text.get(self.at + 2..).and_then(|t| t.find("*/")).map_or(rest.len(), |at| at + 4)
        };
        self.at += length;
    }

    fn quoted(&mut self) {
        let is_raw = self.bytes[self.at] == b'"' && self.at > 0 && self.bytes[self.at - 1] == b'R';
        if is_raw && let Some(rest) = self.text.get(self.at + 1..) {
            // `R"delimiter( … )delimiter"`
            if let Some((delimiter, body)) = rest.split_once('(').filter(|(d, _)| d.len() <= 16) {
                let end = body.find(&format!("){delimiter}\""));
                let skipped = end.map_or(rest.len(), |at| delimiter.len() * 2 + at + 3);
                self.at = (self.at + 1 + skipped).min(self.bytes.len());
                return;
            }
        }
        self.at = after_quote(self.bytes, self.at);
    }

    fn open(&mut self) {
        self.at += 1;
        if self.is_code() {
            self.scopes.push(Scope::Code);
            return;
        }
        self.judge(b'{');
        let scope = self.scope();
        self.scopes.push(scope);
        self.tokens.clear();
    }

    /// What the `{` behind the tokens opens.
    fn scope(&self) -> Scope {
        let words =
            || self.tokens.iter().filter_map(|t| if let Token::Word(w) = t { Some(self.word(w)) } else { None });
        if words().any(|w| w == "namespace") || words().next_back() == Some("extern") {
            return Scope::Declarations(None);
        }
        let Some(keyword) = self.tokens.iter().position(|t| matches!(t, Token::Word(w) if is_record(self.word(w))))
        else {
            return Scope::Code;
        };
        if words().any(|w| w == "enum") {
            return Scope::Code;
        }
        let mut name = None;
        let mut before: Option<&Range<usize>> = None;
        let mut in_bases = false;
        for token in self.tokens.get(keyword + 1..).unwrap_or_default() {
            match token {
                Token::Word(word) => {
                    if !in_bases && self.word(word) != "final" {
                        name = Some(word.clone());
                    }
                    before = Some(word);
                    continue;
                }
                // Behind a macro or an attribute only.
                Token::Group(_)
                    if !before.is_some_and(|w| {
                        let word = self.word(w);
                        is_macro(word) || matches!(word, "alignas" | "__attribute__" | "__declspec" | "decltype")
                    }) =>
                {
                    return Scope::Code;
                }
                Token::Other(b':') => in_bases = true,
                Token::Other(b'=') => return Scope::Code,
                _ => {}
            }
            before = None;
        }
        Scope::Declarations(name)
    }

    /// Finds the macros in a statement that ends here.
    fn judge(&mut self, end: u8) {
        let tokens = std::mem::take(&mut self.tokens);
        let found = self.macros_in(&tokens, end);
        self.blanks.extend(found);
        self.tokens = tokens;
    }
}

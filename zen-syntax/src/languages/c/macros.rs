//! Macros that a grammar stumbles over: `API_EXPORT int f(void);`, `class API Name {`, `PyAPI_FUNC(int) f(void);`,
//! `int f OF((int a));`, and the `extern "C" {` that only C++ sees. The parser is given the text with blanks in their
//! place, so that every other byte stays where it is.

use std::borrow::Cow;
use std::ops::Range;

/// How far a bracket may be from the one that closes it.
const MAX_GROUP: usize = 64 * 1024;

/// Statements of more tokens are no declarations of human hands.
const MAX_TOKENS: usize = 4096;

/// The text as the parser gets it: of the same length, with the same lines.
pub(crate) fn readable(text: &str) -> Cow<'_, str> {
    let mut scan = Scan::new(text);
    scan.run();
    if scan.blanks.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut bytes = text.as_bytes().to_vec();
    for range in scan.blanks {
        for byte in bytes.get_mut(range).unwrap_or_default() {
            if !matches!(byte, b'\n' | b'\r') {
                *byte = b' ';
            }
        }
    }
    String::from_utf8(bytes).map_or(Cow::Borrowed(text), Cow::Owned)
}

/// The macros right before a declaration that the parser did not see, as written.
pub(crate) fn before(text: &str, start: usize) -> Vec<String> {
    let mut found = Vec::new();
    let mut end = start;
    // On the line itself and, where nothing else is there, on the one above.
    for _ in 0..2 {
        let line_start = text.get(..end).and_then(|t| t.rfind('\n')).map_or(0, |at| at + 1);
        let line = text.get(line_start..end).unwrap_or_default().trim();
        let Some(macros) = all_macros(line) else { break };
        found.splice(0..0, macros);
        if line_start == 0 {
            break;
        }
        end = line_start - 1;
    }
    found
}

/// The words of a line that has nothing but macros; `None` for any other.
fn all_macros(line: &str) -> Option<Vec<String>> {
    let mut found = Vec::new();
    let mut rest = line;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        let is_call = after.starts_with('(');
        if !(is_macro(word) || is_call && is_macro_call(word)) {
            return None;
        }
        let mut whole = end;
        if is_call {
            whole += closing(after.as_bytes(), 0)? + 1;
        }
        found.push(rest.get(..whole)?.to_owned());
        rest = rest.get(whole..)?.trim_start();
    }
    Some(found)
}

fn is_macro(word: &str) -> bool {
    let letters = word.bytes().filter(u8::is_ascii_uppercase).count();
    letters >= 2 && word.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

/// Whether `word(…)` before a declaration is a macro, as `PyAPI_FUNC(int)` is.
fn is_macro_call(word: &str) -> bool {
    is_macro(word) || word.starts_with(|c: char| c.is_ascii_uppercase()) && word.contains('_')
}

fn is_modifier(word: &str) -> bool {
    matches!(
        word,
        "static"
            | "extern"
            | "inline"
            | "const"
            | "constexpr"
            | "consteval"
            | "constinit"
            | "volatile"
            | "virtual"
            | "explicit"
            | "typedef"
            | "friend"
            | "mutable"
            | "register"
            | "thread_local"
            | "_Thread_local"
            | "_Noreturn"
            | "__inline"
            | "__inline__"
            | "__extension__"
            | "export"
            | "__forceinline"
    )
}

fn is_record(word: &str) -> bool {
    matches!(word, "class" | "struct" | "union" | "enum")
}

/// The closing bracket's place, for the opening one at `open`.
fn closing(bytes: &[u8], open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    let mut at = open;
    while at < bytes.len() && at - open < MAX_GROUP {
        match bytes[at] {
            b'(' => depth += 1,
            b')' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            b'"' | b'\'' => {
                at = after_quote(bytes, at);
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// Behind a string or character literal; an apostrophe within a number is none.
fn after_quote(bytes: &[u8], at: usize) -> usize {
    let quote = bytes[at];
    if quote == b'\'' && at > 0 && bytes[at - 1].is_ascii_alphanumeric() {
        return at + 1;
    }
    let mut next = at + 1;
    while next < bytes.len() {
        match bytes[next] {
            b'\\' => next += 1,
            b'\n' => return next,
            b if b == quote => return next + 1,
            _ => {}
        }
        next += 1;
    }
    bytes.len()
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
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
enum Scope {
    Declarations(Option<Range<usize>>),
    Code,
}

struct Scan<'s> {
    text: &'s str,
    bytes: &'s [u8],
    at: usize,
    scopes: Vec<Scope>,
    /// Depth at each open `#if`: each of its branches starts with it.
    conditions: Vec<usize>,
    tokens: Vec<Token>,
    blanks: Vec<Range<usize>>,
    /// Bytes looked at for closing brackets.
    spent: usize,
}

impl<'s> Scan<'s> {
    fn new(text: &'s str) -> Self {
        Self {
            text,
            bytes: text.as_bytes(),
            at: 0,
            scopes: Vec::new(),
            conditions: Vec::new(),
            tokens: Vec::new(),
            blanks: Vec::new(),
            spent: 0,
        }
    }

    fn word(&self, range: &Range<usize>) -> &'s str {
        self.text.get(range.clone()).unwrap_or_default()
    }

    fn is_code(&self) -> bool {
        matches!(self.scopes.last(), Some(Scope::Code))
    }

    fn run(&mut self) {
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
                    self.tokens.clear();
                    self.scopes.pop();
                    self.at += 1;
                }
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
        self.judge(b';');
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

    /// A preprocessor line. Branches of a condition start at the depth that the condition started at.
    fn directive(&mut self) {
        let line = self.line_end(self.at);
        let text = self.text.get(self.at..line).unwrap_or_default();
        let name = text.trim_start_matches('#').trim_start();
        self.at = line;
        if name.starts_with("if") {
            if self.conditions.len() < MAX_TOKENS {
                self.conditions.push(self.scopes.len());
            }
            if text.contains("__cplusplus") {
                self.linkage();
            }
        } else if name.starts_with("el") {
            if let Some(depth) = self.conditions.last() {
                self.scopes.truncate(*depth);
            }
        } else if name.starts_with("endif") {
            self.conditions.pop();
        }
    }

    /// Where a line ends whose line breaks may be hidden by `\`.
    fn line_end(&self, from: usize) -> usize {
        let mut at = from;
        while let Some(found) = self.text.get(at..).and_then(|t| t.find('\n')) {
            let end = at + found;
            let line = self.text.get(from..end).unwrap_or_default().trim_end_matches('\r');
            if !line.ends_with('\\') {
                return end;
            }
            at = end + 1;
        }
        self.text.len()
    }

    /// Blanks an `extern "C" {` or its `}` that stands alone between `#ifdef __cplusplus` and the next directive.
    fn linkage(&mut self) {
        let Some(length) = self.text.get(self.at..).and_then(|t| t.find("\n#")) else { return };
        let block = self.text.get(self.at..self.at + length).unwrap_or_default();
        let code = block.split("/*").next().unwrap_or_default().split("//").next().unwrap_or_default();
        let code: String = code.split_whitespace().collect();
        if code == "extern\"C\"{" || code == "}" {
            self.blanks.push(self.at..self.at + length);
            self.at += length;
        }
    }

    /// Finds the macros in a statement that ends here.
    fn judge(&mut self, end: u8) {
        let tokens = std::mem::take(&mut self.tokens);
        let found = self.macros_in(&tokens, end);
        self.blanks.extend(found);
        self.tokens = tokens;
    }
}

/// A word before the declared name.
enum Part {
    Modifier,
    Type,
    Macro(Range<usize>),
    /// `NAME(…)`: all of it, and what is in the brackets.
    Call(Range<usize>, Range<usize>),
}

impl Part {
    fn blank(self) -> Option<Range<usize>> {
        match self {
            Self::Macro(range) | Self::Call(range, _) => Some(range),
            Self::Modifier | Self::Type => None,
        }
    }
}

impl Scan<'_> {
    fn macros_in(&self, tokens: &[Token], end: u8) -> Vec<Range<usize>> {
        let mut parts: Vec<Part> = Vec::new();
        let mut record = None;
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            match token {
                Token::Word(range) => match self.word(range) {
                    "using" | "namespace" | "static_assert" | "concept" => return Vec::new(),
                    "operator" => break,
                    "template" => {}
                    word if is_record(word) => {
                        record.get_or_insert((parts.len(), word == "class"));
                        parts.push(Part::Modifier);
                    }
                    "__attribute__" | "__attribute" | "__declspec" | "alignas" | "_Alignas" => at += 1,
                    word if is_modifier(word) => parts.push(Part::Modifier),
                    word => match tokens.get(at + 1) {
                        // `a::b` is one name.
                        Some(Token::Other(b'D')) => at += 1,
                        Some(Token::Angle) => parts.push(Part::Type),
                        Some(Token::Group(group)) => {
                            if let Some(blank) = self.old_parameters(word, group).filter(|_| at > 0) {
                                return vec![range.start..group.start + 1, blank];
                            }
                            if !self.is_call(word, &parts, tokens.get(at + 2), tokens.get(at + 3)) {
                                break;
                            }
                            parts.push(Part::Call(range.start..group.end, group.start + 1..group.end - 1));
                            at += 1;
                        }
                        _ if is_macro(word) => parts.push(Part::Macro(range.clone())),
                        _ => parts.push(Part::Type),
                    },
                },
                Token::Angle if at > 0 => {}
                // `[[…]]` before the declaration.
                Token::Other(b'[') if parts.is_empty() => {
                    while tokens.get(at).is_some_and(|t| *t != Token::Other(b']')) {
                        at += 1;
                    }
                    at += usize::from(tokens.get(at + 1) == Some(&Token::Other(b']')));
                }
                _ => break,
            }
            at += 1;
        }
        let stop = tokens.get(at);
        let mut found = self.trailing(tokens, at);
        let is_head = end == b'{' && stop.is_none() || stop == Some(&Token::Other(b':')) && end == b'{';
        if let Some((keyword, is_class)) = record {
            let is_forward = is_class && end == b';' && stop.is_none() && parts.len() == keyword + 3;
            if is_head || is_forward {
                // The name is the last; `final` counts as a type here.
                let last = parts.len().saturating_sub(1);
                let last =
                    last - usize::from(matches!(self.last_word(tokens, at), Some("final")) && last > keyword + 1);
                found.extend(parts.into_iter().take(last).filter_map(Part::blank));
                return found;
            }
            if let Some(tag) = parts.get_mut(keyword + 1) {
                *tag = Part::Type;
            }
        }
        if !matches!(stop, Some(Token::Other(b'*' | b'&' | b'~') | Token::Word(_))) {
            // The last one is what is declared, where no bracket follows a name.
            parts.pop();
        }
        self.decide(parts, stop, &mut found);
        found
    }

    fn last_word(&self, tokens: &[Token], end: usize) -> Option<&str> {
        match tokens.get(end.checked_sub(1)?)? {
            Token::Word(word) => Some(self.word(word)),
            _ => None,
        }
    }

    /// `NAME OF((int a))`: what else stands in the way is the last bracket.
    fn old_parameters(&self, word: &str, group: &Range<usize>) -> Option<Range<usize>> {
        let text = self.text.get(group.clone())?;
        let is_old = is_macro(word) && text.starts_with("((") && text.ends_with("))");
        (is_old && closing(text.as_bytes(), 1) == Some(text.len() - 2)).then(|| group.end - 1..group.end)
    }

    /// Whether `word(…)` stands before a declaration, and is not the function that is declared.
    fn is_call(&self, word: &str, parts: &[Part], next: Option<&Token>, after: Option<&Token>) -> bool {
        let has_type = parts.iter().any(|part| matches!(part, Part::Type));
        let follows = match next {
            Some(Token::Word(next)) => {
                let next = self.word(next);
                !is_trailing(next) && (!has_type && !is_macro(next) || after.is_some())
            }
            Some(Token::Other(b'*')) => !has_type,
            _ => false,
        };
        follows && is_macro_call(word)
    }

    /// Which of the words before a name are macros, and which is the type.
    fn decide(&self, parts: Vec<Part>, stop: Option<&Token>, found: &mut Vec<Range<usize>>) {
        const DECORATES: &[&str] = &["API", "CALL", "EXPORT", "EXTERN", "INLINE", "PUBLIC", "EXP", "LINKAGE", "UNUSED"];
        let has_type = parts.iter().any(|part| matches!(part, Part::Type));
        let is_own = match (stop, self.scopes.last()) {
            (Some(Token::Word(name)), Some(Scope::Declarations(Some(class)))) => self.word(name) == self.word(class),
            (stop, _) => stop == Some(&Token::Other(b'~')),
        };
        let mut macros: Vec<Part> =
            parts.into_iter().filter(|part| matches!(part, Part::Macro(_) | Part::Call(..))).collect();
        if !has_type && !is_own && !macros.is_empty() {
            if let [Part::Call(all, inner)] = macros.as_slice() {
                if self.is_type(inner) && !matches!(stop, Some(Token::Word(w)) if is_macro(self.word(w))) {
                    found.extend([all.start..inner.start, inner.end..all.end]);
                }
                return;
            }
            // One of them is the type: the last, if it does not look as if it only decorates.
            let decorates = |part: &Part| match part {
                Part::Macro(range) => DECORATES.iter().any(|hint| self.word(range).contains(hint)),
                _ => true,
            };
            let kept = macros.iter().rposition(|part| !decorates(part)).unwrap_or(macros.len() - 1);
            macros.remove(kept);
        }
        found.extend(macros.into_iter().filter_map(Part::blank));
    }

    fn is_type(&self, inner: &Range<usize>) -> bool {
        let text = self.word(inner).trim();
        text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && !text.contains(['"', ',', '=', '('])
    }

    /// Macros between a function's parameters and its body or end.
    fn trailing(&self, tokens: &[Token], from: usize) -> Vec<Range<usize>> {
        let Some(at) = tokens.iter().skip(from).position(|t| matches!(t, Token::Group(_))) else { return Vec::new() };
        let mut found = Vec::new();
        let mut at = from + at + 1;
        while let Some(Token::Word(range)) = tokens.get(at) {
            let word = self.word(range);
            let is_known = word.starts_with("__attribute") || word.starts_with("__asm");
            let mut whole = range.clone();
            at += 1;
            if let Some(Token::Group(group)) = tokens.get(at) {
                whole.end = group.end;
                at += 1;
            }
            if !is_known && (is_macro(word) || word.starts_with("__")) {
                found.push(whole);
            } else if !is_known && !is_trailing(word) {
                return Vec::new();
            }
        }
        found
    }
}

/// What the language itself has behind parameters.
fn is_trailing(word: &str) -> bool {
    matches!(word, "const" | "noexcept" | "override" | "final" | "volatile" | "try" | "throw" | "requires" | "asm")
        || word.starts_with("__attribute")
        || word.starts_with("__asm")
}

#[cfg(test)]
mod tests {
    use super::{before, readable};

    /// The text without what was blanked, on one line.
    fn rest(text: &str) -> String {
        let is = readable(text);
        assert_eq!(is.len(), text.len());
        is.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn decorations_go_and_types_stay() {
        assert_eq!(rest("FOO_API int f(void);"), "int f(void);");
        assert_eq!(rest("FOO_API\nstruct a *f(void) FOO_PURE;"), "struct a *f(void) ;");
        assert_eq!(rest("DWORD WINAPI_CALL f(int a) { FOO_X int g; }"), "DWORD f(int a) { FOO_X int g; }");
        assert_eq!(rest("CURL_EXTERN CURL *curl_init(void);"), "CURL *curl_init(void);");
        assert_eq!(rest("static FILE *open_it(void);"), "static FILE *open_it(void);");
        assert_eq!(rest("typedef struct FOO BAR;"), "typedef struct FOO BAR;");
        assert_eq!(rest("const DWORD x = 1; int MAX; void RUN(int);"), "const DWORD x = 1; int MAX; void RUN(int);");
        assert_eq!(rest("PyAPI_FUNC(int) Py_run(void);"), "int Py_run(void);");
        assert_eq!(rest("ATTR(1) static int f(void) {}"), "static int f(void) {}");
        assert_eq!(rest("extern int inflate OF((int a));"), "extern int inflate (int a) ;");
        assert_eq!(rest("extern int f (int a) __THROW __nonnull ((1));"), "extern int f (int a) ;");
        assert_eq!(rest("int f(void) FOO_PURE;"), "int f(void) ;");
        assert_eq!(rest("int f(void) __attribute__((pure));"), "int f(void) __attribute__((pure));");
    }

    #[test]
    fn classes() {
        assert_eq!(
            rest("class FOO_API Bar : Base { Q_OBJECT public: FOO_API Bar(); };"),
            "class Bar : Base { public: Bar(); };"
        );
        assert_eq!(rest("class URL final { };"), "class URL final { };");
        assert_eq!(rest("struct URL { int a; };"), "struct URL { int a; };");
        assert_eq!(rest("class FOO_API Bar;"), "class Bar;");
        assert_eq!(rest("template <class T> FOO_API T f(T a);"), "template <class T> T f(T a);");
        assert_eq!(rest("FOO_API bool operator==(int a);"), "bool operator==(int a);");
    }

    #[test]
    fn linkage() {
        assert_eq!(
            rest("#ifdef __cplusplus\nextern \"C\" {\n#endif\nFOO int f(void);\n#ifdef __cplusplus\n} /* C */\n#endif"),
            "#ifdef __cplusplus #endif FOO int f(void); #ifdef __cplusplus #endif".replace("FOO ", "")
        );
    }

    #[test]
    fn garbage_ends() {
        for text in ["(((", "\"", "'", "/*", "R\"(", "A<B<C", "{{{", "}}}", "#if\\", "A B C D", "[[", "class", "é{'ß"]
        {
            assert_eq!(readable(text).len(), text.len());
        }
    }

    #[test]
    fn macros_before() {
        let text = "FOO_API\nBAR(1) int f(void);";
        assert_eq!(before(text, text.find("int").unwrap()), ["FOO_API", "BAR(1)"]);
        assert!(before("// FOO\nint f(void);", 7).is_empty());
    }
}

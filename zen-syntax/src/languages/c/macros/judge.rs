//! Which words of a declaration are macros.

use std::ops::Range;

use super::scan::{Scan, Scope, Token};
use super::{closing, is_macro, is_macro_call, is_modifier, is_record};

/// A word before the declared name.
enum Part {
    Modifier,
    /// What can be nothing else.
    Type,
    /// A type, or a macro in small letters.
    Named(Range<usize>),
    Macro(Range<usize>),
    /// `NAME(…)`: all of it, and what is in the brackets.
    Call(Range<usize>, Range<usize>),
}

impl Part {
    fn blank(self) -> Option<Range<usize>> {
        match self {
            Self::Macro(range) | Self::Call(range, _) | Self::Named(range) => Some(range),
            Self::Modifier | Self::Type => None,
        }
    }
}

impl Scan<'_> {
    pub(super) fn macros_in(&self, tokens: &[Token], end: u8) -> Vec<Range<usize>> {
        let mut parts: Vec<Part> = Vec::new();
        let mut found = Vec::new();
        let mut record = None;
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            match token {
                Token::Word(range) => match self.word(range) {
                    "using" | "namespace" | "static_assert" | "concept" | "requires" | "import" => {
                        // What stands before them can be nothing else.
                        return parts.into_iter().filter_map(Part::blank).collect();
                    }
                    "operator" => break,
                    "template" => {}
                    word if is_record(word) => {
                        record.get_or_insert((parts.len(), word == "class"));
                        parts.push(Part::Modifier);
                    }
                    "__attribute__" | "__attribute" | "__declspec" | "alignas" | "_Alignas" => {
                        at += 1;
                        // The grammar has none right behind `typedef`.
                        if let (Some(Token::Group(group)), Some("typedef")) =
                            (tokens.get(at), self.last_word(tokens, at - 1))
                        {
                            found.push(range.start..group.end);
                        }
                    }
                    "_Atomic" if matches!(tokens.get(at + 1), Some(Token::Group(_))) => {
                        at += 1;
                        if let Some(Token::Group(group)) = tokens.get(at) {
                            found.extend([range.start..group.start + 1, group.end - 1..group.end]);
                        }
                        parts.push(Part::Type);
                    }
                    word if is_modifier(word) => parts.push(Part::Modifier),
                    word => match tokens.get(at + 1) {
                        // `a::b` is one name.
                        Some(Token::Other(b'D')) => at += 1,
                        next if !matches!(next, Some(Token::Group(_)))
                            && at > 0
                            && tokens.get(at - 1) == Some(&Token::Other(b'D')) =>
                        {
                            parts.push(Part::Type);
                        }
                        Some(Token::Angle) => parts.push(Part::Type),
                        Some(Token::Group(group)) => {
                            if !self.is_call(word, &parts, tokens.get(at + 2), tokens.get(at + 3)) {
                                break;
                            }
                            parts.push(Part::Call(range.start..group.end, group.start + 1..group.end - 1));
                            at += 1;
                        }
                        _ if is_macro(word) => parts.push(Part::Macro(range.clone())),
                        _ if is_builtin(word) => parts.push(Part::Type),
                        _ => parts.push(Part::Named(range.clone())),
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
        found.extend(self.trailing(tokens, at));
        found.extend(self.in_parameters(tokens, at));
        for pair in tokens.windows(2).skip(at.saturating_sub(1)) {
            if let [Token::Word(word), Token::Group(group)] = pair
                && let Some(blank) = self.old_parameters(self.word(word), group)
            {
                found.extend([word.start..group.start + 1, blank]);
                // The word was not what is declared.
                if stop == Some(&Token::Word(word.clone())) {
                    parts.pop();
                    self.decide(parts, tokens, at, &mut found);
                    return found;
                }
                break;
            }
        }
        let is_head = end == b'{' && stop.is_none_or(|stop| *stop == Token::Other(b':'));
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
        if record.is_some() {
            parts.push(Part::Type);
        }
        self.decide(parts, tokens, at, &mut found);
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
        let is_caps = word.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
        let is_old = is_caps && text.starts_with("((") && text.ends_with("))");
        (is_old && closing(text.as_bytes(), 1) == Some(text.len() - 2)).then(|| group.end - 1..group.end)
    }

    /// Whether `word(…)` stands before a declaration, and is not the function that is declared.
    fn is_call(&self, word: &str, parts: &[Part], next: Option<&Token>, after: Option<&Token>) -> bool {
        let has_type = parts.iter().any(|part| matches!(part, Part::Type | Part::Named(_)));
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
    fn decide(&self, mut parts: Vec<Part>, tokens: &[Token], at: usize, found: &mut Vec<Range<usize>>) {
        const DECORATES: &[&str] = &["API", "CALL", "EXPORT", "EXTERN", "INLINE", "PUBLIC", "EXP", "LINKAGE", "UNUSED"];
        // Of several names only the last can be the type.
        if !parts.iter().any(|part| matches!(part, Part::Type))
            && let Some(of) =
                parts.iter().rposition(|part| matches!(part, Part::Named(_))).and_then(|at| parts.get_mut(at))
        {
            *of = Part::Type;
        }
        found.extend(
            parts.iter().filter_map(|part| if let Part::Named(range) = part { Some(range.clone()) } else { None }),
        );
        let has_type = parts.iter().any(|part| matches!(part, Part::Type));
        // Constructors, destructors and conversions have no type before their name.
        let stop = tokens.get(at);
        let is_own = match stop {
            Some(Token::Word(name)) if self.word(name) == "operator" => {
                matches!(tokens.get(at + 1), Some(Token::Word(_)))
            }
            Some(Token::Word(name)) => {
                let name = self.word(name);
                let is_own = |word: Option<&Token>| matches!(word, Some(Token::Word(word)) if self.word(word) == name);
                let is_qualified =
                    at >= 2 && tokens.get(at - 1) == Some(&Token::Other(b'D')) && is_own(tokens.get(at - 2));
                let class = match self.scopes.last() {
                    Some(Scope::Declarations(Some(class))) => self.word(class),
                    _ => "",
                };
                is_qualified || class == name
            }
            stop => stop == Some(&Token::Other(b'~')),
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
                // `mi_attr_noexcept`, as the last; parameters of old C have more words.
                return if tokens.get(at).is_none() && word.contains('_') { vec![whole] } else { Vec::new() };
            }
        }
        found
    }
}

impl Scan<'_> {
    /// Macros among the parameters, `const char *a ARG_UNUSED` and `SAL_IN int a`, and before the `*` of `(CALL *name)`.
    fn in_parameters(&self, tokens: &[Token], from: usize) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        let mut groups =
            tokens.iter().skip(from).filter_map(|t| if let Token::Group(range) = t { Some(range) } else { None });
        let Some(first) = groups.next() else { return found };
        let is_pointer = groups.next().is_some()
            && tokens.get(from..).is_some_and(|t| matches!(t, [.., Token::Group(_), Token::Group(_)]));
        let inner = first.start + 1..first.end - 1;
        if is_pointer && let Some(star) = self.text.get(inner.clone()).and_then(|t| t.find('*')) {
            let before = inner.start..inner.start + star;
            if is_macro(self.word(&before).trim()) {
                found.push(before);
            }
            return found;
        }
        let mut start = inner.start;
        let mut depth = 0_usize;
        for (at, byte) in self.word(&inner).bytes().enumerate() {
            match byte {
                b'(' | b'<' | b'[' | b'{' => depth += 1,
                b')' | b'>' | b']' | b'}' => depth = depth.saturating_sub(1),
                b',' if depth == 0 => {
                    self.in_parameter(start..inner.start + at, &mut found);
                    start = inner.start + at + 1;
                }
                _ => {}
            }
        }
        self.in_parameter(start..inner.end, &mut found);
        found
    }

    fn in_parameter(&self, range: Range<usize>, found: &mut Vec<Range<usize>>) {
        let text = self.word(&range);
        if text.len() > 256 || text.contains(['(', '<', '"', '\'', '=', '[', '/']) {
            return;
        }
        let Some(first) = text.split_whitespace().next() else { return };
        let base = text.as_ptr() as usize;
        let place = |word: &str| {
            let start = range.start + (word.as_ptr() as usize - base);
            start..start + word.len()
        };
        let words = |text: &str| text.split_whitespace().filter(|word| !is_modifier(word) && !is_record(word)).count();
        let star = text.rfind(['*', '&']);
        if let Some(last) = text.split_whitespace().next_back().filter(|word| is_macro(word) && word.contains('_')) {
            let before = star.map_or(text, |star| text.get(star + 1..).unwrap_or_default());
            let has_builtin = before.split_whitespace().any(is_builtin);
            let needed = if star.is_some() || has_builtin { 2 } else { 3 };
            let named = before.split_whitespace().filter(|word| is_builtin(word)).count();
            if words(before).saturating_sub(named) >= needed {
                found.push(place(last));
            }
        }
        if is_macro(first)
            && (words(text) >= 3 || star.is_some() && words(text.get(..star.unwrap_or(0)).unwrap_or_default()) >= 2)
        {
            found.push(place(first));
        }
    }
}

fn is_builtin(word: &str) -> bool {
    matches!(
        word,
        "void"
            | "char"
            | "short"
            | "int"
            | "long"
            | "float"
            | "double"
            | "signed"
            | "unsigned"
            | "bool"
            | "_Bool"
            | "auto"
            | "_Complex"
            | "wchar_t"
            | "char8_t"
            | "char16_t"
            | "char32_t"
            | "__int128"
            | "size_t"
    )
}

/// What the language itself has behind parameters.
fn is_trailing(word: &str) -> bool {
    matches!(word, "const" | "noexcept" | "override" | "final" | "volatile" | "try" | "throw" | "requires" | "asm")
        || word.starts_with("__attribute")
        || word.starts_with("__asm")
}

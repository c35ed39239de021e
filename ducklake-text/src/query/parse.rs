//! The words a user gives.

use super::{Atom, Clause, Occur};

/// Clauses in the order of the text.
pub(super) fn clauses(text: &str) -> Vec<Clause> {
    let mut clauses = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (occur, after) = occur(rest);
        let (field, after) = field(after);
        let (quoted, end) = match quoted(after) {
            Some((phrase, end)) => (Some(phrase), end),
            None => (None, after.split_at(after.find(char::is_whitespace).unwrap_or(after.len())).1),
        };
        let written = rest.get(..rest.len() - end.len()).unwrap_or(rest);
        let named = |atom| Clause { occur, field: field.map(|name| (name.to_owned(), written.to_owned())), atom };
        match quoted {
            Some(phrase) => clauses.push(named(Atom::Phrase(phrase.to_owned()))),
            None => {
                let word = after.get(..after.len() - end.len()).unwrap_or(after);
                clauses.extend(pieces(word).into_iter().map(named));
            }
        }
        rest = end.trim_start();
    }
    clauses
}

/// `+` and `-` before a word or a phrase.
fn occur(text: &str) -> (Occur, &str) {
    let signed = |rest: &str| rest.starts_with(|next: char| next.is_alphanumeric() || matches!(next, '"' | '_'));
    match (text.strip_prefix('+'), text.strip_prefix('-')) {
        (Some(rest), _) if signed(rest) => (Occur::Must, rest),
        (_, Some(rest)) if signed(rest) => (Occur::MustNot, rest),
        _ => (Occur::Should, text),
    }
}

/// `name:` before a word or a phrase; `name::` is a path.
fn field(text: &str) -> (Option<&str>, &str) {
    let end = text.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    match rest.strip_prefix(':') {
        Some(word)
            if !name.is_empty()
                && !word.is_empty()
                && !word.starts_with(|next: char| next == ':' || next.is_whitespace()) =>
        {
            (Some(name), word)
        }
        _ => (None, text),
    }
}

/// What quotes enclose, and what is behind them.
fn quoted(text: &str) -> Option<(&str, &str)> {
    text.strip_prefix('"')?.split_once('"')
}

/// A word without wildcards is one piece; one with them is cut at signs that no token has.
fn pieces(word: &str) -> Vec<Atom> {
    if !is_pattern(word) {
        return vec![Atom::Word(word.to_owned())];
    }
    let cut = word.split(|sign: char| !(sign.is_alphanumeric() || matches!(sign, '_' | '-' | '*' | '?')));
    cut.filter(|piece| piece.contains(char::is_alphanumeric)).map(piece).collect()
}

fn piece(piece: &str) -> Atom {
    let piece = piece.trim_end_matches('?');
    if !is_pattern(piece) {
        return Atom::Word(piece.to_owned());
    }
    match piece.strip_suffix('*').filter(|head| !is_pattern(head)) {
        Some(head) => Atom::Prefix(head.to_owned()),
        None => Atom::Wildcard(piece.to_owned()),
    }
}

/// A question mark at the end of a word asks a question.
fn is_pattern(word: &str) -> bool {
    word.contains(char::is_alphanumeric) && word.trim_end_matches('?').contains(['*', '?'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let shown = clauses(text).into_iter().map(|clause| {
            let occur = match clause.occur {
                Occur::Should => "",
                Occur::Must => "+",
                Occur::MustNot => "-",
            };
            let field = clause.field.map(|(name, _)| name + ":").unwrap_or_default();
            format!("{occur}{field}{:?}", clause.atom)
        });
        shown.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn words_and_their_signs() {
        for (text, expected) in [
            ("parse json", r#"Word("parse") Word("json")"#),
            (r#""parse json" x"#, r#"Phrase("parse json") Word("x")"#),
            (r#""open end"#, r#"Word("\"open") Word("end")"#),
            (r#"+"a b" -c"#, r#"+Phrase("a b") -Word("c")"#),
            ("- a -- --b + ++c", r#"Word("-") Word("a") Word("--") Word("--b") Word("+") Word("++c")"#),
            ("-", r#"Word("-")"#),
            ("name:parse", r#"name:Word("parse")"#),
            (r#"-doc:"a b""#, r#"-doc:Phrase("a b")"#),
            ("std::fmt", r#"Word("std::fmt")"#),
            ("a: b :c", r#"Word("a:") Word("b") Word(":c")"#),
            ("pre* w*ld?x", r#"Prefix("pre") Wildcard("w*ld?x")"#),
            ("std::Hash*", r#"Word("std") Prefix("Hash")"#),
            ("why? a??", r#"Word("why?") Word("a??")"#),
            ("* **", r#"Word("*") Word("**")"#),
            ("*x*", r#"Wildcard("*x*")"#),
            ("", ""),
            (" \n", ""),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }
}

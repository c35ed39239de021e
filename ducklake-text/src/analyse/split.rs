//! Words of a text and the parts of identifiers.

use super::fold::{cut, normalise, push_folded};
use crate::schema::FieldKind;

/// Longer words are nobody's name (encoded data, mostly): they are one token, cut to [`LONGEST_TOKEN`].
const LONGEST_WORD: usize = 256;
/// Bytes of a token.
const LONGEST_TOKEN: usize = 128;

/// What a token is within the word it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// An identifier of several parts in one piece. Where it occurs, all its parts do.
    Whole,
    /// A word, or a part of one. The parts of a text in their order hold all its letters.
    Part,
    /// A shorter form of the part before it, which it can also be found by.
    Short,
}

/// Calls `emit` with each folded token, its role and its position. Positions never descend; each part has its own.
pub(crate) fn split(kind: FieldKind, text: &str, emit: &mut impl FnMut(&str, Role, u32)) {
    let text = normalise(text);
    let mut splitter = Splitter { emit, position: 0, letters: Vec::new(), folded: String::new(), ends: Vec::new() };
    let mut rest = text.as_ref();
    while let Some(letter) = rest.chars().next() {
        let len = if !is_word(letter) {
            letter.len_utf8()
        } else if is_dense(letter) {
            let len = rest.find(|letter| !is_dense(letter)).unwrap_or(rest.len());
            splitter.dense(&rest[..len]);
            len
        } else {
            let len = identifier_len(kind, rest);
            let (word, after) = rest.split_at(len);
            let suffix = suffix_len(word, after);
            splitter.identifier(word, &after[..suffix]);
            len + suffix + possessive_len(kind, &after[suffix..])
        };
        rest = &rest[len..];
    }
    // A text of nothing but signs, the name of an operator for example.
    if splitter.position == 0 {
        for signs in text.split_whitespace() {
            splitter.part(cut(signs, LONGEST_TOKEN));
        }
    }
}

struct Splitter<'a, F> {
    emit: &'a mut F,
    position: u32,
    letters: Vec<char>,
    /// The parts of the word at hand without gaps, and where each ends.
    folded: String,
    ends: Vec<usize>,
}

impl<F: FnMut(&str, Role, u32)> Splitter<'_, F> {
    fn part(&mut self, token: &str) {
        (self.emit)(token, Role::Part, self.position);
        self.position = self.position.saturating_add(1);
    }

    fn identifier(&mut self, word: &str, suffix: &str) {
        self.fold_parts(word);
        let folded = std::mem::take(&mut self.folded);
        let ends = std::mem::take(&mut self.ends);
        if !suffix.is_empty() {
            (self.emit)(&format!("{folded}{suffix}"), Role::Part, self.position);
            (self.emit)(&folded, Role::Short, self.position);
            self.position = self.position.saturating_add(1);
        } else {
            if ends.len() > 1 {
                (self.emit)(cut(&folded, LONGEST_TOKEN), Role::Whole, self.position);
            }
            let starts = std::iter::once(0).chain(ends.iter().copied());
            for part in starts.zip(&ends).map(|(start, end)| &folded[start..*end]) {
                let part = cut(part, LONGEST_TOKEN);
                let short = part.trim_end_matches(char::is_numeric);
                (self.emit)(part, Role::Part, self.position);
                if short.len() < part.len() && short.chars().nth(1).is_some() {
                    (self.emit)(short, Role::Short, self.position);
                }
                self.position = self.position.saturating_add(1);
            }
        }
        (self.folded, self.ends) = (folded, ends);
    }

    fn fold_parts(&mut self, word: &str) {
        self.folded.clear();
        self.ends.clear();
        self.letters.clear();
        self.letters.extend(word.chars());
        let whole = word.len() > LONGEST_WORD;
        for (at, letter) in self.letters.iter().enumerate() {
            if !whole && starts_part(&self.letters, at) && !self.folded.is_empty() {
                self.ends.push(self.folded.len());
            }
            if is_word(*letter) {
                push_folded(&mut self.folded, *letter);
            }
        }
        self.ends.push(self.folded.len());
        // Joining characters in a row begin no further part.
        self.ends.dedup();
    }

    /// Writing without spaces: every two characters are a part, every single one can be found too.
    fn dense(&mut self, run: &str) {
        self.letters.clear();
        self.letters.extend(run.chars());
        let letters = std::mem::take(&mut self.letters);
        let mut token = String::new();
        for (at, letter) in letters.iter().enumerate() {
            token.clear();
            push_folded(&mut token, *letter);
            let single = token.len();
            match letters.get(at + 1) {
                Some(next) => {
                    push_folded(&mut token, *next);
                    (self.emit)(&token, Role::Part, self.position);
                    (self.emit)(&token[..single], Role::Short, self.position);
                    self.position = self.position.saturating_add(1);
                }
                None if at == 0 => self.part(&token),
                None => (self.emit)(&token, Role::Short, self.position.saturating_sub(1)),
            }
        }
        self.letters = letters;
    }
}

/// Whether a part of an identifier ends before this character.
fn starts_part(letters: &[char], at: usize) -> bool {
    let (Some(before), Some(letter)) = (at.checked_sub(1).and_then(|at| letters.get(at)), letters.get(at)) else {
        return false;
    };
    if is_joint(*letter) {
        return true;
    }
    if letter.is_uppercase() {
        if !before.is_uppercase() {
            return is_word(*before);
        }
        // The last capital of a row belongs to the word after it, but for plurals: URLs.
        let lower = |at: usize| letters.get(at).is_some_and(|letter| letter.is_lowercase());
        let plural = letters.get(at + 1) == Some(&'s') && !lower(at + 2);
        return lower(at + 1) && !plural;
    }
    // Digits stay with the letters before them: sha256, utf8.
    before.is_numeric() && !letter.is_numeric() && is_word(*letter)
}

/// How far the identifier goes that a text begins with.
fn identifier_len(kind: FieldKind, text: &str) -> usize {
    let mut end = 0;
    let mut last = None;
    let mut letters = text.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        let next = letters.peek().map(|(_, next)| *next).filter(|next| is_word(*next) && !is_dense(*next));
        if is_word(letter) && !is_dense(letter) {
            end = at + letter.len_utf8();
        } else {
            let goes_on = match letter {
                '_' => true,
                '-' => last.is_some_and(is_word) && next.is_some() && (is_letter(last) || is_letter(next)),
                '\'' | '’' if kind == FieldKind::Text => {
                    is_letter(last) && is_letter(next) && possessive_len(kind, &text[at..]) == 0
                }
                _ => false,
            };
            if !goes_on {
                break;
            }
        }
        last = Some(letter);
    }
    end
}

/// How many signs after a word belong to it: C++, C#, `operator==`.
fn suffix_len(word: &str, after: &str) -> usize {
    let signs = after.find(|sign| !"+-*/%^&|~!=<>#()[]".contains(sign)).unwrap_or(after.len());
    let (signs, beyond) = after.split_at(signs);
    let apart = !beyond.chars().next().is_some_and(is_word);
    if word.eq_ignore_ascii_case("operator") {
        for pair in ["()", "[]"] {
            if signs.starts_with(pair) {
                return pair.len();
            }
        }
        let len = signs.find(['(', ')', '[', ']', '#']).unwrap_or(signs.len());
        return if (1..=3).contains(&len) && (apart || len < signs.len()) { len } else { 0 };
    }
    if word.len() != 1 || !word.starts_with(|letter: char| letter.is_ascii_alphabetic()) {
        return 0;
    }
    match signs {
        "++" | "#" if apart => signs.len(),
        _ => 0,
    }
}

/// The length of an English genitive's ending in prose.
fn possessive_len(kind: FieldKind, after: &str) -> usize {
    let mut letters = after.chars();
    let quote = letters.next().filter(|quote| kind == FieldKind::Text && matches!(quote, '\'' | '’'));
    match (quote, letters.next(), letters.next()) {
        (Some(quote), Some('s'), end) if !end.is_some_and(is_word) => quote.len_utf8() + 1,
        _ => 0,
    }
}

fn is_letter(letter: Option<char>) -> bool {
    letter.is_some_and(|letter| is_word(letter) && !letter.is_numeric())
}

fn is_joint(letter: char) -> bool {
    matches!(letter, '_' | '-')
}

pub(super) fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || (!letter.is_ascii() && unicode_normalization::char::is_combining_mark(letter))
}

/// Letters of scripts that are written without spaces between words: Thai, Lao, Myanmar, Khmer, kana, Han, Hangul.
pub(super) fn is_dense(letter: char) -> bool {
    matches!(letter,
        '\u{0E00}'..='\u{0EFF}' | '\u{1000}'..='\u{109F}' | '\u{1100}'..='\u{11FF}' | '\u{1780}'..='\u{17FF}'
        | '\u{3005}'..='\u{3007}' | '\u{3031}'..='\u{3035}' | '\u{3041}'..='\u{31FF}' | '\u{3400}'..='\u{4DBF}'
        | '\u{4E00}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7FF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFD}')
        && is_word(letter)
}

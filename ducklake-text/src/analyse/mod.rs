//! Texts to tokens, the same way for what is indexed and for what is asked.
//!
//! [`split`] finds words and their parts, [`fold`] takes away case and the variety of Unicode, and here each token gets its
//! English stem, so that "parsing" finds `parse_json`.

mod fold;
mod glob;
mod split;

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use rust_stemmers::{Algorithm, Stemmer};

pub(crate) use fold::fold_name;
pub(crate) use glob::Glob;
pub(crate) use split::{Role, split};

use crate::schema::FieldKind;

/// Stems that a thread keeps: texts have the same words again and again, and a stem takes longer than to look it up.
const KEPT_STEMS: usize = 1 << 14;
/// Longer words are no words that come again.
const LONGEST_KEPT: usize = 32;

thread_local! {
    static STEMS: RefCell<HashMap<Box<str>, Rc<str>>> = RefCell::new(HashMap::new());
}

/// The tokens of a text, in the order of the text. An identifier of several parts gives itself in one piece first, without
/// what joins its parts; `parseJSON` gives `parsejson`, `pars`, `json`.
pub fn analyse(kind: FieldKind, text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    Analyser::new().each(kind, text, |token, _, _| tokens.push(token.to_owned()));
    tokens
}

/// Splits and stems.
pub(crate) struct Analyser(Stemmer);

impl Analyser {
    pub(crate) fn new() -> Self {
        Self(Stemmer::create(Algorithm::English))
    }

    /// Each token with its role and its position.
    pub(crate) fn each(&self, kind: FieldKind, text: &str, mut sink: impl FnMut(&str, Role, u32)) {
        split(kind, text, &mut |token, role, position| {
            // The stemmer knows English words; everything else stays as it is.
            if token.bytes().all(|byte| byte.is_ascii_lowercase()) {
                sink(&self.known_stem(token), role, position);
            } else {
                sink(token, role, position);
            }
        });
    }

    /// The stem of an English word, looked up where it was stemmed before.
    fn known_stem(&self, word: &str) -> Rc<str> {
        if word.len() > LONGEST_KEPT {
            return self.0.stem(word).into();
        }
        STEMS.with_borrow_mut(|stems| {
            if let Some(stem) = stems.get(word) {
                return Rc::clone(stem);
            }
            if stems.len() >= KEPT_STEMS {
                stems.clear();
            }
            let stem: Rc<str> = self.0.stem(word).into();
            stems.insert(word.into(), Rc::clone(&stem));
            stem
        })
    }

    /// The stem of one folded word.
    pub(crate) fn stem(&self, word: &str) -> String {
        if word.bytes().all(|byte| byte.is_ascii_lowercase()) {
            self.known_stem(word).as_ref().to_owned()
        } else {
            word.to_owned()
        }
    }
}

/// Every three characters that follow each other.
pub(crate) fn trigrams(text: &str) -> impl Iterator<Item = &str> {
    let ends = text.char_indices().map(|(at, _)| at).skip(3).chain(std::iter::once(text.len()));
    // A text of fewer than three characters has one end, and no start that is three characters before it.
    let long = text.chars().nth(2).is_some();
    text.char_indices()
        .map(|(at, _)| at)
        .zip(ends)
        .filter(move |_| long)
        .filter_map(|(start, end)| text.get(start..end))
}

#[cfg(test)]
mod tests;

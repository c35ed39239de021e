//! Letters that mean the same become the same.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

/// Bytes of a name that are indexed.
const LONGEST_NAME: usize = 512;

/// Compatible characters become one (NFKC): accents join their letters, wide letters become narrow.
pub(super) fn normalise(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || is_nfkc_quick(text.chars()) == IsNormalized::Yes {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.nfkc().collect())
    }
}

/// Appends a character without its case. By way of its upper case, which also makes ß to ss and ς to σ, as Unicode's
/// full case folding does.
pub(super) fn push_folded(folded: &mut String, letter: char) {
    if letter.is_ascii() {
        folded.push(letter.to_ascii_lowercase());
    } else {
        folded.extend(letter.to_uppercase().flat_map(char::to_lowercase));
    }
}

/// A name as a whole, to be compared with others.
pub(crate) fn fold_name(name: &str) -> String {
    let mut folded = String::with_capacity(name.len());
    for letter in normalise(name.trim()).chars() {
        push_folded(&mut folded, letter);
    }
    let len = cut(&folded, LONGEST_NAME).len();
    folded.truncate(len);
    folded
}

/// The text without what is beyond so many bytes.
pub(crate) fn cut(text: &str, bytes: usize) -> &str {
    // A character begins at 0 at the latest.
    text.get(..text.floor_char_boundary(bytes)).unwrap_or_default()
}

//! Words of a question and parts of names, and when one stands for the other.

use std::collections::HashMap;
use std::sync::LazyLock;

use ducklake_text::{FieldKind, analyse};

/// Pairs that go together in published packages: `stem part strength`, a pair on each line. Learned by translating first
/// sentences of documentation into names (IBM model 1; Brown et al., The mathematics of statistical machine translation,
/// 1993) over some eighty packages.
const PAIRS: &str = include_str!("pairs.txt");

static STRENGTHS: LazyLock<HashMap<&str, HashMap<&str, f32>>> = LazyLock::new(|| {
    let mut strengths: HashMap<&str, HashMap<&str, f32>> = HashMap::new();
    for line in PAIRS.lines() {
        let mut fields = line.split(' ');
        if let (Some(stem), Some(part), Some(Ok(strength))) =
            (fields.next(), fields.next(), fields.next().map(str::parse))
        {
            strengths.entry(part).or_default().insert(stem, strength);
        }
    }
    strengths
});

/// The words of a question, each once, stemmed.
pub(super) fn words(text: &str) -> Vec<String> {
    let mut words = analyse(FieldKind::Text, text);
    let mut seen = std::collections::HashSet::new();
    words.retain(|word| seen.insert(word.clone()));
    words
}

/// The parts of a name in their order, stemmed.
pub(super) fn parts(name: &str) -> Vec<String> {
    let mut parts = analyse(FieldKind::Code, name);
    // A name of several parts comes in one piece first.
    if parts.len() > 1 {
        parts.remove(0);
    }
    parts
}

/// How likely someone who says `word` means `part` of a name, 0 to 1; both are stems.
pub(super) fn strength(word: &str, part: &str) -> f32 {
    if word == part {
        return 1.0;
    }
    if is_short_for(part, word) {
        return SHORT;
    }
    STRENGTHS.get(part).and_then(|words| words.get(word)).copied().unwrap_or(0.0)
}

/// Words that say little.
pub(super) fn is_filler(stem: &str) -> bool {
    const FILLERS: [&str; 29] = [
        "a", "an", "the", "of", "to", "in", "for", "and", "or", "with", "by", "from", "on", "at", "if", "be", "this",
        "that", "it", "as", "into", "will", "which", "given", "when", "you", "can", "has", "is",
    ];
    FILLERS.contains(&stem)
}

/// What an abbreviation counts.
const SHORT: f32 = 0.8;

/// Whether `short` abbreviates `word`: its first three letters or more, or what is left of it without vowels.
fn is_short_for(short: &str, word: &str) -> bool {
    if short.len() < 3 || short.len() >= word.len() || !short.is_ascii() || !word.is_ascii() {
        return false;
    }
    if word.starts_with(short) {
        return true;
    }
    let is_vowel = |letter: u8| b"aeiou".contains(&letter);
    if short.as_bytes().first() != word.as_bytes().first() || short.bytes().skip(1).any(is_vowel) {
        return false;
    }
    let mut letters = word.bytes();
    short.bytes().all(|wanted| letters.any(|letter| letter == wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cut_into_parts() {
        assert_eq!(parts("parseJSON"), ["pars", "json"]);
        assert_eq!(parts("is_empty"), ["is", "empti"]);
        assert_eq!(parts("len"), ["len"]);
    }

    #[test]
    fn words_stand_for_parts() {
        assert!(strength("length", "len") > 0.5);
        assert!(strength("context", "ctx") > 0.5);
        assert!(strength("socket", "set") < 0.5);
        assert!(strength("messag", "msg") > 0.5);
        assert_eq!(strength("open", "close"), 0.0);
    }
}

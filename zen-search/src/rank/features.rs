//! How well a symbol answers a question, as a few numbers from 0 to about 1.

use std::collections::{HashMap, HashSet};

use ducklake_text::{FieldKind, analyse};
use rayon::prelude::*;

use super::Facts;
use super::words::{is_filler, parts, strength, words};

/// How many numbers there are.
pub(super) const COUNT: usize = 13;

/// Bytes of a text that are looked at: what a symbol is for is said at the beginning.
const LOOKED_AT: usize = 1000;

/// Fewer symbols than this are not worth another processor.
const AT_LEAST: usize = 16;

/// What a symbol says, in stems.
struct Stems {
    name: Vec<String>,
    container: HashSet<String>,
    /// Signature, place and documentation.
    rest: HashSet<String>,
}

impl Stems {
    fn of(symbol: &Facts<'_>) -> Self {
        let mut rest = HashSet::new();
        for text in [symbol.signature, symbol.package, symbol.file] {
            rest.extend(analyse(FieldKind::Code, beginning(text)));
        }
        rest.extend(analyse(FieldKind::Text, beginning(symbol.doc)));
        let container = analyse(FieldKind::Code, beginning(symbol.container)).into_iter().collect();
        Self { name: parts(symbol.name), container, rest }
    }

    fn holds(&self, word: &String) -> bool {
        self.name.contains(word) || self.container.contains(word) || self.rest.contains(word)
    }
}

fn beginning(text: &str) -> &str {
    text.get(..text.floor_char_boundary(LOOKED_AT)).unwrap_or(text)
}

/// The question's words with what each counts: the rarer among these symbols, the more.
struct Question {
    words: Vec<(String, f32)>,
    total: f32,
    /// A noun with its article: a type is meant rather than a function.
    is_noun: bool,
}

impl Question {
    fn new(text: &str, symbols: &[Stems]) -> Self {
        let rarity = |word: &String| {
            let found = symbols.iter().filter(|symbol| symbol.holds(word)).count() as f32;
            let rarity = (1.0 + (symbols.len() as f32 - found + 0.5) / (found + 0.5)).ln();
            if is_filler(word) { 0.2 * rarity } else { rarity }
        };
        let words: Vec<(String, f32)> = words(text).into_iter().map(|word| (word.clone(), rarity(&word))).collect();
        let total = words.iter().map(|(_, weight)| weight).sum::<f32>().max(f32::MIN_POSITIVE);
        let is_noun = words.first().is_some_and(|(word, _)| matches!(word.as_str(), "a" | "an" | "the"));
        Self { words, total, is_noun }
    }

    /// The share of the question that `found` finds.
    fn covered(&self, found: impl Fn(&String) -> f32) -> f32 {
        self.words.iter().map(|(word, weight)| weight * found(word)).sum::<f32>() / self.total
    }

    /// How likely the question means this part of a name.
    fn means(&self, part: &str) -> f32 {
        self.words.iter().map(|(word, _)| strength(word, part)).fold(0.0, f32::max)
    }
}

/// The numbers of each symbol. Rarity is reckoned among the symbols given, which are what searches found.
pub(super) fn features(question: &str, symbols: &[Facts<'_>]) -> Vec<[f32; COUNT]> {
    let stems: Vec<Stems> = symbols.par_iter().with_min_len(AT_LEAST).map(Stems::of).collect();
    let question = Question::new(question, &stems);
    let mut named: HashMap<&str, f32> = HashMap::new();
    for symbol in &stems {
        for part in symbol.name.iter().collect::<HashSet<_>>() {
            *named.entry(part).or_default() += 1.0;
        }
    }
    let rarity = |part: &str| (1.0 + stems.len() as f32 / named.get(part).copied().unwrap_or(1.0)).ln();
    let pairs = symbols.par_iter().zip(&stems).with_min_len(AT_LEAST);
    pairs.map(|(facts, stems)| of_symbol(&question, facts, stems, &rarity)).collect()
}

fn of_symbol(
    question: &Question,
    facts: &Facts<'_>,
    stems: &Stems,
    rarity: &(dyn Fn(&str) -> f32 + Sync),
) -> [f32; COUNT] {
    let yes = |is: bool| f32::from(u8::from(is));
    let len = stems.name.len().max(1) as f32;
    let (mut meant, mut all, mut likely) = (0.0, 0.0, 0.0);
    for part in &stems.name {
        let means = question.means(part);
        meant += rarity(part) * means;
        all += rarity(part);
        let sum: f32 = question.words.iter().map(|(word, _)| strength(word, part)).sum();
        likely += (sum / question.words.len().max(1) as f32 + 0.003).ln();
    }
    let is_code = matches!(facts.kind, "function" | "method" | "macro");
    [
        facts.words,
        facts.meaning,
        // The share of the name that the question means, and how likely it would be put that way.
        meant / f32::max(all, f32::MIN_POSITIVE),
        (likely / len + 6.0) / 6.0,
        yes(stems.name.iter().all(|part| question.means(part) > 0.15)),
        // The share of the question that the name says, it and what is around it, everything together.
        question.covered(|word| stems.name.iter().map(|part| strength(word, part)).fold(0.0, f32::max)),
        question.covered(|word| yes(stems.name.contains(word) || stems.container.contains(word))),
        question.covered(|word| yes(stems.holds(word))),
        yes(facts.is_public),
        yes(facts.is_of_trait),
        yes(is_code && question.is_noun),
        yes(is_code && !question.is_noun),
        len.ln(),
    ]
}

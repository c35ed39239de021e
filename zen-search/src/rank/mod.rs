//! In which order symbols answer a question that is more than a name.
//!
//! Words and meaning find a hundred symbols each; what both can say of a symbol are two numbers. Here the question is held
//! against each of these symbols itself: what of the name it means, what of the question the symbol says, and what people
//! look for rather than not. The numbers are weighted and added up.

mod features;
mod words;

use features::{COUNT, features};

/// What is known of a symbol.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Facts<'a> {
    pub(crate) name: &'a str,
    /// What it is declared in, or nothing.
    pub(crate) container: &'a str,
    pub(crate) package: &'a str,
    pub(crate) file: &'a str,
    pub(crate) signature: &'a str,
    pub(crate) doc: &'a str,
    pub(crate) kind: &'a str,
    pub(crate) is_public: bool,
    /// Written because a trait asks for it: the trait says what it does.
    pub(crate) is_of_trait: bool,
    /// Its score by words, as a share of the best.
    pub(crate) words: f32,
    /// Its similarity, as a share of the best; of what only words found the least of those that are near.
    pub(crate) meaning: f32,
}

/// What each number counts, as `features` lists them: learned by the first sentences of documentation of ten packages
/// (chrono, clap_builder, csv, futures-util, http, hyper, rand, smallvec, url, uuid), that of their symbols left out
/// (listwise softmax).
const BOTH: [f32; COUNT] = [1.56, 7.09, -0.02, 0.78, 0.73, 3.44, 0.47, 3.68, 1.11, -2.23, -2.40, -0.08, 0.08];
/// The same where there is no meaning.
const WORDS: [f32; COUNT] = [3.27, 0.0, -0.16, 0.95, 1.02, 3.43, 0.59, 4.38, 1.15, -2.33, -2.12, 0.46, 0.13];

/// How well each symbol answers; higher is better, comparable among these symbols only.
pub(crate) fn scores(question: &str, symbols: &[Facts<'_>]) -> Vec<f32> {
    let weights = if symbols.iter().any(|symbol| symbol.meaning > 0.0) { BOTH } else { WORDS };
    let score = |numbers: [f32; COUNT]| numbers.iter().zip(&weights).map(|(number, weight)| number * weight).sum();
    features(question, symbols).into_iter().map(score).collect()
}

#[cfg(test)]
mod tests {
    use super::{Facts, scores};

    fn best<'a>(question: &str, symbols: &[Facts<'a>]) -> &'a str {
        let scores = scores(question, symbols);
        assert!(scores.iter().all(|score| score.is_finite()));
        let best = scores.iter().zip(symbols).max_by(|a, b| a.0.total_cmp(b.0));
        best.map_or("", |(_, symbol)| symbol.name)
    }

    fn function(name: &str) -> Facts<'_> {
        Facts { name, kind: "function", is_public: true, words: 0.5, meaning: 0.5, ..Facts::default() }
    }

    #[test]
    fn names_that_the_question_means_come_first() {
        let symbols = ["with_capacity", "is_empty", "len"].map(function);
        assert_eq!(best("whether there are no elements", &symbols), "is_empty");
        assert_eq!(best("length of the list", &symbols), "len");
    }

    #[test]
    fn what_surrounds_a_name_counts() {
        let of = |container: &'static str| Facts { container, ..function("new") };
        let symbols = [of("Runtime"), Facts { name: "open", ..of("File") }, of("Builder")];
        let scores = scores("creates a runtime", &symbols);
        assert!(scores[0] > scores[1] && scores[0] > scores[2]);
    }

    #[test]
    fn what_a_trait_asks_for_and_what_is_hidden_come_last() {
        let shown = function("poll");
        let of_trait = Facts { is_of_trait: true, ..shown };
        let hidden = Facts { is_public: false, ..shown };
        let scores = scores("polls for the next value", &[of_trait, shown, hidden]);
        assert!(scores[1] > scores[0] && scores[1] > scores[2]);
    }

    #[test]
    fn questions_without_words_leave_the_measures() {
        let symbols = [Facts { words: 0.2, ..function("a") }, Facts { words: 0.9, ..function("b") }];
        assert_eq!(best("?!", &symbols), "b");
        assert_eq!(best("", &symbols), "b");
        assert!(scores("anything", &[]).is_empty());
    }
}

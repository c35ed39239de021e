//! What holds for every embedder, tried with one whose vectors tell the text.

use std::collections::HashSet;
use std::sync::Mutex;

use proptest::prelude::*;

use super::*;

/// A vector of the text's length and a hash of it; remembers what it was asked.
struct Echo {
    lanes: usize,
    seen: Mutex<Vec<Vec<String>>>,
    /// Fails at this text.
    poison: Option<&'static str>,
    /// Gives one vector too few.
    short: bool,
}

impl Echo {
    fn new(lanes: usize) -> Self {
        Echo { lanes, seen: Mutex::default(), poison: None, short: false }
    }

    fn vector(text: &str) -> Vec<f32> {
        let hash = text.bytes().fold(7u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte.into()) % 65_521);
        vec![text.len() as f32, hash as f32]
    }
}

impl Embedder for Echo {
    fn name(&self) -> &str {
        "echo"
    }

    fn dimensions(&self) -> usize {
        2
    }

    fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbedError> {
        self.seen.lock().unwrap().push(texts.iter().map(ToString::to_string).collect());
        if self.poison.is_some_and(|poison| texts.contains(&poison)) {
            return Err(EmbedError::Embed { texts: texts.len(), source: "poison".into() });
        }
        Ok(texts.iter().skip(usize::from(self.short)).map(|text| Echo::vector(text)).collect())
    }

    fn lanes(&self) -> usize {
        self.lanes
    }
}

fn go_on(_: usize, _: usize) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// Few short texts, so that they repeat; some odd ones; some of many tokens.
fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[ab]{0,3}", ".{0,20}", (0usize..3000).prop_map(|length| "x".repeat(length))]
}

proptest! {
    #[test]
    fn order_is_kept_and_each_text_is_embedded_once(
        texts in prop::collection::vec(text(), 0..300),
        lanes in 0usize..5,
    ) {
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let echo = Echo::new(lanes);
        let mut reports = Vec::new();
        let vectors = embed_all(&echo, &texts, &mut |done, total| {
            reports.push((done, total));
            ControlFlow::Continue(())
        }).unwrap();
        let wanted: Vec<Vec<f32>> = texts.iter().map(|text| Echo::vector(text)).collect();
        prop_assert_eq!(vectors, wanted);

        let batches = echo.seen.into_inner().unwrap();
        let seen: Vec<&str> = batches.iter().flatten().map(String::as_str).collect();
        let distinct: HashSet<&str> = texts.iter().copied().collect();
        prop_assert_eq!(seen.len(), distinct.len());
        prop_assert_eq!(seen.into_iter().collect::<HashSet<_>>(), distinct);
        for batch in &batches {
            let longest = batch.iter().map(|text| Echo::new(1).tokens(text)).max().unwrap();
            prop_assert!(batch.len() <= BATCH_TEXTS);
            prop_assert!(batch.len() == 1 || batch.len() * longest <= BATCH_TOKENS);
        }

        prop_assert_eq!(reports[0], (0, texts.len()));
        prop_assert_eq!(*reports.last().unwrap(), (texts.len(), texts.len()));
        prop_assert!(reports.is_sorted());
    }
}

#[test]
fn nothing_gives_nothing() {
    assert!(embed_all(&Echo::new(2), &[], &mut go_on).unwrap().is_empty());
}

#[test]
fn texts_of_a_batch_have_about_equal_lengths() {
    let texts: Vec<String> = (0..1000).map(|n| "x".repeat(n * 7919 % 997)).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let echo = Echo::new(3);
    embed_all(&echo, &texts, &mut go_on).unwrap();
    let tokens = |texts: &[String]| -> Vec<usize> { texts.iter().map(|text| echo.tokens(text)).collect() };
    let batches: Vec<Vec<usize>> = echo.seen.lock().unwrap().iter().map(|batch| tokens(batch)).collect();
    let real: usize = batches.iter().flatten().sum();
    let padded: usize = batches.iter().map(|batch| batch.len() * batch.iter().max().unwrap()).sum();
    assert!(padded * 100 <= real * 110, "{padded} tokens with padding for {real}");
}

#[test]
fn a_break_ends_it() {
    let texts: Vec<String> = (0..5000).map(|n| n.to_string()).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let at_once = embed_all(&Echo::new(2), &texts, &mut |_, _| ControlFlow::Break(()));
    assert!(matches!(at_once, Err(EmbedError::Interrupted)));
    let mut calls = 0;
    let later = embed_all(&Echo::new(2), &texts, &mut |_, _| {
        calls += 1;
        if calls < 3 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    assert!(matches!(later, Err(EmbedError::Interrupted)));
    assert_eq!(calls, 3);
}

#[test]
fn one_failure_fails_all() {
    let texts: Vec<String> = (0..5000).map(|n| n.to_string()).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let echo = Echo { poison: Some("77"), ..Echo::new(4) };
    assert!(matches!(embed_all(&echo, &texts, &mut go_on), Err(EmbedError::Embed { .. })));
    let echo = Echo { short: true, ..Echo::new(4) };
    assert!(matches!(embed_all(&echo, &texts, &mut go_on), Err(EmbedError::Vectors { .. })));
}

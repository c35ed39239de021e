//! Many texts as few, even batches.

use std::collections::HashMap;
use std::ops::{ControlFlow, Range};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use super::{EmbedError, Embedder};

/// Tokens of a batch, padding counted: enough to keep a core busy. More need more memory than caches have, and cost
/// processor time.
const BATCH_TOKENS: usize = 1024;

/// Texts of a batch.
const BATCH_TEXTS: usize = 64;

/// The vectors of `texts`, in their order. Equal texts are embedded once.
///
/// `progress` is told, on the calling thread, how many of the texts are done and how many there are, before the first
/// batch and after each; when it breaks, batches under way end and the result is [`EmbedError::Interrupted`].
pub fn embed_all(
    embedder: &dyn Embedder,
    texts: &[&str],
    progress: &mut dyn FnMut(usize, usize) -> ControlFlow<()>,
) -> Result<Vec<Vec<f32>>, EmbedError> {
    let mut report = |done: usize| match progress(done, texts.len()) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(EmbedError::Interrupted),
    };
    report(0)?;
    let distinct = Distinct::of(texts);
    let plan = Plan::of(embedder, &distinct.texts);
    let mut vectors = vec![Vec::new(); distinct.texts.len()];
    let mut done = 0;
    run(embedder, &plan, &distinct.texts, &mut |batch, results| {
        for (&text, vector) in batch.iter().zip(results) {
            done += distinct.uses[text];
            vectors[text] = vector;
        }
        report(done)
    })?;
    Ok(distinct.spread(vectors))
}

/// The distinct ones among texts.
struct Distinct<'a> {
    texts: Vec<&'a str>,
    /// How often each distinct text is there.
    uses: Vec<usize>,
    /// Which distinct text each text is.
    of: Vec<usize>,
}

impl<'a> Distinct<'a> {
    fn of(all: &[&'a str]) -> Self {
        let mut places = HashMap::with_capacity(all.len());
        let mut distinct = Distinct { texts: Vec::new(), uses: Vec::new(), of: Vec::with_capacity(all.len()) };
        for &text in all {
            let place = *places.entry(text).or_insert_with(|| {
                distinct.texts.push(text);
                distinct.uses.push(0);
                distinct.texts.len() - 1
            });
            distinct.uses[place] += 1;
            distinct.of.push(place);
        }
        distinct
    }

    /// One vector for each text from one for each distinct text.
    fn spread(mut self, mut vectors: Vec<Vec<f32>>) -> Vec<Vec<f32>> {
        let take = |place: usize| {
            self.uses[place] -= 1;
            // The last use needs no copy.
            if self.uses[place] == 0 { std::mem::take(&mut vectors[place]) } else { vectors[place].clone() }
        };
        self.of.into_iter().map(take).collect()
    }
}

/// Which texts go together.
struct Plan {
    /// Places of the texts, longest first: what needs most memory fails early, and what is left at the end is short.
    order: Vec<usize>,
    batches: Vec<Range<usize>>,
}

impl Plan {
    fn of(embedder: &dyn Embedder, texts: &[&str]) -> Self {
        let mut sized: Vec<(usize, usize)> =
            texts.iter().enumerate().map(|(place, text)| (embedder.tokens(text).max(1), place)).collect();
        sized.sort_unstable_by(|a, b| b.cmp(a));
        let mut batches = Vec::new();
        let mut start = 0;
        while let Some(&(longest, _)) = sized.get(start) {
            let end = (start + (BATCH_TOKENS / longest).clamp(1, BATCH_TEXTS)).min(sized.len());
            batches.push(start..end);
            start = end;
        }
        Plan { order: sized.into_iter().map(|(_, place)| place).collect(), batches }
    }

    /// Places of a batch's texts.
    fn batch(&self, number: usize) -> Option<&[usize]> {
        self.order.get(self.batches.get(number)?.clone())
    }
}

/// What became of a batch.
type Outcome = Result<Vec<Vec<f32>>, EmbedError>;

/// Takes the vectors of a batch, with the places of its texts.
type Sink<'a> = dyn FnMut(&[usize], Vec<Vec<f32>>) -> Result<(), EmbedError> + 'a;

/// Embeds all batches on the embedder's lanes and hands each result to `done`, whose error ends it all.
fn run(embedder: &dyn Embedder, plan: &Plan, texts: &[&str], done: &mut Sink<'_>) -> Result<(), EmbedError> {
    let next = AtomicUsize::new(0);
    let stop = AtomicBool::new(false);
    let work = |results: mpsc::Sender<(usize, Outcome)>| {
        while !stop.load(Ordering::Relaxed) {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(batch) = plan.batch(number) else { break };
            let batch: Vec<&str> = batch.iter().map(|&place| texts[place]).collect();
            // Nobody listens any more when something else has failed.
            if results.send((number, checked(embedder, &batch))).is_err() {
                break;
            }
        }
    };
    thread::scope(|scope| {
        let (sender, results) = mpsc::channel();
        let lanes = embedder.lanes().clamp(1, plan.batches.len().max(1));
        let outcome = (0..lanes)
            .try_for_each(|lane| {
                let sender = sender.clone();
                let thread = thread::Builder::new().name(format!("embed-{lane}"));
                thread.spawn_scoped(scope, || work(sender)).map(drop).map_err(EmbedError::Thread)
            })
            .and_then(|()| {
                drop(sender);
                results.iter().try_for_each(|(number, result)| done(plan.batch(number).unwrap_or_default(), result?))
            });
        stop.store(true, Ordering::Relaxed);
        outcome
    })
}

/// The vectors of a batch, if they are as the embedder promises.
fn checked(embedder: &dyn Embedder, batch: &[&str]) -> Outcome {
    let vectors = embedder.embed(batch)?;
    let dimensions = embedder.dimensions();
    let whole = |vector: &Vec<f32>| vector.len() == dimensions && vector.iter().all(|number| number.is_finite());
    if vectors.len() == batch.len() && vectors.iter().all(whole) {
        Ok(vectors)
    } else {
        Err(EmbedError::Vectors { name: embedder.name().into(), dimensions })
    }
}

#[cfg(test)]
mod tests;

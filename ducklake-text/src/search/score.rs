//! BM25 over all segments at once.
//!
//! Words are added up leaf by leaf, those that can weigh most first, in an array with a score for each document of a
//! segment. As soon as the leaves to come cannot bring a new document among the best, they are only looked up for
//! documents that have a score already (Turtle and Flood: Query evaluation, strategies and optimizations, 1995). Statistics
//! and the order of leaves are the same for all segments, and so is every score, whatever segment a row is in.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use roaring::RoaringBitmap;
use tantivy::InvertedIndexReader;
use tantivy::fieldnorm::FieldNormReader;

use super::plan::Plan;
use super::{Sources, TextHit, filter};
use crate::error::Result;
use crate::query::Occur;
use crate::schema::{Combine, Ranking};
use crate::segment::{OpenIndex, TextSegment};

/// A segment, and what it has of the query.
pub(super) struct Searched<'a> {
    pub(super) at: usize,
    pub(super) segment: &'a TextSegment,
    pub(super) allowed: Option<&'a RoaringBitmap>,
    pub(super) index: &'a OpenIndex,
    pub(super) sources: Sources,
}

/// Everything that is the same for all segments.
pub(super) struct Scoring<'a> {
    plan: &'a Plan,
    /// By field of the schema and by the length of a text as the index keeps it: `1 - b + b * length / average`.
    lengths: Vec<[f32; 256]>,
    /// The scored leaves, heaviest clause first.
    leaves: Vec<ScoredLeaf>,
    /// Words that a row can have.
    words: usize,
}

struct ScoredLeaf {
    leaf: usize,
    clause: usize,
    /// For each of the leaf's fields, what an occurrence weighs.
    weights: Vec<f32>,
    /// What the sum of the fields is multiplied by, with [`Combine::Together`].
    idf: f32,
    /// No document gets more.
    bound: f32,
    /// No document gets more from this leaf and all after it.
    rest: f32,
}

impl<'a> Scoring<'a> {
    pub(super) fn new(plan: &'a Plan, fields: usize, segments: &[Searched<'_>]) -> Self {
        let rows: u64 = segments.iter().map(|searched| searched.segment.len() as u64).sum();
        let lengths = (0..fields).map(|field| lengths(field, rows, segments, &plan.ranking)).collect();
        let clauses = plan.clauses.iter().enumerate().filter(|(_, clause)| clause.occur != Occur::MustNot);
        let mut clauses: Vec<Vec<ScoredLeaf>> = clauses
            .map(|(at, clause)| {
                let mut leaves: Vec<_> =
                    clause.scored.clone().map(|leaf| ScoredLeaf::new(plan, leaf, at, rows, segments)).collect();
                leaves.sort_by(|one, other| other.bound.total_cmp(&one.bound));
                leaves
            })
            .collect();
        let words = clauses.len();
        let bound = |leaves: &[ScoredLeaf]| leaves.iter().map(|leaf| leaf.bound).sum::<f32>();
        clauses.sort_by(|one, other| bound(other).total_cmp(&bound(one)));
        let mut leaves: Vec<_> = clauses.into_iter().flatten().collect();
        let mut rest = 0.0;
        for leaf in leaves.iter_mut().rev() {
            rest += leaf.bound;
            leaf.rest = rest;
        }
        Self { plan, lengths, leaves, words }
    }

    /// Puts the best documents of a segment among the best.
    pub(super) fn search(&self, searched: &Searched<'_>, best: &mut Best) -> Result<()> {
        let len = u32::try_from(searched.segment.len()).unwrap_or(u32::MAX);
        let allowed = searched.allowed.map(|rows| searched.segment.documents(rows));
        let allowed = filter::required(self.plan, searched.index, &searched.sources, len, allowed)?;
        let mut totals = Totals::new(len as usize, allowed.as_ref());
        // Few documents are looked up one by one.
        let mut only: Option<Vec<u32>> =
            allowed.as_ref().filter(|allowed| allowed.len() < u64::from(len) / 64).map(|few| few.iter().collect());
        for leaf in &self.leaves {
            if only.is_none() && self.ends_early(leaf, searched, &totals) {
                let threshold = self.threshold(&totals, best);
                // Sums in another order differ a little.
                if leaf.rest * 1.001 < threshold {
                    only = Some(totals.above(threshold - leaf.rest * 1.001));
                }
            }
            self.add(leaf, searched, &mut totals, only.as_deref())?;
        }
        for document in totals.touched.iter().copied() {
            let score = self.total(&totals, document);
            best.add(TextHit { segment: searched.at, row: searched.segment.row(document), score });
        }
        Ok(())
    }

    /// Whether so many documents are to come that it is worth looking.
    fn ends_early(&self, leaf: &ScoredLeaf, searched: &Searched<'_>, totals: &Totals) -> bool {
        let sources = searched.sources.get(leaf.leaf).map(Vec::as_slice).unwrap_or_default();
        let documents: u64 = sources.iter().map(super::source::Source::len).sum();
        !totals.touched.is_empty() && documents > 512 && documents > totals.touched.len() as u64 / 4
    }

    fn add(&self, leaf: &ScoredLeaf, searched: &Searched<'_>, totals: &mut Totals, only: Option<&[u32]>) -> Result<()> {
        let (Some(planned), Some(sources)) = (self.plan.leaves.get(leaf.leaf), searched.sources.get(leaf.leaf)) else {
            return Ok(());
        };
        let Ranking { combine, k1, .. } = self.plan.ranking;
        for (((field, _), source), weight) in planned.fields.iter().zip(sources).zip(&leaf.weights) {
            if source.len() == 0 {
                continue;
            }
            let (Some(open), Some(lengths)) = (searched.index.fields.get(*field), self.lengths.get(*field)) else {
                continue;
            };
            let length =
                |document| lengths.get(usize::from(open.lengths.fieldnorm_id(document))).copied().unwrap_or(1.0);
            let reader: &InvertedIndexReader = &open.tokens;
            let each = |document: u32, count: u32| {
                let count = count as f32;
                match combine {
                    Combine::Sum => totals.sum(document, weight * count / (count + k1 * length(document))),
                    Combine::Best => totals.greatest(document, weight * count / (count + k1 * length(document))),
                    Combine::Together => totals.sum(document, weight * count / length(document)),
                }
            };
            match only {
                Some(only) => source.for_each_of(reader, only, each)?,
                None => source.for_each(reader, each)?,
            }
        }
        totals.close(leaf.clause, |sum| match combine {
            Combine::Sum | Combine::Best => sum,
            Combine::Together => leaf.idf * (k1 + 1.0) * sum / (sum + k1),
        });
        Ok(())
    }

    fn total(&self, totals: &Totals, document: u32) -> f32 {
        let at = document as usize;
        let (score, words) = (totals.scores.get(at).copied(), totals.words.get(at).copied());
        let missing = 1.0 - f32::from(words.unwrap_or(0)) / self.words.max(1) as f32;
        score.unwrap_or(0.0) * (1.0 - self.plan.ranking.coordination.clamp(0.0, 1.0) * missing)
    }

    /// What a document needs to be among the best; 0 as long as there are fewer than wanted.
    fn threshold(&self, totals: &Totals, best: &Best) -> f32 {
        let own = totals.touched.len().checked_sub(best.k).map(|below| {
            let mut scores: Vec<f32> = totals.touched.iter().map(|document| self.total(totals, *document)).collect();
            *scores.select_nth_unstable_by(below, f32::total_cmp).1
        });
        own.unwrap_or(0.0).max(best.threshold())
    }
}

impl ScoredLeaf {
    fn new(plan: &Plan, leaf: usize, clause: usize, rows: u64, segments: &[Searched<'_>]) -> Self {
        let Ranking { combine, k1, .. } = plan.ranking;
        let fields = plan.leaves.get(leaf).map(|leaf| leaf.fields.as_slice()).unwrap_or_default();
        let counts = (0..fields.len()).map(|at| {
            let sources = segments.iter().filter_map(|searched| searched.sources.get(leaf)?.get(at));
            sources.map(super::source::Source::len).sum::<u64>()
        });
        let counts: Vec<u64> = counts.collect();
        let most = idf(rows, counts.iter().copied().max().unwrap_or(0));
        let weights: Vec<f32> = fields
            .iter()
            .zip(&counts)
            .map(|((_, boost), count)| match combine {
                Combine::Sum | Combine::Best => boost * idf(rows, *count) * (k1 + 1.0),
                Combine::Together => *boost,
            })
            .collect();
        // A field that does not have the word weighs nothing.
        let there = weights.iter().zip(&counts).filter(|(_, count)| **count > 0).map(|(weight, _)| *weight);
        let bound = match combine {
            Combine::Sum => there.sum(),
            Combine::Best => there.fold(0.0, f32::max),
            Combine::Together => most * (k1 + 1.0),
        };
        Self { leaf, clause, weights, idf: most, bound, rest: 0.0 }
    }
}

/// How much a word says that so many rows have: BM25's inverse document frequency, as Lucene has it, never negative.
fn idf(rows: u64, having: u64) -> f32 {
    let (rows, having) = (rows as f64, having as f64);
    (1.0 + (rows - having + 0.5) / (having + 0.5)).ln() as f32
}

fn lengths(field: usize, rows: u64, segments: &[Searched<'_>], ranking: &Ranking) -> [f32; 256] {
    let fields = segments.iter().filter_map(|searched| searched.index.fields.get(field));
    let tokens: u64 = fields.map(|field| field.tokens.total_num_tokens()).sum();
    let average = (tokens as f64 / rows.max(1) as f64).max(f64::MIN_POSITIVE) as f32;
    let b = ranking.b.clamp(0.0, 1.0);
    let mut lengths = [1.0; 256];
    for (id, length) in (0..=u8::MAX).zip(&mut lengths) {
        *length = 1.0 - b + b * FieldNormReader::id_to_fieldnorm(id) as f32 / average;
    }
    lengths
}

/// Scores of a segment's documents.
struct Totals {
    scores: Vec<f32>,
    /// Words that each document has, and the latest of them.
    words: Vec<u16>,
    latest: Vec<u16>,
    touched: Vec<u32>,
    /// Scores of the leaf at hand.
    leaf: Vec<f32>,
    leaf_touched: Vec<u32>,
    /// A bit for each document; None if all are allowed.
    allowed: Option<Vec<u64>>,
}

impl Totals {
    fn new(len: usize, allowed: Option<&RoaringBitmap>) -> Self {
        let allowed = allowed.map(|allowed| {
            let mut bits = vec![0_u64; len.div_ceil(64)];
            for document in allowed {
                if let Some(word) = bits.get_mut(document as usize / 64) {
                    *word |= 1 << (document % 64);
                }
            }
            bits
        });
        Self {
            scores: vec![0.0; len],
            words: vec![0; len],
            latest: vec![0; len],
            touched: Vec::new(),
            leaf: vec![0.0; len],
            leaf_touched: Vec::new(),
            allowed,
        }
    }

    /// The leaf's score of a document, if that is allowed.
    fn of_leaf(&mut self, document: u32) -> Option<&mut f32> {
        if let Some(bits) = &self.allowed {
            let word = bits.get(document as usize / 64)?;
            if word >> (document % 64) & 1 == 0 {
                return None;
            }
        }
        let score = self.leaf.get_mut(document as usize)?;
        if *score == 0.0 {
            self.leaf_touched.push(document);
        }
        Some(score)
    }

    fn sum(&mut self, document: u32, score: f32) {
        if let Some(sum) = self.of_leaf(document) {
            *sum += score;
        }
    }

    fn greatest(&mut self, document: u32, score: f32) {
        if let Some(greatest) = self.of_leaf(document) {
            *greatest = greatest.max(score);
        }
    }

    /// Adds the leaf's scores to the documents'.
    fn close(&mut self, clause: usize, score: impl Fn(f32) -> f32) {
        // Clauses count from 1 here: 0 is none.
        let clause = u16::try_from(clause + 1).unwrap_or(u16::MAX);
        for document in self.leaf_touched.drain(..) {
            let at = document as usize;
            let totals =
                (self.leaf.get_mut(at), self.scores.get_mut(at), self.words.get_mut(at), self.latest.get_mut(at));
            let (Some(leaf), Some(total), Some(words), Some(latest)) = totals else { continue };
            if *words == 0 {
                self.touched.push(document);
            }
            if *latest != clause || *words == 0 {
                *words = words.saturating_add(1);
                *latest = clause;
            }
            *total += score(std::mem::take(leaf));
        }
    }

    /// Documents with at least this score, ascending.
    fn above(&self, least: f32) -> Vec<u32> {
        let score = |document: &u32| self.scores.get(*document as usize).copied().unwrap_or(0.0);
        let mut above: Vec<u32> = self.touched.iter().copied().filter(|document| score(document) >= least).collect();
        above.sort_unstable();
        above
    }
}

/// The best hits so far.
pub(super) struct Best {
    k: usize,
    /// The worst of them on top.
    heap: BinaryHeap<Ranked>,
}

struct Ranked(TextHit);

impl Best {
    pub(super) fn new(k: usize) -> Self {
        Self { k, heap: BinaryHeap::new() }
    }

    fn add(&mut self, hit: TextHit) {
        let hit = Ranked(hit);
        if self.heap.len() < self.k {
            self.heap.push(hit);
        } else if let Some(mut worst) = self.heap.peek_mut().filter(|worst| hit < **worst) {
            *worst = hit;
        }
    }

    fn threshold(&self) -> f32 {
        let full = self.heap.len() >= self.k;
        self.heap.peek().filter(|_| full).map_or(0.0, |worst| worst.0.score)
    }

    pub(super) fn into_hits(self) -> Vec<TextHit> {
        self.heap.into_sorted_vec().into_iter().map(|ranked| ranked.0).collect()
    }
}

/// Better hits are less.
impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> Ordering {
        let (one, two) = (&self.0, &other.0);
        two.score.total_cmp(&one.score).then((one.segment, one.row).cmp(&(two.segment, two.row)))
    }
}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ranked {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Ranked {}

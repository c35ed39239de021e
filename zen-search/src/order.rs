//! Candidates of all lakes in one order, what is the same shown once.

use std::cmp::Reverse;
use std::collections::HashMap;

use crate::candidates::{Candidate, Question};
use crate::hit::{Copy, Hit, What};
use crate::name::NameFit;
use crate::request::{Mode, SearchRequest};

/// Copies of a hit that are named.
const NAMED_COPIES: usize = 5;
/// What meaning counts beside words, 0 to 1.
const MEANING: f32 = 0.5;
/// Shorter documentation is the same by chance.
const TELLING_DOC: usize = 40;

/// Candidates with what their lakes are called.
#[derive(Debug)]
pub(crate) struct Pool<'q> {
    question: &'q Question,
    candidates: Vec<(String, Candidate)>,
}

impl<'q> Pool<'q> {
    pub(crate) fn new(question: &'q Question) -> Self {
        Self { question, candidates: Vec::new() }
    }

    /// Adds what a lake offers.
    pub(crate) fn add(&mut self, lake: String, symbols: Vec<Candidate>, docs: Vec<Candidate>) {
        self.candidates.extend(symbols.into_iter().chain(docs).map(|candidate| (lake.clone(), candidate)));
    }
}

/// The best hits of a pool.
///
/// Each measure is divided by the best of its list, so that neither drowns the other. By words that is the best of the same
/// table of the same lake, for BM25 rests on what else is in a table; similarity is the same everywhere, so that it is the
/// best of all.
pub(crate) fn best(pool: Pool<'_>, request: &SearchRequest) -> Vec<Hit> {
    let Pool { question, candidates } = pool;
    let nearest = candidates.iter().filter_map(|(_, candidate)| candidate.meaning).fold(0.0, f32::max);
    let mut scored: Vec<(Tier, f32, String, Candidate)> = candidates
        .into_iter()
        .filter_map(|(lake, candidate)| {
            let tier = Tier::of(&candidate, question, request.mode)?;
            Some((tier, score(&candidate, nearest, request.mode), lake, candidate))
        })
        .collect();
    scored.sort_by(|a, b| {
        let id = |candidate: &Candidate| match &candidate.what {
            What::Symbol(symbol) => symbol.id.clone(),
            What::Doc(doc) => doc.id.clone(),
        };
        a.0.cmp(&b.0).then(b.1.total_cmp(&a.1)).then_with(|| id(&a.3).cmp(&id(&b.3)))
    });
    let mut hits: Vec<Hit> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    for (_, score, lake, candidate) in scored {
        let keys = likenesses(&candidate.what);
        match keys.iter().find_map(|key| known.get(key)).and_then(|at| hits.get_mut(*at)) {
            Some(hit) => {
                hit.more += 1;
                if hit.copies.len() < NAMED_COPIES {
                    hit.copies.push(copy(lake, &candidate.what));
                }
            }
            None => {
                known.extend(keys.into_iter().map(|key| (key, hits.len())));
                hits.push(Hit {
                    rank: hits.len() + 1,
                    score,
                    name_fit: candidate.name.map(|(fit, _)| fit),
                    text_score: candidate.words.map(|(score, _)| score),
                    similarity: candidate.meaning,
                    lake,
                    what: candidate.what,
                    more: 0,
                    copies: Vec::new(),
                });
            }
        }
    }
    hits.truncate(request.limit);
    hits
}

/// What comes before everything else, whatever its score: names that are the query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Tier {
    Named(NameFit, Reverse<u8>),
    Rest,
}

impl Tier {
    /// `None` for what is no hit at all.
    fn of(candidate: &Candidate, question: &Question, mode: Mode) -> Option<Self> {
        let around = |share: f32| Reverse((share * 10.0) as u8);
        match (mode, candidate.name) {
            (Mode::Name, Some((fit, share))) => Some(Self::Named(fit, around(share))),
            (Mode::Name, None) => candidate.words.map(|_| Self::Rest),
            (Mode::Hybrid | Mode::Text, Some((fit, share))) if fit <= NameFit::Spelling && share > 0.8 => {
                Some(Self::Named(fit, around(share)))
            }
            _ => {
                // Found by its name alone, and of something else than the query says.
                let is_found = candidate.words.is_some() || candidate.meaning.is_some();
                let is_bare = question.name.as_ref().is_some_and(|name| name.around.is_empty());
                (is_found || (is_bare && candidate.name.is_some())).then_some(Self::Rest)
            }
        }
    }
}

fn score(candidate: &Candidate, nearest: f32, mode: Mode) -> f32 {
    let words = candidate.words.map_or(0.0, |(_, share)| share);
    let meaning = candidate.meaning.filter(|_| nearest > 0.0).map_or(0.0, |similarity| similarity.max(0.0) / nearest);
    let share = match mode {
        Mode::Vector => 1.0,
        // Without any vectors words are everything.
        Mode::Hybrid if nearest > 0.0 => MEANING,
        Mode::Hybrid | Mode::Text | Mode::Name => 0.0,
    };
    let found = share * meaning + (1.0 - share) * words;
    let hidden = match &candidate.what {
        What::Symbol(symbol) => match symbol.visibility.as_str() {
            "private" => 0.8,
            "internal" | "protected" => 0.9,
            _ => 1.0,
        },
        What::Doc(_) => 1.0,
    };
    // Ten times the downloads are worth 0.2%: that decides between equals.
    let downloads = candidate.downloads.map_or(0.0, |count| (count.max(0) as f32).ln_1p());
    found * hidden * (1.0 + downloads / 1000.0)
}

/// What is the same to a reader has one of these in common: in all versions of a package, and, where the documentation
/// tells that it is the same, in all packages.
fn likenesses(what: &What) -> Vec<String> {
    let of = |parts: &[&str]| parts.join("\0");
    match what {
        What::Symbol(symbol) => {
            let container = symbol.container.as_deref().unwrap_or_default();
            let own = [&symbol.ecosystem, &symbol.kind, container, &symbol.name, &symbol.signature];
            let in_package = [&own[..], &["package", &symbol.package]].concat();
            let doc = symbol.doc.as_deref().map(str::trim).filter(|doc| doc.len() >= TELLING_DOC);
            let anywhere = doc.map(|doc| of(&[&own[..], &["doc", doc]].concat()));
            std::iter::once(of(&in_package)).chain(anywhere).collect()
        }
        What::Doc(doc) => vec![of(&[&doc.ecosystem, doc.content.trim()])],
    }
}

fn copy(lake: String, what: &What) -> Copy {
    match what {
        What::Symbol(symbol) => Copy {
            lake,
            id: symbol.id.clone(),
            package: symbol.package.clone(),
            version: symbol.version.clone(),
            file: symbol.file.clone(),
            line: Some(symbol.line_start),
        },
        What::Doc(doc) => Copy {
            lake,
            id: doc.id.clone(),
            package: doc.package.clone(),
            version: doc.version.clone(),
            file: doc.file.clone(),
            line: None,
        },
    }
}

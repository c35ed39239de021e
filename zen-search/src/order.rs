//! Candidates of all lakes in one order, what is the same shown once.

use std::cmp::Reverse;
use std::collections::HashMap;

use crate::candidates::{Candidate, Question};
use crate::hit::{Copy, Hit, What};
use crate::name::NameFit;
use crate::request::{Mode, SearchRequest};

/// Copies of a hit that are named.
const NAMED_COPIES: usize = 5;
/// What reciprocal rank fusion adds to places (Cormack, Clarke, Büttcher: SIGIR 2009).
const RANK_OFFSET: f32 = 60.0;

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
/// Places by words count within a lake's own list: scores rest on what else that lake has. Places by meaning are those
/// among all lakes, for similarity is the same everywhere.
pub(crate) fn best(pool: Pool<'_>, request: &SearchRequest) -> Vec<Hit> {
    let Pool { question, mut candidates } = pool;
    rank_by_meaning(&mut candidates);
    let mut scored: Vec<(Tier, f32, String, Candidate)> = candidates
        .into_iter()
        .filter_map(|(lake, candidate)| {
            let tier = Tier::of(&candidate, question, request.mode)?;
            Some((tier, score(&candidate), lake, candidate))
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
        let key = likeness(&candidate.what);
        match known.get(&key).and_then(|at| hits.get_mut(*at)) {
            Some(hit) => {
                hit.more += 1;
                if hit.copies.len() < NAMED_COPIES {
                    hit.copies.push(copy(lake, &candidate.what));
                }
            }
            None => {
                known.insert(key, hits.len());
                hits.push(Hit {
                    rank: hits.len() + 1,
                    score,
                    name_fit: candidate.name.map(|(fit, _)| fit),
                    text_score: candidate.words.map(|(_, score)| score),
                    similarity: candidate.meaning.map(|(_, similarity)| similarity),
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

/// Places by meaning among all lakes.
fn rank_by_meaning(candidates: &mut [(String, Candidate)]) {
    let mut similar: Vec<&mut (usize, f32)> =
        candidates.iter_mut().filter_map(|(_, candidate)| candidate.meaning.as_mut()).collect();
    similar.sort_by(|a, b| b.1.total_cmp(&a.1));
    for (place, of) in similar.into_iter().enumerate() {
        of.0 = place;
    }
}

fn score(candidate: &Candidate) -> f32 {
    let share = |place: Option<(usize, f32)>| place.map_or(0.0, |(place, _)| RANK_OFFSET / (RANK_OFFSET + place as f32));
    let found = f32::midpoint(share(candidate.words), share(candidate.meaning));
    let hidden = match &candidate.what {
        What::Symbol(symbol) => match symbol.visibility.as_str() {
            "private" => 0.8,
            "internal" | "protected" => 0.9,
            _ => 1.0,
        },
        What::Doc(_) => 1.0,
    };
    let downloads = candidate.downloads.map_or(0.0, |count| (count.max(0) as f32).ln_1p());
    found * hidden * (1.0 + downloads / 1000.0)
}

/// Equal for what is the same to a reader.
fn likeness(what: &What) -> String {
    match what {
        What::Symbol(symbol) => {
            let container = symbol.container.as_deref().unwrap_or_default();
            format!("{}\0{}\0{container}\0{}\0{}", symbol.ecosystem, symbol.kind, symbol.name, symbol.signature)
        }
        What::Doc(doc) => format!("{}\0{}", doc.ecosystem, doc.content),
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

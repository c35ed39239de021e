//! Candidates of all lakes in one order, what is the same shown once.

use std::cmp::Reverse;
use std::collections::HashMap;

use crate::candidates::{Candidate, Question};
use crate::hit::{Copy, Hit, What};
use crate::name::NameFit;
use crate::rank::{self, Facts};
use crate::request::{Mode, SearchRequest};

/// Copies of a hit that are named.
const NAMED_COPIES: usize = 5;
/// What meaning counts beside words, 0 to 1.
const MEANING: f32 = 0.5;
/// Shorter documentation is the same by chance.
const TELLING_DOC: usize = 30;

/// Candidates with what their lakes are called.
#[derive(Debug)]
pub(crate) struct Pool<'q> {
    question: &'q Question,
    /// Names in the order in which lakes are believed.
    lakes: Vec<String>,
    /// Candidates with the place of their lake.
    candidates: Vec<(usize, Candidate)>,
}

impl<'q> Pool<'q> {
    pub(crate) fn new(question: &'q Question) -> Self {
        Self { question, lakes: Vec::new(), candidates: Vec::new() }
    }

    /// Adds what a lake offers.
    pub(crate) fn add(&mut self, lake: String, symbols: Vec<Candidate>, docs: Vec<Candidate>) {
        let at = self.lakes.len();
        self.lakes.push(lake);
        self.candidates.extend(symbols.into_iter().chain(docs).map(|candidate| (at, candidate)));
    }
}

/// The best hits of a pool.
///
/// Each measure is divided by the best of its list, so that neither drowns the other. By words that is the best of the same
/// table of the same lake, for BM25 rests on what else is in a table; similarity is the same everywhere, so that it is the
/// best of all.
pub(crate) fn best(pool: Pool<'_>, request: &SearchRequest) -> Vec<Hit> {
    let Pool { question, lakes, candidates } = pool;
    let nearest = candidates.iter().filter_map(|(_, candidate)| candidate.meaning).fold(0.0, f32::max);
    let mut scored: Vec<(Tier, f32, usize, Candidate)> = candidates
        .into_iter()
        .filter_map(|(lake, candidate)| {
            let tier = Tier::of(&candidate, question, request.mode)?;
            // What differs by less than is shown is equal: then the first lake wins.
            let score = (score(&candidate, nearest, question) * 1000.0).round() / 1000.0;
            Some((tier, score, lake, candidate))
        })
        .collect();
    scored.sort_by_cached_key(|(tier, score, lake, candidate)| {
        let id = match &candidate.what {
            What::Symbol(symbol) => symbol.id.clone(),
            What::Doc(doc) => doc.id.clone(),
        };
        (*tier, Reverse((score * 1000.0).round() as i64), *lake, id)
    });
    reorder(&mut scored, question, nearest);
    let mut hits: Vec<Hit> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    for (_, score, lake, candidate) in scored {
        let lake = lakes.get(lake).cloned().unwrap_or_default();
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

/// Puts symbols in the order of how well they answer, names that are the query left where they are. They change places
/// among themselves and scores stay at their places: documentation between them keeps its own.
fn reorder(scored: &mut [(Tier, f32, usize, Candidate)], question: &Question, nearest: f32) {
    if !matches!(question.request.mode, Mode::Hybrid | Mode::Text) {
        return;
    }
    let least = scored.iter().filter_map(|(.., candidate)| candidate.meaning).fold(nearest, f32::min).max(0.0);
    let is_moved = |(tier, _, _, candidate): &&mut (Tier, f32, usize, Candidate)| {
        *tier == Tier::Rest && matches!(candidate.what, What::Symbol(_))
    };
    let slots: Vec<_> = scored.iter_mut().filter(is_moved).collect();
    let facts: Vec<Facts<'_>> = slots.iter().filter_map(|slot| facts(&slot.3, least, nearest)).collect();
    let answers = rank::scores(&question.request.query, &facts);
    let mut moved: Vec<(f32, usize, Candidate)> = slots
        .iter()
        .zip(answers)
        .map(|(slot, answer)| (answer + downloads(&slot.3) / 100.0, slot.2, slot.3.clone()))
        .collect();
    // Equals stay in the order they had.
    moved.sort_by(|a, b| b.0.total_cmp(&a.0));
    for (slot, (_, lake, candidate)) in slots.into_iter().zip(moved) {
        (slot.2, slot.3) = (lake, candidate);
    }
}

fn facts(candidate: &Candidate, least: f32, nearest: f32) -> Option<Facts<'_>> {
    let What::Symbol(symbol) = &candidate.what else { return None };
    let meaning = candidate.meaning.unwrap_or(least).max(0.0);
    Some(Facts {
        name: &symbol.name,
        container: symbol.container.as_deref().unwrap_or_default(),
        package: &symbol.package,
        file: &symbol.file,
        signature: &symbol.signature,
        doc: symbol.doc.as_deref().unwrap_or_default(),
        kind: &symbol.kind,
        is_public: symbol.visibility == "public",
        is_of_trait: symbol.is_of_trait,
        words: candidate.words.map_or(0.0, |(_, share)| share),
        meaning: if nearest > 0.0 { meaning / nearest } else { 0.0 },
    })
}

/// Ten times the downloads are 2.3 more.
fn downloads(candidate: &Candidate) -> f32 {
    candidate.downloads.map_or(0.0, |count| (count.max(0) as f32).ln_1p())
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
            (Mode::Name, None) => matches!(candidate.what, What::Doc(_)).then_some(Self::Rest),
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

fn score(candidate: &Candidate, nearest: f32, question: &Question) -> f32 {
    let words = candidate.words.map_or(0.0, |(_, share)| share);
    let meaning = candidate.meaning.filter(|_| nearest > 0.0).map_or(0.0, |similarity| similarity.max(0.0) / nearest);
    let share = match question.request.mode {
        Mode::Vector => 1.0,
        // Without any vectors words are everything.
        Mode::Hybrid if nearest > 0.0 => MEANING,
        Mode::Hybrid | Mode::Text | Mode::Name => 0.0,
    };
    let found = match (&candidate.what, &question.name) {
        (What::Symbol(symbol), Some(name)) if question.request.mode == Mode::Name => {
            closeness(&name.last, &symbol.name)
        }
        _ => share * meaning + (1.0 - share) * words,
    };
    let hidden = match &candidate.what {
        What::Symbol(symbol) => match symbol.visibility.as_str() {
            "private" => 0.8,
            "internal" | "protected" => 0.9,
            _ => 1.0,
        },
        What::Doc(_) => 1.0,
    };
    // Ten times the downloads are worth 0.2%: that decides between equals.
    found * hidden * (1.0 + downloads(candidate) / 1000.0)
}

/// How much of a name is what was looked for: of those that begin with it, the shortest are meant most often.
fn closeness(wanted: &str, name: &str) -> f32 {
    let [wanted, name] = [wanted, name].map(|text| text.chars().count().max(1) as f32);
    wanted.min(name) / wanted.max(name)
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

#[cfg(test)]
mod tests {
    use super::{Pool, best};
    use crate::candidates::{Candidate, Question};
    use crate::hit::{Hit, Symbol, What};
    use crate::model::QueryVector;
    use crate::request::{Mode, SearchRequest};

    fn symbol(package: &str, version: &str, name: &str, doc: &str) -> Symbol {
        Symbol {
            id: format!("{package}{version}{name}"),
            ecosystem: "rust".into(),
            package: package.into(),
            version: version.into(),
            kind: "function".into(),
            name: name.into(),
            container: None,
            signature: format!("fn {name}()"),
            doc: Some(doc.into()),
            file: "src/lib.rs".into(),
            line_start: 1,
            line_end: 1,
            visibility: "public".into(),
            language: None,
            is_of_trait: false,
        }
    }

    fn candidate(symbol: Symbol, words: Option<(f32, f32)>, meaning: Option<f32>, question: &Question) -> Candidate {
        let fit = question.name.as_ref().and_then(|name| Some((name.fit(&symbol.name)?, 1.0)));
        Candidate { what: What::Symbol(symbol), words, meaning, name: fit, downloads: None }
    }

    fn question(query: &str, mode: Mode) -> Question {
        let request = SearchRequest { mode, ..SearchRequest::new(query) };
        Question::new(request, QueryVector::new(None, query))
    }

    fn names(hits: &[Hit]) -> Vec<&str> {
        let mut names = Vec::new();
        for hit in hits {
            names.push(match &hit.what {
                What::Symbol(symbol) => symbol.name.as_str(),
                What::Doc(doc) => doc.title.as_str(),
            });
        }
        names
    }

    #[test]
    fn both_measures_count_and_names_come_first() {
        let question = question("spawn", Mode::Hybrid);
        let mut pool = Pool::new(&question);
        let of = |name: &str, words, meaning| candidate(symbol("a", "1", name, ""), words, meaning, &question);
        let symbols = vec![
            of("only_words", Some((8.0, 1.0)), None),
            of("both", Some((4.0, 0.5)), Some(0.8)),
            of("spawn", Some((1.0, 0.1)), Some(0.1)),
            of("only_meaning", None, Some(0.7)),
        ];
        pool.add("one".into(), symbols, Vec::new());
        let hits = best(pool, &question.request);
        assert_eq!(names(&hits), ["spawn", "both", "only_meaning", "only_words"]);
    }

    #[test]
    fn each_lake_is_measured_by_its_own_best_words() {
        let question = question("two words", Mode::Text);
        let mut pool = Pool::new(&question);
        let of = |package: &str, name: &str, score, share| {
            candidate(symbol(package, "1", name, ""), Some((score, share)), None, &question)
        };
        pool.add("large".into(), vec![of("a", "first", 30.0, 1.0), of("a", "third", 15.0, 0.5)], Vec::new());
        pool.add("small".into(), vec![of("b", "second", 3.0, 0.9)], Vec::new());
        let hits = best(pool, &question.request);
        assert_eq!(names(&hits), ["first", "second", "third"]);
        assert_eq!(hits[1].lake, "small");
    }

    #[test]
    fn what_is_the_same_is_shown_once() {
        let question = question("two words", Mode::Text);
        let mut pool = Pool::new(&question);
        let doc = "Spawns a new asynchronous task.";
        let of = |symbol: Symbol, share: f32| candidate(symbol, Some((share, share)), None, &question);
        let symbols = vec![
            of(symbol("a", "2", "spawn", doc), 1.0),
            of(symbol("a", "1", "spawn", "Otherwise documented."), 0.9),
            of(symbol("b", "1", "spawn", doc), 0.8),
            of(symbol("c", "1", "spawn", "Another thing of that name."), 0.7),
        ];
        pool.add("one".into(), symbols, Vec::new());
        let hits = best(pool, &question.request);
        assert_eq!(hits.len(), 2);
        assert_eq!((hits[0].more, hits[0].copies.len(), hits[1].more), (2, 2, 0));
        assert_eq!(hits[1].rank, 2);
    }
}

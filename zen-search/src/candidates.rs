//! What one lake has to offer for a query, before anything is compared.

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;

use datafusion::prelude::Expr;
use ducklake_scan::{Found, RowKey};
use ducklake_text::TextQuery;
use tokio_util::task::AbortOnDropHandle;

use crate::engine::Searched;
use crate::error::{Result, SearchError};
use crate::hit::{Doc, DocRow, Symbol, SymbolRow, What};
use crate::lakes::{Moment, OpenLake, thread};
use crate::model::QueryVector;
use crate::name::{NameFit, NameQuery};
use crate::packages::{Scope, near};
use crate::request::{Mode, SearchRequest};

/// Candidates of each list, at least: ranking looks at what is behind the first page.
const LEAST: usize = 100;
/// For every hit that is wanted, so many candidates.
const PER_HIT: usize = 5;
/// Symbols of exactly the name that is looked for: those of the right type are found among them.
const SAME_NAME: usize = 500;

/// Where words of a query are looked for in symbols, and what they count there. What contains a symbol is in `metadata`.
const SYMBOL_COLUMNS: [(&str, f32); 5] =
    [("name", 1.0), ("metadata", 1.0), ("doc_comment", 1.0), ("signature", 0.6), ("file_path", 0.6)];
/// The same of documentation.
const DOC_COLUMNS: [(&str, f32); 2] = [("title", 2.0), ("content", 1.0)];

/// A search as every lake gets it.
#[derive(Debug)]
pub(crate) struct Question {
    pub(crate) request: SearchRequest,
    /// The query, where it is a name.
    pub(crate) name: Option<NameQuery>,
    pub(crate) vector: QueryVector,
}

/// Something that may be a hit.
#[derive(Debug, Clone)]
pub(crate) struct Candidate {
    pub(crate) what: What,
    /// BM25 of its words, and its share of the best in the same table of the same lake.
    pub(crate) words: Option<(f32, f32)>,
    /// Cosine of the angle between its vector and the query's.
    pub(crate) meaning: Option<f32>,
    /// How well its name fits, and how much of what the query says to be around it is.
    pub(crate) name: Option<(NameFit, f32)>,
    /// How often its package was downloaded.
    pub(crate) downloads: Option<i64>,
}

/// What a lake offers.
#[derive(Debug, Default)]
pub(crate) struct Offer {
    /// Whether any package fits the filter.
    pub(crate) has_packages: bool,
    pub(crate) symbols: Vec<Candidate>,
    pub(crate) docs: Vec<Candidate>,
    /// Whether anything that counts has an embedding.
    pub(crate) has_embeddings: bool,
    /// Whether words were looked for without an index.
    pub(crate) is_unindexed: bool,
    /// Names of packages like the one that was asked for and is not there.
    pub(crate) near_packages: Vec<String>,
}

/// Lists of one table by different measures.
struct Lists {
    words: Option<Found>,
    meaning: Option<Found>,
    names: Vec<Found>,
}

impl Question {
    pub(crate) fn new(request: SearchRequest, vector: QueryVector) -> Self {
        let name = NameQuery::read(&request.query);
        Self { request, name, vector }
    }

    fn candidates(&self) -> usize {
        LEAST.max(self.request.limit * PER_HIT)
    }

    fn has(&self, modes: &[Mode]) -> bool {
        modes.contains(&self.request.mode)
    }
}

/// Asks one lake.
pub(crate) async fn offer(lake: Arc<OpenLake>, question: Arc<Question>) -> Result<Offer> {
    let moment = lake.now().await?;
    let scope = match moment.packages.scope(&question.request.filter) {
        Scope::Nothing(near_packages) => return Ok(Offer { near_packages, ..Offer::default() }),
        Scope::Rows(scope) => scope,
    };
    let both = |one: Option<Expr>, other| [one, other].into_iter().flatten().reduce(Expr::and);
    let of_symbols = both(scope.clone(), question.request.filter.of_symbols());
    let searched = |table, filter| Searched { moment: moment.clone(), table, filter };
    let of_docs = question.request.wants_docs().then(|| searched("doc_chunks", scope));
    let docs = of_docs.map(|table| beside(docs(table, Arc::clone(&question))));
    let symbols = match question.request.wants_symbols() {
        true => Some(symbols(searched("api_symbols", of_symbols), Arc::clone(&question)).await?),
        false => None,
    };
    let docs = match docs {
        Some(docs) => Some(docs.await?),
        None => None,
    };
    let any = |what: fn(&Lists) -> bool| [&symbols, &docs].into_iter().flatten().any(|(_, lists)| what(lists));
    let (has_embeddings, is_unindexed) = (any(Lists::has_embeddings), any(Lists::is_unindexed));
    let list = |found: Option<(Vec<Candidate>, Lists)>| found.map(|(list, _)| list).unwrap_or_default();
    Ok(Offer {
        has_packages: true,
        symbols: list(symbols),
        docs: list(docs),
        has_embeddings,
        is_unindexed,
        near_packages: Vec::new(),
    })
}

async fn symbols(table: Searched, question: Arc<Question>) -> Result<(Vec<Candidate>, Lists)> {
    let meaning = beside(by_meaning(table.clone(), Arc::clone(&question)));
    let words = by_words(&table, &question).await?;
    // Names are only known to an index.
    let has_index = words.as_ref().is_none_or(|found| found.index.is_some());
    let names = if has_index { by_name(&table, &question).await? } else { Vec::new() };
    let meaning = meaning.await?;
    let lists = Lists { words, meaning, names };
    let rows: HashMap<RowKey, SymbolRow> = table.rows(&lists.all(), &SymbolRow::COLUMNS).await?;
    let fit = |symbol: &Symbol| {
        let name = question.name.as_ref()?;
        let fit = name.fit(&symbol.name)?;
        Some((fit, name.surroundings(symbol.container.as_deref(), &symbol.file, &symbol.package)))
    };
    let made = lists.candidates(rows, |row| {
        let symbol = Symbol::from(row);
        let downloads = table.moment.packages.downloads(&symbol.ecosystem, &symbol.package);
        let name = fit(&symbol);
        Candidate { what: What::Symbol(symbol), words: None, meaning: None, name, downloads }
    });
    Ok((made, lists))
}

async fn docs(table: Searched, question: Arc<Question>) -> Result<(Vec<Candidate>, Lists)> {
    let meaning = beside(by_meaning(table.clone(), Arc::clone(&question)));
    let words = by_words(&table, &question).await?;
    let meaning = meaning.await?;
    let lists = Lists { words, meaning, names: Vec::new() };
    let rows: HashMap<RowKey, DocRow> = table.rows(&lists.all(), &DocRow::COLUMNS).await?;
    let made = lists.candidates(rows, |row| {
        let doc = Doc::from(row);
        let downloads = table.moment.packages.downloads(&doc.ecosystem, &doc.package);
        Candidate { what: What::Doc(doc), words: None, meaning: None, name: None, downloads }
    });
    Ok((made, lists))
}

/// Does something on another processor, until it is done or nobody waits for it any more.
fn beside<T: Send + 'static>(
    work: impl Future<Output = Result<T>> + Send + 'static,
) -> impl Future<Output = Result<T>> {
    let work = AbortOnDropHandle::new(tokio::spawn(work));
    async { work.await.map_err(thread)? }
}

/// By words; in name mode those of names, which may be spelt another way, and of headings.
async fn by_words(table: &Searched, question: &Question) -> Result<Option<Found>> {
    let is_docs = table.table == "doc_chunks";
    let columns: &[(&str, f32)] = match question.request.mode {
        Mode::Hybrid | Mode::Text if is_docs => &DOC_COLUMNS,
        Mode::Hybrid | Mode::Text => &SYMBOL_COLUMNS,
        Mode::Name if is_docs => &[("title", 1.0)],
        Mode::Name => &[("name", 1.0)],
        Mode::Vector => return Ok(None),
    };
    let query = TextQuery::parse(&question.request.query);
    table.words(query, columns, question.candidates()).await.map(Some)
}

/// By meaning, where there is a model.
async fn by_meaning(table: Searched, question: Arc<Question>) -> Result<Option<Found>> {
    if !question.has(&[Mode::Hybrid, Mode::Vector]) {
        return Ok(None);
    }
    match question.vector.get().await {
        Ok(vector) => table.nearest(&vector, question.candidates()).await.map(Some),
        // Said once for all lakes, by whoever asked them.
        Err(_) => Ok(None),
    }
}

/// By name: in name mode exact, by its beginning and by any part of it, or by a pattern; in hybrid mode names that are the
/// query, which have to be among the candidates however common their words are.
async fn by_name(table: &Searched, question: &Question) -> Result<Vec<Found>> {
    let names = |query: TextQuery, k| table.words(query, &[("name", 1.0)], k);
    let Some(name) = &question.name else {
        if question.request.mode == Mode::Name {
            return Err(SearchError::Request {
                problem: format!("'{}' is no name", question.request.query.trim()),
                hint: Some("use --mode hybrid or text for words".into()),
            });
        }
        return Ok(Vec::new());
    };
    let (last, k) = (name.last.as_str(), question.candidates());
    match question.request.mode {
        Mode::Hybrid | Mode::Text if name.is_pattern() => Ok(Vec::new()),
        Mode::Hybrid | Mode::Text => Ok(vec![names(TextQuery::name_exact(last), SAME_NAME).await?]),
        Mode::Vector => Ok(Vec::new()),
        Mode::Name if name.is_pattern() => Ok(vec![names(TextQuery::name_wildcard(last), k).await?]),
        Mode::Name => {
            let (exact, prefix, part) = tokio::try_join!(
                names(TextQuery::name_exact(last), SAME_NAME),
                names(TextQuery::name_prefix(last), k),
                names(TextQuery::name_substring(last), k)
            )?;
            Ok(vec![exact, prefix, part])
        }
    }
}

impl Lists {
    fn all(&self) -> Vec<&Found> {
        self.words.iter().chain(&self.meaning).chain(&self.names).collect()
    }

    fn has_embeddings(&self) -> bool {
        self.meaning.as_ref().is_some_and(|found| !found.rows.is_empty())
    }

    fn is_unindexed(&self) -> bool {
        self.words.as_ref().is_some_and(|found| found.index.is_none() && !found.rows.is_empty())
    }

    /// One candidate for each row, with what every list has of it.
    fn candidates<R>(&self, rows: HashMap<RowKey, R>, make: impl Fn(R) -> Candidate) -> Vec<Candidate> {
        let best = self.words.iter().flat_map(|found| &found.rows).map(|row| row.score).fold(0.0, f32::max);
        let words: HashMap<RowKey, f32> = scores(&self.words);
        let distances: HashMap<RowKey, f32> = scores(&self.meaning);
        let made = rows.into_iter().map(|(key, row)| {
            let mut candidate = make(row);
            candidate.words = words.get(&key).map(|score| (*score, if best > 0.0 { score / best } else { 0.0 }));
            candidate.meaning = distances.get(&key).map(|distance| 1.0 - distance);
            candidate
        });
        made.collect()
    }
}

fn scores(found: &Option<Found>) -> HashMap<RowKey, f32> {
    found.iter().flat_map(|found| &found.rows).map(|row| (row.key, row.score)).collect()
}

/// Names in a lake that are like the query, where nothing was found.
pub(crate) async fn near_names(lake: Arc<OpenLake>, question: Arc<Question>) -> Result<Vec<String>> {
    let Some(name) = &question.name else { return Ok(Vec::new()) };
    let moment: Moment = lake.now().await?;
    let Scope::Rows(scope) = moment.packages.scope(&question.request.filter) else { return Ok(Vec::new()) };
    let mut frame = moment.table("api_symbols").await?;
    if let Some(scope) = scope {
        frame = frame.filter(scope)?;
    }
    let batches = frame.select_columns(&["name"])?.distinct()?.collect().await?;
    let names: Vec<Named> = zen_indexer::lake::structs("api_symbols", &batches)?;
    Ok(near(&name.last, names.iter().map(|named| named.name.as_str())))
}

#[derive(Debug, serde::Deserialize)]
struct Named {
    name: String,
}

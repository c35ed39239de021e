//! From a request to hits, over all lakes.

use std::sync::Arc;
use std::time::Duration;

use crate::candidates::{Offer, Question, near_names, offer};
use crate::error::{Result, SearchError};
use crate::hit::SearchResults;
use crate::lakes::{Answers, Lakes, PackageList, packages};
use crate::model::{QueryModel, QueryVector};
use crate::order::{Pool, best};
use crate::packages::near;
use crate::refs::{ReferenceRequest, References, references};
use crate::request::{Mode, SearchRequest};
use crate::show::{SymbolRequest, Symbols, show};
use crate::sql::{SqlRows, query};

/// Finds things in lakes. Cheap to share: everything that is loaded is loaded once.
#[derive(Debug)]
pub struct Searcher {
    lakes: Lakes,
    model: Option<Arc<QueryModel>>,
}

impl Searcher {
    /// A searcher over these lakes; without a model, by words only.
    #[must_use]
    pub fn new(lakes: Lakes, model: Option<Arc<QueryModel>>) -> Self {
        Self { lakes, model }
    }

    /// The lakes.
    #[must_use]
    pub fn lakes(&self) -> &Lakes {
        &self.lakes
    }

    /// Closes the lakes that were opened.
    pub async fn close(&self) {
        self.lakes.close().await;
    }

    /// Searches. Nothing found is an empty list.
    ///
    /// # Errors
    /// [`SearchError::Request`] for what has no answer, [`SearchError::Model`] and [`SearchError::NoEmbeddings`] where
    /// nothing but meaning was asked for, and what the lakes have to say: all of them, where there are several.
    pub async fn search(&self, request: &SearchRequest) -> Result<SearchResults> {
        request.check()?;
        let vector = QueryVector::new(self.model.clone(), &request.query);
        let question = Arc::new(Question::new(request.clone(), vector));
        // Loading the model takes as long as opening lakes: both begin now.
        let vector = async {
            if matches!(request.mode, Mode::Hybrid | Mode::Vector) {
                // Why there is none is said later.
                let _ = question.vector.get().await;
            }
            Ok(())
        };
        let asked = self.lakes.ask(|lake| offer(lake, Arc::clone(&question)));
        let (found, ()) = tokio::try_join!(asked, vector)?;
        let (mode_used, mut notes) = mode_used(request, &question, &found)?;
        if found.answers.iter().any(|(_, offer)| offer.is_unindexed) {
            notes.push("there is no search index yet, which takes time; `zen refresh` makes it".into());
        }
        let names: Vec<String> = self.lakes.names().map(str::to_owned).collect();
        let mut near_packages = Vec::new();
        let mut pool = Pool::new(&question);
        for (at, offer) in found.answers {
            near_packages.extend(offer.near_packages);
            pool.add(names.get(at).cloned().unwrap_or_default(), offer.symbols, offer.docs);
        }
        let hits = best(pool, request);
        let near = match hits.is_empty() {
            true => self.near(&question, near_packages).await?,
            false => Vec::new(),
        };
        let query = request.query.clone();
        let unanswered = found.unanswered;
        Ok(SearchResults { query, mode: request.mode, mode_used, notes, unanswered, hits, near })
    }

    /// What else may be meant, where nothing was found.
    async fn near(&self, question: &Arc<Question>, packages: Vec<String>) -> Result<Vec<String>> {
        if let Some(package) = question.request.filter.package.as_deref().filter(|_| !packages.is_empty()) {
            return Ok(near(package, packages.iter().map(String::as_str)));
        }
        let Some(name) = &question.name else { return Ok(Vec::new()) };
        let found = self.lakes.ask(|lake| near_names(lake, Arc::clone(question))).await?;
        let names: Vec<String> = found.answers.into_iter().flat_map(|(_, names)| names).collect();
        Ok(near(&name.last, names.iter().map(String::as_str)))
    }

    /// Symbols by name or id, with their source where it is at hand.
    ///
    /// # Errors
    /// [`SearchError::Request`] for what is no name, and what the lakes have to say: all of them, where there are several.
    pub async fn show(&self, request: &SymbolRequest) -> Result<Symbols> {
        show(&self.lakes, request).await
    }

    /// Who refers to a symbol, and what it refers to.
    ///
    /// # Errors
    /// As [`Searcher::show`].
    pub async fn references(&self, request: &ReferenceRequest) -> Result<References> {
        references(&self.lakes, request).await
    }

    /// Runs a statement of SQL that only reads: a query, EXPLAIN of one, SHOW or DESCRIBE. The lakes are attached under
    /// their names, the first one's tables need none.
    ///
    /// # Errors
    /// Whatever is wrong with it; [`SearchError::Request`] where it takes longer than `time`.
    pub async fn sql(&self, sql: &str, rows: usize, time: Duration) -> Result<SqlRows> {
        query(&self.lakes, self.model.as_deref(), sql, rows, time).await
    }

    /// The packages of all lakes.
    ///
    /// # Errors
    /// What the lakes have to say: all of them, where there are several.
    pub async fn packages(&self) -> Result<PackageList> {
        packages(&self.lakes).await
    }
}

/// The mode that was possible, and why it is another than the one asked for.
fn mode_used(request: &SearchRequest, question: &Question, found: &Answers<Offer>) -> Result<(Mode, Vec<String>)> {
    if !matches!(request.mode, Mode::Hybrid | Mode::Vector) {
        return Ok((request.mode, Vec::new()));
    }
    let any = |what: fn(&Offer) -> bool| found.answers.iter().any(|(_, offer)| what(offer));
    let without_embeddings = any(|offer| offer.has_packages) && !any(|offer| offer.has_embeddings);
    match (request.mode, question.vector.problem()) {
        (Mode::Vector, Some(problem)) => match &*problem {
            SearchError::Model(error) => Err(SearchError::Model(Arc::clone(error))),
            _ => Err(SearchError::NoEmbeddings),
        },
        (Mode::Vector, None) if without_embeddings => Err(SearchError::NoEmbeddings),
        (_, Some(problem)) => Ok((Mode::Text, vec![format!("searched by words only: {problem}")])),
        (_, None) if without_embeddings => {
            let note = "searched by words only: nothing here has embeddings; `zen embed` computes them";
            Ok((Mode::Text, vec![note.to_owned()]))
        }
        (mode, None) => Ok((mode, Vec::new())),
    }
}

//! The model that makes queries comparable with what lakes have embedded; loaded when it is first needed.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::{Mutex, OnceCell};
use zen_indexer::ZenError;
use zen_indexer::embed::{EmbedError, Embedder, ModelOptions, open_model, open_query_model};

use crate::error::{Result, SearchError};

/// Makes vectors of queries.
pub struct QueryModel {
    options: ModelOptions,
    state: Arc<RwLock<State>>,
    /// Whether the model that starts quickly gives way to the one that works quickly.
    is_for_many: bool,
    /// Held while the model is loaded, so that this happens once.
    loading: Mutex<()>,
}

#[derive(Clone)]
enum State {
    Unknown,
    Loaded(Arc<dyn Embedder>),
    /// A machine without a model does not get one while a program runs.
    Absent(Arc<EmbedError>),
}

impl fmt::Debug for QueryModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueryModel").field("options", &self.options).finish_non_exhaustive()
    }
}

impl QueryModel {
    /// A model that is looked for where `options` say, once it is needed.
    #[must_use]
    pub fn new(options: ModelOptions) -> Self {
        Self { options, state: Arc::new(RwLock::new(State::Unknown)), is_for_many: false, loading: Mutex::default() }
    }

    /// As [`QueryModel::new`], for programs that answer many queries: the first one is answered as soon, and meanwhile the
    /// model is loaded in the form that takes longer to load and half as long for every query.
    #[must_use]
    pub fn for_many(options: ModelOptions) -> Self {
        Self { is_for_many: true, ..Self::new(options) }
    }

    /// A model that is loaded already.
    #[must_use]
    pub fn loaded(embedder: Arc<dyn Embedder>) -> Self {
        let options = ModelOptions::default();
        let state = Arc::new(RwLock::new(State::Loaded(embedder)));
        Self { options, state, is_for_many: false, loading: Mutex::default() }
    }

    /// Where the model is looked for.
    #[must_use]
    pub fn options(&self) -> &ModelOptions {
        &self.options
    }

    /// The model, for a query at a time.
    ///
    /// # Errors
    /// [`SearchError::Model`] where this machine has none; the same again at the next call.
    pub async fn embedder(&self) -> Result<Arc<dyn Embedder>> {
        let _one = match self.known() {
            Some(known) => return known,
            None => self.loading.lock().await,
        };
        if let Some(known) = self.known() {
            return known;
        }
        let options = self.options.clone();
        let opened = blocking(move || open_query_model(&options)).await?;
        let state = match opened {
            Ok(embedder) => State::Loaded(Arc::from(embedder)),
            Err(error) => State::Absent(Arc::new(error)),
        };
        let is_there = matches!(state, State::Loaded(_));
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = state;
        if self.is_for_many && is_there {
            let (options, state) = (self.options.clone(), Arc::clone(&self.state));
            tokio::task::spawn_blocking(move || {
                // Where that fails, the first one does it all.
                if let Ok(embedder) = open_model(&options) {
                    *state.write().unwrap_or_else(PoisonError::into_inner) = State::Loaded(Arc::from(embedder));
                }
            });
        }
        self.known().unwrap_or_else(|| Err(SearchError::NoEmbeddings))
    }

    fn known(&self) -> Option<Result<Arc<dyn Embedder>>> {
        match &*self.state.read().unwrap_or_else(PoisonError::into_inner) {
            State::Unknown => None,
            State::Loaded(embedder) => Some(Ok(Arc::clone(embedder))),
            State::Absent(error) => Some(Err(SearchError::Model(Arc::clone(error)))),
        }
    }

    /// The vector of a query, of length 1.
    async fn embed(&self, query: &str) -> Result<Vec<f32>> {
        let embedder = self.embedder().await?;
        let query = query.to_owned();
        let vectors = blocking(move || embedder.embed(&[&query])).await?;
        let vectors = vectors.map_err(|error| SearchError::Model(Arc::new(error)))?;
        vectors.into_iter().next().ok_or(SearchError::NoEmbeddings)
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| ZenError::Thread { reason: error.to_string() }.into())
}

/// The vector of one query: made when the first lake asks for it, for all of them.
#[derive(Debug)]
pub(crate) struct QueryVector {
    model: Option<Arc<QueryModel>>,
    query: String,
    vector: OnceCell<Result<Arc<Vec<f32>>, Arc<SearchError>>>,
}

impl QueryVector {
    pub(crate) fn new(model: Option<Arc<QueryModel>>, query: &str) -> Self {
        Self { model, query: query.to_owned(), vector: OnceCell::new() }
    }

    /// The vector; `None` without a model.
    pub(crate) async fn get(&self) -> Result<Arc<Vec<f32>>, Arc<SearchError>> {
        let made = async {
            let Some(model) = &self.model else { return Err(Arc::new(SearchError::NoEmbeddings)) };
            model.embed(&self.query).await.map(Arc::new).map_err(Arc::new)
        };
        self.vector.get_or_init(|| made).await.clone()
    }

    /// Why there is no vector, where it was asked for.
    pub(crate) fn problem(&self) -> Option<Arc<SearchError>> {
        self.vector.get().and_then(|made| made.as_ref().err().cloned())
    }
}

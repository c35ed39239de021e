//! The model that makes queries comparable with what lakes have embedded; loaded when it is first needed.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::{Mutex, OnceCell};
use zen_indexer::ZenError;
use zen_indexer::embed::{EmbedError, Embedder, ModelOptions, open_query_model};

use crate::error::{Result, SearchError};

/// Makes vectors of queries.
pub struct QueryModel {
    options: ModelOptions,
    state: RwLock<State>,
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
        Self { options, state: RwLock::new(State::Unknown), loading: Mutex::default() }
    }

    /// A model that is loaded already.
    #[must_use]
    pub fn loaded(embedder: Arc<dyn Embedder>) -> Self {
        let options = ModelOptions::default();
        Self { options, state: RwLock::new(State::Loaded(embedder)), loading: Mutex::default() }
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
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = state;
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

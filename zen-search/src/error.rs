//! What can go wrong while lakes are searched.

use ducklake_scan::LakeError;
use zen_indexer::ZenError;
use zen_indexer::embed::EmbedError;

/// Why there is no answer. Finding nothing is an answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SearchError {
    /// The request asks for what cannot be.
    #[error("{problem}")]
    Request {
        /// What is wrong with it.
        problem: String,
        /// What would be right.
        hint: Option<String>,
    },
    /// The lake said no.
    #[error(transparent)]
    Zen(#[from] ZenError),
    /// A lake did not answer in time.
    #[error("lake '{lake}' did not answer within {seconds} s")]
    Slow {
        /// Its name.
        lake: String,
        /// The time it had.
        seconds: f64,
    },
    /// None of several lakes answered.
    #[error("no lake could be searched: {}", problems.join("; "))]
    NoneAnswered {
        /// Why not, lake by lake.
        problems: Vec<String>,
    },
    /// There is no model for the query, and vectors were asked for.
    #[error("the query cannot be made a vector: {0}")]
    Model(#[source] std::sync::Arc<EmbedError>),
    /// Vectors were asked for and no lake has any.
    #[error("nothing that was asked for has embeddings")]
    NoEmbeddings,
}

impl SearchError {
    /// What to do next, where there is something.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Request { hint, .. } => hint.clone(),
            Self::Zen(error) => error.hint(),
            Self::Slow { .. } => Some("give it more time with --timeout, or leave the lake out".into()),
            Self::NoneAnswered { .. } => Some("try them one by one with --lake".into()),
            Self::Model(_) => Some("--mode text needs no model".into()),
            Self::NoEmbeddings => Some("`zen embed` computes what is missing; --mode text needs none".into()),
        }
    }
}

impl From<LakeError> for SearchError {
    fn from(error: LakeError) -> Self {
        Self::Zen(error.into())
    }
}

impl From<datafusion::error::DataFusionError> for SearchError {
    fn from(error: datafusion::error::DataFusionError) -> Self {
        Self::from(LakeError::from(error))
    }
}

/// Result of this crate.
pub type Result<T, E = SearchError> = std::result::Result<T, E>;

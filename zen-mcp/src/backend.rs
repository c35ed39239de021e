//! What a program has to be able to answer.

use std::error::Error;

use async_trait::async_trait;

use crate::answers::{DocHits, Indexed, Packages, References, Rows, SymbolHits, Symbols};
use crate::progress::Progress;
use crate::requests::{DocSearch, IndexRequest, PackageFilter, ReferenceSearch, SqlQuery, SymbolLookup, SymbolSearch};

/// Answers what agents ask. Requests come checked: limits are within their bounds and texts are not empty.
///
/// Every call may be dropped before it is done, because its client cancelled it or went away; what it holds then has to
/// be given back. Calls come side by side. Nothing found is an empty answer, not an error. Answers may be larger than an
/// agent should see: they are cut, and say so.
#[async_trait]
pub trait Backend: Send + Sync + 'static {
    /// Symbols that fit a query, best first.
    async fn search_symbols(&self, request: SymbolSearch) -> Result<SymbolHits, BackendError>;

    /// Parts of documentation that fit a query, best first.
    async fn search_docs(&self, request: DocSearch) -> Result<DocHits, BackendError>;

    /// Everything about a symbol, with its source where the files are at hand.
    async fn get_symbol(&self, request: SymbolLookup) -> Result<Symbols, BackendError>;

    /// Who refers to a symbol, and what it refers to.
    async fn find_references(&self, request: ReferenceSearch) -> Result<References, BackendError>;

    /// The packages that there are.
    async fn list_packages(&self, request: PackageFilter) -> Result<Packages, BackendError>;

    /// Adds a package, and tells how far it is. Dropped before its end, it has to leave the index as it was.
    async fn index_package(&self, request: IndexRequest, progress: Progress) -> Result<Indexed, BackendError>;

    /// Runs a statement that only reads. Everything else has to be refused, as [`BackendError::Refused`]: clients let
    /// this tool run unasked.
    async fn query(&self, request: SqlQuery) -> Result<Rows, BackendError>;

    /// A sentence or two for the agent about this index in particular, as which lakes it searches. It stands at the end
    /// of the server's instructions.
    fn about(&self) -> Option<String> {
        None
    }
}

/// Why a backend could not answer. The agent reads it and is told what to do next.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackendError {
    /// An argument that only the backend could judge.
    #[error("argument '{argument}': {problem}")]
    Argument {
        /// Its name as the tool has it.
        argument: &'static str,
        /// What is wrong, and what would be right.
        problem: String,
    },
    /// What was named is not there, neither in the index nor where packages come from.
    #[error("{what}")]
    NotFound {
        /// The whole message: "no package 'serd' on crates.io".
        what: String,
    },
    /// The backend does not do that: a statement that writes, an index that is only read.
    #[error("{what}")]
    Refused {
        /// The whole message, with what is possible instead.
        what: String,
    },
    /// Something failed that may be well the next time: a lake or a registry that cannot be reached.
    #[error("{what}")]
    Unavailable {
        /// What was being done, on what.
        what: String,
        /// Why it failed.
        #[source]
        source: Option<Box<dyn Error + Send + Sync>>,
    },
    /// Anything else.
    #[error("{what}")]
    Failed {
        /// What was being done, on what.
        what: String,
        /// Why it failed.
        #[source]
        source: Option<Box<dyn Error + Send + Sync>>,
    },
}

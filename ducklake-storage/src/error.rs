//! What can go wrong between us and an object store.

/// A failed storage operation, with the path it was about.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StorageError {
    /// The path's scheme names a store that is not supported.
    #[error("'{path}' is in a kind of store that is not supported yet ('{scheme}')")]
    UnsupportedScheme {
        /// The path.
        path: String,
        /// Its scheme.
        scheme: String,
    },
    /// The path cannot be understood.
    #[error("'{path}' is not a usable path: {problem}")]
    InvalidPath {
        /// The path.
        path: String,
        /// Why not.
        problem: String,
    },
    /// The store cannot be set up.
    #[error("the store of '{path}' cannot be set up: {source}")]
    Setup {
        /// The path.
        path: String,
        /// What opendal says.
        source: Box<opendal::Error>,
    },
    /// A setting is missing or contradicts another.
    #[error("the store of '{path}' cannot be set up: {problem}")]
    Configuration {
        /// The path.
        path: String,
        /// What is missing.
        problem: String,
    },
}

//! What can go wrong while packages are indexed.

use ducklake_scan::LakeError;

/// Anything that ends a command. What concerns a single file never does: see the summary's skipped files.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ZenError {
    /// The lake said no.
    #[error(transparent)]
    Lake(#[from] LakeError),
    /// There is no lake yet.
    #[error("there is no lake at {location}")]
    NoLake {
        /// Where it was looked for.
        location: String,
    },
    /// Rows that do not fit their tables: the lake's tables were changed by somebody else, or a bug of ours.
    #[error("rows of zen.{table}: {reason}")]
    Rows {
        /// The table.
        table: &'static str,
        /// What does not fit.
        reason: String,
    },
    /// A file or folder of this machine.
    #[error("{path}: {source}")]
    Io {
        /// Its path.
        path: String,
        /// Why not.
        source: std::io::Error,
    },
    /// A source could not be had or read.
    #[error(transparent)]
    Source(#[from] crate::sources::SourceError),
    /// There is no model, or it failed.
    #[error(transparent)]
    Embed(#[from] crate::embed::EmbedError),
    /// A project's manifests could not be read.
    #[error(transparent)]
    Project(#[from] crate::project::ProjectError),
    /// A package was indexed anew while its embeddings were computed.
    #[error("{package} was indexed anew meanwhile")]
    Overtaken {
        /// The package.
        package: String,
    },
    /// A thread ended before its work did: a bug of ours.
    #[error("a thread ended early: {reason}")]
    Thread {
        /// What it left behind.
        reason: String,
    },
    /// Nothing in the lake is called so.
    #[error("no {what} is called '{name}' in this lake")]
    NotFound {
        /// "package", "symbol", ….
        what: &'static str,
        /// As asked for.
        name: String,
    },
}

impl ZenError {
    /// What to do next, where there is something.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Lake(error) => error.hint(),
            Self::NoLake { .. } => Some("`zen index PATH` or `zen install rust:NAME` makes it".into()),
            Self::Rows { .. } => Some("compare the table with the columns that `zen` creates in a new lake".into()),
            Self::NotFound { .. } => Some("`zen list` shows what is there".into()),
            Self::Overtaken { .. } => Some("run the command again".into()),
            // These say themselves what to do.
            Self::Source(_) | Self::Embed(_) | Self::Project(_) => None,
            Self::Thread { .. } | Self::Io { .. } => None,
        }
    }
}

/// Result of this crate.
pub type Result<T, E = ZenError> = std::result::Result<T, E>;

//! What can go wrong while a database file is read.

use std::io;

/// Why a database file, or a part of it, could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The bytes could not be fetched.
    #[error("cannot read the {file}: {source}")]
    Io {
        /// Which of the files.
        file: &'static str,
        /// The operating system's or the source's error.
        source: io::Error,
    },
    /// The file is something else.
    #[error("not a DuckDB database file: {reason}")]
    NotDuckDb {
        /// How that shows.
        reason: String,
    },
    /// The file is encrypted.
    #[error(
        "the DuckDB database is encrypted, which is not supported: copy it to an unencrypted one with DuckDB \
         (COPY FROM DATABASE … TO …)"
    )]
    Encrypted,
    /// The storage version is none that can be read.
    #[error(
        "storage version {version}, written by DuckDB {library}, is not supported (64 to 68, and 69 of DuckDB 2.0, \
         are): export the database with that DuckDB and import it with a supported one"
    )]
    StorageVersion {
        /// The version number of the file.
        version: u64,
        /// The release that created the file.
        library: String,
    },
    /// A checksum does not fit the bytes.
    #[error("corrupt DuckDB file: bad checksum ({place}); restore the file from a copy")]
    BadChecksum {
        /// For example "header page 1" or "block 7".
        place: String,
    },
    /// The file ends before something it must hold.
    #[error("the DuckDB file is truncated: {what} needs {needed} bytes, the file has {length}")]
    Truncated {
        /// What should be there.
        what: String,
        /// Length of the file that it needs.
        needed: u64,
        /// Length of the file.
        length: u64,
    },
    /// The bytes contradict themselves or the format.
    #[error("corrupt DuckDB file: {}{problem}", located(.place))]
    Corrupt {
        /// Where, as far as it is known; may be empty.
        place: String,
        /// What is wrong.
        problem: String,
    },
    /// Valid, but nothing that this crate reads.
    #[error("cannot read {}{what}: {hint}", located(.place))]
    Unsupported {
        /// Where; may be empty.
        place: String,
        /// What is not supported.
        what: String,
        /// What to do about it.
        hint: &'static str,
    },
    /// The write-ahead log does not belong to the database file.
    #[error("the write-ahead log does not match the database file: {reason}; open both with DuckDB once")]
    WalMismatch {
        /// How that shows.
        reason: String,
    },
    /// Somebody writes the file faster than it can be read, or has written since it was opened.
    #[error("the DuckDB file was modified while it was read: open it again")]
    Modified,
    /// There is no such table.
    #[error("no table {schema}.{table} in the DuckDB file{}", because(.unread))]
    NoSuchTable {
        /// The schema asked for.
        schema: String,
        /// The table asked for.
        table: String,
        /// Why the catalog could not be read to its end, if it could not.
        unread: Option<String>,
    },
    /// There is no such column.
    #[error("table {table} has no column {column}")]
    NoSuchColumn {
        /// The table.
        table: String,
        /// The column asked for.
        column: String,
    },
    /// More memory would be needed than is reasonable for a file of this size.
    #[error("{what} exceeds the limit of {limit}: the file claims more than it can reasonably hold")]
    Limit {
        /// What is too much.
        what: String,
        /// The limit.
        limit: u64,
    },
    /// A value that its Arrow type cannot hold.
    #[error("column {column}: {problem}")]
    Value {
        /// The column, as far as it is known.
        column: String,
        /// What is wrong with the value.
        problem: String,
    },
    /// Arrow refuses to put columns together.
    #[error("cannot make an Arrow batch")]
    Arrow(#[from] arrow_schema::ArrowError),
}

fn located(place: &str) -> String {
    if place.is_empty() { String::new() } else { format!("{place}: ") }
}

fn because(unread: &Option<String>) -> String {
    match unread {
        Some(reason) => format!(" (its catalog could not be read to the end: {reason})"),
        None => String::new(),
    }
}

/// What to do about data that DuckDB can rewrite.
pub(crate) const CHECKPOINT: &str = "checkpoint the database with DuckDB first (CHECKPOINT)";
/// What to do about parts of the format that are not known.
pub(crate) const NEWER: &str =
    "it may come from a newer DuckDB; copy the data to a new database of storage version v1.5.0";

impl Error {
    pub(crate) fn corrupt(problem: impl Into<String>) -> Self {
        Self::Corrupt { place: String::new(), problem: problem.into() }
    }

    pub(crate) fn unsupported(what: impl Into<String>, hint: &'static str) -> Self {
        Self::Unsupported { place: String::new(), what: what.into(), hint }
    }

    pub(crate) fn limit(what: impl Into<String>, limit: u64) -> Self {
        Self::Limit { what: what.into(), limit }
    }

    /// Adds a place in front of what is known already.
    pub(crate) fn at(mut self, outer: impl AsRef<str>) -> Self {
        if let Self::Corrupt { place, .. } | Self::Unsupported { place, .. } | Self::Value { column: place, .. } =
            &mut self
        {
            let outer = outer.as_ref();
            *place = if place.is_empty() { outer.to_string() } else { format!("{outer}, {place}") };
        }
        self
    }

    /// Whether a file that was changed during reading may be the reason.
    pub(crate) fn may_be_race(&self) -> bool {
        matches!(
            self,
            Self::BadChecksum { .. }
                | Self::Truncated { .. }
                | Self::Corrupt { .. }
                | Self::WalMismatch { .. }
                | Self::Modified
                | Self::Limit { .. }
                | Self::Unsupported { .. }
        )
    }
}

/// Result of everything here.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Places for errors that arise further down.
pub(crate) trait At<T> {
    fn at(self, place: impl FnOnce() -> String) -> Result<T>;
}

impl<T> At<T> for Result<T> {
    fn at(self, place: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|error| error.at(place()))
    }
}

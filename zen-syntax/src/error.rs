//! Why a file has no symbols.

/// A file that could not be parsed. None of these says anything about other files.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SyntaxError {
    /// The file is larger than [`MAX_FILE_BYTES`](crate::MAX_FILE_BYTES).
    #[error("{bytes} bytes are more than the {limit} that are parsed")]
    TooLarge {
        /// The file's size.
        bytes: usize,
        /// The largest size that is parsed.
        limit: usize,
    },
    /// The parser did not come to an end in time, as happens with generated tables and data files.
    #[error("parsing took longer than {seconds} s")]
    TooSlow {
        /// The limit.
        seconds: u64,
    },
    /// A grammar or a query that does not fit this build of tree-sitter.
    #[error("the {language} grammar cannot be used: {reason}")]
    Grammar {
        /// The language's name.
        language: &'static str,
        /// What tree-sitter said.
        reason: String,
    },
}

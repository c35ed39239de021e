//! What can be wrong with a value, type, path or column tree that a lake holds.

/// Something in a lake is not valid DuckLake.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FormatError {
    /// A column type string that no known format version defines.
    #[error("unknown DuckLake type '{text}'")]
    UnknownType {
        /// The type as the catalog has it.
        text: String,
    },
    /// A text that is no value of its type.
    #[error("'{text}' is not a valid {lake_type}{detail}")]
    InvalidValue {
        /// The text, shortened where it is long.
        text: String,
        /// The DuckLake type it should be a value of.
        lake_type: String,
        /// What is wrong with it (empty, or starting with ": ").
        detail: String,
    },
    /// The rows of `ducklake_column` do not form a tree.
    #[error("columns of table {table}: {problem}")]
    InvalidColumns {
        /// Table id.
        table: i64,
        /// What is wrong.
        problem: String,
    },
    /// Bytes that are not what their format says (deletion vectors, variants, geometry).
    #[error("invalid {what}: {problem}")]
    InvalidBytes {
        /// Kind of bytes, for example "deletion vector".
        what: &'static str,
        /// What is wrong.
        problem: String,
    },
    /// A path that cannot be used.
    #[error("invalid path '{path}': {problem}")]
    InvalidPath {
        /// The path as the catalog has it.
        path: String,
        /// What is wrong.
        problem: String,
    },
}

impl FormatError {
    /// An [`FormatError::InvalidValue`]; `text` is shortened to 80 characters.
    pub fn invalid_value(text: &str, lake_type: impl ToString, detail: impl AsRef<str>) -> Self {
        let mut shown: String = text.chars().take(80).collect();
        if shown.len() < text.len() {
            shown.push('…');
        }
        let detail = match detail.as_ref() {
            "" => String::new(),
            d => format!(": {d}"),
        };
        Self::InvalidValue { text: shown, lake_type: lake_type.to_string(), detail }
    }

    /// An [`FormatError::InvalidBytes`].
    pub fn invalid_bytes(what: &'static str, problem: impl Into<String>) -> Self {
        Self::InvalidBytes { what, problem: problem.into() }
    }
}

//! What can go wrong, typed.

/// The result of everything here that can fail.
pub type Result<T, E = TextError> = std::result::Result<T, E>;

/// Why a segment cannot be built, opened or searched.
#[derive(Debug, thiserror::Error)]
pub enum TextError {
    /// The bytes are not a text segment, or not the ones that were written.
    #[error("the text segment is damaged: {what}; drop it and build it again")]
    Corrupt {
        /// What does not hold.
        what: String,
    },
    /// Another version of this program wrote the segment.
    #[error("the text segment has version {found}, this program reads version {supported}; build it again")]
    Version {
        /// The version that the bytes claim.
        found: u32,
        /// The only version that is read.
        supported: u32,
    },
    /// The segment has other fields than the schema it is opened with.
    #[error("the text segment was built with the fields {found}, not with {expected}; build it again")]
    OtherSchema {
        /// Fields of the segment.
        found: String,
        /// Fields of the schema.
        expected: String,
    },
    /// No field has this name.
    #[error("no text field is named \"{name}\"; there are {known}")]
    UnknownField {
        /// The name that was asked for.
        name: String,
        /// The names there are.
        known: String,
    },
    /// A name is asked for, and no field that is searched is of names.
    #[error("none of the text fields that are searched holds names; there are {known}")]
    NoNames {
        /// The fields there are.
        known: String,
    },
    /// A schema without fields, with two of one name, or with a boost that is no positive number.
    #[error("the text fields cannot be indexed: {what}")]
    Schema {
        /// What is wrong with them.
        what: String,
    },
    /// A row does not come after the one before it.
    #[error("row {row} was added after row {last}: rows of a text segment have to be added in ascending order")]
    RowOrder {
        /// The row that was added.
        row: u32,
        /// The row before it.
        last: u32,
    },
    /// A row came with too many or too few texts.
    #[error("row {row} has {found} texts, the index has {expected} fields")]
    TextCount {
        /// The row that was added.
        row: u32,
        /// Texts that came with it.
        found: usize,
        /// Fields of the schema.
        expected: usize,
    },
    /// Segments of different schemas in one search.
    #[error("segments with different text fields cannot be searched together")]
    MixedSchemas,
    /// The index library failed.
    #[error("the text index failed: {0}")]
    Index(#[from] tantivy::TantivyError),
    /// Reading the parts of a segment failed.
    #[error("reading the text index failed: {0}")]
    Io(#[from] std::io::Error),
}

impl TextError {
    pub(crate) fn corrupt(what: impl Into<String>) -> Self {
        Self::Corrupt { what: what.into() }
    }
}

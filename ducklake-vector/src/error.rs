//! What can go wrong.

/// A vector, an option or a query that cannot be used, or the bytes of a segment that are none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VectorError {
    /// There is no metric of this name.
    #[error("unknown metric {name:?}; use cosine, l2sq or ip")]
    UnknownMetric {
        /// What was asked for.
        name: String,
    },
    /// A vector is longer or shorter than those of the index.
    #[error("a vector of {found} numbers does not fit an index over vectors of {expected}")]
    Dimensions {
        /// Numbers in a vector of the index.
        expected: usize,
        /// Numbers in the given one.
        found: usize,
    },
    /// A query holds a NaN or an infinity, or is zero where its direction matters.
    #[error("the query has no distance to anything: it is zero, or holds a NaN or an infinity")]
    Query,
    /// An option is out of its range.
    #[error("{option} is {value}, which is not between {least} and {most}")]
    Option {
        /// Its name.
        option: &'static str,
        /// What it was.
        value: usize,
        /// The least that can be.
        least: usize,
        /// The most that can be.
        most: usize,
    },
    /// A row was pushed out of order, or is not one of the segment's.
    #[error("row {row} cannot follow row {after:?} in a segment of {rows} rows: rows are pushed in ascending order")]
    RowOrder {
        /// The row.
        row: u32,
        /// The one before it.
        after: Option<u32>,
        /// Rows of the segment.
        rows: u32,
    },
    /// Building was given up because the caller asked for that.
    #[error("building the index was cancelled")]
    Cancelled,
    /// Threads to build with could not be started.
    #[error("no threads to build the index with: {reason}")]
    Threads {
        /// What the system says.
        reason: String,
    },
    /// The bytes of a segment are damaged, or are no segment.
    #[error(transparent)]
    Segment(#[from] SegmentError),
}

/// Why bytes are no segment. The index has to be built anew; until then its rows are searched exactly.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SegmentError {
    /// The bytes begin as no segment does.
    #[error("these bytes are no vector segment")]
    Magic,
    /// A segment of a version that this program does not know.
    #[error(
        "the vector segment has version {found}, this program reads version {known}; update it or build the index anew"
    )]
    Version {
        /// The version that the bytes name.
        found: u32,
        /// The one that can be read.
        known: u32,
    },
    /// Fewer or more bytes than the header claims.
    #[error("the vector segment has {found} bytes and should have {expected}; build the index anew")]
    Length {
        /// Bytes that there should be.
        expected: u64,
        /// Bytes that there are.
        found: u64,
    },
    /// The bytes of a part are not those that were written.
    #[error("the vector segment is damaged: wrong checksum of its {section}; build the index anew")]
    Checksum {
        /// Which part.
        section: &'static str,
    },
    /// Values that no builder writes.
    #[error("the vector segment is damaged: {what}; build the index anew")]
    Invalid {
        /// What is wrong.
        what: &'static str,
    },
}

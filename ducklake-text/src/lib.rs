//! Full-text search over immutable segments, each of them bytes.
//!
//! A segment indexes the texts of some rows: build it with [`SegmentBuilder`], keep its bytes anywhere, open them with
//! [`TextSegment::open`]. [`search`] ranks rows of any number of segments by BM25 as if all were one index, and
//! [`matches`](fn@matches) says which rows of a segment hold what a [`TextQuery`] asks for. Rows that no segment covers are
//! judged by a [`RowMatcher`], with the same outcome. The crate knows no lake and no SQL: a row is a number that its
//! caller understands.

mod analyse;
mod build;
mod container;
mod directory;
mod error;
mod query;
mod schema;
mod search;
mod segment;

pub use analyse::analyse;
pub use build::SegmentBuilder;
pub use error::{Result, TextError};
pub use query::TextQuery;
pub use schema::{Combine, FieldKind, FieldSpec, Ranking, TextSchema};
pub use search::{RowMatcher, TextHit, matches, search};
pub use segment::TextSegment;

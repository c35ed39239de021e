//! Nearest neighbours of vectors of 32-bit floating point numbers.
//!
//! - [`kernels`] and [`Metric`] compare two vectors as DuckDB's functions do.
//! - [`exact_top_k`] searches a slice, [`TopK`] keeps the nearest of several searches.
//! - [`SegmentBuilder`] makes an immutable index over the rows it is given, as bytes; [`VectorSegment`] searches them.
//! - [`GrowingIndex`] is searched while vectors are added to it.
//!
//! The crate knows no file, no table and no lake: a row is a number, and where a segment's bytes are kept is up to others.

mod builder;
mod codes;
mod dots;
mod error;
mod graph;
mod growing;
pub mod kernels;
mod metric;
mod segment;
mod top_k;

pub use builder::{BuildOptions, SegmentBuilder};
pub use error::{SegmentError, VectorError};
pub use growing::GrowingIndex;
pub use metric::Metric;
pub use segment::VectorSegment;
pub use top_k::{Neighbour, TopK, exact_top_k};

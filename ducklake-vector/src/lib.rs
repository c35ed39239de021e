mod error;
pub mod kernels;
mod metric;
pub use error::{SegmentError, VectorError};
pub use metric::Metric;

//! Sources with what they declare, read by hand; and Rust's own tool as the judge of whole crates.

#![expect(clippy::unwrap_used, reason = "all of this is a test")]

mod golden;
mod rustdoc;

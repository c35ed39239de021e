//! Tests from outside: hand-checked sources of every language, hostile ones, and Rust compared with rustdoc.

#![expect(clippy::unwrap_used, reason = "all of this is a test")]

mod golden;
mod hostile;
mod rustdoc;

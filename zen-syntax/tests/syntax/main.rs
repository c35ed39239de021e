//! Tests from outside: hand-checked sources of every language, and Rust compared with rustdoc.

#![expect(clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr, reason = "all of this is a test")]

mod golden;
mod rustdoc;

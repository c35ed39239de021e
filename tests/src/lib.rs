//! Helpers of the interop tests: real DuckDB as the judge, the engine under test, and how the two are compared.

pub mod compare;
pub mod engine;
pub mod expected;
pub mod fixtures;
pub mod oracle;

//! Packages as tables: the symbols and the documentation of software packages in a DuckLake lake.
//!
//! [`sources`] finds the files of a package, `zen-syntax` says what they declare, [`docs`] cuts documentation into chunks,
//! [`embed`] turns texts into vectors, [`index`](mod@index) puts it all together, and [`lake`] keeps it. [`project`] reads
//! what a project depends on.

// Futures of statements nest deeply: a statement plans queries that may call views and functions.
#![recursion_limit = "256"]

pub mod docs;
pub mod embed;
mod error;
pub mod index;
pub mod lake;
pub mod model;
pub mod progress;
pub mod project;
pub mod sources;

pub use error::{Result, ZenError};

//! Packages as tables: the symbols and the documentation of software packages in a DuckLake lake.
//!
//! [`sources`] finds the files of a package, `zen-syntax` says what they declare, [`docs`] cuts documentation into chunks,
//! [`embed`] turns texts into vectors.

pub mod docs;
pub mod embed;
mod error;
pub mod lake;
pub mod model;
pub mod sources;

pub use error::{Result, ZenError};

//! Packages as tables: the symbols and the documentation of software packages in a DuckLake lake.
//!
//! [`sources`] finds the files of a package, `zen-syntax` says what they declare, [`docs`] cuts documentation into chunks,
//! [`embed`] turns texts into vectors, [`project`] reads what a project depends on.

pub mod docs;
pub mod embed;
pub mod project;
pub mod sources;

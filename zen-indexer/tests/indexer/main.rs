//! What takes files, other programs or the model: documentation by example, packages through their clients, embeddings.

#![expect(clippy::unwrap_used, reason = "all of this is a test")]

mod docs;
mod embed;
mod sources;

use std::path::PathBuf;

/// This crate's folder. Asked for when it runs: clones may share a target folder, and with it what one of them built.
fn here() -> PathBuf {
    PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").into()))
}

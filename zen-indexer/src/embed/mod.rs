//! Texts as vectors.
//!
//! [`open_model`] finds the model ([`ModelOptions`] says where) and the ONNX Runtime library that runs it; [`embed_all`]
//! turns any number of texts into vectors, each distinct text once. [`symbol_text`] and [`chunk_text`] say which text
//! stands for a symbol and for a piece of documentation. [`SqlEmbedder`] is a model for `embed('text')` in SQL. Everything
//! here blocks: async callers run it on a thread of its own.

mod batch;
mod error;
mod fastembed;
mod hub;
mod lanes;
mod model;
mod prepared;
mod runtime;
mod sql;
mod text;
mod tokenizer;

pub use batch::embed_all;
pub use error::{EmbedError, LibraryError};
pub use model::{DownloadProgress, MODEL_DIR_VARIABLE, ModelOptions};
pub use sql::SqlEmbedder;
pub use text::{chunk_text, symbol_text};

use std::ffi::OsString;

/// How many numbers a vector has, in the lake as in the model.
pub const DIMENSIONS: usize = 384;

/// Name of the model that [`open_model`] opens.
pub const MODEL_NAME: &str = "all-MiniLM-L6-v2";

/// How many tokens of a text the model reads: what it was trained with. The rest of a longer text is left out.
pub const MAX_TOKENS: usize = 256;

/// Turns texts into vectors. Calls block, and may come from several threads at once.
pub trait Embedder: Send + Sync {
    /// Name of the model, as it may be recorded beside the vectors.
    fn name(&self) -> &str;

    /// How many numbers each vector has.
    fn dimensions(&self) -> usize;

    /// One vector of length 1 for each text, in order. All are computed as one batch: [`embed_all`] makes good ones.
    fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbedError>;

    /// About how many tokens the model sees of a text. A batch costs its longest text times its number of texts.
    fn tokens(&self, text: &str) -> usize {
        (text.len() / 4 + 2).min(MAX_TOKENS)
    }

    /// How many calls of [`embed`](Embedder::embed) are worth running side by side.
    fn lanes(&self) -> usize {
        1
    }
}

/// Opens all-MiniLM-L6-v2, and downloads it first if it is nowhere on this machine and `options` allow it.
///
/// Looks in the folder that `options` name, in the one that `ZEN_MODEL_DIR` names, then in the caches of Hugging Face and
/// fastembed. A folder that was named must hold the model; what is not named may be absent.
pub fn open_model(options: &ModelOptions) -> Result<Box<dyn Embedder>, EmbedError> {
    let vars = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    // The library first: without it there is no use in downloading a model.
    let environment = runtime::load(&vars)?;
    let files = model::find(options, &vars)?;
    Ok(Box::new(fastembed::MiniLm::open(files, environment, lanes::plan(options.threads))?))
}

/// As [`open_model`], for programs that embed a text now and then: a search. It starts ten times as quickly and takes twice as
/// long for each text. A copy of the model in a form of its own is kept below `$XDG_CACHE_HOME/zen/models`.
///
/// # Errors
/// As [`open_model`].
pub fn open_query_model(options: &ModelOptions) -> Result<Box<dyn Embedder>, EmbedError> {
    let vars = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let environment = runtime::load(&vars)?;
    let files = model::find(options, &vars)?;
    if let Some(prepared) = prepared::QueryMiniLm::open(&files, &environment, &vars) {
        return Ok(Box::new(prepared));
    }
    let one = std::num::NonZero::<usize>::MIN;
    Ok(Box::new(fastembed::MiniLm::open(files, environment, lanes::plan(Some(one)))?))
}

/// Environment variables, empty ones as absent; tests bring their own.
type Vars<'a> = &'a dyn Fn(&str) -> Option<OsString>;

//! What can go wrong on the way from a text to its vector.

use std::fmt::Write as _;
use std::path::PathBuf;

use super::{DIMENSIONS, MODEL_NAME};

/// An error of another library, kept as it is.
type Source = Box<dyn std::error::Error + Send + Sync>;

/// The three ways to go on without a model.
const WAYS: &str = "let it be downloaded once where a hub can be reached (HF_ENDPOINT names another hub, HF_HOME the \
    cache), name a folder with model.onnx and its tokenizer by --model-dir or ZEN_MODEL_DIR, or index without vectors by \
    --no-embeddings";

/// What to install when the library is absent.
const INSTALL: &str = "`pip install onnxruntime` brings it, as may the system's package libonnxruntime; ORT_DYLIB_PATH names \
    it anywhere else; --no-embeddings indexes without vectors";

/// Why texts could not be turned into vectors.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EmbedError {
    /// The model is nowhere on this machine, and may not be downloaded.
    #[error("no embedding model: {MODEL_NAME} is not in {}, and this run is offline; {WAYS}", folders(.looked))]
    NoModel {
        /// Caches that were searched.
        looked: Vec<PathBuf>,
    },

    /// The model is nowhere on this machine, and downloading it failed.
    #[error("no embedding model: {MODEL_NAME} is not in {}, and downloading it from {endpoint} failed; {WAYS}", folders(.looked))]
    Download {
        /// Caches that were searched.
        looked: Vec<PathBuf>,
        /// The hub that was asked.
        endpoint: String,
        /// What the download failed of.
        source: Source,
    },

    /// A folder that was named as the model's lacks a file.
    #[error("{}, named by {named_by}, is no model folder: it has no {missing}; {WAYS}", .folder.display())]
    ModelFolder {
        /// The folder.
        folder: PathBuf,
        /// Option or variable that names it.
        named_by: &'static str,
        /// The file it lacks.
        missing: &'static str,
    },

    /// A file of the model could not be read.
    #[error("cannot read the embedding model's {}", .path.display())]
    ReadModel {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },

    /// The model's files are there, but are no usable model.
    #[error("cannot load the embedding model in {}: is it whole? (delete it to have it downloaded again)", .folder.display())]
    LoadModel {
        /// The model's folder.
        folder: PathBuf,
        /// What ONNX Runtime or the tokenizer said.
        source: Source,
    },

    /// The model is another one.
    #[error(
        "the embedding model in {} makes vectors of {found} numbers, the lake's have {DIMENSIONS}: use {MODEL_NAME}",
        .folder.display()
    )]
    Dimensions {
        /// The model's folder.
        folder: PathBuf,
        /// Length of its vectors.
        found: usize,
    },

    /// ONNX Runtime is not where it was said to be, or cannot be used.
    #[error("cannot use the ONNX Runtime library {}, named by ORT_DYLIB_PATH; {INSTALL}", .path.display())]
    NamedLibrary {
        /// The library.
        path: PathBuf,
        /// Why it cannot be used.
        source: LibraryError,
    },

    /// ONNX Runtime is not to be had.
    #[error("no ONNX Runtime library, 1.{} or newer{}; {INSTALL}", ort::MINOR_VERSION, reasons(.refused))]
    NoLibrary {
        /// Libraries that were found, and why each cannot be used.
        refused: Vec<(PathBuf, LibraryError)>,
    },

    /// Running the model failed.
    #[error("cannot embed {texts} texts")]
    Embed {
        /// Size of the batch.
        texts: usize,
        /// What ONNX Runtime or the tokenizer said.
        source: Source,
    },

    /// An embedder broke its contract.
    #[error("the embedder {name} gave no vector of {dimensions} finite numbers for each text")]
    Vectors {
        /// The embedder's name.
        name: String,
        /// How long its vectors should be.
        dimensions: usize,
    },

    /// A thread could not be started.
    #[error("cannot start a thread for embedding")]
    Thread(#[source] std::io::Error),

    /// The caller wanted no more.
    #[error("embedding was interrupted")]
    Interrupted,
}

/// Why a file is not a usable ONNX Runtime library.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LibraryError {
    /// There is nothing, or nothing that may be read.
    #[error("cannot be opened")]
    Unreadable(#[source] std::io::Error),
    /// A folder, a device or a pipe.
    #[error("is not a file")]
    NotAFile,
    /// Not a library for this machine, not ONNX Runtime, or too old.
    #[error(transparent)]
    Load(ort::LoadDynamicError),
    /// It loads, but does not start.
    #[error("does not start")]
    Start(#[source] ort::Error),
    /// It breaks the contract of ONNX Runtime.
    #[error("does not behave as ONNX Runtime")]
    Broken,
}

fn folders(looked: &[PathBuf]) -> String {
    let names: Vec<String> = looked.iter().map(|folder| folder.display().to_string()).collect();
    if names.is_empty() { "any cache (there is no home folder)".into() } else { names.join(", ") }
}

fn reasons(libraries: &[(PathBuf, LibraryError)]) -> String {
    libraries.iter().fold(String::new(), |mut text, (path, error)| {
        // Writing to a String does not fail.
        let _ = write!(text, "; {}: {error}", path.display());
        text
    })
}

//! The model as it starts quickest, for programs that embed a single query.
//!
//! Most of a start is ONNX Runtime's: it reads the weights, changes the graph and lays the weights out anew, for 300 ms and
//! more. Here that happens once for a machine: the changed graph is kept as a file without weights, beside it the weights
//! as ONNX Runtime maps them into memory. Starting from these takes some 30 ms. The weights are not laid out anew then,
//! so each text takes twice as long, which one text does not notice and thousands would.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::UNIX_EPOCH;

use fastembed::{InitOptionsUserDefined, TextEmbedding};
use ort::environment::Environment;
use ort::session::Session;
use ort::session::builder::GraphOptimizationLevel;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::fastembed::{embed, start};
use super::model::ModelFiles;
use super::{DIMENSIONS, EmbedError, Embedder, MAX_TOKENS, MODEL_NAME, Vars};

/// The changed graph.
const GRAPH: &str = "graph.onnx";
/// Its weights.
const WEIGHTS: &str = "weights.bin";
/// How large both are: written last.
const SIZES: &str = "sizes.json";
/// Smaller weights stay in the graph, in bytes.
const SMALLEST: &str = "1024";
/// A graph without weights is far smaller.
const MAX_GRAPH: u64 = 16 << 20;

/// The model for one text at a time.
pub(super) struct QueryMiniLm {
    copy: Mutex<TextEmbedding>,
    folder: PathBuf,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Sizes {
    graph: u64,
    weights: u64,
}

impl QueryMiniLm {
    /// Opens the prepared model; prepares it first where that has not been done. `None` where that cannot be: the model
    /// itself still can be opened then.
    pub(super) fn open(files: &ModelFiles, environment: &Environment, vars: Vars<'_>) -> Option<Self> {
        let folder = cache(vars)?.join(key(files)?);
        if sizes(&folder).is_none() {
            prepare(files, environment, &folder)?;
        }
        let wanted = sizes(&folder)?;
        let graph = fs::read(folder.join(GRAPH)).ok()?;
        // A file that was cut short would end the process when it is read through the map.
        if (graph.len() as u64, fs::metadata(folder.join(WEIGHTS)).ok()?.len()) != (wanted.graph, wanted.weights) {
            return None;
        }
        let options = InitOptionsUserDefined::new()
            .with_environment(environment.clone())
            .with_max_length(MAX_TOKENS)
            .with_intra_threads(1)
            .with_session_config("session.disable_prepacking", "1")
            .with_session_config("session.model_external_initializers_file_folder_path", folder.to_str()?);
        let copy = start(files, graph, options).ok()?;
        Some(Self { copy: Mutex::new(copy), folder: files.folder() })
    }
}

impl Embedder for QueryMiniLm {
    fn name(&self) -> &str {
        MODEL_NAME
    }

    fn dimensions(&self) -> usize {
        DIMENSIONS
    }

    fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbedError> {
        let vectors = embed(&mut self.copy.lock().unwrap_or_else(PoisonError::into_inner), texts)?;
        match vectors.iter().find(|vector| vector.len() != DIMENSIONS) {
            Some(other) => Err(EmbedError::Dimensions { folder: self.folder.clone(), found: other.len() }),
            None => Ok(vectors),
        }
    }
}

/// Where prepared models are kept.
fn cache(vars: Vars<'_>) -> Option<PathBuf> {
    let path = |name: &str| vars(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let general = path("XDG_CACHE_HOME").or_else(|| Some(path("HOME")?.join(".cache")))?;
    Some(general.join("zen/models"))
}

/// What the result depends on: the model's file, and the library with the processor that it is for.
fn key(files: &ModelFiles) -> Option<String> {
    let path = fs::canonicalize(&files.onnx).ok()?;
    let about = fs::metadata(&path).ok()?;
    let changed = about.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    let text = format!(
        "{}\0{}\0{}\0{}\0{}",
        path.display(),
        about.len(),
        changed.as_nanos(),
        ort::info(),
        std::env::consts::ARCH
    );
    Some(Sha256::digest(text.as_bytes()).iter().take(16).map(|byte| format!("{byte:02x}")).collect())
}

fn sizes(folder: &Path) -> Option<Sizes> {
    let sizes: Sizes = serde_json::from_slice(&fs::read(folder.join(SIZES)).ok()?).ok()?;
    (sizes.graph <= MAX_GRAPH).then_some(sizes)
}

/// Has ONNX Runtime write its changed graph, in a folder that gets its name when it is whole.
fn prepare(files: &ModelFiles, environment: &Environment, folder: &Path) -> Option<()> {
    let parent = folder.parent()?;
    fs::create_dir_all(parent).ok()?;
    let new = tempfile::Builder::new().prefix("new-").tempdir_in(parent).ok()?;
    let builder = Session::builder(environment).ok()?;
    let builder = builder.with_optimization_level(GraphOptimizationLevel::Level3).ok()?;
    let builder = builder.with_optimized_model_path(new.path().join(GRAPH)).ok()?;
    let name = "session.optimized_model_external_initializers_file_name";
    let builder = builder.with_config_entry(name, WEIGHTS).ok()?;
    let least = "session.optimized_model_external_initializers_min_size_in_bytes";
    let mut builder = builder.with_config_entry(least, SMALLEST).ok()?;
    drop(builder.commit_from_file(&files.onnx).ok()?);
    let size = |name: &str| fs::metadata(new.path().join(name)).ok().map(|about| about.len());
    let sizes = Sizes { graph: size(GRAPH)?, weights: size(WEIGHTS)? };
    fs::write(new.path().join(SIZES), serde_json::to_vec(&sizes).ok()?).ok()?;
    // Others may write the same at the same time: the first one's stays, and an incomplete one of old goes.
    if self::sizes(folder).is_none() {
        let _ = fs::remove_dir_all(folder);
        fs::rename(new.path(), folder).ok()?;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;

    #[test]
    fn the_cache_is_where_caches_are() {
        let of = |name: &'static str, value: &'static str| {
            cache(&move |asked| (asked == name).then(|| OsString::from(value)))
        };
        assert_eq!(of("XDG_CACHE_HOME", "/c"), Some("/c/zen/models".into()));
        assert_eq!(of("HOME", "/home/me"), Some("/home/me/.cache/zen/models".into()));
        assert_eq!(of("HOME", "relative"), None);
    }

    #[test]
    fn what_is_not_whole_is_not_there() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(sizes(folder.path()), None);
        fs::write(folder.path().join(SIZES), "{").unwrap();
        assert_eq!(sizes(folder.path()), None);
        fs::write(folder.path().join(SIZES), r#"{"graph": 99999999999, "weights": 1}"#).unwrap();
        assert_eq!(sizes(folder.path()), None);
        fs::write(folder.path().join(SIZES), r#"{"graph": 2, "weights": 1}"#).unwrap();
        assert_eq!(sizes(folder.path()), Some(Sizes { graph: 2, weights: 1 }));
    }
}

//! Where the model's files are.

use std::fmt;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{EmbedError, Vars, hub};

/// The environment variable that names the model's folder.
pub const MODEL_DIR_VARIABLE: &str = "ZEN_MODEL_DIR";

/// Told while the model is downloaded: bytes there, bytes in all.
pub type DownloadProgress = Arc<dyn Fn(u64, u64) + Send + Sync>;

/// Where the model may come from, and how much of the machine it may use. By default: from anywhere, all of it.
#[derive(Clone, Default)]
pub struct ModelOptions {
    /// A folder with the model's `model.onnx`, `tokenizer.json`, `config.json` and `tokenizer_config.json`.
    pub model_dir: Option<PathBuf>,
    /// Download nothing. So does the variable `HF_HUB_OFFLINE=1`.
    pub offline: bool,
    /// Threads for embedding in all; by default one for each core.
    pub threads: Option<NonZero<usize>>,
    /// Told while the model is downloaded, which it is only once.
    pub download_progress: Option<DownloadProgress>,
}

impl fmt::Debug for ModelOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ModelOptions")
            .field("model_dir", &self.model_dir)
            .field("offline", &self.offline)
            .field("threads", &self.threads)
            .finish_non_exhaustive()
    }
}

/// Files of a model; they were there when it was looked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ModelFiles {
    pub(super) onnx: PathBuf,
    pub(super) tokenizer: PathBuf,
    pub(super) config: PathBuf,
    pub(super) tokenizer_config: PathBuf,
    pub(super) special_tokens: Option<PathBuf>,
}

impl ModelFiles {
    /// The files that `file` finds by their names; else the name of the one that is missing.
    pub(super) fn collect(file: impl Fn(&str) -> Option<PathBuf>) -> Result<Self, &'static str> {
        let need = |name: &'static str| file(name).ok_or(name);
        Ok(ModelFiles {
            // The hub's repositories of sentence-transformers keep it in a folder of its own.
            onnx: file("model.onnx").or_else(|| file("onnx/model.onnx")).ok_or("model.onnx")?,
            tokenizer: need("tokenizer.json")?,
            config: need("config.json")?,
            tokenizer_config: need("tokenizer_config.json")?,
            special_tokens: file("special_tokens_map.json"),
        })
    }

    /// The folder that errors name.
    pub(super) fn folder(&self) -> PathBuf {
        self.tokenizer.parent().unwrap_or(&self.tokenizer).to_path_buf()
    }
}

/// The model's files: from the folder that is named, else from a cache, else from a hub.
pub(super) fn find(options: &ModelOptions, vars: Vars<'_>) -> Result<ModelFiles, EmbedError> {
    if let Some(folder) = &options.model_dir {
        return in_folder(folder, "--model-dir");
    }
    if let Some(folder) = vars(MODEL_DIR_VARIABLE) {
        return in_folder(Path::new(&folder), MODEL_DIR_VARIABLE);
    }
    let looked = hub::caches(vars);
    if let Some(files) = looked.iter().find_map(|cache| hub::cached(cache)) {
        return Ok(files);
    }
    let offline =
        vars("HF_HUB_OFFLINE").is_some_and(|value| !["0", "false", "no", "off"].map(Into::into).contains(&value));
    // The first cache is the one to download to.
    match looked.first() {
        Some(cache) if !options.offline && !offline => {
            let hub = hub::Hub::new(cache.clone(), vars);
            hub.download(options.download_progress.clone()).map_err(|source| EmbedError::Download {
                endpoint: hub.endpoint,
                looked,
                source: Box::new(source),
            })
        }
        _ => Err(EmbedError::NoModel { looked }),
    }
}

fn in_folder(folder: &Path, named_by: &'static str) -> Result<ModelFiles, EmbedError> {
    ModelFiles::collect(|name| Some(folder.join(name)).filter(|path| path.is_file()))
        .map_err(|missing| EmbedError::ModelFolder { folder: folder.into(), named_by, missing })
}

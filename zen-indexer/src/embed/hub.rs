//! The model in the caches of Hugging Face's tools, and its download into one of them.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use hf_hub::api::Progress;
use hf_hub::api::sync::{ApiBuilder, ApiError, ApiRepo};
use hf_hub::{Cache, CacheRepo};

use super::model::{DownloadProgress, ModelFiles};
use super::{MODEL_NAME, Vars};

/// The repository to download from: the one that fastembed uses, with nothing in it that is not needed.
const REPOSITORY: &str = "Qdrant/all-MiniLM-L6-v2-onnx";

/// Repositories with the model as ONNX; the second spelling is that of fastembed for Python.
const REPOSITORIES: [&str; 4] =
    [REPOSITORY, "qdrant/all-MiniLM-L6-v2-onnx", "sentence-transformers/all-MiniLM-L6-v2", "Xenova/all-MiniLM-L6-v2"];

/// What is downloaded; the large one last, so that what is wrong shows at once.
const FILES: [&str; 5] =
    ["config.json", "tokenizer_config.json", "special_tokens_map.json", "tokenizer.json", "model.onnx"];

/// A hub that is silent for so long is given up.
const SILENCE: Duration = Duration::from_secs(60);

/// How often another process's download of the same file is waited for, some seconds each.
const WAITS: usize = 100;

/// Folders in which hub clients keep models, the one that downloads go to first.
pub(super) fn caches(vars: Vars<'_>) -> Vec<PathBuf> {
    let path = |name: &str| vars(name).map(PathBuf::from);
    let home = || path("HOME").or_else(|| path("USERPROFILE"));
    let general = || path("XDG_CACHE_HOME").or_else(|| home().map(|home| home.join(".cache")));
    let hugging_face = path("HF_HOME").or_else(|| general().map(|cache| cache.join("huggingface")));
    let mut caches: Vec<PathBuf> = Vec::new();
    // fastembed takes HF_HOME itself for the cache.
    let all =
        [path("HF_HUB_CACHE"), hugging_face.map(|home| home.join("hub")), path("HF_HOME"), path("FASTEMBED_CACHE_DIR")];
    for cache in all.into_iter().flatten() {
        // hf-hub links files by their absolute paths.
        let cache = std::path::absolute(&cache).unwrap_or(cache);
        if !caches.contains(&cache) {
            caches.push(cache);
        }
    }
    caches
}

/// The model in a cache, if it is there whole.
pub(super) fn cached(cache: &Path) -> Option<ModelFiles> {
    let cache = Cache::new(cache.to_path_buf());
    REPOSITORIES.iter().find_map(|name| {
        let repository = cache.model((*name).into());
        ModelFiles::collect(|file| repository.get(file)).ok()
    })
}

/// Why the model could not be downloaded.
#[derive(Debug, thiserror::Error)]
pub(super) enum HubError {
    #[error("cannot get {file} of {REPOSITORY}")]
    Api { file: &'static str, source: ApiError },
    #[error("the hub said nothing for {} s", .0.as_secs())]
    Silent(Duration),
    #[error("the hub's answer made no sense")]
    Senseless,
    #[error("{MODEL_NAME} came without {0}")]
    Incomplete(&'static str),
    #[error("cannot start a thread")]
    Thread(#[source] std::io::Error),
}

/// Where to download from, and to.
pub(super) struct Hub {
    pub(super) endpoint: String,
    cache: PathBuf,
    token: Option<String>,
    silence: Duration,
}

enum Event {
    Bytes { done: u64, total: u64 },
    End(Result<(), HubError>),
}

impl Hub {
    pub(super) fn new(cache: PathBuf, vars: Vars<'_>) -> Self {
        let text = |name: &str| vars(name).and_then(|value| value.into_string().ok());
        let endpoint = text("HF_ENDPOINT").unwrap_or_else(|| "https://huggingface.co".into());
        Hub { endpoint, cache, token: text("HF_TOKEN"), silence: SILENCE }
    }

    /// Downloads what the cache lacks of the model.
    pub(super) fn download(&self, progress: Option<DownloadProgress>) -> Result<ModelFiles, HubError> {
        let (sender, events) = mpsc::channel();
        let (endpoint, cache) = (self.endpoint.clone(), Cache::new(self.cache.clone()));
        let token = self.token.clone().or_else(|| cache.token());
        let present = cache.model(REPOSITORY.into());
        // hf-hub knows no time limits and trusts what hubs say: on a thread of its own its silence can be noticed and
        // its panics stay there.
        let work = move || {
            let api = ApiBuilder::from_cache(cache).with_endpoint(endpoint).with_token(token).with_retries(3);
            let done = api
                .with_progress(false)
                .build()
                .map_err(|source| HubError::Api { file: FILES[0], source })
                .and_then(|api| fetch(&api.model(REPOSITORY.into()), &present, &sender));
            // Whoever waited may have gone.
            let _ = sender.send(Event::End(done));
        };
        thread::Builder::new().name("model-download".into()).spawn(work).map_err(HubError::Thread)?;
        loop {
            match events.recv_timeout(self.silence) {
                Ok(Event::Bytes { done, total }) => {
                    if let Some(progress) = &progress {
                        progress(done, total);
                    }
                }
                Ok(Event::End(result)) => break result?,
                Err(RecvTimeoutError::Timeout) => return Err(HubError::Silent(self.silence)),
                Err(RecvTimeoutError::Disconnected) => return Err(HubError::Senseless),
            }
        }
        let cache = Cache::new(self.cache.clone()).model(REPOSITORY.into());
        ModelFiles::collect(|file| cache.get(file)).map_err(HubError::Incomplete)
    }
}

/// Gets every file that is not in the cache.
fn fetch(repository: &ApiRepo, present: &CacheRepo, events: &Sender<Event>) -> Result<(), HubError> {
    for file in FILES {
        let mut waits = 0;
        while present.get(file).is_none() {
            let watch = Watch { events: events.clone(), done: 0, total: 0 };
            match repository.download_with_progress(file, watch) {
                Ok(_) => break,
                // Another process is at it.
                Err(ApiError::LockAcquisition(_)) if waits < WAITS => waits += 1,
                Err(source) => return Err(HubError::Api { file, source }),
            }
        }
    }
    Ok(())
}

/// Passes hf-hub's progress on.
struct Watch {
    events: Sender<Event>,
    done: u64,
    total: u64,
}

impl Progress for Watch {
    fn init(&mut self, size: usize, _: &str) {
        (self.done, self.total) = (0, size as u64);
    }

    fn update(&mut self, size: usize) {
        self.done += size as u64;
        // Whoever waited may have gone; what is downloaded is still of use.
        let _ = self.events.send(Event::Bytes { done: self.done, total: self.total });
    }

    fn finish(&mut self) {}
}

#[cfg(test)]
mod tests;

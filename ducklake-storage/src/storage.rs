//! Paths to stores.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use object_store::ObjectStore;
use object_store::path::Path;
use object_store_opendal::OpendalStore;
use opendal::Operator;
use opendal::layers::{ConcurrentLimitLayer, RetryLayer, TimeoutLayer};
use opendal::services::{Fs, S3};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

use crate::error::StorageError;
use crate::options::StorageOptions;
use crate::store::{LakeStore, Place};

/// A file: the store it is in and its key there.
#[derive(Debug, Clone)]
pub struct Located {
    /// URL of the store: `file:///`, `s3://bucket`. Equal URLs are equal stores.
    pub store_url: String,
    /// The store.
    pub store: Arc<dyn ObjectStore>,
    /// The key.
    pub path: Path,
}

/// The stores that a lake's files are in, made on first use. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Storage {
    options: Arc<StorageOptions>,
    stores: Arc<Mutex<HashMap<String, Arc<dyn ObjectStore>>>>,
    background: TaskTracker,
}

/// What work that [`Storage::spawn`] started has come to. Nobody may be left to take it: then what it cleans up when it
/// is dropped still belongs to the work.
#[derive(Debug)]
pub struct Tracked<T> {
    // Dropped first.
    result: T,
    _token: TaskTrackerToken,
}

impl<T> Tracked<T> {
    /// Takes the result over.
    pub fn into_result(self) -> T {
        self.result
    }
}

impl Storage {
    /// Stores that use these settings.
    pub fn new(options: StorageOptions) -> Self {
        Self { options: Arc::new(options), ..Self::default() }
    }

    /// Uses this store for a store URL (see [`Located::store_url`]) instead of making one.
    #[must_use]
    pub fn with_store(self, store_url: &str, store: Arc<dyn ObjectStore>) -> Self {
        self.stores.lock().unwrap_or_else(PoisonError::into_inner).insert(store_url.to_string(), store);
        self
    }

    /// The store and key of a full path: a local path (relative ones to the working directory), `file://…`, or
    /// `s3://bucket/key` (also `s3a`, `s3n`, `r2`). The text is taken literally, nothing is percent-decoded
    /// (DuckLake spec, "Paths").
    ///
    /// # Errors
    /// [`StorageError`] for schemes that are not supported and stores that cannot be set up.
    pub fn locate(&self, full: &str) -> Result<Located, StorageError> {
        let (store_url, key) = match full.split_once("://") {
            Some(("file", path)) => ("file:///".to_string(), absolute(path, full)?),
            Some((scheme @ ("s3" | "s3a" | "s3n" | "r2"), rest)) => {
                let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
                if bucket.is_empty() {
                    return Err(StorageError::InvalidPath {
                        path: full.into(),
                        problem: "the bucket is missing".into(),
                    });
                }
                let scheme = if scheme == "r2" { "r2" } else { "s3" };
                (format!("{scheme}://{bucket}"), key.to_string())
            }
            Some((scheme, _)) => {
                return Err(StorageError::UnsupportedScheme { path: full.into(), scheme: scheme.into() });
            }
            None => ("file:///".to_string(), absolute(full, full)?),
        };
        let store = self.store(&store_url, full)?;
        // `Path::from` percent-encodes what it must, and the opendal adapter decodes it again: the key is literal.
        Ok(Located { store_url, store, path: Path::from(key.as_str()) })
    }

    /// Does work on these stores that nobody waits for, but [`Storage::settled`]: removing what a cancelled write left.
    pub fn in_background(&self, runtime: &Handle, work: impl Future<Output = ()> + Send + 'static) {
        self.background.spawn_on(work, runtime);
    }

    /// Starts work on these stores. What it leaves behind when it is cancelled is cleaned up before [`Storage::settled`]
    /// ends.
    pub fn spawn<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> JoinHandle<Tracked<T>> {
        let token = self.background.token();
        tokio::spawn(async move { Tracked { result: work.await, _token: token } })
    }

    /// Waits until no work is done in the background. A process that ends earlier leaves it undone.
    pub async fn settled(&self) {
        self.background.close();
        self.background.wait().await;
    }

    fn store(&self, store_url: &str, full: &str) -> Result<Arc<dyn ObjectStore>, StorageError> {
        let mut stores = self.stores.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(store) = stores.get(store_url) {
            return Ok(Arc::clone(store));
        }
        let setup = |e: opendal::Error| StorageError::Setup { path: full.into(), source: Box::new(e) };
        let store: Arc<dyn ObjectStore> = match store_url.split_once("://") {
            Some((scheme @ ("s3" | "r2"), bucket)) => {
                let inner = OpendalStore::new(self.bucket(scheme, bucket, full)?);
                Arc::new(LakeStore { inner, place: Place::Remote })
            }
            _ => {
                let inner = OpendalStore::new(Operator::new(Fs::default().root("/")).map_err(setup)?);
                Arc::new(LakeStore { inner, place: Place::Local })
            }
        };
        stores.insert(store_url.to_string(), Arc::clone(&store));
        Ok(store)
    }

    fn bucket(&self, scheme: &str, bucket: &str, full: &str) -> Result<Operator, StorageError> {
        // Without default features opendal has no HTTP client until it is told to use its own; repeating is harmless.
        opendal::install_default();
        let settings = self
            .options
            .resolve(scheme, |name| std::env::var(name).ok())
            .map_err(|problem| StorageError::Configuration { path: full.into(), problem })?;
        let mut builder = S3::default().bucket(bucket).region(&settings.region).disable_ec2_metadata();
        if let Some(endpoint) = &settings.endpoint {
            builder = builder.endpoint(endpoint);
        }
        match (&settings.access_key_id, &settings.secret_access_key) {
            (Some(id), Some(secret)) => {
                builder = builder.access_key_id(id).secret_access_key(secret).disable_config_load();
                if let Some(token) = &settings.session_token {
                    builder = builder.session_token(token);
                }
            }
            (None, None) if has_aws_profile() => {}
            // Public buckets are read without credentials, as DuckDB does without a secret.
            (None, None) => builder = builder.skip_signature(),
            _ => {
                let problem = "an access key id needs its secret access key, and the other way round".into();
                return Err(StorageError::Configuration { path: full.into(), problem });
            }
        }
        if settings.virtual_host_style {
            builder = builder.enable_virtual_host_style();
        }
        let operator =
            Operator::new(builder).map_err(|e| StorageError::Setup { path: full.into(), source: Box::new(e) })?;
        Ok(operator
            .layer(TimeoutLayer::new().with_timeout(Duration::from_secs(60)).with_io_timeout(Duration::from_secs(30)))
            .layer(RetryLayer::new().with_max_times(4).with_jitter())
            .layer(ConcurrentLimitLayer::new(64)))
    }
}

/// Whether the AWS tools' own configuration can give credentials.
fn has_aws_profile() -> bool {
    let variables = ["AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"];
    let home = std::env::var_os("HOME").map(std::path::PathBuf::from);
    variables.iter().any(|name| std::env::var_os(name).is_some())
        || home.is_some_and(|home| home.join(".aws/credentials").exists())
}

/// An absolute path without its leading slash, for a store rooted at `/`.
fn absolute(path: &str, full: &str) -> Result<String, StorageError> {
    let path = std::path::absolute(path)
        .map_err(|e| StorageError::InvalidPath { path: full.into(), problem: e.to_string() })?;
    let text = path
        .to_str()
        .ok_or_else(|| StorageError::InvalidPath { path: full.into(), problem: "it is not UTF-8".into() })?;
    Ok(text.trim_start_matches('/').to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use object_store::ObjectStoreExt;

    #[tokio::test]
    async fn local_paths_are_literal() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("s=x%20y%2Fz");
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("é #?.parquet");
        std::fs::write(&file, b"hello").unwrap();
        let located = Storage::default().locate(file.to_str().unwrap()).unwrap();
        assert_eq!(located.store_url, "file:///");
        assert_eq!(located.store.get_range(&located.path, 1..3).await.unwrap().as_ref(), b"el");
        let ranges = located.store.get_ranges(&located.path, &[0..1, 3..5, 4..9]).await.unwrap();
        assert_eq!(ranges, [&b"h"[..], b"lo", b"o"]);
        let missing = Storage::default().locate("/nowhere/at all").unwrap();
        let error = missing.store.get_ranges(&missing.path, &[0..1]).await.unwrap_err();
        assert!(matches!(error, object_store::Error::NotFound { .. }), "{error}");
    }

    #[tokio::test]
    async fn background_work_is_waited_for() {
        let storage = Storage::default();
        storage.settled().await;
        for _ in 0..2 {
            let (sender, mut receiver) = tokio::sync::oneshot::channel();
            storage.in_background(&Handle::current(), async {
                tokio::time::sleep(Duration::from_millis(20)).await;
                sender.send(1).unwrap();
            });
            storage.clone().settled().await;
            assert_eq!(receiver.try_recv(), Ok(1));
        }
    }

    #[test]
    fn buckets_and_schemes() {
        let storage = Storage::new(StorageOptions { region: Some("eu-west-1".into()), ..StorageOptions::default() });
        let located = storage.locate("s3://bucket/a/b.parquet").unwrap();
        assert_eq!((located.store_url.as_str(), located.path.as_ref()), ("s3://bucket", "a/b.parquet"));
        assert!(matches!(storage.locate("ftp://x/y"), Err(StorageError::UnsupportedScheme { .. })));
        assert!(matches!(storage.locate("s3:///y"), Err(StorageError::InvalidPath { .. })));
    }
}

//! Packages fetched through their ecosystem's own client on this machine, so that mirrors, proxies and credentials that are
//! set up for it work here as well.
//!
//! No code of a package is run: install scripts are off, and a Python package that has no wheel is downloaded and not built.

mod cargo;
mod git;
mod go;
mod hex;
mod npm;
mod pip;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tempfile::TempDir;

use crate::sources::archive::{self, Limits, Unpacked};
use crate::sources::error::SourceError;
use crate::sources::manifest::{Manifest, find_published};
use crate::sources::package::{Ecosystem, PackageSpec};

pub(crate) use cargo::in_registry as in_cargo_registry;

/// How packages are fetched.
#[derive(Debug, Clone)]
pub struct FetchOptions {
    /// The folder whose settings the clients heed, such as a project's `.npmrc` or `.cargo/config.toml`; the current one if
    /// none is given.
    pub directory: Option<PathBuf>,
    /// Where the temporary folder is made; the system's place if none is given.
    pub temporary: Option<PathBuf>,
    /// How much a package may unpack to.
    pub limits: Limits,
    /// How long one program may run.
    pub timeout: Duration,
    /// Run a package's own build if there is no other way to its files.
    pub allow_build: bool,
}

impl Default for FetchOptions {
    fn default() -> Self {
        Self {
            directory: None,
            temporary: None,
            limits: Limits::default(),
            timeout: Duration::from_secs(300),
            allow_build: false,
        }
    }
}

/// A package on this machine. Its temporary folder, where it has one, goes when this does.
#[derive(Debug)]
pub struct Fetched {
    /// The folder with its files. It is only to be read: it may be the client's own copy.
    pub root: PathBuf,
    /// What it is; name and version are what the client says they are.
    pub manifest: Manifest,
    /// How often it was downloaded, where the client knows.
    pub downloads: Option<u64>,
    /// The commit, of a clone.
    pub commit: Option<String>,
    /// What of an archive was left out, and why.
    pub left_out: Vec<(String, &'static str)>,
    _folder: Option<Arc<TempDir>>,
}

/// Fetches a package.
///
/// When the future is dropped, the programs that it started are ended and its files removed.
pub async fn fetch(spec: &PackageSpec, options: &FetchOptions) -> Result<Fetched, SourceError> {
    spec.check()?;
    let work = Work::new(options)?;
    match spec.ecosystem {
        Ecosystem::Rust => cargo::fetch(spec, &work).await,
        Ecosystem::Npm => npm::fetch(spec, &work).await,
        Ecosystem::Pypi => pip::fetch(spec, &work).await,
        Ecosystem::Hex => hex::fetch(spec, &work).await,
        Ecosystem::Go => go::fetch(spec, &work).await,
        other => Err(SourceError::NoClient(other)),
    }
}

/// Clones a repository without its history: a branch, a tag or a commit, or what its host shows first.
pub async fn fetch_git(url: &str, rev: Option<&str>, options: &FetchOptions) -> Result<Fetched, SourceError> {
    git::fetch(url, rev, &Work::new(options)?).await
}

/// One package on its way.
struct Work<'a> {
    options: &'a FetchOptions,
    folder: Arc<TempDir>,
}

impl<'a> Work<'a> {
    fn new(options: &'a FetchOptions) -> Result<Self, SourceError> {
        let place = options.temporary.clone().unwrap_or_else(env::temp_dir);
        let folder = tempfile::Builder::new().prefix("zen-").tempdir_in(&place);
        Ok(Self { options, folder: Arc::new(folder.map_err(SourceError::io("make a folder in", &place))?) })
    }

    /// The temporary folder.
    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A new folder in it.
    fn make(&self, name: &str) -> Result<PathBuf, SourceError> {
        let path = self.path().join(name);
        fs::create_dir_all(&path).map_err(SourceError::io("make the folder", &path))?;
        Ok(path)
    }

    fn write(&self, path: &Path, text: &str) -> Result<(), SourceError> {
        fs::write(path, text).map_err(SourceError::io("write", path))
    }

    /// The folder whose settings count.
    fn directory(&self) -> PathBuf {
        let current = || env::current_dir().ok();
        let given = self.options.directory.clone();
        given.or_else(current).filter(|path| path.is_dir()).unwrap_or_else(|| self.path().to_path_buf())
    }

    /// Unpacks an archive into a folder of the temporary one. It stops when the future is dropped, and the folder stays
    /// until it has.
    async fn unpack(&self, archive: PathBuf, into: PathBuf) -> Result<Unpacked, SourceError> {
        struct CancelOnDrop(Arc<AtomicBool>);
        impl Drop for CancelOnDrop {
            fn drop(&mut self) {
                self.0.store(true, Ordering::Relaxed);
            }
        }
        let cancelled: Arc<AtomicBool> = Arc::default();
        let _guard = CancelOnDrop(Arc::clone(&cancelled));
        let (limits, folder, path) = (self.options.limits.clone(), Arc::clone(&self.folder), archive.clone());
        let work = tokio::task::spawn_blocking(move || {
            let unpacked = archive::unpack_until(&archive, &into, &limits, &cancelled);
            drop(folder);
            unpacked
        });
        work.await.unwrap_or(Err(SourceError::Cancelled(path)))
    }

    /// The package as it was fetched, in the temporary folder.
    fn fetched(&self, root: PathBuf, manifest: Manifest) -> Fetched {
        Fetched {
            root,
            manifest,
            downloads: None,
            commit: None,
            left_out: Vec::new(),
            _folder: Some(Arc::clone(&self.folder)),
        }
    }

    /// What the package's files say about it, under the name and version that the client has for it.
    fn manifest(&self, root: &Path, spec: &PackageSpec, version: &str) -> Result<Manifest, SourceError> {
        // A manifest that only its own ecosystem's tools understand is no reason to have no package.
        let found = find_published(root, spec.ecosystem).ok().flatten();
        let (repo_url, description, license) =
            found.map_or((None, None, None), |found| (found.repo_url, found.description, found.license));
        spec.ecosystem.check_version(&spec.name, version)?;
        Ok(Manifest {
            ecosystem: spec.ecosystem,
            name: spec.name.clone(),
            version: spec.ecosystem.canonical_version(version),
            repo_url,
            description,
            license,
        })
    }
}

/// The only file with this ending in a folder.
fn only_file(folder: &Path, endings: &[&str]) -> Option<PathBuf> {
    let names = fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path());
    let mut found =
        names.filter(|path| path.is_file() && endings.iter().any(|ending| path.to_string_lossy().ends_with(ending)));
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

/// The folder that an archive has all its files in, or the one it was unpacked into.
fn top_folder(unpacked: &Path) -> PathBuf {
    let Ok(entries) = fs::read_dir(unpacked) else { return unpacked.to_path_buf() };
    let mut entries = entries.flatten().map(|entry| entry.path());
    match (entries.next(), entries.next()) {
        (Some(only), None) if only.is_dir() => only,
        _ => unpacked.to_path_buf(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_has_no_client_says_what_else_there_is() {
        let spec: PackageSpec = "maven:org.x:y@1.0".parse().expect("a spec");
        let error = fetch(&spec, &FetchOptions::default()).await.expect_err("no client").to_string();
        assert!(error.contains("maven") && error.contains("--git"), "{error}");
    }

    #[tokio::test]
    async fn specs_are_checked_again() {
        let spec = PackageSpec { ecosystem: Ecosystem::Npm, name: "--global".to_owned(), version: None };
        let error = fetch(&spec, &FetchOptions::default()).await.expect_err("an option");
        assert!(matches!(error, SourceError::Package(_)), "{error}");
    }

    #[tokio::test]
    async fn the_folder_goes_with_the_package() {
        let options = FetchOptions::default();
        let work = Work::new(&options).expect("a folder");
        let root = work.make("package").expect("a folder");
        fs::write(root.join("Cargo.toml"), "[package]\nname='a'\nversion='1.0.0'\n").expect("write");
        let spec: PackageSpec = "rust:b@2.0.0".parse().expect("a spec");
        let manifest = work.manifest(&root, &spec, "2.0.0").expect("a manifest");
        assert_eq!(manifest.id().to_string(), "rust:b@2.0.0");
        let fetched = work.fetched(root, manifest);
        drop(work);
        let root = fetched.root.clone();
        assert!(root.is_dir());
        drop(fetched);
        assert!(!root.exists());
    }
}

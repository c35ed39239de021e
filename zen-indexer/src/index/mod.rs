//! A package's files into the lake.

mod embed;
mod modules;
mod parse;
mod resolve;
mod rows;

use std::collections::BTreeMap;
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::Arc;

use serde::Serialize;

use crate::embed::Embedder;
use crate::error::{Result, ZenError};
use crate::lake::{PackageRows, ZenLake};
use crate::model::IndexedPackage;
use crate::progress::{Phase, Progress, Stop, StopOnDrop};
use crate::sources::{Manifest, PackageId, Walk, WalkOptions, walk};

pub use embed::embed_package;
use embed::fill;
pub use parse::Unread;
use parse::{ParsedContent, ParsedFile, parse_files};

/// What is to be indexed.
#[derive(Debug, Clone)]
pub struct Package {
    /// The folder of its sources.
    pub root: PathBuf,
    /// What its manifest says, and what it is called in the lake.
    pub manifest: Manifest,
    /// How often it was downloaded, where the registry tells.
    pub downloads: Option<i64>,
    /// Which of its files count.
    pub walk: WalkOptions,
}

/// How.
#[derive(Clone, Default)]
pub struct IndexOptions {
    /// Threads that parse; without it, all processors.
    pub threads: Option<NonZero<usize>>,
    /// Tests are symbols too.
    pub with_tests: bool,
    /// What makes embeddings; without it there are none.
    pub embedder: Option<Arc<dyn Embedder>>,
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Indexed {
    /// `rust`, `npm`, ….
    pub ecosystem: String,
    /// The package.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The snapshot that it is in from now on.
    pub snapshot: Option<i64>,
    /// Whether the version was there before and was replaced.
    pub replaced: bool,
    /// Files with symbols or documentation.
    pub files: usize,
    /// Bytes of these.
    pub bytes: u64,
    /// Files by language; documentation is `docs`.
    pub languages: BTreeMap<String, usize>,
    /// Rows of `api_symbols`.
    pub symbols: usize,
    /// Rows of `doc_chunks`.
    pub chunks: usize,
    /// Rows of `symbol_refs`.
    pub refs: usize,
    /// Symbols and chunks with an embedding.
    pub embedded: usize,
    /// Files in which the parser had to skip something.
    pub partly_parsed: usize,
    /// Files that gave nothing, with the reason.
    pub skipped: Vec<Skipped>,
    /// Seconds from the first file to the commit.
    pub seconds: f64,
}

/// A file that gave nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Skipped {
    /// Its path below the package's root.
    pub path: String,
    /// Why.
    pub reason: String,
}

/// Indexes a package: all of its files are parsed, then its rows replace in one snapshot what the lake has of this
/// version. Dropped before that, nothing has happened.
///
/// # Errors
/// Where the folder cannot be read, the model fails, or the lake has something to say. Single files are never an error.
pub async fn index(
    lake: &ZenLake,
    package: Package,
    options: IndexOptions,
    progress: Arc<dyn Progress>,
) -> Result<Indexed> {
    let started = std::time::Instant::now();
    let stop = Stop::default();
    let _stop = StopOnDrop(stop.clone());
    let (rows, mut indexed) = {
        let progress = Arc::clone(&progress);
        blocking(move || extract(&package, &options, &*progress, &stop)).await??
    };
    progress.begin(Phase::Write, (rows.symbols.len() + rows.chunks.len() + rows.refs.len()) as u64);
    let replaced = lake.replace(Arc::new(rows)).await?;
    progress.end(Phase::Write);
    indexed.snapshot = replaced.snapshot;
    indexed.replaced = replaced.was_there;
    indexed.seconds = started.elapsed().as_secs_f64();
    Ok(indexed)
}

/// Runs work that takes a processor on a thread where that disturbs nobody.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|error| ZenError::Thread { reason: error.to_string() })
}

/// Everything but the lake.
fn extract(
    package: &Package,
    options: &IndexOptions,
    progress: &dyn Progress,
    stop: &Stop,
) -> Result<(PackageRows, Indexed)> {
    let id = package.manifest.id();
    let Walk { files, skipped } = walk(&package.root, &package.walk)?;
    let (mut parsed, unread) = parse_files(&files, options.threads, progress, stop);
    modules::join(&mut parsed);
    let mut rows = rows::rows(&id, &parsed, options.with_tests);
    let mut indexed = summary(&id, &parsed, &files);
    let skipped = skipped.into_iter().map(|file| Skipped { path: file.path, reason: file.reason.to_string() });
    let unread = unread.into_iter().map(|file| Skipped { path: file.path, reason: file.reason });
    indexed.skipped = skipped.chain(unread).collect();
    drop(parsed);
    if let Some(embedder) = &options.embedder {
        indexed.embedded = fill(&**embedder, &mut rows.symbols, &mut rows.chunks, progress, stop)?;
    }
    (indexed.symbols, indexed.chunks, indexed.refs) = (rows.symbols.len(), rows.chunks.len(), rows.refs.len());
    let manifest = &package.manifest;
    let package = IndexedPackage {
        ecosystem: indexed.ecosystem.clone(),
        name: indexed.name.clone(),
        version: indexed.version.clone(),
        repo_url: manifest.repo_url.clone(),
        description: manifest.description.clone(),
        license: manifest.license.clone(),
        downloads: package.downloads,
        indexed_at: chrono::Utc::now().format("%Y-%m-%d %H:%M:%S%.6f+00:00").to_string(),
        file_count: i64::try_from(indexed.files).unwrap_or(i64::MAX),
        symbol_count: i64::try_from(indexed.symbols).unwrap_or(i64::MAX),
    };
    Ok((PackageRows { package, symbols: rows.symbols, chunks: rows.chunks, refs: rows.refs }, indexed))
}

fn summary(id: &PackageId, parsed: &[ParsedFile], files: &[crate::sources::SourceFile]) -> Indexed {
    let mut languages = BTreeMap::new();
    let mut partly_parsed = 0;
    for file in parsed {
        let language = match &file.content {
            ParsedContent::Code(language, symbols) => {
                partly_parsed += usize::from(symbols.has_errors);
                language.name
            }
            ParsedContent::Docs(..) => "docs",
        };
        *languages.entry(language.to_owned()).or_insert(0) += 1;
    }
    Indexed {
        ecosystem: id.ecosystem.as_str().into(),
        name: id.name.clone(),
        version: id.version.clone(),
        snapshot: None,
        replaced: false,
        files: parsed.len(),
        bytes: files.iter().map(|file| file.bytes).sum(),
        languages,
        symbols: 0,
        chunks: 0,
        refs: 0,
        embedded: 0,
        partly_parsed,
        skipped: Vec::new(),
        seconds: 0.0,
    }
}

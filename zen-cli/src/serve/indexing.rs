//! Packages that agents have indexed.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::OnceCell;
use zen_indexer::ZenError;
use zen_indexer::embed::{Embedder, open_model};
use zen_indexer::index::{IndexOptions, Package, index};
use zen_indexer::lake::{Location, ZenLake};
use zen_indexer::progress::{Phase, Progress};
use zen_indexer::sources::{
    FetchOptions, Fetched, PackageSpec, SourceError, WalkOptions, fetch, fetch_git, read_manifest,
};
use zen_mcp::{BackendError, IndexRequest, Indexed};
use zen_search::QueryModel;

/// The lake that packages are indexed into.
pub(super) struct Writer {
    location: Location,
    model: Arc<QueryModel>,
    /// Whether only programs of this machine ask: others get no folders of it.
    is_local: bool,
    lake: OnceCell<ZenLake>,
    embedder: OnceCell<Arc<dyn Embedder>>,
}

impl Writer {
    pub(super) fn new(location: Location, model: Arc<QueryModel>, is_local: bool) -> Self {
        Self { location, model, is_local, lake: OnceCell::new(), embedder: OnceCell::new() }
    }

    pub(super) async fn close(&self) {
        if let Some(lake) = self.lake.get() {
            lake.close().await;
        }
    }

    async fn lake(&self) -> Result<&ZenLake, BackendError> {
        self.lake.get_or_try_init(|| ZenLake::create(&self.location)).await.map_err(failed)
    }

    /// The model for many texts; that of queries would take twice as long.
    async fn embedder(&self) -> Result<Arc<dyn Embedder>, ZenError> {
        let open = || async {
            let options = self.model.options().clone();
            let opened = tokio::task::spawn_blocking(move || open_model(&options)).await;
            let opened = opened.map_err(|error| ZenError::Thread { reason: error.to_string() })?;
            Ok::<Arc<dyn Embedder>, ZenError>(Arc::from(opened?))
        };
        self.embedder.get_or_try_init(open).await.cloned()
    }

    pub(super) async fn index(&self, request: IndexRequest, told: zen_mcp::Progress) -> Result<Indexed, BackendError> {
        let lake = self.lake().await?;
        let progress: Arc<dyn Progress> = Arc::new(Steps { told, state: std::sync::Mutex::default() });
        progress.begin(Phase::Fetch, 0);
        let wanted = Wanted::read(&request, self.is_local)?;
        if let Wanted::Package(spec) = &wanted
            && let Some(known) = known(lake, spec).await?
        {
            return Ok(known);
        }
        // Dropped at the end: it may hold the files in a temporary folder.
        let (package, _fetched) = wanted.package().await.map_err(|error| source(error.into()))?;
        let mut notes = Vec::new();
        let embedder = match self.embedder().await {
            Ok(embedder) => Some(embedder),
            Err(error) => {
                notes.push(format!("Without embeddings, found by words only: {error}."));
                None
            }
        };
        let options = IndexOptions { embedder, ..IndexOptions::default() };
        let done = index(lake, package, options, Arc::clone(&progress)).await.map_err(failed)?;
        if !done.skipped.is_empty() {
            notes.push(format!("{} files or folders were skipped: tests, binaries and the like.", done.skipped.len()));
        }
        // The package is there now, whatever becomes of this.
        if let Err(error) = lake.refresh(progress).await {
            notes.push(format!("The search indexes are not up to date, searches take longer: {error}."));
        }
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        Ok(Indexed {
            ecosystem: done.ecosystem,
            package: done.name,
            version: done.version,
            already: false,
            files: count(done.files),
            symbols: count(done.symbols),
            references: count(done.refs),
            doc_chunks: count(done.chunks),
            notes,
        })
    }
}

/// What of a package is there already, in exactly the version that is asked for.
async fn known(lake: &ZenLake, spec: &PackageSpec) -> Result<Option<Indexed>, BackendError> {
    let Some(version) = &spec.version else { return Ok(None) };
    let ecosystem = spec.ecosystem.as_str();
    let packages = lake.packages().await.map_err(failed)?;
    let is_it = |one: &&zen_indexer::model::IndexedPackage| {
        one.ecosystem == ecosystem && one.name == spec.name && one.version == *version
    };
    let count = |number: i64| u64::try_from(number).unwrap_or(0);
    Ok(packages.iter().find(is_it).map(|package| Indexed {
        ecosystem: package.ecosystem.clone(),
        package: package.name.clone(),
        version: package.version.clone(),
        already: true,
        files: count(package.file_count),
        symbols: count(package.symbol_count),
        ..Indexed::default()
    }))
}

/// What is to be indexed.
enum Wanted {
    Package(PackageSpec),
    Folder(PathBuf),
    Repository(String, Option<String>),
}

impl Wanted {
    fn read(request: &IndexRequest, is_local: bool) -> Result<Self, BackendError> {
        let wrong = |problem: String| BackendError::Argument { argument: "spec", problem };
        let spec = request.spec.trim();
        if Path::new(spec).is_absolute() {
            if !is_local {
                return Err(BackendError::Refused {
                    what: "folders are indexed for programs of the same machine only; give a package or a repository"
                        .into(),
                });
            }
            return Ok(Self::Folder(spec.into()));
        }
        if spec.contains("://") || spec.starts_with("git@") {
            return Ok(Self::Repository(spec.to_owned(), request.rev.clone()));
        }
        if request.rev.is_some() {
            let problem = "only repositories have revisions; a package's version is written name@version".into();
            return Err(BackendError::Argument { argument: "rev", problem });
        }
        spec.parse().map(Self::Package).map_err(|error: zen_indexer::sources::PackageError| wrong(error.to_string()))
    }

    /// The package with its files, which are there as long as what comes with it.
    async fn package(self) -> Result<(Package, Option<Fetched>), SourceError> {
        let fetched = match self {
            Self::Folder(root) => {
                let walk = WalkOptions::working_tree();
                let manifest = read_manifest(&root)?;
                return Ok((Package { root, manifest, downloads: None, walk }, None));
            }
            Self::Package(spec) => fetch(&spec, &FetchOptions::default()).await?,
            Self::Repository(url, rev) => fetch_git(&url, rev.as_deref(), &FetchOptions::default()).await?,
        };
        let package = Package {
            root: fetched.root.clone(),
            manifest: fetched.manifest.clone(),
            downloads: fetched.downloads.and_then(|count| i64::try_from(count).ok()),
            walk: WalkOptions::package(),
        };
        Ok((package, Some(fetched)))
    }
}

/// A failure of getting the source: most often there is no such package.
fn source(error: ZenError) -> BackendError {
    match &error {
        ZenError::Source(SourceError::NoFolder(_) | SourceError::Package(_)) => {
            BackendError::Argument { argument: "spec", problem: error.to_string() }
        }
        ZenError::Source(SourceError::ProgramFailed { .. } | SourceError::ProgramTooSlow { .. }) => {
            BackendError::Unavailable { what: error.to_string(), source: None }
        }
        _ => failed(error),
    }
}

fn failed(error: ZenError) -> BackendError {
    let hint = error.hint().map_or_else(String::new, |hint| format!("; {hint}"));
    BackendError::Failed { what: format!("{error}{hint}"), source: None }
}

/// Phases as steps that agents' users can read.
struct Steps {
    told: zen_mcp::Progress,
    state: std::sync::Mutex<(u64, u64)>,
}

impl Steps {
    fn tell(&self, phase: Phase, change: impl FnOnce(&mut (u64, u64))) {
        let mut state = self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        change(&mut state);
        let what = match phase {
            Phase::Fetch => "getting the source",
            Phase::Parse => "parsing",
            Phase::Embed => "embedding",
            Phase::Write => "writing",
            Phase::Refresh => "indexing",
        };
        let (done, total) = *state;
        self.told.report(done, Some(total).filter(|total| *total > 0), what);
    }
}

impl Progress for Steps {
    fn begin(&self, phase: Phase, total: u64) {
        self.tell(phase, |state| *state = (0, total));
    }

    fn advance(&self, phase: Phase, by: u64) {
        self.tell(phase, |state| state.0 += by);
    }

    fn end(&self, _phase: Phase) {}
}

//! Questions of agents as calls of the library.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use zen_indexer::ZenError;
use zen_mcp::{
    Backend, BackendError, Direction, DocHits, DocSearch, IndexRequest, Indexed, PackageFilter, Packages, Progress,
    ReferenceSearch, References, Rows, SearchMode, SqlQuery, SymbolHits, SymbolLookup, SymbolSearch, Symbols,
};
use zen_search::{
    Filter, Mode, ReferenceRequest, SearchError, SearchRequest, SearchResults, Searcher, SourceRequest, SymbolRequest,
    Unanswered, Versions, What, Within,
};

use super::answers;
use super::indexing::Writer;
use super::rows;

/// How long one statement may take.
const SQL_TIME: Duration = Duration::from_secs(30);

/// Lakes, searched, and one of them written to.
pub(super) struct LakeBackend {
    searcher: Arc<Searcher>,
    /// Where packages are indexed into; none where there are several lakes.
    writer: Option<Writer>,
}

impl LakeBackend {
    pub(super) fn new(searcher: Arc<Searcher>, writer: Option<Writer>) -> Self {
        Self { searcher, writer }
    }

    pub(super) async fn close(&self) {
        if let Some(writer) = &self.writer {
            writer.close().await;
        }
    }

    fn shows_lakes(&self) -> bool {
        self.searcher.lakes().are_several()
    }

    async fn search(&self, request: SearchRequest) -> Result<(SearchResults, bool, Vec<String>), BackendError> {
        // One more than is wanted tells whether there are more.
        let limit = request.limit;
        let request = SearchRequest { limit: limit + 1, ..request };
        let mut found = self.searcher.search(&request).await.map_err(failed)?;
        let more = found.hits.len() > limit;
        found.hits.truncate(limit);
        let mut notes = std::mem::take(&mut found.notes);
        notes.extend(unanswered(&found.unanswered));
        if !found.near.is_empty() {
            notes.push(format!("There is {}.", found.near.join(", ")));
        }
        Ok((found, more, notes))
    }
}

/// What counts.
fn filter(package: Option<String>, version: Option<String>, ecosystem: Option<zen_mcp::Ecosystem>) -> Filter {
    let mut filter = Filter { ecosystem: ecosystem.map(|one| one.as_str().to_owned()), ..Filter::default() };
    if let Some(package) = package {
        filter.set_package(&package);
    }
    if let Some(version) = version {
        filter.versions = Versions::Exactly(version);
    }
    filter
}

fn mode(mode: SearchMode) -> Mode {
    match mode {
        SearchMode::Hybrid => Mode::Hybrid,
        SearchMode::Text => Mode::Text,
        SearchMode::Vector => Mode::Vector,
        SearchMode::Name => Mode::Name,
    }
}

fn mode_used(mode: Mode) -> SearchMode {
    match mode {
        Mode::Hybrid => SearchMode::Hybrid,
        Mode::Text => SearchMode::Text,
        Mode::Vector => SearchMode::Vector,
        Mode::Name => SearchMode::Name,
    }
}

fn limit(limit: u32) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}

fn unanswered(all: &[Unanswered]) -> impl Iterator<Item = String> {
    all.iter().map(|one| format!("Lake {} was left out: {}.", one.lake, one.reason))
}

/// A failure as agents are told of it.
pub(super) fn failed(error: SearchError) -> BackendError {
    let hint = error.hint().map_or_else(String::new, |hint| format!("; {hint}"));
    match error {
        SearchError::Request { problem, .. } => BackendError::Failed { what: format!("{problem}{hint}"), source: None },
        SearchError::Zen(ZenError::NoLake { .. }) => {
            BackendError::NotFound { what: "nothing is indexed yet; index_package adds a package".into() }
        }
        SearchError::Slow { .. } | SearchError::NoneAnswered { .. } => {
            BackendError::Unavailable { what: format!("{error}{hint}"), source: None }
        }
        error => BackendError::Failed { what: format!("{error}{hint}"), source: None },
    }
}

#[async_trait]
impl Backend for LakeBackend {
    async fn search_symbols(&self, request: SymbolSearch) -> Result<SymbolHits, BackendError> {
        let mut filter = filter(request.package, request.version, request.ecosystem);
        filter.kinds.extend(request.kind.map(|kind| kind.as_str().to_owned()));
        filter.language = request.language.map(|language| language.as_str().to_owned());
        let wanted = SearchRequest {
            query: request.query,
            mode: mode(request.mode),
            within: Within::Symbols,
            filter,
            limit: limit(request.limit),
        };
        let (found, more, notes) = self.search(wanted).await?;
        let shows_lakes = self.shows_lakes();
        let hits = found.hits.into_iter().filter_map(|hit| answers::symbol_hit(hit, shows_lakes)).collect();
        Ok(SymbolHits { hits, mode: mode_used(found.mode_used), more, notes })
    }

    async fn search_docs(&self, request: DocSearch) -> Result<DocHits, BackendError> {
        let wanted = SearchRequest {
            query: request.query,
            mode: mode(request.mode),
            within: Within::Docs,
            filter: filter(request.package, request.version, request.ecosystem),
            limit: limit(request.limit),
        };
        let (found, more, notes) = self.search(wanted).await?;
        let shows_lakes = self.shows_lakes();
        let hits = found.hits.into_iter().filter_map(|hit| match &hit.what {
            What::Doc(doc) => Some(answers::doc_hit(doc.clone(), &hit, shows_lakes)),
            What::Symbol(_) => None,
        });
        Ok(DocHits { hits: hits.collect(), mode: mode_used(found.mode_used), more, notes })
    }

    async fn get_symbol(&self, request: SymbolLookup) -> Result<Symbols, BackendError> {
        let mut filter = filter(request.package, request.version, request.ecosystem);
        filter.kinds.extend(request.kind.map(|kind| kind.as_str().to_owned()));
        let project = std::env::current_dir().map_err(|source| BackendError::Failed {
            what: "the folder that this server runs in is gone".into(),
            source: Some(Box::new(source)),
        })?;
        let wanted = SymbolRequest {
            symbol: request.symbol,
            filter,
            limit: limit(request.limit),
            source: Some(SourceRequest {
                project,
                context: limit(request.context),
                from_line: request.from_line.map(limit),
            }),
        };
        let found = self.searcher.show(&wanted).await.map_err(failed)?;
        let notes = unanswered(&found.unanswered).collect();
        let shows_lakes = self.shows_lakes();
        let symbols = found.symbols.into_iter().map(|shown| answers::details(shown, shows_lakes)).collect();
        Ok(Symbols { symbols, more: found.more > 0, notes })
    }

    async fn find_references(&self, request: ReferenceSearch) -> Result<References, BackendError> {
        let most = limit(request.limit);
        let wanted = ReferenceRequest {
            symbol: request.symbol,
            callers: request.direction != Direction::Callees,
            callees: request.direction != Direction::Callers,
            relations: Vec::new(),
            filter: filter(request.package, request.version, request.ecosystem),
            limit: most,
        };
        let found = self.searcher.references(&wanted).await.map_err(failed)?;
        Ok(answers::references(found, most, self.shows_lakes()))
    }

    async fn list_packages(&self, request: PackageFilter) -> Result<Packages, BackendError> {
        let found = match self.searcher.packages().await {
            Err(SearchError::Zen(ZenError::NoLake { .. })) => return Ok(Packages::default()),
            found => found.map_err(failed)?,
        };
        let notes = unanswered(&found.unanswered).collect();
        let part = request.filter.map(|part| part.to_lowercase());
        let fits = |package: &zen_indexer::model::IndexedPackage| {
            part.as_ref().is_none_or(|part| package.name.to_lowercase().contains(part.as_str()))
                && request.ecosystem.is_none_or(|one| one.as_str() == package.ecosystem)
        };
        let fitting = found.packages.into_iter().filter(|listed| fits(&listed.package));
        let mut packages: Vec<_> = fitting.map(|listed| answers::package(listed, self.shows_lakes())).collect();
        let more = packages.len() > limit(request.limit);
        packages.truncate(limit(request.limit));
        Ok(Packages { packages, more, notes })
    }

    async fn index_package(&self, request: IndexRequest, progress: Progress) -> Result<Indexed, BackendError> {
        match &self.writer {
            Some(writer) => writer.index(request, progress).await,
            None => Err(BackendError::Refused {
                what: "this server reads several lakes and writes to none; start it with one lake to index packages"
                    .into(),
            }),
        }
    }

    async fn query(&self, request: SqlQuery) -> Result<Rows, BackendError> {
        let found = self.searcher.sql(&request.sql, limit(request.limit), SQL_TIME).await.map_err(rows::refused)?;
        let notes = unanswered(&found.unanswered).collect();
        rows::rows(&found, notes)
    }

    fn about(&self) -> Option<String> {
        let names: Vec<&str> = self.searcher.lakes().names().collect();
        Some(match names[..] {
            [one] => format!("This index is the lake '{one}'."),
            _ => format!(
                "This index is several lakes, searched together: {}. In SQL, put a lake's name before the schema.",
                names.join(", ")
            ),
        })
    }
}

//! A backend whose calls go as a test wants them to.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Notify;
use zen_mcp::{
    Backend, BackendError, DocHits, DocSearch, IndexRequest, Indexed, PackageFilter, Packages, Progress,
    ReferenceSearch, References, Rows, SqlQuery, SymbolHits, SymbolLookup, SymbolSearch, Symbols,
};

/// `index_package` never ends, `find_references` waits to be released, `list_packages` takes a minute, `get_symbol` panics,
/// `query` cannot reach its lake, and searches find nothing.
#[derive(Default)]
pub(crate) struct Odd {
    /// Indexing or a search for references has begun.
    pub(crate) begun: Arc<Notify>,
    /// Indexing was dropped.
    pub(crate) dropped: Arc<Notify>,
    /// References may be found.
    pub(crate) released: Arc<Notify>,
    pub(crate) listed: AtomicBool,
}

struct TellsWhenDropped(Arc<Notify>);

impl Drop for TellsWhenDropped {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

#[async_trait]
impl Backend for Odd {
    async fn search_symbols(&self, request: SymbolSearch) -> Result<SymbolHits, BackendError> {
        Ok(SymbolHits { hits: Vec::new(), mode: request.mode, more: false, notes: Vec::new() })
    }

    async fn search_docs(&self, request: DocSearch) -> Result<DocHits, BackendError> {
        Ok(DocHits { hits: Vec::new(), mode: request.mode, more: false, notes: Vec::new() })
    }

    async fn get_symbol(&self, request: SymbolLookup) -> Result<Symbols, BackendError> {
        panic!("{}", request.symbol)
    }

    async fn find_references(&self, _: ReferenceSearch) -> Result<References, BackendError> {
        self.begun.notify_one();
        self.released.notified().await;
        Ok(References::default())
    }

    async fn list_packages(&self, _: PackageFilter) -> Result<Packages, BackendError> {
        tokio::time::sleep(Duration::from_secs(60)).await;
        self.listed.store(true, Ordering::SeqCst);
        Ok(Packages::default())
    }

    async fn index_package(&self, _: IndexRequest, progress: Progress) -> Result<Indexed, BackendError> {
        let _held = TellsWhenDropped(Arc::clone(&self.dropped));
        progress.report(1, None, "begun");
        self.begun.notify_one();
        std::future::pending().await
    }

    async fn query(&self, _: SqlQuery) -> Result<Rows, BackendError> {
        let source = std::io::Error::new(std::io::ErrorKind::ConnectionRefused, "connection refused");
        Err(BackendError::Unavailable { what: "cannot open the lake".into(), source: Some(source.into()) })
    }
}

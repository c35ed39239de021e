//! Footers kept in memory.

use std::sync::Arc;

use datafusion::common::TableReference;
use datafusion::execution::cache::default_cache::DefaultCache;
use datafusion::execution::cache::{Cache, CacheKey, CacheValue};
use object_store::path::Path;

use super::footer::Footer;

/// Decoded footers of data and delete files, bounded by their size in memory; the least recently used go first.
///
/// Files of a lake are written once under a name of their own, so an entry never goes stale. Clones share the entries.
#[derive(Clone)]
pub struct FooterCache {
    entries: Arc<DefaultCache<FooterKey, FooterValue>>,
}

impl FooterCache {
    /// A cache of at most `bytes` bytes.
    pub fn new(bytes: usize) -> Self {
        Self { entries: Arc::new(DefaultCache::new(bytes).with_name("FooterCache")) }
    }

    /// Number of footers held.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether no footer is held.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn load(&self, key: &FooterKey) -> Option<Arc<Footer>> {
        self.entries.get(key).map(|value| value.0)
    }

    pub(super) fn store(&self, key: &FooterKey, footer: Arc<Footer>) {
        self.entries.put(key, FooterValue(footer));
    }
}

impl Default for FooterCache {
    /// 64 MiB.
    fn default() -> Self {
        Self::new(64 << 20)
    }
}

impl std::fmt::Debug for FooterCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FooterCache")
            .field("footers", &self.len())
            .field("bytes", &self.entries.memory_used())
            .field("limit", &self.entries.cache_limit())
            .finish()
    }
}

/// A file: the store it is in, its path there, and the size its catalog states.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct FooterKey {
    pub(super) store: Arc<str>,
    pub(super) path: Path,
    pub(super) stated_size: Option<u64>,
}

impl CacheKey for FooterKey {
    fn size(&self) -> usize {
        size_of::<Self>() + self.path.as_ref().len()
    }

    fn table_ref(&self) -> Option<&TableReference> {
        None
    }
}

#[derive(Clone)]
struct FooterValue(Arc<Footer>);

impl CacheValue for FooterValue {
    fn size(&self) -> usize {
        self.0.memory_size()
    }
}

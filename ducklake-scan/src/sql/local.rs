//! What a session has of its own: variables, settings, prepared statements, tables in memory.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use datafusion::scalar::ScalarValue;

use super::embed::Embedder;
use super::memory::MemoryCatalog;
use super::settings::Settings;

/// State that no lake knows of. Shared with the session's own SQL functions.
#[derive(Debug, Default)]
pub(crate) struct LocalState {
    /// Tables in memory.
    pub(crate) memory: MemoryCatalog,
    values: RwLock<Values>,
}

#[derive(Debug, Default)]
struct Values {
    embedder: Option<Arc<dyn Embedder>>,
    variables: HashMap<String, ScalarValue>,
    settings: Settings,
    prepared: HashMap<String, Arc<str>>,
}

impl LocalState {
    fn with<T>(&self, f: impl FnOnce(&mut Values) -> T) -> T {
        f(&mut self.values.write().unwrap_or_else(PoisonError::into_inner))
    }

    /// `SET VARIABLE`; NULL is a value.
    pub(crate) fn set_variable(&self, name: &str, value: ScalarValue) {
        self.with(|v| v.variables.insert(name.to_lowercase(), value));
    }

    /// `RESET VARIABLE`.
    pub(crate) fn reset_variable(&self, name: &str) {
        self.with(|v| v.variables.remove(&name.to_lowercase()));
    }

    /// `getvariable(name)`: NULL where there is none.
    pub(crate) fn variable(&self, name: &str) -> ScalarValue {
        self.with(|v| v.variables.get(&name.to_lowercase()).cloned()).unwrap_or(ScalarValue::Null)
    }

    /// Reads or changes the settings.
    pub(crate) fn settings<T>(&self, f: impl FnOnce(&mut Settings) -> T) -> T {
        self.with(|v| f(&mut v.settings))
    }

    /// What `embed` asks from now on.
    pub(crate) fn set_embedder(&self, embedder: Arc<dyn Embedder>) {
        self.with(|v| v.embedder = Some(embedder));
    }

    /// What `embed` asks.
    pub(crate) fn embedder(&self) -> Option<Arc<dyn Embedder>> {
        self.with(|v| v.embedder.clone())
    }

    /// `PREPARE name AS sql`.
    pub(crate) fn prepare(&self, name: &str, sql: &str) {
        self.with(|v| v.prepared.insert(name.to_lowercase(), sql.into()));
    }

    /// The text of a prepared statement.
    pub(crate) fn prepared(&self, name: &str) -> Option<Arc<str>> {
        self.with(|v| v.prepared.get(&name.to_lowercase()).cloned())
    }

    /// `DEALLOCATE name`; `false` where there is none.
    pub(crate) fn deallocate(&self, name: &str) -> bool {
        self.with(|v| v.prepared.remove(&name.to_lowercase()).is_some())
    }
}

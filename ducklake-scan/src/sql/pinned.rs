//! The catalogs of one statement: what it names, loaded beforehand and pinned to snapshots.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::catalog::{CatalogProvider, CatalogProviderList, SchemaProvider, TableProvider};
use datafusion::error::Result;

/// A table of a statement's catalogs.
pub(crate) type PinnedObject = Arc<dyn TableProvider>;

/// Catalog name to schema name to table name.
#[derive(Debug, Clone, Default)]
pub(crate) struct PinnedLakes {
    catalogs: BTreeMap<String, Arc<PinnedCatalog>>,
}

#[derive(Debug, Clone, Default)]
struct PinnedCatalog {
    schemas: BTreeMap<String, Arc<PinnedSchema>>,
}

#[derive(Debug, Clone, Default)]
struct PinnedSchema {
    tables: HashMap<String, PinnedObject>,
}

impl PinnedLakes {
    /// Adds a table under its full name.
    pub(crate) fn add(&mut self, name: &[String; 3], object: PinnedObject) {
        self.add_schema(&name[0], &name[1]);
        if let Some(catalog) = self.catalogs.get_mut(&name[0])
            && let Some(schema) = Arc::make_mut(catalog).schemas.get_mut(&name[1])
        {
            Arc::make_mut(schema).tables.insert(name[2].clone(), object);
        }
    }

    /// Adds a schema, empty where it is new.
    pub(crate) fn add_schema(&mut self, catalog: &str, schema: &str) {
        let catalog = self.catalogs.entry(catalog.to_string()).or_default();
        Arc::make_mut(catalog).schemas.entry(schema.to_string()).or_default();
    }
}

impl CatalogProviderList for PinnedLakes {
    fn register_catalog(&self, _name: String, _catalog: Arc<dyn CatalogProvider>) -> Option<Arc<dyn CatalogProvider>> {
        None
    }

    fn catalog_names(&self) -> Vec<String> {
        self.catalogs.keys().cloned().collect()
    }

    fn catalog(&self, name: &str) -> Option<Arc<dyn CatalogProvider>> {
        self.catalogs.get(name).map(|c| Arc::clone(c) as _)
    }
}

impl CatalogProvider for PinnedCatalog {
    fn schema_names(&self) -> Vec<String> {
        self.schemas.keys().cloned().collect()
    }

    fn schema(&self, name: &str) -> Option<Arc<dyn SchemaProvider>> {
        self.schemas.get(name).map(|s| Arc::clone(s) as _)
    }
}

#[async_trait]
impl SchemaProvider for PinnedSchema {
    fn table_names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.tables.keys().cloned().collect();
        names.sort();
        names
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        Ok(self.tables.get(name).cloned())
    }

    fn table_exist(&self, name: &str) -> bool {
        self.tables.contains_key(name)
    }
}

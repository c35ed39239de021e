//! A lake as a catalog of any DataFusion `SessionContext`.

use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use datafusion::catalog::{CatalogProvider, SchemaProvider, TableProvider};
use datafusion::prelude::SessionContext;

use crate::error::Result;
use crate::lake::{Lake, LakeView, SnapshotSelector};
use crate::session::Session;

/// A lake's schemas and tables under one catalog name: `lake.schema.table`.
///
/// Tables are looked up at the moment a statement names them, at the snapshot the catalog was made for (the newest,
/// unless another was asked for). A statement over several tables may so see two snapshots; where that matters, use a
/// [`Session`], or register the lake at a version. Listings (`information_schema`) are those of the last lookup.
#[derive(Debug, Clone)]
pub struct LakeCatalog {
    parts: Arc<Parts>,
}

#[derive(Debug)]
struct Parts {
    name: String,
    lake: Lake,
    selector: SnapshotSelector,
    view: RwLock<LakeView>,
    /// Plans views.
    session: Session,
}

impl LakeCatalog {
    /// The catalog of a lake under a name, at a snapshot.
    ///
    /// # Errors
    /// [`crate::LakeError::Catalog`] where there is no such snapshot.
    pub async fn new(name: &str, lake: Lake, selector: SnapshotSelector) -> Result<Self> {
        let view = RwLock::new(lake.view(&selector).await?);
        let session = Session::new();
        session.attach(name, lake.clone()).await?;
        Ok(Self { parts: Arc::new(Parts { name: name.to_string(), lake, selector, view, session }) })
    }

    /// Looks the snapshot up again, so that listings show what is new.
    ///
    /// # Errors
    /// [`crate::LakeError::Catalog`] where the catalog cannot be read.
    pub async fn refresh(&self) -> Result<()> {
        self.parts.refresh().await.map(|_| ())
    }
}

impl Parts {
    fn view(&self) -> LakeView {
        self.view.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn refresh(&self) -> Result<LakeView> {
        let view = self.lake.view(&self.selector).await?;
        *self.view.write().unwrap_or_else(PoisonError::into_inner) = view.clone();
        Ok(view)
    }
}

impl Lake {
    /// Registers the lake as the catalog `name` of a context, following the newest snapshot.
    ///
    /// # Errors
    /// [`crate::LakeError::Catalog`] where the catalog cannot be read.
    pub async fn register(&self, context: &SessionContext, name: &str) -> Result<LakeCatalog> {
        let catalog = LakeCatalog::new(name, self.clone(), SnapshotSelector::Latest).await?;
        context.register_catalog(name, Arc::new(catalog.clone()));
        Ok(catalog)
    }
}

impl CatalogProvider for LakeCatalog {
    fn schema_names(&self) -> Vec<String> {
        self.parts.view().names.schemas.iter().map(|s| s.name.clone()).collect()
    }

    fn schema(&self, name: &str) -> Option<Arc<dyn SchemaProvider>> {
        let schema = self.parts.view().schema(name)?.name.clone();
        Some(Arc::new(LakeSchema { parts: Arc::clone(&self.parts), schema }))
    }
}

#[derive(Debug)]
struct LakeSchema {
    parts: Arc<Parts>,
    schema: String,
}

#[async_trait]
impl SchemaProvider for LakeSchema {
    fn table_names(&self) -> Vec<String> {
        let view = self.parts.view();
        let Some(schema) = view.schema(&self.schema) else { return Vec::new() };
        let tables = view.names.tables.iter().filter(|t| t.schema_id == schema.schema_id).map(|t| t.name.clone());
        let views = view.names.views.iter().filter(|v| v.schema_id == schema.schema_id).map(|v| v.name.clone());
        tables.chain(views).collect()
    }

    async fn table(&self, name: &str) -> datafusion::error::Result<Option<Arc<dyn TableProvider>>> {
        let view = self.parts.refresh().await?;
        Ok(self.parts.session.provider(&self.parts.name, &view, &self.schema, name).await?)
    }

    fn table_exist(&self, name: &str) -> bool {
        let view = self.parts.view();
        view.schema(&self.schema).is_some_and(|s| view.table(s, name).is_some() || view.view(s, name).is_some())
    }
}

//! What is in the lake.

use std::sync::Arc;

use arrow::array::RecordBatch;
use datafusion::dataframe::DataFrame;
use datafusion::prelude::{Expr, col, lit};
use serde::de::DeserializeOwned;

use super::write::{of_package, prepare, remove};
use super::{LAKE, ZenLake};
use crate::error::{Result, ZenError};
use crate::model::{ApiSymbol, IndexedPackage};

/// Which symbols are wanted: those that meet everything that is given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SymbolQuery {
    /// An id, its beginning (8 digits at least), or a name.
    pub id_or_name: String,
    /// Only of this ecosystem.
    pub ecosystem: Option<String>,
    /// Only of this package.
    pub package: Option<String>,
    /// Only of this version.
    pub version: Option<String>,
    /// Only of this kind.
    pub kind: Option<String>,
}

/// What [`ZenLake::remove`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Removed {
    /// How many versions.
    pub versions: u64,
    /// The new snapshot.
    pub snapshot: Option<i64>,
}

impl ZenLake {
    /// All package versions, sorted by ecosystem, name and time.
    ///
    /// # Errors
    /// Whatever the lake has to say.
    pub async fn packages(&self) -> Result<Vec<IndexedPackage>> {
        if !self.has_tables().await? {
            return Ok(Vec::new());
        }
        let order = ["ecosystem", "name", "indexed_at"].map(|name| col(name).sort(true, false)).to_vec();
        let frame = self.table("indexed_packages").await?.sort(order).map_err(query)?;
        self.rows("indexed_packages", frame).await
    }

    /// Whether exactly this version is there.
    ///
    /// # Errors
    /// Whatever the lake has to say.
    pub async fn has(&self, ecosystem: &str, name: &str, version: &str) -> Result<bool> {
        if !self.has_tables().await? {
            return Ok(false);
        }
        let wanted = of_package("name", ecosystem, name, Some(version));
        let frame = self.table("indexed_packages").await?.filter(wanted).map_err(query)?;
        Ok(frame.count().await.map_err(query)? > 0)
    }

    /// Symbols by id or name, without embeddings; names that are equal before those that differ in case.
    ///
    /// # Errors
    /// Whatever the lake has to say.
    pub async fn symbols(&self, wanted: &SymbolQuery) -> Result<Vec<ApiSymbol>> {
        if !self.has_tables().await? {
            return Ok(Vec::new());
        }
        let name = wanted.id_or_name.as_str();
        let is_id = name.len() >= 8 && name.chars().all(|c| c.is_ascii_hexdigit());
        let mut matching = datafusion::functions::string::expr_fn::lower(col("name")).eq(lit(name.to_lowercase()));
        if is_id {
            matching = matching.or(datafusion::functions::string::expr_fn::starts_with(col("id"), lit(name)));
        }
        let given = [
            ("ecosystem", &wanted.ecosystem),
            ("package", &wanted.package),
            ("version", &wanted.version),
            ("kind", &wanted.kind),
        ];
        let filter = given.into_iter().filter_map(|(name, value)| Some(col(name).eq(lit(value.as_deref()?))));
        let filter = filter.fold(matching, Expr::and);
        let order = ["ecosystem", "package", "version", "file_path", "line_start"];
        let order = order.map(|name| col(name).sort(true, false)).to_vec();
        let frame =
            self.table("api_symbols").await?.filter(filter).and_then(|found| found.sort(order)).map_err(query)?;
        let frame = frame.drop_columns(&["embedding"]).map_err(query)?;
        let mut symbols: Vec<ApiSymbol> = self.rows("api_symbols", frame).await?;
        symbols.sort_by_key(|symbol| symbol.name != name);
        Ok(symbols)
    }

    /// Removes a package: one version, or all of them.
    ///
    /// # Errors
    /// [`ZenError::NotFound`] where there is none, and whatever the lake has to say; then nothing has happened.
    pub async fn remove(&self, ecosystem: &str, name: &str, version: Option<&str>) -> Result<Removed> {
        let shown = match version {
            Some(version) => format!("{ecosystem}:{name}@{version}"),
            None => format!("{ecosystem}:{name}"),
        };
        let message = format!("remove {shown}");
        let package = Arc::new((ecosystem.to_owned(), name.to_owned(), version.map(str::to_owned), message));
        let _one_at_a_time = self.commits.lock().await;
        let (versions, snapshot) = self
            .lake
            .transact(10, |transaction| {
                let package = Arc::clone(&package);
                Box::pin(async move {
                    let (ecosystem, name, version, message) = &*package;
                    transaction.set_commit_info(Some("zen"), Some(message), None).await;
                    prepare(transaction).await?;
                    remove(transaction, ecosystem, name, version.as_deref()).await
                })
            })
            .await?;
        if versions == 0 {
            return Err(ZenError::NotFound { what: "package", name: shown });
        }
        Ok(Removed { versions, snapshot })
    }

    /// Whether anything was ever indexed.
    pub(crate) async fn has_tables(&self) -> Result<bool> {
        let view = self.lake.view(&ducklake_scan::SnapshotSelector::Latest).await?;
        Ok(view.schema("zen").is_some_and(|schema| view.table(schema, "indexed_packages").is_some()))
    }

    /// A table as a DataFrame.
    pub(crate) async fn table(&self, name: &str) -> Result<DataFrame> {
        Ok(self.session().await?.scan(&format!("{LAKE}.zen.{name}")).await?)
    }

    pub(super) async fn rows<T: DeserializeOwned>(&self, table: &'static str, frame: DataFrame) -> Result<Vec<T>> {
        let batches = frame.collect().await.map_err(query)?;
        structs(table, &batches)
    }
}

/// Batches of a table of `zen` as its rows' structs; columns that are not there have to be optional in these.
///
/// # Errors
/// [`ZenError::Rows`] where columns have other names or types.
pub fn structs<T: DeserializeOwned>(table: &'static str, batches: &[RecordBatch]) -> Result<Vec<T>> {
    let mut rows = Vec::new();
    for batch in batches {
        let next: Vec<T> = serde_arrow::from_record_batch(batch)
            .map_err(|error| ZenError::Rows { table, reason: error.message().to_string() })?;
        rows.extend(next);
    }
    Ok(rows)
}

pub(crate) fn query(error: datafusion::error::DataFusionError) -> ZenError {
    ZenError::Lake(error.into())
}

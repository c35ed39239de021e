//! Whole packages out of the lake, to be completed and put back.

use datafusion::functions_aggregate::expr_fn::count;
use datafusion::prelude::{col, lit};
use serde::{Deserialize, Serialize};

use super::find::query;
use super::write::of_package;
use super::{PackageRows, ZenLake};
use crate::error::{Result, ZenError};
use crate::model::ProjectDependency;

/// A package version without all of its embeddings.
#[derive(Debug, Serialize, Deserialize)]
struct Incomplete {
    ecosystem: String,
    package: String,
    version: String,
    missing: i64,
}

impl ZenLake {
    /// Everything that is known of one package version.
    ///
    /// # Errors
    /// [`ZenError::NotFound`], and whatever the lake has to say.
    pub async fn package_rows(&self, ecosystem: &str, name: &str, version: &str) -> Result<PackageRows> {
        let not_found = || ZenError::NotFound { what: "package", name: format!("{ecosystem}:{name}@{version}") };
        if !self.has_tables().await? {
            return Err(not_found());
        }
        // One session, one snapshot for each table; that they belong together is checked when the rows are put back.
        let package = self.table("indexed_packages").await?;
        let package = package.filter(of_package("name", ecosystem, name, Some(version))).map_err(query)?;
        let package = self.rows("indexed_packages", package).await?.pop().ok_or_else(not_found)?;
        let of = of_package("package", ecosystem, name, Some(version));
        let symbols = self.table("api_symbols").await?.filter(of.clone()).map_err(query)?;
        let chunks = self.table("doc_chunks").await?.filter(of.clone()).map_err(query)?;
        let refs = self.table("symbol_refs").await?.filter(of).map_err(query)?;
        Ok(PackageRows {
            package,
            symbols: self.rows("api_symbols", symbols).await?,
            chunks: self.rows("doc_chunks", chunks).await?,
            refs: self.rows("symbol_refs", refs).await?,
        })
    }

    /// Package versions in which some symbols or chunks have no embedding: ecosystem, name, version.
    ///
    /// # Errors
    /// Whatever the lake has to say.
    pub async fn without_embeddings(&self) -> Result<Vec<(String, String, String)>> {
        let mut found = Vec::new();
        if !self.has_tables().await? {
            return Ok(found);
        }
        for table in ["api_symbols", "doc_chunks"] {
            let groups = ["ecosystem", "package", "version"].map(col).to_vec();
            let frame = self.table(table).await?.filter(col("embedding").is_null()).map_err(query)?;
            let frame = frame.aggregate(groups, vec![count(lit(1_i64)).alias("missing")]).map_err(query)?;
            let rows: Vec<Incomplete> = self.rows(table, frame).await?;
            found.extend(rows.into_iter().map(|row| (row.ecosystem, row.package, row.version)));
        }
        found.sort();
        found.dedup();
        Ok(found)
    }

    /// What all projects depend on, as it was recorded.
    ///
    /// # Errors
    /// Whatever the lake has to say.
    pub async fn dependencies(&self) -> Result<Vec<ProjectDependency>> {
        if !self.has_tables().await? {
            return Ok(Vec::new());
        }
        let order = ["project", "ecosystem", "name"].map(|name| col(name).sort(true, false)).to_vec();
        let frame = self.table("project_dependencies").await?.sort(order).map_err(query)?;
        self.rows("project_dependencies", frame).await
    }
}

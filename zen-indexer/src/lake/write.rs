//! One package version, one transaction.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::FieldRef;
use datafusion::prelude::{Expr, col, lit};
use ducklake_scan::{AppendOptions, LakeTransaction};
use futures::future::BoxFuture;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_arrow::schema::{SchemaLike, TracingOptions};

use super::ZenLake;
use super::tables::{SCHEMA, TABLES};
use crate::error::{Result, ZenError};
use crate::model::{ApiSymbol, DocChunk, IndexedPackage, ProjectDependency, SymbolRef};

/// Rows that become one batch on their way into a table.
const BATCH_ROWS: usize = 16 * 1024;

/// Other processes that index at the same time may be quicker, each of them once per package.
const CONFLICT_RETRIES: u32 = 1000;

/// Everything that is known of one package version.
#[derive(Debug, Clone, PartialEq)]
pub struct PackageRows {
    /// The package itself.
    pub package: IndexedPackage,
    /// What it declares.
    pub symbols: Vec<ApiSymbol>,
    /// What it says.
    pub chunks: Vec<DocChunk>,
    /// What refers to what.
    pub refs: Vec<SymbolRef>,
}

/// What [`ZenLake::replace`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replaced {
    /// The new snapshot.
    pub snapshot: Option<i64>,
    /// Whether the version was there before.
    pub was_there: bool,
}

impl ZenLake {
    /// Puts a package version into the lake, in place of the copy that may be there, in one snapshot. Of several
    /// indexers of one version, the last one's copy stays, and there is never more than one.
    ///
    /// # Errors
    /// Whatever the lake has to say; then nothing has happened.
    pub async fn replace(&self, rows: Arc<PackageRows>) -> Result<Replaced> {
        self.replace_copy(rows, None).await
    }

    /// As [`ZenLake::replace`], if the copy that is there is still the one indexed at this time.
    ///
    /// # Errors
    /// [`ZenError::Overtaken`] where it is another by now.
    pub(crate) async fn complete(&self, rows: Arc<PackageRows>) -> Result<Replaced> {
        let indexed_at = rows.package.indexed_at.clone();
        self.replace_copy(rows, Some(indexed_at)).await
    }

    async fn replace_copy(&self, rows: Arc<PackageRows>, expected: Option<String>) -> Result<Replaced> {
        let batches = Arc::new(Batches::of(&rows)?);
        let _one_at_a_time = self.commits.lock().await;
        let (was_there, snapshot) = self
            .lake
            .transact(CONFLICT_RETRIES, |transaction| {
                replace(transaction, Arc::clone(&rows), Arc::clone(&batches), expected.clone())
            })
            .await?;
        match was_there {
            Some(was_there) => Ok(Replaced { snapshot, was_there }),
            None => Err(ZenError::Overtaken { package: rows.package.to_string() }),
        }
    }

    /// Records what a project depends on, in place of what was recorded before.
    ///
    /// # Errors
    /// Whatever the lake has to say; then nothing has happened.
    pub async fn record_dependencies(&self, project: &str, dependencies: &[ProjectDependency]) -> Result<Option<i64>> {
        let batches = Arc::new(batches("project_dependencies", dependencies)?);
        let project = project.to_owned();
        let (_, snapshot) = self
            .lake
            .transact(CONFLICT_RETRIES, |transaction| {
                let (batches, project) = (Arc::clone(&batches), project.clone());
                Box::pin(async move {
                    prepare(transaction).await?;
                    transaction.delete("zen.project_dependencies", col("project").eq(lit(project))).await?;
                    append(transaction, "zen.project_dependencies", &batches, true).await
                })
            })
            .await?;
        Ok(snapshot)
    }
}

/// The rows of a package as they are written.
struct Batches {
    package: Vec<RecordBatch>,
    symbols: Vec<RecordBatch>,
    chunks: Vec<RecordBatch>,
    refs: Vec<RecordBatch>,
}

impl Batches {
    fn of(rows: &PackageRows) -> Result<Self> {
        Ok(Self {
            package: batches("indexed_packages", std::slice::from_ref(&rows.package))?,
            symbols: batches("api_symbols", &rows.symbols)?,
            chunks: batches("doc_chunks", &rows.chunks)?,
            refs: batches("symbol_refs", &rows.refs)?,
        })
    }
}

/// Structs as batches of the struct's own columns.
pub(super) fn batches<T: Serialize + DeserializeOwned>(table: &'static str, rows: &[T]) -> Result<Vec<RecordBatch>> {
    let fail = |error: serde_arrow::Error| ZenError::Rows { table, reason: error.message().to_string() };
    let options = TracingOptions::default().sequence_as_large_list(false).strings_as_large_utf8(false);
    let fields = Vec::<FieldRef>::from_type::<T>(options).map_err(fail)?;
    rows.chunks(BATCH_ROWS).map(|rows| serde_arrow::to_record_batch(&fields, &rows).map_err(fail)).collect()
}

fn replace(
    transaction: &mut LakeTransaction,
    rows: Arc<PackageRows>,
    batches: Arc<Batches>,
    expected: Option<String>,
) -> BoxFuture<'_, ducklake_scan::Result<Option<bool>>> {
    Box::pin(async move {
        let package = &rows.package;
        let message = format!("index {package}");
        transaction.set_commit_info(Some("zen"), Some(&message), None).await;
        prepare(transaction).await?;
        // That the version is not there yet, or only once, must still hold when this is committed.
        transaction.guard("zen.indexed_packages").await?;
        if let Some(expected) = expected {
            let this = of_package("name", &package.ecosystem, &package.name, Some(&package.version));
            let same = this.and(col("indexed_at").eq(lit(expected)));
            if transaction.scan("zen.indexed_packages").await?.filter(same)?.count().await? == 0 {
                return Ok(None);
            }
        }
        let removed = remove(transaction, &package.ecosystem, &package.name, Some(&package.version)).await?;
        append(transaction, "zen.indexed_packages", &batches.package, true).await?;
        // However few they are: what is in the catalog would be indexed anew by every process that searches.
        append(transaction, "zen.api_symbols", &batches.symbols, false).await?;
        append(transaction, "zen.doc_chunks", &batches.chunks, false).await?;
        append(transaction, "zen.symbol_refs", &batches.refs, true).await?;
        Ok(Some(removed > 0))
    })
}

/// Makes what is missing of the tables and their search indexes.
pub(super) async fn prepare(transaction: &mut LakeTransaction) -> ducklake_scan::Result<()> {
    let view = transaction.view().await?;
    let schema = view.schema("zen").cloned();
    let missing = |name: &str| schema.as_ref().is_none_or(|schema| view.table(schema, name).is_none());
    let missing: Vec<_> = TABLES.iter().filter(|table| missing(table.name)).collect();
    if schema.is_none() {
        transaction.execute(SCHEMA).await?;
    }
    for statement in missing.iter().flat_map(|table| table.statements) {
        transaction.execute(statement).await?;
    }
    for (name, of) in TABLES.iter().flat_map(|table| table.indexes) {
        transaction.execute(&format!("CREATE INDEX IF NOT EXISTS {name} {of}")).await?;
    }
    Ok(())
}

async fn append(
    transaction: &mut LakeTransaction,
    table: &str,
    batches: &[RecordBatch],
    inline: bool,
) -> ducklake_scan::Result<()> {
    if batches.is_empty() {
        return Ok(());
    }
    let options = AppendOptions { inline, ..AppendOptions::default() };
    transaction.append(table, batches, &options).await.map(drop)
}

/// Removes a package's rows, of one version or of all; gives how many versions those were.
pub(super) async fn remove(
    transaction: &mut LakeTransaction,
    ecosystem: &str,
    name: &str,
    version: Option<&str>,
) -> ducklake_scan::Result<u64> {
    let removed = transaction.delete("zen.indexed_packages", of_package("name", ecosystem, name, version)).await?;
    if removed > 0 {
        for table in ["zen.api_symbols", "zen.doc_chunks", "zen.symbol_refs"] {
            transaction.delete(table, of_package("package", ecosystem, name, version)).await?;
        }
    }
    Ok(removed)
}

/// The rows of a package in a table where its name is in this column.
pub(super) fn of_package(name_column: &str, ecosystem: &str, name: &str, version: Option<&str>) -> Expr {
    let package = col("ecosystem").eq(lit(ecosystem)).and(col(name_column).eq(lit(name)));
    match version {
        Some(version) => package.and(col("version").eq(lit(version))),
        None => package,
    }
}

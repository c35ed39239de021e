//! A whole catalog from one database to another, in one transaction each: every metadata table and all inlined data, with
//! the types that the reference gives them there. Data files stay where they are.

mod checksum;
mod data_path;
mod inlined;
mod plan;
mod source;
mod target;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::catalog::Catalog;
use crate::driver::{Cell, DbTransaction};
use crate::error::{CatalogError, FailureKind};
use crate::uri::CatalogUri;
use checksum::Checksums;
use inlined::InlinedConversion;
use plan::{CopiedTable, Values};
use source::RowSource;
use target::Target;

/// How long the copy waits for others that write to the target.
const PATIENCE: Duration = Duration::from_secs(20);

/// How to copy a catalog.
#[derive(Debug, Clone, Default)]
pub struct CopyOptions {
    /// Schema of the metadata tables in the target, made where it does not exist; the database's default if absent.
    pub metadata_schema: Option<String>,
    /// The data path to record, as it is to be stored. Without it the recorded one stays; a relative one of a local
    /// folder becomes absolute, as it means another folder to a process that works elsewhere.
    pub data_path: Option<String>,
}

/// How far a copy has come, for others to look at.
#[derive(Debug, Default)]
pub struct CopyProgress {
    /// Tables to copy.
    pub table_count: AtomicU64,
    /// Tables copied.
    pub tables: AtomicU64,
    /// Rows copied.
    pub rows: AtomicU64,
    /// Rows read again from the target and found the same.
    pub verified: AtomicU64,
}

/// What a copy did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyReport {
    /// Tables of metadata and inlined data.
    pub tables: u64,
    /// Their rows.
    pub rows: u64,
    /// The data path that the copy records.
    pub data_path: String,
    /// The data path of the original, where that is another text.
    pub data_path_was: Option<String>,
}

/// Copies a catalog to a place that has none yet: a SQLite file that is made if need be, or a PostgreSQL database. The
/// rows are read back and compared before the transaction is committed. Ids, snapshots and data files stay what they are.
///
/// # Errors
/// `Exists` where there is a catalog already, `Unsupported` for a DuckDB file as the target and for rows that DuckDB would
/// not read there, `Invalid` where what was written differs from what was read; then, as with all other failures,
/// nothing is left of the copy.
pub async fn copy_catalog(
    from: &Catalog,
    to: &CatalogUri,
    options: &CopyOptions,
    progress: &CopyProgress,
) -> Result<CopyReport, CatalogError> {
    let data_path = data_path::of_copy(from, options)?;
    let mut target = Target::open(to, options.metadata_schema.as_deref()).await?;
    match copy_into(from, &mut target, data_path.as_deref(), progress).await {
        Ok(()) => target.commit().await?,
        Err(error) => {
            target.give_up().await;
            return Err(error);
        }
    }
    let stored = from.metadata().data_path.clone();
    let (path, was) = match data_path {
        Some(path) => (path, Some(stored)),
        None => (stored, None),
    };
    let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    let (tables, rows) = (count(&progress.tables), count(&progress.rows));
    Ok(CopyReport { tables, rows, data_path: path, data_path_was: was })
}

async fn copy_into(
    from: &Catalog,
    target: &mut Target,
    data_path: Option<&str>,
    progress: &CopyProgress,
) -> Result<(), CatalogError> {
    let mut tx = from.begin().await?;
    let tables = plan::tables(from, &mut tx, target.backend()).await?;
    progress.table_count.store(tables.len() as u64, Ordering::Relaxed);
    let mut copied = Vec::with_capacity(tables.len());
    for table in tables {
        target.create(&table).await?;
        let checksums = copy_rows(from, &mut tx, target, &table, data_path, progress).await?;
        progress.tables.fetch_add(1, Ordering::Relaxed);
        copied.push((table, checksums));
    }
    tx.finish().await;
    for (table, checksums) in copied {
        let found = verify_rows(target, &table, progress).await?;
        if let Some(difference) = checksums.difference(&found, &table) {
            let message = format!("the copy of {} differs from the original: {difference}", table.name);
            return Err(CatalogError::new(FailureKind::Invalid, message)
                .with_hint("nothing was kept of the copy; this is a bug, please report it with the column's type"));
        }
    }
    Ok(())
}

async fn copy_rows(
    from: &Catalog,
    tx: &mut DbTransaction,
    target: &mut Target,
    table: &CopiedTable,
    data_path: Option<&str>,
    progress: &CopyProgress,
) -> Result<Checksums, CatalogError> {
    let mut checksums = Checksums::new(table);
    let mut source = RowSource::open(tx, from.sql(), &table.name, &table.columns)?;
    while let Some(mut rows) = source.next().await? {
        if let Some(path) = data_path.filter(|_| table.name == "ducklake_metadata") {
            data_path::replace(table, &mut rows, path);
        }
        rows.retain(|row| !table.leaves_out(row));
        let count = rows.len() as u64;
        let rows = match &table.values {
            Values::Metadata => plan::convert(table, rows)?,
            Values::Inlined(inlined) => {
                InlinedConversion::new(inlined, target.backend()).convert(rows, &mut checksums)?
            }
        };
        if let Values::Metadata = table.values {
            rows.iter().try_for_each(|row| checksums.add_metadata(table, row))?;
        }
        target.insert(table, rows).await?;
        progress.rows.fetch_add(count, Ordering::Relaxed);
    }
    Ok(checksums)
}

async fn verify_rows(
    target: &mut Target,
    table: &CopiedTable,
    progress: &CopyProgress,
) -> Result<Checksums, CatalogError> {
    let mut checksums = Checksums::new(table);
    let backend = target.backend();
    let mut source = target.rows(table)?;
    while let Some(rows) = source.next().await? {
        progress.verified.fetch_add(rows.len() as u64, Ordering::Relaxed);
        match &table.values {
            Values::Metadata => rows.iter().try_for_each(|row| checksums.add_metadata(table, row))?,
            Values::Inlined(inlined) => {
                InlinedConversion::new(&inlined.in_target(table), backend).add(rows, &mut checksums)?;
            }
        }
    }
    Ok(checksums)
}

/// A row as a list of cells.
type CellRow = Vec<Cell>;

#[cfg(test)]
mod tests;

//! Data files, their deletes, statistics and partition values.
//!
//! Small tables are listed whole, with statistics, and pruned by the caller. Where a table has many files the listing
//! itself is narrowed in SQL by coarse ranges; that only ever drops files which the exact rules would drop too.

use std::collections::{HashMap, HashSet};

use crate::catalog::Catalog;
use crate::dialect::Comparable;
use crate::driver::{Cell, DbTransaction, Row};
use crate::duckdb::FileRows;
use crate::error::CatalogError;
use crate::sql::Sql;
use crate::tables::TableFacts;

/// A visible row of `ducklake_data_file` with the delete files that belong to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataFileRow {
    /// Id.
    pub data_file_id: i64,
    /// Path text.
    pub path: String,
    /// Whether it is relative to the table's folder.
    pub path_is_relative: bool,
    /// Format, `None` for Parquet.
    pub file_format: Option<String>,
    /// Physical rows, deletes not subtracted.
    pub record_count: Option<i64>,
    /// Size in bytes, a hint.
    pub file_size_bytes: Option<i64>,
    /// Size of the footer in bytes, a hint.
    pub footer_size: Option<i64>,
    /// Row id of the first row.
    pub row_id_start: Option<i64>,
    /// Partition spec of the file's partition values.
    pub partition_id: Option<i64>,
    /// Base64 key.
    pub encryption_key: Option<String>,
    /// Name mapping.
    pub mapping_id: Option<i64>,
    /// Snapshot that added the file.
    pub begin_snapshot: i64,
    /// Greatest snapshot of a row, for files with rows of several snapshots.
    pub partial_max: Option<i64>,
    /// The older form of that (formats up to 0.3): `partial_max:N` or `snapshot:rows|…`.
    pub partial_file_info: Option<String>,
    /// Delete files visible at the snapshot; the specification has at most one.
    pub delete_files: Vec<DeleteFileRow>,
}

/// A visible row of `ducklake_delete_file`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeleteFileRow {
    /// Id.
    pub delete_file_id: i64,
    /// Path text.
    pub path: String,
    /// Whether it is relative to the table's folder.
    pub path_is_relative: bool,
    /// `parquet` or `puffin`.
    pub format: Option<String>,
    /// Positions in the file, over all snapshots.
    pub delete_count: Option<i64>,
    /// Size in bytes, a hint.
    pub file_size_bytes: Option<i64>,
    /// Size of the footer in bytes, a hint.
    pub footer_size: Option<i64>,
    /// Base64 key.
    pub encryption_key: Option<String>,
    /// Snapshot that added the file.
    pub begin_snapshot: i64,
    /// Greatest deletion snapshot inside, where known.
    pub partial_max: Option<i64>,
}

/// A row of `ducklake_file_column_stats`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnStats {
    /// File.
    pub data_file_id: i64,
    /// Leaf column.
    pub column_id: i64,
    /// Compressed bytes.
    pub column_size_bytes: Option<i64>,
    /// Non-NULL values.
    pub value_count: Option<i64>,
    /// NULLs.
    pub null_count: Option<i64>,
    /// Lower bound as text.
    pub min_value: Option<String>,
    /// Upper bound as text.
    pub max_value: Option<String>,
    /// Whether NaN occurs (floats).
    pub contains_nan: Option<bool>,
}

/// How a [`ColumnRange`] is compared in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BoundComparison {
    /// Integers of up to 18 digits.
    Integer,
    /// Floating point numbers, among which NaN may be: bounds must be widened by the caller where they may be inexact.
    Float,
    /// Decimals, compared like floats.
    Decimal,
    /// Text, bytewise.
    Text,
    /// ISO dates and timestamps with four-digit years.
    IsoTime,
}

/// A condition `low <= column <= high`: files whose statistics exclude it are not listed.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnRange {
    /// Leaf column.
    pub column_id: i64,
    /// How bounds compare.
    pub comparison: BoundComparison,
    /// Lower end, inclusive.
    pub low: Option<Cell>,
    /// Upper end, inclusive.
    pub high: Option<Cell>,
}

/// What is needed of a table's files.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FileQuery {
    /// Columns whose statistics are wanted where the table is not too large.
    pub stats_columns: Vec<i64>,
    /// Ranges that the filter implies, used where the table has many files.
    pub ranges: Vec<ColumnRange>,
    /// Most files to list, where the caller needs no more (a limit without filter); by id.
    pub limit: Option<usize>,
}

/// Totals over a table's visible files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FileSummary {
    /// Visible data files.
    pub file_count: usize,
    /// Gross rows in them.
    pub record_count: i64,
    /// Whether a file has a name mapping.
    pub has_mapping: bool,
    /// Whether a file has partition values.
    pub has_partitions: bool,
}

/// The files of a table at a snapshot.
#[derive(Debug, Clone, Default)]
pub struct FileListing {
    /// Totals before any narrowing.
    pub summary: FileSummary,
    /// Whether this is all there is of the table's files, statistics of all columns included: good for any query.
    pub complete: bool,
    /// Files, narrowed in SQL where there are many, by id.
    pub files: Vec<DataFileRow>,
    /// Statistics by file id.
    pub stats: HashMap<i64, Vec<ColumnStats>>,
    /// Partition values by file id: (key index, value).
    pub partition_values: HashMap<i64, Vec<(i64, Option<String>)>>,
}

impl FileListing {
    fn ids(&self) -> HashSet<i64> {
        self.files.iter().map(|file| file.data_file_id).collect()
    }
}

/// Tables with more files than this are narrowed in SQL.
const MANY_FILES: usize = 2_000;
/// More rows of statistics than this are not fetched for one query.
const MANY_STATS: usize = 200_000;

pub(crate) const FILE_COLUMNS: [&str; 14] = [
    "data_file_id",
    "path",
    "path_is_relative",
    "file_format",
    "record_count",
    "file_size_bytes",
    "footer_size",
    "row_id_start",
    "partition_id",
    "encryption_key",
    "mapping_id",
    "begin_snapshot",
    "partial_max",
    "partial_file_info",
];
pub(crate) const DELETE_COLUMNS: [&str; 10] = [
    "delete_file_id",
    "path",
    "path_is_relative",
    "format",
    "delete_count",
    "file_size_bytes",
    "footer_size",
    "encryption_key",
    "begin_snapshot",
    "partial_max",
];
pub(crate) const STATS_COLUMNS: [&str; 8] = [
    "data_file_id",
    "column_id",
    "column_size_bytes",
    "value_count",
    "null_count",
    "min_value",
    "max_value",
    "contains_nan",
];

impl Catalog {
    pub(crate) async fn files_in(
        &self,
        tx: &mut DbTransaction,
        table: i64,
        snapshot: i64,
        query: &FileQuery,
        facts: &TableFacts,
    ) -> Result<FileListing, CatalogError> {
        let summary = self.summary_in(tx, table, snapshot).await?;
        let mut listing = FileListing { summary, ..FileListing::default() };
        if summary.file_count == 0 {
            listing.complete = true;
            return Ok(listing);
        }
        let many = summary.file_count > MANY_FILES;
        // Bounds of a column that had another type are text of that type.
        let ranges: Vec<ColumnRange> =
            query.ranges.iter().filter(|r| many && facts.has_one_type(r.column_id)).cloned().collect();
        let ranges = ranges.as_slice();
        listing.files = self.data_files_in(tx, table, snapshot, ranges, query.limit.filter(|_| many)).await?;
        if let Some(limit) = query.limit.filter(|_| many)
            && (facts.has_inlined_deletes || certain_rows(&listing.files, snapshot) < limit)
        {
            // Rows of the first files may be hidden, so they may be too few.
            listing.files = self.data_files_in(tx, table, snapshot, ranges, None).await?;
        }
        listing.complete = !many && summary.file_count.saturating_mul(facts.columns.len()) <= MANY_STATS;
        self.stats_in(tx, table, snapshot, query, ranges, many, &mut listing).await?;
        if summary.has_partitions
            && !listing.files.is_empty()
            && self.layout().has_table("ducklake_file_partition_value")
        {
            self.partition_values_in(tx, table, snapshot, many, &mut listing).await?;
        }
        Ok(listing)
    }

    async fn data_files_in(
        &self,
        tx: &mut DbTransaction,
        table: i64,
        snapshot: i64,
        ranges: &[ColumnRange],
        limit: Option<usize>,
    ) -> Result<Vec<DataFileRow>, CatalogError> {
        let rows = match FileRows::of(tx, self.schema(), table, snapshot) {
            Some(direct) => direct.list(self.layout().file_stats_table(), ranges.to_vec(), limit).await?,
            None => tx.query("listing data files", self.list_files(table, snapshot, ranges, limit)).await?,
        };
        let mut files: Vec<DataFileRow> = Vec::new();
        for mut row in rows {
            let mut file = DataFileRow {
                data_file_id: row.i64("data_file_id")?,
                path: row.text("a data file's path")?,
                path_is_relative: row.opt_bool().unwrap_or(true),
                file_format: row.opt_text(),
                record_count: row.opt_i64()?,
                file_size_bytes: row.opt_i64()?,
                footer_size: row.opt_i64()?,
                row_id_start: row.opt_i64()?,
                partition_id: row.opt_i64()?,
                encryption_key: row.opt_text(),
                mapping_id: row.opt_i64()?,
                begin_snapshot: row.i64("begin_snapshot")?,
                partial_max: row.opt_i64()?,
                partial_file_info: row.opt_text(),
                delete_files: Vec::new(),
            };
            let delete = row.opt_i64()?.map(|delete_file_id| -> Result<_, CatalogError> {
                Ok(DeleteFileRow {
                    delete_file_id,
                    path: row.text("a delete file's path")?,
                    path_is_relative: row.opt_bool().unwrap_or(true),
                    format: row.opt_text(),
                    delete_count: row.opt_i64()?,
                    file_size_bytes: row.opt_i64()?,
                    footer_size: row.opt_i64()?,
                    encryption_key: row.opt_text(),
                    begin_snapshot: row.i64("begin_snapshot")?,
                    partial_max: row.opt_i64()?,
                })
            });
            let delete = delete.transpose()?;
            match files.last_mut() {
                Some(last) if last.data_file_id == file.data_file_id => last.delete_files.extend(delete),
                _ => {
                    file.delete_files.extend(delete);
                    files.push(file);
                }
            }
        }
        Ok(files)
    }

    async fn summary_in(&self, tx: &mut DbTransaction, table: i64, snapshot: i64) -> Result<FileSummary, CatalogError> {
        let layout = self.layout();
        let mut sql = self.sql();
        sql.push("SELECT count(*), CAST(sum(f.record_count) AS BIGINT), max(");
        sql.push(&layout.column("ducklake_data_file", "f", "mapping_id")).push("), max(");
        sql.push(&layout.column("ducklake_data_file", "f", "partition_id")).push(") FROM ");
        sql.table("ducklake_data_file")
            .push(" f WHERE f.table_id = ")
            .bind(table)
            .push(" AND ")
            .visible_at("f", snapshot);
        let rows = match FileRows::of(tx, self.schema(), table, snapshot) {
            Some(direct) => direct.summary().await?,
            None => tx.query("counting data files", sql).await?,
        };
        let Some(mut row) = rows.into_iter().next() else { return Ok(FileSummary::default()) };
        Ok(FileSummary {
            file_count: row.opt_i64()?.and_then(|n| usize::try_from(n).ok()).unwrap_or_default(),
            record_count: row.opt_i64()?.unwrap_or_default(),
            has_mapping: row.opt_i64()?.is_some(),
            has_partitions: row.opt_i64()?.is_some(),
        })
    }

    fn list_files(&self, table: i64, snapshot: i64, ranges: &[ColumnRange], limit: Option<usize>) -> Sql<'_> {
        let layout = self.layout();
        let mut sql = self.sql();
        sql.push("SELECT ");
        layout.select(&mut sql, "ducklake_data_file", "f", &FILE_COLUMNS);
        sql.push(", ");
        layout.select(&mut sql, "ducklake_delete_file", "d", &DELETE_COLUMNS);
        sql.push(" FROM ").table("ducklake_data_file").push(" f LEFT JOIN ").table("ducklake_delete_file");
        sql.push(" d ON d.data_file_id = f.data_file_id AND d.table_id = ").bind(table);
        sql.push(" AND ").visible_at("d", snapshot);
        let stats_table = layout.file_stats_table().filter(|_| !ranges.is_empty());
        if let Some(stats_table) = stats_table {
            for (i, range) in ranges.iter().enumerate() {
                sql.push(" LEFT JOIN ").table(stats_table);
                sql.push(&format!(" s{i} ON s{i}.data_file_id = f.data_file_id AND s{i}.table_id = ")).bind(table);
                sql.push(&format!(" AND s{i}.column_id = ")).bind(range.column_id);
            }
        }
        sql.push(" WHERE f.table_id = ").bind(table).push(" AND ").visible_at("f", snapshot);
        if stats_table.is_some() {
            for (i, range) in ranges.iter().enumerate() {
                let kind = match range.comparison {
                    BoundComparison::Integer => Comparable::Integer,
                    BoundComparison::Float | BoundComparison::Decimal => Comparable::Float,
                    BoundComparison::Text => Comparable::Text,
                    BoundComparison::IsoTime => Comparable::IsoTime,
                };
                for (bound, operator, value) in [("max_value", "<", &range.low), ("min_value", ">", &range.high)] {
                    let Some(value) = value else { continue };
                    // COALESCE: an unknown or odd bound never drops a file.
                    sql.push(" AND NOT COALESCE(");
                    if !sql.compare(&format!("s{i}.{bound}"), operator, value.clone(), kind) {
                        sql.push("1 = 0");
                    }
                    if bound == "max_value" && range.comparison == BoundComparison::Float {
                        // NaN is above every number, but outside of the bounds (spec 8.7). SQLite has booleans as
                        // numbers or as text.
                        let contains_nan = layout.column(self.stats_name(), &format!("s{i}"), "contains_nan");
                        sql.push(&format!(" AND CAST({contains_nan} AS TEXT) IN ('0', 'false')"));
                    }
                    sql.push(", 1 = 0)");
                }
            }
        }
        sql.push(" ORDER BY f.data_file_id");
        if let Some(limit) = limit {
            sql.push(" LIMIT ").bind(i64::try_from(limit).unwrap_or(i64::MAX));
        }
        sql
    }

    fn stats_name(&self) -> &'static str {
        self.layout().file_stats_table().unwrap_or("ducklake_file_column_stats")
    }

    async fn stats_in(
        &self,
        tx: &mut DbTransaction,
        table: i64,
        snapshot: i64,
        query: &FileQuery,
        ranges: &[ColumnRange],
        many: bool,
        listing: &mut FileListing,
    ) -> Result<(), CatalogError> {
        let layout = self.layout();
        let Some(stats_table) = layout.file_stats_table().filter(|_| !listing.files.is_empty()) else { return Ok(()) };
        // Where the listing was narrowed, only what the filter needs again is fetched.
        let columns: Vec<i64> = match ranges {
            [] => query.stats_columns.clone(),
            ranges => ranges.iter().map(|r| r.column_id).collect(),
        };
        if !listing.complete && (columns.is_empty() || listing.files.len() * columns.len() > MANY_STATS) {
            return Ok(());
        }
        let mut sql = self.sql();
        sql.push("SELECT ");
        layout.select(&mut sql, stats_table, "s", &STATS_COLUMNS);
        sql.push(" FROM ").table(stats_table).push(" s WHERE s.table_id = ").bind(table);
        if !listing.complete {
            sql.push(" AND s.column_id IN ").list(columns.iter().copied());
        }
        self.restrict_to_listed(&mut sql, "s", table, snapshot, many, listing);
        let rows = match FileRows::of(tx, self.schema(), table, snapshot) {
            Some(direct) => direct.stats(stats_table, (!listing.complete).then_some(columns), listing.ids()).await?,
            None => tx.query("reading file statistics", sql).await?,
        };
        for mut row in rows {
            let stats = ColumnStats {
                data_file_id: row.i64("data_file_id")?,
                column_id: row.i64("column_id")?,
                column_size_bytes: row.opt_i64()?,
                value_count: row.opt_i64()?,
                null_count: row.opt_i64()?,
                min_value: row.opt_text(),
                max_value: row.opt_text(),
                contains_nan: row.opt_bool(),
            };
            listing.stats.entry(stats.data_file_id).or_default().push(stats);
        }
        Ok(())
    }

    async fn partition_values_in(
        &self,
        tx: &mut DbTransaction,
        table: i64,
        snapshot: i64,
        many: bool,
        listing: &mut FileListing,
    ) -> Result<(), CatalogError> {
        let mut sql = self.sql();
        sql.push("SELECT p.data_file_id, p.partition_key_index, p.partition_value FROM ");
        sql.table("ducklake_file_partition_value").push(" p WHERE p.table_id = ").bind(table);
        self.restrict_to_listed(&mut sql, "p", table, snapshot, many, listing);
        let rows = match FileRows::of(tx, self.schema(), table, snapshot) {
            Some(direct) => direct.partition_values(listing.ids()).await?,
            None => tx.query("reading partition values", sql).await?,
        };
        for mut row in rows {
            let file = row.i64("data_file_id")?;
            let value = (row.i64("partition_key_index")?, row.opt_text());
            listing.partition_values.entry(file).or_default().push(value);
        }
        Ok(())
    }

    /// Restricts rows that hang on a file to the files of the listing.
    fn restrict_to_listed(
        &self,
        sql: &mut Sql<'_>,
        alias: &str,
        table: i64,
        snapshot: i64,
        many: bool,
        listing: &FileListing,
    ) {
        sql.push(&format!(" AND {alias}.data_file_id IN "));
        if many && listing.files.len() <= MANY_FILES {
            sql.list(listing.files.iter().map(|f| f.data_file_id));
        } else {
            sql.push("(SELECT f.data_file_id FROM ")
                .table("ducklake_data_file")
                .push(" f WHERE f.table_id = ")
                .bind(table);
            sql.push(" AND ").visible_at("f", snapshot).push(")");
        }
    }
}

/// Rows that the files have at least at a snapshot.
fn certain_rows(files: &[DataFileRow], snapshot: i64) -> usize {
    let whole = files.iter().filter(|file| {
        let is_partial = file.partial_max.is_some_and(|max| max > snapshot) || file.partial_file_info.is_some();
        file.delete_files.is_empty() && !is_partial
    });
    let rows = whole.filter_map(|file| usize::try_from(file.record_count?).ok());
    rows.fold(0, usize::saturating_add)
}

/// Totals of one table's visible files, without inlined rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FileTotals {
    /// Data files.
    pub file_count: i64,
    /// Bytes of the data files.
    pub file_size_bytes: i64,
    /// Gross rows in the data files.
    pub record_count: i64,
    /// Delete files.
    pub delete_file_count: i64,
    /// Bytes of the delete files.
    pub delete_file_size_bytes: i64,
}

impl Catalog {
    /// Totals by table id: two statements.
    ///
    /// # Errors
    /// Database failures.
    pub async fn file_totals(&self, snapshot: i64) -> Result<HashMap<i64, FileTotals>, CatalogError> {
        let mut tx = self.begin().await?;
        let mut totals: HashMap<i64, FileTotals> = HashMap::new();
        for (table, counted) in [("ducklake_data_file", "record_count"), ("ducklake_delete_file", "delete_count")] {
            let mut sql = self.sql();
            sql.push("SELECT f.table_id, count(*), CAST(sum(f.file_size_bytes) AS BIGINT), CAST(sum(");
            sql.push(&self.layout().column(table, "f", counted)).push(") AS BIGINT) FROM ").table(table);
            sql.push(" f WHERE ").visible_at("f", snapshot).push(" GROUP BY f.table_id");
            for mut row in tx.query("counting files", sql).await? {
                let entry = totals.entry(row.i64("table_id")?).or_default();
                let (count, size) = (row.opt_i64()?.unwrap_or_default(), row.opt_i64()?.unwrap_or_default());
                if table == "ducklake_data_file" {
                    (entry.file_count, entry.file_size_bytes) = (count, size);
                    entry.record_count = row.opt_i64()?.unwrap_or_default();
                } else {
                    (entry.delete_file_count, entry.delete_file_size_bytes) = (count, size);
                }
            }
        }
        tx.finish().await;
        Ok(totals)
    }

    /// Every data file of a table that some snapshot may have, those that ended included: one statement.
    ///
    /// # Errors
    /// Database failures.
    pub async fn known_data_files(&self, table: i64) -> Result<Vec<KnownDataFile>, CatalogError> {
        let mut sql = self.sql();
        sql.push("SELECT f.data_file_id, f.path, ");
        sql.push(&self.layout().column("ducklake_data_file", "f", "path_is_relative")).push(", f.record_count FROM ");
        sql.table("ducklake_data_file").push(" f WHERE f.table_id = ").bind(table).push(" ORDER BY f.data_file_id");
        let rows = self.database().query("listing data files", sql).await?;
        let file = |mut row: Row| {
            Ok(KnownDataFile {
                data_file_id: row.i64("data_file_id")?,
                path: row.text("a data file's path")?,
                path_is_relative: row.opt_bool().unwrap_or(true),
                record_count: row.opt_i64()?,
            })
        };
        rows.into_iter().map(file).collect()
    }
}

/// A data file that the catalog still knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownDataFile {
    /// `data_file_id`.
    pub data_file_id: i64,
    /// Path, relative to the table's where `path_is_relative`.
    pub path: String,
    /// See `path`.
    pub path_is_relative: bool,
    /// Physical rows.
    pub record_count: Option<i64>,
}

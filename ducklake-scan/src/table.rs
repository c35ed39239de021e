//! A table of a lake at one snapshot, as DataFusion sees it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::sync::{Arc, OnceLock};

use arrow::array::RecordBatch;
use arrow::datatypes::{Field, FieldRef, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::config::TableParquetOptions;
use datafusion::common::stats::Precision;
use datafusion::common::{ColumnStatistics, DFSchema, ScalarValue, Statistics};
use datafusion::datasource::TableType;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::datasource::physical_plan::{FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::physical_plan::union::UnionExec;
use datafusion_datasource::TableSchema;
use datafusion_datasource::file_groups::FileGroup;
use ducklake_catalog::{ColumnStats, DataFileRow, DeleteFileRow, FileQuery, SchemaRow, TableRow, TableScanRows};
use ducklake_format::{Column, ColumnId, FormatError, paths};
use ducklake_storage::Located;
use roaring::RoaringTreemap;

use crate::adapt::{FileColumns, FileMapping, MappingNode, VirtualValue, row_number_field};
use crate::error::{LakeError, Result};
use crate::file_stats::{FileBounds, has_bounds};
use crate::inlined;
use crate::lake::{Lake, LakeView, same_name};
use crate::lake_file::{DeleteFormat, DeleteSource, FileState, LakeFile, PartialRows};
use crate::parquet::{FileKey, LakeReaderFactory, ReadFacts};
use crate::prune::{PartitionFacts, prune_files, ranges};
use crate::search::{self, Nearest};
use crate::source::{DuckLakeSource, PruningCounts, VIRTUAL_COLUMNS};
use crate::sql::names::similar;

/// A table pinned to one snapshot. Virtual columns (`rowid`, `snapshot_id`, `filename`, `file_row_number`,
/// `file_index`) are part of the schema only where they were asked for.
#[derive(Clone)]
pub struct LakeTable {
    lake: Lake,
    view: LakeView,
    schema_row: SchemaRow,
    row: TableRow,
    columns: Arc<Vec<Column>>,
    schema: SchemaRef,
    virtual_columns: Vec<&'static str>,
    /// Ids of the only files to read.
    only_files: Option<Arc<HashSet<i64>>>,
    /// The only rows to read.
    kept: Option<Arc<KeptRows>>,
    /// Whether rows are read that the snapshot does not see.
    is_physical: bool,
    /// What the rows are sorted and cut by above the scan: an index may say which of them are needed.
    nearest: Option<Arc<Nearest>>,
}

/// The rows to read, where an index or a list of them tells. Deletes hold as ever.
#[derive(Debug, Default)]
pub(crate) struct KeptRows {
    /// Positions by data file id, `None` for all; a file of which none is wanted is not opened.
    pub(crate) files: HashMap<i64, Option<Arc<RoaringTreemap>>>,
    /// Whether files that are not named above are read.
    pub(crate) other_files: bool,
    /// Whether rows that are in no file are read.
    pub(crate) inlined: bool,
    /// What EXPLAIN says of it.
    pub(crate) note: Option<Arc<str>>,
}

/// A file as the catalog describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileFacts {
    /// Full path.
    pub path: Arc<str>,
    /// Bytes.
    pub size: Option<i64>,
    /// Bytes of the footer.
    pub footer_size: Option<i64>,
    /// Base64 key, in encrypted lakes.
    pub encryption_key: Option<String>,
}

/// A data file with its delete file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableFile {
    /// The data file.
    pub data_file: FileFacts,
    /// Its delete file, if it has one.
    pub delete_file: Option<FileFacts>,
    /// Physical rows.
    pub record_count: Option<i64>,
    /// Snapshot that added the data file.
    pub begin_snapshot: i64,
}

impl fmt::Debug for LakeTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { schema_row, row, view, .. } = self;
        write!(f, "LakeTable({}.{} at {})", schema_row.name, row.name, view.snapshot.id)
    }
}

impl LakeTable {
    /// The table `name` of a schema at the view's snapshot; `None` where there is none.
    ///
    /// # Errors
    /// [`LakeError`] where its columns cannot be read.
    pub async fn load(lake: &Lake, view: &LakeView, schema: &str, name: &str) -> Result<Option<Self>> {
        let Some(schema_row) = view.schema(schema) else { return Ok(None) };
        let Some(row) = view.table(schema_row, name) else { return Ok(None) };
        let columns = lake.columns(view, row.table_id).await.map_err(|e| match e {
            // The format knows ids only.
            LakeError::Format(FormatError::InvalidColumns { problem, .. }) => LakeError::Invalid(format!(
                "the columns of table '{}.{}' are not valid: {problem}",
                schema_row.name, row.name
            )),
            other => other,
        })?;
        let schema = Arc::new(Column::schema(&columns));
        let (schema_row, row) = (schema_row.clone(), row.clone());
        Ok(Some(Self {
            lake: lake.clone(),
            view: view.clone(),
            schema_row,
            row,
            columns,
            schema,
            virtual_columns: Vec::new(),
            only_files: None,
            kept: None,
            is_physical: false,
            nearest: None,
        }))
    }

    /// The rows of another snapshot with this one's columns, from some of its files.
    pub(crate) fn rows_of(mut self, snapshot: i64, files: HashSet<i64>) -> Self {
        self.view.snapshot.id = snapshot;
        self.only_files = Some(Arc::new(files));
        self
    }

    /// With only these rows.
    pub(crate) fn keeping(mut self, rows: KeptRows) -> Self {
        self.kept = Some(Arc::new(rows));
        self
    }

    /// All rows that the data files have, whatever was deleted, and none that are elsewhere.
    pub(crate) fn physical(mut self) -> Self {
        self.is_physical = true;
        self
    }

    /// Tells what the rows are sorted by before they are cut.
    pub(crate) fn nearest_to(mut self, nearest: Nearest) -> Self {
        self.nearest = Some(Arc::new(nearest));
        self
    }

    pub(crate) fn nearest(&self) -> Option<&Arc<Nearest>> {
        self.nearest.as_ref()
    }

    /// Whether some rows were left out already.
    pub(crate) fn is_narrowed(&self) -> bool {
        self.kept.is_some() || self.is_physical || self.only_files.is_some()
    }

    /// The lake.
    pub(crate) fn lake(&self) -> &Lake {
        &self.lake
    }

    /// What the catalog has for a scan of the table, with all files.
    pub(crate) async fn all_rows(&self) -> Result<Arc<TableScanRows>> {
        self.lake.table_scan(&self.view, self.row.table_id, FileQuery::default()).await
    }

    /// Whether there may be rows that are in no file: the catalog's, or a transaction's own.
    pub(crate) async fn has_rows_outside_files(&self) -> Result<bool> {
        Ok(self.view.local.is_some() || !self.all_rows().await?.inlined.is_empty())
    }

    /// What the catalog has for a scan of the table at another snapshot.
    pub(crate) async fn scan_rows(&self, snapshot: i64) -> Result<Arc<TableScanRows>> {
        let mut view = self.view.clone();
        view.snapshot.id = snapshot;
        self.lake.table_scan(&view, self.row.table_id, FileQuery::default()).await
    }

    /// With these virtual columns at the end of the schema. A real column of the same name hides the virtual one.
    pub fn with_virtual_columns(mut self, names: &[&str]) -> Self {
        let mut fields: Vec<_> = self.schema.fields().iter().take(self.columns.len()).cloned().collect();
        self.virtual_columns.clear();
        for (name, data_type) in VIRTUAL_COLUMNS {
            let wanted = names.iter().any(|n| same_name(n, name));
            if wanted && !self.columns.iter().any(|c| same_name(&c.name, name)) {
                self.virtual_columns.push(name);
                fields.push(Arc::new(Field::new(name, data_type, true)));
            }
        }
        self.schema = Arc::new(Schema::new(fields));
        self
    }

    /// The virtual columns at the end of the schema.
    pub fn virtual_columns(&self) -> &[&'static str] {
        &self.virtual_columns
    }

    /// Columns with DuckLake types, without virtual ones.
    pub fn columns(&self) -> &Arc<Vec<Column>> {
        &self.columns
    }

    /// The catalog's row of the table.
    pub fn row(&self) -> &TableRow {
        &self.row
    }

    /// Name of the table's schema.
    pub fn schema_name(&self) -> &str {
        &self.schema_row.name
    }

    /// One of the table's own columns, exactly or else in any case.
    pub(crate) fn field(&self, name: &str) -> Result<FieldRef> {
        let own = &self.schema.fields()[..self.columns.len()];
        let found = own.iter().find(|f| f.name() == name).or_else(|| own.iter().find(|f| same_name(f.name(), name)));
        found.cloned().ok_or_else(|| LakeError::UnknownName {
            what: "column",
            name: name.to_string(),
            suggestions: similar(name, own.iter().map(|f| f.name().as_str())),
        })
    }

    /// The snapshot.
    pub fn view(&self) -> &LakeView {
        &self.view
    }

    /// All files at the snapshot with their full paths, by id: for listings.
    ///
    /// # Errors
    /// [`LakeError`] where the catalog cannot be read or holds unusable paths.
    pub async fn files(&self) -> Result<Vec<TableFile>> {
        let rows = self.lake.table_scan(&self.view, self.row.table_id, FileQuery::default()).await?;
        rows.listing
            .files
            .iter()
            .map(|row| {
                let data_file = FileFacts {
                    path: self.full_path(&row.path, row.path_is_relative)?,
                    size: row.file_size_bytes,
                    footer_size: row.footer_size,
                    encryption_key: row.encryption_key.clone(),
                };
                let delete_file = match row.delete_files.first() {
                    Some(delete) => Some(FileFacts {
                        path: self.full_path(&delete.path, delete.path_is_relative)?,
                        size: delete.file_size_bytes,
                        footer_size: delete.footer_size,
                        encryption_key: delete.encryption_key.clone(),
                    }),
                    None => None,
                };
                Ok(TableFile {
                    data_file,
                    delete_file,
                    record_count: row.record_count,
                    begin_snapshot: row.begin_snapshot,
                })
            })
            .collect()
    }

    fn file_query(&self, needed: &HashSet<usize>, filters: &[Expr], limit: Option<usize>) -> FileQuery {
        let mut stats_columns: Vec<i64> = self
            .columns
            .iter()
            .enumerate()
            .filter(|(index, column)| needed.contains(index) && has_bounds(column, &[]))
            .map(|(_, column)| column.id)
            .collect();
        stats_columns.sort_unstable();
        let limit = limit.filter(|_| filters.is_empty() && self.kept.is_none());
        FileQuery { stats_columns, ranges: ranges(filters, &self.columns), limit }
    }

    /// Full path of a file of this table.
    pub(crate) fn full_path(&self, path: &str, is_relative: bool) -> Result<Arc<str>> {
        let base = self.lake.data_path();
        let base = paths::resolve(base, self.schema_row.path.as_deref(), self.schema_row.path_is_relative)?;
        let base = paths::resolve(&base, self.row.path.as_deref(), self.row.path_is_relative)?;
        Ok(paths::resolve(&base, Some(path), is_relative)?.into())
    }

    /// The files with what a scan has to know of them.
    pub(crate) fn lake_files(&self, rows: &TableScanRows, keep: &[bool]) -> Result<Vec<LakeFile>> {
        let context = FileContext {
            table: self,
            stats: &rows.listing.stats,
            by_name: Arc::new(self.columns.iter().map(|c| (c.name.clone(), c.clone())).collect()),
            order: Arc::new(self.columns.iter().map(|c| c.id).collect()),
            mappings: MappingNode::trees(&rows.mappings)?,
            inlined_deletes: inlined_deletes(rows)?,
        };
        rows.listing
            .files
            .iter()
            .enumerate()
            .filter(|(index, _)| keep.get(*index).copied().unwrap_or(true))
            .map(|(index, row)| context.lake_file(index, row))
            .collect()
    }
}

/// Positions by file. A file's own positions are few: larger deletes go to delete files.
fn inlined_deletes(rows: &TableScanRows) -> Result<HashMap<i64, Vec<u64>>> {
    let mut by_file: HashMap<i64, Vec<u64>> = HashMap::new();
    for (file, position) in &rows.inlined_deletes {
        let position = u64::try_from(*position)
            .map_err(|_| LakeError::Invalid(format!("an inlined delete of file {file} has the position {position}")))?;
        by_file.entry(*file).or_default().push(position);
    }
    for positions in by_file.values_mut() {
        positions.sort_unstable();
        positions.dedup();
    }
    Ok(by_file)
}

struct FileContext<'a> {
    table: &'a LakeTable,
    stats: &'a HashMap<i64, Vec<ColumnStats>>,
    by_name: Arc<HashMap<String, Column>>,
    order: Arc<Vec<ColumnId>>,
    mappings: HashMap<i64, Arc<Vec<MappingNode>>>,
    inlined_deletes: HashMap<i64, Vec<u64>>,
}

impl FileContext<'_> {
    fn lake_file(&self, index: usize, row: &DataFileRow) -> Result<LakeFile> {
        let table = self.table;
        let snapshot = table.view.snapshot.id;
        let path = table.full_path(&row.path, row.path_is_relative)?;
        if row.file_format.as_deref().is_some_and(|f| !f.eq_ignore_ascii_case("parquet")) {
            let format = row.file_format.as_deref().unwrap_or_default();
            return Err(LakeError::not_supported(format!("the file format '{format}' of '{path}'")));
        }
        let mapping = match row.mapping_id {
            None => FileMapping::FieldIds,
            Some(id) => match self.mappings.get(&id) {
                Some(nodes) => FileMapping::Names(Arc::clone(nodes)),
                None => {
                    return Err(LakeError::Invalid(format!("file '{path}' names mapping {id}, which does not exist")));
                }
            },
        };
        let virtual_columns =
            table.virtual_columns.iter().map(|name| (*name, virtual_value(name, index, row, &path))).collect();
        let stats = self.stats.get(&row.data_file_id).map_or(&[][..], Vec::as_slice);
        let without_nan = stats.iter().filter(|s| s.contains_nan == Some(false)).map(|s| s.column_id).collect();
        let columns = FileColumns {
            columns: Arc::clone(&self.by_name),
            order: Arc::clone(&self.order),
            mapping,
            virtual_columns,
            without_nan,
            parquet_types: OnceLock::new(),
            path: Arc::clone(&path),
        };
        let key = self.key(row.encryption_key.as_deref(), &path)?;
        let facts = ReadFacts {
            key,
            record_count: count(row.record_count, "record_count", &path)?,
            size_known: row.file_size_bytes.is_some_and(|n| n > 0),
            footer_size: row.footer_size.and_then(|n| u64::try_from(n).ok()).filter(|n| *n > 0),
            display_path: Arc::clone(&path),
        };
        let kept = table.kept.as_ref().and_then(|kept| kept.files.get(&row.data_file_id).cloned().flatten());
        let (delete_files, inlined_deletes, partial) = match table.is_physical {
            true => (Vec::new(), Vec::new(), None),
            false => (
                row.delete_files.iter().map(|d| self.delete_source(d)).collect::<Result<_>>()?,
                self.inlined_deletes.get(&row.data_file_id).cloned().unwrap_or_default(),
                partial_rows(row, snapshot, &path)?,
            ),
        };
        Ok(LakeFile {
            columns: Arc::new(columns),
            located: table.lake.storage().locate(&path)?,
            size: count(row.file_size_bytes, "file_size_bytes", &path)?.unwrap_or_default(),
            facts,
            snapshot,
            delete_files,
            inlined_deletes,
            partial,
            kept,
            storage: table.lake.storage().clone(),
            cache: table.lake.footers().clone(),
            state: FileState::default(),
        })
    }

    fn key(&self, key: Option<&str>, path: &str) -> Result<Option<Arc<FileKey>>> {
        match key {
            Some(key) => {
                let key = FileKey::from_base64(key)
                    .map_err(|e| LakeError::Invalid(format!("the encryption key of '{path}' cannot be used: {e}")))?;
                Ok(Some(Arc::new(key)))
            }
            None if self.table.lake.catalog().metadata().encrypted => Err(LakeError::Invalid(format!(
                "the lake is encrypted, but file '{path}' has no encryption key in the catalog"
            ))),
            None => Ok(None),
        }
    }

    fn delete_source(&self, row: &DeleteFileRow) -> Result<DeleteSource> {
        let path = self.table.full_path(&row.path, row.path_is_relative)?;
        let format = match row.format.as_deref().map(str::to_ascii_lowercase).as_deref() {
            None | Some("parquet") => DeleteFormat::Parquet,
            Some("puffin") => DeleteFormat::Puffin,
            Some(other) => {
                return Err(LakeError::not_supported(format!("the delete file format '{other}' of '{path}'")));
            }
        };
        // Deletion vectors are never encrypted, whatever the lake.
        let key = if format == DeleteFormat::Parquet { self.key(row.encryption_key.as_deref(), &path)? } else { None };
        let size = count(row.file_size_bytes, "file_size_bytes", &path)?;
        let facts = ReadFacts {
            key,
            record_count: None,
            size_known: size.is_some_and(|n| n > 0),
            footer_size: row.footer_size.and_then(|n| u64::try_from(n).ok()).filter(|n| *n > 0),
            display_path: Arc::clone(&path),
        };
        Ok(DeleteSource { path, format, size, facts })
    }
}

fn count(value: Option<i64>, what: &str, path: &str) -> Result<Option<u64>> {
    value
        .map(|n| {
            u64::try_from(n).map_err(|_| LakeError::Invalid(format!("file '{path}' has the {what} {n} in the catalog")))
        })
        .transpose()
}

fn virtual_value(name: &str, index: usize, row: &DataFileRow, path: &str) -> VirtualValue {
    match name {
        "rowid" => VirtualValue::RowId { start: row.row_id_start },
        "snapshot_id" => VirtualValue::SnapshotId { begin: row.begin_snapshot, embedded: row.partial_max.is_some() },
        "filename" => VirtualValue::Constant(ScalarValue::Utf8View(Some(path.to_string()))),
        "file_index" => VirtualValue::Constant(ScalarValue::UInt64(Some(index as u64))),
        "_ducklake_internal_file_id" => VirtualValue::Constant(ScalarValue::Int64(Some(row.data_file_id))),
        _ => VirtualValue::FileRowNumber,
    }
}

/// Which rows of the file the snapshot sees (DuckLake spec, "Embedded columns" and "Old-catalog details").
fn partial_rows(row: &DataFileRow, snapshot: i64, path: &str) -> Result<Option<PartialRows>> {
    if let Some(max) = row.partial_max {
        return Ok((max > snapshot).then_some(PartialRows::EmbeddedSnapshot));
    }
    let Some(info) = row.partial_file_info.as_deref().filter(|i| !i.is_empty()) else { return Ok(None) };
    let invalid =
        || LakeError::Invalid(format!("file '{path}' has the partial_file_info '{info}', which cannot be understood"));
    if let Some(max) = info.strip_prefix("partial_max:") {
        let max: i64 = max.trim().parse().map_err(|_| invalid())?;
        return Ok((max > snapshot).then_some(PartialRows::EmbeddedSnapshot));
    }
    let mut first = 0;
    for part in info.split('|') {
        let (at, rows) = part.split_once(':').ok_or_else(invalid)?;
        let (at, rows): (i64, u64) =
            (at.trim().parse().map_err(|_| invalid())?, rows.trim().parse().map_err(|_| invalid())?);
        if at <= snapshot {
            first = first.max(rows);
        }
    }
    Ok(Some(PartialRows::First(first)))
}

#[async_trait]
impl TableProvider for LakeTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(
        &self,
        filters: &[&Expr],
    ) -> datafusion::error::Result<Vec<TableProviderFilterPushDown>> {
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> datafusion::error::Result<Arc<dyn ExecutionPlan>> {
        match search::narrow(self, state, filters).await? {
            Some(kept) => self.clone().keeping(kept).scan_rows_of(state, projection, filters, limit).await,
            None => self.scan_rows_of(state, projection, filters, limit).await,
        }
    }
}

impl LakeTable {
    async fn scan_rows_of(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> datafusion::error::Result<Arc<dyn ExecutionPlan>> {
        let predicate = match conjunction(filters.iter().cloned()) {
            Some(expr) => Some(state.create_physical_expr(expr, &DFSchema::try_from(Arc::clone(&self.schema))?)?),
            None => None,
        };
        let mut needed: HashSet<usize> = match projection {
            Some(projection) => projection.iter().copied().collect(),
            None => (0..self.schema.fields().len()).collect(),
        };
        for column in filters.iter().flat_map(Expr::column_refs) {
            needed.extend(self.schema.index_of(&column.name).ok());
        }
        let query = self.file_query(&needed, filters, limit);
        let rows = self.lake.table_scan(&self.view, self.row.table_id, query).await?;
        let scanned: Vec<Column> = needed.iter().filter_map(|i| self.columns.get(*i).cloned()).collect();
        let bounds = FileBounds::decode(&scanned, &rows.facts.columns, &rows.listing);
        let (mut keep, counts) = match &predicate {
            Some(predicate) => {
                let ordinals = self.lake.partitions_by_ordinal();
                let partitions = PartitionFacts::new(
                    &self.columns,
                    &rows.facts.columns,
                    &rows.facts.partition_specs,
                    &rows.listing,
                    ordinals,
                );
                prune_files(predicate, &self.schema, &rows.listing, &bounds, &partitions)
            }
            None => (
                vec![true; rows.listing.files.len()],
                PruningCounts { total: rows.listing.summary.file_count, ..PruningCounts::default() },
            ),
        };
        if let Some(only) = &self.only_files {
            for (keep, file) in keep.iter_mut().zip(&rows.listing.files) {
                *keep &= only.contains(&file.data_file_id);
            }
        }
        if let Some(kept) = &self.kept {
            for (keep, file) in keep.iter_mut().zip(&rows.listing.files) {
                *keep &= match kept.files.get(&file.data_file_id) {
                    Some(rows) => rows.as_ref().is_none_or(|rows| !rows.is_empty()),
                    None => kept.other_files,
                };
            }
        }
        let files = self.lake_files(&rows, &keep)?;
        let kept: Vec<usize> = (0..keep.len()).filter(|i| keep[*i]).collect();
        let mut scan = ScanBuilder {
            table: self,
            state,
            projection,
            bounds: &bounds,
            counts,
            limit: limit.filter(|_| filters.is_empty()),
        };
        let mut plans = scan.file_plans(&rows, kept, files)?;
        plans.extend(scan.inlined_plan(&rows)?);
        Ok(match plans.len() {
            0 => {
                let schema = match projection {
                    Some(projection) => Arc::new(self.schema.project(projection)?),
                    None => Arc::clone(&self.schema),
                };
                Arc::new(EmptyExec::new(schema))
            }
            1 => plans.swap_remove(0),
            _ => UnionExec::try_new(plans)?,
        })
    }
}

struct ScanBuilder<'a> {
    table: &'a LakeTable,
    state: &'a dyn Session,
    projection: Option<&'a Vec<usize>>,
    bounds: &'a FileBounds,
    counts: PruningCounts,
    /// Rows after which no further file is needed.
    limit: Option<usize>,
}

impl ScanBuilder<'_> {
    /// One plan for each store; nearly always there is one.
    fn file_plans(
        &mut self,
        rows: &TableScanRows,
        kept: Vec<usize>,
        files: Vec<LakeFile>,
    ) -> datafusion::error::Result<Vec<Arc<dyn ExecutionPlan>>> {
        let mut stores: BTreeMap<String, (Located, Vec<PartitionedFile>)> = BTreeMap::new();
        let mut certain_rows = 0_usize;
        for (index, file) in kept.into_iter().zip(files) {
            if self.limit.is_some_and(|limit| certain_rows >= limit) {
                break;
            }
            let statistics = self.file_statistics(index, &rows.listing.files[index], &file);
            if let Precision::Exact(n) = statistics.num_rows {
                certain_rows = certain_rows.saturating_add(n);
            }
            let mut partitioned = PartitionedFile::new("", file.size);
            partitioned.object_meta.location = file.located.path.clone();
            partitioned.metadata_size_hint =
                file.facts.footer_size.and_then(|n| usize::try_from(n).ok()).map(|n| n.saturating_add(8));
            let partitioned = partitioned.with_statistics(Arc::new(statistics)).with_extension(file.facts.clone());
            let located = file.located.clone();
            stores
                .entry(located.store_url.clone())
                .or_insert_with(|| (located, Vec::new()))
                .1
                .push(partitioned.with_extension(Arc::new(file)));
        }
        let counts = self.counts;
        stores
            .into_values()
            .enumerate()
            .map(|(i, (located, files))| {
                // Counted once where a table is in several stores.
                self.file_plan(&located, files, if i == 0 { counts } else { PruningCounts::default() })
            })
            .collect()
    }

    fn file_plan(
        &self,
        located: &Located,
        files: Vec<PartitionedFile>,
        counts: PruningCounts,
    ) -> datafusion::error::Result<Arc<dyn ExecutionPlan>> {
        let url = ObjectStoreUrl::parse(self.table.lake.store_url(&located.store_url))?;
        self.state.runtime_env().register_object_store(url.as_ref(), Arc::clone(&located.store));
        let virtual_names: HashSet<String> = self.table.virtual_columns.iter().map(ToString::to_string).collect();
        let mut schema = TableSchema::builder(Arc::clone(&self.table.schema));
        if self.table.virtual_columns.iter().any(|name| matches!(*name, "rowid" | "file_row_number")) {
            schema = schema.with_virtual_columns(vec![row_number_field()]);
        }
        let schema = schema.build();
        let mut options = TableParquetOptions {
            global: self.state.config_options().execution.parquet.clone(),
            ..TableParquetOptions::default()
        };
        if options.global.coerce_int96.is_none() {
            // Files from elsewhere may have the old timestamps, whose nanoseconds do not reach far.
            options.global.coerce_int96 = Some("us".to_string());
        }
        let inner = ParquetSource::new(schema.clone()).with_table_parquet_options(options);
        let readers = LakeReaderFactory::new(
            Arc::clone(&located.store),
            located.store_url.as_str(),
            self.table.lake.footers().clone(),
        );
        let note = self.table.kept.as_ref().and_then(|kept| kept.note.clone());
        let source = Arc::new(DuckLakeSource::new(inner, readers, Arc::new(virtual_names), counts).with_note(note));
        let groups = FileGroup::new(files).split_files(self.state.config().target_partitions().max(1));
        let (groups, statistics) = datafusion_datasource::compute_all_files_statistics(
            groups,
            Arc::clone(schema.table_schema()),
            true,
            false,
        )?;
        let all: Vec<usize> = (0..self.table.schema.fields().len()).collect();
        let config = FileScanConfigBuilder::new(url, source)
            .with_file_groups(groups)
            .with_statistics(statistics)
            .with_projection_indices(Some(self.projection.cloned().unwrap_or(all)))?
            .with_limit(self.limit)
            .build();
        Ok(DataSourceExec::from_data_source(config))
    }

    /// What is certain of a file, and what is merely likely (DuckLake spec, "Counting" and "Statistics").
    fn file_statistics(&self, index: usize, row: &DataFileRow, file: &LakeFile) -> Statistics {
        let record_count = row.record_count.and_then(|n| usize::try_from(n).ok());
        let whole = !file.hides_rows();
        let at_head = self.table.view.snapshot.id == self.table.view.head;
        let num_rows = match (record_count, row.delete_files.as_slice()) {
            (None, _) => Precision::Absent,
            (Some(n), _) if file.kept.is_some() => {
                let kept = file.kept.as_ref().map_or(0, |kept| kept.len());
                Precision::Inexact(usize::try_from(kept).unwrap_or(usize::MAX).min(n))
            }
            (Some(n), _) if self.table.is_physical => Precision::Exact(n),
            (Some(n), []) if file.partial.is_none() => Precision::Exact(n.saturating_sub(file.inlined_deletes.len())),
            (Some(n), [delete]) => match delete.delete_count.and_then(|n| usize::try_from(n).ok()) {
                // Older deletes may count only some of the positions, inlined ones may repeat them.
                Some(deleted) if at_head && file.partial.is_none() && file.inlined_deletes.is_empty() => {
                    Precision::Exact(n.saturating_sub(deleted))
                }
                Some(deleted) => Precision::Inexact(n.saturating_sub(deleted)),
                None => Precision::Inexact(n),
            },
            (Some(n), _) => Precision::Inexact(n),
        };
        let column_statistics = self
            .table
            .schema
            .fields()
            .iter()
            .map(|field| {
                let Some(bounds) = self.bounds.columns.get(field.name()) else {
                    return ColumnStatistics::new_unknown();
                };
                let bound = |array: &arrow::array::ArrayRef| match ScalarValue::try_from_array(array, index) {
                    Ok(value) if !value.is_null() && whole && bounds.exact => Precision::Exact(value),
                    Ok(value) if !value.is_null() => Precision::Inexact(value),
                    _ => Precision::Absent,
                };
                let number = |array: &arrow::array::UInt64Array, exact: bool| match arrow::array::Array::is_valid(
                    array, index,
                ) {
                    true if exact => Precision::Exact(array.value(index) as usize),
                    true => Precision::Inexact(array.value(index) as usize),
                    false => Precision::Absent,
                };
                ColumnStatistics {
                    null_count: number(&bounds.null_count, whole),
                    min_value: bound(&bounds.min),
                    max_value: bound(&bounds.max),
                    byte_size: number(&bounds.size, false),
                    ..ColumnStatistics::new_unknown()
                }
            })
            .collect();
        let total_byte_size = usize::try_from(file.size).map_or(Precision::Absent, Precision::Inexact);
        Statistics { num_rows, total_byte_size, column_statistics }
    }

    fn inlined_plan(&self, rows: &TableScanRows) -> datafusion::error::Result<Option<Arc<dyn ExecutionPlan>>> {
        let table = self.table;
        let local = table.view.local.as_ref().and_then(|l| l.table(table.row.table_id));
        let is_kept = !table.is_physical && table.kept.as_ref().is_none_or(|kept| kept.inlined);
        if (rows.inlined.is_empty() && local.is_none()) || !is_kept {
            return Ok(None);
        }
        let files = rows.listing.files.len() as u64;
        let schema = match self.projection {
            Some(projection) => Arc::new(table.schema.project(projection)?),
            None => Arc::clone(&table.schema),
        };
        // Inlined tables are counted after the files, without rows too.
        let tables = &rows.facts.inlined_tables;
        let index = |name: &str| files + tables.iter().position(|t| t.name == name).unwrap_or_default() as u64;
        let mut batches = rows
            .inlined
            .iter()
            .map(|inlined| {
                let index = index(&inlined.table.name);
                inlined::batch(inlined, table.row.table_id, &rows.facts, &table.columns, &schema, index)
            })
            .collect::<Result<Vec<RecordBatch>>>()?;
        if let Some(local) = local {
            batches.extend(local.batches(&schema, files + tables.len() as u64)?);
        }
        if batches.is_empty() {
            return Ok(None);
        }
        let plan = MemorySourceConfig::try_new_exec(&[batches], schema, None)?;
        Ok(Some(plan))
    }
}

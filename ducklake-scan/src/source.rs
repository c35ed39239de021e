//! The scan's `FileSource`: DataFusion's Parquet source with the lake's rules applied file by file.
//!
//! It sits inside an ordinary `DataSourceExec`, so every optimiser rule goes on working. What belongs to a file travels
//! with the file, as extensions of its `PartitionedFile`: files may be split and moved between partitions at run time.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{Result, internal_err};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::parquet::ParquetRowSelection;
use datafusion::datasource::physical_plan::{
    FileOpener, FileScanConfig, FileScanConfigBuilder, FileSource, ParquetSource,
};
use datafusion::parquet::arrow::async_reader::AsyncFileReader;
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::projection::ProjectionExprs;
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::filter_pushdown::{FilterPushdownPropagation, PushedDown};
use datafusion::physical_plan::metrics::{Count, ExecutionPlanMetricsSet, MetricBuilder};
use datafusion::physical_plan::{DisplayFormatType, SortOrderPushdownResult};
use datafusion_datasource::TableSchema;
use datafusion_datasource::file_groups::FileGroup;
use datafusion_datasource::morsel::{MorselPlan, MorselPlanner, Morselizer};
use futures::FutureExt;
use object_store::ObjectStore;

use crate::adapt::AdapterFactory;
use crate::guard::guard;
use crate::lake_file::LakeFile;
use crate::parquet::LakeReaderFactory;
use crate::prune::is_prunable;

/// What the planner decided about a table's files, for EXPLAIN ANALYZE.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct PruningCounts {
    /// Visible files.
    pub(crate) total: usize,
    /// Of these, ruled out by partition values.
    pub(crate) by_partition: usize,
    /// Of the rest, ruled out by statistics.
    pub(crate) by_statistics: usize,
}

/// A [`ParquetSource`] whose files are a lake's.
#[derive(Debug, Clone)]
pub(crate) struct DuckLakeSource {
    inner: ParquetSource,
    readers: LakeReaderFactory,
    /// Columns that are computed and so cannot be used inside the reader.
    virtual_names: Arc<HashSet<String>>,
    /// Which index said what to read.
    note: Option<Arc<str>>,
}

impl DuckLakeSource {
    pub(crate) fn new(
        inner: ParquetSource,
        readers: LakeReaderFactory,
        virtual_names: Arc<HashSet<String>>,
        counts: PruningCounts,
    ) -> Self {
        let count = |name: &'static str, n: usize| MetricBuilder::new(inner.metrics()).global_counter(name).add(n);
        count("lake_files_total", counts.total);
        count("lake_files_pruned_by_partition", counts.by_partition);
        count("lake_files_pruned_by_statistics", counts.by_statistics);
        let opened = MetricBuilder::new(inner.metrics()).global_counter("lake_files_opened");
        let factory = CountingFactory { readers: readers.clone(), opened };
        let inner = inner.with_parquet_file_reader_factory(Arc::new(factory));
        Self { inner, readers, virtual_names, note: None }
    }

    /// With what EXPLAIN says of the rows that are left.
    pub(crate) fn with_note(self, note: Option<Arc<str>>) -> Self {
        Self { note, ..self }
    }

    fn wrap(&self, source: &Arc<dyn FileSource>) -> Result<Arc<dyn FileSource>> {
        match source.downcast_ref::<ParquetSource>() {
            Some(inner) => Ok(Arc::new(Self { inner: inner.clone(), ..self.clone() })),
            None => internal_err!("the Parquet source turned into another source"),
        }
    }

    fn is_virtual(&self, filter: &Arc<dyn PhysicalExpr>) -> bool {
        let mut found = false;
        let walked = filter.apply(|node| {
            found |= node.downcast_ref::<Column>().is_some_and(|c| self.virtual_names.contains(c.name()));
            Ok(if found { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
        });
        found || walked.is_err()
    }
}

impl FileSource for DuckLakeSource {
    fn create_file_opener(
        &self,
        _store: Arc<dyn ObjectStore>,
        _config: &FileScanConfig,
        _partition: usize,
    ) -> Result<Arc<dyn FileOpener>> {
        internal_err!("a DuckLake scan opens files as morsels")
    }

    fn create_morselizer(
        &self,
        store: Arc<dyn ObjectStore>,
        config: &FileScanConfig,
        partition: usize,
    ) -> Result<Box<dyn Morselizer>> {
        // Each file gets a morselizer of its own, with its own adapter; the file lists are not needed for that.
        let config = FileScanConfigBuilder::from(config.clone()).with_file_groups(Vec::<FileGroup>::new()).build();
        Ok(Box::new(LakeMorselizer(Arc::new(MorselizerParts {
            inner: self.inner.clone(),
            readers: self.readers.clone(),
            store,
            config,
            partition,
        }))))
    }

    fn table_schema(&self) -> &TableSchema {
        self.inner.table_schema()
    }

    fn with_batch_size(&self, batch_size: usize) -> Arc<dyn FileSource> {
        let inner = self.inner.with_batch_size(batch_size);
        match inner.downcast_ref::<ParquetSource>() {
            Some(inner) => Arc::new(Self { inner: inner.clone(), ..self.clone() }),
            // Cannot be: a Parquet source gives a Parquet source.
            None => Arc::new(self.clone()),
        }
    }

    fn filter(&self) -> Option<Arc<dyn PhysicalExpr>> {
        self.inner.filter()
    }

    fn projection(&self) -> Option<&ProjectionExprs> {
        self.inner.projection()
    }

    fn metrics(&self) -> &ExecutionPlanMetricsSet {
        self.inner.metrics()
    }

    fn file_type(&self) -> &'static str {
        "ducklake"
    }

    fn fmt_extra(&self, t: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt_extra(t, f)?;
        match &self.note {
            Some(note) => write!(f, ", {note}"),
            None => Ok(()),
        }
    }

    fn try_pushdown_filters(
        &self,
        filters: Vec<Arc<dyn PhysicalExpr>>,
        config: &ConfigOptions,
    ) -> Result<FilterPushdownPropagation<Arc<dyn FileSource>>> {
        let schema = self.inner.table_schema().table_schema();
        let pushable: Vec<bool> = filters.iter().map(|f| !self.is_virtual(f) && is_prunable(f, schema)).collect();
        let offered = filters.iter().zip(&pushable).filter(|(_, ok)| **ok).map(|(f, _)| Arc::clone(f)).collect();
        let answer = self.inner.try_pushdown_filters(offered, config)?;
        let mut answers = answer.filters.into_iter();
        let filters = pushable
            .into_iter()
            .map(|ok| if ok { answers.next().unwrap_or(PushedDown::No) } else { PushedDown::No })
            .collect();
        let result = FilterPushdownPropagation::with_parent_pushdown_result(filters);
        Ok(match answer.updated_node {
            Some(node) => result.with_updated_node(self.wrap(&node)?),
            None => result,
        })
    }

    fn try_pushdown_sort(
        &self,
        order: &[datafusion::physical_expr::PhysicalSortExpr],
        properties: &EquivalenceProperties,
    ) -> Result<SortOrderPushdownResult<Arc<dyn FileSource>>> {
        if order.iter().any(|key| self.is_virtual(&key.expr)) {
            return Ok(SortOrderPushdownResult::Unsupported);
        }
        self.inner.try_pushdown_sort(order, properties)?.try_map(|node| self.wrap(&node))
    }

    fn reorder_files(&self, files: Vec<PartitionedFile>) -> Vec<PartitionedFile> {
        self.inner.reorder_files(files)
    }

    fn try_pushdown_projection(&self, projection: &ProjectionExprs) -> Result<Option<Arc<dyn FileSource>>> {
        self.inner.try_pushdown_projection(projection)?.map(|node| self.wrap(&node)).transpose()
    }

    fn apply_expressions(
        &self,
        f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        self.inner.apply_expressions(f)
    }
}

struct MorselizerParts {
    inner: ParquetSource,
    readers: LakeReaderFactory,
    store: Arc<dyn ObjectStore>,
    config: FileScanConfig,
    partition: usize,
}

struct LakeMorselizer(Arc<MorselizerParts>);

impl fmt::Debug for LakeMorselizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LakeMorselizer").field("partition", &self.0.partition).finish_non_exhaustive()
    }
}

impl Morselizer for LakeMorselizer {
    fn plan_file(&self, file: PartitionedFile) -> Result<Box<dyn MorselPlanner>> {
        match lake_file(&file)? {
            lake_file if lake_file.hides_rows() => Ok(Box::new(HiddenRowsPlanner { parts: Arc::clone(&self.0), file })),
            _ => self.0.plan(file),
        }
    }
}

fn lake_file(file: &PartitionedFile) -> Result<&Arc<LakeFile>> {
    match file.extension::<Arc<LakeFile>>() {
        Some(lake_file) => Ok(lake_file),
        // Without its facts a file would be read as if nothing were deleted: fail closed.
        None => internal_err!("the file '{}' came without its DuckLake facts", file.object_meta.location),
    }
}

impl MorselizerParts {
    fn plan(&self, mut file: PartitionedFile) -> Result<Box<dyn MorselPlanner>> {
        // The catalog's size is a hint: the last part of a split file reaches to its real end.
        if let Some(range) = &mut file.range
            && range.end >= i64::try_from(file.object_meta.size).unwrap_or(i64::MAX)
        {
            range.end = i64::MAX;
        }
        let mut config = self.config.clone();
        config.expr_adapter_factory = Some(Arc::new(AdapterFactory(Arc::clone(&lake_file(&file)?.columns))));
        let path = Arc::clone(&lake_file(&file)?.columns.path);
        let planner =
            self.inner.create_morselizer(Arc::clone(&self.store), &config, self.partition)?.plan_file(file)?;
        Ok(guard(&path, planner))
    }
}

/// Reads which rows of the file are hidden, then goes on as DataFusion's planner.
struct HiddenRowsPlanner {
    parts: Arc<MorselizerParts>,
    file: PartitionedFile,
}

impl fmt::Debug for HiddenRowsPlanner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HiddenRowsPlanner").field("file", &self.file.object_meta.location).finish_non_exhaustive()
    }
}

impl MorselPlanner for HiddenRowsPlanner {
    fn plan(self: Box<Self>) -> Result<Option<MorselPlan>> {
        let Self { parts, mut file } = *self;
        let load = async move {
            let lake_file = Arc::clone(lake_file(&file)?);
            if let Some(selection) = lake_file.selection(&parts.readers).await? {
                file = file.with_extension(ParquetRowSelection::new(selection));
            }
            parts.plan(file)
        };
        Ok(Some(MorselPlan::new().with_pending_planner(load)))
    }
}

/// Counts the files that are really opened.
#[derive(Debug)]
struct CountingFactory {
    readers: LakeReaderFactory,
    opened: Count,
}

impl datafusion::datasource::physical_plan::ParquetFileReaderFactory for CountingFactory {
    fn create_reader(
        &self,
        partition: usize,
        file: PartitionedFile,
        metadata_size_hint: Option<usize>,
        metrics: &ExecutionPlanMetricsSet,
    ) -> Result<Box<dyn AsyncFileReader + Send>> {
        let lake_file = file.extension::<Arc<LakeFile>>().cloned();
        let inner = self.readers.create_reader(partition, file, metadata_size_hint, metrics)?;
        Ok(Box::new(CountingReader { inner, lake_file, opened: self.opened.clone() }))
    }
}

struct CountingReader {
    inner: Box<dyn AsyncFileReader + Send>,
    lake_file: Option<Arc<LakeFile>>,
    opened: Count,
}

impl AsyncFileReader for CountingReader {
    fn get_bytes(
        &mut self,
        range: std::ops::Range<u64>,
    ) -> futures::future::BoxFuture<'_, datafusion::parquet::errors::Result<bytes::Bytes>> {
        self.inner.get_bytes(range)
    }

    fn get_byte_ranges(
        &mut self,
        ranges: Vec<std::ops::Range<u64>>,
    ) -> futures::future::BoxFuture<'_, datafusion::parquet::errors::Result<Vec<bytes::Bytes>>> {
        self.inner.get_byte_ranges(ranges)
    }

    fn get_metadata<'a>(
        &'a mut self,
        options: Option<&'a datafusion::parquet::arrow::arrow_reader::ArrowReaderOptions>,
    ) -> futures::future::BoxFuture<
        'a,
        datafusion::parquet::errors::Result<Arc<datafusion::parquet::file::metadata::ParquetMetaData>>,
    > {
        let lake_file = self.lake_file.take();
        if lake_file.as_ref().is_some_and(|file| file.open_once()) {
            self.opened.add(1);
        }
        let metadata = self.inner.get_metadata(options);
        async move {
            let metadata = metadata.await?;
            if let Some(lake_file) = lake_file {
                lake_file.columns.learn(&metadata);
            }
            Ok(metadata)
        }
        .boxed()
    }
}

/// Type of the virtual columns, in the order DuckDB documents them.
pub(crate) const VIRTUAL_COLUMNS: [(&str, DataType); 6] = [
    ("rowid", DataType::Int64),
    ("snapshot_id", DataType::Int64),
    ("filename", DataType::Utf8View),
    ("file_row_number", DataType::Int64),
    ("file_index", DataType::UInt64),
    // Where a row is kept, for statements that change it; not for users.
    ("_ducklake_internal_file_id", DataType::Int64),
];

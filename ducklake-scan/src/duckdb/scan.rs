//! The plan of a scan: row groups of a table, in as many partitions as run at the same time.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::datatypes::{FieldRef, SchemaRef};
use datafusion::common::stats::Precision;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Result as PlanResult, Statistics, internal_err};
use datafusion::execution::TaskContext;
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::metrics::{BaselineMetrics, ExecutionPlanMetricsSet, MetricsSet};
use datafusion::physical_plan::stream::RecordBatchReceiverStream;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties, SendableRecordBatchStream,
};
use duckdb_file::{ScanOptions, Table};
use tokio::sync::mpsc::Sender;

use super::convert::convert;
use super::file::failed;
use super::table::TableColumn;
use crate::error::Result;

/// Batches that wait for whoever reads them, in each partition.
const WAITING: usize = 2;

/// Reads row groups of a table.
#[derive(Debug, Clone)]
pub(super) struct DuckDbScanExec {
    path: Arc<PathBuf>,
    table: Table,
    columns: Arc<[TableColumn]>,
    schema: SchemaRef,
    /// Numbers and rows of the groups of each partition.
    partitions: Vec<Vec<(usize, u64)>>,
    /// Row groups of the table.
    total: usize,
    limit: Option<usize>,
    properties: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
}

impl DuckDbScanExec {
    pub(super) fn new(
        path: Arc<PathBuf>,
        table: Table,
        columns: Vec<TableColumn>,
        schema: SchemaRef,
        groups: Vec<(usize, u64)>,
        total: usize,
    ) -> Self {
        let properties = properties(&schema, 1);
        let (partitions, metrics) = (vec![groups], ExecutionPlanMetricsSet::new());
        Self { path, table, columns: columns.into(), schema, partitions, total, limit: None, properties, metrics }
    }

    /// Spreads the groups over partitions, neighbours together, about as many rows in each.
    pub(super) fn in_partitions(mut self, count: usize) -> Self {
        let groups: Vec<_> = std::mem::take(&mut self.partitions).into_iter().flatten().collect();
        self.partitions = spread(groups, count);
        self.properties = properties(&self.schema, self.partitions.len());
        self
    }

    /// Reads no more rows than that in a partition, and no more groups than it takes.
    pub(super) fn with_limit(mut self, limit: Option<usize>) -> Self {
        let Some(limit) = limit else { return self };
        let mut certain = 0;
        let needed = |group: &(usize, u64)| {
            let needed = certain < limit as u64;
            certain = certain.saturating_add(group.1);
            needed
        };
        let groups = std::mem::take(&mut self.partitions).into_iter().flatten().take_while(needed).collect();
        // The first rows are soon there; more groups at once would read in vain.
        self.partitions = vec![groups];
        self.properties = properties(&self.schema, 1);
        self.limit = Some(self.limit.map_or(limit, |known| known.min(limit)));
        self
    }
}

fn properties(schema: &SchemaRef, partitions: usize) -> Arc<PlanProperties> {
    Arc::new(PlanProperties::new(
        EquivalenceProperties::new(schema.clone()),
        Partitioning::UnknownPartitioning(partitions),
        EmissionType::Incremental,
        Boundedness::Bounded,
    ))
}

/// At least one part.
fn spread(groups: Vec<(usize, u64)>, count: usize) -> Vec<Vec<(usize, u64)>> {
    let total: u64 = groups.iter().fold(0, |sum, (_, rows)| sum.saturating_add(*rows));
    let share = total.div_ceil(count.max(1) as u64).max(1);
    let (mut parts, mut before) = (vec![Vec::new()], 0_u64);
    for group in groups {
        // A group belongs to the part that its middle falls into.
        let part = ((before.saturating_add(group.1 / 2)) / share) as usize;
        before = before.saturating_add(group.1);
        while parts.len() <= part && parts.last().is_some_and(|last| !last.is_empty()) && parts.len() < count {
            parts.push(Vec::new());
        }
        if let Some(last) = parts.last_mut() {
            last.push(group);
        }
    }
    parts
}

impl DisplayAs for DuckDbScanExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns: Vec<_> = self.columns.iter().map(|column| column.name.as_str()).collect();
        let groups: usize = self.partitions.iter().map(Vec::len).sum();
        let (schema, table, total) = (self.table.schema_name(), self.table.name(), self.total);
        write!(f, "DuckDbScanExec: table={schema}.{table}, columns=[{}], ", columns.join(", "))?;
        write!(f, "row_groups={groups} of {total}, partitions={}", self.partitions.len())?;
        self.limit.map_or(Ok(()), |limit| write!(f, ", limit={limit}"))
    }
}

impl ExecutionPlan for DuckDbScanExec {
    fn name(&self) -> &'static str {
        "DuckDbScanExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        Vec::new()
    }

    fn with_new_children(self: Arc<Self>, _: Vec<Arc<dyn ExecutionPlan>>) -> PlanResult<Arc<dyn ExecutionPlan>> {
        Ok(self)
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> PlanResult<TreeNodeRecursion>,
    ) -> PlanResult<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> PlanResult<SendableRecordBatchStream> {
        let Some(groups) = self.partitions.get(partition) else {
            return internal_err!("a scan of {} partitions has no partition {partition}", self.partitions.len());
        };
        let part = Part {
            path: self.path.clone(),
            table: self.table.clone(),
            columns: self.columns.clone(),
            schema: self.schema.clone(),
            groups: groups.iter().map(|(group, _)| *group).collect(),
            limit: self.limit,
            batch_rows: context.session_config().batch_size(),
            metrics: BaselineMetrics::new(&self.metrics, partition),
        };
        let mut stream = RecordBatchReceiverStream::builder(self.schema.clone(), WAITING);
        let batches = stream.tx();
        stream.spawn_blocking(move || part.read(&batches).map_err(Into::into));
        Ok(stream.build())
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }

    fn partition_statistics(&self, partition: Option<usize>) -> PlanResult<Arc<Statistics>> {
        let mut statistics = Statistics::new_unknown(&self.schema);
        let rows = |groups: &Vec<(usize, u64)>| groups.iter().fold(0_u64, |sum, (_, rows)| sum.saturating_add(*rows));
        let rows: u64 = match partition {
            Some(partition) => self.partitions.get(partition).map_or(0, rows),
            None => self.partitions.iter().map(rows).sum(),
        };
        let rows = usize::try_from(rows).unwrap_or(usize::MAX);
        // A limit leaves one partition.
        statistics.num_rows = Precision::Exact(self.limit.map_or(rows, |limit| rows.min(limit)));
        Ok(Arc::new(statistics))
    }

    fn supports_limit_pushdown(&self) -> bool {
        false
    }

    fn with_fetch(&self, limit: Option<usize>) -> Option<Arc<dyn ExecutionPlan>> {
        limit.map(|limit| Arc::new(self.clone().with_limit(Some(limit))) as _)
    }

    fn fetch(&self) -> Option<usize> {
        self.limit
    }
}

/// The work of a partition, on a thread that may wait.
struct Part {
    path: Arc<PathBuf>,
    table: Table,
    columns: Arc<[TableColumn]>,
    schema: SchemaRef,
    groups: Vec<usize>,
    limit: Option<usize>,
    batch_rows: usize,
    metrics: BaselineMetrics,
}

impl Part {
    /// Sends rows until there are no more, or nobody takes them.
    fn read(self, batches: &Sender<PlanResult<RecordBatch>>) -> Result<()> {
        let columns = Some(self.columns.iter().map(|column| column.name.clone()).collect());
        let options = ScanOptions { columns, batch_rows: self.batch_rows };
        let failed = |error| failed(&self.path, error);
        let mut scan = self.table.scan_groups(&options, self.groups.clone()).map_err(failed)?.with_views();
        let mut left = self.limit.unwrap_or(usize::MAX);
        while left > 0 {
            let timer = self.metrics.elapsed_compute().timer();
            let Some(batch) = scan.next() else { break };
            let batch = self.shaped(&batch.map_err(failed)?)?;
            let batch = batch.slice(0, batch.num_rows().min(left));
            left -= batch.num_rows();
            timer.done();
            self.metrics.output_rows().add(batch.num_rows());
            if batches.blocking_send(Ok(batch)).is_err() {
                break;
            }
        }
        Ok(())
    }

    fn shaped(&self, batch: &RecordBatch) -> Result<RecordBatch> {
        let column = |((array, column), field): ((&ArrayRef, &TableColumn), &FieldRef)| {
            convert(&column.logical_type, array, field.data_type())
        };
        let arrays = batch.columns().iter().zip(self.columns.iter()).zip(self.schema.fields()).map(column);
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        Ok(RecordBatch::try_new_with_options(self.schema.clone(), arrays.collect::<Result<_>>()?, &options)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_stay_together() {
        let groups = |rows: &[u64]| rows.iter().copied().enumerate().collect::<Vec<_>>();
        let numbers = |rows: &[u64], count| -> Vec<Vec<usize>> {
            spread(groups(rows), count)
                .into_iter()
                .map(|part| part.into_iter().map(|(group, _)| group).collect())
                .collect()
        };
        assert_eq!(numbers(&[10, 10, 10, 10], 2), [[0, 1], [2, 3]]);
        assert_eq!(numbers(&[], 4), [[0; 0]]);
        assert_eq!(numbers(&[5], 4), [[0]]);
        assert_eq!(numbers(&[100, 1, 1], 2), [vec![0], vec![1, 2]]);
        assert_eq!(numbers(&[1; 5], 3).len(), 3);
    }
}

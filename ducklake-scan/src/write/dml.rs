//! Statements about rows: INSERT, COPY, DELETE, UPDATE, MERGE, TRUNCATE.
//!
//! DELETE, UPDATE and MERGE run as queries whose rows say where each affected row is kept, in three columns before all
//! others; see [`crate::sql::write`] for the queries.

use arrow::array::{Array, AsArray, BooleanArray, Int64Array, RecordBatch};
use arrow::datatypes::Int64Type;
use datafusion::dataframe::DataFrame;
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties, SendableRecordBatchStream, execute_stream};
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast;
use ducklake_format::columns::Column;
use futures::TryStreamExt;
use std::sync::Arc;

use super::open::OpenTransactions;
use super::sink::{RowSink, Stored};
use super::statements::Place;
use super::values::literal_rows;
use super::{Addresses, apply_deletes, store, to_table_batch};
use crate::error::{LakeError, Result};
use crate::session::Session;
use crate::sql::names::Attached;
use crate::sql::write::{Copy, Delete, Insert, InsertSource, Merge, MergeAction, TableTarget, Update, queries};

/// Columns that say where a row is kept: file, position, row id.
const ADDRESS_COLUMNS: usize = 3;

impl Session {
    /// The table that a statement changes, ready to be changed, with its columns.
    pub(crate) async fn target(
        &self,
        open: &OpenTransactions,
        name: &[String],
    ) -> Result<(Place, i64, Arc<Vec<Column>>)> {
        let place = self.place(open, name).await?;
        let id = place.table_id().ok_or_else(|| place.unknown(name))?;
        open.with(&place.attached, async |lake| lake.touch(id).await).await?;
        let columns = place.attached.lake.columns(&place.view, id).await?;
        Ok((place, id, columns))
    }

    pub(crate) async fn frame(&self, open: &OpenTransactions, query: ast::Query) -> Result<DataFrame> {
        let statement = Statement::Statement(Box::new(ast::Statement::Query(Box::new(query))));
        Box::pin(self.plan_with(statement, self.pins_in(open), 0)).await
    }

    /// Runs a query in a transaction.
    pub(super) async fn query_in(&self, open: &OpenTransactions, sql: &str) -> Result<Vec<RecordBatch>> {
        let statement = crate::sql::parse_query(sql)?;
        let frame = Box::pin(self.plan_with(statement, self.pins_in(open), 0)).await?;
        Ok(frame.collect().await?)
    }

    pub(super) async fn insert(&self, open: &OpenTransactions, insert: Insert) -> Result<u64> {
        let (place, id, columns) = self.target(open, &insert.table).await?;
        if let Some(rows) = literal_rows(&insert, &columns)? {
            return self.add_rows(open, &place.attached, id, rows).await;
        }
        let frame = self.insert_frame(open, &insert, &columns).await?;
        self.add(open, &place.attached, id, frame).await
    }

    /// Adds rows that are there already, in the table's columns.
    async fn add_rows(&self, open: &OpenTransactions, attached: &Attached, id: i64, rows: RecordBatch) -> Result<u64> {
        let mut sink = open.with(attached, async |lake| RowSink::new(lake, id, true)).await?;
        if let Err(error) = sink.write(rows, None).await {
            sink.abort().await;
            return Err(error);
        }
        let stored = sink.finish().await?;
        open.with(attached, async |lake| Ok(store(lake, id, stored))).await
    }

    /// The rows that an INSERT adds, in the table's columns.
    pub(super) async fn insert_frame(
        &self,
        open: &OpenTransactions,
        insert: &Insert,
        columns: &[Column],
    ) -> Result<DataFrame> {
        // The source alone tells how many columns it has and what they are called.
        let source = self.frame(open, queries::insert_source_query(insert, columns)?).await?;
        let names: Vec<String> = source.schema().fields().iter().map(|f| f.name().clone()).collect();
        let mapping = queries::insert_mapping(insert, columns, &names)?;
        if mapping.iter().enumerate().all(|(column, from)| *from == Some(column)) {
            Ok(source)
        } else {
            self.frame(open, queries::insert_query(insert, columns, &names)?).await
        }
    }

    /// Adds a query's rows to a table.
    async fn add(&self, open: &OpenTransactions, attached: &Attached, id: i64, frame: DataFrame) -> Result<u64> {
        let stored =
            self.drain(open, attached, id, frame, true, |batch, columns| to_table_batch(&batch, columns)).await?;
        open.with(attached, async |lake| Ok(store(lake, id, stored))).await
    }

    /// Runs a query and brings its rows to a table's sink.
    pub(crate) async fn drain(
        &self,
        open: &OpenTransactions,
        attached: &Attached,
        id: i64,
        frame: DataFrame,
        may_inline: bool,
        shape: impl Fn(RecordBatch, &[Column]) -> Result<RecordBatch>,
    ) -> Result<Stored> {
        let mut sink = open.with(attached, async |lake| RowSink::new(lake, id, may_inline)).await?;
        let columns = Arc::clone(sink.columns());
        match Box::pin(self.drain_into(frame, &mut sink, &columns, shape)).await {
            Ok(()) => sink.finish().await,
            Err(error) => {
                sink.abort().await;
                Err(error)
            }
        }
    }

    async fn drain_into(
        &self,
        frame: DataFrame,
        sink: &mut RowSink,
        columns: &[Column],
        shape: impl Fn(RecordBatch, &[Column]) -> Result<RecordBatch>,
    ) -> Result<()> {
        let mut stream = rows_in_order(frame).await?;
        while let Some(batch) = next_batch(&mut stream).await? {
            if batch.num_rows() > 0 {
                sink.write(shape(batch, columns)?, None).await?;
            }
        }
        Ok(())
    }

    pub(super) async fn copy_from(&self, open: &OpenTransactions, copy: Copy) -> Result<u64> {
        let (place, id, columns) = self.target(open, &copy.table).await?;
        let in_file = |source| LakeError::File { path: copy.path.clone(), source: Box::new(source) };
        let frame = self.read_files(&[copy.path.as_str()], &copy.options, &copy.columns, &columns).await;
        let frame = frame.map_err(|error| if matches!(error, LakeError::Query(_)) { in_file(error) } else { error })?;
        let columns_given = copy.columns.clone();
        let insert = Insert {
            table: copy.table.clone(),
            columns: columns_given,
            by_name: false,
            source: InsertSource::DefaultValues,
        };
        let names: Vec<String> = frame.schema().fields().iter().map(|f| f.name().clone()).collect();
        let mapping = queries::insert_mapping(&insert, &columns, &names)?;
        let frame = self.with_defaults(frame, &columns, &mapping)?;
        self.add(open, &place.attached, id, frame).await.map_err(in_file)
    }

    /// A frame's columns as the table's: each table column's place among the frame's, or its default.
    fn with_defaults(&self, frame: DataFrame, columns: &[Column], mapping: &[Option<usize>]) -> Result<DataFrame> {
        use datafusion::prelude::Expr;
        let schema = frame.schema().clone();
        let expressions = columns
            .iter()
            .zip(mapping)
            .enumerate()
            .map(|(index, (column, source))| -> Result<Expr> {
                let expr = match source {
                    Some(source) => Expr::Column(schema.columns()[*source].clone()),
                    None => self.context().parse_sql_expr(&queries::default_expr(column)?.to_string(), &schema)?,
                };
                Ok(expr.alias(format!("c{index}")))
            })
            .collect::<Result<Vec<_>>>()?;
        Ok(frame.select(expressions)?)
    }

    pub(crate) async fn truncate(&self, open: &OpenTransactions, table: &[String]) -> Result<u64> {
        let target = TableTarget { name: table.to_vec(), alias: None };
        self.delete(open, Delete { with: None, table: target, using: Vec::new(), filter: None }).await
    }

    pub(crate) async fn delete(&self, open: &OpenTransactions, delete: Delete) -> Result<u64> {
        let (place, id, _) = self.target(open, &delete.table.name).await?;
        let frame = self.frame(open, queries::delete_query(&delete)).await?;
        self.delete_rows(open, &place.attached, id, frame).await
    }

    /// Deletes the rows whose places a query gives.
    pub(crate) async fn delete_rows(
        &self,
        open: &OpenTransactions,
        attached: &Attached,
        id: i64,
        frame: DataFrame,
    ) -> Result<u64> {
        let mut found = Addresses::default();
        let mut stream = frame.execute_stream().await?;
        while let Some(batch) = stream.try_next().await? {
            found.add(&batch)?;
        }
        open.with(attached, async |lake| apply_deletes(lake, id, found).await).await
    }

    pub(crate) async fn update(&self, open: &OpenTransactions, update: Update) -> Result<u64> {
        let (place, id, columns) = self.target(open, &update.table.name).await?;
        let frame = self.frame(open, queries::update_query(&update, &columns)?).await?;
        self.replace_rows(open, &place.attached, id, &columns, frame).await
    }

    /// Replaces the rows whose places a query gives by its other columns, which stand for the table's.
    pub(crate) async fn replace_rows(
        &self,
        open: &OpenTransactions,
        attached: &Attached,
        id: i64,
        columns: &[Column],
        frame: DataFrame,
    ) -> Result<u64> {
        let mut found = Addresses::default();
        let mut sink = open.with(attached, async |lake| RowSink::new(lake, id, true)).await?;
        let done = async {
            let mut stream = frame.execute_stream().await?;
            while let Some(batch) = next_batch(&mut stream).await? {
                let is_new = found.add(&batch)?;
                versions(&mut sink, &batch, &is_new, ADDRESS_COLUMNS, columns).await?;
            }
            Ok::<_, LakeError>(())
        };
        if let Err(error) = done.await {
            sink.abort().await;
            return Err(error);
        }
        let stored = sink.finish().await?;
        open.with(attached, async |lake| {
            let count = apply_deletes(lake, id, found).await?;
            store(lake, id, stored);
            Ok(count)
        })
        .await
    }

    pub(crate) async fn merge(&self, open: &OpenTransactions, merge: Merge) -> Result<u64> {
        let (place, id, columns) = self.target(open, &merge.table.name).await?;
        let source = self.merge_source(open, &merge).await?;
        let frame = self.frame(open, queries::merge_query(&merge, &columns, &source)?).await?;
        let mut found = Addresses::default();
        let (mut updates, mut inserts) = open
            .with(&place.attached, async |lake| Ok((RowSink::new(lake, id, false)?, RowSink::new(lake, id, false)?)))
            .await?;
        let mut count = 0;
        let done = async {
            let mut stream = frame.execute_stream().await?;
            while let Some(batch) = next_batch(&mut stream).await? {
                let action = batch.column(ADDRESS_COLUMNS);
                let action = arrow::compute::cast(action, &arrow::datatypes::DataType::Int64)?;
                let action = action.as_primitive::<Int64Type>();
                let kind = |row: usize| {
                    let index = action.is_valid(row).then(|| action.value(row));
                    let clause = index.and_then(|i| usize::try_from(i).ok()).and_then(|i| merge.clauses.get(i));
                    clause.map(|clause| &clause.action)
                };
                if let Some(row) = (0..batch.num_rows()).find(|r| matches!(kind(*r), Some(MergeAction::Error(_)))) {
                    return Err(merge_error(&batch, row));
                }
                let is = |wanted: fn(&MergeAction) -> bool| -> BooleanArray {
                    (0..batch.num_rows()).map(|row| Some(kind(row).is_some_and(wanted))).collect()
                };
                let to_update = is(|a| matches!(a, MergeAction::Update(_)));
                let to_delete = is(|a| matches!(a, MergeAction::Delete));
                let to_insert = is(|a| matches!(a, MergeAction::Insert(_)));
                let is_new = found.add_where(&batch, |row| to_update.value(row) || to_delete.value(row))?;
                let updated = arrow::compute::and(&is_new, &to_update)?;
                versions(&mut updates, &batch, &updated, ADDRESS_COLUMNS + 1, &columns).await?;
                let new = arrow::compute::filter_record_batch(&batch, &to_insert)?;
                if new.num_rows() > 0 {
                    count += new.num_rows() as u64;
                    inserts.write(values(&new, ADDRESS_COLUMNS + 1, &columns)?, None).await?;
                }
            }
            Ok::<_, LakeError>(())
        };
        if let Err(error) = done.await {
            updates.abort().await;
            inserts.abort().await;
            return Err(error);
        }
        let updated = match updates.finish().await {
            Ok(stored) => stored,
            Err(error) => {
                inserts.abort().await;
                return Err(error);
            }
        };
        let inserted = inserts.finish().await?;
        open.with(&place.attached, async |lake| {
            count += apply_deletes(lake, id, found).await?;
            store(lake, id, updated);
            store(lake, id, inserted);
            Ok(count)
        })
        .await
    }

    /// Names of the source's columns.
    async fn merge_source(&self, open: &OpenTransactions, merge: &Merge) -> Result<Vec<String>> {
        let frame = self.frame(open, queries::merge_source_query(merge)).await?;
        Ok(frame.schema().fields().iter().map(|f| f.name().clone()).collect())
    }
}

/// The next rows of a query. Others get a turn before them: rows that are computed and not read never wait, and a
/// statement that is given up has to end soon.
async fn next_batch(stream: &mut SendableRecordBatchStream) -> Result<Option<RecordBatch>> {
    tokio::task::yield_now().await;
    Ok(stream.try_next().await?)
}

/// Writes new versions of rows: those of `rows`, with the row ids they had.
async fn versions(
    sink: &mut RowSink,
    batch: &RecordBatch,
    rows: &BooleanArray,
    first_value: usize,
    columns: &[Column],
) -> Result<()> {
    let batch = if rows.true_count() == batch.num_rows() {
        batch.clone()
    } else {
        arrow::compute::filter_record_batch(batch, rows)?
    };
    if batch.num_rows() == 0 {
        return Ok(());
    }
    let row_ids: Int64Array = batch.column(2).as_primitive::<Int64Type>().clone();
    sink.write(values(&batch, first_value, columns)?, Some(row_ids)).await
}

/// What `WHEN … THEN ERROR` says about a row.
fn merge_error(batch: &RecordBatch, row: usize) -> LakeError {
    let message =
        batch.column_by_name(queries::ERROR_MESSAGE).map(|c| arrow::util::display::array_value_to_string(c, row));
    match message {
        Some(Ok(message)) if !message.is_empty() => LakeError::usage(message),
        _ => LakeError::usage("MERGE: a row met WHEN … THEN ERROR"),
    }
}

/// The values behind the columns that say where a row is.
fn values(batch: &RecordBatch, first: usize, columns: &[Column]) -> Result<RecordBatch> {
    let indices: Vec<usize> = (first..first + columns.len()).collect();
    to_table_batch(&batch.project(&indices)?, columns)
}

/// A query's rows. Where nothing but reading and computing row by row happens, in the order of what is read: rows get
/// their ids, and files their layout, by that order.
pub(crate) async fn rows_in_order(frame: DataFrame) -> Result<SendableRecordBatchStream> {
    if !is_row_by_row(frame.logical_plan()) {
        return Ok(frame.execute_stream().await?);
    }
    let (state, plan) = frame.into_parts();
    let mut config = state.config().clone();
    config.options_mut().execution.target_partitions = 1;
    let state =
        datafusion::execution::session_state::SessionStateBuilder::new_from_existing(state).with_config(config).build();
    let frame = DataFrame::new(state, plan);
    let context = Arc::new(frame.task_ctx());
    let plan: Arc<dyn ExecutionPlan> = frame.create_physical_plan().await?;
    if plan.output_partitioning().partition_count() <= 1 {
        return Ok(execute_stream(plan, context)?);
    }
    // A union has a partition for each input: one after the other.
    let schema = plan.schema();
    let partitions = plan.output_partitioning().partition_count();
    let streams = (0..partitions).map(|p| plan.execute(p, Arc::clone(&context))).collect::<Result<Vec<_>, _>>()?;
    let stream =
        futures::stream::iter(streams.into_iter().map(Ok::<_, datafusion::error::DataFusionError>)).try_flatten();
    Ok(Box::pin(datafusion::physical_plan::stream::RecordBatchStreamAdapter::new(schema, stream)))
}

fn is_row_by_row(plan: &LogicalPlan) -> bool {
    let own = matches!(
        plan,
        LogicalPlan::Projection(_)
            | LogicalPlan::Filter(_)
            | LogicalPlan::TableScan(_)
            | LogicalPlan::Values(_)
            | LogicalPlan::EmptyRelation(_)
            | LogicalPlan::Limit(_)
            | LogicalPlan::Sort(_)
            | LogicalPlan::SubqueryAlias(_)
            | LogicalPlan::Union(_)
            | LogicalPlan::Unnest(_)
    );
    own && plan.inputs().iter().all(|input| is_row_by_row(input))
}

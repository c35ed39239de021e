//! `ducklake_flush_inlined_data`: what the catalog keeps of tables goes into files.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use datafusion::scalar::ScalarValue;
use ducklake_catalog::{FileQuery, InlinedHistory, TableHistory};
use ducklake_format::columns::Column;
use ducklake_transact::commit::table_directory;
use ducklake_transact::files::{
    ENDED_HERE, FlushRows, PartitionLayout, SortKey, TableLayout, remove_files, write_flushed,
};
use ducklake_transact::settings::option;
use ducklake_transact::{FIRST_LOCAL_ID, FlushedTable, TableChanges, TransactError};

use super::open::{OpenLake, OpenTransactions};
use super::sink::{partition_keys, settings, sort_keys, touched};
use crate::error::{LakeError, Result};
use crate::inlined::stored_batch;
use crate::lake::{LakeView, same_name};
use crate::session::Session;
use crate::sql::functions::FunctionCall;
use crate::sql::names::{Attached, Names, unknown_table};
use crate::sql::write::Call;

/// The function.
pub(crate) const FLUSH: &str = "ducklake_flush_inlined_data";

/// A call, its arguments evaluated.
#[derive(Debug)]
pub(crate) struct FlushCall {
    attached: Attached,
    schema: Option<String>,
    table: Option<String>,
}

impl FlushCall {
    /// The call of the table function.
    pub(crate) fn new(names: &Names, call: &FunctionCall) -> Result<Self> {
        let Some(lake) = call.text(0).filter(|_| call.args.len() == 1) else {
            return Err(LakeError::usage(format!("{} takes the lake's name", call.name)));
        };
        if let Some(other) = call.named.keys().find(|name| !matches!(name.as_str(), "schema_name" | "table_name")) {
            return Err(LakeError::Usage {
                message: format!("{} has no parameter '{other}'", call.name),
                hint: Some("it takes schema_name and table_name".into()),
            });
        }
        let attached = names.attached.iter().find(|a| same_name(&a.name, &lake)).cloned();
        let find = |name: &str| call.named_text(name).filter(|text| !text.is_empty());
        Ok(Self {
            attached: attached.ok_or_else(|| names.unknown_lake(&lake))?,
            schema: find("schema_name"),
            table: find("table_name"),
        })
    }

    /// Tables to flush: (schema, table, id).
    fn tables(&self, view: &LakeView) -> Result<Vec<(String, String, i64)>> {
        let schema = match (&self.schema, &self.table) {
            (Some(schema), _) => Some(schema.as_str()),
            (None, Some(_)) => Some("main"),
            (None, None) => None,
        };
        let schema = match schema {
            Some(name) => Some(view.schema(name).ok_or_else(|| LakeError::UnknownName {
                what: "schema",
                name: name.to_string(),
                suggestions: Vec::new(),
            })?),
            None => None,
        };
        let named = |id: i64| view.names.schemas.iter().find(|s| s.schema_id == id).map(|s| s.name.clone());
        if let (Some(schema), Some(name)) = (schema, &self.table) {
            let row = view.table(schema, name).ok_or_else(|| unknown_table(view, name, &schema.name, name))?;
            return Ok(vec![(schema.name.clone(), row.name.clone(), row.table_id)]);
        }
        let tables = view.names.tables.iter().filter(|t| schema.is_none_or(|s| s.schema_id == t.schema_id));
        Ok(tables.filter_map(|t| Some((named(t.schema_id)?, t.name.clone(), t.table_id))).collect())
    }
}

impl Session {
    /// A CALL of the function, if it is one.
    pub(super) async fn flush_call(&self, call: &Call) -> Result<Option<FlushCall>> {
        let (lake, function) = match call.name.as_slice() {
            [function] => (None, function),
            [lake, function] | [lake, _, function] => (Some(lake.clone()), function),
            _ => return Ok(None),
        };
        let function = function.to_lowercase();
        if function != FLUSH && Some(function.as_str()) != FLUSH.strip_prefix("ducklake_") {
            return Ok(None);
        }
        let args = lake.into_iter().map(ScalarValue::from).collect();
        let mut evaluated = FunctionCall { name: function, args, ..FunctionCall::default() };
        for arg in &call.args {
            evaluated.args.push(self.constant(arg).await?.map_or(ScalarValue::Null, ScalarValue::from));
        }
        for (name, arg) in &call.named {
            let value = self.constant(arg).await?.map_or(ScalarValue::Null, ScalarValue::from);
            evaluated.named.insert(name.clone(), value);
        }
        FlushCall::new(&self.names(), &evaluated).map(Some)
    }

    /// Flushes; one row for each table that had inlined rows.
    pub(crate) async fn flush(&self, call: &FlushCall) -> Result<RecordBatch> {
        let rows = self.in_transaction(async |open| self.flush_in(open, call).await).await?;
        let text =
            |pick: fn(&(String, String, u64)) -> &str| -> StringArray { rows.iter().map(|r| Some(pick(r))).collect() };
        let field = |name: &str, data_type| Field::new(name, data_type, true);
        let schema = Schema::new(vec![
            field("schema_name", DataType::Utf8),
            field("table_name", DataType::Utf8),
            field("rows_flushed", DataType::Int64),
        ]);
        let counts: Int64Array = rows.iter().map(|(_, _, count)| Some(count.cast_signed())).collect();
        let columns = vec![Arc::new(text(|r| &r.0)) as _, Arc::new(text(|r| &r.1)) as _, Arc::new(counts) as _];
        Ok(RecordBatch::try_new(Arc::new(schema), columns)?)
    }

    async fn flush_in(&self, open: &OpenTransactions, call: &FlushCall) -> Result<Vec<(String, String, u64)>> {
        open.with(&call.attached, async |lake| {
            lake.check_writable()?;
            let mut flushed = Vec::new();
            for (schema, table, id) in call.tables(&lake.view()?)? {
                let rows = flush_table(lake, id).await?;
                if rows > 0 {
                    flushed.push((schema, table, rows));
                }
            }
            Ok(flushed)
        })
        .await
    }
}

/// Flushes a table; gives how many rows left the catalog.
async fn flush_table(open: &mut OpenLake, id: i64) -> Result<u64> {
    if id >= FIRST_LOCAL_ID || !may_compact(open, id) {
        return Ok(0);
    }
    let history = open.lake.catalog().inlined_history(id, open.base().snapshot.id).await?;
    if history.tables.is_empty() && history.deletes.is_empty() {
        return Ok(0);
    }
    open.touch(id).await?;
    let mut count = 0;
    for table in &history.tables {
        count += flush_rows(open, id, &history, table).await?;
    }
    flush_deletes(open, id, &history).await?;
    Ok(count)
}

/// Option `auto_compact`.
fn may_compact(open: &OpenLake, id: i64) -> bool {
    let schema = open.transaction.names().tables.iter().find(|t| t.table_id == id).map(|t| t.schema_id);
    let options = open.lake.catalog().options();
    option(&options, "auto_compact", schema, Some(id)).is_none_or(|text| text.eq_ignore_ascii_case("true"))
}

/// Moves the rows of one inlined data table into files with the columns and partitions that it was made for.
async fn flush_rows(open: &mut OpenLake, id: i64, history: &TableHistory, table: &InlinedHistory) -> Result<u64> {
    let (changes, schema, row) = touched(open, id)?;
    let source = &table.rows.table;
    if changes.flushed.iter().any(|flushed| flushed.table.name == source.name) {
        return Ok(0);
    }
    let (snapshot, columns, batch) = stored_batch(&table.rows, id, &history.facts)?;
    let layout = TableLayout {
        directory: table_directory(open.lake.data_path(), schema, row)?,
        partition: partition_at(history, snapshot, &columns)?,
        sort: sort_order(changes, id, &columns)?,
        columns: Arc::new(columns),
        encrypted: open.lake.catalog().metadata().encrypted,
        options: settings(open, schema, row).files,
    };
    let ended_here = changes.inlined_deletes.get(&source.name);
    let ends = table.rows.ids.iter().zip(&table.ends).map(|((row_id, _), end)| {
        let is_ended_here = end.is_none() && ended_here.is_some_and(|ended| ended.contains(row_id));
        if is_ended_here { Some(ENDED_HERE) } else { *end }
    });
    let rows = FlushRows {
        rows: batch,
        row_ids: table.rows.ids.iter().map(|(row_id, _)| Some(*row_id)).collect(),
        begins: table.rows.ids.iter().map(|(_, begin)| Some(*begin)).collect(),
        ends: ends.collect(),
    };
    let count = table.rows.ids.len() as u64;
    let files = write_flushed(open.lake.storage(), layout, rows).await.map_err(TransactError::from)?;
    let paths: Vec<String> = files.iter().map(|f| f.file.full_path.clone()).collect();
    let flushed = FlushedTable { table: source.clone(), rows: count };
    if !open.transaction.add_flushed(id, flushed, files) {
        remove_files(open.lake.storage(), &paths).await;
        return Err(LakeError::Invalid(format!("table {id} is gone")));
    }
    Ok(count)
}

/// The partition spec that held at a snapshot.
fn partition_at(history: &TableHistory, snapshot: i64, columns: &[Column]) -> Result<Option<PartitionLayout>> {
    let live = history.partitions.iter().rfind(|(begin, _)| *begin <= snapshot).map(|(_, id)| *id);
    let Some(spec) = history.facts.partition_specs.iter().find(|spec| Some(spec.partition_id) == live) else {
        return Ok(None);
    };
    let keys = partition_keys(&spec.fields, columns)?;
    Ok(Some(PartitionLayout { partition_id: spec.partition_id, keys }))
}

/// The table's present sort order among older columns, which may have had other names.
fn sort_order(changes: &TableChanges, id: i64, columns: &[Column]) -> Result<Vec<SortKey>> {
    let current = changes.tree(id)?;
    let key = |key: SortKey| {
        let column = columns.iter().position(|c| Some(c.id) == current.get(key.column).map(|c| c.id))?;
        Some(SortKey { column, ..key })
    };
    Ok(sort_keys(&changes.sort, &current).into_iter().map_while(key).collect())
}

/// Moves the inlined deletes of live data files into delete files. Those of other files stay: older snapshots need them.
async fn flush_deletes(open: &mut OpenLake, id: i64, history: &TableHistory) -> Result<()> {
    let mut by_file: BTreeMap<i64, Vec<(u64, i64)>> = BTreeMap::new();
    for (file, position, snapshot) in &history.deletes {
        by_file.entry(*file).or_default().push((position.cast_unsigned(), *snapshot));
    }
    if by_file.is_empty() {
        return Ok(());
    }
    let view = open.base().clone();
    let rows = open.lake.table_scan(&view, id, FileQuery::default()).await?;
    let Some(changes) = open.transaction.table_mut(id) else { return Ok(()) };
    for file in &rows.listing.files {
        if let Some(deletes) = by_file.remove(&file.data_file_id) {
            changes.flush_deletes(file, deletes);
        }
    }
    Ok(())
}

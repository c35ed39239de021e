//! The rows of one attempt, in the reference's order (DuckLake spec, "Order of statements in a commit").

use std::collections::BTreeMap;

use chrono::Utc;
use ducklake_catalog::{Cell, CommitTransaction, MetadataTable, Names, Snapshot, SnapshotChanges};
use ducklake_format::changes::{Change, QualifiedName, format_changes};
use ducklake_format::columns::Column;
use ducklake_format::stats::{Source, StatisticsCollector};
use uuid::Uuid;

use super::CommitContext;
use super::failpoint::{self, failpoint};
use super::statistics::TableStatistics;
use crate::deletes::{DeleteFilePlan, DeletePlan};
use crate::error::Result;
use crate::ids::Ids;
use crate::inline::{Backend, can_inline, encode_rows, physical_type};
use crate::prepare::{Prepared, relative_directory, table_of};
use crate::rows::{Rows, text};
use crate::table::TableChanges;
use crate::transaction::{FIRST_LOCAL_ID, FIRST_LOCAL_ROW_ID, TagChange, Transaction};

mod flush;
mod macros;
mod tags;

/// Writes everything of a commit but COMMIT; `None` where another writer has the snapshot's id.
pub(super) async fn write(
    context: &CommitContext<'_>,
    tx: &mut CommitTransaction<'_>,
    transaction: &Transaction,
    prepared: &Prepared,
    head: &Snapshot,
) -> Result<Option<(Snapshot, SnapshotChanges)>> {
    let mut attempt = Attempt {
        context,
        transaction,
        prepared,
        backend: Backend::from_name(context.catalog.backend()),
        snapshot: head.id + 1,
        time: Utc::now().format("%Y-%m-%dT%H:%M:%S%.6f+00").to_string(),
        ids: Ids::after(head),
        rows: Rows::default(),
        changes: Vec::new(),
        inlined: BTreeMap::new(),
        is_fresh: head.schema_version == transaction.base.schema_version,
    };
    attempt.assign_ids();
    let mut snapshot = attempt.expected_row();
    if !tx.insert_snapshot(&snapshot).await? {
        return Ok(None);
    }
    failpoint(failpoint::SNAPSHOT_WRITTEN);
    attempt.drops(tx).await?;
    attempt.schemas();
    attempt.tables(tx).await?;
    attempt.views(tx).await?;
    attempt.tags(tx).await?;
    attempt.columns(tx).await?;
    attempt.specs(tx).await?;
    attempt.inlined_tables(tx).await?;
    attempt.macros();
    for (id, table) in &transaction.tables {
        attempt.data(tx, *id, table).await?;
    }
    for (id, table) in &transaction.tables {
        attempt.flushed(tx, *id, table).await?;
        attempt.deletes(tx, *id, table).await?;
    }
    attempt.schema_versions();
    let counters = attempt.snapshot_row();
    if counters != snapshot {
        tx.update_snapshot(&counters).await?;
        snapshot = counters;
    }
    let info = &transaction.info;
    let changes = SnapshotChanges {
        changes_made: format_changes(&attempt.changes),
        author: info.author.clone(),
        commit_message: info.message.clone(),
        commit_extra_info: info.extra_info.clone(),
    };
    attempt.rows.add(
        MetadataTable::SnapshotChanges,
        vec![
            snapshot.id.into(),
            text(changes.changes_made.as_deref()),
            text(changes.author.as_deref()),
            text(changes.commit_message.as_deref()),
            text(changes.commit_extra_info.as_deref()),
        ],
    );
    attempt.rows.write(tx).await?;
    failpoint(failpoint::ROWS_WRITTEN);
    Ok(Some((snapshot, changes)))
}

/// An inlined data table to insert into: name, and its columns with their physical types.
#[derive(Debug, Clone)]
struct Target {
    name: String,
    columns: Vec<(String, String)>,
}

struct Attempt<'a> {
    context: &'a CommitContext<'a>,
    transaction: &'a Transaction,
    prepared: &'a Prepared,
    backend: Option<Backend>,
    snapshot: i64,
    time: String,
    ids: Ids,
    rows: Rows,
    changes: Vec<Change>,
    /// Inlined data tables made by this commit, by local table id.
    inlined: BTreeMap<i64, Target>,
    /// Whether nobody changed a schema since the base.
    is_fresh: bool,
}

impl<'a> Attempt<'a> {
    fn base(&self) -> &'a Names {
        &self.transaction.base_names
    }

    fn names(&self) -> &'a Names {
        &self.transaction.names
    }

    fn snapshot_row(&self) -> Snapshot {
        Snapshot {
            id: self.snapshot,
            time: self.time.clone(),
            schema_version: self.ids.schema_version,
            next_catalog_id: self.ids.next_catalog_id,
            next_file_id: self.ids.next_file_id,
        }
    }

    /// The snapshot's row as it will most likely be: corrected at the end where an id was taken for another reason.
    fn expected_row(&self) -> Snapshot {
        let plan = |id: i64| self.prepared.of(id);
        let delete_file = |id: i64| i64::from(matches!(plan(id), Some(DeletePlan::File(_))));
        let files = |table: &TableChanges| {
            let whole = |id: i64| matches!(plan(id), Some(DeletePlan::Whole));
            let written = table.files.iter().filter(|f| !whole(f.local_id)).map(|f| 1 + delete_file(f.local_id));
            let pending = table.pending.iter().any(|p| p.batch.num_rows() > 0);
            let deletes = table.deletes.keys().map(|id| delete_file(*id));
            written.chain(deletes).sum::<i64>() + i64::from(pending)
        };
        let mut row = self.snapshot_row();
        row.next_file_id += self.transaction.tables.values().map(files).sum::<i64>();
        row
    }

    /// Whether the commit changes what there is rather than what is in it.
    fn is_ddl(&self) -> bool {
        self.transaction.names != self.transaction.base_names
            || self.transaction.tags.iter().any(TagChange::is_comment)
            || self.transaction.tables.values().any(|t| t.altered || t.partition_changed || t.sort_changed)
    }

    /// Ids in the reference's order: schemas, tables with their specs, views, macros.
    fn assign_ids(&mut self) {
        for schema in self.names().schemas.iter().filter(|s| s.schema_id >= FIRST_LOCAL_ID) {
            self.ids.assign(schema.schema_id);
        }
        for table in self.names().tables.iter().filter(|t| t.table_id >= FIRST_LOCAL_ID) {
            self.ids.assign(table.table_id);
        }
        for view in self.names().views.iter().filter(|v| v.view_id >= FIRST_LOCAL_ID) {
            self.ids.assign(view.view_id);
        }
        for new in self.new_macros() {
            self.ids.assign(new.macro_id);
        }
        if self.is_ddl() {
            self.ids.schema_version += 1;
        }
    }

    fn qualified(&self, schema_id: i64, name: &str) -> QualifiedName {
        let schema = self.names().schemas.iter().find(|s| s.schema_id == schema_id).map(|s| s.name.clone());
        QualifiedName { schema, name: name.to_string() }
    }

    fn tree(&self, id: i64, table: &TableChanges) -> Result<Vec<Column>> {
        table.tree(self.ids.real(id))
    }

    async fn drops(&mut self, tx: &mut CommitTransaction<'_>) -> Result<()> {
        let (base, names, at) = (self.base(), self.names(), self.snapshot);
        let schemas: Vec<i64> = base.schemas.iter().map(|s| s.schema_id).collect();
        let schemas = missing(schemas, |id| names.schemas.iter().any(|s| s.schema_id == id));
        tx.end(MetadataTable::Schema, "schema_id", &schemas, at).await?;
        self.changes.extend(schemas.into_iter().map(Change::DroppedSchema));
        let tables: Vec<i64> = base.tables.iter().map(|t| t.table_id).collect();
        let tables = missing(tables, |id| names.tables.iter().any(|t| t.table_id == id));
        for table in [
            MetadataTable::Table,
            MetadataTable::PartitionInfo,
            MetadataTable::Column,
            MetadataTable::ColumnTag,
            MetadataTable::DataFile,
            MetadataTable::DeleteFile,
            MetadataTable::SortInfo,
        ] {
            tx.end(table, "table_id", &tables, at).await?;
        }
        let views: Vec<i64> = base.views.iter().map(|v| v.view_id).collect();
        let views = missing(views, |id| names.views.iter().any(|v| v.view_id == id));
        tx.end(MetadataTable::View, "view_id", &views, at).await?;
        let objects: Vec<i64> = tables.iter().chain(&views).copied().collect();
        tx.end(MetadataTable::Tag, "object_id", &objects, at).await?;
        self.changes.extend(tables.into_iter().map(Change::DroppedTable));
        self.changes.extend(views.into_iter().map(Change::DroppedView));
        self.dropped_macros(tx).await
    }

    fn schemas(&mut self) {
        for schema in self.names().schemas.iter().filter(|s| s.schema_id >= FIRST_LOCAL_ID) {
            self.rows.add(
                MetadataTable::Schema,
                vec![
                    self.ids.real(schema.schema_id).into(),
                    Uuid::now_v7().to_string().into(),
                    self.snapshot.into(),
                    Cell::Null,
                    schema.name.as_str().into(),
                    text(schema.path.as_deref()),
                    Cell::Bool(schema.path_is_relative),
                ],
            );
            self.changes.push(Change::CreatedSchema(schema.name.clone()));
        }
    }

    /// New and renamed tables.
    async fn tables(&mut self, tx: &mut CommitTransaction<'_>) -> Result<()> {
        for table in &self.names().tables {
            let before = self.base().tables.iter().find(|b| b.table_id == table.table_id);
            if before.is_some_and(|b| b.name == table.name) {
                continue;
            }
            let id = self.ids.real(table.table_id);
            if before.is_some() {
                tx.end(MetadataTable::Table, "table_id", &[id], self.snapshot).await?;
            }
            self.rows.add(
                MetadataTable::Table,
                vec![
                    id.into(),
                    text(table.uuid.as_deref()),
                    self.snapshot.into(),
                    Cell::Null,
                    self.ids.real(table.schema_id).into(),
                    table.name.as_str().into(),
                    text(table.path.as_deref()),
                    Cell::Bool(table.path_is_relative),
                ],
            );
            self.changes.push(Change::CreatedTable(self.qualified(table.schema_id, &table.name)));
        }
        Ok(())
    }

    async fn views(&mut self, tx: &mut CommitTransaction<'_>) -> Result<()> {
        for view in &self.names().views {
            let before = self.base().views.iter().find(|b| b.view_id == view.view_id);
            if before.is_some_and(|b| b.name == view.name) {
                continue;
            }
            let id = self.ids.real(view.view_id);
            let uuid = match before {
                Some(_) => {
                    let uuid = tx.view_uuid(id).await?;
                    tx.end(MetadataTable::View, "view_id", &[id], self.snapshot).await?;
                    uuid
                }
                None => Some(Uuid::new_v4().to_string()),
            };
            self.rows.add(
                MetadataTable::View,
                vec![
                    id.into(),
                    text(uuid.as_deref()),
                    self.snapshot.into(),
                    Cell::Null,
                    self.ids.real(view.schema_id).into(),
                    view.name.as_str().into(),
                    text(view.dialect.as_deref()),
                    view.sql.as_str().into(),
                    view.column_aliases.as_deref().unwrap_or_default().into(),
                ],
            );
            self.changes.push(Change::CreatedView(self.qualified(view.schema_id, &view.name)));
        }
        Ok(())
    }

    /// Columns that are new, gone or otherwise than at the base.
    async fn columns(&mut self, tx: &mut CommitTransaction<'_>) -> Result<()> {
        for (local, table) in &self.transaction.tables {
            let id = self.ids.real(*local);
            let before = table.base.as_ref().map(|b| b.columns.as_slice()).unwrap_or_default();
            let replaced: Vec<i64> =
                before.iter().filter(|b| !table.columns.contains(b)).map(|b| b.column_id).collect();
            for column in &replaced {
                let also = [("column_id", Cell::Int(*column))];
                tx.end_where(MetadataTable::Column, self.snapshot, "table_id", &[id], &also).await?;
            }
            let unbounded: Vec<i64> = table.unbounded.iter().copied().collect();
            if !unbounded.is_empty() {
                tx.remove_statistics(id, &unbounded).await?;
            }
            for column in table.columns.iter().filter(|c| !before.contains(c)) {
                self.rows.column(id, self.snapshot, column);
            }
            if table.altered || table.partition_changed || table.sort_changed {
                self.changes.push(Change::AlteredTable(id));
            }
        }
        Ok(())
    }

    /// Partition specs and sort orders.
    async fn specs(&mut self, tx: &mut CommitTransaction<'_>) -> Result<()> {
        for (local, table) in &self.transaction.tables {
            let id = self.ids.real(*local);
            if table.partition_changed {
                tx.end(MetadataTable::PartitionInfo, "table_id", &[id], self.snapshot).await?;
                let spec = self.ids.take_catalog();
                let row = vec![spec.into(), id.into(), self.snapshot.into(), Cell::Null];
                self.rows.add(MetadataTable::PartitionInfo, row);
                for key in &table.partition {
                    let row = vec![
                        spec.into(),
                        id.into(),
                        key.key_index.into(),
                        key.column_id.into(),
                        key.transform.as_str().into(),
                    ];
                    self.rows.add(MetadataTable::PartitionColumn, row);
                }
            }
            if table.sort_changed {
                tx.end(MetadataTable::SortInfo, "table_id", &[id], self.snapshot).await?;
                if table.sort.is_empty() {
                    continue;
                }
                let spec = self.ids.take_catalog();
                let row = vec![spec.into(), id.into(), self.snapshot.into(), Cell::Null];
                self.rows.add(MetadataTable::SortInfo, row);
                for (index, key) in table.sort.iter().enumerate() {
                    let row = vec![
                        spec.into(),
                        id.into(),
                        (index as i64).into(),
                        key.expression.as_str().into(),
                        "duckdb".into(),
                        if key.descending { "DESC" } else { "ASC" }.into(),
                        if key.nulls_first { "NULLS_FIRST" } else { "NULLS_LAST" }.into(),
                    ];
                    self.rows.add(MetadataTable::SortExpression, row);
                }
            }
        }
        Ok(())
    }

    fn is_renamed(&self, id: i64) -> bool {
        let name = |names: &Names| names.tables.iter().find(|t| t.table_id == id).map(|t| t.name.clone());
        id < FIRST_LOCAL_ID && name(self.base()) != name(self.names())
    }

    /// Inlined data tables for new tables and new column sets.
    async fn inlined_tables(&mut self, tx: &mut CommitTransaction<'_>) -> Result<()> {
        let touched: Vec<i64> = self.transaction.tables.keys().copied().collect();
        for local in touched {
            let Some(table) = self.transaction.tables.get(&local) else { continue };
            if table.base.is_none() || table.reshaped || self.is_renamed(local) {
                self.inlined_table(tx, local, table).await?;
            }
        }
        Ok(())
    }

    /// Makes an inlined data table for a table's present columns, where they can be inlined.
    async fn inlined_table(
        &mut self,
        tx: &mut CommitTransaction<'_>,
        local: i64,
        table: &TableChanges,
    ) -> Result<Option<Target>> {
        let limit = self.context.inlining_limit(self.transaction, local);
        let columns = self.tree(local, table)?;
        let Some(backend) = self.backend.filter(|b| limit > 0 && can_inline(&columns, *b)) else { return Ok(None) };
        let columns: Vec<(String, String)> =
            columns.iter().map(|c| (c.name.clone(), physical_type(&c.lake_type, backend))).collect();
        let name = tx.create_inlined_table(self.ids.real(local), self.ids.schema_version, &columns).await?;
        let target = Target { name, columns };
        self.inlined.insert(local, target.clone());
        Ok(Some(target))
    }

    /// The inlined data table that rows of a table go to; made where there is none for its columns.
    async fn target(
        &mut self,
        tx: &mut CommitTransaction<'_>,
        local: i64,
        table: &TableChanges,
    ) -> Result<Option<Target>> {
        if let Some(target) = self.inlined.get(&local) {
            return Ok(Some(target.clone()));
        }
        let newest = match &table.base {
            Some(base) if self.is_fresh => base.facts.inlined_tables.iter().max_by_key(|t| t.schema_version).map(|t| {
                let columns = t.columns.iter().map(|c| (c.name.clone(), c.declared.clone())).collect();
                Target { name: t.name.clone(), columns }
            }),
            Some(_) => {
                let found = tx.newest_inlined_table(self.ids.real(local)).await?;
                found.map(|(name, _, columns)| Target { name, columns })
            }
            None => None,
        };
        let columns = self.tree(local, table)?;
        let fits = |t: &Target| t.columns.iter().map(|(name, _)| name).eq(columns.iter().map(|c| &c.name));
        if let Some(target) = newest.filter(fits) {
            return Ok(Some(target));
        }
        self.ids.schema_version += 1;
        let target = self.inlined_table(tx, local, table).await?;
        // Without its own schema version, later readers could not tell which columns the table has.
        self.schema_version(self.ids.real(local));
        Ok(target)
    }

    fn schema_version(&mut self, table: i64) {
        let row = vec![self.snapshot.into(), self.ids.schema_version.into(), table.into()];
        self.rows.add(MetadataTable::SchemaVersions, row);
    }

    /// Files and inlined rows that are added to a table, with its statistics.
    async fn data(&mut self, tx: &mut CommitTransaction<'_>, local: i64, table: &TableChanges) -> Result<()> {
        let whole = |id: i64| matches!(self.prepared.of(id), Some(DeletePlan::Whole));
        let files: Vec<_> = table.files.iter().filter(|f| !whole(f.local_id)).collect();
        let pending: usize = table.pending.iter().map(|p| p.batch.num_rows()).sum();
        if files.is_empty() && pending == 0 {
            return Ok(());
        }
        let id = self.ids.real(local);
        let columns = self.tree(local, table)?;
        let stored = match table.base {
            Some(_) => tx.table_statistics(&[id]).await?.remove(&id),
            None => None,
        };
        let mut statistics = TableStatistics::new(&columns, stored);
        let partition_id = table.base.as_ref().and_then(|b| b.partition.as_ref()).map(|p| p.partition_id);
        for file in files {
            if let Some(history) = &file.history {
                self.flushed_file(id, file, history, &mut statistics);
                continue;
            }
            let data_file_id = self.ids.take_file();
            let rows = file.file.record_count;
            // Without a first row id, DuckDB's merge keeps the ids that the file itself has.
            let row_id_start = (!file.file.has_row_ids).then_some(statistics.row.next_row_id);
            let partition = file.file.partition_id.map(|spec| match partition_id {
                Some(known) if !table.partition_changed => known,
                _ => self.rows.last_partition(id).unwrap_or(spec),
            });
            self.rows.data_file((data_file_id, id, self.snapshot), None, partition, row_id_start, &file.file);
            statistics.row.record_count += rows;
            statistics.row.next_row_id += rows;
            statistics.row.file_size_bytes += file.file.file_size_bytes;
            statistics.merge(file.file.column_stats.iter().map(|c| (c.column_id, &c.stats)), Source::File);
            if let Some(DeletePlan::File(plan)) = self.prepared.of(file.local_id) {
                self.delete_file(id, data_file_id, plan, plan.last_snapshot());
            }
            self.changes.push(Change::InsertedIntoTable(id));
        }
        if pending > 0 {
            self.pending(tx, local, table, &columns, &mut statistics).await?;
        }
        statistics.write(tx, id).await
    }

    /// Inlined rows.
    async fn pending(
        &mut self,
        tx: &mut CommitTransaction<'_>,
        local: i64,
        table: &TableChanges,
        columns: &[Column],
        statistics: &mut TableStatistics,
    ) -> Result<()> {
        let id = self.ids.real(local);
        let (Some(backend), Some(target)) = (self.backend, self.target(tx, local, table).await?) else {
            return Err(crate::TransactError::invalid(format!("table {id} has rows that cannot be inlined any more")));
        };
        // Caches of DuckDB are keyed by the next file id.
        let _ = self.ids.take_file();
        let mut collector = StatisticsCollector::with_source(columns, Source::Inlined);
        let mut rows = Vec::new();
        for pending in table.pending.iter().filter(|p| p.batch.num_rows() > 0) {
            collector.update(&pending.batch)?;
            let cells = encode_rows(columns, &pending.batch, backend)?.ok_or_else(|| {
                crate::TransactError::invalid(format!("table {id} has values that cannot be inlined any more"))
            })?;
            for (row_id, cells) in pending.row_ids.iter().zip(cells) {
                let row_id = match *row_id {
                    kept if kept < FIRST_LOCAL_ROW_ID => kept,
                    _ => {
                        statistics.row.next_row_id += 1;
                        statistics.row.next_row_id - 1
                    }
                };
                rows.push((row_id, cells));
            }
        }
        statistics.row.record_count += rows.len() as i64;
        let stats = collector.finish();
        statistics.merge(stats.iter().map(|(id, stats)| (*id, stats)), Source::Inlined);
        tx.insert_inlined(&target.name, &target.columns, self.snapshot, rows).await?;
        self.changes.push(Change::InlinedInsert(id));
        Ok(())
    }

    fn delete_file(&mut self, table: i64, data_file_id: i64, plan: &DeleteFilePlan, partial_max: Option<i64>) {
        let file = &plan.written;
        let id = self.ids.take_file();
        self.rows.add(
            MetadataTable::DeleteFile,
            vec![
                id.into(),
                table.into(),
                plan.begin_snapshot(self.snapshot).into(),
                Cell::Null,
                data_file_id.into(),
                file.path.as_str().into(),
                Cell::Bool(true),
                file.format.into(),
                file.delete_count.into(),
                file.file_size_bytes.into(),
                file.footer_size.into(),
                text(file.encryption_key.as_deref()),
                partial_max.map_or(Cell::Null, Cell::Int),
            ],
        );
    }

    /// Deletes of rows that were there before.
    async fn deletes(&mut self, tx: &mut CommitTransaction<'_>, local: i64, table: &TableChanges) -> Result<()> {
        let id = self.ids.real(local);
        for (name, row_ids) in &table.inlined_deletes {
            let row_ids: Vec<i64> = row_ids.iter().copied().collect();
            let ended = tx.end_inlined(name, self.snapshot, &row_ids).await?;
            if ended != row_ids.len() as u64 {
                return Err(crate::TransactError::Conflict {
                    ours: format!("delete from {}", self.transaction.shown_table(local)),
                    theirs: "deleted or flushed the same inlined rows".to_string(),
                    snapshot: self.snapshot - 1,
                });
            }
            self.changes.push(Change::InlinedDelete(id));
        }
        let mut inlined = Vec::new();
        let mut whole = Vec::new();
        for data_file_id in table.deletes.keys() {
            match self.prepared.of(*data_file_id) {
                Some(DeletePlan::Inlined(positions)) => {
                    inlined.extend(positions.iter().map(|position| (*data_file_id, position.cast_signed())));
                    // DuckDB would let a concurrent delete or merge of the same file pass without this.
                    self.changes.extend([Change::InlinedDelete(id), Change::MergeAdjacent(id)]);
                }
                Some(DeletePlan::Whole) => {
                    whole.push(*data_file_id);
                    self.changes.push(Change::DeletedFromTable(id));
                }
                Some(DeletePlan::File(plan)) => {
                    self.replaced(tx, local, plan).await?;
                    self.delete_file(id, *data_file_id, plan, plan.last_snapshot());
                    // The entries beside the delete make DuckDB notice what its check of files does not see.
                    self.changes.extend([Change::DeletedFromTable(id), Change::InlinedDelete(id)]);
                    if plan.replaced.is_some() {
                        self.changes.push(Change::MergeAdjacent(id));
                    }
                }
                None => {}
            }
        }
        tx.end(MetadataTable::DataFile, "data_file_id", &whole, self.snapshot).await?;
        if !inlined.is_empty() {
            tx.insert_inlined_deletes(id, self.snapshot, &inlined).await?;
        }
        Ok(())
    }

    /// Takes the delete file away that a new one replaces.
    async fn replaced(&mut self, tx: &mut CommitTransaction<'_>, local: i64, plan: &DeleteFilePlan) -> Result<()> {
        let Some(old) = &plan.replaced else { return Ok(()) };
        let ids = [old.delete_file_id];
        let taken = if plan.keeps_replaced() {
            tx.end(MetadataTable::DeleteFile, "delete_file_id", &ids, self.snapshot).await?
        } else {
            tx.remove(MetadataTable::DeleteFile, "delete_file_id", &ids).await?
        };
        if taken != 1 {
            return Err(crate::TransactError::Conflict {
                ours: format!("delete from {}", self.transaction.shown_table(local)),
                theirs: "replaced a delete file of it".to_string(),
                snapshot: self.snapshot - 1,
            });
        }
        if plan.keeps_replaced() {
            return Ok(());
        }
        let directory = table_of(self.names(), local).and_then(|(schema, table)| relative_directory(schema, table));
        let (path, is_relative) = match (directory, old.path_is_relative) {
            (_, false) => (old.path.clone(), false),
            (Some(directory), true) => (format!("{directory}{}", old.path), true),
            (None, true) => match self.context.target(self.transaction, local)? {
                Some(target) => (format!("{}{}", target.directory, old.path), false),
                None => (old.path.clone(), true),
            },
        };
        let row = vec![old.delete_file_id.into(), path.into(), Cell::Bool(is_relative), self.time.as_str().into()];
        self.rows.add(MetadataTable::FilesScheduledForDeletion, row);
        Ok(())
    }

    /// One row for each table whose columns, name or partitions are new.
    fn schema_versions(&mut self) {
        let mut tables: Vec<i64> = Vec::new();
        for table in &self.names().tables {
            if table.table_id >= FIRST_LOCAL_ID || self.is_renamed(table.table_id) {
                tables.push(table.table_id);
            }
        }
        for (id, table) in &self.transaction.tables {
            if (table.altered || table.partition_changed) && !tables.contains(id) {
                tables.push(*id);
            }
        }
        for table in tables {
            let id = self.ids.real(table);
            self.schema_version(id);
        }
    }
}

fn missing(ids: Vec<i64>, is_there: impl Fn(i64) -> bool) -> Vec<i64> {
    ids.into_iter().filter(|id| !is_there(*id)).collect()
}

//! The commit loop (DuckLake spec, "Commit protocol").

use std::collections::BTreeMap;
use std::time::Instant;

use ducklake_catalog::{Catalog, CatalogError, CommitTransaction, FailureKind, Snapshot, SnapshotChanges};
use ducklake_format::changes::{Change, QualifiedName, parse_changes};
use ducklake_storage::Storage;

use crate::conflict::{self, Intent};
use crate::deletes::{DeleteFileReader, DeletePlan};
use crate::error::{Result, TransactError};
use crate::files::remove_files;
use crate::prepare::Prepared;
pub use crate::prepare::table_directory;
use crate::retry::RetryPolicy;
use crate::settings::{SessionSettings, TableSettings, option};
use crate::transaction::{FIRST_LOCAL_ID, Tagged, Transaction};

use self::failpoint::failpoint;
use self::unregistered::Unregistered;

mod attempt;
mod failpoint;
mod macros;
mod statistics;
mod tags;
mod unregistered;

/// What a commit works with.
#[derive(Clone, Copy)]
pub struct CommitContext<'a> {
    /// The lake's catalog.
    pub catalog: &'a Catalog,
    /// Where files are.
    pub storage: &'a Storage,
    /// The data path in use, with one trailing separator.
    pub data_path: &'a str,
    /// Reads delete files that are replaced.
    pub reader: &'a dyn DeleteFileReader,
    /// Options of the session.
    pub session: &'a SessionSettings,
    /// How often to try.
    pub retry: &'a RetryPolicy,
}

impl std::fmt::Debug for CommitContext<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CommitContext").field("data_path", &self.data_path).finish_non_exhaustive()
    }
}

impl CommitContext<'_> {
    pub(crate) fn inlining_limit(&self, transaction: &Transaction, table: i64) -> u64 {
        self.settings(transaction, table).inlining_limit
    }

    pub(crate) fn settings(&self, transaction: &Transaction, table: i64) -> TableSettings {
        let schema = transaction.names.tables.iter().find(|t| t.table_id == table).map(|t| t.schema_id);
        let encrypted = self.catalog.metadata().encrypted;
        TableSettings::new(&self.catalog.options(), self.session, encrypted, schema, Some(table))
    }
}

/// How an attempt ended.
enum Attempted {
    Committed(Snapshot),
    LostRace,
    /// Files name another snapshot than the one that this commit would be.
    Stale(i64),
}

/// Commits a transaction as one snapshot; `None` where it changes nothing. After any error but
/// [`TransactError::OutcomeUnknown`] nothing was committed and the transaction's files are removed.
///
/// # Errors
/// [`TransactError::Conflict`], [`TransactError::Contended`], [`TransactError::OutcomeUnknown`], failures of catalog
/// and storage.
pub async fn commit(context: &CommitContext<'_>, transaction: Transaction) -> Result<Option<Snapshot>> {
    if !transaction.is_changed() {
        rollback(context.storage, transaction).await;
        return Ok(None);
    }
    let mut unregistered = Unregistered::new(context.storage, transaction.written_files());
    let prepared = match check(context, &transaction) {
        Ok(()) => Prepared::new(context, &transaction, transaction.base.id + 1).await,
        Err(error) => Err(error),
    };
    let mut prepared = match prepared {
        Ok(prepared) => prepared,
        Err(error) => {
            rollback(context.storage, transaction).await;
            unregistered.release();
            return Err(error);
        }
    };
    unregistered.extend(prepared.written_files());
    if !makes_snapshot(&transaction, &prepared) {
        prepared.remove(context).await;
        rollback(context.storage, transaction).await;
        unregistered.release();
        return Ok(None);
    }
    failpoint(failpoint::FILES_WRITTEN);
    match attempts(context, &transaction, &mut prepared, &mut unregistered).await {
        Ok(snapshot) => {
            let unused = transaction.abandoned.clone().into_iter().chain(unused_files(&transaction, &prepared));
            remove_files(context.storage, &unused.collect::<Vec<_>>()).await;
            Ok(Some(snapshot))
        }
        Err(error @ TransactError::OutcomeUnknown { .. }) => Err(error),
        Err(error) => {
            unregistered.hold();
            prepared.remove(context).await;
            rollback(context.storage, transaction).await;
            unregistered.release();
            Err(error)
        }
    }
}

/// Gives a transaction up: removes what it wrote.
pub async fn rollback(storage: &Storage, transaction: Transaction) {
    remove_files(storage, &transaction.written_files()).await;
}

fn check(context: &CommitContext<'_>, transaction: &Transaction) -> Result<()> {
    context.catalog.check_writable()?;
    let required = option(&context.catalog.options(), "require_commit_message", None, None)
        .is_some_and(|v| v.eq_ignore_ascii_case("true"));
    if required && transaction.info.message.as_deref().is_none_or(str::is_empty) {
        return Err(TransactError::MessageRequired);
    }
    Ok(())
}

/// Files that were written and lost all their rows again.
fn unused_files(transaction: &Transaction, prepared: &Prepared) -> Vec<String> {
    let files = transaction.tables.values().flat_map(|t| &t.files);
    files
        .filter(|f| matches!(prepared.of(f.local_id), Some(DeletePlan::Whole)))
        .map(|f| f.file.full_path.clone())
        .collect()
}

/// Rows that were inserted and deleted again leave nothing.
fn makes_snapshot(transaction: &Transaction, prepared: &Prepared) -> bool {
    transaction.names != transaction.base_names
        || !transaction.tags.is_empty()
        || transaction.tables.values().any(|t| {
            t.base.is_none()
                || t.altered
                || t.partition_changed
                || t.sort_changed
                || t.has_deletes()
                || !t.flushed.is_empty()
                || t.pending.iter().any(|p| p.batch.num_rows() > 0)
                || t.files.iter().any(|f| !matches!(prepared.of(f.local_id), Some(DeletePlan::Whole)))
        })
}

async fn attempts(
    context: &CommitContext<'_>,
    transaction: &Transaction,
    prepared: &mut Prepared,
    unregistered: &mut Unregistered,
) -> Result<Snapshot> {
    let intent = intent(transaction);
    let deadline = Instant::now() + context.retry.patience;
    let mut attempt = 0;
    let mut stale = 0_u32;
    loop {
        unregistered.hold();
        let outcome = match run(context, transaction, &intent, prepared, unregistered, stale > 3).await {
            // A busy database is another writer's doing; the attempt was taken back.
            Err(TransactError::Catalog(e)) if matches!(e.kind(), FailureKind::Busy | FailureKind::LostRace) => {
                if attempt + 1 >= context.retry.max_attempts || Instant::now() >= deadline {
                    return Err(TransactError::Catalog(e));
                }
                Attempted::LostRace
            }
            other => other?,
        };
        match outcome {
            Attempted::Committed(snapshot) => return Ok(snapshot),
            Attempted::Stale(snapshot) => {
                stale += 1;
                prepared.rewrite(context, transaction, snapshot).await?;
                unregistered.extend(prepared.written_files());
            }
            Attempted::LostRace => {
                attempt += 1;
                if attempt >= context.retry.max_attempts {
                    return Err(TransactError::Contended { attempts: attempt });
                }
                tokio::time::sleep(context.retry.pause(attempt - 1)).await;
            }
        }
    }
}

/// One attempt: all in one database transaction.
async fn run(
    context: &CommitContext<'_>,
    transaction: &Transaction,
    intent: &Intent,
    prepared: &mut Prepared,
    unregistered: &mut Unregistered,
    rewrite_inside: bool,
) -> Result<Attempted> {
    let mut tx = context.catalog.begin_commit(context.retry.patience).await?;
    let written = async {
        let head = tx.head().await?;
        if head.id > transaction.base.id {
            compare(&mut tx, transaction, intent, &head).await?;
        }
        let snapshot = head.id + 1;
        if prepared.is_stale(snapshot) {
            // Writers that are always overtaken write the small files while they hold the lock.
            if !rewrite_inside {
                return Ok(Err(Attempted::Stale(snapshot)));
            }
            prepared.rewrite(context, transaction, snapshot).await?;
            unregistered.extend(prepared.written_files());
        }
        Ok::<_, TransactError>(match attempt::write(context, &mut tx, transaction, prepared, &head).await? {
            Some(done) => Ok(done),
            None => Err(Attempted::LostRace),
        })
    }
    .await;
    match written {
        Ok(Ok((snapshot, changes))) => {
            unregistered.release();
            match tx.commit().await {
                Ok(()) => {
                    failpoint(failpoint::COMMITTED);
                    Ok(Attempted::Committed(snapshot))
                }
                Err(error) => settle(context, snapshot, &changes, error).await,
            }
        }
        Ok(Err(outcome)) => {
            tx.rollback().await;
            Ok(outcome)
        }
        Err(error) => {
            tx.rollback().await;
            Err(error)
        }
    }
}

/// COMMIT failed: finds out whether it happened.
async fn settle(
    context: &CommitContext<'_>,
    snapshot: Snapshot,
    changes: &SnapshotChanges,
    error: CatalogError,
) -> Result<Attempted> {
    if matches!(error.kind(), FailureKind::Busy | FailureKind::LostRace) {
        return Ok(Attempted::LostRace);
    }
    let deadline = tokio::time::Instant::now() + context.retry.patience;
    for attempt in 0.. {
        let asked = context.catalog.has_committed(&snapshot, changes, context.retry.patience);
        match tokio::time::timeout_at(deadline, asked).await {
            Ok(Ok(true)) => return Ok(Attempted::Committed(snapshot)),
            Ok(Ok(false)) => return Err(TransactError::NotCommitted { source: error }),
            Ok(Err(_)) => tokio::time::sleep(context.retry.pause(attempt)).await,
            Err(_) => break,
        }
    }
    Err(TransactError::OutcomeUnknown { snapshot: snapshot.id, source: error })
}

/// What the transaction does to what was there before it.
fn intent(transaction: &Transaction) -> Intent {
    let (base, names) = (&transaction.base_names, &transaction.names);
    let schema_name = |id: i64| names.schemas.iter().find(|s| s.schema_id == id).map(|s| s.name.clone());
    let qualified = |schema: i64, name: &str| QualifiedName { schema: schema_name(schema), name: name.to_string() };
    let tables = base.tables.iter().map(|t| (t.table_id, t.name.clone())).collect();
    let mut intent = Intent { tables, guarded: transaction.guarded.clone(), ..Intent::default() };
    for schema in base.schemas.iter().filter(|s| !names.schemas.iter().any(|n| n.schema_id == s.schema_id)) {
        intent.changes.push(Change::DroppedSchema(schema.schema_id));
        intent.dropped_schemas.push((schema.schema_id, schema.name.clone()));
    }
    for schema in names.schemas.iter().filter(|s| s.schema_id >= FIRST_LOCAL_ID) {
        intent.changes.push(Change::CreatedSchema(schema.name.clone()));
    }
    let mut uses = |id: i64| {
        if id < FIRST_LOCAL_ID
            && let Some(name) = schema_name(id)
        {
            intent.schemas_used.push((id, name));
        }
    };
    let mut changes = Vec::new();
    for table in base.tables.iter().filter(|t| !names.tables.iter().any(|n| n.table_id == t.table_id)) {
        changes.push(Change::DroppedTable(table.table_id));
    }
    for table in &names.tables {
        let before = base.tables.iter().find(|b| b.table_id == table.table_id);
        if before.is_none_or(|b| b.name != table.name) {
            uses(table.schema_id);
            changes.push(Change::CreatedTable(qualified(table.schema_id, &table.name)));
            if before.is_some() {
                changes.push(Change::AlteredTable(table.table_id));
            }
        }
    }
    for view in base.views.iter().filter(|v| !names.views.iter().any(|n| n.view_id == v.view_id)) {
        changes.push(Change::DroppedView(view.view_id));
    }
    for view in &names.views {
        let before = base.views.iter().find(|b| b.view_id == view.view_id);
        if before.is_none_or(|b| b.name != view.name) {
            uses(view.schema_id);
            changes.push(Change::CreatedView(qualified(view.schema_id, &view.name)));
        }
    }
    for gone in base.macros.iter().filter(|m| !names.macros.iter().any(|n| n.macro_id == m.macro_id)) {
        changes.push(macros::dropped(gone, gone.macro_id));
    }
    for new in names.macros.iter().filter(|m| m.macro_id >= FIRST_LOCAL_ID) {
        uses(new.schema_id);
        changes.push(macros::created(new, qualified(new.schema_id, &new.name)));
    }
    for tag in transaction.tags.iter().filter(|tag| tag.is_comment()) {
        match tag.on {
            Tagged::Table(id) | Tagged::Column { table: id, .. } => changes.push(Change::AlteredTable(id)),
            Tagged::View(id) => changes.push(Change::AlteredView(id)),
        }
    }
    for (id, table) in transaction.tables.iter().filter(|(id, _)| **id < FIRST_LOCAL_ID) {
        if table.altered || table.partition_changed || table.sort_changed {
            changes.push(Change::AlteredTable(*id));
        }
        if table.has_inserts() {
            changes.push(Change::InsertedIntoTable(*id));
        }
        // Deletes that a flush only moves are settled file by file.
        let mut deletes = table.deletes.values().filter(|d| !d.positions.is_empty());
        if !table.inlined_deletes.is_empty() || deletes.clone().any(|d| d.is_small) {
            changes.push(Change::InlinedDelete(*id));
        }
        if deletes.any(|d| !d.is_small) || table.files.iter().any(|f| f.history.is_some() && !f.deleted.is_empty()) {
            changes.push(Change::DeletedFromTable(*id));
        }
        if !table.flushed.is_empty() || table.deletes.values().any(|d| !d.moved.is_empty()) {
            changes.push(Change::InlineFlush(*id));
        }
    }
    intent.changes.extend(changes);
    intent
}

/// Checks what was committed since the base, and that what is changed is still as it was.
async fn compare(
    tx: &mut CommitTransaction<'_>,
    transaction: &Transaction,
    intent: &Intent,
    head: &Snapshot,
) -> Result<()> {
    let base = transaction.base.id;
    let theirs = tx.changes_after(base).await?;
    if theirs.len().cast_signed() as i64 != head.id - base {
        return Err(TransactError::Conflict {
            ours: format!("commit on top of snapshot {base}"),
            theirs: "expired snapshots after it, so that their changes are not known".to_string(),
            snapshot: head.id,
        });
    }
    for (snapshot, text) in &theirs {
        conflict::check(intent, *snapshot, &parse_changes(text.as_deref().unwrap_or_default()))?;
    }
    let changed = |id: i64, ours: &str, theirs: &str, snapshot: i64| TransactError::Conflict {
        ours: format!("{ours} {}", transaction.shown_table(id)),
        theirs: theirs.to_string(),
        snapshot,
    };
    let touched: Vec<i64> = transaction.tables.keys().copied().filter(|id| *id < FIRST_LOCAL_ID).collect();
    let live = tx.live_tables(&touched).await?;
    for id in touched {
        let begin = transaction.base_names.tables.iter().find(|t| t.table_id == id).map(|t| t.begin_snapshot);
        if live.get(&id).copied() != begin {
            return Err(changed(id, "change", "renamed or dropped it", head.id));
        }
    }
    tags::compare(tx, transaction, head.id).await?;
    for (id, table) in transaction.tables.iter().filter(|(_, t)| !t.deletes.is_empty()) {
        let files: Vec<i64> = table.deletes.keys().copied().collect();
        let mut found: BTreeMap<i64, Vec<Option<i64>>> = BTreeMap::new();
        let mut newest = base;
        for state in tx.live_files(&files).await? {
            found.entry(state.data_file_id).or_default().push(state.delete_file_id);
            newest = newest.max(state.begin_snapshot.unwrap_or_default());
        }
        let at = if newest > base { newest } else { head.id };
        for (file, deletes) in &table.deletes {
            let expected = deletes.delete_file.as_ref().map(|d| d.delete_file_id);
            match found.get(file).map(Vec::as_slice) {
                Some(&[delete_file]) if delete_file == expected => {}
                Some(_) => return Err(changed(*id, "delete from", "deleted from the same data file", at)),
                None => {
                    return Err(changed(*id, "delete from", "rewritten a data file, or deleted all of it", head.id));
                }
            }
        }
        let inlined = tx.inlined_deletes_of(*id, &files).await?;
        if let Some((_, _, at)) = inlined.iter().find(|(_, _, snapshot)| *snapshot > base) {
            return Err(changed(*id, "delete from", "deleted from the same data file", *at));
        }
    }
    Ok(())
}

//! The change feed: which rows were inserted, deleted or updated between two snapshots (DuckLake spec, "Change feed").
//!
//! A version of a row is known by its row id and the snapshot that wrote it. What a snapshot has and the one before
//! had not was inserted; what it has no more was deleted.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::datatypes::{DataType, TimeUnit};
use datafusion::common::Column;
use datafusion::dataframe::DataFrame;
use datafusion::logical_expr::{Expr, JoinType};
use datafusion::prelude::{col, lit, when};
use datafusion::scalar::ScalarValue;
use ducklake_catalog::{DataFileRow, Snapshot, SnapshotChanges, TableScanRows};
use ducklake_format::changes::{Change, parse_changes};

use super::{FunctionCall, FunctionRows, lake_name, text};
use crate::error::{LakeError, Result};
use crate::lake::{Lake, SnapshotSelector, snapshot_micros, timestamp_micros};
use crate::session::Session;
use crate::table::LakeTable;

const ROW_ID: &str = "rowid";
const SNAPSHOT_ID: &str = "snapshot_id";

pub(super) async fn call(
    session: &Session,
    call: &FunctionCall,
    lake: impl Fn(&str) -> Result<Lake>,
) -> Result<Option<FunctionRows>> {
    let (insertions, deletions) = match call.name.as_str() {
        "ducklake_table_insertions" => (true, false),
        "ducklake_table_deletions" => (false, true),
        "ducklake_table_changes" => (true, true),
        _ => return Ok(None),
    };
    let feed = Feed::open(session, call, lake(&lake_name(call)?)?).await?;
    let virtual_columns = [SNAPSHOT_ID, ROW_ID];
    if !deletions {
        return Ok(Some(FunctionRows::hiding(feed.insertions().await?, &virtual_columns)));
    }
    if !insertions {
        return Ok(Some(FunctionRows::hiding(feed.deletions().await?, &virtual_columns)));
    }
    let (inserted, deleted) = (feed.insertions().await?, feed.deletions().await?);
    let images = feed.paired(&inserted, &deleted, "update_postimage", "insert")?;
    let before = feed.paired(&deleted, &inserted, "update_preimage", "delete")?;
    Ok(Some(FunctionRows::of_frame(images.union(before)?)))
}

/// One table between two snapshots.
struct Feed<'a> {
    session: &'a Session,
    /// With the columns of the end.
    table: LakeTable,
    /// Neighbouring snapshots to compare: the later one may have changed the table's rows.
    steps: Vec<(i64, i64)>,
}

impl<'a> Feed<'a> {
    async fn open(session: &'a Session, call: &FunctionCall, lake: Lake) -> Result<Self> {
        let name =
            |index, what: &str| call.text(index).ok_or_else(|| LakeError::usage(format!("{} needs {what}", call.name)));
        let (schema, table) = (name(1, "a schema")?, name(2, "a table")?);
        let snapshots = lake.catalog().snapshots().await?;
        let start = bound(call, 3, &snapshots, true)?;
        let end = bound(call, 4, &snapshots, false)?;
        let view = lake.view(&SnapshotSelector::Version(end)).await?;
        if view.schema(&schema).is_some_and(|s| view.view(s, &table).is_some() && view.table(s, &table).is_none()) {
            return Err(LakeError::usage(format!("'{table}' is a view: only tables have a change feed")));
        }
        let found = LakeTable::load(&lake, &view, &schema, &table).await?;
        let found = found.ok_or_else(|| crate::sql::names::unknown_table(&view, &table, &schema, &table))?;
        let table = found.with_virtual_columns(&[ROW_ID, SNAPSHOT_ID]);
        if table.virtual_columns().len() != 2 {
            return Err(LakeError::not_supported(
                "the change feed of a table with a column of its own called rowid or snapshot_id",
            ));
        }
        let steps = steps(&snapshots, table.row().table_id, start, end);
        Ok(Self { session, table, steps })
    }

    fn frame(&self, snapshot: i64, files: HashSet<i64>) -> Result<DataFrame> {
        let table = self.table.clone().rows_of(snapshot, files);
        Ok(self.session.context().read_table(Arc::new(table))?)
    }

    /// The table's columns, then snapshot and row id.
    fn columns(&self, snapshot: Option<i64>) -> Vec<Expr> {
        let mut columns: Vec<Expr> = self.table.columns().iter().map(|c| exact(&c.name)).collect();
        columns.push(match snapshot {
            Some(snapshot) => lit(snapshot).alias(SNAPSHOT_ID),
            None => exact(SNAPSHOT_ID),
        });
        columns.push(exact(ROW_ID));
        columns
    }

    async fn insertions(&self) -> Result<DataFrame> {
        let mut all = self.nothing()?;
        for (before, after) in &self.steps {
            let rows = self.table.scan_rows(*after).await?;
            let is_new = |file: &&DataFileRow| {
                file.begin_snapshot > *before || file.partial_max.is_some_and(|max| max > *before)
            };
            let files = rows.listing.files.iter().filter(is_new).map(|f| f.data_file_id).collect();
            let written = exact(SNAPSHOT_ID);
            let new = written.clone().gt(lit(*before)).and(written.lt_eq(lit(*after)));
            all = all.union(self.frame(*after, files)?.filter(new)?.select(self.columns(None))?)?;
        }
        Ok(all)
    }

    async fn deletions(&self) -> Result<DataFrame> {
        let mut all = self.nothing()?;
        for (before, after) in &self.steps {
            let files =
                changed_files(&*self.table.scan_rows(*before).await?, &*self.table.scan_rows(*after).await?, *before);
            let old = self.frame(*before, files.clone())?;
            let versions = [exact(ROW_ID).alias("row there"), exact(SNAPSHOT_ID).alias("snapshot there")];
            let new = self.frame(*after, files)?.select(versions.to_vec())?;
            let there = ["row there", "snapshot there"];
            let gone = old.join(new, JoinType::LeftAnti, &[ROW_ID, SNAPSHOT_ID], &there, None)?;
            all = all.union(gone.select(self.columns(Some(*after)))?)?;
        }
        Ok(all)
    }

    /// No rows, with the feed's columns.
    fn nothing(&self) -> Result<DataFrame> {
        let frame = self.frame(self.table.view().snapshot.id, HashSet::new())?;
        Ok(frame.filter(lit(false))?.select(self.columns(None))?)
    }

    /// Rows labelled by whether the other side has the same row at the same snapshot.
    fn paired(&self, rows: &DataFrame, others: &DataFrame, both: &str, alone: &str) -> Result<DataFrame> {
        let keys = [exact(ROW_ID).alias("other row"), exact(SNAPSHOT_ID).alias("other snapshot")];
        let others = others.clone().select(keys.to_vec())?;
        let there = ["other row", "other snapshot"];
        let joined = rows.clone().join(others, JoinType::Left, &[ROW_ID, SNAPSHOT_ID], &there, None)?;
        let label = when(exact("other row").is_not_null(), lit(both)).otherwise(lit(alone))?;
        let mut columns = vec![exact(SNAPSHOT_ID), exact(ROW_ID), label.alias("change_type")];
        columns.extend(self.table.columns().iter().map(|c| exact(&c.name)));
        Ok(joined.select(columns)?)
    }
}

/// A column by its exact name, whatever characters it has.
fn exact(name: &str) -> Expr {
    col(Column::from_name(name))
}

/// Snapshots that say they changed the rows of a table, each with the one to compare it with.
fn steps(snapshots: &[(Snapshot, SnapshotChanges)], table: i64, start: i64, end: i64) -> Vec<(i64, i64)> {
    let mut steps = Vec::new();
    let mut last = start - 1;
    for (snapshot, changes) in snapshots {
        if snapshot.id < start || snapshot.id > end {
            continue;
        }
        let changes = parse_changes(changes.changes_made.as_deref().unwrap_or_default());
        let changed = changes.iter().any(|change| match change {
            Change::InsertedIntoTable(id)
            | Change::DeletedFromTable(id)
            | Change::InlinedInsert(id)
            | Change::InlinedDelete(id)
            | Change::RewriteDelete(id) => *id == table,
            _ => false,
        });
        if changed {
            // What expired in between shows with the next snapshot that is there.
            let before = if snapshots.iter().any(|(s, _)| s.id == snapshot.id - 1) { snapshot.id - 1 } else { last };
            steps.push((before, snapshot.id));
            last = snapshot.id;
        }
    }
    steps
}

/// Files that may have other visible rows at one snapshot than at the other.
fn changed_files(before: &TableScanRows, after: &TableScanRows, snapshot: i64) -> HashSet<i64> {
    let deletes = |rows: &TableScanRows, file: i64| {
        let mut positions: Vec<i64> =
            rows.inlined_deletes.iter().filter(|(id, _)| *id == file).map(|(_, position)| *position).collect();
        positions.sort_unstable();
        positions
    };
    let plain = |file: &DataFileRow| {
        let whole = file.partial_max.is_none_or(|max| max <= snapshot) && file.partial_file_info.is_none();
        file.delete_files.is_empty() && whole
    };
    let unchanged = |file: &DataFileRow| {
        let in_both =
            |rows: &TableScanRows| rows.listing.files.iter().any(|f| f.data_file_id == file.data_file_id && plain(f));
        let id = file.data_file_id;
        in_both(before) && in_both(after) && deletes(before, id) == deletes(after, id)
    };
    let files = before.listing.files.iter().chain(&after.listing.files);
    files.filter(|file| !unchanged(file)).map(|file| file.data_file_id).collect()
}

/// A bound of the feed as a snapshot id; both bounds are inclusive.
fn bound(call: &FunctionCall, index: usize, snapshots: &[(Snapshot, SnapshotChanges)], is_start: bool) -> Result<i64> {
    let null = || LakeError::usage(format!("{} needs snapshots that are not NULL", call.name));
    let value = call.args.get(index).filter(|v| !v.is_null()).ok_or_else(null)?;
    let instant = match value.data_type() {
        DataType::Timestamp(..) | DataType::Date32 => {
            match value.cast_to(&DataType::Timestamp(TimeUnit::Microsecond, None))? {
                ScalarValue::TimestampMicrosecond(micros, _) => micros.ok_or_else(null)?,
                _ => return Err(null()),
            }
        }
        _ => {
            let text = text(value).ok_or_else(null)?;
            match text.trim().parse::<i64>() {
                Ok(id) if snapshots.iter().any(|(s, _)| s.id == id) => return Ok(id),
                Ok(id) => return Err(LakeError::usage(format!("no snapshot found at version {id}"))),
                Err(_) => timestamp_micros(&text)?,
            }
        }
    };
    let times = snapshots.iter().filter_map(|(s, _)| Some((snapshot_micros(s)?, s.id)));
    let found = if is_start {
        times.filter(|(time, _)| *time >= instant).min()
    } else {
        times.filter(|(time, _)| *time <= instant).max()
    };
    found.map(|(_, id)| id).ok_or_else(|| {
        let side = if is_start { "after" } else { "before" };
        LakeError::usage(format!("there is no snapshot {side} the time given to {}", call.name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot(id: i64, changes: &str) -> (Snapshot, SnapshotChanges) {
        let snapshot = Snapshot { id, time: String::new(), schema_version: 0, next_catalog_id: 0, next_file_id: 0 };
        (snapshot, SnapshotChanges { changes_made: Some(changes.to_string()), ..SnapshotChanges::default() })
    }

    #[test]
    fn only_snapshots_that_change_rows_are_compared() {
        let snapshots = [
            snapshot(1, "created_table:\"main\".\"t\""),
            snapshot(2, "inserted_into_table:1"),
            snapshot(3, "inserted_into_table:2"),
            snapshot(4, "merge_adjacent:1"),
            snapshot(7, "inlined_delete:1"),
            snapshot(8, "deleted_from_table:1,inserted_into_table:1"),
        ];
        assert_eq!(steps(&snapshots, 1, 1, 8), [(1, 2), (2, 7), (7, 8)]);
        assert_eq!(steps(&snapshots, 1, 3, 7), [(2, 7)]);
        assert_eq!(steps(&snapshots, 2, 0, 2), []);
    }
}

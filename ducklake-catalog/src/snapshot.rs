//! Snapshots: the head, one by version, one by time.

use crate::catalog::Catalog;
use crate::driver::{DbTransaction, Row};
use crate::error::{CatalogError, FailureKind};
use crate::sql::Sql;

/// A row of `ducklake_snapshot`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Snapshot {
    /// Id.
    pub id: i64,
    /// Commit time as the catalog has it, with an offset (its zone may differ from row to row).
    pub time: String,
    /// Schema version: equal versions mean equal names and columns.
    pub schema_version: i64,
    /// Next id for schemas, tables, views, …
    pub next_catalog_id: i64,
    /// Next id for files.
    pub next_file_id: i64,
}

/// What a commit did: a row of `ducklake_snapshot_changes`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SnapshotChanges {
    /// Change list text.
    pub changes_made: Option<String>,
    /// Author.
    pub author: Option<String>,
    /// Message.
    pub commit_message: Option<String>,
    /// Further information.
    pub commit_extra_info: Option<String>,
}

/// Which snapshot to read.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub enum SnapshotSelector {
    /// The newest.
    #[default]
    Latest,
    /// Exactly this id.
    Version(i64),
    /// The newest that is not younger than this instant: microseconds since the epoch, UTC.
    Timestamp(i64),
}

const COLUMNS: [&str; 4] = ["snapshot_id", "schema_version", "next_catalog_id", "next_file_id"];

impl Catalog {
    /// The newest snapshot: one statement.
    ///
    /// # Errors
    /// `NotALake` where there is none.
    pub async fn head(&self) -> Result<Snapshot, CatalogError> {
        newest(self.database().query(HEAD, self.select_head()).await?)
    }

    pub(crate) async fn head_in(&self, tx: &mut DbTransaction) -> Result<Snapshot, CatalogError> {
        newest(tx.query(HEAD, self.select_head()).await?)
    }

    fn select_head(&self) -> Sql<'_> {
        let mut sql = self.sql();
        self.select_snapshot(&mut sql);
        sql.push(" ORDER BY s.snapshot_id DESC LIMIT 1");
        sql
    }

    /// The snapshot with exactly this id together with the newest one: (asked for, newest), one statement.
    ///
    /// # Errors
    /// `NoSnapshot` where it expired, never was or is yet to come.
    pub async fn snapshot_by_id(&self, id: i64) -> Result<(Snapshot, Snapshot), CatalogError> {
        let mut sql = self.sql();
        self.select_snapshot(&mut sql);
        sql.push(" WHERE s.snapshot_id = ").bind(id);
        sql.push(" OR s.snapshot_id = (SELECT max(snapshot_id) FROM ").table("ducklake_snapshot").push(")");
        let rows = self.database().query("reading a snapshot", sql).await?;
        let mut rows: Vec<Snapshot> = rows.into_iter().map(snapshot_row).collect::<Result<_, _>>()?;
        rows.sort_by_key(|s| s.id);
        let head = rows.last().cloned();
        match (rows.into_iter().find(|s| s.id == id), head) {
            (Some(snapshot), Some(head)) => Ok((snapshot, head)),
            (_, head) => {
                let newest = head.map(|h| format!("; the newest is {}", h.id)).unwrap_or_default();
                Err(CatalogError::new(FailureKind::NoSnapshot, format!("no snapshot found at version {id}{newest}"))
                    .with_hint("it has expired or never was; list the snapshots to see which are there"))
            }
        }
    }

    /// All snapshots by id with what they changed.
    ///
    /// # Errors
    /// Database failures.
    pub async fn snapshots(&self) -> Result<Vec<(Snapshot, SnapshotChanges)>, CatalogError> {
        let mut tx = self.begin().await?;
        let mut sql = self.sql();
        sql.push("SELECT ");
        self.layout().select(&mut sql, "ducklake_snapshot", "s", &COLUMNS);
        let time = (sql.dialect.as_text)("s.snapshot_time");
        sql.push(", ").push(&time).push(", ");
        let changes = ["changes_made", "author", "commit_message", "commit_extra_info"];
        self.layout().select(&mut sql, "ducklake_snapshot_changes", "c", &changes);
        sql.push(" FROM ").table("ducklake_snapshot").push(" s LEFT JOIN ").table("ducklake_snapshot_changes");
        sql.push(" c ON c.snapshot_id = s.snapshot_id ORDER BY s.snapshot_id");
        let rows = tx.query("reading snapshots", sql).await?;
        tx.finish().await;
        rows.into_iter()
            .map(|mut row| {
                let snapshot = take_snapshot(&mut row)?;
                let changes = SnapshotChanges {
                    changes_made: row.opt_text(),
                    author: row.opt_text(),
                    commit_message: row.opt_text(),
                    commit_extra_info: row.opt_text(),
                };
                Ok((snapshot, changes))
            })
            .collect()
    }

    fn select_snapshot(&self, sql: &mut crate::sql::Sql<'_>) {
        sql.push("SELECT ");
        self.layout().select(sql, "ducklake_snapshot", "s", &COLUMNS);
        let time = (sql.dialect.as_text)("s.snapshot_time");
        sql.push(", ").push(&time);
        sql.push(" FROM ").table("ducklake_snapshot").push(" s");
    }
}

/// What is said of a failure.
const HEAD: &str = "reading the newest snapshot";

fn newest(rows: Vec<Row>) -> Result<Snapshot, CatalogError> {
    rows.into_iter().next().map(snapshot_row).transpose()?.ok_or_else(|| {
        CatalogError::new(FailureKind::NotALake, "the catalog has no snapshot at all, so it is not a usable lake")
    })
}

fn snapshot_row(mut row: Row) -> Result<Snapshot, CatalogError> {
    take_snapshot(&mut row)
}

fn take_snapshot(row: &mut Row) -> Result<Snapshot, CatalogError> {
    Ok(Snapshot {
        id: row.i64("snapshot_id")?,
        schema_version: row.i64("schema_version")?,
        next_catalog_id: row.opt_i64()?.unwrap_or_default(),
        next_file_id: row.opt_i64()?.unwrap_or_default(),
        time: row.opt_text().unwrap_or_default(),
    })
}

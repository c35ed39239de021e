//! A transaction over the tables of one lake.

use datafusion::dataframe::DataFrame;
use ducklake_catalog::Snapshot;
use ducklake_transact::{CommitInfo, RetryPolicy};

use super::tables::table_name;
use crate::error::{LakeError, Result};
use crate::lake::{Lake, LakeView};
use crate::session::{QueryResult, Session};
use crate::sql::names::Attached;
use crate::sql::write::WriteStatement;
use crate::sql::{Command, parse};

/// The name of the lake in the transaction's SQL.
const LAKE: &str = "lake";

/// Changes to tables of one lake that become one snapshot, or nothing.
///
/// It sees the lake as it was when it began, with its own changes. Dropped without [`LakeTransaction::commit`] it is
/// rolled back: nothing of it was ever visible, and files that it wrote are removed if a Tokio runtime is there to do it.
///
/// Tables are named `table` (of the schema `main`) or `schema.table`; parts that hold dots or capitals stand in double
/// quotes, though case never makes a difference. A call that fails changes nothing, and the transaction can go on.
#[derive(Debug)]
pub struct LakeTransaction {
    session: Session,
    attached: Attached,
    is_open: bool,
}

impl Lake {
    /// Begins a transaction at the newest snapshot.
    ///
    /// # Errors
    /// [`LakeError::Usage`] for a lake that is open read-only, failures of the catalog.
    pub async fn begin(&self) -> Result<LakeTransaction> {
        self.begin_in(Session::new()).await
    }

    /// As [`Lake::begin`], with a session's functions, memory limit and runtime. No lake may be attached to it.
    ///
    /// # Errors
    /// As [`Lake::begin`].
    pub async fn begin_in(&self, session: Session) -> Result<LakeTransaction> {
        session.attach(LAKE, self.clone()).await?;
        let attached = Attached { name: LAKE.to_string(), lake: self.clone() };
        session.open().begin().await?;
        session.open().with(&attached, async |lake| lake.check_writable()).await?;
        Ok(LakeTransaction { session, attached, is_open: true })
    }
}

impl LakeTransaction {
    pub(super) fn session(&self) -> &Session {
        &self.session
    }

    pub(super) fn attached(&self) -> &Attached {
        &self.attached
    }

    /// Author, message and extra information of the snapshot to come.
    pub async fn set_commit_info(&mut self, author: Option<&str>, message: Option<&str>, extra_info: Option<&str>) {
        let owned = |text: Option<&str>| text.map(str::to_string);
        let info = CommitInfo { author: owned(author), message: owned(message), extra_info: owned(extra_info) };
        self.set_info(&info).await;
    }

    pub(super) async fn set_info(&mut self, info: &CommitInfo) {
        self.session.open().set_info(info.clone()).await;
    }

    /// How often the commit is tried where other writers are quicker.
    pub fn set_retry(&mut self, retry: RetryPolicy) {
        self.session.set_retry(retry);
    }

    /// The lake as the transaction sees it.
    ///
    /// # Errors
    /// [`LakeError::Format`] where the catalog's columns are no tree.
    pub async fn view(&self) -> Result<LakeView> {
        self.session.open().with(&self.attached, async |lake| lake.view()).await
    }

    /// A table as the transaction sees it.
    ///
    /// # Errors
    /// [`LakeError::UnknownTable`] with names like it.
    pub async fn scan(&self, table: &str) -> Result<DataFrame> {
        self.session.scan(table).await
    }

    /// Makes the commit a [`crate::ErrorKind::Conflict`] where another transaction has added, changed or deleted rows of
    /// this table meanwhile: for decisions that rest on what the table does not hold, such as that a name is new.
    /// Compaction and flushes do not count. [`Lake::transact`] runs the work again.
    ///
    /// # Errors
    /// [`LakeError::UnknownTable`] with names like it.
    pub async fn guard(&mut self, table: &str) -> Result<()> {
        let name = table_name(table)?;
        let place = self.session.place(self.session.open(), &name).await?;
        let id = place.table_id().ok_or_else(|| place.unknown(&name))?;
        self.session.open().with(&self.attached, async |lake| Ok(lake.transaction.guard(id))).await
    }

    /// A query in which the transaction's own changes are seen.
    ///
    /// # Errors
    /// Whatever is wrong with it; statements that are no queries are refused.
    pub async fn sql(&self, query: &str) -> Result<DataFrame> {
        match parse(query)? {
            Command::Query(_) => self.session.sql(query).await,
            _ => Err(LakeError::Usage {
                message: "this statement is no query".into(),
                hint: Some("run it with LakeTransaction::execute".into()),
            }),
        }
    }

    /// Any statement of SQL, except those that begin and end transactions. Statements that change rows give one row
    /// with their number.
    ///
    /// # Errors
    /// Whatever is wrong with it, or with what it reads.
    pub async fn execute(&mut self, sql: &str) -> Result<QueryResult> {
        if let Command::Write(WriteStatement::Begin | WriteStatement::Commit | WriteStatement::Rollback) = parse(sql)? {
            return Err(LakeError::Usage {
                message: "this transaction is not ended by SQL".into(),
                hint: Some("call LakeTransaction::commit or rollback".into()),
            });
        }
        self.session.execute(sql).await
    }

    /// Commits. The new snapshot; `None` where nothing was changed.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Conflict`] where another transaction was in the way and this one has to be run again,
    /// [`crate::ErrorKind::OutcomeUnknown`] where the connection was lost while committing.
    pub async fn commit(mut self) -> Result<Option<Snapshot>> {
        self.is_open = false;
        let mut snapshots = self.session.open().commit(&self.session.retry()).await?;
        Ok(snapshots.pop().map(|(_, snapshot)| snapshot))
    }

    /// Gives up, and waits until the files it wrote are removed.
    ///
    /// # Errors
    /// None that leave anything behind but files.
    pub async fn rollback(mut self) -> Result<()> {
        self.is_open = false;
        self.session.open().rollback().await
    }
}

impl Drop for LakeTransaction {
    fn drop(&mut self) {
        if self.is_open {
            self.session.open().abandon();
        }
    }
}

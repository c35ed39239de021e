//! Single changes, each a transaction of its own.

use futures::future::BoxFuture;
use serde::Serialize;

use super::append::{AppendOptions, WriteResult};
use super::change::{Assignments, assignments};
use super::expr::SqlExpr;
use super::merge::Merge;
use super::rows::Rows;
use super::tables::TableColumns;
use super::transaction::LakeTransaction;
use crate::error::{ErrorKind, LakeError, Result};
use crate::lake::Lake;
use crate::search::NewIndex;

/// How often a single change is run again after a conflict.
const CONFLICT_RETRIES: u32 = 3;

impl LakeTransaction {
    /// Replaces all rows of a table; gives how many there are now.
    ///
    /// # Errors
    /// As [`LakeTransaction::append`].
    pub async fn overwrite(&mut self, table: &str, rows: impl Into<Rows>, options: &AppendOptions) -> Result<u64> {
        let saved = self.savepoint().await?;
        let done = self.replace_all(table, rows.into(), options).await;
        if done.is_err() {
            self.session().open().restore(self.attached(), saved);
        }
        done
    }

    async fn replace_all(&mut self, table: &str, rows: Rows, options: &AppendOptions) -> Result<u64> {
        match self.truncate(table).await {
            Err(LakeError::UnknownTable { .. }) if options.create => {}
            done => {
                done?;
            }
        }
        self.append(table, rows, options).await
    }

    /// Appends values that serde can serialize, see [`Rows::from_structs`]; gives how many.
    ///
    /// # Errors
    /// As [`LakeTransaction::append`].
    pub async fn append_structs<T: Serialize>(
        &mut self,
        table: &str,
        values: &[T],
        options: &AppendOptions,
    ) -> Result<u64> {
        self.append(table, Rows::from_structs(values)?, options).await
    }
}

impl Lake {
    /// Runs `work` in a transaction and commits it. After a conflict with another transaction everything is run again
    /// on the lake as it is then, at most `conflict_retries` times. Gives the answer of `work` and the new snapshot's
    /// id. `work` is written as `|transaction| Box::pin(async move { … })`, and owns what it uses.
    ///
    /// # Errors
    /// Those of `work`, after which nothing has happened, and those of [`LakeTransaction::commit`].
    pub async fn transact<T: Send>(
        &self,
        conflict_retries: u32,
        work: impl for<'t> Fn(&'t mut LakeTransaction) -> BoxFuture<'t, Result<T>> + Send + Sync,
    ) -> Result<(T, Option<i64>)> {
        let mut retries = conflict_retries;
        loop {
            let mut transaction = self.begin().await?;
            let done = work(&mut transaction).await;
            match end(transaction, done).await {
                Err(error) if error.kind() == ErrorKind::Conflict && retries > 0 => retries -= 1,
                done => return done,
            }
        }
    }

    async fn change(&self, conflict_retries: u32, change: Change<'_>) -> Result<WriteResult> {
        let mut retries = conflict_retries;
        loop {
            let mut transaction = self.begin().await?;
            let done = change.run(&mut transaction).await;
            match end(transaction, done).await {
                Err(error) if error.kind() == ErrorKind::Conflict && retries > 0 => retries -= 1,
                done => return done.map(|(rows, snapshot)| WriteResult { rows, snapshot }),
            }
        }
    }

    /// Creates a table.
    ///
    /// # Errors
    /// As [`LakeTransaction::create_table`].
    pub async fn create_table(&self, name: &str, columns: impl Into<TableColumns>) -> Result<WriteResult> {
        self.change(0, Change::Create(name, columns.into())).await
    }

    /// Creates an index of a table.
    ///
    /// # Errors
    /// As [`LakeTransaction::create_index`].
    pub async fn create_index(&self, table: &str, index: &NewIndex) -> Result<WriteResult> {
        self.change(CONFLICT_RETRIES, Change::CreateIndex(table, index)).await
    }

    /// Drops an index.
    ///
    /// # Errors
    /// As [`LakeTransaction::drop_index`].
    pub async fn drop_index(&self, name: &str) -> Result<WriteResult> {
        self.change(CONFLICT_RETRIES, Change::DropIndex(name)).await
    }

    /// Appends rows to a table that is there.
    ///
    /// # Errors
    /// As [`Lake::append_with`].
    pub async fn append(&self, table: &str, rows: impl Into<Rows>) -> Result<WriteResult> {
        self.append_with(table, rows, &AppendOptions::default()).await
    }

    /// Appends rows: columns by name, see [`crate::Appender`].
    ///
    /// # Errors
    /// Columns that the table has not, values that its types cannot hold, files that cannot be written, conflicts.
    pub async fn append_with(
        &self,
        table: &str,
        rows: impl Into<Rows>,
        options: &AppendOptions,
    ) -> Result<WriteResult> {
        self.change(options.conflict_retries, Change::Append(table, rows.into(), options)).await
    }

    /// Appends values that serde can serialize, see [`Rows::from_structs`].
    ///
    /// # Errors
    /// As [`Lake::append_with`].
    pub async fn append_structs<T: Serialize>(
        &self,
        table: &str,
        values: &[T],
        options: &AppendOptions,
    ) -> Result<WriteResult> {
        let rows = Rows::from_structs(values)?;
        self.change(options.conflict_retries, Change::Append(table, rows, options)).await
    }

    /// Replaces all rows of a table, in one snapshot.
    ///
    /// # Errors
    /// As [`Lake::append_with`].
    pub async fn overwrite(&self, table: &str, rows: impl Into<Rows>, options: &AppendOptions) -> Result<WriteResult> {
        self.change(options.conflict_retries, Change::Overwrite(table, rows.into(), options)).await
    }

    /// Deletes the rows that meet a condition; after a conflict, those that meet it then.
    ///
    /// # Errors
    /// As [`LakeTransaction::delete`].
    pub async fn delete(&self, table: &str, condition: impl Into<SqlExpr>) -> Result<WriteResult> {
        self.change(CONFLICT_RETRIES, Change::Delete(table, condition.into())).await
    }

    /// Gives columns new values in the rows that meet a condition; after a conflict, in those that meet it then.
    ///
    /// # Errors
    /// As [`LakeTransaction::update`].
    pub async fn update<N: Into<String>, V: Into<SqlExpr>>(
        &self,
        table: &str,
        values: impl IntoIterator<Item = (N, V)>,
        condition: impl Into<SqlExpr>,
    ) -> Result<WriteResult> {
        let change = Change::Update(table, assignments(values), condition.into());
        self.change(CONFLICT_RETRIES, change).await
    }

    /// Merges rows into a table.
    ///
    /// # Errors
    /// As [`LakeTransaction::merge`].
    pub async fn merge(&self, merge: Merge) -> Result<WriteResult> {
        self.change(CONFLICT_RETRIES, Change::Merge(merge)).await
    }
}

/// A single change: a value, so that it can be run again.
enum Change<'a> {
    Create(&'a str, TableColumns),
    CreateIndex(&'a str, &'a NewIndex),
    DropIndex(&'a str),
    Append(&'a str, Rows, &'a AppendOptions),
    Overwrite(&'a str, Rows, &'a AppendOptions),
    Delete(&'a str, SqlExpr),
    Update(&'a str, Assignments, SqlExpr),
    Merge(Merge),
}

impl Change<'_> {
    async fn run(&self, transaction: &mut LakeTransaction) -> Result<u64> {
        if let Self::Append(_, _, options) | Self::Overwrite(_, _, options) = self {
            transaction.set_info(&options.commit).await;
        }
        match self {
            Self::Create(name, columns) => transaction.create_table(name, columns.clone()).await.map(|()| 0),
            Self::CreateIndex(table, index) => transaction.create_index(table, index, false).await.map(|_| 0),
            Self::DropIndex(name) => transaction.drop_index(name).await.map(|()| 0),
            Self::Append(table, rows, options) => transaction.append(table, rows.clone(), options).await,
            Self::Overwrite(table, rows, options) => transaction.overwrite(table, rows.clone(), options).await,
            Self::Delete(table, condition) => transaction.delete(table, condition.clone()).await,
            Self::Update(table, values, condition) => {
                transaction.update(table, values.clone(), condition.clone()).await
            }
            Self::Merge(merge) => transaction.merge(merge.clone()).await,
        }
    }
}

/// Commits what went well, and takes back what did not.
async fn end<T>(transaction: LakeTransaction, done: Result<T>) -> Result<(T, Option<i64>)> {
    match done {
        Ok(answer) => Ok((answer, transaction.commit().await?.map(|snapshot| snapshot.id))),
        Err(error) => {
            // What went wrong first is what the caller has to know.
            let _ = transaction.rollback().await;
            Err(error)
        }
    }
}

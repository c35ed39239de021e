//! Streams of record batches into a table.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use ducklake_format::columns::Column;
use ducklake_transact::{CommitInfo, Transaction};
use futures::TryStreamExt;

use super::evolve::{evolutions, evolve};
use super::files::file_rows;
use super::rows::Rows;
use super::shape::Shape;
use super::tables::table_name;
use super::transaction::LakeTransaction;
use crate::error::{LakeError, Result};
use crate::lake::Lake;
use crate::write::{FileFormat, RowSink, pending_columns, query_columns, rows_in_order, store};

/// How rows are appended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppendOptions {
    /// Creates the table, if it is missing, with the columns of the first batch. Default: false.
    pub create: bool,
    /// Adds columns that the table has not, and widens types where that loses nothing. Default: false.
    pub evolve: bool,
    /// Leaves few rows in the catalog, as the lake's settings say. Without, they become a data file, which search indexes
    /// have segments of. Default: true.
    pub inline: bool,
    /// How often the whole is run again after a conflict with another transaction. An [`Appender`], whose rows come
    /// only once, takes no notice. Default: 3.
    pub conflict_retries: u32,
    /// What the commit says about itself. Default: nothing.
    pub commit: CommitInfo,
}

impl Default for AppendOptions {
    fn default() -> Self {
        Self { create: false, evolve: false, inline: true, conflict_retries: 3, commit: CommitInfo::default() }
    }
}

/// What a write did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WriteResult {
    /// Rows added, changed or deleted.
    pub rows: u64,
    /// Id of the new snapshot; `None` where nothing changed, and within a transaction.
    pub snapshot: Option<i64>,
}

/// Takes batches for one table. They go to files as they come; few rows stay in the catalog.
///
/// Columns are matched by name, in any order and case; those that a batch has not take their defaults. Values are cast
/// where nothing is lost. Nothing is visible before [`Appender::finish`]; dropped without it, nothing has happened.
pub struct Appender<'t> {
    transaction: Held<'t>,
    name: Vec<String>,
    options: AppendOptions,
    /// The table's id, once it is known.
    table: Option<i64>,
    /// The transaction before the first row.
    saved: Option<Box<Transaction>>,
    filling: Option<Filling>,
    rows: u64,
    has_failed: bool,
}

/// Batches of one schema on their way into the table.
struct Filling {
    sink: RowSink,
    shape: Shape,
}

/// The appender's own transaction, or another's.
enum Held<'t> {
    Own(Option<Box<LakeTransaction>>),
    Lent(&'t mut LakeTransaction),
}

impl Held<'_> {
    fn get(&mut self) -> Result<&mut LakeTransaction> {
        match self {
            Self::Own(Some(transaction)) => Ok(transaction),
            Self::Own(None) => Err(LakeError::usage("the appender has finished")),
            Self::Lent(transaction) => Ok(transaction),
        }
    }
}

impl std::fmt::Debug for Appender<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Appender").field("name", &self.name).field("rows", &self.rows).finish_non_exhaustive()
    }
}

impl Lake {
    /// An appender with a transaction of its own, which [`Appender::finish`] commits.
    ///
    /// # Errors
    /// Where the table is missing and not to be created, or the lake cannot be written.
    pub async fn appender(&self, table: &str, options: AppendOptions) -> Result<Appender<'static>> {
        self.begin().await?.into_appender(table, options).await
    }
}

impl LakeTransaction {
    /// An appender within the transaction; its rows are part of it from [`Appender::finish`] on.
    ///
    /// # Errors
    /// Where the table is missing and not to be created.
    pub async fn appender(&mut self, table: &str, options: AppendOptions) -> Result<Appender<'_>> {
        let name = table_name(table)?;
        let saved = self.savepoint().await?;
        let id = locate(self, &name, options.create).await?;
        Ok(Appender::new(Held::Lent(self), name, options, id, saved))
    }

    /// An appender that ends with the transaction: [`Appender::finish`] commits both.
    ///
    /// # Errors
    /// Where the table is missing and not to be created.
    pub async fn into_appender(mut self, table: &str, options: AppendOptions) -> Result<Appender<'static>> {
        let name = table_name(table)?;
        if options.commit != CommitInfo::default() {
            self.set_info(&options.commit).await;
        }
        let saved = self.savepoint().await?;
        let id = locate(&mut self, &name, options.create).await?;
        Ok(Appender::new(Held::Own(Some(Box::new(self))), name, options, id, saved))
    }

    /// Appends rows; gives how many.
    ///
    /// # Errors
    /// As [`LakeTransaction::appender`], [`Appender::append`] and the rows' own.
    pub async fn append(&mut self, table: &str, rows: impl Into<Rows>, options: &AppendOptions) -> Result<u64> {
        let rows = rows.into();
        let mut appender = self.appender(table, options.clone()).await?;
        let mut stream = rows.stream().await?;
        while let Some(batch) = stream.try_next().await? {
            appender.append(batch).await?;
        }
        Ok(appender.finish().await?.rows)
    }

    /// What the transaction is now, to go back to.
    pub(super) async fn savepoint(&self) -> Result<Transaction> {
        self.session().open().with(self.attached(), async |lake| Ok(lake.transaction.clone())).await
    }
}

/// The table's id; `None` where it is to be created.
async fn locate(transaction: &mut LakeTransaction, name: &[String], create: bool) -> Result<Option<i64>> {
    let session = transaction.session();
    let place = session.place(session.open(), name).await?;
    match place.table_id() {
        None if create => Ok(None),
        None => Err(place.unknown(name)),
        Some(id) => {
            session.open().with(transaction.attached(), async |lake| lake.touch(id).await).await?;
            Ok(Some(id))
        }
    }
}

impl<'t> Appender<'t> {
    fn new(
        transaction: Held<'t>,
        name: Vec<String>,
        options: AppendOptions,
        table: Option<i64>,
        saved: Transaction,
    ) -> Self {
        let saved = Some(Box::new(saved));
        Self { transaction, name, options, table, saved, filling: None, rows: 0, has_failed: false }
    }

    /// Takes rows.
    ///
    /// # Errors
    /// For columns that the table has not, values that its types cannot hold, NULL where it may not be, and files that
    /// cannot be written. After any of them, all the appender's rows are lost.
    pub async fn append(&mut self, batch: RecordBatch) -> Result<()> {
        if self.has_failed {
            return Err(failed_before());
        }
        let done = self.take(batch).await;
        self.has_failed = done.is_err();
        done
    }

    async fn take(&mut self, batch: RecordBatch) -> Result<()> {
        if !self.filling.as_ref().is_some_and(|filling| filling.shape.fits(batch.schema_ref())) {
            self.reshape(&batch.schema()).await?;
        }
        if let Some(filling) = &mut self.filling {
            self.rows += batch.num_rows() as u64;
            filling.sink.write(filling.shape.apply(&batch)?, None).await?;
        }
        Ok(())
    }

    /// Prepares for batches of another schema.
    async fn reshape(&mut self, schema: &SchemaRef) -> Result<()> {
        let table = match self.table {
            Some(table) => table,
            None => {
                let columns = query_columns(schema, &[])?;
                let transaction = self.transaction.get()?;
                transaction.create(&self.name, &columns).await?;
                let id = locate(transaction, &self.name, false).await?;
                self.table = id;
                id.ok_or_else(|| LakeError::Invalid("a new table is gone".into()))?
            }
        };
        let mut columns = self.columns(table).await?;
        let changes = if self.options.evolve { evolutions(&columns, schema)? } else { Vec::new() };
        if !changes.is_empty() {
            if let Some(filling) = self.filling.take() {
                self.store(table, filling.sink).await?;
            }
            let transaction = self.transaction.get()?;
            let open = transaction.session().open();
            open.with(transaction.attached(), async |lake| evolve(lake, table, &changes)).await?;
            columns = self.columns(table).await?;
        }
        let session = self.transaction.get()?.session();
        let shape = Shape::new(session, columns, Arc::clone(schema), self.options.evolve).await?;
        match &mut self.filling {
            Some(filling) => filling.shape = shape,
            None => self.filling = Some(Filling { sink: self.sink(table).await?, shape }),
        }
        Ok(())
    }

    /// The table's columns as they are now.
    async fn columns(&mut self, table: i64) -> Result<Arc<Vec<Column>>> {
        let transaction = self.transaction.get()?;
        let open = transaction.session().open();
        open.with(transaction.attached(), async |lake| Ok(Arc::new(pending_columns(lake, table)?))).await
    }

    async fn sink(&mut self, table: i64) -> Result<RowSink> {
        let inlines = self.options.inline;
        let transaction = self.transaction.get()?;
        let open = transaction.session().open();
        open.with(transaction.attached(), async |lake| RowSink::new(lake, table, inlines)).await
    }

    async fn store(&mut self, table: i64, sink: RowSink) -> Result<()> {
        let stored = sink.finish().await?;
        let transaction = self.transaction.get()?;
        let open = transaction.session().open();
        open.with(transaction.attached(), async |lake| Ok(store(lake, table, stored))).await?;
        Ok(())
    }

    /// Takes the rows of a local file: Parquet, CSV with a header, or JSON objects. `None` goes by the file's name.
    /// `progress` hears of rows as they are taken, and says whether to go on. Gives how many there were.
    ///
    /// # Errors
    /// Files that cannot be read; [`LakeError::Usage`] where `progress` ended it; otherwise as [`Appender::append`].
    pub async fn append_file(
        &mut self,
        path: &str,
        format: Option<FileFormat>,
        progress: impl Fn(u64) -> bool,
    ) -> Result<u64> {
        let before = self.rows;
        let columns = match self.table {
            Some(table) => self.columns(table).await?,
            None => Arc::default(),
        };
        let context = self.transaction.get()?.session().context().clone();
        let frame = file_rows(&context, path, format, &columns).await?;
        let mut stream = rows_in_order(frame).await?;
        loop {
            let batch = match stream.try_next().await {
                Ok(Some(batch)) => batch,
                Ok(None) => break,
                Err(error) => {
                    // A part of the file is no file.
                    self.has_failed = self.rows > before;
                    return Err(error.into());
                }
            };
            let rows = batch.num_rows() as u64;
            self.append(batch).await?;
            if !progress(rows) {
                self.has_failed = true;
                return Err(LakeError::usage(format!("'{path}' was not read to its end")));
            }
        }
        Ok(self.rows - before)
    }

    /// Gives up, and waits until the files that were written are removed.
    pub async fn abort(mut self) {
        if let Some(filling) = self.filling.take() {
            filling.sink.abort().await;
        }
        if let Held::Own(transaction) = &mut self.transaction
            && let Some(transaction) = transaction.take()
        {
            // There is nothing to tell of a transaction that is given up.
            let _ = transaction.rollback().await;
        }
    }

    /// Rows taken so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Ends the rows, and commits them where the transaction is the appender's own.
    ///
    /// # Errors
    /// Files that cannot be written; those of [`LakeTransaction::commit`].
    pub async fn finish(mut self) -> Result<WriteResult> {
        if self.has_failed {
            return Err(failed_before());
        }
        if let (Some(filling), Some(table)) = (self.filling.take(), self.table) {
            self.store(table, filling.sink).await?;
        }
        self.saved = None;
        let snapshot = match &mut self.transaction {
            Held::Own(transaction) => match transaction.take() {
                Some(transaction) => transaction.commit().await?.map(|snapshot| snapshot.id),
                None => None,
            },
            Held::Lent(_) => None,
        };
        Ok(WriteResult { rows: self.rows, snapshot })
    }
}

impl Drop for Appender<'_> {
    fn drop(&mut self) {
        if let (Some(filling), Ok(runtime)) = (self.filling.take(), tokio::runtime::Handle::try_current()) {
            let storage = filling.sink.storage().clone();
            storage.in_background(&runtime, filling.sink.abort());
        }
        if let (Held::Lent(transaction), Some(saved)) = (&mut self.transaction, self.saved.take()) {
            transaction.session().open().restore(transaction.attached(), *saved);
        }
    }
}

fn failed_before() -> LakeError {
    LakeError::Usage {
        message: "the appender failed before, and its rows are lost".into(),
        hint: Some("append everything again with a new one".into()),
    }
}

//! Transactions that are open in a session, one for each lake they touched.

use std::sync::Arc;

use ducklake_catalog::Snapshot;
use ducklake_transact::{CommitContext, CommitInfo, RetryPolicy, Transaction, commit, rollback};
use tokio::sync::Mutex;

use super::reader::LakeDeleteReader;
use crate::error::{LakeError, Result};
use crate::lake::{Lake, LakeView, SnapshotSelector, same_name};
use crate::local::LocalView;
use crate::search::grown_tables;
use crate::sql::names::Attached;

/// A transaction on one lake.
pub(crate) struct OpenLake {
    pub(crate) lake: Lake,
    pub(crate) transaction: Transaction,
    base: LakeView,
    view: Option<(u64, LakeView)>,
}

impl OpenLake {
    /// Starts a transaction at the lake's newest snapshot (or the one it was opened at).
    pub(crate) async fn begin(lake: &Lake) -> Result<Self> {
        let base = lake.view(&SnapshotSelector::Latest).await?;
        let transaction = Transaction::new(base.snapshot.clone(), Arc::clone(&base.names));
        Ok(Self { lake: lake.clone(), transaction, base, view: None })
    }

    /// What the transaction sees.
    pub(crate) fn view(&mut self) -> Result<LakeView> {
        let version = self.transaction.version();
        if version == 0 {
            return Ok(self.base.clone());
        }
        if let Some((of, view)) = &self.view
            && *of == version
        {
            return Ok(view.clone());
        }
        let view = LakeView {
            names: Arc::clone(self.transaction.names()),
            local: Some(Arc::new(LocalView::new(&self.transaction)?)),
            ..self.base.clone()
        };
        self.view = Some((version, view.clone()));
        Ok(view)
    }

    /// What it saw at its start.
    pub(crate) fn base(&self) -> &LakeView {
        &self.base
    }

    /// Makes sure that a table can be changed.
    pub(crate) async fn touch(&mut self, table: i64) -> Result<()> {
        self.check_writable()?;
        if self.transaction.table(table).is_none() {
            let base = self.lake.table_base(&self.base, table).await?;
            self.transaction.touch(table, base);
        }
        Ok(())
    }

    /// Refuses a lake that is read-only, or of a format that is not written.
    pub(crate) fn check_writable(&self) -> Result<()> {
        self.lake.check_writable()
    }

    /// Commits; `None` where nothing was changed.
    pub(crate) async fn commit(mut self, retry: &RetryPolicy) -> Result<Option<Snapshot>> {
        let (lake, transaction) = (self.lake.clone(), self.take());
        if !transaction.is_changed() {
            rollback(lake.storage(), transaction).await;
            return Ok(None);
        }
        let reader = LakeDeleteReader(lake.clone());
        let settings = lake.settings();
        let retry = &RetryPolicy { patience: lake.patience(retry), ..retry.clone() };
        let context = CommitContext {
            catalog: lake.catalog(),
            storage: lake.storage(),
            data_path: lake.data_path(),
            reader: &reader,
            session: &settings,
            retry,
        };
        let grown = grown_tables(&transaction);
        let done = Box::pin(commit(&context, transaction)).await;
        match &done {
            Ok(_) => lake.refresh_later(&grown),
            Err(_) => lake.forget_bases(),
        }
        Ok(done?)
    }

    /// Gives up.
    pub(crate) async fn rollback(mut self) {
        let transaction = self.take();
        rollback(self.lake.storage(), transaction).await;
    }

    /// The transaction with its files, which are the caller's from now on.
    fn take(&mut self) -> Transaction {
        let empty = Transaction::new(self.base.snapshot.clone(), Arc::clone(&self.base.names));
        std::mem::replace(&mut self.transaction, empty)
    }
}

impl Drop for OpenLake {
    /// ROLLBACK where nobody waits for it (a statement was cancelled, a session dropped): files that were written are
    /// removed in the background, if there is a runtime to do it.
    fn drop(&mut self) {
        if self.transaction.written_files().is_empty() {
            return;
        }
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let (storage, transaction) = (self.lake.storage().clone(), self.take());
            self.lake.storage().in_background(&runtime, async move { rollback(&storage, transaction).await });
        }
    }
}

/// The open transactions of a session.
#[derive(Clone, Default)]
pub(crate) struct OpenTransactions {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    is_open: bool,
    has_failed: bool,
    info: CommitInfo,
    lakes: Vec<(String, OpenLake)>,
}

impl OpenTransactions {
    /// Those of one statement, which commits by itself.
    pub(crate) fn for_statement() -> Self {
        Self { state: Arc::new(Mutex::new(State { is_open: true, ..State::default() })) }
    }

    /// BEGIN.
    pub(crate) async fn begin(&self) -> Result<()> {
        let mut state = self.state.lock().await;
        if state.is_open {
            return Err(LakeError::Usage {
                message: "a transaction is open already".into(),
                hint: Some("COMMIT or ROLLBACK it first".into()),
            });
        }
        *state = State { is_open: true, ..State::default() };
        Ok(())
    }

    pub(crate) async fn is_open(&self) -> bool {
        self.state.lock().await.is_open
    }

    /// Refuses further statements after one that failed half-way.
    pub(crate) async fn check(&self) -> Result<()> {
        let state = self.state.lock().await;
        if state.is_open && state.has_failed {
            return Err(LakeError::Usage {
                message: "the transaction is aborted, because a statement in it failed".into(),
                hint: Some("ROLLBACK it".into()),
            });
        }
        Ok(())
    }

    /// Marks the transaction as failed.
    pub(crate) async fn fail(&self) {
        self.state.lock().await.has_failed = true;
    }

    /// Author, message and extra information of the commit.
    pub(crate) async fn set_info(&self, info: CommitInfo) {
        self.state.lock().await.info = info;
    }

    /// COMMIT: each lake in turn; snapshots by lake. A failure rolls back the lakes that are left.
    pub(crate) async fn commit(&self, retry: &RetryPolicy) -> Result<Vec<(String, Snapshot)>> {
        let (lakes, info) = self.take().await?;
        let mut done = Vec::new();
        let mut lakes = lakes.into_iter();
        while let Some((name, mut open)) = lakes.next() {
            open.transaction.info.clone_from(&info);
            match open.commit(retry).await {
                Ok(snapshot) => done.extend(snapshot.map(|s| (name, s))),
                Err(error) => {
                    for (_, rest) in lakes {
                        rest.rollback().await;
                    }
                    return Err(error);
                }
            }
        }
        Ok(done)
    }

    async fn take(&self) -> Result<(Vec<(String, OpenLake)>, CommitInfo)> {
        let mut state = self.state.lock().await;
        if !state.is_open {
            return Err(LakeError::Usage { message: "no transaction is open".into(), hint: Some("BEGIN one".into()) });
        }
        let State { lakes, info, has_failed, .. } = std::mem::take(&mut *state);
        if has_failed {
            for (_, open) in lakes {
                open.rollback().await;
            }
            return Err(LakeError::usage("the transaction was rolled back, because a statement in it failed"));
        }
        let changed = lakes.iter().filter(|(_, open)| open.transaction.is_changed()).count();
        if changed > 1 {
            for (_, open) in lakes {
                open.rollback().await;
            }
            return Err(LakeError::Usage {
                message: "the transaction changed more than one lake, which cannot be committed together".into(),
                hint: Some("change each lake in a transaction of its own".into()),
            });
        }
        Ok((lakes, info))
    }

    /// ROLLBACK.
    pub(crate) async fn rollback(&self) -> Result<()> {
        let mut state = self.state.lock().await;
        if !state.is_open {
            return Err(LakeError::Usage { message: "no transaction is open".into(), hint: Some("BEGIN one".into()) });
        }
        for (_, open) in std::mem::take(&mut *state).lakes {
            open.rollback().await;
        }
        Ok(())
    }

    /// ROLLBACK where nobody waits for it.
    pub(crate) fn abandon(&self) {
        if let Ok(mut state) = self.state.try_lock() {
            *state = State::default();
        }
    }

    /// Goes back to what the transaction of a lake was, where nobody can wait for it.
    pub(crate) fn restore(&self, attached: &Attached, saved: Transaction) {
        let Ok(mut state) = self.state.try_lock() else { return };
        if let Some((_, open)) = state.lakes.iter_mut().find(|(name, _)| same_name(name, &attached.name)) {
            open.transaction.restore(saved);
        }
    }

    /// What the transaction sees of a lake; `None` where no transaction is open.
    pub(crate) async fn view(&self, attached: &Attached) -> Result<Option<LakeView>> {
        let mut state = self.state.lock().await;
        if !state.is_open {
            return Ok(None);
        }
        Ok(Some(state.lake(attached).await?.view()?))
    }

    /// Runs `work` on the transaction of a lake.
    pub(crate) async fn with<T>(
        &self,
        attached: &Attached,
        work: impl AsyncFnOnce(&mut OpenLake) -> Result<T>,
    ) -> Result<T> {
        let mut state = self.state.lock().await;
        work(state.lake(attached).await?).await
    }
}

impl State {
    async fn lake(&mut self, attached: &Attached) -> Result<&mut OpenLake> {
        let found = self.lakes.iter().position(|(name, _)| same_name(name, &attached.name));
        let index = match found {
            Some(index) => index,
            None => {
                self.lakes.push((attached.name.clone(), OpenLake::begin(&attached.lake).await?));
                self.lakes.len() - 1
            }
        };
        Ok(&mut self.lakes[index].1)
    }
}

//! Statements of others over the lakes: they read, and take no more than they are given.

use std::sync::Arc;
use std::time::Duration;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::prelude::SessionContext;
use ducklake_scan::Session;
use futures::StreamExt;
use zen_indexer::embed::SqlEmbedder;

use crate::error::{Result, SearchError};
use crate::lakes::{Lakes, OpenLake, Unanswered};
use crate::model::QueryModel;

/// Bytes that a statement may hold in memory.
const MEMORY: usize = 512 << 20;

/// What a statement gave.
#[derive(Debug)]
pub struct SqlRows {
    /// The columns.
    pub schema: SchemaRef,
    /// The rows, no more than were wanted.
    pub batches: Vec<RecordBatch>,
    /// Whether there are more.
    pub more: bool,
    /// Lakes that did not answer, and are not there for the statement.
    pub unanswered: Vec<Unanswered>,
}

/// Runs a statement that only reads, in a session of its own with the lakes under their names; the first one's tables need
/// no name in front. Files beside the lakes are not read.
pub(crate) async fn query(
    lakes: &Lakes,
    model: Option<&QueryModel>,
    sql: &str,
    rows: usize,
    time: Duration,
) -> Result<SqlRows> {
    let found = lakes.ask(|lake| async move { Ok::<Arc<OpenLake>, SearchError>(lake) }).await?;
    let runtime = RuntimeEnvBuilder::new().with_memory_limit(MEMORY, 1.0).build_arc()?;
    let context = SessionContext::new_with_config_rt(Session::config(), runtime);
    let session = Session::with_context(context).without_files();
    if let Some(model) = model {
        session.set_embedder(Arc::new(SqlEmbedder::new(model.options().clone())));
    }
    for (_, open) in &found.answers {
        session.attach(&open.name, open.lake().clone()).await?;
    }
    if let Some((_, first)) = found.answers.first() {
        // SHOW TABLES is to show something. A lake without packages has no such schema, and needs none.
        let _ = session.execute(&format!("USE \"{}\".zen", first.name.replace('"', "\"\""))).await;
    }
    let answer = tokio::time::timeout(time, collect(&session, sql, rows)).await;
    let (schema, batches, more) = answer.unwrap_or_else(|_| {
        Err(SearchError::Request {
            problem: format!("the statement took more than {} s", time.as_secs()),
            hint: Some("narrow it: WHERE package = '…' leaves most files unread".into()),
        })
    })?;
    Ok(SqlRows { schema, batches, more, unanswered: found.unanswered })
}

async fn collect(session: &Session, sql: &str, rows: usize) -> Result<(SchemaRef, Vec<RecordBatch>, bool)> {
    let mut result = session.read(sql).await?;
    let mut batches = Vec::new();
    let mut left = rows;
    while let Some(batch) = result.stream.next().await {
        let batch = batch?;
        if batch.num_rows() > left {
            batches.push(batch.slice(0, left));
            return Ok((result.schema, batches, true));
        }
        left -= batch.num_rows();
        batches.push(batch);
    }
    Ok((result.schema, batches, false))
}

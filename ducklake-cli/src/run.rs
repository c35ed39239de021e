//! One statement from its text to the last row written.

use std::time::Duration;

use arrow::datatypes::Schema;
use arrow::record_batch::RecordBatch;

use crate::engine::{Answer, Engine};
use crate::error::CliError;
use crate::output::{Flow, Printer};
use crate::progress::Progress;
use crate::signals::Interrupts;

/// How often a running statement's progress is looked at.
const TICK: Duration = Duration::from_millis(200);

/// How long it may take to remove what cancelled statements wrote.
const CLOSING: Duration = Duration::from_secs(10);

/// What a command needs to run statements.
pub(crate) struct Runner {
    pub(crate) engine: Engine,
    pub(crate) printer: Printer,
    pub(crate) interrupts: Interrupts,
    /// Whether results are read on a terminal, where progress must not mix with them.
    pub(crate) is_terminal: bool,
}

impl Runner {
    /// Runs a statement and writes its rows. When it fails, and failures belong into the output, the output has it.
    pub(crate) async fn run(&mut self, sql: &str) -> Result<(), CliError> {
        let mut progress = Progress::new(self.is_terminal);
        match self.start(sql, &mut progress).await {
            Ok((answer, first)) => self.write(answer, first, &mut progress).await,
            Err(error) => {
                progress.finish();
                if self.printer.is_answering() {
                    self.printer.answer_error(&error.to_string())?;
                }
                Err(error)
            }
        }
    }

    /// Ends the session in order, unless another signal says not to wait for that.
    pub(crate) async fn close(&mut self) {
        let closing = async { Ok::<_, CliError>(tokio::time::timeout(CLOSING, self.engine.close()).await) };
        // What is left then are files that no catalog names.
        let _ = self.interrupts.guard(closing).await;
    }

    /// Starts a statement and waits for its first rows, so that one that fails before them leaves no output.
    async fn start(&mut self, sql: &str, progress: &mut Progress) -> Result<(Answer, Option<RecordBatch>), CliError> {
        let starting = with_ticks(self.engine.execute(sql), progress, |_| {});
        let mut answer = self.interrupts.guard(starting).await?;
        let first = next(&mut answer, &mut self.interrupts, progress).await?;
        Ok((answer, first))
    }

    async fn write(
        &mut self,
        mut answer: Answer,
        first: Option<RecordBatch>,
        progress: &mut Progress,
    ) -> Result<(), CliError> {
        if answer.schema.fields().is_empty() && !self.printer.is_answering() {
            return Ok(());
        }
        let mut writing = self.printer.start(&answer.schema, self.engine.display_options())?;
        let mut batch = first;
        while let Some(rows) = batch {
            progress.wrote(rows.num_rows());
            let written = match writing.batch(&rows) {
                Ok(Flow::More) => next(&mut answer, &mut self.interrupts, progress).await,
                Ok(Flow::Enough) => break,
                Err(error) => Err(error),
            };
            batch = match written {
                Ok(batch) => batch,
                Err(error) => {
                    progress.finish();
                    if !matches!(error, CliError::Write { .. } | CliError::OutputClosed) {
                        writing.fail(&error.to_string())?;
                    }
                    return Err(error);
                }
            };
        }
        progress.finish();
        writing.finish()
    }

    /// Answers a statement that holds nothing.
    pub(crate) fn answer_blank(&mut self) -> Result<(), CliError> {
        let options = self.engine.display_options();
        self.printer.start(&Schema::empty(), options)?.finish()
    }
}

/// The next rows of an answer.
async fn next(
    answer: &mut Answer,
    interrupts: &mut Interrupts,
    progress: &mut Progress,
) -> Result<Option<RecordBatch>, CliError> {
    let plan = answer.plan.clone();
    let next = with_ticks(answer.next(), progress, |progress| progress.look_at(plan.as_ref()));
    interrupts.guard(next).await
}

/// Awaits `work`, and meanwhile looks at its progress.
pub(crate) async fn with_ticks<T>(
    work: impl Future<Output = T>,
    progress: &mut Progress,
    look: impl Fn(&mut Progress),
) -> T {
    let mut work = std::pin::pin!(work);
    loop {
        tokio::select! {
            biased;
            done = &mut work => return done,
            () = tokio::time::sleep(TICK) => {
                look(progress);
                progress.show();
            }
        }
    }
}

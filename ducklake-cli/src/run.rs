//! One statement from its text to the last row written.

use std::time::Duration;

use crate::engine::{Answer, Engine};
use crate::error::CliError;
use crate::output::{Flow, Printer};
use crate::progress::Progress;
use crate::signals::Interrupts;

/// How often a running statement's progress is looked at.
const TICK: Duration = Duration::from_millis(200);

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
        let started = {
            let starting = with_ticks(self.engine.execute(sql), &mut progress, |_| {});
            self.interrupts.guard(starting).await
        };
        match started {
            Ok(answer) => self.write(answer, &mut progress).await,
            Err(error) => {
                if self.printer.is_answering() {
                    self.printer.answer_error(&error.to_string())?;
                }
                Err(error)
            }
        }
    }

    async fn write(&mut self, mut answer: Answer, progress: &mut Progress) -> Result<(), CliError> {
        let returns_rows = !answer.schema.fields().is_empty();
        if !returns_rows && !self.printer.is_answering() {
            while self.interrupts.guard(answer.next()).await?.is_some() {}
            return Ok(());
        }
        let mut writing = self.printer.start(&answer.schema, self.engine.display_options())?;
        let plan = answer.plan.clone();
        loop {
            let next = with_ticks(answer.next(), progress, |progress| progress.look_at(plan.as_ref()));
            match self.interrupts.guard(next).await {
                Ok(Some(batch)) => {
                    progress.wrote(batch.num_rows());
                    match writing.batch(&batch) {
                        Ok(Flow::More) => {}
                        Ok(Flow::Enough) => break,
                        Err(error @ CliError::Encode { .. }) => {
                            writing.fail(&error.to_string())?;
                            return Err(error);
                        }
                        Err(error) => return Err(error),
                    }
                }
                Ok(None) => break,
                Err(error) => {
                    progress.finish();
                    writing.fail(&error.to_string())?;
                    return Err(error);
                }
            }
        }
        progress.finish();
        writing.finish()
    }

    /// Answers a statement that holds nothing.
    pub(crate) fn answer_blank(&mut self) -> Result<(), CliError> {
        let options = self.engine.display_options();
        self.printer.start(&arrow::datatypes::Schema::empty(), options)?.finish()
    }
}

/// Awaits `work`, and meanwhile looks at its progress.
async fn with_ticks<T>(work: impl Future<Output = T>, progress: &mut Progress, look: impl Fn(&mut Progress)) -> T {
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

//! Chooses and drives the writer of each result.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arrow::datatypes::Schema;
use arrow::record_batch::RecordBatch;

use super::csv::CsvWriter;
use super::files::{IpcWriter, ParquetWriter};
use super::json::{AnswerWriter, ObjectWriter, write_error_answer};
use super::markdown::MarkdownWriter;
use super::sink::Sink;
use super::table::{PlanWriter, RecordWriter, TableWriter, is_plan};
use super::{DisplayOptions, Flow, Format, ResultWriter, WriteError};
use crate::error::CliError;

/// How much room a table has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Layout {
    /// Cells of a line; none where nobody looks at a screen.
    pub(crate) width: Option<usize>,
    /// Rows that are shown at most.
    pub(crate) max_rows: Option<u64>,
    /// Names down the side instead of across the top.
    pub(crate) is_record: bool,
}

/// Writes the results of a command to standard output or a file.
pub(crate) struct Printer {
    format: Format,
    pub(crate) layout: Layout,
    /// Whether `jsonl` means an answer to each statement rather than a line for each row.
    answers_jsonl: bool,
    answers: bool,
    out: Option<PathBuf>,
    sink: Option<Sink>,
    results: usize,
}

impl Printer {
    /// A printer to `out`, or to standard output. Nothing is created before the first result.
    ///
    /// # Errors
    /// For bytes that would go to a terminal.
    pub(crate) fn new(format: Format, out: Option<PathBuf>, layout: Layout, answers: bool) -> Result<Self, CliError> {
        if format.is_binary() && out.is_none() && std::io::stdout().is_terminal() {
            let name = format.name();
            return Err(CliError::usage(format!("{name} is not for a terminal"))
                .with_hint(format!("write it to a file, with --out result.{name}, or into a pipe")));
        }
        let mut printer = Self { format, layout, answers_jsonl: answers, answers: false, out, sink: None, results: 0 };
        printer.set_format(format);
        Ok(printer)
    }

    /// Whether each statement, failed ones included, gets an answer in the output.
    pub(crate) fn is_answering(&self) -> bool {
        self.answers
    }

    /// Changes the format of the results to come.
    pub(crate) fn set_format(&mut self, format: Format) {
        self.format = format;
        self.answers = self.answers_jsonl && format == Format::Jsonl;
    }

    /// Begins a result with these columns.
    pub(crate) fn start(&mut self, schema: &Schema, options: DisplayOptions) -> Result<Writing<'_>, CliError> {
        if self.results > 0 && self.format.is_binary() {
            return Err(CliError::usage(format!("one {} file cannot hold two results", self.format.name()))
                .with_hint("run the statements one by one, each with its own --out"));
        }
        self.results += 1;
        let (format, target, layout, answers) = (self.format, self.target(), self.layout, self.answers);
        let is_first = self.results == 1;
        let sink = self.sink()?;
        let closed = sink.closed_flag();
        let target = Target { format, name: target, closed };
        let writer = open_writer(format, sink, schema, options, layout, answers, is_first);
        match writer {
            Ok(writer) => Ok(Writing { writer, target }),
            Err(error) => Err(target.explain(error)),
        }
    }

    /// Answers a statement that failed before it had columns.
    pub(crate) fn answer_error(&mut self, message: &str) -> Result<(), CliError> {
        let (format, name) = (self.format, self.target());
        let sink = self.sink()?;
        let target = Target { format, name, closed: sink.closed_flag() };
        write_error_answer(sink, message).map_err(|e| target.explain(e))
    }

    /// Makes the file final, if there is one.
    pub(crate) fn finish(self) -> Result<(), CliError> {
        let target = self.target();
        let Some(sink) = self.sink else { return Ok(()) };
        let closed = sink.closed_flag();
        sink.commit().map_err(|e| Target { format: self.format, name: target, closed }.explain(e.into()))
    }

    fn target(&self) -> String {
        self.out.as_ref().map_or_else(|| "standard output".to_string(), |path| path.display().to_string())
    }

    fn sink(&mut self) -> Result<&mut Sink, CliError> {
        let sink = match (self.sink.take(), &self.out) {
            (Some(sink), _) => sink,
            (None, Some(path)) => Sink::file(path).map_err(CliError::write(path.display().to_string()))?,
            (None, None) => Sink::stdout(),
        };
        Ok(self.sink.insert(sink))
    }
}

fn open_writer<'a>(
    format: Format,
    sink: &'a mut Sink,
    schema: &Schema,
    options: DisplayOptions,
    layout: Layout,
    answers: bool,
    is_first: bool,
) -> Result<Box<dyn ResultWriter + 'a>, WriteError> {
    Ok(match format {
        Format::Table if layout.is_record => Box::new(RecordWriter::new(sink, schema, options)),
        Format::Table if is_plan(schema) => Box::new(PlanWriter::new(sink, options)),
        Format::Table => Box::new(TableWriter::new(sink, schema, options, layout)),
        Format::Json => Box::new(ObjectWriter::new(sink, schema, options, true)?),
        Format::Jsonl if answers => Box::new(AnswerWriter::new(sink, schema, options)?),
        Format::Jsonl => Box::new(ObjectWriter::new(sink, schema, options, false)?),
        Format::Csv => Box::new(CsvWriter::new(sink, schema, options)?),
        Format::Markdown => {
            if !is_first {
                sink.write_all(b"\n")?;
            }
            Box::new(MarkdownWriter::new(sink, schema, options))
        }
        Format::Parquet => Box::new(ParquetWriter::new(sink, schema)?),
        Format::Arrow => Box::new(IpcWriter::new(sink, schema)?),
    })
}

/// What is written to, for errors.
struct Target {
    format: Format,
    name: String,
    closed: Arc<AtomicBool>,
}

impl Target {
    fn explain(&self, error: WriteError) -> CliError {
        if self.closed.load(Ordering::Relaxed) {
            CliError::OutputClosed
        } else {
            error.into_cli(self.format, &self.name)
        }
    }
}

/// A result on its way out.
pub(crate) struct Writing<'a> {
    writer: Box<dyn ResultWriter + 'a>,
    target: Target,
}

impl Writing<'_> {
    /// Writes the rows of a batch.
    pub(crate) fn batch(&mut self, batch: &RecordBatch) -> Result<Flow, CliError> {
        self.writer.batch(batch).map_err(|e| self.target.explain(e))
    }

    /// Writes what comes after the last row.
    pub(crate) fn finish(mut self) -> Result<(), CliError> {
        self.writer.finish().map_err(|e| self.target.explain(e))
    }

    /// Ends the result with an error, where the format can say it.
    pub(crate) fn fail(mut self, message: &str) -> Result<bool, CliError> {
        self.writer.fail(message).map_err(|e| self.target.explain(e))
    }
}

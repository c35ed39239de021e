//! A Markdown table, streaming: its columns line up as far as the first rows tell.

use std::io::Write;

use arrow::datatypes::Schema;
use arrow::record_batch::RecordBatch;

use super::cells::{Cells, DisplayOptions, is_numeric};
use super::grid::{Align, push_cell, width};
use super::{Flow, ResultWriter, WriteError};

/// Rows by which the columns are lined up.
const SAMPLE_ROWS: usize = 1_000;
/// Cells are not padded beyond this.
const MAX_PADDING: usize = 40;

pub(super) struct MarkdownWriter<W> {
    out: W,
    options: DisplayOptions,
    head: Vec<String>,
    aligns: Vec<Align>,
    sample: Vec<Vec<String>>,
    widths: Option<Vec<usize>>,
}

impl<W: Write> MarkdownWriter<W> {
    pub(super) fn new(out: W, schema: &Schema, options: DisplayOptions) -> Self {
        let head = schema.fields().iter().map(|f| escape(f.name())).collect();
        let align = |numeric| if numeric { Align::Right } else { Align::Left };
        let aligns = schema.fields().iter().map(|f| align(is_numeric(f.data_type()))).collect();
        Self { out, options, head, aligns, sample: Vec::new(), widths: None }
    }

    fn settle(&mut self) -> Result<(), WriteError> {
        let sample = std::mem::take(&mut self.sample);
        let widest = |column: usize| {
            let cells = sample.iter().map(|row| width(&row[column])).max().unwrap_or(0);
            cells.max(width(&self.head[column])).clamp(3, MAX_PADDING)
        };
        let widths: Vec<usize> = (0..self.head.len()).map(widest).collect();
        let head = self.line(&widths, &self.head);
        let dashes = |(room, align): (&usize, &Align)| match align {
            Align::Right => format!("{}:", "-".repeat(room - 1)),
            Align::Left | Align::Centre => "-".repeat(*room),
        };
        let rule: Vec<String> = widths.iter().zip(&self.aligns).map(dashes).collect();
        let rule = self.line(&widths, &rule);
        write!(self.out, "{head}{rule}")?;
        for row in &sample {
            let line = self.line(&widths, row);
            self.out.write_all(line.as_bytes())?;
        }
        self.widths = Some(widths);
        Ok(())
    }

    fn line(&self, widths: &[usize], cells: &[String]) -> String {
        let mut line = String::from("|");
        for ((cell, room), align) in cells.iter().zip(widths).zip(&self.aligns) {
            line.push(' ');
            push_cell(cell, width(cell).max(*room), *align, &mut line);
            line.push_str(" |");
        }
        line.push('\n');
        line
    }
}

impl<W: Write> ResultWriter for MarkdownWriter<W> {
    fn batch(&mut self, batch: &RecordBatch) -> Result<Flow, WriteError> {
        let cells = Cells::new(batch, &self.options)?;
        for row in 0..cells.rows() {
            let cell = |column: &ducklake_format::text::ValueDisplay<'_>| {
                let mut text = String::new();
                column.write(row, &mut text);
                escape(&text)
            };
            let line: Vec<String> = cells.columns().iter().map(cell).collect();
            if let Some(widths) = &self.widths {
                let line = self.line(widths, &line);
                self.out.write_all(line.as_bytes())?;
            } else {
                self.sample.push(line);
                if self.sample.len() >= SAMPLE_ROWS {
                    self.settle()?;
                }
            }
        }
        Ok(Flow::More)
    }

    fn finish(&mut self) -> Result<(), WriteError> {
        if self.widths.is_none() {
            self.settle()?;
        }
        Ok(self.out.flush()?)
    }
}

/// Text that stays in its cell.
fn escape(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('|', "\\|");
    text.replace("\r\n", "<br>").replace(['\n', '\r'], "<br>")
}

//! The box on a terminal: names, DuckLake types, rows, and a line that counts them.

use std::io::Write;

use arrow::datatypes::Schema;
use arrow::record_batch::RecordBatch;

use super::cells::{Cells, DisplayOptions, is_numeric, push_visible};
use super::grid::{Align, Fit, push_cell, width};
use super::{Flow, Layout, ResultWriter, WriteError, headers};

/// Rows that are read before the widths of the columns are settled; and bytes of them.
const SAMPLE_ROWS: usize = 10_000;
const SAMPLE_BYTES: usize = 32 << 20;

struct Column {
    name: String,
    type_name: String,
    align: Align,
}

/// Writes one table. Widths are settled by the first rows: a wider cell after them is cut on a terminal, and sticks
/// out in a pipe.
pub(super) struct TableWriter<W> {
    out: W,
    options: DisplayOptions,
    layout: Layout,
    columns: Vec<Column>,
    sample: Vec<Vec<String>>,
    sample_bytes: usize,
    /// Set once the head has been drawn.
    fit: Option<Fit>,
    rows: u64,
    has_more: bool,
}

impl<W: Write> TableWriter<W> {
    pub(super) fn new(out: W, schema: &Schema, options: DisplayOptions, layout: Layout) -> Self {
        let columns = headers(schema)
            .zip(schema.fields())
            .map(|((name, type_name), field)| Column {
                name: visible(name),
                type_name,
                align: if is_numeric(field.data_type()) { Align::Right } else { Align::Left },
            })
            .collect();
        let (sample, fit) = (Vec::new(), None);
        Self { out, options, layout, columns, sample, sample_bytes: 0, fit, rows: 0, has_more: false }
    }

    /// Settles the widths, draws the head and the rows read so far.
    fn settle(&mut self) -> Result<(), WriteError> {
        let mut widths: Vec<usize> = self.columns.iter().map(|c| width(&c.name).max(width(&c.type_name))).collect();
        for row in &self.sample {
            for (widest, cell) in widths.iter_mut().zip(row) {
                *widest = (*widest).max(width(cell));
            }
        }
        let fit = Fit::new(&widths, self.layout.width);
        let mut text = rule(&fit, ['┌', '┬', '┐']);
        text += &self.line(&fit, "…", |column| (&self.columns[column].name, Align::Centre));
        text += &self.line(&fit, "", |column| (&self.columns[column].type_name, Align::Centre));
        text += &rule(&fit, ['├', '┼', '┤']);
        self.out.write_all(text.as_bytes())?;
        for row in std::mem::take(&mut self.sample) {
            self.row(&fit, &row)?;
        }
        self.fit = Some(fit);
        Ok(())
    }

    fn row(&mut self, fit: &Fit, cells: &[String]) -> Result<(), WriteError> {
        let line = self.line(fit, "…", |column| (&cells[column], self.columns[column].align));
        Ok(self.out.write_all(line.as_bytes())?)
    }

    /// A line of the box; `hidden` stands in the place of the columns that are not shown.
    fn line<'s>(&self, fit: &Fit, hidden: &str, cell: impl Fn(usize) -> (&'s str, Align)) -> String {
        let mut line = String::from("│");
        for place in &fit.columns {
            line.push(' ');
            match place {
                Some((column, room)) => {
                    let (text, align) = cell(*column);
                    let room = if self.layout.width.is_none() { width(text).max(*room) } else { *room };
                    push_cell(text, room, align, &mut line);
                }
                None => push_cell(hidden, 1, Align::Left, &mut line),
            }
            line.push_str(" │");
        }
        line.push('\n');
        line
    }

    fn summary(&self, fit: &Fit) -> String {
        let rows = match (self.rows, self.has_more) {
            (1, false) => "1 row".to_string(),
            (n, false) => format!("{n} rows"),
            (n, true) => format!("first {n} rows, more follow: --max-rows 0 shows all"),
        };
        match (self.columns.len(), fit.shown()) {
            (all, shown) if shown < all => format!("({rows}; {shown} of {all} columns shown)\n"),
            _ => format!("({rows})\n"),
        }
    }
}

impl<W: Write> ResultWriter for TableWriter<W> {
    fn batch(&mut self, batch: &RecordBatch) -> Result<Flow, WriteError> {
        let cells = Cells::new(batch, &self.options)?;
        let mut text = String::new();
        for row in 0..cells.rows() {
            if self.layout.max_rows.is_some_and(|max| self.rows >= max) {
                self.has_more = true;
                return Ok(Flow::Enough);
            }
            self.rows += 1;
            let mut line = Vec::with_capacity(self.columns.len());
            for column in cells.columns() {
                text.clear();
                column.write(row, &mut text);
                line.push(visible(&text));
            }
            if let Some(fit) = self.fit.take() {
                self.row(&fit, &line)?;
                self.fit = Some(fit);
            } else {
                self.sample_bytes += line.iter().map(String::len).sum::<usize>();
                self.sample.push(line);
                if self.sample.len() >= SAMPLE_ROWS || self.sample_bytes >= SAMPLE_BYTES {
                    self.settle()?;
                }
            }
        }
        Ok(Flow::More)
    }

    fn finish(&mut self) -> Result<(), WriteError> {
        if self.fit.is_none() {
            self.settle()?;
        }
        if let Some(fit) = &self.fit {
            let text = rule(fit, ['└', '┴', '┘']) + &self.summary(fit);
            self.out.write_all(text.as_bytes())?;
        }
        Ok(self.out.flush()?)
    }
}

/// Writes a result of few rows with its names down the side, as `info` wants it.
pub(super) struct RecordWriter<W> {
    out: W,
    options: DisplayOptions,
    names: Vec<String>,
}

impl<W: Write> RecordWriter<W> {
    pub(super) fn new(out: W, schema: &Schema, options: DisplayOptions) -> Self {
        let names = schema.fields().iter().map(|f| visible(f.name())).collect();
        Self { out, options, names }
    }
}

impl<W: Write> ResultWriter for RecordWriter<W> {
    fn batch(&mut self, batch: &RecordBatch) -> Result<Flow, WriteError> {
        let cells = Cells::new(batch, &self.options)?;
        let room = self.names.iter().map(|n| width(n)).max().unwrap_or(0);
        for row in 0..cells.rows() {
            for (name, column) in self.names.iter().zip(cells.columns()) {
                let (mut line, mut text) = (String::new(), String::new());
                push_cell(name, room, Align::Left, &mut line);
                column.write(row, &mut text);
                writeln!(self.out, "{line}  {}", visible(&text))?;
            }
        }
        Ok(Flow::More)
    }

    fn finish(&mut self) -> Result<(), WriteError> {
        Ok(self.out.flush()?)
    }
}

/// Whether a result is that of EXPLAIN.
pub(super) fn is_plan(schema: &Schema) -> bool {
    let is = |names: [&str; 2]| schema.fields().iter().map(|field| field.name().as_str()).eq(names);
    is(["plan_type", "plan"]) || is(["explain_key", "explain_value"])
}

/// Writes what EXPLAIN says as the lines that it is made of.
pub(super) struct PlanWriter<W> {
    out: W,
    options: DisplayOptions,
}

impl<W: Write> PlanWriter<W> {
    pub(super) fn new(out: W, options: DisplayOptions) -> Self {
        Self { out, options }
    }
}

impl<W: Write> ResultWriter for PlanWriter<W> {
    fn batch(&mut self, batch: &RecordBatch) -> Result<Flow, WriteError> {
        let cells = Cells::new(batch, &self.options)?;
        for row in 0..cells.rows() {
            for (column, indent) in cells.columns().iter().zip(["", "  "]) {
                let mut text = String::new();
                column.write(row, &mut text);
                for line in text.trim_end().lines() {
                    writeln!(self.out, "{indent}{}", visible(line))?;
                }
            }
        }
        Ok(Flow::More)
    }

    fn finish(&mut self) -> Result<(), WriteError> {
        Ok(self.out.flush()?)
    }
}

fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    push_visible(text, &mut out);
    out
}

fn rule(fit: &Fit, [left, middle, right]: [char; 3]) -> String {
    let mut line = String::new();
    for (i, place) in fit.columns.iter().enumerate() {
        line.push(if i == 0 { left } else { middle });
        line.extend(std::iter::repeat_n('─', place.map_or(1, |(_, room)| room) + 2));
    }
    line.push(right);
    line.push('\n');
    line
}

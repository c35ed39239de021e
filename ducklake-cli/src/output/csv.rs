//! CSV as DuckDB's COPY writes it: a header, NULL as nothing, an empty text as `""`.

use std::io::Write;

use arrow::datatypes::Schema;
use arrow::record_batch::RecordBatch;

use super::cells::{Cells, DisplayOptions};
use super::{Flow, ResultWriter, WriteError};

pub(super) struct CsvWriter<W> {
    out: W,
    options: DisplayOptions,
    line: String,
}

impl<W: Write> CsvWriter<W> {
    pub(super) fn new(mut out: W, schema: &Schema, options: DisplayOptions) -> Result<Self, WriteError> {
        let mut line = String::new();
        for (i, field) in schema.fields().iter().enumerate() {
            if i > 0 {
                line.push(',');
            }
            push_field(field.name(), &mut line);
        }
        line.push('\n');
        out.write_all(line.as_bytes())?;
        Ok(Self { out, options, line })
    }
}

impl<W: Write> ResultWriter for CsvWriter<W> {
    fn batch(&mut self, batch: &RecordBatch) -> Result<Flow, WriteError> {
        let cells = Cells::new(batch, &self.options)?;
        let mut text = String::new();
        for row in 0..cells.rows() {
            self.line.clear();
            for (i, column) in cells.columns().iter().enumerate() {
                if i > 0 {
                    self.line.push(',');
                }
                if !column.is_null(row) {
                    text.clear();
                    column.write(row, &mut text);
                    push_field(&text, &mut self.line);
                }
            }
            self.line.push('\n');
            self.out.write_all(self.line.as_bytes())?;
        }
        Ok(Flow::More)
    }

    fn finish(&mut self) -> Result<(), WriteError> {
        Ok(self.out.flush()?)
    }
}

/// Appends a field that is not NULL, quoted where it must be.
fn push_field(text: &str, out: &mut String) {
    let needs_quotes = text.is_empty()
        || text.starts_with([' ', '\t'])
        || text.ends_with([' ', '\t'])
        || text.contains([',', '"', '\n', '\r']);
    if needs_quotes {
        out.push('"');
        out.push_str(&text.replace('"', "\"\""));
        out.push('"');
    } else {
        out.push_str(text);
    }
}

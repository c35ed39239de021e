//! JSON in three shapes: an array of rows, a row on each line, and an answer to a statement on each line.

use std::io::{self, Write};

use arrow::datatypes::Schema;
use arrow::record_batch::RecordBatch;

use super::cells::{Cells, DisplayOptions};
use super::{Flow, ResultWriter, WriteError, headers};

/// Bytes of an answer that are held back, so that an error can still take the answer's place.
const ANSWER_BUFFER: usize = 4 << 20;

/// Writes rows as objects: in an array, or each on a line of its own.
pub(super) struct ObjectWriter<W> {
    out: W,
    options: DisplayOptions,
    /// The names as JSON texts, each with its colon.
    keys: Vec<Vec<u8>>,
    is_array: bool,
    rows: u64,
}

impl<W: Write> ObjectWriter<W> {
    pub(super) fn new(
        mut out: W,
        schema: &Schema,
        options: DisplayOptions,
        is_array: bool,
    ) -> Result<Self, WriteError> {
        let key = |field: &arrow::datatypes::FieldRef| {
            let mut key = serde_json::to_vec(field.name())?;
            key.push(b':');
            Ok::<_, WriteError>(key)
        };
        let keys = schema.fields().iter().map(key).collect::<Result<_, _>>()?;
        if is_array {
            out.write_all(b"[")?;
        }
        Ok(Self { out, options, keys, is_array, rows: 0 })
    }
}

impl<W: Write> ResultWriter for ObjectWriter<W> {
    fn batch(&mut self, batch: &RecordBatch) -> Result<Flow, WriteError> {
        let cells = Cells::new(batch, &self.options)?;
        for row in 0..cells.rows() {
            if self.is_array && self.rows > 0 {
                self.out.write_all(b",\n ")?;
            }
            self.rows += 1;
            for (i, (key, column)) in self.keys.iter().zip(cells.columns()).enumerate() {
                self.out.write_all(if i == 0 { b"{" } else { b"," })?;
                self.out.write_all(key)?;
                serde_json::to_writer(&mut self.out, &column.to_json(row))?;
            }
            self.out.write_all(if self.is_array { b"}" } else { b"}\n" })?;
        }
        Ok(Flow::More)
    }

    fn finish(&mut self) -> Result<(), WriteError> {
        if self.is_array {
            self.out.write_all(b"]\n")?;
        }
        Ok(self.out.flush()?)
    }
}

/// Writes the answer to one statement as one line: `{"columns":[…],"types":[…],"rows":[[…],…]}`, or `{"error":"…"}`.
///
/// Long answers are sent while they are made. A failure after that closes the line with `"error"` as a last key,
/// so that whoever looks for the error first is right in both cases.
pub(super) struct AnswerWriter<W: Write> {
    out: HeldBack<W>,
    options: DisplayOptions,
    rows: u64,
}

impl<W: Write> AnswerWriter<W> {
    pub(super) fn new(out: W, schema: &Schema, options: DisplayOptions) -> Result<Self, WriteError> {
        let (names, types): (Vec<_>, Vec<_>) = headers(schema).unzip();
        let mut out = HeldBack { out, held: Vec::new(), is_sent: false };
        out.write_all(b"{\"columns\":")?;
        serde_json::to_writer(&mut out, &names)?;
        out.write_all(b",\"types\":")?;
        serde_json::to_writer(&mut out, &types)?;
        out.write_all(b",\"rows\":[")?;
        Ok(Self { out, options, rows: 0 })
    }
}

impl<W: Write> ResultWriter for AnswerWriter<W> {
    fn batch(&mut self, batch: &RecordBatch) -> Result<Flow, WriteError> {
        let cells = Cells::new(batch, &self.options)?;
        for row in 0..cells.rows() {
            self.out.write_all(if self.rows == 0 { b"[" } else { b",[" })?;
            self.rows += 1;
            for (i, column) in cells.columns().iter().enumerate() {
                if i > 0 {
                    self.out.write_all(b",")?;
                }
                serde_json::to_writer(&mut self.out, &column.to_json(row))?;
            }
            self.out.write_all(b"]")?;
        }
        Ok(Flow::More)
    }

    fn finish(&mut self) -> Result<(), WriteError> {
        self.out.write_all(b"]}\n")?;
        Ok(self.out.flush()?)
    }

    fn fail(&mut self, message: &str) -> Result<bool, WriteError> {
        if self.out.is_sent {
            // Rows may have been cut off in the middle: every open bracket is closed by the batch that opened it.
            self.out.write_all(b"],\"error\":")?;
            serde_json::to_writer(&mut self.out, message)?;
            self.out.write_all(b"}\n")?;
            self.out.flush()?;
        } else {
            self.out.held.clear();
            write_error_answer(&mut self.out.out, message)?;
        }
        Ok(true)
    }
}

/// Writes the answer to a statement that failed before it had columns.
pub(super) fn write_error_answer(out: &mut impl Write, message: &str) -> Result<(), WriteError> {
    out.write_all(b"{\"error\":")?;
    serde_json::to_writer(&mut *out, message)?;
    out.write_all(b"}\n")?;
    Ok(out.flush()?)
}

/// Keeps what is written until there is much of it.
struct HeldBack<W> {
    out: W,
    held: Vec<u8>,
    is_sent: bool,
}

impl<W: Write> Write for HeldBack<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.held.extend_from_slice(bytes);
        if self.held.len() > ANSWER_BUFFER {
            self.is_sent = true;
            self.out.write_all(&self.held)?;
            self.held.clear();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.write_all(&self.held)?;
        self.held.clear();
        self.out.flush()
    }
}

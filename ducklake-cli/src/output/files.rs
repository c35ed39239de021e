//! Parquet and Arrow IPC files.

use std::io::Write;

use arrow::datatypes::Schema;
use arrow::ipc::writer::FileWriter;
use arrow::record_batch::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

use super::export::{Exporter, FileKind};
use super::parquet_schema::parquet_schema;
use super::{Flow, ResultWriter, WriteError};

/// Rows of a row group, and bytes of it at most: those of DuckDB's Parquet writer, and a bound for wide rows.
const ROW_GROUP_ROWS: usize = 122_880;
const ROW_GROUP_BYTES: usize = 256 << 20;

/// Writes an Arrow IPC file.
pub(super) struct IpcWriter<W: Write> {
    writer: FileWriter<W>,
    exporter: Exporter,
}

impl<W: Write> IpcWriter<W> {
    pub(super) fn new(out: W, schema: &Schema) -> Result<Self, WriteError> {
        let exporter = Exporter::new(FileKind::Arrow, schema);
        Ok(Self { writer: FileWriter::try_new(out, &exporter.schema())?, exporter })
    }
}

impl<W: Write> ResultWriter for IpcWriter<W> {
    fn batch(&mut self, batch: &RecordBatch) -> Result<Flow, WriteError> {
        self.writer.write(&self.exporter.convert(batch)?)?;
        Ok(Flow::More)
    }

    fn finish(&mut self) -> Result<(), WriteError> {
        self.writer.finish()?;
        Ok(self.writer.flush()?)
    }
}

/// Writes a Parquet file that says of each column what DuckDB's files say: json, uuid, interval and geometry included.
pub(super) struct ParquetWriter<W: Write + Send> {
    writer: ArrowWriter<W>,
    exporter: Exporter,
}

impl<W: Write + Send> ParquetWriter<W> {
    pub(super) fn new(out: W, schema: &Schema) -> Result<Self, WriteError> {
        let exporter = Exporter::new(FileKind::Parquet, schema);
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
            .set_max_row_group_bytes(Some(ROW_GROUP_BYTES))
            .set_created_by(format!("quacklake {}", env!("CARGO_PKG_VERSION")))
            .build();
        // The file's own types say everything; a copy of the Arrow schema would contradict them (intervals are bytes).
        let options = ArrowWriterOptions::new()
            .with_properties(properties)
            .with_skip_arrow_metadata(true)
            .with_parquet_schema(parquet_schema(&exporter.schema())?);
        let writer = ArrowWriter::try_new_with_options(out, exporter.schema(), options)?;
        Ok(Self { writer, exporter })
    }
}

impl<W: Write + Send> ResultWriter for ParquetWriter<W> {
    fn batch(&mut self, batch: &RecordBatch) -> Result<Flow, WriteError> {
        self.writer.write(&self.exporter.convert(batch)?)?;
        Ok(Flow::More)
    }

    fn finish(&mut self) -> Result<(), WriteError> {
        self.writer.finish()?;
        Ok(())
    }
}

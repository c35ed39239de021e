//! Results as text or files: one writer for each output format, all of them streaming.

mod cells;
mod csv;
mod export;
mod grid;
mod json;
mod markdown;
mod parquet_schema;
mod printer;
mod sink;
mod table;

mod files;

use std::path::Path;

use arrow::datatypes::Schema;
use arrow::record_batch::RecordBatch;

pub(crate) use cells::{DisplayOptions, type_name};
pub(crate) use printer::{Layout, Printer};

use crate::error::CliError;

/// How results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// A box with column names and types (default on a terminal)
    Table,
    /// An array of objects, one for each row
    Json,
    /// One object for each row on a line of its own; in `sql`, one object for each statement
    Jsonl,
    /// Comma-separated values with a header (default in pipes); NULL is empty, an empty text is ""
    Csv,
    /// A Markdown table
    Markdown,
    /// A Parquet file
    Parquet,
    /// An Arrow IPC file
    Arrow,
}

impl Format {
    /// The format that a file's name asks for.
    pub(crate) fn of_file(path: &Path) -> Option<Self> {
        Some(match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "json" => Self::Json,
            "jsonl" | "ndjson" => Self::Jsonl,
            "csv" => Self::Csv,
            "md" | "markdown" => Self::Markdown,
            "parquet" => Self::Parquet,
            "arrow" | "ipc" | "feather" => Self::Arrow,
            "txt" => Self::Table,
            _ => return None,
        })
    }

    /// The name on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Json => "json",
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
            Self::Markdown => "markdown",
            Self::Parquet => "parquet",
            Self::Arrow => "arrow",
        }
    }

    /// Whether the format is made of bytes rather than text, and so holds one result only.
    pub(crate) fn is_binary(self) -> bool {
        matches!(self, Self::Parquet | Self::Arrow)
    }
}

/// Whether a writer wants more rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    /// Go on.
    More,
    /// The rest of the result would not be shown.
    Enough,
}

/// Writes one result.
pub(crate) trait ResultWriter {
    /// Writes the rows of a batch.
    fn batch(&mut self, batch: &RecordBatch) -> Result<Flow, WriteError>;

    /// Writes what comes after the last row.
    fn finish(&mut self) -> Result<(), WriteError>;

    /// Ends the result with an error, if the format has a way to say it; whether it has.
    fn fail(&mut self, _message: &str) -> Result<bool, WriteError> {
        Ok(false)
    }
}

/// Why a result cannot be written: the file, or the values.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WriteError {
    #[error(transparent)]
    Io(#[from] std::io::Error),
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Arrow(#[from] arrow::error::ArrowError),
    #[error(transparent)]
    Parquet(#[from] parquet::errors::ParquetError),
    #[error(transparent)]
    Value(#[from] ducklake_format::FormatError),
}

impl WriteError {
    /// As an error of the program, `format` and `target` being what was written.
    fn into_cli(self, format: Format, target: &str) -> CliError {
        match self {
            Self::Io(source) => CliError::write(target)(source),
            Self::Json(error) if error.is_io() => CliError::write(target)(error.into()),
            other => CliError::Encode { format: format.name(), source: Box::new(other) },
        }
    }
}

/// Names and DuckLake type names of a result's columns.
fn headers(schema: &Schema) -> impl Iterator<Item = (&str, String)> {
    schema.fields().iter().map(|field| (field.name().as_str(), type_name(field)))
}

//! Values as DuckDB prints them, a batch at a time.

use arrow::datatypes::{DataType, Field};
use arrow::record_batch::RecordBatch;
use ducklake_format::LakeType;
use ducklake_format::text::ValueDisplay;

pub(crate) use ducklake_format::text::DisplayOptions;

use super::WriteError;

/// Printers for all columns of a batch.
pub(super) struct Cells<'a> {
    columns: Vec<ValueDisplay<'a>>,
    rows: usize,
}

impl<'a> Cells<'a> {
    pub(super) fn new(batch: &'a RecordBatch, options: &DisplayOptions) -> Result<Self, WriteError> {
        let fields = batch.schema_ref().fields();
        let columns = batch.columns().iter().zip(fields);
        let columns = columns.map(|(array, field)| ValueDisplay::try_new(array.as_ref(), field, options));
        Ok(Self { columns: columns.collect::<Result<_, _>>()?, rows: batch.num_rows() })
    }

    /// The columns, in order.
    pub(super) fn columns(&self) -> &[ValueDisplay<'a>] {
        &self.columns
    }

    /// The number of rows.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }
}

/// The name of a column's DuckLake type; for what DuckLake has no type for, Arrow's name.
pub(crate) fn type_name(field: &Field) -> String {
    LakeType::from_field(field).map_or_else(|| field.data_type().to_string().to_ascii_lowercase(), |t| t.to_string())
}

/// Whether a type's values are printed flush right.
pub(super) fn is_numeric(data_type: &DataType) -> bool {
    data_type.is_numeric()
}

/// Text on one line of a terminal: control characters as escapes, so that data cannot steer the terminal.
pub(super) fn push_visible(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\x1b' => out.push_str("\\e"),
            // Bidirectional overrides can make text look like other text.
            c if c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') => {
                out.extend(c.escape_unicode());
            }
            c => out.push(c),
        }
    }
}

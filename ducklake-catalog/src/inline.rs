//! Rows as inlined data tables hold them (DuckLake spec, "Inlined data").

use crate::driver::Cell;
use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{
    DataType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type,
};
use ducklake_format::text::InlinedText;
use ducklake_format::{Column, DisplayOptions, FormatError, LakeType, ValueDisplay};

/// Names of columns that an inlined data table has besides those of its table, or that DuckDB gives to others.
const RESERVED_NAMES: [&str; 5] =
    ["row_id", "begin_snapshot", "end_snapshot", "_ducklake_internal_row_id", "_ducklake_internal_snapshot_id"];

/// Longest identifier of PostgreSQL, in bytes.
const POSTGRES_NAME_BYTES: usize = 63;

/// Databases differ in the types that they can keep without loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// Typed by value; no NaN.
    Sqlite,
    /// No NUL in text, and a narrower range of dates.
    Postgres,
}

impl Backend {
    /// The backend of a catalog, by [`Catalog::backend`](crate::Catalog::backend).
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "sqlite" => Some(Self::Sqlite),
            "postgres" => Some(Self::Postgres),
            _ => None,
        }
    }
}

impl Backend {
    /// Its name in messages.
    pub(crate) fn shown(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }
}

/// Whether rows with these columns can be inlined at all.
pub fn can_inline(columns: &[Column], backend: Backend) -> bool {
    columns.iter().all(|column| {
        let is_reserved = RESERVED_NAMES.iter().any(|name| column.name.eq_ignore_ascii_case(name));
        let is_too_long = backend == Backend::Postgres && column.name.len() > POSTGRES_NAME_BYTES;
        !is_reserved && !is_too_long && type_can_be_inlined(&column.lake_type, backend)
    })
}

fn type_can_be_inlined(lake_type: &LakeType, backend: Backend) -> bool {
    match lake_type {
        LakeType::Geometry | LakeType::Variant => false,
        // DuckDB cannot create a column for it in PostgreSQL, nor write it to a file.
        LakeType::TimeNs | LakeType::TimestampTzNs => backend == Backend::Sqlite,
        LakeType::List(element) => type_can_be_inlined(element, backend),
        LakeType::Struct(members) => members.iter().all(|(_, member)| type_can_be_inlined(member, backend)),
        LakeType::Map(key, value) => type_can_be_inlined(key, backend) && type_can_be_inlined(value, backend),
        _ => true,
    }
}

/// The type of a column in an inlined data table.
pub fn physical_type(lake_type: &LakeType, backend: Backend) -> String {
    match backend {
        Backend::Sqlite => sqlite_type(lake_type).to_string(),
        Backend::Postgres => postgres_type(lake_type),
    }
}

fn sqlite_type(lake_type: &LakeType) -> &'static str {
    match lake_type {
        LakeType::Boolean
        | LakeType::Int8
        | LakeType::Int16
        | LakeType::Int32
        | LakeType::Int64
        | LakeType::UInt8
        | LakeType::UInt16
        | LakeType::UInt32 => "BIGINT",
        LakeType::Blob | LakeType::Geometry => "BLOB",
        _ => "VARCHAR",
    }
}

fn postgres_type(lake_type: &LakeType) -> String {
    let name = match lake_type {
        LakeType::Boolean => "boolean",
        LakeType::Int8 | LakeType::Int16 => "smallint",
        LakeType::Int32 | LakeType::UInt8 | LakeType::UInt16 => "integer",
        LakeType::Int64 | LakeType::UInt32 => "bigint",
        LakeType::Float32 => "real",
        LakeType::Float64 => "double precision",
        LakeType::Decimal { precision, scale } => return format!("numeric({precision},{scale})"),
        LakeType::Varchar | LakeType::Json | LakeType::Blob | LakeType::Geometry => "bytea",
        LakeType::Uuid => "uuid",
        LakeType::Time => "time",
        LakeType::TimeTz => "timetz",
        LakeType::Interval => "interval",
        _ => "varchar",
    };
    name.to_string()
}

/// The cells of each row, in column order, to be bound to an insert that casts them to [`physical_type`]. `None` if a
/// value has no form there that DuckDB reads back (a NUL in nested text on PostgreSQL, NULL in a list of JSON, some
/// brackets inside strings of nested values): such rows belong in a file.
///
/// # Errors
/// [`FormatError::InvalidBytes`] if the batch does not have these columns first, in the types of [`Column::field`];
/// [`FormatError::UnknownType`] for types that are nested too deeply.
pub fn encode_rows(
    columns: &[Column],
    batch: &RecordBatch,
    backend: Backend,
) -> Result<Option<Vec<Vec<Cell>>>, FormatError> {
    if batch.num_columns() < columns.len() {
        let problem = format!("it has {} columns and not at least {}", batch.num_columns(), columns.len());
        return Err(FormatError::invalid_bytes("record batch", problem));
    }
    let mut rows = vec![Vec::with_capacity(columns.len()); batch.num_rows()];
    for (column, array) in columns.iter().zip(batch.columns()) {
        let wanted = column.lake_type.arrow_type();
        if !wanted.equals_datatype(array.data_type()) {
            let problem = format!("column '{}' is {} and not {wanted}", column.name, array.data_type());
            return Err(FormatError::invalid_bytes("record batch", problem));
        }
        let encoder = Encoder::new(&column.lake_type, array.as_ref(), backend)?;
        for (row, cells) in rows.iter_mut().enumerate() {
            match encoder.cell(row) {
                Some(cell) => cells.push(cell),
                None => return Ok(None),
            }
        }
    }
    Ok(Some(rows))
}

/// Encodes the values of one column.
struct Encoder<'a> {
    array: &'a dyn Array,
    form: Form<'a>,
    backend: Backend,
}

enum Form<'a> {
    /// The database's own type.
    Native,
    /// Display text.
    Text(ValueDisplay<'a>),
    Nested(InlinedText<'a>),
    /// The bytes of a string.
    TextBytes,
    Blob,
}

impl<'a> Encoder<'a> {
    fn new(lake_type: &LakeType, array: &'a dyn Array, backend: Backend) -> Result<Self, FormatError> {
        let is_native = match physical_type(lake_type, backend).as_str() {
            "real" | "double precision" | "boolean" => true,
            integer => matches!(integer, "BIGINT" | "bigint" | "integer" | "smallint"),
        };
        let form = match lake_type {
            LakeType::List(_) | LakeType::Struct(_) | LakeType::Map(_, _) => {
                Form::Nested(InlinedText::try_new(array, lake_type)?)
            }
            LakeType::Blob | LakeType::Geometry => Form::Blob,
            LakeType::Varchar | LakeType::Json if backend == Backend::Postgres => Form::TextBytes,
            _ if is_native => Form::Native,
            _ => Form::Text(ValueDisplay::try_new(array, &lake_type.field(""), &DisplayOptions::default())?),
        };
        Ok(Self { array, form, backend })
    }

    fn cell(&self, row: usize) -> Option<Cell> {
        if self.array.is_null(row) {
            return Some(Cell::Null);
        }
        match &self.form {
            Form::Native => self.native(row),
            Form::Text(display) => {
                let mut text = String::new();
                display.write(row, &mut text);
                self.text(text)
            }
            Form::Nested(nested) => {
                let mut text = String::new();
                if nested.write(row, &mut text) { self.text(text) } else { None }
            }
            Form::TextBytes => Some(Cell::Bytes(self.array.as_string_view().value(row).as_bytes().to_vec())),
            Form::Blob => Some(Cell::Bytes(self.array.as_binary_view().value(row).to_vec())),
        }
    }

    fn text(&self, text: String) -> Option<Cell> {
        (self.backend != Backend::Postgres || !text.contains('\0')).then_some(Cell::Text(text))
    }

    fn native(&self, row: usize) -> Option<Cell> {
        macro_rules! int {
            ($arrow:ty) => {
                Cell::Int(i64::from(self.array.as_primitive::<$arrow>().value(row)))
            };
        }
        Some(match self.array.data_type() {
            DataType::Boolean => {
                let value = self.array.as_boolean().value(row);
                if self.backend == Backend::Postgres { Cell::Bool(value) } else { Cell::Int(i64::from(value)) }
            }
            DataType::Int8 => int!(Int8Type),
            DataType::Int16 => int!(Int16Type),
            DataType::Int32 => int!(Int32Type),
            DataType::Int64 => int!(Int64Type),
            DataType::UInt8 => int!(UInt8Type),
            DataType::UInt16 => int!(UInt16Type),
            DataType::UInt32 => int!(UInt32Type),
            DataType::Float32 => Cell::Float32(self.array.as_primitive::<Float32Type>().value(row)),
            DataType::Float64 => Cell::Float(self.array.as_primitive::<Float64Type>().value(row)),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests;

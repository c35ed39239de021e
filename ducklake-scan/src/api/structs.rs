//! Rust values as rows.

use arrow::array::RecordBatch;
use arrow::datatypes::{FieldRef, Schema};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_arrow::schema::{SchemaLike, TracingOptions};

use super::rows::Rows;
use super::tables::TableColumns;
use crate::error::{LakeError, Result};

impl Rows {
    /// Values that serde serializes as structs or maps, one row each. Types are taken from the values: a field that is
    /// `None` everywhere has none. Dates and times are what serde makes of them, mostly text, which a table's columns
    /// of such types understand.
    ///
    /// # Errors
    /// [`LakeError::Usage`] for values that have no form as rows.
    pub fn from_structs<T: Serialize>(values: &[T]) -> Result<Self> {
        if values.is_empty() {
            return Ok(Self::Batches(Vec::new()));
        }
        let fields = Vec::<FieldRef>::from_samples(values, options()).map_err(|e| not_rows(&e))?;
        let batch: RecordBatch = serde_arrow::to_record_batch(&fields, &values).map_err(|e| not_rows(&e))?;
        Ok(batch.into())
    }
}

impl TableColumns {
    /// The columns that hold values of a struct; fields that are no `Option` become NOT NULL.
    ///
    /// # Errors
    /// [`LakeError::Usage`] for types that have no form as columns.
    pub fn of_struct<T: DeserializeOwned>() -> Result<Self> {
        let fields = Vec::<FieldRef>::from_type::<T>(options()).map_err(|e| not_rows(&e))?;
        Ok(Self::Arrow(Schema::new(fields).into()))
    }
}

fn options() -> TracingOptions {
    TracingOptions::default()
        .allow_null_fields(true)
        .map_as_struct(false)
        .sequence_as_large_list(false)
        .strings_as_large_utf8(false)
        .enums_without_data_as_strings(true)
        .coerce_numbers(true)
}

fn not_rows(error: &serde_arrow::Error) -> LakeError {
    LakeError::usage(format!("the values cannot be rows: {}", error.message()))
}

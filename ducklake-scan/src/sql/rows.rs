//! Results of statements that are no queries.

use std::sync::Arc;

use arrow::array::{Array, RecordBatch, StringArray};
use arrow::datatypes::{Field, Schema};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;

use super::types::field_type;
use crate::error::Result;
use crate::session::QueryResult;

pub(crate) fn no_rows() -> QueryResult {
    let schema = Arc::new(Schema::empty());
    let stream = RecordBatchStreamAdapter::new(Arc::clone(&schema), futures::stream::empty());
    QueryResult { schema, stream: Box::pin(stream), plan: None }
}

/// How many rows a statement changed, as DuckDB says it.
pub(crate) fn count_row(count: u64) -> Result<QueryResult> {
    let schema = Arc::new(Schema::new(vec![Field::new("Count", arrow::datatypes::DataType::Int64, true)]));
    let array = Arc::new(arrow::array::Int64Array::from(vec![count.cast_signed()]));
    batch_result(RecordBatch::try_new(schema, vec![array])?)
}

/// Rows that are there already.
pub(crate) fn batch_result(batch: RecordBatch) -> Result<QueryResult> {
    let schema = batch.schema();
    let stream = RecordBatchStreamAdapter::new(Arc::clone(&schema), futures::stream::iter([Ok(batch)]));
    Ok(QueryResult { schema, stream: Box::pin(stream), plan: None })
}

pub(crate) fn rows_of(columns: Vec<(&str, StringArray)>) -> Result<QueryResult> {
    let fields: Vec<Field> =
        columns.iter().map(|(name, array)| Field::new(*name, array.data_type().clone(), true)).collect();
    let schema = Arc::new(Schema::new(fields));
    let arrays = columns.into_iter().map(|(_, array)| Arc::new(array) as _).collect();
    batch_result(RecordBatch::try_new(schema, arrays)?)
}

pub(crate) fn text_rows(columns: Vec<(&str, Vec<String>)>) -> Result<QueryResult> {
    rows_of(columns.into_iter().map(|(name, values)| (name, StringArray::from(values))).collect())
}

pub(crate) fn describe_fields(fields: impl Iterator<Item = Field>) -> Result<QueryResult> {
    describe_columns(fields.map(|f| (f.name().clone(), field_type(&f))))
}

/// Columns by their names and types.
pub(crate) fn describe_columns(columns: impl Iterator<Item = (String, String)>) -> Result<QueryResult> {
    let (names, types): (Vec<String>, Vec<String>) = columns.unzip();
    let rows = names.len();
    let nothing = StringArray::from(vec![None::<&str>; rows]);
    rows_of(vec![
        ("column_name", StringArray::from(names)),
        ("column_type", StringArray::from(types)),
        ("null", StringArray::from(vec!["YES"; rows])),
        ("key", nothing.clone()),
        ("default", nothing.clone()),
        ("extra", nothing),
    ])
}

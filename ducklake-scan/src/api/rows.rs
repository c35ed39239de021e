//! Rows that a caller gives.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{Schema, SchemaRef};
use datafusion::catalog::TableProvider;
use datafusion::dataframe::DataFrame;
use datafusion::datasource::MemTable;
use datafusion::physical_plan::SendableRecordBatchStream;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use futures::stream;

use crate::error::{LakeError, Result};
use crate::write::rows_in_order;

/// Rows to write: batches in memory, or what a query gives.
#[derive(Debug, Clone)]
pub enum Rows {
    /// Batches of one schema.
    Batches(Vec<RecordBatch>),
    /// A query, which runs when its rows are wanted, and again where a write is repeated.
    Frame(Box<DataFrame>),
}

impl Rows {
    fn schema(batches: &[RecordBatch]) -> SchemaRef {
        batches.first().map_or_else(|| Arc::new(Schema::empty()), RecordBatch::schema)
    }

    /// The rows as they come.
    pub(super) async fn stream(self) -> Result<SendableRecordBatchStream> {
        match self {
            Self::Batches(batches) => {
                let schema = Self::schema(&batches);
                Ok(Box::pin(RecordBatchStreamAdapter::new(schema, stream::iter(batches.into_iter().map(Ok)))))
            }
            Self::Frame(frame) => rows_in_order(*frame).await,
        }
    }

    /// The rows as a table.
    pub(super) fn into_table(self) -> Result<Arc<dyn TableProvider>> {
        match self {
            Self::Batches(batches) if batches.is_empty() => {
                Err(LakeError::usage("there is no batch, so the source has no columns"))
            }
            Self::Batches(batches) => Ok(Arc::new(MemTable::try_new(Self::schema(&batches), vec![batches])?)),
            Self::Frame(frame) => Ok(frame.into_view()),
        }
    }
}

impl From<RecordBatch> for Rows {
    fn from(batch: RecordBatch) -> Self {
        Self::Batches(vec![batch])
    }
}

impl From<Vec<RecordBatch>> for Rows {
    fn from(batches: Vec<RecordBatch>) -> Self {
        Self::Batches(batches)
    }
}

impl From<&[RecordBatch]> for Rows {
    fn from(batches: &[RecordBatch]) -> Self {
        Self::Batches(batches.to_vec())
    }
}

impl From<DataFrame> for Rows {
    fn from(frame: DataFrame) -> Self {
        Self::Frame(Box::new(frame))
    }
}

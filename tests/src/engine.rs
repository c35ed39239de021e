//! The engine under test, in this process.

use std::error::Error;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::Schema;
use ducklake_format::text::{DisplayOptions, ValueDisplay};
use ducklake_scan::{Lake, LakeError, LakeOptions, Session};

use crate::expected::{Expected, Rows};

/// A lake opened by the engine.
pub struct Engine {
    session: Session,
}

/// A query's result, as text.
pub struct Answer {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// Rows, in the order of the result.
    pub rows: Rows,
}

impl Engine {
    /// A session without any lake.
    pub fn empty() -> Self {
        Self { session: Session::new() }
    }

    /// Opens the lake that DuckDB made.
    ///
    /// # Errors
    /// The engine's, with all its causes.
    pub async fn open(expected: &Expected) -> Result<Self, String> {
        let metadata_schema = expected.metadata_schema.clone();
        let options = LakeOptions { metadata_schema, ..LakeOptions::default() };
        Self::open_with(&expected.uri, options).await
    }

    /// Opens the lake at an address.
    ///
    /// # Errors
    /// The engine's, with all its causes.
    pub async fn open_with(uri: &str, options: LakeOptions) -> Result<Self, String> {
        let lake = Lake::open(uri, options).await.map_err(|error| told(&error))?;
        let session = Session::new();
        session.attach("lake", lake).await.map_err(|error| told(&error))?;
        Ok(Self { session })
    }

    /// Runs a query.
    ///
    /// # Errors
    /// The engine's, with all its causes.
    pub async fn query(&self, sql: &str) -> Result<Answer, String> {
        let frame = self.session.sql(sql).await.map_err(|error| told(&error))?;
        let schema = Arc::new(frame.schema().as_arrow().clone());
        let batches = frame.collect().await.map_err(|error| full(&error))?;
        text(&schema, &batches)
    }
}

/// Values as DuckDB prints them.
fn text(schema: &Schema, batches: &[RecordBatch]) -> Result<Answer, String> {
    let columns = schema.fields().iter().map(|field| field.name().clone()).collect();
    let mut rows = Rows::new();
    for batch in batches {
        let schema = batch.schema();
        let mut shown = Vec::new();
        for (array, field) in batch.columns().iter().zip(schema.fields()) {
            let show = ValueDisplay::try_new(array.as_ref(), field, &DisplayOptions::default());
            shown.push(show.map_err(|error| full(&error))?);
        }
        for row in 0..batch.num_rows() {
            let cell = |show: &ValueDisplay<'_>| {
                (!show.is_null(row)).then(|| {
                    let mut text = String::new();
                    show.write(row, &mut text);
                    text
                })
            };
            rows.push(shown.iter().map(cell).collect());
        }
    }
    Ok(Answer { columns, rows })
}

/// What a user is told: the error, its causes, and the hint.
fn told(error: &LakeError) -> String {
    let hint = error.hint().map(|hint| format!(" ({hint})")).unwrap_or_default();
    full(error) + &hint
}

/// An error and its causes.
fn full(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        // Many a message already ends with its cause's.
        if !text.contains(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        cause = inner.source();
    }
    text
}

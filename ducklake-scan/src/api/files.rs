//! Files of other formats, read with the columns of the table they are for in mind.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, FieldRef, Schema, TimeUnit};
use datafusion::dataframe::DataFrame;
use datafusion::prelude::{CsvReadOptions, JsonReadOptions, ParquetReadOptions, SessionContext};
use ducklake_format::LakeType;
use ducklake_format::columns::Column;
use tokio::io::AsyncReadExt;

use crate::error::{LakeError, Result};
use crate::lake::same_name;
use crate::write::FileFormat;

/// Rows that types are guessed from, as many as DuckDB takes.
const SAMPLE: usize = 20_480;

/// The rows of a local file. Text of CSV is left to the casts of the table's columns; where a column is new, its type is
/// guessed.
pub(super) async fn file_rows(
    context: &SessionContext,
    path: &str,
    format: Option<FileFormat>,
    columns: &[Column],
) -> Result<DataFrame> {
    let url = local_url(path).await?;
    let format = format.or_else(|| FileFormat::of_path(path)).ok_or_else(|| LakeError::Usage {
        message: format!("the name of '{path}' does not tell its format"),
        hint: Some("say which: parquet, csv or json".into()),
    })?;
    match format {
        FileFormat::Parquet => {
            // Types that Arrow lacks are told by the fields' metadata.
            let options = ParquetReadOptions::default().file_extension("").skip_metadata(false);
            Ok(context.read_parquet(url, options).await?)
        }
        FileFormat::Csv => {
            let delimiter = if path.to_lowercase().ends_with(".tsv") { b'\t' } else { b',' };
            let options = CsvReadOptions::new()
                .file_extension("")
                .delimiter(delimiter)
                .newlines_in_values(true)
                .schema_infer_max_records(SAMPLE);
            let guessed = context.read_csv(url.as_str(), options.clone()).await?;
            let schema = retyped(&guessed, |field| csv_type(field, columns));
            Ok(context.read_csv(url.as_str(), options.schema(&schema)).await?)
        }
        FileFormat::Json => {
            let options = JsonReadOptions::default()
                .file_extension("")
                .newline_delimited(!is_array(path).await?)
                .schema_infer_max_records(SAMPLE);
            let guessed = context.read_json(url.as_str(), options.clone()).await?;
            let schema = retyped(&guessed, |field| json_type(field, columns));
            Ok(context.read_json(url.as_str(), options.schema(&schema)).await?)
        }
    }
}

/// The URL of a file that is there: names with `*` or `[` in them are no patterns.
async fn local_url(path: &str) -> Result<String> {
    if path.contains("://") {
        return Err(LakeError::not_supported(format!("reading '{path}', which is no local file,")));
    }
    let found = tokio::fs::metadata(path).await;
    let absolute = std::path::absolute(path);
    match (found, absolute.ok().and_then(|path| url::Url::from_file_path(path).ok())) {
        (Ok(found), Some(url)) if found.is_file() => Ok(url.into()),
        (Ok(_), _) => Err(LakeError::usage(format!("'{path}' is no file"))),
        (Err(error), _) => Err(LakeError::usage(format!("'{path}' cannot be read: {error}"))),
    }
}

fn retyped(guessed: &DataFrame, retype: impl Fn(&Field) -> DataType) -> Schema {
    let field = |field: &FieldRef| Arc::new(field.as_ref().clone().with_data_type(retype(field)));
    Schema::new(guessed.schema().fields().iter().map(field).collect::<Vec<_>>())
}

fn column_of<'a>(field: &Field, columns: &'a [Column]) -> Option<&'a Column> {
    columns.iter().find(|column| same_name(&column.name, field.name()))
}

fn csv_type(field: &Field, columns: &[Column]) -> DataType {
    match (column_of(field, columns), field.data_type()) {
        (Some(_), _) | (None, DataType::Null) => DataType::Utf8,
        // Milliseconds are only how the guess was written down.
        (None, DataType::Timestamp(_, zone)) => DataType::Timestamp(TimeUnit::Microsecond, zone.clone()),
        (None, guessed) => guessed.clone(),
    }
}

fn json_type(field: &Field, columns: &[Column]) -> DataType {
    match column_of(field, columns).map(|column| &column.lake_type) {
        // As a float it would lose digits.
        Some(lake_type @ LakeType::Decimal { .. }) if field.data_type().is_numeric() => lake_type.arrow_type(),
        _ => field.data_type().clone(),
    }
}

/// Whether a file of JSON is one array instead of an object a line.
async fn is_array(path: &str) -> Result<bool> {
    let failed = |error: std::io::Error| LakeError::usage(format!("'{path}' cannot be read: {error}"));
    let mut file = tokio::io::BufReader::new(tokio::fs::File::open(path).await.map_err(failed)?);
    loop {
        match file.read_u8().await {
            Ok(byte) if byte.is_ascii_whitespace() => {}
            Ok(byte) => return Ok(byte == b'['),
            Err(_) => return Ok(false),
        }
    }
}

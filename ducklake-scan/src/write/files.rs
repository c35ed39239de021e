//! Files of other formats as rows: what COPY FROM and ingesting read.

use arrow::array::AsArray;
use arrow::datatypes::UInt64Type;
use datafusion::dataframe::{DataFrame, DataFrameWriteOptions};
use datafusion::prelude::{CsvReadOptions, JsonReadOptions, ParquetReadOptions};
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast;
use ducklake_format::columns::Column;

use crate::error::{LakeError, Result};
use crate::session::Session;
use crate::sql::write::CopyTo;
use crate::write::OpenTransactions;

/// Formats of files to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileFormat {
    /// Parquet.
    Parquet,
    /// CSV.
    Csv,
    /// JSON, one object a line.
    Json,
}

impl FileFormat {
    /// The format that a file's name tells: `.parquet`, `.csv`, `.tsv`, `.json`, `.jsonl`, `.ndjson`.
    pub fn of_path(path: &str) -> Option<Self> {
        let name = path.rsplit(['/', '\\']).next()?.to_lowercase();
        Some(match name.rsplit('.').next()? {
            "parquet" => Self::Parquet,
            "csv" | "tsv" => Self::Csv,
            "json" | "jsonl" | "ndjson" => Self::Json,
            _ => return None,
        })
    }
}

impl Session {
    /// Writes a query's rows to a file; gives how many.
    pub(crate) async fn copy_to(&self, open: &OpenTransactions, copy: CopyTo) -> Result<u64> {
        let statement = Statement::Statement(Box::new(ast::Statement::Query(copy.query)));
        let frame = self.plan_with(statement, self.pins_in(open), 0).await?;
        let named = copy.options.iter().find(|(name, _)| name == "FORMAT").map(|(_, value)| value.as_str());
        let format = match named {
            Some(name) => FileFormat::of_path(&format!("x.{name}")),
            None => FileFormat::of_path(&copy.path),
        };
        let options = DataFrameWriteOptions::new().with_single_file_output(true);
        let written = match format {
            Some(FileFormat::Parquet) => frame.write_parquet(&copy.path, options, None).await?,
            Some(FileFormat::Json) => frame.write_json(&copy.path, options, None).await?,
            Some(FileFormat::Csv) => frame.write_csv(&copy.path, options, None).await?,
            None => {
                return Err(LakeError::Usage {
                    message: format!("the name of '{}' does not tell its format", copy.path),
                    hint: Some("add (FORMAT parquet), (FORMAT csv) or (FORMAT json)".into()),
                });
            }
        };
        let counts = written.iter().filter_map(|b| b.column(0).as_primitive_opt::<UInt64Type>());
        Ok(counts.flat_map(|counts| counts.iter().flatten()).sum())
    }

    /// Files as a DataFrame, with DuckDB's options of COPY (names in upper case).
    ///
    /// # Errors
    /// [`LakeError::Usage`] for unknown options and formats; failures to read.
    pub async fn read_files(
        &self,
        paths: &[&str],
        options: &[(String, String)],
        listed: &[String],
        columns: &[Column],
    ) -> Result<DataFrame> {
        let find = |names: &[&str]| options.iter().find(|(n, _)| names.contains(&n.as_str())).map(|(_, v)| v.as_str());
        let known =
            ["FORMAT", "HEADER", "DELIMITER", "DELIM", "SEP", "QUOTE", "ESCAPE", "NULLSTR", "NULL", "AUTO_DETECT"];
        if let Some((unknown, _)) = options.iter().find(|(name, _)| !known.contains(&name.as_str())) {
            return Err(LakeError::usage(format!("COPY FROM does not know the option {unknown}")));
        }
        let first = paths.first().copied().unwrap_or_default();
        let format = match find(&["FORMAT"]).map(str::to_lowercase).as_deref() {
            Some("parquet") => FileFormat::Parquet,
            Some("csv") => FileFormat::Csv,
            Some("json") => FileFormat::Json,
            Some(other) => {
                return Err(LakeError::usage(format!("the format '{other}' is not one of parquet, csv, json")));
            }
            None => FileFormat::of_path(first).ok_or_else(|| LakeError::Usage {
                message: format!("the name of '{first}' does not tell its format"),
                hint: Some("add (FORMAT parquet), (FORMAT csv) or (FORMAT json)".into()),
            })?,
        };
        let context = self.context();
        let paths: Vec<String> = paths.iter().map(|p| p.to_string()).collect();
        match format {
            FileFormat::Parquet => Ok(context.read_parquet(paths, ParquetReadOptions::default()).await?),
            FileFormat::Json => {
                let options = JsonReadOptions::default().file_extension("");
                Ok(context.read_json(paths, options).await?)
            }
            FileFormat::Csv => {
                let flag = |text: &str| matches!(text.to_lowercase().as_str(), "" | "true" | "1" | "on" | "yes");
                let byte = |names: &[&str], default: u8| -> Result<u8> {
                    match find(names).map(|text| if text == "\\t" { "\t" } else { text }) {
                        None => Ok(default),
                        Some(text) if text.len() == 1 => Ok(text.as_bytes()[0]),
                        Some(text) => Err(LakeError::usage(format!("'{text}' is not one character"))),
                    }
                };
                let default = if first.to_lowercase().ends_with(".tsv") { b'\t' } else { b',' };
                // Values are parsed as the table's types, with DuckDB's rules, so they come as text.
                let names: Vec<String> = match listed {
                    [] => columns.iter().map(|c| c.name.clone()).collect(),
                    listed => listed.to_vec(),
                };
                let schema = arrow::datatypes::Schema::new(
                    names
                        .iter()
                        .map(|n| arrow::datatypes::Field::new(n, arrow::datatypes::DataType::Utf8, true))
                        .collect::<Vec<_>>(),
                );
                let mut csv = CsvReadOptions::new()
                    .file_extension("")
                    .has_header(find(&["HEADER"]).is_none_or(flag))
                    .delimiter(byte(&["DELIMITER", "DELIM", "SEP"], default)?)
                    .quote(byte(&["QUOTE"], b'"')?);
                if !columns.is_empty() {
                    csv = csv.schema(&schema);
                }
                if let Some(null) = find(&["NULLSTR", "NULL"]) {
                    let escaped: String = null.chars().map(|c| format!("\\x{{{:x}}}", u32::from(c))).collect();
                    csv = csv.null_regex(Some(format!("^{escaped}$")));
                }
                Ok(context.read_csv(paths, csv).await?)
            }
        }
    }
}

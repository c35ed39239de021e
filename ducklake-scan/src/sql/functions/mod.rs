//! Table functions: what `FROM f(…)` and `CALL f(…)` name.

mod changes;
mod databases;
mod files;
mod indexes;
mod lakes;
mod rows;
mod search;
mod series;

use std::collections::HashMap;
use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::catalog::view::ViewTable;
use datafusion::dataframe::DataFrame;
use datafusion::datasource::MemTable;
use datafusion::scalar::ScalarValue;

pub(crate) use databases::is_listing;
pub(crate) use files::is_file_name;

use crate::error::{LakeError, Result};
use crate::lake::Lake;
use crate::search::{REFRESH, RefreshCall};
use crate::session::Session;
use crate::sql::PinnedObject;
use crate::write::{FLUSH, FlushCall};

/// A call of a table function, its arguments evaluated.
#[derive(Debug, Clone, Default)]
pub(crate) struct FunctionCall {
    /// Lower-cased name.
    pub(crate) name: String,
    /// Arguments by position.
    pub(crate) args: Vec<ScalarValue>,
    /// Arguments by lower-cased name.
    pub(crate) named: HashMap<String, ScalarValue>,
}

impl FunctionCall {
    /// The text of an argument; `None` where it is missing or NULL.
    pub(crate) fn text(&self, index: usize) -> Option<String> {
        self.args.get(index).and_then(text)
    }

    /// The text of a named argument; `None` where it is missing or NULL.
    pub(crate) fn named_text(&self, name: &str) -> Option<String> {
        self.named.get(name).and_then(text)
    }

    /// A named argument that is on or off.
    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        self.named_text(name).map(|text| matches!(text.to_lowercase().as_str(), "true" | "1" | "t"))
    }
}

/// A value as the text that DuckDB has for it in names and settings.
pub(crate) fn text(value: &ScalarValue) -> Option<String> {
    match value {
        value if value.is_null() => None,
        ScalarValue::Utf8(text) | ScalarValue::LargeUtf8(text) | ScalarValue::Utf8View(text) => text.clone(),
        value => match value.cast_to(&DataType::Utf8) {
            Ok(ScalarValue::Utf8(text)) => text,
            _ => Some(value.to_string()),
        },
    }
}

/// The rows of a function.
#[derive(Debug)]
pub(crate) struct FunctionRows {
    /// The rows.
    pub(crate) provider: PinnedObject,
    /// Columns of a star, where there are virtual ones beside.
    pub(crate) columns: Option<Vec<String>>,
    /// Columns that a star leaves out.
    pub(crate) virtual_columns: Vec<&'static str>,
}

impl FunctionRows {
    fn new(provider: PinnedObject) -> Self {
        Self { provider, columns: None, virtual_columns: Vec::new() }
    }

    fn of_frame(frame: DataFrame) -> Self {
        Self::new(Arc::new(ViewTable::new(frame.into_unoptimized_plan(), None)))
    }

    /// With some of a frame's columns hidden from stars.
    fn hiding(frame: DataFrame, virtual_columns: &[&'static str]) -> Self {
        let names = frame.schema().fields().iter().map(|f| f.name().clone());
        let columns = names.filter(|name| !virtual_columns.contains(&name.as_str())).collect();
        Self { columns: Some(columns), virtual_columns: virtual_columns.to_vec(), ..Self::of_frame(frame) }
    }
}

/// Functions of DuckLake that change the lake.
const WRITING: [&str; 11] = [
    "ducklake_expire_snapshots",
    "ducklake_cleanup_old_files",
    "ducklake_delete_orphaned_files",
    "ducklake_merge_adjacent_files",
    "ducklake_rewrite_data_files",
    "ducklake_add_data_files",
    "ducklake_set_option",
    "ducklake_set_commit_message",
    "ducklake_checkpoint",
    "ducklake_table_stats",
    "ducklake_commit",
];

/// What a lake's schemas offer under short names: `lake.snapshots()`, `table_changes('t', 1, 2)`. True where the
/// schema is an argument of the full function.
const SHORT: [(&str, bool); 13] = [
    ("snapshots", false),
    ("options", false),
    ("settings", false),
    ("current_snapshot", false),
    ("last_committed_snapshot", false),
    ("table_info", false),
    ("table_changes", true),
    ("table_insertions", true),
    ("table_deletions", true),
    ("merge_adjacent_files", false),
    ("refresh_indexes", false),
    ("set_option", false),
    ("set_commit_message", false),
];

/// The full call that a short name stands for, without the arguments given.
pub(crate) fn short_call(name: &str, lake: &str, schema: &str) -> Option<FunctionCall> {
    let name = name.to_lowercase();
    let (_, takes_schema) = SHORT.iter().find(|(short, _)| *short == name)?;
    let mut args = vec![ScalarValue::from(lake)];
    if *takes_schema {
        args.push(ScalarValue::from(schema));
    }
    Some(FunctionCall { name: format!("ducklake_{name}"), args, named: HashMap::new() })
}

/// Whether a lower-cased name can be a table function's.
pub(crate) fn is_table_function(name: &str) -> bool {
    const OTHERS: [&str; 11] = [
        "range",
        "generate_series",
        "unnest",
        "glob",
        "read_parquet",
        "parquet_scan",
        "read_csv",
        "read_csv_auto",
        "vector_search",
        "text_search",
        "hybrid_search",
    ];
    ["ducklake_", "duckdb_", "pragma_"].iter().any(|prefix| name.starts_with(prefix))
        || OTHERS.contains(&name)
        || SHORT.iter().any(|(short, _)| *short == name)
}

/// Runs a call; `None` where no function of ours has this name.
///
/// # Errors
/// Wrong arguments, unknown lakes or tables, database failures, functions that are not there yet.
pub(crate) async fn table_function(
    session: &Session,
    call: &FunctionCall,
    lake: impl Fn(&str) -> Result<Lake> + Sync,
) -> Result<Option<FunctionRows>> {
    if WRITING.contains(&call.name.as_str()) {
        return Err(LakeError::not_supported(format!("the function {}", call.name)));
    }
    if call.name == FLUSH {
        let batch = session.flush(&FlushCall::new(&session.names(), call)?).await?;
        let provider = MemTable::try_new(batch.schema(), vec![vec![batch]])?;
        return Ok(Some(FunctionRows::new(Arc::new(provider))));
    }
    if call.name == REFRESH {
        let batch = Box::pin(session.refresh_indexes(&RefreshCall::new(&session.names(), call)?)).await?;
        let provider = MemTable::try_new(batch.schema(), vec![vec![batch]])?;
        return Ok(Some(FunctionRows::new(Arc::new(provider))));
    }
    if let Some(batch) = indexes::call(session, call).await? {
        let provider = MemTable::try_new(batch.schema(), vec![vec![batch]])?;
        return Ok(Some(FunctionRows::new(Arc::new(provider))));
    }
    if let Some(batch) = lakes::call(call, &lake).await? {
        let provider = MemTable::try_new(batch.schema(), vec![vec![batch]])?;
        return Ok(Some(FunctionRows::new(Arc::new(provider))));
    }
    if let Some(batch) = databases::call(session, call).await? {
        let provider = MemTable::try_new(batch.schema(), vec![vec![batch]])?;
        return Ok(Some(FunctionRows::new(Arc::new(provider))));
    }
    if let Some(rows) = changes::call(session, call, &lake).await? {
        return Ok(Some(rows));
    }
    if let Some(rows) = files::call(session, call).await? {
        return Ok(Some(rows));
    }
    if let Some(batch) = Box::pin(search::call(session, call)).await? {
        let provider = MemTable::try_new(batch.schema(), vec![vec![batch]])?;
        return Ok(Some(FunctionRows::new(Arc::new(provider))));
    }
    series::call(session, call)
}

/// A file's rows, as `FROM 'file.parquet'` reads them.
///
/// # Errors
/// As [`table_function`].
pub(crate) async fn file_rows(session: &Session, name: &str) -> Result<Option<FunctionRows>> {
    let Some(function) = files::reader_of(name) else { return Ok(None) };
    let call =
        FunctionCall { name: function.to_string(), args: vec![ScalarValue::from(name)], ..FunctionCall::default() };
    files::call(session, &call).await
}

/// The first argument: a lake's name.
fn lake_name(call: &FunctionCall) -> Result<String> {
    call.text(0).ok_or_else(|| LakeError::usage(format!("{} needs the lake's name", call.name)))
}

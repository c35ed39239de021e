//! The table functions that list what a lake holds, under DuckDB's names and with its columns (DuckLake spec, "Result
//! columns").

use std::sync::Arc;

use arrow::array::{BinaryArray, ListBuilder, MapBuilder, RecordBatch, StringBuilder, TimestampMicrosecondArray};
use base64::Engine;
use ducklake_format::changes::{grouped, parse_changes};

use super::rows::{batch, ints, texts, unsigned};
use super::{FunctionCall, lake_name};
use crate::error::{LakeError, Result};
use crate::lake::{Lake, SnapshotSelector, snapshot_micros, timestamp_micros};
use crate::table::LakeTable;

/// Runs a call; `None` where no function of this module has its name.
///
/// # Errors
/// Wrong arguments, unknown lakes or tables, database failures.
pub(super) async fn call(call: &FunctionCall, lake: impl Fn(&str) -> Result<Lake>) -> Result<Option<RecordBatch>> {
    let known = [
        "ducklake_snapshots",
        "ducklake_current_snapshot",
        "ducklake_last_committed_snapshot",
        "ducklake_table_info",
        "ducklake_list_files",
        "ducklake_settings",
        "ducklake_options",
    ];
    if !known.contains(&call.name.as_str()) {
        return Ok(None);
    }
    let lake = lake(&lake_name(call)?)?;
    Ok(Some(match call.name.as_str() {
        "ducklake_snapshots" => snapshots(&lake).await?,
        "ducklake_current_snapshot" => snapshot_id(&lake, &SnapshotSelector::Latest).await?,
        "ducklake_last_committed_snapshot" => {
            let head = lake.catalog().head().await?;
            id_batch(head.id)?
        }
        "ducklake_table_info" => table_info(&lake).await?,
        "ducklake_list_files" => list_files(&lake, call).await?,
        "ducklake_settings" => settings(&lake)?,
        _ => options(&lake).await?,
    }))
}

fn id_batch(id: i64) -> Result<RecordBatch> {
    batch(vec![("id", unsigned([Some(id)]))])
}

async fn snapshot_id(lake: &Lake, selector: &SnapshotSelector) -> Result<RecordBatch> {
    id_batch(lake.view(selector).await?.snapshot.id)
}

async fn snapshots(lake: &Lake) -> Result<RecordBatch> {
    let rows = lake.catalog().snapshots().await?;
    let mut changes = MapBuilder::new(None, StringBuilder::new(), ListBuilder::new(StringBuilder::new()));
    for (_, change) in &rows {
        for (kind, items) in grouped(&parse_changes(change.changes_made.as_deref().unwrap_or_default())) {
            changes.keys().append_value(kind);
            for item in items {
                changes.values().values().append_value(item);
            }
            changes.values().append(true);
        }
        changes.append(true)?;
    }
    let times: TimestampMicrosecondArray = rows.iter().map(|(s, _)| snapshot_micros(s)).collect();
    batch(vec![
        ("snapshot_id", ints(rows.iter().map(|(s, _)| Some(s.id)))),
        ("snapshot_time", Arc::new(times.with_timezone("UTC"))),
        ("schema_version", ints(rows.iter().map(|(s, _)| Some(s.schema_version)))),
        ("changes", Arc::new(changes.finish())),
        ("author", texts(rows.iter().map(|(_, c)| c.author.clone()))),
        ("commit_message", texts(rows.iter().map(|(_, c)| c.commit_message.clone()))),
        ("commit_extra_info", texts(rows.iter().map(|(_, c)| c.commit_extra_info.clone()))),
    ])
}

async fn table_info(lake: &Lake) -> Result<RecordBatch> {
    let view = lake.view(&SnapshotSelector::Latest).await?;
    let totals = lake.catalog().file_totals(view.snapshot.id).await?;
    let tables = &view.names.tables;
    let total = |pick: fn(&ducklake_catalog::FileTotals) -> i64| {
        ints(tables.iter().map(|t| Some(totals.get(&t.table_id).map_or(0, pick))))
    };
    batch(vec![
        ("table_name", texts(tables.iter().map(|t| Some(t.name.clone())))),
        ("schema_id", ints(tables.iter().map(|t| Some(t.schema_id)))),
        ("table_id", ints(tables.iter().map(|t| Some(t.table_id)))),
        ("table_uuid", texts(tables.iter().map(|t| t.uuid.clone()))),
        ("file_count", total(|t| t.file_count)),
        ("file_size_bytes", total(|t| t.file_size_bytes)),
        ("delete_file_count", total(|t| t.delete_file_count)),
        ("delete_file_size_bytes", total(|t| t.delete_file_size_bytes)),
    ])
}

async fn list_files(lake: &Lake, call: &FunctionCall) -> Result<RecordBatch> {
    let table =
        call.text(1).ok_or_else(|| LakeError::usage("ducklake_list_files needs the lake's and the table's name"))?;
    let schema = call.named_text("schema").unwrap_or_else(|| "main".to_string());
    let selector = match (call.named_text("snapshot_version"), call.named_text("snapshot_time")) {
        (Some(version), None) => SnapshotSelector::Version(
            version.parse().map_err(|_| LakeError::usage(format!("snapshot_version '{version}' is not a number")))?,
        ),
        (None, Some(time)) => SnapshotSelector::Timestamp(timestamp_micros(&time)?),
        (None, None) => SnapshotSelector::Latest,
        _ => return Err(LakeError::usage("snapshot_version and snapshot_time cannot both be given")),
    };
    let view = lake.view(&selector).await?;
    let table = LakeTable::load(lake, &view, &schema, &table).await?.ok_or_else(|| LakeError::UnknownTable {
        name: table.clone(),
        place: format!(" in schema '{schema}'"),
        suggestions: Vec::new(),
    })?;
    let files = table.files().await?;
    let key =
        |key: &Option<String>| key.as_ref().and_then(|k| base64::engine::general_purpose::STANDARD.decode(k).ok());
    let deletes: Vec<_> = files.iter().map(|f| f.delete_file.clone()).collect();
    let delete_keys: Vec<Option<Vec<u8>>> =
        deletes.iter().map(|d| d.as_ref().and_then(|d| key(&d.encryption_key))).collect();
    let keys: Vec<Option<Vec<u8>>> = files.iter().map(|f| key(&f.data_file.encryption_key)).collect();
    batch(vec![
        ("data_file", texts(files.iter().map(|f| Some(f.data_file.path.to_string())))),
        ("data_file_size_bytes", unsigned(files.iter().map(|f| f.data_file.size))),
        ("data_file_footer_size", unsigned(files.iter().map(|f| f.data_file.footer_size))),
        ("data_file_encryption_key", Arc::new(keys.iter().map(|k| k.as_deref()).collect::<BinaryArray>())),
        ("delete_file", texts(deletes.iter().map(|d| d.as_ref().map(|d| d.path.to_string())))),
        ("delete_file_size_bytes", unsigned(deletes.iter().map(|d| d.as_ref().and_then(|d| d.size)))),
        ("delete_file_footer_size", unsigned(deletes.iter().map(|d| d.as_ref().and_then(|d| d.footer_size)))),
        ("delete_file_encryption_key", Arc::new(delete_keys.iter().map(|k| k.as_deref()).collect::<BinaryArray>())),
    ])
}

fn settings(lake: &Lake) -> Result<RecordBatch> {
    batch(vec![
        ("catalog_type", texts([Some(lake.catalog().backend().to_string())])),
        ("extension_version", texts([Some(format!("quacklake {}", env!("CARGO_PKG_VERSION")))])),
        ("data_path", texts([Some(lake.data_path().to_string())])),
    ])
}

async fn options(lake: &Lake) -> Result<RecordBatch> {
    let view = lake.view(&SnapshotSelector::Latest).await?;
    let options = &lake.catalog().metadata().options;
    let entry = |scope: Option<&str>, id: Option<i64>| -> Option<String> {
        let id = id?;
        let schema_name =
            |schema: i64| view.names.schemas.iter().find(|s| s.schema_id == schema).map(|s| s.name.clone());
        match scope? {
            "schema" => schema_name(id),
            _ => {
                let table = view.names.tables.iter().find(|t| t.table_id == id)?;
                Some(format!("{}.{}", schema_name(table.schema_id)?, table.name))
            }
        }
    };
    batch(vec![
        ("option_name", texts(options.iter().map(|o| Some(o.key.clone())))),
        ("description", texts(options.iter().map(|o| description(&o.key).map(str::to_string)))),
        ("value", texts(options.iter().map(|o| Some(o.value.clone())))),
        ("scope", texts(options.iter().map(|o| Some(o.scope.as_deref().unwrap_or("global").to_uppercase())))),
        ("scope_entry", texts(options.iter().map(|o| entry(o.scope.as_deref(), o.scope_id)))),
    ])
}

fn description(option: &str) -> Option<&'static str> {
    Some(match option {
        "version" => "format version of the lake",
        "created_by" => "program that made the lake",
        "data_path" => "folder of the data files",
        "encrypted" => "whether Parquet files are encrypted",
        "data_inlining_row_limit" => "most rows of an insert that are kept in the catalog",
        "target_file_size" => "size that written files aim at, in bytes",
        "parquet_compression" => "compression of written Parquet files",
        "parquet_compression_level" => "level of that compression",
        "parquet_version" => "Parquet version of written files",
        "parquet_row_group_size" => "rows of a written row group",
        "parquet_row_group_size_bytes" => "bytes of a written row group",
        "hive_file_pattern" => "whether partitioned files are put in folders named after their values",
        "require_commit_message" => "whether a commit must have a message",
        "rewrite_delete_threshold" => "share of deleted rows from which a file is rewritten",
        "delete_older_than" => "age from which unused files are deleted",
        "expire_older_than" => "age from which snapshots expire",
        "auto_compact" => "whether maintenance includes the table",
        "per_thread_output" => "whether each thread writes files of its own",
        "sort_on_insert" => "whether inserts are sorted by the table's sort order",
        "write_deletion_vectors" => "whether deletes are written as deletion vectors",
        _ => return None,
    })
}

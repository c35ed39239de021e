//! Full text: which rows of a table match some words, and how well.
//!
//! Scores are those of one index over all rows that segments know and all that none knows: the latter are read and indexed
//! in memory, and kept for as long as the snapshot is searched.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use datafusion::catalog::Session;
use datafusion::logical_expr::Expr;
use ducklake_text::{FieldKind, FieldSpec, TextQuery, TextSchema, TextSegment};
use roaring::{RoaringBitmap, RoaringTreemap};

use super::cover::{AllowedRows, Cover, VisibleFile, kept};
use super::definition::{FtsColumn, IndexDefinition, IndexKind, TextKind};
use super::found::{FoundRow, RowKey};
use super::nearest::{open_cover, visible_files};
use super::plan::{self, KEY, exact};
use super::store::{IndexFiles, OpenSegment};
use crate::error::{LakeError, Result};
use crate::table::{KeptRows, LakeTable};

/// Bytes that an index in memory may use at most while it is made.
const MOST_MEMORY: usize = 64 << 20;
/// Bytes that it may use for every byte of its texts.
const MEMORY_PER_BYTE: usize = 16;

/// What is searched: an index, or columns as if they had one.
#[derive(Debug, Clone)]
pub(super) struct TextTarget {
    /// The index that knows the columns.
    pub(super) index: Option<IndexDefinition>,
    /// The columns in the order of the schema.
    pub(super) columns: Vec<String>,
    pub(super) schema: TextSchema,
}

/// The fields of an index's columns, which are called like the columns are by now.
pub(super) fn schema(columns: &[FtsColumn], names: &[String]) -> TextSchema {
    let fields = columns.iter().zip(names).map(|(column, name)| {
        let kind = match column.text {
            TextKind::Text => FieldKind::Text,
            TextKind::Code => FieldKind::Code,
            TextKind::Name => FieldKind::Name,
        };
        FieldSpec { name: name.clone(), kind, boost: column.boost }
    });
    TextSchema { fields: fields.collect(), ranking: ducklake_text::Ranking::default() }
}

/// The index to ask about these columns (all that it has, where none are named). Columns that no index knows are searched
/// without.
pub(super) async fn target(table: &LakeTable, wanted: &[String]) -> Result<TextTarget> {
    let mut usable = Vec::new();
    for index in super::definitions(table).await? {
        let IndexKind::Fts { columns } = &index.kind else { continue };
        let name = |id: i64| table.columns().iter().find(|column| column.id == id).map(|column| column.name.clone());
        let names: Option<Vec<String>> = columns.iter().map(|column| name(column.column.field_id)).collect();
        let Some(names) = names else { continue };
        if wanted.iter().all(|column| names.contains(column)) {
            let schema = schema(columns, &names);
            usable.push(TextTarget { index: Some(index.clone()), columns: names, schema });
        }
    }
    // The one that knows least beside what is wanted; for everything, the one that knows most.
    let count = |target: &TextTarget| target.columns.len();
    let best = match wanted {
        [] => usable.into_iter().rev().max_by_key(count),
        _ => usable.into_iter().min_by_key(count),
    };
    match best {
        Some(best) => Ok(best),
        None if wanted.is_empty() => Err(LakeError::Usage {
            message: format!("table '{}' has no full-text index", table.row().name),
            hint: Some("name the columns to search, or CREATE INDEX name ON table USING FTS (columns)".into()),
        }),
        None => {
            for column in wanted {
                check_text(table, column)?;
            }
            let fields = wanted.iter().map(|column| FieldSpec::new(column, FieldKind::Text)).collect();
            let schema = TextSchema::new(fields).map_err(|error| LakeError::usage(error.to_string()))?;
            Ok(TextTarget { index: None, columns: wanted.to_vec(), schema })
        }
    }
}

fn check_text(table: &LakeTable, name: &str) -> Result<()> {
    let Some(column) = table.columns().iter().find(|column| column.name == name) else {
        let known = table.columns().iter().map(|column| column.name.as_str());
        let near = crate::sql::names::similar(name, known);
        return Err(LakeError::UnknownName { what: "column", name: name.to_string(), suggestions: near });
    };
    match column.lake_type.arrow_type() {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Ok(()),
        _ => Err(LakeError::usage(format!("column '{name}' is no text: it is {}", column.lake_type))),
    }
}

/// A search that is ready to be run.
pub(super) struct TextSearchRun {
    files: Vec<VisibleFile>,
    cover: Cover,
    opened: HashMap<String, Arc<OpenSegment>>,
    /// Rows that no segment knows, with what they are called.
    memory: Option<Arc<MemoryRows>>,
}

/// An index in memory.
pub(crate) struct MemoryRows {
    segment: TextSegment,
    keys: Vec<RowKey>,
}

impl MemoryRows {
    pub(super) fn memory_bytes(&self) -> usize {
        self.segment.memory_bytes() + self.keys.len() * size_of::<RowKey>()
    }
}

impl TextSearchRun {
    pub(super) async fn open(table: &LakeTable, state: &dyn Session, target: &TextTarget) -> Result<Self> {
        let files = visible_files(table).await?;
        let (cover, opened) = match &target.index {
            Some(index) => open_cover(table, IndexFiles::of(index, Some(&target.schema)), &files).await?,
            None => {
                let all = files.iter().enumerate().map(|(index, _)| (index, 0..u64::MAX)).collect();
                (Cover { parts: Vec::new(), rest: all }, HashMap::new())
            }
        };
        let memory = memory_rows(table, state, target, &files, &cover.rest).await?;
        Ok(Self { files, cover, opened, memory })
    }

    /// The best rows that pass a filter.
    pub(super) async fn search(
        &self,
        table: &LakeTable,
        state: &dyn Session,
        query: &TextQuery,
        boosts: &[(String, f32)],
        filter: &[Expr],
        k: usize,
    ) -> Result<Vec<FoundRow>> {
        let wanted = self.cover.covered_files();
        let (allowed, passing) = if filter.is_empty() {
            (plan::allowed(state, table, &self.files, &wanted, filter).await?, None)
        } else {
            let passing = plan::passing(state, table.clone(), filter).await?;
            let rows = |file: &usize| passing.get(&self.files[*file].id).cloned().unwrap_or_default();
            let allowed = wanted.iter().map(|file| (*file, AllowedRows::Only(Arc::new(rows(file))))).collect();
            (allowed, Some(passing))
        };
        let all = |file| -> AllowedRows { HashMap::get(&allowed, &file).cloned().unwrap_or(AllowedRows::All) };
        let mut segments: Vec<(&TextSegment, Option<RoaringBitmap>)> = Vec::new();
        for part in &self.cover.parts {
            if let Some(OpenSegment::Text(segment)) = self.opened.get(&part.info.name).map(Arc::as_ref) {
                segments.push((segment, part.allowed(all)));
            }
        }
        if let Some(memory) = &self.memory {
            segments.push((&memory.segment, passing.as_ref().map(|passing| memory.passing(passing))));
        }
        let borrowed: Vec<_> = segments.iter().map(|(segment, allowed)| (*segment, allowed.as_ref())).collect();
        let boosts = (!boosts.is_empty()).then_some(boosts);
        let hits = ducklake_text::search(&borrowed, query, k, boosts).map_err(|error| query_error(&error))?;
        let row = |hit: &ducklake_text::TextHit| {
            let key = match self.cover.parts.get(hit.segment) {
                Some(part) => part
                    .place(hit.row)
                    .map(|(file, position)| RowKey { file: self.files[file].id, position: position.cast_signed() }),
                None => self.memory.as_ref().and_then(|memory| memory.keys.get(hit.row as usize).copied()),
            };
            key.map(|key| FoundRow { key, score: hit.score })
        };
        Ok(hits.iter().filter_map(row).collect())
    }
}

impl MemoryRows {
    fn passing(&self, passing: &HashMap<i64, RoaringTreemap>) -> RoaringBitmap {
        let passes =
            |key: &RowKey| passing.get(&key.file).is_some_and(|rows| rows.contains(key.position.cast_unsigned()));
        // As many keys as a segment has rows.
        (0_u32..).zip(&self.keys).filter(|(_, key)| passes(key)).map(|(row, _)| row).collect()
    }
}

/// Reads and indexes the rows that no segment knows, inlined ones included; `None` where there are none.
async fn memory_rows(
    table: &LakeTable,
    state: &dyn Session,
    target: &TextTarget,
    files: &[VisibleFile],
    rest: &[(usize, Range<u64>)],
) -> Result<Option<Arc<MemoryRows>>> {
    if rest.is_empty() && !table.has_rows_outside_files().await? {
        return Ok(None);
    }
    let name = target.index.as_ref().map_or_else(|| target.columns.join("\0"), |index| index.uuid.clone());
    let mut hasher = DefaultHasher::new();
    (&name, &target.columns, table.row().table_id, table.view().snapshot.id, rest).hash(&mut hasher);
    let key = format!("rows without segments {:016x}", hasher.finish());
    // What a transaction has not committed yet is not kept.
    let is_kept = table.view().local.is_none();
    if is_kept && let Some(rows) = table.lake().segments().memory_rows(&key) {
        return Ok(Some(rows));
    }
    let kept = kept(files, rest, []);
    let rows = table.clone().with_virtual_columns(&KEY).keeping(KeptRows {
        files: kept,
        inlined: true,
        ..KeptRows::default()
    });
    let columns: Vec<Expr> = KEY.iter().copied().chain(target.columns.iter().map(String::as_str)).map(exact).collect();
    let batches = plan::run(state, rows, |query| query.project(columns)).await?;
    if batches.iter().all(|batch| batch.num_rows() == 0) {
        return Ok(None);
    }
    let schema = target.schema.clone();
    let build = move || -> Result<MemoryRows> {
        let bytes: usize = batches.iter().map(RecordBatch::get_array_memory_size).sum();
        let memory = bytes.saturating_mul(MEMORY_PER_BYTE).min(MOST_MEMORY);
        let mut builder = ducklake_text::SegmentBuilder::new(&schema, memory).map_err(|error| query_error(&error))?;
        let mut keys = Vec::new();
        for batch in &batches {
            let texts: Vec<_> = batch.columns()[KEY.len()..]
                .iter()
                .map(|column| cast(column, &DataType::Utf8))
                .collect::<std::result::Result<_, _>>()?;
            let texts: Vec<_> = texts.iter().map(|column| column.as_string::<i32>()).collect();
            let (files, positions) = plan::keys(batch, 0);
            for (row, (file, position)) in files.iter().zip(positions).enumerate() {
                let number = u32::try_from(keys.len()).map_err(|_| {
                    LakeError::usage("there are too many rows without an index to search them: refresh the index")
                })?;
                let row: Vec<Option<&str>> =
                    texts.iter().map(|column| column.is_valid(row).then(|| column.value(row))).collect();
                builder.add(number, &row).map_err(|error| query_error(&error))?;
                keys.push(RowKey { file: *file, position: *position });
            }
        }
        let segment = builder.into_segment().map_err(|error| query_error(&error))?;
        Ok(MemoryRows { segment, keys })
    };
    let built = tokio::task::spawn_blocking(build).await;
    let rows = Arc::new(built.map_err(|error| LakeError::Invalid(format!("a search ended early: {error}")))??);
    if is_kept {
        table.lake().segments().keep_memory_rows(&key, &rows);
    }
    Ok(Some(rows))
}

/// The rows that a predicate leaves, where an index knows its column: `match(column, 'words')`.
pub(super) async fn narrow(table: &LakeTable, column: &str, words: &str) -> Result<Option<KeptRows>> {
    let target = match target(table, &[column.to_string()]).await {
        Ok(target) if target.index.is_some() => target,
        // The predicate itself says what is wrong with its column.
        _ => return Ok(None),
    };
    let Some(index) = &target.index else { return Ok(None) };
    // The predicate splits text as prose; other kinds of text are split otherwise, and would not find all that it does.
    let is_prose = |field: &FieldSpec| field.name == column && field.kind == FieldKind::Text;
    if !target.schema.fields.iter().any(is_prose) {
        return Ok(None);
    }
    let files = visible_files(table).await?;
    let (cover, opened) = open_cover(table, IndexFiles::of(index, Some(&target.schema)), &files).await?;
    if cover.parts.is_empty() {
        return Ok(None);
    }
    let query = crate::sql::text_match::query(words).in_fields([column]);
    let mut rows = Vec::new();
    for part in &cover.parts {
        let Some(OpenSegment::Text(segment)) = opened.get(&part.info.name).map(Arc::as_ref) else { continue };
        let matching = ducklake_text::matches(segment, &query).map_err(|error| query_error(&error))?;
        rows.extend(matching.iter().filter_map(|row| part.place(row)));
    }
    let count = rows.len();
    let files = kept(&files, &cover.rest, rows);
    let note = format!("index={} segments={} candidates={count}", index.name, cover.parts.len());
    Ok(Some(KeptRows { files, other_files: true, inlined: true, note: Some(note.into()) }))
}

fn query_error(error: &ducklake_text::TextError) -> LakeError {
    LakeError::usage(format!("the text cannot be searched: {error}"))
}

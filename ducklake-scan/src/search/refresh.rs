//! Bringing the segments of indexes up to date: rows without one get one, small ones become large ones, and those that
//! nobody needs are removed.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use super::build::{Batch, Progress, Recipe, build};
use super::cover::{VisibleFile, cover};
use super::definition::{IndexDefinition, IndexKind, TAG_PREFIX};
use super::nearest::visible_files;
use super::plan;
use super::store::{IndexFiles, SegmentInfo, SegmentStore};
use super::text;
use crate::error::Result;
use crate::lake::{Lake, LakeView, SnapshotSelector, same_name};
use crate::table::LakeTable;

/// So many segments of about one size become one.
const MERGED: usize = 8;
/// Segments with fewer rows are all of one size.
const SMALLEST: u64 = 1 << 10;

/// What was done for one index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshRow {
    /// The table's schema.
    pub schema: String,
    /// The table.
    pub table: String,
    /// The index.
    pub index: String,
    /// Segments that were made.
    pub segments_built: u64,
    /// Rows in them.
    pub rows_indexed: u64,
    /// Segments that were removed.
    pub segments_removed: u64,
}

/// Which tables are refreshed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RefreshScope {
    /// Only in this schema.
    pub schema: Option<String>,
    /// Only this table.
    pub table: Option<String>,
}

/// What is told while a refresh goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshProgress {
    /// The index that segments are made for.
    pub index: String,
    /// Of the segment in work: rows done.
    pub done: u64,
    /// Rows that it will have.
    pub total: u64,
}

/// How far an index has come; `None` for what is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct IndexStatus {
    /// Segments that searches use.
    pub segments: Option<u64>,
    /// Rows in them, deleted ones included.
    pub rows_indexed: Option<u64>,
    /// Rows of data files that no segment knows.
    pub rows_lagging: Option<u64>,
}

impl Lake {
    /// Makes segments for rows that have none, joins small ones, and removes those that no snapshot needs any more.
    /// Whatever is not done is only missed by speed: searches read the rows themselves.
    ///
    /// # Errors
    /// Where the catalog or files cannot be read, or segments cannot be written.
    pub async fn refresh_indexes(
        &self,
        scope: &RefreshScope,
        progress: impl Fn(RefreshProgress) + Send + Sync + 'static,
    ) -> Result<Vec<RefreshRow>> {
        let view = self.view(&SnapshotSelector::Latest).await?;
        refresh(self, &view, &scope.tables(&view), Arc::new(progress)).await
    }
}

/// Brings the indexes of these tables up to a view, and removes what is left of indexes that no snapshot has.
pub(super) async fn refresh(
    lake: &Lake,
    view: &LakeView,
    tables: &[i64],
    progress: Arc<dyn Fn(RefreshProgress) + Send + Sync>,
) -> Result<Vec<RefreshRow>> {
    // Before the definitions: an index that is made meanwhile must not be taken for one that is gone.
    let folders = lake.segments().indexes().await?;
    let mut rows = Vec::new();
    for id in tables {
        let Some(row) = view.names.tables.iter().find(|table| table.table_id == *id) else { continue };
        let schema = view.names.schemas.iter().find(|schema| schema.schema_id == row.schema_id);
        let schema = schema.map_or("main", |schema| schema.name.as_str());
        let Some(table) = LakeTable::load(lake, view, schema, &row.name).await? else { continue };
        for index in super::definitions(&table).await? {
            let (name, progress) = (index.name.clone(), Arc::clone(&progress));
            let tell: Progress =
                Arc::new(move |done, total| progress(RefreshProgress { index: name.clone(), done, total }));
            rows.extend(Box::pin(refresh_index(&table, &index, 0, tell)).await?);
        }
    }
    if !folders.is_empty() {
        let known = uuids(lake).await?;
        for uuid in folders.iter().filter(|uuid| !known.contains(*uuid)) {
            lake.segments().remove(uuid, None).await?;
        }
    }
    Ok(rows)
}

/// Uuids of all indexes that some snapshot may have. What is not understood may still name one.
async fn uuids(lake: &Lake) -> Result<HashSet<String>> {
    #[derive(serde::Deserialize)]
    struct Named {
        uuid: String,
    }
    let tags = lake.catalog().known_tags(TAG_PREFIX).await?;
    Ok(tags.iter().filter_map(|value| Some(serde_json::from_str::<Named>(value).ok()?.uuid)).collect())
}

/// How far an index of a table has come at the view.
pub(crate) async fn status(table: &LakeTable, index: &IndexDefinition) -> Result<IndexStatus> {
    let Some(recipe) = recipe(table, index)? else { return Ok(IndexStatus::default()) };
    let files = visible_files(table).await?;
    let index = IndexFiles::of(index, recipe.schema());
    let segments = table.lake().segments().segments(index, |_| false).await?;
    let cover = cover(&files, &segments);
    let length = |positions: &std::ops::Range<u64>, file: usize| positions.end.min(files[file].rows) - positions.start;
    let pieces = cover.parts.iter().flat_map(|part| &part.pieces);
    Ok(IndexStatus {
        segments: Some(cover.parts.len() as u64),
        rows_indexed: Some(pieces.map(|piece| length(&piece.positions, piece.file)).sum()),
        rows_lagging: Some(cover.rest.iter().map(|(file, positions)| length(positions, *file)).sum()),
    })
}

impl RefreshScope {
    /// Ids of the tables.
    fn tables(&self, view: &LakeView) -> Vec<i64> {
        let wanted = |name: &str, only: &Option<String>| only.as_ref().is_none_or(|only| same_name(name, only));
        let schemas = view.names.schemas.iter().filter(|schema| wanted(&schema.name, &self.schema));
        let schemas: HashSet<i64> = schemas.map(|schema| schema.schema_id).collect();
        let tables = view.names.tables.iter().filter(|table| schemas.contains(&table.schema_id));
        tables.filter(|table| wanted(&table.name, &self.table)).map(|table| table.table_id).collect()
    }
}

/// One index; `None` where its columns are gone. Fewer than `least` rows without a segment are left without.
pub(super) async fn refresh_index(
    table: &LakeTable,
    index: &IndexDefinition,
    least: u64,
    progress: Progress,
) -> Result<Option<RefreshRow>> {
    let Some(recipe) = recipe(table, index)? else { return Ok(None) };
    let files_of = IndexFiles::of(index, recipe.schema());
    let store = table.lake().segments();
    let files = visible_files(table).await?;
    store.forget(files_of.uuid);
    let segments = store.segments(files_of, |_| true).await?;
    let mut done = RefreshRow {
        schema: table.schema_name().to_string(),
        table: table.row().name.clone(),
        index: index.name.clone(),
        segments_built: 0,
        rows_indexed: 0,
        segments_removed: 0,
    };
    let batches = batches(store, files_of, &files, &segments, least).await?;
    let state = plan::ordered_state();
    for batch in batches {
        let payload = build(&state, table, &files, &batch, &recipe, Arc::clone(&progress)).await?;
        store.write(files_of, batch.named(&files), payload).await?;
        done.segments_built += 1;
        done.rows_indexed += batch.rows();
    }
    done.segments_removed = remove_needless(table, files_of).await?;
    Ok(Some(done))
}

/// What segments are to be made of.
async fn batches(
    store: &SegmentStore,
    index: IndexFiles<'_>,
    files: &[VisibleFile],
    segments: &[Arc<SegmentInfo>],
    least: u64,
) -> Result<Vec<Batch>> {
    let mut cover = cover(files, segments);
    let mut damaged = Vec::new();
    for part in &cover.parts {
        if store.open(index, &part.info).await?.is_none() {
            damaged.push(part.info.name.clone());
        }
    }
    cover.give_up(|part| damaged.contains(&part.info.name));
    if !damaged.is_empty() {
        store.remove(index.uuid, Some(&damaged)).await?;
    }
    // Of a file of unknown length it is not known what a segment would cover.
    let mut missing: Vec<_> = cover.rest.into_iter().filter(|(file, _)| files[*file].rows > 0).collect();
    let count: u64 = missing.iter().map(|(_, positions)| positions.end - positions.start).sum();
    if count < least {
        return Ok(Vec::new());
    }
    let mut by_size: BTreeMap<u32, Vec<&super::cover::Part>> = BTreeMap::new();
    for part in &cover.parts {
        by_size.entry(tier(part.info.header.rows())).or_default().push(part);
    }
    // What is new counts as one more segment of its size.
    for (size, parts) in by_size {
        let new = usize::from(!missing.is_empty() && tier(count) >= size);
        if parts.len() + new >= MERGED {
            let pieces = parts.into_iter().flat_map(|part| &part.pieces);
            missing.extend(pieces.map(|piece| (piece.file, piece.positions.clone())));
        }
    }
    missing.sort_by_key(|(file, positions)| (*file, positions.start));
    Ok(Batch::split(missing))
}

fn tier(rows: u64) -> u32 {
    (rows / SMALLEST).checked_ilog(MERGED as u64).map_or(0, |tier| tier + 1)
}

/// Removes segments of which every row is in another, or in a file that the catalog does not know any more.
async fn remove_needless(table: &LakeTable, index: IndexFiles<'_>) -> Result<u64> {
    let store = table.lake().segments();
    store.forget(index.uuid);
    let segments = store.segments(index, |_| true).await?;
    let data_path = table.lake().data_path();
    let mut files = Vec::new();
    for file in table.lake().catalog().known_data_files(table.row().table_id).await? {
        let path = table.full_path(&file.path, file.path_is_relative)?;
        let name = path.strip_prefix(data_path).unwrap_or(&path).to_string();
        let rows = file.record_count.and_then(|rows| u64::try_from(rows).ok()).unwrap_or_default();
        files.push(VisibleFile { id: file.data_file_id, name, rows });
    }
    let needed: HashSet<String> =
        cover(&files, &segments).parts.into_iter().map(|part| part.info.name.clone()).collect();
    let needless: Vec<String> =
        segments.iter().filter(|info| !needed.contains(&info.name)).map(|info| info.name.clone()).collect();
    if needless.is_empty() {
        return Ok(0);
    }
    store.remove(index.uuid, Some(&needless)).await
}

/// What the segments of an index are made of; `None` where a column is gone or is none that can be indexed.
pub(super) fn recipe(table: &LakeTable, index: &IndexDefinition) -> Result<Option<Recipe>> {
    let name = |id: i64| table.columns().iter().find(|column| column.id == id).map(|column| column.name.clone());
    Ok(match &index.kind {
        IndexKind::Hnsw { column, metric, m, ef_construction } => name(column.field_id).map(|column| {
            let options = ducklake_vector::BuildOptions {
                metric: super::vector_metric(*metric),
                m: *m,
                ef_construction: *ef_construction,
                threads: std::thread::available_parallelism().map_or(1, usize::from),
            };
            Recipe::Vector { column, options }
        }),
        IndexKind::Fts { columns } => {
            let names: Option<Vec<String>> = columns.iter().map(|column| name(column.column.field_id)).collect();
            names.map(|names| Recipe::Text { schema: text::schema(columns, &names), columns: names })
        }
    })
}

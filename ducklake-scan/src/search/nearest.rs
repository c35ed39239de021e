//! Nearest neighbours: which rows of a table may be among the first `k` by distance.
//!
//! An index only narrows what is read. Distances of what is left are computed exactly by the plan above the scan, as are
//! those of rows that no segment knows, so a missing, lagging or damaged index changes nothing but the speed.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use datafusion::catalog::Session;
use datafusion::logical_expr::Expr;
use ducklake_vector::{Metric, Neighbour, VectorSegment};
use futures::{StreamExt, TryStreamExt};
use roaring::RoaringBitmap;

use super::cover::{AllowedRows, Cover, VisibleFile, cover, kept};
use super::definition::{IndexDefinition, IndexKind};
use super::growing::Growing;
use super::plan;
use super::store::{IndexFiles, OpenSegment, SegmentInfo};
use crate::error::{LakeError, Result};
use crate::table::{KeptRows, LakeTable};

/// Segments opened at a time.
const AT_A_TIME: usize = 16;

/// The rows of a table that are nearest to a vector.
#[derive(Debug, Clone)]
pub(crate) struct Nearest {
    /// A column of lists of floats.
    pub(crate) column: String,
    pub(crate) metric: Metric,
    pub(crate) query: Arc<[f32]>,
    /// How many rows are wanted.
    pub(crate) k: usize,
    /// Candidates of a walk through a graph; the segment's own choice where absent.
    pub(crate) ef: Option<usize>,
    /// What rows have to pass, without the table's name in it.
    pub(crate) filter: Vec<Expr>,
}

/// What an index says.
#[derive(Debug)]
pub(crate) struct Candidates {
    /// The index's name.
    pub(crate) index: String,
    /// All data files.
    pub(crate) files: Vec<VisibleFile>,
    /// File, position and the segment's distance of the best rows, the nearest first.
    pub(crate) rows: Vec<(usize, u64, f32)>,
    /// Rows that no segment knows.
    pub(crate) rest: Vec<(usize, Range<u64>)>,
    /// Segments that were asked.
    pub(crate) segments: usize,
    /// Rows of the files that segments know, where a filter said which.
    passing: Option<HashMap<usize, AllowedRows>>,
}

impl Candidates {
    /// The rows to read.
    pub(crate) fn kept(&self) -> KeptRows {
        let files = kept(&self.files, &self.rest, self.rows.iter().map(|(file, position, _)| (*file, *position)));
        let note = format!(
            "index={} segments={} candidates={} files_without_segments={}",
            self.index,
            self.segments,
            self.rows.len(),
            self.rest.len()
        );
        KeptRows { files, other_files: true, inlined: true, note: Some(note.into()) }
    }
}

impl Candidates {
    /// All rows that pass the filter, where there is one: fewer of them than are wanted have vectors.
    fn all_passing(self) -> Option<KeptRows> {
        let passing = self.passing.as_ref()?;
        let rows = passing.iter().flat_map(|(file, rows)| match rows {
            AllowedRows::Only(rows) => rows.iter().map(|position| (*file, position)).collect(),
            AllowedRows::All => Vec::new(),
        });
        let files = kept(&self.files, &self.rest, rows);
        let note = format!("index={} segments={} all_that_pass", self.index, self.segments);
        Some(KeptRows { files, other_files: true, inlined: true, note: Some(note.into()) })
    }
}

/// The rows to read where an index knows; `None` where all have to be.
pub(super) async fn narrow(table: &LakeTable, state: &dyn Session, nearest: &Nearest) -> Result<Option<KeptRows>> {
    let Some(candidates) = candidates(table, state, nearest).await? else { return Ok(None) };
    if candidates.rows.len() >= nearest.k {
        return Ok(Some(candidates.kept()));
    }
    // Rows without a usable vector come last, but they come, and segments do not know them.
    Ok(candidates.all_passing())
}

/// Asks the index of the column; `None` where there is none.
pub(crate) async fn candidates(
    table: &LakeTable,
    state: &dyn Session,
    nearest: &Nearest,
) -> Result<Option<Candidates>> {
    let Some(index) = index_of(table, nearest).await? else { return Ok(None) };
    let files = visible_files(table).await?;
    let (mut cover, opened) = open_cover(table, IndexFiles::of(&index, None), &files).await?;
    let dimensions = nearest.query.len();
    cover.give_up(|part| match opened.get(&part.info.name).map(Arc::as_ref) {
        Some(OpenSegment::Vector(segment)) => segment.dimensions() != dimensions && !segment.is_empty(),
        _ => true,
    });
    let indexed: u64 =
        cover.parts.iter().flat_map(|part| &part.pieces).map(|p| p.positions.end - p.positions.start).sum();
    let growing = table.lake().segments().growing().of(&index.uuid, &files, &cover.rest);
    let grown = growing.as_ref().map(|growing| take_grown(growing, table, nearest, &files, &mut cover.rest));
    let grown = grown.unwrap_or_default();
    let indexed = indexed + grown.iter().map(|file| files[*file].rows).sum::<u64>();
    // Nearly all rows are looked at quicker without an index.
    if indexed == 0 || (nearest.k as u64).saturating_mul(4) > indexed {
        return Ok(None);
    }
    let mut wanted = cover.covered_files();
    wanted.extend(&grown);
    let allowed = plan::allowed(state, table, &files, &wanted, &nearest.filter).await?;
    let searches = cover.parts.iter().filter_map(|part| {
        let segment = Arc::clone(opened.get(&part.info.name)?);
        let allowed = part.allowed(|file| allowed.get(&file).cloned().unwrap_or(AllowedRows::All));
        Some((segment, allowed))
    });
    // Distances in segments are rounded: some more than are wanted, so that none is missed that is as near.
    let k = nearest.k + (nearest.k / 4).max(8);
    let found = search_all(searches.collect(), &nearest.query, k, nearest.ef).await?;
    let mut rows: Vec<(usize, u64, f32)> = Vec::new();
    for (part, neighbours) in cover.parts.iter().zip(found) {
        let places = neighbours.into_iter();
        rows.extend(places.filter_map(|n| part.place(n.entry).map(|(file, position)| (file, position, n.distance))));
    }
    if let Some(growing) = growing.filter(|_| !grown.is_empty()) {
        let allowed = allowed.iter().filter(|(file, _)| grown.contains(file));
        let allowed = allowed.map(|(file, rows)| (*file, rows.clone())).collect();
        rows.extend(growing.search(nearest, k, &files, &allowed)?);
    }
    rows.sort_by(|a, b| a.2.total_cmp(&b.2).then(a.0.cmp(&b.0)).then(a.1.cmp(&b.1)));
    rows.truncate(k);
    let segments = cover.parts.len();
    let passing = (!nearest.filter.is_empty()).then_some(allowed);
    Ok(Some(Candidates { index: index.name, files, rows, rest: cover.rest, segments, passing }))
}

/// Files without a segment that an index in memory has, which takes the others in. A transaction's own are left to be read.
fn take_grown(
    growing: &Arc<Growing>,
    table: &LakeTable,
    nearest: &Nearest,
    files: &[VisibleFile],
    rest: &mut Vec<(usize, Range<u64>)>,
) -> Vec<usize> {
    let is_whole = |(file, positions): &(usize, Range<u64>)| {
        let file = &files[*file];
        file.rows > 0
            && positions.start == 0
            && positions.end >= file.rows
            && file.id < ducklake_transact::FIRST_LOCAL_ID
    };
    let (whole, pieces): (Vec<_>, Vec<_>) = std::mem::take(rest).into_iter().partition(is_whole);
    let (known, unknown): (Vec<_>, Vec<_>) = whole.into_iter().partition(|(file, _)| growing.knows(&files[*file]));
    growing.take_in(table, unknown.iter().map(|(file, _)| files[*file].clone()).collect(), nearest);
    rest.extend(pieces);
    rest.extend(unknown);
    known.into_iter().map(|(file, _)| file).collect()
}

async fn index_of(table: &LakeTable, nearest: &Nearest) -> Result<Option<IndexDefinition>> {
    let Some(column) = table.columns().iter().find(|column| column.name == nearest.column) else { return Ok(None) };
    let indexes = super::definitions(table).await?;
    let fits = |index: &&IndexDefinition| match &index.kind {
        IndexKind::Hnsw { column: indexed, metric, .. } => {
            indexed.field_id == column.id && super::vector_metric(*metric) == nearest.metric
        }
        IndexKind::Fts { .. } => false,
    };
    Ok(indexes.iter().find(fits).cloned())
}

/// The table's files as segments name them, in the order of the listing.
pub(super) async fn visible_files(table: &LakeTable) -> Result<Vec<VisibleFile>> {
    let rows = table.all_rows().await?;
    let data_path = table.lake().data_path();
    let file = |row: &ducklake_catalog::DataFileRow| {
        let path = table.full_path(&row.path, row.path_is_relative)?;
        let name = path.strip_prefix(data_path).unwrap_or(&path).to_string();
        let rows = row.record_count.and_then(|rows| u64::try_from(rows).ok()).unwrap_or_default();
        Ok(VisibleFile { id: row.data_file_id, name, rows })
    };
    rows.listing.files.iter().map(file).collect()
}

/// The segments that know rows of these files, opened; those that cannot be opened are left out of the cover.
pub(super) async fn open_cover(
    table: &LakeTable,
    index: IndexFiles<'_>,
    files: &[VisibleFile],
) -> Result<(Cover, HashMap<String, Arc<OpenSegment>>)> {
    let store = table.lake().segments();
    let is_enough = |segments: &[Arc<SegmentInfo>]| cover(files, segments).rest.is_empty();
    let segments = store.segments(index, is_enough).await?;
    let mut cover = cover(files, &segments);
    let infos: Vec<Arc<SegmentInfo>> = cover.parts.iter().map(|part| Arc::clone(&part.info)).collect();
    let opening = futures::stream::iter(infos)
        .map(|info| async move { Ok::<_, LakeError>((info.name.clone(), store.open(index, &info).await?)) });
    let opened: Vec<_> = opening.buffer_unordered(AT_A_TIME).try_collect().await?;
    let opened: HashMap<_, _> = opened.into_iter().filter_map(|(name, segment)| Some((name, segment?))).collect();
    cover.give_up(|part| !opened.contains_key(&part.info.name));
    Ok((cover, opened))
}

/// Searches segments on as many threads as there are processors.
async fn search_all(
    searches: Vec<(Arc<OpenSegment>, Option<RoaringBitmap>)>,
    query: &Arc<[f32]>,
    k: usize,
    ef: Option<usize>,
) -> Result<Vec<Vec<Neighbour>>> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let share = searches.len().div_ceil(threads).max(1);
    let tasks: Vec<_> = searches
        .chunks(share)
        .map(|searches| {
            let (searches, query) = (searches.to_vec(), Arc::clone(query));
            tokio::task::spawn_blocking(move || {
                let search = |(segment, allowed): &(Arc<OpenSegment>, Option<RoaringBitmap>)| match segment.as_ref() {
                    OpenSegment::Vector(segment) => search_one(segment, &query, k, ef, allowed.as_ref()),
                    OpenSegment::Text(_) | OpenSegment::Memory(_) => Ok(Vec::new()),
                };
                searches.iter().map(search).collect::<Result<Vec<_>>>()
            })
        })
        .collect();
    let mut found = Vec::with_capacity(searches.len());
    for task in tasks {
        found.extend(task.await.map_err(|error| LakeError::Invalid(format!("a search ended early: {error}")))??);
    }
    Ok(found)
}

fn search_one(
    segment: &VectorSegment,
    query: &[f32],
    k: usize,
    ef: Option<usize>,
    allowed: Option<&RoaringBitmap>,
) -> Result<Vec<Neighbour>> {
    if segment.is_empty() {
        return Ok(Vec::new());
    }
    segment
        .search(query, k, ef, allowed)
        .map_err(|error| LakeError::usage(format!("the vector cannot be searched: {error}")))
}

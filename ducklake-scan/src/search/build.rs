//! Segments out of the rows of data files.

use std::ops::{ControlFlow, Range};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Float32Type, Int64Type};
use datafusion::datasource::provider_as_source;
use datafusion::execution::SessionState;
use datafusion::logical_expr::LogicalPlanBuilder;
use datafusion::physical_plan::execute_stream;
use ducklake_text::TextSchema;
use futures::TryStreamExt;
use roaring::RoaringTreemap;
use tokio::sync::mpsc;

use super::container::Piece;
use super::cover::VisibleFile;
use super::plan::exact;
use crate::error::{LakeError, Result};
use crate::table::{KeptRows, LakeTable};

/// Rows of one segment at most: what bounds the memory of building and of searching it.
pub(super) const MAX_ROWS: u32 = 1 << 20;
/// Batches on their way from the scan to the builder.
const BATCHES: usize = 4;
/// Bytes that building a text segment may use.
const TEXT_MEMORY: usize = 64 << 20;

/// What a segment is made for.
#[derive(Debug, Clone)]
pub(super) enum Recipe {
    Vector { column: String, options: ducklake_vector::BuildOptions },
    Text { columns: Vec<String>, schema: TextSchema },
}

impl Recipe {
    /// The fields of a text segment.
    pub(super) fn schema(&self) -> Option<&TextSchema> {
        match self {
            Self::Text { schema, .. } => Some(schema),
            Self::Vector { .. } => None,
        }
    }

    fn columns(&self) -> Vec<&str> {
        match self {
            Self::Vector { column, .. } => vec![column],
            Self::Text { columns, .. } => columns.iter().map(String::as_str).collect(),
        }
    }
}

/// How far the making of a segment is: rows that are in, and rows that there are.
pub(super) type Progress = Arc<dyn Fn(u64, u64) + Send + Sync>;

/// What goes from the scan to the builder.
enum Step {
    /// Rows from this number on: the indexed columns, then positions in the file.
    Rows { first: u32, start: u64, batch: RecordBatch },
    /// All rows were sent.
    End,
}

/// Rows to be indexed, as the pieces of one segment.
#[derive(Debug, Clone, Default)]
pub(super) struct Batch {
    /// Files by their index, and positions.
    pub(super) pieces: Vec<(usize, Range<u64>)>,
}

impl Batch {
    pub(super) fn rows(&self) -> u64 {
        self.pieces.iter().map(|(_, positions)| positions.end - positions.start).sum()
    }

    /// Rows in batches of no more than a segment's; a file is cut where it has more.
    pub(super) fn split(pieces: impl IntoIterator<Item = (usize, Range<u64>)>) -> Vec<Self> {
        let mut batches: Vec<Self> = Vec::new();
        for (file, mut positions) in pieces {
            while positions.start < positions.end {
                let room = batches.last().map_or(0, |batch| u64::from(MAX_ROWS) - batch.rows());
                let length = positions.end - positions.start;
                // Files are kept together where that costs little room.
                if room == 0 || (room < length && length <= u64::from(MAX_ROWS)) {
                    batches.push(Self::default());
                    continue;
                }
                let end = positions.start + length.min(room);
                if let Some(batch) = batches.last_mut() {
                    batch.pieces.push((file, positions.start..end));
                }
                positions.start = end;
            }
        }
        batches
    }

    pub(super) fn named(&self, files: &[VisibleFile]) -> Vec<Piece> {
        let piece = |(file, positions): &(usize, Range<u64>)| Piece {
            file: files[*file].name.clone(),
            start: positions.start,
            // No batch has more rows than a u32 counts.
            rows: (positions.end - positions.start) as u32,
        };
        self.pieces.iter().map(piece).collect()
    }
}

/// Makes the payload of a segment over all rows of these pieces, deleted ones too: an older snapshot may see them.
pub(super) async fn build(
    state: &SessionState,
    table: &LakeTable,
    files: &[VisibleFile],
    batch: &Batch,
    recipe: &Recipe,
    progress: Progress,
) -> Result<Vec<u8>> {
    let total = batch.rows();
    let (sender, receiver) = mpsc::channel(BATCHES);
    let is_over = Cancelled::default();
    let (cancelled, recipe_there) = (Arc::clone(&is_over.0), recipe.clone());
    // Both scan and builder take a while: each has a thread, and the builder may use more of them.
    let builder = tokio::task::spawn_blocking(move || consume(&recipe_there, total, receiver, &cancelled, &progress));
    let mut first: u32 = 0;
    let mut fed = Ok(());
    for (file, positions) in &batch.pieces {
        fed = feed(state, table, &files[*file], positions.clone(), first, recipe, &sender).await;
        if fed.is_err() {
            break;
        }
        first += (positions.end - positions.start) as u32;
    }
    if fed.is_ok() {
        // A builder that failed says why below.
        let _ = sender.send(Step::End).await;
    }
    drop(sender);
    let built =
        builder.await.map_err(|error| LakeError::Invalid(format!("building a segment ended early: {error}")))?;
    fed?;
    built
}

/// Stops the builder when nobody waits for it any more.
#[derive(Default)]
struct Cancelled(Arc<AtomicBool>);

impl Drop for Cancelled {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Sends the rows of a piece in the order of the file.
async fn feed(
    state: &SessionState,
    table: &LakeTable,
    file: &VisibleFile,
    positions: Range<u64>,
    first: u32,
    recipe: &Recipe,
    sender: &mpsc::Sender<Step>,
) -> Result<()> {
    let is_whole = positions.start == 0 && positions.end == file.rows;
    let rows = (!is_whole).then(|| {
        let mut rows = RoaringTreemap::new();
        rows.insert_range(positions.clone());
        Arc::new(rows)
    });
    let only = KeptRows { files: [(file.id, rows)].into(), ..KeptRows::default() };
    let rows = table.clone().with_virtual_columns(&["file_row_number"]).physical().keeping(only);
    let mut columns: Vec<_> = recipe.columns().into_iter().map(exact).collect();
    columns.push(exact("file_row_number"));
    let plan = LogicalPlanBuilder::scan("t", provider_as_source(Arc::new(rows)), None)?.project(columns)?.build()?;
    let plan = state.create_physical_plan(&plan).await?;
    let mut stream = execute_stream(plan, state.task_ctx())?;
    while let Some(batch) = stream.try_next().await? {
        if sender.send(Step::Rows { first, start: positions.start, batch }).await.is_err() {
            break;
        }
    }
    Ok(())
}

fn consume(
    recipe: &Recipe,
    total: u64,
    mut receiver: mpsc::Receiver<Step>,
    cancelled: &AtomicBool,
    progress: &Progress,
) -> Result<Vec<u8>> {
    let mut builder = Builder::new(recipe, u32::try_from(total).unwrap_or(u32::MAX))?;
    let mut done = 0;
    loop {
        match receiver.blocking_recv() {
            Some(Step::Rows { first, start, batch }) => {
                builder.add(first, start, &batch)?;
                done += batch.num_rows() as u64;
                // Building the graph takes longer than reading does.
                progress(done / 4, total);
            }
            Some(Step::End) => break,
            None => return Err(LakeError::usage("building a segment was given up")),
        }
    }
    builder.finish(&|done, all| {
        if all > 0 {
            progress(total / 4 + (total - total / 4) * u64::from(done) / u64::from(all), total);
        }
        if cancelled.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })
}

/// A segment under construction.
enum Builder {
    /// Not begun before the first vector tells how long vectors are.
    Vector {
        rows: u32,
        options: ducklake_vector::BuildOptions,
        builder: Option<(usize, ducklake_vector::SegmentBuilder)>,
    },
    Text(ducklake_text::SegmentBuilder),
}

impl Builder {
    fn new(recipe: &Recipe, rows: u32) -> Result<Self> {
        Ok(match recipe {
            Recipe::Vector { options, .. } => Self::Vector { rows, options: *options, builder: None },
            Recipe::Text { schema, .. } => {
                Self::Text(ducklake_text::SegmentBuilder::new(schema, TEXT_MEMORY).map_err(text_error)?)
            }
        })
    }

    /// Adds rows whose last column is the position in a file; `first` is the number of the row at `start`.
    fn add(&mut self, first: u32, start: u64, batch: &RecordBatch) -> Result<()> {
        let last = batch.num_columns() - 1;
        let positions = batch.column(last).as_primitive::<Int64Type>();
        // Positions are below the piece's end, whose length is that of a u32.
        let number = |row: usize| first + (positions.value(row).cast_unsigned().saturating_sub(start)) as u32;
        match self {
            Self::Vector { rows, options, builder } => {
                let vectors = Vectors::of(batch.column(0))?;
                for row in 0..batch.num_rows() {
                    let Some(vector) = vectors.get(row) else { continue };
                    if builder.is_none() && !vector.is_empty() {
                        let new = ducklake_vector::SegmentBuilder::new(vector.len(), *rows, *options);
                        *builder = Some((vector.len(), new.map_err(vector_error)?));
                    }
                    // A vector of another length cannot be compared with what a search for this length looks for.
                    if let Some((dimensions, builder)) = builder
                        && *dimensions == vector.len()
                    {
                        builder.push(number(row), vector).map_err(vector_error)?;
                    }
                }
            }
            Self::Text(builder) => {
                let columns = batch.columns()[..last].iter().map(|column| cast(column, &DataType::Utf8));
                let columns = columns.collect::<std::result::Result<Vec<_>, _>>()?;
                let columns: Vec<_> = columns.iter().map(|column| column.as_string::<i32>()).collect();
                for row in 0..batch.num_rows() {
                    let texts: Vec<Option<&str>> =
                        columns.iter().map(|column| column.is_valid(row).then(|| column.value(row))).collect();
                    builder.add(number(row), &texts).map_err(text_error)?;
                }
            }
        }
        Ok(())
    }

    fn finish(self, progress: &dyn Fn(u32, u32) -> ControlFlow<()>) -> Result<Vec<u8>> {
        match self {
            Self::Vector { rows, options, builder } => {
                // Of rows without vectors there is an empty segment, so that nobody reads them again.
                let builder = match builder {
                    Some((_, builder)) => builder,
                    None => ducklake_vector::SegmentBuilder::new(1, rows, options).map_err(vector_error)?,
                };
                builder.finish(progress).map_err(vector_error)
            }
            Self::Text(builder) => builder.finish().map_err(text_error),
        }
    }
}

/// Lists of floats, whatever kind of list they are.
pub(super) struct Vectors {
    lists: ArrayRef,
}

impl Vectors {
    pub(super) fn of(column: &ArrayRef) -> Result<Self> {
        let wanted = DataType::List(Arc::new(Field::new("element", DataType::Float32, true)));
        Ok(Self { lists: cast(column, &wanted)? })
    }

    /// A row's vector, without copying it; `None` where it is NULL or has NULLs in it.
    pub(super) fn get(&self, row: usize) -> Option<&[f32]> {
        let lists = self.lists.as_list::<i32>();
        if !lists.is_valid(row) {
            return None;
        }
        let (start, end) = (lists.value_offsets()[row] as usize, lists.value_offsets()[row + 1] as usize);
        let values = lists.values().as_primitive::<Float32Type>();
        let has_nulls = values.null_count() > 0 && (start..end).any(|index| values.is_null(index));
        (!has_nulls).then(|| &values.values()[start..end])
    }
}

fn vector_error(error: ducklake_vector::VectorError) -> LakeError {
    LakeError::Invalid(format!("the index over vectors cannot be built: {error}"))
}

fn text_error(error: ducklake_text::TextError) -> LakeError {
    LakeError::Invalid(format!("the full-text index cannot be built: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_bounded() {
        let max = u64::from(MAX_ROWS);
        let pieces = |batches: Vec<Batch>| batches.into_iter().map(|batch| batch.pieces).collect::<Vec<_>>();
        assert_eq!(pieces(Batch::split([(0, 0..5), (1, 2..4)])), [vec![(0, 0..5), (1, 2..4)]]);
        // A file that fits a segment is not cut.
        assert_eq!(pieces(Batch::split([(0, 0..5), (1, 0..max)])), [vec![(0, 0..5)], vec![(1, 0..max)]]);
        let cut = Batch::split([(0, 0..2 * max + 3), (1, 0..1)]);
        assert!(cut.iter().all(|batch| batch.rows() <= max));
        assert_eq!(
            pieces(cut),
            [vec![(0, 0..max)], vec![(0, max..2 * max)], vec![(0, 2 * max..2 * max + 3), (1, 0..1)]]
        );
        assert!(Batch::split([]).is_empty());
    }
}

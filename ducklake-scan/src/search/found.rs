//! Searches from Rust: best rows first, by where they are kept; their columns are read when they are asked for.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use arrow::array::{AsArray, RecordBatch, UInt64Array};
use arrow::compute::{cast, concat_batches, take_record_batch};
use arrow::datatypes::{DataType, Field, Float32Type, Schema};
use datafusion::execution::SessionState;
use datafusion::logical_expr::{Expr, lit};
use datafusion::scalar::ScalarValue;
use ducklake_text::TextQuery;
use ducklake_vector::Metric;
use roaring::RoaringTreemap;

use super::cover::kept;
use super::nearest::{self, Nearest};
use super::plan::{self, KEY, exact, unqualified};
use super::text::{TextSearchRun, target};
use crate::error::{LakeError, Result};
use crate::lake::SnapshotSelector;
use crate::session::Session;
use crate::sql::names::unknown_table;
use crate::table::{KeptRows, LakeTable};

/// The rows whose vectors are nearest to another.
#[derive(Debug, Clone)]
pub struct VectorSearch {
    /// `table`, `schema.table` or `lake.schema.table`.
    pub table: String,
    /// A column of lists of floats.
    pub column: String,
    /// As long as the column's vectors.
    pub query: Vec<f32>,
    /// What is near; `None` for what the column's index says, or cosine without one.
    pub metric: Option<Metric>,
    /// How many rows.
    pub k: usize,
    /// Candidates of a walk through a graph: more find more. The index chooses where absent.
    pub ef: Option<usize>,
    /// What rows have to pass.
    pub filter: Option<Expr>,
    /// The snapshot to search.
    pub snapshot: SnapshotSelector,
    /// Whether distances are computed from the vectors themselves. Otherwise those of segments are used, which are off by
    /// about 0.0001, and no vectors are read.
    pub rescore: bool,
}

/// The rows that match some words best.
#[derive(Debug, Clone)]
pub struct TextSearch {
    /// As in [`VectorSearch`].
    pub table: String,
    /// What is looked for.
    pub query: TextQuery,
    /// Columns to look in, with what a hit in each counts; all of an index where there are none.
    pub columns: Vec<(String, f32)>,
    /// How many rows.
    pub k: usize,
    /// What rows have to pass.
    pub filter: Option<Expr>,
    /// The snapshot to search.
    pub snapshot: SnapshotSelector,
}

/// Where a row of one table is kept at one snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowKey {
    /// Id of its data file, negative for rows that the catalog keeps.
    pub(crate) file: i64,
    /// Position in the file.
    pub(crate) position: i64,
}

/// A row that was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FoundRow {
    /// Which.
    pub key: RowKey,
    /// Of vectors the distance, the least first; of text the BM25 score, the greatest first.
    pub score: f32,
}

/// What a search found, best first.
#[derive(Debug, Clone)]
pub struct Found {
    /// The rows.
    pub rows: Vec<FoundRow>,
    /// The index that was asked; `None` where all rows were read.
    pub index: Option<String>,
    table: LakeTable,
}

impl RowKey {
    /// The id of the data file that the row is in; `None` where the catalog keeps it.
    #[must_use]
    pub fn data_file(&self) -> Option<i64> {
        (self.file >= 0).then_some(self.file)
    }
}

impl Found {
    /// Columns of these rows, in their order, with `rowid` last. A row that is gone (its file was removed meanwhile) is an
    /// error.
    ///
    /// # Errors
    /// Unknown columns, files that cannot be read.
    pub async fn rows(&self, session: &Session, columns: &[&str]) -> Result<RecordBatch> {
        let keys: Vec<RowKey> = self.rows.iter().map(|row| row.key).collect();
        self.rows_of(session, &keys, columns).await
    }

    /// The same of some rows, in the order given.
    ///
    /// # Errors
    /// As [`Found::rows`].
    pub async fn rows_of(&self, session: &Session, keys: &[RowKey], columns: &[&str]) -> Result<RecordBatch> {
        rows(&session.search_state(), &self.table, keys, columns).await
    }

    /// Ids of the table's data files of at most so many rows, deleted ones included.
    ///
    /// # Errors
    /// What the catalog has to say.
    pub async fn small_files(&self, most_rows: u64) -> Result<HashSet<i64>> {
        let rows = self.table.all_rows().await?;
        let is_small = |rows: i64| u64::try_from(rows).is_ok_and(|rows| rows <= most_rows);
        let files = rows.listing.files.iter().filter(|file| file.record_count.is_some_and(is_small));
        Ok(files.map(|file| file.data_file_id).collect())
    }

    /// Columns of all rows that the table has in some data files, by their keys: for programs that ask for rows of the
    /// same files again and again. Rows come in no order.
    ///
    /// # Errors
    /// As [`Found::rows`].
    pub async fn rows_of_files(
        &self,
        session: &Session,
        files: &[i64],
        columns: &[&str],
    ) -> Result<(Vec<RowKey>, RecordBatch)> {
        let files = files.iter().map(|file| (*file, None)).collect();
        let kept = KeptRows { files, ..KeptRows::default() };
        let all = read(&session.search_state(), &self.table, kept, columns).await?;
        let keys = keys_of(&all);
        let wanted: Vec<usize> = (KEY.len()..KEY.len() + columns.len()).collect();
        Ok((keys, all.project(&wanted)?))
    }

    /// With other rows of the same table.
    pub(crate) fn with_rows(self, rows: Vec<FoundRow>) -> Self {
        Self { rows, ..self }
    }

    /// The table that was searched.
    pub(crate) fn table(&self) -> &LakeTable {
        &self.table
    }
}

/// Rows by their keys: columns, then `rowid`.
pub(super) async fn rows(
    state: &SessionState,
    table: &LakeTable,
    keys: &[RowKey],
    columns: &[&str],
) -> Result<RecordBatch> {
    let mut files: HashMap<i64, RoaringTreemap> = HashMap::new();
    for key in keys.iter().filter(|key| key.file >= 0) {
        files.entry(key.file).or_default().insert(key.position.cast_unsigned());
    }
    let files = files.into_iter().map(|(file, rows)| (file, Some(Arc::new(rows)))).collect();
    let inlined = keys.iter().any(|key| key.file < 0);
    let columns: Vec<&str> = columns.iter().copied().chain(["rowid"]).collect();
    let all = read(state, table, KeptRows { files, inlined, ..KeptRows::default() }, &columns).await?;
    let at: HashMap<RowKey, u64> = keys_of(&all).into_iter().zip(0..).collect();
    let order: Option<UInt64Array> =
        keys.iter().map(|key| at.get(key).copied()).collect::<Option<Vec<u64>>>().map(Into::into);
    let order = order.ok_or_else(|| gone(table))?;
    let wanted: Vec<usize> = (KEY.len()..all.num_columns()).collect();
    Ok(take_record_batch(&all.project(&wanted)?, &order)?)
}

/// Rows of a table: [`KEY`], then columns, of which the last may be `rowid`.
async fn read(state: &SessionState, table: &LakeTable, kept: KeptRows, columns: &[&str]) -> Result<RecordBatch> {
    let wanted: Vec<&str> = KEY.into_iter().chain(columns.iter().copied()).collect();
    let mut virtual_columns = KEY.to_vec();
    virtual_columns.push("rowid");
    let narrowed = table.clone().with_virtual_columns(&virtual_columns).keeping(kept);
    let batches = plan::run(state, narrowed, |query| query.project(wanted.into_iter().map(exact))).await?;
    match batches.first() {
        Some(first) => Ok(concat_batches(&first.schema(), &batches)?),
        None => {
            let int = |name: &str| Arc::new(Field::new(name, DataType::Int64, true));
            let field = |name: &&str| if *name == "rowid" { Ok(int(name)) } else { table.field(name) };
            let fields = columns.iter().map(field).collect::<Result<Vec<_>>>()?;
            let fields: Vec<_> = KEY.map(int).into_iter().chain(fields).collect();
            Ok(RecordBatch::new_empty(Arc::new(Schema::new(fields))))
        }
    }
}

/// The keys of rows that [`read`] gave.
fn keys_of(rows: &RecordBatch) -> Vec<RowKey> {
    let (files, positions) = plan::keys(rows, 0);
    files.iter().zip(positions).map(|(file, position)| RowKey { file: *file, position: *position }).collect()
}

fn gone(table: &LakeTable) -> LakeError {
    LakeError::Invalid(format!("rows of table '{}' that were found are not there", table.row().name))
}

impl Session {
    /// The rows that are nearest to a vector. Rows without a usable vector are not found.
    ///
    /// # Errors
    /// Unknown tables and columns, vectors of another length, files that cannot be read.
    pub async fn vector_search(&self, search: &VectorSearch) -> Result<Found> {
        let table = self.table_to_search(&search.table, &search.snapshot).await?;
        if search.query.is_empty() || search.query.iter().any(|value| !value.is_finite()) {
            return Err(LakeError::usage("a vector to search for has to have numbers, all of them finite"));
        }
        let column = table.field(&search.column)?.name().clone();
        let metric = match search.metric {
            Some(metric) => metric,
            None => super::metric_of(&table, &column).await?.unwrap_or(Metric::Cosine),
        };
        let filter = search.filter.clone().map(unqualified).transpose()?;
        let nearest = Nearest {
            column,
            metric,
            query: search.query.clone().into(),
            k: search.k,
            ef: search.ef,
            filter: filter.into_iter().collect(),
        };
        let state = self.search_state();
        let (index, rows) = match search.rescore {
            true => exactly(&state, &table, &nearest).await?,
            false => by_index(&state, &table, &nearest).await?,
        };
        Ok(Found { rows, index, table })
    }

    /// The rows that match some words best.
    ///
    /// # Errors
    /// Unknown tables and columns, files that cannot be read.
    pub async fn text_search(&self, search: &TextSearch) -> Result<Found> {
        let table = self.table_to_search(&search.table, &search.snapshot).await?;
        let columns = search.columns.iter().map(|(name, _)| Ok(table.field(name)?.name().clone()));
        let columns = columns.collect::<Result<Vec<String>>>()?;
        let target = target(&table, &columns).await?;
        let filter: Vec<Expr> = search.filter.clone().map(unqualified).transpose()?.into_iter().collect();
        let state = self.search_state();
        let run = TextSearchRun::open(&table, &state, &target).await?;
        let boosts: Vec<(String, f32)> = columns.iter().cloned().zip(search.columns.iter().map(|(_, b)| *b)).collect();
        let query = match columns.as_slice() {
            [] => search.query.clone(),
            columns => search.query.clone().in_fields(columns),
        };
        let rows = run.search(&table, &state, &query, &boosts, &filter, search.k).await?;
        Ok(Found { rows, index: target.index.map(|index| index.name), table })
    }

    /// The state that searches plan with.
    pub(crate) fn search_state(&self) -> SessionState {
        self.context().state()
    }

    async fn table_to_search(&self, name: &str, snapshot: &SnapshotSelector) -> Result<LakeTable> {
        let parts: Vec<String> = datafusion::common::TableReference::parse_str_normalized(name, true).to_vec();
        let (attached, view, schema, table) = self.pins().locate(&parts, snapshot).await?;
        match LakeTable::load(&attached.lake, &view, &schema, &table).await? {
            Some(found) => Ok(found),
            None => Err(unknown_table(&view, name, &schema, &table)),
        }
    }
}

/// By distances of the vectors themselves, of which an index says which to read.
async fn exactly(
    state: &SessionState,
    table: &LakeTable,
    nearest: &Nearest,
) -> Result<(Option<String>, Vec<FoundRow>)> {
    let candidates = nearest::candidates(table, state, nearest).await?;
    let index = candidates.as_ref().map(|candidates| candidates.index.clone());
    let narrowed = match candidates {
        Some(candidates) => table.clone().keeping(candidates.kept()),
        None => table.clone(),
    };
    Ok((index, by_distance(state, narrowed, nearest).await?))
}

/// By distances that segments have; only rows that no segment knows are read.
async fn by_index(
    state: &SessionState,
    table: &LakeTable,
    nearest: &Nearest,
) -> Result<(Option<String>, Vec<FoundRow>)> {
    let Some(found) = nearest::candidates(table, state, nearest).await? else {
        return Ok((None, by_distance(state, table.clone(), nearest).await?));
    };
    let mut rows = Vec::new();
    if !found.rest.is_empty() || table.has_rows_outside_files().await? {
        let rest = kept(&found.files, &found.rest, []);
        let rest = table.clone().keeping(KeptRows { files: rest, inlined: true, ..KeptRows::default() });
        rows = by_distance(state, rest, nearest).await?;
    }
    rows.extend(found.rows.iter().map(|(file, position, distance)| FoundRow {
        key: RowKey { file: found.files[*file].id, position: position.cast_signed() },
        score: *distance,
    }));
    rows.sort_by(|a, b| a.score.total_cmp(&b.score).then(a.key.cmp(&b.key)));
    rows.truncate(nearest.k);
    Ok((Some(found.index), rows))
}

/// The first rows of a table by distance, computed for all of them.
async fn by_distance(state: &SessionState, table: LakeTable, nearest: &Nearest) -> Result<Vec<FoundRow>> {
    let k = nearest.k;
    let distance = distance(state, nearest)?;
    let filter = nearest.filter.clone();
    let table = table.with_virtual_columns(&KEY);
    let batches = plan::run(state, table, |mut query| {
        for condition in filter {
            query = query.filter(condition)?;
        }
        let [file, position] = KEY.map(exact);
        let query = query.filter(exact(&nearest.column).is_not_null())?.project([
            file,
            position,
            distance.alias("distance"),
        ])?;
        let order =
            [exact("distance").sort(true, false), exact(KEY[0]).sort(true, false), exact(KEY[1]).sort(true, false)];
        query.sort(order)?.limit(0, Some(k))
    });
    let mut rows = Vec::new();
    for batch in batches.await? {
        let (files, positions) = plan::keys(&batch, 0);
        let distances = cast(batch.column(KEY.len()), &DataType::Float32)?;
        let distances = distances.as_primitive::<Float32Type>();
        for ((file, position), score) in files.iter().zip(positions).zip(distances) {
            // A vector without a length has no distance.
            if let Some(score) = score.filter(|score| !score.is_nan()) {
                rows.push(FoundRow { key: RowKey { file: *file, position: *position }, score });
            }
        }
    }
    Ok(rows)
}

/// The distance from the column's vectors, as SQL computes it.
fn distance(state: &SessionState, nearest: &Nearest) -> Result<Expr> {
    let name = match nearest.metric {
        Metric::Cosine => "list_cosine_distance",
        Metric::L2 => "list_distance",
        Metric::InnerProduct => "list_negative_inner_product",
    };
    let function =
        state.scalar_functions().get(name).ok_or_else(|| LakeError::not_supported(format!("{name} here")))?;
    Ok(function.call(vec![exact(&nearest.column), vector_literal(&nearest.query)]))
}

/// A vector as a constant.
fn vector_literal(vector: &[f32]) -> Expr {
    let values: Vec<ScalarValue> = vector.iter().map(|value| ScalarValue::Float32(Some(*value))).collect();
    lit(ScalarValue::List(ScalarValue::new_list_nullable(&values, &DataType::Float32)))
}

//! Positions and snapshots that DuckLake writes as columns of Parquet files.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use arrow::array::{Array, Int64Array, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type};
use futures::{FutureExt, TryStreamExt};
use parquet::arrow::ProjectionMask;
use parquet::arrow::async_reader::{ParquetRecordBatchStream, ParquetRecordBatchStreamBuilder};
use parquet::schema::types::SchemaDescriptor;
use roaring::RoaringTreemap;

use super::error::ParquetFileError;
use super::reader::LakeParquetReader;

type Result<T> = std::result::Result<T, ParquetFileError>;

/// A column DuckLake writes on its own account, found by its reserved field id or, in files without ids, by name
/// (DuckLake spec, embedded columns).
#[derive(Clone, Copy)]
struct Reserved {
    name: &'static str,
    field_id: i32,
    needed_for: &'static str,
}

const POSITION: Reserved =
    Reserved { name: "pos", field_id: 2_147_483_645, needed_for: "a delete file needs to say which rows are deleted" };
const SNAPSHOT: Reserved = Reserved {
    name: "_ducklake_internal_snapshot_id",
    field_id: 2_147_483_539,
    needed_for: "a file with rows of several snapshots needs to tell them apart",
};

/// Reads the positions, counted from 0, that a Parquet delete file deletes at `snapshot`.
///
/// A delete file may say for each position in which snapshot it was deleted; then only those up to `snapshot` count
/// (DuckLake spec, Parquet delete files). Whether it says so is seen in the file; the catalog does not tell reliably.
///
/// # Errors
/// If the file cannot be read, has no position column, or a position or snapshot in it is NULL or negative.
pub async fn read_positions(reader: LakeParquetReader, snapshot: i64) -> Result<RoaringTreemap> {
    let path = Arc::clone(reader.display_path());
    let mut columns = Columns::open(reader, &[(POSITION, true), (SNAPSHOT, false)]).await?;
    let mut positions = RoaringTreemap::new();
    while let Some((first_row, values)) = columns.next().await? {
        let [Some(deleted), snapshots] = &values[..] else {
            continue; // Not reached: the position column is required.
        };
        for row in 0..deleted.len() {
            if snapshots.as_ref().is_some_and(|snapshots| snapshots.value(row) > snapshot) {
                continue;
            }
            let position = u64::try_from(deleted.value(row)).map_err(|_| ParquetFileError::InvalidValue {
                path: Arc::clone(&path),
                column: POSITION.name,
                row: first_row + row as u64,
                detail: format!("negative position {}", deleted.value(row)),
            })?;
            positions.insert(position);
        }
    }
    Ok(positions)
}

/// Reads all positions of a Parquet delete file, each with the snapshot that deleted it where the file says so.
///
/// # Errors
/// As [`read_positions`].
pub async fn read_deletions(reader: LakeParquetReader) -> Result<Vec<(u64, Option<i64>)>> {
    let path = Arc::clone(reader.display_path());
    let mut columns = Columns::open(reader, &[(POSITION, true), (SNAPSHOT, false)]).await?;
    let mut deletions = Vec::new();
    while let Some((first_row, values)) = columns.next().await? {
        let [Some(deleted), snapshots] = &values[..] else { continue };
        for row in 0..deleted.len() {
            let position = u64::try_from(deleted.value(row)).map_err(|_| ParquetFileError::InvalidValue {
                path: Arc::clone(&path),
                column: POSITION.name,
                row: first_row + row as u64,
                detail: format!("negative position {}", deleted.value(row)),
            })?;
            deletions.push((position, snapshots.as_ref().map(|s| s.value(row))));
        }
    }
    Ok(deletions)
}

/// Reads for each physical row of a data file the snapshot that added it (DuckLake spec, partial files).
///
/// # Errors
/// If the file cannot be read, has no snapshot column, or holds a NULL in it.
pub async fn read_snapshot_column(reader: LakeParquetReader) -> Result<Vec<i64>> {
    let mut columns = Columns::open(reader, &[(SNAPSHOT, true)]).await?;
    let mut snapshots = vec![];
    while let Some((_, values)) = columns.next().await? {
        snapshots.extend(values.iter().flatten().flat_map(|values| values.values().iter().copied()));
    }
    Ok(snapshots)
}

/// Some BIGINT columns of a file, batch by batch.
struct Columns {
    path: Arc<str>,
    stream: ParquetRecordBatchStream<LakeParquetReader>,
    /// Wanted columns, and where each is in a batch.
    columns: Vec<(Reserved, Option<usize>)>,
    next_row: u64,
}

impl Columns {
    /// `wanted`: columns, and whether the file must have them.
    async fn open(reader: LakeParquetReader, wanted: &[(Reserved, bool)]) -> Result<Self> {
        let path = Arc::clone(reader.display_path());
        let failed = |error| ParquetFileError::rows(&path, error);
        let builder = ParquetRecordBatchStreamBuilder::new(reader).await.map_err(failed)?;
        let schema = builder.parquet_schema();
        let mut roots = vec![];
        for (column, required) in wanted {
            let root = find(schema, *column);
            if *required && root.is_none() {
                let Reserved { name: column, field_id, needed_for } = *column;
                return Err(ParquetFileError::MissingColumn { path, column, field_id, needed_for });
            }
            roots.push(root);
        }
        // A batch has the projected columns in the file's order.
        let mut projected: Vec<usize> = roots.iter().flatten().copied().collect();
        projected.sort_unstable();
        let columns = wanted
            .iter()
            .zip(&roots)
            .map(|((column, _), root)| {
                (*column, root.and_then(|root| projected.iter().position(|other| *other == root)))
            })
            .collect();
        let mask = ProjectionMask::roots(schema, projected);
        let stream = builder.with_projection(mask).build().map_err(failed)?;
        Ok(Self { path, stream, columns, next_row: 0 })
    }

    /// The next rows: number of the first, and the values of each wanted column, all present.
    async fn next(&mut self) -> Result<Option<(u64, Vec<Option<Int64Array>>)>> {
        // The decoder panics on some corrupt pages. The stream is not used again after that.
        let batch = AssertUnwindSafe(self.stream.try_next()).catch_unwind().await;
        let batch = batch.map_err(|_| ParquetFileError::corrupt(&self.path, "a page contradicts its header"))?;
        let Some(batch) = batch.map_err(|error| ParquetFileError::rows(&self.path, error))? else {
            return Ok(None);
        };
        let first_row = self.next_row;
        self.next_row += batch.num_rows() as u64;
        let values = self
            .columns
            .iter()
            .map(|(column, index)| index.map(|index| self.values(&batch, index, *column, first_row)).transpose())
            .collect::<Result<Vec<_>>>()?;
        Ok(Some((first_row, values)))
    }

    fn values(&self, batch: &RecordBatch, index: usize, column: Reserved, first_row: u64) -> Result<Int64Array> {
        let invalid = |row: usize, detail: String| ParquetFileError::InvalidValue {
            path: Arc::clone(&self.path),
            column: column.name,
            row: first_row + row as u64,
            detail,
        };
        let values = batch.column(index);
        if !values.data_type().is_integer() {
            return Err(invalid(0, format!("the column has type {}, BIGINT expected", values.data_type())));
        }
        let values = cast(values, &DataType::Int64).map_err(|error| invalid(0, error.to_string()))?;
        let values = arrow::array::AsArray::as_primitive::<Int64Type>(&values).clone();
        if let Some(row) = (0..values.len()).find(|row| values.is_null(*row)) {
            return Err(invalid(row, "NULL".into()));
        }
        Ok(values)
    }
}

/// The top-level column, as an index among the schema's top-level fields.
fn find(schema: &SchemaDescriptor, column: Reserved) -> Option<usize> {
    let fields = schema.root_schema().get_fields();
    let by_id = fields.iter().position(|field| {
        let info = field.get_basic_info();
        info.has_id() && info.id() == column.field_id
    });
    by_id.or_else(|| fields.iter().position(|field| field.name() == column.name))
}

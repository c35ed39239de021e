//! From record batches to the statistics of their leaf columns.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::buffer::NullBuffer;

use super::leaf::Leaf;
use super::{ColumnStatistics, Source, leaf_columns};
use crate::{Column, ColumnId, FormatError, LakeType};

/// Collects the statistics of record batches.
#[derive(Debug, Clone)]
pub struct StatisticsCollector {
    columns: Vec<(String, LakeType)>,
    leaves: Vec<Leaf>,
    source: Source,
}

/// Which values of an array are there: a list that is NULL may still point at elements.
#[derive(Clone, Default)]
struct Present {
    /// Values whose ancestors are there.
    mask: Option<NullBuffer>,
    /// Values outside the mask that belong to no row at all.
    unowned: u64,
    /// Rows that have no value in the array: those of NULL and empty lists.
    missing: u64,
}

impl StatisticsCollector {
    /// A collector for the rows of a data file with these columns.
    pub fn new(columns: &[Column]) -> Self {
        Self::with_source(columns, Source::File)
    }

    /// A collector for rows with these columns. Inlined rows have no statistics of their own; for the table's,
    /// DuckDB takes uncut display texts as bounds of all types and does not look for NaN.
    pub fn with_source(columns: &[Column], source: Source) -> Self {
        Self {
            columns: columns.iter().map(|column| (column.name.clone(), column.lake_type.clone())).collect(),
            leaves: leaf_columns(columns)
                .into_iter()
                .map(|leaf| Leaf::new(leaf.id, leaf.lake_type.clone(), source))
                .collect(),
            source,
        }
    }

    /// Adds a batch: these top-level columns, of the types of [`Column::field`]; further columns are ignored.
    ///
    /// # Errors
    /// [`FormatError::InvalidBytes`] if the batch has other columns.
    pub fn update(&mut self, batch: &RecordBatch) -> Result<(), FormatError> {
        if batch.num_columns() < self.columns.len() {
            let (wanted, found) = (self.columns.len(), batch.num_columns());
            return Err(invalid(format!("it has {found} columns and not at least {wanted}")));
        }
        for ((name, lake_type), array) in self.columns.iter().zip(batch.columns()) {
            let wanted = lake_type.arrow_type();
            if !wanted.equals_datatype(array.data_type()) {
                return Err(invalid(format!("column '{name}' is {} and not {wanted}", array.data_type())));
            }
        }
        let mut leaves = self.leaves.iter_mut();
        for ((_, lake_type), array) in self.columns.iter().zip(batch.columns()) {
            add(lake_type, array.as_ref(), &Present::default(), self.source, &mut leaves)?;
        }
        Ok(())
    }

    /// Adds what another collector for the same columns has seen after this one.
    pub fn merge(&mut self, other: Self) {
        for (leaf, other) in self.leaves.iter_mut().zip(other.leaves) {
            leaf.merge(other);
        }
    }

    /// Of a single column of strings or blobs: NULLs, and the least and greatest value, whole, if there is any.
    pub fn byte_bounds(&self) -> (u64, Option<(&[u8], &[u8])>) {
        match self.leaves.as_slice() {
            [leaf] => (leaf.null_count(), leaf.byte_bounds()),
            _ => (0, None),
        }
    }

    /// The statistics of each leaf column, nested ones included, parents before children and in column order.
    pub fn finish(self) -> Vec<(ColumnId, ColumnStatistics)> {
        self.leaves.into_iter().map(Leaf::finish).collect()
    }
}

fn invalid(problem: String) -> FormatError {
    FormatError::invalid_bytes("record batch", problem)
}

fn add(
    lake_type: &LakeType,
    array: &dyn Array,
    present: &Present,
    source: Source,
    leaves: &mut std::slice::IterMut<'_, Leaf>,
) -> Result<(), FormatError> {
    let mask = NullBuffer::union(present.mask.as_ref(), array.nulls());
    match lake_type {
        LakeType::Struct(members) => {
            let present = Present { mask, ..present.clone() };
            for ((_, member), column) in members.iter().zip(array.as_struct().columns()) {
                add(member, column.as_ref(), &present, source, leaves)?;
            }
        }
        LakeType::List(element) => {
            let list = array.as_list::<i32>();
            let (start, end, inner) = elements(list.value_offsets(), mask.as_ref(), present);
            add(element, list.values().slice(start, end - start).as_ref(), &inner, source, leaves)?;
        }
        LakeType::Map(key, value) => {
            let map = array.as_map();
            let (start, end, inner) = elements(map.value_offsets(), mask.as_ref(), present);
            add(key, map.keys().slice(start, end - start).as_ref(), &inner, source, leaves)?;
            add(value, map.values().slice(start, end - start).as_ref(), &inner, source, leaves)?;
        }
        _ => {
            let leaf = leaves.next().ok_or_else(|| invalid("it has more leaf columns than the table".into()))?;
            let valid = array.len() - mask.as_ref().map_or(0, NullBuffer::null_count);
            let nulls = (array.len() - valid) as u64 - present.unowned;
            // For inlined rows DuckDB looks at the elements alone.
            let missing = if source == Source::File { present.missing } else { 0 };
            leaf.add_counts(valid as u64, nulls + missing);
            leaf.add_values(array, mask.as_ref())?;
        }
    }
    Ok(())
}

/// The range of elements that the lists refer to, and which of them are there.
fn elements(offsets: &[i32], mask: Option<&NullBuffer>, present: &Present) -> (usize, usize, Present) {
    let at = |row: usize| offsets.get(row).map_or(0, |offset| *offset as usize);
    let rows = offsets.len().saturating_sub(1);
    let (start, end) = (at(0), at(rows));
    let mut without_elements = 0;
    let mut unowned = 0;
    let is_null = |row: usize| mask.is_some_and(|mask| mask.is_null(row));
    for row in 0..rows {
        let length = at(row + 1) - at(row);
        if is_null(row) {
            without_elements += 1;
            unowned += length as u64;
        } else if length == 0 {
            without_elements += 1;
        }
    }
    let inner = if unowned == 0 {
        None
    } else {
        let owned = (0..rows).flat_map(|row| std::iter::repeat_n(!is_null(row), at(row + 1) - at(row)));
        Some(NullBuffer::from(owned.collect::<Vec<bool>>()))
    };
    let missing = present.missing + without_elements - present.unowned;
    (start, end, Present { mask: inner, unowned, missing })
}

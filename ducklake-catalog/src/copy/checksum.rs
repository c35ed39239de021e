//! Rows in a form that is the same in all databases, summed up whatever their order.

use std::hash::{DefaultHasher, Hasher};

use arrow::array::AsArray;
use arrow::datatypes::TimestampMicrosecondType;
use ducklake_format::LakeType;
use ducklake_format::text::decode_scalar;

use super::CellRow;
use super::plan::{ColumnKind, CopiedTable};
use crate::dialect::Kind;
use crate::driver::Cell;
use crate::error::CatalogError;

/// Sums of 128 bits over the hashes of rows, and of each column's cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Checksums {
    rows: u64,
    whole: u128,
    columns: Vec<u128>,
}

impl Checksums {
    pub(super) fn new(table: &CopiedTable) -> Self {
        Self { rows: 0, whole: 0, columns: vec![0; table.columns.len()] }
    }

    /// Adds a row by its cells' canonical forms; `None` is NULL.
    pub(super) fn add<'a>(&mut self, cells: impl Iterator<Item = Option<&'a [u8]>>) {
        let mut row = new_hashers();
        for (cell, column) in cells.zip(&mut self.columns) {
            let mut own = new_hashers();
            for hasher in row.iter_mut().chain(&mut own) {
                match cell {
                    None => hasher.write_u8(0),
                    Some(bytes) => {
                        hasher.write_u8(1);
                        hasher.write_usize(bytes.len());
                        hasher.write(bytes);
                    }
                }
            }
            *column = column.wrapping_add(sum(&own));
        }
        self.whole = self.whole.wrapping_add(sum(&row));
        self.rows += 1;
    }

    /// Adds a row of metadata.
    pub(super) fn add_metadata(&mut self, table: &CopiedTable, row: &CellRow) -> Result<(), CatalogError> {
        let cells = row.iter().zip(&table.kinds).map(|(cell, kind)| match kind {
            ColumnKind::Metadata(kind) => canonical(cell, *kind),
            ColumnKind::Inlined(_) => cell.clone().into_text(),
        });
        let cells: Vec<Option<String>> = cells.collect();
        self.add(cells.iter().map(|cell| cell.as_deref().map(str::as_bytes)));
        Ok(())
    }

    /// What is different, in words.
    pub(super) fn difference(&self, other: &Self, table: &CopiedTable) -> Option<String> {
        if self == other {
            return None;
        }
        if self.rows != other.rows {
            return Some(format!("it has {} rows, and {} were read", other.rows, self.rows));
        }
        let differ = self.columns.iter().zip(&other.columns).zip(&table.columns).filter(|((a, b), _)| a != b);
        let names: Vec<&str> = differ.map(|(_, column)| column.name.as_str()).collect();
        Some(match names.as_slice() {
            [] => "values belong to other rows".to_string(),
            names => format!("values of {}", names.join(", ")),
        })
    }
}

fn new_hashers() -> [DefaultHasher; 2] {
    [0_u8, 1].map(|seed| {
        let mut hasher = DefaultHasher::new();
        hasher.write_u8(seed);
        hasher
    })
}

fn sum(hashers: &[DefaultHasher; 2]) -> u128 {
    (u128::from(hashers[0].finish()) << 64) | u128::from(hashers[1].finish())
}

/// The text of a metadata cell that all databases agree on.
fn canonical(cell: &Cell, kind: Kind) -> Option<String> {
    match (kind, cell) {
        (_, Cell::Null) => None,
        (Kind::Bool, cell) => cell.as_bool().map(|value| value.to_string()),
        (Kind::Int, cell) => cell.as_i64().map(|value| value.to_string()),
        (Kind::Uuid, cell) => cell.clone().into_text().map(|text| text.to_lowercase()),
        (Kind::Time, cell) => cell.clone().into_text().map(|text| instant(&text).map_or(text, |at| at.to_string())),
        (Kind::Text, cell) => cell.clone().into_text(),
    }
}

/// Microseconds since 1970 of an instant in any zone.
fn instant(text: &str) -> Option<i64> {
    let text = text.replacen('T', " ", 1);
    let value = decode_scalar(&LakeType::TimestampTz, &text).ok()?;
    Some(value.as_primitive::<TimestampMicrosecondType>().value(0))
}

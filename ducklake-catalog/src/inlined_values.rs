//! What the cells of inlined data tables stand for (DuckLake spec, "Inlined data").

use arrow::array::ArrayRef;
use ducklake_format::text::{TextDecoder, TextForm};
use ducklake_format::{Column, ColumnRow, LakeType};

use crate::driver::Cell;
use crate::error::CatalogError;
use crate::inlined::{InlinedRows, InlinedTable};
use crate::tables::TableFacts;

impl InlinedTable {
    /// The lake's columns that the table has: those of its schema version, checked against the names that there really
    /// are (DuckLake spec, "`ducklake_schema_versions`"); with the snapshot from which they hold.
    ///
    /// # Errors
    /// `Invalid` where no version of the table had such columns.
    pub fn lake_columns(&self, table_id: i64, facts: &TableFacts) -> Result<(i64, Vec<Column>), CatalogError> {
        let names: Vec<&str> = self.columns.iter().map(|c| c.name.as_str()).collect();
        let versions = facts.schema_versions.iter().filter(|v| v.schema_version <= self.schema_version);
        let begin = versions
            .map(|v| (v.schema_version, v.begin_snapshot))
            .max()
            .map_or(facts.first_snapshot, |(_, begin)| begin);
        let at = |snapshot: i64| -> Result<Vec<Column>, CatalogError> {
            let visible: Vec<ColumnRow> =
                facts.columns.iter().filter(|c| c.visible_at(snapshot)).map(|c| c.row.clone()).collect();
            Ok(Column::tree(table_id, visible)?)
        };
        let matches = |columns: &[Column]| columns.iter().map(|c| c.name.as_str()).eq(names.iter().copied());
        let mut later: Vec<i64> =
            facts.columns.iter().map(|c| c.begin_snapshot).filter(|snapshot| *snapshot > begin).collect();
        later.sort_unstable();
        later.dedup();
        for snapshot in std::iter::once(begin).chain(later) {
            let columns = at(snapshot)?;
            if matches(&columns) {
                return Ok((snapshot, columns));
            }
        }
        Err(CatalogError::invalid(format!(
            "the columns of inlined table '{}' ({}) are those of no schema version of the table",
            self.name,
            names.join(", ")
        )))
    }
}

impl InlinedRows {
    /// The values of a data column, in the type of [`LakeType::arrow_type`].
    ///
    /// # Errors
    /// `Invalid` for a cell that is no value of the type.
    pub fn decode(&self, index: usize, column: &Column) -> Result<ArrayRef, CatalogError> {
        // Structs alone are written as SQL-like literals, where the database has no structs.
        let is_native = self.table.columns.get(index).is_some_and(|c| c.declared.starts_with("STRUCT"));
        let is_literal = matches!(column.lake_type, LakeType::Struct(_)) && !is_native;
        let form = if is_literal { TextForm::Literal } else { TextForm::Display };
        let mut decoder = TextDecoder::new(&column.lake_type);
        for (row, cells) in self.cells.iter().enumerate() {
            let cell = cells.get(index).unwrap_or(&Cell::Null);
            append(&mut decoder, cell, &column.lake_type, form).map_err(|problem| {
                let id = self.ids.get(row).map(|(id, _)| *id).unwrap_or_default();
                CatalogError::invalid(format!(
                    "inlined table '{}', column '{}', row id {id}: {problem}",
                    self.table.name, column.name
                ))
            })?;
        }
        Ok(decoder.finish())
    }
}

fn append(decoder: &mut TextDecoder, cell: &Cell, lake_type: &LakeType, form: TextForm) -> Result<(), String> {
    let appended = match cell {
        Cell::Null => {
            decoder.append_null();
            return Ok(());
        }
        Cell::Bytes(bytes) => match lake_type {
            LakeType::Blob | LakeType::Geometry => {
                let escaped: String = bytes.iter().map(|byte| format!("\\x{byte:02X}")).collect();
                decoder.append(&escaped, form)
            }
            // PostgreSQL keeps text as bytes, as it may hold NUL.
            _ => decoder.append(std::str::from_utf8(bytes).map_err(|e| e.to_string())?, form),
        },
        Cell::Float32(value) => decoder.append(&float_text(f64::from(*value), value), form),
        Cell::Float(value) => decoder.append(&float_text(*value, value), form),
        other => decoder.append(&other.clone().into_text().unwrap_or_default(), form),
    };
    appended.map_err(|e| e.to_string())
}

/// Shortest round-trip text; Rust says `NaN` and `inf`.
fn float_text(value: f64, shown: &dyn std::fmt::Display) -> String {
    if value.is_nan() { "nan".to_string() } else { shown.to_string() }
}

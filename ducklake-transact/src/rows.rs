//! Rows of metadata tables, collected during an attempt and written together.

use ducklake_catalog::{Cell, CommitTransaction, MetadataTable};
use ducklake_format::columns::ColumnRow;

use crate::error::Result;
use crate::files::WrittenFile;

/// New rows by table, written in the order in which tables were first used.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    tables: Vec<(MetadataTable, Vec<Vec<Cell>>)>,
}

pub(crate) fn text(text: Option<&str>) -> Cell {
    text.map_or(Cell::Null, Cell::from)
}

fn int(value: Option<i64>) -> Cell {
    value.map_or(Cell::Null, Cell::Int)
}

fn flag(value: Option<bool>) -> Cell {
    value.map_or(Cell::Null, Cell::Bool)
}

impl Rows {
    pub(crate) fn add(&mut self, table: MetadataTable, row: Vec<Cell>) {
        match self.tables.iter_mut().find(|(t, _)| *t == table) {
            Some((_, rows)) => rows.push(row),
            None => self.tables.push((table, vec![row])),
        }
    }

    /// The partition spec that this commit gives a table.
    pub(crate) fn last_partition(&self, table: i64) -> Option<i64> {
        let (_, rows) = self.tables.iter().find(|(t, _)| *t == MetadataTable::PartitionInfo)?;
        rows.iter().rev().find(|row| row.get(1) == Some(&Cell::Int(table))).and_then(|row| row.first()?.as_i64())
    }

    pub(crate) async fn write(self, tx: &mut CommitTransaction<'_>) -> Result<()> {
        for (table, rows) in self.tables {
            tx.insert(table, rows).await?;
        }
        Ok(())
    }

    pub(crate) fn column(&mut self, table: i64, snapshot: i64, row: &ColumnRow) {
        self.add(
            MetadataTable::Column,
            vec![
                row.column_id.into(),
                snapshot.into(),
                Cell::Null,
                table.into(),
                row.column_order.into(),
                row.column_name.as_str().into(),
                row.column_type.as_str().into(),
                text(row.initial_default.as_deref()),
                text(row.default_value.as_deref()),
                Cell::Bool(row.nulls_allowed),
                int(row.parent_column),
                text(row.default_value_type.as_deref()),
                "duckdb".into(),
            ],
        );
    }

    /// A data file with its statistics and partition values.
    pub(crate) fn data_file(
        &mut self,
        (id, table, snapshot): (i64, i64, i64),
        partial_max: Option<i64>,
        partition_id: Option<i64>,
        row_id_start: Option<i64>,
        file: &WrittenFile,
    ) {
        self.add(
            MetadataTable::DataFile,
            vec![
                id.into(),
                table.into(),
                snapshot.into(),
                Cell::Null,
                Cell::Null,
                file.path.as_str().into(),
                Cell::Bool(true),
                "parquet".into(),
                file.record_count.into(),
                file.file_size_bytes.into(),
                file.footer_size.into(),
                int(row_id_start),
                int(partition_id),
                text(file.encryption_key.as_deref()),
                Cell::Null,
                int(partial_max),
            ],
        );
        for column in &file.column_stats {
            let stats = &column.stats;
            self.add(
                MetadataTable::FileColumnStats,
                vec![
                    id.into(),
                    table.into(),
                    column.column_id.into(),
                    column.column_size_bytes.into(),
                    stats.value_count.cast_signed().into(),
                    stats.null_count.cast_signed().into(),
                    text(stats.min.as_deref()),
                    text(stats.max.as_deref()),
                    flag(stats.contains_nan),
                    text(stats.extra_stats.as_deref()),
                ],
            );
        }
        for (index, value) in &file.partition_values {
            self.add(
                MetadataTable::FilePartitionValue,
                vec![id.into(), table.into(), (*index).into(), text(value.as_deref())],
            );
        }
    }
}

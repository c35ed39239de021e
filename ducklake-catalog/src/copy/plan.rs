//! Which tables are copied, and what their columns become.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use ducklake_format::Column;

use super::CellRow;
use crate::catalog::Catalog;
use crate::dialect::Kind;
use crate::driver::{Cell, DbTransaction};
use crate::error::{CatalogError, FailureKind};
use crate::inline::{Backend, can_inline, physical_type};
use crate::inlined::{InlinedTable, PhysicalColumn};
use crate::layout::{self, PhysicalTables};
use crate::tables::TableFacts;
use crate::write::MetadataTable;

/// A table to copy.
#[derive(Debug)]
pub(super) struct CopiedTable {
    pub(super) name: String,
    /// The columns of the original.
    pub(super) columns: Vec<PhysicalColumn>,
    /// What each becomes.
    pub(super) kinds: Vec<ColumnKind>,
    /// The first column is the primary key.
    pub(super) primary_key: bool,
    /// How many of the first columns are NOT NULL.
    pub(super) not_null: usize,
    pub(super) values: Values,
    /// Inlined data tables whose registration is not copied, as they are not.
    left_out: Vec<String>,
}

/// How a column of the copy is declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ColumnKind {
    /// By what it holds.
    Metadata(Kind),
    /// As the reference declares inlined values of the type.
    Inlined(String),
}

/// What the rows of a table are.
#[derive(Debug)]
pub(super) enum Values {
    Metadata,
    Inlined(InlinedColumns),
}

/// An inlined data table with the types of its values.
#[derive(Debug, Clone)]
pub(super) struct InlinedColumns {
    pub(super) table: InlinedTable,
    pub(super) columns: Vec<Column>,
}

impl InlinedColumns {
    /// The same table as the copy has it.
    pub(super) fn in_target(&self, copied: &CopiedTable) -> Self {
        let mut table = self.table.clone();
        for (column, kind) in table.columns.iter_mut().zip(&copied.kinds[3..]) {
            if let ColumnKind::Inlined(declared) = kind {
                column.declared.clone_from(declared);
            }
        }
        Self { table, columns: self.columns.clone() }
    }
}

impl CopiedTable {
    /// Whether the row is the registration of an inlined data table that is not copied.
    pub(super) fn leaves_out(&self, row: &CellRow) -> bool {
        let name = self.columns.iter().position(|c| c.name == "table_name").and_then(|at| row.get(at));
        matches!(name, Some(Cell::Text(name)) if self.left_out.contains(name))
    }
}

/// All tables of the original with what becomes of them.
pub(super) async fn tables(
    from: &Catalog,
    tx: &mut DbTransaction,
    backend: Backend,
) -> Result<Vec<CopiedTable>, CatalogError> {
    let physical = layout::probe_all(tx, from.sql(), from.schema()).await?;
    let mut facts: HashMap<i64, TableFacts> = HashMap::new();
    let mut left_out = Vec::new();
    let mut tables = Vec::new();
    for (name, columns) in &physical {
        let Some((table_id, version)) = inlined_name(name) else {
            tables.push(metadata_table(name, columns));
            continue;
        };
        let facts = match facts.entry(table_id) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => unknown.insert(from.table_facts_in(tx, table_id).await?),
        };
        let table = InlinedTable::new(name.clone(), version, &mut one(name, columns))?;
        let (_, lake_columns) = table.lake_columns(table_id, facts)?;
        if !can_inline(&lake_columns, backend) {
            if !is_empty(from, tx, name).await? {
                return Err(cannot_inline(name, backend));
            }
            left_out.push(name.clone());
            continue;
        }
        tables.push(inlined_table(table, lake_columns, columns, backend));
    }
    if let Some(registry) = tables.iter_mut().find(|table| table.name == "ducklake_inlined_data_tables") {
        registry.left_out = left_out;
    }
    Ok(tables)
}

fn one(name: &str, columns: &[(String, String)]) -> PhysicalTables {
    [(name.to_string(), columns.to_vec())].into()
}

/// Table id and schema version of an inlined data table.
fn inlined_name(name: &str) -> Option<(i64, i64)> {
    let (table, version) = name.strip_prefix("ducklake_inlined_data_")?.split_once('_')?;
    Some((table.parse().ok()?, version.parse().ok()?))
}

fn physical_columns(columns: &[(String, String)]) -> Vec<PhysicalColumn> {
    let column =
        |(name, declared): &(String, String)| PhysicalColumn { name: name.clone(), declared: declared.clone() };
    columns.iter().map(column).collect()
}

fn metadata_table(name: &str, columns: &[(String, String)]) -> CopiedTable {
    let known = MetadataTable::ALL.into_iter().map(MetadataTable::definition).find(|known| known.name == name);
    let kind = |(column, declared): &(String, String)| {
        let defined = known.as_ref().and_then(|known| known.columns.iter().find(|(name, _)| name == column));
        ColumnKind::Metadata(defined.map_or_else(|| kind_of(declared), |(_, kind)| *kind))
    };
    // Tables of older formats may have their columns in another order.
    let has_first = |known: &crate::write::Definition, count: usize| {
        count > 0 && known.columns.iter().zip(columns).take(count).all(|((name, _), (column, _))| name == column)
    };
    let not_null = known.as_ref().map_or(0, |known| known.not_null);
    CopiedTable {
        name: name.to_string(),
        columns: physical_columns(columns),
        kinds: columns.iter().map(kind).collect(),
        primary_key: known.as_ref().is_some_and(|known| known.primary_key && has_first(known, 1)),
        not_null: if known.as_ref().is_some_and(|known| has_first(known, not_null)) { not_null } else { 0 },
        values: Values::Metadata,
        left_out: Vec::new(),
    }
}

/// The kind of a column that is not known, by its type in any of the databases.
fn kind_of(declared: &str) -> Kind {
    let declared = declared.to_ascii_lowercase();
    match declared.as_str() {
        "bigint" | "integer" | "smallint" | "int" => Kind::Int,
        "boolean" => Kind::Bool,
        "uuid" => Kind::Uuid,
        _ if declared.starts_with("timestamp") => Kind::Time,
        _ => Kind::Text,
    }
}

fn inlined_table(
    table: InlinedTable,
    lake_columns: Vec<Column>,
    columns: &[(String, String)],
    backend: Backend,
) -> CopiedTable {
    let bookkeeping = std::iter::repeat_n(ColumnKind::Metadata(Kind::Int), table.bookkeeping.len());
    let values = lake_columns.iter().map(|c| ColumnKind::Inlined(physical_type(&c.lake_type, backend)));
    CopiedTable {
        name: table.name.clone(),
        columns: physical_columns(columns),
        kinds: bookkeeping.chain(values).collect(),
        primary_key: false,
        not_null: 0,
        values: Values::Inlined(InlinedColumns { table, columns: lake_columns }),
        left_out: Vec::new(),
    }
}

async fn is_empty(from: &Catalog, tx: &mut DbTransaction, name: &str) -> Result<bool, CatalogError> {
    let mut sql = from.sql();
    sql.push("SELECT 1 FROM ").table(name).push(" LIMIT 1");
    Ok(tx.query("looking for inlined rows", sql).await?.is_empty())
}

/// Inlined rows that only a DuckDB file can hold, in words.
pub(super) fn cannot_inline(what: &str, backend: Backend) -> CatalogError {
    let message = format!("inlined rows of {what} have no form in {} that DuckDB reads", backend.shown());
    CatalogError::new(FailureKind::Unsupported, message)
        .with_hint("write them to files first: CALL ducklake_flush_inlined_data('lake') in DuckDB")
}

/// Cells of metadata in the form that the target binds.
pub(super) fn convert(table: &CopiedTable, rows: Vec<CellRow>) -> Result<Vec<CellRow>, CatalogError> {
    let cell = |(at, cell): (usize, Cell)| {
        let Some(ColumnKind::Metadata(kind)) = table.kinds.get(at) else { return Ok(cell) };
        as_kind(cell, *kind).ok_or_else(|| {
            let column = table.columns.get(at).map_or("", |column| column.name.as_str());
            CatalogError::invalid(format!("{}.{column} holds a value that is none of its type", table.name))
                .with_hint("correct the row in the original")
        })
    };
    rows.into_iter().map(|row| row.into_iter().enumerate().map(cell).collect()).collect()
}

fn as_kind(cell: Cell, kind: Kind) -> Option<Cell> {
    Some(match (kind, cell) {
        (_, Cell::Null) => Cell::Null,
        (Kind::Int, cell) => Cell::Int(cell.as_i64()?),
        (Kind::Bool, cell) => Cell::Bool(cell.as_bool()?),
        (Kind::Text | Kind::Uuid | Kind::Time, cell) => Cell::Text(cell.into_text()?),
    })
}

//! Facts of one table that do not depend on its files: columns of all snapshots, partition specs, inlined tables.

use ducklake_format::ColumnRow;

use crate::catalog::Catalog;
use crate::driver::{DbTransaction, Row};
use crate::error::CatalogError;
use crate::inlined::{self, InlinedTable};
use crate::layout;

/// A row of `ducklake_column` with its visibility.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionedColumn {
    /// The row.
    pub row: ColumnRow,
    /// First snapshot.
    pub begin_snapshot: i64,
    /// First snapshot without it.
    pub end_snapshot: Option<i64>,
}

impl VersionedColumn {
    /// Whether the row is visible at `snapshot`.
    pub fn visible_at(&self, snapshot: i64) -> bool {
        self.begin_snapshot <= snapshot && self.end_snapshot.is_none_or(|end| snapshot < end)
    }
}

/// A row of `ducklake_schema_versions` that concerns the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaVersionRow {
    /// Snapshot with which the version starts.
    pub begin_snapshot: i64,
    /// The version.
    pub schema_version: i64,
}

/// One key of a partition spec.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartitionField {
    /// Position in the spec; keys partition values.
    pub key_index: i64,
    /// Column (in format 0.1 the ordinal of a top-level column).
    pub column_id: i64,
    /// Transform text.
    pub transform: String,
}

/// A partition spec. Files name theirs; several may be in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartitionSpec {
    /// Id.
    pub partition_id: i64,
    /// Keys by index; none after a reset.
    pub fields: Vec<PartitionField>,
}

/// A row of `ducklake_name_mapping`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameMappingRow {
    /// Mapping the row belongs to.
    pub mapping_id: i64,
    /// Node number, local to the mapping.
    pub node: i64,
    /// Name in the file (`list` for a list's element).
    pub source_name: String,
    /// The table's column.
    pub target_field_id: i64,
    /// Parent node.
    pub parent_node: Option<i64>,
    /// Whether the value is in the path rather than in the file.
    pub is_partition: bool,
}

/// A key of a table's sort order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SortField {
    /// DuckDB SQL.
    pub expression: String,
    /// Whether the greatest come first.
    pub descending: bool,
    /// Whether NULLs come first.
    pub nulls_first: bool,
}

/// What a writer needs to know of a table at a snapshot.
#[derive(Debug, Clone, Default)]
pub struct TableBase {
    /// Columns of all snapshots, partition specs, inlined tables.
    pub facts: TableFacts,
    /// Columns at the snapshot.
    pub columns: Vec<ColumnRow>,
    /// The partition spec that new files follow.
    pub partition: Option<PartitionSpec>,
    /// The sort order of new files; empty for none.
    pub sort: Vec<SortField>,
}

/// What is known of a table beside its files.
#[derive(Debug, Clone, Default)]
pub struct TableFacts {
    /// Columns of all snapshots.
    pub columns: Vec<VersionedColumn>,
    /// Column-set changes, oldest first.
    pub schema_versions: Vec<SchemaVersionRow>,
    /// Partition specs by id.
    pub partition_specs: Vec<PartitionSpec>,
    /// Inlined data tables that exist.
    pub inlined_tables: Vec<InlinedTable>,
    /// Whether `ducklake_inlined_delete_<table_id>` exists.
    pub has_inlined_deletes: bool,
    /// First snapshot of the table under any name.
    pub first_snapshot: i64,
}

impl TableFacts {
    /// Whether a column had the same type in all snapshots.
    pub fn has_one_type(&self, column_id: i64) -> bool {
        let mut types = self.columns.iter().filter(|c| c.row.column_id == column_id).map(|c| &c.row.column_type);
        types.next().is_none_or(|first| types.all(|t| t.eq_ignore_ascii_case(first)))
    }
}

/// Columns of `ducklake_column` in the order of `column_row`.
const COLUMN_COLUMNS: [&str; 11] = [
    "column_id",
    "column_order",
    "column_name",
    "column_type",
    "initial_default",
    "default_value",
    "default_value_type",
    "nulls_allowed",
    "parent_column",
    "begin_snapshot",
    "end_snapshot",
];

impl Catalog {
    /// Facts of a table: a constant number of statements in the given transaction.
    pub(crate) async fn table_facts_in(&self, tx: &mut DbTransaction, table: i64) -> Result<TableFacts, CatalogError> {
        let layout = self.layout();
        let mut sql = self.sql();
        sql.push("SELECT ");
        layout.select(&mut sql, "ducklake_column", "c", &COLUMN_COLUMNS);
        sql.push(" FROM ").table("ducklake_column").push(" c WHERE c.table_id = ").bind(table);
        let columns =
            tx.query("reading columns", sql).await?.into_iter().map(column_row).collect::<Result<Vec<_>, _>>()?;

        let mut schema_versions = Vec::new();
        if layout.has_table("ducklake_schema_versions") {
            let mut sql = self.sql();
            sql.push("SELECT v.begin_snapshot, v.schema_version FROM ").table("ducklake_schema_versions").push(" v");
            // 0.3 has no table_id: its rows concern every table.
            if layout.has("ducklake_schema_versions", "table_id") {
                sql.push(" WHERE v.table_id IS NULL OR v.table_id = ").bind(table);
            }
            sql.push(" ORDER BY v.schema_version, v.begin_snapshot");
            for mut row in tx.query("reading schema versions", sql).await? {
                schema_versions.push(SchemaVersionRow {
                    begin_snapshot: row.i64("begin_snapshot")?,
                    schema_version: row.i64("schema_version")?,
                });
            }
        }

        let mut partition_specs: Vec<PartitionSpec> = Vec::new();
        if layout.has_table("ducklake_partition_column") {
            let mut sql = self.sql();
            sql.push("SELECT p.partition_id, p.partition_key_index, p.column_id, p.transform FROM ");
            sql.table("ducklake_partition_column").push(" p WHERE p.table_id = ").bind(table);
            sql.push(" ORDER BY p.partition_id, p.partition_key_index");
            for mut row in tx.query("reading partition specs", sql).await? {
                let partition_id = row.i64("partition_id")?;
                let field = PartitionField {
                    key_index: row.i64("partition_key_index")?,
                    column_id: row.i64("column_id")?,
                    transform: row.opt_text().unwrap_or_default(),
                };
                match partition_specs.last_mut() {
                    Some(spec) if spec.partition_id == partition_id => spec.fields.push(field),
                    _ => partition_specs.push(PartitionSpec { partition_id, fields: vec![field] }),
                }
            }
        }

        let mut registered = Vec::new();
        if layout.has_table("ducklake_inlined_data_tables") {
            let mut sql = self.sql();
            sql.push("SELECT i.table_name, i.schema_version FROM ").table("ducklake_inlined_data_tables");
            sql.push(" i WHERE i.table_id = ").bind(table).push(" ORDER BY i.schema_version");
            for mut row in tx.query("reading inlined data tables", sql).await? {
                registered.push((row.text("table_name")?, row.opt_i64()?.unwrap_or_default()));
            }
        }
        let delete_table = inlined::delete_table(table);
        let names = registered.iter().map(|(name, _)| name.clone()).chain([delete_table.clone()]);
        let mut physical = layout::probe_tables(tx, self.sql(), self.schema(), names).await?;
        let inlined_tables = registered
            .into_iter()
            .map(|(name, schema_version)| InlinedTable::new(name, schema_version, &mut physical))
            .collect::<Result<_, _>>()?;

        let mut sql = self.sql();
        sql.push("SELECT min(t.begin_snapshot) FROM ")
            .table("ducklake_table")
            .push(" t WHERE t.table_id = ")
            .bind(table);
        let first = tx
            .query("reading a table's first snapshot", sql)
            .await?
            .into_iter()
            .next()
            .map(|mut r| r.opt_i64())
            .transpose()?
            .flatten();
        Ok(TableFacts {
            columns,
            schema_versions,
            partition_specs,
            inlined_tables,
            has_inlined_deletes: physical.contains_key(&delete_table),
            first_snapshot: first.unwrap_or_default(),
        })
    }

    /// What a writer needs to know of a table at a snapshot: a constant number of statements.
    ///
    /// # Errors
    /// Database failures and `Invalid` catalogs.
    pub async fn table_base(&self, table: i64, snapshot: i64) -> Result<TableBase, CatalogError> {
        let mut tx = self.begin().await?;
        let facts = self.table_facts_in(&mut tx, table).await?;
        let mut sql = self.sql();
        sql.push("SELECT p.partition_id FROM ").table("ducklake_partition_info").push(" p WHERE p.table_id = ");
        sql.bind(table).push(" AND ").visible_at("p", snapshot).push(" ORDER BY p.partition_id DESC LIMIT 1");
        let live = tx.query("reading the partition spec", sql).await?.into_iter().next();
        let live = live.map(|mut row| row.i64("partition_id")).transpose()?;
        let mut sql = self.sql();
        sql.push("SELECT e.expression, e.sort_direction, e.null_order FROM ").table("ducklake_sort_expression");
        sql.push(" e JOIN ").table("ducklake_sort_info").push(" s ON s.sort_id = e.sort_id WHERE s.table_id = ");
        sql.bind(table).push(" AND ").visible_at("s", snapshot).push(" ORDER BY e.sort_key_index");
        let mut sort = Vec::new();
        for mut row in tx.query("reading the sort order", sql).await? {
            let expression = row.text("a sort expression")?;
            let is = |text: Option<String>, word: &str| text.is_some_and(|t| t.eq_ignore_ascii_case(word));
            let (descending, nulls_first) = (is(row.opt_text(), "DESC"), is(row.opt_text(), "NULLS_FIRST"));
            sort.push(SortField { expression, descending, nulls_first });
        }
        tx.finish().await;
        let columns = facts.columns.iter().filter(|c| c.visible_at(snapshot)).map(|c| c.row.clone()).collect();
        // A reset leaves a spec without keys.
        let partition = facts.partition_specs.iter().find(|s| Some(s.partition_id) == live).cloned();
        Ok(TableBase { facts, columns, partition, sort })
    }

    /// Columns of every table visible at `snapshot`, for listings: one statement.
    ///
    /// # Errors
    /// Database failures.
    pub async fn all_columns_at(&self, snapshot: i64) -> Result<Vec<(i64, ColumnRow)>, CatalogError> {
        let mut tx = self.begin().await?;
        let mut sql = self.sql();
        sql.push("SELECT ");
        sql.push("c.table_id, ");
        self.layout().select(&mut sql, "ducklake_column", "c", &COLUMN_COLUMNS);
        sql.push(" FROM ").table("ducklake_column").push(" c WHERE ").visible_at("c", snapshot);
        let rows = tx.query("reading columns", sql).await?;
        tx.finish().await;
        rows.into_iter().map(|mut row| Ok((row.i64("table_id")?, column_row(row)?.row))).collect()
    }

    /// Columns of one table visible at `snapshot`: one statement.
    ///
    /// # Errors
    /// Database failures.
    pub async fn columns_at(&self, table: i64, snapshot: i64) -> Result<Vec<ColumnRow>, CatalogError> {
        let mut tx = self.begin().await?;
        let mut sql = self.sql();
        sql.push("SELECT ");
        self.layout().select(&mut sql, "ducklake_column", "c", &COLUMN_COLUMNS);
        sql.push(" FROM ").table("ducklake_column").push(" c WHERE c.table_id = ").bind(table);
        sql.push(" AND ").visible_at("c", snapshot);
        let rows = tx.query("reading columns", sql).await?;
        tx.finish().await;
        rows.into_iter().map(|row| Ok(column_row(row)?.row)).collect()
    }

    pub(crate) async fn name_mappings_in(
        &self,
        tx: &mut DbTransaction,
        table: i64,
    ) -> Result<Vec<NameMappingRow>, CatalogError> {
        let layout = self.layout();
        let mut sql = self.sql();
        sql.push("SELECT ");
        let columns = ["mapping_id", "column_id", "source_name", "target_field_id", "parent_column", "is_partition"];
        layout.select(&mut sql, "ducklake_name_mapping", "n", &columns);
        sql.push(" FROM ").table("ducklake_name_mapping").push(" n JOIN ").table("ducklake_column_mapping");
        sql.push(" m ON m.mapping_id = n.mapping_id WHERE m.table_id = ").bind(table);
        sql.push(" ORDER BY n.mapping_id, n.column_id");
        let rows = tx.query("reading name mappings", sql).await?;
        rows.into_iter()
            .map(|mut row| {
                Ok(NameMappingRow {
                    mapping_id: row.i64("mapping_id")?,
                    node: row.i64("column_id")?,
                    source_name: row.text("source_name")?,
                    target_field_id: row.i64("target_field_id")?,
                    parent_node: row.opt_i64()?,
                    is_partition: row.opt_bool().unwrap_or(false),
                })
            })
            .collect()
    }
}

fn column_row(mut row: Row) -> Result<VersionedColumn, CatalogError> {
    Ok(VersionedColumn {
        row: ColumnRow {
            column_id: row.i64("column_id")?,
            column_order: row.opt_i64()?.unwrap_or_default(),
            column_name: row.text("column_name")?,
            column_type: row.text("column_type")?,
            initial_default: row.opt_text(),
            default_value: row.opt_text(),
            default_value_type: row.opt_text(),
            nulls_allowed: row.opt_bool().unwrap_or(true),
            parent_column: row.opt_i64()?,
        },
        begin_snapshot: row.i64("begin_snapshot")?,
        end_snapshot: row.opt_i64()?,
    })
}

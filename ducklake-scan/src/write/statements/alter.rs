//! ALTER TABLE and COMMENT ON.

use ducklake_catalog::SortField;
use ducklake_format::columns::Column;
use ducklake_transact::{ColumnDefault, TableChanges, Tagged, TransactError};

use crate::error::{LakeError, Result};
use crate::lake::same_name;
use crate::session::Session;
use crate::sql::write::{AlterAction, CommentTarget, PartitionExpr};
use crate::write::open::{OpenLake, OpenTransactions};

use super::*;

impl Session {
    pub(super) async fn comment(&self, open: &OpenTransactions, on: CommentTarget, text: Option<String>) -> Result<()> {
        let (name, column) = match &on {
            CommentTarget::Table(name) | CommentTarget::View(name) => (name, None),
            CommentTarget::Column { table, column } => (table, Some(column)),
        };
        let place = self.place(open, name).await?;
        let on = match (place.table_id(), place.view_id(), column) {
            (Some(table), _, Some(column)) => {
                let columns = place.attached.lake.columns(&place.view, table).await?;
                let found = columns.iter().find(|c| same_name(&c.name, column));
                let id = found
                    .map(|c| c.id)
                    .ok_or_else(|| LakeError::usage(format!("table '{}' has no column '{column}'", place.name)))?;
                Tagged::Column { table, column: id }
            }
            (Some(table), _, None) => Tagged::Table(table),
            (None, Some(view), None) => Tagged::View(view),
            (None, Some(_), Some(_)) => return Err(LakeError::not_supported("a comment on a view's column")),
            (None, None, _) => return Err(place.unknown(name)),
        };
        open.with(&place.attached, async |lake| {
            lake.check_writable()?;
            lake.transaction.comment(on, text);
            Ok(())
        })
        .await
    }

    pub(super) async fn alter(
        &self,
        open: &OpenTransactions,
        place: &Place,
        id: i64,
        action: AlterAction,
    ) -> Result<()> {
        let new_column = match &action {
            AlterAction::AddColumn { spec, .. } => Some(self.new_column(spec).await?),
            _ => None,
        };
        let default = match &action {
            AlterAction::SetDefault { column, default } => {
                let columns = place.attached.lake.columns(&place.view, id).await?;
                let found = columns.iter().find(|c| same_name(&c.name, column));
                match found {
                    Some(found) => Some(self.default_of(default, &found.lake_type).await?),
                    None => None,
                }
            }
            _ => None,
        };
        if let AlterAction::SetNotNull { column } = &action {
            self.check_no_nulls(open, place, column).await?;
        }
        if let AlterAction::DropColumn { path, .. } | AlterAction::SetType { path, .. } = &action {
            self.check_not_indexed(place, id, path).await?;
        }
        let attached = &place.attached;
        open.with(attached, async |lake| {
            lake.touch(id).await?;
            if let AlterAction::RenameTable { new_name } = &action {
                return Ok(lake.transaction.rename_table(id, new_name)?);
            }
            let before = pending_columns(lake, id)?;
            let inlines = inlining_limit(lake, place.schema_id, Some(id)) > 0;
            let Some(table) = lake.transaction.table_mut(id) else { return Ok(()) };
            match action {
                AlterAction::AddColumn { if_not_exists, path, .. } => {
                    check_name(inlines && path.len() == 1, path.last().map_or("", String::as_str))?;
                    if if_not_exists && table.find(&path).is_some() {
                        return Ok(());
                    }
                    let parent = path.get(..path.len().saturating_sub(1)).unwrap_or_default();
                    if let Some(column) = &new_column {
                        table.add_column(parent, column)?;
                    }
                }
                AlterAction::DropColumn { if_exists, path } => {
                    if if_exists && table.find(&path).is_none() {
                        return Ok(());
                    }
                    table.drop_column(&path)?;
                }
                AlterAction::RenameColumn { path, new_name } => {
                    check_name(inlines && path.len() == 1, &new_name)?;
                    table.rename_column(&path, &new_name)?;
                }
                AlterAction::SetType { path, lake_type } => table.set_type(&path, &lake_type)?,
                AlterAction::SetDefault { column, .. } => {
                    table.set_default(&[column], &default.unwrap_or_default())?;
                }
                AlterAction::DropDefault { column } => table.set_default(&[column], &ColumnDefault::None)?,
                AlterAction::SetNotNull { column } => set_nullable(table, column, false)?,
                AlterAction::DropNotNull { column } => set_nullable(table, column, true)?,
                AlterAction::SetPartitionedBy(keys) => {
                    table.set_partition(&partition_keys(&keys))?;
                }
                AlterAction::ResetPartitionedBy => {
                    table.set_partition(&[])?;
                }
                AlterAction::SetSortedBy(keys) => table.set_sort(keys.iter().map(sort_field).collect()),
                AlterAction::ResetSortedBy => table.set_sort(Vec::new()),
                AlterAction::RenameTable { .. } => {}
            }
            adapt_pending(lake, id, &before)
        })
        .await
    }

    /// SET NOT NULL: rows that are there must fit. What statistics say is not enough (their NULL is no answer).
    pub(super) async fn check_no_nulls(&self, open: &OpenTransactions, place: &Place, column: &str) -> Result<()> {
        let quote = crate::sql::types::quoted;
        let table = [&place.attached.name, &place.schema, &place.name].map(|n| quote(n)).join(".");
        let sql = format!("SELECT 1 FROM {table} WHERE {} IS NULL LIMIT 1", quote(column));
        let rows = self.query_in(open, &sql).await?;
        if rows.iter().any(|b| b.num_rows() > 0) {
            let (table, column) = (place.name.clone(), column.to_string());
            return Err(TransactError::NotNull { table, column }.into());
        }
        Ok(())
    }
}

pub(super) fn partition_keys(keys: &[PartitionExpr]) -> Vec<(String, String)> {
    keys.iter().map(|k| (k.column.clone(), k.transform.to_string())).collect()
}

pub(super) fn sort_field(key: &crate::sql::write::SortExpr) -> SortField {
    SortField { expression: key.sql.clone(), descending: key.descending, nulls_first: key.nulls_first }
}

fn set_nullable(table: &mut TableChanges, column: String, nullable: bool) -> Result<()> {
    let found = table.find(std::slice::from_ref(&column)).map(|c| c.nulls_allowed);
    if found == Some(nullable) {
        let is = if nullable { "has no NOT NULL constraint" } else { "is NOT NULL already" };
        return Err(LakeError::usage(format!("column '{column}' {is}")));
    }
    Ok(table.set_nullable(&[column], nullable)?)
}

pub(crate) fn pending_columns(lake: &OpenLake, id: i64) -> Result<Vec<Column>> {
    Ok(match lake.transaction.table(id) {
        Some(table) => table.tree(id)?,
        None => Vec::new(),
    })
}

/// Rows that wait for the commit follow the columns.
pub(crate) fn adapt_pending(lake: &mut OpenLake, id: i64, before: &[Column]) -> Result<()> {
    let Some(table) = lake.transaction.table_mut(id) else { return Ok(()) };
    let after = table.tree(id)?;
    if after == before || table.pending.is_empty() {
        return Ok(());
    }
    for pending in &mut table.pending {
        pending.batch = crate::inlined::evolve(&pending.batch, before, &after)?;
    }
    Ok(())
}

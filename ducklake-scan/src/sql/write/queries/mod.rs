//! The queries that DELETE, UPDATE, MERGE and INSERT run as: which rows go, and what comes in their place.
//!
//! A row of the target is told by three columns that its table offers beside its own: [`FILE_COLUMN`],
//! [`POSITION_COLUMN`] and [`ROW_ID_COLUMN`]. In results they are called [`FILE`], [`POSITION`] and [`ROW_ID`], and
//! come first, in this order.

mod build;
mod defaults;
mod insert;
mod merge;
mod scope;

use datafusion::sql::sqlparser::ast::{Expr, Query, SelectItem, TableFactor, TableWithJoins, With};
use ducklake_format::Column;

pub(crate) use defaults::{default_expr, expression};
pub(crate) use insert::{insert_mapping, insert_query, insert_source_query};
pub(crate) use merge::{merge_query, merge_source_query};

use super::statement::{Delete, NewValue, TableTarget, Update};
use crate::error::{LakeError, Result};

/// A target's column with the id of a row's data file, NULL for an inlined row.
pub(crate) const FILE_COLUMN: &str = "_ducklake_internal_file_id";
/// A target's column with the position of a row in its data file.
pub(crate) const POSITION_COLUMN: &str = "file_row_number";
/// A target's column with a row's id, never NULL.
pub(crate) const ROW_ID_COLUMN: &str = "rowid";

/// [`FILE_COLUMN`] in results.
pub(crate) const FILE: &str = "_ducklake_internal_file";
/// [`POSITION_COLUMN`] in results.
pub(crate) const POSITION: &str = "_ducklake_internal_position";
/// [`ROW_ID_COLUMN`] in results.
pub(crate) const ROW_ID: &str = "_ducklake_internal_row_id";
/// The index of a MERGE's clause, see [`merge_query`].
pub(crate) const ACTION: &str = "_ducklake_internal_action";
/// The message of a MERGE's clause, see [`merge_query`].
pub(crate) const ERROR_MESSAGE: &str = "_ducklake_internal_error";

/// The name that the new value of the table's `index`th column has in results. No user's column is called so:
/// an alias must not change what the user's own names mean.
pub(crate) fn value_name(index: usize) -> String {
    format!("_ducklake_internal_value_{index}")
}

/// Which rows a DELETE deletes: the address of each, possibly several times where `USING` matches several rows.
pub(crate) fn delete_query(delete: &Delete) -> Query {
    let items = addresses(&delete.table);
    let from = with_target(&delete.table, &delete.using);
    build::query(delete.with.clone(), items, from, delete.filter.clone())
}

/// The rows that a DELETE with this filter leaves.
pub(crate) fn kept_query(delete: &Delete, filter: Expr) -> Query {
    let is_true = Expr::IsNotTrue(Box::new(Expr::Nested(Box::new(filter))));
    let from = with_target(&delete.table, &[]);
    build::query(delete.with.clone(), vec![build::star()], from, Some(is_true))
}

/// Which rows an UPDATE replaces, and by what: the address of each, then the value of every column. A row comes
/// several times where `FROM` matches several rows: one of them is to be taken. Values are not yet of the columns'
/// types.
///
/// # Errors
/// Assignments to columns that are not there; defaults that cannot be read.
pub(crate) fn update_query(update: &Update, columns: &[Column]) -> Result<Query> {
    let mut items = addresses(&update.table);
    items.extend(labelled(updated(&update.table, &update.assignments, columns)?));
    let from = with_target(&update.table, &update.from);
    Ok(build::query(update.with.clone(), items, from, update.filter.clone()))
}

/// Expressions as the values of the table's columns.
fn labelled(values: Vec<Expr>) -> Vec<SelectItem> {
    values.into_iter().enumerate().map(|(at, value)| build::item(value, &value_name(at))).collect()
}

/// The value of every column after assignments.
fn updated(target: &TableTarget, assignments: &[(String, NewValue)], columns: &[Column]) -> Result<Vec<Expr>> {
    for (name, _) in assignments {
        column_index(target, columns, name)?;
    }
    let own_name = own_name(target);
    let value = |column: &Column| match assigned(assignments, column) {
        Some(value) => value_expr(value, column),
        None => Ok(build::column(&own_name, &column.name)),
    };
    columns.iter().map(value).collect()
}

fn assigned<'a>(assignments: &'a [(String, NewValue)], column: &Column) -> Option<&'a NewValue> {
    assignments.iter().find(|(name, _)| name.eq_ignore_ascii_case(&column.name)).map(|(_, value)| value)
}

fn value_expr(value: &NewValue, column: &Column) -> Result<Expr> {
    match value {
        NewValue::Expr(expr) => {
            let mut expr = expr.clone();
            if defaults::is_exact(column) {
                defaults::exact(&mut expr);
            }
            Ok(expr)
        }
        NewValue::Default => default_expr(column),
    }
}

/// The place of a column in its table.
fn column_index(target: &TableTarget, columns: &[Column], name: &str) -> Result<usize> {
    columns.iter().position(|column| column.name.eq_ignore_ascii_case(name)).ok_or_else(|| {
        let table = target.name.join(".");
        let known = columns.iter().map(|column| column.name.as_str());
        LakeError::Usage {
            message: format!("table '{table}' has no column '{name}'"),
            hint: Some(format!("its columns are {}", known.collect::<Vec<_>>().join(", "))),
        }
    })
}

/// How the rest of a statement calls its target.
fn own_name(target: &TableTarget) -> String {
    target.alias.clone().or_else(|| target.name.last().cloned()).unwrap_or_default()
}

fn addresses(target: &TableTarget) -> Vec<SelectItem> {
    let own_name = own_name(target);
    [(FILE_COLUMN, FILE), (POSITION_COLUMN, POSITION), (ROW_ID_COLUMN, ROW_ID)]
        .map(|(column, label)| build::item(build::column(&own_name, column), label))
        .into()
}

fn target_factor(target: &TableTarget) -> TableFactor {
    build::table(&target.name, target.alias.as_deref())
}

/// A source by its name.
pub(crate) fn source_factor(name: &str) -> TableFactor {
    build::table(&[name.to_string()], None)
}

/// The target beside other tables.
fn with_target(target: &TableTarget, others: &[TableWithJoins]) -> Vec<TableWithJoins> {
    let target = TableWithJoins { relation: target_factor(target), joins: Vec::new() };
    std::iter::once(target).chain(others.iter().cloned()).collect()
}

/// `SELECT * FROM source`.
fn all_of(with: Option<With>, source: TableFactor) -> Query {
    let from = vec![TableWithJoins { relation: source, joins: Vec::new() }];
    build::query(with, vec![build::star()], from, None)
}

#[cfg(test)]
mod tests;

//! What INSERT puts into which column.

use datafusion::sql::sqlparser::ast::{Expr, Query, SetExpr, TableWithJoins};
use ducklake_format::Column;

use super::super::statement::{Insert, InsertSource, TableTarget, is_default};
use super::defaults::{exact, is_exact, is_literal};
use super::{build, column_index, default_expr, labelled};
use crate::error::{LakeError, Result};

const SOURCE: &str = "_ducklake_internal_source";

/// The query that an INSERT takes rows from, each DEFAULT in its VALUES replaced by the default of its column. Its
/// columns' names are what [`insert_mapping`] wants to know.
///
/// # Errors
/// Columns that are not there; defaults that cannot be read.
pub(crate) fn insert_source_query(insert: &Insert, columns: &[Column]) -> Result<Query> {
    let InsertSource::Query(query) = &insert.source else {
        let defaults: Vec<Expr> = columns.iter().map(default_expr).collect::<Result<_>>()?;
        return Ok(build::query(None, labelled(defaults), Vec::new(), None));
    };
    let targets = listed(insert, columns)?;
    let mut query = query.as_ref().clone();
    replace_defaults(&mut query.body, &targets, columns)?;
    Ok(query)
}

fn replace_defaults(body: &mut SetExpr, targets: &[usize], columns: &[Column]) -> Result<()> {
    let rows = match body {
        SetExpr::Query(inner) => return replace_defaults(&mut inner.body, targets, columns),
        SetExpr::Values(values) => &mut values.rows,
        _ => return Ok(()),
    };
    for (at, target) in targets.iter().enumerate() {
        let cells = || rows.iter().filter_map(|row| row.content.get(at));
        // Only together: cells of one column must not be numbers here and text there.
        if is_exact(&columns[*target]) && cells().all(|cell| is_default(cell) || is_literal(cell)) {
            rows.iter_mut().filter_map(|row| row.content.get_mut(at)).for_each(exact);
        }
    }
    for row in rows {
        for (cell, target) in row.content.iter_mut().zip(targets) {
            if is_default(cell) {
                *cell = default_expr(&columns[*target])?;
            }
        }
    }
    Ok(())
}

/// For each column of the table, the column of the source that fills it, or `None` for its default.
///
/// # Errors
/// Columns that are not there or there twice; a source with more or fewer columns than wanted.
pub(crate) fn insert_mapping(
    insert: &Insert,
    columns: &[Column],
    source_names: &[String],
) -> Result<Vec<Option<usize>>> {
    let targets = if insert.by_name { named(insert, columns, source_names)? } else { listed(insert, columns)? };
    if targets.len() != source_names.len() {
        return Err(LakeError::usage(format!(
            "table '{}': {} columns are to be filled, {} values are given",
            insert.table.join("."),
            targets.len(),
            source_names.len()
        )));
    }
    let mut mapping = vec![None; columns.len()];
    for (source, target) in targets.into_iter().enumerate() {
        mapping[target] = Some(source);
    }
    Ok(mapping)
}

/// The rows to insert: the value of every column of the table, in the table's order. Values are not yet of the
/// columns' types.
///
/// # Errors
/// As [`insert_source_query`] and [`insert_mapping`].
pub(crate) fn insert_query(insert: &Insert, columns: &[Column], source_names: &[String]) -> Result<Query> {
    let source = insert_source_query(insert, columns)?;
    let mapping = insert_mapping(insert, columns, source_names)?;
    // As it is, the query keeps its own order of rows for certain.
    if mapping.iter().enumerate().all(|(column, source)| *source == Some(column)) {
        return Ok(source);
    }
    let value = |(column, source): (&Column, &Option<usize>)| match source {
        Some(source) => Ok(build::column(SOURCE, &source_name(*source))),
        None => default_expr(column),
    };
    let values: Vec<Expr> = columns.iter().zip(&mapping).map(value).collect::<Result<_>>()?;
    let names: Vec<String> = (0..source_names.len()).map(source_name).collect();
    let relation = build::derived(source, build::alias(SOURCE, &names));
    Ok(build::query(None, labelled(values), vec![TableWithJoins { relation, joins: Vec::new() }], None))
}

fn source_name(index: usize) -> String {
    format!("_ducklake_internal_source_{index}")
}

/// The columns of the explicit list, or all.
fn listed(insert: &Insert, columns: &[Column]) -> Result<Vec<usize>> {
    if insert.columns.is_empty() {
        return Ok((0..columns.len()).collect());
    }
    named(insert, columns, &insert.columns)
}

fn named(insert: &Insert, columns: &[Column], names: &[String]) -> Result<Vec<usize>> {
    let target = TableTarget { name: insert.table.clone(), alias: None };
    let mut indexes = Vec::with_capacity(names.len());
    for name in names {
        let index = column_index(&target, columns, name)?;
        if indexes.contains(&index) {
            return Err(LakeError::usage(format!("INSERT names the column '{name}' twice")));
        }
        indexes.push(index);
    }
    Ok(indexes)
}

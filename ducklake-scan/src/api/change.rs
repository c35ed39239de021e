//! DELETE and UPDATE.

use datafusion::common::Column as FrameColumn;
use datafusion::dataframe::DataFrame;
use datafusion::prelude::Expr;
use ducklake_format::columns::Column;

use super::expr::SqlExpr;
use super::tables::table_name;
use super::transaction::LakeTransaction;
use crate::error::{LakeError, Result};
use crate::lake::same_name;
use crate::sql::write::queries::{self, expression};
use crate::sql::write::{Delete, NewValue, TableTarget, Update};

/// New values of columns, by name.
pub(super) type Assignments = Vec<(String, SqlExpr)>;

pub(super) fn assignments<N: Into<String>, V: Into<SqlExpr>>(given: impl IntoIterator<Item = (N, V)>) -> Assignments {
    given.into_iter().map(|(name, value)| (name.into(), value.into())).collect()
}

impl LakeTransaction {
    /// Deletes the rows that meet a condition; gives how many.
    ///
    /// # Errors
    /// Whatever is wrong with the table's name or the condition.
    pub async fn delete(&mut self, table: &str, condition: impl Into<SqlExpr>) -> Result<u64> {
        let name = table_name(table)?;
        let session = self.session();
        match condition.into() {
            SqlExpr::Text(text) => {
                let filter = Some(expression(&text)?);
                session
                    .delete(session.open(), Delete { with: None, table: target(name), using: Vec::new(), filter })
                    .await
            }
            SqlExpr::Expr(filter) => {
                let (place, id, columns) = session.target(session.open(), &name).await?;
                let frame = self.rows_with_places(name, &columns, None).await?.filter(*filter)?;
                session.delete_rows(session.open(), &place.attached, id, frame).await
            }
        }
    }

    /// Deletes all rows; gives how many.
    ///
    /// # Errors
    /// Whatever is wrong with the table's name.
    pub async fn truncate(&mut self, table: &str) -> Result<u64> {
        self.session().truncate(self.session().open(), &table_name(table)?).await
    }

    /// Gives columns new values in the rows that meet a condition; gives how many rows. Beside a DataFusion expression,
    /// SQL text may name the table's columns only.
    ///
    /// # Errors
    /// Unknown names, and values that the columns cannot hold.
    pub async fn update<N: Into<String>, V: Into<SqlExpr>>(
        &mut self,
        table: &str,
        values: impl IntoIterator<Item = (N, V)>,
        condition: impl Into<SqlExpr>,
    ) -> Result<u64> {
        self.update_rows(table_name(table)?, assignments(values), condition.into()).await
    }

    async fn update_rows(&mut self, name: Vec<String>, values: Assignments, condition: SqlExpr) -> Result<u64> {
        if values.is_empty() {
            return Err(LakeError::usage("an update needs a column to change"));
        }
        let session = self.session();
        let filter = match &condition {
            SqlExpr::Text(text) => Some(expression(text)?),
            SqlExpr::Expr(_) => None,
        };
        let texts: Option<Vec<(String, NewValue)>> = values
            .iter()
            .filter_map(|(name, value)| match value {
                SqlExpr::Text(text) => Some(expression(text).map(|expr| (name.clone(), NewValue::Expr(expr)))),
                SqlExpr::Expr(_) => None,
            })
            .collect::<Result<Vec<_>>>()
            .map(|texts| (texts.len() == values.len()).then_some(texts))?;
        if let (Some(assignments), SqlExpr::Text(_)) = (texts, &condition) {
            let update = Update { with: None, table: target(name), assignments, from: Vec::new(), filter };
            return session.update(session.open(), update).await;
        }
        let (place, id, columns) = session.target(session.open(), &name).await?;
        let shown = name.join(".");
        let mut frame = self.rows_with_places(name, &columns, filter).await?;
        if let SqlExpr::Expr(condition) = condition {
            frame = frame.filter(*condition)?;
        }
        let frame = self.with_values(&shown, frame, &columns, values)?;
        session.replace_rows(session.open(), &place.attached, id, &columns, frame).await
    }

    /// The rows of a table with all columns, behind those that say where a row is.
    async fn rows_with_places(
        &self,
        name: Vec<String>,
        columns: &[Column],
        filter: Option<datafusion::sql::sqlparser::ast::Expr>,
    ) -> Result<DataFrame> {
        let update = Update { with: None, table: target(name), assignments: Vec::new(), from: Vec::new(), filter };
        let query = queries::update_query(&update, columns)?;
        let frame = self.session().frame(self.session().open(), query).await?;
        let named = columns.iter().enumerate().map(|(index, c)| field(&queries::value_name(index)).alias(&c.name));
        Ok(frame.select(places().chain(named).collect::<Vec<_>>())?)
    }

    fn with_values(&self, table: &str, frame: DataFrame, columns: &[Column], values: Assignments) -> Result<DataFrame> {
        let mut selected: Vec<Expr> = columns.iter().map(|column| field(&column.name)).collect();
        for (name, value) in values {
            let Some(index) = columns.iter().position(|column| same_name(&column.name, &name)) else {
                return Err(LakeError::usage(format!("table '{table}' has no column '{name}'")));
            };
            let value = match value {
                SqlExpr::Expr(expr) => *expr,
                SqlExpr::Text(text) => self.session().context().parse_sql_expr(&text, frame.schema())?,
            };
            selected[index] = value.alias(&columns[index].name);
        }
        Ok(frame.select(places().chain(selected).collect::<Vec<_>>())?)
    }
}

fn target(name: Vec<String>) -> TableTarget {
    TableTarget { name, alias: None }
}

fn field(name: &str) -> Expr {
    Expr::Column(FrameColumn::new_unqualified(name))
}

fn places() -> impl Iterator<Item = Expr> {
    [queries::FILE, queries::POSITION, queries::ROW_ID].into_iter().map(field)
}

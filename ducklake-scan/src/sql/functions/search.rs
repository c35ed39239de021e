//! `vector_search`, `text_search` and `hybrid_search`: row id, score, and the row, best first.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Float32Array, RecordBatch};
use arrow::datatypes::{DataType, Field, Float32Type, Schema};
use datafusion::logical_expr::{Expr, LogicalPlan};
use datafusion::scalar::ScalarValue;
use ducklake_text::TextQuery;
use ducklake_vector::Metric;

use super::{FunctionCall, text};
use crate::error::{LakeError, Result};
use crate::lake::{SnapshotSelector, timestamp_micros};
use crate::search::{Found, FoundRow, RowKey, TextSearch, VectorSearch};
use crate::session::Session;
use crate::sql::types::quoted_always;
use crate::sql::{Command, parse};

/// Rows that are found where `k` is not given.
const ROWS: usize = 10;
/// Rows of each kind that a hybrid search joins, for each row wanted, and at least.
const DEPTH: (usize, usize) = (5, 50);
/// How much ranks far down count (Cormack, Clarke, Büttcher: Reciprocal Rank Fusion, 2009).
const RANK_CONSTANT: f32 = 60.0;

/// Runs a call; `None` where it is none of these.
pub(super) async fn call(session: &Session, call: &FunctionCall) -> Result<Option<RecordBatch>> {
    let arguments = Arguments { session, call };
    let found = match call.name.as_str() {
        "vector_search" => {
            arguments.check(3, "table, column, vector", &["k", "ef", "metric", "filter", "version", "timestamp"])?;
            arguments.vector_search(1, arguments.k()?).await?
        }
        "text_search" => {
            arguments.check(3, "table, columns, words", &["k", "filter", "version", "timestamp"])?;
            arguments.text_search(1, arguments.k()?, arguments.snapshot()?).await?
        }
        "hybrid_search" => {
            let usage = "table, vector column, vector, text columns, words";
            let named = ["k", "ef", "metric", "filter", "version", "timestamp", "vector_weight", "text_weight"];
            arguments.check(5, usage, &named)?;
            arguments.hybrid_search().await?
        }
        _ => return Ok(None),
    };
    let table = found.table();
    let own: Vec<String> = table.columns().iter().map(|column| column.name.clone()).collect();
    let names: Vec<&str> = own.iter().map(String::as_str).collect();
    let rows = found.rows(session, &names).await?;
    let scores: ArrayRef = Arc::new(found.rows.iter().map(|row| row.score).collect::<Float32Array>());
    let row_ids = Arc::clone(rows.column(names.len()));
    let mut fields = vec![Field::new("rowid", DataType::Int64, true), Field::new("score", DataType::Float32, false)];
    fields.extend(rows.schema().fields().iter().take(names.len()).map(|field| field.as_ref().clone()));
    let arrays = [row_ids, scores].into_iter().chain(rows.columns()[..names.len()].iter().cloned());
    Ok(Some(RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays.collect())?))
}

struct Arguments<'a> {
    session: &'a Session,
    call: &'a FunctionCall,
}

impl Arguments<'_> {
    fn usage(&self, message: impl std::fmt::Display) -> LakeError {
        LakeError::usage(format!("{}: {message}", self.call.name))
    }

    fn check(&self, positional: usize, usage: &str, named: &[&str]) -> Result<()> {
        if self.call.args.len() != positional {
            return Err(self.usage(format!("takes {positional} arguments ({usage}), not {}", self.call.args.len())));
        }
        match self.call.named.keys().find(|name| !named.contains(&name.as_str())) {
            Some(unknown) => {
                Err(self.usage(format!("does not know the argument '{unknown}'; there are {}", named.join(", "))))
            }
            None => Ok(()),
        }
    }

    fn text(&self, index: usize, what: &str) -> Result<String> {
        self.call.text(index).ok_or_else(|| self.usage(format!("{what} is missing")))
    }

    fn count(&self, name: &str) -> Result<Option<usize>> {
        let Some(given) = self.call.named_text(name) else { return Ok(None) };
        match given.parse() {
            Ok(count) if count > 0 => Ok(Some(count)),
            _ => Err(self.usage(format!("{name} has to be a whole number above 0, not {given}"))),
        }
    }

    fn k(&self) -> Result<usize> {
        Ok(self.count("k")?.unwrap_or(ROWS))
    }

    fn weight(&self, name: &str) -> Result<f32> {
        let Some(given) = self.call.named_text(name) else { return Ok(1.0) };
        match given.parse::<f32>() {
            Ok(weight) if weight.is_finite() && weight >= 0.0 => Ok(weight),
            _ => Err(self.usage(format!("{name} has to be a number of 0 or more, not {given}"))),
        }
    }

    fn snapshot(&self) -> Result<SnapshotSelector> {
        match (self.call.named_text("version"), self.call.named_text("timestamp")) {
            (Some(version), None) => match version.parse() {
                Ok(version) => Ok(SnapshotSelector::Version(version)),
                Err(_) => Err(self.usage(format!("'{version}' is no snapshot id"))),
            },
            (None, Some(time)) => Ok(SnapshotSelector::Timestamp(timestamp_micros(&time)?)),
            (None, None) => Ok(SnapshotSelector::Latest),
            (Some(_), Some(_)) => Err(self.usage("takes a version or a timestamp, not both")),
        }
    }

    /// The condition of `filter => '…'`, as the engine understands it in a WHERE of the table.
    async fn filter(&self, table: &str) -> Result<Option<Expr>> {
        let Some(condition) = self.call.named_text("filter") else { return Ok(None) };
        let wrong = || self.usage(format!("'{condition}' is no condition"));
        let parts = datafusion::common::TableReference::parse_str_normalized(table, true).to_vec();
        let quoted: Vec<String> = parts.iter().map(|part| quoted_always(part)).collect();
        let sql = format!("SELECT 1 FROM {} WHERE (\n{condition}\n)", quoted.join("."));
        let Command::Query(_) = parse(&sql)? else { return Err(wrong()) };
        let plan = Box::pin(self.session.sql(&sql)).await?.into_unoptimized_plan();
        let LogicalPlan::Projection(projection) = plan else { return Err(wrong()) };
        let LogicalPlan::Filter(filter) = projection.input.as_ref() else { return Err(wrong()) };
        Ok(Some(filter.predicate.clone()))
    }

    fn vector(&self, index: usize) -> Result<Vec<f32>> {
        let wrong = || self.usage("the vector has to be a list of numbers, such as embed('words')");
        let value = self.call.args.get(index).ok_or_else(wrong)?;
        let list = DataType::List(Arc::new(Field::new("element", DataType::Float32, true)));
        let is_list =
            matches!(value.data_type(), DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(..));
        let array = value.cast_to(&list).ok().filter(|_| is_list && !value.is_null()).ok_or_else(wrong)?.to_array()?;
        let values = array.as_list::<i32>().value(0);
        let values = values.as_primitive::<Float32Type>();
        values.iter().collect::<Option<Vec<f32>>>().ok_or_else(wrong)
    }

    /// A list of names, or names between commas; `*`, an empty text and NULL are all that an index has.
    fn columns(&self, index: usize) -> Result<Vec<(String, f32)>> {
        let given = self.call.args.get(index).cloned().unwrap_or(ScalarValue::Null);
        let names: Vec<String> = match &given {
            list if matches!(list.data_type(), DataType::List(_) | DataType::LargeList(_)) && !list.is_null() => {
                let array =
                    list.cast_to(&DataType::List(Arc::new(Field::new("element", DataType::Utf8, true))))?.to_array()?;
                let values = array.as_list::<i32>().value(0);
                values.as_string::<i32>().iter().flatten().map(str::to_string).collect()
            }
            other => match text(other) {
                None => Vec::new(),
                Some(text) if text.trim() == "*" => Vec::new(),
                Some(text) => {
                    text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_string).collect()
                }
            },
        };
        Ok(names.into_iter().map(|name| (name, 1.0)).collect())
    }

    async fn vector_search(&self, first: usize, k: usize) -> Result<Found> {
        let table = self.text(0, "the table")?;
        let metric = match self.call.named_text("metric") {
            Some(name) => Some(
                name.parse::<Metric>()
                    .map_err(|_| self.usage(format!("'{name}' is no metric: there are cosine, l2sq and ip")))?,
            ),
            None => None,
        };
        let search = VectorSearch {
            column: self.text(first, "the column")?,
            query: self.vector(first + 1)?,
            metric,
            k,
            ef: self.count("ef")?,
            filter: self.filter(&table).await?,
            snapshot: self.snapshot()?,
            rescore: true,
            table,
        };
        self.session.vector_search(&search).await
    }

    async fn text_search(&self, first: usize, k: usize, snapshot: SnapshotSelector) -> Result<Found> {
        let table = self.text(0, "the table")?;
        let search = TextSearch {
            query: TextQuery::parse(&self.text(first + 1, "the text")?),
            columns: self.columns(first)?,
            k,
            filter: self.filter(&table).await?,
            snapshot,
            table,
        };
        self.session.text_search(&search).await
    }

    async fn hybrid_search(&self) -> Result<Found> {
        let k = self.k()?;
        let depth = k.saturating_mul(DEPTH.0).max(DEPTH.1);
        let (vector_weight, text_weight) = (self.weight("vector_weight")?, self.weight("text_weight")?);
        let near = self.vector_search(1, depth).await?;
        // Positions of rows hold for one snapshot, whoever commits meanwhile; a transaction sees its own.
        let view = near.table().view();
        let snapshot = match view.local {
            Some(_) => SnapshotSelector::Latest,
            None => SnapshotSelector::Version(view.snapshot.id),
        };
        let words = self.text_search(3, depth, snapshot).await?;
        let rows = fuse(&[(&near.rows, vector_weight), (&words.rows, text_weight)], k);
        Ok(words.with_rows(rows))
    }
}

/// Joins rankings: a row counts the more the further up it is, in each of them.
fn fuse(rankings: &[(&[FoundRow], f32)], k: usize) -> Vec<FoundRow> {
    let mut scores: HashMap<RowKey, f32> = HashMap::new();
    for (rows, weight) in rankings {
        for (rank, row) in rows.iter().enumerate() {
            *scores.entry(row.key).or_default() += weight / (RANK_CONSTANT + 1.0 + rank as f32);
        }
    }
    let mut rows: Vec<FoundRow> = scores.into_iter().map(|(key, score)| FoundRow { key, score }).collect();
    rows.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.key.cmp(&b.key)));
    rows.truncate(k);
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_both_find_come_first() {
        let row = |position| FoundRow { key: RowKey { file: 1, position }, score: 0.0 };
        let (a, b) = ([row(1), row(2), row(3)], [row(3), row(4)]);
        let order = |rows: Vec<FoundRow>| rows.iter().map(|row| row.key.position).collect::<Vec<_>>();
        assert_eq!(order(fuse(&[(&a, 1.0), (&b, 1.0)], 10)), [3, 1, 2, 4]);
        assert_eq!(order(fuse(&[(&a, 0.0), (&b, 1.0)], 2)), [3, 4]);
        assert_eq!(order(fuse(&[(&a, 1.0), (&[], 1.0)], 2)), [1, 2]);
    }
}

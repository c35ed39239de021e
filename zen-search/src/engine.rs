//! The searches of the engine, over one table of a lake at one moment.

use std::collections::{HashMap, HashSet};

use datafusion::prelude::Expr;
use ducklake_scan::{Found, RowKey, TextSearch, VectorSearch};
use ducklake_text::TextQuery;
use serde::de::DeserializeOwned;

use crate::error::Result;
use crate::kept::Reading;
use crate::lakes::{Moment, table};

/// A table of `zen` with the rows of it that count.
#[derive(Debug, Clone)]
pub(crate) struct Searched {
    pub(crate) moment: Moment,
    pub(crate) table: &'static str,
    pub(crate) filter: Option<Expr>,
}

impl Searched {
    /// The best rows by words, by BM25; what a hit in a column counts is beside it.
    pub(crate) async fn words(&self, query: TextQuery, columns: &[(&str, f32)], k: usize) -> Result<Found> {
        let search = TextSearch {
            table: table(self.table),
            query,
            columns: columns.iter().map(|(column, boost)| ((*column).to_owned(), *boost)).collect(),
            k,
            filter: self.filter.clone(),
            snapshot: self.moment.selector(),
        };
        Ok(self.moment.lake.session().text_search(&search).await?)
    }

    /// The nearest rows, by the cosine of the angle. Distances are the index's own: vectors themselves are not read.
    pub(crate) async fn nearest(&self, vector: &[f32], k: usize) -> Result<Found> {
        let search = VectorSearch {
            table: table(self.table),
            column: "embedding".into(),
            query: vector.to_vec(),
            metric: None,
            k,
            ef: None,
            filter: self.filter.clone(),
            snapshot: self.moment.selector(),
            rescore: false,
        };
        Ok(self.moment.lake.session().vector_search(&search).await?)
    }

    /// Columns of found rows, each row once. All lists are of this table.
    pub(crate) async fn rows<T: DeserializeOwned>(
        &self,
        found: &[&Found],
        columns: &[&str],
    ) -> Result<HashMap<RowKey, T>> {
        let Some(any) = found.first() else { return Ok(HashMap::new()) };
        let mut seen = HashSet::new();
        let all = found.iter().flat_map(|found| &found.rows).map(|row| row.key);
        let keys: Vec<RowKey> = all.filter(|key| seen.insert(*key)).collect();
        if keys.is_empty() {
            return Ok(HashMap::new());
        }
        let lake = &self.moment.lake;
        let reading = Reading { session: lake.session(), table: self.table, found: any, columns };
        let batch = lake.kept_files().rows(&reading, &keys).await?;
        let values: Vec<T> = zen_indexer::lake::structs(self.table, &[batch])?;
        Ok(keys.into_iter().zip(values).collect())
    }
}

//! Indexes to create.

use ducklake_format::Column;

use super::definition::{ColumnRef, FtsColumn, IndexKind, Metric, Refresh, TextKind};
use crate::error::{LakeError, Result};
use crate::lake::same_name;
use crate::sql::names::similar;

/// An index to create: what `CREATE INDEX` says.
#[derive(Debug, Clone, PartialEq)]
pub struct NewIndex {
    pub(crate) name: String,
    pub(crate) refresh: Refresh,
    kind: NewKind,
}

#[derive(Debug, Clone, PartialEq)]
enum NewKind {
    Hnsw { column: String, options: HnswOptions },
    Fts { columns: Vec<TextColumn> },
}

/// How a graph of nearest neighbours is built. The defaults are those of DuckDB's vss extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HnswOptions {
    /// What is near; [`Metric::L2sq`] by default.
    pub metric: Metric,
    /// Neighbours of a node, 2 to 128; 16 by default.
    pub m: usize,
    /// Candidates looked at for each new node, 4 to 10,000; 128 by default.
    pub ef_construction: usize,
}

impl Default for HnswOptions {
    fn default() -> Self {
        Self { metric: Metric::L2sq, m: 16, ef_construction: 128 }
    }
}

/// A text column to index.
#[derive(Debug, Clone, PartialEq)]
pub struct TextColumn {
    /// Its name.
    pub column: String,
    /// How its text is cut into words.
    pub text: TextKind,
    /// What a hit in it counts, beside hits in the other columns.
    pub boost: f32,
}

impl TextColumn {
    /// A column of this kind of text, whose hits count once.
    pub fn new(column: impl Into<String>, text: TextKind) -> Self {
        Self { column: column.into(), text, boost: 1.0 }
    }
}

impl NewIndex {
    /// Nearest neighbours among the vectors of a `FLOAT[]` column.
    pub fn hnsw(name: impl Into<String>, column: impl Into<String>, options: HnswOptions) -> Self {
        let kind = NewKind::Hnsw { column: column.into(), options };
        Self { name: name.into(), refresh: Refresh::Commit, kind }
    }

    /// Full text of `VARCHAR` columns.
    pub fn fts(name: impl Into<String>, columns: impl IntoIterator<Item = TextColumn>) -> Self {
        let kind = NewKind::Fts { columns: columns.into_iter().collect() };
        Self { name: name.into(), refresh: Refresh::Commit, kind }
    }

    /// When segments are made; after each commit unless said here.
    #[must_use]
    pub fn refreshed(self, refresh: Refresh) -> Self {
        Self { refresh, ..self }
    }

    /// What is indexed, on a table that has these columns.
    ///
    /// # Errors
    /// [`LakeError::Usage`] for columns that are missing, of other types or there twice, and options out of range.
    pub(crate) fn kind_on(&self, table: &str, columns: &[Column]) -> Result<IndexKind> {
        let find = |name: &str| {
            let column =
                columns.iter().find(|c| c.name == name).or_else(|| columns.iter().find(|c| same_name(&c.name, name)));
            column.map(|column| ColumnRef { field_id: column.id }).ok_or_else(|| LakeError::Usage {
                message: format!("table '{table}' has no column '{name}'"),
                hint: did_you_mean(name, columns.iter().map(|c| c.name.as_str())),
            })
        };
        let kind = match &self.kind {
            NewKind::Hnsw { column, options: HnswOptions { metric, m, ef_construction } } => {
                let (metric, m, ef_construction) = (*metric, *m, *ef_construction);
                IndexKind::Hnsw { column: find(column)?, metric, m, ef_construction }
            }
            NewKind::Fts { columns } => {
                let column = |c: &TextColumn| Ok(FtsColumn { column: find(&c.column)?, text: c.text, boost: c.boost });
                IndexKind::Fts { columns: columns.iter().map(column).collect::<Result<_>>()? }
            }
        };
        let wrong = |why: String| LakeError::usage(format!("index '{}' cannot be made: {why}", self.name));
        kind.check().map_err(wrong)?;
        if let Some(why) = kind.misfit(columns) {
            return Err(wrong(why));
        }
        let used = kind.columns();
        match used.iter().enumerate().find(|(at, column)| used[..*at].contains(column)) {
            Some(_) => Err(wrong("a column is there twice".to_string())),
            None => Ok(kind),
        }
    }
}

/// A hint at names like one that is not known.
pub(crate) fn did_you_mean<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    let similar = similar(name, known);
    (!similar.is_empty()).then(|| format!("did you mean {}?", similar.join(" or ")))
}

#[cfg(test)]
mod tests {
    use ducklake_format::LakeType;

    use super::*;

    fn columns() -> Vec<Column> {
        let column = |id, name: &str, lake_type| Column {
            id,
            name: name.to_string(),
            lake_type,
            initial_default: None,
            default_value: None,
            default_value_type: None,
            nulls_allowed: true,
            children: Vec::new(),
        };
        vec![
            column(1, "title", LakeType::Varchar),
            column(2, "n", LakeType::Int32),
            column(5, "v", LakeType::List(Box::new(LakeType::Float32))),
        ]
    }

    #[test]
    fn columns_are_found_by_name_and_kept_by_id() {
        let index = NewIndex::hnsw("i", "V", HnswOptions::default());
        let kind = index.kind_on("t", &columns()).unwrap();
        assert_eq!(kind.columns(), [ColumnRef { field_id: 5 }]);
        assert_eq!(kind.misfit(&columns()), None);
        let later: Vec<Column> = columns().into_iter().filter(|c| c.name != "v").collect();
        assert!(kind.misfit(&later).unwrap().contains("dropped"));
    }

    #[test]
    fn what_cannot_be_indexed_is_refused() {
        let text = |names: &[&str]| names.iter().map(|n| TextColumn::new(*n, TextKind::Text)).collect::<Vec<_>>();
        let options = |m, ef_construction| HnswOptions { m, ef_construction, ..HnswOptions::default() };
        for (index, expected) in [
            (NewIndex::hnsw("i", "n", HnswOptions::default()), "column 'n' is INTEGER, and has to be FLOAT[]"),
            (NewIndex::hnsw("i", "w", HnswOptions::default()), "table 't' has no column 'w'"),
            (NewIndex::hnsw("i", "v", options(1, 128)), "m must be from 2 to 128, not 1"),
            (NewIndex::hnsw("i", "v", options(16, 0)), "ef_construction must be from 8 to 4096, not 0"),
            (NewIndex::fts("i", text(&["title", "v"])), "column 'v' is FLOAT[], and has to be VARCHAR"),
            (NewIndex::fts("i", text(&["title", "TITLE"])), "a column is there twice"),
            (NewIndex::fts("i", text(&[])), "the number of columns must be from 1"),
        ] {
            let error = index.kind_on("t", &columns()).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
        let typo = NewIndex::fts("i", text(&["titel"])).kind_on("t", &columns()).unwrap_err();
        assert!(matches!(typo, LakeError::Usage { hint: Some(hint), .. } if hint == "did you mean title?"));
    }
}

//! MERGE: rows of a source meet those of a table.

use super::rows::Rows;
use super::tables::table_name;
use super::transaction::LakeTransaction;
use crate::error::{LakeError, Result};
use crate::sql::write::queries::{expression, source_factor};
use crate::sql::write::{
    Merge as MergeStatement, MergeAction, MergeClause, MergeOn, MergeValues, MergeWhen, TableTarget,
};

/// What statements call the source's rows.
const SOURCE: &str = "source";
/// What conditions call the table.
const TARGET: &str = "target";

/// A MERGE of rows into a table: what to do with rows that meet, and with those that do not.
///
/// For each row the first fitting `when_…` is done. Conditions are SQL text that calls the two sides `source` and
/// `target`: `"source.deleted"`. Columns go by name: an update leaves those alone that the source has not, an insert
/// gives them their defaults.
#[derive(Debug, Clone)]
pub struct Merge {
    table: String,
    source: Rows,
    on: Vec<String>,
    clauses: Vec<(MergeWhen, Option<String>, Action)>,
}

#[derive(Debug, Clone, Copy)]
enum Action {
    Update,
    Delete,
    Insert,
}

impl Merge {
    /// A merge of `source` into `table`: rows meet where these columns, which both have, are equal.
    pub fn new(table: &str, source: impl Into<Rows>, on: &[&str]) -> Self {
        let on = on.iter().map(|name| name.to_string()).collect();
        Self { table: table.to_string(), source: source.into(), on, clauses: Vec::new() }
    }

    fn when(mut self, when: MergeWhen, condition: Option<&str>, action: Action) -> Self {
        self.clauses.push((when, condition.map(str::to_string), action));
        self
    }

    /// Rows that meet take all values of the source.
    pub fn when_matched_update_all(self) -> Self {
        self.when(MergeWhen::Matched, None, Action::Update)
    }

    /// Rows that meet, and for which the condition holds, take all values of the source.
    pub fn when_matched_update_all_if(self, condition: &str) -> Self {
        self.when(MergeWhen::Matched, Some(condition), Action::Update)
    }

    /// Rows that meet are deleted.
    pub fn when_matched_delete(self) -> Self {
        self.when(MergeWhen::Matched, None, Action::Delete)
    }

    /// Rows that meet, and for which the condition holds, are deleted.
    pub fn when_matched_delete_if(self, condition: &str) -> Self {
        self.when(MergeWhen::Matched, Some(condition), Action::Delete)
    }

    /// Rows that only the source has are inserted.
    pub fn when_not_matched_insert_all(self) -> Self {
        self.when(MergeWhen::NotMatchedByTarget, None, Action::Insert)
    }

    /// Rows that only the source has, and for which the condition holds, are inserted.
    pub fn when_not_matched_insert_all_if(self, condition: &str) -> Self {
        self.when(MergeWhen::NotMatchedByTarget, Some(condition), Action::Insert)
    }

    /// Rows that only the table has are deleted.
    pub fn when_not_matched_by_source_delete(self) -> Self {
        self.when(MergeWhen::NotMatchedBySource, None, Action::Delete)
    }

    fn statement(&self) -> Result<MergeStatement> {
        let clause = |(when, condition, action): &(MergeWhen, Option<String>, Action)| -> Result<MergeClause> {
            Ok(MergeClause {
                when: *when,
                condition: condition.as_deref().map(expression).transpose()?,
                action: match action {
                    Action::Update => MergeAction::Update(MergeValues::SourceByName),
                    Action::Delete => MergeAction::Delete,
                    Action::Insert => MergeAction::Insert(MergeValues::SourceByName),
                },
            })
        };
        if self.on.is_empty() {
            return Err(LakeError::usage("a merge needs columns to meet on"));
        }
        if self.clauses.is_empty() {
            return Err(LakeError::usage("a merge needs something to do: add when_matched_… or when_not_matched_…"));
        }
        Ok(MergeStatement {
            with: None,
            table: TableTarget { name: table_name(&self.table)?, alias: Some(TARGET.to_string()) },
            source: source_factor(SOURCE),
            on: MergeOn::Using(self.on.clone()),
            clauses: self.clauses.iter().map(clause).collect::<Result<_>>()?,
        })
    }
}

impl LakeTransaction {
    /// Merges rows into a table; gives how many were updated, deleted and inserted.
    ///
    /// # Errors
    /// Unknown columns, values that do not fit, and the source's own.
    pub async fn merge(&mut self, merge: Merge) -> Result<u64> {
        let statement = merge.statement()?;
        let session = self.session();
        session.set_source(SOURCE, Some(merge.source.into_table()?));
        let done = session.merge(session.open(), statement).await;
        session.set_source(SOURCE, None);
        done
    }
}

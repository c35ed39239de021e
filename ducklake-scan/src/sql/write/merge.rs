//! MERGE INTO.

use datafusion::sql::sqlparser::ast;
use datafusion::sql::sqlparser::tokenizer::Token;

use super::cursor::Cursor;
use super::dml::new_value;
use super::statement::{Merge, MergeAction, MergeClause, MergeOn, MergeValues, MergeWhen, NewValue, WriteStatement};
use crate::error::{LakeError, Result};

impl Cursor<'_> {
    /// What follows MERGE.
    pub(super) fn merge(&mut self, with: Option<ast::With>) -> Result<WriteStatement> {
        self.expect_words(&["INTO"])?;
        let table = self.target()?;
        self.expect_words(&["USING"])?;
        let source = self.table_factor()?;
        let on = if self.take_word("ON") {
            MergeOn::Expr(self.expr()?)
        } else {
            self.expect_words(&["USING"])?;
            MergeOn::Using(self.idents_in_parentheses()?)
        };
        let mut clauses = Vec::new();
        while self.take_word("WHEN") {
            clauses.push(self.merge_clause()?);
        }
        if clauses.is_empty() {
            return Err(self.unexpected("WHEN MATCHED or WHEN NOT MATCHED"));
        }
        self.refuse_returning()?;
        Ok(WriteStatement::Merge(Box::new(Merge { with, table, source, on, clauses })))
    }

    fn merge_clause(&mut self) -> Result<MergeClause> {
        let when = if self.take_word("MATCHED") {
            MergeWhen::Matched
        } else {
            self.expect_words(&["NOT", "MATCHED"])?;
            if self.take_words(&["BY", "SOURCE"]) {
                MergeWhen::NotMatchedBySource
            } else {
                self.take_words(&["BY", "TARGET"]);
                MergeWhen::NotMatchedByTarget
            }
        };
        let condition = if self.take_word("AND") { Some(self.expr()?) } else { None };
        self.expect_words(&["THEN"])?;
        let action = self.merge_action()?;
        match (when, &action) {
            (MergeWhen::NotMatchedByTarget, MergeAction::Update(_) | MergeAction::Delete) => {
                Err(LakeError::usage("WHEN NOT MATCHED BY TARGET has no row that could be updated or deleted"))
            }
            (
                MergeWhen::NotMatchedBySource,
                MergeAction::Update(MergeValues::SourceByName | MergeValues::SourceByPosition)
                | MergeAction::Insert(MergeValues::SourceByName | MergeValues::SourceByPosition),
            ) => Err(LakeError::usage("WHEN NOT MATCHED BY SOURCE has no source row to take values from")),
            _ => Ok(MergeClause { when, condition, action }),
        }
    }

    fn merge_action(&mut self) -> Result<MergeAction> {
        let Some(verb) = self.take_one_of(&["UPDATE", "DELETE", "INSERT", "DO", "ERROR"]) else {
            return Err(self.unexpected("UPDATE, DELETE, INSERT, DO NOTHING or ERROR"));
        };
        Ok(match verb.as_str() {
            "UPDATE" => MergeAction::Update(self.merge_update()?),
            "INSERT" => MergeAction::Insert(self.merge_insert()?),
            "DELETE" => MergeAction::Delete,
            "DO" => {
                self.expect_words(&["NOTHING"])?;
                MergeAction::DoNothing
            }
            _ if self.clause_ends() => MergeAction::Error(None),
            _ => MergeAction::Error(Some(self.expr()?)),
        })
    }

    fn clause_ends(&self) -> bool {
        self.at_end() || self.at(&["WHEN"]) || self.at(&["RETURNING"])
    }

    /// What follows UPDATE: nothing stands for all columns.
    fn merge_update(&mut self) -> Result<MergeValues> {
        if !self.take_word("SET") {
            return self.source_values();
        }
        if self.take(&Token::Mul) {
            return Ok(MergeValues::SourceByPosition);
        }
        Ok(MergeValues::Columns(self.assignments()?))
    }

    /// What follows INSERT: nothing stands for all columns.
    fn merge_insert(&mut self) -> Result<MergeValues> {
        if self.take_words(&["DEFAULT", "VALUES"]) {
            return Ok(MergeValues::Defaults);
        }
        if self.take_word("VALUES") {
            return Ok(MergeValues::Positional(self.values()?));
        }
        if self.peek(0) != &Token::LParen {
            return self.source_values();
        }
        let columns = self.idents_in_parentheses()?;
        self.expect_words(&["VALUES"])?;
        let values = self.values()?;
        if values.len() != columns.len() {
            return Err(LakeError::usage(format!(
                "INSERT names {} columns for {} values",
                columns.len(),
                values.len()
            )));
        }
        Ok(MergeValues::Columns(columns.into_iter().zip(values).collect()))
    }

    fn values(&mut self) -> Result<Vec<NewValue>> {
        self.expect(&Token::LParen)?;
        self.list(|cursor| Ok(new_value(cursor.expr()?)))
    }

    /// `[BY NAME | BY POSITION] [*]`.
    fn source_values(&mut self) -> Result<MergeValues> {
        let by_name = self.by_name()?.unwrap_or(false);
        self.take(&Token::Mul);
        Ok(if by_name { MergeValues::SourceByName } else { MergeValues::SourceByPosition })
    }
}

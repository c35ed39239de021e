//! INSERT, COPY, DELETE, TRUNCATE, UPDATE and CALL.

use datafusion::sql::sqlparser::ast;
use datafusion::sql::sqlparser::tokenizer::Token;

use super::cursor::{Cursor, refused};
use super::statement::{
    Call, Copy, CopyTo, Delete, Insert, InsertSource, NewValue, TableTarget, Update, WriteStatement, is_default,
};
use crate::error::{LakeError, Result};

/// Words that end a table's name rather than being its alias.
const NOT_AN_ALIAS: [&str; 9] = ["SET", "USING", "WHERE", "VALUES", "FROM", "RETURNING", "ON", "WHEN", "AS"];

/// All rows of a table, of some columns.
fn whole_table(table: &[String], columns: &[String]) -> Result<Box<ast::Query>> {
    let quoted = |names: &[String]| names.iter().map(|n| crate::sql::types::quoted_always(n)).collect::<Vec<_>>();
    let columns = if columns.is_empty() { "*".to_string() } else { quoted(columns).join(", ") };
    Cursor::new(&format!("SELECT {columns} FROM {}", quoted(table).join(".")))?.query()
}

impl Cursor<'_> {
    /// A table with its alias.
    pub(super) fn target(&mut self) -> Result<TableTarget> {
        let name = self.name()?;
        let named = self.take_word("AS")
            || (matches!(self.peek(0), Token::Word(_))
                && !self.peek_word(0).is_some_and(|word| NOT_AN_ALIAS.contains(&word.as_str())));
        let alias = if named { Some(self.ident()?) } else { None };
        Ok(TableTarget { name, alias })
    }

    pub(super) fn refuse_returning(&self) -> Result<()> {
        if self.at(&["RETURNING"]) {
            return Err(refused("RETURNING", "read the rows with SELECT in the same transaction"));
        }
        Ok(())
    }

    fn filter(&mut self) -> Result<Option<ast::Expr>> {
        let filter = if self.take_word("WHERE") { Some(self.expr()?) } else { None };
        self.refuse_returning()?;
        Ok(filter)
    }

    /// What follows INSERT.
    pub(super) fn insert(&mut self, with: Option<ast::With>) -> Result<WriteStatement> {
        if self.at(&["OR"]) {
            return Err(refused("INSERT OR REPLACE and INSERT OR IGNORE", "MERGE INTO does both"));
        }
        self.expect_words(&["INTO"])?;
        let table = self.name()?;
        if self.take_word("AS") {
            // An alias is for ON CONFLICT alone.
            self.ident()?;
        }
        let by_name = self.by_name()?.unwrap_or(false);
        let columns = if self.at_column_list() { self.idents_in_parentheses()? } else { Vec::new() };
        if by_name && !columns.is_empty() {
            return Err(LakeError::usage("INSERT BY NAME takes its columns from the query: leave the list out"));
        }
        let source = self.insert_source(with, by_name, &columns)?;
        self.refuse_returning()?;
        if self.at(&["ON", "CONFLICT"]) {
            return Err(refused("ON CONFLICT", "MERGE INTO updates rows that are there"));
        }
        Ok(WriteStatement::Insert(Box::new(Insert { table, columns, by_name, source })))
    }

    /// `BY NAME` or `BY POSITION`: whether by name, `None` for neither.
    pub(super) fn by_name(&mut self) -> Result<Option<bool>> {
        if !self.take_word("BY") {
            return Ok(None);
        }
        match self.take_one_of(&["NAME", "POSITION"]) {
            Some(word) => Ok(Some(word == "NAME")),
            None => Err(self.unexpected("NAME or POSITION")),
        }
    }

    /// Whether a parenthesis opens a list of columns rather than a query.
    fn at_column_list(&self) -> bool {
        let starts_query = |word: &str| matches!(word, "SELECT" | "FROM" | "WITH" | "VALUES" | "TABLE");
        self.peek(0) == &Token::LParen
            && matches!(self.peek(1), Token::Word(_))
            && !self.peek_word(1).is_some_and(|word| starts_query(&word))
    }

    fn insert_source(&mut self, with: Option<ast::With>, by_name: bool, columns: &[String]) -> Result<InsertSource> {
        if self.take_words(&["DEFAULT", "VALUES"]) {
            if !columns.is_empty() || by_name {
                return Err(LakeError::usage("DEFAULT VALUES fills all columns: leave their names out"));
            }
            return Ok(InsertSource::DefaultValues);
        }
        let mut query = self.query()?;
        if by_name && matches!(query.body.as_ref(), ast::SetExpr::Values(_)) {
            return Err(LakeError::usage("INSERT BY NAME needs a query: VALUES have no names"));
        }
        query.with = match (with, query.with.take()) {
            (Some(mut outer), Some(inner)) => {
                outer.recursive |= inner.recursive;
                outer.cte_tables.extend(inner.cte_tables);
                Some(outer)
            }
            (outer, inner) => outer.or(inner),
        };
        Ok(InsertSource::Query(query))
    }

    /// What follows COPY.
    pub(super) fn copy(&mut self) -> Result<WriteStatement> {
        if self.take(&Token::LParen) {
            let query = self.query()?;
            self.expect(&Token::RParen)?;
            self.expect_words(&["TO"])?;
            return self.copy_to(query);
        }
        if self.at(&["FROM", "DATABASE"]) {
            return Err(refused("COPY FROM DATABASE", "COPY t FROM 'file' reads a file into a table"));
        }
        let table = self.name()?;
        let columns = if self.peek(0) == &Token::LParen { self.idents_in_parentheses()? } else { Vec::new() };
        if self.take_word("TO") {
            return self.copy_to(whole_table(&table, &columns)?);
        }
        self.expect_words(&["FROM"])?;
        let path = self.string()?;
        let options = self.copy_options()?;
        Ok(WriteStatement::Copy(Copy { table, columns, path, options }))
    }

    fn copy_to(&mut self, query: Box<ast::Query>) -> Result<WriteStatement> {
        let path = self.string()?;
        let options = self.copy_options()?;
        Ok(WriteStatement::CopyTo(CopyTo { query, path, options }))
    }

    fn copy_options(&mut self) -> Result<Vec<(String, String)>> {
        self.take_word("WITH");
        if self.take(&Token::LParen) { self.list(Cursor::copy_option) } else { Ok(Vec::new()) }
    }

    /// `name`, `name value` or `name = value`.
    fn copy_option(&mut self) -> Result<(String, String)> {
        let name = self.ident()?.to_uppercase();
        self.take(&Token::Eq);
        let ends = |token: &Token| matches!(token, Token::Comma | Token::RParen);
        let value = match self.peek(0) {
            token if ends(token) => String::new(),
            Token::SingleQuotedString(_) | Token::EscapedStringLiteral(_) | Token::DollarQuotedString(_)
                if ends(self.peek(1)) =>
            {
                self.string()?
            }
            Token::Word(_) if ends(self.peek(1)) => self.ident()?,
            _ => {
                let start = self.position();
                self.expr()?;
                self.text_since(start)
            }
        };
        Ok((name, value))
    }

    /// What follows DELETE.
    pub(super) fn delete(&mut self, with: Option<ast::With>) -> Result<WriteStatement> {
        self.expect_words(&["FROM"])?;
        let table = self.target()?;
        let using = if self.take_word("USING") { self.tables()? } else { Vec::new() };
        let filter = self.filter()?;
        Ok(WriteStatement::Delete(Box::new(Delete { with, table, using, filter })))
    }

    /// What follows TRUNCATE.
    pub(super) fn truncate(&mut self) -> Result<WriteStatement> {
        self.take_word("TABLE");
        Ok(WriteStatement::Truncate { table: self.name()? })
    }

    /// What follows UPDATE.
    pub(super) fn update(&mut self, with: Option<ast::With>) -> Result<WriteStatement> {
        let table = self.target()?;
        self.expect_words(&["SET"])?;
        let assignments = self.assignments()?;
        let from = if self.take_word("FROM") { self.tables()? } else { Vec::new() };
        let filter = self.filter()?;
        Ok(WriteStatement::Update(Box::new(Update { with, table, assignments, from, filter })))
    }

    /// `a = 1, (b, c) = (2, DEFAULT), …`, each column once.
    pub(super) fn assignments(&mut self) -> Result<Vec<(String, NewValue)>> {
        let mut assignments = Vec::new();
        loop {
            self.assignment(&mut assignments)?;
            if !self.take(&Token::Comma) {
                break;
            }
        }
        for (at, (column, _)) in assignments.iter().enumerate() {
            if assignments[..at].iter().any(|(other, _)| other.eq_ignore_ascii_case(column)) {
                return Err(LakeError::usage(format!("column '{column}' is assigned twice")));
            }
        }
        Ok(assignments)
    }

    fn assignment(&mut self, assignments: &mut Vec<(String, NewValue)>) -> Result<()> {
        if self.peek(0) != &Token::LParen {
            let column = self.ident()?;
            if self.peek(0) == &Token::Period {
                return Err(refused(
                    "SET of a qualified name",
                    "name the column alone; a struct is replaced as a whole",
                ));
            }
            self.expect(&Token::Eq)?;
            assignments.push((column, new_value(self.expr()?)));
            return Ok(());
        }
        let columns = self.idents_in_parentheses()?;
        self.expect(&Token::Eq)?;
        self.take_word("ROW");
        let values = match self.expr()? {
            ast::Expr::Tuple(values) => values,
            ast::Expr::Nested(value) => vec![*value],
            _ => return Err(refused("SET (…) = with anything but a list of values", "assign the columns one by one")),
        };
        if values.len() != columns.len() {
            return Err(LakeError::usage(format!("{} columns are assigned {} values", columns.len(), values.len())));
        }
        assignments.extend(columns.into_iter().zip(values.into_iter().map(new_value)));
        Ok(())
    }

    /// What follows CALL.
    pub(super) fn call(&mut self) -> Result<WriteStatement> {
        let mut call = Call { name: self.name()?, args: Vec::new(), named: Vec::new() };
        self.expect(&Token::LParen)?;
        let args = if self.take(&Token::RParen) { Vec::new() } else { self.list(Cursor::function_arg)? };
        for arg in args {
            match arg {
                ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(expr)) => call.args.push(expr),
                ast::FunctionArg::Named { name, arg: ast::FunctionArgExpr::Expr(expr), .. } => {
                    call.named.push((name.value.to_lowercase(), expr));
                }
                other => return Err(LakeError::usage(format!("'{other}' is no argument of CALL"))),
            }
        }
        Ok(WriteStatement::Call(call))
    }
}

/// DEFAULT or an expression.
pub(super) fn new_value(expr: ast::Expr) -> NewValue {
    if is_default(&expr) { NewValue::Default } else { NewValue::Expr(expr) }
}

#[cfg(test)]
mod tests;

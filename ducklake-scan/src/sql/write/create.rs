//! CREATE and DROP, and the columns of CREATE TABLE.

use datafusion::sql::sqlparser::ast;
use datafusion::sql::sqlparser::tokenizer::Token;

use super::cursor::{Cursor, refused};
use super::statement::{
    ColumnSpec, CreateMacro, CreateTable, CreateView, MacroBody, MacroOverload, MacroParameter, Name, WriteStatement,
};
use crate::error::{LakeError, Result};

const THERE_ARE: &str = "a lake has schemas, tables, views, macros and indexes";
const NO_CONSTRAINTS: &str = "DuckLake has NOT NULL and no other constraints";

/// The words around the name of a created object.
struct Created {
    or_replace: bool,
    if_not_exists: bool,
    temporary: bool,
}

impl Cursor<'_> {
    /// What follows CREATE.
    pub(super) fn create(&mut self) -> Result<WriteStatement> {
        let or_replace = self.take_words(&["OR", "REPLACE"]);
        let temporary = self.take_one_of(&["TEMP", "TEMPORARY"]).is_some();
        let kind = self.ident()?.to_uppercase();
        if temporary && kind != "TABLE" {
            return Err(LakeError::not_supported(format!("CREATE TEMPORARY {kind}")));
        }
        let if_not_exists = self.if_not_exists();
        if or_replace && if_not_exists {
            return Err(LakeError::usage("OR REPLACE and IF NOT EXISTS exclude each other"));
        }
        let created = Created { or_replace, if_not_exists, temporary };
        match kind.as_str() {
            "SCHEMA" if or_replace => Err(LakeError::not_supported("CREATE OR REPLACE SCHEMA")),
            "SCHEMA" => Ok(WriteStatement::CreateSchema { name: self.name()?, if_not_exists }),
            "TABLE" => self.create_table(&created),
            "VIEW" => self.create_view(&created),
            "MACRO" | "FUNCTION" => self.create_macro(&created),
            "INDEX" if or_replace => Err(refused("CREATE OR REPLACE INDEX", "DROP INDEX it first")),
            "INDEX" => self.create_index(if_not_exists),
            "UNIQUE" => Err(refused("CREATE UNIQUE INDEX", NO_CONSTRAINTS)),
            _ => Err(refused(format!("CREATE {kind}"), THERE_ARE)),
        }
    }

    /// What follows DROP.
    pub(super) fn drop_object(&mut self) -> Result<WriteStatement> {
        let kind = self.ident()?.to_uppercase();
        let is_table_macro = matches!(kind.as_str(), "MACRO" | "FUNCTION") && self.take_word("TABLE");
        let if_exists = self.if_exists();
        let name = self.name()?;
        if self.peek(0) == &Token::Comma {
            return Err(refused("DROP of several objects at once", "drop them one by one"));
        }
        let table = if kind == "INDEX" && self.take_word("ON") { Some(self.name()?) } else { None };
        let cascade = self.take_one_of(&["CASCADE", "RESTRICT"]).is_some_and(|word| word == "CASCADE");
        Ok(match kind.as_str() {
            "SCHEMA" => WriteStatement::DropSchema { name, if_exists, cascade },
            "TABLE" => WriteStatement::DropTable { name, if_exists },
            "VIEW" => WriteStatement::DropView { name, if_exists },
            "MACRO" | "FUNCTION" => WriteStatement::DropMacro { name, if_exists, is_table: is_table_macro },
            "INDEX" => WriteStatement::DropIndex { name, if_exists, table },
            _ => return Err(refused(format!("DROP {kind}"), THERE_ARE)),
        })
    }

    fn create_table(&mut self, created: &Created) -> Result<WriteStatement> {
        let mut table = CreateTable {
            name: self.name()?,
            or_replace: created.or_replace,
            if_not_exists: created.if_not_exists,
            temporary: created.temporary,
            ..CreateTable::default()
        };
        if self.take(&Token::LParen) {
            self.table_elements(&mut table)?;
        }
        loop {
            if self.take_words(&["PARTITIONED", "BY"]) {
                table.partitioned_by = self.partition_keys()?;
            } else if self.take_words(&["SORTED", "BY"]) {
                table.sorted_by = self.sort_keys()?;
            } else {
                break;
            }
        }
        if self.take_word("WITH") {
            return Err(refused("CREATE TABLE … WITH (…)", "CALL lake.set_option(…) sets options of a table"));
        }
        if self.take_word("AS") {
            if !table.columns.is_empty() {
                return Err(LakeError::usage("CREATE TABLE … AS takes its column types from the query"));
            }
            table.query = Some(self.query()?);
            table.without_data = self.take_words(&["WITH", "NO", "DATA"]);
            self.take_words(&["WITH", "DATA"]);
        } else if !table.column_names.is_empty() {
            return Err(LakeError::usage(format!("column '{}' has no type", table.column_names[0])));
        } else if table.columns.is_empty() {
            return Err(self.unexpected("'(' or AS"));
        }
        Ok(WriteStatement::CreateTable(Box::new(table)))
    }

    /// `name type …, …)` or `name, …)`.
    fn table_elements(&mut self, table: &mut CreateTable) -> Result<()> {
        let elements = self.list(|cursor| {
            cursor.refuse_constraint()?;
            let name = cursor.ident()?;
            let untyped = matches!(cursor.peek(0), Token::Comma | Token::RParen);
            let spec = if untyped { None } else { Some(cursor.column_spec(name.clone())?) };
            Ok((name, spec))
        })?;
        for (at, (name, _)) in elements.iter().enumerate() {
            if elements[..at].iter().any(|(other, _)| other.eq_ignore_ascii_case(name)) {
                return Err(LakeError::usage(format!("column '{name}' is there twice")));
            }
        }
        for (name, spec) in elements {
            match spec {
                Some(spec) => table.columns.push(spec),
                None => table.column_names.push(name),
            }
        }
        if !table.columns.is_empty() && !table.column_names.is_empty() {
            return Err(LakeError::usage(format!("column '{}' has no type", table.column_names[0])));
        }
        Ok(())
    }

    /// Complains about a constraint that starts here.
    pub(super) fn refuse_constraint(&mut self) -> Result<()> {
        let what = match self.peek_word(0).as_deref() {
            Some("PRIMARY") => "PRIMARY KEY",
            Some("UNIQUE") => "UNIQUE",
            Some("CHECK") => "CHECK",
            Some("FOREIGN" | "REFERENCES") => "FOREIGN KEY",
            Some("CONSTRAINT") => "CONSTRAINT",
            _ => return Ok(()),
        };
        Err(refused(what, NO_CONSTRAINTS))
    }

    /// What follows the name of a column.
    pub(super) fn column_spec(&mut self, name: String) -> Result<ColumnSpec> {
        self.refuse_generated()?;
        let mut spec = ColumnSpec { name, lake_type: self.lake_type()?, nullable: true, default: None };
        loop {
            self.refuse_constraint()?;
            self.refuse_generated()?;
            if self.take_words(&["NOT", "NULL"]) {
                spec.nullable = false;
            } else if self.take_word("NULL") {
                spec.nullable = true;
            } else if self.take_word("DEFAULT") {
                let expr = self.expr()?;
                // `DEFAULT 5 NOT NULL`: to the parser of expressions, the question whether 5 is not NULL.
                spec.default = Some(match expr {
                    ast::Expr::IsNotNull(inner) => {
                        spec.nullable = false;
                        *inner
                    }
                    ast::Expr::Collate { .. } => return Err(refused("COLLATE", "DuckLake has no collations")),
                    other => other,
                });
            } else if self.at(&["COLLATE"]) {
                return Err(refused("COLLATE", "DuckLake has no collations"));
            } else if self.at(&["USING", "COMPRESSION"]) {
                return Err(refused(
                    "USING COMPRESSION",
                    "CALL lake.set_option('parquet_compression', …) sets it for files",
                ));
            } else {
                return Ok(spec);
            }
        }
    }

    fn refuse_generated(&self) -> Result<()> {
        if self.at(&["GENERATED"]) || (self.at(&["AS"]) && self.peek(1) == &Token::LParen) {
            return Err(refused("a generated column", "a view can compute it"));
        }
        Ok(())
    }

    fn create_view(&mut self, created: &Created) -> Result<WriteStatement> {
        let name = self.name()?;
        let columns = if self.peek(0) == &Token::LParen { self.idents_in_parentheses()? } else { Vec::new() };
        self.expect_words(&["AS"])?;
        let start = self.position();
        let query = self.query()?;
        Ok(WriteStatement::CreateView(Box::new(CreateView {
            name,
            or_replace: created.or_replace,
            if_not_exists: created.if_not_exists,
            columns,
            sql: self.text_since(start),
            query,
        })))
    }

    fn create_macro(&mut self, created: &Created) -> Result<WriteStatement> {
        let name: Name = self.name()?;
        let mut overloads = Vec::new();
        let mut kinds = Vec::new();
        loop {
            let (overload, is_table) = self.macro_overload()?;
            overloads.push(overload);
            kinds.push(is_table);
            if !self.take(&Token::Comma) {
                break;
            }
        }
        let is_table = kinds.first().copied().unwrap_or_default();
        if kinds.iter().any(|kind| *kind != is_table) {
            return Err(LakeError::usage("a macro gives either values or tables, not both"));
        }
        Ok(WriteStatement::CreateMacro(Box::new(CreateMacro {
            name,
            or_replace: created.or_replace,
            if_not_exists: created.if_not_exists,
            overloads,
            is_table,
        })))
    }

    /// `(a, b := 1) AS body`, and whether the body is a table.
    fn macro_overload(&mut self) -> Result<(MacroOverload, bool)> {
        self.expect(&Token::LParen)?;
        let parameters = if self.take(&Token::RParen) { Vec::new() } else { self.list(Cursor::macro_parameter)? };
        check_parameters(&parameters)?;
        self.expect_words(&["AS"])?;
        let is_table = self.take_word("TABLE");
        let start = self.position();
        let body = if is_table { MacroBody::Table(self.query()?) } else { MacroBody::Value(self.expr()?) };
        Ok((MacroOverload { parameters, sql: self.text_since(start), body }, is_table))
    }

    fn macro_parameter(&mut self) -> Result<MacroParameter> {
        let name = self.ident()?;
        let lake_type = match self.peek(0) {
            Token::Word(_) => Some(self.lake_type()?),
            _ => None,
        };
        let has_default = self.take(&Token::Assignment) || self.take(&Token::RArrow);
        let default = if has_default { Some(self.expr()?) } else { None };
        Ok(MacroParameter { name, lake_type, default })
    }
}

/// Names are unique, and only the last parameters have defaults.
fn check_parameters(parameters: &[MacroParameter]) -> Result<()> {
    for (at, parameter) in parameters.iter().enumerate() {
        let before = &parameters[..at];
        let name = &parameter.name;
        if before.iter().any(|other| other.name.eq_ignore_ascii_case(name)) {
            return Err(LakeError::usage(format!("parameter '{name}' is there twice")));
        }
        if parameter.default.is_none() && before.iter().any(|other| other.default.is_some()) {
            return Err(LakeError::Usage {
                message: format!("parameter '{name}' has no default, but one before it has"),
                hint: Some("put parameters with defaults last".into()),
            });
        }
    }
    Ok(())
}

//! Statements that are about lakes rather than rows, told apart by their first words.

use std::time::Duration;

use datafusion::error::DataFusionError;
use datafusion::sql::parser::{DFParserBuilder, Statement};
use datafusion::sql::sqlparser::ast;
use datafusion::sql::sqlparser::parser::ParserError;
use datafusion::sql::sqlparser::tokenizer::{Token, Tokenizer};

use super::dialect::LakeDialect;
use super::from_first;
use super::statements::Local;
use super::write::{self, WriteStatement};
use crate::error::{LakeError, Result};

/// What one statement asks for.
#[derive(Debug)]
pub(crate) enum Command {
    /// Nothing: a comment, or an empty statement.
    Empty,
    /// `ATTACH 'ducklake:…' AS name (…)`, `ATTACH 'file.duckdb' AS name`.
    Attach(AttachOptions),
    /// `DETACH name`.
    Detach { name: String, if_exists: bool },
    /// `USE lake`, `USE schema`, `USE lake.schema`.
    Use(Vec<String>),
    /// `SHOW TABLES`; all schemas and lakes where `all`.
    ShowTables { all: bool, from: Option<String> },
    /// `SHOW INDEXES`, of one table where it is named.
    ShowIndexes(Option<Vec<String>>),
    /// `SHOW DATABASES`.
    ShowDatabases,
    /// `SHOW SCHEMAS`.
    ShowSchemas,
    /// `DESCRIBE t`.
    Describe(Vec<String>),
    /// `DESCRIBE SELECT …`.
    DescribeQuery(Box<Statement>),
    /// `SET TimeZone = '…'`.
    SetTimeZone(String),
    /// A query, or EXPLAIN of one.
    Query(Box<Statement>),
    /// A setting of DataFusion's.
    Setting(Box<Statement>),
    /// Something that changes a lake, or a transaction.
    Write(WriteStatement),
    /// A statement about the session.
    Local(Local),
}

/// What follows `ATTACH`.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct AttachOptions {
    pub(crate) uri: String,
    pub(crate) name: Option<String>,
    pub(crate) if_not_exists: bool,
    pub(crate) data_path: Option<String>,
    pub(crate) override_data_path: bool,
    pub(crate) metadata_schema: Option<String>,
    pub(crate) snapshot_version: Option<i64>,
    pub(crate) snapshot_time: Option<String>,
    pub(crate) encrypted: Option<bool>,
    pub(crate) read_only: bool,
    pub(crate) read_write: bool,
    /// `TYPE`: what the file is; DuckDB's bytes tell without it.
    pub(crate) kind: Option<String>,
    pub(crate) create_if_not_exists: Option<bool>,
    pub(crate) inlining_limit: Option<u64>,
    /// `WRITE_DELETION_VECTORS`.
    pub(crate) deletion_vectors: Option<bool>,
    pub(crate) busy_timeout: Option<Duration>,
    pub(crate) metadata_catalog: Option<String>,
}

/// Parses exactly one statement.
///
/// # Errors
/// Syntax errors, several statements, and statements that are not supported.
pub(crate) fn parse(sql: &str) -> Result<Command> {
    match Local::parse(sql)? {
        // Some calls change the lake; the others only read.
        Some(local @ Local::Short(_)) => match write::parse_call(sql)? {
            Some(call) => return Ok(Command::Write(call)),
            None => return Ok(Command::Local(local)),
        },
        Some(local) => return Ok(Command::Local(local)),
        None => {}
    }
    let syntax = |e: &dyn std::fmt::Display| LakeError::Usage { message: format!("{e}"), hint: None };
    let tokens = Tokenizer::new(&LakeDialect, sql).tokenize().map_err(|e| syntax(&e))?;
    let mut words =
        Words { tokens: tokens.into_iter().filter(|t| !matches!(t, Token::Whitespace(_))).collect(), at: 0 };
    while words.tokens.last() == Some(&Token::SemiColon) {
        words.tokens.pop();
    }
    let Some(first) = words.peek_word() else {
        return if words.tokens.is_empty() { Ok(Command::Empty) } else { statement(sql) };
    };
    match first.as_str() {
        "ATTACH" => attach(&mut words),
        "DETACH" => {
            words.take_word("DETACH");
            words.take_word("DATABASE");
            let if_exists = words.take_word("IF") && words.take_word("EXISTS");
            Ok(Command::Detach { name: words.name("DETACH")?, if_exists })
        }
        "USE" => {
            words.take_word("USE");
            Ok(Command::Use(words.names("USE")?))
        }
        "SHOW" => {
            words.take_word("SHOW");
            if words.take_word("ALL") && words.take_word("TABLES") {
                return Ok(Command::ShowTables { all: true, from: None });
            }
            if words.take_word("TABLES") {
                let from = (words.take_word("FROM") || words.take_word("IN"))
                    .then(|| words.name("SHOW TABLES FROM"))
                    .transpose()?;
                return Ok(Command::ShowTables { all: false, from });
            }
            if words.take_word("INDEXES") {
                let named = words.take_word("FROM") || words.take_word("IN");
                let table = if named { Some(words.names("SHOW INDEXES FROM")?) } else { None };
                words.end("SHOW INDEXES")?;
                return Ok(Command::ShowIndexes(table));
            }
            if words.take_word("DATABASES") {
                return Ok(Command::ShowDatabases);
            }
            if words.take_word("SCHEMAS") {
                return Ok(Command::ShowSchemas);
            }
            statement(sql)
        }
        "DESCRIBE" | "DESC" | "SUMMARIZE" => {
            if first == "SUMMARIZE" {
                return Err(LakeError::not_supported("SUMMARIZE"));
            }
            words.take_word(&first);
            words.take_word("TABLE");
            match words.peek_word().as_deref() {
                Some("SELECT" | "FROM" | "WITH" | "VALUES") => {
                    let rest = words.rest();
                    match statement(&rest)? {
                        Command::Query(query) => Ok(Command::DescribeQuery(query)),
                        _ => Err(LakeError::usage("only a table or a query can be described")),
                    }
                }
                None if words.at >= words.tokens.len() => Ok(Command::ShowTables { all: true, from: None }),
                _ => Ok(Command::Describe(words.names("DESCRIBE")?)),
            }
        }
        "SET" => {
            words.take_word("SET");
            for scope in ["SESSION", "GLOBAL", "LOCAL"] {
                words.take_word(scope);
            }
            let zone = words.take_word("TIMEZONE") || (words.take_word("TIME") && words.take_word("ZONE"));
            if !zone {
                return statement(sql);
            }
            if !words.take(&Token::Eq) {
                words.take_word("TO");
            }
            Ok(Command::SetTimeZone(words.text("SET TimeZone")?))
        }
        _ => match write::parse(sql)? {
            Some(write) => Ok(Command::Write(write)),
            None => statement(sql),
        },
    }
}

/// Parses a query of our own making.
pub(crate) fn parse_query(sql: &str) -> Result<Statement> {
    match statement(sql)? {
        Command::Query(query) => Ok(*query),
        _ => Err(LakeError::usage(format!("'{sql}' is no query"))),
    }
}

fn statement(sql: &str) -> Result<Command> {
    let tokens = from_first::tokens(sql).map_err(|e| LakeError::usage(format!("syntax error: {e}")))?;
    let mut statements = DFParserBuilder::new(tokens)
        .with_dialect(&LakeDialect)
        .with_recursion_limit(200)
        .build()
        .and_then(|mut parser| parser.parse_statements())
        .map_err(syntax_error)?;
    let Some(statement) = statements.pop_front() else { return Ok(Command::Empty) };
    if !statements.is_empty() {
        return Err(LakeError::usage("more than one statement at a time"));
    }
    match &statement {
        Statement::Explain(explain) => {
            let mut inner = explain.statement.as_ref();
            while let Statement::Explain(nested) = inner {
                inner = nested.statement.as_ref();
            }
            match inner {
                Statement::Statement(s) if matches!(s.as_ref(), ast::Statement::Query(_)) => {
                    Ok(Command::Query(Box::new(statement)))
                }
                _ => Err(LakeError::not_supported("EXPLAIN of anything but a query")),
            }
        }
        Statement::Reset(_) => Ok(Command::Setting(Box::new(statement))),
        Statement::Statement(inner) => match inner.as_ref() {
            ast::Statement::Query(_) | ast::Statement::Explain { .. } => Ok(Command::Query(Box::new(statement))),
            ast::Statement::Set(_) | ast::Statement::ShowVariable { .. } | ast::Statement::ShowVariables { .. } => {
                Ok(Command::Setting(Box::new(statement)))
            }
            other => Err(not_reading(&other.to_string())),
        },
        other => Err(not_reading(&other.to_string())),
    }
}

/// A parser's complaint without the types around it.
fn syntax_error(error: DataFusionError) -> LakeError {
    let message = match &error {
        DataFusionError::SQL(inner, _) => match inner.as_ref() {
            ParserError::TokenizerError(text) | ParserError::ParserError(text) => format!("syntax error: {text}"),
            ParserError::RecursionLimitExceeded => "the statement is nested too deeply".to_string(),
        },
        DataFusionError::Diagnostic(_, inner) => return syntax_error_of(inner),
        other => other.strip_backtrace(),
    };
    LakeError::Usage { message, hint: None }
}

fn syntax_error_of(error: &DataFusionError) -> LakeError {
    match error {
        DataFusionError::SQL(inner, _) => LakeError::Usage { message: format!("syntax error: {inner}"), hint: None },
        other => LakeError::Usage { message: other.strip_backtrace(), hint: None },
    }
}

/// Anything else.
fn not_reading(sql: &str) -> LakeError {
    let verb: Vec<&str> = sql.split_whitespace().take(1).collect();
    LakeError::NotSupported {
        what: format!("the statement {}", verb.join(" ").to_uppercase()),
        hint: Some(
            "there are SELECT, INSERT, UPDATE, DELETE, MERGE, COPY, CREATE, ALTER, DROP, BEGIN, COMMIT, ATTACH, USE, \
             SHOW, DESCRIBE, EXPLAIN, CALL and CHECKPOINT"
                .into(),
        ),
    }
}

fn attach(words: &mut Words) -> Result<Command> {
    words.take_word("ATTACH");
    words.take_word("DATABASE");
    let mut options = AttachOptions::default();
    if words.take_word("IF") {
        options.if_not_exists = words.take_word("NOT") && words.take_word("EXISTS");
    }
    options.uri = words.text("ATTACH")?;
    if words.take_word("AS") {
        options.name = Some(words.name("ATTACH … AS")?);
    }
    if words.take(&Token::LParen) {
        loop {
            let option = words.name("ATTACH option")?.to_uppercase();
            words.take(&Token::Eq);
            match option.as_str() {
                "DATA_PATH" => options.data_path = Some(words.text("DATA_PATH")?),
                "OVERRIDE_DATA_PATH" => options.override_data_path = words.flag(),
                "METADATA_SCHEMA" => options.metadata_schema = Some(words.text("METADATA_SCHEMA")?),
                "SNAPSHOT_VERSION" => {
                    let text = words.text("SNAPSHOT_VERSION")?;
                    let version = text
                        .parse()
                        .map_err(|_| LakeError::usage(format!("SNAPSHOT_VERSION '{text}' is not a number")))?;
                    options.snapshot_version = Some(version);
                }
                "SNAPSHOT_TIME" => options.snapshot_time = Some(words.text("SNAPSHOT_TIME")?),
                "ENCRYPTED" => options.encrypted = Some(words.flag()),
                "READ_ONLY" => options.read_only = words.flag(),
                "READ_WRITE" => options.read_write = words.flag(),
                "TYPE" => options.kind = Some(words.text("TYPE")?),
                "CREATE_IF_NOT_EXISTS" => options.create_if_not_exists = Some(words.flag()),
                "DATA_INLINING_ROW_LIMIT" => options.inlining_limit = Some(words.number("DATA_INLINING_ROW_LIMIT")?),
                "BUSY_TIMEOUT" => options.busy_timeout = Some(Duration::from_millis(words.number("BUSY_TIMEOUT")?)),
                "WRITE_DELETION_VECTORS" => options.deletion_vectors = Some(words.flag()),
                "MIGRATE_IF_REQUIRED" | "AUTOMATIC_MIGRATION" => {
                    words.flag();
                }
                // Only about names inside DuckDB.
                "META_TYPE" | "METADATA_PATH" => {
                    words.text(&option)?;
                }
                "METADATA_CATALOG" => options.metadata_catalog = Some(words.text("METADATA_CATALOG")?),
                other => {
                    return Err(LakeError::Usage {
                        message: format!("unknown ATTACH option '{other}'"),
                        hint: Some(
                            "known are DATA_PATH, OVERRIDE_DATA_PATH, METADATA_SCHEMA, SNAPSHOT_VERSION, SNAPSHOT_TIME, \
                             ENCRYPTED, READ_ONLY, BUSY_TIMEOUT, TYPE"
                                .into(),
                        ),
                    });
                }
            }
            if !words.take(&Token::Comma) {
                break;
            }
        }
        if !words.take(&Token::RParen) {
            return Err(LakeError::usage("the options of ATTACH are not closed by ')'"));
        }
    }
    words.end("ATTACH")?;
    Ok(Command::Attach(options))
}

/// Tokens without whitespace, read from the left.
struct Words {
    tokens: Vec<Token>,
    at: usize,
}

impl Words {
    fn peek_word(&self) -> Option<String> {
        match self.tokens.get(self.at) {
            Some(Token::Word(word)) if word.quote_style.is_none() => Some(word.value.to_uppercase()),
            _ => None,
        }
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = self.peek_word().as_deref() == Some(word);
        self.at += usize::from(found);
        found
    }

    fn take(&mut self, token: &Token) -> bool {
        let found = self.tokens.get(self.at) == Some(token);
        self.at += usize::from(found);
        found
    }

    fn name(&mut self, after: &str) -> Result<String> {
        match self.tokens.get(self.at) {
            Some(Token::Word(word)) => {
                self.at += 1;
                Ok(word.value.clone())
            }
            _ => Err(LakeError::usage(format!("a name is missing after {after}"))),
        }
    }

    /// A dotted name up to the end.
    fn names(&mut self, after: &str) -> Result<Vec<String>> {
        let mut names = vec![self.name(after)?];
        while self.take(&Token::Period) {
            names.push(self.name(after)?);
        }
        self.end(after)?;
        Ok(names)
    }

    /// A string, number or word.
    fn text(&mut self, after: &str) -> Result<String> {
        let text = match self.tokens.get(self.at) {
            Some(Token::SingleQuotedString(text) | Token::Number(text, _)) => text.clone(),
            Some(Token::Word(word)) => word.value.clone(),
            _ => return Err(LakeError::usage(format!("a value is missing after {after}"))),
        };
        self.at += 1;
        Ok(text)
    }

    fn number(&mut self, after: &str) -> Result<u64> {
        let text = self.text(after)?;
        text.trim().parse().map_err(|_| LakeError::usage(format!("'{text}' is no value for {after}")))
    }

    /// An optional boolean: a bare option is on.
    fn flag(&mut self) -> bool {
        match self.tokens.get(self.at) {
            None | Some(Token::Comma | Token::RParen) => true,
            Some(token) => {
                let on = !matches!(
                    token.to_string().trim_matches('\'').to_lowercase().as_str(),
                    "false" | "0" | "off" | "no"
                );
                self.at += 1;
                on
            }
        }
    }

    fn rest(&self) -> String {
        self.tokens[self.at..].iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    }

    fn end(&self, after: &str) -> Result<()> {
        match self.tokens.get(self.at) {
            None => Ok(()),
            Some(token) => Err(LakeError::usage(format!("'{token}' is not expected after {after}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attach_with_options() {
        let sql = "ATTACH IF NOT EXISTS 'ducklake:sqlite:m.db' AS lk (DATA_PATH 'd/', READ_ONLY, SNAPSHOT_VERSION 3, metadata_schema = 'x y', BUSY_TIMEOUT 50);";
        let Command::Attach(options) = parse(sql).unwrap() else { panic!() };
        assert_eq!(
            options,
            AttachOptions {
                uri: "ducklake:sqlite:m.db".into(),
                name: Some("lk".into()),
                if_not_exists: true,
                data_path: Some("d/".into()),
                metadata_schema: Some("x y".into()),
                snapshot_version: Some(3),
                read_only: true,
                busy_timeout: Some(Duration::from_millis(50)),
                ..AttachOptions::default()
            }
        );
        assert!(parse("ATTACH 'x' AS y (WHAT 1)").is_err());
        assert!(parse("ATTACH 'x' AS y (BUSY_TIMEOUT soon)").is_err());
        assert!(parse("ATTACH 'x' AS y z").is_err());
    }

    #[test]
    fn kinds_of_statements() {
        assert!(matches!(parse(" -- nothing\n ;").unwrap(), Command::Empty));
        assert!(matches!(parse("FROM t AT (VERSION => 3)").unwrap(), Command::Query(_)));
        assert!(matches!(parse("EXPLAIN ANALYZE SELECT 1").unwrap(), Command::Query(_)));
        assert!(matches!(parse("show all tables").unwrap(), Command::ShowTables { all: true, .. }));
        assert!(matches!(parse("show indexes").unwrap(), Command::ShowIndexes(None)));
        assert!(matches!(parse("SHOW INDEXES FROM s.t").unwrap(), Command::ShowIndexes(Some(n)) if n == ["s", "t"]));
        assert!(parse("SHOW INDEXES t").is_err());
        assert!(matches!(parse("DESCRIBE a.\"b c\"").unwrap(), Command::Describe(n) if n == ["a", "b c"]));
        assert!(matches!(parse("DESCRIBE SELECT 'a;b'").unwrap(), Command::DescribeQuery(_)));
        assert!(matches!(parse("USE lk.main").unwrap(), Command::Use(n) if n.len() == 2));
        assert!(matches!(parse("SET TimeZone='UTC'").unwrap(), Command::SetTimeZone(z) if z == "UTC"));
        for sql in ["INSERT INTO t VALUES (1)", "CREATE TABLE t (i int)", "WITH a AS (FROM b) DELETE FROM t", "BEGIN"] {
            assert!(matches!(parse(sql).unwrap(), Command::Write(_)), "{sql}");
        }
        assert!(matches!(parse("WITH a AS (FROM b) FROM a").unwrap(), Command::Query(_)));
        for sql in ["GRANT ALL ON t TO me", "EXPLAIN DELETE FROM t", "CREATE INDEX i ON t(a)"] {
            assert!(matches!(parse(sql), Err(LakeError::NotSupported { .. })), "{sql}");
        }
    }
}

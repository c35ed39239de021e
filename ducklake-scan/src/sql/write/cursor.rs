//! A statement's tokens, read from the left: words that sqlparser has no statement for, and its own parser for
//! expressions, queries and tables in between.

use datafusion::sql::sqlparser::ast;
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::parser::{Parser, ParserError};
use datafusion::sql::sqlparser::tokenizer::{Location, Token};

use super::super::dialect::LakeDialect;
use super::super::from_first;
use super::statement::Name;
use crate::error::{LakeError, Result};

/// As deep as statements may nest.
const RECURSION_LIMIT: usize = 200;

/// The tokens of one statement.
pub(super) struct Cursor<'a> {
    sql: &'a str,
    parser: Parser<'static>,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(sql: &'a str) -> Result<Self> {
        let tokens = from_first::tokens(sql).map_err(|e| syntax(e.into()))?;
        let parser = Parser::new(&LakeDialect).with_recursion_limit(RECURSION_LIMIT);
        Ok(Self { sql, parser: parser.with_tokens_with_locations(tokens) })
    }

    /// The `n`th token from here.
    pub(super) fn peek(&self, n: usize) -> &Token {
        &self.parser.peek_nth_token_ref(n).token
    }

    /// The `n`th token from here in upper case, if it is a word without quotes.
    pub(super) fn peek_word(&self, n: usize) -> Option<String> {
        match self.peek(n) {
            Token::Word(word) if word.quote_style.is_none() => Some(word.value.to_uppercase()),
            _ => None,
        }
    }

    /// Whether these words come next.
    pub(super) fn at(&self, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(n, word)| self.peek_word(n).as_deref() == Some(*word))
    }

    pub(super) fn skip(&mut self) {
        self.parser.advance_token();
    }

    /// Takes these words if all of them come next.
    pub(super) fn take_words(&mut self, words: &[&str]) -> bool {
        let found = self.at(words);
        if found {
            words.iter().for_each(|_| self.skip());
        }
        found
    }

    pub(super) fn take_word(&mut self, word: &str) -> bool {
        self.take_words(&[word])
    }

    /// Takes whichever of these words comes next.
    pub(super) fn take_one_of(&mut self, words: &[&str]) -> Option<String> {
        let word = self.peek_word(0).filter(|word| words.contains(&word.as_str()))?;
        self.skip();
        Some(word)
    }

    pub(super) fn expect_words(&mut self, words: &[&str]) -> Result<()> {
        if self.take_words(words) { Ok(()) } else { Err(self.unexpected(&words.join(" "))) }
    }

    pub(super) fn take(&mut self, token: &Token) -> bool {
        let found = self.peek(0) == token;
        if found {
            self.skip();
        }
        found
    }

    pub(super) fn expect(&mut self, token: &Token) -> Result<()> {
        if self.take(token) { Ok(()) } else { Err(self.unexpected(&format!("'{token}'"))) }
    }

    /// `IF EXISTS`.
    pub(super) fn if_exists(&mut self) -> bool {
        self.take_words(&["IF", "EXISTS"])
    }

    /// `IF NOT EXISTS`.
    pub(super) fn if_not_exists(&mut self) -> bool {
        self.take_words(&["IF", "NOT", "EXISTS"])
    }

    /// One name.
    pub(super) fn ident(&mut self) -> Result<String> {
        match self.peek(0) {
            Token::Word(word) => {
                let name = word.value.clone();
                self.skip();
                Ok(name)
            }
            _ => Err(self.unexpected("a name")),
        }
    }

    /// Names with dots between them.
    pub(super) fn path(&mut self) -> Result<Vec<String>> {
        let mut parts = vec![self.ident()?];
        while self.take(&Token::Period) {
            parts.push(self.ident()?);
        }
        Ok(parts)
    }

    /// The name of an object: at most three parts.
    pub(super) fn name(&mut self) -> Result<Name> {
        let name = self.path()?;
        if name.len() > 3 {
            return Err(LakeError::usage(format!("'{}' has more parts than lake, schema and name", name.join("."))));
        }
        Ok(name)
    }

    /// `item, item, …)`, after the opening parenthesis; a trailing comma is fine.
    pub(super) fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let mut items = vec![item(self)?];
        while self.take(&Token::Comma) {
            if self.peek(0) == &Token::RParen {
                break;
            }
            items.push(item(self)?);
        }
        self.expect(&Token::RParen)?;
        Ok(items)
    }

    /// `(a, b)`.
    pub(super) fn idents_in_parentheses(&mut self) -> Result<Vec<String>> {
        self.expect(&Token::LParen)?;
        self.list(Self::ident)
    }

    /// A string in single quotes.
    pub(super) fn string(&mut self) -> Result<String> {
        match self.peek(0) {
            Token::SingleQuotedString(text) | Token::EscapedStringLiteral(text) => {
                let text = text.clone();
                self.skip();
                Ok(text)
            }
            Token::DollarQuotedString(quoted) => {
                let text = quoted.value.clone();
                self.skip();
                Ok(text)
            }
            _ => Err(self.unexpected("a string in single quotes")),
        }
    }

    pub(super) fn expr(&mut self) -> Result<ast::Expr> {
        self.parser.parse_expr().map_err(syntax)
    }

    pub(super) fn query(&mut self) -> Result<Box<ast::Query>> {
        self.parser.parse_query().map_err(syntax)
    }

    pub(super) fn table_factor(&mut self) -> Result<ast::TableFactor> {
        self.parser.parse_table_factor().map_err(syntax)
    }

    /// What may follow FROM.
    pub(super) fn tables(&mut self) -> Result<Vec<ast::TableWithJoins>> {
        self.parser.parse_comma_separated(Parser::parse_table_and_joins).map_err(syntax)
    }

    pub(super) fn function_arg(&mut self) -> Result<ast::FunctionArg> {
        self.parser.parse_function_args().map_err(syntax)
    }

    /// A `WITH` in front of a statement.
    pub(super) fn with(&mut self) -> Result<Option<ast::With>> {
        if !self.parser.parse_keyword(Keyword::WITH) {
            return Ok(None);
        }
        let with_token = self.parser.get_current_token().clone().into();
        let recursive = self.parser.parse_keyword(Keyword::RECURSIVE);
        let cte_tables = self.parser.parse_comma_separated(Parser::parse_cte).map_err(syntax)?;
        Ok(Some(ast::With { with_token, recursive, cte_tables }))
    }

    /// Where the next token starts, for [`Cursor::text_since`].
    pub(super) fn position(&self) -> usize {
        self.offset(self.parser.peek_token_ref().span.start)
    }

    /// What was read since `start`, as the user wrote it.
    pub(super) fn text_since(&self, start: usize) -> String {
        let mut last = self.parser.index();
        while last > 0 {
            last -= 1;
            let token = self.parser.token_at(last);
            if !matches!(token.token, Token::Whitespace(_) | Token::SemiColon | Token::EOF) {
                let end = self.offset(token.span.end);
                return self.sql.get(start..end).unwrap_or_default().to_string();
            }
        }
        String::new()
    }

    /// A place in the text as an offset: places are lines and characters.
    fn offset(&self, place: Location) -> usize {
        let (mut line, mut column) = (1, 1);
        for (offset, c) in self.sql.char_indices() {
            if (line, column) == (place.line, place.column) {
                return offset;
            }
            (line, column) = if c == '\n' { (line + 1, 1) } else { (line, column + 1) };
        }
        self.sql.len()
    }

    /// Nothing but semicolons may follow.
    pub(super) fn end(&mut self) -> Result<()> {
        let mut semicolons = 0;
        while self.take(&Token::SemiColon) {
            semicolons += 1;
        }
        match self.peek(0) {
            Token::EOF => Ok(()),
            _ if semicolons > 0 => Err(LakeError::usage("more than one statement at a time")),
            _ => Err(self.unexpected("the end of the statement")),
        }
    }

    /// Whether the statement ends here.
    pub(super) fn at_end(&self) -> bool {
        matches!(self.peek(0), Token::EOF | Token::SemiColon)
    }

    /// A complaint about the next token.
    pub(super) fn unexpected(&self, expected: &str) -> LakeError {
        let found = self.parser.peek_token_ref();
        match &found.token {
            Token::EOF => LakeError::usage(format!("syntax error: expected {expected} at the end of the statement")),
            token => LakeError::usage(format!("syntax error: expected {expected}, found {token}{}", found.span.start)),
        }
    }
}

/// The parser's complaint.
pub(super) fn syntax(error: ParserError) -> LakeError {
    match error {
        ParserError::TokenizerError(text) | ParserError::ParserError(text) => {
            LakeError::usage(format!("syntax error: {text}"))
        }
        ParserError::RecursionLimitExceeded => LakeError::usage("the statement is nested too deeply"),
    }
}

/// Something that DuckLake, or this engine, does not have.
pub(super) fn refused(what: impl Into<String>, hint: &str) -> LakeError {
    LakeError::NotSupported { what: what.into(), hint: Some(hint.to_string()) }
}

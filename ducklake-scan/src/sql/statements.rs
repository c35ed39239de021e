//! Statements about the session itself: variables, settings, prepared statements, calls.

use std::sync::Arc;

use datafusion::sql::sqlparser::tokenizer::{Token, Tokenizer};

use super::dialect::LakeDialect;
use super::functions::text;
use super::memory::OnExisting;
use super::rows::{no_rows, text_rows};
use super::settings::Settings;
use crate::error::{LakeError, Result};
use crate::session::{QueryResult, Session};

/// A statement about the session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Local {
    /// `SET VARIABLE name = expression`.
    SetVariable { name: String, expression: String },
    /// `RESET VARIABLE name`.
    ResetVariable(String),
    /// `SET name = value` of DuckDB's settings.
    Set { name: String, value: String },
    /// `RESET name` of DuckDB's settings.
    Reset(String),
    /// `PREPARE name AS sql`.
    Prepare { name: String, sql: String },
    /// `EXECUTE name(…)`.
    Execute { name: String, arguments: Vec<String> },
    /// `DEALLOCATE name`.
    Deallocate(String),
    /// `CREATE TEMPORARY TABLE name AS query`.
    CreateTemporary { name: Vec<String>, on_existing: OnExisting, query: String },
    /// A statement that is short for another one.
    Short(String),
}

impl Local {
    /// Tells whether a statement is one of these, by its first words.
    ///
    /// # Errors
    /// [`LakeError::Usage`] where it starts as one and goes on otherwise.
    pub(crate) fn parse(sql: &str) -> Result<Option<Self>> {
        let Some(mut text) = Text::new(sql) else { return Ok(None) };
        let Some(first) = text.word() else { return Ok(None) };
        let missing = |what: &str| LakeError::usage(format!("{what} is missing after {first}"));
        Ok(Some(match first.as_str() {
            "SET" => {
                for scope in ["SESSION", "GLOBAL", "LOCAL"] {
                    text.take(scope);
                }
                if text.take("VARIABLE") {
                    let name = text.name().ok_or_else(|| missing("a name"))?;
                    if !text.symbol(&Token::Eq) && !text.take("TO") {
                        return Err(missing("'='"));
                    }
                    Self::SetVariable { name, expression: text.rest() }
                } else {
                    let Some(name) = text.name().filter(|name| Settings::knows(name)) else { return Ok(None) };
                    let _ = text.symbol(&Token::Eq) || text.take("TO");
                    Self::Set { name, value: text.rest() }
                }
            }
            "RESET" => {
                for scope in ["SESSION", "GLOBAL", "LOCAL"] {
                    text.take(scope);
                }
                if text.take("VARIABLE") {
                    Self::ResetVariable(text.name().ok_or_else(|| missing("a name"))?)
                } else {
                    let Some(name) = text.name().filter(|name| Settings::knows(name)) else { return Ok(None) };
                    Self::Reset(name)
                }
            }
            "PRAGMA" => pragma(&mut text)?,
            "CREATE" => return Ok(create_temporary(&mut text)),
            "CALL" => Self::Short(format!("FROM {}", text.rest())),
            "PREPARE" => {
                let name = text.name().ok_or_else(|| missing("a name"))?;
                text.skip_parentheses();
                if !text.take("AS") {
                    return Err(missing("AS"));
                }
                Self::Prepare { name, sql: text.rest() }
            }
            "EXECUTE" => {
                let name = text.name().ok_or_else(|| missing("a name"))?;
                Self::Execute { name, arguments: text.arguments() }
            }
            "DEALLOCATE" => {
                text.take("PREPARE");
                Self::Deallocate(text.name().ok_or_else(|| missing("a name"))?)
            }
            _ => return Ok(None),
        }))
    }
}

/// `CREATE [OR REPLACE] TEMP TABLE [IF NOT EXISTS] name AS query`; other statements are not about the session.
fn create_temporary(text: &mut Text) -> Option<Local> {
    let replace = text.take("OR") && text.take("REPLACE");
    if !(text.take("TEMP") || text.take("TEMPORARY")) || !text.take("TABLE") {
        return None;
    }
    let keep = text.take("IF") && text.take("NOT") && text.take("EXISTS");
    let mut name = vec![text.name()?];
    while text.symbol(&Token::Period) {
        name.push(text.name()?);
    }
    let on_existing = match (replace, keep) {
        (true, _) => OnExisting::Replace,
        (_, true) => OnExisting::Keep,
        _ => OnExisting::Fail,
    };
    text.take("AS").then(|| Local::CreateTemporary { name, on_existing, query: text.rest() })
}

/// `PRAGMA name`, `PRAGMA name(…)`, `PRAGMA name = value`.
fn pragma(text: &mut Text) -> Result<Local> {
    let name = text.name().ok_or_else(|| LakeError::usage("a name is missing after PRAGMA"))?;
    Ok(match name.to_lowercase().as_str() {
        "show_tables" => Local::Short("SHOW TABLES".to_string()),
        "database_list" => Local::Short(
            "SELECT database_oid AS seq, database_name AS name, path AS file FROM duckdb_databases()".to_string(),
        ),
        "database_size" => Local::Short("FROM pragma_database_size()".to_string()),
        "table_info" => {
            let arguments = text.arguments();
            let table = arguments.first().map(|t| t.trim_matches('\'').to_string()).unwrap_or_default();
            Local::Short(format!("DESCRIBE {table}"))
        }
        // They check or show DuckDB's own workings.
        "enable_verification"
        | "disable_verification"
        | "verify_parallelism"
        | "disable_verify_parallelism"
        | "enable_profiling"
        | "disable_profiling"
        | "enable_progress_bar"
        | "disable_progress_bar"
        | "enable_object_cache"
        | "disable_object_cache"
        | "verify_external"
        | "disable_verify_external" => Local::Short(String::new()),
        setting if Settings::knows(setting) => {
            let _ = text.symbol(&Token::Eq);
            Local::Set { name, value: text.rest() }
        }
        _ => return Err(LakeError::not_supported(format!("PRAGMA {name}"))),
    })
}

impl Session {
    /// Runs a statement about the session.
    pub(crate) async fn run_local(&self, local: Local) -> Result<QueryResult> {
        let state = self.local();
        match local {
            Local::SetVariable { name, expression } => {
                let value = self.scalar(&format!("({expression})")).await?;
                state.set_variable(&name, value);
            }
            Local::ResetVariable(name) => state.reset_variable(&name),
            Local::Set { name, value } => {
                // A bare word is text, as in `SET schema = s`.
                let text = match self.scalar(&value).await {
                    Ok(value) => text(&value).unwrap_or_default(),
                    Err(_) => value.trim_matches(['\'', '"']).to_string(),
                };
                state.settings(|settings| settings.set(&name, &text))?;
                if name.to_lowercase().starts_with("ducklake_") {
                    self.set_lake_setting(&name.to_lowercase(), &text)?;
                }
            }
            Local::Reset(name) => {
                state.settings(|settings| settings.reset(&name))?;
                let name = name.to_lowercase();
                match state.settings(|settings| settings.current(&name)).filter(|default| !default.is_empty()) {
                    Some(default) if name.starts_with("ducklake_") && name != "ducklake_auto_compact" => {
                        self.set_lake_setting(&name, &default)?;
                    }
                    None if name == "ducklake_target_file_size" => self.set_lake_setting(&name, "0")?,
                    _ => {}
                }
            }
            Local::Prepare { name, sql } => state.prepare(&name, &sql),
            Local::Execute { name, arguments } => {
                let sql = state
                    .prepared(&name)
                    .ok_or_else(|| LakeError::usage(format!("there is no prepared statement '{name}'")))?;
                return Box::pin(self.execute(&bind(&sql, &arguments)?)).await;
            }
            Local::Deallocate(name) => {
                if !state.deallocate(&name) {
                    return Err(LakeError::usage(format!("there is no prepared statement '{name}'")));
                }
            }
            Local::CreateTemporary { name, on_existing, query } => {
                let frame = self.sql(&query).await?;
                let schema = Arc::new(frame.schema().as_arrow().clone());
                let place = state
                    .memory
                    .place(&name, true, None)
                    .ok_or_else(|| LakeError::usage(format!("a temporary table cannot be in '{}'", name.join("."))))?;
                state.memory.create(place, schema, frame.collect().await?, on_existing)?;
            }
            Local::Short(sql) if sql.is_empty() => return text_rows(vec![("Success", Vec::new())]),
            Local::Short(sql) => return Box::pin(self.execute(&sql)).await,
        }
        Ok(no_rows())
    }
}

/// A statement with values in the places of `$1`, `$name` and `?`.
fn bind(sql: &str, arguments: &[String]) -> Result<String> {
    let mut tokens = tokens(sql)?;
    let mut next = 0;
    for token in &mut tokens {
        let Token::Placeholder(placeholder) = &*token else { continue };
        let argument = match placeholder.trim_start_matches(['$', '?']) {
            "" => {
                next += 1;
                arguments.get(next - 1).map(String::as_str)
            }
            name => match name.parse::<usize>() {
                Ok(position) => position.checked_sub(1).and_then(|i| arguments.get(i)).map(String::as_str),
                Err(_) => arguments.iter().find_map(|a| named_argument(a, name)),
            },
        };
        let argument =
            argument.ok_or_else(|| LakeError::usage(format!("there is no value for the parameter '{placeholder}'")))?;
        *token = Token::make_word(&format!("({argument})"), None);
    }
    Ok(tokens.iter().map(ToString::to_string).collect())
}

/// The value of `name := value`.
fn named_argument<'a>(argument: &'a str, name: &str) -> Option<&'a str> {
    let (given, value) = argument.split_once(":=").or_else(|| argument.split_once("=>"))?;
    given.trim().eq_ignore_ascii_case(name).then(|| value.trim())
}

/// Tokens whose texts, put together, are the statement again.
fn tokens(sql: &str) -> Result<Vec<Token>> {
    let mut tokenizer = Tokenizer::new(&LakeDialect, sql).with_unescape(false);
    tokenizer.tokenize().map_err(|e| LakeError::usage(format!("syntax error: {e}")))
}

/// A statement's tokens, read from the left.
struct Text {
    tokens: Vec<Token>,
    at: usize,
}

impl Text {
    /// `None` for text that has no tokens to speak of: the parser says why.
    fn new(sql: &str) -> Option<Self> {
        let mut tokens = tokens(sql).ok()?;
        while matches!(tokens.last(), Some(Token::Whitespace(_) | Token::SemiColon)) {
            tokens.pop();
        }
        Some(Self { tokens, at: 0 })
    }

    fn peek(&mut self) -> Option<&Token> {
        while matches!(self.tokens.get(self.at), Some(Token::Whitespace(_))) {
            self.at += 1;
        }
        self.tokens.get(self.at)
    }

    fn word(&mut self) -> Option<String> {
        let Some(Token::Word(word)) = self.peek() else { return None };
        let word = word.value.to_uppercase();
        self.at += 1;
        Some(word)
    }

    fn take(&mut self, wanted: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Word(word)) if word.value.eq_ignore_ascii_case(wanted));
        self.at += usize::from(found);
        found
    }

    fn symbol(&mut self, wanted: &Token) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    fn name(&mut self) -> Option<String> {
        let name = match self.peek()? {
            Token::Word(word) => word.value.clone(),
            Token::SingleQuotedString(text) => text.clone(),
            _ => return None,
        };
        self.at += 1;
        Some(name)
    }

    fn rest(&mut self) -> String {
        let _ = self.peek();
        self.tokens[self.at..].iter().map(ToString::to_string).collect()
    }

    /// The texts between parentheses and commas, if there are any.
    fn arguments(&mut self) -> Vec<String> {
        if !self.symbol(&Token::LParen) {
            return Vec::new();
        }
        let mut arguments = vec![String::new()];
        let mut depth = 0;
        while let Some(token) = self.tokens.get(self.at) {
            self.at += 1;
            match token {
                Token::RParen if depth == 0 => break,
                Token::Comma if depth == 0 => {
                    arguments.push(String::new());
                    continue;
                }
                Token::LParen | Token::LBracket | Token::LBrace => depth += 1,
                Token::RParen | Token::RBracket | Token::RBrace => depth -= 1,
                _ => {}
            }
            if let Some(last) = arguments.last_mut() {
                last.push_str(&token.to_string());
            }
        }
        arguments.retain(|argument| !argument.trim().is_empty());
        arguments
    }

    fn skip_parentheses(&mut self) {
        let _ = self.arguments();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(sql: &str) -> Local {
        Local::parse(sql).unwrap().unwrap()
    }

    #[test]
    fn statements_by_their_words() {
        let expression = "(SELECT 'it''s' FROM t)".to_string();
        assert_eq!(
            parsed("SET VARIABLE v = (SELECT 'it''s' FROM t);"),
            Local::SetVariable { name: "v".into(), expression }
        );
        assert_eq!(parsed("set threads to 10"), Local::Set { name: "threads".into(), value: "10".into() });
        assert_eq!(parsed("RESET ducklake_target_file_size"), Local::Reset("ducklake_target_file_size".into()));
        assert_eq!(parsed("-- x\nCALL f('a', 1)"), Local::Short("FROM f('a', 1)".into()));
        assert_eq!(parsed("PREPARE q AS SELECT $1"), Local::Prepare { name: "q".into(), sql: "SELECT $1".into() });
        assert_eq!(
            parsed("EXECUTE q(1, f(2, 3))"),
            Local::Execute { name: "q".into(), arguments: vec!["1".into(), " f(2, 3)".into()] }
        );
        assert!(Local::parse("SET datafusion.execution.batch_size = 1").unwrap().is_none());
        assert!(Local::parse("SELECT 1").unwrap().is_none());
        assert!(Local::parse("CREATE TABLE t AS SELECT 1").unwrap().is_none());
        let name = vec!["t".to_string()];
        assert_eq!(
            parsed("CREATE TEMP TABLE IF NOT EXISTS t AS FROM r"),
            Local::CreateTemporary { name, on_existing: OnExisting::Keep, query: "FROM r".into() }
        );
        assert!(Local::parse("SET VARIABLE v").is_err());
    }

    #[test]
    fn parameters_get_their_values() {
        let arguments = ["1".to_string(), "'x'".to_string()];
        assert_eq!(bind("SELECT $2, $1 + ?", &arguments).unwrap(), "SELECT ('x'), (1) + (1)");
        assert_eq!(bind("SELECT $a", &["a := 7".to_string()]).unwrap(), "SELECT (7)");
        assert!(bind("SELECT $3", &arguments).is_err());
    }
}

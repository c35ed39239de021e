//! Editing aid: when an entry is complete, and how a word can go on.

use std::sync::{Arc, RwLock};

use rustyline::completion::{Completer, Pair};
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Context, Helper};

use super::commands::{self, DotCommand};
use crate::names::{is_plain, quote_identifier};
use crate::statements::Splitter;

/// Words of SQL worth completing.
const KEYWORDS: &[&str] = &[
    "ALL",
    "AND",
    "ANTI",
    "AS",
    "ASC",
    "AT",
    "ATTACH",
    "BETWEEN",
    "BY",
    "CASE",
    "CAST",
    "COUNT",
    "CROSS",
    "CURRENT_DATE",
    "CURRENT_TIMESTAMP",
    "DATE",
    "DESC",
    "DESCRIBE",
    "DETACH",
    "DISTINCT",
    "ELSE",
    "END",
    "EXCEPT",
    "EXISTS",
    "EXPLAIN",
    "ANALYZE",
    "EXTRACT",
    "FALSE",
    "FILTER",
    "FROM",
    "FULL",
    "GROUP",
    "HAVING",
    "ILIKE",
    "IN",
    "INNER",
    "INTERSECT",
    "INTERVAL",
    "IS",
    "JOIN",
    "LATERAL",
    "LEFT",
    "LIKE",
    "LIMIT",
    "NOT",
    "NULL",
    "NULLS",
    "OFFSET",
    "ON",
    "OR",
    "ORDER",
    "OUTER",
    "OVER",
    "PARTITION",
    "QUALIFY",
    "RECURSIVE",
    "RIGHT",
    "SELECT",
    "SEMI",
    "SET",
    "SHOW",
    "TABLES",
    "THEN",
    "TIMESTAMP",
    "TRUE",
    "UNION",
    "USE",
    "USING",
    "VALUES",
    "VERSION",
    "WHEN",
    "WHERE",
    "WINDOW",
    "WITH",
];

/// Fewest letters of a keyword or name before all candidates are listed.
const MAX_CANDIDATES: usize = 200;

/// Helps the line editor.
pub(super) struct ShellHelper {
    /// Tables and columns, as they are named.
    names: Arc<RwLock<Vec<String>>>,
}

impl ShellHelper {
    pub(super) fn new(names: Arc<RwLock<Vec<String>>>) -> Self {
        Self { names }
    }

    /// What the word at the end of `line` can become, and where the word begins.
    fn candidates(&self, line: &str) -> (usize, Vec<String>) {
        if line.trim_start().starts_with('.') && !line.trim_start().contains(char::is_whitespace) {
            let start = line.len() - line.trim_start().len();
            let matching = commands::NAMES.iter().filter(|name| name.starts_with(&line[start..]));
            return (start, matching.map(ToString::to_string).collect());
        }
        let start = word_start(line);
        let word = line[start..].trim_start_matches('"').to_lowercase();
        if word.is_empty() {
            return (start, Vec::new());
        }
        let is_quoted = line[start..].starts_with('"');
        let follows_dot = line[..start].ends_with('.');
        let mut found: Vec<String> = Vec::new();
        if let Ok(names) = self.names.read() {
            let matching = names.iter().filter(|name| name.to_lowercase().starts_with(&word));
            let written =
                matching.map(|name| if is_plain(name) && !is_quoted { name.clone() } else { quote_identifier(name) });
            found.extend(written.take(MAX_CANDIDATES));
        }
        if !is_quoted && !follows_dot {
            let is_lower = line[start..].starts_with(|c: char| c.is_ascii_lowercase());
            let matching = KEYWORDS.iter().filter(|keyword| keyword.to_lowercase().starts_with(&word));
            found.extend(matching.map(|keyword| if is_lower { keyword.to_lowercase() } else { keyword.to_string() }));
        }
        found.sort_unstable();
        found.dedup();
        (start, found)
    }
}

/// Where the word before the cursor begins: after the last character that is no part of a name, dots included; a quote
/// that is open begins it.
fn word_start(line: &str) -> usize {
    let last_quote = line.rfind('"');
    if let Some(quote) = last_quote
        && line.matches('"').count() % 2 == 1
    {
        return quote;
    }
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    line.char_indices().rev().take_while(|(_, c)| is_part(*c)).last().map_or(line.len(), |(at, _)| at)
}

impl Completer for ShellHelper {
    type Candidate = Pair;

    fn complete(&self, line: &str, pos: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<Pair>)> {
        let (start, found) = self.candidates(&line[..pos]);
        let pair = |text: String| Pair { display: text.clone(), replacement: text };
        Ok((start, found.into_iter().map(pair).collect()))
    }
}

impl Validator for ShellHelper {
    /// An entry is complete when its last statement is, or when it is a command.
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        let is_complete = is_complete(context.input());
        Ok(if is_complete { ValidationResult::Valid(None) } else { ValidationResult::Incomplete })
    }
}

fn is_complete(input: &str) -> bool {
    if input.trim().is_empty() || DotCommand::parse(input).is_some() {
        return true;
    }
    let mut splitter = Splitter::default();
    splitter.push(input);
    while splitter.next_statement().is_some() {}
    splitter.is_at_boundary()
}

impl Hinter for ShellHelper {
    type Hint = String;
}

impl Highlighter for ShellHelper {}

impl Helper for ShellHelper {}

#[cfg(test)]
mod tests {
    use super::*;

    fn complete(line: &str) -> (usize, Vec<String>) {
        let names = ["orders", "order_id", "My Table"].map(String::from).to_vec();
        ShellHelper::new(Arc::new(RwLock::new(names))).candidates(line)
    }

    #[test]
    fn words_become_keywords_and_names() {
        assert_eq!(complete("sel"), (0, vec!["select".to_string()]));
        assert_eq!(complete("SELECT * FRO"), (9, vec!["FROM".to_string()]));
        assert_eq!(complete("FROM main.ord"), (10, vec!["order_id".to_string(), "orders".to_string()]));
        assert_eq!(complete("FROM m"), (5, vec!["\"My Table\"".to_string()]));
        assert_eq!(complete("FROM \"My T"), (5, vec!["\"My Table\"".to_string()]));
        assert_eq!(complete(".mo"), (0, vec![".mode".to_string()]));
        assert_eq!(complete("FROM "), (5, vec![]));
    }

    #[test]
    fn entries_go_on_until_their_semicolon() {
        for complete in ["", "  ", "SELECT 1;", "SELECT 1; -- done", ".help", "quit", "SELECT 1;\n\n"] {
            assert!(is_complete(complete), "{complete:?}");
        }
        for incomplete in ["SELECT 1", "SELECT ';", "SELECT 1; SELECT", "/* ;", "SELECT 1 -- ;"] {
            assert!(!is_complete(incomplete), "{incomplete:?}");
        }
    }
}

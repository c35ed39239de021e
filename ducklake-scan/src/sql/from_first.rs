//! `FROM t WHERE …` without SELECT, which sqlparser takes without further clauses only: `SELECT *` is put before it.

use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer, TokenizerError};

use super::dialect::LakeDialect;

/// The tokens of a text, with a SELECT in every query.
///
/// # Errors
/// Text that has no tokens, such as an open quote.
pub(super) fn tokens(sql: &str) -> Result<Vec<TokenWithSpan>, TokenizerError> {
    let tokens = Tokenizer::new(&LakeDialect, sql).tokenize_with_location()?;
    let mut completed = Vec::with_capacity(tokens.len());
    let mut levels = vec![Level::default()];
    let mut before = Keyword::NoKeyword;
    for (at, token) in tokens.iter().enumerate() {
        let level = levels.len() - 1;
        match &token.token {
            Token::Whitespace(_) => {}
            Token::LParen => levels.push(Level::default()),
            Token::RParen => {
                levels.truncate(level.max(1));
                before = Keyword::NoKeyword;
            }
            Token::SemiColon => levels[level] = Level::default(),
            Token::Word(word) => {
                let word = if word.quote_style.is_none() { word.keyword } else { Keyword::NoKeyword };
                let state = &mut levels[level];
                let first = *state.first.get_or_insert(word);
                match word {
                    // What comes behind WITH may be another statement.
                    Keyword::SELECT | Keyword::DELETE | Keyword::UPDATE | Keyword::MERGE => state.is_complete = true,
                    Keyword::UNION | Keyword::EXCEPT | Keyword::INTERSECT => {
                        *state = Level { first: Some(Keyword::FROM), is_complete: false };
                    }
                    Keyword::FROM if !state.is_complete && (starts_query(first) || before == Keyword::AS) => {
                        state.is_complete = true;
                        if !has_select(&tokens[at + 1..]) {
                            let added = [Token::make_keyword("SELECT"), Token::Mul];
                            completed.extend(added.map(|token_| TokenWithSpan::new(token_, token.span)));
                        }
                    }
                    _ => {}
                }
                before = word;
            }
            _ => {
                levels[level].first.get_or_insert(Keyword::NoKeyword);
                before = Keyword::NoKeyword;
            }
        }
        completed.push(token.clone());
    }
    Ok(completed)
}

/// What is known between two parentheses, up to here.
#[derive(Default)]
struct Level {
    first: Option<Keyword>,
    /// Whether the query here has its SELECT.
    is_complete: bool,
}

/// Whether a FROM belongs to the query itself where this word comes first.
fn starts_query(first: Keyword) -> bool {
    matches!(first, Keyword::FROM | Keyword::WITH | Keyword::INSERT | Keyword::EXPLAIN | Keyword::DESCRIBE)
}

/// Whether a SELECT follows in the same query.
fn has_select(rest: &[TokenWithSpan]) -> bool {
    let mut depth = 0;
    for token in rest {
        match &token.token {
            Token::LParen => depth += 1,
            Token::RParen if depth == 0 => return false,
            Token::RParen => depth -= 1,
            Token::SemiColon if depth == 0 => return false,
            Token::Word(word) if depth == 0 && word.quote_style.is_none() => match word.keyword {
                Keyword::SELECT => return true,
                Keyword::UNION | Keyword::EXCEPT | Keyword::INTERSECT => return false,
                _ => {}
            },
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completed(sql: &str) -> String {
        let words = tokens(sql).unwrap().into_iter().filter(|t| !matches!(t.token, Token::Whitespace(_)));
        words.map(|t| t.token.to_string()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn queries_get_their_select() {
        for (sql, wanted) in [
            ("FROM t WHERE a = 1", "SELECT * FROM t WHERE a = 1"),
            ("FROM t SELECT a", "FROM t SELECT a"),
            ("FROM (FROM t LIMIT 1) x ORDER BY a", "SELECT * FROM ( SELECT * FROM t LIMIT 1 ) x ORDER BY a"),
            ("FROM (SELECT 1) x", "SELECT * FROM ( SELECT 1 ) x"),
            ("WITH c AS (FROM t) FROM c", "WITH c AS ( SELECT * FROM t ) SELECT * FROM c"),
            ("CREATE TABLE u AS FROM t", "CREATE TABLE u AS SELECT * FROM t"),
            ("INSERT INTO u (a) FROM t WHERE b", "INSERT INTO u ( a ) SELECT * FROM t WHERE b"),
            ("SELECT 1 UNION ALL FROM t", "SELECT 1 UNION ALL SELECT * FROM t"),
            ("FROM t UNION SELECT 2", "SELECT * FROM t UNION SELECT 2"),
            ("SELECT a IN (FROM t) FROM u", "SELECT a IN ( SELECT * FROM t ) FROM u"),
        ] {
            assert_eq!(completed(sql), wanted);
        }
        for same in [
            "SELECT extract ( year FROM d ) FROM t",
            "DELETE FROM t WHERE a",
            "WITH c AS ( SELECT 1 ) DELETE FROM t USING c",
            "COPY t FROM 'f'",
            "UPDATE t SET a = 1 FROM u",
            "SELECT * FROM t",
            "INSERT INTO t SELECT a FROM u",
        ] {
            assert_eq!(completed(same), same);
        }
    }
}

//! Which statement it is.

use super::cursor::Cursor;
use super::statement::WriteStatement;
use crate::error::{LakeError, Result};

/// The statement of `CALL f(…)` where the function changes something.
///
/// # Errors
/// Syntax errors.
pub(crate) fn parse_call(sql: &str) -> Result<Option<WriteStatement>> {
    let Some(WriteStatement::Call(call)) = parse(sql)? else { return Ok(None) };
    let name = call.name.last().map(|n| n.to_lowercase()).unwrap_or_default();
    let changes = ["set_option", "set_commit_message"];
    let is_change = changes.contains(&name.strip_prefix("ducklake_").unwrap_or(&name));
    Ok(is_change.then_some(WriteStatement::Call(call)))
}

/// Parses a statement that changes a lake or a transaction, `None` for any other.
///
/// # Errors
/// Syntax errors, several statements, and what DuckLake does not have.
pub(crate) fn parse(sql: &str) -> Result<Option<WriteStatement>> {
    let mut cursor = Cursor::new(sql)?;
    let with = if cursor.at(&["WITH"]) {
        // A query, most often: its syntax errors are the query parser's business.
        let Ok(with) = cursor.with() else { return Ok(None) };
        with
    } else {
        None
    };
    let Some(verb) = cursor.peek_word(0) else { return Ok(None) };
    let takes_with = matches!(verb.as_str(), "INSERT" | "DELETE" | "UPDATE" | "MERGE");
    if with.is_some() && !takes_with {
        return Ok(None);
    }
    cursor.skip();
    let statement = match verb.as_str() {
        "INSERT" => cursor.insert(with)?,
        "DELETE" => cursor.delete(with)?,
        "UPDATE" => cursor.update(with)?,
        "MERGE" => cursor.merge(with)?,
        "CREATE" => cursor.create()?,
        "DROP" => cursor.drop_object()?,
        "ALTER" => cursor.alter()?,
        "COMMENT" => cursor.comment()?,
        "COPY" => cursor.copy()?,
        "TRUNCATE" => cursor.truncate()?,
        "CALL" => cursor.call()?,
        "BEGIN" | "START" | "COMMIT" | "END" | "ROLLBACK" | "ABORT" => transaction(&mut cursor, &verb)?,
        "CHECKPOINT" => checkpoint(&mut cursor)?,
        "FORCE" => {
            cursor.expect_words(&["CHECKPOINT"])?;
            checkpoint(&mut cursor)?
        }
        _ => return Ok(None),
    };
    cursor.end()?;
    Ok(Some(statement))
}

fn transaction(cursor: &mut Cursor<'_>, verb: &str) -> Result<WriteStatement> {
    let noun = cursor.take_one_of(&["TRANSACTION", "WORK"]);
    if verb == "START" && noun.as_deref() != Some("TRANSACTION") {
        return Err(cursor.unexpected("TRANSACTION"));
    }
    if cursor.at(&["TO"]) {
        return Err(LakeError::not_supported("ROLLBACK TO a savepoint"));
    }
    Ok(match verb {
        "BEGIN" | "START" => {
            if cursor.at(&["READ", "ONLY"]) {
                return Err(LakeError::not_supported("a read-only transaction"));
            }
            cursor.take_words(&["READ", "WRITE"]);
            WriteStatement::Begin
        }
        "COMMIT" | "END" => WriteStatement::Commit,
        _ => WriteStatement::Rollback,
    })
}

fn checkpoint(cursor: &mut Cursor<'_>) -> Result<WriteStatement> {
    let lake = if cursor.at_end() { None } else { Some(cursor.ident()?) };
    Ok(WriteStatement::Checkpoint { lake })
}

#[cfg(test)]
mod tests;

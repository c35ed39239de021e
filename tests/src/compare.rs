//! Multisets of rows, compared so that the first difference can be understood.

use crate::engine::{Answer, Engine};
use crate::expected::{Expected, Rows};

/// Compares everything that is known of a lake.
///
/// # Panics
/// If anything differs; the message lists the first differences.
pub async fn check(engine: &Engine, expected: &Expected) {
    let mut wrong = Vec::new();
    for state in &expected.states {
        let answer = engine.query(&state.select).await;
        if let Some(difference) = judge(answer, &state.rows, state.columns.as_deref()) {
            wrong.push(format!("{}: {difference}\n    {}", state.place, state.select));
        }
    }
    for query in &expected.queries {
        if let Some(difference) = judge(engine.query(&query.sql).await, &query.rows, None) {
            wrong.push(format!("{difference}\n    {}", query.sql));
        }
    }
    let total = expected.states.len() + expected.queries.len();
    assert!(
        wrong.is_empty(),
        "lake {} ({}): {} of {total} table states and queries differ from DuckDB's, at first\n  {}",
        expected.name,
        expected.uri,
        wrong.len(),
        wrong[..wrong.len().min(8)].join("\n  ")
    );
}

/// What is wrong with an answer, if anything.
pub fn judge(
    answer: Result<Answer, String>,
    expected: &Result<Rows, String>,
    columns: Option<&[String]>,
) -> Option<String> {
    match (answer, expected) {
        (Err(_), Err(_)) => None,
        (Err(error), Ok(_)) => Some(format!("error: {error}")),
        (Ok(answer), Err(error)) => Some(format!("{} rows where DuckDB refuses: {error}", answer.rows.len())),
        (Ok(answer), Ok(rows)) => {
            if columns.is_some_and(|columns| columns != answer.columns) {
                return Some(format!("columns {:?}, expected {columns:?}", answer.columns));
            }
            difference(answer, rows)
        }
    }
}

/// The first difference between two multisets of rows.
fn difference(answer: Answer, expected: &Rows) -> Option<String> {
    let (mut got, mut want) = (answer.rows, expected.clone());
    got.sort();
    want.sort();
    if got == want {
        return None;
    }
    let counts =
        if got.len() == want.len() { String::new() } else { format!("{} rows, expected {}; ", got.len(), want.len()) };
    let surplus = without(&got, &want);
    let missing = without(&want, &got);
    Some(match (surplus.first(), missing.first()) {
        (Some(got), Some(want)) => {
            let column = got.iter().zip(want.iter()).position(|(a, b)| a != b);
            let column = column.and_then(|i| Some((answer.columns.get(i)?, got.get(i)?, want.get(i)?)));
            match column {
                Some((name, a, b)) => format!("{counts}column {name}: {a:?}, expected {b:?} (row {got:?})"),
                None => format!("{counts}row {got:?}, expected {want:?}"),
            }
        }
        (Some(got), None) => format!("{counts}surplus row {got:?}"),
        (None, Some(want)) => format!("{counts}missing row {want:?}"),
        (None, None) => counts,
    })
}

/// Rows of a sorted multiset that another lacks.
fn without<'r>(rows: &'r Rows, other: &Rows) -> Vec<&'r Vec<Option<String>>> {
    let mut other = other.iter().peekable();
    rows.iter()
        .filter(|row| {
            while other.peek().is_some_and(|o| o < row) {
                other.next();
            }
            other.next_if(|o| o == row).is_none()
        })
        .collect()
}

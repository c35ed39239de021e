//! `match(text, 'words')`, also written `text @@ 'words'`: whether all words occur in a text, found as a full-text index
//! finds them.

use std::sync::Arc;

use arrow::array::{Array, AsArray, BooleanBuilder, StringArray};
use arrow::datatypes::DataType;
use datafusion::common::Column;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::context::SessionContext;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use datafusion::scalar::ScalarValue;
use ducklake_text::{FieldKind, FieldSpec, RowMatcher, TextQuery, TextSchema};

use super::functions::text;

/// The function's name.
pub(crate) const MATCH: &str = "match";

/// Adds the function to a context.
pub(super) fn register(context: &SessionContext) {
    context.register_udf(ScalarUDF::new_from_impl(Match {
        signature: Signature::exact(vec![DataType::Utf8, DataType::Utf8], Volatility::Immutable),
    }));
}

/// The column and the words of a call whose words are the same for all rows.
pub(crate) fn as_match(expr: &Expr) -> Option<(&Column, String)> {
    let Expr::ScalarFunction(call) = expr else { return None };
    let ([subject, Expr::Literal(words, _)], true) = (call.args.as_slice(), call.func.inner().is::<Match>()) else {
        return None;
    };
    fn column(expr: &Expr) -> Option<&Column> {
        match expr {
            Expr::Column(column) => Some(column),
            // As the planner brings one type of texts to another.
            Expr::Cast(cast) if cast.field.data_type().is_string() => column(&cast.expr),
            _ => None,
        }
    }
    Some((column(subject)?, text(words)?))
}

/// What `words` asks for: words, `"a phrase"`, `prefix*`, `-without`.
pub(crate) fn query(words: &str) -> TextQuery {
    TextQuery::parse(words)
}

/// How a text without an index is split into words: as prose, identifiers in it as code.
fn schema() -> Result<TextSchema> {
    // No word can name this field.
    TextSchema::new(vec![FieldSpec::new("", FieldKind::Text)]).map_err(failed)
}

fn failed(error: ducklake_text::TextError) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}

/// See [`MATCH`].
#[derive(Debug, PartialEq, Eq, Hash)]
struct Match {
    signature: Signature,
}

impl ScalarUDFImpl for Match {
    fn name(&self) -> &str {
        MATCH
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [texts, words] = args.args.as_slice() else {
            return Err(DataFusionError::Internal(format!("{MATCH} takes a text and words")));
        };
        let is_scalar = [texts, words].iter().all(|argument| matches!(argument, ColumnarValue::Scalar(_)));
        let rows = if is_scalar { 1 } else { args.number_rows };
        let texts = texts.to_array(rows)?;
        let found = match words {
            ColumnarValue::Scalar(words) => match text(words) {
                Some(words) => of_one_query(texts.as_string(), &words)?,
                None => return Ok(ColumnarValue::Scalar(ScalarValue::Boolean(None))),
            },
            ColumnarValue::Array(words) => of_queries(texts.as_string(), words.as_string())?,
        };
        let found = found.finish_cloned();
        Ok(match is_scalar {
            true => ColumnarValue::Scalar(ScalarValue::try_from_array(&found, 0)?),
            false => ColumnarValue::Array(Arc::new(found)),
        })
    }
}

fn of_one_query(texts: &StringArray, words: &str) -> Result<BooleanBuilder> {
    let matcher = RowMatcher::new(&query(words), &schema()?).map_err(failed)?;
    let mut found = BooleanBuilder::with_capacity(texts.len());
    texts.iter().for_each(|text| found.append_option(text.map(|text| matcher.matches(&[Some(text)]))));
    Ok(found)
}

/// Words that differ from row to row; equal ones that follow each other are prepared once.
fn of_queries(texts: &StringArray, words: &StringArray) -> Result<BooleanBuilder> {
    let schema = schema()?;
    let mut found = BooleanBuilder::with_capacity(texts.len());
    let mut prepared: Option<(&str, RowMatcher)> = None;
    for (text, words) in texts.iter().zip(words) {
        let (Some(text), Some(words)) = (text, words) else {
            found.append_null();
            continue;
        };
        let matcher = match prepared.take() {
            Some((known, matcher)) if known == words => matcher,
            _ => RowMatcher::new(&query(words), &schema).map_err(failed)?,
        };
        found.append_value(matcher.matches(&[Some(text)]));
        prepared = Some((words, matcher));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use arrow::util::display::array_value_to_string;
    use datafusion::logical_expr::LogicalPlan;

    use super::*;
    use crate::session::Session;

    const ROWS: &str = "(VALUES (1, 'How parseJSON reads a file', 'file json'), (2, 'files are written', 'read'), \
                        (3, NULL, 'x'), (4, '', NULL)) t(i, s, w)";

    async fn column(sql: &str) -> Vec<String> {
        let batches = Session::new().sql(sql).await.unwrap().collect().await.unwrap();
        let values = |batch: &arrow::array::RecordBatch| {
            let column = Arc::clone(batch.column(0));
            (0..column.len()).map(move |row| match column.is_null(row) {
                true => "NULL".to_string(),
                false => array_value_to_string(&column, row).unwrap(),
            })
        };
        batches.iter().flat_map(values).collect()
    }

    #[tokio::test]
    async fn all_words_have_to_occur() {
        for (words, wanted) in [
            ("file", ["true", "true", "NULL", "false"]),
            ("FILES reading", ["true", "false", "NULL", "false"]),
            ("json parse", ["true", "false", "NULL", "false"]),
            ("parse_json", ["true", "false", "NULL", "false"]),
            ("file -json", ["false", "true", "NULL", "false"]),
            ("\"a file\"", ["true", "false", "NULL", "false"]),
            ("writ*", ["false", "true", "NULL", "false"]),
            ("s:file", ["false", "false", "NULL", "false"]),
            ("", ["false", "false", "NULL", "false"]),
        ] {
            for sql in [format!("match(s, '{words}')"), format!("s @@ '{words}'"), format!("MATCH(s, '{words}')")] {
                assert_eq!(column(&format!("SELECT {sql} FROM {ROWS} ORDER BY i")).await, wanted, "{sql}");
            }
        }
    }

    #[tokio::test]
    async fn it_stands_wherever_an_expression_does() {
        for (sql, wanted) in [
            (format!("SELECT i FROM {ROWS} WHERE match(s, 'file') AND NOT match(s, 'json')"), vec!["2"]),
            (format!("SELECT i FROM {ROWS} WHERE NOT s @@ 'file' ORDER BY i"), vec!["4"]),
            (format!("SELECT i FROM {ROWS} WHERE i > 1 AND s@@'file' = true"), vec!["2"]),
            (format!("SELECT i FROM {ROWS} WHERE s || ' more' @@ 'more json'"), vec!["1"]),
            (format!("FROM {ROWS} SELECT count(*) FILTER (WHERE match(s, 'file'))"), vec!["2"]),
            (format!("SELECT match(s, w) FROM {ROWS} ORDER BY i"), vec!["true", "false", "NULL", "NULL"]),
            ("SELECT match('a text', 'text')".to_string(), vec!["true"]),
            ("SELECT match('a text', NULL)".to_string(), vec!["NULL"]),
            ("SELECT match FROM (SELECT 1 AS match) m".to_string(), vec!["1"]),
        ] {
            assert_eq!(column(&sql).await, wanted, "{sql}");
        }
    }

    #[tokio::test]
    async fn calls_are_recognised_in_plans() {
        fn filter(plan: &LogicalPlan) -> Option<Expr> {
            match plan {
                LogicalPlan::Filter(filter) => Some(filter.predicate.clone()),
                other => other.inputs().into_iter().find_map(filter),
            }
        }
        for (predicate, wanted) in [
            ("s @@ 'some words'", Some("some words")),
            ("match(s, 'some' || ' words')", Some("some words")),
            ("match(s, w)", None),
            ("match(upper(s), 'a')", None),
            ("s = 'some words'", None),
        ] {
            let sql = format!("SELECT i FROM {ROWS} WHERE {predicate}");
            let plan = Session::new().sql(&sql).await.unwrap().into_optimized_plan().unwrap();
            let predicate = filter(&plan).unwrap();
            let found = as_match(&predicate).map(|(column, words)| (column.name(), words));
            // The filter is moved below the names of the VALUES.
            assert_eq!(found, wanted.map(|words| ("column2", words.to_string())), "{predicate}");
        }
    }
}

//! What EXPLAIN ANALYZE says, with a summary in DuckDB's words of what was read of each table.

use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch, StringArray};
use datafusion::physical_plan::SendableRecordBatchStream;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::sql::parser::Statement as DfStatement;
use datafusion::sql::sqlparser::ast::Statement;
use futures::TryStreamExt;

/// The metric that counts a scan's files.
const OPENED: &str = "lake_files_opened=";

/// Whether the statement is EXPLAIN ANALYZE.
pub(crate) fn is_analyze(statement: &DfStatement) -> bool {
    match statement {
        DfStatement::Explain(explain) => explain.options.analyze,
        DfStatement::Statement(inner) => matches!(inner.as_ref(), Statement::Explain { analyze: true, .. }),
        _ => false,
    }
}

/// The plan's row under DuckDB's name, the summary after it.
pub(crate) fn analyzed(stream: SendableRecordBatchStream) -> SendableRecordBatchStream {
    let schema = stream.schema();
    let rows = stream.map_ok(|batch| summarized(&batch).unwrap_or(batch));
    Box::pin(RecordBatchStreamAdapter::new(schema, rows))
}

fn summarized(batch: &RecordBatch) -> Option<RecordBatch> {
    let [kinds, plans] = batch.columns() else { return None };
    let (kinds, plans) = (kinds.as_string_opt::<i32>()?, plans.as_string_opt::<i32>()?);
    let kind = |kind: &str| if kind == "Plan with Metrics" { "analyzed_plan".to_string() } else { kind.to_string() };
    let kinds: StringArray = kinds.iter().map(|k| k.map(kind)).collect();
    let plans: StringArray = plans.iter().map(|plan| plan.map(with_summary)).collect();
    let columns: Vec<Arc<dyn Array>> = vec![Arc::new(kinds), Arc::new(plans)];
    RecordBatch::try_new(batch.schema(), columns).ok()
}

fn with_summary(plan: &str) -> String {
    let mut text = plan.trim_end().to_string();
    for (at, _) in plan.match_indices(OPENED) {
        let number: String = plan[at + OPENED.len()..].chars().take_while(char::is_ascii_digit).collect();
        text.push_str(&format!("\nTABLE_SCAN: Total Files Read: {number}"));
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_every_scan() {
        let plan = "A\n  DataSourceExec: x, metrics=[lake_files_opened=2, y=1]\n  B metrics=[lake_files_opened=0]\n";
        let text = with_summary(plan);
        assert!(text.ends_with("TABLE_SCAN: Total Files Read: 2\nTABLE_SCAN: Total Files Read: 0\n"), "{text}");
        assert_eq!(with_summary("A\n"), "A\n");
    }
}

//! `scan`: rows of one table.

use crate::args::ScanArgs;
use crate::error::CliError;
use crate::names::{TableName, select_list};

/// The SELECT that a scan stands for.
pub(super) fn statement(args: &ScanArgs) -> Result<String, CliError> {
    let columns = args.columns.as_deref().map_or_else(|| Ok("*".to_string()), select_list)?;
    let mut sql = format!("SELECT {columns} FROM {}", TableName::parse(&args.table)?.to_sql());
    if let Some(filter) = &args.filter {
        if filter.trim().is_empty() {
            return Err(CliError::usage("--filter is empty").with_hint("give a condition, such as 'total > 100'"));
        }
        // The line break ends a comment that the condition may end with.
        sql += &format!("\nWHERE ({filter}\n)");
    }
    if let Some(limit) = args.limit {
        sql += &format!("\nLIMIT {limit}");
    }
    Ok(sql)
}

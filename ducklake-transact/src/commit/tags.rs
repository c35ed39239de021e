//! What must still be so for tags that `changes_made` does not tell of.

use std::collections::BTreeSet;

use ducklake_catalog::CommitTransaction;

use crate::error::{Result, TransactError};
use crate::transaction::{FIRST_LOCAL_ID, Tagged, Transaction};

/// Checks, after others have committed, that tables and columns which tags rely on are there, and that nobody has used
/// the same key for a table of the same schema.
pub(super) async fn compare(tx: &mut CommitTransaction<'_>, transaction: &Transaction, head: i64) -> Result<()> {
    let conflict = |ours: String, theirs: &str, snapshot: i64| {
        Err(TransactError::Conflict { ours, theirs: theirs.to_string(), snapshot })
    };
    let tags: Vec<(i64, &str)> = transaction
        .tags
        .iter()
        .filter(|tag| !tag.is_comment() && tag.value.is_some())
        .filter_map(|tag| match tag.on {
            Tagged::Table(id) | Tagged::View(id) | Tagged::Column { table: id, .. } => Some((id, tag.key.as_str())),
        })
        .collect();
    if tags.is_empty() {
        return Ok(());
    }
    let tables: Vec<i64> = transaction.required.keys().copied().collect();
    let live: BTreeSet<(i64, i64)> = tx.live_columns(&tables).await?.into_iter().collect();
    for (table, columns) in &transaction.required {
        // Columns of the transaction's own are nobody else's to drop.
        let base = transaction.tables.get(table).and_then(|t| t.base.as_ref());
        let is_own = |id: i64| base.is_some_and(|base| base.columns.iter().all(|c| c.column_id != id));
        if columns.iter().any(|id| !is_own(*id) && !live.contains(&(*table, *id))) {
            let ours = format!("rely on columns of {}", transaction.shown_table(*table));
            return conflict(ours, "dropped it, or one of them", head);
        }
    }
    let schema = |table: i64| transaction.names.tables.iter().find(|t| t.table_id == table).map(|t| t.schema_id);
    for (table, key) in tags {
        for (other, begin) in tx.tags_since(key, transaction.base.id).await? {
            // The schema of a table that is new is not known here.
            let may_clash = table == other || schema(other).is_none() || schema(other) == schema(table);
            if may_clash && other < FIRST_LOCAL_ID {
                return conflict(format!("set the tag {key}"), "set one of that name", begin);
            }
        }
    }
    Ok(())
}

//! Tags: comments, and what programs note of tables.

use ducklake_catalog::{Cell, CommitTransaction, MetadataTable};
use ducklake_format::changes::Change;

use super::Attempt;
use crate::error::Result;
use crate::rows::text;
use crate::transaction::Tagged;

impl Attempt<'_> {
    /// Comments are what DuckDB writes for COMMENT ON: an altered table or view, and a row without a text where the
    /// comment is taken away.
    ///
    /// Of other tags `changes_made` says nothing. DuckDB 1.5 commits its inserts, deletes, updates, alterations and
    /// drops beside a snapshot without changes; beside `altered_table` it would fail all but the drop, and one entry
    /// that it does not know fails every commit beside it, and `ducklake_snapshots()` for ever. For the same reason
    /// the schema version stays: both engines keep what they know of tables by it. What such a tag needs of its table
    /// is checked by `commit::tags`.
    pub(super) async fn tags(&mut self, tx: &mut CommitTransaction<'_>) -> Result<()> {
        for tag in &self.transaction.tags {
            let key = ("key", Cell::from(tag.key.as_str()));
            let tail = [self.snapshot.into(), Cell::Null, tag.key.as_str().into(), text(tag.value.as_deref())];
            let has_row = tag.value.is_some() || tag.is_comment();
            let change = match tag.on {
                Tagged::Table(object) | Tagged::View(object) => {
                    let id = self.ids.real(object);
                    tx.end_where(MetadataTable::Tag, self.snapshot, "object_id", &[id], &[key]).await?;
                    if has_row {
                        self.rows.add(MetadataTable::Tag, [id.into()].into_iter().chain(tail).collect());
                    }
                    match tag.on {
                        Tagged::View(_) => Change::AlteredView(id),
                        _ => Change::AlteredTable(id),
                    }
                }
                Tagged::Column { table, column } => {
                    let id = self.ids.real(table);
                    let same = [("column_id", Cell::Int(column)), key];
                    tx.end_where(MetadataTable::ColumnTag, self.snapshot, "table_id", &[id], &same).await?;
                    if has_row {
                        let row = [id.into(), column.into()].into_iter().chain(tail).collect();
                        self.rows.add(MetadataTable::ColumnTag, row);
                    }
                    Change::AlteredTable(id)
                }
            };
            if tag.is_comment() {
                self.changes.push(change);
            }
        }
        Ok(())
    }
}

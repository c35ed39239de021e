//! Rows of macros.

use ducklake_catalog::{Cell, CommitTransaction, MacroForm, MacroRow, MetadataTable};

use super::super::macros::{created, dropped};
use super::Attempt;
use crate::error::Result;
use crate::transaction::FIRST_LOCAL_ID;

impl<'a> Attempt<'a> {
    /// Ends macros. Their forms and parameters stay until the snapshots that see them expire.
    pub(super) async fn dropped_macros(&mut self, tx: &mut CommitTransaction<'_>) -> Result<()> {
        let names = self.names();
        let is_gone = |id: i64| !names.macros.iter().any(|m| m.macro_id == id);
        let gone: Vec<_> = self.base().macros.iter().filter(|m| is_gone(m.macro_id)).collect();
        let ids: Vec<i64> = gone.iter().map(|m| m.macro_id).collect();
        tx.end(MetadataTable::Macro, "macro_id", &ids, self.snapshot).await?;
        self.changes.extend(gone.into_iter().map(|m| dropped(m, m.macro_id)));
        Ok(())
    }

    /// New macros in the reference's order: those that give values first.
    pub(super) fn new_macros(&self) -> Vec<&'a MacroRow> {
        let mut new: Vec<_> = self.names().macros.iter().filter(|m| m.macro_id >= FIRST_LOCAL_ID).collect();
        new.sort_by_key(|m| m.is_table);
        new
    }

    /// Rows of new macros.
    pub(super) fn macros(&mut self) {
        for new in self.new_macros() {
            let id = self.ids.real(new.macro_id);
            let schema_id = self.ids.real(new.schema_id);
            let row = vec![schema_id.into(), id.into(), new.name.as_str().into(), self.snapshot.into(), Cell::Null];
            self.rows.add(MetadataTable::Macro, row);
            for (form_id, form) in (0..).zip(&new.forms) {
                self.macro_form((id, form_id), form, new.is_table);
            }
            let name = self.qualified(new.schema_id, &new.name);
            self.changes.push(created(new, name));
        }
    }

    fn macro_form(&mut self, (id, form_id): (i64, i64), form: &MacroForm, is_table: bool) {
        let dialect = form.dialect.as_deref().unwrap_or("duckdb");
        let kind = if is_table { "table" } else { "scalar" };
        let row = vec![id.into(), form_id.into(), dialect.into(), form.sql.as_str().into(), kind.into()];
        self.rows.add(MetadataTable::MacroImpl, row);
        for (column_id, parameter) in (0_i64..).zip(&form.parameters) {
            let ids = [id, form_id, column_id].into_iter().map(Cell::from);
            let row = ids.chain(parameter.cells().into_iter().map(Cell::from)).collect();
            self.rows.add(MetadataTable::MacroParameters, row);
        }
    }
}

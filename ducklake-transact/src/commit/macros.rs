//! What is said in a snapshot's changes about macros.

use ducklake_catalog::MacroRow;
use ducklake_format::changes::{Change, QualifiedName};

/// The change that makes a macro.
pub(super) fn created(new: &MacroRow, name: QualifiedName) -> Change {
    if new.is_table { Change::CreatedTableMacro(name) } else { Change::CreatedScalarMacro(name) }
}

/// The change that ends a macro.
pub(super) fn dropped(gone: &MacroRow, id: i64) -> Change {
    if gone.is_table { Change::DroppedTableMacro(id) } else { Change::DroppedScalarMacro(id) }
}

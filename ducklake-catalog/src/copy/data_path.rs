//! Where the copy's data files are.

use std::path::{Path, PathBuf};

use ducklake_format::paths::normalize_data_path;

use super::plan::CopiedTable;
use super::{CellRow, CopyOptions};
use crate::catalog::Catalog;
use crate::driver::Cell;
use crate::error::{CatalogError, FailureKind};
use crate::uri::CatalogUri;

/// The data path that the copy records where it is another text than the original's.
pub(super) fn of_copy(from: &Catalog, options: &CopyOptions) -> Result<Option<String>, CatalogError> {
    let stored = &from.metadata().data_path;
    let path = match &options.data_path {
        Some(path) => normalize_data_path(path),
        None => absolute(stored, from.uri())?,
    };
    Ok((path != *stored).then_some(path))
}

/// A relative local path from the root on: below the working directory, where it is read from now, unless the folder is
/// only found beside the catalog's file.
fn absolute(stored: &str, uri: &CatalogUri) -> Result<String, CatalogError> {
    let is_local = !stored.contains("://") && !stored.is_empty();
    if !is_local || Path::new(stored).is_absolute() {
        return Ok(stored.to_string());
    }
    let unusable = |what: &dyn std::fmt::Display| {
        let message = format!("the data path '{stored}' cannot be made absolute: {what}");
        CatalogError::new(FailureKind::Unsupported, message).with_hint("name it with --data-path")
    };
    let beside = match uri {
        CatalogUri::Sqlite(path) | CatalogUri::DuckDb(path) => path.parent().map(|folder| folder.join(stored)),
        CatalogUri::Postgres(_) => None,
    };
    let here = PathBuf::from(stored);
    let path = beside.filter(|beside| !here.is_dir() && beside.is_dir()).unwrap_or(here);
    let path = std::path::absolute(path).map_err(|e| unusable(&e))?;
    let text = path.to_str().ok_or_else(|| unusable(&"it is not UTF-8"))?;
    Ok(normalize_data_path(&text.replace('\\', "/")))
}

/// Puts the path into the row of the option.
pub(super) fn replace(table: &CopiedTable, rows: &mut [CellRow], path: &str) {
    let position = |name: &str| table.columns.iter().position(|column| column.name == name);
    let (Some(key), Some(value)) = (position("key"), position("value")) else { return };
    let is_global = |row: &CellRow| position("scope").and_then(|at| row.get(at)).is_none_or(|c| *c == Cell::Null);
    for row in rows.iter_mut().filter(|row| is_global(row)) {
        if matches!(row.get(key), Some(Cell::Text(name)) if name == "data_path") {
            row[value] = Cell::Text(path.to_string());
        }
    }
}

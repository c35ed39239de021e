//! Alterations of tables.

use super::default;
use super::replay::find;
use crate::catalog::name::{Key, of_altered};
use crate::catalog::tree::Object;
use crate::catalog::{Catalog, new_column};
use crate::error::{At, Error, Result};
use crate::value::Value;

const ALTER_TABLE: u64 = 1;
const RENAME_COLUMN: u64 = 1;
const RENAME_TABLE: u64 = 2;
const ADD_COLUMN: u64 = 3;
const REMOVE_COLUMN: u64 = 4;
const CHANGE_COLUMN_TYPE: u64 = 5;
const ADD_FIELD: u64 = 14;
const REMOVE_FIELD: u64 = 15;
const RENAME_FIELD: u64 = 16;

pub(super) fn apply(catalog: &mut Catalog, info: &Object) -> Result<()> {
    // Views, comments and owners.
    if info.uint(200) != ALTER_TABLE {
        return Ok(());
    }
    let (schema, name) = of_altered(info)?;
    let key = Key::new(&schema, &name);
    let Some(table) = find(catalog, &key)? else { return Ok(()) };
    let result = match info.uint(300) {
        RENAME_COLUMN => table.rename_column(info.text(400), info.text(401)),
        RENAME_TABLE => {
            if let Some(mut table) = catalog.tables.remove(&key) {
                table.name = info.text(400).to_string();
                catalog.add_table(table);
            }
            return Ok(());
        }
        ADD_COLUMN => add_column(info).map(|(column, value)| {
            // IF NOT EXISTS is written even if nothing was added.
            if !table.has_column(&column.name) {
                table.add_column(column, value);
            }
        }),
        REMOVE_COLUMN if info.bool(401) && !table.has_column(info.text(400)) => Ok(()),
        REMOVE_COLUMN => table.drop_column(info.text(400)),
        CHANGE_COLUMN_TYPE => Err(rewrites("a column whose type was changed after the last checkpoint")),
        ADD_FIELD | REMOVE_FIELD | RENAME_FIELD => {
            Err(rewrites("a STRUCT whose fields were changed after the last checkpoint"))
        }
        _ => Ok(()),
    };
    match result {
        Err(Error::Unsupported { what, .. }) => {
            table.unreadable = Some(what);
            Ok(())
        }
        result => result.at(|| format!("table {name}")),
    }
}

fn add_column(info: &Object) -> Result<(crate::table::Column, Value)> {
    let definition = info.object(400).ok_or_else(|| Error::corrupt("a column without description"))?;
    let column = new_column(definition)?;
    let value = match definition.object(102) {
        Some(expression) if !column.generated => default::constant(expression, &column.logical_type)?,
        _ => Value::null(column.logical_type.clone()),
    };
    Ok((column, value))
}

fn rewrites(what: &str) -> Error {
    Error::unsupported(what, crate::error::CHECKPOINT)
}

//! Macros visible at a snapshot (DuckLake spec, "Schemas, views, macros, comments").

use crate::catalog::Catalog;
use crate::driver::DbTransaction;
use crate::error::CatalogError;

/// A visible row of `ducklake_macro` with its forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MacroRow {
    /// Id.
    pub macro_id: i64,
    /// Schema.
    pub schema_id: i64,
    /// Name; a macro that gives values and one that gives tables may share it.
    pub name: String,
    /// Whether it gives tables rather than values.
    pub is_table: bool,
    /// Its forms, told apart by their parameters, in the order in which they were written.
    pub forms: Vec<MacroForm>,
}

/// A row of `ducklake_macro_impl` with its parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MacroForm {
    /// SQL dialect of `sql`.
    pub dialect: Option<String>,
    /// Expression or query.
    pub sql: String,
    /// Parameters in order.
    pub parameters: Vec<MacroParameter>,
}

/// A row of `ducklake_macro_parameters`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MacroParameter {
    /// Name.
    pub name: String,
    /// DuckLake's name of the type; `None` where any value is taken.
    pub parameter_type: Option<String>,
    /// The value where a call gives none.
    pub default: Option<MacroDefault>,
}

/// The default of a parameter: a constant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MacroDefault {
    /// DuckDB's text of the value.
    pub value: String,
    /// DuckLake's name of its type.
    pub value_type: String,
}

/// What stands for no type, and in `default_value_type` for no default.
const UNKNOWN: &str = "unknown";

impl MacroParameter {
    /// The four cells of `ducklake_macro_parameters` that say what the parameter is: name, type, default, its type.
    pub fn cells(&self) -> [&str; 4] {
        let default = self.default.as_ref();
        [
            &self.name,
            self.parameter_type.as_deref().unwrap_or(UNKNOWN),
            default.map_or("NULL", |d| &d.value),
            default.map_or(UNKNOWN, |d| &d.value_type),
        ]
    }
}

fn known(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.eq_ignore_ascii_case(UNKNOWN))
}

impl Catalog {
    /// All macros visible at `snapshot`: one statement.
    pub(crate) async fn macros_in(&self, tx: &mut DbTransaction, snapshot: i64) -> Result<Vec<MacroRow>, CatalogError> {
        let layout = self.layout();
        let tables = ["ducklake_macro", "ducklake_macro_impl", "ducklake_macro_parameters"];
        if !tables.iter().all(|table| layout.has_table(table)) {
            return Ok(Vec::new());
        }
        let mut sql = self.sql();
        sql.push("SELECT ");
        layout.select(&mut sql, "ducklake_macro", "m", &["macro_id", "schema_id", "macro_name"]);
        sql.push(", ");
        layout.select(&mut sql, "ducklake_macro_impl", "i", &["impl_id", "dialect", "sql", "type"]);
        sql.push(", ");
        let columns = ["column_id", "parameter_name", "parameter_type", "default_value", "default_value_type"];
        layout.select(&mut sql, "ducklake_macro_parameters", "p", &columns);
        sql.push(" FROM ").table("ducklake_macro").push(" m JOIN ").table("ducklake_macro_impl");
        sql.push(" i ON i.macro_id = m.macro_id LEFT JOIN ").table("ducklake_macro_parameters");
        sql.push(" p ON p.macro_id = m.macro_id AND p.impl_id = i.impl_id WHERE ")
            .visible_at("m", snapshot)
            .push(" ORDER BY m.macro_id, i.impl_id, p.column_id");
        let mut macros: Vec<MacroRow> = Vec::new();
        let mut last_form = None;
        for mut row in tx.query("reading macros", sql).await? {
            let (macro_id, schema_id, name) = (row.i64("macro_id")?, row.i64("schema_id")?, row.text("macro_name")?);
            let (form_id, dialect, body, kind) = (row.i64("impl_id")?, row.opt_text(), row.opt_text(), row.opt_text());
            if macros.last().is_none_or(|last| last.macro_id != macro_id) {
                let is_table = kind.is_some_and(|kind| kind.eq_ignore_ascii_case("table"));
                macros.push(MacroRow { macro_id, schema_id, name, is_table, forms: Vec::new() });
                last_form = None;
            }
            let Some(found) = macros.last_mut() else { continue };
            if last_form != Some(form_id) {
                last_form = Some(form_id);
                found.forms.push(MacroForm { dialect, sql: body.unwrap_or_default(), parameters: Vec::new() });
            }
            let (column_id, name, parameter_type) = (row.opt_i64()?, row.opt_text(), known(row.opt_text()));
            let (value, value_type) = (row.opt_text(), known(row.opt_text()));
            if let (Some(form), Some(_), Some(name)) = (found.forms.last_mut(), column_id, name) {
                let default = value.zip(value_type).map(|(value, value_type)| MacroDefault { value, value_type });
                form.parameters.push(MacroParameter { name, parameter_type, default });
            }
        }
        Ok(macros)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_has_words() {
        let plain = MacroParameter { name: "a".into(), parameter_type: None, default: None };
        assert_eq!(plain.cells(), ["a", "unknown", "NULL", "unknown"]);
        let default = Some(MacroDefault { value: "NULL".into(), value_type: "varchar".into() });
        let full = MacroParameter { name: "b".into(), parameter_type: Some("int64".into()), default };
        assert_eq!(full.cells(), ["b", "int64", "NULL", "varchar"]);
    }
}

//! The macros of a lake as calls need them.

use datafusion::sql::sqlparser::ast::Expr;
use ducklake_catalog::MacroForm;
use ducklake_format::LakeType;
use ducklake_format::types::TypeName;

use super::values;
use crate::lake::LakeView;

/// A macro of an attached lake.
#[derive(Debug, Clone)]
pub(super) struct Macro {
    pub(super) lake: String,
    pub(super) schema: String,
    pub(super) name: String,
    pub(super) is_table: bool,
    pub(super) forms: Vec<Form>,
}

/// One form of a macro.
#[derive(Debug, Clone)]
pub(super) struct Form {
    pub(super) sql: String,
    pub(super) parameters: Vec<Parameter>,
    /// Why it cannot be used here; other macros can.
    pub(super) problem: Option<String>,
}

#[derive(Debug, Clone)]
pub(super) struct Parameter {
    pub(super) name: String,
    /// `None` where any value is taken.
    pub(super) lake_type: Option<LakeType>,
    pub(super) default: Option<Expr>,
}

/// A type that a parameter can be cast to; of nested ones the catalog does not say enough.
fn leaf(name: &str) -> Option<LakeType> {
    match TypeName::parse(name) {
        Ok(TypeName::Leaf(lake_type)) => Some(lake_type),
        _ => None,
    }
}

/// The macros of a lake at a view of it.
pub(super) fn macros(lake: &str, view: &LakeView) -> Vec<Macro> {
    let schema = |id: i64| view.names.schemas.iter().find(|schema| schema.schema_id == id);
    let with_schema = view.names.macros.iter().filter_map(|row| Some((schema(row.schema_id)?, row)));
    with_schema
        .map(|(schema, row)| Macro {
            lake: lake.to_string(),
            schema: schema.name.clone(),
            name: row.name.clone(),
            is_table: row.is_table,
            forms: row.forms.iter().map(form).collect(),
        })
        .collect()
}

fn form(row: &MacroForm) -> Form {
    let mut problem = match row.dialect.as_deref() {
        None | Some("duckdb") => None,
        Some(other) => Some(format!("it is in the dialect '{other}'")),
    };
    let mut parameters = Vec::with_capacity(row.parameters.len());
    for parameter in &row.parameters {
        let default = parameter.default.as_ref().map(values::expression).transpose().unwrap_or_else(|error| {
            problem = Some(format!("the default of parameter '{}' cannot be read: {error}", parameter.name));
            None
        });
        let lake_type = parameter.parameter_type.as_deref().and_then(leaf);
        parameters.push(Parameter { name: parameter.name.clone(), lake_type, default });
    }
    Form { sql: row.sql.clone(), parameters, problem }
}

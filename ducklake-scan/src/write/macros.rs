//! CREATE MACRO and DROP MACRO.

use arrow::array::Array;
use datafusion::error::DataFusionError;
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::{self, Expr, UnaryOperator, Value};
use ducklake_catalog::{MacroDefault, MacroForm, MacroParameter};
use ducklake_format::LakeType;
use ducklake_format::promotion::literal_text;

use super::open::OpenTransactions;
use super::statements::Place;
use crate::error::{LakeError, Result};
use crate::lake::{SnapshotSelector, same_name};
use crate::session::Session;
use crate::sql::macros::{called, casts, is_same, parse_body, static_type, with_nulls};
use crate::sql::names::similar;
use crate::sql::types::sql_name;
use crate::sql::write::{CreateMacro, MacroBody, MacroOverload};
use crate::sql::{print, write};

impl Session {
    pub(super) async fn create_macro(&self, open: &OpenTransactions, create: CreateMacro) -> Result<()> {
        let place = self.place(open, &create.name).await?;
        let existing = place.macro_id(create.is_table);
        if existing.is_some() && create.if_not_exists {
            return Ok(());
        }
        let mut forms: Vec<MacroForm> = Vec::with_capacity(create.overloads.len());
        for overload in &create.overloads {
            let form = self.macro_form(overload).await?;
            if forms.iter().any(|other| is_same(other, &form)) {
                return Err(LakeError::Usage {
                    message: format!("two forms of macro '{}' have the same parameters", place.name),
                    hint: Some("give them parameters of different number or types".into()),
                });
            }
            self.check_body(open, overload).await?;
            forms.push(form);
        }
        open.with(&place.attached, async |lake| {
            lake.check_writable()?;
            if let Some(existing) = existing.filter(|_| create.or_replace) {
                lake.transaction.drop_macro(existing);
            }
            lake.transaction.create_macro(place.schema_id, &place.name, create.is_table, forms)?;
            Ok(())
        })
        .await
    }

    /// DROP MACRO drops the macro that gives values; one that gives tables where there is no other, or with TABLE.
    pub(super) async fn drop_macro(
        &self,
        open: &OpenTransactions,
        name: &[String],
        if_exists: bool,
        is_table: bool,
    ) -> Result<()> {
        let Some(place) = self.place_if(open, name, if_exists).await? else { return Ok(()) };
        let scalar = if is_table { None } else { place.macro_id(false) };
        let Some(id) = scalar.or_else(|| place.macro_id(true)) else {
            return if if_exists { Ok(()) } else { Err(place.unknown_macro(is_table)) };
        };
        open.with(&place.attached, async |lake| {
            lake.check_writable()?;
            lake.transaction.drop_macro(id);
            Ok(())
        })
        .await
    }

    /// A form as the catalog keeps it.
    async fn macro_form(&self, overload: &MacroOverload) -> Result<MacroForm> {
        let printed = match &overload.body {
            MacroBody::Value(expr) => print::expression(expr),
            MacroBody::Table(query) => print::query(query),
        };
        let mut parameters = Vec::with_capacity(overload.parameters.len());
        for parameter in &overload.parameters {
            parameters.push(self.macro_parameter(parameter).await?);
        }
        let sql = printed.unwrap_or_else(|| overload.sql.clone());
        Ok(MacroForm { dialect: Some("duckdb".to_string()), sql, parameters })
    }

    async fn macro_parameter(&self, parameter: &write::MacroParameter) -> Result<MacroParameter> {
        let name = &parameter.name;
        if let Some(nested) = parameter.lake_type.as_ref().filter(|t| t.is_nested()) {
            return Err(LakeError::NotSupported {
                what: format!("parameter '{name}' of type {}", sql_name(nested)),
                hint: Some("DuckLake keeps no nested types of parameters: leave the type away".into()),
            });
        }
        let default = match &parameter.default {
            Some(expr) => Some(self.macro_default(name, expr, parameter.lake_type.as_ref()).await?),
            None => None,
        };
        let parameter_type = parameter.lake_type.as_ref().map(ToString::to_string);
        Ok(MacroParameter { name: name.clone(), parameter_type, default })
    }

    /// A default's value as text: it is computed once.
    async fn macro_default(&self, parameter: &str, expr: &Expr, wanted: Option<&LakeType>) -> Result<MacroDefault> {
        let batch = self.constant_batch(expr).await?;
        let shown = static_type(expr).or_else(|| LakeType::from_field(batch.schema().field(0)));
        let no_value = || LakeError::NotSupported {
            what: format!("'{expr}' as the default of parameter '{parameter}'"),
            hint: Some("DuckLake keeps defaults as text: use a number, text, date or the like, not NULL".into()),
        };
        let lake_type = shown.filter(|t| !t.is_nested()).ok_or_else(no_value)?;
        if let Some(wanted) = wanted.filter(|wanted| !casts(&lake_type, wanted)) {
            return Err(LakeError::Usage {
                message: format!("the default {expr} of parameter '{parameter}' is no {}", sql_name(wanted)),
                hint: Some("cast it, or leave the type of the parameter away".into()),
            });
        }
        let value_type = lake_type.to_string();
        if let Some(value) = number_text(expr) {
            return Ok(MacroDefault { value, value_type });
        }
        let array = self.constant_array(expr, &lake_type).await?;
        let text = literal_text(array.as_ref(), &lake_type.field("default")).filter(|_| array.is_valid(0));
        Ok(MacroDefault { value: text.ok_or_else(no_value)?, value_type })
    }

    /// What a body names has to be there. Whether it makes sense shows when it is called: types of arguments are not
    /// known before.
    async fn check_body(&self, open: &OpenTransactions, overload: &MacroOverload) -> Result<()> {
        let mut query = match &overload.body {
            MacroBody::Table(query) => query.clone(),
            MacroBody::Value(_) => Box::new(parse_body(&format!("SELECT {}", overload.sql))?),
        };
        with_nulls(&mut query, overload.parameters.iter().map(|p| p.name.as_str()));
        let statement = ast::Statement::Query(query);
        let planned =
            self.plan_with(Statement::Statement(Box::new(statement.clone())), self.pins_in(open), 0).await.map(|_| ());
        match planned {
            Ok(()) => Ok(()),
            Err(error) if is_about_names(&error, &overload.sql) => Err(error),
            Err(_) => self.check_functions(open, &statement).await,
        }
    }

    /// Called functions have to be there, or to be macros.
    async fn check_functions(&self, open: &OpenTransactions, statement: &ast::Statement) -> Result<()> {
        let mut macros = Vec::new();
        let mut pins = self.pins_in(open);
        for attached in pins.names.attached.clone() {
            let view = pins.view(&attached, &SnapshotSelector::Latest).await?;
            macros.extend(view.names.macros.iter().map(|m| m.name.clone()));
        }
        let calls = called(statement);
        let unknown = calls.names.iter().filter_map(|name| name.last()).find(|name| {
            !self.knows_function(&name.to_lowercase())
                && !SPECIAL_FUNCTIONS.contains(&name.to_lowercase().as_str())
                && !macros.iter().any(|m| same_name(m, name))
        });
        match unknown {
            Some(name) => Err(LakeError::UnknownName {
                what: "function",
                name: name.clone(),
                suggestions: similar(name, macros.iter().map(String::as_str)),
            }),
            None => Ok(()),
        }
    }
}

/// Functions that are no entries of any list.
const SPECIAL_FUNCTIONS: [&str; 1] = ["unnest"];

/// Whether a body cannot be planned because of a name in it.
fn is_about_names(error: &LakeError, sql: &str) -> bool {
    match error {
        LakeError::UnknownTable { .. } | LakeError::UnknownName { .. } => true,
        // Parameters of a lambda look like columns.
        LakeError::Query(error) => {
            matches!(error.find_root(), DataFusionError::SchemaError(..))
                && !sql.contains("->")
                && !sql.contains("lambda")
        }
        _ => false,
    }
}

/// The text of a plain number.
fn number_text(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Nested(inner) => number_text(inner),
        Expr::UnaryOp { op: UnaryOperator::Plus, expr } => number_text(expr),
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => {
            number_text(expr).filter(|text| !text.starts_with('-')).map(|text| format!("-{text}"))
        }
        Expr::Value(value) => match &value.value {
            Value::Number(text, _) if text.bytes().all(|b| b.is_ascii_digit() || b == b'.') => Some(text.clone()),
            _ => None,
        },
        _ => None,
    }
}

impl Place {
    fn macro_id(&self, is_table: bool) -> Option<i64> {
        let mut macros = self.view.names.macros.iter();
        let is_it = |m: &&ducklake_catalog::MacroRow| {
            m.schema_id == self.schema_id && m.is_table == is_table && same_name(&m.name, &self.name)
        };
        macros.find(is_it).map(|m| m.macro_id)
    }

    fn unknown_macro(&self, is_table: bool) -> LakeError {
        let own = self.view.names.macros.iter().filter(|m| m.schema_id == self.schema_id);
        let suggestions = similar(&self.name, own.map(|m| m.name.as_str()));
        let what = if is_table { "table macro" } else { "macro" };
        LakeError::UnknownName { what, name: self.name.clone(), suggestions }
    }
}

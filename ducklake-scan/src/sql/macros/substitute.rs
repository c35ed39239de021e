//! Values in the places of a form's parameters.

use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    AccessExpr, CastKind, DataType, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident,
    ObjectNamePart, Query, Statement, Value, VisitMut, VisitorMut,
};
use datafusion::sql::sqlparser::parser::Parser;

use super::choose::{Argument, static_type};
use super::load::{Form, Parameter};
use crate::error::{LakeError, Result};
use crate::sql::dialect::LakeDialect;
use crate::sql::from_first;
use crate::sql::references::collect;
use crate::sql::types::sql_name;

/// How deep the text of a macro may nest.
const RECURSION_LIMIT: usize = 200;

/// Puts arguments and defaults in the places of parameters.
pub(super) fn substitute(body: &mut Query, form: &Form, args: Vec<Argument>) -> Result<()> {
    let mut values: HashMap<String, Expr> = HashMap::new();
    for parameter in &form.parameters {
        if let Some(default) = &parameter.default {
            values.insert(parameter.name.to_lowercase(), typed(parameter, default.clone())?);
        }
    }
    for (index, (name, value)) in args.into_iter().enumerate() {
        let parameter = match &name {
            Some(name) => form.parameters.iter().find(|p| p.name.to_lowercase() == name.to_lowercase()),
            None => form.parameters.get(index),
        };
        if let Some(parameter) = parameter {
            values.insert(parameter.name.to_lowercase(), typed(parameter, value)?);
        }
    }
    replace(body, values);
    Ok(())
}

/// Puts NULL in the places of names, to see what is left of a body.
pub(crate) fn with_nulls<'a>(body: &mut Query, names: impl Iterator<Item = &'a str>) {
    let null = || Expr::Value(Value::Null.with_empty_span());
    replace(body, names.map(|name| (name.to_lowercase(), null())).collect());
}

fn replace(body: &mut Query, values: HashMap<String, Expr>) {
    let found = collect(&Statement::Query(Box::new(body.clone())));
    let tables = found.tables.iter().filter_map(|table| table.name.last());
    let relations = tables.chain(&found.given).map(|name| name.to_lowercase()).collect();
    let _: ControlFlow<()> = VisitMut::visit(body, &mut Substitution { values, relations });
}

/// A value as the type that its parameter has.
fn typed(parameter: &Parameter, value: Expr) -> Result<Expr> {
    let Some(lake_type) = parameter.lake_type.as_ref().filter(|t| static_type(&value).as_ref() != Some(*t)) else {
        return Ok(value);
    };
    let data_type: DataType = parser(&sql_name(lake_type))?.parse_data_type().map_err(|e| invalid(&e))?;
    Ok(Expr::Cast { kind: CastKind::Cast, expr: Box::new(value), data_type, array: false, format: None })
}

struct Substitution {
    values: HashMap<String, Expr>,
    /// Names of tables and aliases, whose columns are no fields of a parameter.
    relations: HashSet<String>,
}

impl Substitution {
    fn value(&self, ident: &Ident) -> Option<Expr> {
        let value = self.values.get(&ident.value.to_lowercase())?;
        Some(match value {
            Expr::Value(_) | Expr::Identifier(_) => value.clone(),
            other => Expr::Nested(Box::new(other.clone())),
        })
    }

    /// `x.y` with a parameter `x`.
    fn field(&self, parts: &[Ident]) -> Option<Expr> {
        let (first, fields) = parts.split_first()?;
        if self.relations.contains(&first.value.to_lowercase()) {
            return None;
        }
        let access_chain = fields.iter().map(|field| AccessExpr::Dot(Expr::Identifier(field.clone()))).collect();
        Some(Expr::CompoundFieldAccess { root: Box::new(self.value(first)?), access_chain })
    }

    /// `x.upper()` with a parameter `x` is `upper(x)`.
    fn method(&self, function: &mut Function) {
        let [ObjectNamePart::Identifier(subject), ObjectNamePart::Identifier(_)] = function.name.0.as_slice() else {
            return;
        };
        let Some(value) = self.value(subject) else { return };
        if let FunctionArguments::List(list) = &mut function.args {
            list.args.insert(0, FunctionArg::Unnamed(FunctionArgExpr::Expr(value)));
            function.name.0.remove(0);
        }
    }
}

impl VisitorMut for Substitution {
    type Break = ();

    // Afterwards, so that names inside an argument are not taken for parameters.
    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        match expr {
            Expr::Identifier(ident) => {
                if let Some(value) = self.value(ident) {
                    *expr = value;
                }
            }
            Expr::CompoundIdentifier(parts) => {
                if let Some(value) = self.field(parts) {
                    *expr = value;
                }
            }
            Expr::Function(function) => self.method(function),
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

fn invalid(error: &dyn std::fmt::Display) -> LakeError {
    LakeError::Invalid(format!("a macro's text cannot be read: {error}"))
}

fn parser(sql: &str) -> Result<Parser<'static>> {
    let tokens = from_first::tokens(sql).map_err(|e| invalid(&e))?;
    Ok(Parser::new(&LakeDialect).with_recursion_limit(RECURSION_LIMIT).with_tokens_with_locations(tokens))
}

/// A form's query.
pub(crate) fn parse_query(sql: &str) -> Result<Query> {
    parser(sql)?.parse_query().map(|query| *query).map_err(|e| invalid(&e))
}

/// A form's expression.
pub(super) fn parse_expression(sql: &str) -> Result<Expr> {
    parser(sql)?.parse_expr().map_err(|e| invalid(&e))
}

#[cfg(test)]
mod tests {
    use ducklake_format::LakeType;

    use super::*;

    fn form(parameters: &[(&str, Option<LakeType>, Option<&str>)]) -> Form {
        let parameter = |(name, lake_type, default): &(&str, Option<LakeType>, Option<&str>)| Parameter {
            name: (*name).into(),
            lake_type: lake_type.clone(),
            default: default.map(|d| parse_expression(d).unwrap()),
        };
        Form { sql: String::new(), parameters: parameters.iter().map(parameter).collect(), problem: None }
    }

    fn expanded(body: &str, form: &Form, args: &[(&str, &str)]) -> String {
        let mut query = parse_query(&format!("SELECT {body}")).unwrap();
        let argument = |(name, value): &(&str, &str)| {
            (Some(name.to_string()).filter(|n| !n.is_empty()), parse_expression(value).unwrap())
        };
        substitute(&mut query, form, args.iter().map(argument).collect()).unwrap();
        query.to_string()
    }

    #[test]
    fn parameters_by_place_by_name_and_by_default() {
        let form = form(&[("x", None, None), ("y", None, Some("7"))]);
        assert_eq!(expanded("(x + y)", &form, &[("", "x")]), "SELECT (x + 7)");
        assert_eq!(expanded("(x + y)", &form, &[("", "1 + 2"), ("Y", "z")]), "SELECT ((1 + 2) + z)");
        assert_eq!(expanded("t.x + X", &form, &[("", "1")]), "SELECT t.x + 1");
        assert_eq!(expanded("x.a.b", &form, &[("", "s")]), "SELECT s.a.b");
        assert_eq!(expanded("x.a FROM t AS x", &form, &[("", "s")]), "SELECT x.a FROM t AS x");
        assert_eq!(expanded("x.upper()", &form, &[("", "'a'")]), "SELECT upper('a')");
    }

    #[test]
    fn types_are_casts() {
        let form = form(&[("x", Some(LakeType::Int64), Some("7"))]);
        assert_eq!(expanded("x", &form, &[]), "SELECT (CAST(7 AS BIGINT))");
        assert_eq!(expanded("x", &form, &[("", "i::BIGINT")]), "SELECT (i::BIGINT)");
    }
}

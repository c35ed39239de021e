//! Calls replaced by what the macros say.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Expr, FunctionArg, FunctionArgExpr, FunctionArgOperator, FunctionArguments, Ident, SelectItem,
    SetExpr, Statement, TableAlias, TableFactor, VisitMut, VisitorMut,
};

use super::choose::{self, Argument};
use super::load::{Form, Macro};
use super::substitute::{parse_query, substitute};
use crate::error::{LakeError, Result};
use crate::lake::same_name;
use crate::sql::names::Names;
use crate::sql::references::name_parts;

/// How deep macros may call macros.
const MAX_DEPTH: usize = 32;

/// Replaces the calls in a statement.
pub(super) fn expand(names: &Names, macros: Vec<Macro>, statement: &mut Statement) -> Result<()> {
    let mut expander = Expander { names, macros, depth: 0, failure: None };
    let _: ControlFlow<()> = VisitMut::visit(statement, &mut expander);
    expander.failure.map_or(Ok(()), Err)
}

struct Expander<'a> {
    names: &'a Names,
    macros: Vec<Macro>,
    depth: usize,
    failure: Option<LakeError>,
}

impl Expander<'_> {
    /// The macro that a call means.
    fn find(&self, name: &[String], is_table: bool) -> Option<&Macro> {
        let current = self.names.current.as_ref();
        let (lake, schema, name) = match name {
            [name] => (current.map(|c| c.0.as_str()), None, name),
            [place, name] if self.names.attached.iter().any(|a| same_name(&a.name, place)) => {
                (Some(place.as_str()), Some("main"), name)
            }
            [schema, name] => (current.map(|c| c.0.as_str()), Some(schema.as_str()), name),
            [lake, schema, name] => (Some(lake.as_str()), Some(schema.as_str()), name),
            _ => return None,
        };
        let in_schema = |m: &Macro| match (schema, current) {
            (Some(schema), _) => same_name(schema, &m.schema),
            (None, Some((_, current))) => same_name(current, &m.schema) || same_name("main", &m.schema),
            (None, None) => false,
        };
        let fits = |m: &&Macro| {
            m.is_table == is_table
                && same_name(&m.name, name)
                && lake.is_some_and(|lake| same_name(lake, &m.lake))
                && in_schema(m)
        };
        // The current schema comes before the lake's main one.
        let is_current = |m: &&Macro| current.is_some_and(|(_, schema)| same_name(schema, &m.schema));
        let found = || self.macros.iter().filter(fits);
        found().find(is_current).or_else(|| found().next())
    }

    fn fail(&mut self, error: LakeError) -> ControlFlow<()> {
        self.failure = Some(error);
        ControlFlow::Break(())
    }

    fn expression(&self, expr: &Expr) -> Result<Option<Expr>> {
        let Expr::Function(function) = expr else { return Ok(None) };
        let Some(name) = name_parts(&function.name) else { return Ok(None) };
        let Some(found) = self.find(&name, false) else { return Ok(None) };
        let args = arguments(&function.args)
            .ok_or_else(|| LakeError::usage(format!("macro '{}' takes expressions as arguments", found.name)))?;
        let form = choose::form(found, &args)?;
        let mut query = parse_query(&format!("SELECT {}", form.sql)).map_err(|e| in_macro(found, e))?;
        substitute(&mut query, form, args)?;
        let SetExpr::Select(select) = *query.body else { return Ok(None) };
        Ok(match select.projection.into_iter().next() {
            Some(SelectItem::UnnamedExpr(body) | SelectItem::ExprWithAlias { expr: body, .. }) => {
                Some(Expr::Nested(Box::new(body)))
            }
            _ => None,
        })
    }

    fn table(&self, factor: &TableFactor) -> Result<Option<TableFactor>> {
        let TableFactor::Table { name, args: Some(args), alias, .. } = factor else { return Ok(None) };
        let Some(name) = name_parts(name) else { return Ok(None) };
        let Some(found) = self.find(&name, true) else { return Ok(None) };
        let args = table_arguments(&args.args)
            .ok_or_else(|| LakeError::usage(format!("macro '{}' takes expressions as arguments", found.name)))?;
        let form: &Form = choose::form(found, &args)?;
        let mut query = parse_query(&form.sql).map_err(|e| in_macro(found, e))?;
        substitute(&mut query, form, args)?;
        let own_name =
            || TableAlias { explicit: true, name: Ident::with_quote('"', &found.name), columns: Vec::new(), at: None };
        Ok(Some(TableFactor::Derived {
            lateral: false,
            subquery: Box::new(query),
            alias: Some(alias.clone().unwrap_or_else(own_name)),
            sample: None,
        }))
    }

    /// Puts a body in a call's place, once the macros in it are expanded.
    fn replace<T: VisitMut>(&mut self, call: &mut T, body: Result<Option<T>>) -> ControlFlow<()> {
        match body {
            Ok(None) => ControlFlow::Continue(()),
            Ok(Some(_)) if self.depth >= MAX_DEPTH => {
                self.fail(LakeError::usage("macros call each other more than 32 levels deep"))
            }
            Ok(Some(mut body)) => {
                self.depth += 1;
                let flow = VisitMut::visit(&mut body, self);
                self.depth -= 1;
                *call = body;
                flow
            }
            Err(error) => self.fail(error),
        }
    }
}

fn in_macro(found: &Macro, error: LakeError) -> LakeError {
    match error {
        LakeError::Invalid(message) => LakeError::Invalid(format!("macro '{}': {message}", found.name)),
        other => other,
    }
}

impl VisitorMut for Expander<'_> {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        let body = self.expression(expr);
        self.replace(expr, body)
    }

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<()> {
        let body = self.table(factor);
        self.replace(factor, body)
    }
}

fn arguments(args: &FunctionArguments) -> Option<Vec<Argument>> {
    match args {
        FunctionArguments::List(list) => list.args.iter().map(argument).collect(),
        FunctionArguments::None => Some(Vec::new()),
        FunctionArguments::Subquery(_) => None,
    }
}

fn argument(arg: &FunctionArg) -> Option<Argument> {
    match arg {
        // `m(a = 1)` compares.
        FunctionArg::Named { name, arg: FunctionArgExpr::Expr(expr), operator: FunctionArgOperator::Equals } => {
            let left = Box::new(Expr::Identifier(name.clone()));
            Some((None, Expr::BinaryOp { left, op: BinaryOperator::Eq, right: Box::new(expr.clone()) }))
        }
        other => table_argument(other),
    }
}

/// Of functions that give tables, `f(a = 1)` names an argument.
fn table_arguments(args: &[FunctionArg]) -> Option<Vec<Argument>> {
    args.iter().map(table_argument).collect()
}

fn table_argument(arg: &FunctionArg) -> Option<Argument> {
    match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some((None, expr.clone())),
        FunctionArg::Named { name, arg: FunctionArgExpr::Expr(expr), .. } => {
            Some((Some(name.value.clone()), expr.clone()))
        }
        FunctionArg::ExprNamed { name: Expr::Identifier(name), arg: FunctionArgExpr::Expr(expr), .. } => {
            Some((Some(name.value.clone()), expr.clone()))
        }
        _ => None,
    }
}

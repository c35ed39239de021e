//! Macros of lakes: their stored text is put in the place of the call before a statement is planned.

use std::collections::HashMap;
use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    Expr, FunctionArg, FunctionArgExpr, FunctionArguments, Query, SelectItem, SetExpr, Statement, TableAlias,
    TableFactor, Visit, VisitMut, Visitor, VisitorMut,
};
use datafusion::sql::sqlparser::parser::Parser;
use datafusion::sql::sqlparser::tokenizer::TokenizerError;
use ducklake_catalog::{Cell, RawTable};

use super::dialect::LakeDialect;
use super::from_first;
use super::names::{Attached, Names};
use super::references::name_parts;
use crate::error::{LakeError, Result};
use crate::lake::{LakeView, SnapshotSelector, same_name};

/// How deep macros may call macros.
const MAX_DEPTH: usize = 32;

/// One form of a macro.
#[derive(Debug, Clone)]
struct Macro {
    lake: String,
    schema: String,
    name: String,
    is_table: bool,
    sql: String,
    parameters: Vec<Parameter>,
}

#[derive(Debug, Clone)]
struct Parameter {
    name: String,
    default: Option<String>,
}

/// Puts the macros of the attached lakes in the places of their calls.
/// Nothing is read where all functions are `known` ones.
pub(crate) async fn expand(names: &Names, statement: &mut Statement, known: impl Fn(&str) -> bool) -> Result<()> {
    let mut calls = Calls::default();
    let _: ControlFlow<()> = Visit::visit(&*statement, &mut calls);
    if calls.names.iter().all(|name| name.last().is_some_and(|name| known(&name.to_lowercase()))) {
        return Ok(());
    }
    let mut macros = Vec::new();
    for attached in &names.attached {
        macros.extend(load(attached).await?);
    }
    if macros.is_empty() {
        return Ok(());
    }
    let mut expander = Expander { names, macros, depth: 0, failure: None };
    let _: ControlFlow<()> = VisitMut::visit(statement, &mut expander);
    expander.failure.map_or(Ok(()), Err)
}

/// Names of called functions.
#[derive(Default)]
struct Calls {
    names: Vec<Vec<String>>,
}

impl Visitor for Calls {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        if let Expr::Function(function) = expr {
            self.names.extend(name_parts(&function.name));
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        if let TableFactor::Table { name, args: Some(_), .. } = factor {
            self.names.extend(name_parts(name));
        }
        ControlFlow::Continue(())
    }
}

/// The macros of a lake at its newest snapshot.
async fn load(attached: &Attached) -> Result<Vec<Macro>> {
    let catalog = attached.lake.catalog();
    let Some(macros) = catalog.raw_table("ducklake_macro").await?.filter(|table| !table.rows.is_empty()) else {
        return Ok(Vec::new());
    };
    let view = attached.lake.view(&SnapshotSelector::Latest).await?;
    let forms = catalog.raw_table("ducklake_macro_impl").await?;
    let parameters = catalog.raw_table("ducklake_macro_parameters").await?;
    let (Some(forms), Some(parameters)) = (forms, parameters) else { return Ok(Vec::new()) };
    let mut by_form: HashMap<(Option<i64>, Option<i64>), Vec<(i64, Parameter)>> = HashMap::new();
    for row in rows(&parameters) {
        let default = row.text("default_value").filter(|value| value != "NULL");
        let is_text = row.text("default_value_type").is_some_and(|kind| kind.eq_ignore_ascii_case("varchar"));
        let default = default.map(|d| if is_text { format!("'{}'", d.replace('\'', "''")) } else { d });
        let parameter = Parameter { name: row.text("parameter_name").unwrap_or_default(), default };
        let of = by_form.entry((row.number("macro_id"), row.number("impl_id"))).or_default();
        of.push((row.number("column_id").unwrap_or_default(), parameter));
    }
    let mut found = Vec::new();
    for row in rows(&macros).filter(|row| row.visible_at(view.snapshot.id)) {
        let id = row.number("macro_id");
        let schema = schema_name(&view, row.number("schema_id"));
        for form in rows(&forms).filter(|form| form.number("macro_id") == id) {
            let mut parameters = by_form.remove(&(id, form.number("impl_id"))).unwrap_or_default();
            parameters.sort_by_key(|(order, _)| *order);
            found.push(Macro {
                lake: attached.name.clone(),
                schema: schema.clone(),
                name: row.text("macro_name").unwrap_or_default(),
                is_table: form.text("type").is_some_and(|kind| kind.eq_ignore_ascii_case("table")),
                sql: form.text("sql").unwrap_or_default(),
                parameters: parameters.into_iter().map(|(_, parameter)| parameter).collect(),
            });
        }
    }
    Ok(found)
}

fn schema_name(view: &LakeView, id: Option<i64>) -> String {
    let schema = view.names.schemas.iter().find(|schema| Some(schema.schema_id) == id);
    schema.map(|schema| schema.name.clone()).unwrap_or_default()
}

struct RawRow<'a> {
    table: &'a RawTable,
    row: &'a [Cell],
}

fn rows(table: &RawTable) -> impl Iterator<Item = RawRow<'_>> {
    table.rows.iter().map(move |row| RawRow { table, row })
}

impl RawRow<'_> {
    fn cell(&self, name: &str) -> Option<&Cell> {
        let index = self.table.columns.iter().position(|c| same_name(&c.name, name))?;
        self.row.get(index)
    }

    fn number(&self, name: &str) -> Option<i64> {
        self.cell(name)?.as_i64()
    }

    fn text(&self, name: &str) -> Option<String> {
        self.cell(name)?.clone().into_text()
    }

    fn visible_at(&self, snapshot: i64) -> bool {
        self.number("begin_snapshot").is_some_and(|begin| begin <= snapshot)
            && self.number("end_snapshot").is_none_or(|end| snapshot < end)
    }
}

struct Expander<'a> {
    names: &'a Names,
    macros: Vec<Macro>,
    depth: usize,
    failure: Option<LakeError>,
}

impl Expander<'_> {
    /// The form of a macro that a call means, by its name and number of arguments.
    fn find(&self, name: &[String], args: &[Argument], is_table: bool) -> Option<Macro> {
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
                && takes(m, args)
        };
        self.macros.iter().find(fits).cloned()
    }

    fn fail(&mut self, error: LakeError) -> ControlFlow<()> {
        self.failure = Some(error);
        ControlFlow::Break(())
    }

    fn expression(&mut self, expr: &Expr) -> Result<Option<Expr>> {
        let Expr::Function(function) = expr else { return Ok(None) };
        let (Some(name), Some(args)) = (name_parts(&function.name), arguments(&function.args)) else {
            return Ok(None);
        };
        let Some(found) = self.find(&name, &args, false) else { return Ok(None) };
        let mut query = parse(&format!("SELECT {}", found.sql))?;
        substitute(&mut query, &found, args)?;
        let SetExpr::Select(select) = *query.body else { return Ok(None) };
        Ok(match select.projection.into_iter().next() {
            Some(SelectItem::UnnamedExpr(body) | SelectItem::ExprWithAlias { expr: body, .. }) => {
                Some(Expr::Nested(Box::new(body)))
            }
            _ => None,
        })
    }

    fn table(&mut self, factor: &TableFactor) -> Result<Option<TableFactor>> {
        let TableFactor::Table { name, args: Some(args), alias, .. } = factor else { return Ok(None) };
        let (Some(name), Some(args)) = (name_parts(name), plain_arguments(&args.args)) else { return Ok(None) };
        let Some(found) = self.find(&name, &args, true) else { return Ok(None) };
        let mut query = parse(&found.sql)?;
        substitute(&mut query, &found, args)?;
        let own_name = || TableAlias {
            explicit: true,
            name: datafusion::sql::sqlparser::ast::Ident::with_quote('"', &found.name),
            columns: Vec::new(),
            at: None,
        };
        Ok(Some(TableFactor::Derived {
            lateral: false,
            subquery: Box::new(query),
            alias: Some(alias.clone().unwrap_or_else(own_name)),
            sample: None,
        }))
    }
}

impl VisitorMut for Expander<'_> {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        match self.expression(expr) {
            Ok(None) => ControlFlow::Continue(()),
            Ok(Some(_)) if self.depth >= MAX_DEPTH => {
                self.fail(LakeError::usage("macros call each other more than 32 levels deep"))
            }
            Ok(Some(mut body)) => {
                self.depth += 1;
                let flow = VisitMut::visit(&mut body, self);
                self.depth -= 1;
                *expr = body;
                flow
            }
            Err(error) => self.fail(error),
        }
    }

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<()> {
        match self.table(factor) {
            Ok(None) => ControlFlow::Continue(()),
            Ok(Some(_)) if self.depth >= MAX_DEPTH => {
                self.fail(LakeError::usage("macros call each other more than 32 levels deep"))
            }
            Ok(Some(mut body)) => {
                self.depth += 1;
                let flow = VisitMut::visit(&mut body, self);
                self.depth -= 1;
                *factor = body;
                flow
            }
            Err(error) => self.fail(error),
        }
    }
}

/// An argument of a call with its name, if it is given one.
type Argument = (Option<String>, Expr);

fn arguments(args: &FunctionArguments) -> Option<Vec<Argument>> {
    match args {
        FunctionArguments::List(list) => plain_arguments(&list.args),
        FunctionArguments::None => Some(Vec::new()),
        FunctionArguments::Subquery(_) => None,
    }
}

fn plain_arguments(args: &[FunctionArg]) -> Option<Vec<Argument>> {
    let argument = |arg: &FunctionArg| match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some((None, expr.clone())),
        FunctionArg::Named { name, arg: FunctionArgExpr::Expr(expr), .. } => {
            Some((Some(name.value.clone()), expr.clone()))
        }
        FunctionArg::ExprNamed { name, arg: FunctionArgExpr::Expr(expr), .. } => {
            Some((Some(name.to_string()), expr.clone()))
        }
        _ => None,
    };
    args.iter().map(argument).collect()
}

/// Whether a form takes arguments such as these.
fn takes(found: &Macro, args: &[Argument]) -> bool {
    let known = |name: &String| found.parameters.iter().any(|p| same_name(&p.name, name));
    let positional = args.iter().filter(|(name, _)| name.is_none()).count();
    let given = |index: usize, parameter: &Parameter| {
        index < positional
            || parameter.default.is_some()
            || args.iter().any(|(name, _)| name.as_ref().is_some_and(|n| same_name(n, &parameter.name)))
    };
    args.len() <= found.parameters.len()
        && args.iter().filter_map(|(name, _)| name.as_ref()).all(known)
        && found.parameters.iter().enumerate().all(|(index, parameter)| given(index, parameter))
}

/// Puts values in the places of a macro's parameters.
fn substitute(body: &mut Query, found: &Macro, args: Vec<Argument>) -> Result<()> {
    let mut values: HashMap<String, Expr> = HashMap::new();
    for parameter in &found.parameters {
        if let Some(default) = &parameter.default {
            values.insert(parameter.name.to_lowercase(), parse_expression(default)?);
        }
    }
    for (index, (name, value)) in args.into_iter().enumerate() {
        let name = name.or_else(|| found.parameters.get(index).map(|p| p.name.clone()));
        if let Some(name) = name {
            values.insert(name.to_lowercase(), value);
        }
    }
    let _: ControlFlow<()> = VisitMut::visit(body, &mut Substitution { values });
    Ok(())
}

struct Substitution {
    values: HashMap<String, Expr>,
}

impl VisitorMut for Substitution {
    type Break = ();

    // Afterwards, so that names inside an argument are not taken for parameters.
    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Expr::Identifier(ident) = expr
            && let Some(value) = self.values.get(&ident.value.to_lowercase())
        {
            *expr = match value {
                Expr::Value(_) | Expr::Identifier(_) => value.clone(),
                other => Expr::Nested(Box::new(other.clone())),
            };
        }
        ControlFlow::Continue(())
    }
}

fn parser(sql: &str) -> std::result::Result<Parser<'static>, TokenizerError> {
    let tokens = from_first::tokens(sql)?;
    Ok(Parser::new(&LakeDialect).with_recursion_limit(200).with_tokens_with_locations(tokens))
}

fn parse(sql: &str) -> Result<Query> {
    let invalid = |e: &dyn std::fmt::Display| LakeError::Invalid(format!("a macro's text cannot be read: {e}"));
    parser(sql).map_err(|e| invalid(&e))?.parse_query().map(|query| *query).map_err(|e| invalid(&e))
}

fn parse_expression(sql: &str) -> Result<Expr> {
    let invalid = |e: &dyn std::fmt::Display| LakeError::Invalid(format!("a macro's default cannot be read: {e}"));
    parser(sql).map_err(|e| invalid(&e))?.parse_expr().map_err(|e| invalid(&e))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(sql: &str, parameters: &[(&str, Option<&str>)]) -> Macro {
        let parameter = |(name, default): &(&str, Option<&str>)| Parameter {
            name: (*name).into(),
            default: default.map(Into::into),
        };
        Macro {
            lake: "lk".into(),
            schema: "main".into(),
            name: "m".into(),
            is_table: false,
            sql: sql.into(),
            parameters: parameters.iter().map(parameter).collect(),
        }
    }

    #[test]
    fn parameters_by_place_by_name_and_by_default() {
        let found = found("(x + y)", &[("x", None), ("y", Some("7"))]);
        let expanded = |args: Vec<Argument>| {
            let mut query = parse(&format!("SELECT {}", found.sql)).unwrap();
            assert!(takes(&found, &args));
            substitute(&mut query, &found, args).unwrap();
            query.to_string()
        };
        let value = |sql: &str| parse_expression(sql).unwrap();
        assert_eq!(expanded(vec![(None, value("x"))]), "SELECT (x + 7)");
        assert_eq!(expanded(vec![(None, value("1 + 2")), (Some("Y".into()), value("z"))]), "SELECT ((1 + 2) + z)");
        assert!(!takes(&found, &[]));
        assert!(!takes(&found, &[(Some("q".into()), value("1"))]));
    }
}

//! Which tables a statement names, before anything is planned.

use std::collections::HashSet;
use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    Expr, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, ObjectName, ObjectNamePart, Query, Select,
    SelectItem, Statement, TableFactor, TableVersion, Visit, Visitor,
};

/// The snapshot that a table reference asks for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Version {
    /// `AT (VERSION => expr)`.
    Version(Box<Expr>),
    /// `AT (TIMESTAMP => expr)`.
    Timestamp(Box<Expr>),
    /// Something else in that place.
    Unknown(String),
}

/// A table as a statement names it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Reference {
    /// One to three names.
    pub(crate) name: Vec<String>,
    /// Time travel.
    pub(crate) version: Option<Version>,
    /// Arguments of a table function.
    pub(crate) args: Option<Vec<FunctionArg>>,
}

/// What a statement is about.
#[derive(Debug, Default)]
pub(crate) struct References {
    /// Each table reference once.
    pub(crate) tables: Vec<Reference>,
    /// Names of identifiers in expressions, lower-cased.
    pub(crate) identifiers: HashSet<String>,
    /// Names that the statement itself gives: aliases and CTEs, as written.
    pub(crate) given: Vec<String>,
    /// CTE names, lower-cased: they hide tables.
    pub(crate) ctes: HashSet<String>,
}

/// Walks a statement.
pub(crate) fn collect(statement: &Statement) -> References {
    let mut references = References::default();
    let _: ControlFlow<()> = statement.visit(&mut references);
    references
}

/// The parts of a name, `None` for names that are computed.
pub(crate) fn name_parts(name: &ObjectName) -> Option<Vec<String>> {
    name.0
        .iter()
        .map(|part| match part {
            ObjectNamePart::Identifier(ident) => Some(ident.value.clone()),
            ObjectNamePart::Function(_) => None,
        })
        .collect()
}

/// A table factor as a reference, `None` for what is no named table.
pub(crate) fn reference(factor: &TableFactor) -> Option<Reference> {
    let TableFactor::Table { name, version, args, .. } = factor else { return None };
    Some(Reference {
        name: name_parts(name)?,
        version: version.as_ref().map(version_of),
        args: args.as_ref().map(|a| a.args.clone()),
    })
}

fn version_of(version: &TableVersion) -> Version {
    match version {
        TableVersion::VersionAsOf(expr) => Version::Version(Box::new(expr.clone())),
        TableVersion::TimestampAsOf(expr) | TableVersion::ForSystemTimeAsOf(expr) => {
            Version::Timestamp(Box::new(expr.clone()))
        }
        TableVersion::Function(Expr::Function(function)) => {
            let unknown = || Version::Unknown(function.to_string());
            let FunctionArguments::List(list) = &function.args else { return unknown() };
            if !function.name.to_string().eq_ignore_ascii_case("at") {
                return unknown();
            }
            let (name, value) = match list.args.as_slice() {
                [FunctionArg::Named { name, arg: FunctionArgExpr::Expr(value), .. }] => {
                    (name.value.clone(), value.clone())
                }
                [FunctionArg::ExprNamed { name, arg: FunctionArgExpr::Expr(value), .. }] => {
                    (name.to_string(), value.clone())
                }
                _ => return unknown(),
            };
            match name.to_uppercase().as_str() {
                "VERSION" => Version::Version(Box::new(value)),
                "TIMESTAMP" => Version::Timestamp(Box::new(value)),
                _ => unknown(),
            }
        }
        other => Version::Unknown(other.to_string()),
    }
}

impl References {
    fn give(&mut self, ident: &Ident) {
        self.given.push(ident.value.clone());
    }
}

impl Visitor for References {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        for cte in query.with.iter().flat_map(|with| &with.cte_tables) {
            self.give(&cte.alias.name);
            self.ctes.insert(cte.alias.name.value.to_lowercase());
            for column in &cte.alias.columns {
                self.give(&column.name);
            }
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        for item in &select.projection {
            if let SelectItem::ExprWithAlias { alias, .. } = item {
                self.give(alias);
            }
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        let alias = match factor {
            TableFactor::Table { alias, .. }
            | TableFactor::Derived { alias, .. }
            | TableFactor::TableFunction { alias, .. }
            | TableFactor::NestedJoin { alias, .. } => alias.as_ref(),
            _ => None,
        };
        if let Some(alias) = alias {
            self.give(&alias.name);
            for column in &alias.columns {
                self.give(&column.name);
            }
        }
        if let Some(reference) = reference(factor)
            && !self.tables.contains(&reference)
        {
            self.tables.push(reference);
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        match expr {
            Expr::Identifier(ident) => {
                self.identifiers.insert(ident.value.to_lowercase());
            }
            Expr::CompoundIdentifier(parts) => {
                self.identifiers.extend(parts.iter().map(|p| p.value.to_lowercase()));
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

//! Which functions a statement calls.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{Expr, Statement, TableFactor, Visit, Visitor};

use crate::sql::references::name_parts;

/// Names of called functions, those that give tables among them.
#[derive(Default)]
pub(crate) struct Calls {
    /// One to three parts each.
    pub(crate) names: Vec<Vec<String>>,
}

/// All calls in a statement.
pub(crate) fn called(statement: &Statement) -> Calls {
    let mut calls = Calls::default();
    let _: ControlFlow<()> = Visit::visit(statement, &mut calls);
    calls
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

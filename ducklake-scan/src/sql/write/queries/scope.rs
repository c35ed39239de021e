//! Which names the expressions of a MERGE's clause may use.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{Expr, Query, VisitMut, VisitorMut};

use super::super::statement::MergeWhen;
use super::build;
use crate::error::{LakeError, Result};

/// One of the two tables of a MERGE.
#[derive(Debug)]
pub(super) struct Side {
    /// How expressions call it.
    pub(super) name: String,
    pub(super) columns: Vec<String>,
}

impl Side {
    fn find(&self, column: &str) -> Option<&String> {
        self.columns.iter().find(|name| name.eq_ignore_ascii_case(column))
    }

    fn is_called(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }
}

/// Both tables.
#[derive(Debug)]
pub(super) struct Scope {
    pub(super) target: Side,
    pub(super) source: Side,
    /// Columns of both that are equal in matched rows.
    pub(super) using: Vec<String>,
}

impl Scope {
    /// The expression with its plain names qualified: only one of the tables has a row where there was no match, and
    /// in both a column of `USING` is the same.
    pub(super) fn qualify(&self, expr: &Expr, when: MergeWhen) -> Result<Expr> {
        let mut expr = expr.clone();
        let mut names = Names { scope: self, when, depth: 0 };
        match expr.visit(&mut names) {
            ControlFlow::Continue(()) => Ok(expr),
            ControlFlow::Break(error) => Err(error),
        }
    }
}

struct Names<'a> {
    scope: &'a Scope,
    when: MergeWhen,
    /// In how many subqueries: names in there may be theirs.
    depth: usize,
}

impl Names<'_> {
    fn visible(&self) -> Option<(&Side, &Side)> {
        match self.when {
            MergeWhen::Matched => None,
            MergeWhen::NotMatchedByTarget => Some((&self.scope.source, &self.scope.target)),
            MergeWhen::NotMatchedBySource => Some((&self.scope.target, &self.scope.source)),
        }
    }

    fn plain_name(&self, name: &str) -> Result<Option<Expr>> {
        let Some((visible, hidden)) = self.visible() else {
            let using = self.scope.using.iter().any(|column| column.eq_ignore_ascii_case(name));
            let target = &self.scope.target;
            return Ok(target.find(name).filter(|_| using).map(|column| build::column(&target.name, column)));
        };
        match visible.find(name) {
            Some(column) => Ok(Some(build::column(&visible.name, column))),
            None if hidden.find(name).is_some() => Err(self.hidden(name, visible)),
            None => Ok(None),
        }
    }

    fn hidden(&self, name: &str, visible: &Side) -> LakeError {
        let clause = match self.when {
            MergeWhen::NotMatchedBySource => "WHEN NOT MATCHED BY SOURCE",
            _ => "WHEN NOT MATCHED",
        };
        LakeError::usage(format!("'{name}' cannot be used in {clause}: only '{}' has a row there", visible.name))
    }

    fn check_qualified(&self, first: &str) -> Result<()> {
        match self.visible() {
            Some((visible, hidden))
                if hidden.is_called(first) && !visible.is_called(first) && visible.find(first).is_none() =>
            {
                Err(self.hidden(first, visible))
            }
            _ => Ok(()),
        }
    }
}

impl VisitorMut for Names<'_> {
    type Break = LakeError;

    fn pre_visit_query(&mut self, _query: &mut Query) -> ControlFlow<LakeError> {
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _query: &mut Query) -> ControlFlow<LakeError> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<LakeError> {
        if self.depth > 0 {
            return ControlFlow::Continue(());
        }
        let checked = match expr {
            Expr::Identifier(ident) => self.plain_name(&ident.value).map(|qualified| {
                if let Some(qualified) = qualified {
                    *expr = qualified;
                }
            }),
            Expr::CompoundIdentifier(parts) => match parts.first() {
                Some(first) => self.check_qualified(&first.value),
                None => Ok(()),
            },
            _ => Ok(()),
        };
        match checked {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => ControlFlow::Break(error),
        }
    }
}

//! Rewrites of a parsed statement: references become full names of pinned tables, `FROM t` gets its `SELECT *`, stars
//! leave virtual columns out, and identifiers get the case they were created with.

use std::collections::HashMap;
use std::ops::ControlFlow;

use datafusion::sql::parser::Statement as DfStatement;
use datafusion::sql::sqlparser::ast::{
    Expr, Ident, JoinConstraint, JoinOperator, ObjectName, ObjectNamePart, Query, Select, SelectFlavor, SelectItem,
    SelectItemQualifiedWildcardKind, Statement, TableAlias, TableFactor, TableWithJoins, VisitMut, VisitorMut,
    WildcardAdditionalOptions,
};

use super::references::{Reference, name_parts, reference};
use super::{duckdb, labels};

/// What a reference turned out to be.
#[derive(Debug, Clone)]
pub(crate) struct Resolved {
    /// Catalog, schema and table in the statement's catalogs.
    pub(crate) full_name: [String; 3],
    /// The table's own name: how the rest of the statement may call it where there is no alias.
    pub(crate) own_name: String,
    /// Names of the table's own columns, where it is a lake's table.
    pub(crate) columns: Option<Vec<String>>,
    /// Virtual columns that the table has in this statement: a star leaves them out.
    pub(crate) virtual_columns: Vec<&'static str>,
}

/// The rewriter of one statement.
#[derive(Debug, Default)]
pub(crate) struct Rewriter {
    /// What each reference is; others (CTEs) stay as they are.
    pub(crate) resolved: Vec<(Reference, Resolved)>,
    /// Names by their lower-cased form, in the case in which they exist.
    pub(crate) known: HashMap<String, Vec<String>>,
}

/// The SQL statement inside EXPLAINs.
pub(crate) fn innermost(statement: &mut DfStatement) -> Option<&mut Statement> {
    match statement {
        DfStatement::Statement(inner) => Some(inner),
        DfStatement::Explain(explain) => innermost(&mut explain.statement),
        _ => None,
    }
}

impl Rewriter {
    /// Rewrites in place.
    pub(crate) fn apply(mut self, statement: &mut Statement) {
        let _: ControlFlow<()> = statement.visit(&mut self);
    }

    /// Remembers that this name exists.
    pub(crate) fn know(&mut self, name: &str) {
        let names = self.known.entry(name.to_lowercase()).or_default();
        if !names.iter().any(|n| n == name) {
            names.push(name.to_string());
        }
    }

    fn find(&self, factor: &TableFactor) -> Option<&Resolved> {
        let reference = reference(factor)?;
        self.resolved.iter().find(|(r, _)| *r == reference).map(|(_, resolved)| resolved)
    }

    fn fix(&self, ident: &mut Ident) {
        let Some(names) = self.known.get(&ident.value.to_lowercase()) else { return };
        if !names.contains(&ident.value)
            && let Some(name) = names.first()
        {
            ident.value.clone_from(name);
            ident.quote_style = Some('"');
        }
    }

    fn name_columns(&self, select: &mut Select) {
        let sources: Vec<Source> = select.from.iter().flat_map(|from| self.sources(from)).collect();
        let star_names: Vec<String> = sources.iter().flat_map(|s| s.columns.iter().flatten().cloned()).collect();
        if sources.iter().any(|s| !s.virtual_columns.is_empty()) {
            self.expand_virtual(select, &sources);
        }
        let is_column = |name: &str| {
            let is_source = sources.iter().any(|s| s.name.eq_ignore_ascii_case(name));
            !is_source && star_names.iter().any(|c| c.eq_ignore_ascii_case(name))
        };
        labels::label(&mut select.projection, &star_names, is_column);
    }

    /// Stars over tables with virtual columns, spelled out.
    fn expand_virtual(&self, select: &mut Select, sources: &[Source]) {
        // USING and NATURAL join columns appear once in a star: leave that to the planner, without virtual columns.
        let merges = select.from.iter().flat_map(|f| &f.joins).any(|join| {
            matches!(constraint(&join.join_operator), Some(JoinConstraint::Using(_) | JoinConstraint::Natural))
        });
        let mut items = Vec::with_capacity(select.projection.len());
        for item in std::mem::take(&mut select.projection) {
            match item {
                SelectItem::Wildcard(options) if plain(&options) && !merges => {
                    for source in sources {
                        items.extend(source.items());
                    }
                }
                SelectItem::Wildcard(options) => items.push(SelectItem::Wildcard(without_virtual(options, sources))),
                SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), options)
                    if plain(&options) =>
                {
                    let called = name_parts(&name).and_then(|parts| parts.last().cloned()).unwrap_or_default();
                    match sources.iter().find(|s| s.name.eq_ignore_ascii_case(&called)) {
                        Some(source) => items.extend(source.items()),
                        None => {
                            items.push(SelectItem::QualifiedWildcard(
                                SelectItemQualifiedWildcardKind::ObjectName(name),
                                options,
                            ));
                        }
                    }
                }
                other => items.push(other),
            }
        }
        select.projection = items;
    }

    fn sources(&self, from: &TableWithJoins) -> Vec<Source> {
        let mut sources = self.factor_sources(&from.relation);
        for join in &from.joins {
            sources.extend(self.factor_sources(&join.relation));
        }
        sources
    }

    fn factor_sources(&self, factor: &TableFactor) -> Vec<Source> {
        let alias_name = |alias: &Option<TableAlias>| alias.as_ref().map(|a| a.name.value.clone());
        match factor {
            TableFactor::Table { alias, name, .. } => {
                let resolved = self.find(factor);
                let own = resolved.map(|r| r.own_name.clone());
                let own = own.or_else(|| name_parts(name).and_then(|p| p.last().cloned()));
                // Column aliases rename: positions must stay, so the star does too.
                let plain = alias.as_ref().is_none_or(|a| a.columns.is_empty());
                let columns = resolved.filter(|_| plain).and_then(|r| r.columns.clone());
                let virtual_columns = resolved.filter(|_| plain).map(|r| r.virtual_columns.clone()).unwrap_or_default();
                alias_name(alias).or(own).map(|name| Source { name, columns, virtual_columns }).into_iter().collect()
            }
            TableFactor::NestedJoin { table_with_joins, alias: None } => self.sources(table_with_joins),
            TableFactor::Derived { alias, .. }
            | TableFactor::TableFunction { alias, .. }
            | TableFactor::NestedJoin { alias, .. } => alias_name(alias)
                .map(|name| Source { name, columns: None, virtual_columns: Vec::new() })
                .into_iter()
                .collect(),
            _ => Vec::new(),
        }
    }
}

/// A relation of a FROM clause.
struct Source {
    name: String,
    columns: Option<Vec<String>>,
    virtual_columns: Vec<&'static str>,
}

impl Source {
    fn items(&self) -> Vec<SelectItem> {
        let qualifier = Ident::with_quote('"', &self.name);
        match &self.columns {
            Some(columns) if !self.virtual_columns.is_empty() => columns
                .iter()
                .map(|column| {
                    SelectItem::UnnamedExpr(Expr::CompoundIdentifier(vec![
                        qualifier.clone(),
                        Ident::with_quote('"', column),
                    ]))
                })
                .collect(),
            _ => vec![SelectItem::QualifiedWildcard(
                SelectItemQualifiedWildcardKind::ObjectName(ObjectName(vec![ObjectNamePart::Identifier(qualifier)])),
                WildcardAdditionalOptions::default(),
            )],
        }
    }
}

fn plain(options: &WildcardAdditionalOptions) -> bool {
    options.opt_ilike.is_none()
        && options.opt_exclude.is_none()
        && options.opt_except.is_none()
        && options.opt_replace.is_none()
        && options.opt_rename.is_none()
}

/// A star with options keeps them, and leaves virtual columns out beside.
fn without_virtual(mut options: WildcardAdditionalOptions, sources: &[Source]) -> WildcardAdditionalOptions {
    use datafusion::sql::sqlparser::ast::ExcludeSelectItem;
    let present: Vec<ObjectName> = sources
        .iter()
        .flat_map(|s| s.virtual_columns.iter().copied())
        .map(|name: &str| ObjectName(vec![ObjectNamePart::Identifier(Ident::with_quote('"', name))]))
        .collect();
    let mut excluded = match options.opt_exclude.take() {
        Some(ExcludeSelectItem::Single(name)) => vec![name],
        Some(ExcludeSelectItem::Multiple(names)) => names,
        None => Vec::new(),
    };
    excluded.extend(present);
    options.opt_exclude = Some(ExcludeSelectItem::Multiple(excluded));
    options
}

fn constraint(operator: &JoinOperator) -> Option<&JoinConstraint> {
    match operator {
        JoinOperator::Join(c)
        | JoinOperator::Inner(c)
        | JoinOperator::Left(c)
        | JoinOperator::LeftOuter(c)
        | JoinOperator::Right(c)
        | JoinOperator::RightOuter(c)
        | JoinOperator::FullOuter(c)
        | JoinOperator::Semi(c)
        | JoinOperator::LeftSemi(c)
        | JoinOperator::RightSemi(c)
        | JoinOperator::Anti(c)
        | JoinOperator::LeftAnti(c)
        | JoinOperator::RightAnti(c) => Some(c),
        _ => None,
    }
}

fn constraint_mut(operator: &mut JoinOperator) -> Option<&mut JoinConstraint> {
    match operator {
        JoinOperator::Join(c)
        | JoinOperator::Inner(c)
        | JoinOperator::Left(c)
        | JoinOperator::LeftOuter(c)
        | JoinOperator::Right(c)
        | JoinOperator::RightOuter(c)
        | JoinOperator::FullOuter(c)
        | JoinOperator::Semi(c)
        | JoinOperator::LeftSemi(c)
        | JoinOperator::RightSemi(c)
        | JoinOperator::Anti(c)
        | JoinOperator::LeftAnti(c)
        | JoinOperator::RightAnti(c) => Some(c),
        _ => None,
    }
}

impl VisitorMut for Rewriter {
    type Break = ();

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        duckdb::order_by_all(query);
        for cte in query.with.iter_mut().flat_map(|with| &mut with.cte_tables) {
            self.fix(&mut cte.alias.name);
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<()> {
        if select.flavor == SelectFlavor::FromFirstNoSelect && select.projection.is_empty() {
            select.projection.push(SelectItem::Wildcard(WildcardAdditionalOptions::default()));
        }
        select.flavor = SelectFlavor::Standard;
        self.name_columns(select);
        for join in select.from.iter_mut().flat_map(|from| &mut from.joins) {
            if let Some(JoinConstraint::Using(names)) = constraint_mut(&mut join.join_operator) {
                for part in names.iter_mut().flat_map(|name| &mut name.0) {
                    if let ObjectNamePart::Identifier(ident) = part {
                        self.fix(ident);
                    }
                }
            }
        }
        ControlFlow::Continue(())
    }

    // After the select around it was seen: that one still needs the reference as written.
    fn post_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<()> {
        let Some(resolved) = self.find(factor).cloned() else {
            if let TableFactor::Table { name, args: None, .. } = factor {
                for part in &mut name.0 {
                    if let ObjectNamePart::Identifier(ident) = part {
                        self.fix(ident);
                    }
                }
            }
            return ControlFlow::Continue(());
        };
        if let TableFactor::Table { name, version, args, alias, .. } = factor {
            let parts = resolved.full_name.iter().map(|part| ObjectNamePart::Identifier(Ident::with_quote('"', part)));
            *name = ObjectName(parts.collect());
            *version = None;
            *args = None;
            if alias.is_none() {
                let name = Ident::with_quote('"', &resolved.own_name);
                // Another version, or a function's rows: qualified names must not meet the plain table's.
                if resolved.full_name[2] != resolved.own_name {
                    *alias = Some(TableAlias { explicit: true, name, columns: Vec::new(), at: None });
                }
            }
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        duckdb::translate(expr);
        match expr {
            Expr::Identifier(ident) => self.fix(ident),
            Expr::CompoundIdentifier(parts) => parts.iter_mut().for_each(|part| self.fix(part)),
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

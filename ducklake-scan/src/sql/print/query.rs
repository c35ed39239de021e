//! Queries.

use datafusion::sql::sqlparser::ast::{
    Cte, Distinct, ExcludeSelectItem, FunctionArg, FunctionArgExpr, GroupByExpr, Join, JoinConstraint, JoinOperator,
    LimitClause, ObjectName, OrderByExpr, OrderByKind, Query, Select, SelectFlavor, SelectItem,
    SelectItemQualifiedWildcardKind, SetExpr, SetOperator, SetQuantifier, TableAlias, TableFactor, TableWithJoins,
    Values, WildcardAdditionalOptions,
};

use super::expr::expression;
use super::{ident, list, name};

/// A query as DuckDB stores it.
pub(crate) fn query(query: &Query) -> Option<String> {
    let Query {
        with,
        body,
        order_by: order,
        limit_clause,
        fetch,
        locks,
        for_clause,
        settings,
        format_clause,
        pipe_operators,
    } = query;
    let plain = fetch.is_none()
        && locks.is_empty()
        && for_clause.is_none()
        && settings.is_none()
        && format_clause.is_none()
        && pipe_operators.is_empty();
    if !plain {
        return None;
    }
    let mut text = String::new();
    if let Some(with) = with {
        if with.recursive {
            return None;
        }
        text.push_str(&format!("WITH {}", list(&with.cte_tables, cte)?));
    }
    text.push_str(&set_expr(body)?);
    if let Some(order) = order {
        let OrderByKind::Expressions(keys) = &order.kind else { return None };
        text.push_str(&format!(" ORDER BY {}", list(keys, order_by)?));
    }
    match limit_clause {
        None => {}
        Some(LimitClause::LimitOffset { limit, offset, limit_by }) if limit_by.is_empty() => {
            if let Some(limit) = limit {
                text.push_str(&format!(" LIMIT {}", expression(limit)?));
            }
            if let Some(offset) = offset {
                text.push_str(&format!(" OFFSET {}", expression(&offset.value)?));
            }
        }
        Some(_) => return None,
    }
    Some(text)
}

/// A key of ORDER BY.
pub(super) fn order_by(key: &OrderByExpr) -> Option<String> {
    if key.with_fill.is_some() {
        return None;
    }
    let direction = key.options.asc.map_or("", |asc| if asc { " ASC" } else { " DESC" });
    let nulls = key.options.nulls_first.map_or("", |first| if first { " NULLS FIRST" } else { " NULLS LAST" });
    Some(format!("{}{direction}{nulls}", expression(&key.expr)?))
}

fn cte(cte: &Cte) -> Option<String> {
    if cte.from.is_some() || cte.materialized.is_some() {
        return None;
    }
    let columns = columns(&cte.alias)?;
    let columns = if columns.is_empty() { columns } else { format!(" {columns}") };
    Some(format!("{}{columns} AS ({})", ident(&cte.alias.name), query(&cte.query)?))
}

fn set_expr(body: &SetExpr) -> Option<String> {
    match body {
        SetExpr::Select(one) => select(one),
        SetExpr::Query(inner) => query(inner),
        SetExpr::Values(rows) => Some(format!("SELECT * FROM ({}) AS valueslist", values(rows)?)),
        SetExpr::SetOperation { op, set_quantifier, left, right } => {
            let op = match op {
                SetOperator::Union => "UNION",
                SetOperator::Except => "EXCEPT",
                SetOperator::Intersect => "INTERSECT",
                SetOperator::Minus => return None,
            };
            let quantifier = match set_quantifier {
                SetQuantifier::None | SetQuantifier::Distinct => "",
                SetQuantifier::All => " ALL",
                SetQuantifier::ByName | SetQuantifier::DistinctByName => " BY NAME",
                SetQuantifier::AllByName => " ALL BY NAME",
            };
            Some(format!("({}) {op}{quantifier} ({})", set_expr(left)?, set_expr(right)?))
        }
        _ => None,
    }
}

fn values(rows: &Values) -> Option<String> {
    Some(format!("VALUES {}", list(&rows.rows, |row| Some(format!("({})", list(row.iter(), expression)?)))?))
}

fn select(select: &Select) -> Option<String> {
    if !is_plain(select) {
        return None;
    }
    let mut text = "SELECT ".to_string();
    match &select.distinct {
        None => {}
        Some(Distinct::Distinct) => text.push_str("DISTINCT "),
        Some(Distinct::On(keys)) => text.push_str(&format!("DISTINCT ON ({}) ", list(keys, expression)?)),
        Some(_) => return None,
    }
    match select.projection.is_empty() && select.flavor == SelectFlavor::FromFirstNoSelect {
        true => text.push('*'),
        false => text.push_str(&list(&select.projection, item)?),
    }
    if !select.from.is_empty() {
        let tables = select.from.iter().map(table_with_joins).collect::<Option<Vec<_>>>()?;
        text.push_str(&format!(" FROM {}", tables.join(" , ")));
    }
    if let Some(filter) = &select.selection {
        text.push_str(&format!(" WHERE {}", expression(filter)?));
    }
    match &select.group_by {
        GroupByExpr::Expressions(keys, modifiers) if modifiers.is_empty() => {
            if !keys.is_empty() {
                text.push_str(&format!(" GROUP BY {}", list(keys, expression)?));
            }
        }
        GroupByExpr::All(modifiers) if modifiers.is_empty() => text.push_str(" GROUP BY ALL"),
        _ => return None,
    }
    if let Some(having) = &select.having {
        text.push_str(&format!(" HAVING {}", expression(having)?));
    }
    if let Some(qualify) = &select.qualify {
        text.push_str(&format!(" QUALIFY {}", expression(qualify)?));
    }
    Some(text)
}

/// Whether a SELECT has nothing but what is printed.
fn is_plain(select: &Select) -> bool {
    select.optimizer_hints.is_empty()
        && select.select_modifiers.is_none()
        && select.top.is_none()
        && select.exclude.is_none()
        && select.into.is_none()
        && select.lateral_views.is_empty()
        && select.prewhere.is_none()
        && select.connect_by.is_empty()
        && select.cluster_by.is_empty()
        && select.distribute_by.is_empty()
        && select.sort_by.is_empty()
        && select.named_window.is_empty()
        && select.value_table_mode.is_none()
}

fn item(item: &SelectItem) -> Option<String> {
    match item {
        SelectItem::UnnamedExpr(expr) => expression(expr),
        SelectItem::ExprWithAlias { expr, alias } => Some(format!("{} AS {}", expression(expr)?, ident(alias))),
        SelectItem::Wildcard(options) => star(String::new(), options),
        SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(table), options) => {
            star(format!("{}.", name(table)?), options)
        }
        _ => None,
    }
}

fn star(of: String, options: &WildcardAdditionalOptions) -> Option<String> {
    let plain = options.opt_ilike.is_none()
        && options.opt_except.is_none()
        && options.opt_replace.is_none()
        && options.opt_rename.is_none()
        && options.opt_alias.is_none();
    let one = |column: &ObjectName| if column.0.len() == 1 { name(column) } else { None };
    match &options.opt_exclude {
        _ if !plain => None,
        None => Some(format!("{of}*")),
        Some(ExcludeSelectItem::Single(column)) => Some(format!("{of}* EXCLUDE ({})", one(column)?)),
        Some(ExcludeSelectItem::Multiple(columns)) => Some(format!("{of}* EXCLUDE ({})", list(columns, one)?)),
    }
}

fn table_with_joins(tables: &TableWithJoins) -> Option<String> {
    let mut text = table(&tables.relation)?;
    for Join { relation, global, join_operator } in &tables.joins {
        let relation = table(relation)?;
        let (word, constraint) = match join_operator {
            _ if *global => return None,
            JoinOperator::CrossJoin(JoinConstraint::None) => {
                text.push_str(&format!(" CROSS JOIN {relation}"));
                continue;
            }
            JoinOperator::Join(c) | JoinOperator::Inner(c) => ("INNER", c),
            JoinOperator::Left(c) | JoinOperator::LeftOuter(c) => ("LEFT", c),
            JoinOperator::Right(c) | JoinOperator::RightOuter(c) => ("RIGHT", c),
            JoinOperator::FullOuter(c) => ("FULL", c),
            _ => return None,
        };
        text.push_str(&match constraint {
            JoinConstraint::On(on) => format!(" {word} JOIN {relation} ON ({})", expression(on)?),
            JoinConstraint::Using(columns) => format!(" {word} JOIN {relation} USING ({})", list(columns, name)?),
            JoinConstraint::Natural => format!(" NATURAL {word} JOIN {relation}"),
            JoinConstraint::None => return None,
        });
    }
    Some(text)
}

fn table(factor: &TableFactor) -> Option<String> {
    match factor {
        TableFactor::Table {
            name: table,
            alias: named,
            args,
            with_hints,
            version: None,
            with_ordinality: false,
            partitions,
            json_path: None,
            sample: None,
            index_hints,
        } if with_hints.is_empty() && partitions.is_empty() && index_hints.is_empty() => {
            let mut text = name(table)?;
            if let Some(args) = args {
                let arg = |arg: &_| match arg {
                    FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => expression(expr),
                    _ => None,
                };
                if args.settings.is_some() {
                    return None;
                }
                text.push_str(&format!("({})", list(&args.args, arg)?));
            }
            text.push_str(&alias(named.as_ref())?);
            Some(text)
        }
        TableFactor::Derived { lateral: false, subquery, alias: named, sample: None } => {
            Some(format!("({}){}", query(subquery)?, alias(named.as_ref())?))
        }
        _ => None,
    }
}

fn alias(alias: Option<&TableAlias>) -> Option<String> {
    let Some(alias) = alias else { return Some(String::new()) };
    Some(format!(" AS {}{}", ident(&alias.name), columns(alias)?))
}

/// `(a, b)`, or nothing.
fn columns(alias: &TableAlias) -> Option<String> {
    if alias.at.is_some() || alias.columns.iter().any(|c| c.data_type.is_some()) {
        return None;
    }
    if alias.columns.is_empty() {
        return Some(String::new());
    }
    Some(format!("({})", list(&alias.columns, |c| Some(ident(&c.name)))?))
}

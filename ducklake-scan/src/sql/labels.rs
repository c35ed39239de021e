//! Names of result columns: as DuckDB gives them, and none twice.

use std::collections::HashSet;

use datafusion::sql::sqlparser::ast::{Expr, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, SelectItem};

/// Gives every computed item of a projection the name that DuckDB shows for it. `star` has the names that a star in
/// the projection stands for; `is_column` tells whether a dotted name starts with a column (a struct's field) rather
/// than with a table.
pub(super) fn label(items: &mut [SelectItem], star: &[String], is_column: impl Fn(&str) -> bool) {
    let has_star = items.iter().any(|item| matches!(item, SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..)));
    let mut taken: HashSet<String> =
        if has_star { star.iter().map(|n| n.to_lowercase()).collect() } else { HashSet::new() };
    for item in items {
        let (name, must) = match &*item {
            SelectItem::ExprWithAlias { alias, .. } => {
                taken.insert(alias.value.to_lowercase());
                continue;
            }
            SelectItem::UnnamedExpr(Expr::Identifier(ident)) => (ident.value.clone(), false),
            SelectItem::UnnamedExpr(Expr::CompoundIdentifier(parts)) => match parts.as_slice() {
                // Equal names from two tables stay apart by their tables.
                [first, .., last] if is_column(&first.value) => (last.value.clone(), true),
                _ => continue,
            },
            SelectItem::UnnamedExpr(expr) => (shown(expr), true),
            _ => continue,
        };
        let mut unique = name.clone();
        let mut count = 0;
        while !taken.insert(unique.to_lowercase()) {
            count += 1;
            unique = format!("{name}_{count}");
        }
        if (must || unique != name)
            && let SelectItem::UnnamedExpr(expr) = item
        {
            *item = SelectItem::ExprWithAlias { expr: expr.clone(), alias: Ident::with_quote('"', unique) };
        }
    }
}

fn shown(expr: &Expr) -> String {
    match expr {
        Expr::Nested(inner) => shown(inner),
        // The value alone names a constant.
        Expr::Cast { expr, .. } if matches!(expr.as_ref(), Expr::Identifier(_)) => expr.to_string(),
        Expr::CompoundFieldAccess { access_chain, .. } => match access_chain.last() {
            Some(datafusion::sql::sqlparser::ast::AccessExpr::Dot(field)) => shown(field),
            _ => expr.to_string(),
        },
        Expr::Identifier(ident) => ident.value.clone(),
        Expr::Function(function) => {
            let name = function.name.to_string();
            if name.eq_ignore_ascii_case("count") && is_star(&function.args) {
                return "count_star()".to_string();
            }
            let text = expr.to_string();
            match text.get(name.len()..) {
                Some(rest) if text.starts_with(&name) => format!("{}{rest}", name.to_lowercase()),
                _ => text,
            }
        }
        other => other.to_string(),
    }
}

fn is_star(args: &FunctionArguments) -> bool {
    match args {
        FunctionArguments::List(list) => {
            matches!(list.args.as_slice(), [FunctionArg::Unnamed(FunctionArgExpr::Wildcard)]) && list.clauses.is_empty()
        }
        _ => false,
    }
}

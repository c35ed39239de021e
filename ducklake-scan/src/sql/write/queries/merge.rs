//! The query that a MERGE runs as.

use datafusion::sql::sqlparser::ast::{
    Expr, Join, JoinConstraint, JoinOperator, ObjectNamePart, Query, SelectItem, TableFactor, TableWithJoins,
};
use ducklake_format::Column;

use super::super::statement::{Merge, MergeAction, MergeClause, MergeOn, MergeValues, MergeWhen, NewValue};
use super::defaults::cast_for;
use super::scope::{Scope, Side};
use super::{
    ACTION, ERROR_MESSAGE, ROW_ID_COLUMN, addresses, all_of, assigned, build, column_index, default_expr, labelled,
    own_name, target_factor, value_expr,
};
use crate::error::{LakeError, Result};

/// Set in every row of the source, so NULL where a target's row has no match.
const MARKER: &str = "_ducklake_internal_matched";
/// How a source without a name is called.
const SOURCE: &str = "_ducklake_internal_source";

/// All of a MERGE's source: the names of its columns are what [`merge_query`] wants to know.
pub(crate) fn merge_source_query(merge: &Merge) -> Query {
    all_of(merge.with.clone(), merge.source.clone())
}

/// What a MERGE does, one row for each pair of target and source rows that match, and one for each row without a
/// match that some clause is about:
///
/// - the address of the target's row, NULLs where there is none (the row id tells);
/// - [`super::ACTION`]: the index of the first clause whose condition holds, NULL where nothing is to be done;
/// - where that clause updates or inserts, the value of every column of the table, not yet of its type;
/// - last, if some clause is `ERROR` with a message: [`super::ERROR_MESSAGE`].
///
/// A target's row that matches several source rows comes several times. Conditions are written out for every column:
/// one that calls a volatile function may see different values.
///
/// # Errors
/// Columns that are not there or not visible in their clause; counts that do not fit; defaults that cannot be read;
/// sources without a name.
pub(crate) fn merge_query(merge: &Merge, columns: &[Column], source_columns: &[String]) -> Result<Query> {
    let plan = Plan::new(merge, columns, source_columns)?;
    let mut items = addresses(&merge.table);
    items.push(build::item(plan.action()?, ACTION));
    items.extend(labelled(plan.values()?));
    items.extend(plan.message()?);
    Ok(build::query(merge.with.clone(), items, vec![plan.join()?], None))
}

struct Plan<'a> {
    merge: &'a Merge,
    columns: &'a [Column],
    scope: Scope,
    /// Whether rows of the source without a match are wanted.
    lone_sources: bool,
    /// Whether rows of the target without a match are wanted.
    lone_targets: bool,
}

impl<'a> Plan<'a> {
    fn new(merge: &'a Merge, columns: &'a [Column], source_columns: &[String]) -> Result<Self> {
        let target =
            Side { name: own_name(&merge.table), columns: columns.iter().map(|column| column.name.clone()).collect() };
        let source = Side { name: source_name(&merge.source)?, columns: source_columns.to_vec() };
        if target.name.eq_ignore_ascii_case(&source.name) {
            return Err(LakeError::usage(format!(
                "MERGE: target and source are both called '{}': give one an alias with AS",
                target.name
            )));
        }
        let using = match &merge.on {
            MergeOn::Using(using) => using.clone(),
            MergeOn::Expr(_) => Vec::new(),
        };
        let has = |when| merge.clauses.iter().any(|clause| clause.when == when);
        Ok(Self {
            merge,
            columns,
            scope: Scope { target, source, using },
            lone_sources: has(MergeWhen::NotMatchedByTarget),
            lone_targets: has(MergeWhen::NotMatchedBySource),
        })
    }

    fn join(&self) -> Result<TableWithJoins> {
        let (target, source) = (&self.scope.target.name, &self.scope.source.name);
        let on = match &self.merge.on {
            MergeOn::Expr(on) => on.clone(),
            MergeOn::Using(using) => {
                build::all(using.iter().map(|c| build::equal(build::column(target, c), build::column(source, c))))
            }
        };
        let on = JoinConstraint::On(on);
        let join_operator = match (self.lone_targets, self.lone_sources) {
            (true, true) => JoinOperator::FullOuter(on),
            (true, false) => JoinOperator::Left(on),
            (false, true) => JoinOperator::Right(on),
            (false, false) => JoinOperator::Inner(on),
        };
        let join = Join { relation: self.source_factor(), global: false, join_operator };
        Ok(TableWithJoins { relation: target_factor(&self.merge.table), joins: vec![join] })
    }

    /// The source, under its name, with a marker where it may be missing.
    fn source_factor(&self) -> TableFactor {
        let mut factor = self.merge.source.clone();
        if let TableFactor::Derived { alias: alias @ None, .. } = &mut factor {
            *alias = Some(build::alias(SOURCE, &[]));
        }
        if !self.lone_targets {
            return factor;
        }
        let from = vec![TableWithJoins { relation: factor, joins: Vec::new() }];
        let marked = build::query(None, vec![build::star(), build::item(build::number(1), MARKER)], from, None);
        build::derived(marked, build::alias(&self.scope.source.name, &[]))
    }

    /// When a clause applies, earlier ones aside.
    fn applies(&self, clause: &MergeClause) -> Result<Expr> {
        let target = build::column(&self.scope.target.name, ROW_ID_COLUMN);
        let source = build::column(&self.scope.source.name, MARKER);
        let mut terms = match clause.when {
            MergeWhen::NotMatchedByTarget => vec![build::is_null(target)],
            MergeWhen::NotMatchedBySource => vec![build::is_null(source)],
            MergeWhen::Matched => {
                let target = self.lone_sources.then(|| build::is_not_null(target));
                target.into_iter().chain(self.lone_targets.then(|| build::is_not_null(source))).collect()
            }
        };
        if let Some(condition) = &clause.condition {
            terms.push(build::parentheses(self.scope.qualify(condition, clause.when)?));
        }
        Ok(build::all(terms))
    }

    /// Something of each clause, taken from the first that applies.
    fn first_applying(&self, result: impl Fn(usize, &MergeClause) -> Result<Expr>) -> Result<Expr> {
        let branch = |(at, clause)| Ok((self.applies(clause)?, result(at, clause)?));
        Ok(build::case(self.merge.clauses.iter().enumerate().map(branch).collect::<Result<_>>()?))
    }

    fn action(&self) -> Result<Expr> {
        self.first_applying(|at, _| Ok(build::number(at)))
    }

    /// The value of every column.
    fn values(&self) -> Result<Vec<Expr>> {
        let by_clause: Vec<Vec<Option<Expr>>> =
            self.merge.clauses.iter().map(|clause| self.clause_values(clause)).collect::<Result<_>>()?;
        let column = |(at, column): (usize, &Column)| {
            let of_column: Vec<Option<&Expr>> = by_clause.iter().map(|values| values[at].as_ref()).collect();
            let first = of_column.iter().flatten().next();
            if first.is_none() {
                return Ok(build::null());
            }
            // Branches of several types would get one that is none of them.
            let alike = of_column.iter().flatten().all(|value| Some(value) == first);
            self.first_applying(|clause, _| {
                Ok(match of_column[clause] {
                    None => build::null(),
                    Some(value) if alike || *value == self.unchanged(column) || *value == build::null() => {
                        value.clone()
                    }
                    Some(value) => cast_for(column, value.clone()),
                })
            })
        };
        self.columns.iter().enumerate().map(column).collect()
    }

    fn unchanged(&self, column: &Column) -> Expr {
        build::column(&self.scope.target.name, &column.name)
    }

    /// What one clause makes of each column, `None` if it changes none.
    fn clause_values(&self, clause: &MergeClause) -> Result<Vec<Option<Expr>>> {
        let (values, is_update) = match &clause.action {
            MergeAction::Update(values) => (values, true),
            MergeAction::Insert(values) => (values, false),
            _ => return Ok(vec![None; self.columns.len()]),
        };
        let qualified = |value: &NewValue, column: &Column| match value {
            NewValue::Expr(expr) => self.scope.qualify(expr, clause.when),
            NewValue::Default => value_expr(value, column),
        };
        let missing = |column: &Column| {
            if is_update { Ok(self.unchanged(column)) } else { default_expr(column) }
        };
        let source = |name: &str| build::column(&self.scope.source.name, name);
        let value = |(at, column): (usize, &Column)| match values {
            MergeValues::Columns(list) => match assigned(list, column) {
                Some(value) => qualified(value, column),
                None => missing(column),
            },
            MergeValues::Positional(list) => qualified(&list[at], column),
            MergeValues::SourceByPosition => Ok(source(&self.scope.source.columns[at])),
            MergeValues::SourceByName => {
                let same = |name: &&String| name.eq_ignore_ascii_case(&column.name);
                self.scope.source.columns.iter().find(same).map_or_else(|| missing(column), |name| Ok(source(name)))
            }
            MergeValues::Defaults => default_expr(column),
        };
        self.check_values(values)?;
        self.columns.iter().enumerate().map(|column| value(column).map(Some)).collect()
    }

    fn check_values(&self, values: &MergeValues) -> Result<()> {
        let mut names: Vec<&String> = match values {
            MergeValues::Columns(list) => list.iter().map(|(name, _)| name).collect(),
            MergeValues::Positional(list) => return self.check_count(list.len()),
            MergeValues::SourceByPosition => return self.check_count(self.scope.source.columns.len()),
            MergeValues::SourceByName => self.scope.source.columns.iter().collect(),
            MergeValues::Defaults => Vec::new(),
        };
        for name in &names {
            column_index(&self.merge.table, self.columns, name)?;
        }
        names.sort_by_key(|name| name.to_lowercase());
        match names.windows(2).find(|pair| pair[0].eq_ignore_ascii_case(pair[1])) {
            Some(pair) => Err(LakeError::usage(format!("MERGE: column '{}' gets two values", pair[0]))),
            None => Ok(()),
        }
    }

    fn check_count(&self, count: usize) -> Result<()> {
        if count == self.columns.len() {
            return Ok(());
        }
        Err(LakeError::usage(format!(
            "table '{}' has {} columns, MERGE has {count} values for them",
            self.merge.table.name.join("."),
            self.columns.len()
        )))
    }

    fn message(&self) -> Result<Option<SelectItem>> {
        let has_message = |clause: &MergeClause| matches!(clause.action, MergeAction::Error(Some(_)));
        if !self.merge.clauses.iter().any(has_message) {
            return Ok(None);
        }
        let message = self.first_applying(|_, clause| match &clause.action {
            MergeAction::Error(Some(message)) => Ok(build::cast(self.scope.qualify(message, clause.when)?, "Utf8")),
            _ => Ok(build::null()),
        })?;
        Ok(Some(build::item(message, ERROR_MESSAGE)))
    }
}

/// How expressions call a source.
fn source_name(source: &TableFactor) -> Result<String> {
    let (alias, own) = match source {
        TableFactor::Table { alias, name, .. } => {
            let own = match name.0.last() {
                Some(ObjectNamePart::Identifier(ident)) => Some(ident.value.clone()),
                _ => None,
            };
            (alias, own)
        }
        TableFactor::Derived { alias, .. } => (alias, Some(SOURCE.to_string())),
        TableFactor::TableFunction { alias, .. }
        | TableFactor::Function { alias, .. }
        | TableFactor::UNNEST { alias, .. }
        | TableFactor::NestedJoin { alias, .. } => (alias, None),
        _ => (&None, None),
    };
    alias.as_ref().map(|alias| alias.name.value.clone()).or(own).ok_or_else(|| LakeError::NotSupported {
        what: "MERGE with a source that has no name".to_string(),
        hint: Some("write it as USING (SELECT …) AS source".to_string()),
    })
}

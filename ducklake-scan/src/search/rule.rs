//! `ORDER BY distance(column, vector) LIMIT k`: the scan below is told, so that an index can say which rows it needs.

use std::sync::Arc;

use datafusion::catalog::TableProvider;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::datasource::{provider_as_source, source_as_provider};
use datafusion::error::Result;
use datafusion::logical_expr::logical_plan::{Projection, Sort, SubqueryAlias};
use datafusion::logical_expr::{Expr, Filter, LogicalPlan, SortExpr, TableScan};
use datafusion::optimizer::{ApplyOrder, OptimizerConfig, OptimizerRule};

use super::nearest::Nearest;
use super::plan::unqualified;
use crate::sql::local::LocalState;
use crate::sql::vectors::nearest::as_nearest;
use crate::table::LakeTable;

/// See the module.
#[derive(Debug)]
pub(crate) struct NearestRows {
    /// Has `hnsw_ef_search`.
    pub(crate) local: Arc<LocalState>,
}

impl OptimizerRule for NearestRows {
    fn name(&self) -> &str {
        "ducklake_nearest_rows"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::TopDown)
    }

    fn rewrite(&self, plan: LogicalPlan, _config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        let LogicalPlan::Sort(sort) = &plan else { return Ok(Transformed::no(plan)) };
        // With further keys, rows of equal distance matter, and an index tells nothing of them.
        let (Some(k), [key]) = (sort.fetch, sort.expr.as_slice()) else { return Ok(Transformed::no(plan)) };
        let ef = self.local.settings(|settings| settings.get("hnsw_ef_search").and_then(|ef| ef.trim().parse().ok()));
        let wanted = Wanted { k, ef };
        match tell(&sort.input, key.clone(), wanted, Vec::new())? {
            Some(input) => {
                let sort = Sort { expr: sort.expr.clone(), input: Arc::new(input), fetch: sort.fetch };
                Ok(Transformed::yes(LogicalPlan::Sort(sort)))
            }
            None => Ok(Transformed::no(plan)),
        }
    }
}

/// How many rows are wanted, and how hard they are looked for.
#[derive(Debug, Clone, Copy)]
struct Wanted {
    k: usize,
    ef: Option<usize>,
}

/// Follows a sort key down to the scan; `None` where there is no scan of a lake's table, or nothing that an index knows.
fn tell(plan: &LogicalPlan, key: SortExpr, wanted: Wanted, mut filter: Vec<Expr>) -> Result<Option<LogicalPlan>> {
    match plan {
        LogicalPlan::Projection(projection) => {
            let key = SortExpr { expr: through(key.expr, projection)?, ..key };
            let input = tell(&projection.input, key, wanted, filter)?;
            let rebuilt = input.map(|input| Projection::try_new(projection.expr.clone(), Arc::new(input)));
            Ok(rebuilt.transpose()?.map(LogicalPlan::Projection))
        }
        LogicalPlan::SubqueryAlias(alias) => {
            let key = SortExpr { expr: unqualified(key.expr)?, ..key };
            let input = tell(&alias.input, key, wanted, filter)?;
            let rebuilt = input.map(|input| SubqueryAlias::try_new(Arc::new(input), alias.alias.clone()));
            Ok(rebuilt.transpose()?.map(LogicalPlan::SubqueryAlias))
        }
        LogicalPlan::Filter(condition) => {
            filter.push(condition.predicate.clone());
            let input = tell(&condition.input, key, wanted, filter)?;
            let rebuilt = input.map(|input| Filter::try_new(condition.predicate.clone(), Arc::new(input)));
            Ok(rebuilt.transpose()?.map(LogicalPlan::Filter))
        }
        LogicalPlan::TableScan(scan) => told(scan, &key, wanted, filter),
        _ => Ok(None),
    }
}

fn told(scan: &TableScan, key: &SortExpr, wanted: Wanted, mut filter: Vec<Expr>) -> Result<Option<LogicalPlan>> {
    let provider: Arc<dyn TableProvider> = source_as_provider(&scan.source)?;
    let Some(table) = provider.downcast_ref::<LakeTable>() else { return Ok(None) };
    if table.is_narrowed() || table.nearest().is_some() || scan.fetch.is_some() {
        return Ok(None);
    }
    // NULLs come last, or rows without vectors would be the first.
    let Some(distance) = as_nearest(key).filter(|_| !key.nulls_first) else { return Ok(None) };
    filter.extend(scan.filters.iter().cloned());
    let filter = filter.into_iter().map(unqualified).collect::<crate::error::Result<Vec<_>>>()?;
    if !filter.iter().all(is_plain) {
        return Ok(None);
    }
    let nearest = Nearest {
        column: distance.column.name.clone(),
        metric: distance.metric,
        query: distance.query.into(),
        k: wanted.k,
        ef: wanted.ef,
        filter,
    };
    let table = table.clone().nearest_to(nearest);
    let scan = TableScan { source: provider_as_source(Arc::new(table)), ..scan.clone() };
    Ok(Some(LogicalPlan::TableScan(scan)))
}

/// An expression over a projection's columns as one over those of its input.
fn through(expr: Expr, projection: &Projection) -> Result<Expr> {
    let replaced = expr.transform(|node| {
        let Expr::Column(column) = &node else { return Ok(Transformed::no(node)) };
        match projection.schema.maybe_index_of_column(column) {
            Some(index) => {
                Ok(Transformed::new(projection.expr[index].clone().unalias(), true, TreeNodeRecursion::Jump))
            }
            None => Ok(Transformed::no(node)),
        }
    })?;
    Ok(replaced.data)
}

/// Whether a condition can be judged twice, by itself.
fn is_plain(condition: &Expr) -> bool {
    let mut plain = !condition.is_volatile();
    let walked = condition.apply(|node| {
        plain &= !matches!(
            node,
            Expr::ScalarSubquery(_)
                | Expr::Exists(_)
                | Expr::InSubquery(_)
                | Expr::OuterReferenceColumn(..)
                | Expr::Placeholder(_)
        );
        Ok(if plain { TreeNodeRecursion::Continue } else { TreeNodeRecursion::Stop })
    });
    plain && walked.is_ok()
}

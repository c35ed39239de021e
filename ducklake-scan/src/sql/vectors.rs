use datafusion::logical_expr::SortExpr;
pub(crate) struct Nearness { pub(crate) metric: ducklake_vector::Metric, pub(crate) column: datafusion::common::Column, pub(crate) query: Vec<f32> }
pub(crate) fn as_nearest(_: &SortExpr) -> Option<Nearness> { None }
pub(crate) fn as_match(_: &datafusion::logical_expr::Expr) -> Option<(String, String)> { None }

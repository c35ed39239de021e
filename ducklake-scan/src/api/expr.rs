//! Conditions and values: SQL text, or expressions of DataFusion.

use datafusion::prelude::Expr;

/// A condition or value over the columns of a table.
#[derive(Debug, Clone, PartialEq)]
pub enum SqlExpr {
    /// SQL text: `"id > 7 AND name IS NOT NULL"`. It may read other tables of the lake.
    Text(String),
    /// An expression: `col("id").gt(lit(7))`.
    Expr(Box<Expr>),
}

impl From<&str> for SqlExpr {
    fn from(text: &str) -> Self {
        Self::Text(text.to_string())
    }
}

impl From<String> for SqlExpr {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Expr> for SqlExpr {
    fn from(expr: Expr) -> Self {
        Self::Expr(Box::new(expr))
    }
}

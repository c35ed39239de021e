//! Numbers that two vectors give: DuckDB's `array_…` and `list_…` functions over lists of FLOAT and DOUBLE.
//!
//! `function` is what DataFusion calls, `arguments` says which types meet, `compute` goes over the rows, `literal` keeps
//! lists of literal numbers apart from lists of DOUBLE, `nearest` recognises the functions in a plan.

mod arguments;
mod compute;
mod function;
mod literal;
pub(crate) mod nearest;

#[cfg(test)]
mod tests;

use datafusion::execution::context::SessionContext;
use datafusion::logical_expr::ScalarUDF;

use function::VectorFunction;
use literal::ListLiteral;
pub(super) use literal::with_literals;

/// What two vectors are turned into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Measure {
    /// The length of their difference.
    Distance,
    /// The cosine of the angle between them, from -1 to 1.
    CosineSimilarity,
    /// One less [`Measure::CosineSimilarity`].
    CosineDistance,
    /// The sum of products.
    InnerProduct,
    /// [`Measure::InnerProduct`] below zero, so that the nearest is the least.
    NegativeInnerProduct,
}

impl Measure {
    const ALL: [Self; 5] =
        [Self::Distance, Self::CosineSimilarity, Self::CosineDistance, Self::InnerProduct, Self::NegativeInnerProduct];

    /// Names without `array_` or `list_`: the function's own first, then its aliases.
    fn names(self) -> &'static [&'static str] {
        match self {
            Self::Distance => &["distance"],
            Self::CosineSimilarity => &["cosine_similarity"],
            Self::CosineDistance => &["cosine_distance"],
            Self::InnerProduct => &["inner_product", "dot_product"],
            Self::NegativeInnerProduct => &["negative_inner_product", "negative_dot_product"],
        }
    }
}

/// The function that an operator between two vectors stands for.
pub(super) const OPERATORS: [(&str, &str); 3] =
    [("<->", "list_distance"), ("<=>", "list_cosine_distance"), ("<#>", "list_negative_inner_product")];

/// Whether a lower-cased name is one of these functions'.
fn is_vector_function(name: &str) -> bool {
    let Some(rest) = name.strip_prefix("array_").or_else(|| name.strip_prefix("list_")) else { return false };
    Measure::ALL.iter().any(|measure| measure.names().contains(&rest))
}

/// Adds the functions to a context, in place of DataFusion's `array_distance`.
pub(super) fn register(context: &SessionContext) {
    context.register_udf(ScalarUDF::new_from_impl(ListLiteral::new()));
    for measure in Measure::ALL {
        for function in VectorFunction::both(measure) {
            context.register_udf(ScalarUDF::new_from_impl(function));
        }
    }
}

//! `embed('text')`: a text as a vector, by the model that a session was given.
//!
//! Models block, and for long where they are loaded first. Constant texts are therefore embedded before a statement is
//! planned on: all in one call, on a thread that may wait. What depends on rows is embedded batch by batch while they
//! come, on the thread that asks for them; a runtime with several threads hands what else waits there to another.

use std::collections::{HashMap, HashSet};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{AsArray, Float32Builder, ListArray, ListBuilder};
use arrow::datatypes::{DataType, Field};
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::context::SessionContext;
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::simplify::SimplifyContext;
use datafusion::logical_expr::{
    ColumnarValue, Expr, LogicalPlan, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use datafusion::optimizer::simplify_expressions::ExprSimplifier;
use datafusion::scalar::ScalarValue;
use tokio::runtime::{Handle, RuntimeFlavor};

use super::functions::text;
use super::local::LocalState;
use crate::error::LakeError;

/// Why a model gave no vectors.
pub type EmbedderError = Box<dyn std::error::Error + Send + Sync>;

/// A model that turns texts into vectors, for `embed('text')` in SQL.
pub trait Embedder: std::fmt::Debug + Send + Sync {
    /// How many numbers each vector has.
    fn dimensions(&self) -> usize;

    /// One vector for each text, in their order. May block, and may be called from several threads at once.
    ///
    /// # Errors
    /// Whatever keeps the model from it.
    fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, EmbedderError>;
}

/// The function's name.
const EMBED: &str = "embed";

/// Adds the function to a context.
pub(super) fn register(context: &SessionContext, local: &Arc<LocalState>) {
    context.register_udf(ScalarUDF::new_from_impl(Embed {
        local: Arc::clone(local),
        // The same text gives the same vector for as long as a statement runs.
        signature: Signature::exact(vec![DataType::Utf8], Volatility::Stable),
    }));
}

/// Puts the vectors of constant texts into a plan.
///
/// # Errors
/// [`LakeError::Usage`] where there are such texts and the session has no model, [`LakeError::Embedder`] where it fails.
pub(crate) async fn with_constants(plan: LogicalPlan, local: &LocalState) -> Result<LogicalPlan, LakeError> {
    let mut texts = HashSet::new();
    plan.apply_with_subqueries(|node| {
        node.apply_expressions(|expr| {
            expr.apply(|part| {
                texts.extend(constant(part));
                Ok(TreeNodeRecursion::Continue)
            })
        })
    })?;
    if texts.is_empty() {
        return Ok(plan);
    }
    let model = model(local)?;
    let texts: Vec<String> = texts.into_iter().collect();
    let embedding = tokio::task::spawn_blocking(move || {
        let vectors = vectors(model.as_ref(), &texts)?;
        Ok::<_, LakeError>(texts.into_iter().zip(vectors).collect::<HashMap<_, _>>())
    });
    let vectors = embedding.await.map_err(|e| LakeError::Embedder { source: Box::new(e) })??;
    let with_vectors = |part: Expr| {
        let vector = constant(&part).and_then(|text| vectors.get(&text));
        Ok(match vector {
            Some(vector) => {
                let list = list([Some(vector.as_slice())].into_iter());
                Transformed::yes(Expr::Literal(ScalarValue::List(Arc::new(list)), None))
            }
            None => Transformed::no(part),
        })
    };
    let transformed = plan.transform_up_with_subqueries(|node| {
        let names = NamePreserver::new(&node);
        node.map_expressions(|expr| {
            let name = names.save(&expr);
            Ok(expr.transform_up(with_vectors)?.update_data(|expr| name.restore(expr)))
        })
    })?;
    Ok(transformed.data)
}

/// The text of a call whose text is the same for all rows.
fn constant(expr: &Expr) -> Option<String> {
    let Expr::ScalarFunction(call) = expr else { return None };
    let ([argument], true) = (call.args.as_slice(), call.func.inner().is::<Embed>()) else { return None };
    match argument {
        Expr::Literal(value, _) => text(value),
        computed if computed.column_refs().is_empty() && !computed.is_volatile() => {
            let simplifier = ExprSimplifier::new(SimplifyContext::default());
            match simplifier.simplify(computed.clone()) {
                Ok(Expr::Literal(value, _)) => text(&value),
                _ => None,
            }
        }
        _ => None,
    }
}

fn model(local: &LocalState) -> Result<Arc<dyn Embedder>, LakeError> {
    local.embedder().ok_or_else(|| LakeError::Usage {
        message: "embed needs an embedding model, and this program has set none".to_string(),
        hint: Some("the program zen has one; in a program of your own, Session::set_embedder sets it".to_string()),
    })
}

/// One vector for each text, all of the length that the model promises.
fn vectors(model: &dyn Embedder, texts: &[String]) -> Result<Vec<Vec<f32>>, LakeError> {
    let vectors = model.embed(texts).map_err(|source| LakeError::Embedder { source })?;
    let wrong = |what: String| Err(LakeError::Embedder { source: what.into() });
    if vectors.len() != texts.len() {
        return wrong(format!("it gave {} vectors for {} texts", vectors.len(), texts.len()));
    }
    match vectors.iter().find(|vector| vector.len() != model.dimensions()) {
        Some(vector) => wrong(format!("it gave a vector of {}, not {} numbers", vector.len(), model.dimensions())),
        None => Ok(vectors),
    }
}

fn list<'v>(vectors: impl Iterator<Item = Option<&'v [f32]>>) -> ListArray {
    let mut lists = ListBuilder::new(Float32Builder::new());
    for vector in vectors {
        match vector {
            Some(vector) => {
                lists.values().append_slice(vector);
                lists.append(true);
            }
            None => lists.append(false),
        }
    }
    lists.finish()
}

/// `embed(text)`.
#[derive(Debug)]
struct Embed {
    local: Arc<LocalState>,
    signature: Signature,
}

impl PartialEq for Embed {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.local, &other.local)
    }
}

impl Eq for Embed {}

impl Hash for Embed {
    fn hash<H: Hasher>(&self, state: &mut H) {
        EMBED.hash(state);
    }
}

impl ScalarUDFImpl for Embed {
    fn name(&self) -> &str {
        EMBED
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(DataType::List(Arc::new(Field::new_list_field(DataType::Float32, true))))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let Some(argument) = args.args.first() else {
            return Err(DataFusionError::Internal(format!("{EMBED} takes a text")));
        };
        let is_scalar = matches!(argument, ColumnarValue::Scalar(_));
        let texts = argument.to_array(if is_scalar { 1 } else { args.number_rows })?;
        let texts = texts.as_string::<i32>();
        let distinct: HashSet<&str> = texts.iter().flatten().collect();
        let distinct: Vec<String> = distinct.into_iter().map(str::to_string).collect();
        let vectors = match distinct.is_empty() {
            true => Vec::new(),
            false => {
                let model = model(&self.local)?;
                waiting(|| vectors(model.as_ref(), &distinct))?
            }
        };
        let vectors: HashMap<String, Vec<f32>> = distinct.into_iter().zip(vectors).collect();
        let lists = list(texts.iter().map(|text| text.and_then(|text| vectors.get(text)).map(Vec::as_slice)));
        Ok(match is_scalar {
            true => ColumnarValue::Scalar(ScalarValue::List(Arc::new(lists))),
            false => ColumnarValue::Array(Arc::new(lists)),
        })
    }
}

/// Runs what waits long. Other tasks of this thread go to another one, where there can be one.
fn waiting<T>(work: impl FnOnce() -> T) -> T {
    match Handle::try_current().map(|runtime| runtime.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
        _ => work(),
    }
}

#[cfg(test)]
mod tests;

//! The model behind `embed('text')` in SQL.

use std::fmt;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};

use ducklake_scan::EmbedderError;

use super::{DIMENSIONS, EmbedError, Embedder, ModelOptions, embed_all, open_model};

/// A model for [`Session::set_embedder`](ducklake_scan::Session::set_embedder), opened when it is first asked for a vector:
/// statements without one do not wait for it, nor fail where there is none.
pub struct SqlEmbedder {
    options: ModelOptions,
    model: Mutex<Option<Arc<dyn Embedder>>>,
}

impl SqlEmbedder {
    /// The model that [`open_model`] opens with these options.
    pub fn new(options: ModelOptions) -> Self {
        Self { options, model: Mutex::new(None) }
    }

    /// A failure is told and not kept: the model may be there the next time.
    fn model(&self) -> Result<Arc<dyn Embedder>, EmbedError> {
        let mut model = self.model.lock().unwrap_or_else(PoisonError::into_inner);
        match &*model {
            Some(model) => Ok(Arc::clone(model)),
            None => Ok(Arc::clone(model.insert(Arc::from(open_model(&self.options)?)))),
        }
    }
}

impl From<Arc<dyn Embedder>> for SqlEmbedder {
    /// A model that is open already.
    fn from(model: Arc<dyn Embedder>) -> Self {
        Self { options: ModelOptions::default(), model: Mutex::new(Some(model)) }
    }
}

impl fmt::Debug for SqlEmbedder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlEmbedder").field("options", &self.options).finish_non_exhaustive()
    }
}

impl ducklake_scan::Embedder for SqlEmbedder {
    fn dimensions(&self) -> usize {
        DIMENSIONS
    }

    fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, EmbedderError> {
        let model = self.model()?;
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        Ok(embed_all(model.as_ref(), &texts, &mut |_, _| ControlFlow::Continue(()))?)
    }
}

//! all-MiniLM-L6-v2 on ONNX Runtime, by fastembed.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use fastembed::{InitOptionsUserDefined, Pooling, TextEmbedding, UserDefinedEmbeddingModel};
use ort::environment::Environment;

use super::lanes::Lanes;
use super::model::ModelFiles;
use super::text::clip;
use super::tokenizer::{read, read_tokenizer};
use super::{DIMENSIONS, EmbedError, Embedder, MAX_TOKENS, MODEL_NAME};

/// Tokens are rarely longer than a word: no text needs more bytes to fill what the model reads.
const MAX_BYTES: usize = 16 << 10;

/// The model in up to as many copies as lanes. ONNX Runtime gives each call to one copy; further ones are loaded when
/// calls come side by side.
pub(super) struct MiniLm {
    files: ModelFiles,
    environment: Environment,
    lanes: Lanes,
    copies: Mutex<Copies>,
    returned: Condvar,
    count_tokens: Box<dyn Fn(&str) -> usize + Send + Sync>,
}

struct Copies {
    idle: Vec<TextEmbedding>,
    loaded: usize,
}

impl MiniLm {
    /// Loads the model and tries it on one text.
    pub(super) fn open(files: ModelFiles, environment: Environment, lanes: Lanes) -> Result<Self, EmbedError> {
        let mut first = load(&files, &environment, lanes)?;
        let failed = |error| EmbedError::LoadModel { folder: files.folder(), source: Box::new(error) };
        let found = first.embed(["a text"], None).map_err(failed)?.first().map_or(0, Vec::len);
        if found != DIMENSIONS {
            return Err(EmbedError::Dimensions { folder: files.folder(), found });
        }
        let tokenizer = first.tokenizer.clone();
        let count_tokens =
            move |text: &str| tokenizer.encode_fast(text, true).map_or(MAX_TOKENS, |tokens| tokens.len());
        Ok(MiniLm {
            files,
            environment,
            lanes,
            copies: Mutex::new(Copies { idle: vec![first], loaded: 1 }),
            returned: Condvar::new(),
            count_tokens: Box::new(count_tokens),
        })
    }

    fn copies(&self) -> MutexGuard<'_, Copies> {
        self.copies.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A copy that nobody uses, loaded if there may be one more, else waited for.
    fn take(&self) -> Result<Lease<'_>, EmbedError> {
        let mut copies = self.copies();
        loop {
            if let Some(copy) = copies.idle.pop() {
                return Ok(Lease { of: self, copy: Some(copy) });
            }
            if copies.loaded < self.lanes.count {
                copies.loaded += 1;
                drop(copies);
                let mut lease = Lease { of: self, copy: None };
                // On failure the empty lease makes room again.
                lease.copy = Some(load(&self.files, &self.environment, self.lanes)?);
                return Ok(lease);
            }
            copies = self.returned.wait(copies).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Embedder for MiniLm {
    fn name(&self) -> &str {
        MODEL_NAME
    }

    fn dimensions(&self) -> usize {
        DIMENSIONS
    }

    fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbedError> {
        if texts.is_empty() {
            return Ok(Vec::new());
        }
        let mut lease = self.take()?;
        let gone = || EmbedError::Embed { texts: texts.len(), source: "the model is gone".into() };
        embed(lease.copy.as_mut().ok_or_else(gone)?, texts)
    }

    fn tokens(&self, text: &str) -> usize {
        (self.count_tokens)(clip(text, MAX_BYTES))
    }

    fn lanes(&self) -> usize {
        self.lanes.count
    }
}

/// A copy of the model in use; goes back when dropped, also on a panic.
struct Lease<'a> {
    of: &'a MiniLm,
    copy: Option<TextEmbedding>,
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        let mut copies = self.of.copies();
        match self.copy.take() {
            Some(copy) => copies.idle.push(copy),
            None => copies.loaded -= 1,
        }
        self.of.returned.notify_one();
    }
}

/// The vectors of texts, which are read as far as the model reads them, in one call of it.
pub(super) fn embed(model: &mut TextEmbedding, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbedError> {
    if texts.is_empty() {
        return Ok(Vec::new());
    }
    let clipped: Vec<&str> = texts.iter().map(|text| clip(text, MAX_BYTES)).collect();
    let failed = |error| EmbedError::Embed { texts: texts.len(), source: Box::new(error) };
    model.embed(clipped, Some(texts.len())).map_err(failed)
}

/// The model of a graph, with what makes one vector of those of all tokens.
pub(super) fn start(
    files: &ModelFiles,
    graph: Vec<u8>,
    options: InitOptionsUserDefined,
) -> Result<TextEmbedding, EmbedError> {
    let tokenizing = read_tokenizer(files)?;
    let model = UserDefinedEmbeddingModel::new(graph, tokenizing.files).with_pooling(Pooling::Mean);
    let failed = |error| EmbedError::LoadModel { folder: files.folder(), source: Box::new(error) };
    let mut started = TextEmbedding::try_new_from_user_defined(model, options).map_err(failed)?;
    if let Some(words) = tokenizing.words {
        started.tokenizer.with_model(words);
    }
    Ok(started)
}

/// Reads the model's files into one more copy.
fn load(files: &ModelFiles, environment: &Environment, lanes: Lanes) -> Result<TextEmbedding, EmbedError> {
    let options = InitOptionsUserDefined::new()
        .with_environment(environment.clone())
        .with_max_length(MAX_TOKENS)
        .with_intra_threads(lanes.threads);
    start(files, read(&files.onnx)?, options)
}

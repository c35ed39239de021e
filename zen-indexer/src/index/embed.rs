//! Embeddings of rows.

use std::ops::ControlFlow;
use std::sync::Arc;

use crate::embed::{Embedder, chunk_text, embed_all, symbol_text};
use crate::error::{Result, ZenError};
use crate::index::blocking;
use crate::lake::ZenLake;
use crate::model::{ApiSymbol, DocChunk};
use crate::progress::{Phase, Progress, Stop, StopOnDrop};

/// Gives every row that has none its embedding; how many those are.
pub(crate) fn fill(
    embedder: &dyn Embedder,
    symbols: &mut [ApiSymbol],
    chunks: &mut [DocChunk],
    progress: &dyn Progress,
    stop: &Stop,
) -> Result<usize> {
    let mut places: Vec<&mut Option<Vec<f32>>> = Vec::new();
    let mut texts = Vec::new();
    for symbol in symbols.iter_mut().filter(|symbol| symbol.embedding.is_none()) {
        texts.push(text_of(symbol));
        places.push(&mut symbol.embedding);
    }
    for chunk in chunks.iter_mut().filter(|chunk| chunk.embedding.is_none()) {
        texts.push(chunk_text(&chunk.title, &chunk.content));
        places.push(&mut chunk.embedding);
    }
    progress.begin(Phase::Embed, texts.len() as u64);
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let mut told = 0;
    let vectors = embed_all(embedder, &texts, &mut |done, _| {
        progress.advance(Phase::Embed, (done - told) as u64);
        told = done;
        if stop.is_set() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    progress.end(Phase::Embed);
    let count = places.len();
    for (place, vector) in places.into_iter().zip(vectors) {
        *place = Some(vector);
    }
    Ok(count)
}

/// Computes what is missing of a package's embeddings and puts it back in one snapshot; how many those were.
///
/// # Errors
/// [`ZenError::Overtaken`] where the package was indexed anew meanwhile; what the model or the lake has to say.
pub async fn embed_package(
    lake: &ZenLake,
    (ecosystem, name, version): (&str, &str, &str),
    embedder: &Arc<dyn Embedder>,
    progress: Arc<dyn Progress>,
) -> Result<usize> {
    let stop = Stop::default();
    let _stop = StopOnDrop(stop.clone());
    let mut rows = lake.package_rows(ecosystem, name, version).await?;
    let embedder = Arc::clone(embedder);
    let (rows, count) = blocking(move || {
        let count = fill(&*embedder, &mut rows.symbols, &mut rows.chunks, &*progress, &stop)?;
        Ok::<_, ZenError>((rows, count))
    })
    .await??;
    lake.complete(Arc::new(rows)).await?;
    Ok(count)
}

/// A symbol as a text: what it is called, how it is used, and the first paragraph of what is said about it.
fn text_of(symbol: &ApiSymbol) -> String {
    let metadata: serde_json::Value = serde_json::from_str(&symbol.metadata).unwrap_or_default();
    let name = match metadata.get("container").and_then(serde_json::Value::as_str) {
        Some(container) => format!("{container}.{}", symbol.name),
        None => symbol.name.clone(),
    };
    symbol_text(&symbol.kind, &name, &symbol.file_path, &symbol.signature, symbol.doc_comment.as_deref())
}

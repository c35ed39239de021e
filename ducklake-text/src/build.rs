//! Building a segment.

use std::path::Path;

use tantivy::directory::RamDirectory;
use tantivy::index::SegmentComponent;
use tantivy::indexer::merge_indices;
use tantivy::schema::Schema;
use tantivy::tokenizer::{RawTokenizer, TextAnalyzer, Token, TokenStream, Tokenizer, TokenizerManager};
use tantivy::{Directory, Index, IndexBuilder, SingleSegmentIndexWriter, TantivyDocument};

use crate::analyse::{Analyser, fold_name, trigrams};
use crate::container;
use crate::error::{Result, TextError};
use crate::schema::{FieldKind, IndexField, TextSchema, tantivy_schema};
use crate::segment::{ROWS_PART, TextSegment};

pub(crate) const PLAIN_TOKENIZER: &str = "raw";
pub(crate) const TRIGRAM_TOKENIZER: &str = "trigrams";
/// With less, a writer is full with its first rows: its memory comes in pages of one MiB.
const SMALLEST_BUDGET: usize = 8 << 20;

pub(crate) fn tokenizer_of(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Text => "text",
        FieldKind::Code | FieldKind::Name => "code",
    }
}

/// Collects the texts of rows into a segment.
///
/// The same rows give the same bytes. Works in the calling thread, and in about the memory it was given besides what is
/// finished already, which is compressed.
pub struct SegmentBuilder {
    schema: TextSchema,
    index_schema: Schema,
    fields: Vec<IndexField>,
    tokenizers: TokenizerManager,
    budget: usize,
    writer: Option<(SingleSegmentIndexWriter, RamDirectory)>,
    finished: Vec<(Index, RamDirectory)>,
    rows: roaring::RoaringBitmap,
}

impl SegmentBuilder {
    /// An empty builder that uses about `memory` bytes.
    ///
    /// # Errors
    /// [`TextError::Schema`] where the schema cannot be indexed.
    pub fn new(schema: &TextSchema, memory: usize) -> Result<Self> {
        schema.check()?;
        let (index_schema, fields) = tantivy_schema(schema);
        let tokenizers = TokenizerManager::new();
        tokenizers.register(tokenizer_of(FieldKind::Text), TextAnalyzer::from(SplitTokenizer::new(FieldKind::Text)));
        tokenizers.register(tokenizer_of(FieldKind::Code), TextAnalyzer::from(SplitTokenizer::new(FieldKind::Code)));
        tokenizers.register(PLAIN_TOKENIZER, TextAnalyzer::from(RawTokenizer::default()));
        tokenizers.register(TRIGRAM_TOKENIZER, TextAnalyzer::from(TrigramTokenizer::default()));
        Ok(Self {
            schema: schema.clone(),
            index_schema,
            fields,
            tokenizers,
            budget: memory.max(SMALLEST_BUDGET),
            writer: None,
            finished: Vec::new(),
            rows: roaring::RoaringBitmap::new(),
        })
    }

    /// Adds a row: `texts` are those of the schema's fields, in its order. Rows come in ascending order; numbers that are
    /// left out cost little.
    ///
    /// # Errors
    /// [`TextError::RowOrder`], [`TextError::TextCount`], or a failure of the index library.
    pub fn add(&mut self, row: u32, texts: &[Option<&str>]) -> Result<()> {
        if texts.len() != self.fields.len() {
            return Err(TextError::TextCount { row, found: texts.len(), expected: self.fields.len() });
        }
        if let Some(last) = self.rows.max().filter(|last| *last >= row) {
            return Err(TextError::RowOrder { row, last });
        }
        let mut document = TantivyDocument::default();
        for (field, text) in self.fields.iter().zip(texts) {
            let Some(text) = text else { continue };
            document.add_text(field.tokens, text);
            if let Some(name) = field.name {
                let folded = fold_name(text);
                document.add_text(name.trigrams, &folded);
                document.add_text(name.whole, folded);
            }
        }
        let (mut writer, directory) = match self.writer.take() {
            Some(writer) => writer,
            None => self.writer()?,
        };
        writer.add_document(document)?;
        self.rows.insert(row);
        if writer.mem_usage() < self.budget {
            self.writer = Some((writer, directory));
        } else {
            self.finished.push((writer.finalize()?, directory));
        }
        Ok(())
    }

    /// Rows added so far.
    pub fn len(&self) -> usize {
        self.rows.len() as usize
    }

    /// Whether there are none yet.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The segment's bytes.
    ///
    /// # Errors
    /// A failure of the index library.
    pub fn finish(mut self) -> Result<Vec<u8>> {
        if let Some((writer, directory)) = self.writer.take() {
            self.finished.push((writer.finalize()?, directory));
        }
        let rows = u32::try_from(self.rows.len()).map_err(|_| TextError::Schema { what: "too many rows".into() })?;
        let mut parts = match self.finished.as_slice() {
            [] => return container::pack(&self.schema, 0, &[]),
            [(index, directory)] => parts(index, directory)?,
            several => {
                let directory = RamDirectory::create();
                let indexes: Vec<_> = several.iter().map(|(index, _)| index.clone()).collect();
                parts(&merge_indices(&indexes, directory.clone())?, &directory)?
            }
        };
        // Without gaps the number of a row says nothing that its place does not.
        if self.rows.max().is_some_and(|last| last >= rows) {
            let mut bytes = Vec::with_capacity(self.rows.serialized_size());
            self.rows.serialize_into(&mut bytes)?;
            parts.push((ROWS_PART, bytes));
        }
        let parts: Vec<_> = parts.iter().map(|(name, bytes)| (*name, bytes.as_slice())).collect();
        container::pack(&self.schema, rows, &parts)
    }

    /// The segment at once, to search rows in memory.
    ///
    /// # Errors
    /// A failure of the index library.
    pub fn into_segment(self) -> Result<TextSegment> {
        let schema = self.schema.clone();
        TextSegment::open(self.finish()?.into(), &schema)
    }

    fn writer(&self) -> Result<(SingleSegmentIndexWriter, RamDirectory)> {
        let directory = RamDirectory::create();
        let index = IndexBuilder::new().schema(self.index_schema.clone()).tokenizers(self.tokenizers.clone());
        Ok((index.single_segment_index_writer(directory.clone(), self.budget)?, directory))
    }
}

/// The files of an index of one segment, by extension.
fn parts(index: &Index, directory: &RamDirectory) -> Result<Vec<(&'static str, Vec<u8>)>> {
    use SegmentComponent::{FastFields, FieldNorms, Positions, Postings, Store, Terms};
    let segments = index.searchable_segments()?;
    let Some(segment) = segments.first() else { return Ok(Vec::new()) };
    [
        (Terms, "term"),
        (Postings, "idx"),
        (Positions, "pos"),
        (FieldNorms, "fieldnorm"),
        (FastFields, "fast"),
        (Store, "store"),
    ]
    .into_iter()
    .map(|(component, name)| {
        let path: &Path = &segment.meta().relative_path(component);
        Ok((name, directory.open_read(path).map_err(tantivy::TantivyError::from)?.read_bytes()?.to_vec()))
    })
    .collect()
}

/// [`Analyser`] as the index library wants it.
#[derive(Clone)]
struct SplitTokenizer {
    kind: FieldKind,
    tokens: Tokens,
}

impl SplitTokenizer {
    fn new(kind: FieldKind) -> Self {
        Self { kind, tokens: Tokens::default() }
    }
}

impl Tokenizer for SplitTokenizer {
    type TokenStream<'a> = &'a mut Tokens;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> &'a mut Tokens {
        self.tokens.clear();
        let tokens = &mut self.tokens;
        Analyser::new().each(self.kind, text, |token, _, position| tokens.push(token, position));
        tokens
    }
}

#[derive(Clone, Default)]
struct TrigramTokenizer {
    tokens: Tokens,
}

impl Tokenizer for TrigramTokenizer {
    type TokenStream<'a> = &'a mut Tokens;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> &'a mut Tokens {
        self.tokens.clear();
        trigrams(text).for_each(|token| self.tokens.push(token, 0));
        &mut self.tokens
    }
}

/// Tokens of one text, kept from text to text.
#[derive(Clone, Default)]
struct Tokens {
    text: String,
    ends: Vec<(usize, u32)>,
    next: usize,
    current: Token,
}

impl Tokens {
    fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
        self.next = 0;
    }

    fn push(&mut self, token: &str, position: u32) {
        self.text.push_str(token);
        self.ends.push((self.text.len(), position));
    }
}

impl TokenStream for &mut Tokens {
    fn advance(&mut self) -> bool {
        let Some((end, position)) = self.ends.get(self.next).copied() else { return false };
        let start = self.next.checked_sub(1).and_then(|before| self.ends.get(before)).map_or(0, |(end, _)| *end);
        self.current.text.clear();
        self.current.text.push_str(self.text.get(start..end).unwrap_or_default());
        self.current.position = position as usize;
        self.next += 1;
        true
    }

    fn token(&self) -> &Token {
        &self.current
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.current
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FieldSpec, TextQuery, search};

    #[test]
    fn more_rows_than_memory_become_one_segment() {
        let schema = TextSchema::new(vec![FieldSpec::new("text", FieldKind::Code)]).unwrap();
        let build = |budget| {
            let mut builder = SegmentBuilder::new(&schema, 0).unwrap();
            builder.budget = budget;
            for row in 0..300 {
                let words = (0..150).map(|word| format!("w{} ", row * word)).collect::<String>();
                builder.add(row, &[Some(&words)]).unwrap();
            }
            (builder.finished.len(), builder.into_segment().unwrap())
        };
        let ((flushed, small), (unflushed, large)) = (build(3 << 19), build(1 << 30));
        assert!(flushed > 1 && unflushed == 0, "{flushed}");
        for words in ["w1 w600", "w299", "w0"] {
            let query = TextQuery::words(words);
            let hits = search(&[(&small, None)], &query, 300, None).unwrap();
            assert!(!hits.is_empty());
            assert_eq!(hits, search(&[(&large, None)], &query, 300, None).unwrap());
        }
    }
}

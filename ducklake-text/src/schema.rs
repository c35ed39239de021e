//! Which texts a row has, and how they are ranked.

use serde::{Deserialize, Serialize};
use tantivy::schema::{Field, IndexRecordOption, Schema, SchemaBuilder, TextFieldIndexing, TextOptions};

use crate::build::{PLAIN_TOKENIZER, TRIGRAM_TOKENIZER, tokenizer_of};
use crate::error::{Result, TextError};

/// What kind of text a field holds, which says how it is split into tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    /// Prose: words, folded and stemmed. Identifiers in it are split as in code.
    #[default]
    Text,
    /// Source code, paths, signatures: identifiers are kept whole and given in their parts.
    Code,
    /// A name, as code; whole names can also be found exactly, by prefix, by wildcards and by any part of them.
    Name,
}

/// One text of every row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldSpec {
    /// Its name, as queries name it.
    pub name: String,
    /// How it is split.
    pub kind: FieldKind,
    /// What its score is multiplied by; positive.
    #[serde(default = "one")]
    pub boost: f32,
}

fn one() -> f32 {
    1.0
}

impl FieldSpec {
    /// A field with the boost 1.
    pub fn new(name: impl Into<String>, kind: FieldKind) -> Self {
        Self { name: name.into(), kind, boost: 1.0 }
    }

    /// The same field with another boost.
    pub fn boosted(self, boost: f32) -> Self {
        Self { boost, ..self }
    }
}

/// The texts of a row in their order, and how they are ranked. Stored with the definition of an index.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TextSchema {
    /// One or more fields, no two of one name.
    pub fields: Vec<FieldSpec>,
    /// How scores come about.
    #[serde(default)]
    pub ranking: Ranking,
}

/// How the scores of a word in several fields become one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Combine {
    /// The sum of the fields' BM25 scores, each times its boost.
    #[default]
    Sum,
    /// The best of them.
    Best,
    /// BM25F: occurrences in all fields, each times the field's boost, count as if they were in one.
    /// (Robertson, Zaragoza, Taylor: Simple BM25 extension to multiple weighted fields, 2004.)
    Together,
}

/// The parameters of ranking.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Ranking {
    /// How fields come together.
    pub combine: Combine,
    /// How soon further occurrences of a word stop to count, BM25's `k1`.
    pub k1: f32,
    /// How much a long text weakens each of its words, BM25's `b`, 0 to 1.
    pub b: f32,
    /// How much a row loses that lacks words of the query, 0 to 1: a score is multiplied by
    /// `1 - coordination * (share of the words that are missing)`.
    pub coordination: f32,
    /// How much it counts, 0 for not at all, where two words that follow each other in the query make up an identifier
    /// of a row: "hash map" and `HashMap`.
    pub joined: f32,
    /// How much it counts, 0 for not at all, where two words follow each other in a row as they do in the query.
    pub adjacent: f32,
}

impl Default for Ranking {
    fn default() -> Self {
        Self { combine: Combine::Sum, k1: 1.2, b: 0.75, coordination: 0.6, joined: 1.0, adjacent: 0.0 }
    }
}

impl TextSchema {
    /// A schema with the default ranking.
    ///
    /// # Errors
    /// [`TextError::Schema`] without fields, with two of one name, or with a boost that is no positive number.
    pub fn new(fields: Vec<FieldSpec>) -> Result<Self> {
        let schema = Self { fields, ranking: Ranking::default() };
        schema.check()?;
        Ok(schema)
    }

    pub(crate) fn check(&self) -> Result<()> {
        let wrong = |what: String| Err(TextError::Schema { what });
        if self.fields.is_empty() {
            return wrong("there are none".into());
        }
        for (at, field) in self.fields.iter().enumerate() {
            if !(field.boost.is_finite() && field.boost > 0.0) {
                return wrong(format!("the boost of \"{}\" is {}", field.name, field.boost));
            }
            if self.fields.iter().take(at).any(|other| other.name == field.name) {
                return wrong(format!("two are named \"{}\"", field.name));
            }
        }
        Ok(())
    }

    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.name == name)
    }

    pub(crate) fn unknown(&self, name: &str) -> TextError {
        TextError::UnknownField { name: name.to_owned(), known: self.known() }
    }

    pub(crate) fn known(&self) -> String {
        let known: Vec<_> = self.fields.iter().map(|field| format!("\"{}\"", field.name)).collect();
        known.join(", ")
    }

    /// Fields and kinds: what has to be equal for bytes to be readable.
    pub(crate) fn shape(&self) -> Vec<(String, FieldKind)> {
        self.fields.iter().map(|field| (field.name.clone(), field.kind)).collect()
    }
}

/// The fields of the tantivy index that hold one [`FieldSpec`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct IndexField {
    /// Tokens with counts and positions.
    pub(crate) tokens: Field,
    /// Of names: the whole name folded, and its trigrams.
    pub(crate) name: Option<NameFields>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct NameFields {
    pub(crate) whole: Field,
    pub(crate) trigrams: Field,
}

pub(crate) fn tantivy_schema(schema: &TextSchema) -> (Schema, Vec<IndexField>) {
    let mut builder = SchemaBuilder::new();
    let fields = schema.fields.iter().enumerate();
    let fields = fields.map(|(at, spec)| {
        let tokens = TextFieldIndexing::default()
            .set_tokenizer(tokenizer_of(spec.kind))
            .set_index_option(IndexRecordOption::WithFreqsAndPositions);
        let tokens = builder.add_text_field(&format!("f{at}"), TextOptions::default().set_indexing_options(tokens));
        let name = (spec.kind == FieldKind::Name).then(|| NameFields {
            whole: builder.add_text_field(&format!("w{at}"), unranked(PLAIN_TOKENIZER).set_fast(PLAIN_TOKENIZER)),
            trigrams: builder.add_text_field(&format!("t{at}"), unranked(TRIGRAM_TOKENIZER)),
        });
        IndexField { tokens, name }
    });
    let fields = fields.collect();
    (builder.build(), fields)
}

fn unranked(tokenizer: &str) -> TextOptions {
    TextOptions::default().set_indexing_options(
        TextFieldIndexing::default()
            .set_tokenizer(tokenizer)
            .set_index_option(IndexRecordOption::Basic)
            .set_fieldnorms(false),
    )
}

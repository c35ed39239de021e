//! Rows without any index.

use std::collections::HashMap;

use super::plan::{Matcher, Plan, PlannedWord};
use crate::analyse::{Analyser, Role, fold_name};
use crate::error::Result;
use crate::query::{Occur, TextQuery};
use crate::schema::{FieldKind, TextSchema};

/// Says of single rows whether they hold what a query asks for, exactly as [`matches`](fn@crate::matches) does of the
/// rows of a segment.
pub struct RowMatcher {
    plan: Plan,
    kinds: Vec<FieldKind>,
    analyser: Analyser,
}

/// The tokens of one text with the positions of its parts, and its name.
struct Tokens {
    positions: HashMap<String, Vec<u32>>,
    name: Option<String>,
}

impl RowMatcher {
    /// Prepares a query for texts of a schema.
    ///
    /// # Errors
    /// As [`matches`](fn@crate::matches).
    pub fn new(query: &TextQuery, schema: &TextSchema) -> Result<Self> {
        schema.check()?;
        let kinds = schema.fields.iter().map(|field| field.kind).collect();
        Ok(Self { plan: Plan::new(query, schema, None)?, kinds, analyser: Analyser::new() })
    }

    /// Whether a row matches, given the texts of the schema's fields in its order; missing ones are NULL.
    pub fn matches(&self, texts: &[Option<&str>]) -> bool {
        if self.plan.clauses.is_empty() {
            return false;
        }
        let texts = self.kinds.iter().zip(texts);
        let texts: Vec<Option<Tokens>> = texts.map(|(kind, text)| text.map(|text| self.tokens(*kind, text))).collect();
        self.plan.clauses.iter().all(|clause| {
            let mut alternatives = clause.alternatives.iter();
            let found = alternatives.any(|alternative| alternative.0.iter().all(|word| self.word(word, &texts)));
            found == (clause.occur != Occur::MustNot)
        })
    }

    fn tokens(&self, kind: FieldKind, text: &str) -> Tokens {
        let mut positions: HashMap<String, Vec<u32>> = HashMap::new();
        self.analyser.each(kind, text, |token, _: Role, position| match positions.get_mut(token) {
            Some(known) => known.push(position),
            None => {
                positions.insert(token.to_owned(), vec![position]);
            }
        });
        Tokens { positions, name: (kind == FieldKind::Name).then(|| fold_name(text)) }
    }

    fn word(&self, word: &PlannedWord, texts: &[Option<Tokens>]) -> bool {
        word.whole.is_some_and(|whole| self.leaf(whole, texts))
            || (!word.parts.is_empty() && word.parts.iter().all(|part| self.leaf(*part, texts)))
    }

    fn leaf(&self, leaf: usize, texts: &[Option<Tokens>]) -> bool {
        let Some(leaf) = self.plan.leaves.get(leaf) else { return false };
        let texts = leaf.fields.iter().filter_map(|(field, _)| texts.get(*field)?.as_ref());
        texts.into_iter().any(|text| text.has(&leaf.matcher))
    }
}

impl Tokens {
    fn has(&self, matcher: &Matcher) -> bool {
        match matcher {
            Matcher::Token(token) => self.positions.contains_key(token),
            Matcher::Phrase(tokens) => self.has_phrase(tokens),
            Matcher::Tokens(glob, stem) => {
                stem.as_ref().is_some_and(|stem| self.positions.contains_key(stem))
                    || self.positions.keys().any(|token| glob.is_match(token))
            }
            Matcher::Name(name) => self.name.as_ref() == Some(name),
            Matcher::Names(glob) => self.name.as_ref().is_some_and(|name| glob.is_match(name)),
        }
    }

    fn has_phrase(&self, tokens: &[String]) -> bool {
        let at = |token: &String| self.positions.get(token).map(Vec::as_slice).unwrap_or_default();
        let Some((first, others)) = tokens.split_first() else { return false };
        at(first).iter().any(|start| {
            (1..).zip(others).all(|(offset, token)| {
                start.checked_add(offset).is_some_and(|position| at(token).binary_search(&position).is_ok())
            })
        })
    }
}

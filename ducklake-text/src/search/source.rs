//! Where a segment has what a query looks for.

use std::collections::HashMap;

use roaring::RoaringBitmap;
use tantivy::postings::{Postings, SegmentPostings, TermInfo};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocSet, InvertedIndexReader, TERMINATED};

use super::plan::{Leaf, Matcher};
use crate::analyse::{Glob, trigrams};
use crate::error::Result;
use crate::segment::{OpenField, OpenIndex, OpenName};

/// Documents of one field that have something, in ascending order.
pub(super) enum Source {
    Nothing,
    /// Those of a token.
    Token(TermInfo),
    /// With how often each has it.
    Counted(Vec<(u32, u32)>),
    Set(RoaringBitmap),
}

impl Source {
    pub(super) fn find(index: &OpenIndex, leaf: &Leaf, field: usize) -> Result<Self> {
        let Some(field) = index.fields.get(field) else { return Ok(Self::Nothing) };
        Ok(match (&leaf.matcher, &field.name) {
            (Matcher::Token(token), _) => field.tokens.terms().get(token)?.map_or(Self::Nothing, Self::Token),
            (Matcher::Phrase(tokens), _) => Self::Counted(phrase(&field.tokens, tokens)?),
            (Matcher::Tokens(glob, stem), _) => {
                let mut documents = union(&field.tokens, glob)?;
                if let Some(term) = stem.as_ref().map(|stem| field.tokens.terms().get(stem)).transpose()?.flatten() {
                    documents |= set(&field.tokens, &term)?;
                }
                Self::Set(documents)
            }
            (Matcher::Name(name), Some(names)) => names
                .whole
                .terms()
                .get(name)?
                .map_or(Ok(Self::Nothing), |term| Ok::<_, crate::TextError>(Self::Set(set(&names.whole, &term)?)))?,
            (Matcher::Names(glob), Some(names)) => Self::Set(names_like(index, field, names, glob)?),
            (Matcher::Name(_) | Matcher::Names(_), None) => Self::Nothing,
        })
    }

    /// How many documents.
    pub(super) fn len(&self) -> u64 {
        match self {
            Self::Nothing => 0,
            Self::Token(term) => u64::from(term.doc_freq),
            Self::Counted(list) => list.len() as u64,
            Self::Set(documents) => documents.len(),
        }
    }

    pub(super) fn bitmap(&self, reader: &InvertedIndexReader) -> Result<RoaringBitmap> {
        Ok(match self {
            Self::Nothing => RoaringBitmap::new(),
            Self::Token(term) => set(reader, term)?,
            Self::Counted(list) => list.iter().map(|(document, _)| *document).collect(),
            Self::Set(documents) => documents.clone(),
        })
    }

    /// Calls `each` with every document and its count.
    pub(super) fn for_each(&self, reader: &InvertedIndexReader, mut each: impl FnMut(u32, u32)) -> Result<()> {
        match self {
            Self::Nothing => {}
            Self::Token(term) => {
                let mut postings = reader.read_postings_from_terminfo(term, IndexRecordOption::WithFreqs)?;
                while postings.doc() != TERMINATED {
                    each(postings.doc(), postings.term_freq());
                    postings.advance();
                }
            }
            Self::Counted(list) => list.iter().for_each(|(document, count)| each(*document, *count)),
            Self::Set(documents) => documents.iter().for_each(|document| each(document, 1)),
        }
        Ok(())
    }

    /// The same for those of `wanted` only, which ascend.
    pub(super) fn for_each_of(
        &self,
        reader: &InvertedIndexReader,
        wanted: &[u32],
        mut each: impl FnMut(u32, u32),
    ) -> Result<()> {
        match self {
            Self::Nothing => {}
            Self::Token(term) => {
                let mut postings = reader.read_postings_from_terminfo(term, IndexRecordOption::WithFreqs)?;
                for document in wanted {
                    if postings.doc() < *document {
                        postings.seek(*document);
                    }
                    if postings.doc() == *document {
                        each(*document, postings.term_freq());
                    }
                }
            }
            Self::Counted(list) => {
                let mut rest = list.as_slice();
                for document in wanted {
                    let before = rest.partition_point(|(other, _)| other < document);
                    rest = rest.get(before..).unwrap_or_default();
                    if let Some((_, count)) = rest.first().filter(|(other, _)| other == document) {
                        each(*document, *count);
                    }
                }
            }
            Self::Set(documents) => {
                wanted.iter().filter(|document| documents.contains(**document)).for_each(|document| each(*document, 1));
            }
        }
        Ok(())
    }
}

fn set(reader: &InvertedIndexReader, term: &TermInfo) -> Result<RoaringBitmap> {
    let mut documents = RoaringBitmap::new();
    let mut postings = reader.read_postings_from_terminfo(term, IndexRecordOption::Basic)?;
    // They ascend, so each can be added at the end.
    while postings.doc() != TERMINATED && documents.try_push(postings.doc()).is_ok() {
        postings.advance();
    }
    Ok(documents)
}

/// Documents that have tokens at consecutive positions, and how often.
fn phrase(reader: &InvertedIndexReader, tokens: &[String]) -> Result<Vec<(u32, u32)>> {
    let mut all: Vec<SegmentPostings> = Vec::with_capacity(tokens.len());
    for token in tokens {
        let Some(term) = reader.terms().get(token)? else { return Ok(Vec::new()) };
        all.push(reader.read_postings_from_terminfo(&term, IndexRecordOption::WithFreqsAndPositions)?);
    }
    let mut found = Vec::new();
    let (mut starts, mut next) = (Vec::new(), Vec::new());
    let mut document = 0;
    loop {
        // The first document, from the one at hand on, that has all of the tokens.
        let before = document;
        for postings in &mut all {
            if postings.doc() < document {
                postings.seek(document);
            }
            document = postings.doc();
        }
        if document == TERMINATED {
            return Ok(found);
        }
        if document != before || all.iter().any(|postings| postings.doc() != document) {
            continue;
        }
        for (offset, postings) in (0_u32..).zip(&mut all) {
            postings.positions(&mut next);
            if offset == 0 {
                std::mem::swap(&mut starts, &mut next);
            } else {
                starts.retain(|start| start.checked_add(offset).is_some_and(|at| next.binary_search(&at).is_ok()));
            }
        }
        // A token may be there twice at one position: alone, and as a shorter form.
        starts.dedup();
        if !starts.is_empty() {
            found.push((document, u32::try_from(starts.len()).unwrap_or(u32::MAX)));
        }
        document += 1;
    }
}

/// Documents with a term that is as a pattern says.
fn union(reader: &InvertedIndexReader, glob: &Glob) -> Result<RoaringBitmap> {
    let head = glob.head();
    let mut documents = RoaringBitmap::new();
    let mut terms = reader.terms().range().ge(&head).into_stream()?;
    while let Some((key, term)) = terms.next() {
        if !key.starts_with(head.as_bytes()) {
            break;
        }
        if std::str::from_utf8(key).is_ok_and(|key| glob.is_match(key)) {
            documents |= set(reader, term)?;
        }
    }
    Ok(documents)
}

/// Documents whose whole name is as a pattern says. Without a beginning, trigrams find those that are looked at.
fn names_like(index: &OpenIndex, field: &OpenField, names: &OpenName, glob: &Glob) -> Result<RoaringBitmap> {
    let literals = glob.literals();
    let mut needed: Vec<&str> = literals.iter().flat_map(|literal| trigrams(literal)).collect();
    if !glob.head().is_empty() || needed.is_empty() {
        return union(&names.whole, glob);
    }
    needed.sort_unstable();
    needed.dedup();
    let mut candidates: Option<RoaringBitmap> = None;
    for trigram in needed {
        let Some(term) = names.trigrams.terms().get(trigram)? else { return Ok(RoaringBitmap::new()) };
        let found = set(&names.trigrams, &term)?;
        candidates = Some(candidates.map_or_else(|| found.clone(), |before| before & &found));
    }
    let candidates = candidates.unwrap_or_default();
    let Some(wholes) = field.whole_names(index)? else { return Ok(RoaringBitmap::new()) };
    let mut known: HashMap<u64, bool> = HashMap::new();
    let mut documents = RoaringBitmap::new();
    let mut name = String::new();
    for document in candidates {
        let Some(ordinal) = wholes.term_ords(document).next() else { continue };
        let matching = match known.get(&ordinal) {
            Some(matching) => *matching,
            None => {
                let matching = wholes.ord_to_str(ordinal, &mut name)? && glob.is_match(&name);
                known.insert(ordinal, matching);
                matching
            }
        };
        if matching {
            documents.insert(document);
        }
    }
    Ok(documents)
}

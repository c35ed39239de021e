//! Searching segments as if they were one index.

mod filter;
mod plan;
mod rows;
mod score;
mod source;

use roaring::RoaringBitmap;

use crate::error::{Result, TextError};
use crate::query::TextQuery;
use crate::segment::{OpenIndex, TextSegment};
use plan::Plan;
pub use rows::RowMatcher;
use source::Source;

/// A row that was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TextHit {
    /// Its segment, by position in the list that was searched.
    pub segment: usize,
    /// Its number in the segment.
    pub row: u32,
    /// BM25, with the statistics of all segments of the list; positive.
    pub score: f32,
}

/// For every leaf of a plan, what a segment has of it in each of the leaf's fields.
type Sources = Vec<Vec<Source>>;

/// The best `k` rows of all segments: by score, then segment, then row.
///
/// Scores are those of one index with all rows of all segments; rows that are not among a segment's allowed ones count
/// in its statistics but are not found. `boosts` names the fields to search and their weights, in place of the schema's;
/// the first segment's schema says how scores come about.
///
/// # Errors
/// [`TextError::UnknownField`], [`TextError::NoNames`], [`TextError::MixedSchemas`], or a failure of the index library.
pub fn search(
    segments: &[(&TextSegment, Option<&RoaringBitmap>)],
    query: &TextQuery,
    k: usize,
    boosts: Option<&[(String, f32)]>,
) -> Result<Vec<TextHit>> {
    let Some(((first, _), others)) = segments.split_first() else { return Ok(Vec::new()) };
    let schema = first.schema();
    if others.iter().any(|(segment, _)| segment.schema().shape() != schema.shape()) {
        return Err(TextError::MixedSchemas);
    }
    let plan = Plan::new(query, schema, boosts)?;
    if k == 0 || plan.leaves.is_empty() {
        return Ok(Vec::new());
    }
    let mut open = Vec::with_capacity(segments.len());
    for (at, (segment, allowed)) in segments.iter().enumerate() {
        if let Some(index) = segment.index() {
            open.push(score::Searched { at, segment, allowed: *allowed, index, sources: find(&plan, index)? });
        }
    }
    let scoring = score::Scoring::new(&plan, schema.fields.len(), &open);
    let mut best = score::Best::new(k);
    for searched in &open {
        scoring.search(searched, &mut best)?;
    }
    Ok(best.into_hits())
}

/// The rows of a segment that hold all that a query asks for, without scores.
///
/// Every word has to occur, in any of the fields, as with PostgreSQL's `plainto_tsquery` and the conjunctive search of
/// DuckDB's full-text extension: an identifier occurs where it stands in one piece or where all its parts do. Excluded
/// words must not occur. A query without any words matches nothing.
///
/// # Errors
/// [`TextError::UnknownField`], [`TextError::NoNames`], or a failure of the index library.
pub fn matches(segment: &TextSegment, query: &TextQuery) -> Result<RoaringBitmap> {
    let plan = Plan::new(query, segment.schema(), None)?;
    let Some(index) = segment.index() else { return Ok(RoaringBitmap::new()) };
    let sources = find(&plan, index)?;
    let len = u32::try_from(segment.len()).unwrap_or(u32::MAX);
    Ok(segment.rows(filter::all_clauses(&plan, index, &sources, len)?))
}

fn find(plan: &Plan, index: &OpenIndex) -> Result<Sources> {
    let leaves = plan.leaves.iter();
    leaves.map(|leaf| leaf.fields.iter().map(|(field, _)| Source::find(index, leaf, *field)).collect()).collect()
}

#[cfg(test)]
mod tests;

//! Which documents a query allows, without scores.

use roaring::RoaringBitmap;

use super::Sources;
use super::plan::{Plan, PlannedClause, PlannedWord};
use crate::error::Result;
use crate::query::Occur;
use crate::segment::OpenIndex;

/// Documents that meet every clause: nothing for a query that asks nothing.
pub(super) fn all_clauses(plan: &Plan, index: &OpenIndex, sources: &Sources, len: u32) -> Result<RoaringBitmap> {
    if plan.clauses.is_empty() {
        return Ok(RoaringBitmap::new());
    }
    let mut documents: RoaringBitmap = (0..len).collect();
    for clause in &plan.clauses {
        let found = clause_set(plan, clause, index, sources)?;
        match clause.occur {
            Occur::MustNot => documents -= found,
            Occur::Must | Occur::Should => documents &= found,
        }
    }
    Ok(documents)
}

/// Of the allowed documents those that have what is required and nothing that is excluded; None if that is all.
pub(super) fn required(
    plan: &Plan,
    index: &OpenIndex,
    sources: &Sources,
    len: u32,
    allowed: Option<RoaringBitmap>,
) -> Result<Option<RoaringBitmap>> {
    let mut documents = allowed;
    for clause in plan.clauses.iter().filter(|clause| clause.occur != Occur::Should) {
        let found = clause_set(plan, clause, index, sources)?;
        let before = documents.unwrap_or_else(|| (0..len).collect());
        documents = Some(if clause.occur == Occur::Must { before & found } else { before - found });
    }
    Ok(documents)
}

fn clause_set(plan: &Plan, clause: &PlannedClause, index: &OpenIndex, sources: &Sources) -> Result<RoaringBitmap> {
    let mut documents = RoaringBitmap::new();
    for alternative in &clause.alternatives {
        let mut all: Option<RoaringBitmap> = None;
        for word in &alternative.0 {
            let found = word_set(plan, word, index, sources)?;
            all = Some(match all {
                Some(before) => before & found,
                None => found,
            });
        }
        documents |= all.unwrap_or_default();
    }
    Ok(documents)
}

fn word_set(plan: &Plan, word: &PlannedWord, index: &OpenIndex, sources: &Sources) -> Result<RoaringBitmap> {
    let mut parts: Option<RoaringBitmap> = None;
    for part in &word.parts {
        let found = leaf_set(plan, *part, index, sources)?;
        parts = Some(match parts {
            Some(before) => before & found,
            None => found,
        });
    }
    let mut documents = parts.unwrap_or_default();
    if let Some(whole) = word.whole {
        documents |= leaf_set(plan, whole, index, sources)?;
    }
    Ok(documents)
}

fn leaf_set(plan: &Plan, leaf: usize, index: &OpenIndex, sources: &Sources) -> Result<RoaringBitmap> {
    let mut documents = RoaringBitmap::new();
    let (Some(leaf), Some(sources)) = (plan.leaves.get(leaf), sources.get(leaf)) else { return Ok(documents) };
    for ((field, _), source) in leaf.fields.iter().zip(sources) {
        if let Some(field) = index.fields.get(*field) {
            documents |= source.bitmap(&field.tokens)?;
        }
    }
    Ok(documents)
}

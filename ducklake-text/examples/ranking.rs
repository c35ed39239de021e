//! How well words find what they describe, for each way to rank.
//!
//! ```text
//! cargo run --release -p ducklake-text --example ranking -- rows.jsonl
//! ```
//! Every line of the file is an object with the texts `name`, `path`, `signature` and `body`, and for some a `query` that
//! describes the row in other words, for example the first sentence of the comment that was removed from it. Printed
//! are the mean reciprocal rank of the row and the share of queries that find it, among the first ten.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::fs;

use ducklake_text::{
    Combine, FieldKind, FieldSpec, Ranking, SegmentBuilder, TextQuery, TextSchema, TextSegment, search,
};

const FIELDS: [(&str, FieldKind); 4] =
    [("name", FieldKind::Name), ("path", FieldKind::Code), ("signature", FieldKind::Code), ("body", FieldKind::Code)];

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("give a JSONL file")?;
    let schema = TextSchema::new(FIELDS.map(|(name, kind)| FieldSpec::new(name, kind)).to_vec())?;
    let mut builder = SegmentBuilder::new(&schema, 256 << 20)?;
    let mut queries = Vec::new();
    for (number, line) in (0..).zip(fs::read_to_string(path)?.lines()) {
        let row: serde_json::Value = serde_json::from_str(line)?;
        let text = |name: &str| row.get(name).and_then(serde_json::Value::as_str);
        builder.add(number, &FIELDS.map(|(name, _)| text(name)))?;
        queries.extend(text("query").map(|query| (number, query.to_owned())));
    }
    let segment = builder.into_segment()?;
    println!("{} rows, {} queries", segment.len(), queries.len());
    let boosted = [2.0, 1.0, 1.0, 1.0];
    let default = Ranking::default();
    for combine in [Combine::Sum, Combine::Best, Combine::Together] {
        for boosts in [[1.0; 4], boosted, [3.0, 1.0, 1.5, 1.0], [4.0, 0.5, 1.0, 0.5]] {
            report(&segment, &queries, boosts, Ranking { combine, ..default })?;
        }
    }
    for coordination in [0.0, 0.3, 0.8, 1.0] {
        report(&segment, &queries, boosted, Ranking { coordination, ..default })?;
    }
    for (joined, adjacent) in [(0.0, 0.0), (0.5, 0.0), (0.0, 0.3), (1.0, 0.3)] {
        report(&segment, &queries, boosted, Ranking { joined, adjacent, ..default })?;
    }
    for (k1, b) in [(0.9, 0.4), (1.2, 0.5), (2.0, 0.75), (1.2, 0.9)] {
        report(&segment, &queries, boosted, Ranking { k1, b, ..default })?;
    }
    Ok(())
}

fn report(
    segment: &TextSegment,
    queries: &[(u32, String)],
    boosts: [f32; 4],
    ranking: Ranking,
) -> Result<(), Box<dyn Error>> {
    let named: Vec<_> = FIELDS.iter().zip(boosts).map(|((name, _), boost)| ((*name).to_owned(), boost)).collect();
    let (mut reciprocal, mut found) = (0.0, 0);
    for (row, words) in queries {
        let query = TextQuery::words(words).ranked(ranking);
        let hits = search(&[(segment, None)], &query, 10, Some(&named))?;
        if let Some(at) = hits.iter().position(|hit| hit.row == *row) {
            reciprocal += 1.0 / (at + 1) as f64;
            found += 1;
        }
    }
    let share = |sum: f64| sum / queries.len().max(1) as f64;
    println!("MRR {:.4}  recall {:.4}  boosts {boosts:?} {ranking:?}", share(reciprocal), share(f64::from(found)));
    Ok(())
}

//! What full-text segments cost, beside an index of tantivy as it comes, over the same texts in the same fields.
//!
//! ```text
//! cargo run --release -p ducklake-text --example speed -- rows.jsonl [segments]
//! ```
//! Every line of the file is an object with the texts `name`, `signature`, `doc` and `body`; its rows are spread evenly
//! over the segments (20). Queries are the first words of documentation. Each figure is the best of some rounds.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::fs;
use std::hint::black_box;
use std::time::{Duration, Instant};

use bytes::Bytes;
use ducklake_text::{FieldKind, FieldSpec, SegmentBuilder, TextQuery, TextSchema, TextSegment, search};
use roaring::RoaringBitmap;
use tantivy::collector::TopDocs;
use tantivy::query::QueryParser;
use tantivy::schema::{STORED, Schema, TEXT};
use tantivy::{Index, TantivyDocument};

const FIELDS: [&str; 4] = ["name", "signature", "doc", "body"];
const ROUNDS: usize = 5;
const K: usize = 10;

type Row = [Option<String>; 4];

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("give a JSONL file")?;
    let segments: usize = arguments.next().map_or(Ok(20), |count| count.parse())?;
    let rows = fs::read_to_string(path)?.lines().map(row).collect::<Result<Vec<Row>, Box<dyn Error>>>()?;
    let text: usize = rows.iter().flatten().flatten().map(String::len).sum();
    let mut queries: Vec<String> = rows.iter().filter_map(|[_, _, doc, _]| words(doc.as_deref()?)).collect();
    let every = (queries.len() / 500).max(1);
    queries = queries.into_iter().step_by(every).collect();
    println!("{} rows with {text} bytes of text, {} queries", rows.len(), queries.len());
    ours(&rows, segments, &queries)?;
    theirs(&rows, &queries)
}

fn row(line: &str) -> Result<Row, Box<dyn Error>> {
    let object: serde_json::Value = serde_json::from_str(line)?;
    Ok(FIELDS.map(|field| object.get(field).and_then(|text| text.as_str()).map(str::to_owned)))
}

fn words(doc: &str) -> Option<String> {
    let words = doc.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    let words: Vec<_> = words.take(6).collect();
    (words.len() > 2).then(|| words.join(" "))
}

fn ours(rows: &[Row], segments: usize, queries: &[String]) -> Result<(), Box<dyn Error>> {
    let kinds = [FieldKind::Name, FieldKind::Code, FieldKind::Text, FieldKind::Code];
    let schema =
        TextSchema::new(FIELDS.into_iter().zip(kinds).map(|(name, kind)| FieldSpec::new(name, kind)).collect())?;
    let size = rows.len().div_ceil(segments.max(1)).max(1);
    let build = || -> Result<Vec<Bytes>, Box<dyn Error>> {
        let chunk = |rows: &[Row]| {
            let mut builder = SegmentBuilder::new(&schema, 64 << 20)?;
            for (number, row) in (0..).zip(rows) {
                builder.add(number, &row.each_ref().map(Option::as_deref))?;
            }
            builder.finish().map(Bytes::from)
        };
        Ok(rows.chunks(size).map(chunk).collect::<Result<_, _>>()?)
    };
    let (took, bytes) = best(2, build)?;
    let total: usize = bytes.iter().map(Bytes::len).sum();
    println!("segments: {} of {size} rows", bytes.len());
    built(rows.len(), took, total);
    let open = |bytes: Vec<Bytes>| {
        bytes.into_iter().map(|bytes| TextSegment::open(bytes, &schema)).collect::<Result<Vec<_>, _>>()
    };
    // Bytes of its own for each round: opening then copies nothing.
    let own = || (0..ROUNDS).map(|_| bytes.iter().map(|bytes| Bytes::from(bytes.to_vec())).collect::<Vec<_>>());
    let mut copies: Vec<_> = own().collect();
    let mut opened: Vec<TextSegment> = Vec::new();
    let (took, ()) = best(ROUNDS, || {
        opened = open(copies.pop().unwrap_or_default())?;
        Ok(())
    })?;
    println!("  opening all: {:.2} ms", milliseconds(took));
    let first = queries.first().ok_or("no queries")?;
    let mut copies: Vec<_> = own().collect();
    let (took, ()) = best(ROUNDS, || {
        let segments: Vec<TextSegment> = open(copies.pop().unwrap_or_default())?;
        let segments: Vec<_> = segments.iter().map(|segment| (segment, None)).collect();
        black_box(search(&segments, &TextQuery::words(first), K, None)?);
        Ok(())
    })?;
    println!("  opening all and one search: {:.2} ms", milliseconds(took));
    let all: Vec<_> = opened.iter().map(|segment| (segment, None)).collect();
    let rate = |name: &str, segments: &[(&TextSegment, Option<&RoaringBitmap>)], query: &dyn Fn(&str) -> TextQuery| {
        let (took, ()) = best(ROUNDS, || {
            for words in queries {
                black_box(search(segments, &query(words), K, None)?);
            }
            Ok(())
        })?;
        queried(name, queries.len(), took);
        Ok::<_, Box<dyn Error>>(())
    };
    let last = |words: &str| words.rsplit(' ').next().unwrap_or_default().to_owned();
    rate("words", &all, &TextQuery::words)?;
    rate("one word", &all, &|words| TextQuery::words(&last(words)))?;
    rate("phrase of two words", &all, &|words| {
        TextQuery::parse(&format!("\"{}\"", words.split(' ').take(2).collect::<Vec<_>>().join(" ")))
    })?;
    rate("any part of a name", &all, &|words| TextQuery::name_substring(&last(words)))?;
    let allowed: Vec<RoaringBitmap> =
        opened.iter().map(|segment| (0..segment.len() as u32).step_by(100).collect()).collect();
    let some: Vec<_> = opened.iter().zip(&allowed).map(|(segment, allowed)| (segment, Some(allowed))).collect();
    rate("words, in 1% of the rows", &some, &TextQuery::words)
}

fn theirs(rows: &[Row], queries: &[String]) -> Result<(), Box<dyn Error>> {
    let build = || -> Result<Index, Box<dyn Error>> {
        let mut schema = Schema::builder();
        let fields = FIELDS.map(|name| schema.add_text_field(name, TEXT | STORED));
        let index = Index::create_in_ram(schema.build());
        let mut writer = index.writer_with_num_threads(1, 64 << 20)?;
        for row in rows {
            let mut document = TantivyDocument::default();
            for (field, text) in fields.into_iter().zip(row) {
                if let Some(text) = text {
                    document.add_text(field, text);
                }
            }
            writer.add_document(document)?;
        }
        writer.commit()?;
        writer.wait_merging_threads()?;
        Ok(index)
    };
    let (took, index) = best(2, build)?;
    println!("tantivy as it comes, one index of {} segments", index.searchable_segment_ids()?.len());
    let searcher = index.reader()?.searcher();
    built(rows.len(), took, usize::try_from(searcher.space_usage()?.total().get_bytes())?);
    let fields = FIELDS.iter().map(|name| index.schema().get_field(name)).collect::<Result<_, _>>()?;
    let parser = QueryParser::for_index(&index, fields);
    let (took, ()) = best(ROUNDS, || {
        for words in queries {
            black_box(
                searcher
                    .search(&parser.parse_query(&words.to_lowercase())?, &TopDocs::with_limit(K).order_by_score())?,
            );
        }
        Ok(())
    })?;
    queried("words", queries.len(), took);
    Ok(())
}

/// The shortest of some rounds, and what the last one gave.
fn best<T>(
    rounds: usize,
    mut round: impl FnMut() -> Result<T, Box<dyn Error>>,
) -> Result<(Duration, T), Box<dyn Error>> {
    let mut timed = || {
        let start = Instant::now();
        round().map(|value| (start.elapsed(), value))
    };
    let mut best = timed()?;
    for _ in 1..rounds {
        let (took, value) = timed()?;
        best = (took.min(best.0), value);
    }
    Ok(best)
}

fn built(rows: usize, took: Duration, bytes: usize) {
    let rows = rows as f64;
    println!("  built: {:.0} rows/s, {:.0} bytes a row", rows / took.as_secs_f64(), bytes as f64 / rows);
}

fn queried(name: &str, queries: usize, took: Duration) {
    println!("  {name}: {:.0} queries/s", queries as f64 / took.as_secs_f64());
}

fn milliseconds(took: Duration) -> f64 {
    took.as_secs_f64() * 1000.0
}

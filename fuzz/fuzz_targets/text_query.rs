//! Queries and texts of a full-text index: any text is a query, and an index says of any texts what is said of them
//! without one.
#![no_main]

use ducklake_text::{FieldKind, FieldSpec, RowMatcher, SegmentBuilder, TextQuery, TextSchema, matches, search};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u8, &str, Option<&str>, Option<&str>)| {
    let (kind, text, name, doc) = input;
    let fields = vec![FieldSpec::new("name", FieldKind::Name), FieldSpec::new("doc", FieldKind::Text)];
    let schema = TextSchema::new(fields).expect("two fields");
    let query = match kind % 6 {
        0 => TextQuery::words(text),
        1 => TextQuery::name_exact(text),
        2 => TextQuery::name_prefix(text),
        3 => TextQuery::name_wildcard(text),
        4 => TextQuery::name_substring(text),
        _ => TextQuery::parse(text),
    };
    let mut builder = SegmentBuilder::new(&schema, 1 << 20).expect("a schema that can be indexed");
    builder.add(0, &[name, doc]).expect("a row");
    let segment = builder.into_segment().expect("a segment");
    search(&[(&segment, None)], &query, 1, None).expect("any text is a query");
    let matched = matches(&segment, &query).expect("any text is a query").contains(0);
    let judged = RowMatcher::new(&query, &schema).expect("any text is a query").matches(&[name, doc]);
    assert_eq!(matched, judged);
});

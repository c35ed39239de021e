use super::*;
use crate::{FieldKind, FieldSpec, SegmentBuilder, TextSchema};

fn schema() -> TextSchema {
    TextSchema::new(vec![
        FieldSpec::new("name", FieldKind::Name).boosted(2.0),
        FieldSpec::new("doc", FieldKind::Text),
    ])
    .unwrap()
}

fn segment(rows: &[(&str, &str)]) -> TextSegment {
    let mut builder = SegmentBuilder::new(&schema(), 1 << 20).unwrap();
    for (row, (name, doc)) in rows.iter().enumerate() {
        builder.add(row as u32, &[Some(name), Some(doc)]).unwrap();
    }
    builder.into_segment().unwrap()
}

#[test]
fn plain_words_find_rows() {
    let segment = segment(&[("parseJson", "Parses a document"), ("HashMap", "A map"), ("x", "parsing is here")]);
    let hits = search(&[(&segment, None)], &TextQuery::words("json parser parse"), 10, None).unwrap();
    assert_eq!(hits.iter().map(|hit| hit.row).collect::<Vec<_>>(), [0, 2]);
}

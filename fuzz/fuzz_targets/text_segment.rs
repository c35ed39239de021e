//! Bytes of a full-text segment from elsewhere: whatever is not what was written is refused.
#![no_main]

use ducklake_text::{FieldKind, FieldSpec, TextQuery, TextSchema, TextSegment, search};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: Vec<u8>| {
    let schema = TextSchema::new(vec![FieldSpec::new("name", FieldKind::Name)]).expect("one field");
    if let Ok(segment) = TextSegment::open(bytes.into(), &schema) {
        // Only bytes with right checksums come so far.
        let _ = search(&[(&segment, None)], &TextQuery::words("a"), 1, None);
    }
});

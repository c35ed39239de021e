//! Segments of vectors: any bytes, with right checksums, are searched or refused.
#![no_main]

use ducklake_vector::VectorSegment;
use libfuzzer_sys::fuzz_target;

const HEADER: usize = 192;
const CHECKSUMS_AT: usize = 100;

/// Bytes of a segment at most: a header may claim any number of vectors.
const MOST: u64 = 1 << 20;

// The input is a segment as `SegmentBuilder` makes them, seeds are small ones; checksums and length are made good.
fuzz_target!(|input: (Vec<u8>, u8)| {
    let (mut bytes, ef) = input;
    if bytes.len() < HEADER || !seal(&mut bytes) {
        return;
    }
    let Ok(segment) = VectorSegment::open(bytes.into()) else { return };
    let query = vec![0.5; segment.dimensions()];
    for ef in [Some(usize::from(ef)), None] {
        // The query is one that every metric takes.
        let found = segment.search(&query, 5, ef, None).unwrap();
        assert!(found.iter().all(|near| segment.contains(near.entry)));
    }
    segment.search_exact(&query, 5, Some(&(0..100).collect())).unwrap();
});

/// Makes the length and the checksums those that the header asks for, if that is not too long.
fn seal(bytes: &mut Vec<u8>) -> bool {
    bytes[..8].copy_from_slice(b"QLVECSEG");
    bytes[8..12].copy_from_slice(&1_u32.to_le_bytes());
    let number = |at: usize| u64::from(u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]));
    let (metric, dimensions, count, m, levels, listed) =
        (number(12), number(16), number(24), number(28), number(32).min(16), number(136));
    let on_levels: Vec<u64> = (0..levels as usize).map(|level| number(36 + 4 * level)).collect();
    let stride = dimensions.next_multiple_of(32);
    let sections = [
        4 * listed,
        4 * count,
        4 * count,
        if metric == 1 { 4 * count } else { 0 },
        4 * on_levels.first().copied().unwrap_or(0),
        (4 * m).saturating_mul(on_levels.iter().sum()),
        (8 * m).saturating_mul(count),
        stride.saturating_mul(count),
        stride.saturating_mul(count),
    ];
    if sections.iter().any(|length| *length > MOST) {
        return false;
    }
    let total = sections.iter().map(|length| length.next_multiple_of(64)).sum::<u64>();
    bytes.resize(HEADER + total as usize, 0);
    let mut start = HEADER;
    for (section, length) in sections.iter().enumerate() {
        let end = start + length.next_multiple_of(64) as usize;
        let checksum = crc32fast::hash(&bytes[start..end]);
        bytes[CHECKSUMS_AT + 4 * section..][..4].copy_from_slice(&checksum.to_le_bytes());
        start = end;
    }
    let checksum = crc32fast::hash(&bytes[..HEADER - 4]);
    bytes[HEADER - 4..HEADER].copy_from_slice(&checksum.to_le_bytes());
    true
}

//! Deletion vectors: any bytes are decoded or refused, and what is decoded encodes to the same positions.
#![no_main]

use ducklake_format::deletion_vector::{decode, encode};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (i64, &[u8])| {
    let (snapshot, bytes) = input;
    check(bytes, snapshot);
    // The same bytes as a vector with the right length, magic and checksum, which chance does not find.
    let body = [&[0xD1, 0xD3, 0x39, 0x64], bytes].concat();
    let length = u32::try_from(body.len()).expect("inputs are short").to_be_bytes();
    let checksum = crc32fast::hash(&body).to_be_bytes();
    check(&[&length, body.as_slice(), &checksum].concat(), snapshot);
});

fn check(bytes: &[u8], snapshot: i64) {
    if let Ok(positions) = decode(bytes, snapshot) {
        assert_eq!(decode(&encode(&positions), snapshot), Ok(positions));
    }
}

//! DuckDB files: any bytes in blocks, pages and frames with right checksums are read or refused.
#![no_main]

use bytes::Bytes;
use duckdb_file::{Database, MemoryFiles, ScanOptions};
use libfuzzer_sys::fuzz_target;

const PAGE: usize = 4096;
const BLOCK: usize = 16_384;

/// Batches of a table that are read: constant segments may claim any number of rows for nothing.
const BATCHES: usize = 50;

// The input is a small file (`BLOCK_SIZE 16384`) and its log behind each other; seeds are made of what
// `duckdb-file/tests/python/make.py` makes.
fuzz_target!(|input: (u16, &[u8])| {
    let (split, bytes) = input;
    let split = (usize::from(split) * 16).min(bytes.len());
    let database = with_checksums(&bytes[..split]);
    let wal = Some(log(&bytes[split..])).filter(|log| !log.is_empty());
    read(&MemoryFiles { database, wal, checkpoint_wal: None });
});

fn read(files: &MemoryFiles) {
    let Ok(database) = Database::open_files(files) else { return };
    for table in database.tables() {
        let _ = table.row_count();
        if let Ok(scan) = table.scan(&ScanOptions::default()) {
            scan.take(BATCHES).for_each(drop);
        }
    }
}

fn with_checksums(bytes: &[u8]) -> Bytes {
    let mut bytes = bytes.to_vec();
    if let Some(magic) = bytes.get_mut(8..12) {
        magic.copy_from_slice(b"DUCK");
    }
    let headers = (3 * PAGE).min(bytes.len());
    let (pages, blocks) = bytes.split_at_mut(headers);
    for part in pages.chunks_exact_mut(PAGE).chain(blocks.chunks_exact_mut(BLOCK)) {
        let sum = checksum(&part[8..]);
        part[..8].copy_from_slice(&sum.to_le_bytes());
    }
    bytes.into()
}

/// A log of frames, each of which comes behind its length in two bytes.
fn log(mut bytes: &[u8]) -> Bytes {
    let mut log = vec![0x64, 0, 0x62, 0x65, 0, 2, 0xff, 0xff];
    if bytes.is_empty() {
        return Bytes::new();
    }
    while let Some((length, rest)) = bytes.split_first_chunk::<2>() {
        let (payload, rest) = rest.split_at(usize::from(u16::from_le_bytes(*length)).min(rest.len()));
        log.extend((payload.len() as u64).to_le_bytes());
        log.extend(checksum(payload).to_le_bytes());
        log.extend(payload);
        bytes = rest;
    }
    log.into()
}

/// The checksum of DuckDB's pages, blocks and frames.
fn checksum(bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<8>();
    let sum = words.iter().fold(5381_u64, |sum, word| sum ^ u64::from_le_bytes(*word).wrapping_mul(0xbf58_476d_1ce4_e5b9));
    if rest.is_empty() {
        return sum;
    }
    let factor = 0xc6a4_a793_5bd1_e995_u64;
    let mut hash = 0xe17a_1465 ^ (rest.len() as u64).wrapping_mul(factor);
    for (position, byte) in rest.iter().enumerate() {
        hash ^= u64::from(*byte) << (8 * position);
    }
    hash = hash.wrapping_mul(factor);
    hash ^= hash >> 47;
    hash = hash.wrapping_mul(factor);
    sum ^ hash ^ (hash >> 47)
}

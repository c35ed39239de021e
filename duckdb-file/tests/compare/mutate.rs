//! Files with wrong bytes and right checksums.

use std::path::Path;
use std::time::{Duration, Instant};

use bytes::Bytes;
use duckdb_file::{Database, MemoryFiles, ScanOptions};

const PAGE: usize = 4096;

/// Changes files of a folder for as many seconds as `QUACKLAKE_MUTATE_SECONDS` says, 5 by default.
pub(crate) fn run(folder: &Path) {
    let seconds = std::env::var("QUACKLAKE_MUTATE_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(5);
    let seed = std::env::var("QUACKLAKE_MUTATE_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    let mut random = fastrand::Rng::with_seed(seed);
    let originals = load(folder);
    let end = Instant::now() + Duration::from_secs(seconds);
    let (mut count, mut read) = (0, 0_u64);
    while Instant::now() < end {
        let (name, original) = &originals[random.usize(..originals.len())];
        let case = random.u64(..);
        let files = mutated(original, &mut fastrand::Rng::with_seed(case));
        let start = Instant::now();
        let opened = std::panic::catch_unwind(|| read_all(&files));
        let took = start.elapsed();
        count += 1;
        match opened {
            Ok(rows) => read += rows,
            Err(_) => panic!("{name}, case {case}: panic"),
        }
        assert!(took < Duration::from_secs(20), "{name}, case {case}: {took:?}");
    }
    println!("{}: {count} changed files, {read} rows", folder.display());
    if let Ok(status) = std::fs::read_to_string("/proc/self/status") {
        let peak = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default();
        println!("{peak}");
    }
}

/// Small files, so that there are many rounds.
fn load(folder: &Path) -> Vec<(String, MemoryFiles)> {
    let states = crate::files::states(folder);
    let read = |name: String| {
        let path = |suffix: &str| folder.join(format!("{name}.duckdb{suffix}"));
        let database = Bytes::from(std::fs::read(path("")).ok().filter(|bytes| bytes.len() < 8 << 20)?);
        let wal = std::fs::read(path(".wal")).ok().map(Bytes::from);
        let checkpoint_wal = std::fs::read(path(".wal.checkpoint")).ok().map(Bytes::from);
        Some((name, MemoryFiles { database, wal, checkpoint_wal }))
    };
    states.into_iter().filter_map(read).collect()
}

fn read_all(files: &MemoryFiles) -> u64 {
    let Ok(database) = Database::open_files(files) else { return 0 };
    let mut rows = 0;
    for table in database.tables() {
        let _ = table.row_count();
        let Ok(scan) = table.scan(&ScanOptions::default()) else { continue };
        // Constant segments may claim any number of rows for nothing.
        for batch in scan.take(200) {
            rows += batch.map_or(0, |batch| batch.num_rows() as u64);
        }
    }
    rows
}

fn mutated(original: &MemoryFiles, random: &mut fastrand::Rng) -> MemoryFiles {
    let mut files = original.clone();
    let in_wal = original.wal.as_ref().is_some_and(|wal| wal.len() > 24) && random.bool();
    if in_wal {
        files.wal = original.wal.as_ref().map(|wal| mutated_wal(wal, random));
    } else if original.database.len() > 3 * PAGE {
        files.database = mutated_database(&original.database, random);
    } else {
        let mut bytes = original.database.to_vec();
        change(&mut bytes, 8, random);
        fix_pages(&mut bytes);
        files.database = bytes.into();
    }
    files
}

fn mutated_database(original: &Bytes, random: &mut fastrand::Rng) -> Bytes {
    let mut bytes = original.to_vec();
    let block = block_size(&bytes);
    for _ in 0..random.usize(1..4) {
        let count = (bytes.len() - 3 * PAGE) / block;
        if count == 0 || random.u8(..) < 8 {
            let at = random.usize(..3) * PAGE;
            change(&mut bytes[at..at + 160], 8, random);
            continue;
        }
        let start = 3 * PAGE + random.usize(..count) * block;
        // Metadata and the beginnings of segments are worth more than the rest, which is often empty.
        let used = bytes[start..start + block].iter().rposition(|byte| *byte != 0).unwrap_or(8) + 1;
        let length = if random.bool() { used.min(4096) } else { used };
        change(&mut bytes[start..start + length.max(9)], 8, random);
        fix(&mut bytes[start..start + block]);
    }
    fix_pages(&mut bytes);
    if random.u8(..) < 4 {
        bytes.truncate(random.usize(..bytes.len()));
    }
    bytes.into()
}

fn block_size(bytes: &[u8]) -> usize {
    let size = u64::from_le_bytes(bytes[PAGE + 40..PAGE + 48].try_into().unwrap()) as usize;
    if size == 0 { 262_144 } else { size }
}

fn mutated_wal(original: &Bytes, random: &mut fastrand::Rng) -> Bytes {
    let mut bytes = original.to_vec();
    let frames = frames(&bytes);
    if frames.is_empty() || random.u8(..) < 8 {
        change(&mut bytes, 0, random);
        return bytes.into();
    }
    for _ in 0..random.usize(1..4) {
        let (start, end) = frames[random.usize(..frames.len())];
        if end - start > 24 {
            change(&mut bytes[start..end], 16, random);
            fix_frame(&mut bytes[start..end]);
        }
    }
    bytes.into()
}

/// Where the frames of a log are; its first entry is found by its end.
fn frames(bytes: &[u8]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut start = bytes.windows(2).position(|pair| pair == [0xff, 0xff]).map_or(bytes.len(), |at| at + 2);
    while let Some(size) = bytes.get(start..start + 8) {
        let size = u64::from_le_bytes(size.try_into().unwrap()) as usize;
        let Some(end) = start.checked_add(16 + size).filter(|end| *end <= bytes.len() && size < 1 << 30) else { break };
        found.push((start, end));
        start = end;
    }
    found
}

fn change(bytes: &mut [u8], from: usize, random: &mut fastrand::Rng) {
    for _ in 0..random.usize(1..5) {
        let at = random.usize(from..bytes.len());
        match random.u8(..5) {
            0 => bytes[at] ^= 1 << random.u8(..8),
            1 => bytes[at] = random.u8(..),
            2 => bytes[at] = random.choice([0, 1, 0x7f, 0x80, 0xff, 0xfe]).unwrap(),
            3 => {
                let end = (at + random.usize(1..9)).min(bytes.len());
                bytes[at..end].fill(random.choice([0, 0xff, 0x7f]).unwrap());
            }
            _ => {
                let length = random.usize(1..32).min(bytes.len() - at);
                let other = random.usize(from..=bytes.len() - length);
                bytes.copy_within(other..other + length, at);
            }
        }
    }
}

fn fix_pages(bytes: &mut [u8]) {
    bytes.chunks_exact_mut(PAGE).take(3).for_each(fix);
}

fn fix(page: &mut [u8]) {
    let sum = checksum(&page[8..]);
    page[..8].copy_from_slice(&sum.to_le_bytes());
}

fn fix_frame(frame: &mut [u8]) {
    let sum = checksum(&frame[16..]);
    frame[8..16].copy_from_slice(&sum.to_le_bytes());
}

/// The sum of DuckDB's pages, blocks and frames.
fn checksum(bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<8>();
    let sum =
        words.iter().fold(5381_u64, |sum, word| sum ^ u64::from_le_bytes(*word).wrapping_mul(0xbf58_476d_1ce4_e5b9));
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

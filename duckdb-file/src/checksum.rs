//! The checksum of header pages, blocks and frames of the write-ahead log.

const SEED: u64 = 5381;
const WORD: u64 = 0xbf58_476d_1ce4_e5b9;
const TAIL: u64 = 0xc6a4_a793_5bd1_e995;
const TAIL_SEED: u64 = 0xe17a_1465;

/// Words are hashed independently of each other and joined by XOR.
pub(crate) fn checksum(bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<8>();
    let sum = words.iter().fold(SEED, |sum, word| sum ^ u64::from_le_bytes(*word).wrapping_mul(WORD));
    if rest.is_empty() { sum } else { sum ^ tail(rest) }
}

fn tail(rest: &[u8]) -> u64 {
    let mut hash = TAIL_SEED ^ (rest.len() as u64).wrapping_mul(TAIL);
    for (position, byte) in rest.iter().enumerate() {
        hash ^= u64::from(*byte) << (8 * position);
    }
    hash = hash.wrapping_mul(TAIL);
    hash ^= hash >> 47;
    hash = hash.wrapping_mul(TAIL);
    hash ^ (hash >> 47)
}

#[cfg(test)]
mod tests {
    use super::checksum;

    #[test]
    fn known_values() {
        let counted: Vec<u8> = (0..16).collect();
        assert_eq!(checksum(&[]), 0x1505);
        assert_eq!(checksum(&counted[..8]), 0x8bde_897b_db57_ac05);
        assert_eq!(checksum(&counted[..13]), 0x0b8b_054d_4a6b_2c1b);
        assert_eq!(checksum(&[0]), 0x9c7a_0ebe_ddd8_a5a2);
        assert_eq!(checksum(&[0xff; 16]), 0x1505);
        assert_eq!(checksum(&[counted.as_slice(), b"abc"].concat()), 0xb49f_18bc_9f12_5a78);
        assert_eq!(checksum(&[0; 64]), 0x1505);
    }
}

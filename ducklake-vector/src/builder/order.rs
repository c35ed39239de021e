//! In which order vectors are linked, and in which they are written.

use super::Vectors;
use super::construct::Graph;
use crate::graph::NONE;

/// Levels above the lowest that there may be.
const MOST_LEVELS: usize = 16;

/// Brings the vectors into the order of insertion: those of higher levels first, so that a level is a prefix, and apart
/// from that as if at random, because neighbours of one batch do not see each other. How many vectors there are on each
/// level above the lowest, lowest first.
///
/// "Random" depends on nothing but a vector's place, so that building again gives the same.
pub(super) fn shuffle(vectors: &mut Vectors, stride: usize, m: usize) -> Vec<u32> {
    let count = vectors.count();
    let mut order: Vec<(usize, u64, u32)> = (0..count)
        .map(|entry| {
            let random = mixed(u64::from(entry));
            (MOST_LEVELS - level(random, m), mixed(random), entry)
        })
        .collect();
    order.sort_unstable();
    let above = |level: usize| order.iter().take_while(|(depth, ..)| MOST_LEVELS - depth >= level).count() as u32;
    let levels = (1..=MOST_LEVELS).map(above).take_while(|count| *count > 0).collect();
    let order: Vec<u32> = order.into_iter().map(|(.., entry)| entry).collect();
    vectors.permute(&order, stride);
    levels
}

/// The level of a vector: each has one of `m` of the vectors of the level below.
fn level(random: u64, m: usize) -> usize {
    // 53 bits are a number between 0 and 1, never 0.
    let uniform = ((random >> 11) + 1) as f64 / (1_u64 << 53) as f64;
    ((-uniform.ln() / (m as f64).ln()) as usize).min(MOST_LEVELS)
}

/// The finaliser of SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
fn mixed(number: u64) -> u64 {
    let mut number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

impl Vectors {
    /// Makes the vector that is at `order[i]` the one at `i`.
    fn permute(&mut self, order: &[u32], stride: usize) {
        let vectors = |bytes: &[u8]| -> Vec<u8> {
            let mut permuted = Vec::with_capacity(bytes.len());
            for from in order {
                permuted.extend_from_slice(&bytes[*from as usize * stride..][..stride]);
            }
            permuted
        };
        self.high = vectors(&self.high);
        self.low = vectors(&self.low);
        self.list = order.iter().map(|from| self.list[*from as usize]).collect();
        self.scales = order.iter().map(|from| self.scales[*from as usize]).collect();
        if !self.squares.is_empty() {
            self.squares = order.iter().map(|from| self.squares[*from as usize]).collect();
        }
    }
}

/// All entries as a walk from the first one meets them, nearest links first: what is searched together lies together.
pub(super) fn by_neighbourhood(graph: &Graph) -> Vec<u32> {
    let count = graph.count();
    let mut met = vec![false; count as usize];
    let mut order = Vec::with_capacity(count as usize);
    for root in 0..count {
        if std::mem::replace(&mut met[root as usize], true) {
            continue;
        }
        let mut next = order.len();
        order.push(root);
        while let Some(entry) = order.get(next).copied() {
            next += 1;
            for link in graph.lowest().of(entry).iter().take_while(|link| **link != NONE) {
                let link = u32::from_le_bytes(*link);
                if !std::mem::replace(&mut met[link as usize], true) {
                    order.push(link);
                }
            }
        }
    }
    order
}

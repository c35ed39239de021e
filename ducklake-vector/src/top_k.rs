//! The nearest of many, kept while they come.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use crate::Metric;

/// A vector that was found, and how far from the query it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Neighbour {
    /// Which one; what the number counts is up to the index (rows of a segment, vectors of a slice).
    pub entry: u32,
    /// The distance under the index's metric.
    pub distance: f32,
}

/// The `k` nearest of all that are offered. Of equals the one whose entry orders first is nearer, so that results do not
/// depend on the order in which they were found; a NaN is farther than any number.
///
/// ```
/// let mut nearest = ducklake_vector::TopK::new(2);
/// for (entry, distance) in [("a", 0.5), ("b", 0.1), ("c", 0.5)] {
///     nearest.push(entry, distance);
/// }
/// assert_eq!(nearest.into_sorted(), [("b", 0.1), ("a", 0.5)]);
/// ```
#[derive(Debug, Clone)]
pub struct TopK<E> {
    k: usize,
    // The farthest on top.
    heap: BinaryHeap<Ranked<E>>,
}

#[derive(Debug, Clone, Copy)]
struct Ranked<E> {
    distance: f32,
    entry: E,
}

impl<E: Ord> TopK<E> {
    /// Room for `k`; it grows as they come.
    pub fn new(k: usize) -> Self {
        Self { k, heap: BinaryHeap::new() }
    }

    /// Keeps an entry if it is among the nearest so far.
    pub fn push(&mut self, entry: E, distance: f32) {
        let new = Ranked { distance: canonical(distance), entry };
        if self.heap.len() < self.k {
            self.heap.push(new);
        } else if let Some(mut farthest) = self.heap.peek_mut()
            && new < *farthest
        {
            *farthest = new;
        }
    }

    /// The distance from which on nothing is kept any more, infinity as long as there is room.
    pub fn bound(&self) -> f32 {
        match self.heap.peek() {
            Some(farthest) if self.heap.len() >= self.k => farthest.distance,
            _ if self.k == 0 => f32::NEG_INFINITY,
            _ => f32::INFINITY,
        }
    }

    /// How many are kept.
    pub fn len(&self) -> usize {
        self.heap.len()
    }

    /// Whether nothing is kept.
    pub fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }

    /// The nearest first.
    pub fn into_sorted(self) -> Vec<(E, f32)> {
        self.heap.into_sorted_vec().into_iter().map(|ranked| (ranked.entry, ranked.distance)).collect()
    }
}

/// One NaN, farther than infinity, and one zero.
fn canonical(distance: f32) -> f32 {
    if distance.is_nan() { f32::NAN } else { distance + 0.0 }
}

impl<E: Ord> Ord for Ranked<E> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.distance.total_cmp(&other.distance).then_with(|| self.entry.cmp(&other.entry))
    }
}

impl<E: Ord> PartialOrd for Ranked<E> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<E: Ord> PartialEq for Ranked<E> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<E: Ord> Eq for Ranked<E> {}

/// The `k` vectors of `vectors` (one after the other, each of `query.len()` numbers) nearest to the query, nearest first;
/// entries count vectors from 0. Distances are those of [`Metric::distance`]. A rest shorter than a vector is left out.
pub fn exact_top_k(metric: Metric, query: &[f32], vectors: &[f32], k: usize) -> Vec<Neighbour> {
    let mut nearest = TopK::new(k);
    if !query.is_empty() {
        for (entry, vector) in (0..=u32::MAX).zip(vectors.chunks_exact(query.len())) {
            nearest.push(entry, metric.distance(query, vector));
        }
    }
    neighbours(nearest)
}

/// The nearest first, as results.
pub(crate) fn neighbours(nearest: TopK<u32>) -> Vec<Neighbour> {
    nearest.into_sorted().into_iter().map(|(entry, distance)| Neighbour { entry, distance }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_arrival_does_not_matter() {
        let offered = [(3, 1.0), (1, f32::NAN), (2, 1.0), (0, 2.0), (5, -0.0), (4, 0.0)];
        for turn in 0..offered.len() {
            let mut nearest = TopK::new(4);
            for i in 0..offered.len() {
                let (entry, distance) = offered[(i + turn) % offered.len()];
                nearest.push(entry, distance);
            }
            assert_eq!(nearest.bound(), 1.0);
            assert_eq!(nearest.into_sorted(), [(4, 0.0), (5, 0.0), (2, 1.0), (3, 1.0)]);
        }
    }

    #[test]
    fn nan_comes_last_and_no_room_keeps_nothing() {
        let mut nearest = TopK::new(2);
        nearest.push(0, f32::NAN);
        nearest.push(1, f32::INFINITY);
        assert_eq!(nearest.len(), 2);
        assert_eq!(nearest.into_sorted()[0], (1, f32::INFINITY));
        let mut nothing = TopK::new(0);
        nothing.push(1, 0.0);
        assert!(nothing.is_empty());
        assert_eq!(nothing.bound(), f32::NEG_INFINITY);
    }

    #[test]
    fn exact_search_is_a_sort() {
        let vectors = [0.0, 1.0, 2.0, 0.0, 1.0, 1.0, 9.0];
        let found = exact_top_k(Metric::L2, &[1.0, 1.0], &vectors, 2);
        assert_eq!(found.iter().map(|found| found.entry).collect::<Vec<_>>(), [2, 0]);
        assert!(exact_top_k(Metric::L2, &[], &vectors, 2).is_empty());
        assert!(exact_top_k(Metric::L2, &[1.0, 1.0], &vectors, 0).is_empty());
    }
}

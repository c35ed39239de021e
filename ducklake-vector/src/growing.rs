//! An index in memory that is searched while vectors are added to it.

use hnsw_rs::anndists::dist::Distance;
use hnsw_rs::hnsw::Hnsw;

use crate::builder::{MOST_DIMENSIONS, check, usable};
use crate::{Metric, TopK, VectorError};

/// Up to so many vectors, looking at each is quick enough that a graph does not pay for being built.
const SCANNED: usize = 20_000;

/// Links of a vector, candidates for them, and levels of the graph.
const M: usize = 16;
const EF_CONSTRUCTION: usize = 200;
const LEVELS: usize = 16;

/// What the graph keeps in sight for a search that does not say.
const DEFAULT_EF: usize = 64;

/// Vectors with ids, searched exactly as long as they are few, and through the graph of the crate `hnsw_rs` when they are
/// many. It serves rows that no segment is over yet. Distances are exact always, and graphs differ from one time to the
/// next: what a graph finds may, too.
pub struct GrowingIndex {
    metric: Metric,
    dimensions: usize,
    ids: Vec<u64>,
    vectors: Vec<f32>,
    graph: Option<Hnsw<'static, f32, Near>>,
    refused: usize,
    scanned: usize,
}

impl std::fmt::Debug for GrowingIndex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GrowingIndex").field("metric", &self.metric).field("len", &self.len()).finish_non_exhaustive()
    }
}

impl GrowingIndex {
    /// An index without vectors, for those of `dimensions` numbers.
    ///
    /// # Errors
    /// [`VectorError::Option`] if there can be no such vectors.
    pub fn new(dimensions: usize, metric: Metric) -> Result<Self, VectorError> {
        check("dimensions", dimensions, 1, MOST_DIMENSIONS)?;
        Ok(Self { metric, dimensions, ids: Vec::new(), vectors: Vec::new(), graph: None, refused: 0, scanned: SCANNED })
    }

    /// Vectors that can be found.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Vectors that were not taken because they could not be found; see [`SegmentBuilder::push`](crate::SegmentBuilder).
    pub fn refused(&self) -> usize {
        self.refused
    }

    /// Bytes of memory, about: vectors, and once more in the graph with its links.
    pub fn memory_bytes(&self) -> usize {
        let vectors = 8 * self.ids.capacity() + 4 * self.vectors.capacity();
        // Each of some 2M links is a distance and a counted reference of its own.
        let of_each = 4 * self.dimensions + 2 * M * 40 + 300;
        vectors + if self.graph.is_some() { self.len() * of_each } else { 0 }
    }

    /// Adds vectors, one after the other in `vectors`, one for each id. Those that could not be found are left out.
    ///
    /// # Errors
    /// [`VectorError::Dimensions`] if these are not as many vectors as ids.
    pub fn append(&mut self, ids: &[u64], vectors: &[f32]) -> Result<(), VectorError> {
        if vectors.len() != ids.len() * self.dimensions {
            let found = vectors.len() / ids.len().max(1);
            return Err(VectorError::Dimensions { expected: self.dimensions, found });
        }
        let before = self.len();
        let mut normalised = Vec::new();
        for (id, vector) in ids.iter().zip(vectors.chunks_exact(self.dimensions)) {
            if usable(self.metric, vector, &mut normalised).is_some() {
                self.ids.push(*id);
                self.vectors.extend_from_slice(vector);
            } else {
                self.refused += 1;
            }
        }
        if self.len() > self.scanned {
            let linked = if self.graph.is_some() { before } else { 0 };
            let new_graph = || Hnsw::new(M, 2 * SCANNED, LEVELS, EF_CONSTRUCTION, Near(self.metric));
            let graph = self.graph.get_or_insert_with(new_graph);
            let vectors = self.vectors.chunks_exact(self.dimensions).enumerate().skip(linked);
            graph.parallel_insert_slice(&vectors.map(|(entry, vector)| (vector, entry)).collect());
        }
        Ok(())
    }

    /// The ids of the `k` vectors nearest to the query with their distances, nearest first, of equals the lower id; only
    /// those that `filter` lets pass. With a filter, with few vectors, and with an `ef` or a `k` of all vectors, each is
    /// looked at; else `ef` is how many near ones the graph keeps in sight.
    ///
    /// # Errors
    /// [`VectorError::Dimensions`] and [`VectorError::Query`].
    pub fn search(
        &self,
        query: &[f32],
        k: usize,
        ef: Option<usize>,
        filter: Option<&dyn Fn(u64) -> bool>,
    ) -> Result<Vec<(u64, f32)>, VectorError> {
        if query.len() != self.dimensions {
            return Err(VectorError::Dimensions { expected: self.dimensions, found: query.len() });
        }
        usable(self.metric, query, &mut Vec::new()).ok_or(VectorError::Query)?;
        let ef = ef.unwrap_or(DEFAULT_EF).max(k);
        let mut nearest = TopK::new(k);
        match &self.graph {
            Some(graph) if filter.is_none() && ef < self.len() => {
                for found in graph.search(query, k, ef) {
                    self.offer(&mut nearest, query, found.d_id);
                }
            }
            _ => {
                let allowed = |entry: &usize| filter.is_none_or(|filter| filter(self.ids[*entry]));
                (0..self.len()).filter(allowed).for_each(|entry| self.offer(&mut nearest, query, entry));
            }
        }
        Ok(nearest.into_sorted())
    }

    fn offer(&self, nearest: &mut TopK<u64>, query: &[f32], entry: usize) {
        let vector = &self.vectors[entry * self.dimensions..][..self.dimensions];
        nearest.push(self.ids[entry], self.metric.distance(query, vector));
    }
}

/// A metric as `hnsw_rs` can use it: never negative.
struct Near(Metric);

impl Distance<f32> for Near {
    fn eval(&self, a: &[f32], b: &[f32]) -> f32 {
        match self.0 {
            // Rounding may leave less than nothing.
            Metric::Cosine => self.0.distance(a, b).max(0.0),
            Metric::L2 => self.0.distance(a, b),
            // It has no least value: what is below 1 is spread out between 0 and 1.
            Metric::InnerProduct => match self.0.distance(a, b) {
                distance if distance < 1.0 => 1.0 / (2.0 - distance),
                distance => distance,
            },
        }
    }
}

#[cfg(test)]
mod tests;

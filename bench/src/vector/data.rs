//! Vectors to measure with, and what the right answers are.

use std::io;
use std::path::Path;

use ducklake_vector::{Metric, TopK};

/// Vectors of unit length, one after the other.
pub(crate) struct Vectors {
    pub(crate) dimensions: usize,
    pub(crate) numbers: Vec<f32>,
}

impl Vectors {
    /// How many.
    pub(crate) fn count(&self) -> usize {
        self.numbers.len() / self.dimensions
    }

    /// Each of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &[f32]> {
        self.numbers.chunks_exact(self.dimensions)
    }

    /// Reads little-endian numbers of 32 bits.
    pub(crate) fn read(path: &Path, dimensions: usize) -> io::Result<Self> {
        let bytes = std::fs::read(path)?;
        let numbers = bytes.as_chunks::<4>().0.iter().map(|number| f32::from_le_bytes(*number)).collect();
        Ok(Self { dimensions, numbers })
    }

    /// Vectors around as many centres as there are hundreds of vectors.
    pub(crate) fn clustered(count: usize, dimensions: usize, random: &mut fastrand::Rng) -> Self {
        let centres = (count / 100).max(1);
        let mut numbers: Vec<f32> = (0..centres * dimensions).map(|_| gaussian(random)).collect();
        normalise(&mut numbers, dimensions);
        Self { dimensions, numbers }.replicated(count, 0.7, random)
    }

    /// `count` vectors, each one of these and noise of the given length.
    pub(crate) fn replicated(&self, count: usize, noise: f32, random: &mut fastrand::Rng) -> Self {
        let step = noise / (self.dimensions as f32).sqrt();
        let mut numbers = Vec::with_capacity(count * self.dimensions);
        for _ in 0..count {
            let original = random.usize(..self.count()) * self.dimensions;
            let original = &self.numbers[original..original + self.dimensions];
            numbers.extend(original.iter().map(|number| number + step * gaussian(random)));
        }
        normalise(&mut numbers, self.dimensions);
        Self { dimensions: self.dimensions, numbers }
    }

    /// Takes `count` of them away, to ask for.
    pub(crate) fn split_off(&mut self, count: usize) -> Self {
        let numbers = self.numbers.split_off(self.numbers.len() - count * self.dimensions);
        Self { dimensions: self.dimensions, numbers }
    }
}

fn normalise(numbers: &mut [f32], dimensions: usize) {
    for vector in numbers.chunks_exact_mut(dimensions) {
        let length = vector.iter().map(|number| number * number).sum::<f32>().sqrt();
        vector.iter_mut().for_each(|number| *number /= length);
    }
}

/// A number of the normal distribution, near enough: the sum of twelve even ones.
fn gaussian(random: &mut fastrand::Rng) -> f32 {
    (0..12).map(|_| random.f32()).sum::<f32>() - 6.0
}

/// Of each query the `k` nearest of every `step`th vector.
pub(crate) fn truth(vectors: &Vectors, queries: &Vectors, k: usize, step: usize) -> Vec<Vec<u32>> {
    let mut nearest: Vec<TopK<u32>> = queries.iter().map(|_| TopK::new(k)).collect();
    for (entry, vector) in vectors.iter().enumerate().step_by(step) {
        for (query, nearest) in queries.iter().zip(&mut nearest) {
            nearest.push(entry as u32, Metric::InnerProduct.distance(query, vector));
        }
    }
    nearest.into_iter().map(|nearest| nearest.into_sorted().into_iter().map(|(entry, _)| entry).collect()).collect()
}

/// The part of the right answers that was found, of as many queries as were asked.
pub(crate) fn recall(found: &[Vec<u32>], truth: &[Vec<u32>]) -> f64 {
    let hits = found.iter().zip(truth).map(|(found, truth)| found.iter().filter(|row| truth.contains(row)).count());
    let wanted: usize = truth.iter().take(found.len()).map(Vec::len).sum();
    hits.sum::<usize>() as f64 / wanted.max(1) as f64
}

//! Rows with equal vectors share one: many copies would have links to each other alone, and hide everything else.

use std::collections::HashMap;

use super::Vectors;
use crate::graph::Le;

impl Vectors {
    /// Keeps one of vectors that are equal in all 16 bits, and the rows of each.
    pub(super) fn merge_equal(&mut self, stride: usize) {
        let mut first = HashMap::new();
        let mut vector_of = Vec::with_capacity(self.rows.len());
        let mut kept = Vec::new();
        for (i, (high, low)) in self.high.chunks_exact(stride).zip(self.low.chunks_exact(stride)).enumerate() {
            let vector = *first.entry((self.scales[i], high, low)).or_insert_with(|| {
                kept.push(i);
                kept.len() as u32 - 1
            });
            vector_of.push(vector);
        }
        drop(first);
        self.list = (0..kept.len() as u32).collect();
        self.sort_rows(&vector_of, kept.len());
        for (to, from) in kept.iter().copied().enumerate() {
            self.high.copy_within(from * stride..(from + 1) * stride, to * stride);
            self.low.copy_within(from * stride..(from + 1) * stride, to * stride);
            self.scales[to] = self.scales[from];
            if let Some(square) = self.squares.get(from).copied() {
                self.squares[to] = square;
            }
        }
        self.high.truncate(kept.len() * stride);
        self.low.truncate(kept.len() * stride);
        self.scales.truncate(kept.len());
        self.squares.truncate(kept.len());
    }

    /// Puts the rows of each vector together, as they were pushed.
    fn sort_rows(&mut self, vector_of: &[u32], vectors: usize) {
        let mut starts = vec![0; vectors + 1];
        for vector in vector_of {
            starts[*vector as usize + 1] += 1;
        }
        for vector in 0..vectors {
            starts[vector + 1] += starts[vector];
        }
        let mut sorted = self.rows.clone();
        for (vector, row) in vector_of.iter().zip(&self.rows) {
            let place = &mut starts[*vector as usize];
            sorted[*place as usize] = *row;
            *place += 1;
        }
        // What was the start of each is its end by now.
        starts.truncate(vectors);
        self.rows = sorted;
        self.ends = starts;
    }

    /// Vectors, once equal ones are one.
    pub(super) fn count(&self) -> u32 {
        self.scales.len() as u32
    }

    /// The rows that have a vector.
    pub(crate) fn rows_of(&self, vector: usize) -> &[Le] {
        let list = self.list[vector] as usize;
        let start = if list == 0 { 0 } else { self.ends[list - 1] };
        &self.rows[start as usize..self.ends[list] as usize]
    }
}

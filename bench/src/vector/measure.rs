//! Measuring an index: what it takes to build, what it finds, and how fast.

use std::ops::ControlFlow;
use std::time::Duration;

use ducklake_vector::{BuildOptions, Metric, Neighbour, SegmentBuilder, VectorSegment, exact_top_k};
use hnsw_rs::anndists::dist::DistDot;
use hnsw_rs::hnsw::Hnsw;
use roaring::RoaringBitmap;

use super::clock::Clock;
use super::data::{Vectors, recall, truth};

/// Results that are asked for.
pub(crate) const K: usize = 10;

/// What counts as finding enough.
pub(crate) const ENOUGH: f64 = 0.98;

/// Every how many rows pass a filter.
const FILTERS: [usize; 2] = [100, 10];

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Vectors, what is asked, and the right answers.
pub(crate) struct Task {
    pub(crate) vectors: Vectors,
    pub(crate) queries: Vectors,
    pub(crate) truth: Vec<Vec<u32>>,
    filtered: Vec<(usize, Vec<Vec<u32>>)>,
}

impl Task {
    pub(crate) fn new(mut vectors: Vectors, queries: usize) -> Self {
        let queries = vectors.split_off(queries);
        let truth_of = |step| truth(&vectors, &queries, K, step);
        let filtered = FILTERS.map(|step| (step, truth_of(step))).into();
        Self { truth: truth_of(1), filtered, vectors, queries }
    }

    /// Asks everything three times; the best time of a query, and the part of the right answers.
    fn ask(&self, truth: &[Vec<u32>], search: &mut dyn FnMut(&[f32]) -> Vec<Neighbour>) -> (Duration, f64) {
        let mut best = Duration::MAX;
        let mut part = 0.0;
        for _ in 0..3 {
            let clock = Clock::of_thread();
            let found: Vec<_> = self.queries.iter().map(&mut *search).collect();
            best = best.min(clock.elapsed() / self.queries.count() as u32);
            let rows = found.iter().map(|found| found.iter().map(|near| near.entry).collect());
            part = recall(&rows.collect::<Vec<_>>(), truth);
        }
        (best, part)
    }
}

/// What was measured of one index.
pub(crate) struct Measured {
    pub(crate) name: &'static str,
    /// Processor time of all threads.
    pub(crate) build: Duration,
    pub(crate) open: Duration,
    pub(crate) bytes: u64,
    /// By what a search keeps in sight: the time of a query, and recall.
    pub(crate) by_ef: Vec<(usize, Duration, f64)>,
    /// By how many rows there are for each that passes: the same.
    pub(crate) filtered: Vec<(usize, Duration, f64)>,
}

impl Measured {
    pub(crate) fn print(&self) {
        let milliseconds = |time: &Duration| 1e3 * time.as_secs_f64();
        println!(
            "{:<12} build {:>7.1} CPU s, {:>6.1} MB, opened in {:.1} ms",
            self.name,
            self.build.as_secs_f64(),
            self.bytes as f64 / 1e6,
            milliseconds(&self.open)
        );
        for (ef, time, recall) in &self.by_ef {
            let per_second = 1.0 / time.as_secs_f64();
            println!("    ef {ef:>4}   {per_second:>8.0} queries/s, recall@{K} {recall:.4}");
        }
        for (step, time, recall) in &self.filtered {
            println!("    1 of {step:<4} {:>8.3} ms a query, recall@{K} {recall:.4}", milliseconds(time));
        }
    }

    /// Queries of a second with enough recall, between the two measurements around it.
    pub(crate) fn per_second(&self) -> Option<f64> {
        let (_, time, recall) = *self.by_ef.iter().find(|(.., recall)| *recall >= ENOUGH)?;
        let below = self.by_ef.iter().rev().find(|(_, quicker, less)| *less < ENOUGH && *quicker < time);
        let (time, recall) = (time.as_secs_f64(), recall);
        let time = below.map_or(time, |(_, quicker, less)| {
            let quicker = quicker.as_secs_f64();
            quicker + (time - quicker) * (ENOUGH - less) / (recall - less)
        });
        Some(1.0 / time)
    }
}

/// A segment, built by some threads.
pub(crate) fn segment(task: &Task, threads: usize) -> Result<Measured> {
    let clock = Clock::of_process();
    let options = BuildOptions { threads, ..BuildOptions::default() };
    let mut builder = SegmentBuilder::new(task.vectors.dimensions, task.vectors.count() as u32, options)?;
    for (row, vector) in (0..).zip(task.vectors.iter()) {
        builder.push(row, vector)?;
    }
    let bytes = builder.finish(&|_, _| ControlFlow::Continue(()))?;
    let (build, size) = (clock.elapsed(), bytes.len() as u64);
    let clock = Clock::of_thread();
    let segment = VectorSegment::open(bytes.into())?;
    let open = clock.elapsed();
    let search =
        |query: &[f32], ef, allowed: Option<&RoaringBitmap>| segment.search(query, K, ef, allowed).unwrap_or_default();
    let mut by_ef = Vec::new();
    for ef in [16, 24, 32, 48, 64, 96, 128, 192] {
        let (time, recall) = task.ask(&task.truth, &mut |query| search(query, Some(ef), None));
        by_ef.push((ef, time, recall));
    }
    let (time, recall) = task.ask(&task.truth, &mut |query| search(query, None, None));
    by_ef.push((segment.default_ef(), time, recall));
    let mut filtered = Vec::new();
    for (step, truth) in &task.filtered {
        let allowed: RoaringBitmap = (0..segment.rows()).step_by(*step).collect();
        let (time, recall) = task.ask(truth, &mut |query| search(query, None, Some(&allowed)));
        filtered.push((*step, time, recall));
    }
    Ok(Measured { name: "segment", build, open, bytes: size, by_ef, filtered })
}

/// Bare `hnsw_rs`. Its vectors and links in memory are counted, as its own structures have them.
pub(crate) fn bare_hnsw(task: &Task) -> Measured {
    let clock = Clock::of_process();
    let index = Hnsw::<f32, DistDot>::new(16, task.vectors.count(), 16, 200, DistDot {});
    index.parallel_insert_slice(&task.vectors.iter().enumerate().map(|(row, vector)| (vector, row)).collect());
    let build = clock.elapsed();
    let neighbours = |found: Vec<hnsw_rs::hnsw::Neighbour>| -> Vec<Neighbour> {
        found.iter().map(|near| Neighbour { entry: near.d_id as u32, distance: near.distance }).collect()
    };
    let mut by_ef = Vec::new();
    for ef in [16, 32, 64, 128] {
        let (time, recall) = task.ask(&task.truth, &mut |query| neighbours(index.search(query, K, ef)));
        by_ef.push((ef, time, recall));
    }
    let bytes = (task.vectors.count() * (4 * task.vectors.dimensions + 32 * 40)) as u64;
    Measured { name: "hnsw_rs", build, open: Duration::ZERO, bytes, by_ef, filtered: Vec::new() }
}

/// Every vector compared, in 32 bits.
pub(crate) fn exact(task: &Task) -> Measured {
    let mut some = |query: &[f32]| exact_top_k(Metric::Cosine, query, &task.vectors.numbers, K);
    let (time, recall) = task.ask(&task.truth, &mut some);
    let bytes = 4 * task.vectors.numbers.len() as u64;
    let by_ef = vec![(task.vectors.count(), time, recall)];
    Measured { name: "exact", build: Duration::ZERO, open: Duration::ZERO, bytes, by_ef, filtered: Vec::new() }
}

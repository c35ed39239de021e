//! Linking vectors, many at a time.
//!
//! Vectors are inserted in batches. All of a batch search the graph as it was before the batch, each for itself, and
//! choose their links; then every vector that got links in return takes them in, each for itself. What comes out depends
//! on the batches, not on who did which part when (Manohar et al., "ParlayANN", 2024, builds its graphs so).

use std::ops::ControlFlow;

use rayon::ThreadPool;
use rayon::prelude::*;

use super::select::Chooser;
use super::{BuildOptions, Vectors};
use crate::dots::Plane;
use crate::graph::{Le, Links, NONE, Scratch, Space, Target, descend};
use crate::{Metric, VectorError};

/// A batch is at most this part of what is linked already: the vectors in it do not see each other.
const BATCH: u32 = 50;

/// Links between vectors in the order of insertion.
pub(crate) struct Graph {
    count: u32,
    /// Links of each level, the lowest first; a level holds the first vectors.
    levels: Vec<Level>,
}

struct Level {
    places: Vec<Le>,
    degree: usize,
    count: u32,
}

impl Level {
    fn new(count: u32, degree: usize) -> Self {
        Self { places: vec![NONE; count as usize * degree], degree, count }
    }

    fn links(&self) -> Links<'_> {
        Links { places: &self.places, degree: self.degree }
    }

    fn set(&mut self, entry: u32, links: &[u32]) {
        let start = entry as usize * self.degree;
        let places = &mut self.places[start..start + self.degree];
        places.fill(NONE);
        for (place, link) in places.iter_mut().zip(links) {
            *place = link.to_le_bytes();
        }
    }
}

impl Graph {
    pub(crate) fn count(&self) -> u32 {
        self.count
    }

    /// Links of the lowest level.
    pub(crate) fn lowest(&self) -> Links<'_> {
        self.levels[0].links()
    }

    /// The levels above it, lowest first: how many vectors, and their links.
    pub(crate) fn upper(&self) -> impl Iterator<Item = (u32, Links<'_>)> {
        self.levels[1..].iter().map(|level| (level.count, level.links()))
    }
}

/// The vectors as the graph compares them.
pub(super) struct Compared {
    extras: Vec<Le>,
}

impl Compared {
    /// For inner products, vectors get one more dimension that makes them all equally long, so that near means what it
    /// should among them, too (Bachrach et al., "Speeding up the Xbox recommender system", 2014).
    pub(super) fn new(vectors: &Vectors, metric: Metric) -> Self {
        let largest = vectors.squares.iter().fold(0.0_f32, |largest, square| largest.max(*square));
        let extra = |square: &f32| match metric {
            Metric::InnerProduct => (largest - square).sqrt(),
            Metric::Cosine | Metric::L2 => *square,
        };
        Self { extras: vectors.squares.iter().map(|square| extra(square).to_le_bytes()).collect() }
    }

    pub(super) fn space<'a>(&'a self, vectors: &'a Vectors, stride: usize, metric: Metric) -> Space<'a> {
        let plane = Plane::new(&vectors.high, stride);
        Space { metric, plane, scales: &vectors.scales, extras: &self.extras }
    }
}

/// Memory of a thread.
struct Worker {
    scratch: Scratch,
    target: Target,
    other: Target,
    chooser: Chooser,
}

impl Worker {
    fn new(entries: u32) -> Self {
        let target = || Target::new(&[], 0.0, 0.0);
        Self { scratch: Scratch::new(entries as usize), target: target(), other: target(), chooser: Chooser::default() }
    }
}

/// Links all vectors. `upper` says how many there are on each level above the lowest.
pub(super) fn link(
    vectors: &Vectors,
    stride: usize,
    upper: &[u32],
    options: BuildOptions,
    threads: &ThreadPool,
    progress: &dyn Fn(u32, u32) -> ControlFlow<()>,
) -> Result<Graph, VectorError> {
    let count = vectors.count();
    let compared = Compared::new(vectors, options.metric);
    let space = compared.space(vectors, stride, options.metric);
    let lowest = Level::new(count, 2 * options.m);
    let levels = std::iter::once(lowest).chain(upper.iter().map(|count| Level::new(*count, options.m))).collect();
    let mut graph = Graph { count, levels };
    let mut done = count.min(1);
    while done < count {
        if progress(done, count).is_break() {
            return Err(VectorError::Cancelled);
        }
        let end = count.min(done + (done / BATCH).max(1));
        let chosen: Vec<Vec<Vec<u32>>> = threads.install(|| {
            (done..end)
                .into_par_iter()
                .map_init(|| Worker::new(count), |worker, entry| graph.choose(space, entry, options, worker))
                .collect()
        });
        for level in 0..graph.levels.len() {
            graph.take_in(space, level, done, &chosen, options, threads);
        }
        done = end;
    }
    let _ = progress(count, count);
    Ok(graph)
}

impl Graph {
    /// The links that a new vector makes on each of its levels, lowest first.
    fn choose(&self, space: Space<'_>, entry: u32, options: BuildOptions, worker: &mut Worker) -> Vec<Vec<u32>> {
        let Worker { scratch, target, other, chooser } = worker;
        space.aim(target, entry);
        let own = self.levels.iter().take_while(|level| entry < level.count).count();
        let mut starts = vec![0];
        for level in self.levels[own..].iter().rev() {
            starts[0] = descend(space, level.links(), target, starts[0], |position| position, scratch);
        }
        let mut chosen = vec![Vec::new(); own];
        for (level, chosen) in self.levels.iter().zip(&mut chosen).rev() {
            scratch.walk(space, level.links(), target, &starts, options.ef_construction);
            let found: Vec<_> = scratch.beam.entries().collect();
            starts.clear();
            starts.extend(found.iter().map(|(entry, _)| *entry));
            *chosen = chooser.choose(space, found.into_iter(), options.m, options.m / 2, other, scratch);
        }
        chosen
    }

    /// Writes the links that a batch from `first` on has chosen on a level, and those in return.
    fn take_in(
        &mut self,
        space: Space<'_>,
        level: usize,
        first: u32,
        chosen: &[Vec<Vec<u32>>],
        options: BuildOptions,
        threads: &ThreadPool,
    ) {
        let level_of_graph = &mut self.levels[level];
        let mut returned = Vec::new();
        for (entry, chosen) in (first..).zip(chosen) {
            if let Some(links) = chosen.get(level) {
                level_of_graph.set(entry, links);
                returned.extend(links.iter().map(|link| (*link, entry)));
            }
        }
        returned.sort_unstable();
        let groups: Vec<_> = returned.chunk_by(|a, b| a.0 == b.0).collect();
        let graph = &self.levels[level];
        let taken: Vec<(u32, Vec<u32>)> = threads.install(|| {
            let take = |worker: &mut Worker, group: &&[(u32, u32)]| {
                (group[0].0, graph.with(space, group[0].0, group.iter().map(|(_, entry)| *entry), options, worker))
            };
            // No walk is taken here, so nothing is marked as visited.
            groups.par_iter().map_init(|| Worker::new(0), take).collect()
        });
        for (entry, links) in taken {
            self.levels[level].set(entry, &links);
        }
    }
}

impl Level {
    /// The links of an entry with some more, or the best of them if they are too many.
    fn with(
        &self,
        space: Space<'_>,
        entry: u32,
        more: impl Iterator<Item = u32>,
        options: BuildOptions,
        worker: &mut Worker,
    ) -> Vec<u32> {
        let present = self.links().of(entry).iter().take_while(|link| **link != NONE);
        let mut links: Vec<u32> = present.map(|link| u32::from_le_bytes(*link)).chain(more).collect();
        if links.len() <= self.degree {
            return links;
        }
        let Worker { scratch, target, other, chooser } = worker;
        space.aim(target, entry);
        space.distances(target, &links, &mut scratch.dots, &mut scratch.distances);
        let mut near: Vec<_> = links.drain(..).zip(scratch.distances.drain(..)).collect();
        near.sort_unstable_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
        chooser.choose(space, near.into_iter(), self.degree, options.m, other, scratch)
    }
}

impl Graph {
    /// Makes links to vectors that no walk would come to, from near ones that have a place left.
    pub(super) fn connect(&mut self, vectors: &Vectors, stride: usize, options: BuildOptions) {
        if self.count == 0 {
            return;
        }
        let compared = Compared::new(vectors, options.metric);
        let space = compared.space(vectors, stride, options.metric);
        let mut worker = Worker::new(self.count);
        let mut reached = vec![false; self.count as usize];
        self.reach(0, &mut reached);
        for entry in 0..self.count {
            if reached[entry as usize] {
                continue;
            }
            space.aim(&mut worker.target, entry);
            worker.scratch.walk(space, self.lowest(), &worker.target, &[0], options.ef_construction);
            let host = worker.scratch.beam.entries().map(|(near, _)| near).find(|near| {
                *near != entry && reached[*near as usize] && self.lowest().of(*near).last() == Some(&NONE)
            });
            if let Some(host) = host {
                let degree = self.levels[0].degree;
                let places = &mut self.levels[0].places[host as usize * degree..][..degree];
                if let Some(place) = places.iter_mut().find(|place| **place == NONE) {
                    *place = entry.to_le_bytes();
                }
                self.reach(entry, &mut reached);
            }
        }
    }

    /// Marks everything that can be reached from an entry on the lowest level.
    fn reach(&self, entry: u32, reached: &mut [bool]) {
        reached[entry as usize] = true;
        let mut open = vec![entry];
        while let Some(entry) = open.pop() {
            for link in self.lowest().of(entry).iter().take_while(|link| **link != NONE) {
                let link = u32::from_le_bytes(*link);
                if !std::mem::replace(&mut reached[link as usize], true) {
                    open.push(link);
                }
            }
        }
    }
}

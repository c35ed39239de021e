//! Walking a graph of vectors towards the nearest ones, for building and for searching.

use crate::Metric;
use crate::dots::{Plane, Probe};

/// A number of four bytes, least significant first, as segments hold it.
pub(crate) type Le = [u8; 4];

/// In place of a link: there is none, and none after it.
pub(crate) const NONE: Le = u32::MAX.to_le_bytes();

/// Most entries of a graph: one bit of what the beam holds of each is something else.
pub(crate) const MOST_ENTRIES: u32 = i32::MAX as u32;

/// Vectors of 8 bits with what their distances take besides the bytes.
///
/// Distances here only order: they lack what is the same for all vectors, and are squared for [`Metric::L2`].
#[derive(Clone, Copy)]
pub(crate) struct Space<'a> {
    pub(crate) metric: Metric,
    pub(crate) plane: Plane<'a>,
    /// Of each vector the factor of its codes (`f32`).
    pub(crate) scales: &'a [Le],
    /// Of each vector its square for [`Metric::L2`] (`f32`); for [`Metric::InnerProduct`] what it has in one dimension
    /// more, or nothing.
    pub(crate) extras: &'a [Le],
}

/// What distances are measured from.
pub(crate) struct Target {
    probe: Probe,
    scale: f32,
    extra: f32,
}

impl Target {
    /// A query; `extra` is its square for [`Metric::L2`].
    pub(crate) fn new(codes: &[u8], scale: f32, extra: f32) -> Self {
        Self { probe: Probe::new(codes), scale, extra }
    }
}

impl Space<'_> {
    /// Makes a vector of the space the target.
    pub(crate) fn aim(self, target: &mut Target, entry: u32) {
        target.probe.set(self.plane.vector(entry));
        target.scale = float(self.scales[entry as usize]);
        target.extra = self.extras.get(entry as usize).map_or(0.0, |extra| float(*extra));
    }

    /// Puts the distances of `entries` into `distances`; `dots` is memory to use again.
    pub(crate) fn distances(self, target: &Target, entries: &[u32], dots: &mut Vec<i32>, distances: &mut Vec<f32>) {
        dots.clear();
        distances.clear();
        self.plane.dots(&target.probe, entries, dots);
        let pairs = entries.iter().zip(dots.iter());
        let product = |entry: u32, dot: i32| target.scale * float(self.scales[entry as usize]) * dot as f32;
        let extra = |entry: u32| float(self.extras[entry as usize]);
        match self.metric {
            Metric::L2 => {
                distances.extend(pairs.map(|(entry, dot)| target.extra + extra(*entry) - 2.0 * product(*entry, *dot)))
            }
            Metric::InnerProduct if !self.extras.is_empty() => {
                distances.extend(pairs.map(|(entry, dot)| -product(*entry, *dot) - target.extra * extra(*entry)));
            }
            Metric::Cosine | Metric::InnerProduct => {
                distances.extend(pairs.map(|(entry, dot)| -product(*entry, *dot)));
            }
        }
    }
}

pub(crate) fn float(bytes: Le) -> f32 {
    f32::from_le_bytes(bytes)
}

/// The links of every entry, as many places for each.
#[derive(Clone, Copy)]
pub(crate) struct Links<'a> {
    pub(crate) places: &'a [Le],
    pub(crate) degree: usize,
}

impl<'a> Links<'a> {
    pub(crate) fn of(self, entry: u32) -> &'a [Le] {
        let start = entry as usize * self.degree;
        &self.places[start..start + self.degree]
    }
}

/// Memory of a walk, used again by the next one.
pub(crate) struct Scratch {
    pub(crate) beam: Beam,
    visited: Visited,
    fresh: Vec<u32>,
    pub(crate) dots: Vec<i32>,
    pub(crate) distances: Vec<f32>,
}

impl Scratch {
    pub(crate) fn new(entries: usize) -> Self {
        let visited = Visited { words: vec![0; entries.div_ceil(64)], touched: Vec::new() };
        Self { beam: Beam::default(), visited, fresh: Vec::new(), dots: Vec::new(), distances: Vec::new() }
    }

    /// Collects in the beam the `width` entries nearest to the target that are found from `starts`. Algorithm 2 of Malkov
    /// and Yashunin, "Efficient and robust approximate nearest neighbor search using Hierarchical Navigable Small World
    /// graphs" (2016); one list serves for candidates and results.
    pub(crate) fn walk(&mut self, space: Space<'_>, links: Links<'_>, target: &Target, starts: &[u32], width: usize) {
        self.beam.reset(width);
        self.visited.clear();
        self.fresh.clear();
        for start in starts {
            if self.visited.insert(*start) {
                self.fresh.push(*start);
            }
        }
        self.offer_fresh(space, target);
        while let Some(entry) = self.beam.next() {
            // Without a branch on what was visited, which is a coin toss to the processor.
            self.fresh.resize(links.degree, 0);
            let mut count = 0;
            for link in links.of(entry) {
                if *link == NONE {
                    break;
                }
                let link = u32::from_le_bytes(*link);
                self.fresh[count] = link;
                count += usize::from(self.visited.insert(link));
            }
            self.fresh.truncate(count);
            self.offer_fresh(space, target);
        }
    }

    fn offer_fresh(&mut self, space: Space<'_>, target: &Target) {
        space.distances(target, &self.fresh, &mut self.dots, &mut self.distances);
        for (entry, distance) in self.fresh.iter().zip(&self.distances) {
            self.beam.offer(*entry, *distance);
        }
    }
}

/// The entry nearest to the target, as far as going on to a nearer neighbour leads from `start`. Positions are those of
/// a level; `entry_of` says what stands there.
pub(crate) fn descend(
    space: Space<'_>,
    links: Links<'_>,
    target: &Target,
    start: u32,
    entry_of: impl Fn(u32) -> u32,
    scratch: &mut Scratch,
) -> u32 {
    let Scratch { dots, distances, fresh, .. } = scratch;
    space.distances(target, &[entry_of(start)], dots, distances);
    let (mut nearest, mut least) = (start, distances[0]);
    loop {
        let positions =
            links.of(nearest).iter().take_while(|link| **link != NONE).map(|link| u32::from_le_bytes(*link));
        fresh.clear();
        fresh.extend(positions.clone().map(&entry_of));
        space.distances(target, fresh, dots, distances);
        let before = nearest;
        for (position, distance) in positions.zip(distances.iter()) {
            if *distance < least {
                (nearest, least) = (position, *distance);
            }
        }
        if nearest == before {
            return nearest;
        }
    }
}

/// The nearest entries so far, nearest first, and which of them have been gone on from.
#[derive(Default)]
pub(crate) struct Beam {
    // Distance, then entry, then whether it has been gone on from: whole numbers that order as they should.
    keys: Vec<u64>,
    width: usize,
    // All before it have been gone on from.
    next: usize,
}

const SEEN: u64 = 1;

impl Beam {
    fn reset(&mut self, width: usize) {
        self.keys.clear();
        self.width = width;
        self.next = 0;
    }

    fn offer(&mut self, entry: u32, distance: f32) {
        let key = u64::from(ordered(distance)) << 32 | u64::from(entry) << 1;
        if self.keys.len() >= self.width {
            match self.keys.last() {
                Some(last) if key < *last => self.keys.truncate(self.width - 1),
                _ => return,
            }
        }
        let place = self.keys.partition_point(|other| *other < key);
        self.keys.insert(place, key);
        self.next = self.next.min(place);
    }

    fn next(&mut self) -> Option<u32> {
        while let Some(key) = self.keys.get_mut(self.next) {
            self.next += 1;
            if *key & SEEN == 0 {
                *key |= SEEN;
                return Some(*key as u32 >> 1);
            }
        }
        None
    }

    /// All entries with their distances, nearest first.
    pub(crate) fn entries(&self) -> impl ExactSizeIterator<Item = (u32, f32)> {
        self.keys.iter().map(|key| (*key as u32 >> 1, unordered((*key >> 32) as u32)))
    }
}

/// A number that orders as the distance does.
fn ordered(distance: f32) -> u32 {
    let bits = distance.to_bits();
    if bits >> 31 == 0 { bits | 1 << 31 } else { !bits }
}

fn unordered(number: u32) -> f32 {
    f32::from_bits(if number >> 31 == 1 { number & !(1 << 31) } else { !number })
}

/// Which entries a walk has been at.
struct Visited {
    words: Vec<u64>,
    touched: Vec<u32>,
}

impl Visited {
    /// Whether it is new.
    fn insert(&mut self, entry: u32) -> bool {
        let (word, bit) = (entry / 64, 1 << (entry % 64));
        let bits = &mut self.words[word as usize];
        let new = *bits & bit == 0;
        *bits |= bit;
        self.touched.push(word);
        new
    }

    fn clear(&mut self) {
        for word in self.touched.drain(..) {
            self.words[word as usize] = 0;
        }
    }
}

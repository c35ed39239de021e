//! Searching a segment.

pub(crate) mod layout;

use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use roaring::RoaringBitmap;

use self::layout::{Header, Section, Sections};
use crate::builder::usable;
use crate::codes::{Coded, encode, stride};
use crate::dots::Plane;
use crate::graph::{Le, Links, NONE, Scratch, Space, Target, descend, float};
use crate::top_k::neighbours;
use crate::{Metric, Neighbour, SegmentError, TopK, VectorError};

/// How many of the nearest by 8 bits are compared by 16 bits, at least, and for each that is asked for.
const RERANKED: usize = 40;
const RERANKED_PER_RESULT: usize = 3;

/// For how many rows of a scan the time goes that a walk takes for one place of its beam.
const ROWS_PER_PLACE: usize = 80;

/// An immutable index over the vectors of some rows, made by [`SegmentBuilder`](crate::SegmentBuilder).
///
/// Distances that it gives are those of vectors kept in 16 bits for each number: of a vector whose largest number is `x`,
/// each is off by up to `x / 65,278`. A caller who needs the distance of the vector itself computes that of the few that
/// were found.
///
/// Searches may run at the same time.
pub struct VectorSegment {
    sections: Sections,
    /// Of each row the vector, or [`NOTHING`].
    vector_of: Vec<u32>,
    scratch: Mutex<Vec<Scratch>>,
}

/// In place of a vector: a row has none.
const NOTHING: u32 = u32::MAX;

impl std::fmt::Debug for VectorSegment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VectorSegment").field("header", self.header()).finish_non_exhaustive()
    }
}

impl VectorSegment {
    /// Takes the bytes that a builder made. All that a search relies on is checked, once, in time that grows with the
    /// bytes; nothing is copied. Searches are quicker when the bytes begin at a multiple of 64 in memory.
    ///
    /// # Errors
    /// [`SegmentError`] if these are not the bytes of a segment, or not all of them, or damaged.
    pub fn open(bytes: Bytes) -> Result<Self, SegmentError> {
        let sections = Sections::open(bytes)?;
        let vector_of = check(&sections)?;
        Ok(Self { sections, vector_of, scratch: Mutex::default() })
    }

    fn header(&self) -> &Header {
        &self.sections.header
    }

    /// Numbers of a vector.
    pub fn dimensions(&self) -> usize {
        self.header().dimensions
    }

    /// The distance that is searched by.
    pub fn metric(&self) -> Metric {
        self.header().metric
    }

    /// Rows that have a vector.
    pub fn len(&self) -> u32 {
        self.header().listed
    }

    /// Whether no row has a vector.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Rows that the segment is over, with and without a vector.
    pub fn rows(&self) -> u32 {
        self.header().rows
    }

    /// Whether a row has a vector here.
    pub fn contains(&self, row: u32) -> bool {
        self.vector_of.get(row as usize).is_some_and(|vector| *vector != NOTHING)
    }

    /// Bytes of memory, the segment's own included.
    pub fn memory_bytes(&self) -> usize {
        self.sections.total() + 4 * self.vector_of.len()
    }

    /// How many vectors a walk keeps in sight if it is not told: enough for 98 of 100 of the ten nearest.
    pub fn default_ef(&self) -> usize {
        match self.header().count {
            0..200_000 => 64,
            200_000..2_000_000 => 96,
            _ => 128,
        }
    }

    /// The `k` rows nearest to the query, nearest first; entries are rows. Of a set of `allowed` rows, only those.
    ///
    /// `ef` is how many near vectors the walk keeps in sight; more find better and take longer. Not told, it is
    /// [`Self::default_ef`]; it is never less than `k`. When so few rows are allowed, or there, that looking at each is
    /// quicker than walking, that is what happens. With an `ef` or a `k` of all rows the result is that of
    /// [`Self::search_exact`].
    ///
    /// # Errors
    /// [`VectorError::Dimensions`] and [`VectorError::Query`].
    pub fn search(
        &self,
        query: &[f32],
        k: usize,
        ef: Option<usize>,
        allowed: Option<&RoaringBitmap>,
    ) -> Result<Vec<Neighbour>, VectorError> {
        let query = Query::new(self, query)?;
        let count = self.header().count as usize;
        let ef = ef.unwrap_or_else(|| self.default_ef()).max(k);
        if ef >= count {
            return Ok(self.rank(&query, k, self.candidates(allowed), allowed));
        }
        let possible = allowed.map_or(count, |allowed| (allowed.len() as usize).min(count));
        // Of what a walk comes across only that part is allowed.
        let width = ef * count / possible.max(1);
        let wanted = (RERANKED_PER_RESULT * k).max(RERANKED);
        if possible > ROWS_PER_PLACE * width {
            let near = self.walk(&query, width, wanted, allowed);
            // Fewer than there should be: the rows that are allowed lie elsewhere.
            if near.len() >= wanted.min(ef) {
                return Ok(self.rank(&query, k, near, allowed));
            }
        }
        let near = self.scan(&query, wanted, &self.candidates(allowed));
        Ok(self.rank(&query, k, near, allowed))
    }

    /// The `k` rows nearest to the query by 16 bits, every allowed row compared.
    ///
    /// # Errors
    /// As [`Self::search`].
    pub fn search_exact(
        &self,
        query: &[f32],
        k: usize,
        allowed: Option<&RoaringBitmap>,
    ) -> Result<Vec<Neighbour>, VectorError> {
        let query = Query::new(self, query)?;
        Ok(self.rank(&query, k, self.candidates(allowed), allowed))
    }

    /// The vectors of all rows that are allowed, each once.
    fn candidates(&self, allowed: Option<&RoaringBitmap>) -> Vec<u32> {
        let Some(allowed) = allowed else { return (0..self.header().count).collect() };
        let vectors = allowed.iter().map_while(|row| self.vector_of.get(row as usize).copied());
        let vectors = vectors.filter(|vector| *vector != NOTHING);
        if self.header().count == self.header().listed {
            return vectors.collect();
        }
        let mut met = vec![false; self.header().count as usize];
        vectors.filter(|vector| !std::mem::replace(&mut met[*vector as usize], true)).collect()
    }

    /// The rows that have a vector and are allowed.
    fn rows_of<'a>(&'a self, vector: u32, allowed: Option<&'a RoaringBitmap>) -> impl Iterator<Item = u32> + 'a {
        let ends = self.sections.numbers(Section::Ends);
        let end = |vector: u32| u32::from_le_bytes(ends[vector as usize]) as usize;
        let start = if vector == 0 { 0 } else { end(vector - 1) };
        let rows = &self.sections.numbers(Section::Rows)[start..end(vector)];
        let rows = rows.iter().map(|row| u32::from_le_bytes(*row));
        rows.filter(move |row| allowed.is_none_or(|allowed| allowed.contains(*row)))
    }

    fn space(&self) -> Space<'_> {
        let plane = Plane::new(self.sections.get(Section::High), stride(self.dimensions()));
        let (scales, extras) = (self.sections.numbers(Section::Scales), self.sections.numbers(Section::Squares));
        Space { metric: self.metric(), plane, scales, extras }
    }

    /// Up to `most` allowed vectors among the `width` nearest that a walk finds, nearest first.
    fn walk(&self, query: &Query, width: usize, most: usize, allowed: Option<&RoaringBitmap>) -> Vec<u32> {
        let (space, header) = (self.space(), self.header());
        let mut scratch = self.take_scratch();
        let upper = self.sections.numbers(Section::UpperVectors);
        let mut places = self.sections.numbers(Section::UpperLinks);
        let mut start = 0;
        for count in header.levels.iter().rev() {
            // Upper levels are written lowest first.
            let (lower, level) = places.split_at(places.len() - *count as usize * header.m);
            places = lower;
            let links = Links { places: level, degree: header.m };
            let entry_of = |position: u32| u32::from_le_bytes(upper[position as usize]);
            start = descend(space, links, &query.target, start, entry_of, &mut scratch);
        }
        let start = upper.get(start as usize).map_or(0, |vector| u32::from_le_bytes(*vector));
        let links = Links { places: self.sections.numbers(Section::Links), degree: 2 * header.m };
        scratch.walk(space, links, &query.target, &[start], width);
        let found = scratch.beam.entries().map(|(vector, _)| vector);
        let possible = |vector: &u32| allowed.is_none() || self.rows_of(*vector, allowed).next().is_some();
        let near = found.filter(possible).take(most).collect();
        self.scratch.lock().unwrap_or_else(PoisonError::into_inner).push(scratch);
        near
    }

    fn take_scratch(&self) -> Scratch {
        let kept = self.scratch.lock().unwrap_or_else(PoisonError::into_inner).pop();
        kept.unwrap_or_else(|| Scratch::new(self.header().count as usize))
    }

    /// The `most` candidates that are nearest by 8 bits.
    fn scan(&self, query: &Query, most: usize, candidates: &[u32]) -> Vec<u32> {
        let space = self.space();
        let mut nearest = TopK::new(most);
        let (mut dots, mut distances) = (Vec::new(), Vec::new());
        for entries in candidates.chunks(256) {
            space.distances(&query.target, entries, &mut dots, &mut distances);
            let mut bound = nearest.bound();
            for (entry, distance) in entries.iter().zip(&distances) {
                if *distance <= bound {
                    nearest.push(*entry, *distance);
                    bound = nearest.bound();
                }
            }
        }
        nearest.into_sorted().into_iter().map(|(entry, _)| entry).collect()
    }

    /// The `k` rows nearest by 16 bits among the allowed ones of the candidates.
    fn rank(&self, query: &Query, k: usize, candidates: Vec<u32>, allowed: Option<&RoaringBitmap>) -> Vec<Neighbour> {
        let stride = stride(self.dimensions());
        let (high, low) = (self.sections.get(Section::High), self.sections.get(Section::Low));
        let scales = self.sections.numbers(Section::Scales);
        let mut nearest = TopK::new(k);
        for vector in candidates {
            let at = vector as usize * stride;
            let scale = float(scales[vector as usize]);
            let coded = Coded { high: &high[at..at + stride], low: &low[at..at + stride], scale: scale / 256.0 };
            let distance = match self.metric() {
                Metric::Cosine => 1.0 - coded.dot(&query.numbers),
                Metric::L2 => coded.squared_l2(&query.numbers).sqrt(),
                Metric::InnerProduct => -coded.dot(&query.numbers),
            };
            if distance <= nearest.bound() {
                // Of equals the lower row is nearer, and these ascend.
                self.rows_of(vector, allowed).take(k).for_each(|row| nearest.push(row, distance));
            }
        }
        neighbours(nearest)
    }
}

/// A query as it is compared.
struct Query {
    /// Normalised if only the direction matters.
    numbers: Vec<f32>,
    target: Target,
}

impl Query {
    fn new(segment: &VectorSegment, query: &[f32]) -> Result<Self, VectorError> {
        if query.len() != segment.dimensions() {
            return Err(VectorError::Dimensions { expected: segment.dimensions(), found: query.len() });
        }
        let mut normalised = Vec::new();
        let numbers = usable(segment.metric(), query, &mut normalised).ok_or(VectorError::Query)?.to_vec();
        let (mut high, mut low) = (Vec::new(), Vec::new());
        let scale = 256.0 * encode(&numbers, &mut high, &mut low);
        let square: i64 = high.iter().map(|code| i64::from(*code as i8).pow(2)).sum();
        let target = Target::new(&high, scale, scale * scale * square as f32);
        Ok(Self { numbers, target })
    }
}

/// Checks what the checksums cannot: that a builder wrote this. Of each row the vector.
fn check(sections: &Sections) -> Result<Vec<u32>, SegmentError> {
    let header = &sections.header;
    let invalid = |what| Err(SegmentError::Invalid { what });
    let mut vector_of = vec![NOTHING; header.rows as usize];
    let mut rows = sections.numbers(Section::Rows);
    let mut start = 0;
    for (vector, end) in (0..).zip(sections.numbers(Section::Ends)) {
        let end = u32::from_le_bytes(*end);
        let Some((own, others)) = end.checked_sub(start).and_then(|count| rows.split_at_checked(count as usize)) else {
            return invalid("rows that end before they begin");
        };
        for row in own {
            match vector_of.get_mut(u32::from_le_bytes(*row) as usize) {
                Some(place) if *place == NOTHING => *place = vector,
                _ => return invalid("a row that there is not, or one that has two vectors"),
            }
        }
        (rows, start) = (others, end);
    }
    if !rows.is_empty() {
        return invalid("rows without a vector");
    }
    let good = |number: &Le| float(*number).is_finite() && float(*number) >= 0.0;
    if !sections.numbers(Section::Scales).iter().chain(sections.numbers(Section::Squares)).all(good) {
        return invalid("a scale that is no number");
    }
    let within = |links: &[Le], count: u32| links.iter().all(|link| *link == NONE || u32::from_le_bytes(*link) < count);
    if !sections.numbers(Section::UpperVectors).iter().all(|vector| u32::from_le_bytes(*vector) < header.count)
        || !within(sections.numbers(Section::Links), header.count)
    {
        return invalid("a link to a vector that there is not");
    }
    let mut places = sections.numbers(Section::UpperLinks);
    for count in &header.levels {
        let (level, upper) = places.split_at(*count as usize * header.m);
        places = upper;
        if !within(level, *count) {
            return invalid("a link to a vector that there is not");
        }
    }
    Ok(vector_of)
}

#[cfg(test)]
mod tests;

//! Making a segment.

mod construct;
mod equal;
mod order;
mod select;

use std::ops::ControlFlow;

pub(crate) use self::construct::Graph;
use crate::codes::{encode, stride};
use crate::graph::{Le, MOST_ENTRIES};
use crate::segment::layout;
use crate::{Metric, VectorError, kernels};

/// Most numbers of a vector: sums of that many products of bytes fit 32 bits.
pub(crate) const MOST_DIMENSIONS: usize = 65_536;

/// Squares beyond this are refused, so that sums and differences of some of them are still numbers.
const LARGEST_SQUARE: f32 = 1e37;

/// How a segment is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BuildOptions {
    /// The distance that is searched by.
    pub metric: Metric,
    /// Links that a new vector makes, from 2 to 128; up to twice as many may lead on from it. More find better and take
    /// more room and time. 16 by default.
    pub m: usize,
    /// How many near vectors links are chosen from, from 8 to 4,096. More find better and take longer to build. 128 by
    /// default.
    pub ef_construction: usize,
    /// Threads that build; what comes out does not depend on it. All processors by default.
    pub threads: usize,
}

impl Default for BuildOptions {
    fn default() -> Self {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        Self { metric: Metric::Cosine, m: 16, ef_construction: 128, threads }
    }
}

/// Collects the vectors of a segment as codes of 16 bits and links them.
///
/// Memory: about `2 * dimensions + 50` bytes for each vector while they are pushed, and for [`Self::finish`] the segment
/// and `8 * m` bytes for each vector in addition.
pub struct SegmentBuilder {
    options: BuildOptions,
    dimensions: usize,
    rows: u32,
    vectors: Vectors,
    refused: u32,
    last: Option<u32>,
    normalised: Vec<f32>,
}

/// Vectors as a segment holds them.
#[derive(Default)]
pub(crate) struct Vectors {
    /// The rows, as they were pushed, or as `ends` says.
    pub(crate) rows: Vec<Le>,
    /// Once equal vectors are one: where the rows of each end.
    ends: Vec<u32>,
    /// Of each vector which one of `ends` it is.
    list: Vec<u32>,
    pub(crate) scales: Vec<Le>,
    /// Squares of the vectors as their high bytes have them; none for [`Metric::Cosine`].
    pub(crate) squares: Vec<f32>,
    pub(crate) high: Vec<u8>,
    pub(crate) low: Vec<u8>,
}

impl SegmentBuilder {
    /// A segment over `rows` rows with vectors of `dimensions` numbers.
    ///
    /// # Errors
    /// [`VectorError::Option`] if a number is out of its range.
    pub fn new(dimensions: usize, rows: u32, options: BuildOptions) -> Result<Self, VectorError> {
        check("dimensions", dimensions, 1, MOST_DIMENSIONS)?;
        check("rows", rows as usize, 0, MOST_ENTRIES as usize)?;
        check("m", options.m, 2, 128)?;
        check("ef_construction", options.ef_construction, 8, 4096)?;
        check("threads", options.threads, 1, 1024)?;
        let (vectors, normalised) = (Vectors::default(), Vec::new());
        Ok(Self { options, dimensions, rows, vectors, refused: 0, last: None, normalised })
    }

    /// Adds the vector of a row. Rows come in ascending order, and those without a vector are left out.
    ///
    /// False if the vector is none that could be found: it holds a NaN or an infinity, its square has no place in 32
    /// bits, or it is zero where its direction matters ([`Metric::Cosine`]).
    ///
    /// # Errors
    /// [`VectorError::Dimensions`], [`VectorError::RowOrder`].
    pub fn push(&mut self, row: u32, vector: &[f32]) -> Result<bool, VectorError> {
        if vector.len() != self.dimensions {
            return Err(VectorError::Dimensions { expected: self.dimensions, found: vector.len() });
        }
        if row >= self.rows || self.last.is_some_and(|last| last >= row) {
            return Err(VectorError::RowOrder { row, after: self.last, rows: self.rows });
        }
        self.last = Some(row);
        let Some(vector) = usable(self.options.metric, vector, &mut self.normalised) else {
            self.refused += 1;
            return Ok(false);
        };
        let vectors = &mut self.vectors;
        let start = vectors.high.len();
        let scale = 256.0 * encode(vector, &mut vectors.high, &mut vectors.low);
        vectors.rows.push(row.to_le_bytes());
        vectors.scales.push(scale.to_le_bytes());
        if self.options.metric != Metric::Cosine {
            let squares = vectors.high[start..].iter().map(|code| i64::from(*code as i8).pow(2));
            vectors.squares.push(scale * scale * squares.sum::<i64>() as f32);
        }
        Ok(true)
    }

    /// Rows whose vectors were taken.
    pub fn len(&self) -> u32 {
        self.vectors.rows.len() as u32
    }

    /// Whether no vector was taken.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Vectors that were not taken because they could not be found.
    pub fn refused(&self) -> u32 {
        self.refused
    }

    /// Links the vectors and writes the segment. The same vectors and options give the same bytes, whatever the number of
    /// threads. `progress` is told now and then how many vectors are linked, of how many, and may end the work.
    ///
    /// # Errors
    /// [`VectorError::Cancelled`] if `progress` ended it, [`VectorError::Threads`] if no threads could be started.
    pub fn finish(self, progress: &dyn Fn(u32, u32) -> ControlFlow<()>) -> Result<Vec<u8>, VectorError> {
        let Self { options, dimensions, rows, mut vectors, .. } = self;
        let threads = rayon::ThreadPoolBuilder::new().num_threads(options.threads).build();
        let threads = threads.map_err(|error| VectorError::Threads { reason: error.to_string() })?;
        let stride = stride(dimensions);
        vectors.merge_equal(stride);
        let levels = order::shuffle(&mut vectors, stride, options.m);
        let mut graph = construct::link(&vectors, stride, &levels, options, &threads, progress)?;
        graph.connect(&vectors, stride, options);
        let order = order::by_neighbourhood(&graph);
        Ok(layout::write(&vectors, &graph, &order, dimensions, rows, options))
    }
}

/// The vector as it is kept: normalised into `normalised` if only its direction matters. None if it cannot be compared.
pub(crate) fn usable<'a>(metric: Metric, vector: &'a [f32], normalised: &'a mut Vec<f32>) -> Option<&'a [f32]> {
    let square = kernels::dot(vector, vector);
    // Not finite if any of the numbers is not.
    if square.is_nan() || square > LARGEST_SQUARE {
        return None;
    }
    match metric {
        Metric::Cosine if square == 0.0 => None,
        Metric::Cosine => {
            let length = vector.iter().map(|number| f64::from(*number).powi(2)).sum::<f64>().sqrt();
            normalised.clear();
            normalised.extend(vector.iter().map(|number| (f64::from(*number) / length) as f32));
            Some(normalised)
        }
        Metric::L2 | Metric::InnerProduct => Some(vector),
    }
}

pub(crate) fn check(option: &'static str, value: usize, least: usize, most: usize) -> Result<(), VectorError> {
    if (least..=most).contains(&value) { Ok(()) } else { Err(VectorError::Option { option, value, least, most }) }
}

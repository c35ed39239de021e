//! Vectors as whole numbers of 16 bits, kept as two planes of bytes.
//!
//! A vector is stored as a scale and a code of 16 bits for each dimension: number = scale * code, where the scale makes
//! the largest code of the vector [`LARGEST`]. The high bytes, rounded, are by themselves the vector in 8 bits:
//! number ≈ 256 * scale * high. The low bytes say what that leaves out: code = 256 * high + low. All bytes are signed.

/// The largest code: its high byte rounds to 127, so that both ends are symmetric.
const LARGEST: f32 = 32_639.0;

/// Bytes that a vector takes in a plane: dimensions filled up with zeros to whole registers.
pub(crate) fn stride(dimensions: usize) -> usize {
    dimensions.next_multiple_of(crate::dots::REGISTER)
}

/// Appends the codes of a vector to both planes, filled up to whole registers; the scale. Numbers are finite.
pub(crate) fn encode(vector: &[f32], high: &mut Vec<u8>, low: &mut Vec<u8>) -> f32 {
    let largest = vector.iter().fold(0.0_f32, |largest, number| largest.max(number.abs()));
    // In 64 bits: the scale of a tiny vector may have no inverse in 32.
    let inverse = if largest > 0.0 { f64::from(LARGEST) / f64::from(largest) } else { 0.0 };
    let end = high.len() + stride(vector.len());
    for number in vector {
        let code = (f64::from(*number) * inverse).round() as i16;
        let rounded = (i32::from(code) + 128) >> 8;
        high.push(rounded as u8);
        low.push((i32::from(code) - 256 * rounded) as u8);
    }
    high.resize(end, 0);
    low.resize(end, 0);
    largest / LARGEST
}

/// One number of a vector, from its bytes in both planes, before it is multiplied by the scale.
#[inline(always)]
fn code(high: u8, low: u8) -> f32 {
    (256 * i32::from(high as i8) + i32::from(low as i8)) as f32
}

/// A vector of a segment, from its bytes in both planes.
#[derive(Clone, Copy)]
pub(crate) struct Coded<'a> {
    pub(crate) high: &'a [u8],
    pub(crate) low: &'a [u8],
    pub(crate) scale: f32,
}

impl Coded<'_> {
    /// The inner product with a vector of numbers.
    pub(crate) fn dot(self, query: &[f32]) -> f32 {
        self.scale * self.sum(query, |number, code, _| number * code)
    }

    /// The sum of squared differences to a vector of numbers.
    pub(crate) fn squared_l2(self, query: &[f32]) -> f32 {
        self.sum(query, |number, code, scale| {
            let difference = number - scale * code;
            difference * difference
        })
    }

    fn sum(self, query: &[f32], term: impl Fn(f32, f32, f32) -> f32 + Copy) -> f32 {
        const LANES: usize = 16;
        #[inline(always)]
        fn sum(coded: Coded<'_>, query: &[f32], term: impl Fn(f32, f32, f32) -> f32 + Copy) -> f32 {
            let mut sums = [0.0; LANES];
            let (query, query_rest) = query.as_chunks::<LANES>();
            let (high, high_rest) = coded.high.as_chunks::<LANES>();
            let (low, low_rest) = coded.low.as_chunks::<LANES>();
            for ((query, high), low) in query.iter().zip(high).zip(low) {
                for lane in 0..LANES {
                    sums[lane] += term(query[lane], code(high[lane], low[lane]), coded.scale);
                }
            }
            let (high_rest, low_rest) = match high.get(query.len()) {
                Some(high) => (high.as_slice(), low[query.len()].as_slice()),
                None => (high_rest, low_rest),
            };
            let rest = query_rest.iter().zip(high_rest).zip(low_rest);
            let rest: f32 = rest.map(|((query, high), low)| term(*query, code(*high, *low), coded.scale)).sum();
            sums.iter().sum::<f32>() + rest
        }
        fearless_simd::dispatch!(fearless_simd::Level::new(), _simd => sum(self, query, term))
    }
}

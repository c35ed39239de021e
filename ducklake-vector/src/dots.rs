//! Inner products of vectors of signed bytes: what building and searching spend their time on.
//!
//! They are whole numbers, so they are the same on every processor, whatever the order of summing.

use fearless_simd::prelude::*;
use fearless_simd::{Level, dispatch, u8x32};

/// Bytes that are read at once: the length of every vector is a multiple of it.
pub(crate) const REGISTER: usize = 32;

/// Vectors of signed bytes, one after the other, each of `stride` bytes.
#[derive(Clone, Copy)]
pub(crate) struct Plane<'a> {
    bytes: &'a [u8],
    stride: usize,
}

impl<'a> Plane<'a> {
    /// `stride` is a multiple of [`REGISTER`], and not 0.
    pub(crate) fn new(bytes: &'a [u8], stride: usize) -> Self {
        Self { bytes, stride }
    }

    /// One vector.
    #[inline(always)]
    pub(crate) fn vector(self, entry: u32) -> &'a [u8] {
        let start = entry as usize * self.stride;
        &self.bytes[start..start + self.stride]
    }

    /// Appends the inner products of `probe` with the vectors named by `entries`, all of which the plane holds.
    pub(crate) fn dots(self, probe: &Probe, entries: &[u32], dots: &mut Vec<i32>) {
        let level = Level::new();
        #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
        if let Some(avx2) = level.as_avx2() {
            return dots_avx2(avx2, self, probe, entries, dots);
        }
        dispatch!(level, _simd => dots_plain(self, probe, entries, dots));
    }
}

/// A vector that others are compared with.
pub(crate) struct Probe {
    codes: Vec<u8>,
    magnitudes: Vec<u8>,
}

impl Probe {
    pub(crate) fn new(codes: &[u8]) -> Self {
        let mut probe = Self { codes: Vec::new(), magnitudes: Vec::new() };
        probe.set(codes);
        probe
    }

    /// Takes another vector's place, in the same memory.
    pub(crate) fn set(&mut self, codes: &[u8]) {
        self.codes.clear();
        self.codes.extend_from_slice(codes);
        self.magnitudes.clear();
        self.magnitudes.extend(codes.iter().map(|code| (*code as i8).unsigned_abs()));
    }
}

/// For any processor, as the compiler vectorises it.
#[inline(always)]
fn dots_plain(plane: Plane<'_>, probe: &Probe, entries: &[u32], dots: &mut Vec<i32>) {
    dots.extend(entries.iter().map(|entry| {
        let pairs = probe.codes.iter().zip(plane.vector(*entry));
        pairs.map(|(a, b)| i32::from(*a as i8) * i32::from(*b as i8)).sum::<i32>()
    }));
}

#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
fearless_simd::kernel!(
    /// Four vectors at a time: their bytes come from far away, and waiting for all is not longer than waiting for one.
    fn dots_avx2(avx2: Avx2, plane: Plane<'_>, probe: &Probe, entries: &[u32], dots: &mut Vec<i32>) {
        #[cfg(target_arch = "x86")]
        use std::arch::x86::*;
        #[cfg(target_arch = "x86_64")]
        use std::arch::x86_64::*;

        let ones = _mm256_set1_epi16(1);
        // Products of a magnitude (unsigned) and a byte that took the probe's sign, two of which fit 16 bits: no code is
        // -128.
        macro_rules! add {
            ($sum:ident, $code:ident, $magnitude:ident, $bytes:expr) => {
                let bytes: __m256i = u8x32::from_slice(avx2, $bytes).into();
                let products = _mm256_maddubs_epi16($magnitude, _mm256_sign_epi8(bytes, $code));
                $sum = _mm256_add_epi32($sum, _mm256_madd_epi16(products, ones));
            };
        }
        let codes = probe.codes.chunks_exact(REGISTER).zip(probe.magnitudes.chunks_exact(REGISTER));
        let (fours, rest) = entries.as_chunks::<4>();
        for four in fours {
            let [a, b, c, d] = four.map(|entry| plane.vector(entry).chunks_exact(REGISTER));
            let zero = _mm256_setzero_si256();
            let (mut a_sum, mut b_sum, mut c_sum, mut d_sum) = (zero, zero, zero, zero);
            for (((((codes, magnitudes), a), b), c), d) in codes.clone().zip(a).zip(b).zip(c).zip(d) {
                let code: __m256i = u8x32::from_slice(avx2, codes).into();
                let magnitude: __m256i = u8x32::from_slice(avx2, magnitudes).into();
                add!(a_sum, code, magnitude, a);
                add!(b_sum, code, magnitude, b);
                add!(c_sum, code, magnitude, c);
                add!(d_sum, code, magnitude, d);
            }
            let sums = _mm256_hadd_epi32(_mm256_hadd_epi32(a_sum, b_sum), _mm256_hadd_epi32(c_sum, d_sum));
            let sums = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256::<1>(sums));
            let four: [i32; 4] = [
                _mm_extract_epi32::<0>(sums),
                _mm_extract_epi32::<1>(sums),
                _mm_extract_epi32::<2>(sums),
                _mm_extract_epi32::<3>(sums),
            ];
            dots.extend_from_slice(&four);
        }
        for entry in rest {
            let mut sum = _mm256_setzero_si256();
            for ((codes, magnitudes), bytes) in codes.clone().zip(plane.vector(*entry).chunks_exact(REGISTER)) {
                let code: __m256i = u8x32::from_slice(avx2, codes).into();
                let magnitude: __m256i = u8x32::from_slice(avx2, magnitudes).into();
                add!(sum, code, magnitude, bytes);
            }
            let half = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256::<1>(sum));
            let half = _mm_hadd_epi32(half, half);
            dots.push(_mm_cvtsi128_si32(_mm_hadd_epi32(half, half)));
        }
    }
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_ways_give_the_same_sums() {
        let mut random = fastrand::Rng::with_seed(1);
        for stride in [32, 64, 96, 384] {
            let bytes: Vec<u8> = (0..7 * stride).map(|_| random.i8(-127..=127) as u8).collect();
            let plane = Plane::new(&bytes, stride);
            let probe = Probe::new(plane.vector(3));
            let entries = [6, 0, 3, 3, 1, 5, 2];
            let (mut plain, mut wide) = (vec![7], vec![7]);
            dots_plain(plane, &probe, &entries, &mut plain);
            plane.dots(&probe, &entries, &mut wide);
            assert_eq!(plain, wide);
        }
    }

    #[test]
    fn the_extremes_do_not_overflow() {
        let bytes = [[127_u8; 64], [(-127_i8) as u8; 64]].concat();
        let plane = Plane::new(&bytes, 64);
        let mut dots = Vec::new();
        plane.dots(&Probe::new(plane.vector(0)), &[0, 1], &mut dots);
        plane.dots(&Probe::new(plane.vector(1)), &[0, 1], &mut dots);
        let most = 127 * 127 * 64;
        assert_eq!(dots, [most, -most, -most, most]);
    }
}

//! Sums over two vectors of floating point numbers, with the widest instructions that the processor has.
//!
//! Vectors of different lengths are compared as far as the shorter one goes: callers know their lengths. Sums are taken
//! in several lanes, so the last digits may differ from those of a sum from left to right, and from one kind of processor
//! to another.

use fearless_simd::prelude::*;
use fearless_simd::{Level, Simd, dispatch};

macro_rules! float_kernels {
    ($float:ident, $lanes:ident, $dot:ident, $squared_l2:ident, $cosine_similarity:ident, $wide:ident) => {
        /// The sum of products: DuckDB's `array_inner_product`.
        pub fn $dot(a: &[$float], b: &[$float]) -> $float {
            dispatch!(Level::new(), simd => $wide::dot(simd, a, b))
        }

        /// The sum of squared differences; its root is DuckDB's `array_distance`.
        pub fn $squared_l2(a: &[$float], b: &[$float]) -> $float {
            dispatch!(Level::new(), simd => $wide::squared_l2(simd, a, b))
        }

        /// The cosine of the angle between two vectors, from -1 to 1: DuckDB's `array_cosine_similarity`. As in DuckDB
        /// it is -1 where there is none: when a vector is zero, or holds a NaN or an infinity.
        pub fn $cosine_similarity(a: &[$float], b: &[$float]) -> $float {
            let [ab, aa, bb] = dispatch!(Level::new(), simd => $wide::products(simd, a, b));
            let cosine = ab / (aa * bb).sqrt();
            // Not `clamp`: a NaN has to become -1.
            if cosine > -1.0 { cosine.min(1.0) } else { -1.0 }
        }

        mod $wide {
            use super::*;

            /// Calls `more` with registers from both, four pairs for each turn of the loop, then with the rest in
            /// registers filled up with zeros.
            #[inline(always)]
            fn pairs<S: Simd>(simd: S, a: &[$float], b: &[$float], mut more: impl FnMut(usize, S::$lanes, S::$lanes)) {
                let width = S::$lanes::LEN;
                let length = a.len().min(b.len());
                let (mut a, mut b) = (a[..length].chunks_exact(4 * width), b[..length].chunks_exact(4 * width));
                for (a, b) in (&mut a).zip(&mut b) {
                    for (i, (a, b)) in a.chunks_exact(width).zip(b.chunks_exact(width)).enumerate() {
                        more(i, S::$lanes::from_slice(simd, a), S::$lanes::from_slice(simd, b));
                    }
                }
                let (mut a, mut b) = (a.remainder().chunks_exact(width), b.remainder().chunks_exact(width));
                for (a, b) in (&mut a).zip(&mut b) {
                    more(0, S::$lanes::from_slice(simd, a), S::$lanes::from_slice(simd, b));
                }
                let (mut a_end, mut b_end) = (S::$lanes::splat(simd, 0.0), S::$lanes::splat(simd, 0.0));
                a_end.as_mut_slice()[..a.remainder().len()].copy_from_slice(a.remainder());
                b_end.as_mut_slice()[..b.remainder().len()].copy_from_slice(b.remainder());
                more(0, a_end, b_end);
            }

            /// The sum of all lanes of four registers.
            #[inline(always)]
            fn total<S: Simd>([a, b, c, d]: [S::$lanes; 4]) -> $float {
                ((a + b) + (c + d)).as_slice().iter().sum()
            }

            #[inline(always)]
            pub(super) fn dot<S: Simd>(simd: S, a: &[$float], b: &[$float]) -> $float {
                let mut sums = [S::$lanes::splat(simd, 0.0); 4];
                pairs(simd, a, b, |i, a, b| sums[i] = a.mul_add(b, sums[i]));
                total::<S>(sums)
            }

            #[inline(always)]
            pub(super) fn squared_l2<S: Simd>(simd: S, a: &[$float], b: &[$float]) -> $float {
                let mut sums = [S::$lanes::splat(simd, 0.0); 4];
                pairs(simd, a, b, |i, a, b| {
                    let difference = a - b;
                    sums[i] = difference.mul_add(difference, sums[i]);
                });
                total::<S>(sums)
            }

            /// The sums of `a * b`, `a * a` and `b * b`.
            #[inline(always)]
            pub(super) fn products<S: Simd>(simd: S, a: &[$float], b: &[$float]) -> [$float; 3] {
                let zeros = [S::$lanes::splat(simd, 0.0); 4];
                let (mut ab, mut aa, mut bb) = (zeros, zeros, zeros);
                pairs(simd, a, b, |i, a, b| {
                    ab[i] = a.mul_add(b, ab[i]);
                    aa[i] = a.mul_add(a, aa[i]);
                    bb[i] = b.mul_add(b, bb[i]);
                });
                [total::<S>(ab), total::<S>(aa), total::<S>(bb)]
            }
        }
    };
}

float_kernels!(f32, f32s, dot, squared_l2, cosine_similarity, single);
float_kernels!(f64, f64s, dot_f64, squared_l2_f64, cosine_similarity_f64, double);

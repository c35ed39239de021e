//! Which 32-bit floats DuckDB prints with the digits of a 64-bit one.
//!
//! DuckDB finds shortest digits with the Grisu3 algorithm (Loitsch, "Printing Floating-Point Numbers Quickly
//! and Accurately with Integers"). For the few values that Grisu3 cannot decide it falls back to an exact
//! method that takes every value for a 64-bit float, so `462500416` as a float32 gets all its digits where
//! `462500400` would do. To print the same text, Grisu3's verdict has to be known.

/// A number `f * 2^e`.
#[derive(Clone, Copy)]
struct Fp {
    f: u64,
    e: i32,
}

/// 64-bit significands and exponents of `10^k` for k = -36, -28, … 52, as many as float32 needs.
const CACHED_POWERS: [(u64, i32); 12] = [
    (0xaa24_2499_6973_92d3, -183),
    (0xfd87_b5f2_8300_ca0e, -157),
    (0xbce5_0864_9211_1aeb, -130),
    (0x8cbc_cc09_6f50_88cc, -103),
    (0xd1b7_1758_e219_652c, -77),
    (0x9c40_0000_0000_0000, -50),
    (0xe8d4_a510_0000_0000, -24),
    (0xad78_ebc5_ac62_0000, 3),
    (0x813f_3978_f894_0984, 30),
    (0xc097_ce7b_c907_15b3, 56),
    (0x8f7e_32ce_7bea_5c70, 83),
    (0xd5d2_38a4_abe9_8068, 109),
];

/// The scaled value is given an exponent of at least this, so that its integral part fits 32 bits.
const MIN_EXPONENT: i32 = -60;

impl Fp {
    fn normalized(self) -> Self {
        let shift = self.f.leading_zeros();
        Self { f: self.f << shift, e: self.e - shift as i32 }
    }

    /// The upper 64 bits of the product, rounded.
    fn times(self, other: Self) -> Self {
        let product = u128::from(self.f) * u128::from(other.f);
        let half = (product as u64) >> 63;
        Self { f: (product >> 64) as u64 + half, e: self.e + other.e + 64 }
    }
}

/// Whether Grisu3 fails to find the shortest digits of a positive finite value.
pub(super) fn undecided(value: f32) -> bool {
    let bits = value.to_bits();
    let (biased, mantissa) = (bits >> 23 & 0xff, u64::from(bits & 0x7f_ffff));
    let exact =
        if biased == 0 { Fp { f: mantissa, e: -149 } } else { Fp { f: mantissa | 0x80_0000, e: biased as i32 - 150 } };
    // The neighbours' half-way points; the lower neighbour of a power of two is closer.
    let upper = Fp { f: (exact.f << 2) + 2, e: exact.e - 2 }.normalized();
    let closer = mantissa == 0 && biased > 1;
    let lower = Fp { f: (exact.f << 2) - if closer { 1 } else { 2 }, e: exact.e - 2 };
    let lower = Fp { f: lower.f << (lower.e - upper.e), e: upper.e };
    let exact = exact.normalized();

    let Some(power) = cached_power(MIN_EXPONENT - (exact.e + 64)) else { return true };
    let scaled = exact.times(power);
    let (upper, lower) = (upper.times(power).f + 1, lower.times(power).f - 1);
    !digits_decide(Fp { f: upper, e: scaled.e }, upper - lower, upper - scaled.f)
}

/// The smallest cached power of ten with at least this binary exponent.
fn cached_power(min_exponent: i32) -> Option<Fp> {
    let (f, e) = CACHED_POWERS.into_iter().find(|(_, e)| *e >= min_exponent)?;
    Some(Fp { f, e })
}

/// Generates digits of `upper` until the rest is within `width` of it, then asks whether they are certainly
/// the shortest and closest for the value that lies `distance` below `upper`.
fn digits_decide(upper: Fp, mut width: u64, distance: u64) -> bool {
    let shift = -upper.e;
    let one = 1u64 << shift;
    let mut integral = upper.f >> shift;
    let mut fraction = upper.f & (one - 1);
    let mut divisor = 1u64;
    while integral / divisor >= 10 {
        divisor *= 10;
    }
    while divisor > 0 {
        integral %= divisor;
        let rest = (integral << shift) + fraction;
        if rest < width {
            return certain(rest, width, divisor << shift, 1, distance);
        }
        divisor /= 10;
    }
    let mut unit = 1u64;
    // A float32 has far fewer digits than would overflow here.
    for _ in 0..18 {
        fraction *= 10;
        width = width.saturating_mul(10);
        unit *= 10;
        fraction &= one - 1;
        if fraction < width {
            return certain(fraction, width, one, unit, distance);
        }
    }
    false
}

/// Grisu3's rounding and weeding of the last digit.
fn certain(mut rest: u64, width: u64, divisor: u64, unit: u64, distance: u64) -> bool {
    let near = (distance - 1).saturating_mul(unit);
    let far = (distance + 1).saturating_mul(unit);
    let lowers = |rest: u64, target: u64| {
        rest < target
            && width - rest >= divisor
            && (rest + divisor < target || target - rest >= rest + divisor - target)
    };
    while lowers(rest, near) {
        rest += divisor;
    }
    let ambiguous =
        rest < far && width - rest >= divisor && (rest + divisor < far || far - rest > rest + divisor - far);
    !ambiguous && 2 * unit <= rest && rest <= width.saturating_sub(4 * unit)
}

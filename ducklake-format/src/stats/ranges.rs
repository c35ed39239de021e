//! Least and greatest of many values, in as few instructions per value as possible.

use std::cmp::Ordering;

use arrow::array::types::ByteViewType;
use arrow::array::{ArrayAccessor, GenericByteViewArray};
use arrow::buffer::NullBuffer;

/// Least and greatest value, if there is any.
#[derive(Debug, Clone)]
pub(super) struct Range<T>(Option<(T, T)>);

impl<T> Default for Range<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T: Copy + Ord> Range<T> {
    pub(super) fn add_both(&mut self, low: T, high: T) {
        self.0 = Some(match self.0 {
            None => (low, high),
            Some((min, max)) => (min.min(low), max.max(high)),
        });
    }

    pub(super) fn merge(&mut self, other: Self) {
        if let Some((low, high)) = other.0 {
            self.add_both(low, high);
        }
    }

    pub(super) fn bounds(self) -> Option<(T, T)> {
        self.0
    }
}

/// Least and greatest number, and NaN apart from them. Of both zeros the first one stands.
#[derive(Debug, Clone, Default)]
pub(super) struct Floats {
    range: Option<(f64, f64)>,
    /// A NaN that occurred.
    pub(super) nan: Option<f64>,
}

macro_rules! add_floats {
    ($name:ident, $float:ty) => {
        pub(super) fn $name(&mut self, values: &[$float]) {
            const LANES: usize = 8;
            // Comparisons with NaN are false, which leaves it out.
            let mut low = [<$float>::INFINITY; LANES];
            let mut high = [<$float>::NEG_INFINITY; LANES];
            let mut has_nan = [false; LANES];
            let (chunks, rest) = values.as_chunks::<LANES>();
            let mut add = |lane: usize, v: $float| {
                low[lane] = if v < low[lane] { v } else { low[lane] };
                high[lane] = if v > high[lane] { v } else { high[lane] };
                has_nan[lane] |= v.is_nan();
            };
            chunks.iter().for_each(|chunk| (0..LANES).for_each(|lane| add(lane, chunk[lane])));
            rest.iter().enumerate().for_each(|(lane, v)| add(lane, *v));
            let has_nan = has_nan.contains(&true);
            if has_nan && self.nan.is_none() {
                self.nan = values.iter().copied().find(|v| v.is_nan()).map(f64::from);
            }
            if has_nan && values.iter().all(|v| v.is_nan()) {
                return;
            }
            let low = low.into_iter().fold(<$float>::INFINITY, <$float>::min);
            let high = high.into_iter().fold(<$float>::NEG_INFINITY, <$float>::max);
            let first = |bound: $float| if bound == 0.0 { values.iter().find(|v| **v == 0.0) } else { None };
            let (low, high) = (*first(low).unwrap_or(&low), *first(high).unwrap_or(&high));
            self.add_range(f64::from(low), f64::from(high));
        }
    };
}

impl Floats {
    add_floats!(add_f32, f32);
    add_floats!(add_f64, f64);

    fn add_range(&mut self, low: f64, high: f64) {
        self.range = Some(match self.range {
            None => (low, high),
            Some((min, max)) => (if low < min { low } else { min }, if high > max { high } else { max }),
        });
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.nan = self.nan.or(other.nan);
        if let Some((low, high)) = other.range {
            self.add_range(low, high);
        }
    }

    pub(super) fn bounds(&self) -> Option<(f64, f64)> {
        self.range
    }

    /// The bounds in DuckDB's order, where NaN is the greatest value.
    pub(super) fn bounds_with_nan(&self) -> Option<(f64, f64)> {
        match (self.range, self.nan) {
            (Some((low, high)), nan) => Some((low, nan.unwrap_or(high))),
            (None, Some(nan)) => Some((nan, nan)),
            (None, None) => None,
        }
    }
}

/// Least and greatest byte string, which for UTF-8 is also the order of code points.
#[derive(Debug, Clone, Default)]
pub(super) struct Bytes(Option<(Vec<u8>, Vec<u8>)>);

impl Bytes {
    pub(super) fn add(&mut self, value: &[u8]) {
        match &mut self.0 {
            None => self.0 = Some((value.to_vec(), value.to_vec())),
            Some((min, max)) => {
                if value < min.as_slice() {
                    *min = value.to_vec();
                }
                if value > max.as_slice() {
                    *max = value.to_vec();
                }
            }
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        if let Some((min, max)) = other.0 {
            self.add(&min);
            self.add(&max);
        }
    }

    pub(super) fn bounds(self) -> Option<(Vec<u8>, Vec<u8>)> {
        self.0
    }

    pub(super) fn as_slices(&self) -> Option<(&[u8], &[u8])> {
        self.0.as_ref().map(|(min, max)| (min.as_slice(), max.as_slice()))
    }
}

/// Adds the values of an array of plain strings or bytes.
pub(super) fn scan_bytes<A>(array: A, valid: Option<&NullBuffer>, bytes: &mut Bytes)
where
    A: ArrayAccessor,
    A::Item: AsRef<[u8]> + Copy,
{
    let rows = (0..array.len()).filter(|row| valid.is_none_or(|valid| valid.is_valid(*row)));
    let mut found: Option<(A::Item, A::Item)> = None;
    for row in rows {
        let value = array.value(row);
        let Some((min, max)) = &mut found else {
            found = Some((value, value));
            continue;
        };
        if value.as_ref() < (*min).as_ref() {
            *min = value;
        } else if value.as_ref() > (*max).as_ref() {
            *max = value;
        }
    }
    if let Some((min, max)) = found {
        bytes.add(min.as_ref());
        bytes.add(max.as_ref());
    }
}

/// Adds the values of an array of views. The four bytes that a view holds in place decide for most values.
pub(super) fn scan_views<T: ByteViewType>(
    array: &GenericByteViewArray<T>,
    valid: Option<&NullBuffer>,
    bytes: &mut Bytes,
) {
    let views = array.views();
    let value = |row: usize| -> &[u8] { array.value(row).as_ref() };
    let mut found: Option<[(u32, &[u8]); 2]> = None;
    for row in 0..views.len() {
        if valid.is_some_and(|valid| valid.is_null(row)) {
            continue;
        }
        // After the length; bytes beyond the value are zero.
        let prefix = ((views[row] >> 32) as u32).swap_bytes();
        let Some([min, max]) = &mut found else {
            found = Some([(prefix, value(row)); 2]);
            continue;
        };
        if min.0 < prefix && prefix < max.0 {
            continue;
        }
        let value = value(row);
        if prefix <= min.0 && value.cmp(min.1) == Ordering::Less {
            *min = (prefix, value);
        }
        if prefix >= max.0 && value.cmp(max.1) == Ordering::Greater {
            *max = (prefix, value);
        }
    }
    if let Some([min, max]) = found {
        bytes.add(min.1);
        bytes.add(max.1);
    }
}

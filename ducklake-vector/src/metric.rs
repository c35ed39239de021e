//! Which distance, by name.

use std::fmt;
use std::str::FromStr;

use crate::VectorError;
use crate::kernels;

/// How far two vectors are apart. Less is nearer, whichever it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Metric {
    /// One minus the cosine of the angle, from 0 to 2: DuckDB's `array_cosine_distance`.
    Cosine,
    /// The Euclidean distance: DuckDB's `array_distance`.
    L2,
    /// The inner product, negated: DuckDB's `array_negative_inner_product`.
    InnerProduct,
}

impl Metric {
    /// The distance between two vectors of one length.
    pub fn distance(self, a: &[f32], b: &[f32]) -> f32 {
        match self {
            Self::Cosine => 1.0 - kernels::cosine_similarity(a, b),
            Self::L2 => kernels::squared_l2(a, b).sqrt(),
            Self::InnerProduct => -kernels::dot(a, b),
        }
    }
}

/// The name that DuckDB's extension `vss` has for the metric: `cosine`, `l2sq` or `ip`.
impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cosine => "cosine",
            Self::L2 => "l2sq",
            Self::InnerProduct => "ip",
        })
    }
}

impl FromStr for Metric {
    type Err = VectorError;

    fn from_str(name: &str) -> Result<Self, VectorError> {
        [Self::Cosine, Self::L2, Self::InnerProduct]
            .into_iter()
            .find(|metric| name.eq_ignore_ascii_case(&metric.to_string()))
            .ok_or_else(|| VectorError::UnknownMetric { name: name.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for metric in [Metric::Cosine, Metric::L2, Metric::InnerProduct] {
            assert_eq!(metric.to_string().parse::<Metric>().unwrap(), metric);
        }
        assert_eq!("COSINE".parse::<Metric>().unwrap(), Metric::Cosine);
        assert!("manhattan".parse::<Metric>().is_err());
    }

    #[test]
    fn distances_are_those_of_duckdb() {
        assert!((Metric::L2.distance(&[1.0, 2.0], &[3.0, 5.0]) - 3.605_551_2).abs() < 1e-6);
        assert_eq!(Metric::InnerProduct.distance(&[1.0, 2.0], &[3.0, 5.0]), -13.0);
        assert_eq!(Metric::Cosine.distance(&[1.0, 0.0], &[0.0, 3.0]), 1.0);
        // Without an angle the cosine is -1.
        assert_eq!(Metric::Cosine.distance(&[0.0; 3], &[1.0, 2.0, 3.0]), 2.0);
        assert_eq!(Metric::Cosine.distance(&[f32::NAN, 2.0], &[1.0, 2.0]), 2.0);
    }
}

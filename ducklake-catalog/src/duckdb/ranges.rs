//! Files that a range excludes by their statistics, judged as coarsely as the SQL of the other databases does it.

use crate::driver::Cell;
use crate::files::{BoundComparison, ColumnRange};

/// Whether no value between these bounds is in the range. `may_have_nan` where that is not known to be otherwise.
pub(super) fn excludes(range: &ColumnRange, min: Option<&str>, max: Option<&str>, may_have_nan: bool) -> bool {
    let below = || {
        // NaN is above every number, but outside of the bounds (DuckLake spec, "Pruning rules").
        let nan_matters = range.comparison == BoundComparison::Float && may_have_nan;
        !nan_matters && is_less(range.comparison, Side::Text(max), Side::Cell(range.low.as_ref()))
    };
    let above = || is_less(range.comparison, Side::Cell(range.high.as_ref()), Side::Text(min));
    below() || above()
}

#[derive(Clone, Copy)]
enum Side<'a> {
    Text(Option<&'a str>),
    Cell(Option<&'a Cell>),
}

/// Whether both are values of the kind, and the left one is less.
fn is_less(comparison: BoundComparison, left: Side<'_>, right: Side<'_>) -> bool {
    fn both<T: PartialOrd>(left: Option<T>, right: Option<T>) -> bool {
        matches!((left, right), (Some(left), Some(right)) if left < right)
    }
    match comparison {
        BoundComparison::Integer => both(left.integer(), right.integer()),
        BoundComparison::Float | BoundComparison::Decimal => both(left.float(), right.float()),
        BoundComparison::Text => both(left.text().map(str::as_bytes), right.text().map(str::as_bytes)),
        BoundComparison::IsoTime => both(left.time(), right.time()),
    }
}

impl<'a> Side<'a> {
    fn integer(self) -> Option<i64> {
        match self {
            Self::Text(text) => text?.parse().ok(),
            Self::Cell(cell) => cell?.as_i64(),
        }
    }

    fn float(self) -> Option<f64> {
        match self {
            Self::Text(text) => text?.parse().ok().filter(|value: &f64| value.is_finite()),
            Self::Cell(Some(Cell::Float(value))) => Some(*value),
            Self::Cell(Some(Cell::Float32(value))) => Some(f64::from(*value)),
            Self::Cell(Some(Cell::Int(value))) => Some(*value as f64),
            Self::Cell(_) => None,
        }
    }

    fn text(self) -> Option<&'a str> {
        match self {
            Self::Text(text) => text,
            Self::Cell(Some(Cell::Text(text))) => Some(text),
            Self::Cell(_) => None,
        }
    }

    /// Text of a time that compares like the time: four digits of a year, and not before Christ. What is searched for
    /// is of that form.
    fn time(self) -> Option<&'a str> {
        let text = self.text()?;
        let is_iso = matches!(self, Self::Cell(_))
            || (text.len() >= 10
                && !text.contains('(')
                && text.bytes().take(10).enumerate().all(|(at, byte)| match at {
                    4 | 7 => byte == b'-',
                    _ => byte.is_ascii_digit(),
                }));
        is_iso.then_some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(comparison: BoundComparison, low: Cell, high: Cell) -> ColumnRange {
        ColumnRange { column_id: 1, comparison, low: Some(low), high: Some(high) }
    }

    #[test]
    fn only_what_is_certainly_outside_is_excluded() {
        use BoundComparison::{Float, Integer, IsoTime, Text};
        let int = range(Integer, Cell::Int(5), Cell::Int(7));
        let float = range(Float, Cell::Float(5.0), Cell::Float(7.0));
        let text = range(Text, "b".into(), "c".into());
        let time = range(IsoTime, "2024-01-01".into(), "2024-12-31".into());
        for (range, min, max, nan, expected) in [
            (&int, "1", "4", true, true),
            (&int, "8", "9", true, true),
            (&int, "1", "5", true, false),
            (&int, "x", "4-", true, false),
            (&float, "1.0", "4.5", true, false),
            (&float, "1.0", "4.5", false, true),
            (&float, "7.5", "nan", true, true),
            (&float, "-inf", "inf", false, false),
            (&text, "a", "az", true, true),
            (&text, "a", "b", true, false),
            (&time, "2025-01-01 00:00:00", "2026-01-01 00:00:00", true, true),
            (&time, "0044-03-15 (BC)", "0043-03-15 (BC)", true, false),
            (&time, "-infinity", "infinity", true, false),
        ] {
            assert_eq!(excludes(range, Some(min), Some(max), nan), expected, "{range:?} {min} {max}");
        }
        assert!(!excludes(&int, None, None, false));
    }
}

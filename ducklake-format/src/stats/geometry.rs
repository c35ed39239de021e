//! Statistics of geometry: the box around all coordinates, and the kinds of geometries.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde_json::Value;

use crate::FormatError;
use crate::geometry::for_each_vertex;

const DIMENSIONS: [&str; 4] = ["x", "y", "z", "m"];

/// What `extra_stats` holds of geometries.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Extent {
    /// Least and greatest coordinate in each dimension.
    ranges: [Option<(f64, f64)>; 4],
    types: BTreeSet<String>,
}

impl Extent {
    /// Adds a geometry.
    pub(super) fn add(&mut self, wkb: &[u8]) -> Result<(), FormatError> {
        let ranges = &mut self.ranges;
        let type_name = for_each_vertex(wkb, |vertex| {
            for (range, value) in ranges.iter_mut().zip(vertex) {
                if let Some(value) = value.filter(|value| !value.is_nan()) {
                    widen(range, (value, value));
                }
            }
        })?;
        if !self.types.contains(&type_name) {
            self.types.insert(type_name);
        }
        Ok(())
    }

    pub(super) fn merge(&mut self, other: Self) {
        for (range, other) in self.ranges.iter_mut().zip(other.ranges) {
            if let Some(other) = other {
                widen(range, other);
            }
        }
        self.types.extend(other.types);
    }

    /// Six decimals, as DuckDB writes them, but rounded outwards.
    pub(super) fn to_json(&self) -> String {
        let mut json = String::from("{\"bbox\": {");
        for (i, (name, range)) in DIMENSIONS.iter().zip(self.ranges).enumerate() {
            let separator = if i > 0 { ", " } else { "" };
            // Writing to a String cannot fail.
            let _ = match range {
                Some((min, max)) => write!(
                    json,
                    "{separator}\"{name}min\": {}, \"{name}max\": {}",
                    rounded(min, |written| written > min, -1e-6),
                    rounded(max, |written| written < max, 1e-6)
                ),
                None => write!(json, "{separator}\"{name}min\": null, \"{name}max\": null"),
            };
        }
        let types: Vec<String> = self.types.iter().map(|name| format!("\"{name}\"")).collect();
        let _ = write!(json, "}}, \"types\": [{}]}}", types.join(", "));
        json
    }

    /// The statistics of both; `None` where one of them is no such JSON.
    pub(super) fn merge_json(old: &str, new: &str) -> Option<String> {
        let mut extent = Self::from_json(old)?;
        extent.merge(Self::from_json(new)?);
        Some(extent.to_json())
    }

    fn from_json(json: &str) -> Option<Self> {
        let json: Value = serde_json::from_str(json).ok()?;
        let bbox = json.get("bbox")?.as_object()?;
        let mut ranges = [None; 4];
        for (range, name) in ranges.iter_mut().zip(DIMENSIONS) {
            let bound = |end: &str| bbox.get(&format!("{name}{end}")).filter(|value| !value.is_null());
            *range = match (bound("min"), bound("max")) {
                (None, None) => None,
                (Some(min), Some(max)) => Some((min.as_f64()?, max.as_f64()?)),
                _ => return None,
            };
        }
        let types = json.get("types")?.as_array()?;
        // Names are lower-case words; anything else could not be written back as it is.
        let is_name = |name: &&str| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        let types = types.iter().map(|name| name.as_str().filter(is_name).map(str::to_string));
        Some(Self { ranges, types: types.collect::<Option<_>>()? })
    }
}

fn widen(range: &mut Option<(f64, f64)>, (low, high): (f64, f64)) {
    *range = Some(range.map_or((low, high), |(min, max)| (min.min(low), max.max(high))));
}

/// A number with six decimals, moved by `step` if rounding went to the wrong side. JSON has no infinity, and
/// readers take the greatest finite number for all beyond.
fn rounded(value: f64, is_wrong: impl Fn(f64) -> bool, step: f64) -> String {
    let finite = value.clamp(f64::MIN, f64::MAX);
    let text = format!("{finite:.6}");
    if text.parse().is_ok_and(is_wrong) && value.is_finite() { format!("{:.6}", finite + step) } else { text }
}

//! Bounds as the text that the catalog keeps.

use std::sync::Arc;

use arrow::array::{ArrayData, ArrayRef, Float32Array, Float64Array, make_array};
use arrow::buffer::Buffer;

use crate::{DisplayOptions, LakeType, ValueDisplay};

/// Longest bound that DuckDB writes whole, in bytes.
const MAX_BOUND: usize = 256;

/// The text of an integer, decimal, date, time or timestamp; `None` where there is no text.
pub(super) fn integer(lake_type: &LakeType, value: i128) -> Option<String> {
    let data_type = lake_type.nested_arrow_type();
    let width = data_type.primitive_width()?;
    // Arrow's buffers are little-endian.
    let bytes = value.to_le_bytes();
    let buffer = Buffer::from_slice_ref(bytes.get(..width)?);
    let data = ArrayData::builder(data_type).len(1).add_buffer(buffer).build().ok()?;
    first(lake_type, &make_array(data))
}

/// The text of a float.
pub(super) fn float(lake_type: &LakeType, value: f64) -> Option<String> {
    let array: ArrayRef = match lake_type {
        LakeType::Float32 => Arc::new(Float32Array::from(vec![value as f32])),
        _ => Arc::new(Float64Array::from(vec![value])),
    };
    first(lake_type, &array)
}

fn first(lake_type: &LakeType, array: &ArrayRef) -> Option<String> {
    let field = lake_type.field("");
    let display = ValueDisplay::try_new(array.as_ref(), &field, &DisplayOptions::default()).ok()?;
    let mut text = String::new();
    display.write(0, &mut text);
    Some(text)
}

/// A bound as it is. Catalogs cannot hold NUL characters.
pub(super) fn plain(bytes: Vec<u8>) -> Option<String> {
    String::from_utf8(bytes).ok().filter(|text| !text.contains('\0'))
}

/// The bounds of strings and blobs, cut to 256 bytes. Where an upper bound cannot be cut neither is known, as
/// in DuckDB.
pub(super) fn cut_bounds(lake_type: &LakeType, min: Vec<u8>, max: Vec<u8>) -> Option<(Option<String>, Option<String>)> {
    if *lake_type == LakeType::Blob {
        let max = raised(max, |byte| byte < u8::MAX)?;
        return Some((Some(hex(&min[..min.len().min(MAX_BOUND)])), Some(hex(&max))));
    }
    // Only ASCII is raised: another byte plus one may be no character.
    let max = raised(max, |byte| byte < 0x7F)?;
    Some((plain(prefix(min)), plain(max)))
}

/// As many characters as fit into a bound.
fn prefix(mut bytes: Vec<u8>) -> Vec<u8> {
    if bytes.len() > MAX_BOUND {
        let is_boundary = |at: &usize| bytes[*at] & 0xC0 != 0x80;
        let end = (0..=MAX_BOUND).rev().find(is_boundary).unwrap_or(0);
        bytes.truncate(end);
    }
    bytes
}

/// A short upper bound of a long value: its front up to the last byte that can be raised, with that byte raised.
fn raised(mut bytes: Vec<u8>, can_raise: impl Fn(u8) -> bool) -> Option<Vec<u8>> {
    if bytes.len() <= MAX_BOUND {
        return Some(bytes);
    }
    bytes.truncate(MAX_BOUND);
    let last = bytes.iter().rposition(|byte| can_raise(*byte))?;
    bytes.truncate(last + 1);
    bytes[last] += 1;
    Some(bytes)
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

//! Variants: any metadata and value, plain or as parts of a shredded object or list, are printed or refused.
#![no_main]

use std::sync::Arc;

use arrow::array::{ArrayRef, BinaryArray, Int64Array, ListArray, StructArray};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::Field;
use ducklake_format::variant::variant_text;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&[u8], Option<&[u8]>, Option<&[u8]>, Option<i64>)| {
    let (metadata, value, part, typed) = input;
    let metadata = binary(Some(metadata));
    let _ = variant_text(&group(vec![("metadata", metadata.clone()), ("value", binary(value))]));

    let part = || -> ArrayRef {
        Arc::new(group(vec![("value", binary(part)), ("typed_value", Arc::new(Int64Array::from(vec![typed])))]))
    };
    let object: ArrayRef = Arc::new(group(vec![("a", part()), ("b", part())]));
    let element = Arc::new(Field::new("element", part().data_type().clone(), true));
    let list: ArrayRef = Arc::new(ListArray::new(element, OffsetBuffer::from_lengths([1]), part(), None));
    for typed_value in [object, list] {
        let columns = vec![("metadata", metadata.clone()), ("value", binary(value)), ("typed_value", typed_value)];
        let _ = variant_text(&group(columns));
    }
});

fn binary(value: Option<&[u8]>) -> ArrayRef {
    Arc::new(BinaryArray::from_opt_vec(vec![value]))
}

/// A struct of columns of one row, all nullable.
fn group(columns: Vec<(&str, ArrayRef)>) -> StructArray {
    let (fields, arrays): (Vec<_>, Vec<_>) =
        columns.into_iter().map(|(name, array)| (Field::new(name, array.data_type().clone(), true), array)).unzip();
    StructArray::new(fields.into(), arrays, None)
}

//! Rows of Arrow batches as the lines that `canonical.py` makes DuckDB write.

use std::fmt::Write;

use arrow_array::cast::AsArray;
use arrow_array::types::*;
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, IntervalUnit, TimeUnit};
use duckdb_file::TYPE_METADATA_KEY;

/// Writes the rows of a batch.
pub(crate) struct Line<'a> {
    columns: Vec<(&'a Field, &'a ArrayRef)>,
}

impl<'a> Line<'a> {
    pub(crate) fn new(batch: &'a RecordBatch) -> Self {
        let fields = batch.schema_ref().fields().iter().map(AsRef::as_ref);
        Self { columns: fields.zip(batch.columns()).collect() }
    }

    pub(crate) fn write(&self, row: usize, out: &mut String) {
        let mut text = String::new();
        for (field, array) in &self.columns {
            value(field, array, row, &mut text);
        }
        let escaped = text.contains(['\\', '\n']);
        out.push_str(&if escaped { text.replace('\\', "\\\\").replace('\n', "\\n") } else { text });
    }
}

fn value(field: &Field, array: &ArrayRef, row: usize, out: &mut String) {
    if let DataType::Union(members, _) = field.data_type() {
        let union = array.as_union();
        let (_, member) = members.iter().nth(union.type_id(row) as usize).unwrap();
        write!(out, "U{}=", member.name()).unwrap();
        return value(member, union.child(union.type_id(row)), union.value_offset(row), out);
    }
    if array.is_null(row) {
        return out.push('N');
    }
    match field.data_type() {
        DataType::List(element) => list(element, &array.as_list::<i32>().value(row), out),
        DataType::FixedSizeList(element, _) => list(element, &array.as_fixed_size_list().value(row), out),
        DataType::Map(entries, _) => {
            let DataType::Struct(fields) = entries.data_type() else { panic!("{entries}") };
            let entries = array.as_map().value(row);
            write!(out, "[{},", entries.len()).unwrap();
            for entry in 0..entries.len() {
                value(&fields[0], entries.column(0), entry, out);
                value(&fields[1], entries.column(1), entry, out);
            }
            out.push(']');
        }
        DataType::Struct(fields) => {
            out.push('{');
            for (field, column) in fields.iter().zip(array.as_struct().columns()) {
                value(field, column, row, out);
            }
            out.push('}');
        }
        _ => {
            let text = scalar(field, array, row);
            write!(out, "{}:{text}", text.len()).unwrap();
        }
    }
}

fn list(element: &Field, elements: &ArrayRef, out: &mut String) {
    write!(out, "[{},", elements.len()).unwrap();
    (0..elements.len()).for_each(|at| value(element, elements, at, out));
    out.push(']');
}

fn scalar(field: &Field, array: &ArrayRef, row: usize) -> String {
    match field.data_type() {
        DataType::Boolean => array.as_boolean().value(row).to_string(),
        DataType::Int8 => array.as_primitive::<Int8Type>().value(row).to_string(),
        DataType::Int16 => array.as_primitive::<Int16Type>().value(row).to_string(),
        DataType::Int32 => array.as_primitive::<Int32Type>().value(row).to_string(),
        DataType::Int64 => array.as_primitive::<Int64Type>().value(row).to_string(),
        DataType::UInt8 => array.as_primitive::<UInt8Type>().value(row).to_string(),
        DataType::UInt16 => array.as_primitive::<UInt16Type>().value(row).to_string(),
        DataType::UInt32 => array.as_primitive::<UInt32Type>().value(row).to_string(),
        DataType::UInt64 => array.as_primitive::<UInt64Type>().value(row).to_string(),
        DataType::Float32 => {
            let value = f64::from(array.as_primitive::<Float32Type>().value(row));
            float(format!("{value:e}"))
        }
        DataType::Float64 => {
            let value = array.as_primitive::<Float64Type>().value(row);
            float(format!("{value:e}"))
        }
        DataType::Decimal128(_, 0) => array.as_primitive::<Decimal128Type>().value(row).to_string(),
        DataType::Decimal128(width, scale) => {
            let text = array.as_primitive::<Decimal128Type>().value_as_string(row);
            // DuckDB leaves the only digit before the point out if the type has room for none.
            if *scale as u8 == *width { text.replacen("0.", ".", 1) } else { text }
        }
        DataType::Decimal256(..) => array.as_primitive::<Decimal256Type>().value_as_string(row),
        DataType::Utf8 => array.as_string::<i32>().value(row).to_string(),
        DataType::Binary => hex(array.as_binary::<i32>().value(row)),
        DataType::FixedSizeBinary(16) => {
            let digits = hex(array.as_fixed_size_binary().value(row)).to_lowercase();
            [0..8, 8..12, 12..16, 16..20, 20..32].map(|part| digits[part].to_string()).join("-")
        }
        DataType::Date32 => bounded(array.as_primitive::<Date32Type>().value(row).into(), i32::MAX.into()),
        DataType::Time64(TimeUnit::Microsecond) => array.as_primitive::<Time64MicrosecondType>().value(row).to_string(),
        DataType::Time64(TimeUnit::Nanosecond) => {
            let nanos = array.as_primitive::<Time64NanosecondType>().value(row);
            let (seconds, rest) = (nanos / 1_000_000_000, nanos % 1_000_000_000);
            let clock = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
            if rest == 0 { clock } else { format!("{clock}.{rest:09}").trim_end_matches('0').to_string() }
        }
        DataType::Timestamp(unit, _) => {
            let value = match unit {
                TimeUnit::Second => array.as_primitive::<TimestampSecondType>().value(row),
                TimeUnit::Millisecond => array.as_primitive::<TimestampMillisecondType>().value(row),
                TimeUnit::Microsecond => array.as_primitive::<TimestampMicrosecondType>().value(row),
                TimeUnit::Nanosecond => array.as_primitive::<TimestampNanosecondType>().value(row),
            };
            bounded(value, i64::MAX)
        }
        DataType::Interval(IntervalUnit::MonthDayNano) => {
            let value = array.as_primitive::<IntervalMonthDayNanoType>().value(row);
            format!("{} {} {}", value.months, value.days, value.nanoseconds / 1000)
        }
        DataType::Dictionary(..) => {
            let codes = array.as_dictionary::<UInt32Type>();
            codes.values().as_string::<i32>().value(codes.keys().value(row) as usize).to_string()
        }
        other => panic!("{other} ({:?})", field.metadata().get(TYPE_METADATA_KEY)),
    }
}

fn bounded(value: i64, infinity: i64) -> String {
    match value {
        _ if value == infinity => "inf".into(),
        _ if value == -infinity => "-inf".into(),
        _ => value.to_string(),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02X}").unwrap();
        text
    })
}

/// Shortest digits in DuckDB's form, from those in scientific notation.
fn float(scientific: String) -> String {
    let Some((mantissa, exponent)) = scientific.split_once('e') else {
        // Signs of NaN are not kept.
        return scientific.to_lowercase().replace("-nan", "nan");
    };
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let exponent: i32 = exponent.parse().unwrap();
    let digits = mantissa.replace('.', "");
    if !(-4..16).contains(&exponent) {
        let point = if digits.len() > 1 { "." } else { "" };
        let mark = if exponent < 0 { '-' } else { '+' };
        return format!("{sign}{}{point}{}e{mark}{:02}", &digits[..1], &digits[1..], exponent.abs());
    }
    if exponent < 0 {
        return format!("{sign}0.{}{digits}", "0".repeat(-exponent as usize - 1));
    }
    let whole = exponent as usize + 1;
    let padded = format!("{digits:0<whole$}");
    let fraction = if padded.len() > whole { &padded[whole..] } else { "0" };
    format!("{sign}{}.{fraction}", &padded[..whole])
}

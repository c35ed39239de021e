//! Pruning never drops a file that holds a matching row: statistics are written as DuckDB writes them (DuckLake spec,
//! "Statistics, pruning, partitions"), predicates are evaluated on the rows themselves.

use arrow::array::{AsArray, Int64Array, RecordBatch, StringViewArray};
use arrow::compute::{SortOptions, sort, take};
use datafusion::common::DFSchema;
use datafusion::execution::context::SessionContext;
use datafusion::logical_expr::{cast, col, in_list, lit, try_cast};
use ducklake_catalog::{ColumnStats, FileSummary, PartitionField};
use proptest::prelude::*;
use proptest::sample::Index;

use super::*;

/// Those with traps more than once.
const TYPES: [LakeType; 30] = [
    LakeType::Float32,
    LakeType::Float64,
    LakeType::Float64,
    LakeType::Varchar,
    LakeType::Timestamp,
    LakeType::Boolean,
    LakeType::Int8,
    LakeType::Int32,
    LakeType::Int64,
    LakeType::UInt16,
    LakeType::UInt64,
    LakeType::Int128,
    LakeType::Float32,
    LakeType::Float64,
    LakeType::Decimal { precision: 1, scale: 1 },
    LakeType::Decimal { precision: 9, scale: 2 },
    LakeType::Decimal { precision: 38, scale: 10 },
    LakeType::Varchar,
    LakeType::Json,
    LakeType::Blob,
    LakeType::Uuid,
    LakeType::Date,
    LakeType::Time,
    LakeType::TimeTz,
    LakeType::Timestamp,
    LakeType::TimestampS,
    LakeType::TimestampMs,
    LakeType::TimestampNs,
    LakeType::TimestampTz,
    LakeType::Interval,
];

/// Telling values of a type, in no order, the last one being NULL.
fn pool(lake_type: &LakeType) -> ArrayRef {
    let texts: Vec<String> = match lake_type {
        LakeType::Boolean => ["true", "false"].map(String::from).to_vec(),
        LakeType::Int8 => ["-128", "127", "0", "-1", "5", "6", "7"].map(String::from).to_vec(),
        LakeType::UInt16 => ["0", "65535", "10", "9", "34"].map(String::from).to_vec(),
        LakeType::UInt64 => ["0", "18446744073709551615", "9223372036854775808", "10", "9"].map(String::from).to_vec(),
        LakeType::Int32 => ["-2147483648", "2147483647", "0", "-10", "-9", "10", "9"].map(String::from).to_vec(),
        LakeType::Int64 => ["-9223372036854775808", "9223372036854775807", "999999999999999999", "0", "-10", "9"]
            .map(String::from)
            .to_vec(),
        LakeType::Int128 => ["-5", "0", "9007199254740993", "12"].map(String::from).to_vec(),
        LakeType::Float32 | LakeType::Float64 => {
            ["nan", "inf", "-inf", "0.0", "-0.0", "1.5", "-1.5", "1e16", "1e-7", "0.1", "3.4028235e38", "10.0", "9.0"]
                .map(String::from)
                .to_vec()
        }
        LakeType::Decimal { scale: 1, .. } => ["0.9", "-0.9", "0.0", "0.5"].map(String::from).to_vec(),
        LakeType::Decimal { .. } => {
            ["9999999.99", "-9999999.99", "0.00", "1.50", "-1.50", "10.00", "9.00"].map(String::from).to_vec()
        }
        LakeType::Varchar | LakeType::Json => vec![
            String::new(),
            "a".into(),
            "B".into(),
            "ab".into(),
            "abc".into(),
            "é".into(),
            "\u{10ffff}".into(),
            "a".repeat(255),
            "a".repeat(256),
            "a".repeat(257),
            "a".repeat(255) + "é",
            "z".repeat(300),
            "\u{10ffff}".repeat(80),
            "nul\0".into(),
            "null".into(),
        ],
        LakeType::Blob => ["\\x00", "\\xFF\\xFE", "abc", ""].map(String::from).to_vec(),
        LakeType::Uuid => [
            "00000000-0000-0000-0000-000000000000",
            "ffffffff-ffff-ffff-ffff-ffffffffffff",
            "80000000-0000-4000-8000-000000000001",
            "7fffffff-0000-4000-8000-000000000001",
        ]
        .map(String::from)
        .to_vec(),
        LakeType::Date => {
            ["infinity", "-infinity", "1970-01-01", "0044-03-15 (BC)", "9999-12-31", "10000-01-01", "2024-02-29"]
                .map(String::from)
                .to_vec()
        }
        LakeType::Time => {
            ["00:00:00", "24:00:00", "12:30:00", "12:30:00.5", "11:59:59.999999"].map(String::from).to_vec()
        }
        LakeType::TimeTz => ["12:30:00+05:30", "00:00:00+00"].map(String::from).to_vec(),
        LakeType::TimestampNs => {
            ["1970-01-01 00:00:00", "2024-02-29 12:30:00.123456789", "1900-01-01 23:59:59", "2024-03-01 11:00:00"]
                .map(String::from)
                .to_vec()
        }
        LakeType::TimestampS => {
            ["1970-01-01 00:00:00", "2024-02-29 12:30:00", "1900-01-01 23:59:59", "10000-01-01 00:00:00"]
                .map(String::from)
                .to_vec()
        }
        LakeType::Interval => ["1 day", "00:00:01"].map(String::from).to_vec(),
        _ => [
            "infinity",
            "-infinity",
            "1970-01-01 00:00:00",
            "2024-02-29 12:30:00",
            "2024-02-29 12:30:00.5",
            "2024-03-01 11:00:00",
            "0044-03-15 (BC) 01:00:00",
            "9999-12-31 23:59:59",
            "10000-01-01 00:00:00",
        ]
        .map(String::from)
        .to_vec(),
    };
    let texts = texts.iter().map(|t| Some(t.as_str())).chain([None]);
    if matches!(lake_type, LakeType::Varchar | LakeType::Json) {
        return Arc::new(texts.collect::<StringViewArray>());
    }
    decode_all(lake_type, texts, true).unwrap()
}

fn column(id: i64, lake_type: &LakeType) -> Column {
    Column {
        id,
        name: format!("c{id}"),
        lake_type: lake_type.clone(),
        initial_default: None,
        default_value: None,
        default_value_type: None,
        nulls_allowed: true,
        children: Vec::new(),
    }
}

fn file(id: i64, rows: usize) -> DataFileRow {
    DataFileRow {
        data_file_id: id,
        path: format!("{id}.parquet"),
        path_is_relative: true,
        file_format: None,
        record_count: Some(rows as i64),
        file_size_bytes: None,
        footer_size: None,
        row_id_start: None,
        partition_id: None,
        encryption_key: None,
        mapping_id: None,
        begin_snapshot: 1,
        partial_max: None,
        partial_file_info: None,
        delete_files: Vec::new(),
    }
}

fn display(values: &ArrayRef, lake_type: &LakeType, row: usize) -> String {
    let mut text = String::new();
    ValueDisplay::try_new(values.as_ref(), &lake_type.field("v"), &DisplayOptions::default())
        .unwrap()
        .write(row, &mut text);
    text
}

/// At most 256 bytes, cut between characters.
fn cut(text: &str) -> &str {
    &text[..(0..=text.len().min(256)).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default()]
}

/// As `cut`, increased in its last ASCII byte.
fn cut_above(text: &str) -> Option<String> {
    if text.len() <= 256 {
        return Some(text.to_string());
    }
    let mut bytes = cut(text).as_bytes().to_vec();
    let last = bytes.iter().rposition(|b| *b < 0x7f)?;
    bytes.truncate(last + 1);
    bytes[last] += 1;
    String::from_utf8(bytes).ok()
}

/// A row of `ducklake_file_column_stats` for these values.
fn stats(data_file_id: i64, column: &Column, values: &ArrayRef) -> ColumnStats {
    let lake_type = &column.lake_type;
    let is_float = matches!(lake_type, LakeType::Float32 | LakeType::Float64);
    let nan: Vec<bool> = (0..values.len()).map(|i| is_nan(&values.slice(i, 1))).collect();
    let ordered = sort(values, Some(SortOptions { descending: false, nulls_first: false })).unwrap();
    let known: Vec<usize> =
        (0..ordered.len()).filter(|i| ordered.is_valid(*i) && !is_nan(&ordered.slice(*i, 1))).collect();
    let bound = |row: Option<&usize>| row.map(|row| display(&ordered, lake_type, *row));
    let (mut min_value, mut max_value) = (bound(known.first()), bound(known.last()));
    let as_bit = |text: Option<String>| text.map(|t| if t == "true" { "1".to_string() } else { "0".to_string() });
    match lake_type {
        LakeType::Boolean => (min_value, max_value) = (as_bit(min_value), as_bit(max_value)),
        LakeType::Varchar | LakeType::Json => {
            min_value = min_value.map(|t| cut(&t).to_string()).filter(|t| !t.contains('\0'));
            max_value = max_value.and_then(|t| cut_above(&t)).filter(|t| !t.contains('\0'));
        }
        LakeType::Blob => {
            let hex = |row: &usize| {
                ordered.as_binary_view().value(*row).iter().map(|b| format!("{b:02X}")).collect::<String>()
            };
            (min_value, max_value) = (known.first().map(hex), known.last().map(hex));
        }
        LakeType::Int128 | LakeType::TimeTz | LakeType::Interval => (min_value, max_value) = (None, None),
        _ => {}
    }
    let has_counts = !matches!(lake_type, LakeType::TimeTz | LakeType::Interval);
    let null_count = if has_counts { values.null_count() as i64 } else { 0 };
    ColumnStats {
        data_file_id,
        column_id: column.id,
        column_size_bytes: Some(100),
        value_count: Some(if has_counts { values.len() as i64 - null_count } else { 0 }),
        null_count: Some(null_count),
        min_value,
        max_value,
        contains_nan: is_float.then(|| nan.contains(&true)),
    }
}

/// A predicate over columns that are given by number, its literals by their places in the pools.
#[derive(Debug, Clone)]
enum Shape {
    Compare { column: Index, operator: Operator, literal: Index, swapped: bool },
    List { column: Index, literals: Vec<Index>, negated: bool },
    Between { column: Index, low: Index, high: Index, negated: bool },
    Null { column: Index, negated: bool },
    Like { column: Index, literal: Index, length: usize, negated: bool },
    Cast { column: Index, operator: Operator, literal: Index, fallible: bool },
    And(Box<Shape>, Box<Shape>),
    Or(Box<Shape>, Box<Shape>),
    Not(Box<Shape>),
}

fn operators() -> impl Strategy<Value = Operator> {
    use Operator::{Eq, Gt, GtEq, IsDistinctFrom, IsNotDistinctFrom, Lt, LtEq, NotEq};
    prop::sample::select(vec![Eq, Eq, NotEq, Lt, LtEq, Gt, Gt, GtEq, GtEq, IsDistinctFrom, IsNotDistinctFrom])
}

fn shapes() -> impl Strategy<Value = Shape> {
    let index = any::<Index>;
    let leaf = prop_oneof![
        8 => (index(), operators(), index(), any::<bool>())
            .prop_map(|(column, operator, literal, swapped)| Shape::Compare { column, operator, literal, swapped }),
        2 => (index(), prop::collection::vec(index(), 1..4), any::<bool>())
            .prop_map(|(column, literals, negated)| Shape::List { column, literals, negated }),
        1 => (index(), index(), index(), any::<bool>())
            .prop_map(|(column, low, high, negated)| Shape::Between { column, low, high, negated }),
        1 => (index(), any::<bool>()).prop_map(|(column, negated)| Shape::Null { column, negated }),
        1 => (index(), index(), 0..300_usize, any::<bool>())
            .prop_map(|(column, literal, length, negated)| Shape::Like { column, literal, length, negated }),
        1 => (index(), operators(), index(), any::<bool>())
            .prop_map(|(column, operator, literal, fallible)| Shape::Cast { column, operator, literal, fallible }),
    ];
    // Mostly simple ones, which select little.
    let nested = leaf.clone().prop_recursive(3, 8, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| Shape::And(Box::new(a), Box::new(b))),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| Shape::Or(Box::new(a), Box::new(b))),
            inner.prop_map(|a| Shape::Not(Box::new(a))),
        ]
    });
    prop_oneof![3 => leaf, 1 => nested]
}

/// A literal of the type that text columns have, as the planner makes it.
fn utf8(value: &str) -> Expr {
    lit(ScalarValue::Utf8View(Some(value.to_string())))
}

/// Types whose casts do and do not keep the order of values.
fn cast_target(lake_type: &LakeType) -> LakeType {
    match lake_type {
        LakeType::Timestamp | LakeType::TimestampNs | LakeType::TimestampMs => LakeType::TimeNs,
        LakeType::Int8 | LakeType::Int32 => LakeType::Boolean,
        LakeType::Int64 => LakeType::Float64,
        LakeType::Date => LakeType::TimestampS,
        LakeType::Decimal { .. } => LakeType::Int64,
        LakeType::Float64 => LakeType::Float32,
        other => other.clone(),
    }
}

fn expression(shape: &Shape, columns: &[Column]) -> Expr {
    let of = |index: &Index| index.get(columns);
    let name = |index: &Index| col(of(index).name.as_str());
    let value = |lake_type: &LakeType, index: &Index| {
        let pool = pool(lake_type);
        let scalar = ScalarValue::try_from_array(&pool, index.index(pool.len())).unwrap();
        lit(scalar)
    };
    let binary =
        |left: Expr, op: Operator, right: Expr| Expr::BinaryExpr(BinaryExpr::new(Box::new(left), op, Box::new(right)));
    match shape {
        Shape::Compare { column, operator, literal, swapped } => {
            let (left, right) = (name(column), value(&of(column).lake_type, literal));
            if *swapped { binary(right, *operator, left) } else { binary(left, *operator, right) }
        }
        Shape::List { column, literals, negated } => {
            let values = literals.iter().map(|l| value(&of(column).lake_type, l));
            // In lists, and there alone, DataFusion tells the zeros apart.
            let values =
                values.filter(|v| !matches!(v, Expr::Literal(v, _) if is_zero(&v.to_array().unwrap(), 0))).collect();
            in_list(name(column), values, *negated)
        }
        Shape::Between { column, low, high, negated } => {
            let (low, high) = (value(&of(column).lake_type, low), value(&of(column).lake_type, high));
            if *negated { name(column).not_between(low, high) } else { name(column).between(low, high) }
        }
        Shape::Null { column, negated: false } => name(column).is_null(),
        Shape::Null { column, negated: true } => name(column).is_not_null(),
        Shape::Like { column, literal, length, negated } => {
            let column = of(column);
            if column.lake_type != LakeType::Varchar {
                return col(column.name.as_str()).is_not_null();
            }
            let pool = pool(&LakeType::Varchar);
            let texts = pool.as_string_view();
            let text = texts.value(literal.index(texts.len() - 1));
            let prefix: String = text.chars().take(*length).filter(|c| !matches!(c, '%' | '_' | '\\')).collect();
            let pattern = utf8(&(prefix + "%"));
            if *negated { col(column.name.as_str()).not_like(pattern) } else { col(column.name.as_str()).like(pattern) }
        }
        Shape::Cast { column, operator, literal, fallible } => {
            let target = cast_target(&of(column).lake_type);
            let target = if target == LakeType::TimeNs { LakeType::Time } else { target };
            let to = if target == LakeType::Time { LakeType::TimeNs.arrow_type() } else { target.arrow_type() };
            let literal = cast(value(&target, literal), to.clone());
            let casted = if *fallible { try_cast(name(column), to) } else { cast(name(column), to) };
            binary(casted, *operator, literal)
        }
        Shape::And(a, b) => expression(a, columns).and(expression(b, columns)),
        Shape::Or(a, b) => expression(a, columns).or(expression(b, columns)),
        Shape::Not(a) => Expr::Not(Box::new(expression(a, columns))),
    }
}

/// Columns of these types, with one array for each column of each file.
fn tables(types: &'static [LakeType]) -> impl Strategy<Value = (Vec<Column>, Vec<Vec<ArrayRef>>)> {
    let column_types = prop::collection::vec(prop::sample::select(types), 1..3);
    column_types.prop_flat_map(|types| {
        let columns: Vec<Column> = types.iter().enumerate().map(|(i, t)| column(i as i64 + 1, t)).collect();
        let width = columns.len();
        let file = (1..4_usize)
            .prop_flat_map(move |rows| prop::collection::vec(prop::collection::vec(any::<Index>(), rows), width));
        (Just(columns), prop::collection::vec(file, 1..4)).prop_map(|(columns, files)| {
            let array = |column: &Column, places: &Vec<Index>| {
                let pool = pool(&column.lake_type);
                let places: Int64Array = places.iter().map(|p| Some(p.index(pool.len()) as i64)).collect();
                take(&pool, &places, None).unwrap()
            };
            let arrays = files.iter().map(|f| columns.iter().zip(f).map(|(c, p)| array(c, p)).collect()).collect();
            (columns, arrays)
        })
    })
}

fn listing(columns: &[Column], files: &[Vec<ArrayRef>]) -> FileListing {
    let rows = files.iter().enumerate().map(|(i, arrays)| file(i as i64, arrays[0].len())).collect();
    let stats = files.iter().enumerate().map(|(i, arrays)| {
        (i as i64, columns.iter().zip(arrays).map(|(column, values)| stats(i as i64, column, values)).collect())
    });
    let summary = FileSummary { file_count: files.len(), ..FileSummary::default() };
    FileListing { summary, complete: true, files: rows, stats: stats.collect(), ..FileListing::default() }
}

fn physical(expr: &Expr, schema: &SchemaRef) -> Option<Arc<dyn PhysicalExpr>> {
    let schema = DFSchema::try_from(Arc::clone(schema)).unwrap();
    // Comparisons that DataFusion has no common type for.
    SessionContext::new().create_physical_expr(expr.clone(), &schema).ok()
}

/// Whether a row matches; `None` where the predicate fails on a value.
fn matches(predicate: &Arc<dyn PhysicalExpr>, schema: &SchemaRef, arrays: &[ArrayRef]) -> Option<bool> {
    let batch = RecordBatch::try_new(Arc::clone(schema), arrays.to_vec()).unwrap();
    let verdicts = predicate.evaluate(&batch).ok()?.into_array(batch.num_rows()).ok()?;
    Some(verdicts.as_boolean_opt()?.iter().any(|v| v == Some(true)))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]

    #[test]
    fn statistics_never_drop_a_matching_file((columns, files) in tables(&TYPES), shape in shapes()) {
        let schema = Arc::new(Column::schema(&columns));
        let expr = expression(&shape, &columns);
        let Some(predicate) = physical(&expr, &schema) else { return Ok(()) };
        let listing = listing(&columns, &files);
        let bounds = FileBounds::decode(&columns, &[], &listing);
        let (keep, counts) = prune_files(&predicate, &schema, &listing, &bounds, &PartitionFacts::default());
        prop_assert_eq!(keep.iter().filter(|kept| !**kept).count(), counts.by_statistics);
        for (arrays, kept) in files.iter().zip(&keep) {
            if matches(&predicate, &schema, arrays) == Some(true) {
                prop_assert!(kept, "dropped a match of {}", predicate);
            }
        }
        // What the catalog compares is coarser, but as safe.
        for range in ranges(&split(&expr), &columns) {
            for (index, arrays) in files.iter().enumerate() {
                if matches(&predicate, &schema, arrays) == Some(true) {
                    let stats = listing.stats[&(index as i64)].iter().find(|s| s.column_id == range.column_id).unwrap();
                    prop_assert!(!excluded(&range, stats), "{:?} drops {:?} of {}", range, stats, predicate);
                }
            }
        }
    }

    #[test]
    fn partitions_never_drop_a_matching_file(
        (columns, files) in tables(&TYPES),
        fields in prop::collection::vec((any::<Index>(), transforms()), 1..4),
        shift in 0..3_i64,
        shape in shapes(),
    ) {
        let schema = Arc::new(Column::schema(&columns));
        let Some(predicate) = physical(&expression(&shape, &columns), &schema) else { return Ok(()) };
        // The spec of other files, whose keys mean something else.
        let other = PartitionSpec {
            partition_id: 1,
            fields: vec![PartitionField { key_index: 0, column_id: 1, transform: "bucket(1)".into() }],
        };
        let spec = PartitionSpec {
            partition_id: 2,
            fields: fields
                .iter()
                .enumerate()
                .map(|(i, (column, transform))| PartitionField {
                    key_index: i as i64 + shift,
                    column_id: column.get(&columns).id,
                    transform: transform.to_string(),
                })
                .collect(),
        };
        let mut listing = listing(&columns, &files);
        listing.stats.clear();
        for (index, arrays) in files.iter().enumerate() {
            let values = fields.iter().enumerate().map(|(i, (column, transform))| {
                let place = column.index(columns.len());
                Some((i as i64 + shift, partition_value(*transform, &arrays[place], &columns[place].lake_type)?))
            });
            // A file whose rows are of several partitions has no partition.
            if let Some(values) = values.collect::<Option<Vec<_>>>() {
                listing.files[index].partition_id = Some(2);
                listing.partition_values.insert(index as i64, values);
            }
        }
        let partitions = PartitionFacts::new(&columns, &[], &[other, spec], &listing, false);
        let bounds = FileBounds::decode(&columns, &[], &listing);
        let (keep, _) = prune_files(&predicate, &schema, &listing, &bounds, &partitions);
        for (arrays, kept) in files.iter().zip(keep) {
            if matches(&predicate, &schema, arrays) == Some(true) {
                prop_assert!(kept, "dropped a match of {}", predicate);
            }
        }
    }
}

fn split(expr: &Expr) -> Vec<Expr> {
    datafusion::logical_expr::utils::split_conjunction(expr).into_iter().cloned().collect()
}

/// What the catalog's SQL does with a range, see the dialects' `comparable`.
fn excluded(range: &ColumnRange, stats: &ColumnStats) -> bool {
    let is_below = |bound: &str, end: &Cell| match (range.comparison, end) {
        (BoundComparison::Integer, Cell::Int(end)) => {
            bound.len() <= 18 && bound.parse::<i64>().is_ok_and(|bound| bound < *end)
        }
        (BoundComparison::Float | BoundComparison::Decimal, Cell::Float(end)) => {
            bound.parse::<f64>().is_ok_and(|b| b < *end)
        }
        (BoundComparison::Text, Cell::Text(end)) => bound < end.as_str(),
        (BoundComparison::IsoTime, Cell::Text(end)) => is_iso(bound) && bound < end.as_str(),
        other => panic!("{other:?}"),
    };
    let is_above = |bound: &str, end: &Cell| match (range.comparison, end) {
        (BoundComparison::Integer, Cell::Int(end)) => {
            bound.len() <= 18 && bound.parse::<i64>().is_ok_and(|bound| bound > *end)
        }
        (BoundComparison::Float | BoundComparison::Decimal, Cell::Float(end)) => {
            bound.parse::<f64>().is_ok_and(|b| b > *end)
        }
        (BoundComparison::Text, Cell::Text(end)) => bound > end.as_str(),
        (BoundComparison::IsoTime, Cell::Text(end)) => is_iso(bound) && bound > end.as_str(),
        other => panic!("{other:?}"),
    };
    let may_be_nan = range.comparison == BoundComparison::Float && stats.contains_nan != Some(false);
    let below = |end: &Cell| !may_be_nan && stats.max_value.as_deref().is_some_and(|bound| is_below(bound, end));
    let above = |end: &Cell| stats.min_value.as_deref().is_some_and(|bound| is_above(bound, end));
    range.low.as_ref().is_some_and(below) || range.high.as_ref().is_some_and(above)
}

fn is_iso(text: &str) -> bool {
    text.len() >= 10
        && text.as_bytes()[4] == b'-'
        && text[..4].bytes().all(|b| b.is_ascii_digit())
        && !text.contains('(')
}

fn transforms() -> impl Strategy<Value = Transform> {
    use Transform::{Bucket, Day, Hour, Identity, Month, Year};
    prop::sample::select(vec![Identity, Year, Month, Day, Hour, Bucket(2), Bucket(5)])
}

/// The value that all of the rows have (`Some(None)`: NULL), `None` where they differ or the transform does not apply.
fn partition_value(transform: Transform, values: &ArrayRef, lake_type: &LakeType) -> Option<Option<String>> {
    let value = |row: usize| match transform {
        _ if values.is_null(row) => None,
        Transform::Identity if is_zero(values, row) => Some("0.0".to_string()),
        Transform::Identity => Some(display(values, lake_type, row)),
        Transform::Bucket(n) => bucket(values.as_ref(), lake_type, row, n).map(|b| b.to_string()),
        _ => transform_value(transform, values.as_ref(), row).map(|v| v.to_string()),
    };
    let first = value(0);
    (1..values.len()).all(|row| value(row) == first).then_some(first)
}

fn is_zero(values: &ArrayRef, row: usize) -> bool {
    match ScalarValue::try_from_array(values, row) {
        Ok(ScalarValue::Float32(Some(v))) => v == 0.0,
        Ok(ScalarValue::Float64(Some(v))) => v == 0.0,
        _ => false,
    }
}

/// Which of the files stay; values of a file are separated by `|`.
fn kept(lake_type: &LakeType, values: &[Option<&str>], predicate: Expr) -> Vec<bool> {
    let columns = vec![column(1, lake_type)];
    let files: Vec<Vec<ArrayRef>> = values
        .iter()
        .map(|v| {
            vec![
                decode_all(lake_type, v.unwrap_or_default().split('|').map(|v| (!v.is_empty()).then_some(v)), true)
                    .unwrap(),
            ]
        })
        .collect();
    let listing = listing(&columns, &files);
    let schema = Arc::new(Column::schema(&columns));
    let bounds = FileBounds::decode(&columns, &[], &listing);
    let predicate = physical(&predicate, &schema).unwrap();
    prune_files(&predicate, &schema, &listing, &bounds, &PartitionFacts::default()).0
}

#[test]
fn statistics_drop_what_cannot_match() {
    let numbers = [Some("1"), Some("5"), None];
    assert_eq!(kept(&LakeType::Int32, &numbers, col("c1").eq(lit(5))), [false, true, false]);
    assert_eq!(kept(&LakeType::Int32, &numbers, col("c1").not_eq(lit(5))), [true, false, false]);
    assert_eq!(kept(&LakeType::Int32, &numbers, col("c1").is_null()), [false, false, true]);
    assert_eq!(kept(&LakeType::Int32, &numbers, col("c1").is_not_null()), [true, true, false]);
    assert_eq!(kept(&LakeType::Boolean, &[Some("true"), Some("false")], col("c1")), [true, false]);
    let texts = [Some("abc"), Some("b")];
    assert_eq!(kept(&LakeType::Varchar, &texts, col("c1").like(utf8("ab%"))), [true, false]);
    let floats = [Some("1.5"), Some("nan"), Some("0.0")];
    assert_eq!(kept(&LakeType::Float64, &floats, col("c1").gt(lit(2.0))), [false, true, false]);
    assert_eq!(kept(&LakeType::Float64, &floats, col("c1").eq(lit(f64::NAN))), [false, true, false]);
    assert_eq!(kept(&LakeType::Float64, &floats, col("c1").eq(lit(-0.0))), [false, true, true]);
    let mixed = [Some("1.5|nan"), Some("1.5|2.5")];
    assert_eq!(kept(&LakeType::Float32, &mixed, col("c1").gt(lit(3.0_f32))), [true, false]);
    assert_eq!(kept(&LakeType::Float32, &mixed, col("c1").lt(lit(1.0_f32))), [false, false]);
    // No bounds tell about the time of day.
    let instants = [Some("2024-01-01 13:00:00"), Some("2024-01-02 11:00:00")];
    let noon = lit(ScalarValue::Time64Nanosecond(Some(12 * 3_600_000_000_000)));
    let time = cast(col("c1"), LakeType::TimeNs.arrow_type());
    assert_eq!(kept(&LakeType::Timestamp, &instants, time.lt(noon)), [true, true]);
}

#[test]
fn promoted_columns_are_pruned_where_their_bounds_keep_their_meaning() {
    let promoted = |from: &str, to: LakeType| {
        let versions = [(from.to_string(), 1), (to.to_string(), 2)].map(|(column_type, begin)| VersionedColumn {
            row: ducklake_format::ColumnRow {
                column_id: 1,
                column_order: 1,
                column_name: "c1".into(),
                column_type,
                initial_default: None,
                default_value: None,
                default_value_type: None,
                nulls_allowed: true,
                parent_column: None,
            },
            begin_snapshot: begin,
            end_snapshot: (begin == 1).then_some(2),
        });
        has_bounds(&column(1, &to), &versions)
    };
    assert!(promoted("int32", LakeType::Int64));
    assert!(promoted("int32", LakeType::Decimal { precision: 12, scale: 2 }));
    assert!(promoted("decimal(4,1)", LakeType::Decimal { precision: 12, scale: 2 }));
    for (from, to) in [
        ("float32", LakeType::Float64),
        ("int64", LakeType::Float64),
        ("boolean", LakeType::Int32),
        ("date", LakeType::Timestamp),
        ("timestamp", LakeType::TimestampTz),
        ("int32", LakeType::Json),
        ("interval", LakeType::Json),
    ] {
        assert!(!promoted(from, to.clone()), "{from} to {to}");
    }
}

#[test]
fn partitions_drop_what_cannot_match() {
    let columns = vec![column(1, &LakeType::Date), column(2, &LakeType::Varchar)];
    let spec = |partition_id, transform: &str, column_id| PartitionSpec {
        partition_id,
        fields: vec![PartitionField { key_index: 0, column_id, transform: transform.into() }],
    };
    let specs = [spec(1, "year", 1), spec(2, "identity", 2), spec(3, "bucket(8)", 2)];
    let mut listing = FileListing { files: (0..5).map(|id| file(id, 2)).collect(), ..FileListing::default() };
    // (partition, value): bucket(8) of 'iceberg' is 1.
    let values = [(1, Some("2024")), (2, Some("x")), (2, None), (3, Some("1")), (3, Some("2"))];
    for (id, (partition, value)) in values.into_iter().enumerate() {
        listing.files[id].partition_id = Some(partition);
        listing.partition_values.insert(id as i64, vec![(0, value.map(String::from))]);
    }
    let schema = Arc::new(Column::schema(&columns));
    let facts = PartitionFacts::new(&columns, &[], &specs, &listing, false);
    let kept = |expr: Expr| {
        let predicate = physical(&expr, &schema).unwrap();
        prune_files(&predicate, &schema, &listing, &FileBounds::default(), &facts).0
    };
    let day = |days| lit(ScalarValue::Date32(Some(days)));
    assert_eq!(kept(col("c1").eq(day(19_723))), [true, true, true, true, true]);
    assert_eq!(kept(col("c1").eq(day(19_722))), [false, true, true, true, true]);
    assert_eq!(kept(col("c2").eq(utf8("iceberg"))), [true, false, false, true, false]);
    assert_eq!(kept(col("c2").eq(utf8("x"))), [true, true, false, false, false]);
    assert_eq!(kept(col("c2").is_null()), [true, false, true, true, true]);
    assert_eq!(kept(col("c2").gt(utf8("x"))), [true, false, false, true, true]);
}

#[test]
fn rounded_integers_are_not_pruned_by_partition() {
    let columns = vec![column(1, &LakeType::Int128)];
    let fields = vec![PartitionField { key_index: 0, column_id: 1, transform: "identity".into() }];
    let mut listing = FileListing { files: vec![file(0, 1)], ..FileListing::default() };
    listing.files[0].partition_id = Some(1);
    listing.partition_values.insert(0, vec![(0, Some("9007199254740993".into()))]);
    let facts = PartitionFacts::new(&columns, &[], &[PartitionSpec { partition_id: 1, fields }], &listing, false);
    let schema = Arc::new(Column::schema(&columns));
    // The file holds a double.
    let stored = lit(ScalarValue::Decimal128(Some(9_007_199_254_740_992), 38, 0));
    let predicate = physical(&col("c1").eq(stored), &schema).unwrap();
    assert_eq!(prune_files(&predicate, &schema, &listing, &FileBounds::default(), &facts).0, [true]);
}

#[test]
fn casts_that_turn_the_order_around() {
    use arrow::datatypes::TimeUnit::{Microsecond, Nanosecond, Second};
    let timestamp = |zone: Option<&str>| DataType::Timestamp(Microsecond, zone.map(Into::into));
    for (from, to) in [
        (DataType::Int32, DataType::Float64),
        (DataType::Decimal128(9, 2), DataType::Float64),
        (DataType::Decimal128(9, 2), DataType::Decimal128(12, 4)),
        (DataType::Float64, DataType::Float32),
        (DataType::Boolean, DataType::Int64),
        (DataType::Utf8, DataType::Utf8View),
        (DataType::Date32, timestamp(None)),
        (timestamp(Some("UTC")), DataType::Date32),
        (DataType::Timestamp(Second, None), timestamp(None)),
    ] {
        assert!(keeps_order(&from, &to), "{from} to {to}");
    }
    for (from, to) in [
        (timestamp(None), DataType::Time64(Nanosecond)),
        (timestamp(Some("Europe/Berlin")), DataType::Date32),
        (timestamp(None), DataType::Timestamp(Second, None)),
        (DataType::Int32, DataType::Boolean),
        (DataType::Float64, DataType::Int8),
        (DataType::Decimal128(9, 2), DataType::Int64),
        (DataType::Int32, DataType::Utf8),
        (DataType::Utf8, DataType::Int32),
    ] {
        assert!(!keeps_order(&from, &to), "{from} to {to}");
    }
}

//! Which files a filter rules out: DataFusion's pruning predicate over partition values and column statistics.
//!
//! A file goes only if the filter is certainly false or NULL for all its rows (DuckLake spec, "Pruning rules").

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, UInt64Array};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::common::pruning::PruningStatistics;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{Column as ColumnName, ScalarValue};
use datafusion::logical_expr::{BinaryExpr, Expr, Operator};
use datafusion::physical_expr::expressions::{CastExpr, TryCastExpr};
use datafusion::physical_expr::{PhysicalExpr, conjunction, split_conjunction};
use datafusion::physical_optimizer::pruning::PruningPredicateBuilder;
use ducklake_catalog::{BoundComparison, Cell, ColumnRange, DataFileRow, FileListing, PartitionSpec, VersionedColumn};
use ducklake_format::partition::{Transform, bucket, transform_value};
use ducklake_format::text::{DisplayOptions, ValueDisplay, decode_all};
use ducklake_format::{Column, LakeType};

use crate::file_stats::{FileBounds, has_bounds, is_uniform};
use crate::source::PruningCounts;

/// Which files stay, with the reasons of the others counted.
pub(crate) fn prune_files(
    predicate: &Arc<dyn PhysicalExpr>,
    schema: &SchemaRef,
    listing: &FileListing,
    bounds: &FileBounds,
    partitions: &PartitionFacts,
) -> (Vec<bool>, PruningCounts) {
    let files = &listing.files;
    let mut counts = PruningCounts { total: listing.summary.file_count, ..PruningCounts::default() };
    // What the catalog already left out was left out by statistics.
    counts.by_statistics = listing.summary.file_count.saturating_sub(files.len());
    let mut keep = vec![true; files.len()];
    let usable = split_conjunction(predicate).into_iter().filter(|p| is_prunable(p, schema)).map(Arc::clone);
    let predicate = conjunction(usable);
    let built = PruningPredicateBuilder::new().with_file_schema(Arc::clone(schema)).try_build(predicate);
    let Ok(pruning) = built else { return (keep, counts) };
    let mut apply = |statistics: &dyn PruningStatistics, counter: &mut usize| {
        // An expression that cannot be evaluated over statistics rules nothing out.
        let Ok(verdicts) = pruning.prune(statistics) else { return };
        for (kept, verdict) in keep.iter_mut().zip(verdicts) {
            if *kept && !verdict {
                *kept = false;
                *counter += 1;
            }
        }
    };
    if !partitions.columns.is_empty() {
        apply(&PartitionStatistics { facts: partitions, files }, &mut counts.by_partition);
    }
    apply(&BoundStatistics { bounds, files }, &mut counts.by_statistics);
    (keep, counts)
}

/// Whether bounds say something about an expression: DataFusion takes every cast to keep the order of values, but the
/// time of a day does not follow that of the timestamps. TRY_CAST makes NULLs, too, that no count has.
pub(crate) fn is_prunable(predicate: &Arc<dyn PhysicalExpr>, schema: &Schema) -> bool {
    let mut found = false;
    let walked = predicate.apply(|node| {
        found |= node.downcast_ref::<TryCastExpr>().is_some();
        if let Some(cast) = node.downcast_ref::<CastExpr>() {
            found |= !keeps_order(&cast.expr().data_type(schema)?, cast.cast_type());
        }
        Ok(if found { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    });
    !found && walked.is_ok()
}

/// Whether a cast never turns the order of two values around, nor makes them equal where DataFusion, moving the cast to
/// the other side of a comparison, takes them for different.
pub(crate) fn keeps_order(from: &DataType, to: &DataType) -> bool {
    let is_bytes = |t: &DataType| matches!(t, DataType::Binary | DataType::LargeBinary | DataType::BinaryView);
    let is_utc = |zone: &Option<Arc<str>>| zone.as_deref().is_none_or(|zone| matches!(zone, "UTC" | "+00:00"));
    match (from, to) {
        (DataType::Timestamp(from, from_zone), DataType::Timestamp(to, to_zone)) => {
            is_utc(from_zone) && is_utc(to_zone) && from <= to
        }
        (DataType::Date32, DataType::Timestamp(_, zone)) | (DataType::Timestamp(_, zone), DataType::Date32) => {
            is_utc(zone)
        }
        (DataType::Boolean, to) => *to == DataType::Boolean || to.is_numeric(),
        (from, to) if from.is_numeric() && to.is_numeric() => scale(from) <= scale(to) || to.is_floating(),
        (from, to) => from == to || from.is_string() && to.is_string() || is_bytes(from) && is_bytes(to),
    }
}

/// Digits after the point.
fn scale(number: &DataType) -> i8 {
    match number {
        DataType::Decimal32(_, scale) | DataType::Decimal64(_, scale) => *scale,
        DataType::Decimal128(_, scale) | DataType::Decimal256(_, scale) => *scale,
        float if float.is_floating() => i8::MAX,
        _ => 0,
    }
}

fn row_counts(files: &[DataFileRow]) -> ArrayRef {
    let counts: UInt64Array = files.iter().map(|f| f.record_count.and_then(|n| u64::try_from(n).ok())).collect();
    Arc::new(counts)
}

struct BoundStatistics<'a> {
    bounds: &'a FileBounds,
    files: &'a [DataFileRow],
}

impl PruningStatistics for BoundStatistics<'_> {
    fn min_values(&self, column: &ColumnName) -> Option<ArrayRef> {
        Some(Arc::clone(&self.bounds.columns.get(&column.name)?.min))
    }

    fn max_values(&self, column: &ColumnName) -> Option<ArrayRef> {
        Some(Arc::clone(&self.bounds.columns.get(&column.name)?.max))
    }

    fn num_containers(&self) -> usize {
        self.files.len()
    }

    fn null_counts(&self, column: &ColumnName) -> Option<ArrayRef> {
        Some(Arc::new(self.bounds.columns.get(&column.name)?.null_count.clone()))
    }

    fn row_counts(&self) -> Option<ArrayRef> {
        Some(row_counts(self.files))
    }

    fn contained(&self, _column: &ColumnName, _values: &HashSet<ScalarValue>) -> Option<BooleanArray> {
        None
    }
}

/// What partition values say about a column.
#[derive(Debug, Clone)]
struct PartitionColumn {
    lake_type: LakeType,
    /// For each file: the transforms of this column with their values, as the file's own spec has them.
    values: Vec<Vec<(Transform, Option<String>)>>,
    /// The identity values as an array, NULL where there is none (or it is NULL).
    identity: ArrayRef,
}

/// Partition values of a scan's files, by column name.
#[derive(Debug, Clone, Default)]
pub(crate) struct PartitionFacts {
    columns: HashMap<String, PartitionColumn>,
}

impl PartitionFacts {
    /// Joins files, their own specs and their values. `first_ordinal`: format 0.1 names columns by ordinal.
    pub(crate) fn new(
        columns: &[Column],
        history: &[VersionedColumn],
        specs: &[PartitionSpec],
        listing: &FileListing,
        ordinals: bool,
    ) -> Self {
        let specs: HashMap<i64, &PartitionSpec> = specs.iter().map(|s| (s.partition_id, s)).collect();
        let mut by_column: HashMap<i64, Vec<Vec<(Transform, Option<String>)>>> = HashMap::new();
        for (index, file) in listing.files.iter().enumerate() {
            let Some(spec) = file.partition_id.and_then(|id| specs.get(&id)) else { continue };
            let Some(values) = listing.partition_values.get(&file.data_file_id) else { continue };
            for (key, value) in values {
                let Some(field) = spec.fields.iter().find(|f| f.key_index == *key) else { continue };
                let Ok(transform) = Transform::parse(&field.transform) else { continue };
                let column_id = if ordinals {
                    match usize::try_from(field.column_id).ok().and_then(|i| columns.get(i)) {
                        Some(column) => column.id,
                        None => continue,
                    }
                } else {
                    field.column_id
                };
                by_column.entry(column_id).or_insert_with(|| vec![Vec::new(); listing.files.len()])[index]
                    .push((transform, value.clone()));
            }
        }
        let columns = columns
            .iter()
            // A promoted column's values were written under another type.
            .filter(|column| is_uniform(column, history) && !column.lake_type.is_nested())
            .filter_map(|column| {
                let values = by_column.remove(&column.id)?;
                let identity = values.iter().map(|values| {
                    values.iter().find(|(t, _)| *t == Transform::Identity).and_then(|(_, v)| v.as_deref())
                });
                let identity = decode_all(&column.lake_type, identity, false).ok()?;
                Some((column.name.clone(), PartitionColumn { lake_type: column.lake_type.clone(), values, identity }))
            })
            .collect();
        Self { columns }
    }
}

struct PartitionStatistics<'a> {
    facts: &'a PartitionFacts,
    files: &'a [DataFileRow],
}

impl PartitionStatistics<'_> {
    /// Identity values are all there is to a file, but not of every type can their text be trusted.
    fn identity(&self, column: &ColumnName) -> Option<&PartitionColumn> {
        self.facts.columns.get(&column.name).filter(|c| {
            !matches!(
                c.lake_type,
                // Longer integers are rounded in the file, after the partition was chosen.
                LakeType::Int128
                    | LakeType::UInt128
                    | LakeType::Blob
                    | LakeType::Float32
                    | LakeType::Float64
                    | LakeType::Interval
                    | LakeType::TimeTz
                    | LakeType::Variant
                    | LakeType::Geometry
                    | LakeType::Json
            )
        })
    }
}

impl PruningStatistics for PartitionStatistics<'_> {
    fn min_values(&self, column: &ColumnName) -> Option<ArrayRef> {
        Some(Arc::clone(&self.identity(column)?.identity))
    }

    fn max_values(&self, column: &ColumnName) -> Option<ArrayRef> {
        Some(Arc::clone(&self.identity(column)?.identity))
    }

    fn num_containers(&self) -> usize {
        self.files.len()
    }

    fn null_counts(&self, column: &ColumnName) -> Option<ArrayRef> {
        let facts = self.identity(column)?;
        // A NULL identity value: all rows are NULL. Another one: none is.
        let counts: UInt64Array = facts
            .values
            .iter()
            .enumerate()
            .map(|(i, values)| {
                let (_, value) = values.iter().find(|(t, _)| *t == Transform::Identity)?;
                match value {
                    None => self.files[i].record_count.and_then(|n| u64::try_from(n).ok()),
                    Some(_) => facts.identity.is_valid(i).then_some(0),
                }
            })
            .collect();
        Some(Arc::new(counts))
    }

    fn row_counts(&self) -> Option<ArrayRef> {
        Some(row_counts(self.files))
    }

    /// False where none of `values` can be in the file, by any transform.
    fn contained(&self, column: &ColumnName, values: &HashSet<ScalarValue>) -> Option<BooleanArray> {
        let facts = self.facts.columns.get(&column.name)?;
        let arrays: Vec<ArrayRef> = values
            .iter()
            .map(|v| v.cast_to(&facts.lake_type.arrow_type()).and_then(|v| v.to_array()).ok())
            .collect::<Option<_>>()?;
        let verdicts = facts
            .values
            .iter()
            .map(|transforms| {
                let excluded = transforms.iter().any(|(transform, value)| {
                    arrays.iter().all(|wanted| excludes(*transform, value.as_deref(), wanted, &facts.lake_type))
                });
                excluded.then_some(false)
            })
            .collect();
        Some(verdicts)
    }
}

/// Whether a file with this partition value certainly lacks the wanted value (an array of one).
fn excludes(transform: Transform, value: Option<&str>, wanted: &ArrayRef, lake_type: &LakeType) -> bool {
    let is_rounded = matches!(lake_type, LakeType::Int128 | LakeType::UInt128);
    if wanted.is_null(0) || is_rounded || !transform.is_reproducible(lake_type) {
        return false;
    }
    let (expected, wanted) = match transform {
        Transform::Identity => return false,
        Transform::Bucket(n) => {
            // Equal NaNs may be in different buckets.
            if is_nan(wanted) || is_hashed_as_text(lake_type) {
                return false;
            }
            (value.and_then(|v| v.parse::<i64>().ok()), bucket(wanted.as_ref(), lake_type, 0, n).map(i64::from))
        }
        _ => (value.and_then(|v| v.parse::<i64>().ok()), transform_value(transform, wanted.as_ref(), 0)),
    };
    matches!((expected, wanted), (Some(expected), Some(wanted)) if expected != wanted)
}

/// Types whose buckets are hashes of display text: UPDATE in DuckDB 1.5 reads that text after it is gone, and may put
/// rows into buckets that are not theirs.
fn is_hashed_as_text(lake_type: &LakeType) -> bool {
    match lake_type {
        LakeType::UInt8 | LakeType::UInt16 | LakeType::UInt32 | LakeType::UInt64 => true,
        LakeType::Int128 | LakeType::UInt128 | LakeType::Uuid | LakeType::Interval => true,
        LakeType::Decimal { precision, .. } => *precision > 18,
        other => other.is_nested(),
    }
}

fn is_nan(array: &ArrayRef) -> bool {
    match ScalarValue::try_from_array(array, 0) {
        Ok(ScalarValue::Float32(Some(v))) => v.is_nan(),
        Ok(ScalarValue::Float64(Some(v))) => v.is_nan(),
        _ => false,
    }
}

/// Most ranges that are used in the catalog.
const MAX_RANGES: usize = 16;

/// Coarse ranges that the filters imply for top-level columns, for narrowing the listing in the catalog.
pub(crate) fn ranges(filters: &[Expr], columns: &[Column]) -> Vec<ColumnRange> {
    let mut ranges: Vec<ColumnRange> = Vec::new();
    let conjuncts = filters.iter().flat_map(datafusion::logical_expr::utils::split_conjunction);
    for (name, low, high) in conjuncts.filter_map(interval) {
        let Some(column) = columns.iter().find(|c| c.name == name) else { continue };
        // The catalog leaves out columns that had another type once.
        if !has_bounds(column, &[]) {
            continue;
        }
        let Some(comparison) = comparison(&column.lake_type) else { continue };
        let cell = |value: Option<ScalarValue>, widen: f64| {
            value.and_then(|v| bound_cell(&v, &column.lake_type, comparison, widen))
        };
        let (low, high) = (cell(low, -1.0), cell(high, 1.0));
        if low.is_some() || high.is_some() {
            ranges.push(ColumnRange { column_id: column.id, comparison, low, high });
        }
        // Each is a join, of which SQLite allows 64.
        if ranges.len() == MAX_RANGES {
            break;
        }
    }
    ranges
}

fn comparison(lake_type: &LakeType) -> Option<BoundComparison> {
    Some(match lake_type {
        LakeType::Int8 | LakeType::Int16 | LakeType::Int32 | LakeType::Int64 => BoundComparison::Integer,
        LakeType::UInt8 | LakeType::UInt16 | LakeType::UInt32 | LakeType::UInt64 => BoundComparison::Integer,
        LakeType::Float32 | LakeType::Float64 => BoundComparison::Float,
        LakeType::Decimal { .. } => BoundComparison::Decimal,
        LakeType::Varchar | LakeType::Uuid => BoundComparison::Text,
        LakeType::Date
        | LakeType::Timestamp
        | LakeType::TimestampS
        | LakeType::TimestampMs
        | LakeType::TimestampNs
        | LakeType::TimestampTz
        | LakeType::TimestampTzNs => BoundComparison::IsoTime,
        _ => return None,
    })
}

/// A literal as the cell that bounds are compared with; `widen` is the direction in which inexact numbers are widened.
fn bound_cell(value: &ScalarValue, lake_type: &LakeType, comparison: BoundComparison, widen: f64) -> Option<Cell> {
    if value.is_null() {
        return None;
    }
    let array = value.cast_to(&lake_type.arrow_type()).ok()?.to_array().ok()?;
    let field: Field = lake_type.field("v");
    let mut text = String::new();
    ValueDisplay::try_new(array.as_ref(), &field, &DisplayOptions::default()).ok()?.write(0, &mut text);
    match comparison {
        // Longer numbers are not compared in the database either.
        BoundComparison::Integer => text.parse::<i64>().ok().map(Cell::Int),
        BoundComparison::Float | BoundComparison::Decimal => {
            let number: f64 = text.parse().ok()?;
            number.is_finite().then(|| Cell::Float(number + widen * (number.abs() * 1e-6 + f64::MIN_POSITIVE)))
        }
        BoundComparison::Text => (!text.contains('\0')).then_some(Cell::Text(text)),
        BoundComparison::IsoTime => {
            let iso = text.len() >= 10 && text.as_bytes()[4] == b'-' && !text.contains('(');
            (iso && text.as_bytes()[..4].iter().all(u8::is_ascii_digit)).then_some(Cell::Text(text))
        }
    }
}

/// `column OP literal`, BETWEEN and IN lists as a closed interval.
fn interval(expr: &Expr) -> Option<(&str, Option<ScalarValue>, Option<ScalarValue>)> {
    match expr {
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => {
            let (column, literal, op) = match (left.as_ref(), right.as_ref()) {
                (Expr::Column(column), Expr::Literal(literal, _)) => (column, literal, *op),
                (Expr::Literal(literal, _), Expr::Column(column)) => (column, literal, op.swap()?),
                _ => return None,
            };
            let (literal, name) = (literal.clone(), column.name.as_str());
            match op {
                Operator::Eq => Some((name, Some(literal.clone()), Some(literal))),
                Operator::Lt | Operator::LtEq => Some((name, None, Some(literal))),
                Operator::Gt | Operator::GtEq => Some((name, Some(literal), None)),
                _ => None,
            }
        }
        Expr::Between(between) if !between.negated => {
            match (between.expr.as_ref(), between.low.as_ref(), between.high.as_ref()) {
                (Expr::Column(column), Expr::Literal(low, _), Expr::Literal(high, _)) => {
                    Some((column.name.as_str(), Some(low.clone()), Some(high.clone())))
                }
                _ => None,
            }
        }
        Expr::InList(list) if !list.negated => {
            let Expr::Column(column) = list.expr.as_ref() else { return None };
            let mut values = list.list.iter().map(|e| match e {
                Expr::Literal(value, _) if !value.is_null() => Some(value.clone()),
                _ => None,
            });
            let first = values.next()??;
            let (mut low, mut high) = (first.clone(), first);
            for value in values {
                let value = value?;
                if value.partial_cmp(&low)?.is_lt() {
                    low = value.clone();
                }
                if value.partial_cmp(&high)?.is_gt() {
                    high = value;
                }
            }
            Some((column.name.as_str(), Some(low), Some(high)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;

//! Which partition a row belongs to, and what its files are called.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch, StringArray};
use arrow::row::{RowConverter, SortField};
use ducklake_format::partition::{Transform, bucket, transform_value};
use ducklake_format::{Column, DisplayOptions, LakeType, ValueDisplay};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::data_file::Target;
use super::error::WriteError;
use super::layout::{PartitionKey, TableLayout};

/// What DuckDB leaves as it is in names of folders.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'_').remove(b'-').remove(b'~').remove(b'.');
/// Folder names beyond this are too long for usual file systems; files with such values lie flat.
const MAX_FOLDER_BYTES: usize = 200;
/// Like it, for all folders of a file.
const MAX_FOLDERS_BYTES: usize = 800;

/// Assigns rows to partitions, which it numbers as they appear.
pub(super) struct Partitioner {
    keys: Vec<Key>,
    hive_paths: bool,
    converter: Option<RowConverter>,
    /// Partition of each tuple of key values as the row format has it.
    by_row: HashMap<Box<[u8]>, usize>,
    /// Partition of each tuple of texts; values that differ may have the same text (NaN).
    by_text: HashMap<Vec<Option<String>>, usize>,
    /// Partitions by number.
    pub(super) targets: Vec<Target>,
}

struct Key {
    key: PartitionKey,
    column: Column,
    /// Its name in folders, percent-encoded.
    folder: String,
}

impl Partitioner {
    pub(super) fn new(layout: &TableLayout, keys: &[PartitionKey]) -> Result<Self, WriteError> {
        let named = keys.iter().map(|key| {
            let column = layout.columns.get(key.column).ok_or_else(|| {
                WriteError::rows(format!(
                    "partition key {} is of column {}, which is not there",
                    key.key_index, key.column
                ))
            })?;
            check(column, key.transform)?;
            Ok((key, column))
        });
        let named = named.collect::<Result<Vec<_>, WriteError>>()?;
        let names: Vec<String> = named.iter().map(|(key, column)| short_name(key.transform, &column.name)).collect();
        let keys = named.iter().zip(&names).map(|((key, column), name)| {
            let is_unique = names.iter().filter(|other| other.eq_ignore_ascii_case(name)).count() == 1;
            let name = match key.transform {
                _ if is_unique => name.clone(),
                Transform::Identity => format!("identity_{}", column.name),
                _ => format!("{}_{}", short_name(key.transform, ""), column.name),
            };
            let folder = utf8_percent_encode(&name, ENCODED).to_string();
            Key { key: (*key).clone(), column: (*column).clone(), folder }
        });
        Ok(Self {
            keys: keys.collect(),
            hive_paths: layout.options.hive_paths,
            converter: None,
            by_row: HashMap::new(),
            by_text: HashMap::new(),
            targets: Vec::new(),
        })
    }

    /// The partition of each row.
    pub(super) fn assign(&mut self, batch: &RecordBatch) -> Result<Vec<usize>, WriteError> {
        let failed = || WriteError::arrow("partitioned");
        let values = self.keys.iter().map(|key| key.values(batch)).collect::<Result<Vec<_>, _>>()?;
        if self.converter.is_none() {
            let fields = values.iter().map(|array| SortField::new(array.data_type().clone())).collect();
            self.converter = Some(RowConverter::new(fields).map_err(failed())?);
        }
        let Some(converter) = &mut self.converter else { return Ok(Vec::new()) };
        let rows = converter.convert_columns(&values).map_err(failed())?;
        let mut last: Option<(usize, usize)> = None;
        let mut partitions = Vec::with_capacity(batch.num_rows());
        for (row, bytes) in rows.iter().enumerate() {
            // Neighbours are often of the same partition.
            let partition = match last {
                Some((previous, partition)) if rows.row(previous) == bytes => partition,
                _ => match self.by_row.get(bytes.data()) {
                    Some(partition) => *partition,
                    None => {
                        let texts = self.keys.iter().zip(&values).map(|(key, array)| key.text(array, row));
                        let texts = texts.collect::<Result<Vec<_>, _>>()?;
                        let next = self.targets.len();
                        let partition = *self.by_text.entry(texts.clone()).or_insert(next);
                        if partition == next {
                            self.targets.push(target(&self.keys, self.hive_paths, texts));
                        }
                        self.by_row.insert(bytes.data().into(), partition);
                        partition
                    }
                },
            };
            last = Some((row, partition));
            partitions.push(partition);
        }
        Ok(partitions)
    }
}

impl Key {
    /// What tells the partitions of a batch's rows apart: the transform's integers, or the values themselves.
    fn values(&self, batch: &RecordBatch) -> Result<ArrayRef, WriteError> {
        let array = batch.column(self.key.column);
        let lake_type = &self.column.lake_type;
        let rows = 0..array.len();
        Ok(match self.key.transform {
            Transform::Identity if lake_type.is_nested() => {
                let texts = rows.map(|row| self.display(array, row)).collect::<Result<Vec<_>, _>>()?;
                Arc::new(StringArray::from(texts))
            }
            Transform::Identity => Arc::clone(array),
            Transform::Bucket(count) => {
                let buckets = rows.map(|row| bucket(array.as_ref(), lake_type, row, count).map(i64::from));
                Arc::new(buckets.collect::<Int64Array>())
            }
            // The hour that the text shows, as in DuckDB.
            _ if *lake_type == LakeType::TimeTz => {
                let texts = array.as_string_view_opt().ok_or_else(|| WriteError::rows("timetz values are no text"))?;
                Arc::new(texts.iter().map(|text| text?.get(..2)?.parse().ok()).collect::<Int64Array>())
            }
            transform => {
                Arc::new(rows.map(|row| transform_value(transform, array.as_ref(), row)).collect::<Int64Array>())
            }
        })
    }

    /// The partition value of a row of [`Key::values`].
    fn text(&self, values: &ArrayRef, row: usize) -> Result<Option<String>, WriteError> {
        if values.is_null(row) {
            return Ok(None);
        }
        match (self.key.transform, values.as_string_opt::<i32>()) {
            (Transform::Identity, Some(texts)) => Ok(Some(texts.value(row).to_string())),
            (Transform::Identity, None) => self.display(values, row),
            _ => Ok(values.as_primitive_opt().map(|v: &Int64Array| v.value(row).to_string())),
        }
    }

    fn display(&self, array: &ArrayRef, row: usize) -> Result<Option<String>, WriteError> {
        if array.is_null(row) {
            return Ok(None);
        }
        let field = self.column.field().with_data_type(array.data_type().clone());
        let mut text = String::new();
        ValueDisplay::try_new(array.as_ref(), &field, &DisplayOptions::default())?.write(row, &mut text);
        Ok(Some(text))
    }
}

/// The part of a folder's name before `=`, if no other key claims it.
fn short_name(transform: Transform, column: &str) -> String {
    match transform {
        Transform::Identity => column.to_string(),
        Transform::Bucket(_) => "bucket".to_string(),
        other => other.to_string(),
    }
}

fn check(column: &Column, transform: Transform) -> Result<(), WriteError> {
    use Transform::{Bucket, Hour, Identity};
    let fits = match &column.lake_type {
        LakeType::Date
        | LakeType::Timestamp
        | LakeType::TimestampS
        | LakeType::TimestampMs
        | LakeType::TimestampNs
        | LakeType::TimestampTz
        | LakeType::TimestampTzNs => true,
        LakeType::Time | LakeType::TimeNs | LakeType::TimeTz => matches!(transform, Identity | Bucket(_) | Hour),
        _ => matches!(transform, Identity | Bucket(_)),
    };
    if fits {
        return Ok(());
    }
    let problem = format!("{} values have no partition transform {transform}", column.lake_type);
    Err(WriteError::NotSupported { column: column.name.clone(), problem })
}

fn target(keys: &[Key], hive_paths: bool, texts: Vec<Option<String>>) -> Target {
    let mut folder = String::new();
    let mut is_usable = hive_paths;
    for (key, text) in keys.iter().zip(&texts) {
        let value = match text {
            Some(text) => utf8_percent_encode(text, ENCODED).to_string(),
            None => "__HIVE_DEFAULT_PARTITION__".to_string(),
        };
        is_usable &= key.folder.len() + value.len() < MAX_FOLDER_BYTES;
        folder.push_str(&format!("{}={value}/", key.folder));
    }
    // Folders are decoration: readers take the values from the catalog.
    if !is_usable || folder.len() > MAX_FOLDERS_BYTES {
        folder.clear();
    }
    let values = keys.iter().map(|key| key.key.key_index).zip(texts).collect();
    Target { folder, values }
}

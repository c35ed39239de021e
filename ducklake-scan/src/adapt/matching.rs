//! Which column of a file is which column of the table.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, new_null_array};
use arrow::datatypes::{DataType, Field, FieldRef, Schema};
use ducklake_catalog::NameMappingRow;
use ducklake_format::columns::FIELD_ID_METADATA_KEY;
use ducklake_format::partition::hive_value;
use ducklake_format::text::decode_scalar;
use ducklake_format::{Column, ColumnId, LakeType};

use super::convert::{ConvertPlan, plan_leaf};
use crate::error::{LakeError, Result};

/// Reserved field ids from here on are DuckLake's own columns.
const FIRST_RESERVED_ID: i64 = 2_147_483_000;

/// How the columns of a file are matched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FileMapping {
    /// By Parquet field id.
    FieldIds,
    /// By name, through a mapping of the catalog.
    Names(Arc<Vec<MappingNode>>),
    /// By place among the table's top-level columns (these ids, in order): files without field ids whose mapping was
    /// never kept, as lakes up to 0.3 have them.
    Places(Arc<Vec<ColumnId>>),
}

/// A node of a name mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MappingNode {
    pub(crate) source_name: String,
    pub(crate) target_field_id: i64,
    pub(crate) is_partition: bool,
    pub(crate) children: Vec<MappingNode>,
}

impl MappingNode {
    /// The trees of all mappings.
    pub(crate) fn trees(rows: &[NameMappingRow]) -> Result<HashMap<i64, Arc<Vec<MappingNode>>>> {
        let mut by_mapping: HashMap<i64, Vec<&NameMappingRow>> = HashMap::new();
        for row in rows {
            by_mapping.entry(row.mapping_id).or_default().push(row);
        }
        by_mapping
            .into_iter()
            .map(|(mapping, rows)| {
                let mut placed = 0;
                let tree = Self::children_of(None, &rows, 0, &mut placed);
                if placed != rows.len() {
                    return Err(LakeError::Invalid(format!("name mapping {mapping} is not a tree")));
                }
                Ok((mapping, Arc::new(tree)))
            })
            .collect()
    }

    fn children_of(
        parent: Option<i64>,
        rows: &[&NameMappingRow],
        depth: usize,
        placed: &mut usize,
    ) -> Vec<MappingNode> {
        // A cycle never reaches the root, so only depth has to be bounded.
        if depth > 200 {
            return Vec::new();
        }
        rows.iter()
            .filter(|row| row.parent_node == parent)
            .map(|row| {
                *placed += 1;
                MappingNode {
                    source_name: row.source_name.clone(),
                    target_field_id: row.target_field_id,
                    is_partition: row.is_partition,
                    children: Self::children_of(Some(row.node), rows, depth + 1, placed),
                }
            })
            .collect()
    }
}

/// The field id of a file's column, if it has one.
pub(crate) fn field_id(field: &Field) -> Option<i64> {
    field.metadata().get(FIELD_ID_METADATA_KEY)?.parse().ok()
}

/// The default of a column as an array of one value of its Arrow type, nested or top-level; NULL for none.
///
/// # Errors
/// The default's text is no value of the type.
pub(crate) fn default_array(column: &Column, top_level: bool) -> Result<ArrayRef> {
    let data_type = if top_level { column.lake_type.arrow_type() } else { column.lake_type.nested_arrow_type() };
    match &column.initial_default {
        // A struct that is missing as a whole is NULL, whatever defaults its children have; nested values have none.
        Some(text) if !column.lake_type.is_nested() => {
            let array = decode_scalar(&column.lake_type, text).map_err(|e| {
                LakeError::Invalid(format!("the initial default of column '{}' cannot be used: {e}", column.name))
            })?;
            Ok(arrow::compute::cast(&array, &data_type)?)
        }
        _ => Ok(new_null_array(&data_type, 1)),
    }
}

/// How to make `column` from a file: the index of the file's column with the conversion, or a constant.
#[derive(Debug, Clone)]
pub(crate) enum ColumnSource {
    Physical { index: usize, plan: ConvertPlan },
    Constant(ArrayRef),
}

/// Plans a top-level column of the table over a file with this schema and path.
///
/// # Errors
/// Types that cannot be converted, a missing partition segment, unusable defaults.
pub(crate) fn plan_column(column: &Column, mapping: &FileMapping, schema: &Schema, path: &str) -> Result<ColumnSource> {
    let found = match mapping {
        FileMapping::FieldIds => schema.fields().iter().position(|f| field_id(f) == Some(column.id)).map(|i| (i, None)),
        FileMapping::Names(nodes) => match nodes.iter().find(|node| node.target_field_id == column.id) {
            Some(node) if node.is_partition => return hive_constant(column, node, path),
            Some(node) => position_by_name(schema.fields(), &node.source_name).map(|i| (i, Some(node))),
            None => None,
        },
        FileMapping::Places(ids) => {
            let place = ids.iter().position(|id| *id == column.id).filter(|place| *place < schema.fields().len());
            place.map(|place| (place, Some(&NO_CHILDREN)))
        }
    };
    match found {
        Some((index, node)) => {
            let field = schema.field(index);
            let plan = plan_field(column, field, node, true).map_err(|e| in_file(e, path))?;
            Ok(ColumnSource::Physical { index, plan })
        }
        None => Ok(ColumnSource::Constant(default_array(column, true)?)),
    }
}

fn in_file(error: LakeError, path: &str) -> LakeError {
    LakeError::Invalid(format!("file '{path}' does not fit the catalog: {error}"))
}

fn position_by_name(fields: &[FieldRef], name: &str) -> Option<usize> {
    fields
        .iter()
        .position(|f| f.name() == name)
        .or_else(|| fields.iter().position(|f| f.name().to_lowercase() == name.to_lowercase()))
}

fn hive_constant(column: &Column, node: &MappingNode, path: &str) -> Result<ColumnSource> {
    let value = hive_value(path, &node.source_name).ok_or_else(|| {
        LakeError::Invalid(format!(
            "the path '{path}' has no segment '{}=…', which column '{}' is mapped to",
            node.source_name, column.name
        ))
    })?;
    // `p=` is the empty string for text, and no value for the rest.
    let value = value.filter(|text| !text.is_empty() || column.lake_type == LakeType::Varchar);
    let array = match value {
        Some(text) => decode_scalar(&column.lake_type, &text).map_err(|e| {
            LakeError::Invalid(format!("the path '{path}' has no usable value of column '{}': {e}", column.name))
        })?,
        None => new_null_array(&column.lake_type.arrow_type(), 1),
    };
    Ok(ColumnSource::Constant(array))
}

/// Plans a column over the file's field that was matched to it.
fn plan_field(column: &Column, field: &Field, node: Option<&MappingNode>, top_level: bool) -> Result<ConvertPlan> {
    let contradiction = || {
        LakeError::Invalid(format!(
            "column '{}' is {} in the catalog and {} in the file",
            column.name,
            column.lake_type,
            field.data_type()
        ))
    };
    match (&column.lake_type, field.data_type()) {
        (LakeType::Struct(_), DataType::Struct(fields)) => {
            let parts = column
                .children
                .iter()
                .map(|child| {
                    let found = match node {
                        None => fields.iter().position(|f| field_id(f) == Some(child.id)).map(|i| (i, None)),
                        Some(node) => node
                            .children
                            .iter()
                            .find(|n| n.target_field_id == child.id)
                            .and_then(|n| position_by_name(fields, &n.source_name).map(|i| (i, Some(n)))),
                    };
                    match found {
                        Some((index, node)) => Ok((Some(index), plan_field(child, &fields[index], node, false)?)),
                        None => Ok((None, ConvertPlan::Constant(default_array(child, false)?))),
                    }
                })
                .collect::<Result<Vec<_>>>()?;
            Ok(ConvertPlan::Struct { parts, target: column.lake_type.nested_arrow_type() })
        }
        (
            LakeType::List(_),
            DataType::List(element) | DataType::LargeList(element) | DataType::FixedSizeList(element, _),
        ) => {
            // Elements, keys and values are matched by their place: files call them differently.
            let [child] = column.children.as_slice() else { return Err(contradiction()) };
            let node = node.map(|n| n.children.first()).map(|n| n.unwrap_or(&NO_CHILDREN));
            let plan = plan_field(child, element, node, false)?;
            Ok(ConvertPlan::List { element: Box::new(plan), target: column.lake_type.nested_arrow_type() })
        }
        (LakeType::Map(_, _), DataType::Map(entries, _)) => {
            let ([key, value], DataType::Struct(kv)) = (column.children.as_slice(), entries.data_type()) else {
                return Err(contradiction());
            };
            let [key_field, value_field] = kv.as_ref() else { return Err(contradiction()) };
            let part = |name: &str| {
                node.map(|n| {
                    n.children.iter().find(|c| c.source_name.eq_ignore_ascii_case(name)).unwrap_or(&NO_CHILDREN)
                })
            };
            Ok(ConvertPlan::Map {
                key: Box::new(plan_field(key, key_field, part("key"), false)?),
                value: Box::new(plan_field(value, value_field, part("value"), false)?),
                target: column.lake_type.nested_arrow_type(),
            })
        }
        (LakeType::Struct(_) | LakeType::List(_) | LakeType::Map(_, _), _) => Err(contradiction()),
        (leaf, physical) => plan_leaf(leaf, field, physical, top_level).ok_or_else(contradiction),
    }
}

/// Stands for a mapping that says nothing about what is inside.
static NO_CHILDREN: MappingNode =
    MappingNode { source_name: String::new(), target_field_id: -1, is_partition: false, children: Vec::new() };

/// Whether the file can be matched by field ids: all its top-level columns have one.
pub(crate) fn has_field_ids(schema: &Schema) -> bool {
    schema.fields().iter().all(|f| field_id(f).is_some())
}

/// Position of one of DuckLake's own columns in a file: by reserved field id, else by name.
pub(crate) fn internal_column(schema: &Schema, reserved_id: i64, name: &str) -> Option<usize> {
    debug_assert!(reserved_id >= FIRST_RESERVED_ID);
    let by_id = schema.fields().iter().position(|f| field_id(f) == Some(reserved_id));
    by_id.or_else(|| schema.fields().iter().position(|f| field_id(f).is_none() && f.name() == name))
}

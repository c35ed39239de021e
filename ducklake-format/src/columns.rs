//! The column tree of a table at a snapshot.

use std::collections::HashMap;

use arrow::datatypes::{Field, Schema};

use crate::types::TypeName;
use crate::{FormatError, LakeType};

/// `column_id`, which is also the Parquet field id. Unique within a table, never reused.
pub type ColumnId = i64;

/// Metadata key under which Arrow fields carry a Parquet field id.
pub const FIELD_ID_METADATA_KEY: &str = "PARQUET:field_id";

/// Deepest nesting that is accepted; far above anything real, low enough for recursion to be safe.
const MAX_DEPTH: usize = 200;

/// A row of `ducklake_column`, as the catalog has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnRow {
    /// Id of the column, unique in its table.
    pub column_id: ColumnId,
    /// Sort key among siblings.
    pub column_order: i64,
    /// Name.
    pub column_name: String,
    /// Type string.
    pub column_type: String,
    /// Value for rows of files written before the column existed, as text.
    pub initial_default: Option<String>,
    /// Default for future inserts, as text or SQL.
    pub default_value: Option<String>,
    /// Kind of `default_value`: `literal` or `expression`.
    pub default_value_type: Option<String>,
    /// Whether NULL may be stored (meaningful for top-level columns only).
    pub nulls_allowed: bool,
    /// The struct, list or map this column is part of.
    pub parent_column: Option<ColumnId>,
}

/// A column of a table at a snapshot, with its children.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Id, which files carry as Parquet field id.
    pub id: ColumnId,
    /// Name at the snapshot.
    pub name: String,
    /// Type at the snapshot, children included.
    pub lake_type: LakeType,
    /// Text of the value for rows that are older than the column.
    pub initial_default: Option<String>,
    /// Default for future inserts; `None` for none.
    pub default_value: Option<String>,
    /// `literal` or `expression`; absent in old lakes, where all are literals.
    pub default_value_type: Option<String>,
    /// Whether NULL may be stored.
    pub nulls_allowed: bool,
    /// Child columns: struct fields, a list's element, or a map's key and value.
    pub children: Vec<Column>,
}

impl Column {
    /// Builds the column tree of `table` from the rows visible at one snapshot, ordered as the table shows them.
    ///
    /// # Errors
    /// [`FormatError::InvalidColumns`] where rows have duplicate ids, missing or cyclic parents, children that do not
    /// fit their parent's type, or absurd depth; [`FormatError::UnknownType`] for types no version defines.
    pub fn tree(table: i64, rows: Vec<ColumnRow>) -> Result<Vec<Column>, FormatError> {
        let invalid = |problem: String| FormatError::InvalidColumns { table, problem };
        let total = rows.len();
        let mut ids = HashMap::with_capacity(total);
        for row in &rows {
            if ids.insert(row.column_id, row.parent_column).is_some() {
                return Err(invalid(format!("column id {} is there twice", row.column_id)));
            }
        }
        let mut children: HashMap<Option<ColumnId>, Vec<ColumnRow>> = HashMap::new();
        for row in rows {
            if let Some(parent) = row.parent_column
                && !ids.contains_key(&parent)
            {
                return Err(invalid(format!("column {} has parent {parent}, which is not there", row.column_id)));
            }
            children.entry(row.parent_column).or_default().push(row);
        }
        for siblings in children.values_mut() {
            siblings.sort_by_key(|row| (row.column_order, row.column_id));
        }
        let mut placed = 0;
        let top = children.remove(&None).unwrap_or_default();
        let columns = top
            .into_iter()
            .map(|row| build(table, row, &mut children, 0, &mut placed))
            .collect::<Result<Vec<_>, _>>()?;
        if placed != total {
            return Err(invalid("the parents of some columns form a cycle".to_string()));
        }
        Ok(columns)
    }

    /// The Arrow field of this column, with its field id in the metadata.
    pub fn field(&self) -> Field {
        let field = self.lake_type.field(&self.name);
        let mut metadata = field.metadata().clone();
        metadata.insert(FIELD_ID_METADATA_KEY.to_string(), self.id.to_string());
        field.with_metadata(metadata)
    }

    /// The Arrow schema of a table with these columns.
    pub fn schema(columns: &[Column]) -> Schema {
        Schema::new(columns.iter().map(Column::field).collect::<Vec<_>>())
    }
}

fn build(
    table: i64,
    row: ColumnRow,
    rest: &mut HashMap<Option<ColumnId>, Vec<ColumnRow>>,
    depth: usize,
    placed: &mut usize,
) -> Result<Column, FormatError> {
    let invalid = |problem: String| FormatError::InvalidColumns { table, problem };
    if depth > MAX_DEPTH {
        return Err(invalid(format!("column {} is nested deeper than {MAX_DEPTH} levels", row.column_id)));
    }
    *placed += 1;
    let children = rest
        .remove(&Some(row.column_id))
        .unwrap_or_default()
        .into_iter()
        .map(|child| build(table, child, rest, depth + 1, placed))
        .collect::<Result<Vec<_>, _>>()?;
    let wrong_children = |wanted: &str| {
        invalid(format!(
            "column '{}' of type {} has {} children, not {wanted}",
            row.column_name,
            row.column_type,
            children.len()
        ))
    };
    let type_name = TypeName::parse(&row.column_type)
        .map_err(|e| invalid(format!("column '{}' has a type that cannot be read: {e}", row.column_name)))?;
    let lake_type = match (type_name, children.as_slice()) {
        (TypeName::Leaf(leaf), []) => leaf,
        (TypeName::Leaf(_), _) => return Err(wrong_children("none")),
        (TypeName::List, [element]) => LakeType::List(Box::new(element.lake_type.clone())),
        (TypeName::List, _) => return Err(wrong_children("one")),
        (TypeName::Map, [key, value]) => {
            LakeType::Map(Box::new(key.lake_type.clone()), Box::new(value.lake_type.clone()))
        }
        (TypeName::Map, _) => return Err(wrong_children("two")),
        (TypeName::Struct, []) => return Err(wrong_children("at least one")),
        (TypeName::Struct, fields) => {
            LakeType::Struct(fields.iter().map(|c| (c.name.clone(), c.lake_type.clone())).collect())
        }
    };
    // 1.0 writes the four letters NULL for "no default", older lakes SQL NULL.
    let default_value = row.default_value.filter(|text| text != "NULL");
    Ok(Column {
        id: row.column_id,
        name: row.column_name,
        lake_type,
        initial_default: row.initial_default,
        default_value,
        default_value_type: row.default_value_type,
        nulls_allowed: row.nulls_allowed,
        children,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: i64, name: &str, ty: &str, parent: Option<i64>) -> ColumnRow {
        ColumnRow {
            column_id: id,
            column_order: id,
            column_name: name.into(),
            column_type: ty.into(),
            initial_default: None,
            default_value: Some("NULL".into()),
            default_value_type: None,
            nulls_allowed: true,
            parent_column: parent,
        }
    }

    #[test]
    fn a_tree_is_built_in_column_order() {
        let rows = vec![
            row(4, "b", "int32", Some(2)),
            row(1, "i", "int64", None),
            row(2, "s", "struct", None),
            row(3, "a", "list", Some(2)),
            row(5, "element", "varchar", Some(3)),
        ];
        let columns = Column::tree(1, rows).unwrap();
        assert_eq!(columns.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["i", "s"]);
        assert_eq!(columns[1].lake_type.to_string(), "struct<a list<varchar>, b int32>");
        assert_eq!(columns[0].default_value, None);
    }

    #[test]
    fn broken_trees_are_refused() {
        let cases = [
            vec![row(1, "a", "int32", Some(1))],
            vec![row(1, "a", "struct", Some(2)), row(2, "b", "struct", Some(1))],
            vec![row(1, "a", "int32", None), row(1, "b", "int32", None)],
            vec![row(1, "a", "int32", Some(9))],
            vec![row(1, "a", "list", None)],
            vec![row(1, "a", "map", None), row(2, "key", "int32", Some(1))],
            vec![row(1, "a", "int32", None), row(2, "b", "int32", Some(1))],
        ];
        for rows in cases {
            assert!(matches!(Column::tree(7, rows), Err(FormatError::InvalidColumns { table: 7, .. })));
        }
        let deep = (1..1000).map(|i| row(i, "l", "list", (i > 1).then_some(i - 1))).collect();
        assert!(Column::tree(7, deep).is_err());
    }
}

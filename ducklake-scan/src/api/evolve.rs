//! Tables that follow the rows they are given: new columns, wider types.

use arrow::datatypes::{DataType, Schema};
use ducklake_format::LakeType;
use ducklake_format::columns::Column;
use ducklake_format::promotion::can_promote;
use ducklake_transact::{ColumnDefault, NewColumn};

use crate::error::{LakeError, Result};
use crate::lake::same_name;
use crate::write::{OpenLake, adapt_pending, pending_columns};

/// A change that rows ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Evolution {
    /// A column that is missing.
    Add(NewColumn),
    /// A type that is too narrow.
    Widen { column: String, lake_type: LakeType },
}

/// What a table needs to take rows of a schema.
///
/// # Errors
/// [`LakeError::NotSupported`] for types that lakes do not have.
pub(super) fn evolutions(columns: &[Column], schema: &Schema) -> Result<Vec<Evolution>> {
    let mut changes = Vec::new();
    // A column without a type holds nothing that would need one.
    for field in schema.fields().iter().filter(|f| f.data_type() != &DataType::Null) {
        let given = LakeType::from_field(field)
            .ok_or_else(|| LakeError::not_supported(format!("a column of type {} in a lake", field.data_type())))?;
        match columns.iter().find(|column| same_name(&column.name, field.name())) {
            None => changes.push(Evolution::Add(NewColumn {
                name: field.name().clone(),
                lake_type: given,
                nullable: true,
                default: ColumnDefault::None,
            })),
            Some(column) => changes.extend(
                widened(&column.lake_type, &given)
                    .map(|lake_type| Evolution::Widen { column: column.name.clone(), lake_type }),
            ),
        }
    }
    Ok(changes)
}

/// The type that holds the values of both, where it is not the current one and can become it.
fn widened(current: &LakeType, given: &LakeType) -> Option<LakeType> {
    match (current, given) {
        (LakeType::Struct(fields), LakeType::Struct(others)) => {
            let mut changed = false;
            let mut wide = fields.clone();
            for (name, given) in others {
                match wide.iter_mut().find(|(known, _)| same_name(known, name)) {
                    Some((_, field)) => {
                        if let Some(wider) = widened(field, given) {
                            *field = wider;
                            changed = true;
                        }
                    }
                    None => {
                        wide.push((name.clone(), given.clone()));
                        changed = true;
                    }
                }
            }
            changed.then_some(LakeType::Struct(wide))
        }
        (LakeType::List(element), LakeType::List(other)) => {
            widened(element, other).map(|element| LakeType::List(Box::new(element)))
        }
        (LakeType::Map(key, value), LakeType::Map(other_key, other_value)) => {
            let (wide_key, wide_value) = (widened(key, other_key), widened(value, other_value));
            if wide_key.is_none() && wide_value.is_none() {
                return None;
            }
            let wide_key = wide_key.unwrap_or_else(|| key.as_ref().clone());
            let wide_value = wide_value.unwrap_or_else(|| value.as_ref().clone());
            Some(LakeType::Map(Box::new(wide_key), Box::new(wide_value)))
        }
        (current, given) => wider_leaf(current, given),
    }
}

fn wider_leaf(current: &LakeType, given: &LakeType) -> Option<LakeType> {
    let holds = |wide: &LakeType, narrow: &LakeType| wide == narrow || can_promote(narrow, wide);
    // Text and documents hold everything, but nobody who gives numbers asks for that.
    if holds(current, given) || matches!(given, LakeType::Json | LakeType::Variant) {
        return None;
    }
    let common = [LakeType::Int16, LakeType::Int32, LakeType::Int64, LakeType::Float64];
    std::iter::once(given).chain(&common).find(|wide| can_promote(current, wide) && holds(wide, given)).cloned()
}

/// Changes a touched table, with the rows that wait for the commit.
pub(super) fn evolve(lake: &mut OpenLake, table: i64, changes: &[Evolution]) -> Result<()> {
    let before = pending_columns(lake, table)?;
    let Some(open) = lake.transaction.table_mut(table) else { return Ok(()) };
    for change in changes {
        match change {
            Evolution::Add(column) => open.add_column(&[], column)?,
            Evolution::Widen { column, lake_type } => open.set_type(std::slice::from_ref(column), lake_type)?,
        }
    }
    adapt_pending(lake, table, &before)
}

#[cfg(test)]
mod tests {
    use super::*;
    use LakeType as T;

    #[test]
    fn types_widen_and_never_narrow() {
        for (current, given, expected) in [
            (T::Int32, T::Int64, Some(T::Int64)),
            (T::Int64, T::Int32, None),
            (T::Int32, T::Varchar, None),
            (T::Varchar, T::Int32, None),
            (T::Varchar, T::Json, None),
            (T::UInt8, T::Int8, Some(T::Int16)),
            (T::Float32, T::Float64, Some(T::Float64)),
            (T::Date, T::Timestamp, Some(T::Timestamp)),
        ] {
            assert_eq!(widened(&current, &given), expected, "{current} {given}");
        }
    }

    #[test]
    fn nested_types_gain_fields_and_widen_inside() {
        let s = |fields: &[(&str, T)]| T::Struct(fields.iter().map(|(n, t)| (n.to_string(), t.clone())).collect());
        let current = T::List(Box::new(s(&[("a", T::Int32), ("b", T::Varchar)])));
        let given = T::List(Box::new(s(&[("c", T::Boolean), ("A", T::Int64)])));
        let expected = T::List(Box::new(s(&[("a", T::Int64), ("b", T::Varchar), ("c", T::Boolean)])));
        assert_eq!(widened(&current, &given), Some(expected));
        assert_eq!(widened(&current, &current), None);
    }
}

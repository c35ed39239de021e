//! Defaults of parameters: constants, as text with a type.

use datafusion::sql::sqlparser::ast::Expr;
use ducklake_catalog::MacroDefault;
use ducklake_format::LakeType;
use ducklake_format::types::TypeName;

use super::substitute::parse_expression;
use crate::error::{LakeError, Result};
use crate::sql::types::sql_name;

/// The expression behind a stored default.
///
/// # Errors
/// Types that are unknown, or that have no text.
pub(super) fn expression(default: &MacroDefault) -> Result<Expr> {
    let MacroDefault { value, value_type } = default;
    let TypeName::Leaf(lake_type) = TypeName::parse(value_type)? else {
        return Err(LakeError::not_supported(format!("a macro's default of type {value_type}")));
    };
    let text = format!("'{}'", value.replace('\'', "''"));
    parse_expression(&match lake_type {
        LakeType::Varchar => text,
        LakeType::Boolean | LakeType::Int32 => value.clone(),
        other => format!("CAST({text} AS {})", sql_name(&other)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_become_values_of_their_types() {
        let read = |value: &str, value_type: &str| {
            expression(&MacroDefault { value: value.into(), value_type: value_type.into() }).map(|e| e.to_string())
        };
        assert_eq!(read("it's", "varchar").unwrap(), "'it''s'");
        assert_eq!(read("NULL", "varchar").unwrap(), "'NULL'");
        assert_eq!(read("-3", "int32").unwrap(), "-3");
        assert_eq!(read("true", "boolean").unwrap(), "true");
        assert_eq!(read("1.5", "decimal(2,1)").unwrap(), "CAST('1.5' AS DECIMAL(2,1))");
        assert_eq!(read("2020-01-01", "date").unwrap(), "CAST('2020-01-01' AS DATE)");
        assert!(read("[1]", "list").is_err());
        assert!(read("1", "what").is_err());
    }
}

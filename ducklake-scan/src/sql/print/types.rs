//! Names of types in casts.

use datafusion::sql::sqlparser::ast::{ArrayElemTypeDef, DataType, ExactNumberInfo, TimezoneInfo};

/// A type as DuckDB prints it: those that have words of their own in its grammar stand bare, others in quotes.
pub(super) fn data_type(data_type: &DataType) -> Option<String> {
    let name = match data_type {
        DataType::Boolean | DataType::Bool => "BOOLEAN",
        DataType::SmallInt(None) | DataType::Int2(None) => "SMALLINT",
        DataType::Int(None) | DataType::Integer(None) | DataType::Int4(None) => "INTEGER",
        DataType::BigInt(None) | DataType::Int8(None) => "BIGINT",
        DataType::Varchar(None) | DataType::Text | DataType::String(None) => "VARCHAR",
        DataType::Real | DataType::Float4 | DataType::Float(ExactNumberInfo::None) => "FLOAT",
        DataType::Interval { fields: None, precision: None } => "INTERVAL",
        DataType::Time(None, TimezoneInfo::None) => "TIME",
        DataType::Timestamp(None, TimezoneInfo::None) | DataType::Datetime(None) => "TIMESTAMP",
        DataType::Decimal(number) | DataType::Numeric(number) | DataType::Dec(number) => {
            return match number {
                ExactNumberInfo::None => Some("DECIMAL".to_string()),
                ExactNumberInfo::Precision(_) => None,
                ExactNumberInfo::PrecisionAndScale(precision, scale) => Some(format!("DECIMAL({precision}, {scale})")),
            };
        }
        DataType::Array(ArrayElemTypeDef::SquareBracket(element, None)) => {
            return Some(format!("{}[]", self::data_type(element)?));
        }
        other => return quoted(other).map(|name| format!("\"{name}\"")),
    };
    Some(name.to_string())
}

fn quoted(data_type: &DataType) -> Option<&'static str> {
    Some(match data_type {
        DataType::Date => "DATE",
        DataType::Double(ExactNumberInfo::None) | DataType::DoublePrecision | DataType::Float8 => "DOUBLE",
        DataType::TinyInt(None) => "TINYINT",
        DataType::HugeInt => "HUGEINT",
        DataType::UTinyInt => "UTINYINT",
        DataType::USmallInt => "USMALLINT",
        DataType::UBigInt => "UBIGINT",
        DataType::UHugeInt => "UHUGEINT",
        DataType::Uuid => "UUID",
        DataType::JSON => "JSON",
        DataType::Blob(None) | DataType::Bytea => "BLOB",
        DataType::Timestamp(None, TimezoneInfo::Tz | TimezoneInfo::WithTimeZone) => "TIMESTAMP WITH TIME ZONE",
        DataType::Custom(name, arguments) if arguments.is_empty() => match name.to_string().to_uppercase().as_str() {
            "UINTEGER" => "UINTEGER",
            "TIMESTAMPTZ" => "TIMESTAMP WITH TIME ZONE",
            _ => return None,
        },
        _ => return None,
    })
}

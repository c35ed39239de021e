//! DuckDB's names of DuckLake's types, for DESCRIBE.

use arrow::datatypes::Field;
use ducklake_format::LakeType;

/// DuckDB's name of the type of a result column; Arrow's own where it is no type of a lake.
pub(crate) fn field_type(field: &Field) -> String {
    LakeType::from_field(field).map_or_else(|| field.data_type().to_string(), |t| sql_name(&t))
}

/// The name that DuckDB's SQL has for a type.
pub(crate) fn sql_name(lake_type: &LakeType) -> String {
    let name = match lake_type {
        LakeType::Boolean => "BOOLEAN",
        LakeType::Int8 => "TINYINT",
        LakeType::Int16 => "SMALLINT",
        LakeType::Int32 => "INTEGER",
        LakeType::Int64 => "BIGINT",
        LakeType::Int128 => "HUGEINT",
        LakeType::UInt8 => "UTINYINT",
        LakeType::UInt16 => "USMALLINT",
        LakeType::UInt32 => "UINTEGER",
        LakeType::UInt64 => "UBIGINT",
        LakeType::UInt128 => "UHUGEINT",
        LakeType::Float32 => "FLOAT",
        LakeType::Float64 => "DOUBLE",
        LakeType::Decimal { precision, scale } => return format!("DECIMAL({precision},{scale})"),
        LakeType::Varchar => "VARCHAR",
        LakeType::Json => "JSON",
        LakeType::Blob => "BLOB",
        LakeType::Uuid => "UUID",
        LakeType::Date => "DATE",
        LakeType::Time => "TIME",
        LakeType::TimeNs => "TIME_NS",
        LakeType::TimeTz => "TIME WITH TIME ZONE",
        LakeType::Timestamp => "TIMESTAMP",
        LakeType::TimestampS => "TIMESTAMP_S",
        LakeType::TimestampMs => "TIMESTAMP_MS",
        LakeType::TimestampNs => "TIMESTAMP_NS",
        LakeType::TimestampTz => "TIMESTAMP WITH TIME ZONE",
        LakeType::TimestampTzNs => "TIMESTAMP_NS WITH TIME ZONE",
        LakeType::Interval => "INTERVAL",
        LakeType::Geometry => "GEOMETRY",
        LakeType::Variant => "VARIANT",
        LakeType::List(element) => return format!("{}[]", sql_name(element)),
        LakeType::Struct(fields) => {
            let fields: Vec<String> =
                fields.iter().map(|(name, ty)| format!("{} {}", quoted(name), sql_name(ty))).collect();
            return format!("STRUCT({})", fields.join(", "));
        }
        LakeType::Map(key, value) => return format!("MAP({}, {})", sql_name(key), sql_name(value)),
    };
    name.to_string()
}

/// A name in quotes.
pub(crate) fn quoted_always(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A name, in quotes where it needs them.
pub(crate) fn quoted(name: &str) -> String {
    let plain = !name.is_empty()
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && !name.starts_with(|c: char| c.is_ascii_digit());
    if plain { name.to_string() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

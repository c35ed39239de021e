//! Types as DuckDB writes them in SQL.

use std::fmt::{self, Display, Formatter};

use super::{LogicalType, TypeKind};

impl Display for LogicalType {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.alias {
            Some(alias) => f.write_str(alias),
            None => self.kind.fmt(f),
        }
    }
}

impl Display for TypeKind {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Null => "\"NULL\"",
            Self::Boolean => "BOOLEAN",
            Self::TinyInt => "TINYINT",
            Self::SmallInt => "SMALLINT",
            Self::Integer => "INTEGER",
            Self::BigInt => "BIGINT",
            Self::HugeInt => "HUGEINT",
            Self::UTinyInt => "UTINYINT",
            Self::USmallInt => "USMALLINT",
            Self::UInteger => "UINTEGER",
            Self::UBigInt => "UBIGINT",
            Self::UHugeInt => "UHUGEINT",
            Self::Float => "FLOAT",
            Self::Double => "DOUBLE",
            Self::Char => "CHAR",
            Self::Varchar => "VARCHAR",
            Self::Blob => "BLOB",
            Self::Bit => "BIT",
            Self::BigNum => "BIGNUM",
            Self::Uuid => "UUID",
            Self::Date => "DATE",
            Self::Time => "TIME",
            Self::TimeNs => "TIME_NS",
            Self::TimeTz => "TIME WITH TIME ZONE",
            Self::Timestamp => "TIMESTAMP",
            Self::TimestampS => "TIMESTAMP_S",
            Self::TimestampMs => "TIMESTAMP_MS",
            Self::TimestampNs => "TIMESTAMP_NS",
            Self::TimestampTz => "TIMESTAMP WITH TIME ZONE",
            Self::TimestampTzNs => "TIMESTAMPTZ_NS",
            Self::Interval => "INTERVAL",
            Self::Geometry => "GEOMETRY",
            Self::Variant => "VARIANT",
            Self::Other(id) => return write!(f, "type {id}"),
            Self::Decimal { width, scale } => return write!(f, "DECIMAL({width},{scale})"),
            Self::List(element) => return write!(f, "{element}[]"),
            Self::Array(element, size) => return write!(f, "{element}[{size}]"),
            Self::Map(key, value) => return write!(f, "MAP({key}, {value})"),
            Self::Struct(members) if members.is_empty() => "STRUCT",
            Self::Struct(members) => return list(f, "STRUCT(", members, write_member),
            Self::Union(members) => return list(f, "UNION(", members, write_member),
            Self::Tuple(members) => return list(f, "TUPLE(", members, |f, member| member.fmt(f)),
            Self::Enum(values) => return list(f, "ENUM(", values, |f, value| quoted(f, value, '\'')),
        };
        f.write_str(name)
    }
}

fn list<T>(
    f: &mut Formatter<'_>,
    start: &str,
    items: &[T],
    mut item: impl FnMut(&mut Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    f.write_str(start)?;
    for (position, each) in items.iter().enumerate() {
        if position > 0 {
            f.write_str(", ")?;
        }
        item(f, each)?;
    }
    f.write_str(")")
}

fn write_member(f: &mut Formatter<'_>, (name, member): &(String, LogicalType)) -> fmt::Result {
    let plain = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if plain {
        f.write_str(name)?;
    } else {
        quoted(f, name, '"')?;
    }
    write!(f, " {member}")
}

fn quoted(f: &mut Formatter<'_>, text: &str, quote: char) -> fmt::Result {
    let doubled: String = [quote, quote].iter().collect();
    write!(f, "{quote}{}{quote}", text.replace(quote, &doubled))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let int = || LogicalType::from(TypeKind::Integer);
        let members = vec![("a".to_string(), int()), ("B c".to_string(), TypeKind::List(Box::new(int())).into())];
        assert_eq!(TypeKind::Struct(members).to_string(), "STRUCT(a INTEGER, \"B c\" INTEGER[])");
        let map = TypeKind::Map(Box::new(int()), Box::new(TypeKind::Decimal { width: 4, scale: 1 }.into()));
        assert_eq!(map.to_string(), "MAP(INTEGER, DECIMAL(4,1))");
        let values = ["it's".to_string(), "b".to_string()];
        assert_eq!(TypeKind::Enum(values.into()).to_string(), "ENUM('it''s', 'b')");
        assert_eq!(TypeKind::Array(Box::new(int()), 3).to_string(), "INTEGER[3]");
        let json = LogicalType { alias: Some("JSON".into()), kind: TypeKind::Varchar };
        assert_eq!(json.to_string(), "JSON");
    }
}

//! DuckDB's names of types as DuckLake's types: the inverse of [`crate::sql::types::sql_name`].

use datafusion::sql::sqlparser::tokenizer::Token;
use ducklake_format::LakeType;

use super::cursor::{Cursor, refused};
use crate::error::{LakeError, Result};

/// As deep as types may nest.
const MAX_DEPTH: usize = 64;

/// The type that a text names.
///
/// # Errors
/// Unknown types, and types that DuckLake has no counterpart for.
pub(crate) fn lake_type(text: &str) -> Result<LakeType> {
    let mut cursor = Cursor::new(text)?;
    let lake_type = cursor.lake_type()?;
    cursor.end()?;
    Ok(lake_type)
}

impl Cursor<'_> {
    /// A type with all that belongs to it.
    pub(super) fn lake_type(&mut self) -> Result<LakeType> {
        self.type_at(0)
    }

    fn type_at(&mut self, depth: usize) -> Result<LakeType> {
        if depth > MAX_DEPTH {
            return Err(LakeError::usage("the type is nested too deeply"));
        }
        let word = self.ident()?;
        let mut lake_type = match word.to_uppercase().as_str() {
            "STRUCT" | "ROW" => self.struct_fields(depth)?,
            "MAP" => {
                self.expect(&Token::LParen)?;
                let key = self.type_at(depth + 1)?;
                self.expect(&Token::Comma)?;
                let value = self.type_at(depth + 1)?;
                self.expect(&Token::RParen)?;
                LakeType::Map(Box::new(key), Box::new(value))
            }
            "DECIMAL" | "NUMERIC" | "DEC" => self.decimal()?,
            "FLOAT" => match self.modifiers()?.as_slice() {
                [] => LakeType::Float32,
                [bits] if *bits <= 24 => LakeType::Float32,
                _ => LakeType::Float64,
            },
            "DOUBLE" => {
                self.take_word("PRECISION");
                LakeType::Float64
            }
            "TIMESTAMP" | "DATETIME" => self.timestamp()?,
            "TIMESTAMP_NS" if self.zone()? => LakeType::TimestampTzNs,
            "TIME" => {
                self.modifiers()?;
                if self.zone()? { LakeType::TimeTz } else { LakeType::Time }
            }
            "CHARACTER" | "CHAR" | "VARCHAR" | "NVARCHAR" | "BPCHAR" | "TEXT" | "STRING" => {
                self.take_word("VARYING");
                // DuckDB does not keep lengths either.
                self.modifiers()?;
                LakeType::Varchar
            }
            name => simple(name)?,
        };
        loop {
            if self.take(&Token::LBracket) {
                self.list_brackets()?;
            } else if self.take_word("ARRAY") {
                if self.take(&Token::LBracket) {
                    self.list_brackets()?;
                }
            } else {
                return Ok(lake_type);
            }
            lake_type = LakeType::List(Box::new(lake_type));
        }
    }

    fn struct_fields(&mut self, depth: usize) -> Result<LakeType> {
        self.expect(&Token::LParen)?;
        let fields = self.list(|cursor| Ok((cursor.ident()?, cursor.type_at(depth + 1)?)))?;
        for (at, (name, _)) in fields.iter().enumerate() {
            if fields[..at].iter().any(|(other, _)| other.eq_ignore_ascii_case(name)) {
                return Err(LakeError::usage(format!("a struct type has the field '{name}' twice")));
            }
        }
        Ok(LakeType::Struct(fields))
    }

    fn list_brackets(&mut self) -> Result<()> {
        if let Token::Number(length, _) = self.peek(0) {
            let what = format!("an array type with a fixed length of {length}");
            return Err(refused(what, "DuckLake has lists of any length: leave the number out"));
        }
        self.expect(&Token::RBracket)
    }

    fn decimal(&mut self) -> Result<LakeType> {
        let (precision, scale) = match self.modifiers()?.as_slice() {
            [] => (18, 3),
            [precision] => (*precision, 0),
            [precision, scale] => (*precision, *scale),
            _ => return Err(LakeError::usage("DECIMAL has a width and a scale, no more")),
        };
        match (u8::try_from(precision), i8::try_from(scale)) {
            (Ok(precision @ 1..=38), Ok(scale)) if u64::from(precision) >= scale.unsigned_abs().into() => {
                Ok(LakeType::Decimal { precision, scale })
            }
            _ => Err(LakeError::usage(format!(
                "DECIMAL({precision},{scale}) is no type: the width is 1 to 38, the scale at most the width"
            ))),
        }
    }

    fn timestamp(&mut self) -> Result<LakeType> {
        let digits = self.modifiers()?.first().copied();
        match (self.zone()?, digits) {
            (true, _) => Ok(LakeType::TimestampTz),
            (false, None | Some(4..=6)) => Ok(LakeType::Timestamp),
            (false, Some(0)) => Ok(LakeType::TimestampS),
            (false, Some(1..=3)) => Ok(LakeType::TimestampMs),
            (false, Some(7..=9)) => Ok(LakeType::TimestampNs),
            (false, Some(digits)) => Err(LakeError::usage(format!("TIMESTAMP({digits}) is no type: 9 digits at most"))),
        }
    }

    /// `WITH TIME ZONE` or `WITHOUT TIME ZONE`, if there: whether with.
    fn zone(&mut self) -> Result<bool> {
        let with = self.take_words(&["WITH", "TIME", "ZONE"]);
        if !with {
            self.take_words(&["WITHOUT", "TIME", "ZONE"]);
        }
        Ok(with)
    }

    /// `(n, m)`, if there.
    fn modifiers(&mut self) -> Result<Vec<u64>> {
        if !self.take(&Token::LParen) {
            return Ok(Vec::new());
        }
        self.list(|cursor| match cursor.peek(0) {
            Token::Number(text, _) => {
                let number = text.parse().map_err(|_| LakeError::usage(format!("'{text}' is no size of a type")))?;
                cursor.skip();
                Ok(number)
            }
            _ => Err(cursor.unexpected("a number")),
        })
    }
}

/// Types of one word.
fn simple(name: &str) -> Result<LakeType> {
    Ok(match name {
        "BOOLEAN" | "BOOL" | "LOGICAL" => LakeType::Boolean,
        "TINYINT" | "INT1" => LakeType::Int8,
        "SMALLINT" | "INT2" | "INT16" | "SHORT" => LakeType::Int16,
        "INTEGER" | "INT" | "INT4" | "INT32" | "INTEGRAL" | "SIGNED" => LakeType::Int32,
        "BIGINT" | "INT8" | "INT64" | "LONG" | "OID" => LakeType::Int64,
        "HUGEINT" | "INT128" => LakeType::Int128,
        "UTINYINT" | "UINT8" => LakeType::UInt8,
        "USMALLINT" | "UINT16" => LakeType::UInt16,
        "UINTEGER" | "UINT32" => LakeType::UInt32,
        "UBIGINT" | "UINT64" => LakeType::UInt64,
        "UHUGEINT" | "UINT128" => LakeType::UInt128,
        "REAL" | "FLOAT4" => LakeType::Float32,
        "FLOAT8" => LakeType::Float64,
        "JSON" => LakeType::Json,
        "BLOB" | "BYTEA" | "BINARY" | "VARBINARY" => LakeType::Blob,
        "UUID" | "GUID" => LakeType::Uuid,
        "DATE" => LakeType::Date,
        "TIME_NS" => LakeType::TimeNs,
        "TIMETZ" => LakeType::TimeTz,
        "TIMESTAMP_S" => LakeType::TimestampS,
        "TIMESTAMP_MS" => LakeType::TimestampMs,
        "TIMESTAMP_US" => LakeType::Timestamp,
        "TIMESTAMP_NS" => LakeType::TimestampNs,
        "TIMESTAMPTZ" => LakeType::TimestampTz,
        "TIMESTAMPTZ_NS" => LakeType::TimestampTzNs,
        "INTERVAL" => LakeType::Interval,
        "GEOMETRY" => LakeType::Geometry,
        "VARIANT" => LakeType::Variant,
        "ENUM" | "UNION" | "BIT" | "BITSTRING" | "BIGNUM" | "VARINT" | "NULL" => {
            return Err(refused(format!("a column of type {name}"), "DuckLake has no such type"));
        }
        _ => {
            return Err(LakeError::Usage {
                message: format!("type '{name}' does not exist"),
                hint: Some("for example: INTEGER, BIGINT, DOUBLE, DECIMAL(18,3), VARCHAR, TIMESTAMP, INTEGER[]".into()),
            });
        }
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sql::types::sql_name;

    fn leaf() -> impl Strategy<Value = LakeType> {
        let named = [
            "BOOLEAN",
            "TINYINT",
            "SMALLINT",
            "INTEGER",
            "BIGINT",
            "HUGEINT",
            "UTINYINT",
            "USMALLINT",
            "UINTEGER",
            "UBIGINT",
            "UHUGEINT",
            "REAL",
            "FLOAT8",
            "JSON",
            "BLOB",
            "UUID",
            "DATE",
            "TIME_NS",
            "TIMETZ",
            "TIMESTAMP_S",
            "TIMESTAMP_MS",
            "TIMESTAMP_US",
            "TIMESTAMP_NS",
            "TIMESTAMPTZ",
            "TIMESTAMPTZ_NS",
            "INTERVAL",
            "GEOMETRY",
            "VARIANT",
        ];
        prop_oneof![
            prop::sample::select(named.to_vec()).prop_map(|name| simple(name).unwrap()),
            Just(LakeType::Varchar),
            Just(LakeType::Time),
            (1u8..=38).prop_flat_map(|precision| {
                (0..=i8::try_from(precision).unwrap()).prop_map(move |scale| LakeType::Decimal { precision, scale })
            }),
        ]
    }

    fn nested() -> impl Strategy<Value = LakeType> {
        leaf().prop_recursive(4, 16, 3, |inner| {
            prop_oneof![
                inner.clone().prop_map(|t| LakeType::List(Box::new(t))),
                (inner.clone(), inner.clone()).prop_map(|(k, v)| LakeType::Map(Box::new(k), Box::new(v))),
                prop::collection::btree_map("[a-z\" ]{1,6}", inner, 1..4)
                    .prop_map(|fields| LakeType::Struct(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn printed_types_parse_back(ty in nested()) {
            prop_assert_eq!(lake_type(&sql_name(&ty)).unwrap(), ty);
        }
    }

    #[test]
    fn spellings() {
        for (text, wanted) in [
            ("int4", "INTEGER"),
            ("decimal", "DECIMAL(18,3)"),
            ("numeric(5)", "DECIMAL(5,0)"),
            ("varchar(10)", "VARCHAR"),
            ("character varying", "VARCHAR"),
            ("double precision", "DOUBLE"),
            ("float(30)", "DOUBLE"),
            ("timestamp(3)", "TIMESTAMP_MS"),
            ("timestamp without time zone", "TIMESTAMP"),
            ("timestamp with time zone[]", "TIMESTAMP WITH TIME ZONE[]"),
            ("int array", "INTEGER[]"),
            ("text[][]", "VARCHAR[][]"),
            (
                "row(a int, \"b c\" STRUCT(d map(int, int))[])",
                "STRUCT(a INTEGER, \"b c\" STRUCT(d MAP(INTEGER, INTEGER))[])",
            ),
        ] {
            assert_eq!(sql_name(&lake_type(text).unwrap()), wanted, "{text}");
        }
    }

    #[test]
    fn refusals() {
        for text in ["INT[3]", "STRUCT(x INT[2])", "UNION(i INT, j INT)", "ENUM('a')", "BIT"] {
            assert!(matches!(lake_type(text), Err(LakeError::NotSupported { .. })), "{text}");
        }
        for text in ["nonsense", "DECIMAL(39,0)", "DECIMAL(3,4)", "STRUCT(a INT, A INT)", "MAP(INT)", "INT[", "INT x"] {
            assert!(matches!(lake_type(text), Err(LakeError::Usage { .. })), "{text}");
        }
        assert!(lake_type(&"STRUCT(a ".repeat(10_000)).is_err());
    }
}

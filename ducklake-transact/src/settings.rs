//! Options as they hold for one table (DuckLake spec, "Options").

use ducklake_catalog::OptionRow;
use parquet::basic::{BrotliLevel, Compression, GzipLevel, ZstdLevel};

use crate::files::FileOptions;

/// Options of a session, used where the lake has none of its own.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SessionSettings {
    /// `DATA_INLINING_ROW_LIMIT` of ATTACH.
    pub attach_inlining_limit: Option<u64>,
    /// `ducklake_default_data_inlining_row_limit`.
    pub default_inlining_limit: Option<u64>,
    /// `ducklake_target_file_size`, in bytes; overrides every other.
    pub target_file_size: Option<u64>,
    /// `WRITE_DELETION_VECTORS` of ATTACH.
    pub attach_deletion_vectors: Option<bool>,
    /// `ducklake_write_deletion_vectors`.
    pub default_deletion_vectors: Option<bool>,
}

/// Rows up to which an insert stays in the catalog, unless an option says otherwise.
const DEFAULT_INLINING_LIMIT: u64 = 10;

/// What a write to a table has to follow.
#[derive(Debug, Clone)]
pub struct TableSettings {
    /// Most rows of an insert that are inlined; 0 for none.
    pub inlining_limit: u64,
    /// Whether files are sorted by the table's order.
    pub sort_on_insert: bool,
    /// Whether deletes become deletion vectors instead of delete files. Never in encrypted lakes: they would lie there
    /// unencrypted.
    pub deletion_vectors: bool,
    /// How files are written.
    pub files: FileOptions,
}

/// The value of an option for a table: its own, else its schema's, else the lake's.
pub fn option<'a>(options: &'a [OptionRow], key: &str, schema: Option<i64>, table: Option<i64>) -> Option<&'a str> {
    let find = |scope: Option<&str>, id: Option<i64>| {
        options
            .iter()
            .find(|o| {
                o.key.eq_ignore_ascii_case(key) && o.scope.as_deref() == scope && (scope.is_none() || o.scope_id == id)
            })
            .map(|o| o.value.as_str())
    };
    table
        .and_then(|id| find(Some("table"), Some(id)))
        .or_else(|| schema.and_then(|id| find(Some("schema"), Some(id))))
        .or_else(|| find(None, None))
}

fn flag(text: Option<&str>, default: bool) -> bool {
    text.map_or(default, |t| t.eq_ignore_ascii_case("true") || t == "1")
}

impl TableSettings {
    /// The settings of a table.
    pub fn new(
        options: &[OptionRow],
        session: &SessionSettings,
        encrypted: bool,
        schema: Option<i64>,
        table: Option<i64>,
    ) -> Self {
        let find = |key: &str| option(options, key, schema, table);
        let number = |key: &str| find(key).and_then(|text| text.trim().parse::<u64>().ok());
        let mut files = FileOptions::default();
        let level = find("parquet_compression_level").and_then(|text| text.trim().parse::<i32>().ok());
        if let Some(compression) = find("parquet_compression").and_then(|name| compression(name, level)) {
            files.compression = compression;
        }
        files.version_2 = find("parquet_version").is_some_and(|v| v.trim_start_matches(['V', 'v']) == "2");
        if let Some(rows) = number("parquet_row_group_size").and_then(|n| usize::try_from(n).ok()).filter(|n| *n > 0) {
            files.row_group_rows = rows;
        }
        files.row_group_bytes =
            number("parquet_row_group_size_bytes").and_then(|n| usize::try_from(n).ok()).filter(|n| *n > 0);
        if let Some(size) = session.target_file_size.or_else(|| number("target_file_size")).filter(|n| *n > 0) {
            files.target_file_size = size;
        }
        files.hive_paths = flag(find("hive_file_pattern"), !encrypted);
        let inlining_limit = number("data_inlining_row_limit")
            .or(session.attach_inlining_limit)
            .or(session.default_inlining_limit)
            .unwrap_or(DEFAULT_INLINING_LIMIT);
        let session_vectors = session.attach_deletion_vectors.or(session.default_deletion_vectors).unwrap_or(false);
        let deletion_vectors = !encrypted && flag(find("write_deletion_vectors"), session_vectors);
        Self { inlining_limit, sort_on_insert: flag(find("sort_on_insert"), true), deletion_vectors, files }
    }
}

/// The codec of an option's value; `None` for one that is not known.
pub fn compression(name: &str, level: Option<i32>) -> Option<Compression> {
    let unsigned = level.and_then(|l| u32::try_from(l).ok());
    Some(match name.to_ascii_lowercase().as_str() {
        "uncompressed" => Compression::UNCOMPRESSED,
        "snappy" => Compression::SNAPPY,
        "gzip" => Compression::GZIP(unsigned.and_then(|l| GzipLevel::try_new(l).ok()).unwrap_or_default()),
        "zstd" => Compression::ZSTD(level.and_then(|l| ZstdLevel::try_new(l).ok()).unwrap_or_default()),
        "brotli" => Compression::BROTLI(unsigned.and_then(|l| BrotliLevel::try_new(l).ok()).unwrap_or_default()),
        "lz4" | "lz4_raw" => Compression::LZ4_RAW,
        _ => return None,
    })
}

/// A settable option: its name, and its value as it is stored.
///
/// # Errors
/// What is wrong with the name or the value.
pub fn check_option(key: &str, value: &str) -> Result<(String, String), String> {
    let key = key.to_ascii_lowercase();
    let bad = |wanted: &str| format!("'{value}' is no value for option '{key}': it takes {wanted}");
    let number = |least: u64| match value.trim().parse::<f64>() {
        Ok(n) if n >= least as f64 && n.fract() == 0.0 => Ok(format!("{n:.0}")),
        _ => Err(bad(if least == 0 { "a number of 0 or more" } else { "a number above 0" })),
    };
    let truth = || match value.to_ascii_lowercase().as_str() {
        "true" | "t" | "1" | "on" | "yes" => Ok("true".to_string()),
        "false" | "f" | "0" | "off" | "no" => Ok("false".to_string()),
        _ => Err(bad("true or false")),
    };
    let stored = match key.as_str() {
        "parquet_compression" => match compression(value, None) {
            Some(_) => value.to_ascii_lowercase(),
            None => return Err(bad("uncompressed, snappy, gzip, zstd, brotli, lz4 or lz4_raw")),
        },
        "parquet_compression_level" => number(0)?,
        "parquet_version" => match value.trim_start_matches(['V', 'v']) {
            "1" => "V1".to_string(),
            "2" => "V2".to_string(),
            _ => return Err(bad("1 or 2")),
        },
        "parquet_row_group_size" | "parquet_row_group_size_bytes" => {
            byte_size(value).filter(|n| *n > 0).map(|n| n.to_string()).ok_or_else(|| bad("a number above 0"))?
        }
        "target_file_size" => byte_size(value).map(|n| n.to_string()).ok_or_else(|| bad("a size such as 100MB"))?,
        "data_inlining_row_limit" => number(0)?,
        "hive_file_pattern"
        | "per_thread_output"
        | "sort_on_insert"
        | "write_deletion_vectors"
        | "auto_compact"
        | "require_commit_message" => truth()?,
        "rewrite_delete_threshold" => match value.trim().parse::<f64>() {
            Ok(share) if (0.0..=1.0).contains(&share) => format!("{share:.6}"),
            _ => return Err(bad("a share from 0 to 1")),
        },
        "expire_older_than" | "delete_older_than" => value.to_string(),
        _ => return Err(format!("there is no option '{key}'")),
    };
    Ok((key, stored))
}

/// Bytes of `10MB`, `1GiB`, `512`.
pub fn byte_size(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let scale: f64 = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" | "byte" | "bytes" => 1.0,
        "k" | "kb" => 1e3,
        "m" | "mb" => 1e6,
        "g" | "gb" => 1e9,
        "t" | "tb" => 1e12,
        "kib" => 1024.0,
        "mib" => 1024.0 * 1024.0,
        "gib" => 1024.0 * 1024.0 * 1024.0,
        _ => return None,
    };
    let number: f64 = number.parse().ok()?;
    let bytes = number * scale;
    (bytes.is_finite() && bytes < 1e18).then_some(bytes as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(key: &str, value: &str, scope: Option<&str>, scope_id: Option<i64>) -> OptionRow {
        OptionRow { key: key.into(), value: value.into(), scope: scope.map(Into::into), scope_id }
    }

    #[test]
    fn the_narrowest_scope_wins() {
        let options = [
            row("data_inlining_row_limit", "5", None, None),
            row("data_inlining_row_limit", "6", Some("schema"), Some(1)),
            row("data_inlining_row_limit", "7", Some("table"), Some(2)),
        ];
        let limit = |schema, table| {
            TableSettings::new(&options, &SessionSettings::default(), false, schema, table).inlining_limit
        };
        assert_eq!([limit(Some(1), Some(2)), limit(Some(1), Some(3)), limit(Some(9), None)], [7, 6, 5]);
        let session = SessionSettings { attach_inlining_limit: Some(3), ..SessionSettings::default() };
        assert_eq!(TableSettings::new(&[], &session, false, None, None).inlining_limit, 3);
        assert_eq!(TableSettings::new(&[], &SessionSettings::default(), true, None, None).files.hive_paths, false);
    }

    #[test]
    fn values_are_checked_and_stored_as_the_reference_does() {
        let stored = |key: &str, value: &str| check_option(key, value).map(|(_, v)| v);
        assert_eq!(stored("target_file_size", "10MB").as_deref(), Ok("10000000"));
        assert_eq!(stored("parquet_version", "2").as_deref(), Ok("V2"));
        assert_eq!(stored("parquet_compression", "ZSTD").as_deref(), Ok("zstd"));
        assert_eq!(stored("rewrite_delete_threshold", "0.3").as_deref(), Ok("0.300000"));
        for (key, value) in [("version", "2"), ("encrypted", "true"), ("parquet_compression", "zip"), ("x", "1")] {
            assert!(stored(key, value).is_err(), "{key}");
        }
    }
}

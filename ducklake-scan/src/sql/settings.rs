//! Settings of DuckDB's that scripts for lakes use. What has no meaning here is taken and kept.

use std::collections::HashMap;

use crate::error::{LakeError, Result};

/// Names that SET takes, with their defaults.
const KNOWN: [(&str, &str); 31] = [
    ("allow_persistent_secrets", "true"),
    ("autoinstall_known_extensions", "false"),
    ("autoload_known_extensions", "false"),
    ("checkpoint_threshold", "16.0 MiB"),
    ("default_order", "ASC"),
    ("default_null_order", "NULLS_LAST"),
    ("ducklake_auto_compact", "true"),
    ("ducklake_default_data_inlining_row_limit", "10"),
    ("ducklake_default_table_path", ""),
    ("ducklake_max_retry_count", "10"),
    ("ducklake_retry_backoff", "1.5"),
    ("ducklake_retry_wait_ms", "100"),
    ("ducklake_target_file_size", ""),
    ("ducklake_write_deletion_vectors", "false"),
    ("enable_external_access", "true"),
    ("enable_object_cache", "true"),
    ("enable_progress_bar", "false"),
    // Candidates of a walk through an HNSW index; an index chooses for itself where it is not set.
    ("hnsw_ef_search", ""),
    ("immediate_transaction_mode", "false"),
    ("max_memory", ""),
    ("memory_limit", ""),
    ("parquet_metadata_cache", "false"),
    ("pg_debug_show_queries", "false"),
    ("preserve_identifier_case", "true"),
    ("preserve_insertion_order", "true"),
    ("scalar_subquery_error_on_multiple_rows", "true"),
    ("schema", "main"),
    ("search_path", ""),
    ("temp_directory", ""),
    ("threads", ""),
    ("worker_threads", ""),
];

/// The settings of one session, as text.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settings {
    set: HashMap<String, String>,
}

impl Settings {
    /// Whether SET takes this name.
    pub(crate) fn knows(name: &str) -> bool {
        KNOWN.iter().any(|(known, _)| known.eq_ignore_ascii_case(name))
    }

    /// Sets a value.
    ///
    /// # Errors
    /// [`LakeError::Usage`] for a name that is not known or a value that makes no sense.
    pub(crate) fn set(&mut self, name: &str, value: &str) -> Result<()> {
        if !Self::knows(name) {
            return Err(LakeError::usage(format!("there is no setting '{name}'")));
        }
        let name = name.to_lowercase();
        check(&name, value)?;
        self.set.insert(name, value.to_string());
        Ok(())
    }

    /// Back to the default.
    ///
    /// # Errors
    /// [`LakeError::Usage`] for a name that is not known.
    pub(crate) fn reset(&mut self, name: &str) -> Result<()> {
        if !Self::knows(name) {
            return Err(LakeError::usage(format!("there is no setting '{name}'")));
        }
        self.set.remove(&name.to_lowercase());
        Ok(())
    }

    /// The value that was set.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.set.get(&name.to_lowercase()).map(String::as_str)
    }

    /// All settings with the values in force.
    pub(crate) fn all(&self) -> Vec<(String, String)> {
        KNOWN.iter().map(|(name, _)| ((*name).to_string(), self.current(name).unwrap_or_default())).collect()
    }

    /// The value in force: set, or else the default.
    pub(crate) fn current(&self, name: &str) -> Option<String> {
        let default = KNOWN.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        self.get(name).map(str::to_string).or_else(|| default.map(|(_, value)| (*value).to_string()))
    }
}

fn check(name: &str, value: &str) -> Result<()> {
    let wrong = |what: &str| LakeError::usage(format!("'{value}' is no {what} for {name}"));
    let number = || value.trim().parse::<i64>();
    match name {
        "ducklake_target_file_size" => match byte_size(value) {
            Some(bytes) if bytes > 0 => Ok(()),
            _ => Err(wrong("size")),
        },
        "ducklake_default_data_inlining_row_limit" | "ducklake_max_retry_count" | "ducklake_retry_wait_ms" => {
            number().ok().filter(|n| *n >= 0).map(|_| ()).ok_or_else(|| wrong("number"))
        }
        "threads" | "worker_threads" | "hnsw_ef_search" => {
            number().ok().filter(|n| *n >= 1).map(|_| ()).ok_or_else(|| wrong("number"))
        }
        _ => Ok(()),
    }
}

/// Bytes of a text such as `10KB`, `1.5 GiB` or `4096`.
pub(crate) fn byte_size(text: &str) -> Option<u64> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let number: f64 = text[..end].parse().ok()?;
    let factor = match text[end..].trim().to_lowercase().as_str() {
        "" | "b" | "byte" | "bytes" => 1.0,
        "kb" | "kilobytes" => 1e3,
        "mb" | "megabytes" => 1e6,
        "gb" | "gigabytes" => 1e9,
        "tb" | "terabytes" => 1e12,
        "kib" => 1024.0,
        "mib" => 1_048_576.0,
        "gib" => 1_073_741_824.0,
        "tib" => 1_099_511_627_776.0,
        _ => return None,
    };
    let bytes = number * factor;
    (bytes.is_finite() && bytes < 1e18).then_some(bytes as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        assert_eq!(byte_size("10KB"), Some(10_000));
        assert_eq!(byte_size("1.5 KiB"), Some(1536));
        assert_eq!(byte_size("7"), Some(7));
        assert_eq!(byte_size("not-a-size"), None);
    }

    #[test]
    fn values_are_checked() {
        let mut settings = Settings::default();
        settings.set("DuckLake_Target_File_Size", "10KB").unwrap();
        assert_eq!(settings.get("ducklake_target_file_size"), Some("10KB"));
        assert!(settings.set("ducklake_target_file_size", "0").is_err());
        assert!(settings.set("no_such_setting", "0").is_err());
        settings.reset("ducklake_target_file_size").unwrap();
        assert_eq!(settings.get("ducklake_target_file_size"), None);
        assert_eq!(settings.current("ducklake_max_retry_count").as_deref(), Some("10"));
    }
}

//! `ducklake_metadata`: the lake's identity and options.

use crate::error::{CatalogError, FailureKind};

/// A format version that can be read (DuckLake spec, "Format versions").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the variants are the versions")]
pub enum FormatVersion {
    V0_1,
    V0_2,
    V0_3,
    V0_4,
    V1_0,
    V1_1Dev,
}

impl FormatVersion {
    /// Parses `ducklake_metadata.version`.
    ///
    /// # Errors
    /// `Unsupported` for versions that are not known.
    pub fn parse(text: &str) -> Result<Self, CatalogError> {
        Ok(match text {
            "0.1" => Self::V0_1,
            "0.2" | "0.3-dev1" => Self::V0_2,
            "0.3" | "0.4-dev1" => Self::V0_3,
            "0.4" => Self::V0_4,
            "1.0" => Self::V1_0,
            "1.1-dev1" | "1.1-dev" => Self::V1_1Dev,
            _ => {
                return Err(CatalogError::new(
                    FailureKind::Unsupported,
                    format!("the lake has format version '{text}', which is not known here"),
                )
                .with_hint(
                    "versions 0.1, 0.2, 0.3, 0.4, 1.0 and 1.1-dev1 can be read; a newer release may know this one",
                ));
            }
        })
    }
}

/// A row of `ducklake_metadata`: an option with its scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptionRow {
    /// Option name.
    pub key: String,
    /// Value as text.
    pub value: String,
    /// `None` for global, else `schema` or `table`.
    pub scope: Option<String>,
    /// Id of the schema or table.
    pub scope_id: Option<i64>,
}

/// Identity and options of a lake.
#[derive(Debug, Clone)]
pub struct LakeMetadata {
    /// Format version.
    pub version: FormatVersion,
    /// Format version as the catalog has it.
    pub version_text: String,
    /// Who made the lake.
    pub created_by: Option<String>,
    /// Recorded data path, as stored.
    pub data_path: String,
    /// Whether files are encrypted.
    pub encrypted: bool,
    /// All rows.
    pub options: Vec<OptionRow>,
}

impl LakeMetadata {
    pub(crate) fn from_rows(options: Vec<OptionRow>) -> Result<Self, CatalogError> {
        if let Some(row) = options.iter().find(|o| !matches!(o.scope.as_deref(), None | Some("schema" | "table"))) {
            return Err(CatalogError::invalid(format!(
                "option '{}' has the scope '{}', which is neither global, schema nor table",
                row.key,
                row.scope.as_deref().unwrap_or_default()
            )));
        }
        let global = |key: &str| options.iter().find(|o| o.scope.is_none() && o.key == key).map(|o| o.value.clone());
        let missing = |key: &str| {
            CatalogError::new(FailureKind::NotALake, format!("the catalog's ducklake_metadata has no '{key}'"))
        };
        let version_text = global("version").ok_or_else(|| missing("version"))?;
        Ok(Self {
            version: FormatVersion::parse(&version_text)?,
            version_text,
            created_by: global("created_by"),
            data_path: global("data_path").ok_or_else(|| missing("data_path"))?,
            encrypted: global("encrypted").is_some_and(|v| v.eq_ignore_ascii_case("true") || v == "1"),
            options,
        })
    }
}

//! What an index is of, as the catalog keeps it: JSON, the value of a tag of the table.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ducklake_format::{Column, LakeType};
use ring::rand::{SecureRandom, SystemRandom};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::{LakeError, Result};
use crate::sql::types::sql_name;

/// Tags of tables that define indexes have this before the index's name as their key.
pub(crate) const TAG_PREFIX: &str = "quacklake.index.";

/// The version that this program writes. Whatever an older program would misread (a new kind, metric or kind of text)
/// needs the next one; new fields that may be ignored do not.
const VERSION: u32 = 1;

/// Kinds as they are stored.
const HNSW: &str = "hnsw";
const FTS: &str = "fts";

/// Bytes of an AES-256 key.
const KEY_BYTES: usize = 32;

/// Columns of one index at most, so that nobody else's catalog decides how much is read.
const MAX_COLUMNS: usize = 64;

/// One index of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct IndexDefinition {
    /// Names the folder of its segments; an index that is dropped and created again has another.
    pub uuid: String,
    /// Its name, unique in the table's schema.
    pub name: String,
    /// What is indexed, and how.
    pub kind: IndexKind,
    /// When segments are made.
    pub refresh: Refresh,
    /// AES-256 key of the segments in lakes that encrypt, base64.
    pub key: Option<String>,
}

/// What is indexed, and how.
#[derive(Debug, Clone, PartialEq)]
pub enum IndexKind {
    /// Nearest neighbours of vectors.
    Hnsw {
        /// The vectors: a list or array of floats.
        column: ColumnRef,
        /// What is near.
        metric: Metric,
        /// Neighbours of a node in the graph's upper layers; the lowest has twice as many.
        m: usize,
        /// Candidates looked at for each new node.
        ef_construction: usize,
    },
    /// Full text.
    Fts {
        /// Text columns, in the order of the statement.
        columns: Vec<FtsColumn>,
    },
}

/// A column by its field id: names change, field ids do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ColumnRef {
    /// `column_id` of the catalog.
    pub field_id: i64,
}

/// A text column of a full-text index.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FtsColumn {
    /// The column.
    #[serde(rename = "field_id")]
    pub column: ColumnRef,
    /// How its text is cut into words.
    pub text: TextKind,
    /// What a hit in it counts, beside hits in the other columns.
    pub boost: f32,
}

/// What is near, under the names of DuckDB's vss extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Metric {
    /// Squared Euclidean distance.
    L2sq,
    /// One minus the cosine of the angle.
    Cosine,
    /// The inner product, the greatest first.
    Ip,
}

/// How text is cut into words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TextKind {
    /// Words of a language, stemmed.
    Text,
    /// Source code: `camelCase`, `snake_case` and paths are also cut.
    Code,
    /// Names, which are also found by a part of them.
    Name,
}

/// When segments are made for new data files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Refresh {
    /// After each commit of this program's.
    Commit,
    /// By `CALL ducklake_refresh_indexes(…)` only.
    Manual,
}

/// Why a definition in the catalog cannot be used. Searches go on without the index, and are as exact.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DefinitionError {
    /// It says something that this program does not know.
    #[error("made by a newer version: {what}")]
    Newer {
        /// What is not known.
        what: String,
    },
    /// It is damaged.
    #[error("not a definition of an index: {why}")]
    Malformed {
        /// What is wrong with it.
        why: String,
    },
    /// The table is no longer what it was made for.
    #[error("no longer of use: {why}")]
    Stale {
        /// What has changed.
        why: String,
    },
}

/// The definition as it is stored: its name is in the tag's key, and `kind` says what the options are.
#[derive(Serialize, Deserialize)]
struct Stored<'a, Options> {
    version: u32,
    kind: Cow<'a, str>,
    uuid: Cow<'a, str>,
    options: Options,
    refresh: Refresh,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<Cow<'a, str>>,
}

#[derive(Serialize, Deserialize)]
struct StoredHnsw {
    #[serde(rename = "field_id")]
    column: ColumnRef,
    metric: Metric,
    m: usize,
    ef_construction: usize,
}

#[derive(Serialize, Deserialize)]
struct StoredFts<'a> {
    columns: Cow<'a, [FtsColumn]>,
}

/// What tells whether the rest can be understood.
#[derive(Deserialize)]
struct Head {
    version: u32,
    kind: String,
}

impl IndexDefinition {
    /// Neighbours of a node that can be asked for.
    pub(crate) const M: std::ops::RangeInclusive<usize> = 2..=128;
    /// Candidates that can be asked for.
    pub(crate) const EF_CONSTRUCTION: std::ops::RangeInclusive<usize> = 8..=4096;

    /// A new index, with a key of its own where the lake encrypts.
    ///
    /// # Errors
    /// Where the system has no random numbers.
    pub(crate) fn new(name: &str, kind: IndexKind, refresh: Refresh, encrypted: bool) -> Result<Self> {
        let key = encrypted.then(random_key).transpose()?;
        Ok(Self { uuid: Uuid::now_v7().to_string(), name: name.to_string(), kind, refresh, key })
    }

    /// Reads a definition from the tag of this name.
    ///
    /// # Errors
    /// [`DefinitionError`], never a panic, whatever the text is.
    pub fn parse(name: &str, json: &str) -> std::result::Result<Self, DefinitionError> {
        let malformed = |why: String| DefinitionError::Malformed { why };
        let head: Head = serde_json::from_str(json).map_err(|e| malformed(e.to_string()))?;
        if head.version > VERSION {
            return Err(DefinitionError::Newer { what: format!("version {} of definitions", head.version) });
        }
        match head.kind.as_str() {
            HNSW => {
                let stored: Stored<'_, StoredHnsw> =
                    serde_json::from_str(json).map_err(|e| malformed(e.to_string()))?;
                let StoredHnsw { column, metric, m, ef_construction } = stored.options;
                let kind = IndexKind::Hnsw { column, metric, m, ef_construction };
                Self::checked(name, kind, &stored.uuid, stored.refresh, stored.key)
            }
            FTS => {
                let stored: Stored<'_, StoredFts<'_>> =
                    serde_json::from_str(json).map_err(|e| malformed(e.to_string()))?;
                let kind = IndexKind::Fts { columns: stored.options.columns.into_owned() };
                Self::checked(name, kind, &stored.uuid, stored.refresh, stored.key)
            }
            other => Err(DefinitionError::Newer { what: format!("an index of kind '{other}'") }),
        }
    }

    fn checked(
        name: &str,
        kind: IndexKind,
        uuid: &str,
        refresh: Refresh,
        key: Option<Cow<'_, str>>,
    ) -> std::result::Result<Self, DefinitionError> {
        let malformed = |why: String| DefinitionError::Malformed { why };
        // It becomes a folder's name, so nothing but a UUID may be in it.
        let uuid = Uuid::parse_str(uuid).map_err(|_| malformed("its uuid is none".to_string()))?.to_string();
        if let Some(key) = &key
            && STANDARD.decode(key.as_bytes()).map(|bytes| bytes.len()) != Ok(KEY_BYTES)
        {
            return Err(malformed("its key is none of AES-256".to_string()));
        }
        kind.check().map_err(malformed)?;
        Ok(Self { uuid, name: name.to_string(), kind, refresh, key: key.map(Cow::into_owned) })
    }

    /// The definition as the catalog keeps it.
    pub(crate) fn to_json(&self) -> Result<String> {
        let json = match &self.kind {
            IndexKind::Hnsw { column, metric, m, ef_construction } => {
                let (column, metric, m, ef_construction) = (*column, *metric, *m, *ef_construction);
                serde_json::to_string(&self.stored(HNSW, StoredHnsw { column, metric, m, ef_construction }))
            }
            IndexKind::Fts { columns } => {
                serde_json::to_string(&self.stored(FTS, StoredFts { columns: columns.as_slice().into() }))
            }
        };
        json.map_err(|e| LakeError::Invalid(format!("index '{}': {e}", self.name)))
    }

    fn stored<Options>(&self, kind: &'static str, options: Options) -> Stored<'_, Options> {
        let key = self.key.as_deref().map(Cow::from);
        let (uuid, refresh) = (self.uuid.as_str().into(), self.refresh);
        Stored { version: VERSION, kind: kind.into(), uuid, options, refresh, key }
    }
}

impl IndexKind {
    /// `HNSW` or `FTS`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Hnsw { .. } => "HNSW",
            Self::Fts { .. } => "FTS",
        }
    }

    /// The indexed columns.
    pub fn columns(&self) -> Vec<ColumnRef> {
        match self {
            Self::Hnsw { column, .. } => vec![*column],
            Self::Fts { columns } => columns.iter().map(|c| c.column).collect(),
        }
    }

    /// What is wrong with a table's columns, if they are not what the index needs.
    pub(crate) fn misfit(&self, columns: &[Column]) -> Option<String> {
        let (wanted, what) = match self {
            Self::Hnsw { .. } => (vec![LakeType::List(Box::new(LakeType::Float32))], "FLOAT[]"),
            // Words of JSON are those of its keys and values.
            Self::Fts { .. } => (vec![LakeType::Varchar, LakeType::Json], "VARCHAR"),
        };
        self.columns().into_iter().find_map(|ColumnRef { field_id }| {
            let Some(column) = columns.iter().find(|column| column.id == field_id) else {
                return Some(format!("a column of it was dropped (field id {field_id})"));
            };
            let has = sql_name(&column.lake_type);
            (!wanted.contains(&column.lake_type))
                .then(|| format!("column '{}' is {has}, and has to be {what}", column.name))
        })
    }

    /// What statements may say, and what a catalog may say: the same limits.
    pub(crate) fn check(&self) -> std::result::Result<(), String> {
        let within = |what: &str, value: usize, range: std::ops::RangeInclusive<usize>| {
            if range.contains(&value) {
                return Ok(());
            }
            Err(format!("{what} must be from {} to {}, not {value}", range.start(), range.end()))
        };
        match self {
            Self::Hnsw { m, ef_construction, .. } => {
                within("m", *m, IndexDefinition::M)?;
                within("ef_construction", *ef_construction, IndexDefinition::EF_CONSTRUCTION)
            }
            Self::Fts { columns } => {
                within("the number of columns", columns.len(), 1..=MAX_COLUMNS)?;
                match columns.iter().find(|c| !(c.boost.is_finite() && c.boost > 0.0)) {
                    Some(column) => Err(format!("a boost must be greater than 0, not {}", column.boost)),
                    None => Ok(()),
                }
            }
        }
    }
}

impl Metric {
    /// As vss names it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::L2sq => "l2sq",
            Self::Cosine => "cosine",
            Self::Ip => "ip",
        }
    }
}

impl TextKind {
    /// As statements name it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Code => "code",
            Self::Name => "name",
        }
    }
}

impl Refresh {
    /// As statements name it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Commit => "commit",
            Self::Manual => "manual",
        }
    }
}

fn random_key() -> Result<String> {
    let mut key = [0; KEY_BYTES];
    SystemRandom::new()
        .fill(&mut key)
        .map_err(|_| LakeError::Invalid("the system has no random numbers for a key".to_string()))?;
    Ok(STANDARD.encode(key))
}

#[cfg(test)]
mod tests;

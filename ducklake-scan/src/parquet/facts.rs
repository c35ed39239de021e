//! What the catalog knows about one file before it is opened.

use std::sync::Arc;

use super::FileKey;

/// Facts of the catalog about one Parquet file, attached to DataFusion's `PartitionedFile` as an extension.
///
/// They follow the file through the splitting and moving of file groups. All are optional: a file without facts is
/// read as any Parquet file.
#[derive(Clone, Debug)]
pub struct ReadFacts {
    /// The file's own key, if the lake encrypts (`encryption_key`).
    pub key: Option<Arc<FileKey>>,
    /// Physical rows, deletes not subtracted (`record_count`); the footer must agree.
    pub record_count: Option<u64>,
    /// Whether the file's stated size comes from the catalog. If not, storage is asked.
    pub size_known: bool,
    /// Bytes of the footer without the last eight (`footer_size`): lets one request fetch it all.
    pub footer_size: Option<u64>,
    /// The path as a message should show it.
    pub display_path: Arc<str>,
}

impl ReadFacts {
    /// Facts of a file about which nothing is known but its path and size.
    pub fn plain(display_path: impl Into<Arc<str>>) -> Self {
        Self { key: None, record_count: None, size_known: true, footer_size: None, display_path: display_path.into() }
    }
}

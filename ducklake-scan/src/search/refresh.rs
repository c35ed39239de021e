//! Segments of indexes, made and removed.

use super::IndexDefinition;
use crate::error::{LakeError, Result};
use crate::lake::LakeView;
use crate::session::Session;
use crate::sql::names::Attached;

/// What a refresh did to one index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RefreshRow {
    pub(crate) schema: String,
    pub(crate) table: String,
    pub(crate) index: String,
    pub(crate) segments_built: u64,
    pub(crate) rows_indexed: u64,
    pub(crate) segments_removed: u64,
}

/// How far an index has come; `None` for what is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct IndexStatus {
    pub(crate) segments: Option<u64>,
    pub(crate) rows_indexed: Option<u64>,
    pub(crate) rows_lagging: Option<u64>,
}

/// Brings the indexes of these tables up to the view.
pub(crate) async fn refresh(
    _session: &Session,
    _attached: &Attached,
    _view: &LakeView,
    _tables: &[i64],
) -> Result<Vec<RefreshRow>> {
    Err(LakeError::not_supported("refreshing indexes"))
}

/// How far an index of a table has come at the view.
pub(crate) async fn status(
    _attached: &Attached,
    _view: &LakeView,
    _table: i64,
    _index: &IndexDefinition,
) -> Result<IndexStatus> {
    Ok(IndexStatus::default())
}

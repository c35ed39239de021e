//! The columns that a data file has besides its table's.

use arrow::datatypes::{DataType, Field};

use super::{ROW_ID_COLUMN, ROW_ID_FIELD_ID, SNAPSHOT_COLUMN, SNAPSHOT_FIELD_ID};

/// Which of them a file has, always at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Internal {
    None,
    RowIds,
    RowIdsAndSnapshots,
}

impl Internal {
    /// Row ids, or nothing.
    pub(super) fn row_ids(has_row_ids: bool) -> Self {
        if has_row_ids { Self::RowIds } else { Self::None }
    }

    /// Whether rows bring their row ids.
    pub(super) fn has_row_ids(self) -> bool {
        self != Self::None
    }

    /// Names and field ids in order; all are int64.
    pub(super) fn columns(self) -> &'static [(&'static str, i32)] {
        const ALL: [(&str, i32); 2] = [(ROW_ID_COLUMN, ROW_ID_FIELD_ID), (SNAPSHOT_COLUMN, SNAPSHOT_FIELD_ID)];
        match self {
            Self::None => &[],
            Self::RowIds => &ALL[..1],
            Self::RowIdsAndSnapshots => &ALL,
        }
    }

    /// The columns in Arrow.
    pub(super) fn fields(self) -> impl Iterator<Item = Field> {
        self.columns().iter().map(|(name, _)| Field::new(*name, DataType::Int64, true))
    }
}

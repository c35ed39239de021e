use crate::error::Result;
use crate::lake::{Lake, LakeView};
use super::IndexDefinition;
pub(crate) async fn table_indexes(_lake: &Lake, _view: &LakeView, _table: i64) -> Result<Vec<IndexDefinition>> { Ok(Vec::new()) }
pub(crate) async fn has_indexes(_lake: &Lake, _view: &LakeView) -> Result<bool> { Ok(false) }

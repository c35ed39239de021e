//! Delete files that a commit replaces, read by the scan's means.

use std::sync::Arc;

use ducklake_catalog::DeleteFileRow;
use ducklake_transact::DeleteFileReader;
use futures::FutureExt;
use futures::future::BoxFuture;
use object_store::ObjectStoreExt;

use crate::error::Result;
use crate::lake::Lake;
use crate::parquet::{FileKey, LakeReaderFactory, ReadFacts, read_deletions};

/// Reads delete files of one lake.
pub(crate) struct LakeDeleteReader(pub(crate) Lake);

type Source = Box<dyn std::error::Error + Send + Sync>;

impl DeleteFileReader for LakeDeleteReader {
    fn read<'a>(
        &'a self,
        path: &'a str,
        row: &'a DeleteFileRow,
    ) -> BoxFuture<'a, Result<Vec<(u64, Option<i64>)>, Source>> {
        async move { self.read_file(path, row).await }.boxed()
    }
}

impl LakeDeleteReader {
    async fn read_file(&self, path: &str, row: &DeleteFileRow) -> Result<Vec<(u64, Option<i64>)>, Source> {
        let located = self.0.storage().locate(path)?;
        if row.format.as_deref().is_some_and(|f| f.eq_ignore_ascii_case("puffin")) {
            let bytes = located.store.get(&located.path).await?.bytes().await?;
            let positions = ducklake_format::deletion_vector::decode(&bytes, i64::MAX)?;
            return Ok(positions.iter().map(|position| (position, None)).collect());
        }
        let key = match &row.encryption_key {
            Some(key) => Some(Arc::new(FileKey::from_base64(key)?)),
            None => None,
        };
        let size = match row.file_size_bytes.and_then(|n| u64::try_from(n).ok()).filter(|n| *n > 0) {
            Some(size) => size,
            None => located.store.head(&located.path).await?.size,
        };
        let facts = ReadFacts {
            key,
            record_count: None,
            size_known: true,
            footer_size: row.footer_size.and_then(|n| u64::try_from(n).ok()).filter(|n| *n > 0),
            display_path: path.into(),
        };
        let readers =
            LakeReaderFactory::new(Arc::clone(&located.store), located.store_url.as_str(), self.0.footers().clone());
        Ok(read_deletions(readers.open(located.path.clone(), size, facts)).await?)
    }
}

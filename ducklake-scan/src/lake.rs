//! An opened lake: catalog, stores, and what is cached of both.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use arrow::array::AsArray;
use arrow::datatypes::TimestampMicrosecondType;
use chrono::{DateTime, Local, TimeZone};
use ducklake_catalog::{
    Catalog, CatalogError, CatalogOptions, CatalogUri, CreateOptions, FileListing, FileQuery, FormatVersion, Names,
    SchemaRow, Snapshot, TableBase, TableRow, TableScanRows, TagRow, ViewRow,
};
use ducklake_format::text::decode_scalar;
use ducklake_format::{Column, LakeType, paths};
use ducklake_storage::{Storage, StorageOptions};

use ducklake_transact::{RetryPolicy, SessionSettings};

use crate::error::{LakeError, Result};
use crate::local::LocalView;
use crate::parquet::FooterCache;
use crate::search::{self, RefreshQueue, SearchOptions, SegmentStore};

pub use ducklake_catalog::SnapshotSelector;

/// Bytes of Parquet footers kept for one lake.
const FOOTER_CACHE_BYTES: usize = 256 << 20;
/// Table scans and column trees kept for one lake.
const CACHED_SCANS: usize = 256;

/// How to open a lake.
#[derive(Debug, Clone, Default)]
pub struct LakeOptions {
    /// Data path to use for this session instead of the recorded one.
    pub data_path: Option<String>,
    /// Schema of the metadata tables; `main` on SQLite, `public` on PostgreSQL if absent.
    pub metadata_schema: Option<String>,
    /// Snapshot that the whole session reads.
    pub snapshot: SnapshotSelector,
    /// Credentials and endpoints of object stores.
    pub storage: StorageOptions,
    /// Whether writing is refused. A lake opened at a snapshot is read-only in any case.
    pub read_only: bool,
    /// Options of the session for writes, used where the lake has none of its own.
    pub settings: SessionSettings,
    /// How long to wait for a catalog that others keep locked; if absent, what
    /// [`CatalogOptions`] and [`RetryPolicy`] have as default.
    pub busy_timeout: Option<Duration>,
    /// Where segments of indexes are kept once they were read.
    pub search: SearchOptions,
}

/// How to create a lake.
#[derive(Debug, Clone, Default)]
pub struct CreateLake {
    /// Folder or bucket prefix of the data files. A relative local path is made absolute first.
    pub data_path: String,
    /// Whether every file is encrypted, for the lake's whole life.
    pub encrypted: bool,
}

/// A lake, open for reading. Cheap to clone; clones share connections and caches.
#[derive(Debug, Clone)]
pub struct Lake {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    /// Tells the lakes of this process apart.
    id: u64,
    catalog: Catalog,
    storage: Storage,
    data_path: String,
    snapshot: SnapshotSelector,
    footers: FooterCache,
    segments: SegmentStore,
    refreshes: RefreshQueue,
    read_only: bool,
    settings: RwLock<SessionSettings>,
    busy_timeout: Option<Duration>,
    caches: Mutex<Caches>,
}

/// Immutable metadata. Rows of old snapshots can be rewritten by maintenance, which makes a new snapshot: what is read
/// of a table is kept for as long as the head stays.
#[derive(Debug, Default)]
struct Caches {
    names: HashMap<i64, Arc<Names>>,
    columns: HashMap<(i64, i64), Arc<Vec<Column>>>,
    bases: HashMap<(i64, i64), Arc<TableBase>>,
    scans: Vec<(ScanKey, Arc<TableScanRows>)>,
    /// Tags that define indexes, by snapshot.
    index_tags: HashMap<i64, Arc<Vec<TagRow>>>,
}

#[derive(Debug, Clone, PartialEq)]
struct ScanKey {
    head: i64,
    snapshot: i64,
    table: i64,
    query: FileQuery,
}

/// One snapshot of a lake, with the names that are visible at it.
#[derive(Debug, Clone)]
pub struct LakeView {
    /// The snapshot.
    pub snapshot: Snapshot,
    /// Id of the newest snapshot when this one was looked up.
    pub head: i64,
    /// Schemas, tables, views and macros.
    pub names: Arc<Names>,
    /// What an open transaction changed on top of it.
    pub(crate) local: Option<Arc<LocalView>>,
}

impl Lake {
    /// Opens a lake by a connection string of DuckLake's ATTACH or by URL, see [`CatalogUri::parse`].
    ///
    /// # Errors
    /// [`LakeError::Catalog`] where the catalog cannot be opened, or the snapshot asked for does not exist.
    pub async fn open(uri: &str, options: LakeOptions) -> Result<Self> {
        let uri = CatalogUri::parse(uri)?;
        let busy_timeout = options.busy_timeout;
        let catalog_options = CatalogOptions { metadata_schema: options.metadata_schema.clone(), busy_timeout };
        let catalog = Catalog::open(&uri, &catalog_options).await?;
        let data_path = options.data_path.as_deref().unwrap_or(&catalog.metadata().data_path);
        let data_path = paths::normalize_data_path(data_path);
        static NEXT_ID: AtomicU64 = AtomicU64::new(0);
        let storage = Storage::new(options.storage);
        let segments = SegmentStore::new(&storage, &data_path, &options.search);
        let inner = Inner {
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            catalog,
            storage,
            segments,
            refreshes: RefreshQueue::default(),
            data_path,
            read_only: options.read_only || options.snapshot != SnapshotSelector::Latest,
            settings: RwLock::new(options.settings),
            busy_timeout,
            snapshot: options.snapshot,
            footers: FooterCache::new(FOOTER_CACHE_BYTES),
            caches: Mutex::default(),
        };
        let lake = Self { inner: Arc::new(inner) };
        if lake.inner.snapshot != SnapshotSelector::Latest {
            lake.resolve(&SnapshotSelector::Latest).await?;
        }
        Ok(lake)
    }

    /// Creates a lake of format 1.0 and opens it; opens the one that is there if another process was first.
    ///
    /// # Errors
    /// [`LakeError::Usage`] without a data path, [`LakeError::Catalog`] where the catalog cannot be made.
    pub async fn create(uri: &str, create: &CreateLake, options: LakeOptions) -> Result<Self> {
        Self::create_or_open(uri, create, options).await.map(|(lake, _)| lake)
    }

    /// As [`Lake::create`]; also tells whether the lake is new.
    ///
    /// # Errors
    /// As [`Lake::create`].
    pub async fn create_or_open(uri: &str, create: &CreateLake, options: LakeOptions) -> Result<(Self, bool)> {
        let parsed = CatalogUri::parse(uri)?;
        parsed.check_creatable()?;
        if create.data_path.trim().is_empty() {
            return Err(LakeError::Usage {
                message: format!("a new lake needs a data path, and '{parsed}' does not exist"),
                hint: Some("give DATA_PATH 'folder/' or --data-path".into()),
            });
        }
        let request = CreateOptions {
            metadata_schema: options.metadata_schema.clone(),
            data_path: absolute_data_path(&create.data_path)?,
            encrypted: create.encrypted,
            created_by: format!("quacklake {}", env!("CARGO_PKG_VERSION")),
            time: chrono::Utc::now().format("%Y-%m-%dT%H:%M:%S%.6f+00").to_string(),
            schema_uuid: uuid::Uuid::new_v4().to_string(),
        };
        let (catalog, is_new) = Catalog::create(&parsed, &request).await?;
        catalog.close().await;
        Ok((Self::open(uri, options).await?, is_new))
    }

    /// Whether writing is refused.
    pub fn is_read_only(&self) -> bool {
        self.inner.read_only
    }

    /// Refuses a lake that is read-only, or of a format that is not written.
    pub(crate) fn check_writable(&self) -> Result<()> {
        if self.is_read_only() {
            return Err(LakeError::Usage {
                message: "the lake is attached read-only".into(),
                hint: Some("ATTACH it without READ_ONLY, SNAPSHOT_VERSION and SNAPSHOT_TIME".into()),
            });
        }
        Ok(self.catalog().check_writable()?)
    }

    /// How long a write waits for a catalog that others keep locked.
    pub(crate) fn patience(&self, retry: &RetryPolicy) -> Duration {
        self.inner.busy_timeout.unwrap_or(retry.patience)
    }

    /// Options of the session for writes.
    pub fn settings(&self) -> SessionSettings {
        self.inner.settings.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Changes options of the session for writes, of all clones of this lake.
    pub fn change_settings(&self, change: impl FnOnce(&mut SessionSettings)) {
        change(&mut self.inner.settings.write().unwrap_or_else(PoisonError::into_inner));
    }

    /// What a writer needs to know of a table at a snapshot.
    pub(crate) async fn table_base(&self, view: &LakeView, table: i64) -> Result<Arc<TableBase>> {
        let key = (table, view.snapshot.schema_version);
        if let Some(base) = self.caches(|c| c.bases.get(&key).cloned()) {
            return Ok(base);
        }
        let base = Arc::new(self.inner.catalog.table_base(table, view.snapshot.id).await?);
        self.caches(|c| {
            if c.bases.len() >= CACHED_SCANS {
                c.bases.clear();
            }
            c.bases.insert(key, Arc::clone(&base));
        });
        Ok(base)
    }

    /// Forgets what is known of tables' shapes: others changed them without a trace.
    pub(crate) fn forget_bases(&self) {
        self.caches(|c| c.bases.clear());
    }

    /// The metadata, for what this type does not offer.
    pub fn catalog(&self) -> &Catalog {
        &self.inner.catalog
    }

    /// The data path in use, with one trailing separator.
    pub fn data_path(&self) -> &str {
        &self.inner.data_path
    }

    /// The stores in use.
    pub fn storage(&self) -> &Storage {
        &self.inner.storage
    }

    /// A store's URL among those of all lakes in one DataFusion runtime: lakes differ in credentials.
    pub(crate) fn store_url(&self, store_url: &str) -> String {
        let (scheme, rest) = store_url.split_once("://").unwrap_or(("file", ""));
        let host = rest.trim_matches('/');
        format!("ducklake{}-{scheme}://{}", self.inner.id, if host.is_empty() { "local" } else { host })
    }

    pub(crate) fn segments(&self) -> &SegmentStore {
        &self.inner.segments
    }

    pub(crate) fn refreshes(&self) -> &RefreshQueue {
        &self.inner.refreshes
    }

    pub(crate) fn footers(&self) -> &FooterCache {
        &self.inner.footers
    }

    /// Creates secondary indexes in the catalog that make planning over many files quick; gives their names.
    ///
    /// # Errors
    /// [`LakeError::Catalog`] for a catalog that may not be written.
    pub async fn create_catalog_indexes(&self) -> Result<Vec<String>> {
        Ok(self.inner.catalog.create_indexes().await?)
    }

    /// Closes the connections to the catalog.
    pub async fn close(&self) {
        self.inner.catalog.close().await;
    }

    /// A snapshot with its names: one statement, four more where the names are not cached. `Latest` is the session's
    /// own snapshot where the lake was opened at one.
    ///
    /// # Errors
    /// [`LakeError::Catalog`] where there is no such snapshot.
    pub async fn view(&self, selector: &SnapshotSelector) -> Result<LakeView> {
        let (snapshot, head) = self.resolve(selector).await?;
        let cached = self.caches(|c| c.names.get(&snapshot.schema_version).cloned());
        let names = match cached {
            Some(names) => names,
            None => {
                let names = Arc::new(self.inner.catalog.names_at(snapshot.id).await?);
                self.caches(|c| c.names.insert(snapshot.schema_version, Arc::clone(&names)));
                names
            }
        };
        Ok(LakeView { snapshot, head, names, local: None })
    }

    /// (snapshot, newest id).
    async fn resolve(&self, selector: &SnapshotSelector) -> Result<(Snapshot, i64)> {
        let catalog = &self.inner.catalog;
        let selector = if *selector == SnapshotSelector::Latest { &self.inner.snapshot } else { selector };
        match selector {
            SnapshotSelector::Latest => {
                let head = catalog.head().await?;
                let id = head.id;
                Ok((head, id))
            }
            SnapshotSelector::Version(id) => {
                let (snapshot, head) = catalog.snapshot_by_id(*id).await?;
                Ok((snapshot, head.id))
            }
            SnapshotSelector::Timestamp(wanted) => {
                let all = catalog.snapshots().await?;
                let head = all.iter().map(|(s, _)| s.id).max().unwrap_or_default();
                let found = all
                    .into_iter()
                    .filter_map(|(snapshot, _)| Some((snapshot_micros(&snapshot)?, snapshot)))
                    .filter(|(time, _)| time <= wanted)
                    .max_by_key(|(time, snapshot)| (*time, snapshot.id));
                match found {
                    Some((_, snapshot)) => Ok((snapshot, head)),
                    None => Err(no_snapshot_at(*wanted).into()),
                }
            }
        }
    }

    /// The columns of a table at a snapshot: one statement unless cached.
    ///
    /// # Errors
    /// [`LakeError::Format`] where the catalog's columns are no tree.
    pub async fn columns(&self, view: &LakeView, table: i64) -> Result<Arc<Vec<Column>>> {
        if let Some(local) = view.local.as_ref().and_then(|l| l.table(table)) {
            return Ok(Arc::clone(&local.columns));
        }
        let key = (table, view.snapshot.schema_version);
        if let Some(columns) = self.caches(|c| c.columns.get(&key).cloned()) {
            return Ok(columns);
        }
        let rows = self.inner.catalog.columns_at(table, view.snapshot.id).await?;
        let columns = Arc::new(Column::tree(table, rows)?);
        self.caches(|c| {
            if c.columns.len() >= CACHED_SCANS * 16 {
                c.columns.clear();
            }
            c.columns.insert(key, Arc::clone(&columns));
        });
        Ok(columns)
    }

    /// Tags of all tables that define indexes: one statement unless cached.
    pub(crate) async fn index_tags(&self, view: &LakeView) -> Result<Arc<Vec<TagRow>>> {
        let snapshot = view.snapshot.id;
        if let Some(tags) = self.caches(|c| c.index_tags.get(&snapshot).cloned()) {
            return Ok(tags);
        }
        let tags = Arc::new(self.inner.catalog.tags(snapshot, search::TAG_PREFIX).await?);
        self.caches(|c| {
            if c.index_tags.len() >= CACHED_SCANS {
                c.index_tags.clear();
            }
            c.index_tags.insert(snapshot, Arc::clone(&tags));
        });
        Ok(tags)
    }

    /// Caches the columns of all tables: one statement.
    pub(crate) async fn load_all_columns(&self, view: &LakeView) -> Result<()> {
        let mut by_table: HashMap<i64, Vec<_>> = HashMap::new();
        for (table, row) in self.inner.catalog.all_columns_at(view.snapshot.id).await? {
            by_table.entry(table).or_default().push(row);
        }
        for (table, rows) in by_table {
            // A broken table says so when it is read.
            if let Ok(columns) = Column::tree(table, rows) {
                self.caches(|c| c.columns.insert((table, view.snapshot.schema_version), Arc::new(columns)));
            }
        }
        Ok(())
    }

    /// Checks a data path against the recorded one (DuckLake spec, "Paths", rule 3).
    ///
    /// # Errors
    /// [`LakeError::Usage`] where they differ.
    pub fn check_data_path(&self, path: &str) -> Result<()> {
        let recorded = paths::normalize_data_path(&self.inner.catalog.metadata().data_path);
        if paths::normalize_data_path(path) == recorded {
            return Ok(());
        }
        Err(LakeError::Usage {
            message: format!("DATA_PATH '{path}' is not the lake's own, '{recorded}'"),
            hint: Some("add OVERRIDE_DATA_PATH true to use it for this session".into()),
        })
    }

    /// Everything the catalog has for a scan: a constant number of statements, none where it is cached.
    pub(crate) async fn table_scan(&self, view: &LakeView, table: i64, query: FileQuery) -> Result<Arc<TableScanRows>> {
        let Some(local) = view.local.as_ref().and_then(|l| l.table(table)) else {
            return self.committed_scan(view, table, query).await;
        };
        let rows = if local.is_new() {
            let listing = FileListing { complete: true, ..FileListing::default() };
            Arc::new(TableScanRows { listing, ..TableScanRows::default() })
        } else {
            self.committed_scan(view, table, query).await?
        };
        Ok(Arc::new(local.overlay(&rows, view.snapshot.id)))
    }

    /// The same without a transaction's changes.
    async fn committed_scan(&self, view: &LakeView, table: i64, query: FileQuery) -> Result<Arc<TableScanRows>> {
        let key = ScanKey { head: view.head, snapshot: view.snapshot.id, table, query };
        let cached = self.caches(|c| {
            c.scans.retain(|(k, _)| k.head >= key.head);
            let fits = |(k, rows): &&(ScanKey, Arc<TableScanRows>)| {
                *k == key
                    || (rows.listing.complete && (k.head, k.snapshot, k.table) == (key.head, key.snapshot, key.table))
            };
            c.scans.iter().find(fits).map(|(_, rows)| Arc::clone(rows))
        });
        if let Some(rows) = cached {
            return Ok(rows);
        }
        let rows = Arc::new(self.inner.catalog.table_scan(table, view.snapshot.id, &key.query).await?);
        self.caches(|c| {
            if c.scans.len() >= CACHED_SCANS {
                c.scans.remove(0);
            }
            c.scans.push((key, Arc::clone(&rows)));
        });
        Ok(rows)
    }

    fn caches<T>(&self, f: impl FnOnce(&mut Caches) -> T) -> T {
        f(&mut self.inner.caches.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether partition columns are given by ordinal (format 0.1).
    pub(crate) fn partitions_by_ordinal(&self) -> bool {
        self.inner.catalog.metadata().version == FormatVersion::V0_1
    }
}

impl LakeView {
    /// The schema of this name, exactly or else in any case.
    pub fn schema(&self, name: &str) -> Option<&SchemaRow> {
        find(&self.names.schemas, name, |s| &s.name)
    }

    /// The table of this name in a schema, exactly or else in any case.
    pub fn table(&self, schema: &SchemaRow, name: &str) -> Option<&TableRow> {
        let tables: Vec<&TableRow> = self.names.tables.iter().filter(|t| t.schema_id == schema.schema_id).collect();
        tables.iter().find(|t| t.name == name).or_else(|| tables.iter().find(|t| same_name(&t.name, name))).copied()
    }

    /// The view of this name in a schema, exactly or else in any case.
    pub fn view(&self, schema: &SchemaRow, name: &str) -> Option<&ViewRow> {
        let views: Vec<&ViewRow> = self.names.views.iter().filter(|v| v.schema_id == schema.schema_id).collect();
        views.iter().find(|v| v.name == name).or_else(|| views.iter().find(|v| same_name(&v.name, name))).copied()
    }
}

fn find<'a, T>(rows: &'a [T], name: &str, key: impl Fn(&T) -> &String) -> Option<&'a T> {
    rows.iter().find(|r| key(r) == name).or_else(|| rows.iter().find(|r| same_name(key(r), name)))
}

/// A data path as it is stored: local ones from the root, so that they mean the same to every process.
fn absolute_data_path(path: &str) -> Result<String> {
    if path.contains("://") {
        return Ok(path.to_string());
    }
    let absolute = std::path::absolute(path)
        .map_err(|e| LakeError::usage(format!("the data path '{path}' cannot be made absolute: {e}")))?;
    let text = absolute.to_str().ok_or_else(|| LakeError::usage(format!("the data path '{path}' is not UTF-8")))?;
    Ok(text.replace('\\', "/"))
}

/// DuckDB's identifiers are case-insensitive, quoted or not.
pub(crate) fn same_name(a: &str, b: &str) -> bool {
    a == b || a.to_lowercase() == b.to_lowercase()
}

/// The instant of a snapshot in microseconds. The text's zone differs from row to row, so it is parsed, never compared.
pub(crate) fn snapshot_micros(snapshot: &Snapshot) -> Option<i64> {
    timestamp_micros(&snapshot.time).ok()
}

/// Microseconds since the epoch of a timestamp text. Without an offset it is a time in the process's local zone, as
/// DuckDB takes it (DuckLake spec, "Choosing S").
///
/// # Errors
/// [`LakeError::Usage`] for text that is no timestamp.
pub fn timestamp_micros(text: &str) -> Result<i64> {
    let bad = || LakeError::Usage {
        message: format!("'{text}' is not a timestamp"),
        hint: Some("write it as '2026-01-31 12:00:00+00'".into()),
    };
    let text = text.trim();
    let time = text.find(':').map_or("", |colon| &text[colon..]);
    if time.contains(['+', '-']) || text.ends_with(['Z', 'z']) || text.to_uppercase().ends_with("UTC") {
        let array = decode_scalar(&LakeType::TimestampTz, text).map_err(|_| bad())?;
        return Ok(array.as_primitive::<TimestampMicrosecondType>().value(0));
    }
    let array = decode_scalar(&LakeType::Timestamp, text).map_err(|_| bad())?;
    let naive =
        DateTime::from_timestamp_micros(array.as_primitive::<TimestampMicrosecondType>().value(0)).ok_or_else(bad)?;
    // An hour that clocks skip has no instant; one that they repeat has two, of which the earlier is taken.
    let local = Local.from_local_datetime(&naive.naive_utc()).earliest().ok_or_else(bad)?;
    Ok(local.timestamp_micros())
}

fn no_snapshot_at(micros: i64) -> CatalogError {
    let time = chrono::DateTime::from_timestamp_micros(micros).map_or_else(|| micros.to_string(), |t| t.to_string());
    CatalogError::no_snapshot(format!("no snapshot found at timestamp {time}: the first is later"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_with_and_without_offset() {
        let noon = 1_769_860_800_000_000;
        for text in
            ["2026-01-31 12:00:00+00", "2026-01-31 07:00:00-05", "2026-01-31T12:00:00Z", "2026-01-31 17:30:00+05:30"]
        {
            assert_eq!(timestamp_micros(text).unwrap(), noon, "{text}");
        }
        let local = Local.with_ymd_and_hms(2026, 1, 31, 12, 0, 0).unwrap();
        assert_eq!(timestamp_micros("2026-01-31 12:00:00").unwrap(), local.timestamp_micros());
        assert!(timestamp_micros("yesterday").is_err());
    }
}
